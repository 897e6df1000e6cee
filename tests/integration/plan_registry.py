"""A small registry whose ids are always the same, so that what two databases make of it can be compared."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.factories import AT, make_clinic, make_diagnosis, make_exposure, make_result, make_survivor
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import Event, Override, Predisposition, Standing, Survivor
from tracker.services import care_plans, recompute
from tracker.services.recompute import Outcome

TODAY = date(2026, 11, 23)
DOSES = {"doxorubicin_mg_m2": 300, "cyclophosphamide_mg_m2": 8000}
EVERYBODY = 11


def number(count: int) -> UUID:
    """Ids in an order that is known."""
    return UUID(int=count << 96 | 4 << 76 | 8 << 60)


def fill(session: Session) -> None:
    """Eleven survivors, each with something of their own; nobody's plan is computed."""
    here = make_clinic(session, id=number(1), name="Harbor Clinic")
    west = make_clinic(session, id=number(2), name="Western Clinic", tz="America/Los_Angeles")
    people = [_somebody(session, here if each < 8 else west, number(10 + each)) for each in range(11)]
    _with_history(session, people[0])
    _known_in_part(session, people[1])
    _with_decisions(session, people[2])
    session.add(Predisposition(survivor_id=people[3].id, position=0, syndrome="Li-Fraumeni syndrome", gene="TP53"))
    session.add(Event(survivor_id=people[4].id, name="growth_complete", happened_on=date(2024, 5, 1)))
    people[5].deceased_on = date(2026, 6, 1)
    people[6].standing = Standing.ON_TREATMENT
    make_result(session, people[7], "echocardiogram", date(2026, 10, 1), id=number(700), claimed=True)
    make_diagnosis(session, people[8], "Wilms tumor", position=1, end_of_therapy_on=date(2024, 1, 31))
    make_exposure(session, people[9], "heart_rt_gy", None)
    session.flush()


def _somebody(session: Session, clinic: Any, survivor_id: UUID) -> Survivor:
    born = date(2007, 3, 5)
    return make_survivor(session, clinic, id=survivor_id, diagnosis="Ewing sarcoma", birth_date=born, exposures=DOSES)


def _with_history(session: Session, survivor: Survivor) -> None:
    for count, code in enumerate(("echocardiogram", "chest-ct", "blood-pressure", "echocardiogram")):
        make_result(session, survivor, code, date(2023 + count, 3, 2), id=number(100 + count))


def _known_in_part(session: Session, survivor: Survivor) -> None:
    make_exposure(session, survivor, "cisplatin_mg_m2", None, at_least=300, last_on=date(2021, 1, 1))
    session.execute(
        sa.text("UPDATE diagnoses SET end_of_therapy_precision = 'year' WHERE survivor_id = :id").bindparams(
            sa.bindparam("id", survivor.id, type_=sa.Uuid())
        )
    )


def _with_decisions(session: Session, survivor: Survivor) -> None:
    for count, (action, given) in enumerate(
        [("stop", {}), ("defer", {"defer_to": date(2027, 2, 1)}), ("add", {"due_on": date(2027, 1, 4)})]
    ):
        code = ("chest-ct", "echocardiogram", "brain-mri")[count]
        session.add(
            Override(
                id=number(200 + count),
                survivor_id=survivor.id,
                test_code=code,
                action=action,
                decided_on=date(2026, 2, 1),
                reason="As agreed",
                recorded_at=AT,
                **given,
            )
        )


def save_each(database: Database, clock: Any) -> None:
    """Everybody's plan computed by a save of their own, as pages do it."""
    with database.reading() as session:
        ids = list(session.scalars(sa.select(Survivor.id)))
    for survivor_id in ids:
        with database.transaction() as session:
            care_plans.refresh(session, session.get_one(Survivor, survivor_id), clock=clock)


def execute(database: Database, statement: str, **values: Any) -> None:
    """A statement by hand."""
    with database.transaction() as session:
        session.execute(sa.text(statement), values)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """The statements that go to the database meanwhile; one that is handed many rows counts once."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def writes(statements: list[str]) -> list[str]:
    """Those that change what is kept of survivors and their plans."""
    words = ("INSERT INTO due_items", "UPDATE due_items", "INSERT INTO plan_gaps", "UPDATE plan_gaps")
    return [each for each in statements if each.startswith((*words, "DELETE FROM plan_gaps", "UPDATE survivors"))]


@pytest.fixture
def filled(database: Database) -> Database:
    """Eleven survivors without plans."""
    with database.transaction() as session:
        fill(session)
    return database


def run(database: Database, clock: FixedClock, **given: Any) -> Outcome:
    done = recompute.run(database, clock, holder="here", **given)
    assert done is not None
    return done


def checksum(database: Database) -> str:
    with database.reading() as session:
        return recompute.checksum(session)


def count(database: Database, what: Any, *where: Any) -> int:
    with database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(what).where(*where)) or 0


def poison(database: Database, survivor_id: Any) -> None:
    with database.transaction() as session:
        session.add(
            Override(
                id=number(999),
                survivor_id=survivor_id,
                test_code="chest-ct",
                action="set_interval",
                decided_on=date(2026, 1, 1),
                repeat_every="now and then",
                reason="A mistake by hand",
                recorded_at=FixedClock.on(date(2026, 1, 1)).now(),
            )
        )
