"""Clinic days: their times and room, who comes on one, and a visit's sheet."""

from datetime import date, time

import pytest
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_due_item, make_result, make_survivor, make_visit
from tracker.clock import FixedClock
from tracker.errors import Forbidden, NotFound
from tracker.models import Clinic, PlanGap, Role, Survivor
from tracker.policy import Actor
from tracker.services import visit_days
from tracker.services.visit_days import first_clinic_day, slot_of

MONDAY = date(2026, 11, 23)


@pytest.fixture
def clinic(session: Session) -> Clinic:
    return make_clinic(session, weekday=0, slots_per_day=3)


@pytest.fixture
def coordinator(session: Session, clinic: Clinic) -> Actor:
    return make_actor(session, clinic, Role.COORDINATOR)


@pytest.fixture
def survivor(session: Session, clinic: Clinic) -> Survivor:
    return make_survivor(session, clinic)


@pytest.mark.parametrize(
    ("on", "weekday", "found"),
    [
        (date(2026, 11, 22), 0, date(2026, 11, 23)),
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
        (date(2026, 11, 24), 0, date(2026, 11, 30)),
        (date(2026, 11, 23), 6, date(2026, 11, 29)),
        (date(2026, 12, 29), 0, date(2027, 1, 4)),
    ],
)
def test_the_next_clinic_day_is_today_or_later(on: date, weekday: int, found: date) -> None:
    assert first_clinic_day(Clinic(weekday=weekday), on) == found


@pytest.mark.parametrize(
    ("first", "minutes", "number", "at"),
    [
        ("09:00", 30, 0, time(9)),
        ("09:00", 30, 1, time(9, 30)),
        ("08:45", 20, 7, time(11, 5)),
        ("09:00", 30, 11, time(14, 30)),
        ("09:00", 30, 12, None),
    ],
)
def test_a_slot_has_its_time_and_a_walk_in_has_none(first: str, minutes: int, number: int, at: time | None) -> None:
    clinic = Clinic(first_slot=first, slot_minutes=minutes, slots_per_day=12)
    assert slot_of(clinic, number).at == at


def test_there_are_twenty_six_days_to_choose_from_and_the_first_with_room_is_shown(
    session: Session, clinic: Clinic, survivor: Survivor, coordinator: Actor, clock: FixedClock
) -> None:
    for slot in range(3):
        make_visit(session, make_survivor(session, clinic), MONDAY, slot)
    make_visit(session, make_survivor(session, clinic), date(2026, 11, 30), 1)
    make_visit(session, make_survivor(session, clinic), date(2026, 11, 30), 0, status="cancelled")
    make_visit(session, make_survivor(session, clinic), date(2026, 11, 30), 7)
    choice = visit_days.booking_choice(session, survivor.id, actor=coordinator, clock=clock)
    assert len(choice.days) == 26
    assert [(day.on, day.free, day.slots) for day in choice.days[:3]] == [
        (MONDAY, 0, 3),
        (date(2026, 11, 30), 2, 3),
        (date(2026, 12, 7), 3, 3),
    ]
    assert choice.days[-1].on == date(2027, 5, 17)
    assert choice.on == date(2026, 11, 30)
    assert [(slot.at, slot.free) for slot in choice.slots] == [(time(9), True), (time(9, 30), False), (time(10), True)]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (date(2026, 12, 14), date(2026, 12, 14)),
        (date(2026, 12, 15), MONDAY),
        (date(2026, 11, 16), MONDAY),
        (date(2027, 5, 24), MONDAY),
        (date(9999, 12, 31), MONDAY),
    ],
)
def test_a_day_asked_for_is_shown_if_it_is_one_of_them(
    session: Session, survivor: Survivor, coordinator: Actor, clock: FixedClock, asked: date, shown: date
) -> None:
    assert visit_days.booking_choice(session, survivor.id, on=asked, actor=coordinator, clock=clock).on == shown


def test_another_clinics_survivor_cannot_be_booked_nor_an_administrator_book(
    session: Session, clinic: Clinic, survivor: Survivor, clock: FixedClock
) -> None:
    stranger = make_actor(session, make_clinic(session), Role.COORDINATOR)
    with pytest.raises(NotFound):
        visit_days.booking_choice(session, survivor.id, actor=stranger, clock=clock)
    administrator = make_actor(session, clinic, Role.ADMINISTRATOR)
    with pytest.raises((NotFound, Forbidden)):
        visit_days.booking_choice(session, survivor.id, actor=administrator, clock=clock)
    with pytest.raises(Forbidden):
        visit_days.day_list(session, actor=administrator, clock=clock)


