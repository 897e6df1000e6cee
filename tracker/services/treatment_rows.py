"""The treatment summary between what a form or a file says and the rows that hold it."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.engine.partial_dates import Day, first_day, known_to, precision_of
from tracker.engine.rules import Pack
from tracker.models import (
    SYNDROME_FIELDS,
    TUMOR_FIELDS,
    Certainty,
    Diagnosis,
    Event,
    Exposure,
    ExposureSource,
    Predisposition,
    Survivor,
)
from tracker.services.treatment_inputs import (
    DETAILS,
    YES_NO_UNIT,
    DiagnosisInput,
    ExposureInput,
    PredispositionInput,
    SummaryInput,
    TumorDetails,
)

__all__ = [
    "YES_NO_UNIT",
    "DiagnosisInput",
    "ExposureInput",
    "PredispositionInput",
    "SummaryInput",
    "TumorDetails",
    "read_summary",
    "unit_of",
    "write_summary",
]

Row = TypeVar("Row", Diagnosis, Exposure, Event, Predisposition)
DATES = ("diagnosed", "resected", "end_of_therapy")
# Out of the way of every place in the list: two rows that change places would otherwise meet on one of them.
ASIDE = 1_000_000


def read_summary(session: Session, survivor: Survivor) -> SummaryInput:
    """The summary as it is stored, without the entries of its sections; the caller has authorised.

    Of the exposures only the recorded totals: those that follow from what was given are no entry of anybody's.
    """
    recorded = (row for row in _rows(session, Exposure, survivor.id, Exposure.name) if _is_recorded(row))
    return SummaryInput(
        diagnoses=tuple(_diagnosis(row) for row in _rows(session, Diagnosis, survivor.id, Diagnosis.position)),
        exposures=tuple(_exposure(row) for row in recorded),
        events={
            row.name: known_to(row.happened_on, row.happened_precision) or row.happened_on
            for row in _rows(session, Event, survivor.id, Event.name)
        },
        predispositions=tuple(
            PredispositionInput(syndrome=row.syndrome, fields=row.fields())
            for row in _rows(session, Predisposition, survivor.id, Predisposition.position)
        ),
        ltfu_entry_on=survivor.ltfu_entry_on,
        confirmed_on=survivor.summary_confirmed_on,
        confirmed_by=survivor.summary_confirmed_by,
    )


def write_summary(session: Session, survivor: Survivor, entered: SummaryInput, pack: Pack) -> None:
    """Make the rows say exactly this; a row that says it already is left alone. No check, no audit, no plan.

    The entries of sections are written by ``treatment_entries.write_entries``. Exposures that follow from what was
    given stay, save where a total is now recorded in their place.
    """
    _write_diagnoses(session, survivor.id, entered.diagnoses)
    _write_exposures(session, survivor.id, entered.exposures, pack)
    _write_events(session, survivor.id, entered.events)
    _write_predispositions(session, survivor.id, entered.predispositions)
    survivor.ltfu_entry_on = entered.ltfu_entry_on
    survivor.summary_confirmed_on = entered.confirmed_on
    survivor.summary_confirmed_by = entered.confirmed_by
    session.flush()


def _diagnosis(row: Diagnosis) -> DiagnosisInput:
    days = {f"{each}_on": known_to(getattr(row, f"{each}_on"), getattr(row, f"{each}_precision")) for each in DATES}
    return DiagnosisInput(
        id=row.id,
        name=row.name,
        icdo3_morphology=row.icdo3_morphology,
        tumor=row.tumor(),
        details=TumorDetails(**{name: getattr(row, name) for name in DETAILS}),
        **days,
    )


def _exposure(row: Exposure) -> ExposureInput:
    return ExposureInput(
        name=row.name,
        certainty=row.certainty,
        value=row.value,
        last_on=known_to(row.last_on, row.last_precision),
        at_least=row.at_least,
        # What stands was looked at when it was entered: it is not asked about again.
        confirmed=True,
    )


def _rows(session: Session, table: type[Row], survivor_id: UUID, order: Any) -> list[Row]:
    return list(session.scalars(sa.select(table).where(table.survivor_id == survivor_id).order_by(order)))


def _write_diagnoses(session: Session, survivor_id: UUID, entered: tuple[DiagnosisInput, ...]) -> None:
    standing = _rows(session, Diagnosis, survivor_id, Diagnosis.position)
    rows = _matched(standing, entered)
    kept = {row.id for row in rows if row is not None}
    _delete(session, [row for row in standing if row.id not in kept])
    _set_aside(session, standing, rows)
    for position, (each, found) in enumerate(zip(entered, rows, strict=True)):
        row = found or Diagnosis(survivor_id=survivor_id)
        row.position = position
        _fill_diagnosis(row, each)
        session.add(row)


def _matched(standing: list[Diagnosis], entered: tuple[DiagnosisInput, ...]) -> list[Diagnosis | None]:
    """For each entered diagnosis the row it changes, so that what is linked to a row stays with its tumor."""
    left = {row.id: row for row in standing}
    found: list[Diagnosis | None] = [None if each.id is None else left.pop(each.id, None) for each in entered]
    for place, each in enumerate(entered):
        same = (row for row in left.values() if (row.name, row.diagnosed_on) == _identity(each))
        if found[place] is None and each.id is None and (row := next(same, None)) is not None:
            found[place] = left.pop(row.id)
    # By place only where nothing carries an id: in a form a new row is a new tumor, whoever stood there before.
    if all(each.id is None for each in entered):
        for place in range(len(entered)):
            at_place = next((row for row in left.values() if row.position == place), None)
            if found[place] is None and at_place is not None:
                found[place] = left.pop(at_place.id)
    return found


def _identity(each: DiagnosisInput) -> tuple[str, Any]:
    return each.name, None if each.diagnosed_on is None else first_day(each.diagnosed_on)


def _set_aside(session: Session, standing: list[Diagnosis], rows: list[Diagnosis | None]) -> None:
    """Free every place that another row takes, before it does."""
    if [row.id for row in standing] != [None if row is None else row.id for row in rows]:
        for row in standing:
            row.position += ASIDE
        session.flush()


def _fill_diagnosis(row: Diagnosis, each: DiagnosisInput) -> None:
    row.name, row.icdo3_morphology = each.name, each.icdo3_morphology
    for name in DATES:
        _set_day(row, name, getattr(each, f"{name}_on"))
    for key in TUMOR_FIELDS:
        setattr(row, key, each.tumor.get(key))
    for key in DETAILS if each.details is not None else ():
        setattr(row, key, getattr(each.details, key))


def _set_day(row: Any, name: str, day: Day | None) -> None:
    """The first possible day, and how far the date is known."""
    setattr(row, f"{name}_on", None if day is None else first_day(day))
    setattr(row, f"{name}_precision", precision_of(day))


def _write_exposures(session: Session, survivor_id: UUID, entered: tuple[ExposureInput, ...], pack: Pack) -> None:
    standing = {row.name: row for row in _rows(session, Exposure, survivor_id, Exposure.name)}
    for each in entered:
        row = standing.pop(each.name, None) or Exposure(survivor_id=survivor_id, name=each.name)
        row.certainty, row.source = str(each.certainty), ExposureSource.RECORDED
        still_unknown = each.certainty == Certainty.DOSE_UNKNOWN
        row.at_least = (row.at_least if each.at_least is None else each.at_least) if still_unknown else None
        row.value = each.value if each.certainty == Certainty.KNOWN else None
        row.unit = unit_of(each.name, pack)
        _set_day(row, "last", each.last_on)
        session.add(row)
    _delete(session, [row for row in standing.values() if _is_recorded(row)])


def _is_recorded(row: Exposure) -> bool:
    return row.source != ExposureSource.GIVEN


def _write_events(session: Session, survivor_id: UUID, entered: Mapping[str, Day]) -> None:
    standing = {row.name: row for row in _rows(session, Event, survivor_id, Event.name)}
    for name, happened_on in entered.items():
        row = standing.pop(name, None) or Event(survivor_id=survivor_id, name=name)
        _set_day(row, "happened", happened_on)
        session.add(row)
    _delete(session, standing.values())


def _write_predispositions(session: Session, survivor_id: UUID, entered: tuple[PredispositionInput, ...]) -> None:
    standing = _rows(session, Predisposition, survivor_id, Predisposition.position)
    for position, each in enumerate(entered):
        # Positions have no holes, so that none is taken twice.
        row = standing[position] if position < len(standing) else Predisposition(survivor_id=survivor_id)
        row.position, row.syndrome = position, each.syndrome
        for key in SYNDROME_FIELDS:
            setattr(row, key, each.fields.get(key))
        session.add(row)
    _delete(session, standing[len(entered) :])


def _delete(session: Session, rows: Iterable[Diagnosis | Exposure | Event | Predisposition]) -> None:
    for row in rows:
        session.delete(row)


def unit_of(name: str, pack: Pack) -> str:
    """The unit the vocabulary gives an exposure; a name known only by its date ("hsct") has none."""
    return pack.exposures[name].unit if name in pack.exposures else YES_NO_UNIT
