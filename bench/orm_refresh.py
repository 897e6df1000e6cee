"""The yardstick of a refresh as an ORM's manual teaches it: load with ``selectinload``, compare, set, flush.

Same tables, same engine, same outcome: the open items, gaps and dates of everybody are as ``evaluate`` says. It is
kept here to be compared with, and used nowhere else.
"""

from datetime import date
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Session, relationship, selectinload

from bench.orm_facts import facts_of
from tracker import models
from tracker.clock import Clock
from tracker.db import Database
from tracker.engine.evaluate import evaluate
from tracker.engine.types import CarePlan, Flag, PlannedItem
from tracker.services import care_plans, packs, reasons

AT_ONCE = 200
TABLES = models.Base.metadata.tables
NO_PLAN = CarePlan(items=(), gaps=(), holds_until=None)


class Mapped(DeclarativeBase):
    """A mapping of its own over the tracker's tables, because the tracker's has no collections."""

    metadata = models.Base.metadata


class Clinic(Mapped):
    __table__ = TABLES["clinics"]


class Exposure(Mapped):
    __table__ = TABLES["exposures"]


class Event(Mapped):
    __table__ = TABLES["events"]


class Diagnosis(Mapped):
    __table__ = TABLES["diagnoses"]
    tumor = models.Diagnosis.tumor


class Predisposition(Mapped):
    __table__ = TABLES["predispositions"]
    fields = models.Predisposition.fields


class Result(Mapped):
    __table__ = TABLES["results"]


class Override(Mapped):
    __table__ = TABLES["overrides"]


class DueItem(Mapped):
    __table__ = TABLES["due_items"]


class PlanGap(Mapped):
    __table__ = TABLES["plan_gaps"]


def _of_survivor(kind: Any, *orders: str, condition: str = "") -> Any:
    """A collection of a survivor's rows, in the order in which the engine reads them."""
    columns = kind.__table__.c
    joined = columns.survivor_id == TABLES["survivors"].c.id
    if condition:
        joined = sa.and_(joined, columns[condition].is_(None))
    return relationship(kind, primaryjoin=joined, order_by=[columns[each] for each in orders], viewonly=True)


class Survivor(Mapped):
    __table__ = TABLES["survivors"]
    clinic: ClassVar[Any] = relationship(Clinic, viewonly=True)
    exposures: ClassVar[Any] = _of_survivor(Exposure, "name")
    events: ClassVar[Any] = _of_survivor(Event, "name")
    diagnoses: ClassVar[Any] = _of_survivor(Diagnosis, "position")
    predispositions: ClassVar[Any] = _of_survivor(Predisposition, "position")
    results: ClassVar[Any] = _of_survivor(Result, "performed_on", "recorded_at", "id", condition="superseded_at")
    overrides: ClassVar[Any] = _of_survivor(Override, "recorded_at", "position", "id", condition="withdrawn_at")
    due_items: ClassVar[Any] = _of_survivor(DueItem, condition="closed_on")
    plan_gaps: ClassVar[Any] = _of_survivor(PlanGap)


FACTS = ("exposures", "events", "diagnoses", "predispositions", "results", "overrides")
STORED = ("due_items", "plan_gaps", "clinic")
LOADED = [selectinload(getattr(Survivor, name)) for name in (*FACTS, *STORED)]


def refresh(database: Database, clock: Clock, *, survivors: int) -> int:
    """Refresh the first so many survivors by id, some hundreds to a transaction; how many there were."""
    after, done = None, 0
    while done < survivors:
        with database.transaction() as session:
            query = sa.select(Survivor).order_by(Survivor.__table__.c.id).options(*LOADED)
            if after is not None:
                query = query.where(Survivor.__table__.c.id > after)
            found: list[Any] = list(session.scalars(query.limit(min(AT_ONCE, survivors - done))))
            for survivor in found:
                _refresh(session, survivor, clock)
        if not found:
            break
        after, done = found[-1].id, done + len(found)
    return done


def _refresh(session: Session, survivor: Any, clock: Clock) -> None:
    today, pack = clock.today(survivor.clinic.tz), packs.pack_for(survivor.clinic)
    facts = facts_of(survivor)
    paused = care_plans.is_paused(survivor)
    plan = NO_PLAN if paused else evaluate(facts, pack, on=today)
    _items(session, survivor, plan, clock, today)
    _gaps(session, survivor, plan)
    _summary(survivor, plan, today, has_plan=not paused and not care_plans.awaits_summary(facts))


def _items(session: Session, survivor: Any, plan: CarePlan, clock: Clock, today: date) -> None:
    standing = {item.test_code: item for item in survivor.due_items}
    for planned in plan.items:
        item = standing.pop(planned.test_code, None)
        if item is not None and not _same_dates(item, planned):
            item.closed_on, item.closed_by, item.next_boundary_on = today, models.ClosedBy.SUPERSEDED, None
            session.flush()
            item = None
        if item is None:
            item = _opened(survivor, planned, clock)
            session.add(item)
        _describe(item, planned)
    for item in standing.values():
        item.closed_on, item.closed_by, item.next_boundary_on = today, models.ClosedBy.SUPERSEDED, None


def _opened(survivor: Any, planned: PlannedItem, clock: Clock) -> DueItem:
    return DueItem(
        survivor_id=survivor.id,
        clinic_id=survivor.clinic_id,
        test_code=planned.test_code,
        opened_at=clock.now(),
        next_boundary_on=planned.upcoming_on,
    )


def _same_dates(item: Any, planned: PlannedItem) -> bool:
    dates = planned.upcoming_on, planned.due_on, planned.overdue_after
    return (item.upcoming_on, item.due_on, item.overdue_after) == dates


def _describe(item: Any, planned: PlannedItem) -> None:
    item.upcoming_on, item.due_on, item.overdue_after = planned.upcoming_on, planned.due_on, planned.overdue_after
    for flag in Flag:
        setattr(item, flag.value, flag in planned.flags)
    item.added, item.stops_on = not planned.flags, planned.stops_on
    item.reasons = [reasons.to_json(reason) for reason in planned.reasons]


def _gaps(session: Session, survivor: Any, plan: CarePlan) -> None:
    standing = {gap.gap: gap for gap in survivor.plan_gaps}
    for wanted in plan.gaps:
        row = standing.pop(wanted.id, None)
        if row is None:
            row = PlanGap(survivor_id=survivor.id, gap=wanted.id)
            session.add(row)
        row.missing, row.consequence, row.test_code = list(wanted.missing), wanted.consequence, wanted.test_code
    for row in standing.values():
        session.delete(row)


def _summary(survivor: Any, plan: CarePlan, today: date, *, has_plan: bool) -> None:
    survivor.has_plan, survivor.plan_holds_until = has_plan, plan.holds_until
    # As the plan is the same on all days until then, the day may stay; so it does where ours is measured.
    survivor.plan_computed_on = survivor.plan_computed_on or today
    survivor.next_upcoming_on = min((item.upcoming_on for item in plan.items), default=None)
    survivor.next_due_on = min((item.due_on for item in plan.items), default=None)
    recurrence = [item.due_on for item in plan.items if Flag.RECURRENCE in item.flags]
    survivor.recurrence_due_on = min(recurrence, default=None)
