"""What the database knows of one survivor, as the engine's facts: a fixed number of queries, whatever the history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
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

DIAGNOSIS_DATES = ("diagnosed_on", "resected_on", "end_of_therapy_on")
UNIT_ENDINGS = ("_mg_m2", "_u_m2", "_gy", "_n")
# Superseded results and withdrawn decisions are no facts. The orders are those in which the engine reads.
QUERIES: Mapping[str, sa.Select[Any]] = {
    "exposures": sa.select(Exposure).order_by(Exposure.name),
    "events": sa.select(Event).order_by(Event.name),
    "diagnoses": sa.select(Diagnosis).order_by(Diagnosis.position),
    "predispositions": sa.select(Predisposition).order_by(Predisposition.position),
    "results": sa.select(Result)
    .where(Result.superseded_at.is_(None))
    .order_by(Result.performed_on, Result.recorded_at, Result.id),
    "overrides": sa.select(Override)
    .where(Override.withdrawn_at.is_(None))
    .order_by(Override.recorded_at, Override.position, Override.id),
}


def date_key(exposure: str) -> str:
    """The name by which an exposure's last day is known: without its unit ending."""
    for ending in UNIT_ENDINGS:
        if exposure.endswith(ending):
            return exposure.removesuffix(ending)
    return exposure


@dataclass(frozen=True)
class Recorded:
    """The rows that facts are made of; each list in the order in which the engine reads it."""

    exposures: Sequence[Exposure] = ()
    events: Sequence[Event] = ()
    diagnoses: Sequence[Diagnosis] = ()
    predispositions: Sequence[Predisposition] = ()
    results: Sequence[Result] = ()
    overrides: Sequence[Override] = ()


def load_facts(session: Session, survivor: Survivor) -> engine.Facts:
    """Everything the engine may ask about this survivor, superseded results and withdrawn decisions left out."""
    return facts_of(survivor, load_recorded(session, [survivor.id])[survivor.id])


def load_recorded(session: Session, survivor_ids: Sequence[UUID]) -> Mapping[UUID, Recorded]:
    """The rows of many survivors, in as many statements as for one."""
    lists = {name: _grouped(session, query, survivor_ids) for name, query in QUERIES.items()}
    return {
        survivor_id: Recorded(**{name: rows.get(survivor_id, []) for name, rows in lists.items()})
        for survivor_id in survivor_ids
    }


def facts_of(survivor: Survivor, recorded: Recorded) -> engine.Facts:
    """The facts that the rows of a survivor say."""
    exposures, events = recorded.exposures, recorded.events
    return engine.Facts(
        birth_date=survivor.birth_date,
        sex=survivor.sex_at_birth,
        diagnoses=tuple(_diagnosis(row) for row in recorded.diagnoses),
        ltfu_entry_on=survivor.ltfu_entry_on,
        exposures={row.name: row.value for row in exposures if row.certainty != Certainty.DATE_ONLY},
        exposure_dates={date_key(row.name): row.last_on for row in exposures if row.last_on is not None},
        events={row.name: row.happened_on for row in events},
        predispositions=tuple(engine.Predisposition(row.syndrome, row.fields()) for row in recorded.predispositions),
        results=tuple(_result(row) for row in recorded.results),
        overrides=tuple(_override(row) for row in recorded.overrides),
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


def _grouped(session: Session, query: sa.Select[Any], survivor_ids: Sequence[UUID]) -> Mapping[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    table = query.column_descriptions[0]["entity"]
    for row in session.scalars(query.where(table.survivor_id.in_(survivor_ids))):
        found.setdefault(row.survivor_id, []).append(row)
    return found


def _diagnosis(row: Diagnosis) -> engine.Diagnosis:
    dates = row.diagnosed_on, row.resected_on, row.end_of_therapy_on
    known_to = row.diagnosed_precision, row.resected_precision, row.end_of_therapy_precision
    recorded = {name: to for name, to, day in zip(DIAGNOSIS_DATES, known_to, dates, strict=True) if day is not None}
    return engine.Diagnosis(row.name, *dates, row.tumor(), _partly_known(recorded))


def _partly_known(precision: Mapping[str, str]) -> dict[str, str]:
    """Only what is known to less than the day: the engine takes whole dates for granted."""
    return {name: known_to for name, known_to in precision.items() if known_to != "day"}


def _result(row: Result) -> engine.Result:
    return engine.Result(row.test_code, row.performed_on, row.status, row.adequate, row.claimed, str(row.id))


def _override(row: Override) -> engine.Override:
    return engine.Override(
        row.test_code,
        row.action,
        row.decided_on,
        row.expires_on,
        row.due_on,
        row.repeat_every,
        row.defer_to,
        str(row.id),
    )
