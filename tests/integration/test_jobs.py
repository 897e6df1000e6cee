"""The flag job as a whole: once for each clinic's local day, one worker at a time, nothing lost on the way."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_clinic, make_survivor, make_user
from tests.integration.nights import (
    DAY,
    DUE_ON,
    UPCOMING_ON,
    a_busy_night,
    events,
    fingerprint,
    instant,
    make_item,
    make_items,
    night,
)
from tracker.clock import Clock, FixedClock
from tracker.db import Database
from tracker.jobs import cross_boundaries, rehearse
from tracker.models import Clinic, JobLease, JobRun, SignInFailure, StatusEvent, UserSession
from tracker.services import boundaries, jobs, leases

TICK = timedelta(minutes=15)
HOUR = timedelta(hours=1)
ZONES = {
    # zone: the days on which its clocks change in 2027 (Phoenix: two ordinary days)
    "America/New_York": (date(2027, 3, 14), date(2027, 11, 7)),
    "America/Los_Angeles": (date(2027, 3, 14), date(2027, 11, 7)),
    "Europe/London": (date(2027, 3, 28), date(2027, 10, 31)),
    "Australia/Sydney": (date(2027, 4, 4), date(2027, 10, 3)),
    "America/Phoenix": (date(2027, 3, 14), date(2027, 11, 7)),
}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock.on(UPCOMING_ON)


def store(database: Database, make: Callable[[Session], Any]) -> Any:
    with database.transaction() as session:
        return make(session)


def runs(database: Database) -> list[JobRun]:
    with database.reading() as session:
        return list(session.scalars(sa.select(JobRun).order_by(JobRun.started_at, JobRun.clinic_id)))


def local(day: date, hour: int, tz: str) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(tz))


# --- each clinic's own day ------------------------------------------------------------------------------------


@pytest.mark.parametrize("tz", ZONES)
def test_each_local_day_has_exactly_one_run_across_both_changes_of_the_clock(sqlite_url: str, tz: str) -> None:
    database = Database(sqlite_url)
    store(database, lambda session: make_clinic(session, tz=tz))
    expected = Counter[date]()
    for change in ZONES[tz]:
        clock = FixedClock(local(change - DAY, 21, tz))
        last = local(change + DAY, 3, tz)
        while clock.now() < last:
            night(database, clock)
            clock.advance(TICK)
        expected.update([change - DAY, change, change + DAY])
    done = runs(database)
    assert Counter(run.local_day for run in done) == expected
    # Each ran in the first quarter of an hour of its day, except the first, whose day was nearly over.
    for run in done:
        started = run.started_at.astimezone(ZoneInfo(tz))
        assert started.date() == run.local_day
        assert (started.hour, started.minute // 15) == (0, 0) or run.local_day in [c - DAY for c in ZONES[tz]]
    database.close()


def test_clinics_in_two_zones_each_have_their_own_day(database: Database) -> None:
    def make(session: Session) -> tuple[UUID, UUID]:
        sydney = make_clinic(session, tz="Australia/Sydney")
        return make_clinic(session, tz="America/New_York").id, sydney.id

    new_york, sydney = store(database, make)
    clock = FixedClock(instant(date(2027, 7, 1), 12))
    while clock.now() < instant(date(2027, 7, 3), 5):
        night(database, clock)
        clock.advance(TICK)
    days = {(run.clinic_id, run.local_day): run.started_at for run in runs(database)}
    assert len(days) == len(runs(database))
    assert days[sydney, date(2027, 7, 2)] == instant(date(2027, 7, 1), 14)
    assert days[new_york, date(2027, 7, 2)] == instant(date(2027, 7, 2), 4)
    assert days[sydney, date(2027, 7, 3)] == instant(date(2027, 7, 2), 14)
    assert days[new_york, date(2027, 7, 3)] == instant(date(2027, 7, 3), 4)


def test_a_night_missed_is_picked_up_by_the_next_tick(database: Database, clock: FixedClock) -> None:
    store(database, lambda session: make_item(session, make_survivor(session)))
    night(database, clock)
    clock.set(instant(DUE_ON, 16, 20))
    assert night(database, clock)["due"] == 1
    assert [run.local_day for run in runs(database)] == [UPCOMING_ON, DUE_ON]


def test_after_a_week_asleep_everything_of_that_week_is_recorded_with_its_own_day(
    database: Database, clock: FixedClock
) -> None:
    def make(session: Session) -> None:
        survivor = make_survivor(session)
        for back in range(7):
            upcoming = UPCOMING_ON + timedelta(days=back)
            make_item(session, survivor, test_code=f"test-{back}", upcoming_on=upcoming)

    store(database, make)
    clock.set(UPCOMING_ON - DAY)
    night(database, clock)
    clock.set(UPCOMING_ON + timedelta(days=6))
    assert night(database, clock)["upcoming"] == 7
    assert [on for _, _, on in events(database)] == [UPCOMING_ON + timedelta(days=back) for back in range(7)]


def test_the_same_hour_coming_twice_runs_nothing_twice(database: Database) -> None:
    """In autumn 1:30 comes twice, an hour apart."""
    store(database, lambda session: make_clinic(session, tz="America/New_York"))
    clock = FixedClock(instant(date(2027, 11, 7), 5, 30))
    night(database, clock)
    once = fingerprint(database)
    clock.advance(HOUR)
    night(database, clock)
    assert fingerprint(database) == once


def test_a_clock_set_back_over_midnight_runs_yesterday_at_most_once(database: Database) -> None:
    store(database, lambda session: make_clinic(session, tz="America/New_York"))
    clock = FixedClock(instant(date(2027, 7, 2), 3, 50))
    for step in (TICK, -HOUR, TICK, HOUR):
        night(database, clock)
        clock.advance(step)
    assert sorted(str(run.local_day) for run in runs(database)) == ["2027-07-01", "2027-07-02"]


def test_a_run_that_failed_or_never_ended_does_not_count(database: Database, clock: FixedClock) -> None:
    clinic = store(database, make_clinic)
    with database.transaction() as session:
        jobs.start(session, jobs.FLAG_JOB, "killed", clinic.id, UPCOMING_ON, clock=clock)
        failed = jobs.start(session, jobs.FLAG_JOB, "unlucky", clinic.id, UPCOMING_ON, clock=clock)
        jobs.fail(session, failed, "OperationalError", clock=clock)
        assert not jobs.had_its_day(session, clinic, UPCOMING_ON)
        good = jobs.start(session, jobs.FLAG_JOB, "good", clinic.id, UPCOMING_ON, clock=clock)
        assert not jobs.had_its_day(session, clinic, UPCOMING_ON)
        jobs.finish(session, good, {}, clock=clock)
        assert jobs.had_its_day(session, clinic, UPCOMING_ON)
        assert not jobs.had_its_day(session, clinic, UPCOMING_ON + DAY)
        assert not jobs.had_its_day(session, clinic, UPCOMING_ON, name="other_job")


def test_a_run_for_a_day_still_to_come_leaves_that_day_its_own_run(database: Database, clock: FixedClock) -> None:
    clinic = store(database, make_clinic)
    with database.transaction() as session:
        ahead = jobs.start(session, jobs.FLAG_JOB, "by hand", clinic.id, UPCOMING_ON + DAY, clock=clock)
        jobs.finish(session, ahead, {}, clock=clock)
        assert not jobs.had_its_day(session, clinic, UPCOMING_ON + DAY)
        # Nor is it today's, although it was today that it ran.
        assert not jobs.had_its_day(session, clinic, UPCOMING_ON)


# --- one worker at a time ------------------------------------------------------------------------------------


def test_a_second_scheduler_stops_quietly(database: Database, clock: FixedClock) -> None:
    store(database, lambda session: make_item(session, make_survivor(session)))
    with database.transaction() as session:
        leases.acquire(session, jobs.FLAG_JOB, "the other one", now=clock.now())
    before = fingerprint(database, leave_out=())
    assert cross_boundaries.run(database, clock, holder="second") is None
    assert fingerprint(database, leave_out=()) == before


def test_the_lease_is_free_again_after_the_run_also_after_a_failed_one(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(database, lambda session: make_item(session, make_survivor(session)))
    monkeypatch.setattr(boundaries, "cross_batch", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        night(database, clock)
    monkeypatch.undo()
    assert night(database, clock)["upcoming"] == 1
    assert [run.error for run in runs(database)] == ["ZeroDivisionError", None]
    with database.reading() as session:
        [lease] = session.scalars(sa.select(JobLease))
        assert (lease.fence, lease.expires_at) == (2, clock.now())


def test_a_holder_frozen_between_two_batches_does_not_write_the_second(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sleeps for ten minutes; meanwhile another one takes over and does all the work."""
    monkeypatch.setattr(boundaries, "CROSSED_AT_ONCE", 2)
    store(database, lambda session: make_items(session, make_survivor(session), 5))
    really, slept = boundaries.cross_batch, []

    def cross_batch(session: Session, clinic: Clinic, *, clock: Clock) -> boundaries.Crossed:
        done = really(session, clinic, clock=clock)
        slept.append(done.counts["items"])
        return done

    def fall_asleep() -> bool:
        if slept == [2]:
            slept.append(0)
            clock.advance(timedelta(minutes=10))
            monkeypatch.setattr(boundaries, "cross_batch", really)
            assert night(database, clock)["items"] == 3
        return False

    monkeypatch.setattr(boundaries, "cross_batch", cross_batch)
    with pytest.raises(leases.LeaseLost):
        cross_boundaries.run(database, clock, holder="sleepy", stopping=fall_asleep)
    assert len(events(database)) == 5
    by_holder = {run.holder: run for run in runs(database)}
    assert by_holder["sleepy"].error == "LeaseLost"
    assert (by_holder["night"].error, by_holder["night"].counts["items"]) == (None, 3)
    # Giving back what was no longer its own, the sleeper took nothing from anybody.
    with database.reading() as session:
        assert session.scalars(sa.select(JobLease.fence)).one() == 2


