"""Tables into the registry: every row checked before one is written, the whole table or nothing, and twice changes
nothing. What somebody has corrected here is not undone by a table that says what it said before."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.errors import ImportRefused
from tracker.models import SummaryEdition, Survivor
from tracker.policy import Action, Actor, require_clinic
from tracker.services import audit, care_plans, editions, given
from tracker.services.import_report import Fate, Finding, Line, Report
from tracker.services.table_contacts import Contacts
from tracker.services.table_desk import Desk, Outcome, chunks
from tracker.services.table_results import Results
from tracker.services.table_survivors import Survivors
from tracker.services.table_treatments import Treatments
from tracker.tables.reading import Problem, Table, TableRow

SKIPPED, LEFT_OUT, KNOWN = "skipped", "cannot be read", "is on record already"
CHANGE = "table.imported"


class TableRefused(ImportRefused):
    """A table with problems; nothing was stored. ``problems`` are all of them."""

    def __init__(self, problems: Sequence[Finding]) -> None:
        first = problems[0].sentence()
        many = f"{len(problems)} problems. The first: " if len(problems) > 1 else ""
        super().__init__(f"was refused, and nothing of it was stored. {many}{first}", tuple(problems))
        self.problems = tuple(problems)


class Kind(Protocol):
    """One kind of table. ``plans``: what it changes moves dates; ``derives``: exposures follow from it."""

    plans: bool
    derives: bool

    def check(self) -> None:
        """Find every problem of every row; writes nothing."""

    def changed(self, rows: Sequence[TableRow]) -> list[UUID]:
        """Whose record these rows, which are good, will change."""

    def write(self, rows: Sequence[TableRow]) -> list[Outcome]:
        """Store good rows, and say of each what became of it."""


KINDS: Mapping[str, Callable[[Desk], Kind]] = {
    "survivors": Survivors,
    "treatments": Treatments,
    "results": Results,
    "contacts": Contacts,
}


def store_table(
    session: Session,
    clinic_id: UUID,
    table: Table,
    *,
    skip_bad_rows: bool,
    actor: Actor,
    clock: Clock,
    loinc: Mapping[str, str] | None = None,
) -> Report:
    """Store everything a table says, in the caller's transaction, and plan for whoever changed.

    Whoever may import at this clinic may bring in a whole list, though not type each of its entries: it is written in
    the system's name at their word. A survivor is found by the record number alone. What is empty in the table leaves
    what stands. ``loinc``: LOINC code → test, beside the codes of the pack.

    Raises:
        TableRefused: there are problems, of the heading or (without ``skip_bad_rows``) of any row; all are named.
        NotFound, Forbidden: as ``require_clinic``.
    """
    clinic = require_clinic(session, actor, Action.IMPORT, clinic_id)
    desk = Desk(session, clinic, table, actor.acting("Import"), clock, dict(loinc or {}))
    _refuse(table, [each for each in table.problems if each.is_whole])
    kind = KINDS[table.kind](desk)
    kind.check()
    problems = sorted({*table.problems, *desk.problems}, key=lambda each: (each.row, each.column, each.reason))
    if not skip_bad_rows:
        _refuse(table, problems)
    bad = {each.row for each in problems}
    good = [row for row in table.rows if row.number not in bad]
    outcomes = _write(desk, kind, good)
    report = _report(desk, good, outcomes, problems)
    _trail(desk, report)
    return report


def _refuse(table: Table, problems: Sequence[Problem]) -> None:
    if problems:
        raise TableRefused(findings_of(table, problems))


def findings_of(table: Table, problems: Iterable[Problem]) -> list[Finding]:
    """Problems or notes as the report holds them."""
    return [Finding(file=table.file, path=_path(each), reason=each.reason) for each in problems]


def _path(problem: Problem) -> str:
    row = f"row {problem.row}" if problem.row else ""
    return f"{row}, column {problem.column}" if problem.column else row


def _write(desk: Desk, kind: Kind, good: Sequence[TableRow]) -> list[Outcome]:
    """Write the rows; what follows from them follows once for each person, however many rows are about them."""
    session = desk.session
    summarized = _with_editions(session, kind.changed(good)) if kind.plans else []
    for survivor in summarized:
        editions.begin(session, survivor, desk.clock)
    outcomes = kind.write(good)
    desk.write_trail()
    touched = list({each.survivor.id: each.survivor for each in outcomes if each.fate != Fate.UNCHANGED}.values())
    for survivor in touched:
        survivor.version += 1
    if kind.derives:
        given.derive_all(session, touched, desk.pack, desk.catalogue)
    if kind.plans:
        care_plans.refresh_all(session, touched, clock=desk.clock)
    for survivor in summarized:
        if survivor in touched:
            editions.keep_edition(
                session, survivor, change=CHANGE, reason=desk.reason, actor=desk.actor, clock=desk.clock
            )
    return outcomes


def _with_editions(session: Session, survivor_ids: Sequence[UUID]) -> list[Survivor]:
    """Those whose summary somebody has worked on: each of its states is kept. For the others the next change does."""
    found: list[Survivor] = []
    for some in chunks(survivor_ids):
        query = sa.select(Survivor).where(
            Survivor.id.in_(some), sa.exists().where(SummaryEdition.survivor_id == Survivor.id)
        )
        found.extend(session.scalars(query))
    return found


def _report(desk: Desk, good: Sequence[TableRow], outcomes: Sequence[Outcome], problems: Sequence[Problem]) -> Report:
    table = desk.table
    report = Report(table.file, table.kind)
    became = {row.number: outcome for row, outcome in zip(good, outcomes, strict=True)}
    for row in table.rows:
        report.lines.append(_line(row, became.get(row.number)))
        _count(report, became.get(row.number))
    report.errors = findings_of(table, problems)
    report.notes = findings_of(table, [*table.notes, *desk.notes])
    return report


def _line(row: TableRow, outcome: Outcome | None) -> Line:
    place = f"row {row.number}"
    if outcome is None:
        return Line(place=place, what=row.text("record_number"), fate=SKIPPED)
    survivor = outcome.survivor
    return Line(
        place=place,
        what=f"{survivor.display_name} ({survivor.mrn})",
        fate=outcome.fate,
        changes=tuple(outcome.changes),
        survivor_id=survivor.id,
    )


def _count(report: Report, outcome: Outcome | None) -> None:
    if outcome is None:
        report.skip(report.kind, LEFT_OUT)
        return
    if report.kind == "survivors":
        report.patients[outcome.fate] += 1
    if outcome.fate == Fate.UNCHANGED:
        report.skip(report.kind, KNOWN)
    else:
        report.store(report.kind)


def _trail(desk: Desk, report: Report) -> None:
    """One row for the whole table, beside those of everybody it changed."""
    tally = report.resources.get(report.kind)
    if tally is None or not tally.stored:
        return
    after = {"table": report.kind, "stored": tally.stored, "skipped": dict(sorted(tally.reasons.items()))}
    audit.record(
        desk.session,
        desk.actor,
        "import.file",
        subject=desk.clinic,
        clinic_id=desk.clinic.id,
        at=desk.clock.now(),
        after=after,
    )
