"""Tables and columns as the database's driver tells them: values of many rows go through as they are.

On SQLite ids and dates are text; PostgreSQL's driver makes ids and dates itself, and takes text for both. What is read
this way may be written back this way, and text may be written on either.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import InstrumentedAttribute

from tracker.models import Base

_UNTYPED = sa.types.NullType()


def column(attribute: InstrumentedAttribute[Any]) -> sa.ColumnElement[Any]:
    """A column of a query, read as the driver gives it."""
    return sa.type_coerce(attribute, _UNTYPED)


def among(attribute: InstrumentedAttribute[UUID], ids: Sequence[Any], dialect: str) -> sa.ColumnElement[bool]:
    """Is it one of these ids, as the driver gave them? All of them go over as one value, however many they are."""
    if dialect == "sqlite":
        rows = sa.func.json_each(json.dumps(ids)).table_valued("value")
        return column(attribute).in_(sa.select(rows.c.value))
    listed = sa.literal("{" + ",".join(map(str, ids)) + "}", sa.Text)
    return attribute == sa.any_(sa.cast(listed, postgresql.ARRAY(sa.Uuid)))


@cache
def table(model: type[Base]) -> sa.Table:
    """The table of a model, to write to as the driver takes it."""
    columns = (sa.Column(each.name, _UNTYPED, primary_key=each.primary_key) for each in model.__table__.columns)
    return sa.Table(model.__tablename__, sa.MetaData(), *columns)


def instant(at: datetime) -> str:
    """An instant to write."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
