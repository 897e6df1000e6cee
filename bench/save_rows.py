"""What a save pays for its plan: one survivor refreshed in a transaction, without the request around it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.goals import Row, milliseconds
from bench.measuring import seconds, slowest_twentieth
from bench.plan import Plan
from bench.registries import TODAY, Registry
from tests.factories import make_result
from tracker.garbage import keep_what_is_here
from tracker.models import Base, DueItem, Result, Survivor
from tracker.services import care_plans

SAVED = 100
Stored = dict[str, list[dict[str, Any]]]
# What a refresh may write of a survivor: the table, and the column that names the survivor.
WRITTEN = (("survivors", "id"), ("due_items", "survivor_id"), ("plan_gaps", "survivor_id"))


@dataclass(frozen=True)
class Saves:
    """Refreshes of single survivors at a registry; each is taken back before the next."""

    registry: Registry
    survivor_ids: list[UUID]

    def kept(self, number: int) -> None:
        """Refresh somebody of whom nothing changed."""
        self._refresh(self._survivor_id(number))

    def moved(self, number: int) -> float:
        """Refresh somebody whose soonest test was just done: its item is closed and the next one opens."""
        survivor_id = self._survivor_id(number)
        with self.registry.database.transaction() as session:
            before = _stored(session, survivor_id)
            soonest = care_plans.open_items(session, survivor_id)[0]
            result = make_result(session, session.get_one(Survivor, survivor_id), soonest.test_code, TODAY)
        taken = seconds(lambda: self._refresh(survivor_id))
        with self.registry.database.transaction() as session:
            _put_back(session, survivor_id, before)
            session.execute(sa.delete(Result).where(Result.id == result.id))
        return taken

    def _survivor_id(self, number: int) -> UUID:
        return self.survivor_ids[number % len(self.survivor_ids)]

    def _refresh(self, survivor_id: UUID) -> None:
        with self.registry.database.transaction() as session:
            care_plans.refresh(session, session.get_one(Survivor, survivor_id), clock=self.registry.clock)


def _stored(session: Session, survivor_id: UUID) -> Stored:
    """The rows of a survivor that a refresh may write."""
    found = {}
    for name, owner in WRITTEN:
        table = Base.metadata.tables[name]
        # What the database works out itself comes back by itself.
        own = [column for column in table.columns if column.computed is None]
        rows = session.execute(sa.select(*own).where(table.c[owner] == survivor_id))
        found[name] = [dict(row) for row in rows.mappings()]
    return found


def _put_back(session: Session, survivor_id: UUID, stored: Stored) -> None:
    """Those rows as they were, and no others."""
    for name, owner in WRITTEN:
        table = Base.metadata.tables[name]
        ids = [row["id"] for row in stored[name]]
        session.execute(sa.delete(table).where(table.c[owner] == survivor_id, table.c.id.not_in(ids)))
        for row in stored[name]:
            session.execute(sa.update(table).where(table.c.id == row["id"]).values(row))


def rows(plan: Plan, registries: list[Registry]) -> Iterator[Row]:
    """The rows about saving, of each registry."""
    # As a server does that has started.
    keep_what_is_here()
    for registry in registries:
        saves = Saves(registry, _with_open_items(registry))
        ways: dict[str, Callable[[int], object]] = {"moved": saves.moved, "kept": saves.kept}
        calls = {name: call for name, call in ways.items() if plan.wants(f"save.{name}")}
        taken = slowest_twentieth(calls, times=plan.times, rounds=plan.rounds)
        for name, each in taken.items():
            yield Row(f"save.{name}", registry.kind, registry.size, each * 1000, milliseconds(each))


def _with_open_items(registry: Registry) -> list[UUID]:
    """The first survivors by id, which is by chance, who have something to come."""
    with registry.database.reading() as session:
        coming = sa.exists().where(DueItem.survivor_id == Survivor.id, DueItem.closed_on.is_(None))
        return list(session.scalars(sa.select(Survivor.id).where(coming).order_by(Survivor.id).limit(SAVED)))
