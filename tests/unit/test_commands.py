"""The commands by name: each is there, says what it does, and costs nothing before it is asked for."""

import subprocess
import sys

import click
import pytest
from flask import Flask

from config import Config
from tracker.app import create_command_app
from tracker.cli import COMMANDS, Commands, add_commands
from tracker.web.pages import BLUEPRINTS, add_pages


@pytest.fixture
def app() -> Flask:
    found = Flask("commands")
    add_commands(found)
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_every_name_leads_to_the_command_of_that_name(app: Flask, name: str) -> None:
    command = app.cli.get_command(click.Context(app.cli), name)
    assert command is not None and (command.name, bool(command.help)) == (name, True)


def test_help_lists_every_command(app: Flask) -> None:
    said = app.test_cli_runner().invoke(args=["--help"]).output
    assert all(f"\n  {name} " in said for name in COMMANDS)
    assert app.cli.list_commands(click.Context(app.cli)) == sorted(COMMANDS)


def test_a_name_nobody_knows_is_refused_in_a_sentence(app: Flask) -> None:
    answer = app.test_cli_runner().invoke(args=["import-tabel"])
    assert answer.exit_code == 2 and "No such command 'import-tabel'" in answer.output


def test_a_command_added_by_hand_is_found_beside_the_others() -> None:
    commands = Commands("commands")
    commands.add_command(click.Command("own", help="Another."))
    context = click.Context(commands)
    assert commands.get_command(context, "own") is not None and "own" in commands.list_commands(context)


def read_by(module: str, *names: str) -> str:
    """Those of these names that are in memory once the application of a module is made."""
    asked = (
        f"import sys; from {module} import create_app; create_app();"
        f"print(*[name for name in {names!r} if name in sys.modules])"
    )
    return subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()


def test_starting_reads_neither_demonstrations_nor_migrations_nor_the_models_of_fhir() -> None:
    assert read_by("tracker.app", "faker", "alembic", "fhir.resources", "tracker.web.home") == "tracker.web.home"


def test_a_command_starts_without_the_pages() -> None:
    assert read_by("tracker.commands", "tracker.web", "flask_wtf", "tracker.intake", "tracker.models") == ""


def test_pages_can_be_given_to_an_application_once() -> None:
    made = create_command_app(Config())
    assert not made.blueprints
    add_pages(made)
    rules = [rule.rule for rule in made.url_map.iter_rules()]
    add_pages(made)
    assert [rule.rule for rule in made.url_map.iter_rules()] == rules and set(made.blueprints) >= set(BLUEPRINTS)
