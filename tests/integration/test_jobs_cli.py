"""``flask jobs``: by hand, for another day, as a rehearsal, and how the last run went."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from sqlalchemy.orm import Session

from config import Config
from tests.factories import make_clinic, make_contact, make_survivor, make_user
from tests.integration.nights import (
    BOOKKEEPING,
    DAY,
    DUE_ON,
    OVERDUE_ON,
    UPCOMING_ON,
    events,
    fingerprint,
    make_item,
    make_message,
    night,
)
from tracker.cli_jobs import jobs as commands
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import AuditEvent, JobRun, OutboxMessage, StatusEvent, UserSession
from tracker.services import jobs, leases


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock.on(UPCOMING_ON)


@pytest.fixture
def small_app(database: Database, clock: FixedClock, tmp_path: Path) -> Flask:
    """An application of nothing but the commands, so that no page's fault is found here."""
    app = Flask("jobs")
    app.extensions["tracker_config"] = Config(instance=tmp_path)
    app.extensions["tracker_clock"] = clock
    app.extensions["tracker_open_database"] = lambda: database
    app.cli.add_command(commands)
    return app


def ask(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["jobs", *arguments])


def counts(result: Result) -> dict[str, int]:
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    return {name: count for name, count in told["counts"].items() if count}


def store(database: Database, make: Callable[[Session], Any]) -> Any:
    with database.transaction() as session:
        return make(session)


def one_item(session: Session) -> None:
    survivor = make_survivor(session)
    make_item(session, survivor)
    make_contact(session, survivor, reminders_agreed_on=date(2027, 1, 4))


def test_a_run_by_hand_says_what_it_did(database: Database, small_app: Flask) -> None:
    store(database, one_item)
    result = ask(small_app, "run", "cross_boundaries")
    assert json.loads(result.output)["job"] == "cross_boundaries"
    assert counts(result) == {"items": 1, "events": 1, "upcoming": 1}
    assert events(database) == [("late_effects", "upcoming", UPCOMING_ON)]
    assert counts(ask(small_app, "run", "cross_boundaries")) == {}


def test_as_of_another_day_finds_what_that_day_brings(database: Database, small_app: Flask) -> None:
    store(database, one_item)
    assert counts(ask(small_app, "run", "cross_boundaries", "--as-of", "2028-02-14")) == {}
    assert counts(ask(small_app, "run", "cross_boundaries", "--as-of", "2028-02-29"))["due"] == 1
    assert counts(ask(small_app, "run", "cross_boundaries", "--as-of", "2028-03-30")) == {}
    assert counts(ask(small_app, "run", "cross_boundaries", "--as-of", "2028-03-31"))["overdue"] == 1


def test_day_by_day_gives_what_one_late_run_gives(database: Database, small_app: Flask) -> None:
    store(database, one_item)
    day = UPCOMING_ON - DAY
    while day <= OVERDUE_ON + DAY:
        ask(small_app, "run", "cross_boundaries", "--as-of", day.isoformat())
        day += timedelta(days=5) if day not in (UPCOMING_ON - DAY, DUE_ON, OVERDUE_ON) else DAY
    assert [on for _, _, on in sorted(events(database), key=lambda event: event[2])] == [
        UPCOMING_ON,
        DUE_ON,
        OVERDUE_ON,
    ]


def test_instants_stay_real_when_the_day_is_another(database: Database, small_app: Flask, clock: FixedClock) -> None:
    """The trail says when it was done, not when it was pretended to be."""
    store(database, one_item)
    counts(ask(small_app, "run", "cross_boundaries", "--as-of", "2028-12-31"))
    with database.reading() as session:
        assert {event.recorded_at for event in session.scalars(sa.select(StatusEvent))} == {clock.now()}
        assert {event.at for event in session.scalars(sa.select(AuditEvent))} == {clock.now()}
        [run] = session.scalars(sa.select(JobRun))
        assert (run.local_day, run.started_at, run.finished_at) == (date(2028, 12, 31), clock.now(), clock.now())


@pytest.mark.parametrize("as_of", ["2020-01-01", "2031-01-01"])
def test_a_run_for_another_day_locks_nobody_out_and_replaces_no_night(
    database: Database, small_app: Flask, clock: FixedClock, as_of: str
) -> None:
    store(database, make_clinic)
    night(database, clock)
    clock.advance(timedelta(minutes=15))
    assert ask(small_app, "run", "cross_boundaries", "--as-of", as_of).exit_code == 0
    clock.advance(timedelta(minutes=15))
    night(database, clock)
    clock.set(UPCOMING_ON + DAY)
    night(database, clock)
    with database.reading() as session:
        days = set(session.scalars(sa.select(JobRun.local_day)))
    assert days == {UPCOMING_ON, UPCOMING_ON + DAY, date.fromisoformat(as_of)}


