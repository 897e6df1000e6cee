"""Many rows of a table written at once, as the driver takes them: dates and ids as text, truth as truth.

SQLite's driver runs one statement for all rows quicker than anything else. PostgreSQL's needs a round of work for each,
so there a few rows go that way, and many in one piece: new ones by COPY, changes as one JSON document.
"""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tracker.services.raw_rows import SQLITE, Row

# Below this many rows, one after another is as quick.
FEW = 50


def insert(connection: Connection, table: sa.Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Add rows, each with a value for each of these columns."""
    if not rows:
        return
    dialect = connection.dialect.name
    if dialect == SQLITE or len(rows) < FEW:
        places = ", ".join([_mark(dialect)] * len(columns))
        _execute(connection, f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({places})", rows)  # noqa: S608
        return
    # The driver's own cursor: the library has no word for this.
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(f"COPY {table.name} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def update(connection: Connection, table: sa.Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Change these columns of rows that are there; each row's id comes last."""
    if not rows:
        return
    dialect = connection.dialect.name
    if dialect == SQLITE or len(rows) < FEW:
        assigned = ", ".join(f"{column} = {_mark(dialect)}" for column in columns)
        _execute(connection, f"UPDATE {table.name} SET {assigned} WHERE id = {_mark(dialect)}", rows)  # noqa: S608
        return
    connection.exec_driver_sql(_update_from_json(table, columns, connection.dialect), (json.dumps(rows),))


def delete(connection: Connection, table: sa.Table, ids: Sequence[str]) -> None:
    """Remove rows by id."""
    if ids:
        dialect = connection.dialect.name
        _execute(connection, f"DELETE FROM {table.name} WHERE id = {_mark(dialect)}", [(each,) for each in ids])  # noqa: S608


def _execute(connection: Connection, statement: str, rows: Sequence[Row]) -> None:
    connection.exec_driver_sql(statement, list(rows))


def _mark(dialect: str) -> str:
    return "?" if dialect == SQLITE else "%s"


@cache
def _update_from_json(table: sa.Table, columns: tuple[str, ...], dialect: sa.Dialect) -> str:
    """PostgreSQL's: the document is a list of lists, in the order of the columns, the id last."""
    kinds = [table.c[column].type.compile(dialect=dialect) for column in columns]
    told = [f"(v.row->>{place})::{kind}" for place, kind in enumerate(kinds)]
    assigned = ", ".join(f"{column} = {value}" for column, value in zip(columns, told, strict=True))
    given = "json_array_elements(%s::json) AS v(row)"
    return f"UPDATE {table.name} SET {assigned} FROM {given} WHERE {table.name}.id = (v.row->>{len(columns)})::uuid"  # noqa: S608
