"""Writes what was decided of many survivors' plans: a fixed number of statements, each handed all its rows at once.

Rows go to the driver as they are. Items close before others open: of each test one may be open at a time.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tracker.models import DueItem, OutboxMessage, PlanGap, Survivor
from tracker.services import as_stored, many_rows
from tracker.services.planning import Decision, Gap, Summary
from tracker.services.raw_rows import FLAG_COLUMNS, SQLITE, Row, table_of
from tracker.services.row_ids import rising

DUE_ITEMS, PLAN_GAPS, SURVIVORS = map(table_of, (DueItem, PlanGap, Survivor))
DATES = ("upcoming_on", "due_on", "overdue_after")
TOLD = ("stops_on", "soft_due_on", "reasons")
OPENED = (
    *("id", "survivor_id", "clinic_id", "test_code", *FLAG_COLUMNS, *DATES, *TOLD),
    *("next_boundary_on", "opened_at"),
)
CLOSED = ("closed_on", "closed_by", "closing_result_id", "next_boundary_on")
SUMMED = (*Summary._fields, "plan_computed_on", "placed_on", "plan_holds_until", "plan_seal")
# By a sum of flags, a value for each column. SQLite's driver takes several times as long over truth as over the number
# that it keeps for it; PostgreSQL's takes truth only.
_NUMBERS = [tuple(flags >> place & 1 for place in range(len(FLAG_COLUMNS))) for flags in range(2 ** len(FLAG_COLUMNS))]
_TRUTHS = [tuple(map(bool, kinds)) for kinds in _NUMBERS]


def write(connection: Connection, decisions: Sequence[Decision], *, now: datetime) -> list[Row]:
    """Write these decisions, the survivors' own rows aside (``write_sums``).

    The rows of the items that were opened are returned, in the decisions' order, with the columns ``OPENED``.
    """
    _close(connection, decisions)
    kinds = _NUMBERS if connection.dialect.name == SQLITE else _TRUTHS
    many_rows.update(connection, DUE_ITEMS, (*FLAG_COLUMNS, *TOLD), _described(decisions, kinds))
    opened = _opened(decisions, kinds, now)
    many_rows.insert(connection, DUE_ITEMS, OPENED, opened)
    _write_gaps(connection, decisions, now)
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
    many_rows.update(connection, SURVIVORS, SUMMED, rows)


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
    many_rows.update(connection, DUE_ITEMS, CLOSED, rows)


def _described(decisions: Sequence[Decision], kinds: Sequence[Row]) -> list[Row]:
    return [(*kinds[item.flags], *item[5:], item_id) for each in decisions for item_id, item in each.describing]


def _opened(decisions: Sequence[Decision], kinds: Sequence[Row], now: datetime) -> list[Row]:
    """New items. Their first boundary is their own, even when it has passed: the job records what was crossed."""
    opening = [(each.survivor_id, each.clinic_id, item) for each in decisions for item in each.opening]
    ids = rising(now, len(opening))
    at = as_stored.instant(now)
    return [
        (item_id, survivor_id, clinic_id, item[0], *kinds[item[1]], *item[2:], item[2], at)
        for item_id, (survivor_id, clinic_id, item) in zip(ids, opening, strict=True)
    ]


def _write_gaps(connection: Connection, decisions: Sequence[Decision], now: datetime) -> None:
    out = [gap_id for each in decisions for gap_id in each.gaps_out]
    many_rows.delete(connection, PLAN_GAPS, out)
    changed = [(*gap, gap_id) for each in decisions for gap_id, gap in each.gaps_changed]
    many_rows.update(connection, PLAN_GAPS, Gap._fields, changed)
    coming = [(each.survivor_id, *gap) for each in decisions for gap in each.gaps_in]
    ids = rising(now, len(coming))
    rows = [(gap_id, *row) for gap_id, row in zip(ids, coming, strict=True)]
    many_rows.insert(connection, PLAN_GAPS, ("id", "survivor_id", *Gap._fields), rows)
