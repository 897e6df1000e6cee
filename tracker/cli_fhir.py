"""``flask import-fhir``: FHIR R4 bundles into the registry, each file whole or not at all."""

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, ProgrammingError

from tracker.clock import Clock
from tracker.current import clock, database
from tracker.db import Database
from tracker.errors import TrackerError
from tracker.fhir.bundle import read_bundle
from tracker.fhir.codes import Codes, read_codes
from tracker.fhir.files import Found, find_files, read_file
from tracker.fhir.reading import NotFhir
from tracker.fhir.summary import Summary
from tracker.policy import Actor
from tracker.services import clinics, imports
from tracker.services.packs import pack_for

ACTOR = Actor.system("FHIR import")


@dataclass(frozen=True)
class Target:
    """Where an import goes: one clinic, with the codes its guideline pack knows and its day today."""

    clinic_id: UUID
    codes: Codes
    today: date
    database: Database
    clock: Clock
    dry_run: bool = False


@click.command("import-fhir")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(path_type=Path))
@click.option("--clinic", "clinic_name", default=None, help="The clinic's name; may be left out if there is one only.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option("--dry-run", is_flag=True, help="Try each file on its own and keep nothing.")
@with_appcontext
def import_fhir(paths: tuple[Path, ...], clinic_name: str | None, as_json: bool, dry_run: bool) -> None:
    """Import FHIR R4 bundles (transaction, collection, document) from PATH…, files or folders.

    Below a folder every *.json is read, in order of path; one that holds no FHIR resource at all is passed
    over, while named by itself it is an error. A Patient alone is taken as a bundle of one.

    Each file is stored whole or not at all, and a second import of it changes nothing. What is not kept is
    counted by type and reason. Exit status 1 if any file failed.
    """
    target = open_target(clinic_name, dry_run=dry_run)
    summary = Summary()
    with _progress(list(find_files(paths))) as files:
        for found in files:
            import_file(found, target, summary)
    if as_json:
        click.echo(json.dumps(summary.as_json(), indent=2))
    else:
        for line in summary.lines():
            click.echo(_printable(line))
    for file, why in summary.errors:
        click.echo(_printable(f"{file}: {why}"), err=True)
    if dry_run:
        click.echo("Nothing was kept: this was a dry run", err=True)
    raise SystemExit(1 if summary.errors else 0)


def open_target(clinic_name: str | None, *, dry_run: bool) -> Target:
    """The clinic to import to, and what its pack knows."""
    try:
        with database().reading() as session:
            clinic = clinics.by_name(session, clinic_name)
            codes = read_codes(pack_for(clinic))
    except TrackerError as error:
        raise click.ClickException(str(error)) from error
    except (OperationalError, ProgrammingError) as error:
        raise click.ClickException("The database is not ready. Bring it up to date first: flask db upgrade") from error
    return Target(clinic.id, codes, clock().today(clinic.tz), database(), clock(), dry_run)


def import_file(found: Found, target: Target, summary: Summary) -> None:
    """Import one file in one transaction, and count what became of it."""
    name = str(found.path)
    try:
        contents = read_bundle(content := read_file(found.path), target.codes, today=target.today)
        digest = hashlib.sha256(content).hexdigest()
        with target.database.transaction() as session:
            outcome = imports.store_file(
                session, target.clinic_id, contents, digest=digest, actor=ACTOR, clock=target.clock
            )
            if target.dry_run:
                session.rollback()
    except NotFhir as error:
        if found.named:
            summary.fail(name, str(error))
        else:
            summary.passed_over.append((name, str(error)))
    except TrackerError as error:
        summary.fail(name, str(error))
    except (IntegrityError, DataError, OperationalError):
        # Most likely another import of the same people at the same moment: its rows are there the next time.
        summary.fail(name, "was refused by the database, and nothing of it was stored. Import it again")
    else:
        summary.add(name, contents, outcome)


@contextmanager
def _progress(files: list[Found]) -> Iterator[Iterable[Found]]:
    """The files, with a bar on the terminal where there is one."""
    if not sys.stderr.isatty():
        yield files
        return
    with click.progressbar(files, label="Importing", file=sys.stderr) as bar:
        yield bar


def _printable(text: str) -> str:
    """A line that any terminal can take: what a file calls itself may be anything."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
