"""An imported chart: entries kept with their codes, and the results and diagnoses they mean."""

from dataclasses import dataclass, field
from datetime import date
from typing import TypedDict
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from tracker.clock import Clock
from tracker.errors import Invalid
from tracker.models import ChartEntry, Diagnosis, Result, ResultStatus, Survivor
from tracker.policy import Actor
from tracker.services import import_entries, results
from tracker.services.import_records import ChartRecord, DiagnosisRecord, PersonFile, ResultRecord

COLUMNS = ("code_system", "code", "display", "status", "occurred_on", "value_text", "unit", "mapped_to", "source")
SOURCE = "Imported from FHIR"
CHANGED = "Changed at its source"
WITHDRAWN = "Taken back by its source"
BEYOND = 10_000
IDS_AT_ONCE = 400

COUNTING = (ResultStatus.FINAL, ResultStatus.AMENDED, ResultStatus.CORRECTED)


class Words(TypedDict):
    """What every change of a result is told."""

    actor: Actor
    clock: Clock
    reason: str


@dataclass
class ChartChange:
    """How many rows an import added, changed or took back, and what somebody should look at."""

    added: int = 0
    altered: int = 0
    withdrawn: int = 0
    results: int = 0
    diagnoses: int = 0
    entries: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.added or self.altered or self.withdrawn or self.results or self.diagnoses or self.entries)

    def words(self) -> tuple[str, ...]:
        """What was done, for a person to read."""
        told = (
            (self.added, "chart entry added", "chart entries added"),
            (self.altered, "chart entry changed", "chart entries changed"),
            (self.withdrawn, "chart entry taken back", "chart entries taken back"),
            (self.results, "result", "results"),
            (self.diagnoses, "diagnosis", "diagnoses"),
            (self.entries, "entry of the record", "entries of the record"),
        )
        return tuple(f"{count} {one if count == 1 else several}" for count, one, several in told if count)


def store_chart(session: Session, survivor: Survivor, part: PersonFile, *, actor: Actor, clock: Clock) -> ChartChange:
    """Add what is not on record, apply what its source has changed, and leave the rest alone.

    A few queries, however long the chart. What a person has corrected here is not touched again. The caller plans.
    """
    change = ChartChange()
    standing = _entries(session, survivor, part)
    records = [each for each in part.entries if not _is_older(standing.get(_key(each)), each)]
    new = [record for record in records if _key(record) not in standing]
    _add_entries(session, survivor, new, clock)
    change.added = len(new)
    change.results = _add_results(session, survivor, new, clock)
    told_anew = list(new)
    for record in records:
        row = standing.get(_key(record))
        if row is not None and _alter(row, record, clock):
            change.altered += 1
            told_anew.append(record)
            _alter_result(session, survivor, record, change, actor=actor, clock=clock)
    wanted = [record for record in told_anew if record.diagnosis is not None]
    if wanted:
        change.diagnoses = _add_diagnoses(session, survivor, wanted)
    for key in part.withdrawn:
        if key in standing:
            _withdraw(session, survivor, standing[key], change, actor=actor, clock=clock)
    told = import_entries.store_entries(session, survivor, records, part.withdrawn, actor=actor, clock=clock)
    change.entries += told.changed
    change.notes.extend(told.notes)
    return change


def _key(record: ChartRecord) -> tuple[str, str]:
    return record.resource_type, record.external_id


def _entries(session: Session, survivor: Survivor, part: PersonFile) -> dict[tuple[str, str], ChartEntry]:
    """The entries on record that this part of a file speaks of."""
    wanted = {*(_key(record) for record in part.entries), *part.withdrawn}
    ids = sorted({external_id for _, external_id in wanted})
    found: dict[tuple[str, str], ChartEntry] = {}
    for start in range(0, len(ids), IDS_AT_ONCE):
        query = sa.select(ChartEntry).options(undefer(ChartEntry.source))
        query = query.where(
            ChartEntry.survivor_id == survivor.id, ChartEntry.external_id.in_(ids[start : start + IDS_AT_ONCE])
        )
        found.update({(row.resource_type, row.external_id): row for row in session.scalars(query)})
    return {key: row for key, row in found.items() if key in wanted}


def _is_older(row: ChartEntry | None, record: ChartRecord) -> bool:
    """Does its source say that this version came before the one on record?"""
    return (
        row is not None
        and row.stated_at is not None
        and record.stated_at is not None
        and record.stated_at < row.stated_at
    )


def _add_entries(session: Session, survivor: Survivor, new: list[ChartRecord], clock: Clock) -> None:
    now = clock.now()
    rows = [
        {
            "id": uuid4(),
            "survivor_id": survivor.id,
            "resource_type": record.resource_type,
            "external_id": record.external_id,
            "imported_at": now,
            "stated_at": record.stated_at,
            **{column: getattr(record, column) for column in COLUMNS},
        }
        for record in new
    ]
    if rows:
        session.execute(sa.insert(ChartEntry), rows)


def result_key(record: ChartRecord) -> str:
    """The number an imported result keeps: observations and procedures may share an id."""
    return f"{record.resource_type}/{record.external_id}"


def _add_results(session: Session, survivor: Survivor, new: list[ChartRecord], clock: Clock) -> int:
    found = [(record, record.result) for record in new if record.result is not None]
    if not found:
        return 0
    held = set(session.scalars(sa.select(Result.external_id).where(Result.survivor_id == survivor.id)))
    rows = [
        _result_columns(result)
        | {"id": uuid4(), "survivor_id": survivor.id, "external_id": result_key(record), "recorded_at": clock.now()}
        for record, result in found
        if result_key(record) not in held
    ]
    if rows:
        session.execute(sa.insert(Result), rows)
    return len(rows)


