"""A whole registry refreshed: what the engine says is what is stored, and only what differs is written."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import make_contact, make_result
from tests.integration.nights import make_message
from tests.integration.plan_registry import (
    EVERYBODY,
    TODAY,
    checksum,
    count,
    execute,
    fill,
    filled,
    number,
    poison,
    run,
    save_each,
    statements,
    writes,
)
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import AuditEvent, DueItem, JobRun, OutboxMessage, PlanFailure, PlanGap, Survivor
from tracker.services import care_plans, many_rows, planning, recompute
from tracker.services.recompute import Outcome

__all__ = ["filled"]


def test_a_first_run_stores_what_saves_would_have_stored(filled: Database, clock: FixedClock) -> None:
    done = run(filled, clock)
    open_items, gaps = count(filled, DueItem), count(filled, PlanGap)
    assert (done.survivors, done.failed, done.closed) == (EVERYBODY, 0, 0)
    assert done.written == EVERYBODY + open_items + gaps and open_items > 100 and gaps > 0
    assert done.checksum == checksum(filled)
    before = _rows(filled)
    save_each(filled, clock)
    assert _rows(filled) == before
    with filled.reading() as session:
        for survivor in session.scalars(sa.select(Survivor)):
            assert survivor.plan_digest == care_plans.digest(care_plans.plan_on(session, survivor, TODAY))


def _rows(database: Database) -> list[Any]:
    with database.reading() as session:
        tables = (DueItem.__table__, PlanGap.__table__, Survivor.__table__)
        return [sorted(map(repr, session.execute(sa.select(table)))) for table in tables]


def test_saves_leave_nothing_to_do(filled: Database, clock: FixedClock) -> None:
    save_each(filled, clock)
    with statements(filled) as seen:
        done = run(filled, clock)
    assert (done.written, done.closed, done.failed) == (0, 0, 0)
    assert writes(seen) == []
    assert done.checksum == checksum(filled)


@pytest.mark.parametrize("fresh", [False, True])
def test_a_second_run_writes_nothing(filled: Database, clock: FixedClock, fresh: bool) -> None:
    first = run(filled, clock)
    before = _rows(filled)
    with statements(filled) as seen:
        second = run(filled, clock, fresh=fresh)
    assert (second.written, second.closed, second.checksum) == (0, 0, first.checksum)
    assert writes(seen) == [] and _rows(filled) == before


def test_only_what_the_seals_leave_open_is_evaluated(
    filled: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(filled, clock)
    execute(filled, "UPDATE survivors SET birth_date = '2006-01-01' WHERE mrn = (SELECT min(mrn) FROM survivors)")
    decided: list[str] = []
    really = planning.decide

    def decide(recorded: Any, terms: Any) -> Any:
        decided.append(recorded.person.birth_date)
        return really(recorded, terms)

    monkeypatch.setattr(planning, "decide", decide)
    run(filled, clock)
    assert decided == ["2006-01-01"]
    run(filled, clock, fresh=True)
    assert len(decided) == 1 + EVERYBODY


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE due_items SET due_on = overdue_after WHERE test_code = 'echocardiogram'",
        "UPDATE due_items SET reasons = '[]'",
        "UPDATE due_items SET visit = true",
        "UPDATE due_items SET soft_due_on = '2030-01-01'",
        "UPDATE due_items SET closed_on = '2026-01-01', closed_by = 'declined' WHERE visit",
        "DELETE FROM due_items",
        "DELETE FROM plan_gaps",
        "UPDATE plan_gaps SET missing = '[]', consequence = 'none'",
        "UPDATE survivors SET next_due_on = NULL, plan_digest = 'none'",
        "UPDATE survivors SET plan_holds_until = '2099-01-01'",
        "UPDATE survivors SET plan_computed_on = '2099-01-01'",
        "UPDATE survivors SET has_plan = false",
    ],
)
def test_what_was_changed_by_hand_is_put_right(
    filled: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    # As if there were many of them: the other tests write a few.
    monkeypatch.setattr(many_rows, "FEW", 1)
    whole = run(filled, clock).checksum
    execute(filled, statement)
    assert run(filled, clock).written > 0
    assert checksum(filled) == whole
    assert run(filled, clock).written == 0


def test_an_item_too_many_is_closed_and_a_gap_too_many_removed(filled: Database, clock: FixedClock) -> None:
    whole = run(filled, clock).checksum
    execute(filled, "UPDATE due_items SET test_code = 'nothing' WHERE test_code = 'echocardiogram'")
    execute(filled, "UPDATE plan_gaps SET gap = gap || '-nothing'")
    done = run(filled, clock)
    assert done.closed > 0 and done.checksum == whole
    closed = count(filled, DueItem, DueItem.test_code == "nothing", DueItem.closed_by == "superseded")
    assert closed == done.closed
    assert count(filled, PlanGap, PlanGap.gap.endswith("-nothing")) == 0


def test_a_result_that_nobody_planned_for_closes_its_item_and_is_named(filled: Database, clock: FixedClock) -> None:
    run(filled, clock)
    with filled.transaction() as session:
        result = make_result(session, session.get_one(Survivor, number(13)), "echocardiogram", date(2026, 11, 1))
    assert run(filled, clock).closed == 1
    with filled.reading() as session:
        closed = session.scalars(sa.select(DueItem).where(DueItem.closed_on.is_not(None))).one()
        assert (closed.closed_by, closed.closing_result_id, closed.closed_on) == ("result", result.id, TODAY)


def test_a_death_closes_everything_and_messages_that_wait_are_withdrawn(filled: Database, clock: FixedClock) -> None:
    run(filled, clock)
    with filled.transaction() as session:
        message = make_message(session, make_contact(session, session.get_one(Survivor, number(13))))
    execute(filled, "UPDATE survivors SET deceased_on = '2026-10-01', deceased_precision = 'day'")
    done = run(filled, clock)
    assert done.closed == count(filled, DueItem, DueItem.closed_by == "deceased") == count(filled, DueItem)
    with filled.reading() as session:
        assert session.get_one(OutboxMessage, message.id).withdrawn_at is not None


def test_on_the_day_a_plan_stops_holding_it_is_computed_again(filled: Database, clock: FixedClock) -> None:
    run(filled, clock)
    with filled.reading() as session:
        holds_until = session.scalar(sa.select(sa.func.min(Survivor.plan_holds_until)))
    assert holds_until is not None
    clock.set(holds_until - timedelta(days=1))
    assert run(filled, clock).written == 0
    clock.set(holds_until)
    assert run(filled, clock).written > 0
    assert count(filled, Survivor, Survivor.plan_computed_on == holds_until) > 0


def test_statements_do_not_grow_with_the_survivors_of_a_chunk(
    filled: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One chunk, two, three: each takes the same few statements, however many survivors are in it."""
    execute(filled, "UPDATE exposures SET certainty = 'dose_unknown', value = NULL")
    taken = []
    for chunk in (EVERYBODY + 1, 6, 4):
        monkeypatch.setattr(recompute, "CHUNK", chunk)
        execute(filled, "DELETE FROM due_items")
        execute(filled, "DELETE FROM plan_gaps")
        with statements(filled) as filling:
            run(filled, clock)
        with statements(filled) as unchanged:
            run(filled, clock)
        taken.append((len(filling), len(unchanged)))
    (one, one_unchanged), (two, two_unchanged), (three, three_unchanged) = taken
    assert two_unchanged - one_unchanged == three_unchanged - two_unchanged < 14
    assert max(two - one, three - two) < 26


