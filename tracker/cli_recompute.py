"""``flask recompute``: refresh the plans of the whole registry, writing only what changed."""

import json
import os
import socket
import sys
from dataclasses import asdict

import click
from flask.cli import with_appcontext

from tracker.current import clock, database
from tracker.errors import TrackerError
from tracker.executors import MOST, opened, processors
from tracker.garbage import seldom_collecting
from tracker.progress import Progress
from tracker.services import recompute as service
from tracker.services.raw_rows import how_many
from tracker.services.recompute import Outcome

BUSY = "Another recompute is running. Try again when it has ended; one that was killed is over after two minutes"


@click.command()
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    help=f"Processes on this machine; as many as it has processors, {MOST} at most, unless told.",
)
@click.option("--executor", "address", help="A Dask cluster instead: dask://HOST:PORT of its scheduler.")
@click.option("--fresh", is_flag=True, help="Work every plan out again, even where nothing seems to have changed.")
@click.option("--fresh-start", is_flag=True, help="Begin at the beginning instead of continuing an interrupted run.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one line of JSON.")
@with_appcontext
def recompute(workers: int | None, address: str | None, fresh: bool, fresh_start: bool, as_json: bool) -> None:
    """Refresh everybody's plan and write what changed. A second run writes nothing.

    May be stopped at any time: the next run continues.
    """
    if address is not None and workers is not None:
        raise click.UsageError("--workers is for processes on this machine; a cluster brings its own")
    try:
        done = _run(workers or processors(), address, fresh=fresh, from_start=fresh_start)
    except TrackerError as error:
        raise click.ClickException(str(error)) from error
    if done is None:
        raise click.ClickException(BUSY)
    click.echo(json.dumps(asdict(done)) if as_json else _words(done))


def _run(workers: int, address: str | None, *, fresh: bool, from_start: bool) -> Outcome | None:
    with database().reading() as session:
        total = how_many(session.connection())
    with (
        opened(workers, address) as lanes,
        Progress(total, "Recomputing", shown=sys.stderr.isatty(), unit="survivors", per_unit=1) as progress,
        seldom_collecting(),
    ):
        return service.run(
            database(),
            clock(),
            holder=f"{socket.gethostname()}:{os.getpid()}"[:80],
            lanes=lanes,
            fresh=fresh,
            from_start=from_start,
            advance=progress.advance,
        )


def _words(done: Outcome) -> str:
    counts = f"{done.survivors:,} survivors: {done.written:,} rows written, {done.closed:,} items closed"
    failed = f"; {done.failed:,} plans failed (see Jobs)" if done.failed else ""
    return f"{counts}{failed}; {done.seconds:.1f} s; checksum {done.checksum}"
