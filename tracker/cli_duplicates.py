"""``flask find-duplicates``: look through a whole clinic for people who may be on record twice."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

import click
from flask.cli import with_appcontext

from tracker.current import clock, database
from tracker.errors import TrackerError
from tracker.services import clinics, duplicate_pairs, duplicates


@click.command("find-duplicates")
@click.option("--clinic", "clinic_name", default=None, help="The clinic's name; may be left out if there is one only.")
@with_appcontext
def find_duplicates(clinic_name: str | None) -> None:
    """Compare everybody at a clinic, and put those who may be one on the list. Nothing is merged.

    May be stopped and started again at any time: pairs on the list are refreshed, decided ones left alone.
    """
    try:
        with database().reading() as session:
            clinic = clinics.by_name(session, clinic_name)
            people = duplicates.everyone_at(session, clinic.id)
    except TrackerError as error:
        raise click.ClickException(str(error)) from error
    new = 0
    with _progress(people) as portions:
        for portion in portions:
            with database().transaction() as session:
                new += duplicates.look_for(session, portion, clock=clock())
    with database().reading() as session:
        waiting = duplicate_pairs.count_open(session, clinic.id)
    click.echo(f"Compared {len(people)} people at {clinic.name}: {new} new pairs; {waiting} wait to be looked at")


@contextmanager
def _progress(people: list[UUID]) -> Iterator[Iterable[list[UUID]]]:
    """The people in portions, with a bar on the terminal where there is one."""
    starts = range(0, len(people), duplicates.AT_ONCE)
    portions = (people[start : start + duplicates.AT_ONCE] for start in starts)
    if not sys.stderr.isatty():
        yield portions
        return
    with click.progressbar(portions, length=len(starts), label="Comparing", file=sys.stderr) as bar:
        yield bar
