"""Open due items of many survivors at once, as a list shows them: one query, without their reasons."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.engine.status import Status, status_of
from tracker.engine.types import Flag
from tracker.models import DueItem, Survivor

COLUMNS = (
    DueItem.survivor_id,
    DueItem.id,
    DueItem.test_code,
    DueItem.upcoming_on,
    DueItem.due_on,
    DueItem.overdue_after,
    DueItem.recurrence,
    DueItem.late_effects,
    DueItem.predisposition,
    DueItem.visit,
)


@dataclass(frozen=True, slots=True)
class DueLine:
    """One open item: what, why in one word each, and its three dates."""

    survivor_id: UUID
    item_id: UUID
    test_code: str
    upcoming_on: date
    due_on: date
    overdue_after: date
    flags: tuple[Flag, ...]

    @property
    def overdue_on(self) -> date:
        """The first day on which it is overdue."""
        return self.overdue_after + timedelta(days=1)

    def status(self, today: date) -> Status:
        return status_of(self, today)


def due_lines(session: Session, survivor_ids: Collection[UUID], today: date) -> dict[UUID, list[DueLine]]:
    """What is due for each survivor on a day, or, where nothing is, what comes next; the longest overdue first."""
    return _lines(session, survivor_ids, sa.or_(DueItem.due_on <= today, DueItem.due_on == Survivor.next_due_on))


def lines_for_visit(session: Session, survivor_ids: Collection[UUID], on: date) -> dict[UUID, list[DueLine]]:
    """What a visit on this day can settle for each survivor: everything due by then or coming up."""
    return _lines(session, survivor_ids, DueItem.upcoming_on <= on)


def _lines(
    session: Session, survivor_ids: Collection[UUID], wanted: sa.ColumnElement[bool]
) -> dict[UUID, list[DueLine]]:
    query = (
        sa.select(*COLUMNS)
        .join(Survivor, Survivor.id == DueItem.survivor_id)
        # Said of both tables: PostgreSQL would otherwise read all survivors to find these.
        .where(Survivor.id.in_(survivor_ids), DueItem.survivor_id.in_(survivor_ids))
        .where(DueItem.closed_on.is_(None), wanted)
        .order_by(DueItem.overdue_after, DueItem.due_on, DueItem.test_code)
    )
    found: dict[UUID, list[DueLine]] = {survivor_id: [] for survivor_id in survivor_ids}
    for row in session.execute(query):
        flags = tuple(flag for flag in Flag if getattr(row, flag.value))
        line = DueLine(row.survivor_id, row.id, row.test_code, row.upcoming_on, row.due_on, row.overdue_after, flags)
        found[line.survivor_id].append(line)
    return found


def has_due_item(
    today: date, *, flag: Flag | None, test_codes: Collection[str] | None, overdue_only: bool = False
) -> sa.ColumnElement[bool]:
    """Survivors with an open item due (or overdue) on a day, of this flag and among these tests."""
    clauses = [DueItem.survivor_id == Survivor.id, DueItem.closed_on.is_(None), DueItem.due_on <= today]
    if overdue_only:
        clauses.append(DueItem.overdue_after < today)
    if flag is not None:
        clauses.append(getattr(DueItem, flag.value).is_(True))
    if test_codes is not None:
        clauses.append(DueItem.test_code.in_(test_codes))
    return sa.exists().where(*clauses).correlate(Survivor)
