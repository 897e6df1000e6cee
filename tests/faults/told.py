"""What a registry says after a night, without ids and instants: two nights can be compared by it."""

from collections import Counter
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tracker.db import Database, UTCDateTime
from tracker.models import AuditEvent, Base, DueItem, JobRun, OutboxMessage, StatusEvent, Survivor

Said = Counter[tuple[str, ...]]
# How often a message was tried tells how often somebody was killed; a record's version likewise. A seal is of rows with
# their ids.
UNSAID = {"attempts", "version", "reasons", "failure", "plan_seal"}


def told(database: Database) -> Said:
    """Events, items, survivors, gaps, failures and messages, each as often as it is there."""
    said: Said = Counter()
    with database.reading() as session:
        numbers = {survivor.id: survivor.mrn for survivor in session.scalars(sa.select(Survivor))}
        for name in ("survivors", "due_items", "plan_gaps", "plan_failures"):
            table = Base.metadata.tables[name]
            for row in session.execute(sa.select(table)).mappings():
                whose = numbers[row["survivor_id"]] if "survivor_id" in row else ""
                said[(name, whose, *_plain(table, row))] += 1
        events = sa.select(StatusEvent, DueItem.test_code, DueItem.due_on).join(
            DueItem, DueItem.id == StatusEvent.due_item_id
        )
        for event, test_code, due_on in session.execute(events):
            what = (test_code, due_on, event.flag, event.status, event.boundary_on)
            said[("event", numbers[event.survivor_id], *map(str, what))] += 1
        for message in session.scalars(sa.select(OutboxMessage)):
            said["message", numbers[message.survivor_id], message.dedupe_key, state(message)] += 1
    return said


def _plain(table: sa.Table, row: Any) -> list[str]:
    plain = [c for c in table.columns if not isinstance(c.type, sa.Uuid | UTCDateTime) and c.name not in UNSAID]
    return [str(row[column.name]) for column in plain]


def state(message: OutboxMessage) -> str:
    """Where a message stands; each stands in exactly one place."""
    places = {"sent": message.sent_at, "failed": message.failed_at, "withdrawn": message.withdrawn_at}
    stands = [place for place, since in places.items() if since is not None]
    return " and ".join(stands) or ("claimed" if message.claimed_until else "waiting")


def audited(database: Database) -> Counter[str]:
    """What the audit trail adds up to: the counts of all batches, and how often each thing was done to a message."""
    total: Counter[str] = Counter()
    with database.reading() as session:
        for event in session.scalars(sa.select(AuditEvent).where(AuditEvent.actor != "")):
            if event.action.startswith("message."):
                total[event.action] += 1
            elif event.action.startswith(("job.", "plans.")):
                counts = {name: n for name, n in (event.after or {}).items() if isinstance(n, int)}
                total.update({f"{event.action} {event.clinic_id} {name}": n for name, n in counts.items()})
    return +total


def runs(database: Database) -> list[JobRun]:
    with database.reading() as session:
        return list(session.scalars(sa.select(JobRun).order_by(JobRun.started_at)))


def sent(folder: Path) -> list[str]:
    """The keys of the messages that left, each as often as it left."""
    path = folder / "sent.txt"
    return path.read_text().split() if path.exists() else []
