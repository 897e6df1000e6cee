"""Clocks that go wrong, and the days on which calendars do: set back in the middle of a run, the year's end, 29 February."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_clinic, make_survivor
from tests.integration.nights import DAY, events, instant, make_item, make_items, night
from tracker import marks
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import Clinic, JobRun, StatusEvent, Survivor
from tracker.services import boundaries, care_plans, jobs

TICK, HOUR = timedelta(minutes=15), timedelta(hours=1)
ZONES = ("America/New_York", "America/Los_Angeles", "Europe/London", "Australia/Sydney", "Asia/Tokyo")
NEW_YEAR = date(2028, 1, 1)


def store(database: Database, make: Callable[[Session], Any]) -> Any:
    with database.transaction() as session:
        return make(session)


def runs(database: Database) -> list[JobRun]:
    with database.reading() as session:
        return list(session.scalars(sa.select(JobRun).order_by(JobRun.started_at)))


def midnight(day: date, tz: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(tz))


def plans_and_items(session: Session, tz: str, day: date) -> UUID:
    """Five plans that hold until this day, and five items that cross on it."""
    clinic = make_clinic(session, tz=tz)
    for _ in range(5):
        make_survivor(session, clinic, diagnosis=None, plan_holds_until=day)
        survivor = make_survivor(session, clinic, diagnosis=None)
        make_items(session, survivor, 1, upcoming_on=day, due_on=day + 9 * DAY, overdue_after=day + 30 * DAY)
    return clinic.id


# --- set back ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("point", ["refresh.committed", "cross.committed"])
def test_a_clock_set_back_over_midnight_in_the_middle_of_a_run_leaves_out_nothing_of_its_day(
    database: Database, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    """The run is for the day on which it began; what it finishes counts for that day, so it must do all of it."""
    monkeypatch.setattr(boundaries, "BATCH", 2)
    monkeypatch.setattr(boundaries, "CROSSED_AT_ONCE", 2)
    day = date(2027, 7, 2)
    store(database, lambda session: plans_and_items(session, "America/New_York", day))
    clock = FixedClock(midnight(day, "America/New_York") + TICK)
    passed: Counter[str] = Counter()

    def set_back(name: str) -> None:
        passed[name] += 1
        if name == point and passed[name] == 1:
            clock.advance(-HOUR)

    monkeypatch.setattr(marks, "listener", set_back)
    done = night(database, clock)
    assert (done["refreshed"], done["items"]) == (5, 5)
    assert [run.local_day for run in runs(database)] == [day]
    with database.reading() as session:
        assert set(session.scalars(sa.select(Survivor.plan_computed_on))) == {day, None}
    # An hour later the day comes a second time: it had its run.
    clock.advance(HOUR)
    assert night(database, clock) == {}


@pytest.mark.parametrize("minutes", [1, 59, 60, 61])
def test_a_clock_set_back_within_a_run_locks_nobody_out(
    database: Database, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    """The lease is held until it is given back, also by the earlier clock; then the next one has it at once."""
    day = date(2027, 7, 2)
    store(database, lambda session: plans_and_items(session, "America/New_York", day))
    clock = FixedClock(instant(day, 16))
    monkeypatch.setattr(
        marks, "listener", lambda name: clock.advance(-timedelta(minutes=minutes)) if name == "refresh.held" else None
    )
    assert night(database, clock)["items"] == 5
    assert night(database, clock, force=True) == {}
    assert [run.error for run in runs(database)] == [None, None]


def test_ticks_while_the_clock_jumps_to_and_fro_for_a_day_run_each_day_once(database: Database) -> None:
    store(database, lambda session: plans_and_items(session, "America/New_York", date(2027, 7, 2)))
    clock = FixedClock(instant(date(2027, 7, 1), 12))
    for step in [HOUR, HOUR, -HOUR, TICK] * 40:
        night(database, clock)
        clock.advance(step)
    days = Counter(run.local_day for run in runs(database))
    assert days == dict.fromkeys([date(2027, 7, 1), date(2027, 7, 2), date(2027, 7, 3)], 1)
    assert len(events(database)) == 5


# --- the year's end and 29 February -----------------------------------------------------------------------------


@pytest.mark.parametrize("days", [(date(2027, 12, 31), NEW_YEAR), (date(2028, 2, 29), date(2028, 3, 1))])
def test_each_clinic_has_its_own_turn_of_the_year_and_its_own_29_february(
    sqlite_url: str, days: tuple[date, date]
) -> None:
    """An item of each day at each clinic crosses in the first quarter of an hour of that day there, and once."""
    last, first = days
    database = Database(sqlite_url)
    zone_of: dict[UUID, str] = {}
    with database.transaction() as session:
        for tz in ZONES:
            clinic_id = plans_and_items(session, tz, last)
            one_more(session, clinic_id, first)
            zone_of[clinic_id] = tz
    clock = FixedClock(midnight(last, "Asia/Tokyo") - 6 * HOUR)
    while clock.now() < midnight(first, "America/Los_Angeles") + HOUR:
        night(database, clock)
        clock.advance(TICK)
    for run in runs(database):
        assert run.clinic_id is not None
        began = midnight(run.local_day or date.max, zone_of[run.clinic_id])
        assert run.local_day in (last - DAY, last, first, first + DAY)
        assert run.local_day == last - DAY or began <= run.started_at < began + TICK
    with database.reading() as session:
        query = sa.select(StatusEvent, Survivor.clinic_id).join(Survivor, Survivor.id == StatusEvent.survivor_id)
        found = session.execute(query).all()
        for event, clinic_id in found:
            began = midnight(event.boundary_on, zone_of[clinic_id])
            assert began <= event.recorded_at < began + TICK
        assert Counter(event.boundary_on for event, _ in found) == {last: 5 * len(ZONES), first: len(ZONES)}
    database.close()


def one_more(session: Session, clinic_id: UUID, day: date) -> None:
    survivor = make_survivor(session, session.get_one(Clinic, clinic_id), diagnosis=None)
    make_item(session, survivor, upcoming_on=day, due_on=day + 9 * DAY, overdue_after=day + 30 * DAY)


@pytest.mark.parametrize(
    ("born", "day"),
    [
        (date(2010, 2, 28), date(2028, 2, 28)),
        (date(2008, 2, 29), date(2026, 2, 28)),
        (date(2012, 2, 29), date(2030, 2, 28)),
        (date(2010, 3, 1), date(2028, 3, 1)),
    ],
)
def test_a_window_closes_on_the_birthday_also_for_whoever_was_born_on_29_february(
    database: Database, born: date, day: date
) -> None:
    """Growth is looked after until 18. The tick refreshes the plan on that day, not before, and once."""

    def make(session: Session) -> Survivor:
        therapy: dict[str, str | int | None] = {"cyclophosphamide_mg_m2": 8000}
        survivor = make_survivor(session, diagnosis="Ewing sarcoma", birth_date=born, exposures=therapy)
        care_plans.refresh(session, survivor, clock=FixedClock.on(day - 60 * DAY))
        return survivor

    survivor = store(database, make)
    refreshed = []
    for back in (2, 1, 0, -1, -2):
        done = night(database, FixedClock.on(day - back * DAY))
        refreshed += [day - back * DAY] * done.get("refreshed", 0)
    with database.reading() as session:
        tests = {item.test_code for item in care_plans.open_items(session, survivor.id)}
    assert refreshed == [survivor.plan_holds_until] == [day]
    assert "growth-and-puberty-examination" not in tests


def test_an_item_due_on_29_february_is_overdue_by_days_and_not_by_months(database: Database) -> None:
    def make(session: Session) -> None:
        leap = date(2028, 2, 29)
        make_item(session, make_survivor(session), upcoming_on=date(2028, 1, 31), due_on=leap, overdue_after=leap)

    store(database, make)
    for day in (date(2028, 1, 30), date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1), date(2028, 3, 2)):
        night(database, FixedClock.on(day))
    assert [(status, on) for _, status, on in sorted(events(database), key=lambda event: event[2])] == [
        *(("upcoming", date(2028, 1, 31)), ("due", date(2028, 2, 29)), ("overdue", date(2028, 3, 1))),
    ]


# --- asleep -----------------------------------------------------------------------------------------------------


def test_after_a_week_asleep_one_run_does_all_clinics_plans_and_items_and_says_when_each_was_reached(
    database: Database,
) -> None:
    """Over the change of the clock in New York, at two clinics: plans that ended meanwhile, items of every day."""
    slept = [date(2027, 11, 3) + n * DAY for n in range(7)]

    def make(session: Session) -> None:
        for tz in ("America/New_York", "Australia/Sydney"):
            clinic = make_clinic(session, tz=tz)
            for day in slept:
                make_survivor(session, clinic, diagnosis=None, plan_holds_until=day)
                survivor = make_survivor(session, clinic, diagnosis=None)
                make_items(session, survivor, 2, upcoming_on=day, due_on=day, overdue_after=day + DAY)

    store(database, make)
    night(database, FixedClock(instant(slept[0] - DAY, 6)))
    clock = FixedClock(instant(slept[-1], 17))
    done = night(database, clock)
    assert done["refreshed"] == 14
    assert night(database, clock) == {}
    assert Counter(run.local_day for run in runs(database)) == {
        slept[0] - DAY: 2,
        slept[-1]: 1,
        slept[-1] + DAY: 1,
    }
    with database.reading() as session:
        assert not jobs.is_stale(session, now=clock.now())
        by_day = Counter((e.status, e.boundary_on) for e in session.scalars(sa.select(StatusEvent)))
    assert [by_day["due", day] for day in slept] == [4] * 7
    # In Sydney it is the next day already: one day more is overdue there.
    assert [by_day["overdue", day + 2 * DAY] for day in slept] == [4, 4, 4, 4, 4, 2, 0]
