"""What a route needs of its surroundings: the database, the clock, and who is asking."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from flask import g, request
from sqlalchemy.orm import Session

from tracker.current import clock, database, settings
from tracker.policy import Action, Actor
from tracker.services import audit

ANONYMOUS = Actor(name="not signed in")
LONGEST_ADDRESS = 60


@contextmanager
def transaction() -> Iterator[Session]:
    """One transaction that writes; a route opens exactly one."""
    with database().transaction() as session:
        yield session


@contextmanager
def reading() -> Iterator[Session]:
    """A session that only reads."""
    with database().reading() as session:
        yield session


def current_actor() -> Actor:
    """Who is asking, with the roles in force today."""
    found: Actor = g.get("actor", ANONYMOUS)
    return found


def current_clinic_id(action: Action = Action.VIEW_WORKLIST) -> UUID | None:
    """The clinic a member of staff works at now (the first, or the chosen one, where there are several)."""
    ids = current_actor().clinic_ids(action)
    return ids[0] if ids else None


def note_access(survivor_ids: Iterable[UUID], purpose: str) -> None:
    """Remember whom this page shows; the access rows are written before the page goes out."""
    shown: dict[UUID, str] = g.setdefault("survivors_shown", {})
    for survivor_id in survivor_ids:
        shown.setdefault(survivor_id, purpose)


def forget_access() -> None:
    """The page will not be shown after all: an error page takes its place."""
    g.pop("survivors_shown", None)


def write_access_rows() -> None:
    """Write what ``note_access`` remembered, in one small transaction of its own."""
    shown: dict[UUID, str] = g.pop("survivors_shown", {})
    by_purpose: dict[str, list[UUID]] = {}
    for survivor_id, purpose in shown.items():
        by_purpose.setdefault(purpose, []).append(survivor_id)
    if not by_purpose:
        return
    with transaction() as session:
        for purpose, survivor_ids in by_purpose.items():
            audit.record_access(session, current_actor(), survivor_ids, purpose=purpose, at=clock().now())


def remote_address() -> str:
    """Where the request came from; cut, because a proxy may pass on anything."""
    return (request.remote_addr or "")[:LONGEST_ADDRESS]


__all__ = [
    "ANONYMOUS",
    "clock",
    "current_actor",
    "current_clinic_id",
    "database",
    "forget_access",
    "note_access",
    "reading",
    "remote_address",
    "settings",
    "transaction",
    "write_access_rows",
]
