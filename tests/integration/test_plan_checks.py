"""Every stored plan is compared with what the engine says, and every row with what was stored."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.conftest import TODAY
from tests.factories import make_clinic, make_exposure, make_result, make_survivor
from tests.integration.nights import fingerprint, night, statements
from tests.integration.test_plan_failures import poison
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.jobs import check_plans
from tracker.models import (
    AuditEvent,
    Clinic,
    DueItem,
    FailedDuring,
    PlanFailure,
    PlanGap,
    Result,
    Standing,
    Survivor,
)
from tracker.services import care_plans, change_sets, plan_checks, plan_failures, planning
from tracker.services.facts import load_recorded
from tracker.services.plan_checks import Checked, Differs, Finding
from tracker.services.plan_failures import NamedError
from tracker.services.raw_rows import how_many


def registry(database: Database, clock: FixedClock, number: int = 3) -> list[UUID]:
    """Survivors with plans as they are stored: gaps, a claim, somebody paused, somebody without a summary."""
    with database.transaction() as session:
        clinic = make_clinic(session)
        people = [make_survivor(session, clinic, exposures={"doxorubicin_mg_m2": 300}) for _ in range(number)]
        make_exposure(session, people[0], "heart_rt_gy", None)
        make_result(session, people[1 % number], "echocardiogram", date(2026, 3, 2), claimed=True)
        people.append(make_survivor(session, clinic, diagnosis=None))
        people.append(make_survivor(session, clinic, standing=Standing.ON_TREATMENT))
        people.append(make_survivor(session, clinic))
        care_plans.refresh_all(session, people, clock=clock)
        change_sets.withdraw(session, people[-1], clock=clock)
        care_plans.refresh(session, people[-1], clock=clock)
        return [survivor.id for survivor in people]


def looked_at(database: Database, clock: FixedClock, ids: list[UUID] | None = None) -> Checked:
    done = Checked()
    for some in plan_checks.batches(check_plans.every_id(database) if ids is None else ids):
        done.add(check_plans.look_at(database, some, clock=clock))
    return done


def change(database: Database, statement: sa.Update | sa.Delete | sa.Insert) -> None:
    """As somebody does by hand, past everything that keeps plans in order."""
    with database.transaction() as session:
        assert session.execute(statement, execution_options={"synchronize_session": False})


def found(checked: Checked) -> dict[UUID, set[Differs]]:
    return {finding.survivor_id: set(finding.differs) for finding in checked.findings}


def test_a_registry_in_order_has_no_finding_and_is_not_changed(database: Database, clock: FixedClock) -> None:
    ids = registry(database, clock)
    before = fingerprint(database, leave_out=())
    checked = looked_at(database, clock)
    assert checked.findings == []
    assert checked.tally() == {"survivors": len(ids)}
    assert fingerprint(database, leave_out=()) == before


def an_item(session: Session, survivor_id: UUID) -> DueItem:
    query = sa.select(DueItem).where(DueItem.survivor_id == survivor_id, DueItem.closed_on.is_(None))
    return session.scalars(query.order_by(DueItem.due_on.desc(), DueItem.test_code)).first() or pytest.fail("no item")


def moved(session: Session, survivor_id: UUID) -> None:
    an_item(session, survivor_id).due_on -= timedelta(days=1)


def overdue_moved(session: Session, survivor_id: UUID) -> None:
    an_item(session, survivor_id).overdue_after += timedelta(days=1)


def closed(session: Session, survivor_id: UUID) -> None:
    item = an_item(session, survivor_id)
    item.closed_on, item.closed_by = TODAY, "declined"


def flag_lost(session: Session, survivor_id: UUID) -> None:
    item = an_item(session, survivor_id)
    item.late_effects, item.recurrence, item.visit, item.predisposition = False, False, False, True


def reasons_lost(session: Session, survivor_id: UUID) -> None:
    an_item(session, survivor_id).reasons = []


def reasons_unreadable(session: Session, survivor_id: UUID) -> None:
    an_item(session, survivor_id).reasons = [{"rule_id": "x", "kind": "no kind"}]


def opened(session: Session, survivor_id: UUID) -> None:
    like = an_item(session, survivor_id)
    kept = {c.key: getattr(like, c.key) for c in sa.inspect(DueItem).columns if c.key != "id"}
    session.add(DueItem(**(kept | {"test_code": "chest-ct-by-hand"})))


def gap_lost(session: Session, survivor_id: UUID) -> None:
    session.execute(sa.delete(PlanGap).where(PlanGap.survivor_id == survivor_id))


def gap_invented(session: Session, survivor_id: UUID) -> None:
    session.add(PlanGap(survivor_id=survivor_id, gap="x", missing=[], consequence="treated_as_met"))


@pytest.mark.parametrize(
    "by_hand",
    [moved, overdue_moved, closed, flag_lost, reasons_lost, reasons_unreadable, opened, gap_lost, gap_invented],
)
def test_a_row_that_somebody_changed_is_found(
    database: Database, clock: FixedClock, by_hand: Callable[[Session, UUID], None]
) -> None:
    ids = registry(database, clock)
    with database.transaction() as session:
        by_hand(session, ids[0])
    differs = found(looked_at(database, clock))
    assert differs.keys() == {ids[0]}
    assert Differs.ROWS in differs[ids[0]]
    assert Differs.PLAN not in differs[ids[0]]


def test_a_fact_that_somebody_changed_makes_another_plan(database: Database, clock: FixedClock) -> None:
    ids = registry(database, clock)
    change(database, sa.update(Result).values(claimed=False))
    assert found(looked_at(database, clock)) == {ids[1]: {Differs.PLAN}}


@pytest.mark.parametrize(
    "column", ["next_upcoming_on", "next_due_on", "next_overdue_on", "recurrence_due_on", "recurrence_overdue_on"]
)
def test_a_date_on_the_record_that_its_items_do_not_have(database: Database, clock: FixedClock, column: str) -> None:
    ids = registry(database, clock)
    change(database, sa.update(Survivor).where(Survivor.id == ids[0]).values({column: date(2031, 1, 1)}))
    assert found(looked_at(database, clock)) == {ids[0]: {Differs.SUMMARY}}


def test_a_stored_fingerprint_that_is_not_its_plan_s(database: Database, clock: FixedClock) -> None:
    ids = registry(database, clock)
    change(database, sa.update(Survivor).where(Survivor.id == ids[0]).values(plan_digest="0" * 64))
    assert found(looked_at(database, clock)) == {ids[0]: {Differs.PLAN, Differs.ROWS}}


def test_who_was_never_planned_is_found(database: Database, clock: FixedClock) -> None:
    with database.transaction() as session:
        survivor_id = make_survivor(session).id
    assert Differs.PLAN in found(looked_at(database, clock))[survivor_id]


def test_a_plan_whose_day_has_come_waits_for_the_night_but_its_rows_do_not(
    database: Database, clock: FixedClock
) -> None:
    ids = registry(database, clock)
    with database.reading() as session:
        holds_until = session.get_one(Survivor, ids[0]).plan_holds_until
    assert holds_until is not None
    clock.set(holds_until)
    waiting = looked_at(database, clock)
    assert waiting.findings == []
    assert waiting.counts["waiting"] >= 1
    with database.transaction() as session:
        moved(session, ids[0])
    assert Differs.ROWS in found(looked_at(database, clock))[ids[0]]
    with database.transaction() as session:
        care_plans.refresh(session, session.get_one(Survivor, ids[0]), clock=clock)
    night(database, clock)
    settled = looked_at(database, clock)
    assert (settled.findings, settled.counts["waiting"]) == ([], 0)


def test_on_the_last_day_on_which_it_holds_it_is_compared(database: Database, clock: FixedClock) -> None:
    ids = registry(database, clock)
    with database.reading() as session:
        holds_until = session.get_one(Survivor, ids[0]).plan_holds_until
    assert holds_until is not None
    clock.set(holds_until - timedelta(days=1))
    assert looked_at(database, clock, [ids[0]]).tally() == {"survivors": 1}


def test_each_clinic_s_own_today_counts(database: Database, clock: FixedClock) -> None:
    """Noon in New York is the next day already in Auckland, where the plan no longer holds then."""
    with database.transaction() as session:
        here, there = make_clinic(session), make_clinic(session, tz="Pacific/Auckland")
        people = [make_survivor(session, clinic) for clinic in (here, there)]
        care_plans.refresh_all(session, people, clock=clock)
        for survivor in people:
            survivor.plan_holds_until = clock.today(here.tz) + timedelta(days=1)
        ids = [survivor.id for survivor in people]
    clock.advance(timedelta(hours=6))
    assert looked_at(database, clock, [ids[0]]).counts["waiting"] == 0
    assert looked_at(database, clock, [ids[1]]).counts["waiting"] == 1


def test_a_refresh_mends_what_was_found(database: Database, clock: FixedClock) -> None:
    ids = registry(database, clock)
    for by_hand in (moved, gap_invented):
        with database.transaction() as session:
            by_hand(session, ids[0])
    with database.transaction() as session:
        care_plans.refresh(session, session.get_one(Survivor, ids[0]), clock=clock)
    assert looked_at(database, clock).findings == []


# --- what cannot be worked out --------------------------------------------------------------------------------


def test_a_poisoned_record_is_named_noted_and_the_others_are_looked_at(database: Database, clock: FixedClock) -> None:
    ids = registry(database, clock)
    with database.transaction() as session:
        poison(session, session.get_one(Survivor, ids[1])).decided_on = date(2026, 1, 1)
        moved(session, ids[0])
    checked = looked_at(database, clock)
    assert found(checked) == {ids[0]: {Differs.ROWS}, ids[1]: {Differs.FAILED}}
    [failed] = checked.failed
    assert failed.error == NamedError("ValueError", "unexpected_value")
    with database.reading() as session:
        row = session.scalars(sa.select(PlanFailure)).one()
        assert (row.survivor_id, row.during) == (ids[1], FailedDuring.CHECK)
        event = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "job.check_plans")).one()
        assert event.after == {"differing": [str(ids[0])], "failed": [str(ids[1])]}


def test_a_record_that_cannot_be_read_is_named_by_the_check_as_by_a_refresh_though_nothing_is_due(
    sqlite_url: str, clock: FixedClock
) -> None:
    """Of somebody on treatment again; only SQLite keeps a date that is none."""
    database = Database(sqlite_url)
    ids = registry(database, clock)
    with database.transaction() as session:
        survivor = session.get_one(Survivor, ids[1])
        survivor.standing = Standing.ON_TREATMENT
        care_plans.refresh(session, survivor, clock=clock)
    assert looked_at(database, clock).findings == []
    with database.engine.begin() as connection:
        broken = sa.text("UPDATE diagnoses SET end_of_therapy_on = 'no day' WHERE survivor_id = :id")
        assert connection.execute(broken, {"id": ids[1].hex}).rowcount == 1
    with database.transaction() as session, pytest.raises(ValueError):
        care_plans.refresh(session, session.get_one(Survivor, ids[1]), clock=clock)
    assert found(looked_at(database, clock)) == {ids[1]: {Differs.FAILED}}
    database.close()


def test_rows_that_cannot_even_be_read_hold_nobody_else_up(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = registry(database, clock)
    really = load_recorded

    def load(session: Session, some: list[UUID]) -> Any:
        if ids[1] in some:
            raise LookupError("a value of no list")
        return really(session, some)

    monkeypatch.setattr(plan_checks, "load_recorded", load)
    checked = looked_at(database, clock)
    assert found(checked) == {ids[1]: {Differs.FAILED}}
    assert checked.counts["survivors"] == len(ids)


def test_a_database_that_fails_is_nobodys_record(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry(database, clock)

    def fails(*_: Any, **__: Any) -> None:
        raise OperationalError("database is locked", None, Exception())

    for module, name in ((plan_checks, "load_recorded"), (planning, "evaluate")):
        with monkeypatch.context() as patched, pytest.raises(OperationalError):
            patched.setattr(module, name, fails)
            looked_at(database, clock)
    with database.reading() as session:
        assert session.scalars(sa.select(PlanFailure)).all() == []


def test_what_was_saved_meanwhile_is_no_finding(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first look is no snapshot: between two of its statements somebody may have saved the record."""
    ids = registry(database, clock)
    really, torn = plan_checks.check, list[UUID]()

    def check(session: Session, some: list[UUID], *, clock: FixedClock) -> Checked:
        done = really(session, some, clock=clock)
        if not torn:
            torn.append(ids[0])
            done.findings.append(Finding(ids[0], uuid4(), (Differs.PLAN,)))
        return done

    monkeypatch.setattr(plan_checks, "check", check)
    assert looked_at(database, clock).findings == []
    assert torn


