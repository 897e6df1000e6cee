"""Sessions kept in a table: found by the hash of their token, ended at once and from anywhere."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.models import FAMILY, Grant, UserSession

STAFF_IDLE = timedelta(minutes=15)
FAMILY_IDLE = timedelta(minutes=60)
ABSOLUTE = timedelta(hours=12)


def token_hash(token: str) -> str:
    """What is stored of a token: a copied table signs nobody in. The token is random, so a plain hash will do."""
    return hashlib.sha256(token.encode()).hexdigest()


def find(session: Session, token: str) -> UserSession | None:
    """The session with this token, unless it was ended (signed out, or its person switched off)."""
    row = session.scalar(sa.select(UserSession).where(UserSession.token_hash == token_hash(token)))
    return None if row is None or row.revoked_at is not None else row


def is_over(session: Session, row: UserSession, *, clock: Clock) -> bool:
    """Idle for too long (staff 15 minutes, families and visitors 60), or 12 hours old."""
    idle = STAFF_IDLE if row.user_id is not None and _is_staff(session, row.user_id) else FAMILY_IDLE
    return clock.now() - row.last_seen_at >= idle or clock.now() - row.created_at >= ABSOLUTE


def begin(session: Session, token: str, contents: Mapping[str, Any], user_id: UUID | None, *, clock: Clock) -> None:
    """Store a new session under a token nobody has seen before."""
    now = clock.now()
    row = UserSession(id=uuid4(), token_hash=token_hash(token), created_at=now)
    row.contents, row.user_id, row.last_seen_at = dict(contents), user_id, now
    session.add(row)


def update(session: Session, token: str, contents: Mapping[str, Any], *, clock: Clock) -> None:
    """Store what a request changed. A session ended meanwhile stays ended: a slow request cannot revive it."""
    row = find(session, token)
    if row is not None:
        row.contents, row.last_seen_at = dict(contents), clock.now()


def end(session: Session, token: str, *, clock: Clock) -> None:
    """End the session with this token; what it held is forgotten."""
    _revoke(session, UserSession.token_hash == token_hash(token), clock)


def end_all(session: Session, user_id: UUID, *, clock: Clock) -> None:
    """End every session of one person: switched off, or with a new password or other roles."""
    _revoke(session, UserSession.user_id == user_id, clock)


def _revoke(session: Session, which: sa.ColumnElement[bool], clock: Clock) -> None:
    session.execute(
        sa.update(UserSession)
        .where(which, UserSession.revoked_at.is_(None))
        .values(revoked_at=clock.now(), contents={})
    )


def _is_staff(session: Session, user_id: UUID) -> bool:
    staff = sa.select(Grant.id).where(Grant.user_id == user_id, Grant.role.not_in(FAMILY)).limit(1)
    return session.scalar(staff) is not None