def trail(database: Database) -> list[AuditEvent]:
    """A row for each transaction that wrote, those with the most survivors first."""
    with database.reading() as session:
        told = sa.select(AuditEvent).where(AuditEvent.action == "plans.recomputed")
        return sorted(session.scalars(told), key=lambda row: len((row.after or {})["survivors"]), reverse=True)


def test_each_transaction_that_writes_leaves_one_row_in_the_trail(
    filled: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recompute, "CHUNK", 4)
    done = run(filled, clock)
    run(filled, clock)
    with filled.reading() as session:
        runs = session.scalars(sa.select(JobRun).order_by(JobRun.started_at)).all()
    rows = trail(filled)
    assert {row.actor for row in rows} == {"recompute"}
    assert [len((row.after or {})["survivors"]) for row in rows] == [4, 4, 3]
    assert sum((row.after or {})["written"] for row in rows) == done.written
    assert {row.subject_id for row in rows} <= {each.id for each in runs} and len(runs) == 2


def in_pairs(monkeypatch: pytest.MonkeyPatch, *, chunk: int, towards_the_end: int) -> None:
    """Chunks of so many survivors, two of them in a transaction until so many survivors are left."""
    monkeypatch.setattr(recompute, "CHUNK", chunk)
    monkeypatch.setattr(recompute, "WRITTEN_AT_ONCE", 2)
    monkeypatch.setattr(recompute, "TOWARDS_THE_END", towards_the_end)