# --- many, and samples ----------------------------------------------------------------------------------------


def test_two_hundred_take_no_more_statements_than_ten(database: Database, clock: FixedClock) -> None:
    ids = sorted(registry(database, clock, 60))
    counted = []
    for some in (ids[:5], ids):
        with database.reading() as session, statements(database) as seen:
            plan_checks.check(session, some, clock=clock)
        counted.append(len(seen))
    assert counted[0] == counted[1]


def test_everybody_is_looked_at_once_in_batches(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = registry(database, clock, 9)
    monkeypatch.setattr(plan_checks, "BATCH", 4)
    for at_once in (1, 3, len(ids), 1000):
        monkeypatch.setattr(plan_checks, "IDS_AT_ONCE", at_once)
        sizes, seen = [], []
        for some in plan_checks.batches(check_plans.every_id(database)):
            sizes.append(len(some))
            seen += some
        assert sorted(seen) == sorted(ids)
        assert sizes == [4, 4, 4]
    with database.transaction() as session:
        clinic_id = make_clinic(session).id
    assert list(check_plans.every_id(database, clinic_id)) == []


def test_no_row_is_kept_from_one_batch_to_the_next(database: Database, clock: FixedClock) -> None:
    ids = registry(database, clock)
    sessions: list[Session] = []

    def note(session: Session, *_: Any) -> None:
        sessions.append(session)

    sa.event.listen(Session, "after_begin", note)
    try:
        for survivor_id in ids:
            check_plans.look_at(database, [survivor_id], clock=clock)
            assert all(len(session.identity_map) == 0 for session in sessions)
    finally:
        sa.event.remove(Session, "after_begin", note)
    assert len(sessions) == len(ids)


def numbers(count: int) -> Iterator[UUID]:
    return (UUID(int=number) for number in range(count))


def test_a_sample_is_the_same_for_its_seed_and_another_for_another() -> None:
    first = plan_checks.sample(numbers(1000), 50, 7)
    assert first == plan_checks.sample(numbers(1000), 50, 7)
    assert first != plan_checks.sample(numbers(1000), 50, 8)
    assert len(set(first)) == 50
    assert first == sorted(first)


@pytest.mark.parametrize(("there", "asked", "got"), [(0, 5, 0), (3, 5, 3), (5, 5, 5), (6, 5, 5)])
def test_a_sample_is_never_larger_than_what_is_there(there: int, asked: int, got: int) -> None:
    assert len(plan_checks.sample(numbers(there), asked, 1)) == got


def test_a_sample_favors_nobody() -> None:
    random, drawn = Random(1), [0] * 20
    for _ in range(2000):
        for each in plan_checks.sample(numbers(20), 5, random.randrange(2**31)):
            drawn[each.int] += 1
    assert all(430 < count < 570 for count in drawn), drawn


def test_the_services_know_whom_they_may_name(database: Database, clock: FixedClock) -> None:
    ids = registry(database, clock)
    with database.reading() as session:
        assert how_many(session.connection()) == len(ids)
        assert plan_failures.standing(session, actor=check_plans.ACTOR) == ([], 0)
        assert session.scalars(sa.select(Clinic)).one()
