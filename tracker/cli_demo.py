"""``flask seed-demo``: an empty database becomes a clinic to look around in, or a registry of any size."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import Any

import click
from flask.cli import with_appcontext

from config import PROJECT
from tracker import demo_process
from tracker.current import clock, database, settings
from tracker.errors import Conflict, TrackerError
from tracker.progress import Progress
from tracker.services import demo, demo_bulk
from tracker.services.demo import SeededDemo
from tracker.services.demo_bulk import INVENTED_UP_TO


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
    """Some hundred invented in a process of their own, the rest copied from them in another."""
    with database().reading() as session:
        if not demo.is_empty(session):
            raise Conflict(demo.NOT_EMPTY)
    # Nobody else may have the file open while it is filled; and the demonstration has one day, however long it takes.
    database().close()
    wanted = _told(demo_bulk.SIZES | {"seed": seed, "sites": sites, "survivors": survivors})
    click.echo("Inventing the people to copy from", err=True)
    with _process("invent", wanted) as lines:
        invented: dict[str, Any] = json.loads("".join(lines))
    missing = survivors - demo_bulk.SIZES["whole"] - demo_bulk.SIZES["patterns"]
    with (
        Progress(missing, "Copying", shown=sys.stderr.isatty(), unit="survivors", per_unit=1) as progress,
        _process("copy", wanted | {"invented": invented}) as lines,
    ):
        for line in lines:
            progress.advance(int(line))
    return demo_bulk.totals(demo_process.read(invented), survivors)


def _told(wanted: dict[str, Any]) -> dict[str, Any]:
    config = settings()
    now = clock().now().isoformat()
    return wanted | {"url": config.url(), "keys": config.keys(), "password": demo.PASSWORD, "now": now}


@contextmanager
def _process(part: str, wanted: dict[str, Any]) -> Iterator[Iterable[str]]:
    """Do one part in a process of its own; the lines it writes meanwhile.

    The address and the keys go in on a pipe: a command line can be read by everybody on the machine.
    """
    command = [sys.executable, "-m", "tracker.demo_process", part]
    pipe = subprocess.PIPE
    with (
        TemporaryFile("w+") as errors,
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=errors, text=True, cwd=PROJECT) as process,  # noqa: S603
    ):
        assert process.stdin is not None and process.stdout is not None
        json.dump(wanted, process.stdin)
        process.stdin.close()
        yield process.stdout
        if process.wait():
            errors.seek(0)
            raise TrackerError((errors.read().strip().splitlines() or ["The process ended early"])[-1])