def test_a_day_run_by_hand_in_advance_is_still_refreshed_when_it_comes(
    database: Database, small_app: Flask, clock: FixedClock
) -> None:
    store(database, make_clinic)
    ask(small_app, "run", "cross_boundaries", "--as-of", (UPCOMING_ON + DAY).isoformat())
    survivor_id = store(database, lambda session: make_survivor(session, plan_holds_until=UPCOMING_ON + DAY).id)
    assert survivor_id
    clock.set(UPCOMING_ON + DAY)
    assert night(database, clock)["refreshed"] == 1


@pytest.mark.parametrize("as_of", [None, "2028-12-31"])
def test_a_rehearsal_says_the_same_and_changes_no_row_of_any_table(
    database: Database, small_app: Flask, as_of: str | None
) -> None:
    store(database, one_item)
    store(database, lambda session: make_survivor(session, plan_holds_until=UPCOMING_ON))
    arguments = ["run", "cross_boundaries", *(["--as-of", as_of] if as_of else [])]
    before = fingerprint(database, leave_out=())
    foreseen = ask(small_app, *arguments, "--dry-run")
    assert json.loads(foreseen.output)["dry_run"] is True
    assert fingerprint(database, leave_out=()) == before
    assert counts(foreseen) == counts(ask(small_app, *arguments))
    assert fingerprint(database, leave_out=BOOKKEEPING) != before


def test_while_a_scheduler_is_at_it_the_command_says_so(
    database: Database, small_app: Flask, clock: FixedClock
) -> None:
    with database.transaction() as session:
        leases.acquire(session, jobs.FLAG_JOB, "scheduler", now=clock.now())
    result = ask(small_app, "run", "cross_boundaries")
    assert result.exit_code == 1
    assert "Try again in two minutes" in result.output


def test_waiting_messages_can_be_sent_by_hand(database: Database, small_app: Flask, tmp_path: Path) -> None:
    def make(session: Session) -> None:
        survivor = make_survivor(session, next_due_on=UPCOMING_ON)
        contact = make_contact(session, survivor, reminders_agreed_on=date(2027, 1, 4))
        make_message(session, contact)

    store(database, make)
    assert counts(ask(small_app, "run", "send_outbox")) == {"sent": 1}
    assert counts(ask(small_app, "run", "send_outbox")) == {}
    [file] = (tmp_path / "mail").iterdir()
    with database.reading() as session:
        assert file.stem == str(session.scalars(sa.select(OutboxMessage.id)).one())


def test_what_is_past_use_can_be_removed_by_hand(database: Database, small_app: Flask, clock: FixedClock) -> None:
    def make(session: Session) -> None:
        at = clock.now() - timedelta(days=3)
        user = make_user(session)
        session.add(UserSession(token_hash="x", user_id=user.id, created_at=at, last_seen_at=at))

    store(database, make)
    assert ask(small_app, "run", "prune").exit_code == 0
    with database.reading() as session:
        assert session.scalars(sa.select(UserSession)).all() == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "no_such_job"], "cross_boundaries"),
        (["run", "cross_boundaries", "--as-of", "02/29/2028"], "%Y-%m-%d"),
        (["run", "send_outbox", "--dry-run"], "are for cross_boundaries"),
        (["run", "prune", "--as-of", "2028-02-29"], "are for cross_boundaries"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(small_app: Flask, arguments: list[str], says: str) -> None:
    result = ask(small_app, *arguments)
    assert result.exit_code == 2
    assert says in result.output


def test_status_says_never_and_ends_with_1_before_the_first_run(database: Database, small_app: Flask) -> None:
    store(database, make_clinic)
    result = ask(small_app, "status")
    assert result.exit_code == 1
    assert result.output == "cross_boundaries: last good run never - too long ago\n"


def test_status_ends_with_1_from_26_hours_on(database: Database, small_app: Flask, clock: FixedClock) -> None:
    store(database, make_clinic)
    ask(small_app, "run", "cross_boundaries")
    for ago, status in ((timedelta(hours=26), 0), (timedelta(seconds=1), 1)):
        clock.advance(ago)
        result = ask(small_app, "status")
        assert result.exit_code == status
        assert "last good run 2028-02-15 12:00 UTC" in result.output
        assert ("too long ago" in result.output) == bool(status)
    ask(small_app, "run", "cross_boundaries")
    assert ask(small_app, "status").exit_code == 0


def test_a_run_for_another_day_does_not_count_as_a_good_run(database: Database, small_app: Flask) -> None:
    store(database, make_clinic)
    ask(small_app, "run", "cross_boundaries", "--as-of", "2028-02-01")
    assert ask(small_app, "status").exit_code == 1
    ask(small_app, "run", "cross_boundaries", "--as-of", UPCOMING_ON.isoformat())
    assert ask(small_app, "status").exit_code == 0