def _result_columns(result: ResultRecord) -> dict[str, object]:
    return {
        "test_code": result.test_code,
        "performed_on": result.performed_on,
        "status": result.status,
        "value": result.value,
        "unit": result.unit,
        "reference_range": result.reference_range,
        "outcome": result.outcome,
        "report": result.report,
        "source": SOURCE,
    }


def _alter(row: ChartEntry, record: ChartRecord, clock: Clock) -> bool:
    changed = [column for column in COLUMNS if getattr(row, column) != getattr(record, column)]
    for column in changed:
        setattr(row, column, getattr(record, column))
    if changed:
        row.imported_at = clock.now()
    if record.stated_at is not None and record.stated_at != row.stated_at:
        row.stated_at = record.stated_at
    return bool(changed)


def _alter_result(
    session: Session, survivor: Survivor, record: ChartRecord, change: ChartChange, *, actor: Actor, clock: Clock
) -> None:
    standing = _result_that_stands(session, survivor, result_key(record))
    if standing is None:
        if record.result is not None:
            change.results += _add_results(session, survivor, [record], clock)
        return
    if standing.recorded_by_id is not None:
        change.notes.append(f"{result_key(record)} changed at its source, but a person has corrected it here")
        return
    told = _as_input(record.result) if record.result is not None and record.result.status in COUNTING else None
    if told is None:
        _replace(session, survivor, standing, None, change, CHANGED, actor=actor, clock=clock)
    elif told != results.as_input(standing) or standing.status not in COUNTING:
        _replace(session, survivor, standing, told, change, CHANGED, actor=actor, clock=clock)


def _as_input(result: ResultRecord) -> results.ResultInput:
    return results.ResultInput(
        test_code=result.test_code,
        performed_on=result.performed_on,
        value=result.value,
        unit=result.unit,
        reference_range=result.reference_range,
        outcome=result.outcome,
        report=result.report,
        source=SOURCE,
    )


def _result_that_stands(session: Session, survivor: Survivor, key: str) -> Result | None:
    """The newest version of an imported result, whoever made it."""
    row = session.scalar(sa.select(Result).where(Result.survivor_id == survivor.id, Result.external_id == key))
    while row is not None and row.superseded_at is not None:
        row = session.scalar(sa.select(Result).where(Result.replaces_id == row.id))
    return row


def _replace(
    session: Session,
    survivor: Survivor,
    standing: Result,
    told: results.ResultInput | None,
    change: ChartChange,
    reason: str,
    *,
    actor: Actor,
    clock: Clock,
) -> None:
    """Correct a result as its source now tells it, or take it back where there is nothing to tell."""
    if told is None and standing.status == ResultStatus.ENTERED_IN_ERROR:
        return
    words: Words = {"actor": actor, "clock": clock, "reason": reason}
    try:
        if told is None:
            results.retract_result(session, survivor.id, standing.id, **words)
        else:
            results.correct_result(session, survivor.id, standing.id, told, **words)
        change.results += 1
    except Invalid as error:
        change.notes.append(f"A result changed at its source and cannot be kept as it is told now: {error}")


def _withdraw(
    session: Session, survivor: Survivor, row: ChartEntry, change: ChartChange, *, actor: Actor, clock: Clock
) -> None:
    """What its source has taken back no longer counts; the rows stay, marked."""
    if row.status == ResultStatus.ENTERED_IN_ERROR:
        return
    row.status, row.imported_at = ResultStatus.ENTERED_IN_ERROR, clock.now()
    change.withdrawn += 1
    key = f"{row.resource_type}/{row.external_id}"
    result = _result_that_stands(session, survivor, key)
    if result is not None and result.recorded_by_id is None:
        _replace(session, survivor, result, None, change, WITHDRAWN, actor=actor, clock=clock)
    elif result is not None:
        change.notes.append(f"{key} was taken back by its source, but a person has corrected it here")
    if row.resource_type == "Condition" and row.mapped_to:
        change.notes.append(f"{key} was taken back by its source. Check the diagnosis made from it")


def _add_diagnoses(session: Session, survivor: Survivor, records: list[ChartRecord]) -> int:
    standing = list(
        session.scalars(sa.select(Diagnosis).where(Diagnosis.survivor_id == survivor.id).order_by(Diagnosis.position))
    )
    added = 0
    for record in records:
        wanted = record.diagnosis
        if wanted is None or any(_is_same(row, wanted, record.external_id) for row in standing):
            continue
        row = Diagnosis(
            survivor_id=survivor.id,
            position=len(standing),
            name=wanted.name,
            icdo3_morphology=wanted.icdo3_morphology,
            diagnosed_on=wanted.diagnosed_on,
            external_id=record.external_id,
        )
        session.add(row)
        standing.append(row)
        added += 1
    session.flush()
    if added:
        _order(session, standing)
    return added


def _is_same(row: Diagnosis, wanted: DiagnosisRecord, external_id: str) -> bool:
    if row.external_id == external_id:
        return True
    # Charts repeat a diagnosis at each encounter; and one that a person entered is not entered again.
    entered_here = row.external_id is None
    return row.name.casefold() == wanted.name.casefold() and (entered_here or row.diagnosed_on == wanted.diagnosed_on)


def _order(session: Session, rows: list[Diagnosis]) -> None:
    """Oldest first, whatever order the files came in, while nobody has worked on the diagnoses here."""
    if any(row.external_id is None or row.end_of_therapy_on or row.resected_on or row.tumor() for row in rows):
        return
    wanted = sorted(rows, key=lambda row: (row.diagnosed_on or date.max, row.name, row.external_id or ""))
    if wanted == rows:
        return
    for position, row in enumerate(rows):
        row.position = BEYOND + position
    session.flush()
    for position, row in enumerate(wanted):
        row.position = position
    session.flush()
