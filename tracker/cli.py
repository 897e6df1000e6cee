"""The flask commands by name; each opens the transaction, names the actor, and calls one service."""

from importlib import import_module

import click
from flask import Flask
from flask.cli import AppGroup

# The module of each command and its name there: read when the command is used. A command that starts need not wait
# for what makes demonstrations.
COMMANDS = {
    "check-guidelines": "cli_setup:check_guidelines",
    "check-plans": "cli_check_plans:check_plans",
    "create-clinic": "cli_setup:create_clinic",
    "create-user": "cli_setup:create_user",
    "db": "cli_db:db",
    "export-case": "cli_cases:export_case",
    "find-duplicates": "cli_duplicates:find_duplicates",
    "import-cases": "cli_cases:import_cases",
    "import-fhir": "cli_fhir:import_fhir",
    "import-table": "cli_tables:import_table",
    "import-template": "cli_tables:import_template",
    "jobs": "cli_jobs:jobs",
    "map-code": "cli_codes:map_code",
    "plan": "plan_command:plan_command",
    "recompute": "cli_recompute:recompute",
    "seed-demo": "cli_demo:seed_demo",
    "set-password": "cli_setup:set_password",
    "treatment-summary": "cli_summary:treatment_summary",
    "unmapped-codes": "cli_codes:unmapped_codes",
}


class Commands(AppGroup):
    """The commands by name, each read when somebody asks for it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every name, in the order of the alphabet."""
        return sorted({*COMMANDS, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, or None."""
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, name = COMMANDS[cmd_name].split(":")
        found: click.Command = getattr(import_module(f"tracker.{module}"), name)
        return found


def add_commands(app: Flask) -> None:
    """Give an application the commands."""
    app.cli = Commands(app.name)
