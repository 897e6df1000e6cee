"""Booking, moving, calling off, opening and completing the yearly visit."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_result, make_survivor, make_visit
from tracker.clock import FixedClock
from tracker.errors import Forbidden, Invalid, NotFound
from tracker.models import AuditEvent, Clinic, Result, Role, Survivor, Visit
from tracker.policy import Actor
from tracker.services import care_plans, visits
from tracker.services.states import State, state_of
from tracker.services.visits import VisitInput

TODAY = date(2026, 11, 23)
NEXT_MONDAY = date(2026, 11, 30)


@pytest.fixture
def clinic(session: Session) -> Clinic:
    return make_clinic(session, weekday=0, slots_per_day=4)


@pytest.fixture
def clinician(session: Session, clinic: Clinic) -> Actor:
    return make_actor(session, clinic, Role.CLINICIAN)


@pytest.fixture
def coordinator(session: Session, clinic: Clinic) -> Actor:
    return make_actor(session, clinic, Role.COORDINATOR)


@pytest.fixture
def survivor(session: Session, clinic: Clinic, clock: FixedClock) -> Survivor:
    made = make_survivor(session, clinic)
    care_plans.refresh(session, made, clock=clock)
    return made


def actions(session: Session, survivor: Survivor) -> list[str]:
    query = sa.select(AuditEvent.action).where(AuditEvent.survivor_id == survivor.id)
    return sorted(session.scalars(query))


def test_a_booked_survivor_counts_as_booked_and_the_booking_is_on_record(
    session: Session, survivor: Survivor, coordinator: Actor, clock: FixedClock
) -> None:
    assert state_of(survivor, TODAY) == State.OVERDUE
    before = survivor.version
    visit = visits.book_visit(session, survivor.id, VisitInput(NEXT_MONDAY, 2), actor=coordinator, clock=clock)
    assert (visit.status, visit.planned_on, visit.slot) == ("planned", NEXT_MONDAY, 2)
    assert visit.booked_by_id == coordinator.user_id
    assert (survivor.booked_on, survivor.version) == (NEXT_MONDAY, before + 1)
    assert state_of(survivor, TODAY) == State.BOOKED
    [event] = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "visit.booked"))
    assert (event.actor_id, event.subject_id, event.clinic_id) == (coordinator.user_id, visit.id, survivor.clinic_id)
    assert event.after is not None
    assert event.after["planned_on"] == "2026-11-30"


@pytest.mark.parametrize(
    ("day", "slot", "said"),
    [
        (date(2026, 11, 22), 0, "This day has passed"),
        (date(2026, 11, 16), 0, "This day has passed"),
        (date(2026, 11, 24), 0, "The clinic is held on Mondays"),
        (date(2026, 11, 29), 0, "The clinic is held on Mondays"),
        (NEXT_MONDAY, -1, "Choose one of the times"),
        (NEXT_MONDAY, 4, "Choose one of the times"),
    ],
)
def test_only_a_slot_of_a_clinic_day_to_come_can_be_booked(
    session: Session, survivor: Survivor, coordinator: Actor, clock: FixedClock, day: date, slot: int, said: str
) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        visits.book_visit(session, survivor.id, VisitInput(day, slot), actor=coordinator, clock=clock)
    assert refused.value.field in ("planned_on", "slot")


@pytest.mark.parametrize(("day", "slot"), [(TODAY, 0), (TODAY, 3), (NEXT_MONDAY, 3), (date(2028, 11, 27), 0)])
def test_today_and_any_later_clinic_day_can_be_booked(
    session: Session, survivor: Survivor, coordinator: Actor, clock: FixedClock, day: date, slot: int
) -> None:
    visit = visits.book_visit(session, survivor.id, VisitInput(day, slot), actor=coordinator, clock=clock)
    assert visit.planned_on == day


def test_today_is_the_clinics_own(session: Session, survivor: Survivor, coordinator: Actor, clock: FixedClock) -> None:
    # 3 a.m. on Tuesday in UTC is still Monday evening in New York.
    clock.set(clock.now().replace(day=24, hour=3))
    visit = visits.book_visit(session, survivor.id, VisitInput(TODAY, 0), actor=coordinator, clock=clock)
    assert visit.planned_on == date(2026, 11, 23)


def test_a_clinic_on_another_weekday_says_so(session: Session, clock: FixedClock) -> None:
    clinic = make_clinic(session, weekday=3)
    actor = make_actor(session, clinic, Role.COORDINATOR)
    survivor = make_survivor(session, clinic)
    with pytest.raises(Invalid, match="The clinic is held on Thursdays"):
        visits.book_visit(session, survivor.id, VisitInput(NEXT_MONDAY, 0), actor=actor, clock=clock)
    assert visits.book_visit(session, survivor.id, VisitInput(date(2026, 11, 26), 0), actor=actor, clock=clock)


def test_a_taken_time_is_refused_with_a_sentence(
    session: Session, clinic: Clinic, survivor: Survivor, coordinator: Actor, clock: FixedClock
) -> None:
    make_visit(session, make_survivor(session, clinic), NEXT_MONDAY, slot=1)
    with pytest.raises(Invalid, match="That time was just taken"):
        visits.book_visit(session, survivor.id, VisitInput(NEXT_MONDAY, 1), actor=coordinator, clock=clock)


@pytest.mark.parametrize("status", ["cancelled", "missed"])
def test_a_time_that_was_given_up_is_free_again(
    session: Session, clinic: Clinic, survivor: Survivor, coordinator: Actor, clock: FixedClock, status: str
) -> None:
    make_visit(session, make_survivor(session, clinic), NEXT_MONDAY, slot=1, status=status)
    assert visits.book_visit(session, survivor.id, VisitInput(NEXT_MONDAY, 1), actor=coordinator, clock=clock)


def test_nobody_is_booked_twice(session: Session, survivor: Survivor, coordinator: Actor, clock: FixedClock) -> None:
    visits.book_visit(session, survivor.id, VisitInput(NEXT_MONDAY, 0), actor=coordinator, clock=clock)
    with pytest.raises(Invalid, match="There is a visit on November 30, 2026 already"):
        visits.book_visit(session, survivor.id, VisitInput(date(2026, 12, 7), 0), actor=coordinator, clock=clock)


def test_nothing_is_booked_for_the_dead(
    session: Session, clinic: Clinic, coordinator: Actor, clinician: Actor, clock: FixedClock
) -> None:
    survivor = make_survivor(session, clinic, deceased_on=date(2026, 5, 1))
    with pytest.raises(Invalid, match="has died"):
        visits.book_visit(session, survivor.id, VisitInput(NEXT_MONDAY, 0), actor=coordinator, clock=clock)
    with pytest.raises(Invalid, match="has died"):
        visits.open_walk_in(session, survivor.id, actor=clinician, clock=clock)


def test_moving_frees_the_old_time_and_keeps_the_survivor_booked(
    session: Session, clinic: Clinic, survivor: Survivor, coordinator: Actor, clock: FixedClock
) -> None:
    visit = visits.book_visit(session, survivor.id, VisitInput(NEXT_MONDAY, 0), actor=coordinator, clock=clock)
    visits.move_visit(session, visit.id, VisitInput(date(2026, 12, 14), 3), actor=coordinator, clock=clock)
    assert (visit.planned_on, visit.slot, survivor.booked_on) == (date(2026, 12, 14), 3, date(2026, 12, 14))
    other = make_survivor(session, clinic)
    assert visits.book_visit(session, other.id, VisitInput(NEXT_MONDAY, 0), actor=coordinator, clock=clock)
    [event] = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "visit.moved"))
    assert event.before is not None and event.after is not None
    assert (event.before["planned_on"], event.after["planned_on"]) == ("2026-11-30", "2026-12-14")


def test_a_visit_cannot_be_moved_onto_another(
    session: Session, clinic: Clinic, survivor: Survivor, coordinator: Actor, clock: FixedClock
) -> None:
    visit = visits.book_visit(session, survivor.id, VisitInput(NEXT_MONDAY, 0), actor=coordinator, clock=clock)
    make_visit(session, make_survivor(session, clinic), NEXT_MONDAY, slot=1)
    with pytest.raises(Invalid, match="just taken"):
        visits.move_visit(session, visit.id, VisitInput(NEXT_MONDAY, 1), actor=coordinator, clock=clock)


def test_a_cancelled_visit_leaves_its_reason_and_the_survivor_due(
    session: Session, survivor: Survivor, coordinator: Actor, clock: FixedClock
) -> None:
    visit = visits.book_visit(session, survivor.id, VisitInput(NEXT_MONDAY, 0), actor=coordinator, clock=clock)
    with pytest.raises(Invalid, match="Enter why the visit is cancelled"):
        visits.cancel_visit(session, visit.id, "  ", actor=coordinator, clock=clock)
    visits.cancel_visit(session, visit.id, " School exams ", actor=coordinator, clock=clock)
    assert (visit.status, visit.note, survivor.booked_on) == ("cancelled", "School exams", None)
    assert state_of(survivor, TODAY) == State.OVERDUE
    [event] = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "visit.cancelled"))
    assert event.reason == "School exams"


@pytest.mark.parametrize(
    ("today", "allowed"),
    [(date(2026, 11, 29), False), (date(2026, 11, 30), True), (date(2026, 12, 1), True)],
)
def test_a_visit_is_missed_on_its_day_or_later_never_before(
    session: Session, survivor: Survivor, coordinator: Actor, clock: FixedClock, today: date, allowed: bool
) -> None:
    visit = visits.book_visit(session, survivor.id, VisitInput(NEXT_MONDAY, 0), actor=coordinator, clock=clock)
    clock.set(today)
    if not allowed:
        with pytest.raises(Invalid, match="still to come"):
            visits.mark_missed(session, visit.id, actor=coordinator, clock=clock)
        return
    visits.mark_missed(session, visit.id, "No answer", actor=coordinator, clock=clock)
    assert (visit.status, survivor.booked_on) == ("missed", None)
    assert state_of(survivor, today) == State.OVERDUE


def test_completing_a_visit_counts_as_this_years_and_dates_the_next(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    visit = visits.book_visit(session, survivor.id, VisitInput(TODAY, 0), actor=clinician, clock=clock)
    visits.open_visit(session, visit.id, actor=clinician, clock=clock)
    assert (visit.status, visit.opened_at) == ("in_progress", clock.now())
    done = visits.complete_visit(session, visit.id, "Well", actor=clinician, clock=clock)
    assert (visit.status, visit.completed_at, visit.note) == ("completed", clock.now(), "Well")
    assert survivor.booked_on is None
    assert done.next_due_on is not None
    assert date(2027, 3, 1) < done.next_due_on <= date(2027, 11, 23)
    [result] = session.scalars(sa.select(Result).where(Result.survivor_id == survivor.id))
    assert (result.test_code, result.performed_on, result.visit_id) == ("survivorship-clinic-visit", TODAY, visit.id)
    [item] = [item for item in care_plans.open_items(session, survivor.id) if item.visit]
    assert item.due_on == done.next_due_on
    assert actions(session, survivor) == ["result.recorded", "visit.booked", "visit.completed", "visit.opened"]


def test_the_attendance_is_recorded_once(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    visit = visits.open_walk_in(session, survivor.id, actor=clinician, clock=clock)
    make_result(session, survivor, "survivorship-clinic-visit", TODAY, visit_id=visit.id)
    visits.complete_visit(session, visit.id, actor=clinician, clock=clock)
    assert session.scalar(sa.select(sa.func.count()).select_from(Result)) == 1


def test_a_visit_must_be_opened_before_it_is_completed(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    visit = visits.book_visit(session, survivor.id, VisitInput(TODAY, 0), actor=clinician, clock=clock)
    with pytest.raises(Invalid, match="Open the visit before"):
        visits.complete_visit(session, visit.id, actor=clinician, clock=clock)


def test_opening_twice_changes_nothing(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    visit = visits.open_walk_in(session, survivor.id, actor=clinician, clock=clock)
    opened_at = visit.opened_at
    clock.set(clock.now().replace(hour=14))
    visits.open_visit(session, visit.id, actor=clinician, clock=clock)
    assert visit.opened_at == opened_at
    assert actions(session, survivor) == ["visit.opened"]


def test_a_visit_opened_late_keeps_the_day_on_which_the_survivor_came(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    visit = visits.book_visit(session, survivor.id, VisitInput(TODAY, 0), actor=clinician, clock=clock)
    clock.set(date(2026, 11, 25))
    visits.open_visit(session, visit.id, actor=clinician, clock=clock)
    visits.complete_visit(session, visit.id, actor=clinician, clock=clock)
    [result] = session.scalars(sa.select(Result).where(Result.survivor_id == survivor.id))
    assert result.performed_on == date(2026, 11, 23)


def test_who_comes_early_is_a_walk_in_of_today_and_the_booked_time_is_free(
    session: Session, clinic: Clinic, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    visit = visits.book_visit(session, survivor.id, VisitInput(NEXT_MONDAY, 0), actor=clinician, clock=clock)
    opened = visits.open_walk_in(session, survivor.id, actor=clinician, clock=clock)
    assert opened is visit
    assert (visit.planned_on, visit.slot, survivor.booked_on) == (TODAY, clinic.slots_per_day, TODAY)
    other = make_survivor(session, clinic)
    assert visits.book_visit(session, other.id, VisitInput(NEXT_MONDAY, 0), actor=clinician, clock=clock)


def test_walk_ins_stand_behind_the_days_times_each_in_its_own_place(
    session: Session, clinic: Clinic, clinician: Actor, clock: FixedClock
) -> None:
    made = [
        visits.open_walk_in(session, make_survivor(session, clinic).id, actor=clinician, clock=clock) for _ in "abc"
    ]
    assert [visit.slot for visit in made] == [4, 5, 6]
    clock.set(date(2026, 11, 24))
    tuesday = visits.open_walk_in(session, make_survivor(session, clinic).id, actor=clinician, clock=clock)
    assert (tuesday.planned_on, tuesday.slot) == (date(2026, 11, 24), 4)


Verb = Callable[[Session, Visit, Actor, FixedClock], object]
VERBS: dict[str, Verb] = {
    "move": lambda s, v, a, c: visits.move_visit(s, v.id, VisitInput(NEXT_MONDAY, 2), actor=a, clock=c),
    "cancel": lambda s, v, a, c: visits.cancel_visit(s, v.id, "Ill", actor=a, clock=c),
    "missed": lambda s, v, a, c: visits.mark_missed(s, v.id, actor=a, clock=c),
    "open": lambda s, v, a, c: visits.open_visit(s, v.id, actor=a, clock=c),
    "complete": lambda s, v, a, c: visits.complete_visit(s, v.id, actor=a, clock=c),
}
OVER: dict[str, dict[str, Any]] = {
    "This visit was cancelled": {"status": "cancelled"},
    "This visit was marked as missed": {"status": "missed"},
    "This visit was completed already": {"status": "completed"},
}


@pytest.mark.parametrize("said", OVER)
def test_a_visit_that_is_over_stays_as_it_is(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock, said: str
) -> None:
    completed = OVER[said]["status"] == "completed"
    at: dict[str, Any] = {"opened_at": clock.now(), "completed_at": clock.now()} if completed else {}
    visit = make_visit(session, survivor, TODAY, **OVER[said], **at)
    for verb in VERBS.values():
        with pytest.raises(Invalid, match=said):
            verb(session, visit, clinician, clock)


def test_another_clinics_visit_does_not_exist(session: Session, survivor: Survivor, clock: FixedClock) -> None:
    stranger = make_actor(session, make_clinic(session), Role.CLINICIAN)
    theirs = make_visit(session, survivor, TODAY)
    for verb in VERBS.values():
        for visit in (theirs, Visit(id=uuid4())):
            with pytest.raises(NotFound):
                verb(session, visit, stranger, clock)


def test_a_coordinator_books_and_only_a_clinician_holds_the_visit(
    session: Session, clinic: Clinic, survivor: Survivor, coordinator: Actor, clinician: Actor, clock: FixedClock
) -> None:
    visit = make_visit(session, survivor, TODAY)
    for verb in ("open", "complete"):
        with pytest.raises(Forbidden):
            VERBS[verb](session, visit, coordinator, clock)
        assert visit.status == "planned"
    assert VERBS["move"](session, visit, coordinator, clock)
    assert VERBS["cancel"](session, visit, coordinator, clock)
    again = make_visit(session, survivor, TODAY)
    assert VERBS["open"](session, again, clinician, clock)


def test_a_coordinator_opens_no_walk_in(
    session: Session, survivor: Survivor, coordinator: Actor, clock: FixedClock
) -> None:
    with pytest.raises(Forbidden):
        visits.open_walk_in(session, survivor.id, actor=coordinator, clock=clock)