def test_some_chunks_are_written_together_or_not_at_all(
    filled: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of four chunks go into a transaction: an error in the fourth takes the third with it, and no more."""
    in_pairs(monkeypatch, chunk=3, towards_the_end=0)
    counted, count_one = [], recompute.Work._count

    def fail_at_the_fourth(*given: Any) -> None:
        counted.append(given)
        if len(counted) == 4:
            raise RuntimeError("no more")
        count_one(*given)

    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr(recompute.Work, "_count", fail_at_the_fourth)
        run(filled, clock)
    assert count(filled, Survivor, Survivor.plan_seal != "") == 6
    [row] = trail(filled)
    assert row.after is not None and len(row.after["survivors"]) == 6
    done = run(filled, clock)
    assert (done.survivors, done.checksum) == (EVERYBODY, checksum(filled))


def test_towards_the_end_each_chunk_is_written_by_itself(
    filled: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of twelve survivors, one of whom has no plan, in chunks of two: two pairs of chunks, then two by themselves."""
    in_pairs(monkeypatch, chunk=2, towards_the_end=4)
    run(filled, clock)
    assert [len((row.after or {})["survivors"]) for row in trail(filled)] == [4, 4, 2, 1]


# Somebody whose plan cannot be worked out


def test_a_poisoned_record_steps_aside_and_is_named_until_it_is_put_right(filled: Database, clock: FixedClock) -> None:
    poison(filled, number(14))
    done = run(filled, clock)
    assert (done.survivors, done.failed) == (EVERYBODY, 1)
    with filled.reading() as session:
        failure = session.scalars(sa.select(PlanFailure)).one()
        assert (failure.survivor_id, failure.during, failure.error) == (number(14), "recompute", "ValueError")
        assert session.get_one(Survivor, number(14)).plan_seal == ""
    assert count(filled, DueItem, DueItem.survivor_id == number(14)) == 0
    assert count(filled, Survivor, Survivor.plan_seal != "") == EVERYBODY - 1

    again = run(filled, clock)
    assert (again.written, again.failed, again.checksum) == (0, 1, done.checksum)
    execute(filled, "UPDATE overrides SET repeat_every = 'P1Y' WHERE repeat_every = 'now and then'")
    healed = run(filled, clock)
    assert healed.failed == 0 and healed.written > 0
    assert count(filled, PlanFailure) == 0


def test_a_record_put_back_as_it_was_stands_accused_no_longer(filled: Database, clock: FixedClock) -> None:
    whole = run(filled, clock)
    poison(filled, number(14))
    assert run(filled, clock).failed == 1
    execute(filled, "DELETE FROM overrides WHERE repeat_every = 'now and then'")
    done = run(filled, clock)
    assert (done.written, done.failed, done.checksum) == (0, 0, whole.checksum)
    assert count(filled, PlanFailure) == 0


def test_a_date_that_is_none_is_a_failure_of_that_record_alone(sqlite_url: str, clock: FixedClock) -> None:
    database = Database(sqlite_url)
    with database.transaction() as session:
        fill(session)
    execute(database, "UPDATE survivors SET birth_date = 'in spring' WHERE mrn = (SELECT max(mrn) FROM survivors)")
    done = run(database, clock)
    assert (done.survivors, done.failed) == (EVERYBODY, 1)
    database.close()


def test_a_clinic_whose_guideline_cannot_be_read_fails_by_itself(filled: Database, clock: FixedClock) -> None:
    execute(filled, "UPDATE clinics SET pack = 'no/such' WHERE name = 'Western Clinic'")
    done = run(filled, clock)
    assert (done.survivors, done.failed) == (EVERYBODY, 3)
    assert count(filled, PlanFailure, PlanFailure.kind == "pack") == 3


def test_a_database_that_fails_is_nobodys_record(
    filled: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decide(*_: Any) -> None:
        raise sa.exc.OperationalError("gone", None, Exception())

    monkeypatch.setattr(planning, "decide", decide)
    with pytest.raises(sa.exc.OperationalError):
        run(filled, clock)
    assert count(filled, PlanFailure) == 0
    monkeypatch.undo()
    assert run(filled, clock).survivors == EVERYBODY


def test_no_survivors_are_no_trouble(database: Database, clock: FixedClock) -> None:
    done = run(database, clock)
    assert replace(done, checksum="") == Outcome(0, 0, 0, 0, "", 0.0)
    assert done.checksum == checksum(database)
