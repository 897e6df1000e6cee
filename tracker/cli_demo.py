"""``flask seed-demo``: an empty database becomes a clinic to look around in, or a registry of any size."""

import json
import subprocess
import sys
from datetime import date
from typing import Any
from uuid import UUID

import click
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from config import PROJECT
from tracker.clock import Clock, FixedClock
from tracker.current import clock, database, settings
from tracker.errors import Conflict, TrackerError
from tracker.progress import Progress
from tracker.services import demo, demo_bulk
from tracker.services.demo import SeededDemo, SignIn
from tracker.services.demo_bulk import INVENTED_UP_TO, ROUNDS_A_TRANSACTION, Invented, Round
from tracker.services.demo_copies import Copier, with_scattered_indexes, without_scattered_indexes
from tracker.services.demo_patterns import Pattern
from tracker.services.demo_pools import Names


@click.command("seed-demo")
@click.option("--survivors", type=click.IntRange(1), default=250, show_default=True, help="How many to invent.")
@click.option("--seed", type=int, default=2026, show_default=True, help="Another number invents other people.")
@click.option(
    "--clinics",
    "sites",
    type=click.IntRange(1, 200),
    default=1,
    show_default=True,
    help=f"Of more than {INVENTED_UP_TO:,} survivors: the clinics they are spread over.",
)
@click.option("--if-empty", is_flag=True, help="Do nothing, quietly, when the database holds anything.")
@with_appcontext
def seed_demo(survivors: int, seed: int, sites: int, if_empty: bool) -> None:
    """Put an invented clinic into an empty database and print its sign-ins.

    More than a thousand survivors are copied from some hundred patterns: a million takes minutes.
    """
    if if_empty:
        with database().reading() as session:
            if not demo.is_empty(session):
                return
    try:
        made = _copied(survivors, seed, sites) if survivors > INVENTED_UP_TO else _invented(survivors, seed)
    except TrackerError as error:
        raise click.ClickException(str(error)) from error
    _tell(made)


def _invented(survivors: int, seed: int) -> SeededDemo:
    with database().transaction() as session:
        return demo.seed_demo(session, survivors=survivors, seed=seed, clock=clock())


def _tell(made: SeededDemo) -> None:
    click.echo(f"{made.clinic}: {made.survivors} invented survivors, {made.results} results")
    for each in made.sign_ins:
        click.echo(f"  {each.role:<14} {each.email:<26} {each.name}")
    click.echo(f'  the password of each is "{made.password}"')


def _copied(survivors: int, seed: int, sites: int) -> SeededDemo:
    """Some hundred in a process of their own, the rest copied from them here."""
    # The demonstration has one day, however long it takes.
    still = FixedClock(clock().now())
    with database().reading() as session:
        if not demo.is_empty(session):
            raise Conflict(demo.NOT_EMPTY)
    click.echo("Inventing the people to copy from", err=True)
    invented, names = _in_a_process(demo_bulk.SIZES | {"seed": seed, "sites": sites, "now": still.now().isoformat()})
    _copy(invented, names, list(demo_bulk.rounds(invented, survivors)), still)
    return demo_bulk.totals(invented, survivors)


def _in_a_process(wanted: dict[str, Any]) -> tuple[Invented, dict[str, Names]]:
    config = settings()
    # The address and the keys go in on a pipe: a command line can be read by everybody on the machine.
    wanted |= {"url": config.url(), "keys": config.keys(), "password": demo.PASSWORD}
    command = [sys.executable, "-m", "tracker.demo_process"]
    ended = subprocess.run(command, input=json.dumps(wanted), capture_output=True, text=True, cwd=PROJECT)  # noqa: S603
    if ended.returncode:
        raise TrackerError(ended.stderr.strip().splitlines()[-1] if ended.stderr else "The process ended early")
    told = json.loads(ended.stdout)
    names = {language: Names(tuple(each["family"]), each["given"]) for language, each in told["names"].items()}
    return _read(told), names


def _read(told: dict[str, Any]) -> Invented:
    made = told["made"] | {"sign_ins": tuple(SignIn(**each) for each in told["made"]["sign_ins"])}
    patterns = tuple(
        Pattern(
            survivor_id=UUID(each["survivor_id"]),
            births=tuple(map(date.fromisoformat, each["births"])),
            bookable=each["bookable"],
            results=each["results"],
        )
        for each in told["patterns"]
    )
    seeded = SeededDemo(**made | {"password": demo.PASSWORD})
    return Invented(seeded, told["whole"], tuple(map(UUID, told["clinic_ids"])), patterns)


def _copy(invented: Invented, names: dict[str, Names], rounds: list[Round], still: Clock) -> None:
    missing = sum(each.survivors for each in rounds)
    shown = sys.stderr.isatty()
    with (
        Progress(missing, "Copying", shown=shown, unit="survivors", per_unit=1) as progress,
        database().loading() as connection,
    ):
        with connection.begin():
            copier = Copier(connection, invented.patterns, names, at=still.now())
            without_scattered_indexes(connection)
        for start in range(0, len(rounds), ROUNDS_A_TRANSACTION):
            some = rounds[start : start + ROUNDS_A_TRANSACTION]
            with connection.begin(), Session(connection) as session:
                demo_bulk.copy(session, copier, some, clock=still)
                session.flush()
            progress.advance(sum(each.survivors for each in some))
        with connection.begin(), Session(connection) as session:
            demo_bulk.book(session, copier, invented, rounds, clock=still)
        with connection.begin():
            with_scattered_indexes(connection)
