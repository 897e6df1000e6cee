"""Clinic days: which come next, what is free on them, and who comes on one with what is due."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.rules import Pack
from tracker.models import Clinic, Diagnosis, PlanGap, Result, Survivor, Visit, VisitStatus
from tracker.policy import Action, Actor, can, require, visible_survivors
from tracker.services.due_lines import DueLine, lines_for_visit
from tracker.services.packs import pack_for
from tracker.services.visits import HOLDING_A_SLOT, open_visit_of, visit_of
from tracker.services.worklist_rows import main_diagnoses
from tracker.services.worklists import clinic_for

DAYS_AHEAD = 26
WEEK = timedelta(days=7)
# Far enough on both sides for any clinic day, and away from the ends of the calendar.
EARLIEST, LATEST = date(1990, 1, 1), date(2150, 1, 1)


@dataclass(frozen=True)
class Slot:
    """One time of a clinic day; ``at`` is None for a walk-in."""

    number: int
    at: time | None
    free: bool


@dataclass(frozen=True)
class ClinicDay:
    """A clinic day and how much room it has."""

    on: date
    free: int
    slots: int


@dataclass(frozen=True)
class BookingChoice:
    """What somebody is to choose from, and the visit that stands in the way or is to be moved."""

    survivor: Survivor
    clinic: Clinic
    today: date
    days: list[ClinicDay]
    on: date
    slots: list[Slot]
    visit: Visit | None
    may_conduct: bool


@dataclass(frozen=True)
class Attendance:
    """One line of a day's list: a visit, whose, what it can settle and what is unknown."""

    visit: Visit
    survivor: Survivor
    slot: Slot
    diagnosis: Diagnosis | None
    due: list[DueLine]
    gaps: list[PlanGap]
    may_conduct: bool


@dataclass(frozen=True)
class DayList:
    """One day of the clinic, its visits in order of time, and the clinic days around it."""

    clinic: Clinic
    pack: Pack
    today: date
    on: date
    previous: date
    next: date
    rows: list[Attendance]


@dataclass(frozen=True)
class VisitSheet:
    """One visit: what is due at it, and what was recorded in it so far."""

    clinic: Clinic
    pack: Pack
    today: date
    attendance: Attendance
    results: list[Result]
    may_book: bool


def first_clinic_day(clinic: Clinic, on: date) -> date:
    """The first clinic day on or after a day."""
    return on + timedelta(days=(clinic.weekday - on.weekday()) % 7)


def slot_of(clinic: Clinic, number: int, *, free: bool = False) -> Slot:
    """A slot with its time of day; numbers past the clinic's last one are walk-ins and have none."""
    if number >= clinic.slots_per_day:
        return Slot(number, None, free)
    hour, minute = (int(part) for part in clinic.first_slot.split(":"))
    # An arbitrary day carries the clock past its hours.
    first = datetime(2000, 1, 1, hour, minute)  # noqa: DTZ001 (a time of day, in no zone)
    return Slot(number, (first + number * timedelta(minutes=clinic.slot_minutes)).time(), free)


def booking_choice(
    session: Session, survivor_id: UUID, *, on: date | None = None, actor: Actor, clock: Clock
) -> BookingChoice:
    """The next clinic days with their room, and the times of one: the day asked for, else the first with room."""
    survivor = require(session, actor, Action.BOOK_VISIT, survivor_id)
    clinic = survivor.clinic
    today = clock.today(clinic.tz)
    taken = _taken(session, clinic, first_clinic_day(clinic, today))
    days = _days(clinic, today, taken)
    with_room = next((day.on for day in days if day.free), days[0].on)
    chosen = on if on in {day.on for day in days} else with_room
    slots = [
        slot_of(clinic, number, free=number not in taken.get(chosen, ())) for number in range(clinic.slots_per_day)
    ]
    visit = open_visit_of(session, survivor.id)
    return BookingChoice(
        survivor, clinic, today, days, chosen, slots, visit, can(actor, Action.CONDUCT_VISIT, survivor)
    )


def moving_choice(
    session: Session, visit_id: UUID, *, on: date | None = None, actor: Actor, clock: Clock
) -> BookingChoice:
    """The clinic days and times a planned visit may be moved to."""
    survivor, visit = visit_of(session, visit_id, Action.BOOK_VISIT, actor=actor)
    choice = booking_choice(session, survivor.id, on=on, actor=actor, clock=clock)
    return replace(choice, visit=visit)


