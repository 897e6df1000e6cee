"""A record on which the engine fails steps aside under a named error, and stands there until its plan is stored again."""

import pickle
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_survivor
from tests.integration.nights import UPCOMING_ON, fingerprint, instant, night
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.errors import PackError
from tracker.models import AuditEvent, FailedDuring, Override, PlanFailure, Role, Survivor
from tracker.policy import Actor
from tracker.services import care_plans, plan_failures
from tracker.services.plan_failures import Failure, NamedError

SYSTEM = Actor.system("test")
POISON = "now and then"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock.on(UPCOMING_ON)


def poison(session: Session, survivor: Survivor) -> Override:
    """An interval that is none: the engine cannot read it."""
    found = Override(
        survivor_id=survivor.id,
        test_code="chest-ct",
        action="set_interval",
        decided_on=date(2028, 1, 1),
        repeat_every=POISON,
        reason="A mistake by hand",
        recorded_at=instant(date(2028, 1, 1)),
    )
    session.add(found)
    session.flush()
    return found


def three_of_whom_one_is_poisoned(database: Database) -> tuple[UUID, UUID]:
    """The poisoned one's id, and that of what poisons the record."""
    with database.transaction() as session:
        clinic = make_clinic(session)
        first, second, third = (make_survivor(session, clinic, plan_holds_until=UPCOMING_ON) for _ in range(3))
        assert first is not third
        return second.id, poison(session, second).id


def standing(database: Database, actor: Actor = SYSTEM) -> list[Failure]:
    with database.reading() as session:
        found, count = plan_failures.standing(session, actor=actor)
        assert count == len(found)
        return list(found)


def test_the_poisoned_record_is_named_and_everybody_else_is_served(database: Database, clock: FixedClock) -> None:
    poisoned, _ = three_of_whom_one_is_poisoned(database)
    assert night(database, clock)["refreshed"] == 2
    [failure] = standing(database)
    assert failure.survivor_id == poisoned
    assert (failure.during, failure.times) == (FailedDuring.TICK, 1)
    assert failure.named == NamedError("ValueError", "unexpected_value")
    assert failure.first_at == failure.last_at == clock.now()


def test_nothing_of_the_record_is_kept_with_the_error(database: Database, clock: FixedClock) -> None:
    three_of_whom_one_is_poisoned(database)
    night(database, clock)
    with database.reading() as session:
        row = session.scalars(sa.select(PlanFailure)).one()
        kept = " ".join(str(getattr(row, column.key)) for column in sa.inspect(PlanFailure).columns)
        trail = " ".join(str(event.after) for event in session.scalars(sa.select(AuditEvent)))
    for told in (kept, trail, standing(database)[0].named.sentence):
        assert POISON not in told
        assert "chest" not in told


def test_since_when_stays_while_it_fails_night_after_night(database: Database, clock: FixedClock) -> None:
    three_of_whom_one_is_poisoned(database)
    first_night = clock.now()
    for _ in range(3):
        night(database, clock)
        clock.advance(timedelta(days=1))
    [failure] = standing(database)
    assert (failure.first_at, failure.times) == (first_night, 3)
    assert failure.last_at == first_night + timedelta(days=2)


def test_ten_ticks_of_one_night_count_it_once(database: Database, clock: FixedClock) -> None:
    three_of_whom_one_is_poisoned(database)
    night(database, clock)
    once = fingerprint(database)
    for _ in range(9):
        assert night(database, clock) == {}
    assert fingerprint(database) == once


@pytest.mark.parametrize("many", [False, True], ids=["refresh", "refresh_all"])
def test_it_stands_no_longer_once_the_record_is_mended_and_planned(
    database: Database, clock: FixedClock, many: bool
) -> None:
    poisoned, poison_id = three_of_whom_one_is_poisoned(database)
    night(database, clock)
    with database.transaction() as session:
        session.delete(session.get_one(Override, poison_id))
        survivor = session.get_one(Survivor, poisoned)
        if many:
            care_plans.refresh_all(session, [survivor], clock=clock)
        else:
            care_plans.refresh(session, survivor, clock=clock)
    assert standing(database) == []
    with database.reading() as session:
        assert session.get_one(Survivor, poisoned).has_plan


