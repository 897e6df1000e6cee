"""Plans that hold only until a day: refreshed on that day, and nobody's bad record holds up the others."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.factories import make_clinic, make_diagnosis, make_survivor
from tests.integration.nights import DAY, UPCOMING_ON, instant, night
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import DueItem, JobRun, Override, Survivor
from tracker.services import boundaries, care_plans


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock.on(UPCOMING_ON - DAY)


def store(database: Database, make: Callable[[Session], Any]) -> Any:
    with database.transaction() as session:
        return make(session)


def turning_18(session: Session) -> Survivor:
    """Growth and puberty are looked after until 18: the plan holds until that birthday."""
    survivor = make_survivor(
        session,
        diagnosis="Ewing sarcoma",
        birth_date=date(2010, 2, 28),
        exposures={"cyclophosphamide_mg_m2": 8000},
    )
    care_plans.refresh(session, survivor, clock=FixedClock.on(date(2027, 10, 1)))
    return survivor


def open_tests(database: Database, survivor_id: UUID) -> set[str]:
    with database.reading() as session:
        return {item.test_code for item in care_plans.open_items(session, survivor_id)}


def test_a_plan_is_refreshed_on_the_day_it_stops_holding_and_not_before(database: Database, clock: FixedClock) -> None:
    survivor = store(database, turning_18)
    assert survivor.plan_holds_until == date(2028, 2, 28)
    clock.set(date(2028, 2, 27))
    assert "refreshed" not in night(database, clock)
    assert "growth-and-puberty-examination" in open_tests(database, survivor.id)

    clock.set(date(2028, 2, 28))
    assert night(database, clock)["refreshed"] == 1
    assert "growth-and-puberty-examination" not in open_tests(database, survivor.id)

    clock.set(date(2028, 2, 29))
    assert "refreshed" not in night(database, clock)


def test_after_the_refresh_the_stored_plan_is_what_the_engine_says_that_day(
    database: Database, clock: FixedClock
) -> None:
    survivor = store(database, turning_18)
    clock.set(date(2028, 2, 28))
    night(database, clock)
    with database.reading() as session:
        found = session.get_one(Survivor, survivor.id)
        plan = care_plans.plan_on(session, found, date(2028, 2, 28))
        assert found.plan_digest == care_plans.digest(plan)
        assert found.plan_holds_until == plan.holds_until
        assert (found.plan_holds_until or date.max) > date(2028, 2, 28)
        stored = [(item.test_code, item.due_on) for item in care_plans.open_items(session, found.id)]
        assert stored == [(item.test_code, item.due_on) for item in plan.items]


def test_a_decision_that_expires_brings_the_test_back_that_day(database: Database, clock: FixedClock) -> None:
    def make(session: Session) -> Survivor:
        survivor = make_survivor(session)
        session.add(
            Override(
                survivor_id=survivor.id,
                test_code="chest-ct",
                action="stop",
                decided_on=date(2028, 1, 10),
                expires_on=date(2028, 3, 1),
                reason="Had one elsewhere",
                recorded_at=instant(date(2028, 1, 10)),
            )
        )
        care_plans.refresh(session, survivor, clock=FixedClock.on(date(2028, 1, 10)))
        return survivor

    survivor = store(database, make)
    holds_until = survivor.plan_holds_until
    assert holds_until is not None
    clock.set(holds_until - DAY)
    night(database, clock)
    assert "chest-ct" not in open_tests(database, survivor.id)
    clock.set(holds_until)
    counts = night(database, clock)
    assert "chest-ct" in open_tests(database, survivor.id)
    # What came back was overdue already: all it had crossed is recorded in the same night.
    assert counts["overdue"] == 1


def unreadable(session: Session, survivor: Survivor, holds_until: date) -> Survivor:
    """A record on which the engine fails: an interval that is none."""
    session.add(
        Override(
            survivor_id=survivor.id,
            test_code="chest-ct",
            action="set_interval",
            decided_on=date(2028, 1, 1),
            repeat_every="now and then",
            reason="A mistake by hand",
            recorded_at=instant(date(2028, 1, 1)),
        )
    )
    survivor.plan_holds_until = holds_until
    session.flush()
    return survivor


def test_a_record_that_cannot_be_worked_out_steps_aside_and_is_named(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boundaries, "BATCH", 2)

    def make(session: Session) -> list[tuple[UUID, bool]]:
        clinic = make_clinic(session)
        made = []
        for number in range(7):
            survivor = make_survivor(session, clinic)
            survivor.plan_holds_until = UPCOMING_ON
            if number in (0, 1, 5):
                unreadable(session, survivor, UPCOMING_ON)
            made.append((survivor.id, number not in (0, 1, 5)))
        return made

    made = store(database, make)
    clock.set(UPCOMING_ON)
    counts = night(database, clock)
    assert counts["refreshed"] == 4
    assert counts["overdue"] > 0
    with database.reading() as session:
        [run] = session.scalars(sa.select(JobRun))
        assert run.error is None
        assert set(run.counts["failed"]) == {str(survivor_id) for survivor_id, well in made if not well}
        served = session.scalars(sa.select(Survivor.id).where(Survivor.has_plan))
        assert set(served) == {survivor_id for survivor_id, well in made if well}


@pytest.mark.parametrize("error", [TypeError, sa.exc.DataError("x", None, Exception())])
def test_whatever_goes_wrong_with_one_record_the_others_are_served(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def make(session: Session) -> list[UUID]:
        clinic = make_clinic(session)
        survivors = [make_survivor(session, clinic) for _ in range(3)]
        for survivor in survivors:
            survivor.plan_holds_until = UPCOMING_ON
        return sorted(survivor.id for survivor in survivors)

    ids = store(database, make)
    really = care_plans.refresh

    def refresh(session: Session, survivor: Survivor, *, clock: FixedClock) -> care_plans.PlanChange:
        change = really(session, survivor, clock=clock)
        if survivor.id == ids[1]:
            raise error
        return change

    monkeypatch.setattr(care_plans, "refresh", refresh)
    clock.set(UPCOMING_ON)
    assert night(database, clock)["refreshed"] == 2
    with database.reading() as session:
        has_plan = dict(session.execute(sa.select(Survivor.id, Survivor.has_plan)).all())
        assert [has_plan[survivor_id] for survivor_id in ids] == [True, False, True]
        assert session.scalar(sa.select(sa.func.count(DueItem.id)).where(DueItem.survivor_id == ids[1])) == 0


def test_a_database_that_fails_is_nobodys_record(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock or a lost connection must not be taken for a bad record: the batch is tried again as a whole."""

    def refresh(*_: Any, **__: Any) -> None:
        raise OperationalError("database is locked", None, Exception())

    monkeypatch.setattr(care_plans, "refresh", refresh)
    store(database, turning_18_later)
    clock.set(UPCOMING_ON)
    with pytest.raises(OperationalError):
        night(database, clock)
    with database.reading() as session:
        [run] = session.scalars(sa.select(JobRun))
        assert (run.error, run.counts) == ("OperationalError", {})
    monkeypatch.undo()
    assert night(database, clock)["refreshed"] == 1


def turning_18_later(session: Session) -> Survivor:
    survivor = make_survivor(session)
    survivor.plan_holds_until = UPCOMING_ON
    return survivor


def test_a_late_relapse_recorded_by_hand_is_flagged_the_same_night(database: Database, clock: FixedClock) -> None:
    """New items come with dates in the past; they are recorded on the next tick although the day had its run."""
    survivor = store(database, lambda session: make_survivor(session, diagnosis=None))
    clock.set(instant(UPCOMING_ON, 12))
    assert night(database, clock) == {}

    def relapse(session: Session) -> None:
        found = session.get_one(Survivor, survivor.id)
        make_diagnosis(session, found, end_of_therapy_on=date(2027, 6, 30))
        care_plans.refresh(session, found, clock=clock)

    store(database, relapse)
    clock.advance(timedelta(minutes=15))
    assert night(database, clock)["due"] > 0
    clock.advance(timedelta(minutes=15))
    assert night(database, clock) == {}
