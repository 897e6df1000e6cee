"""The crossings of many items as the database works them out: ``engine.status`` said once more, in SQL.

What crosses in a night is found and written where it lies; no row comes here to be looked at. That both say the same of
every item and day is held together by ``tests/integration/test_crossing_rows.py``.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from tracker.engine.status import Status
from tracker.engine.types import Flag
from tracker.models import DueItem, StatusEvent
from tracker.services import as_stored, row_ids

ASKED_BY_HAND = "added"
FLAGS = {flag.value: getattr(DueItem, flag.value) for flag in Flag}
WRITTEN = ("id", "due_item_id", "survivor_id", "flag", "status", "boundary_on", "recorded_at")


class day_after(FunctionElement[date]):  # noqa: N801  (it reads as the function it is)
    """The day after a date."""

    type = sa.Date()
    inherit_cache = True


@compiles(day_after)
def _day_after(element: day_after, compiler: SQLCompiler, **given: Any) -> str:
    return f"({compiler.process(element.clauses, **given)} + 1)"


@compiles(day_after, "sqlite")
def _day_after_sqlite(element: day_after, compiler: SQLCompiler, **given: Any) -> str:
    return f"date({compiler.process(element.clauses, **given)}, '+1 day')"


# No day comes after the last one there is.
LAST_OF_ALL = sa.literal(date.max, sa.Date)
# The first day of each later status, in the order in which an item gets there.
FIRST_DAYS: dict[Status, sa.ColumnElement[date]] = {
    Status.UPCOMING: sa.type_coerce(DueItem.upcoming_on, sa.Date),
    Status.DUE: sa.type_coerce(DueItem.due_on, sa.Date),
    Status.OVERDUE: sa.case((DueItem.overdue_after < LAST_OF_ALL, day_after(DueItem.overdue_after)), else_=LAST_OF_ALL),
}


def crosses(first_day: sa.ColumnElement[date], boundary: Any, today: date) -> sa.ColumnElement[bool]:
    """Is this day among those that an item reaches by today and, from its next boundary on, has not recorded yet?"""
    return sa.and_(first_day >= boundary, first_day <= today)


def crosses_any(statuses: Sequence[Status], today: date) -> sa.ColumnElement[bool]:
    """Does the item reach one of these statuses by today?"""
    return sa.or_(*(crosses(FIRST_DAYS[status], DueItem.next_boundary_on, today) for status in statuses))


def record(session: Session, item_ids: Sequence[Any], today: date, now: datetime) -> Sequence[sa.Row[Any]]:
    """Write the events of these items that are not there yet, one for each flag; the items and statuses of new ones.

    ``item_ids`` are as the driver gives them.
    """
    dialect = session.get_bind().dialect.name
    steps = _steps(as_stored.among(DueItem.id, item_ids, dialect), today)
    kinds = _listed("flag", [*FLAGS, ASKED_BY_HAND])
    flags = [steps.c[name] for name in FLAGS]
    asked = sa.case(*((kinds.c.flag == each.key, each) for each in flags), else_=sa.not_(sa.or_(*flags)))
    values = (
        *(row_ids.rising_in_sql(now, dialect), steps.c.id, steps.c.survivor_id, kinds.c.flag, steps.c.status),
        *(steps.c.boundary_on, sa.literal(now, StatusEvent.recorded_at.type)),
    )
    found = sa.select(*values).select_from(steps).join(kinds, sa.true()).where(asked)
    insert: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    adding = insert(StatusEvent.__table__).from_select(WRITTEN, found).on_conflict_do_nothing()
    told = adding.returning(as_stored.column(StatusEvent.due_item_id), StatusEvent.status)
    new: Sequence[sa.Row[Any]] = session.execute(told).all()
    return new


def _steps(these: sa.ColumnElement[bool], today: date) -> sa.CTE:
    """What these items cross, a row for each status. The items are read once, and what crosses is worked out once."""
    columns = (DueItem.id, DueItem.survivor_id, DueItem.next_boundary_on, *FLAGS.values())
    days = [day.label(status.value) for status, day in FIRST_DAYS.items()]
    items = sa.select(*columns, *days).where(these).cte("items").prefix_with("MATERIALIZED")
    statuses = _listed("status", [*FIRST_DAYS])
    first_day = sa.case(*((statuses.c.status == day.key, items.c[day.key]) for day in days))
    told = [items.c.id, items.c.survivor_id, *(items.c[name] for name in FLAGS), statuses.c.status]
    steps = sa.select(*told, first_day.label("boundary_on")).select_from(items).join(statuses, sa.true())
    return steps.where(crosses(first_day, items.c.next_boundary_on, today)).cte("steps").prefix_with("MATERIALIZED")


def move_on(session: Session, item_ids: Sequence[Any], today: date) -> None:
    """Each of these items to its own next boundary: the first day after today on which its status changes, if any."""
    following = sa.case(*((day > today, day) for day in FIRST_DAYS.values()), else_=sa.null())
    these = as_stored.among(DueItem.id, item_ids, session.get_bind().dialect.name)
    change = sa.update(DueItem).where(these).values(next_boundary_on=following)
    session.execute(change, execution_options={"synchronize_session": False})


def _listed(name: str, values: Sequence[str]) -> sa.Subquery:
    """A few words as the rows of a table."""
    return sa.union_all(*(sa.select(sa.literal(str(value)).label(name)) for value in values)).subquery(f"each_{name}")
