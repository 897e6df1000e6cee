"""Everything the survivor's page shows, read in a fixed number of statements whatever the history's length."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from tracker.clock import Clock
from tracker.engine.chart import total_doses
from tracker.engine.conditions import Doses
from tracker.engine.given_one_sex import concerns
from tracker.engine.not_applicable import not_applicable
from tracker.engine.partial_dates import Day, known_to
from tracker.engine.rules import Pack
from tracker.engine.types import NotApplicable, PlannedItem
from tracker.models import (
    AuditEvent,
    Certainty,
    Clinic,
    Diagnosis,
    DueItem,
    Event,
    Exposure,
    ExposureSource,
    Override,
    PlanGap,
    Predisposition,
    Result,
    Survivor,
    User,
    Visit,
)
from tracker.policy import Action, Actor, can, require
from tracker.services import care_plans, record_trail
from tracker.services.facts import load_facts
from tracker.services.overrides import guideline_items
from tracker.services.packs import pack_for
from tracker.services.states import State, state_of

HISTORY_SHOWN = 200
CLOSED_SHOWN = 40
Row = TypeVar("Row", Diagnosis, Exposure, Event, Predisposition, Result, PlanGap, Override, Visit)


@dataclass(frozen=True)
class SurvivorPage:
    """One survivor on one day (the clinic's own). Lists are in the order in which a page shows them.

    ``results``: newest first, superseded ones included. ``closed``: the items finished last, newest first.
    ``by_guideline``: what the guideline alone would plan, by test, to be seen beside a decision.
    ``people``: the names of those who recorded or decided, by id. ``allowed``: what the reader may do here.
    """

    survivor: Survivor
    clinic: Clinic
    pack: Pack
    today: date
    state: State
    diagnoses: tuple[Diagnosis, ...]
    exposures: tuple[Exposure, ...]
    events: tuple[Event, ...]
    predispositions: tuple[Predisposition, ...]
    results: tuple[Result, ...]
    items: tuple[DueItem, ...]
    closed: tuple[DueItem, ...]
    gaps: tuple[PlanGap, ...]
    overrides: tuple[Override, ...]
    visits: tuple[Visit, ...]
    by_guideline: Mapping[str, PlannedItem]
    people: dict[UUID, str]
    allowed: frozenset[Action]

    @property
    def end_of_therapy_on(self) -> Day | None:
        """The newest end of therapy of all diagnoses, as far as it is known: late effects count from it."""
        ended = [row for row in self.diagnoses if row.end_of_therapy_on]
        newest = max(ended, key=lambda row: row.end_of_therapy_on or date.min, default=None)
        return None if newest is None else known_to(newest.end_of_therapy_on, newest.end_of_therapy_precision)

    def test_name(self, code: str) -> str:
        """A test's name; the code itself for one that this edition of the pack no longer knows."""
        test = self.pack.tests.get(code)
        return test.name if test else code

    def told_exposures(self) -> tuple[Exposure, ...]:
        """The exposures that say something about this survivor: what follows for organs of the other sex does not."""
        sex = self.survivor.sex_at_birth
        return tuple(row for row in self.exposures if row.source == ExposureSource.RECORDED or concerns(row.name, sex))

    def exposure_name(self, name: str) -> str:
        """An exposure's name in words; the vocabulary's own word for one this pack no longer knows."""
        info = self.pack.exposures.get(name)
        return info.label if info else name

    def person(self, user_id: UUID | None) -> str:
        """Who it was, or nothing where no person stands behind it (an import, a job)."""
        return self.people.get(user_id, "") if user_id else ""

    def standing_results(self) -> tuple[Result, ...]:
        """The results that were not replaced, newest first."""
        return tuple(row for row in self.results if row.superseded_at is None)

    def doses(self) -> Doses:
        """What was given, with the sums and organ doses that follow from it."""
        recorded = {row.name: row.value for row in self.exposures if row.certainty != Certainty.DATE_ONLY}
        known = {row.name: row.at_least for row in self.exposures if row.value is None and row.at_least is not None}
        return total_doses(recorded, self.pack.derivations, bool(self.predispositions), at_least=known)


@dataclass(frozen=True)
class NotNeeded:
    """The rules that ask a survivor for nothing, each with why."""

    survivor: Survivor
    pack: Pack
    entries: tuple[NotApplicable, ...]


def load_page(session: Session, survivor_id: UUID, *, actor: Actor, clock: Clock) -> SurvivorPage:
    """Read one survivor's page. Raises ``NotFound`` or ``Forbidden`` as ``policy.require`` does."""
    survivor = require(session, actor, Action.VIEW, survivor_id)
    clinic = survivor.clinic
    today = clock.today(clinic.tz)
    overrides = _rows(session, Override, survivor_id, Override.recorded_at.desc(), Override.position.desc())
    return SurvivorPage(
        survivor=survivor,
        clinic=clinic,
        pack=pack_for(clinic),
        today=today,
        state=state_of(survivor, today),
        diagnoses=_rows(session, Diagnosis, survivor_id, Diagnosis.position),
        exposures=_rows(session, Exposure, survivor_id, Exposure.name),
        events=_rows(session, Event, survivor_id, Event.happened_on),
        predispositions=_rows(session, Predisposition, survivor_id, Predisposition.position),
        results=_rows(session, Result, survivor_id, Result.performed_on.desc(), Result.recorded_at.desc(), Result.id),
        items=tuple(care_plans.open_items(session, survivor_id)),
        closed=_closed(session, survivor_id),
        gaps=_rows(session, PlanGap, survivor_id, PlanGap.gap),
        overrides=overrides,
        visits=_rows(session, Visit, survivor_id, Visit.planned_on.desc(), Visit.slot),
        by_guideline=guideline_items(session, survivor, today) if overrides else {},
        people=_people(session, survivor_id),
        allowed=frozenset(action for action in Action if can(actor, action, survivor)),
    )


def not_needed(session: Session, survivor_id: UUID, *, actor: Actor, clock: Clock) -> NotNeeded:
    """Every rule of the pack that asks this survivor for nothing today, and why."""
    survivor = require(session, actor, Action.VIEW, survivor_id)
    pack, today = pack_for(survivor.clinic), clock.today(survivor.clinic.tz)
    return NotNeeded(survivor, pack, not_applicable(load_facts(session, survivor), pack, on=today))


def history(session: Session, survivor_id: UUID, *, actor: Actor) -> tuple[Survivor, list[AuditEvent]]:
    """Who changed this record or one that was merged into it, newest first (the last 200 changes)."""
    survivor = require(session, actor, Action.VIEW, survivor_id)
    return survivor, record_trail.trail_of(session, survivor_id, limit=HISTORY_SHOWN)


def _closed(session: Session, survivor_id: UUID) -> tuple[DueItem, ...]:
    query = sa.select(DueItem).where(DueItem.survivor_id == survivor_id, DueItem.closed_on.is_not(None))
    query = query.order_by(DueItem.closed_on.desc(), DueItem.test_code, DueItem.id).limit(CLOSED_SHOWN)
    return tuple(session.scalars(query.options(defer(DueItem.reasons))))


def _rows(session: Session, table: type[Row], survivor_id: UUID, *order: Any) -> tuple[Row, ...]:
    return tuple(session.scalars(sa.select(table).where(table.survivor_id == survivor_id).order_by(*order)))


def _people(session: Session, survivor_id: UUID) -> dict[UUID, str]:
    involved = sa.union(
        sa.select(Result.recorded_by_id).where(Result.survivor_id == survivor_id),
        sa.select(Override.decided_by_id).where(Override.survivor_id == survivor_id),
    )
    rows = session.execute(sa.select(User.id, User.name).where(User.id.in_(involved)))
    return {user.id: user.name for user in rows}
