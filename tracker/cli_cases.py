"""``flask import-cases`` and ``flask export-case``: survivors in and out as case files."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from tracker.current import clock, database
from tracker.errors import CaseError, TrackerError
from tracker.guidelines.cases import read_cases
from tracker.policy import Actor
from tracker.services import clinics
from tracker.services.case_export import export_case as export
from tracker.services.case_import import Enrolment, import_case

IMPORTER = Actor.system("case file import")
Found = tuple[str, int, Mapping[str, object] | CaseError]


@dataclass
class Tally:
    """What an import did, as its summary tells it."""

    files: int = 0
    survivors: dict[str, int] = field(default_factory=lambda: {"new": 0, "updated": 0, "unchanged": 0})
    errors: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, file: str, place: int, case_id: str, why: str) -> None:
        self.errors.append({"file": file, "position": place, "case": case_id, "error": why})

    def as_json(self) -> str:
        return json.dumps({"files": self.files, "survivors": self.survivors, "errors": self.errors}, indent=1)


class NothingStored(Exception):
    """Ends the transaction of an import that is wanted whole or not at all."""


@click.command("import-cases")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--clinic", "clinic_name", help="The clinic to enroll at; may be left out if there is one only.")
@click.option("--all-or-nothing", is_flag=True, help="Store nothing if any case is refused.")
@click.option("--json", "as_json", is_flag=True, help="A summary as JSON.")
@click.pass_context
@with_appcontext
def import_cases(
    ctx: click.Context, files: tuple[str, ...], clinic_name: str | None, all_or_nothing: bool, as_json: bool
) -> None:
    """Enroll the survivor of each case in FILE… (JSON, or JSON Lines; - is standard input).

    The same case again updates its survivor. A mistaken case is named on standard error and the others
    are enrolled; the exit status is then 1.
    """
    tally = Tally()
    clinic_id = _clinic(clinic_name)
    try:
        if all_or_nothing:
            _import_together(files, clinic_id, tally)
        else:
            _import_one_by_one(files, clinic_id, tally)
    except NothingStored:
        tally.survivors = dict.fromkeys(tally.survivors, 0)
    _tell(tally, as_json=as_json, nothing_stored=all_or_nothing and bool(tally.errors))
    ctx.exit(1 if tally.errors else 0)


@click.command("export-case")
@click.argument("mrn")
@click.option("--clinic", "clinic_name", help="The clinic whose record number this is; needed if several use it.")
@with_appcontext
def export_case(mrn: str, clinic_name: str | None) -> None:
    """Print the survivor with record number MRN as a case file, as of the clinic's today."""
    clinic_id = _clinic(clinic_name) if clinic_name else None
    try:
        with database().transaction() as session:
            case = export(session, mrn, clinic_id=clinic_id, actor=Actor.system("command line"), clock=clock())
    except TrackerError as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(case, indent=1))


def _clinic(name: str | None) -> UUID:
    try:
        with database().reading() as session:
            return clinics.by_name(session, name).id
    except TrackerError as error:
        raise click.ClickException(str(error)) from error


def _import_one_by_one(files: tuple[str, ...], clinic_id: UUID, tally: Tally) -> None:
    for file, place, raw in _cases(files, tally):
        with _noting(tally, file, place, raw):
            with database().transaction() as session:
                became = _import(session, clinic_id, raw)
            tally.survivors[became] += 1


def _import_together(files: tuple[str, ...], clinic_id: UUID, tally: Tally) -> None:
    with database().transaction() as session:
        for file, place, raw in _cases(files, tally):
            with _noting(tally, file, place, raw):
                with session.begin_nested():
                    became = _import(session, clinic_id, raw)
                tally.survivors[became] += 1
        if tally.errors:
            raise NothingStored


def _import(session: Session, clinic_id: UUID, raw: Mapping[str, object] | CaseError) -> Enrolment:
    if isinstance(raw, CaseError):
        raise raw
    return import_case(session, clinic_id, raw, actor=IMPORTER, clock=clock()).became


@contextmanager
def _noting(tally: Tally, file: str, place: int, raw: Mapping[str, object] | CaseError) -> Iterator[None]:
    """Note a case that is refused, and go on with the next."""
    given = raw.get("id") if isinstance(raw, Mapping) else None
    case_id = given if isinstance(given, str) else ""
    try:
        yield
    except (TrackerError, ValueError) as error:
        tally.refuse(file, place, case_id, str(error))
    except SQLAlchemyError as error:
        # The database's own words may hold names and dates; its kind of refusal is enough to go on.
        tally.refuse(file, place, case_id, f"cannot be stored ({type(error).__name__})")


def _cases(files: tuple[str, ...], tally: Tally) -> Iterator[Found]:
    for name in files:
        tally.files += 1
        try:
            if name == "-":
                yield from ((name, place, raw) for place, raw in read_cases(sys.stdin.buffer, name))
            else:
                with Path(name).open("rb") as stream:
                    yield from ((name, place, raw) for place, raw in read_cases(stream, name))
        except OSError as error:
            yield name, 1, CaseError(f"cannot be read: {error.strerror or error}")


def _tell(tally: Tally, *, as_json: bool, nothing_stored: bool) -> None:
    for each in tally.errors:
        words = (f"{each['file']}:{each['position']}", each["case"], each["error"])
        click.echo(": ".join(word for word in words if word), err=True)
    if as_json:
        click.echo(tally.as_json())
        return
    counts = ", ".join(f"{count} {word}" for word, count in tally.survivors.items())
    click.echo(f"{tally.files} {'file' if tally.files == 1 else 'files'}: {counts}, {len(tally.errors)} refused")
    if nothing_stored:
        click.echo("Nothing was stored, because every case was wanted or none")
