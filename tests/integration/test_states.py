"""A survivor's one state: the SQL over many and the Python for one never disagree."""

from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_clinic, make_survivor
from tracker.models import Clinic, Standing, Survivor
from tracker.services.states import State, state_case, state_of

DUE, OVERDUE, BOOKED = date(2026, 11, 23), date(2027, 2, 22), date(2026, 12, 7)
BOUNDARIES = (DUE, OVERDUE, BOOKED)
DAYS = sorted({boundary + timedelta(days=step) for boundary in BOUNDARIES for step in (-1, 0, 1)})


def sql_states(session: Session, today: date) -> dict[Any, str]:
    query = sa.select(Survivor.id, state_case(today).label("state"))
    return {row.id: row.state for row in session.execute(query)}


def everyone_imaginable(session: Session, clinic: Clinic) -> list[Survivor]:
    """Every standing with every mixture of dates, dead or alive, acknowledged or not."""
    made = []
    mixtures = product(Standing, (True, False), (None, DUE), (None, OVERDUE), (None, BOOKED), (None, date(2026, 1, 1)))
    for standing, has_plan, due, overdue, booked, died in mixtures:
        for acknowledged in (None, DUE) if standing == Standing.TRANSFERRED else (None,):
            survivor = make_survivor(
                session,
                clinic,
                diagnosis=None,
                standing=standing,
                review_on=date(2027, 1, 4) if standing == Standing.DECLINED else None,
                acknowledged_on=acknowledged,
                deceased_on=died,
                has_plan=has_plan,
                next_due_on=due,
                next_overdue_on=overdue,
                booked_on=booked,
            )
            made.append(survivor)
    return made


def test_sql_and_python_agree_for_everyone_on_every_day_around_each_boundary(session: Session) -> None:
    everyone = everyone_imaginable(session, make_clinic(session))
    for today in DAYS:
        told = sql_states(session, today)
        assert told == {survivor.id: state_of(survivor, today).value for survivor in everyone}, today


def test_on_any_day_the_states_add_up_to_everyone(session: Session) -> None:
    everyone = everyone_imaginable(session, make_clinic(session))
    for today in DAYS:
        state = state_case(today)
        counts = session.execute(sa.select(state, sa.func.count()).select_from(Survivor).group_by(state)).all()
        assert sum(number for _, number in counts) == len(everyone)
        assert {State(name) for name, _ in counts} <= set(State)


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (date(2026, 11, 22), State.NOT_YET_DUE),
        (date(2026, 11, 23), State.DUE),
        (date(2026, 11, 24), State.DUE),
        (date(2027, 2, 21), State.DUE),
        (date(2027, 2, 22), State.OVERDUE),
        (date(2027, 2, 23), State.OVERDUE),
        (date(2036, 2, 23), State.OVERDUE),
    ],
)
def test_an_active_survivor_follows_the_dates(session: Session, today: date, state: State) -> None:
    survivor = make_survivor(session, has_plan=True, next_due_on=DUE, next_overdue_on=OVERDUE)
    assert state_of(survivor, today) == state


@pytest.mark.parametrize(
    ("today", "state"),
    [(date(2026, 12, 6), State.BOOKED), (date(2026, 12, 7), State.BOOKED), (date(2026, 12, 8), State.DUE)],
)
def test_a_booking_holds_through_its_day_and_not_longer(session: Session, today: date, state: State) -> None:
    survivor = make_survivor(session, has_plan=True, next_due_on=DUE, next_overdue_on=OVERDUE, booked_on=BOOKED)
    assert state_of(survivor, today) == state


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({"deceased_on": date(2026, 3, 1), "standing": "being_traced"}, State.DECEASED),
        ({"standing": "transferred"}, State.TRANSFERRED_UNACKNOWLEDGED),
        ({"standing": "transferred", "acknowledged_on": date(2026, 10, 1)}, State.TRANSFERRED),
        ({"standing": "declined", "review_on": date(2027, 1, 4)}, State.DECLINED),
        ({"standing": "being_traced"}, State.BEING_TRACED),
        ({"standing": "on_treatment"}, State.ON_TREATMENT),
        ({"standing": "lost"}, State.LOST),
        ({"has_plan": False, "booked_on": BOOKED}, State.AWAITING_SUMMARY),
    ],
)
def test_what_a_person_decided_comes_before_dates_and_bookings(
    session: Session, given: dict[str, Any], state: State
) -> None:
    values: dict[str, Any] = {"has_plan": True, "next_due_on": DUE, "next_overdue_on": DUE, "booked_on": BOOKED} | given
    assert state_of(make_survivor(session, **values), DUE) == state
