"""The weekly check: once in each clinic's local week, after the night, one worker at a time; by hand at any time."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from sqlalchemy.orm import Session

from config import Config
from tests.factories import make_clinic, make_survivor
from tests.integration.nights import fingerprint, instant, night
from tests.integration.test_plan_checks import moved
from tests.integration.test_plan_failures import poison
from tracker.cli_check_plans import check_plans as command
from tracker.cli_jobs import jobs as jobs_commands
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.jobs import check_plans
from tracker.models import DueItem, JobLease, JobRun, Override, Survivor
from tracker.scheduler import build
from tracker.services import care_plans, jobs, leases, plan_checks

MONDAY = date(2026, 11, 23)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock.on(MONDAY)


def registry(database: Database, clock: FixedClock, **clinic: Any) -> list[UUID]:
    with database.transaction() as session:
        place = make_clinic(session, **clinic)
        people = [make_survivor(session, place) for _ in range(3)]
        care_plans.refresh_all(session, people, clock=clock)
        return sorted(survivor.id for survivor in people)


def by_hand(database: Database, act: Callable[[Session, UUID], None], survivor_id: UUID) -> None:
    with database.transaction() as session:
        act(session, survivor_id)


def check(database: Database, clock: FixedClock, **given: Any) -> dict[str, int]:
    counts = check_plans.run(database, clock, holder="week", **given)
    assert counts is not None, "the lease is taken"
    return dict(counts)


def runs(database: Database) -> list[JobRun]:
    query = sa.select(JobRun).where(JobRun.name == "check_plans").order_by(JobRun.started_at, JobRun.id)
    with database.reading() as session:
        return list(session.scalars(query))


def test_it_runs_once_in_the_week_after_the_night(database: Database, clock: FixedClock) -> None:
    registry(database, clock)
    assert check(database, clock) == {}, "the night has not run yet"
    night(database, clock)
    assert check(database, clock) == {"survivors": 3}
    for _ in range(6):
        clock.advance(DAY)
        night(database, clock)
        assert check(database, clock) == {}, "the week has had it"
    clock.advance(DAY)
    assert check(database, clock) == {}, "the night of Monday has not run yet"
    night(database, clock)
    assert check(database, clock)["survivors"] == 3
    assert [run.local_day for run in runs(database)] == [MONDAY, MONDAY + 7 * DAY]
    assert runs(database)[0].counts == {"survivors": 3, "differing": 0, "waiting": 0}


def test_a_week_begun_late_is_checked_when_it_can_be(database: Database, clock: FixedClock) -> None:
    registry(database, clock)
    clock.set(MONDAY + 4 * DAY)
    night(database, clock)
    assert check(database, clock)["survivors"] == 3
    clock.set(MONDAY + 7 * DAY)
    night(database, clock)
    assert check(database, clock)["survivors"] == 3


@pytest.mark.parametrize("tz", ["America/New_York", "Australia/Sydney", "Pacific/Auckland", "America/Phoenix"])
def test_the_week_is_the_clinic_s_own(sqlite_url: str, clock: FixedClock, tz: str) -> None:
    """Over three weeks and a change of clocks: one run in each local week, on its first day."""
    database = Database(sqlite_url)
    registry(database, clock, tz=tz)
    clock.set(instant(date(2026, 10, 22)))
    seen = []
    for _ in range(24 * 4):
        night(database, clock)
        if check(database, clock):
            seen.append(clock.today(tz))
        clock.advance(6 * HOUR)
    weeks = [day.isocalendar()[:2] for day in seen]
    assert len(weeks) == len(set(weeks)) == 4
    assert all(day.weekday() == 0 for day in seen[1:])
    database.close()


def test_a_run_by_hand_checks_again_and_counts_for_the_week(database: Database, clock: FixedClock) -> None:
    registry(database, clock)
    assert check(database, clock, force=True)["survivors"] == 3
    assert check(database, clock, force=True)["survivors"] == 3
    night(database, clock)
    assert check(database, clock) == {}


def test_what_it_finds_stands_in_its_run(database: Database, clock: FixedClock) -> None:
    ids = registry(database, clock)
    by_hand(database, moved, ids[0])
    with database.transaction() as session:
        poison(session, session.get_one(Survivor, ids[1])).decided_on = MONDAY
    assert check(database, clock, force=True) == {"survivors": 3, "differing": 1, "failed": 1}
    [run] = runs(database)
    assert run.counts == {"survivors": 3, "differing": 1, "waiting": 0, "failed": [str(ids[1])]}
    assert run.error is None
    with database.reading() as session:
        state = jobs.check_state(session, now=clock.now())
    assert (state.differing, state.failed, state.stale) == (1, 1, False)


def test_a_second_scheduler_stops_quietly(database: Database, clock: FixedClock) -> None:
    registry(database, clock)
    with database.transaction() as session:
        held = leases.acquire(session, check_plans.NAME, "other", now=clock.now())
    assert held is not None
    assert check_plans.run(database, clock, holder="week", force=True) is None
    assert runs(database) == []


def test_the_lease_is_free_again_afterwards(database: Database, clock: FixedClock) -> None:
    registry(database, clock)
    check(database, clock, force=True)
    with database.reading() as session:
        leased = session.scalars(sa.select(JobLease).where(JobLease.name == check_plans.NAME)).one()
        assert leased.expires_at <= clock.now()


def test_one_frozen_past_its_lease_writes_no_good_run(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry(database, clock)
    really = plan_checks.check

    def slow(*given: Any, **named: Any) -> plan_checks.Checked:
        clock.advance(leases.TTL)
        with database.transaction() as session:
            assert leases.acquire(session, check_plans.NAME, "other", now=clock.now()) is not None
        return really(*given, **named)

    monkeypatch.setattr(plan_checks, "check", slow)
    with pytest.raises(leases.LeaseLost):
        check(database, clock, force=True)
    assert all(run.error or run.finished_at is None for run in runs(database))


def test_told_to_stop_it_ends_with_its_batch_and_begins_again_the_next_time(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry(database, clock)
    night(database, clock)
    monkeypatch.setattr(plan_checks, "BATCH", 1)
    told = iter([False, True])
    assert check(database, clock, stopping=lambda: next(told)) == {}
    assert [run.error for run in runs(database)] == ["Stopped"]
    assert check(database, clock)["survivors"] == 3


def test_an_error_is_told_by_its_name_and_the_week_is_tried_again(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry(database, clock)
    night(database, clock)
    with monkeypatch.context() as patched, pytest.raises(MemoryError):
        patched.setattr(check_plans, "look_at", lambda *_, **__: (_ for _ in ()).throw(MemoryError()))
        check(database, clock)
    assert [run.error for run in runs(database)] == ["MemoryError"]
    assert check(database, clock)["survivors"] == 3


def state(database: Database, clock: FixedClock, clinic_id: UUID | None = None) -> tuple[bool, bool]:
    with database.reading() as session:
        found = jobs.check_state(session, now=clock.now(), clinic_id=clinic_id)
        return found.finished_at is not None, found.stale


def test_a_check_is_stale_after_eight_days_and_a_new_clinic_may_wait_as_long(
    database: Database, clock: FixedClock
) -> None:
    assert state(database, clock) == (False, False), "no clinic, nothing to check"
    registry(database, clock, created_at=clock.now())
    assert state(database, clock) == (False, False)
    clock.advance(8 * DAY + HOUR)
    assert state(database, clock) == (False, True)
    check(database, clock, force=True)
    assert state(database, clock) == (True, False)
    clock.advance(8 * DAY)
    assert state(database, clock) == (True, False)
    clock.advance(HOUR)
    assert state(database, clock) == (True, True)


# --- by hand --------------------------------------------------------------------------------------------------


@pytest.fixture
def small_app(database: Database, clock: FixedClock, tmp_path: Path) -> Flask:
    app = Flask("checks")
    app.extensions["tracker_config"] = Config(instance=tmp_path)
    app.extensions["tracker_clock"] = clock
    app.extensions["tracker_open_database"] = lambda: database
    app.cli.add_command(command)
    app.cli.add_command(jobs_commands)
    return app


def ask(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=list(arguments))


def test_the_command_ends_well_where_nothing_differs(database: Database, small_app: Flask, clock: FixedClock) -> None:
    registry(database, clock)
    before = fingerprint(database, leave_out=())
    result = ask(small_app, "check-plans")
    assert (result.exit_code, result.output) == (
        0,
        "3 plans looked at, 0 of them wait for the nightly check: 0 differ, 0 cannot be worked out\n",
    )
    assert fingerprint(database, leave_out=()) == before


def test_the_command_names_who_differs_by_id_and_ends_with_1(
    database: Database, small_app: Flask, clock: FixedClock
) -> None:
    ids = registry(database, clock)
    by_hand(database, moved, ids[0])
    with database.transaction() as session:
        poison(session, session.get_one(Survivor, ids[1])).decided_on = MONDAY
    result = ask(small_app, "check-plans")
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"{ids[0]}: the open items or gaps are not those of the stored plan",
        f"{ids[1]}: A value is not of the kind that was expected. (ValueError)",
        "3 plans looked at, 0 of them wait for the nightly check: 1 differ, 1 cannot be worked out",
    ]


def test_no_word_of_a_record_is_said(database: Database, small_app: Flask, clock: FixedClock) -> None:
    ids = registry(database, clock)
    by_hand(database, moved, ids[0])
    with database.transaction() as session:
        poison(session, session.get_one(Survivor, ids[1])).decided_on = MONDAY
    with database.reading() as session:
        words = {*session.scalars(sa.select(DueItem.test_code)), *session.scalars(sa.select(Override.repeat_every))}
        words |= {word for row in session.execute(sa.select(Survivor.family_name, Survivor.mrn)) for word in row}
    for arguments in (("check-plans",), ("check-plans", "--json")):
        told = ask(small_app, *arguments).output
        assert [word for word in words if word and word in told] == []


def test_as_json_each_finding_is_a_line_and_the_counts_come_last(
    database: Database, small_app: Flask, clock: FixedClock
) -> None:
    ids = registry(database, clock)
    by_hand(database, moved, ids[2])
    result = ask(small_app, "check-plans", "--json")
    assert result.exit_code == 1
    assert [json.loads(line) for line in result.output.splitlines()] == [
        {"survivor": str(ids[2]), "differs": ["rows"], "error": None},
        {"survivors": 3, "waiting": 0, "differing": 1, "failed": 0},
    ]


def test_a_sample_prints_how_to_take_it_again(database: Database, small_app: Flask, clock: FixedClock) -> None:
    ids = registry(database, clock)
    for survivor_id in ids:
        by_hand(database, moved, survivor_id)
    first = ask(small_app, "check-plans", "--sample", "1")
    again = first.output.splitlines()[-1].removeprefix("The same sample again: flask ").split()
    assert again[:3] == ["check-plans", "--sample", "1"]
    assert first.output.startswith(tuple(str(survivor_id) for survivor_id in ids))
    for _ in range(3):
        assert ask(small_app, *again).output == first.output
    seeds = {ask(small_app, "check-plans", "--sample", "1", "--seed", str(n)).output[:36] for n in range(12)}
    assert len(seeds) > 1
    told = json.loads(ask(small_app, "check-plans", "--sample", "2", "--seed", "5", "--json").output.splitlines()[-1])
    assert told == {"survivors": 2, "waiting": 0, "differing": 2, "failed": 0, "sample": 2, "seed": 5}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(("--seed", "7"), "give --sample too"), (("--sample", "0"), "0 is not in the range"), (("--sample", "x"), "x")],
)
def test_what_cannot_be_asked_is_refused(small_app: Flask, arguments: tuple[str, ...], says: str) -> None:
    result = ask(small_app, "check-plans", *arguments)
    assert result.exit_code == 2
    assert says in result.output


def test_an_empty_registry_has_nothing_that_differs(small_app: Flask) -> None:
    assert ask(small_app, "check-plans").exit_code == 0
    assert ask(small_app, "check-plans", "--sample", "5").exit_code == 0


def test_the_job_can_be_run_by_hand(database: Database, small_app: Flask, clock: FixedClock) -> None:
    registry(database, clock)
    result = ask(small_app, "jobs", "run", "check_plans")
    assert json.loads(result.output) == {"job": "check_plans", "dry_run": False, "counts": {"survivors": 3}}
    assert len(runs(database)) == 1
    assert ask(small_app, "jobs", "run", "check_plans", "--dry-run").exit_code == 2


def test_the_scheduler_looks_every_hour_but_leaves_the_night_to_begin(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    scheduler = build(Config(instance=tmp_path), database, clock=clock, stopping=Event())
    declared = {job.id: job for job in scheduler.get_jobs()}
    assert declared["check_plans"].trigger.interval == HOUR
    assert declared["check_plans"].next_run_time == clock.now() + timedelta(minutes=10)
    assert declared["cross_boundaries"].next_run_time == clock.now()
