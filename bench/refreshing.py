"""The whole registry refreshed, and emptied of its plans so that they can be filled again."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.registries import POSTGRESQL, SQLITE, Registries, Registry
from tracker.executors import opened, processors
from tracker.garbage import seldom_collecting
from tracker.models import Survivor
from tracker.services import recompute
from tracker.services.recompute import Outcome
from tracker.services.recompute_lanes import Lanes

HERE = Lanes()
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


def refresh(registry: Registry, *, lanes: Lanes = HERE, fresh: bool = False) -> Outcome:
    """Refresh everybody as ``flask recompute`` does, from the start. ``fresh``: work every plan out, whatever seems
    unchanged."""
    with seldom_collecting():
        done = recompute.run(
            registry.database,
            registry.clock,
            holder="bench",
            lanes=lanes,
            fresh=fresh,
            from_start=True,
        )
    if done is None or done.failed:
        raise RuntimeError("the registry could not be refreshed: everybody must be planned for, and nobody else at it")
    return done


@contextmanager
def mornings(kept: Registries, sizes: Sequence[int]) -> Iterator[list[Registry]]:
    """Registries of these sizes as they are in the morning, smallest first, all open to be measured in turns."""
    with kept.open(sizes) as found:
        for registry in found:
            with opened(processors(), None) as lanes:
                refresh(registry, lanes=lanes)
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
