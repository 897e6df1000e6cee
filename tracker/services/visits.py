"""The yearly visit: booked into a slot of a clinic day, moved or called off, opened, and completed."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.errors import Invalid, NotFound
from tracker.models import Clinic, Result, Survivor, Visit, VisitStatus
from tracker.policy import Action, Actor, require
from tracker.services import audit
from tracker.services.care_plans import open_items
from tracker.services.editing import begin_edit
from tracker.services.packs import pack_for
from tracker.services.results import ResultInput, record_result

OPEN = (VisitStatus.PLANNED, VisitStatus.IN_PROGRESS)
HOLDING_A_SLOT = (VisitStatus.PLANNED, VisitStatus.IN_PROGRESS, VisitStatus.COMPLETED)
WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
CLOSED_WORDS = {
    VisitStatus.IN_PROGRESS: "This visit is going on",
    VisitStatus.COMPLETED: "This visit was completed already",
    VisitStatus.CANCELLED: "This visit was cancelled",
    VisitStatus.MISSED: "This visit was marked as missed",
}


@dataclass(frozen=True)
class VisitInput:
    """When somebody is to come: a clinic day, and a slot of it counted from 0."""

    planned_on: date
    slot: int


@dataclass(frozen=True)
class CompletedVisit:
    """A visit that is over, and when the next one is due (None: no further one is asked for)."""

    visit: Visit
    next_due_on: date | None


def book_visit(session: Session, survivor_id: UUID, entered: VisitInput, *, actor: Actor, clock: Clock) -> Visit:
    """Book a survivor into a free slot of a clinic day.

    Raises:
        Invalid: not a clinic day, in the past, no such slot, the slot is taken (perhaps just now), or the
            survivor is booked already; ``field`` names what is at fault.
    """
    survivor = require(session, actor, Action.BOOK_VISIT, survivor_id)
    begin_edit(session, survivor)
    _check_alive(survivor)
    _check_not_booked(session, survivor)
    _check_slot(survivor.clinic, entered, today=clock.today(survivor.clinic.tz))
    visit = Visit(
        survivor_id=survivor.id,
        clinic_id=survivor.clinic_id,
        planned_on=entered.planned_on,
        slot=entered.slot,
        status=VisitStatus.PLANNED,
        booked_by_id=actor.user_id,
        created_at=clock.now(),
    )
    _take_slot(session, visit)
    return _settle(session, survivor, visit, "visit.booked", actor=actor, clock=clock)


def move_visit(session: Session, visit_id: UUID, entered: VisitInput, *, actor: Actor, clock: Clock) -> Visit:
    """Give a planned visit another day or slot; the old slot is free at once.

    Raises:
        Invalid: as for booking, or the visit is no longer planned.
    """
    survivor, visit, before = _begin(session, visit_id, Action.BOOK_VISIT, actor)
    _check_planned(visit)
    _check_slot(survivor.clinic, entered, today=clock.today(survivor.clinic.tz))
    visit.planned_on, visit.slot = entered.planned_on, entered.slot
    _take_slot(session, visit)
    return _settle(session, survivor, visit, "visit.moved", actor=actor, clock=clock, before=before)


def cancel_visit(session: Session, visit_id: UUID, reason: str, *, actor: Actor, clock: Clock) -> Visit:
    """Call a planned visit off. The survivor is due again as if nothing had been booked.

    Raises:
        Invalid: no reason was given, or the visit is no longer planned.
    """
    survivor, visit, before = _begin(session, visit_id, Action.BOOK_VISIT, actor)
    _check_planned(visit)
    if not reason.strip():
        raise Invalid("Enter why the visit is cancelled", field="reason")
    visit.status, visit.note = VisitStatus.CANCELLED, reason.strip()
    return _settle(session, survivor, visit, "visit.cancelled", actor=actor, clock=clock, before=before, reason=reason)


def mark_missed(session: Session, visit_id: UUID, note: str = "", *, actor: Actor, clock: Clock) -> Visit:
    """Record that the survivor did not come. They are due again, and stay on the list.

    Raises:
        Invalid: the day has not come yet, or the visit is no longer planned.
    """
    survivor, visit, before = _begin(session, visit_id, Action.BOOK_VISIT, actor)
    _check_planned(visit)
    if visit.planned_on > clock.today(survivor.clinic.tz):
        raise Invalid("This visit is still to come. Cancel or move it instead")
    visit.status, visit.note = VisitStatus.MISSED, note.strip()
    return _settle(session, survivor, visit, "visit.missed", actor=actor, clock=clock, before=before, reason=note)


def open_visit(session: Session, visit_id: UUID, *, actor: Actor, clock: Clock) -> Visit:
    """Begin a planned visit. One planned for a later day becomes a walk-in of today; one already begun stays as it is.

    A day that passed without the visit being opened keeps its date: the survivor came then.

    Raises:
        Invalid: the visit is over or was called off.
    """
    survivor, visit, before = _begin(session, visit_id, Action.CONDUCT_VISIT, actor)
    if visit.status == VisitStatus.IN_PROGRESS:
        return visit
    _check_planned(visit)
    today = clock.today(survivor.clinic.tz)
    if visit.planned_on > today:
        visit.planned_on, visit.slot = today, _walk_in_slot(session, survivor.clinic, today)
    return _start(session, survivor, visit, actor=actor, clock=clock, before=before)


def open_walk_in(session: Session, survivor_id: UUID, *, actor: Actor, clock: Clock) -> Visit:
    """Begin a visit of somebody who is here today, booked or not.

    Raises:
        Invalid: the record says that the survivor has died.
    """
    survivor = require(session, actor, Action.CONDUCT_VISIT, survivor_id)
    begin_edit(session, survivor)
    _check_alive(survivor)
    booked = open_visit_of(session, survivor.id)
    if booked is not None:
        return open_visit(session, booked.id, actor=actor, clock=clock)
    today = clock.today(survivor.clinic.tz)
    visit = Visit(
        survivor_id=survivor.id,
        clinic_id=survivor.clinic_id,
        planned_on=today,
        slot=_walk_in_slot(session, survivor.clinic, today),
        booked_by_id=actor.user_id,
        created_at=clock.now(),
    )
    return _start(session, survivor, visit, actor=actor, clock=clock)


def complete_visit(session: Session, visit_id: UUID, note: str = "", *, actor: Actor, clock: Clock) -> CompletedVisit:
    """End a visit in progress: it counts as this year's, and the next one gets its date.

    Raises:
        Invalid: the visit was not opened, or is over.
    """
    survivor, visit, before = _begin(session, visit_id, Action.CONDUCT_VISIT, actor)
    if visit.status == VisitStatus.PLANNED:
        raise Invalid("Open the visit before you complete it")
    if visit.status != VisitStatus.IN_PROGRESS:
        raise Invalid(CLOSED_WORDS[VisitStatus(visit.status)])
    visit.status, visit.completed_at, visit.note = VisitStatus.COMPLETED, clock.now(), note.strip()
    _settle(session, survivor, visit, "visit.completed", actor=actor, clock=clock, before=before)
    return CompletedVisit(visit, _record_attendance(session, survivor, visit, actor=actor, clock=clock))


def visit_of(session: Session, visit_id: UUID, action: Action, *, actor: Actor) -> tuple[Survivor, Visit]:
    """A visit and whose it is, authorised in one step.

    Raises:
        NotFound: no such visit, or outside this person's sight. Forbidden: seen, but not theirs to act on.
    """
    visit = session.get(Visit, visit_id)
    if visit is None:
        raise NotFound("There is no such visit, or it is not yours to see")
    return require(session, actor, action, visit.survivor_id), visit


def open_visit_of(session: Session, survivor_id: UUID) -> Visit | None:
    """The visit a survivor is booked for or is at."""
    query = sa.select(Visit).where(Visit.survivor_id == survivor_id, Visit.status.in_(OPEN))
    return session.scalars(query.order_by(Visit.planned_on, Visit.id).limit(1)).first()


def _begin(session: Session, visit_id: UUID, action: Action, actor: Actor) -> tuple[Survivor, Visit, object]:
    survivor, visit = visit_of(session, visit_id, action, actor=actor)
    # Everything about one survivor's visits happens one after the other, behind the survivor's row.
    begin_edit(session, survivor)
    session.refresh(visit)
    return survivor, visit, audit.snapshot(visit)


def _check_alive(survivor: Survivor) -> None:
    if survivor.deceased_on is not None:
        raise Invalid("The record says that this survivor has died. No visit can be booked")


def _check_planned(visit: Visit) -> None:
    if visit.status != VisitStatus.PLANNED:
        raise Invalid(CLOSED_WORDS[VisitStatus(visit.status)])


def _check_not_booked(session: Session, survivor: Survivor) -> None:
    booked = open_visit_of(session, survivor.id)
    if booked is not None:
        day = f"{booked.planned_on:%B} {booked.planned_on.day}, {booked.planned_on.year}"
        raise Invalid(f"There is a visit on {day} already. Move it, or close it first", field="planned_on")


def _check_slot(clinic: Clinic, entered: VisitInput, *, today: date) -> None:
    if entered.planned_on < today:
        raise Invalid("This day has passed. Choose a clinic day from today on", field="planned_on")
    if entered.planned_on.weekday() != clinic.weekday:
        message = f"The clinic is held on {WEEKDAYS[clinic.weekday]}. Choose a clinic day"
        raise Invalid(message, field="planned_on")
    if not 0 <= entered.slot < clinic.slots_per_day:
        raise Invalid("Choose one of the times of that day", field="slot")


def _take_slot(session: Session, visit: Visit) -> None:
    # The unique index decides, not a look beforehand: of two people booking at once one gets this sentence.
    try:
        with session.begin_nested():
            session.add(visit)
            session.flush()
    except IntegrityError as error:
        raise Invalid("That time was just taken. Choose another", field="slot") from error


def _walk_in_slot(session: Session, clinic: Clinic, on: date) -> int:
    """The first slot behind the day's regular ones that nobody holds."""
    query = sa.select(sa.func.max(Visit.slot)).where(
        Visit.clinic_id == clinic.id, Visit.planned_on == on, Visit.status.in_(HOLDING_A_SLOT)
    )
    last = session.scalar(query)
    return max(clinic.slots_per_day, 0 if last is None else last + 1)


