"""The outbox: claimed once, true when it is sent, tried again in time, and never lost."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_contact, make_survivor
from tests.integration.nights import instant, make_message
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.jobs import send_outbox
from tracker.messaging.base import Mailer, Outgoing, Refused, Unreachable
from tracker.models import AuditEvent, Contact, OutboxMessage, Standing, Survivor
from tracker.services import outbox

DAY = date(2028, 2, 29)
NOW = instant(DAY)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
BASE = "https://tracker.example"
MAIL = Outgoing("a-key", "maria@family.example", "You have a message", "Hello\n")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@dataclass
class Recording:
    """A mailer that keeps what it is given, or fails as it is told to."""

    taken: list[Outgoing] = field(default_factory=list)
    error: Exception | None = None

    def send(self, message: Outgoing) -> None:
        if self.error is not None:
            raise self.error
        self.taken.append(message)


def store(database: Database, make: Callable[[Session], Any]) -> Any:
    with database.transaction() as session:
        return make(session)


def waiting_message(session: Session, **given: Any) -> UUID:
    """A reminder that may go out now, to somebody who agreed, about somebody with something due."""
    survivor = make_survivor(session, next_due_on=DAY)
    contact = make_contact(session, survivor, reminders_agreed_on=date(2027, 1, 4))
    return make_message(session, contact, **({"created_at": NOW} | given)).id


def the_message(database: Database) -> OutboxMessage:
    with database.reading() as session:
        return session.scalars(sa.select(OutboxMessage)).one()


def send(database: Database, clock: FixedClock, mailer: Mailer, jitter: float = 1.0) -> int:
    return send_outbox.run(database, clock, mailer, base_url=BASE, jitter=lambda: jitter)


def claim(database: Database, message_id: UUID, clock: FixedClock) -> outbox.Claimed | None:
    with database.transaction() as session:
        return outbox.claim(session, message_id, clock=clock)


def actions(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(sa.select(AuditEvent.action)))


def test_a_waiting_message_goes_out_once(database: Database, clock: FixedClock) -> None:
    message_id = store(database, waiting_message)
    mailer = Recording()
    assert send(database, clock, mailer) == 1
    assert send(database, clock, mailer) == 0
    [taken] = mailer.taken
    assert (taken.to, taken.key) == ("maria@family.example", str(message_id))
    assert f"{BASE}/sign-in" in taken.text
    message = the_message(database)
    assert (message.sent_at, message.claimed_until, message.attempts) == (NOW, None, 1)
    assert actions(database) == ["message.sent"]


def test_a_message_waits_until_its_time(database: Database, clock: FixedClock) -> None:
    message_id = store(database, lambda session: waiting_message(session, not_before=NOW + SECOND))
    mailer = Recording()
    assert send(database, clock, mailer) == 0
    assert claim(database, message_id, clock) is None
    clock.advance(SECOND)
    assert send(database, clock, mailer) == 1


def test_the_oldest_go_first_and_fifty_at_a_time(database: Database, clock: FixedClock) -> None:
    def make(session: Session) -> list[UUID]:
        return [waiting_message(session, created_at=NOW - MINUTE * (number % 9)) for number in range(52)]

    store(database, make)
    with database.reading() as session:
        ids = outbox.waiting(session, clock=clock)
        times = [session.get_one(OutboxMessage, message_id).not_before for message_id in ids]
    assert len(ids) == 50
    assert times == sorted(times)


def test_of_many_senders_at_once_exactly_one_claims_a_message(database: Database, clock: FixedClock) -> None:
    ids = store(database, lambda session: [waiting_message(session) for _ in range(5)])
    mailer = Recording()
    together = threading.Barrier(4)

    def sender() -> None:
        together.wait()
        send(database, clock, mailer)

    threads = [threading.Thread(target=sender) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken.key for taken in mailer.taken) == sorted(str(message_id) for message_id in ids)


# --- true at the moment of sending ----------------------------------------------------------------------------


CHANGED: dict[str, tuple[type[Survivor] | type[Contact], dict[str, Any]]] = {
    "nothing": (Survivor, {"standing": Standing.ACTIVE}),
    "died": (Survivor, {"deceased_on": DAY}),
    "moved": (Survivor, {"standing": Standing.TRANSFERRED}),
    "declined": (Survivor, {"standing": Standing.DECLINED, "review_on": date(2029, 1, 1)}),
    "lost": (Survivor, {"standing": Standing.LOST}),
    "on treatment": (Survivor, {"standing": Standing.ON_TREATMENT}),
    "due tomorrow only": (Survivor, {"next_due_on": date(2028, 3, 1)}),
    "nothing due": (Survivor, {"next_due_on": None}),
    "stopped": (Contact, {"reminders_stopped_on": DAY}),
    "consent taken back": (Contact, {"reminders_agreed_on": None}),
    "address removed": (Contact, {"email": None}),
    "address empty": (Contact, {"email": ""}),
}


def test_what_changed_between_planning_and_sending_withdraws_the_message(database: Database, clock: FixedClock) -> None:
    ids = {name: store(database, waiting_message) for name in CHANGED}
    with database.transaction() as session:
        for name, (model, values) in CHANGED.items():
            message = session.get_one(OutboxMessage, ids[name])
            row = session.get_one(model, message.survivor_id if model is Survivor else message.contact_id)
            for column, value in values.items():
                setattr(row, column, value)
    mailer = Recording()
    assert send(database, clock, mailer) == 1
    assert [taken.key for taken in mailer.taken] == [str(ids["nothing"])]
    with database.reading() as session:
        withdrawn = {name for name, key in ids.items() if session.get_one(OutboxMessage, key).withdrawn_at == NOW}
    assert withdrawn == CHANGED.keys() - {"nothing"}
    assert sorted(actions(database)) == ["message.sent"] + ["message.withdrawn"] * len(withdrawn)


def test_the_address_is_the_one_at_the_time_of_sending(database: Database, clock: FixedClock) -> None:
    store(database, waiting_message)
    store(database, lambda session: session.execute(sa.update(Contact).values(email="new@family.example")))
    mailer = Recording()
    send(database, clock, mailer)
    assert [taken.to for taken in mailer.taken] == ["new@family.example"]


def test_an_address_nobody_can_read_is_given_to_people_and_holds_no_other_up(
    database: Database, clock: FixedClock
) -> None:
    broken = store(database, lambda session: waiting_message(session, created_at=NOW - HOUR))
    store(database, lambda session: session.execute(sa.text("UPDATE contacts SET email = 'an old key'")))
    store(database, waiting_message)
    assert send(database, clock, Recording()) == 1
    with database.reading() as session:
        message = session.get_one(OutboxMessage, broken)
        assert message.failed_at == NOW
        assert "cannot be read" in message.failure


# --- tried again, and given up --------------------------------------------------------------------------------


def test_a_failure_is_tried_again_after_a_minute_ten_minutes_and_an_hour(database: Database, clock: FixedClock) -> None:
    store(database, waiting_message)
    mailer = Recording(error=Unreachable("Nobody answers"))
    for attempt, wait in enumerate([MINUTE, 10 * MINUTE, HOUR], start=1):
        assert send(database, clock, mailer) == 0
        message = the_message(database)
        assert (message.attempts, message.failed_at, message.failure) == (attempt, None, "Nobody answers")
        assert message.not_before - clock.now() == wait
        clock.advance(wait - SECOND)
        send(database, clock, mailer)
        assert the_message(database).attempts == attempt
        clock.advance(SECOND)
    send(database, clock, mailer)
    message = the_message(database)
    assert (message.attempts, message.failed_at) == (4, clock.now())
    assert actions(database) == ["message.failed"]
    clock.advance(timedelta(days=1))
    mailer.error = None
    assert send(database, clock, mailer) == 0


def test_a_message_that_gets_through_at_last_is_settled_like_any_other(database: Database, clock: FixedClock) -> None:
    store(database, waiting_message)
    mailer = Recording(error=Unreachable("Nobody answers"))
    send(database, clock, mailer)
    mailer.error = None
    clock.advance(MINUTE)
    assert send(database, clock, mailer) == 1
    message = the_message(database)
    assert (message.attempts, message.sent_at, message.failure) == (2, clock.now(), "")


def test_each_wait_is_stretched_a_little(database: Database, clock: FixedClock) -> None:
    store(database, waiting_message)
    for jitter, seconds in ((0.9, 54), (1.1, 660), (0.9, 3240)):
        send(database, clock, Recording(error=Unreachable("Nobody answers")), jitter)
        wait = the_message(database).not_before - clock.now()
        assert wait == timedelta(seconds=seconds)
        clock.advance(wait)


def test_the_stretch_is_at_most_ten_percent_and_not_always_the_same() -> None:
    drawn = [send_outbox.ten_percent() for _ in range(1000)]
    assert 0.9 <= min(drawn) < 0.92
    assert 1.08 < max(drawn) <= 1.1


def test_an_address_that_is_refused_is_not_tried_again(database: Database, clock: FixedClock) -> None:
    store(database, waiting_message)
    send(database, clock, Recording(error=Refused("The address was refused")))
    message = the_message(database)
    assert (message.attempts, message.failed_at, message.failure) == (1, NOW, "The address was refused")


@pytest.mark.parametrize("given", [{"template": "no_such_template"}, {}])
def test_a_message_on_which_something_unforeseen_fails_holds_no_other_up(
    database: Database, clock: FixedClock, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = store(database, lambda session: waiting_message(session, created_at=NOW - HOUR, **given))
    good = store(database, waiting_message)
    mailer = Recording()
    really = mailer.send
    if not given:
        monkeypatch.setattr(
            mailer,
            "send",
            lambda message: really(message) if message.key == str(good) else 1 / 0,
        )
    assert send(database, clock, mailer) == 1
    assert [taken.key for taken in mailer.taken] == [str(good)]
    with database.reading() as session:
        message = session.get_one(OutboxMessage, bad)
        assert message.not_before == NOW + MINUTE
        assert message.failure in ("TemplateNotFound", "ZeroDivisionError")


def test_a_crash_between_sending_and_settling_sends_again_under_the_same_key(
    database: Database, clock: FixedClock
) -> None:
    store(database, waiting_message)
    mailer = Recording()

    class Killed(BaseException):
        pass

    def taken_then_killed(message: Outgoing) -> None:
        mailer.taken.append(message)
        raise Killed

    dying = Recording()
    dying.send = taken_then_killed  # type: ignore[method-assign]
    with pytest.raises(Killed):
        send(database, clock, dying)
    clock.advance(outbox.CLAIM_FOR - SECOND)
    assert send(database, clock, mailer) == 0
    clock.advance(SECOND)
    assert send(database, clock, mailer) == 1
    first, second = mailer.taken
    assert first == second


def test_a_message_that_kills_its_sender_every_time_is_given_to_people(database: Database, clock: FixedClock) -> None:
    message_id = store(database, waiting_message)
    for _ in range(4):
        assert claim(database, message_id, clock) is not None
        clock.advance(outbox.CLAIM_FOR)
    assert claim(database, message_id, clock) is None
    message = the_message(database)
    assert message.failed_at == clock.now()
    assert "not known whether it arrived" in message.failure


def test_a_sender_that_slept_past_its_claim_settles_nothing_of_the_next_one(
    database: Database, clock: FixedClock
) -> None:
    message_id = store(database, waiting_message)
    asleep = claim(database, message_id, clock)
    clock.advance(outbox.CLAIM_FOR)
    second = claim(database, message_id, clock)
    assert asleep is not None
    assert second is not None
    with database.transaction() as session:
        outbox.failed(session, asleep, "Nobody answered", clock=clock)
    assert the_message(database).claimed_until == clock.now() + outbox.CLAIM_FOR
    assert claim(database, message_id, clock) is None
    with database.transaction() as session:
        outbox.sent(session, second, clock=clock)
        outbox.failed(session, second, "Too late", clock=clock, for_good=True)
    message = the_message(database)
    assert (message.sent_at, message.failed_at) == (clock.now(), None)


def test_a_message_that_was_sent_after_all_counts_as_sent(database: Database, clock: FixedClock) -> None:
    """Withdrawn or given up in the meantime: it is out, and the trail must say so."""
    message_id = store(database, waiting_message)
    claimed = claim(database, message_id, clock)
    assert claimed is not None
    with database.transaction() as session:
        session.execute(sa.update(OutboxMessage).values(failed_at=NOW, failure="Gave up"))
    with database.transaction() as session:
        outbox.sent(session, claimed, clock=clock)
        outbox.sent(session, claimed, clock=clock)
    message = the_message(database)
    assert (message.sent_at, message.failed_at, message.failure) == (NOW, None, "")
    assert actions(database) == ["message.sent"]


def test_a_sender_that_is_told_to_stop_begins_no_further_message(database: Database, clock: FixedClock) -> None:
    store(database, lambda session: [waiting_message(session) for _ in range(3)])
    mailer = Recording()
    number = send_outbox.run(database, clock, mailer, base_url=BASE, stopping=lambda: len(mailer.taken) == 2)
    assert number == len(mailer.taken) == 2
