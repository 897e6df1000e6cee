"""Writing rows that may be there already."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from tracker.models import Base


def insert_new(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> int:
    """Insert the rows that no unique key holds yet; how many were new. Running it twice adds nothing."""
    table = model.__table__
    return len(insert_new_telling(session, table, rows, *(column.key for column in table.primary_key)))


def insert_new_telling(
    session: Session, table: sa.FromClause, rows: Sequence[dict[str, Any]], *columns: str
) -> Sequence[sa.Row[Any]]:
    """``insert_new``, and these columns of the rows that were new, in no order."""
    if not rows:
        return []
    values = [row if "id" in row or "id" not in table.c else {"id": uuid4()} | row for row in rows]
    dialect = session.get_bind().dialect.name
    insert: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    # What comes back is counted: the drivers' own row counts cannot be trusted for an insert. Handed over beside the
    # statement, the rows go in as many at a time as a statement holds.
    statement = insert(table).on_conflict_do_nothing().returning(*(table.c[name] for name in columns))
    found: Sequence[sa.Row[Any]] = session.execute(statement, values).all()
    return found
