"""A recompute that is stopped on the way, or has others at work beside it: nothing is lost, and nobody overruled."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import make_result
from tests.integration.plan_registry import (
    EVERYBODY,
    TODAY,
    checksum,
    count,
    execute,
    filled,
    number,
    poison,
    run,
)
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import DueItem, JobRun, PlanFailure, Survivor
from tracker.services import care_plans, leases, recompute, recompute_progress
from tracker.services.leases import LeaseLost
from tracker.services.recompute_lanes import Lanes

__all__ = ["filled"]


class Killed(BaseException):
    """Nothing catches it, as nothing catches kill -9."""


def killed_after(chunks: int) -> Callable[[int], None]:
    left = chunks + 1

    def advance(_count: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed

    return advance


def in_chunks_of_three(patched: pytest.MonkeyPatch) -> None:
    """Each written by itself."""
    patched.setattr(recompute, "CHUNK", 3)
    patched.setattr(recompute, "WRITTEN_AT_ONCE", 1)


def kill_run(database: Database, clock: FixedClock, **given: Any) -> None:
    with pytest.raises(Killed):
        run(database, clock, advance=killed_after(1), **given)


@pytest.mark.parametrize("computed_before", [False, True])
def test_a_run_that_was_killed_is_continued_where_it_was(
    filled: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, computed_before: bool
) -> None:
    in_chunks_of_three(monkeypatch)
    monkeypatch.setattr(recompute, "SAVED_EVERY", 1)
    if computed_before:
        run(filled, clock)
    kill_run(filled, clock)
    seen: list[int] = []
    done = run(filled, clock, advance=seen.append)
    assert seen == [6, 3, 2]
    assert (done.survivors, done.checksum) == (EVERYBODY, checksum(filled))
    assert (done.written > 0) is not computed_before
    with filled.reading() as session:
        assert all(each.finished_at for each in session.scalars(sa.select(JobRun)))


def test_what_was_not_written_down_is_done_again(
    filled: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing is written, progress is kept now and then only."""
    in_chunks_of_three(monkeypatch)
    whole = run(filled, clock)
    kill_run(filled, clock)
    seen: list[int] = []
    done = run(filled, clock, advance=seen.append)
    assert (seen, done.survivors, done.checksum) == ([0, 3, 3, 3, 2], EVERYBODY, whole.checksum)


@pytest.mark.parametrize("why", ["asked", "another mode", "other code", "long ago"])
def test_a_run_begins_anew_where_continuing_would_be_wrong(
    filled: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    in_chunks_of_three(monkeypatch)
    kill_run(filled, clock)
    given = {"asked": {"from_start": True}, "another mode": {"fresh": True}}.get(why, {})
    if why == "other code":
        monkeypatch.setattr(recompute_progress, "code_fingerprint", lambda: b"other")
    if why == "long ago":
        clock.advance(recompute_progress.WORTH_CONTINUING)
    seen: list[int] = []
    done = run(filled, clock, advance=seen.append, **given)
    assert (seen[0], done.survivors, done.checksum) == (0, EVERYBODY, checksum(filled))
    with filled.reading() as session:
        runs = session.scalars(sa.select(JobRun).order_by(JobRun.error)).all()
        assert sorted(str(each.error) for each in runs) == ["Interrupted", "None"]


# Others at work meanwhile


class Slow(Executor):
    """Looks at a chunk at once, but answers only after something else has happened."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        self.meanwhile: Callable[[], None] | None = meanwhile

    def submit(self, fn: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*given, **named))
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        return done


def test_a_record_saved_while_it_was_looked_at_is_looked_at_again(filled: Database, clock: FixedClock) -> None:
    run(filled, clock)
    execute(filled, "UPDATE survivors SET birth_date = '2006-01-01'")

    def save() -> None:
        with filled.transaction() as session:
            survivor = session.get_one(Survivor, number(13))
            make_result(session, survivor, "echocardiogram", date(2026, 11, 2), id=number(800))
            care_plans.refresh(session, survivor, clock=clock)

    run(filled, clock, lanes=Lanes(Slow(save)))
    echo = DueItem.test_code == "echocardiogram"
    assert count(filled, DueItem, echo, DueItem.survivor_id == number(13), DueItem.closed_on.is_(None)) == 1
    assert count(filled, DueItem, DueItem.closing_result_id == number(800)) == 1
    assert run(filled, clock, fresh=True).written == 0


def test_a_record_gone_bad_while_it_was_looked_at_steps_aside(filled: Database, clock: FixedClock) -> None:
    def meanwhile() -> None:
        poison(filled, number(14))
        execute(filled, "UPDATE survivors SET version = version + 1")

    done = run(filled, clock, lanes=Lanes(Slow(meanwhile)))
    assert (done.survivors, done.failed, done.checksum) == (EVERYBODY, 1, checksum(filled))
    assert count(filled, PlanFailure) == 1


def test_a_clinic_that_changes_its_choices_meanwhile_gets_plans_by_the_new_ones(
    filled: Database, clock: FixedClock
) -> None:
    def move() -> None:
        execute(filled, "UPDATE clinics SET tz = 'Pacific/Kiritimati'")

    clock.set(FixedClock.on(TODAY, hour=20).now())
    done = run(filled, clock, lanes=Lanes(Slow(move)))
    assert done.checksum == checksum(filled)
    assert count(filled, Survivor, Survivor.plan_computed_on == TODAY + timedelta(days=1)) == EVERYBODY


def test_while_one_is_running_another_does_nothing(filled: Database, clock: FixedClock) -> None:
    with filled.transaction() as session:
        assert leases.acquire(session, recompute_progress.NAME, "elsewhere", now=clock.now())
    assert recompute.run(filled, clock, holder="here") is None
    assert count(filled, DueItem) == 0


def test_one_that_was_overtaken_writes_nothing_more(
    filled: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_chunks_of_three(monkeypatch)
    stood_still: list[int] = []

    def stand_still(_count: int) -> None:
        stood_still.append(count(filled, DueItem))
        if len(stood_still) == 2:
            clock.advance(leases.TTL)

    with pytest.raises(LeaseLost):
        run(filled, clock, advance=stand_still)
    assert stood_still[0] == 0 < stood_still[1] == count(filled, DueItem)
