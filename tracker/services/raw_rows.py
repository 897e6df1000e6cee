"""The rows that a plan depends on and the rows it is stored in, as the database's driver gives them.

Reading a whole registry must cost little more than the driver itself, and most plans stand as they are: so dates stay
text, numbers stay what they are, and nothing becomes an object before somebody needs it. One statement a table reads
a range of survivors, or some by id, in the order of their ids; the lists are then walked side by side. A server is
asked for some by id in one statement for all tables.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tracker.db import UTCDateTime
from tracker.models import (
    Base,
    Diagnosis,
    DueItem,
    Event,
    Exposure,
    Override,
    PlanGap,
    Predisposition,
    Result,
    Survivor,
)
from tracker.models.treatment import SYNDROME_FIELDS, TUMOR_FIELDS

SQLITE = "sqlite"
Row = tuple[Any, ...]
FIRST_ID, LAST_ID = "0" * 32, "f" * 32
# Of PostgreSQL these come as text, which is what they are on SQLite.
TOLD_AS_TEXT = (sa.Date, sa.Uuid, sa.JSON, sa.Numeric, UTCDateTime)
# A due item's kinds as one number: these columns, each worth twice the one before.
FLAG_COLUMNS = ("recurrence", "late_effects", "predisposition", "visit", "added")


class Person(NamedTuple):
    """A survivor's own row. From ``birth_date`` on: what the plan depends on; from ``has_plan`` on: the plan's sum.

    ``has_failed``: at the last attempt the plan could not be worked out.
    """

    id: str
    clinic_id: str
    version: int
    plan_seal: str
    plan_computed_on: str | None
    plan_holds_until: str | None
    birth_date: str
    sex_at_birth: str
    ltfu_entry_on: str | None
    deceased_on: str | None
    standing: str
    acknowledged_on: str | None
    withdrawn_at: str | None
    has_plan: int
    plan_digest: str
    next_upcoming_on: str | None
    next_due_on: str | None
    next_overdue_on: str | None
    recurrence_due_on: str | None
    recurrence_overdue_on: str | None
    has_failed: int

    @property
    def seen(self) -> Row:
        """What changes whenever somebody changes the record or its plan."""
        return self[2:5]

    @property
    def told(self) -> Row:
        """What was recorded of the person and the plan depends on."""
        return self[6:13]

    @property
    def summary(self) -> Row:
        """What the plan comes to, in the order of ``planning.Summary``."""
        return self[13:20]


@dataclass(frozen=True, slots=True)
class Recorded:
    """Everything of one survivor: the rows that facts are made of, then those in which the plan is stored."""

    person: Person
    exposures: Sequence[Row] = ()
    events: Sequence[Row] = ()
    diagnoses: Sequence[Row] = ()
    predispositions: Sequence[Row] = ()
    results: Sequence[Row] = ()
    overrides: Sequence[Row] = ()
    items: Sequence[Row] = ()
    gaps: Sequence[Row] = ()


@dataclass(frozen=True)
class Part:
    """One table: the columns read of it after the survivor's id, the order within a survivor, and which rows."""

    model: type[Base]
    columns: tuple[str, ...]
    order: tuple[str, ...]
    only: str = ""


PRECISIONS = ("diagnosed_precision", "resected_precision", "end_of_therapy_precision")
# Orders that an index has, or nearly: sorting ten million results costs more than all else. Superseded results and
# withdrawn decisions are no facts, closed items no plan.
PARTS = (
    Part(
        Exposure,
        ("name", "certainty", "value", "last_on", "last_precision", "at_least"),
        ("name",),
    ),
    Part(Event, ("name", "happened_on", "happened_precision"), ("name",)),
    Part(
        Diagnosis,
        ("name", "diagnosed_on", "resected_on", "end_of_therapy_on", *PRECISIONS, *TUMOR_FIELDS),
        ("position",),
    ),
    Part(Predisposition, ("syndrome", *SYNDROME_FIELDS), ("position",)),
    Part(
        Result,
        ("test_code", "performed_on", "recorded_at", "id", "status", "adequate", "claimed"),
        ("test_code", "performed_on", "recorded_at", "id"),
        "superseded_at IS NULL",
    ),
    Part(
        Override,
        ("test_code", "action", "decided_on", "expires_on", "due_on", "repeat_every", "defer_to", "id"),
        ("recorded_at", "position", "id"),
        "withdrawn_at IS NULL",
    ),
    Part(
        DueItem,
        ("test_code", "flags", "upcoming_on", "due_on", "overdue_after", "stops_on", "soft_due_on", "reasons", "id"),
        ("test_code",),
        "closed_on IS NULL",
    ),
    Part(PlanGap, ("gap", "missing", "consequence", "test_code", "id"), ("gap",)),
)
PERSON = Part(Survivor, Person._fields, ())
ID = Part(Survivor, ("id",), ())
SEEN = Part(Survivor, ("id", *Person._fields[2:5]), ())


