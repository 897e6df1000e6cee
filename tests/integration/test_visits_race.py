"""Many people booking at once: one wins, the others get a sentence, and nobody is booked twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import UUID

import pytest
import sqlalchemy as sa

from tests.factories import make_actor, make_clinic, make_survivor
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.errors import Invalid
from tracker.models import Role, Survivor, Visit
from tracker.policy import Actor
from tracker.services import visits
from tracker.services.visits import VisitInput

DAY = date(2026, 11, 30)
TRIES = 50
AT_ONCE = 8


@pytest.fixture
def survivors(database: Database) -> tuple[list[UUID], Actor]:
    with database.transaction() as session:
        clinic = make_clinic(session)
        made = [make_survivor(session, clinic, diagnosis=None).id for _ in range(10)]
        return made, make_actor(session, clinic, Role.COORDINATOR)


def all_at_once(tries: list[Callable[[], str]]) -> list[str]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda attempt: attempt(), tries))


def attempt(database: Database, actor: Actor, clock: FixedClock, survivor_id: UUID, slot: int) -> Callable[[], str]:
    def book() -> str:
        try:
            with database.transaction() as session:
                visits.book_visit(session, survivor_id, VisitInput(DAY, slot), actor=actor, clock=clock)
        except Invalid as error:
            return str(error)
        return "booked"

    return book


def test_fifty_tries_for_one_time_book_it_once(
    database: Database, survivors: tuple[list[UUID], Actor], clock: FixedClock
) -> None:
    ids, actor = survivors
    said = all_at_once([attempt(database, actor, clock, ids[n % len(ids)], slot=5) for n in range(TRIES)])
    assert said.count("booked") == 1
    assert {"booked", "That time was just taken. Choose another"} <= set(said)
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Visit)) == 1
        assert session.scalar(sa.select(sa.func.count()).where(Survivor.booked_on == DAY)) == 1


def test_one_survivor_is_booked_once_however_many_times_are_tried(
    database: Database, survivors: tuple[list[UUID], Actor], clock: FixedClock
) -> None:
    ids, actor = survivors
    said = all_at_once([attempt(database, actor, clock, ids[0], slot=n) for n in range(12)])
    assert sorted(said)[-1] == "booked"
    assert said.count("booked") == 1
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Visit)) == 1
