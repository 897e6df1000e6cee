"""The boundary job: a day's crossings beside a plain UPDATE of the same rows, and whether the registry's size shows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bench.goals import Row, milliseconds
from bench.measuring import Work, exponent, interleaved
from bench.plan import Plan
from bench.registries import TODAY, Registry
from tracker.engine.status import ItemDates, next_boundary
from tracker.jobs import cross_boundaries

# So many crossings in registries of every size, where all of them have as many.
FIXED = 400
REACHED = """
SELECT id, next_boundary_on, upcoming_on, due_on, overdue_after FROM due_items
WHERE closed_on IS NULL AND next_boundary_on <= ? ORDER BY id
"""
# Events are kept by day, not by item: what tonight recorded goes in one pass.
FORGET = "DELETE FROM status_events WHERE recorded_at >= ?"
MOVE = "UPDATE due_items SET next_boundary_on = ? WHERE id = ?"
Change = tuple[Any, Any]


@dataclass
class Night:
    """The crossings that wait at a registry: what the job makes of them can be taken back and done again."""

    registry: Registry
    before: list[Change] = field(default_factory=list)
    after: list[Change] = field(default_factory=list)

    def __post_init__(self) -> None:
        for item_id, boundary, *dates in self.registry.rows(REACHED, [str(TODAY)]):
            self.before.append((boundary, item_id))
            self.after.append((next_boundary(ItemDates(*(_day(each) for each in dates)), TODAY), item_id))

    def cross(self) -> None:
        """What the scheduler does."""
        done = cross_boundaries.run(self.registry.database, self.registry.clock, holder="bench", force=True)
        if done is None:
            raise LookupError("The job's lease is held by somebody else")

    def update(self) -> None:
        """The yardstick: the same rows get the same next boundaries, and nothing else happens."""
        self._move(self.after)

    def take_back(self) -> None:
        """As if the night were still to come. The audit's rows stay: they cannot be deleted."""
        self._move(self.before)
        with self.registry.writing() as connection:
            connection.execute(self.registry.sql(FORGET), [str(TODAY)])
            for table, instant in (("outbox_messages", "created_at"), ("job_runs", "started_at")):
                connection.execute(f"DELETE FROM {table} WHERE {instant} >= '{TODAY}'")

    def leave(self, crossings: int) -> None:
        """Only so many of the items wait; the others as if they had crossed already."""
        self._move(self.after[crossings:])
        self.before, self.after = self.before[:crossings], self.after[:crossings]

    def _move(self, changes: list[Change]) -> None:
        with self.registry.writing() as connection:
            written = [(None if boundary is None else str(boundary), item_id) for boundary, item_id in changes]
            connection.cursor().executemany(self.registry.sql(MOVE), written)


def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def rows(plan: Plan, registries: list[Registry]) -> Iterator[Row]:
    """The rows about the job, of each registry and across their sizes."""
    if plan.wants("boundary.update"):
        for registry in registries:
            yield from _a_day(plan, registry)
    if plan.wants("boundary.exponent") and len(registries) > 1:
        yield from _fixed(plan, registries)


def _a_day(plan: Plan, registry: Registry) -> Iterator[Row]:
    night = Night(registry)
    works = {"job": Work(night.cross, night.take_back), "update": Work(night.update, night.take_back)}
    taken = interleaved(works, plan.rounds)
    night.take_back()
    figures = _crossings(night, taken["job"]), _crossings(night, taken["update"])
    days = (TODAY - registry.last_night).days
    note = f"{len(night.before):,} items" + (f" of {days} days" if days > 1 else "")
    yield Row("boundary.update", registry.kind, registry.size, taken["job"] / taken["update"], *figures, note)


def _fixed(plan: Plan, registries: list[Registry]) -> Iterator[Row]:
    whole = [Night(registry) for registry in registries]
    crossings = min(FIXED, *(len(night.before) for night in whole))
    nights = [Night(registry) for registry in registries]
    for night in nights:
        night.leave(crossings)
    works = {night.registry.size: Work(night.cross, night.take_back) for night in nights}
    taken = interleaved(works, plan.rounds)
    for night in whole:
        night.take_back()
    for small, large in plan.pairs(registries):
        sizes = (small.size, taken[small.size]), (large.size, taken[large.size])
        figures = milliseconds(taken[large.size]), f"{milliseconds(taken[small.size])} at {small.size:,}"
        yield Row("boundary.exponent", large.kind, large.size, exponent(*sizes), *figures, f"{crossings} items")


def _crossings(night: Night, taken: float) -> str:
    return f"{len(night.before) / taken:,.0f} items/s"
