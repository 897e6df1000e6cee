"""Records that cannot be worked out among hundreds: the night serves all others, tries again, and forgets once mended."""

from datetime import date
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_clinic, make_survivor
from tests.integration.nights import DAY, UPCOMING_ON, instant, make_items, night
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import JobRun, Override, PlanFailure, StatusEvent, Survivor
from tracker.services import boundaries

# At the edges of batches and next to one another, where stepping aside is most easily got wrong.
NUMBER, POISONED = 410, (0, 1, 199, 200, 201, 399, 409)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock.on(UPCOMING_ON)


def hundreds(session: Session) -> list[UUID]:
    """Survivors in the order in which the night takes them, all with a plan that ends tonight; the first has items."""
    clinic = make_clinic(session)
    made = [make_survivor(session, clinic, diagnosis=None, plan_holds_until=UPCOMING_ON) for _ in range(NUMBER)]
    ids = sorted(survivor.id for survivor in made)
    for number in POISONED:
        session.add(a_mistake(ids[number]))
    make_items(session, make_survivor(session, clinic, diagnosis=None), 3)
    return ids


def a_mistake(survivor_id: UUID) -> Override:
    """An interval that is none: the engine cannot read it."""
    return Override(
        survivor_id=survivor_id,
        test_code="chest-ct",
        action="set_interval",
        decided_on=date(2028, 1, 1),
        repeat_every="now and then",
        reason="A mistake by hand",
        recorded_at=instant(date(2028, 1, 1)),
    )


def planned_on(database: Database, day: date) -> set[UUID]:
    with database.reading() as session:
        return set(session.scalars(sa.select(Survivor.id).where(Survivor.plan_computed_on == day)))


def standing(database: Database) -> dict[UUID, int]:
    """Who stands aside, and how often it was tried."""
    with database.reading() as session:
        return {failure.survivor_id: failure.times for failure in session.scalars(sa.select(PlanFailure))}


def test_hundreds_are_served_beside_those_who_step_aside_and_mended_ones_are_back_the_next_night(
    database: Database, clock: FixedClock
) -> None:
    with database.transaction() as session:
        ids = hundreds(session)
    poisoned = {ids[number] for number in POISONED}
    assert max(POISONED) > 2 * boundaries.BATCH

    done = night(database, clock)
    assert (done["refreshed"], done["items"]) == (NUMBER - len(POISONED), 3)
    assert planned_on(database, UPCOMING_ON) == set(ids) - poisoned
    assert standing(database) == dict.fromkeys(poisoned, 1)
    assert night(database, clock) == {}, "they are tried once a day"

    clock.set(UPCOMING_ON + DAY)
    assert night(database, clock).get("refreshed", 0) == 0
    assert standing(database) == dict.fromkeys(poisoned, 2)

    mended, still = ids[POISONED[1]], poisoned - {ids[POISONED[1]]}
    with database.transaction() as session:
        session.execute(sa.update(Override).where(Override.survivor_id == mended).values(repeat_every="P1Y"))
    clock.set(UPCOMING_ON + 2 * DAY)
    assert night(database, clock)["refreshed"] == 1
    assert planned_on(database, UPCOMING_ON + 2 * DAY) == {mended}
    assert standing(database) == dict.fromkeys(still, 3)
    with database.reading() as session:
        runs = session.scalars(sa.select(JobRun).order_by(JobRun.started_at)).all()
        assert [len(run.counts.get("failed", [])) for run in runs] == [7, 7, 6]
        assert {run.error for run in runs} == {None}, "a record of one person is no failure of the night"
        assert session.scalar(sa.select(sa.func.count(StatusEvent.id))) == 3
