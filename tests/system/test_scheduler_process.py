"""The scheduler as it runs: a process of its own, started, stopped, doubled and killed."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.conftest import KEYS
from tests.factories import make_clinic, make_contact, make_survivor
from tests.integration.nights import make_items, night
from tests.shared import PROJECT
from tracker.clock import FixedClock, SystemClock
from tracker.db import Database
from tracker.models import DueItem, JobLease, JobRun, OutboxMessage, StatusEvent

WAIT = 60
NOW = SystemClock()


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Database]:
    found = Database(sqlite_url)
    yield found
    found.close()


@contextmanager
def scheduler(url: str, instance: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """``python -m tracker.scheduler`` over this database; whatever happens, it is gone afterwards."""
    env = os.environ | {"DATABASE_URL": url, "TRACKER_INSTANCE": str(instance), "TRACKER_ENCRYPTION_KEYS": KEYS[0]}
    command = [sys.executable, "-m", "tracker.scheduler", *arguments]
    child = subprocess.Popen(command, cwd=PROJECT, env=env, stderr=subprocess.PIPE, text=True)
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def until(true: Callable[[], bool], what: str) -> None:
    """Wait for something to become true in the database."""
    give_up = time.monotonic() + WAIT
    while not true():
        assert time.monotonic() < give_up, f"waited {WAIT} s in vain: {what}"
        time.sleep(0.05)


def listens(child: subprocess.Popen[str]) -> bool:
    """Does the process hear that it is to end? While it still loads its modules, being told so just ends it."""
    status = Path(f"/proc/{child.pid}/status")
    if not status.exists():  # another system than Linux does not say
        return True
    caught = next(line for line in status.read_text().splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


def count(store: Database, what: sa.Select[int]) -> int:
    with store.reading() as session:
        return session.scalar(what) or 0


EVENTS = sa.select(sa.func.count(StatusEvent.id))
GOOD_RUNS = sa.select(sa.func.count(JobRun.id)).where(JobRun.finished_at.is_not(None), JobRun.error.is_(None))
RUNS_ENDED = sa.select(sa.func.count(JobRun.id)).where(JobRun.finished_at.is_not(None))


def has_run(store: Database) -> bool:
    return count(store, GOOD_RUNS) > 0


def a_registry(store: Database, items: int) -> None:
    with store.transaction() as session:
        a_clinic_with_items(session, items)


def a_clinic_with_items(session: Session, items: int) -> None:
    survivor = make_survivor(session, make_clinic(session))
    today = NOW.today(survivor.clinic.tz)
    survivor.next_due_on = today
    make_contact(session, survivor, reminders_agreed_on=today)
    # Not overdue on the next day either: midnight at the clinic may come while the test runs.
    later = today + timedelta(days=30)
    make_items(session, survivor, items, upcoming_on=today - timedelta(days=60), due_on=today, overdue_after=later)


def assert_each_once(store: Database, items: int) -> None:
    """Every item has become upcoming and due, once each."""
    with store.reading() as session:
        found = Counter((e.due_item_id, e.status) for e in session.scalars(sa.select(StatusEvent)))
        ids = list(session.scalars(sa.select(DueItem.id)))
    assert len(ids) == items
    assert found == Counter((item_id, status) for item_id in ids for status in ("upcoming", "due"))


def test_it_ticks_at_once_sends_what_waits_and_ends_when_told_to(
    store: Database, sqlite_url: str, tmp_path: Path
) -> None:
    a_registry(store, 5)
    with scheduler(sqlite_url, tmp_path) as child:
        until(lambda: has_run(store), "the first tick")
        assert_each_once(store, 5)
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=WAIT) == 0
        assert child.stderr is not None
        assert child.stderr.read() == ""
    with store.reading() as session:
        assert session.scalars(sa.select(OutboxMessage)).one().template == "reminder"
        assert session.scalars(sa.select(JobLease)).one().expires_at <= NOW.now()
    # What was enqueued in the first tick goes out in the next run of the sender, a minute later at most.
    with scheduler(sqlite_url, tmp_path) as child:
        until(lambda: (tmp_path / "mail").exists() and any((tmp_path / "mail").iterdir()), "the message")
        child.send_signal(signal.SIGINT)
        assert child.wait(timeout=WAIT) == 0


def test_two_at_once_do_the_work_of_one(store: Database, sqlite_url: str, tmp_path: Path) -> None:
    a_registry(store, 900)
    with scheduler(sqlite_url, tmp_path) as one, scheduler(sqlite_url, tmp_path) as two:
        until(lambda: has_run(store), "the run of either")
        # The run of one may be over before the other is all there.
        until(lambda: listens(one) and listens(two), "both to be there")
        for child in (one, two):
            child.terminate()
        assert [child.wait(timeout=WAIT) for child in (one, two)] == [0, 0]
    assert_each_once(store, 900)
    assert count(store, sa.select(sa.func.count(OutboxMessage.id))) == 1


def test_killed_in_the_middle_the_next_run_completes_what_is_missing(
    store: Database, sqlite_url: str, tmp_path: Path
) -> None:
    a_registry(store, 6000)
    with scheduler(sqlite_url, tmp_path) as child:
        until(lambda: count(store, EVENTS) > 0, "the first batch")
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
    done = count(store, EVENTS)
    assert 0 < done < 12_000, "it was killed too late to prove anything"
    assert done % 2000 == 0, "half a batch was kept"
    assert count(store, RUNS_ENDED) == 0
    # Two minutes later the dead one's lease has run out.
    night(store, FixedClock(NOW.now() + timedelta(minutes=2)))
    assert_each_once(store, 6000)


def test_told_to_stop_in_the_middle_it_ends_with_its_batch(store: Database, sqlite_url: str, tmp_path: Path) -> None:
    a_registry(store, 6000)
    with scheduler(sqlite_url, tmp_path) as child:
        until(lambda: count(store, EVENTS) > 0, "the first batch")
        child.terminate()
        assert child.wait(timeout=WAIT) == 0
    assert 0 < count(store, EVENTS) < 12_000, "it was stopped too late to prove anything"
    assert count(store, EVENTS) % 2000 == 0
    # It gave its lease back: the next one need not wait.
    night(store, NOW)
    assert_each_once(store, 6000)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"TRACKER_ENV": "production"}, "TRACKER_SECRET_KEY is not set"),
        ({"TRACKER_SMTP_HOST": "mail.example"}, "TRACKER_SMTP_SENDER"),
    ],
)
def test_with_settings_it_cannot_use_it_says_so_and_does_not_start(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], says: str
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with scheduler(sqlite_url, tmp_path) as child:
        assert child.wait(timeout=WAIT) == 1
        assert child.stderr is not None
        error = child.stderr.read()
    assert says in error
    assert "Traceback" not in error