def read_range(connection: Connection, after: str, upto: str) -> Iterator[Recorded]:
    """The survivors with ids above ``after`` up to ``upto``, in the order of their ids.

    Read to its end before the transaction ends: nine lists are open meanwhile.
    """
    return _read(connection, "range", (after, upto))


def read_these(connection: Connection, survivor_ids: Sequence[UUID]) -> dict[UUID, Recorded]:
    """Some survivors by id, with as many statements for many as for one."""
    found = read_some(connection, [survivor_id.hex for survivor_id in survivor_ids])
    return {UUID(each.person.id): each for each in found}


def read_some(connection: Connection, ids: Sequence[str]) -> Iterator[Recorded]:
    """``read_these``, by ids as the driver gives them."""
    if connection.dialect.name != SQLITE:
        return _read_at_once(connection, ids)
    return _read(connection, "these", these(connection, ids))


def these(connection: Connection, ids: Sequence[str]) -> Row:
    """Ids as the parameter of a statement that asks for ``these``."""
    return (json.dumps(ids) if connection.dialect.name == SQLITE else list(ids),)


def hold(connection: Connection, ids: Sequence[str]) -> dict[str, Row]:
    """Hold survivors' rows until the transaction ends, as every edit does; the ``seen`` of each as it is by now."""
    dialect = connection.dialect.name
    query = statement(SEEN, dialect, "these") + ("" if dialect == SQLITE else " FOR NO KEY UPDATE")
    return {row[0]: tuple(row[1:]) for row in connection.exec_driver_sql(query, these(connection, ids))}


def how_many(connection: Connection) -> int:
    """How many survivors are on record, withdrawn records too."""
    return connection.scalar(sa.select(sa.func.count()).select_from(Survivor)) or 0


def last_of_chunk(connection: Connection, after: str, size: int) -> str:
    """The id that ends the next ``size`` survivors after an id; the last id there can be where there are no more."""
    dialect = connection.dialect.name
    # Without an upper end: a plan for a range of two ends expects few rows, and sorts all that come after.
    query = f"{statement(ID, dialect, 'after')} LIMIT 1 OFFSET {size - 1}"
    found = connection.exec_driver_sql(query, (after,)).scalar()
    return LAST_ID if found is None else str(found)


@cache
def statement(part: Part, dialect: str, which: str) -> str:
    """The statement that reads a table for a ``range`` of survivors, for all ``after`` one, or for ``these``."""
    table, owner = table_of(part.model), _owner(part)
    conditions = [*([part.only] if part.only else []), _which(owner, dialect, which)]
    # The table's own column: by its bare name PostgreSQL would sort by what is made of it, which no index has.
    order = [f"{table.name}.{owner}", *_order(part, dialect)]
    # Names of our own tables only; what is asked for is handed over beside the statement.
    return (
        f"SELECT {', '.join(_columns(part, dialect))} FROM {table.name} "  # noqa: S608
        f"WHERE {' AND '.join(conditions)} ORDER BY {', '.join(order)}"
    )


def _columns(part: Part, dialect: str) -> list[str]:
    """What is read of a table, the survivor's id first."""
    table, owner = table_of(part.model), _owner(part)
    first = [] if owner in part.columns else [_told(table.c[owner], dialect)]
    return [
        *first,
        *(COMPUTED[name](dialect) if name in COMPUTED else _told(table.c[name], dialect) for name in part.columns),
    ]


def _owner(part: Part) -> str:
    """The column that says whose row it is."""
    return "id" if part.model is Survivor else "survivor_id"


def _order(part: Part, dialect: str) -> list[str]:
    table = table_of(part.model)
    return [_sorted(table.c[name], dialect) for name in part.order]


def table_of(model: type[Base]) -> sa.Table:
    """The table of a model."""
    return cast("sa.Table", model.__table__)


