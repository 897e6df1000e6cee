"""Tables and columns as the database's driver tells them: values of many rows go through as they are.

On SQLite ids and dates are text; PostgreSQL's driver makes ids and dates itself, and takes text for both. What is read
this way may be written back this way, and text may be written on either.
"""

from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from tracker.models import Base

_UNTYPED = sa.types.NullType()


def column(attribute: InstrumentedAttribute[Any]) -> sa.ColumnElement[Any]:
    """A column of a query, read as the driver gives it."""
    return sa.type_coerce(attribute, _UNTYPED)


@cache
def table(model: type[Base]) -> sa.Table:
    """The table of a model, to write to as the driver takes it."""
    columns = (sa.Column(each.name, _UNTYPED, primary_key=each.primary_key) for each in model.__table__.columns)
    return sa.Table(model.__tablename__, sa.MetaData(), *columns)


def day(told: Any) -> date:
    """A date that was read."""
    return told if isinstance(told, date) else date.fromisoformat(told)


def instant(at: datetime) -> str:
    """An instant to write."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
