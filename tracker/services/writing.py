"""Writing rows that may be there already."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from tracker.models import Base

# A statement holds only so many values (SQLite's limit is 32 766), and the widest of these tables has some 20 columns.
AT_ONCE = 500


def insert_new(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> int:
    """Insert the rows that no unique key holds yet; how many were new. Running it twice adds nothing."""
    table = model.__table__
    values = [({"id": uuid4()} | row) if "id" in table.c else row for row in rows]
    dialect = session.get_bind().dialect.name
    insert: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    new = 0
    for start in range(0, len(values), AT_ONCE):
        statement = insert(table).values(values[start : start + AT_ONCE]).on_conflict_do_nothing()
        # What comes back is counted: the drivers' own row counts cannot be trusted for an insert.
        new += len(session.execute(statement.returning(*table.primary_key)).all())
    return new