def test_a_process_told_to_stop_ends_after_its_batch_and_the_next_run_does_the_rest(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boundaries, "CROSSED_AT_ONCE", 2)
    store(database, lambda session: make_items(session, make_survivor(session), 5))
    stopped = night(database, clock, stopping=lambda: len(events(database)) >= 2)
    assert stopped["items"] == 2
    assert runs(database)[0].error == "Stopped"
    assert night(database, clock)["items"] == 3
    assert len(events(database)) == 5


def test_trouble_at_one_clinic_does_not_keep_the_others_waiting(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(session: Session) -> None:
        for name in ("A", "B", "C"):
            make_item(session, make_survivor(session, make_clinic(session, name=name)))

    store(database, make)
    really = boundaries.cross_batch

    def cross_batch(session: Session, clinic: Clinic, *, clock: Clock) -> boundaries.Crossed:
        if clinic.name == "B":
            raise LookupError(clinic.name)
        return really(session, clinic, clock=clock)

    monkeypatch.setattr(boundaries, "cross_batch", cross_batch)
    with pytest.raises(LookupError, match="B"):
        night(database, clock)
    assert len(events(database)) == 2
    assert Counter(run.error for run in runs(database)) == {None: 2, "LookupError": 1}
    monkeypatch.undo()
    assert night(database, clock) == {"items": 1, "events": 1, "upcoming": 1}


def test_who_had_to_be_left_out_is_named_at_their_own_clinic_only(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(session: Session) -> UUID:
        survivor = make_survivor(session, make_clinic(session, name="A"), plan_holds_until=UPCOMING_ON)
        make_clinic(session, name="B")
        return survivor.id

    survivor_id = store(database, make)
    monkeypatch.setattr("tracker.services.care_plans.refresh", lambda *_, **__: 1 / 0)
    night(database, clock)
    assert sorted(str(run.counts.get("failed")) for run in runs(database)) == ["None", f"['{survivor_id}']"]


# --- a rehearsal ----------------------------------------------------------------------------------------------


def test_a_rehearsal_counts_what_the_run_then_does_and_changes_nothing(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boundaries, "CROSSED_AT_ONCE", 4)
    store(database, a_busy_night)
    clock.set(DUE_ON)
    before = fingerprint(database, leave_out=())
    foreseen = rehearse.run(database, clock)
    assert fingerprint(database, leave_out=()) == before
    assert {name: count for name, count in foreseen.items() if count} == night(database, clock)
    assert foreseen["refreshed"] == 2
    assert foreseen["reminders"] == 2


def test_old_sessions_and_counted_failures_are_pruned_and_newer_ones_kept(
    database: Database, clock: FixedClock
) -> None:
    def make(session: Session) -> None:
        user = make_user(session)
        for days in (1, 3):
            at = clock.now() - timedelta(days=days)
            session.add(UserSession(token_hash=str(days), user_id=user.id, created_at=at, last_seen_at=at))
            session.add(SignInFailure(key=str(days), at=at + timedelta(minutes=1)))

    store(database, make)
    with database.transaction() as session:
        jobs.prune(session, clock=clock)
        assert session.scalars(sa.select(UserSession.token_hash)).all() == ["1"]
        assert session.scalars(sa.select(SignInFailure.key)).all() == ["1"]


def test_recorded_events_say_when_they_were_found(database: Database, clock: FixedClock) -> None:
    store(database, lambda session: make_item(session, make_survivor(session)))
    clock.set(instant(DUE_ON, 16, 20))
    night(database, clock)
    with database.reading() as session:
        found = {event.boundary_on: event.recorded_at for event in session.scalars(sa.select(StatusEvent))}
    assert found == {UPCOMING_ON: clock.now(), DUE_ON: clock.now()}
