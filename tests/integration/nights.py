"""What the tests of the scheduled jobs share: items, nights, and a fingerprint of every table."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import AT, make_clinic, make_contact, make_survivor
from tracker.clock import Clock
from tracker.db import Database
from tracker.engine.types import Flag
from tracker.jobs import cross_boundaries
from tracker.models import Base, Channel, Clinic, Contact, DueItem, OutboxMessage, StatusEvent, Survivor

BOOKKEEPING = ("job_leases", "job_runs")
DAY = timedelta(days=1)
# Upcoming, due, overdue: three different days, one across the end of a February of 29 days.
UPCOMING_ON, DUE_ON, OVERDUE_AFTER = date(2028, 2, 15), date(2028, 2, 29), date(2028, 3, 30)
OVERDUE_ON = OVERDUE_AFTER + DAY
_numbers = count(1)


def make_item(session: Session, survivor: Survivor, *flags: Flag, **given: Any) -> DueItem:
    """An open item planned as the care plan would: its first boundary is still to be recorded."""
    values: dict[str, Any] = {
        "test_code": "echocardiogram",
        "upcoming_on": UPCOMING_ON,
        "due_on": DUE_ON,
        "overdue_after": OVERDUE_AFTER,
        "opened_at": AT,
    } | given
    values.setdefault("next_boundary_on", values["upcoming_on"])
    named = {flag.value: True for flag in flags or (Flag.LATE_EFFECTS,)} if not values.get("added") else {}
    item = DueItem(survivor_id=survivor.id, clinic_id=survivor.clinic_id, **(named | values))
    session.add(item)
    session.flush()
    return item


def make_items(session: Session, survivor: Survivor, number: int, **given: Any) -> None:
    """Many items at once, each for a test of its own."""
    values: dict[str, Any] = {
        "survivor_id": survivor.id,
        "clinic_id": survivor.clinic_id,
        "late_effects": True,
        "upcoming_on": UPCOMING_ON,
        "due_on": DUE_ON,
        "overdue_after": OVERDUE_AFTER,
        "opened_at": AT,
    } | given
    values.setdefault("next_boundary_on", values["upcoming_on"])
    numbers = [next(_numbers) for _ in range(number)]
    session.execute(sa.insert(DueItem), [values | {"test_code": f"test-{number}"} for number in numbers])


def a_busy_night(session: Session) -> Clinic:
    """Plans to refresh, items that cross, and families to write to."""
    clinic = make_clinic(session)
    for number in range(2):
        survivor = make_survivor(session, clinic, plan_holds_until=UPCOMING_ON)
        make_contact(session, survivor, email=f"{number}@mail.example", reminders_agreed_on=date(2027, 1, 4))
    survivor = make_survivor(session, clinic)
    for test in ("chest-ct", "brain-mri", "echocardiogram"):
        make_item(session, survivor, test_code=test)
    return clinic


def make_message(session: Session, contact: Contact, **given: Any) -> OutboxMessage:
    """A reminder waiting to go out since its making."""
    at = given.get("created_at", AT)
    values: dict[str, Any] = {
        "dedupe_key": f"reminder:{contact.id}:{at.isoformat()}",
        "channel": Channel.EMAIL,
        "contact_id": contact.id,
        "survivor_id": contact.survivor_id,
        "template": "reminder",
        "created_at": at,
        "not_before": at,
    }
    message = OutboxMessage(**(values | given))
    session.add(message)
    session.flush()
    return message


def night(database: Database, clock: Clock, **given: Any) -> dict[str, int]:
    """One tick of the flag job; what it counted, zeros left out."""
    counts = cross_boundaries.run(database, clock, holder="night", **given)
    assert counts is not None, "the lease is taken"
    return {name: count for name, count in counts.items() if count}


def events(database: Database) -> list[tuple[str, str, date]]:
    """Every recorded crossing as flag, status and day."""
    query = sa.select(StatusEvent.flag, StatusEvent.status, StatusEvent.boundary_on)
    with database.reading() as session:
        return sorted((flag, status, on) for flag, status, on in session.execute(query))


def fingerprint(database: Database, *, leave_out: Iterable[str] = ("job_leases",)) -> str:
    """Equal before and after if, and only if, no row of any other table was added, changed or removed."""
    digest = hashlib.sha256()
    with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            if table.name not in leave_out:
                rows = sorted(repr(tuple(row)) for row in session.execute(sa.select(table)))
                digest.update(f"{table.name}:{rows}".encode())
    return digest.hexdigest()


def instant(day: date, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """The SQL that goes to the database meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)
