"""One batch of crossings: the same few statements however many items it has, and what happens to it meanwhile."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_clinic, make_contact, make_survivor
from tests.integration.nights import DUE_ON, OVERDUE_ON, UPCOMING_ON, events, make_item, make_items, night, statements
from tests.postgres import let_commits_wait
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.engine.types import Flag
from tracker.models import Clinic, DueItem, OutboxMessage, StatusEvent, Survivor
from tracker.services import boundaries


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock.on(UPCOMING_ON)


def store(database: Database, make: Callable[[Session], Any]) -> Any:
    with database.transaction() as session:
        return make(session)


def batch(database: Database, clinic_id: UUID, clock: FixedClock) -> boundaries.Crossed:
    with database.transaction() as session:
        return boundaries.cross_batch(session, session.get_one(Clinic, clinic_id), clock=clock)


def batch_statements(database: Database, clock: FixedClock, survivors: int, items: int) -> list[str]:
    """What a batch says to the database for a clinic with so many survivors, each with so many items and a contact."""

    def make(session: Session) -> UUID:
        clinic = make_clinic(session)
        for number in range(survivors):
            survivor = make_survivor(session, clinic, diagnosis=None)
            make_contact(session, survivor, email=f"{number}@mail.example", reminders_agreed_on=date(2027, 1, 4))
            make_items(session, survivor, items)
        return clinic.id

    clinic_id = store(database, make)
    with statements(database) as seen:
        done = batch(database, clinic_id, clock)
    assert done.counts == {
        "items": survivors * items,
        "events": 2 * survivors * items,
        "reminders": survivors,
        "upcoming": survivors * items,
        "due": survivors * items,
    }
    return seen


def test_a_batch_is_as_many_statements_for_three_hundred_items_as_for_one(
    database: Database, clock: FixedClock
) -> None:
    clock.set(DUE_ON)
    one = batch_statements(database, clock, survivors=1, items=1)
    many = batch_statements(database, clock, survivors=10, items=30)
    assert len(many) == len(one) < 12


def test_a_batch_of_every_kind_says_of_each_item_what_the_dates_say(database: Database, clock: FixedClock) -> None:
    """Items of different flags and dates in one batch: each gets its own events and its own next boundary."""

    def make(session: Session) -> UUID:
        survivor = make_survivor(session)
        make_item(session, survivor, Flag.RECURRENCE, Flag.LATE_EFFECTS, test_code="chest-ct", upcoming_on=DUE_ON)
        make_item(session, survivor, Flag.VISIT, test_code="visit", next_boundary_on=DUE_ON)
        make_item(session, survivor, test_code="by-hand", added=True, overdue_after=DUE_ON)
        make_item(
            session, survivor, test_code="later", upcoming_on=OVERDUE_ON, due_on=OVERDUE_ON, overdue_after=OVERDUE_ON
        )
        return survivor.clinic_id

    clinic_id = store(database, make)
    clock.set(date(2028, 3, 1))
    done = batch(database, clinic_id, clock)
    assert done.counts == {"items": 3, "events": 8, "upcoming": 2, "due": 3, "overdue": 1, "reminders": 0}
    assert events(database) == sorted(
        [
            *(("recurrence", "upcoming", DUE_ON), ("recurrence", "due", DUE_ON)),
            *(("late_effects", "upcoming", DUE_ON), ("late_effects", "due", DUE_ON)),
            ("visit", "due", DUE_ON),
            *(("added", "upcoming", UPCOMING_ON), ("added", "due", DUE_ON), ("added", "overdue", date(2028, 3, 1))),
        ]
    )
    with database.reading() as session:
        left = {row.test_code: row.next_boundary_on for row in session.scalars(sa.select(DueItem))}
    assert left == {"chest-ct": OVERDUE_ON, "visit": OVERDUE_ON, "by-hand": None, "later": OVERDUE_ON}


def test_what_is_there_already_is_not_counted_again(database: Database, clock: FixedClock) -> None:
    """As after a restored backup: of two flags one has its event, of another item both."""

    def make(session: Session) -> UUID:
        survivor = make_survivor(session)
        half = make_item(session, survivor, Flag.RECURRENCE, Flag.LATE_EFFECTS, test_code="half")
        whole = make_item(session, survivor, Flag.RECURRENCE, Flag.LATE_EFFECTS, test_code="whole")
        make_item(session, survivor, Flag.RECURRENCE, Flag.LATE_EFFECTS, test_code="new")
        for item, flag in ((half, "recurrence"), (whole, "recurrence"), (whole, "late_effects")):
            known = {"due_item_id": item.id, "survivor_id": survivor.id, "flag": flag, "status": "upcoming"}
            session.add(StatusEvent(**known, boundary_on=UPCOMING_ON, recorded_at=clock.now()))
        return survivor.clinic_id

    done = batch(database, store(database, make), clock)
    assert done.counts == {"items": 3, "events": 3, "upcoming": 2, "reminders": 0}
    assert len(events(database)) == 6


def test_a_family_is_written_to_by_the_furthest_of_all_its_items(database: Database, clock: FixedClock) -> None:
    def make(session: Session) -> None:
        survivor = make_survivor(session)
        make_contact(session, survivor, reminders_agreed_on=date(2027, 1, 4))
        make_item(session, survivor, test_code="due already", next_boundary_on=DUE_ON)
        make_item(session, survivor, test_code="upcoming only", due_on=OVERDUE_ON, overdue_after=OVERDUE_ON)

    store(database, make)
    clock.set(DUE_ON)
    assert night(database, clock)["reminders"] == 1
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(OutboxMessage.id))) == 1


def test_who_was_reached_only_after_the_others_were_held_comes_with_the_next_batch(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(session: Session) -> tuple[UUID, UUID]:
        clinic = make_clinic(session)
        early, late = make_survivor(session, clinic), make_survivor(session, clinic)
        make_item(session, early)
        make_item(session, late)
        return clinic.id, late.id

    clinic_id, late = store(database, make)
    really = boundaries._hold
    monkeypatch.setattr(
        boundaries, "_hold", lambda *given: {each for each in really(*given) if UUID(str(each)) != late}
    )
    done = batch(database, clinic_id, clock)
    assert (done.counts["items"], done.more) == (1, True)
    monkeypatch.undo()
    done = batch(database, clinic_id, clock)
    assert (done.counts["items"], done.more) == (1, False)
    assert len(events(database)) == 2


def test_an_item_that_somebody_closes_meanwhile_does_not_cross(database: Database, clock: FixedClock) -> None:
    """The edit holds the survivor; the batch waits for it, and then finds the item closed."""

    def make(session: Session) -> tuple[UUID, UUID]:
        survivor = make_survivor(session)
        make_item(session, survivor, test_code="stays")
        make_item(session, survivor, test_code="closed meanwhile")
        return survivor.clinic_id, survivor.id

    clinic_id, survivor_id = store(database, make)
    found: list[boundaries.Crossed] = []
    job = threading.Thread(target=lambda: found.append(batch(database, clinic_id, clock)))
    with database.transaction() as session:
        session.execute(sa.select(Survivor.id).where(Survivor.id == survivor_id).with_for_update(key_share=True))
        job.start()
        job.join(timeout=0.3)
        assert found == []
        closing = sa.update(DueItem).where(DueItem.test_code == "closed meanwhile")
        session.execute(closing.values(closed_on=UPCOMING_ON, closed_by="stopped", next_boundary_on=None))
    job.join()
    assert [done.counts["items"] for done in found] == [1]
    assert len(events(database)) == 1


def test_what_crossed_waits_for_the_disk_and_what_the_job_says_of_itself_does_not(
    database: Database, clock: FixedClock
) -> None:
    if database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite's commits never wait for the disk")
    store(database, lambda session: make_item(session, make_survivor(session, make_clinic(session))))
    waits: list[str] = []

    def note(connection: sa.Connection) -> None:
        waits.append(connection.exec_driver_sql("SHOW synchronous_commit").scalar_one())

    let_commits_wait(database.engine)
    sa.event.listen(database.engine, "commit", note)
    assert night(database, clock) == {"items": 1, "events": 1, "upcoming": 1}
    # The lease and the run begun, nobody to plan for; what crossed, and the run's end; the lease given back.
    assert waits == ["off", "off", "off", "on", "on", "off"]
