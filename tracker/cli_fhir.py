"""``flask import-fhir``: FHIR R4 files into the registry, each file whole or not at all."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, ProgrammingError

from tracker.clock import Clock
from tracker.current import clock, database
from tracker.db import Database
from tracker.errors import ImportRefused, TrackerError
from tracker.fhir.files import Found, find_files
from tracker.fhir.reading import LARGEST, NotFhir
from tracker.fhir.summary import Summary
from tracker.intake import runs
from tracker.intake.order import in_order
from tracker.intake.sources import Shape, Source, shape_of
from tracker.policy import Actor
from tracker.progress import Progress
from tracker.services import change_sets, clinics

ACTOR = Actor.system("FHIR import")
ALREADY = "was imported before"


@dataclass(frozen=True)
class Target:
    """Where an import goes: one clinic of a database. ``resume``: pass over what is in already."""

    clinic_id: UUID
    database: Database
    clock: Clock
    dry_run: bool = False
    resume: bool = False


@click.command("import-fhir")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(path_type=Path))
@click.option("--clinic", "clinic_name", default=None, help="The clinic's name; may be left out if there is one only.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option("--dry-run", is_flag=True, help="Try each file on its own and keep nothing.")
@click.option("--resume", is_flag=True, help="Pass over files that an earlier run finished.")
@with_appcontext
def import_fhir(paths: tuple[Path, ...], clinic_name: str | None, as_json: bool, dry_run: bool, resume: bool) -> None:
    """Import FHIR R4 from PATH…, files or folders: bundles, resources alone, and bulk exports (.ndjson).

    Below a folder every *.json and *.ndjson is read; one that holds no FHIR resource at all is passed over, while
    named by itself it is an error. Whom a file is about may stand in another file of the same import.

    Each file is validated, and stored whole or not at all; a second import of it changes nothing. What is not kept is
    counted by type and reason. Exit status 1 if any file failed. An import that was broken off goes on with --resume.
    """
    target = open_target(clinic_name, dry_run=dry_run, resume=resume)
    summary = Summary()
    import_all(list(find_files(paths)), target, summary)
    if as_json:
        click.echo(json.dumps(summary.as_json(), indent=2))
    else:
        for line in summary.lines():
            click.echo(_printable(line))
    for line in _error_lines(summary):
        click.echo(_printable(line), err=True)
    if dry_run:
        click.echo("Nothing was kept: this was a dry run", err=True)
    raise SystemExit(1 if summary.errors else 0)


def _error_lines(summary: Summary) -> Iterator[str]:
    for file, why in summary.errors:
        yield f"{file}: {why}"
    for finding in summary.findings:
        yield f"{finding.file}: {finding.sentence()}"


def open_target(clinic_name: str | None, *, dry_run: bool, resume: bool = False) -> Target:
    """The clinic to import to."""
    try:
        with database().reading() as session:
            clinic = clinics.by_name(session, clinic_name)
    except TrackerError as error:
        raise click.ClickException(str(error)) from error
    except (OperationalError, ProgrammingError) as error:
        raise click.ClickException("The database is not ready. Bring it up to date first: flask db upgrade") from error
    return Target(clinic.id, database(), clock(), dry_run, resume)


def import_all(found: list[Found], target: Target, summary: Summary) -> None:
    """Import every file, those first that others refer to; one about somebody unknown is tried once more at the end."""
    waiting: list[Found] = []
    with runs.running() as run, _progress(found) as progress:
        run.advance = progress.advance
        for each in in_order(found):
            if not import_file(each, target, run, summary, last_try=False):
                waiting.append(each)
        for each in waiting:
            import_file(each, target, run, summary, last_try=True)


def import_file(found: Found, target: Target, run: runs.Run, summary: Summary, *, last_try: bool = True) -> bool:
    """Import one file in one transaction, and count what became of it; False: it waits for another file."""
    name = str(found.path)
    try:
        source = _source(found)
        with target.database.transaction() as session:
            if target.resume and change_sets.is_applied(session, target.clinic_id, runs.digest_of(source)):
                summary.pass_over(name, ALREADY)
                return True
            options = runs.Options(kind=runs.FHIR)
            _, report = runs.store(session, target.clinic_id, source, options, run, actor=ACTOR, clock=target.clock)
            if target.dry_run:
                session.rollback()
    except NotFhir as error:
        if found.named:
            summary.fail(name, str(error))
        else:
            summary.pass_over(name, str(error))
    except ImportRefused as error:
        if error.waits and not last_try:
            return False
        summary.fail(name, str(error), error.findings)
    except TrackerError as error:
        summary.fail(name, str(error))
    except (IntegrityError, DataError, OperationalError):
        # Most likely another import of the same people at the same moment: its rows are there the next time.
        summary.fail(name, "was refused by the database, and nothing of it was stored. Import it again")
    else:
        summary.add(name, report)
    return True


def _source(found: Found) -> Source:
    if found.path.is_dir():
        raise ImportRefused("is a folder without a .json or .ndjson file")
    source = Source.of_path(found.path)
    if shape_of(source) != Shape.NDJSON:
        runs.refuse_huge(source, LARGEST)
    return source


@contextmanager
def _progress(found: Iterable[Found]) -> Iterator[Progress]:
    """How far the import has come, on the terminal where there is one."""
    total = sum(each.path.stat().st_size for each in found if each.path.is_file())
    with Progress(total, "Importing", shown=sys.stderr.isatty()) as progress:
        yield progress


def _printable(text: str) -> str:
    """A line that any terminal can take: what a file calls itself may be anything."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
