"""Everything that a set of changes does to the record, row by row, so that the whole of it can be taken back.

While ``keeping`` is open, each row that the session inserts, changes or deletes is noted with what it was before. What
follows from the record (due items, messages, editions, exposures derived from courses) is not noted: it follows again.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from tracker.models import Base, ChangedRow, ChangeSet, ExposureSource, RowAct
from tracker.services import stored_rows

# What follows from the record, what is a trail, and what is no part of anybody's record.
NOT_KEPT = frozenset(
    {
        "access_events",
        "attachment_contents",
        "audit_events",
        "change_sets",
        "changed_rows",
        "clinics",
        "due_items",
        "duplicate_pairs",
        "job_leases",
        "job_runs",
        "outbox_messages",
        "plan_failures",
        "plan_gaps",
        "sign_in_failures",
        "status_events",
        "summary_editions",
        "survivor_words",
        "uploads",
        "user_sessions",
        "users",
    }
)
KEPT: Mapping[str, sa.Table] = {
    table.name: table for table in Base.metadata.sorted_tables if table.name not in NOT_KEPT and "id" in table.c
}
CHUNK = 400
Key = tuple[str, UUID]


class Journal:
    """The rows one set of changes has touched so far; written to the database in chunks."""

    def __init__(self, session: Session, change_set: ChangeSet) -> None:
        self._session, self._set_id = session, change_set.id
        self._seen: dict[Key, RowAct] = {}
        self._waiting: list[dict[str, Any]] = []
        self._number = 0

    def inserted(self, table: sa.Table, row_id: UUID, survivor_id: UUID | None) -> None:
        """A row that was not there before."""
        if self._seen.setdefault((table.name, row_id), RowAct.INSERTED) is RowAct.INSERTED:
            self._note(table, row_id, survivor_id, RowAct.INSERTED, None)

    def inserted_many(self, table: sa.Table, row_id: UUID, survivor_id: UUID | None) -> None:
        """One of many rows that a statement adds: not remembered here, so that memory stays flat."""
        self._note(table, row_id, survivor_id, RowAct.INSERTED, None)

    def before(self, table: sa.Table, row_id: UUID, act: RowAct) -> None:
        """A row that is about to be changed or deleted; only how it was at first counts."""
        known = self._seen.get((table.name, row_id))
        if known is not None:
            self._deleted_too(table, row_id, known, act)
            return
        found = self._execute(sa.select(table).where(table.c.id == row_id)).mappings().one_or_none()
        if found is None or _follows(table, found):
            return
        row: dict[str, Any] = dict(found)
        self._seen[table.name, row_id] = act
        self._note(table, row_id, _survivor_of(table, row), act, stored_rows.encode(table, row))

    def _deleted_too(self, table: sa.Table, row_id: UUID, known: RowAct, act: RowAct) -> None:
        if act is not RowAct.DELETED or known is RowAct.DELETED:
            return
        self.write()
        touched = (
            ChangedRow.change_set_id == self._set_id,
            ChangedRow.table_name == table.name,
            ChangedRow.row_id == row_id,
        )
        if known is RowAct.INSERTED:
            # It came and went within the same set: nothing is left of it to take back.
            del self._seen[table.name, row_id]
            self._execute(sa.delete(ChangedRow).where(*touched))
            return
        self._seen[table.name, row_id] = RowAct.DELETED
        self._execute(sa.update(ChangedRow).where(*touched).values(act=RowAct.DELETED))

    def _note(
        self, table: sa.Table, row_id: UUID, survivor_id: UUID | None, act: RowAct, before: dict[str, Any] | None
    ) -> None:
        self._number += 1
        self._waiting.append(
            {
                "id": uuid4(),
                "change_set_id": self._set_id,
                "number": self._number,
                "table_name": table.name,
                "row_id": row_id,
                "survivor_id": survivor_id,
                "act": act,
                "before": before,
                "after_digest": "",
            }
        )
        if len(self._waiting) >= CHUNK:
            self.write()

    def write(self) -> None:
        """Put into the database what was noted since the last time."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            self._session.connection().execute(sa.insert(ChangedRow.__table__), waiting)  # type: ignore[arg-type]

    def close(self) -> None:
        """Note of each touched row what it says in the end, so that a later change of it is seen."""
        self.write()
        done = 0
        while done < self._number:
            rows = self._execute(
                sa.select(ChangedRow.id, ChangedRow.table_name, ChangedRow.row_id).where(
                    ChangedRow.change_set_id == self._set_id,
                    ChangedRow.number > done,
                    ChangedRow.number <= done + CHUNK,
                    ChangedRow.act != RowAct.DELETED,
                    # Nobody edits an imported chart by hand, and a later import leaves its own note.
                    ChangedRow.table_name != "chart_entries",
                )
            ).all()
            for name in sorted({row.table_name for row in rows}):
                self._digest(KEPT[name], {row.row_id: row.id for row in rows if row.table_name == name})
            done += CHUNK

    def _digest(self, table: sa.Table, changed: Mapping[UUID, UUID]) -> None:
        found = self._execute(sa.select(table).where(table.c.id.in_(list(changed)))).mappings()
        told = [{"row": changed[row["id"]], "digest": stored_rows.digest(table, dict(row))} for row in found]
        if told:
            notes: Any = ChangedRow.__table__
            statement = sa.update(notes).where(notes.c.id == sa.bindparam("row"))
            self._execute(statement.values(after_digest=sa.bindparam("digest")), told)

    def _execute(self, statement: Any, parameters: Any = None) -> Any:
        return self._session.connection().execute(statement, parameters)


