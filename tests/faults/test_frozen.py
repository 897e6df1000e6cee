"""A scheduler that is stopped (as a laptop that sleeps, or a machine that is moved) and wakes up past its time."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.faults import nights, told, world
from tests.faults.conftest import AT, Twin
from tests.faults.warmed import DATABASE_GONE, FINE, LEASE_LOST, Warmed
from tracker.db import Database
from tracker.services import leases

pytestmark = pytest.mark.usefixtures("small_batches")
OTHERS = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@contextmanager
def frozen(warmed: Warmed, url: str, folder: Path, point: str, nth: int) -> Iterator[int]:
    """A night that stands still where it passes this point, and is sent on its way at the end: its process id."""
    sleeper = warmed.start("night", url, AT, folder, "sleeper", (point, nth, signal.SIGSTOP))
    assert warmed.wait(sleeper) == -signal.SIGSTOP
    yield sleeper
    os.kill(sleeper, signal.SIGCONT)


def assert_as_undisturbed(database: Database, folder: Path, twin: Twin, *, sent_again: int = 0) -> None:
    assert told.told(database) == twin.said
    assert told.audited(database) == twin.audited
    assert len(told.sent(folder)) == twin.sent + sent_again
    assert len(set(told.sent(folder))) == twin.sent


@pytest.mark.parametrize(("point", "nth"), [("clinic.started", 1), ("refresh.committed", 2), ("cross.committed", 2)])
def test_between_two_batches_it_loses_the_lease_and_writes_nothing_more(
    point: str,
    nth: int,
    warmed: Warmed,
    eve: world.Poured,
    twins: dict[str, Twin],
    database: Database,
    database_url: str,
    tmp_path: Path,
) -> None:
    eve.into(database)
    twin = twins[database.engine.dialect.name]
    with frozen(warmed, database_url, tmp_path, point, nth) as sleeper:
        nights.night_after(database, AT, tmp_path)
        assert_as_undisturbed(database, tmp_path, twin)
    assert warmed.wait(sleeper) == LEASE_LOST
    assert_as_undisturbed(database, tmp_path, twin)
    assert {run.error for run in told.runs(database) if run.holder == "sleeper"} >= {"LeaseLost"}
    assert {run.error for run in told.runs(database) if run.holder == "living"} == {None}


@pytest.mark.parametrize("point", ["refresh.written_down", "cross.events_written", "clinic.finish_written"])
def test_in_the_middle_of_a_batch_it_holds_the_lease_until_it_is_through(
    point: str, warmed: Warmed, eve: world.Poured, twins: dict[str, Twin], sqlite_url: str, tmp_path: Path
) -> None:
    """On SQLite nobody else can write meanwhile; whoever tries is told so, writes nothing, and tries again later."""
    database = Database(sqlite_url)
    sa.event.listen(database.engine, "connect", impatient)
    eve.into(database)
    with (
        frozen(warmed, sqlite_url, tmp_path, point, nth=1) as sleeper,
        pytest.raises(sa.exc.OperationalError, match="locked"),
    ):
        nights.night(database, AT + leases.TTL, tmp_path, "rival")
    assert warmed.wait(sleeper) == FINE
    nights.night_after(database, AT, tmp_path)
    assert_as_undisturbed(database, tmp_path, twins["sqlite"])
    database.close()


def impatient(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA busy_timeout=100")


@pytest.mark.parametrize("point", ["refresh.written_down", "cross.events_written", "cross.written_down"])
def test_in_the_middle_of_a_batch_whose_connection_was_ended_it_commits_nothing(
    point: str,
    warmed: Warmed,
    eve: world.Poured,
    twins: dict[str, Twin],
    postgres_url: str,
    tmp_path: Path,
) -> None:
    """PostgreSQL gives up on a client it no longer hears from; others take over. What the sleeper held is void."""
    database = Database(postgres_url)
    eve.into(database)
    with frozen(warmed, postgres_url, tmp_path, point, nth=1) as sleeper:
        with database.engine.begin() as connection:
            assert set(connection.scalars(sa.text(OTHERS))) == {True}
        nights.night_after(database, AT, tmp_path)
        assert_as_undisturbed(database, tmp_path, twins["postgresql"])
    assert warmed.wait(sleeper) == DATABASE_GONE
    assert_as_undisturbed(database, tmp_path, twins["postgresql"])
    assert "OperationalError" in {run.error for run in told.runs(database) if run.holder == "sleeper"}
    database.close()


def test_on_postgresql_whoever_wants_the_lease_waits_for_the_batch_and_then_has_it(
    warmed: Warmed, eve: world.Poured, twins: dict[str, Twin], postgres_url: str, tmp_path: Path
) -> None:
    database = Database(postgres_url)
    eve.into(database)
    with frozen(warmed, postgres_url, tmp_path, "cross.events_written", nth=1) as sleeper:
        rival = warmed.start("night", postgres_url, AT + leases.TTL, tmp_path, "rival")
        assert warmed.wait(rival) == -signal.SIGSTOP
        os.kill(rival, signal.SIGCONT)
    # Whether the rival was there in time to be the next one is for the machine to say. Both end well either way.
    assert warmed.wait(rival) == FINE
    assert warmed.wait(sleeper) in (FINE, LEASE_LOST)
    nights.night_after(database, AT, tmp_path)
    assert_as_undisturbed(database, tmp_path, twins["postgresql"])
    database.close()


@pytest.mark.parametrize(("point", "again"), [("send.claimed", {0, 1}), ("send.handed_over", {1})])
def test_a_sender_past_its_claim_sends_at_most_the_one_message_in_its_hands_again(
    point: str,
    again: set[int],
    warmed: Warmed,
    eve: world.Poured,
    twins: dict[str, Twin],
    database: Database,
    database_url: str,
    tmp_path: Path,
) -> None:
    """Under the same key, and settled once. What it has claimed may be for an address that is refused."""
    twin = twins[database.engine.dialect.name]
    eve.into(database)
    with frozen(warmed, database_url, tmp_path, point, nth=1) as sleeper:
        nights.night_after(database, AT, tmp_path)
    assert warmed.wait(sleeper) == FINE
    assert len(told.sent(tmp_path)) - twin.sent in again
    assert_as_undisturbed(database, tmp_path, twin, sent_again=len(told.sent(tmp_path)) - twin.sent)
