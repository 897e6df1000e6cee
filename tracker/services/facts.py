"""What the database knows of one survivor, as the engine's facts: a fixed number of queries, whatever the history."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.engine import types as engine
from tracker.models import (
    Certainty,
    Diagnosis,
    Event,
    Exposure,
    Override,
    Predisposition,
    Result,
    Survivor,
)

Row = TypeVar("Row", Exposure, Diagnosis, Event, Predisposition)
DIAGNOSIS_DATES = ("diagnosed_on", "resected_on", "end_of_therapy_on")
UNIT_ENDINGS = ("_mg_m2", "_u_m2", "_gy", "_n")


def date_key(exposure: str) -> str:
    """The name by which an exposure's last day is known: without its unit ending."""
    for ending in UNIT_ENDINGS:
        if exposure.endswith(ending):
            return exposure.removesuffix(ending)
    return exposure


def load_facts(session: Session, survivor: Survivor) -> engine.Facts:
    """Everything the engine may ask about this survivor, superseded results and withdrawn decisions left out."""
    exposures = list(_rows(session, Exposure, survivor.id, Exposure.name))
    events = list(_rows(session, Event, survivor.id, Event.name))
    return engine.Facts(
        birth_date=survivor.birth_date,
        sex=survivor.sex_at_birth,
        diagnoses=tuple(_diagnosis(row) for row in _rows(session, Diagnosis, survivor.id, Diagnosis.position)),
        ltfu_entry_on=survivor.ltfu_entry_on,
        exposures={row.name: row.value for row in exposures if row.certainty != Certainty.DATE_ONLY},
        exposure_dates={date_key(row.name): row.last_on for row in exposures if row.last_on is not None},
        events={row.name: row.happened_on for row in events},
        predispositions=tuple(
            engine.Predisposition(row.syndrome, row.fields())
            for row in _rows(session, Predisposition, survivor.id, Predisposition.position)
        ),
        results=load_results(session, survivor.id),
        overrides=load_overrides(session, survivor.id),
        at_least={
            row.name: row.at_least
            for row in exposures
            if row.certainty == Certainty.DOSE_UNKNOWN and row.at_least is not None
        },
        exposure_precision=_partly_known(
            {date_key(row.name): row.last_precision for row in exposures if row.last_on is not None}
        ),
        event_precision=_partly_known({row.name: row.happened_precision for row in events}),
    )


def _rows(session: Session, table: type[Row], survivor_id: UUID, order: Any) -> Iterable[Row]:
    return session.scalars(sa.select(table).where(table.survivor_id == survivor_id).order_by(order))


def _diagnosis(row: Diagnosis) -> engine.Diagnosis:
    dates = row.diagnosed_on, row.resected_on, row.end_of_therapy_on
    known_to = row.diagnosed_precision, row.resected_precision, row.end_of_therapy_precision
    recorded = {name: to for name, to, day in zip(DIAGNOSIS_DATES, known_to, dates, strict=True) if day is not None}
    return engine.Diagnosis(row.name, *dates, row.tumor(), _partly_known(recorded))


def _partly_known(precision: Mapping[str, str]) -> dict[str, str]:
    """Only what is known to less than the day: the engine takes whole dates for granted."""
    return {name: known_to for name, known_to in precision.items() if known_to != "day"}


def load_results(session: Session, survivor_id: UUID) -> tuple[engine.Result, ...]:
    """The results that stand (not replaced by a correction), oldest first."""
    rows = session.scalars(
        sa.select(Result)
        .where(Result.survivor_id == survivor_id, Result.superseded_at.is_(None))
        .order_by(Result.performed_on, Result.recorded_at, Result.id)
    )
    return tuple(
        engine.Result(row.test_code, row.performed_on, row.status, row.adequate, row.claimed, str(row.id))
        for row in rows
    )


def load_overrides(session: Session, survivor_id: UUID) -> tuple[engine.Override, ...]:
    """The decisions that were not withdrawn, in the order they were made."""
    rows = session.scalars(
        sa.select(Override)
        .where(Override.survivor_id == survivor_id, Override.withdrawn_at.is_(None))
        .order_by(Override.recorded_at, Override.position, Override.id)
    )
    return tuple(
        engine.Override(
            row.test_code,
            row.action,
            row.decided_on,
            row.expires_on,
            row.due_on,
            row.repeat_every,
            row.defer_to,
            str(row.id),
        )
        for row in rows
    )
