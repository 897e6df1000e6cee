"""Writing rows that may be there already."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from tracker.models import Base


def insert_new(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> int:
    """Insert the rows that no unique key holds yet; how many were new. Running it twice adds nothing."""
    if not rows:
        return 0
    table = model.__table__
    values = [({"id": uuid4()} | row) if "id" in table.c else row for row in rows]
    dialect = session.get_bind().dialect.name
    insert: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    # What comes back is counted: the drivers' own row counts cannot be trusted for an insert. Handed over beside the
    # statement, the rows go in as many at a time as a statement holds.
    statement = insert(table).on_conflict_do_nothing().returning(*table.primary_key)
    return len(session.execute(statement, values).all())
