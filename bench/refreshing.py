"""The whole registry refreshed, and emptied of its plans so that they can be filled again."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from bench.registries import POSTGRESQL, SQLITE, Registries, Registry
from tracker.models import Survivor
from tracker.services import care_plans

AT_ONCE = 200
# What a plan leaves in its survivor's row.
EMPTY = {
    "has_plan": "false",
    "plan_holds_until": "NULL",
    "plan_computed_on": "NULL",
    "plan_digest": "''",
    "plan_seal": "''",
    "next_upcoming_on": "NULL",
    "next_due_on": "NULL",
    "next_overdue_on": "NULL",
    "recurrence_due_on": "NULL",
    "recurrence_overdue_on": "NULL",
}
PLANS = ("status_events", "outbox_messages", "plan_gaps", "due_items")


def refresh(registry: Registry, *, workers: int = 1, fresh: bool = False) -> None:
    """Refresh everybody. ``fresh``: work every plan out, whatever seems unchanged."""
    del workers, fresh  # one way only so far
    with registry.database.reading() as session:
        ids = list(session.scalars(sa.select(Survivor.id).order_by(Survivor.id)))
    for start in range(0, len(ids), AT_ONCE):
        with registry.database.transaction() as session:
            some = session.scalars(sa.select(Survivor).where(Survivor.id.in_(ids[start : start + AT_ONCE]))).all()
            care_plans.refresh_all(session, some, clock=registry.clock)


@contextmanager
def mornings(kept: Registries, sizes: Sequence[int]) -> Iterator[list[Registry]]:
    """Registries of these sizes as they are in the morning, smallest first, all open to be measured in turns."""
    with kept.open(sizes) as found:
        for registry in found:
            refresh(registry)
            registry.settle()
            registry.refresh_statistics()
        yield found


def clear(registry: Registry) -> None:
    """No plan is stored of anybody, as before the first fill.

    Filled again, the plans are the same; what crossed or was closed long ago is lost.
    """
    emptied = ", ".join(f"{column} = {value}" for column, value in EMPTY.items() if column in Survivor.__table__.c)
    emptying = {SQLITE: [f"DELETE FROM {table}" for table in PLANS], POSTGRESQL: [f"TRUNCATE {', '.join(PLANS)}"]}
    registry.write(*emptying[registry.kind], f"UPDATE survivors SET {emptied}")
    registry.refresh_statistics()