def test_the_next_night_clears_it_too(database: Database, clock: FixedClock) -> None:
    _, poison_id = three_of_whom_one_is_poisoned(database)
    night(database, clock)
    with database.transaction() as session:
        session.get_one(Override, poison_id).withdrawn_at = clock.now()
    clock.advance(timedelta(days=1))
    assert night(database, clock)["refreshed"] == 1
    assert standing(database) == []


def test_a_good_refresh_of_others_clears_nothing_for_this_one(database: Database, clock: FixedClock) -> None:
    three_of_whom_one_is_poisoned(database)
    night(database, clock)
    with database.transaction() as session:
        care_plans.refresh(session, make_survivor(session), clock=clock)
        plan_failures.clear(session, [uuid4()])
        plan_failures.clear(session, [])
    assert len(standing(database)) == 1


def test_the_newest_failure_is_told(database: Database, clock: FixedClock) -> None:
    with database.transaction() as session:
        survivor = make_survivor(session)
        plan_failures.note(session, survivor.id, FailedDuring.CHECK, KeyError("secret"), clock=clock)
        clock.advance(timedelta(hours=1))
        other = NamedError("ZeroDivisionError", "unexpected_value")
        plan_failures.note(session, survivor.id, FailedDuring.RECOMPUTE, other, clock=clock)
    [failure] = standing(database)
    assert (failure.during, failure.named, failure.times) == (FailedDuring.RECOMPUTE, other, 2)
    assert failure.last_at - failure.first_at == timedelta(hours=1)


def test_only_whoever_may_see_the_jobs_of_a_clinic_is_told(database: Database, clock: FixedClock) -> None:
    with database.transaction() as session:
        here, elsewhere = make_clinic(session), make_clinic(session)
        ours, theirs = make_survivor(session, here), make_survivor(session, elsewhere)
        for survivor in (ours, theirs):
            plan_failures.note(session, survivor.id, FailedDuring.TICK, KeyError(), clock=clock)
        actors = {role: make_actor(session, here, role) for role in (Role.ADMINISTRATOR, Role.CLINICIAN)}
    assert [failure.survivor_id for failure in standing(database, actors[Role.ADMINISTRATOR])] == [ours.id]
    assert [failure.record_number for failure in standing(database, actors[Role.ADMINISTRATOR])] == [ours.mrn]
    assert standing(database, actors[Role.CLINICIAN]) == []
    assert len(standing(database)) == 2


def test_a_record_that_is_withdrawn_is_nobodys_worry(database: Database, clock: FixedClock) -> None:
    poisoned, _ = three_of_whom_one_is_poisoned(database)
    night(database, clock)
    with database.transaction() as session:
        session.get_one(Survivor, poisoned).withdrawn_at = clock.now()
    assert standing(database) == []


def test_a_long_list_is_cut_but_its_length_is_told(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_failures, "MOST_SHOWN", 2)
    with database.transaction() as session:
        clinic = make_clinic(session)
        ids = []
        for _ in range(3):
            survivor = make_survivor(session, clinic)
            ids.append(survivor.id)
            plan_failures.note(session, survivor.id, FailedDuring.TICK, KeyError(), clock=clock)
            clock.advance(timedelta(minutes=1))
        found, count = plan_failures.standing(session, actor=SYSTEM)
    assert [failure.survivor_id for failure in found] == [ids[2], ids[1]]
    assert count == 3


@pytest.mark.parametrize(
    ("error", "name", "kind"),
    [
        (KeyError("doxorubicin"), "KeyError", "not_found"),
        (ValueError("P1Y?"), "ValueError", "unexpected_value"),
        (TypeError("None"), "TypeError", "unexpected_value"),
        (ZeroDivisionError(), "ZeroDivisionError", "unexpected_value"),
        (PackError("row 7"), "PackError", "pack"),
        (sa.exc.DataError("INSERT", None, Exception()), "DataError", "not_stored"),
        (RecursionError(), "RecursionError", "unexpected"),
    ],
)
def test_an_error_is_told_by_its_class_and_kind_alone(error: Exception, name: str, kind: str) -> None:
    told = plan_failures.named(error)
    assert told == NamedError(name, kind)
    assert told.sentence == plan_failures.SENTENCES[kind]
    assert pickle.loads(pickle.dumps(told)) == told


def test_an_error_with_an_endless_name_is_cut_to_what_the_table_holds() -> None:
    endless = type("E" * 300, (Exception,), {})
    assert len(plan_failures.named(endless()).error) == plan_failures.LONGEST_NAME
