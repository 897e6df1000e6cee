"""Writes what was decided of many survivors' plans: a fixed number of statements, each handed all its rows at once.

Rows go to the driver as they are. Items close before others open: of each test one may be open at a time.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tracker.models import OutboxMessage
from tracker.services.planning import Decision, Gap, Item, Summary
from tracker.services.raw_rows import FLAG_COLUMNS, SQLITE, Row

DATES = ("upcoming_on", "due_on", "overdue_after")
TOLD = ("stops_on", "soft_due_on", "reasons")
OPENED = (
    *("id", "survivor_id", "clinic_id", "test_code", *FLAG_COLUMNS, *DATES, *TOLD),
    *("next_boundary_on", "opened_at"),
)
CLOSED = ("closed_on", "closed_by", "closing_result_id", "next_boundary_on")
SUMMED = (*Summary._fields, "plan_computed_on", "placed_on", "plan_holds_until", "plan_seal")
KINDS = [
    tuple(bool(flags >> place & 1) for place in range(len(FLAG_COLUMNS))) for flags in range(2 ** len(FLAG_COLUMNS))
]


@dataclass(frozen=True, slots=True)
class Opened:
    """An item that was opened, with its new id."""

    id: UUID
    survivor_id: str
    clinic_id: str
    item: Item


def write(connection: Connection, decisions: Sequence[Decision], *, now: datetime) -> list[Opened]:
    """Write these decisions, the survivors' own rows aside (``write_sums``); what was opened, in their order."""
    _close(connection, decisions)
    _many(connection, "UPDATE due_items", (*FLAG_COLUMNS, *TOLD), _described(decisions))
    opened = _opened(decisions)
    at = now.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    _many(connection, "INSERT INTO due_items", OPENED, [_opening(each, at) for each in opened])
    _write_gaps(connection, decisions)
    return opened


def write_sums(connection: Connection, decisions: Sequence[Decision]) -> None:
    """Write what the survivors' own rows say of their plans."""
    rows = [
        (
            *_summary(each.summed.summary),
            each.summed.computed_on,
            each.summed.computed_on,
            each.summed.holds_until,
            each.summed.seal,
            each.survivor_id,
        )
        for each in decisions
        if each.resummed
    ]
    _many(connection, "UPDATE survivors", SUMMED, rows)


def withdraw_messages(connection: Connection, survivor_ids: Sequence[UUID], *, now: datetime) -> None:
    """A message that says "something is waiting for you" is untrue once nothing is due any more."""
    if survivor_ids:
        connection.execute(
            sa.update(OutboxMessage)
            .where(
                OutboxMessage.survivor_id.in_(survivor_ids),
                OutboxMessage.sent_at.is_(None),
                OutboxMessage.failed_at.is_(None),
                OutboxMessage.withdrawn_at.is_(None),
            )
            .values(withdrawn_at=now)
        )


def _summary(summary: Summary) -> Row:
    return (bool(summary.has_plan), *summary[1:])


def _close(connection: Connection, decisions: Sequence[Decision]) -> None:
    rows = [
        (
            each.summed.computed_on,
            closing.closed_by,
            closing.result_id and UUID(closing.result_id).hex,
            None,
            closing.item_id,
        )
        for each in decisions
        for closing in each.closing
    ]
    _many(connection, "UPDATE due_items", CLOSED, rows)


def _described(decisions: Sequence[Decision]) -> list[Row]:
    return [(*KINDS[item.flags], *item[5:], item_id) for each in decisions for item_id, item in each.describing]


def _opened(decisions: Sequence[Decision]) -> list[Opened]:
    ids = new_ids(sum(len(each.opening) for each in decisions))
    return [Opened(next(ids), each.survivor_id, each.clinic_id, item) for each in decisions for item in each.opening]


def _opening(opened: Opened, at: str) -> Row:
    # The first boundary is the item's own, even when it has passed: the job records what was crossed.
    item = opened.item
    owner = opened.id.hex, opened.survivor_id, opened.clinic_id, item.test_code
    return (*owner, *KINDS[item.flags], *item[2:], item.upcoming_on, at)


def _write_gaps(connection: Connection, decisions: Sequence[Decision]) -> None:
    out = [(gap_id,) for each in decisions for gap_id in each.gaps_out]
    _many(connection, "DELETE FROM plan_gaps", (), out)
    changed = [(*gap, gap_id) for each in decisions for gap_id, gap in each.gaps_changed]
    _many(connection, "UPDATE plan_gaps", Gap._fields, changed)
    coming = [(each.survivor_id, gap) for each in decisions for gap in each.gaps_in]
    ids = new_ids(len(coming))
    rows = [(next(ids).hex, survivor_id, *gap) for survivor_id, gap in coming]
    _many(connection, "INSERT INTO plan_gaps", ("id", "survivor_id", *Gap._fields), rows)


def new_ids(count: int) -> Iterator[UUID]:
    """Random ids, their chance taken from the system at once: asked one by one it takes longer than the writing."""
    chance = os.urandom(16 * count)
    return (UUID(bytes=chance[at : at + 16], version=4) for at in range(0, 16 * count, 16))


def _many(connection: Connection, act: str, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """One statement for all rows. Of what is updated or deleted the id comes last."""
    if rows:
        connection.exec_driver_sql(_statement(act, columns, connection.dialect.name), list(rows))


@cache
def _statement(act: str, columns: tuple[str, ...], dialect: str) -> str:
    mark = "?" if dialect == SQLITE else "%s"
    if act.startswith("INSERT"):
        return f"{act} ({', '.join(columns)}) VALUES ({', '.join([mark] * len(columns))})"
    assigned = f" SET {', '.join(f'{column} = {mark}' for column in columns)}" if columns else ""
    return f"{act}{assigned} WHERE id = {mark}"
