"""Changing one survivor's record: one change at a time, and none on top of a change that was not seen."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.errors import Conflict
from tracker.models import AuditEvent, Survivor


def begin_edit(session: Session, survivor: Survivor, *, seen: int | None = None) -> None:
    """Hold the survivor's row until the transaction ends, and count the change.

    Two people saving at once take turns: the second reads what the first wrote, so that no plan is made from
    half of the facts. ``seen`` is the version a form was opened with (None: the change depends on nothing seen).

    Raises:
        Conflict: the record is no longer as it was seen; the message names who changed it, and when.
    """
    session.flush()  # refreshing would throw away what was changed and not yet written
    session.refresh(survivor, with_for_update=True)
    if seen is not None and seen != survivor.version:
        raise Conflict(conflict_message(session, survivor))
    survivor.version += 1


def conflict_message(session: Session, survivor: Survivor, *, subject_id: UUID | None = None) -> str:
    """Who changed the record (or one row of it) last, and what to do now."""
    query = sa.select(AuditEvent).where(AuditEvent.survivor_id == survivor.id)
    if subject_id is not None:
        query = query.where(AuditEvent.subject_id == subject_id)
    last = session.scalar(query.order_by(AuditEvent.at.desc()).limit(1))
    who = (
        f"{last.actor} changed this record {_when(last.at, survivor.clinic.tz)}"
        if last
        else "Somebody changed this record"
    )
    return f"{who}. Your entry is kept below; look at the change, then save again"


def _when(at: datetime, tz: str) -> str:
    local = at.astimezone(ZoneInfo(tz))
    return f"on {local:%b} {local.day}, {local.year}, at {local.hour % 12 or 12}:{local:%M %p}"
