"""A file comes in: FHIR or a table, looked at first or stored at once, as one set of changes that can be taken back."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.errors import ImportRefused
from tracker.fhir.codes import read_codes
from tracker.fhir.validation import Validators
from tracker.intake import fhir_files, table_files
from tracker.intake.company import Company
from tracker.intake.sources import Shape, Source, shape_of
from tracker.models import ChangeKind, ChangeSet, Clinic
from tracker.policy import Action, Actor, require_clinic
from tracker.services import change_sets, code_mappings, duplicates
from tracker.services.import_report import Fate, Finding, Report
from tracker.services.packs import pack_for

FHIR = "fhir"


@dataclass(frozen=True)
class Options:
    """What somebody says of a file: ``kind`` "" (to be told by its looks), "fhir", or the kind of a table;
    ``date_format`` "" or "iso", "month-first", "day-first"; ``sheet`` of a workbook."""

    kind: str = ""
    date_format: str = ""
    sheet: str = ""
    skip_bad_rows: bool = False


@dataclass
class Run:
    """One import: its files share whom they describe, and the validators."""

    validators: Validators
    company: Company = field(default_factory=Company)
    noted: int = 0
    advance: Callable[[int], None] = field(default=lambda _count: None)

    def new_notes(self) -> list[Finding]:
        """What the validators have noted since they were last asked."""
        found = self.validators.notes[self.noted :]
        self.noted += len(found)
        return found


@contextmanager
def running(which: tuple[str, ...] | None = None) -> Iterator[Run]:
    """Everything an import of one or many files needs, closed at the end."""
    with ExitStack() as stack:
        yield Run(stack.enter_context(Validators() if which is None else Validators(which=which)))


def look(
    session: Session, clinic_id: UUID, name: str, content: bytes, options: Options, *, actor: Actor, clock: Clock
) -> Report:
    """What bringing in this file would do. Everything is really done: the caller must roll back.

    Raises:
        ImportRefused: the file cannot come in; ``findings`` has every reason.
    """
    with running() as run:
        _, report = store(session, clinic_id, Source.of_bytes(name, content), options, run, actor=actor, clock=clock)
    return report


def bring_in(
    session: Session,
    clinic_id: UUID,
    name: str,
    content: bytes,
    options: Options,
    *,
    actor: Actor,
    clock: Clock,
    existing: ChangeSet | None = None,
) -> tuple[ChangeSet, Report]:
    """Store a file that was uploaded, in the caller's transaction; ``existing``: the set it was previewed as.

    Raises:
        ImportRefused: as ``look``. NotFound, Forbidden: as ``require_clinic``.
    """
    source = Source.of_bytes(name, content)
    with running() as run:
        return store(session, clinic_id, source, options, run, actor=actor, clock=clock, existing=existing)


def store(
    session: Session,
    clinic_id: UUID,
    source: Source,
    options: Options,
    run: Run,
    *,
    actor: Actor,
    clock: Clock,
    existing: ChangeSet | None = None,
) -> tuple[ChangeSet, Report]:
    """One file of a run as one set of changes. One that changes nothing leaves no set behind.

    Raises:
        ImportRefused: as ``look``. NotFound, Forbidden: as ``require_clinic``.
    """
    clinic = require_clinic(session, actor, Action.IMPORT, clinic_id)
    with change_sets.applying(
        session,
        clinic.id,
        kind=ChangeKind.IMPORT,
        title=source.name,
        digest=digest_of(source),
        actor=actor,
        clock=clock,
        existing=existing,
    ) as change_set:
        report = _store(session, clinic, source, options, run, actor=actor.acting("Import"), clock=clock)
        report.notes.extend(run.new_notes())
        change_set.report = report.as_json()
    lines = (line.survivor_id for line in report.lines if line.survivor_id and line.fate != Fate.UNCHANGED)
    touched = report.touched or list(dict.fromkeys(lines))
    duplicates.look_for(session, touched, clock=clock)
    if existing is None and not change_sets.touched_anything(session, change_set):
        session.delete(change_set)
        session.flush()
    return change_set, report


def _store(
    session: Session, clinic: Clinic, source: Source, options: Options, run: Run, *, actor: Actor, clock: Clock
) -> Report:
    is_fhir = options.kind == FHIR or (not options.kind and shape_of(source) != Shape.TABLE)
    if not is_fhir:
        return table_files.store(
            session,
            clinic,
            source,
            kind=options.kind,
            date_format=options.date_format,
            sheet=options.sheet,
            skip_bad_rows=options.skip_bad_rows,
            actor=actor,
            clock=clock,
        )
    codes = read_codes(pack_for(clinic)).with_own(code_mappings.own_codes(session, clinic.id))
    desk = fhir_files.Desk(session, clinic, codes, run.company, run.validators, actor, clock, run.advance)
    return fhir_files.store(desk, source)


def digest_of(source: Source) -> str:
    """The SHA-256 of a file's content."""
    found = hashlib.sha256()
    with source.open() as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            found.update(block)
    return found.hexdigest()


def refuse_huge(source: Source, limit: int) -> None:
    """Raises ImportRefused where a file is larger than ``limit`` bytes."""
    if source.size > limit:
        raise ImportRefused(f"is larger than {limit // 1024 // 1024} MB; split it")