def _which(owner: str, dialect: str, which: str) -> str:
    if dialect == SQLITE:
        told = {"range": "{0} > ? AND {0} <= ?", "after": "{0} > ?", "these": "{0} IN (SELECT value FROM json_each(?))"}
    else:
        after, these = "{0} > %s::uuid", "{0} = ANY(%s::uuid[])"
        told = {"range": f"{after} AND {{0}} <= %s::uuid", "after": after, "these": these}
    return told[which].format(owner)


def _told(column: sa.Column[Any], dialect: str) -> str:
    if dialect == SQLITE:
        return column.name
    if isinstance(column.type, sa.Boolean):
        return f"{column.name}::int"
    return f"{column.name}::text" if isinstance(column.type, TOLD_AS_TEXT) else column.name


def _flags(dialect: str) -> str:
    table = table_of(DueItem)
    return " + ".join(f"{_told(table.c[name], dialect)} * {2**place}" for place, name in enumerate(FLAG_COLUMNS))


def _has_failed(dialect: str) -> str:
    found = "EXISTS (SELECT 1 FROM plan_failures WHERE survivor_id = survivors.id)"
    return found if dialect == SQLITE else f"({found})::int"


# What is read and is no column.
COMPUTED = {"flags": _flags, "has_failed": _has_failed}


def _sorted(column: sa.Column[Any], dialect: str) -> str:
    """Text by its bytes, on both databases alike, wherever the server stands."""
    is_text = isinstance(column.type, sa.String)
    name = f"{column.table.name}.{column.name}"
    return f'{name} COLLATE "C"' if is_text and dialect != SQLITE else name


def _read(connection: Connection, which: str, parameters: Row) -> Iterator[Recorded]:
    dialect = connection.dialect.name
    people = connection.exec_driver_sql(statement(PERSON, dialect, which), parameters)
    lists = [_Walk(connection.exec_driver_sql(statement(part, dialect, which), parameters)) for part in PARTS]
    takes = [walk.take for walk in lists]
    for row in _driver_rows(people):
        person = Person._make(row)
        yield Recorded(person, *[take(person.id) for take in takes])


def _read_at_once(connection: Connection, ids: Sequence[str]) -> Iterator[Recorded]:
    """Survivors by id in one statement. A server is asked across a wire: nine questions take most of a save's time.

    What comes are the values that ``_read`` gives, the same to the seal.
    """
    found = connection.exec_driver_sql(statement_at_once(connection.dialect.name), these(connection, ids))
    for person, *lists in _driver_rows(found):
        yield Recorded(Person._make(person), *[[tuple(row) for row in rows] if rows else () for rows in lists])


@cache
def statement_at_once(dialect: str) -> str:
    """The statement that reads all tables for these survivors: the row of each and, for each part, a list of rows."""
    told = ", ".join(_columns(PERSON, dialect))
    lists = ", ".join(f"({_list_of(part, dialect)})" for part in PARTS)
    return (
        f"SELECT json_build_array({told}), {lists} FROM survivors "  # noqa: S608
        f"WHERE {_which('id', dialect, 'these')} ORDER BY id"
    )


def _list_of(part: Part, dialect: str) -> str:
    table, order = table_of(part.model), ", ".join(_order(part, dialect))
    only = f" AND {part.only}" if part.only else ""
    row = f"json_build_array({', '.join(_columns(part, dialect))})"
    owned = f"FROM {table.name} WHERE survivor_id = survivors.id{only}"
    return f"SELECT json_agg({row} ORDER BY {order}) {owned}"


def _driver_rows(result: sa.CursorResult[Any]) -> Iterator[Row]:
    """The driver's own rows: made into the library's they would cost half as much again."""
    return cast("Iterator[Row]", result.cursor)


class _Walk:
    """One table's rows in the order of the survivors' ids, taken one survivor at a time."""

    __slots__ = ("_groups", "_key", "_rows")

    def __init__(self, result: sa.CursorResult[Any]) -> None:
        self._groups = groupby(_driver_rows(result), itemgetter(0))
        self._key = ""
        self._rows: Iterator[Row] = iter(())
        self._next()

    def _next(self) -> None:
        self._key, self._rows = next(self._groups, (LAST_ID + "z", iter(())))

    def take(self, survivor_id: str) -> Sequence[Row]:
        """The survivor's rows; those of survivors that came in the meantime are passed over."""
        while self._key < survivor_id:
            self._next()
        if self._key != survivor_id:
            return ()
        found = list(self._rows)
        self._next()
        return found
