"""The lease: one worker at a time, and one that was frozen never writes late."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.factories import make_clinic
from tracker.db import Database
from tracker.models import Clinic, JobLease
from tracker.services import leases
from tracker.services.leases import TTL, Lease, LeaseLost

NOW = datetime(2026, 11, 23, 5, 15, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def acquire(database: Database, holder: str, now: datetime = NOW, name: str = "cross_boundaries") -> Lease | None:
    with database.transaction() as session:
        return leases.acquire(session, name, holder, now=now)


def held(database: Database, holder: str, now: datetime = NOW) -> Lease:
    lease = acquire(database, holder, now)
    assert lease is not None
    return lease


def test_the_first_one_gets_the_lease_and_the_second_gets_nothing(database: Database) -> None:
    first = held(database, "one")
    assert (first.name, first.holder, first.fence) == ("cross_boundaries", "one", 1)
    assert acquire(database, "two") is None
    assert acquire(database, "two", NOW + TTL - SECOND) is None


def test_the_holder_itself_cannot_take_it_twice(database: Database) -> None:
    held(database, "one")
    assert acquire(database, "one") is None


def test_leases_of_different_jobs_do_not_meet(database: Database) -> None:
    held(database, "one")
    other = acquire(database, "two", name="other_job")
    assert other is not None
    assert other.fence == 1


def test_an_expired_lease_is_taken_with_a_higher_fence(database: Database) -> None:
    first = held(database, "one")
    second = held(database, "two", NOW + TTL)
    assert (first.fence, second.fence) == (1, 2)
    assert held(database, "one", NOW + 2 * TTL).fence == 3


def test_renewing_moves_the_end_of_the_lease(database: Database) -> None:
    lease = held(database, "one")
    with database.transaction() as session:
        leases.renew(session, lease, now=NOW + TTL - SECOND)
    assert acquire(database, "two", NOW + TTL) is None
    assert acquire(database, "two", NOW + 2 * TTL - SECOND) is not None


def test_a_lease_that_ran_out_cannot_be_renewed_even_if_nobody_took_it(database: Database) -> None:
    lease = held(database, "one")
    with pytest.raises(LeaseLost), database.transaction() as session:
        leases.renew(session, lease, now=NOW + TTL)


def test_a_frozen_holder_that_wakes_up_writes_nothing(database: Database) -> None:
    frozen = held(database, "one")
    held(database, "two", NOW + TTL)
    with pytest.raises(LeaseLost, match="cross_boundaries"), database.transaction() as session:
        make_clinic(session, name="Written too late")
        leases.renew(session, frozen, now=NOW + TTL + SECOND)
    with database.reading() as session:
        assert session.scalars(sa.select(Clinic)).all() == []


def test_the_same_name_with_an_older_fence_is_a_different_holder(database: Database) -> None:
    """Two runs by hand have the same name; only the fence tells them apart."""
    frozen = held(database, "by hand")
    held(database, "by hand", NOW + TTL)
    with pytest.raises(LeaseLost), database.transaction() as session:
        leases.renew(session, frozen, now=NOW + TTL)


def test_a_released_lease_is_free_at_once_and_the_fence_still_rises(database: Database) -> None:
    first = held(database, "one")
    with database.transaction() as session:
        leases.release(session, first, now=NOW + SECOND)
    assert held(database, "two", NOW + SECOND).fence == 2


def test_releasing_what_another_one_holds_by_now_changes_nothing(database: Database) -> None:
    frozen = held(database, "one")
    second = held(database, "two", NOW + TTL)
    with database.transaction() as session:
        leases.release(session, frozen, now=NOW + TTL + SECOND)
    assert acquire(database, "three", NOW + TTL + SECOND) is None
    with database.transaction() as session:
        leases.renew(session, second, now=NOW + TTL + SECOND)


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=400)])
def test_a_clock_set_back_does_not_lock_everyone_out(database: Database, back: timedelta) -> None:
    """A lease that seems to run for an hour was taken before the clock was set back: nobody waits for that hour."""
    ahead = held(database, "one", NOW + back)
    assert held(database, "two", NOW).fence == 2
    with pytest.raises(LeaseLost), database.transaction() as session:
        leases.renew(session, ahead, now=NOW)


def test_two_machines_whose_clocks_differ_a_little_do_not_rob_each_other(database: Database) -> None:
    held(database, "one", NOW + timedelta(seconds=90))
    assert acquire(database, "two", NOW) is None


def test_of_many_at_once_exactly_one_gets_it(database: Database) -> None:
    won: list[Lease] = []
    together = threading.Barrier(6)

    def try_it(number: int) -> None:
        together.wait()
        lease = acquire(database, f"worker {number}")
        if lease is not None:
            won.append(lease)

    in_threads([lambda number=number: try_it(number) for number in range(6)])  # type: ignore[misc]
    assert len(won) == 1
    with database.reading() as session:
        [row] = session.scalars(sa.select(JobLease))
        assert (row.holder, row.fence) == (won[0].holder, 1)


def test_nobody_can_take_the_lease_while_a_batch_that_renewed_it_is_open(database: Database) -> None:
    """However long the batch takes: taking over has to wait for its commit, and then finds the lease renewed."""
    lease = held(database, "one")
    taken: list[Lease | None] = []
    with database.transaction() as session:
        leases.renew(session, lease, now=NOW + SECOND)
        rival = threading.Thread(target=lambda: taken.append(acquire(database, "two", NOW + TTL + SECOND / 2)))
        rival.start()
        rival.join(timeout=0.3)
        assert taken == []
    rival.join()
    assert taken == [None]


def in_threads(work: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=each) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