def slot_of_visit(session: Session, visit: Visit) -> Slot:
    """The slot a visit holds, with its time of day."""
    return slot_of(session.get_one(Clinic, visit.clinic_id), visit.slot)


def day_list(session: Session, on: date | None = None, *, actor: Actor, clock: Clock) -> DayList:
    """Who comes on a day (the next clinic day unless said), what is due then, and what is unknown."""
    clinic = clinic_for(session, actor)
    today = clock.today(clinic.tz)
    day = on if on is not None and EARLIEST <= on <= LATEST else first_clinic_day(clinic, today)
    visits = _visits_on(session, clinic, day, actor)
    return DayList(
        clinic=clinic,
        pack=pack_for(clinic),
        today=today,
        on=day,
        previous=first_clinic_day(clinic, day - WEEK),
        next=first_clinic_day(clinic, day + timedelta(days=1)),
        rows=_attendances(session, visits, clinic, day, actor),
    )


def sheet(session: Session, visit_id: UUID, *, actor: Actor, clock: Clock) -> VisitSheet:
    """One visit with what is due by its day, and the results recorded in it."""
    survivor, visit = visit_of(session, visit_id, Action.VIEW, actor=actor)
    clinic = survivor.clinic
    today = clock.today(clinic.tz)
    [attendance] = _attendances(session, [(visit, survivor)], clinic, max(visit.planned_on, today), actor)
    results = (
        sa.select(Result)
        .where(Result.visit_id == visit.id, Result.superseded_at.is_(None))
        .order_by(Result.recorded_at, Result.id)
    )
    return VisitSheet(
        clinic=clinic,
        pack=pack_for(clinic),
        today=today,
        attendance=attendance,
        results=list(session.scalars(results)),
        may_book=can(actor, Action.BOOK_VISIT, survivor),
    )


def _taken(session: Session, clinic: Clinic, start: date) -> dict[date, set[int]]:
    query = sa.select(Visit.planned_on, Visit.slot).where(
        Visit.clinic_id == clinic.id,
        Visit.planned_on >= start,
        Visit.planned_on < start + DAYS_AHEAD * WEEK,
        Visit.status.in_(HOLDING_A_SLOT),
    )
    found: dict[date, set[int]] = {}
    for on, slot in session.execute(query):
        found.setdefault(on, set()).add(slot)
    return found


def _days(clinic: Clinic, today: date, taken: dict[date, set[int]]) -> list[ClinicDay]:
    start = first_clinic_day(clinic, today)
    regular = Counter({on: sum(slot < clinic.slots_per_day for slot in slots) for on, slots in taken.items()})
    days = (start + number * WEEK for number in range(DAYS_AHEAD))
    return [ClinicDay(on, clinic.slots_per_day - regular[on], clinic.slots_per_day) for on in days]


def _visits_on(session: Session, clinic: Clinic, day: date, actor: Actor) -> list[tuple[Visit, Survivor]]:
    query = (
        visible_survivors(actor, Action.VIEW_WORKLIST)
        .join(Visit, Visit.survivor_id == Survivor.id)
        .add_columns(Visit)
        .where(Visit.clinic_id == clinic.id, Visit.planned_on == day, Visit.status != VisitStatus.CANCELLED)
        .order_by(Visit.slot, Visit.id)
    )
    return [(visit, survivor) for survivor, visit in session.execute(query)]


def _attendances(
    session: Session, visits: Iterable[tuple[Visit, Survivor]], clinic: Clinic, on: date, actor: Actor
) -> list[Attendance]:
    pairs = list(visits)
    ids = [survivor.id for _, survivor in pairs]
    due = lines_for_visit(session, ids, on)
    diagnoses = main_diagnoses(session, ids)
    gaps = _gaps(session, ids)
    return [
        Attendance(
            visit=visit,
            survivor=survivor,
            slot=slot_of(clinic, visit.slot),
            diagnosis=diagnoses.get(survivor.id),
            due=due[survivor.id],
            gaps=gaps.get(survivor.id, []),
            may_conduct=can(actor, Action.CONDUCT_VISIT, survivor),
        )
        for visit, survivor in pairs
    ]


def _gaps(session: Session, ids: list[UUID]) -> dict[UUID, list[PlanGap]]:
    query = sa.select(PlanGap).where(PlanGap.survivor_id.in_(ids)).order_by(PlanGap.gap)
    found: dict[UUID, list[PlanGap]] = {}
    for gap in session.scalars(query):
        found.setdefault(gap.survivor_id, []).append(gap)
    return found