def test_a_day_lists_its_visits_in_order_of_time_with_what_each_can_settle(
    session: Session, clinic: Clinic, survivor: Survivor, coordinator: Actor, clock: FixedClock
) -> None:
    early = make_survivor(session, clinic, given_name="Ben")
    make_visit(session, survivor, MONDAY, 2)
    make_visit(session, early, MONDAY, 0)
    make_visit(session, make_survivor(session, clinic), MONDAY, 1, status="cancelled")
    make_visit(session, make_survivor(session, clinic), date(2026, 11, 30), 1)
    make_visit(session, make_survivor(session, make_clinic(session)), MONDAY, 1)
    make_due_item(session, survivor, "echocardiogram", date(2027, 1, 22))
    make_due_item(session, survivor, "fatigue-screen", date(2027, 1, 23))
    make_due_item(session, survivor, "skin-examination", date(2026, 1, 5))
    session.add(PlanGap(survivor_id=survivor.id, gap="x", missing=["chest_rt_gy"], consequence="treated_as_met"))
    session.flush()
    day = visit_days.day_list(session, actor=coordinator, clock=clock)
    assert (day.on, day.previous, day.next) == (MONDAY, date(2026, 11, 16), date(2026, 11, 30))
    assert [row.survivor for row in day.rows] == [early, survivor]
    last = day.rows[1]
    # Upcoming from 60 days before it is due: January 22 is one such day, January 23 is not.
    assert [line.test_code for line in last.due] == ["skin-examination", "echocardiogram"]
    assert ([gap.gap for gap in last.gaps], last.slot.at, last.may_conduct) == (["x"], time(10), False)


@pytest.mark.parametrize(
    ("asked", "shown", "previous", "following"),
    [
        (None, date(2026, 11, 30), date(2026, 11, 23), date(2026, 12, 7)),
        (date(2026, 11, 25), date(2026, 11, 25), date(2026, 11, 23), date(2026, 11, 30)),
        (date(2026, 11, 16), date(2026, 11, 16), date(2026, 11, 9), date(2026, 11, 23)),
        (date(1, 1, 1), date(2026, 11, 30), date(2026, 11, 23), date(2026, 12, 7)),
        (date(9999, 12, 31), date(2026, 11, 30), date(2026, 11, 23), date(2026, 12, 7)),
    ],
)
def test_days_lead_to_the_clinic_days_around_them(
    session: Session,
    coordinator: Actor,
    clock: FixedClock,
    asked: date | None,
    shown: date,
    previous: date,
    following: date,
) -> None:
    clock.set(date(2026, 11, 24))
    day = visit_days.day_list(session, asked, actor=coordinator, clock=clock)
    assert (day.on, day.previous, day.next) == (shown, previous, following)


def test_a_sheet_shows_what_is_due_and_what_was_recorded_in_the_visit(
    session: Session, clinic: Clinic, survivor: Survivor, coordinator: Actor, clock: FixedClock
) -> None:
    visit = make_visit(session, survivor, MONDAY, 0)
    make_due_item(session, survivor, "echocardiogram", date(2026, 11, 1))
    kept = make_result(session, survivor, "skin-examination", MONDAY, visit_id=visit.id)
    make_result(session, survivor, "fatigue-screen", MONDAY, visit_id=visit.id, superseded_at=clock.now())
    make_result(session, survivor, "chest-ct", date(2026, 5, 1))
    shown = visit_days.sheet(session, visit.id, actor=coordinator, clock=clock)
    assert [line.test_code for line in shown.attendance.due] == ["echocardiogram"]
    assert (shown.results, shown.may_book, shown.attendance.may_conduct) == ([kept], True, False)
    clinician = make_actor(session, clinic, Role.CLINICIAN)
    assert visit_days.sheet(session, visit.id, actor=clinician, clock=clock).attendance.may_conduct
    with pytest.raises(NotFound):
        stranger = make_actor(session, make_clinic(session), Role.CLINICIAN)
        visit_days.sheet(session, visit.id, actor=stranger, clock=clock)


def test_a_visit_may_be_moved_to_the_same_days_as_a_new_one(
    session: Session, survivor: Survivor, coordinator: Actor, clock: FixedClock
) -> None:
    visit = make_visit(session, survivor, MONDAY, 1)
    choice = visit_days.moving_choice(session, visit.id, on=date(2026, 12, 7), actor=coordinator, clock=clock)
    assert (choice.visit, choice.on, choice.survivor) == (visit, date(2026, 12, 7), survivor)
    assert visit_days.slot_of_visit(session, visit).at == time(9, 30)
