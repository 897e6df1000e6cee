"""Reminders: only who agreed, about somebody followed here, and not again within thirty days."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_clinic, make_contact, make_survivor
from tests.integration.nights import DUE_ON, OVERDUE_ON, UPCOMING_ON, instant, make_item, make_message, night
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import Clinic, Contact, OutboxMessage, Override, Standing, Survivor
from tracker.policy import Actor
from tracker.services import care_plans, reminders, results
from tracker.services.results import ResultInput

AGREED: dict[str, Any] = {"reminders_agreed_on": date(2027, 1, 4)}
NURSE = Actor.system("test")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(instant(DUE_ON, 5, 15))


def store(database: Database, make: Callable[[Session], Any]) -> Any:
    with database.transaction() as session:
        return make(session)


def with_item(session: Session, *contacts: dict[str, Any], **given: Any) -> Survivor:
    """A survivor with one item that becomes due, and the contacts described."""
    survivor = make_survivor(session, **given)
    make_item(session, survivor)
    for number, contact in enumerate(contacts):
        make_contact(session, survivor, **({"email": f"family{number}@mail.example"} | contact))
    return survivor


def messages(database: Database) -> list[OutboxMessage]:
    with database.reading() as session:
        return list(session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.created_at)))


def written_to(database: Database, since: datetime | None = None) -> list[str]:
    """The names of the contacts for whom a message waits (made at an instant or later)."""
    query = sa.select(Contact.name).join(OutboxMessage, OutboxMessage.contact_id == Contact.id)
    if since is not None:
        query = query.where(OutboxMessage.created_at >= since)
    with database.reading() as session:
        return sorted(session.scalars(query))


def test_becoming_due_enqueues_one_message_for_the_contact_who_agreed(database: Database, clock: FixedClock) -> None:
    survivor = store(database, lambda session: with_item(session, AGREED))
    assert night(database, clock)["reminders"] == 1
    [message] = messages(database)
    assert (message.survivor_id, message.template, message.channel) == (survivor.id, "reminder", "email")
    assert (message.created_at, message.not_before, message.attempts) == (clock.now(), clock.now(), 0)
    assert (message.sent_at, message.failed_at, message.withdrawn_at) == (None, None, None)


def test_nobody_is_reminded_before_something_is_due(database: Database, clock: FixedClock) -> None:
    store(database, lambda session: with_item(session, AGREED))
    for day, number in ((UPCOMING_ON, 0), (date(2028, 2, 28), 0), (DUE_ON, 1), (date(2028, 3, 1), 1)):
        clock.set(day)
        night(database, clock)
        assert len(messages(database)) == number, day


def test_without_consent_or_address_nothing_is_enqueued(database: Database, clock: FixedClock) -> None:
    def make(session: Session) -> None:
        with_item(session, {"name": "never agreed"})
        with_item(session, AGREED | {"name": "stopped", "reminders_stopped_on": date(2027, 6, 1)})
        with_item(session, AGREED | {"name": "no address", "email": None})
        with_item(session, AGREED | {"name": "agreed"})

    store(database, make)
    night(database, clock)
    assert written_to(database) == ["agreed"]


def test_only_families_of_those_followed_here_are_written_to(database: Database, clock: FixedClock) -> None:
    """Even where the item was left open by mistake."""

    def make(session: Session) -> None:
        for standing in Standing:
            review_on = date(2029, 1, 1) if standing == Standing.DECLINED else None
            with_item(session, AGREED | {"name": standing.value}, standing=standing, review_on=review_on)
        with_item(session, AGREED | {"name": "deceased"}, deceased_on=date(2028, 2, 1))

    store(database, make)
    night(database, clock)
    assert written_to(database) == ["active", "being_traced"]


def test_each_contact_who_agreed_gets_one_however_many_items_cross(database: Database, clock: FixedClock) -> None:
    def make(session: Session) -> None:
        survivor = with_item(session, AGREED, {}, AGREED)
        for test in ("chest-ct", "brain-mri", "skin-examination"):
            make_item(session, survivor, test_code=test)

    store(database, make)
    assert night(database, clock)["reminders"] == 2
    assert len({message.contact_id for message in messages(database)}) == 2


def test_a_contact_of_two_survivors_rows_is_two_contacts(database: Database, clock: FixedClock) -> None:
    """Each child has its own contact row: what one family stopped for one child says nothing about the other."""

    def make(session: Session) -> None:
        with_item(session, AGREED)
        with_item(session, AGREED | {"reminders_stopped_on": date(2027, 6, 1)})

    store(database, make)
    assert night(database, clock)["reminders"] == 1


def test_nobody_is_written_to_twice_within_thirty_days(database: Database, clock: FixedClock) -> None:
    def make(session: Session) -> None:
        for name, ago in (
            ("29 days", timedelta(days=29)),
            ("a second less than 30 days", timedelta(days=30) - timedelta(seconds=1)),
            ("30 days", timedelta(days=30)),
        ):
            survivor = with_item(session, AGREED | {"name": name})
            contact = session.scalars(sa.select(Contact).where(Contact.survivor_id == survivor.id)).one()
            make_message(session, contact, created_at=clock.now() - ago, sent_at=clock.now() - ago)

    store(database, make)
    night(database, clock)
    assert written_to(database, since=clock.now()) == ["30 days"]


def test_a_message_that_was_withdrawn_does_not_count_as_written(database: Database, clock: FixedClock) -> None:
    def make(session: Session) -> None:
        survivor = with_item(session, AGREED)
        contact = session.scalars(sa.select(Contact).where(Contact.survivor_id == survivor.id)).one()
        yesterday = clock.now() - timedelta(days=1)
        make_message(session, contact, created_at=yesterday, withdrawn_at=yesterday)

    store(database, make)
    assert night(database, clock)["reminders"] == 1


def test_becoming_overdue_thirty_days_later_is_worth_a_second_message(database: Database, clock: FixedClock) -> None:
    store(database, lambda session: with_item(session, AGREED))
    night(database, clock)
    clock.set(instant(OVERDUE_ON, 4, 15))
    assert night(database, clock)["reminders"] == 1
    first, second = messages(database)
    assert second.created_at - first.created_at >= timedelta(days=30)


def test_planning_the_same_day_again_enqueues_nothing(database: Database, clock: FixedClock) -> None:
    survivor = store(database, lambda session: with_item(session, AGREED))
    counts = []
    for _ in range(3):
        with database.transaction() as session:
            clinic = session.get_one(Clinic, survivor.clinic_id)
            counts.append(reminders.plan(session, clinic, [survivor.id], clock=clock))
    assert counts == [1, 0, 0]


def test_a_withdrawn_message_is_not_made_again_on_the_same_day(database: Database, clock: FixedClock) -> None:
    """The key is person and day: one decision makes one message."""
    survivor = store(database, lambda session: with_item(session, AGREED))
    night(database, clock)
    with database.transaction() as session:
        session.execute(sa.update(OutboxMessage).values(withdrawn_at=clock.now()))
        clinic = session.get_one(Clinic, survivor.clinic_id)
        assert reminders.plan(session, clinic, [survivor.id], clock=clock) == 0


def test_an_address_nobody_can_read_any_more_does_not_stop_the_night(database: Database, clock: FixedClock) -> None:
    def make(session: Session) -> None:
        with_item(session, AGREED)
        session.execute(sa.text("UPDATE contacts SET email = 'written with a key long lost'"))

    store(database, make)
    assert night(database, clock)["due"] == 1


# --- withdrawn when it would be untrue -------------------------------------------------------------------------


def due_with_message(session: Session, clock: FixedClock) -> Survivor:
    """Only one test is asked for, and a reminder about it waits to go out."""
    survivor = make_survivor(session, make_clinic(session), diagnosis=None)
    session.add(
        Override(
            survivor_id=survivor.id,
            test_code="echocardiogram",
            action="add",
            decided_on=date(2028, 1, 3),
            due_on=DUE_ON,
            reason="Asked for by the cardiologist",
            recorded_at=instant(date(2028, 1, 3)),
        )
    )
    make_contact(session, survivor, **AGREED)
    care_plans.refresh(session, survivor, clock=clock)
    return survivor


def test_a_result_that_leaves_nothing_due_withdraws_the_message(database: Database, clock: FixedClock) -> None:
    survivor = store(database, lambda session: due_with_message(session, clock))
    assert night(database, clock)["reminders"] == 1
    clock.advance(timedelta(hours=9))
    with database.transaction() as session:
        results.record_result(session, survivor.id, ResultInput("echocardiogram", DUE_ON), actor=NURSE, clock=clock)
    [message] = messages(database)
    assert message.withdrawn_at == clock.now()


def test_a_result_of_another_test_leaves_the_message_alone(database: Database, clock: FixedClock) -> None:
    survivor = store(database, lambda session: due_with_message(session, clock))
    night(database, clock)
    with database.transaction() as session:
        results.record_result(session, survivor.id, ResultInput("chest-ct", DUE_ON), actor=NURSE, clock=clock)
    [message] = messages(database)
    assert message.withdrawn_at is None


def test_death_withdraws_the_message_and_a_sent_one_stays_as_it_was(database: Database, clock: FixedClock) -> None:
    survivor = store(database, lambda session: due_with_message(session, clock))
    night(database, clock)
    sent_at = clock.now() - timedelta(days=60)
    with database.transaction() as session:
        found = session.get_one(Survivor, survivor.id)
        contact = session.scalars(sa.select(Contact).where(Contact.survivor_id == survivor.id)).one()
        make_message(session, contact, created_at=sent_at, sent_at=sent_at)
        found.deceased_on = DUE_ON
        care_plans.refresh(session, found, clock=clock)
    sent, waiting = messages(database)
    assert (sent.sent_at, sent.withdrawn_at) == (sent_at, None)
    assert waiting.withdrawn_at == clock.now()
