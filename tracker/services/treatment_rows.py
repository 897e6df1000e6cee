"""The treatment summary between what a form or a file says and the rows that hold it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.engine.rules import Pack
from tracker.models import (
    SYNDROME_FIELDS,
    TUMOR_FIELDS,
    Certainty,
    Diagnosis,
    Event,
    Exposure,
    Predisposition,
    Survivor,
)

Row = TypeVar("Row", Diagnosis, Exposure, Event, Predisposition)
YES_NO_UNIT = "1"


@dataclass(frozen=True, kw_only=True)
class DiagnosisInput:
    """A primary cancer or relapse; the first of a summary is the survivor's own entry."""

    name: str
    icdo3_morphology: str = ""
    diagnosed_on: date | None = None
    resected_on: date | None = None
    end_of_therapy_on: date | None = None
    tumor: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ExposureInput:
    """One therapy by its name in the pack's vocabulary, ``value`` in the vocabulary's own unit.

    ``confirmed``: a dose beyond what is usual was looked at again and is right.
    """

    name: str
    certainty: str = Certainty.KNOWN
    value: Decimal | None = None
    last_on: date | None = None
    confirmed: bool = False


@dataclass(frozen=True, kw_only=True)
class PredispositionInput:
    """An inherited cancer syndrome, with the fields its rules ask about."""

    syndrome: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SummaryInput:
    """A survivor's whole treatment summary, with who confirmed it and when."""

    diagnoses: tuple[DiagnosisInput, ...] = ()
    exposures: tuple[ExposureInput, ...] = ()
    events: Mapping[str, date] = field(default_factory=dict)
    predispositions: tuple[PredispositionInput, ...] = ()
    ltfu_entry_on: date | None = None
    confirmed_on: date | None = None
    confirmed_by: str = ""


def read_summary(session: Session, survivor: Survivor) -> SummaryInput:
    """The summary as it is stored; the caller has authorised."""
    return SummaryInput(
        diagnoses=tuple(
            DiagnosisInput(
                name=row.name,
                icdo3_morphology=row.icdo3_morphology,
                diagnosed_on=row.diagnosed_on,
                resected_on=row.resected_on,
                end_of_therapy_on=row.end_of_therapy_on,
                tumor=row.tumor(),
            )
            for row in _rows(session, Diagnosis, survivor.id, Diagnosis.position)
        ),
        exposures=tuple(
            # What stands was looked at when it was entered: it is not asked about again.
            ExposureInput(name=row.name, certainty=row.certainty, value=row.value, last_on=row.last_on, confirmed=True)
            for row in _rows(session, Exposure, survivor.id, Exposure.name)
        ),
        events={row.name: row.happened_on for row in _rows(session, Event, survivor.id, Event.name)},
        predispositions=tuple(
            PredispositionInput(syndrome=row.syndrome, fields=row.fields())
            for row in _rows(session, Predisposition, survivor.id, Predisposition.position)
        ),
        ltfu_entry_on=survivor.ltfu_entry_on,
        confirmed_on=survivor.summary_confirmed_on,
        confirmed_by=survivor.summary_confirmed_by,
    )


def write_summary(session: Session, survivor: Survivor, entered: SummaryInput, pack: Pack) -> None:
    """Make the rows say exactly this; a row that says it already is left alone. No check, no audit, no plan."""
    _write_diagnoses(session, survivor.id, entered.diagnoses)
    _write_exposures(session, survivor.id, entered.exposures, pack)
    _write_events(session, survivor.id, entered.events)
    _write_predispositions(session, survivor.id, entered.predispositions)
    survivor.ltfu_entry_on = entered.ltfu_entry_on
    survivor.summary_confirmed_on = entered.confirmed_on
    survivor.summary_confirmed_by = entered.confirmed_by
    session.flush()


def _rows(session: Session, table: type[Row], survivor_id: UUID, order: Any) -> list[Row]:
    return list(session.scalars(sa.select(table).where(table.survivor_id == survivor_id).order_by(order)))


def _write_diagnoses(session: Session, survivor_id: UUID, entered: tuple[DiagnosisInput, ...]) -> None:
    standing = _rows(session, Diagnosis, survivor_id, Diagnosis.position)
    # An import finds its diagnosis by this number, so it moves with the diagnosis; one that was only renamed or
    # redated keeps the number of its place.
    numbers = {_identity(row): row.external_id for row in standing}
    kept = {_identity(each) for each in entered}
    places = [None if _identity(row) in kept else row.external_id for row in standing]
    for position, each in enumerate(entered):
        row = _at(session, standing, position, Diagnosis(survivor_id=survivor_id, position=position, name=each.name))
        own_place = places[position] if position < len(places) else None
        row.external_id = numbers.pop(_identity(each), own_place)
        row.name, row.icdo3_morphology = each.name, each.icdo3_morphology
        row.diagnosed_on, row.resected_on = each.diagnosed_on, each.resected_on
        row.end_of_therapy_on = each.end_of_therapy_on
        for key in TUMOR_FIELDS:
            setattr(row, key, each.tumor.get(key))
    _delete(session, standing[len(entered) :])


def _identity(diagnosis: Diagnosis | DiagnosisInput) -> tuple[str, date | None]:
    return diagnosis.name, diagnosis.diagnosed_on


def _write_exposures(session: Session, survivor_id: UUID, entered: tuple[ExposureInput, ...], pack: Pack) -> None:
    standing = {row.name: row for row in _rows(session, Exposure, survivor_id, Exposure.name)}
    for each in entered:
        row = standing.pop(each.name, None) or Exposure(survivor_id=survivor_id, name=each.name)
        row.certainty, row.last_on = str(each.certainty), each.last_on
        row.value = each.value if each.certainty == Certainty.KNOWN else None
        row.unit = unit_of(each.name, pack)
        session.add(row)
    _delete(session, list(standing.values()))


def _write_events(session: Session, survivor_id: UUID, entered: Mapping[str, date]) -> None:
    standing = {row.name: row for row in _rows(session, Event, survivor_id, Event.name)}
    for name, happened_on in entered.items():
        row = standing.pop(name, None) or Event(survivor_id=survivor_id, name=name)
        row.happened_on = happened_on
        session.add(row)
    _delete(session, list(standing.values()))


def _write_predispositions(session: Session, survivor_id: UUID, entered: tuple[PredispositionInput, ...]) -> None:
    standing = _rows(session, Predisposition, survivor_id, Predisposition.position)
    for position, each in enumerate(entered):
        new = Predisposition(survivor_id=survivor_id, position=position, syndrome=each.syndrome)
        row = _at(session, standing, position, new)
        row.syndrome = each.syndrome
        for key in SYNDROME_FIELDS:
            setattr(row, key, each.fields.get(key))
    _delete(session, standing[len(entered) :])


def _at(session: Session, standing: list[Row], position: int, new: Row) -> Row:
    """The row that stands at a position, or the new one. Positions have no holes, so that none is taken twice."""
    if position < len(standing):
        return standing[position]
    session.add(new)
    return new


def _delete(session: Session, rows: list[Row]) -> None:
    for row in rows:
        session.delete(row)


def unit_of(name: str, pack: Pack) -> str:
    """The unit the vocabulary gives an exposure; a name known only by its date ("hsct") has none."""
    return pack.exposures[name].unit if name in pack.exposures else YES_NO_UNIT
