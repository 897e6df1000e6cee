"""``flask jobs``: run a job by hand, and say how the last runs went."""

import json
from collections import Counter
from datetime import datetime

import click
from flask.cli import AppGroup

from tracker.clock import Clock, OnDay
from tracker.current import clock, database, settings
from tracker.db import Database
from tracker.errors import TrackerError
from tracker.jobs import check_plans, cross_boundaries, rehearse, send_outbox
from tracker.mail import mailer_for
from tracker.services import jobs as runs

jobs = AppGroup("jobs", help="The scheduled jobs.")
NAMES = ("cross_boundaries", "send_outbox", "check_plans", "prune")


@jobs.command()
@click.argument("name", type=click.Choice(NAMES))
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Run as if it were this day (cross_boundaries).")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing (cross_boundaries).")
def run(name: str, as_of: datetime | None, dry_run: bool) -> None:
    """Run the job NAME now."""
    if name != "cross_boundaries" and (as_of or dry_run):
        raise click.UsageError("--as-of and --dry-run are for cross_boundaries")
    at = clock() if as_of is None else OnDay(clock(), as_of.date())
    try:
        counts = _run(name, database(), at, dry_run=dry_run)
    except TrackerError as error:
        raise click.ClickException(str(error)) from error
    if counts is None:
        raise click.ClickException("Another scheduler is running this job now. Try again in two minutes")
    click.echo(json.dumps({"job": name, "dry_run": dry_run, "counts": dict(sorted(counts.items()))}))


def _run(name: str, store: Database, at: Clock, *, dry_run: bool) -> Counter[str] | None:
    if name == "send_outbox":
        sent = send_outbox.run(store, at, mailer_for(settings()), base_url=settings().base_url)
        return Counter(sent=sent)
    if name == "check_plans":
        return check_plans.run(store, at, holder="by hand", force=True)
    if name == "prune":
        with store.transaction() as session:
            runs.prune(session, clock=at)
        return Counter()
    return rehearse.run(store, at) if dry_run else cross_boundaries.run(store, at, holder="by hand", force=True)


@jobs.command()
def status() -> None:
    """Say when the flag job last finished at every clinic; exit 1 when that is more than 26 hours ago."""
    with database().reading() as session:
        state = runs.state_of(session, now=clock().now())
    when = "never" if state.finished_at is None else f"{state.finished_at:%Y-%m-%d %H:%M} UTC"
    click.echo(f"{state.name}: last good run {when}{' - too long ago' if state.stale else ''}")
    if state.stale:
        raise SystemExit(1)