def _start(
    session: Session, survivor: Survivor, visit: Visit, *, actor: Actor, clock: Clock, before: object = None
) -> Visit:
    visit.status, visit.opened_at = VisitStatus.IN_PROGRESS, clock.now()
    _take_slot(session, visit)
    return _settle(session, survivor, visit, "visit.opened", actor=actor, clock=clock, before=before)


def _settle(
    session: Session,
    survivor: Survivor,
    visit: Visit,
    action: str,
    *,
    actor: Actor,
    clock: Clock,
    before: object = None,
    reason: str = "",
) -> Visit:
    session.flush()
    booked = open_visit_of(session, survivor.id)
    survivor.booked_on = booked.planned_on if booked else None
    session.flush()
    audit.record(
        session, actor, action, subject=visit, at=clock.now(), before=before, after=visit, reason=reason.strip()
    )
    return visit


def _record_attendance(
    session: Session, survivor: Survivor, visit: Visit, *, actor: Actor, clock: Clock
) -> date | None:
    code = pack_for(survivor.clinic).visit_test
    if not _attendance_recorded(session, visit, code):
        entered = ResultInput(test_code=code, performed_on=visit.planned_on, visit_id=visit.id)
        record_result(session, survivor.id, entered, actor=actor, clock=clock)
    return next((item.due_on for item in open_items(session, survivor.id) if item.test_code == code), None)


def _attendance_recorded(session: Session, visit: Visit, code: str) -> bool:
    query = sa.select(Result.id).where(
        Result.visit_id == visit.id, Result.test_code == code, Result.superseded_at.is_(None)
    )
    return session.scalars(query.limit(1)).first() is not None
