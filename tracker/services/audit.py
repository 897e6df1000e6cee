"""Who did what, before and after, in the caller's transaction; and who looked."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.crypto import blind_index
from tracker.db import EncryptedText
from tracker.engine.partial_dates import PartialDate
from tracker.models import AccessEvent, AuditEvent, Base, Clinic, Survivor
from tracker.policy import Actor

SECRET = ("password_hash", "token_hash")


def record(
    session: Session,
    actor: Actor,
    action: str,
    *,
    subject: Base,
    at: datetime,
    survivor_id: UUID | None = None,
    clinic_id: UUID | None = None,
    before: object = None,
    after: object = None,
    reason: str = "",
) -> AuditEvent:
    """Add one audit row for a change. ``before`` and ``after`` may be a row, a dataclass or a dict.

    The row is part of the caller's transaction: no change without it, and no row without the change.
    """
    subject_id = _own(subject, "id")
    if subject_id is None:
        session.flush()
        subject_id = _own(subject, "id")
    event = AuditEvent(
        at=at,
        actor=actor.name,
        actor_id=actor.user_id,
        action=action,
        subject_type=type(subject).__name__,
        subject_id=subject_id,
        survivor_id=survivor_id or (subject_id if isinstance(subject, Survivor) else _own(subject, "survivor_id")),
        clinic_id=clinic_id or (subject_id if isinstance(subject, Clinic) else _own(subject, "clinic_id")),
        before=snapshot(before),
        after=snapshot(after),
        reason=reason,
    )
    session.add(event)
    return event


def record_access(session: Session, actor: Actor, survivor_ids: list[UUID], *, purpose: str, at: datetime) -> None:
    """Add one access row for each survivor shown; called in a small transaction before the page goes out."""
    session.add_all(
        AccessEvent(
            at=at,
            actor=actor.name,
            actor_id=actor.user_id,
            survivor_id=survivor_id,
            purpose=purpose,
            address=actor.address,
        )
        for survivor_id in survivor_ids
    )


def snapshot(value: object) -> dict[str, Any] | None:
    """A value as JSON: the columns of a row, the fields of a dataclass, or the entries of a dict."""
    if value is None:
        return None
    if isinstance(value, Base):
        return {column.key: _plain(_seen(value, column)) for column in sa.inspect(type(value)).columns}
    if is_dataclass(value) and not isinstance(value, type):
        return _of_dataclass(value)
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    raise TypeError(f"Cannot record {type(value).__name__} in the audit trail")


def _own(subject: Base, key: str) -> UUID | None:
    return getattr(subject, key, None)


def _seen(row: Base, column: sa.Column[Any]) -> object:
    # The trail must not hold in the clear what the table keeps encrypted; the keyed hash still shows a change.
    value = getattr(row, column.key)
    if value is not None and (isinstance(column.type, EncryptedText) or column.key in SECRET):
        return f"hidden:{blind_index(value)[:12]}"
    return value


def _of_dataclass(value: Any) -> dict[str, Any]:
    return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date | Decimal | UUID | PartialDate):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return _of_dataclass(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(entry) for entry in value]
    return value