def _survivor_of(table: sa.Table, row: Mapping[str, Any]) -> UUID | None:
    found = row["id"] if table.name == "survivors" else row.get("survivor_id")
    return found if isinstance(found, UUID) else None


def _follows(table: sa.Table, row: Mapping[str, Any]) -> bool:
    """An exposure that follows from courses is derived again."""
    return table.name == "exposures" and row["source"] == ExposureSource.GIVEN


@contextmanager
def keeping(session: Session, change_set: ChangeSet) -> Iterator[Journal]:
    """Note everything that the session does to the record until the block ends."""
    session.flush()
    journal = Journal(session, change_set)
    listeners = (
        ("before_flush", lambda each, *_: _before_flush(each, journal)),
        ("after_flush", lambda each, *_: _after_flush(each, journal)),
        ("do_orm_execute", lambda state: _before_statement(state, journal)),
    )
    for name, listener in listeners:
        event.listen(session, name, listener)
    try:
        yield journal
        session.flush()
        journal.close()
    finally:
        for name, listener in listeners:
            event.remove(session, name, listener)


def _kept(row: Any) -> sa.Table | None:
    return KEPT.get(row.__table__.name)


def _before_flush(session: Session, journal: Journal) -> None:
    for row in _changed(session):
        table = _kept(row)
        if table is not None:
            journal.before(table, row.id, RowAct.DELETED if row in session.deleted else RowAct.UPDATED)


def _changed(session: Session) -> Iterable[Any]:
    modified = (row for row in session.dirty if session.is_modified(row) and _says_something_else(row))
    return [*modified, *session.deleted]


def _says_something_else(row: Any) -> bool:
    """Did more change than what follows from the rest? Two sets that only counted a change of one record can each be
    taken back without the other."""
    derived = stored_rows.DERIVED_COLUMNS.get(row.__table__.name, frozenset[str]())
    if not derived:
        return True
    state = sa.inspect(row)
    # Only what was touched is compared: a list touches little of each of its thousand survivors.
    touched = {*state.attrs.keys()} - state.unmodified - derived
    return any(state.attrs[name].history.has_changes() for name in touched)


def _after_flush(session: Session, journal: Journal) -> None:
    for row in session.new:
        table = _kept(row)
        if table is not None and not (table.name == "exposures" and row.source == ExposureSource.GIVEN):
            survivor_id = row.id if table.name == "survivors" else getattr(row, "survivor_id", None)
            journal.inserted(table, row.id, survivor_id)


def _before_statement(state: ORMExecuteState, journal: Journal) -> None:
    """Statements that change rows without loading them: which rows, asked before they run."""
    statement: Any = state.statement
    if not (state.is_insert or state.is_update or state.is_delete):
        return
    table = KEPT.get(getattr(statement.table, "name", ""))
    if table is None:
        return
    if state.is_insert:
        given: Any = state.parameters
        for row in given if isinstance(given, list) else [given or {}]:
            journal.inserted_many(table, row["id"], row.get("survivor_id"))
        return
    act = RowAct.UPDATED if state.is_update else RowAct.DELETED
    where = [] if statement.whereclause is None else [statement.whereclause]
    for row_id in journal._execute(sa.select(table.c.id).where(*where)).scalars().all():
        journal.before(table, row_id, act)
