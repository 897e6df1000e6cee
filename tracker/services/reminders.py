"""Choose whom to remind, ask for consent again, and put one message in the outbox."""

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.status import Status
from tracker.models import Channel, Clinic, Contact, OutboxMessage, Standing, Survivor
from tracker.services import as_stored, row_ids
from tracker.services.writing import insert_new_telling

TEMPLATE = "reminder"
NOT_AGAIN_FOR = timedelta(days=30)
WORTH_A_MESSAGE = (Status.DUE, Status.OVERDUE)


def plan(session: Session, clinic: Clinic, survivor_ids: Collection[UUID], *, clock: Clock) -> int:
    """Enqueue at most one message for each contact of these who agreed, however many items crossed; how many were new.

    Nobody is written to twice within 30 days, and nothing is enqueued for a survivor who is not followed here.
    """
    if not survivor_ids:
        return 0
    today = clock.today(clinic.tz)
    # Two columns only: an address that cannot be decrypted must not stop the night's check.
    contacts = session.execute(
        sa.select(as_stored.column(Contact.id), as_stored.column(Contact.survivor_id))
        .join(Survivor, Survivor.id == Contact.survivor_id)
        .where(Contact.survivor_id.in_(survivor_ids), agreed(), followed(), ~_written_to_lately(clock))
        .order_by(Contact.id)
    ).all()
    message_ids, at = row_ids.rising(clock.now(), len(contacts)), as_stored.instant(clock.now())
    rows = [_message(message_id, *each, today, at) for message_id, each in zip(message_ids, contacts, strict=True)]
    return len(insert_new_telling(session, as_stored.table(OutboxMessage), rows, "id"))


def _message(message_id: str, contact_id: object, survivor_id: object, today: date, at: str) -> dict[str, object]:
    return {
        "id": message_id,
        "dedupe_key": f"{TEMPLATE}:{UUID(str(contact_id))}:{today.isoformat()}",
        "channel": Channel.EMAIL.value,
        "contact_id": contact_id,
        "survivor_id": survivor_id,
        "template": TEMPLATE,
        "created_at": at,
        "not_before": at,
        "attempts": 0,
        "failure": "",
    }


def agreed() -> sa.ColumnElement[bool]:
    """The contact has an address, agreed to reminders, and has not stopped them since."""
    return sa.and_(
        Contact.email.is_not(None), Contact.reminders_agreed_on.is_not(None), Contact.reminders_stopped_on.is_(None)
    )


def followed() -> sa.ColumnElement[bool]:
    """The survivor lives and is followed here: nobody else's family is reminded of anything."""
    alive = sa.and_(Survivor.deceased_on.is_(None), Survivor.withdrawn_at.is_(None))
    return sa.and_(alive, Survivor.standing.in_([Standing.ACTIVE, Standing.BEING_TRACED]))


def _written_to_lately(clock: Clock) -> sa.ColumnElement[bool]:
    since = clock.now() - NOT_AGAIN_FOR
    return (
        sa.select(OutboxMessage.id)
        .where(
            OutboxMessage.contact_id == Contact.id,
            OutboxMessage.created_at > since,
            OutboxMessage.withdrawn_at.is_(None),
        )
        .exists()
    )
