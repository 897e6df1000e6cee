"""``flask import-table``: a clinic's own lists as CSV or XLSX into the registry, each file whole or not at all."""

import json
import sys
from pathlib import Path
from uuid import UUID

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, ProgrammingError

from tracker.current import clock, database
from tracker.errors import ImportRefused, TrackerError
from tracker.garbage import seldom_collecting
from tracker.intake import runs
from tracker.intake.sources import Source
from tracker.policy import Actor
from tracker.services import clinics
from tracker.services.import_report import Fate, Finding, Report
from tracker.tables.dates import DateOrder
from tracker.tables.layouts import LAYOUTS
from tracker.tables.templates import template

ACTOR = Actor.system("Table import")
BUSY = "was refused by the database, and nothing of it was stored. Import it again"
KIND = click.Choice(list(LAYOUTS))


@click.command("import-table")
@click.argument("kind", type=KIND)
@click.argument("paths", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
@click.option("--clinic", "clinic_name", default=None, help="The clinic's name; may be left out if there is one only.")
@click.option(
    "--date-format",
    type=click.Choice([each.value for each in DateOrder]),
    default=DateOrder.ISO.value,
    show_default=True,
    help="How dates are written beside ISO; never guessed.",
)
@click.option("--sheet", default="", help="The sheet of a workbook; without it the first that is not hidden or empty.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and keep nothing.")
@click.option("--skip-bad-rows", is_flag=True, help="Leave out rows with problems instead of refusing the whole file.")
@click.option("--json", "as_json", is_flag=True, help="Print the reports as JSON.")
@with_appcontext
def import_table(
    kind: str,
    paths: tuple[Path, ...],
    clinic_name: str | None,
    date_format: str,
    sheet: str,
    dry_run: bool,
    skip_bad_rows: bool,
    as_json: bool,
) -> None:
    """Import tables of KIND from FILE…, CSV in UTF-8 or XLSX. docs/imports.md explains the columns.

    Every row is checked before one is stored, and each file is stored whole or not at all; a second import of it
    changes nothing. Exit status 1 if a file was refused, or rows were left out, with every problem by row and column.
    """
    clinic_id = _clinic(clinic_name)
    options = runs.Options(kind, date_format, sheet, skip_bad_rows)
    reports = []
    is_clean = True
    for path in paths:
        report, findings = _import(path, clinic_id, options, dry_run=dry_run)
        is_clean = is_clean and not findings
        if report is not None:
            reports.append(report)
        if not as_json:
            _tell(report)
        for finding in findings:
            click.echo(_printable(f"{finding.file}: {finding.sentence()}"), err=True)
    if as_json:
        click.echo(json.dumps([each.as_json() for each in reports], indent=2))
    if dry_run:
        click.echo("Nothing was kept: this was a dry run", err=True)
    sys.exit(0 if is_clean else 1)


@click.command("import-template")
@click.argument("kind", type=KIND)
def import_template(kind: str) -> None:
    """Print a table of KIND with its heading and example rows, as CSV to open in a spreadsheet."""
    click.echo(template(LAYOUTS[kind]).encode(), nl=False)


def _clinic(name: str | None) -> UUID:
    try:
        with database().reading() as session:
            return clinics.by_name(session, name).id
    except TrackerError as error:
        raise click.ClickException(str(error)) from error
    except (OperationalError, ProgrammingError) as error:
        raise click.ClickException("The database is not ready. Bring it up to date first: flask db upgrade") from error


def _import(
    path: Path, clinic_id: UUID, options: runs.Options, *, dry_run: bool
) -> tuple[Report | None, list[Finding]]:
    """What became of one file, and all that was wrong with it."""
    try:
        source = Source.of_path(path)
        with seldom_collecting(), database().transaction() as session, runs.running() as run:
            _, report = runs.store(session, clinic_id, source, options, run, actor=ACTOR, clock=clock())
            if dry_run:
                session.rollback()
    except ImportRefused as error:
        return None, list(error.findings) or [Finding(file=str(path), path="", reason=str(error))]
    except TrackerError as error:
        return None, [Finding(file=str(path), path="", reason=str(error))]
    except (IntegrityError, DataError, OperationalError):
        # Most likely another import of the same people at the same moment: its rows are there the next time.
        return None, [Finding(file=str(path), path="", reason=BUSY)]
    return report, report.errors


def _tell(report: Report | None) -> None:
    """One line for the file, one for each row that is new or changed, one for each note."""
    if report is None:
        return
    fates = [line.fate for line in report.lines]
    counts = (f"{fates.count(fate)} {fate}" for fate in (*Fate, "skipped"))
    click.echo(_printable(f"{report.file}: {', '.join(counts)}"))
    for line in report.lines:
        if line.fate in (Fate.NEW, Fate.UPDATED):
            click.echo(_printable(f"  {line.place}: {line.what}: {line.fate} ({'; '.join(line.changes)})"))
    for note in report.notes:
        click.echo(_printable(f"  Look at {note.sentence()}"))


def _printable(text: str) -> str:
    """A line that any terminal can take: what a file calls itself may be anything."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
