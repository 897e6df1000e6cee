"""Messages out: claim one, send it, settle it. A crash in between means a rare duplicate, never a loss."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.errors import TrackerError
from tracker.models import Clinic, Contact, OutboxMessage, Survivor
from tracker.policy import Actor
from tracker.services import audit
from tracker.services.reminders import agreed, followed

ACTOR = Actor.system("message sender")
CLAIM_FOR = timedelta(minutes=5)
RETRY_AFTER = (timedelta(seconds=60), timedelta(minutes=10), timedelta(hours=1))
MOST_ATTEMPTS = 1 + len(RETRY_AFTER)
BATCH = 50


@dataclass(frozen=True)
class Claimed:
    """A message this sender, and no other, may send now: whom to, and which telephone to name in it.

    ``attempt`` tells this claim from a later one: a sender that was long asleep settles nothing any more.
    """

    id: UUID
    to: str
    template: str
    clinic_phone: str
    attempt: int


def waiting(session: Session, *, clock: Clock) -> list[UUID]:
    """The messages whose time has come and which no other sender holds, oldest first."""
    query = sa.select(OutboxMessage.id).where(_may_be_claimed(clock.now()))
    return list(session.scalars(query.order_by(OutboxMessage.not_before, OutboxMessage.id).limit(BATCH)))


def claim(session: Session, message_id: UUID, *, clock: Clock) -> Claimed | None:
    """Take a message for sending, reading consent and address again.

    None when another sender was first, when the message is not true any more (it is withdrawn), or when it can
    never be sent (it is given to people).
    """
    now = clock.now()
    taken = _update(
        session,
        sa.update(OutboxMessage)
        .where(OutboxMessage.id == message_id, _may_be_claimed(now))
        .values(claimed_until=now + CLAIM_FOR, attempts=OutboxMessage.attempts + 1),
    )
    if taken != 1:
        return None
    message = session.get_one(OutboxMessage, message_id, populate_existing=True)
    if message.attempts > MOST_ATTEMPTS:
        _give_up(session, message, f"Tried {MOST_ATTEMPTS} times, and it is not known whether it arrived", clock)
        return None
    return _address(session, message, clock)


def _address(session: Session, message: OutboxMessage, clock: Clock) -> Claimed | None:
    clinic, next_due_on = session.execute(
        sa.select(Clinic, Survivor.next_due_on)
        .join(Survivor, Survivor.clinic_id == Clinic.id)
        .where(Survivor.id == message.survivor_id)
    ).one()
    try:
        email = session.scalar(
            sa.select(Contact.email)
            .join(Survivor, Survivor.id == Contact.survivor_id)
            .where(Contact.id == message.contact_id, Survivor.id == message.survivor_id, agreed(), followed())
        )
    except TrackerError:
        _give_up(session, message, "The address cannot be read with the present keys", clock)
        return None
    if not email or next_due_on is None or next_due_on > clock.today(clinic.tz):
        message.withdrawn_at, message.claimed_until = clock.now(), None
        _note(session, message, "message.withdrawn", clock)
        return None
    return Claimed(message.id, email, message.template, clinic.phone, message.attempts)


def sent(session: Session, claimed: Claimed, *, clock: Clock) -> None:
    """Settle a message that the mail server took."""
    message = session.get_one(OutboxMessage, claimed.id, with_for_update=True)
    if message.sent_at is None:
        # True whatever else became of it meanwhile: it is out, and must not go out again.
        message.sent_at, message.claimed_until, message.failed_at, message.failure = clock.now(), None, None, ""
        _note(session, message, "message.sent", clock)


def failed(
    session: Session,
    claimed: Claimed,
    why: str,
    *,
    clock: Clock,
    for_good: bool = False,
    jitter: Callable[[], float] = lambda: 1.0,
) -> None:
    """Settle a message that could not be sent: tried again after 1 and 10 minutes and an hour, then given to people.

    ``jitter`` gives the factor (about 1) by which a wait is stretched, so that many do not come back at once.
    """
    message = session.get_one(OutboxMessage, claimed.id, with_for_update=True)
    if not _is_open(message) or message.attempts != claimed.attempt:
        return
    if for_good or claimed.attempt >= MOST_ATTEMPTS:
        _give_up(session, message, why, clock)
        return
    message.not_before = clock.now() + RETRY_AFTER[claimed.attempt - 1] * jitter()
    message.claimed_until, message.failure = None, why[:200]


def _give_up(session: Session, message: OutboxMessage, why: str, clock: Clock) -> None:
    message.failed_at, message.claimed_until, message.failure = clock.now(), None, why[:200]
    _note(session, message, "message.failed", clock, reason=message.failure)


def _note(session: Session, message: OutboxMessage, action: str, clock: Clock, reason: str = "") -> None:
    after = {"contact_id": message.contact_id, "template": message.template, "attempts": message.attempts}
    audit.record(session, ACTOR, action, subject=message, at=clock.now(), after=after, reason=reason)


def _may_be_claimed(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(
        OutboxMessage.sent_at.is_(None),
        OutboxMessage.failed_at.is_(None),
        OutboxMessage.withdrawn_at.is_(None),
        OutboxMessage.not_before <= now,
        sa.or_(OutboxMessage.claimed_until.is_(None), OutboxMessage.claimed_until <= now),
    )


def _is_open(message: OutboxMessage) -> bool:
    return message.sent_at is None and message.failed_at is None and message.withdrawn_at is None


def _update(session: Session, statement: sa.Update) -> int:
    return cast("CursorResult[Any]", session.execute(statement)).rowcount
