"""How old the last good run is: "nothing due" and "the job died" must not look the same."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import AT, make_clinic
from tests.integration.nights import DAY, UPCOMING_ON, night, statements
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import Clinic
from tracker.services import jobs

TICK = timedelta(minutes=15)
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock.on(UPCOMING_ON)


def store(database: Database, make: Callable[[Session], Any]) -> Any:
    with database.transaction() as session:
        return make(session)


@pytest.mark.parametrize(
    ("ago", "stale"),
    [(timedelta(0), False), (26 * HOUR, False), (26 * HOUR + timedelta(seconds=1), True), (timedelta(days=9), True)],
)
def test_a_run_more_than_26_hours_ago_is_too_old(database: Database, ago: timedelta, stale: bool) -> None:
    store(database, make_clinic)
    clock = FixedClock.on(UPCOMING_ON)
    night(database, clock)
    with database.reading() as session:
        state = jobs.state_of(session, now=clock.now() + ago)
        assert (state.name, state.finished_at, state.stale) == ("cross_boundaries", clock.now(), stale)
        assert jobs.is_stale(session, now=clock.now() + ago) is stale


def test_a_job_that_never_ran_is_stale(database: Database, clock: FixedClock) -> None:
    with database.reading() as session:
        assert jobs.state_of(session, now=clock.now()) == jobs.JobState("cross_boundaries", None, True)
    store(database, make_clinic)
    with database.reading() as session:
        assert jobs.is_stale(session, now=clock.now())


def test_a_failed_run_is_no_good_run(database: Database, clock: FixedClock) -> None:
    clinic = store(database, make_clinic)
    night(database, clock)
    with database.transaction() as session:
        later = FixedClock(clock.now() + 25 * HOUR)
        run_id = jobs.start(session, jobs.FLAG_JOB, "x", clinic.id, UPCOMING_ON + DAY, clock=later)
        jobs.fail(session, run_id, "OperationalError", clock=later)
    with database.reading() as session:
        assert jobs.is_stale(session, now=clock.now() + 27 * HOUR)


def test_one_clinic_left_alone_makes_the_job_stale_though_another_is_served(
    database: Database, clock: FixedClock
) -> None:
    served, alone = store(database, lambda session: (make_clinic(session), make_clinic(session)))
    night(database, clock)
    later = FixedClock(clock.now() + 27 * HOUR)
    with database.transaction() as session:
        run_id = jobs.start(session, jobs.FLAG_JOB, "x", served.id, later.today(served.tz), clock=later)
        jobs.finish(session, run_id, {}, clock=later)
    with database.reading() as session:
        assert jobs.state_of(session, now=later.now()) == jobs.JobState("cross_boundaries", clock.now(), True)
        assert not jobs.is_stale(session, now=later.now(), clinic_id=served.id)
        assert jobs.is_stale(session, now=later.now(), clinic_id=alone.id)


def test_a_new_clinic_may_wait_for_its_first_run_without_alarming_the_others(
    database: Database, clock: FixedClock
) -> None:
    store(database, make_clinic)
    night(database, clock)
    new = store(database, lambda session: make_clinic(session, created_at=clock.now()))
    with database.reading() as session:
        assert not jobs.is_stale(session, now=clock.now() + TICK)
        assert jobs.is_stale(session, now=clock.now() + TICK, clinic_id=new.id)
    store(database, lambda session: session.execute(sa.update(Clinic).values(created_at=AT)))
    with database.reading() as session:
        assert jobs.is_stale(session, now=clock.now() + TICK)


@pytest.mark.parametrize("shift", [timedelta(days=-40), timedelta(days=-1), timedelta(days=1), timedelta(days=400)])
def test_a_run_by_hand_for_another_day_does_not_make_todays_lists_look_fresh(
    database: Database, clock: FixedClock, shift: timedelta
) -> None:
    clinic = store(database, make_clinic)
    with database.transaction() as session:
        run_id = jobs.start(session, jobs.FLAG_JOB, "by hand", clinic.id, UPCOMING_ON + shift, clock=clock)
        jobs.finish(session, run_id, {}, clock=clock)
        assert jobs.is_stale(session, now=clock.now())


@pytest.mark.parametrize("number", [9, 10, 11, 20])
def test_many_runs_by_hand_for_other_days_do_not_hide_the_last_good_one(
    database: Database, clock: FixedClock, number: int
) -> None:
    clinic = store(database, make_clinic)
    night(database, clock)
    good = clock.now()
    for day in range(number):
        clock.advance(timedelta(minutes=1))
        with database.transaction() as session:
            local_day = UPCOMING_ON + (day + 1) * DAY
            run_id = jobs.start(session, jobs.FLAG_JOB, "by hand", clinic.id, local_day, clock=clock)
            jobs.finish(session, run_id, {}, clock=clock)
    with database.reading() as session:
        assert jobs.state_of(session, now=clock.now()).finished_at == good


def test_asking_costs_the_same_however_long_the_job_has_been_running(database: Database, clock: FixedClock) -> None:
    clinic = store(database, make_clinic)
    for _ in range(30):
        clock.advance(DAY)
        night(database, clock)
    with database.reading() as session, statements(database) as asked:
        clinic = session.get_one(Clinic, clinic.id)
        assert jobs.last_good_run(session, clinic, now=clock.now()) == clock.now()
    [query] = [statement for statement in asked if "job_runs" in statement]
    assert "LIMIT" in query


def test_a_run_that_seems_to_end_in_the_future_does_not_hide_a_dead_job(database: Database, clock: FixedClock) -> None:
    store(database, make_clinic)
    night(database, FixedClock(clock.now() + timedelta(days=30)))
    with database.reading() as session:
        assert jobs.is_stale(session, now=clock.now())


def test_the_newest_runs_of_the_clinics_asked_for_come_first(database: Database, clock: FixedClock) -> None:
    mine, other = store(database, lambda session: (make_clinic(session), make_clinic(session)))
    for _ in range(3):
        night(database, clock)
        clock.advance(DAY)
    with database.reading() as session:
        found = jobs.recent_runs(session, clinic_ids=[mine.id], limit=2)
        assert [run.local_day for run in found] == [UPCOMING_ON + 2 * DAY, UPCOMING_ON + DAY]
        assert jobs.recent_runs(session, clinic_ids=[]) == []
        assert len(jobs.recent_runs(session, clinic_ids=[mine.id, other.id])) == 6
