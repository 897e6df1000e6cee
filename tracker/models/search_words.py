"""The words a survivor is found by: those of the names, and the record number, each a row that an index finds.

They follow from ``search_name``, ``sort_name`` and ``mrn``, and are written with them: by itself when a session writes
objects, by ``rewrite_words`` where statements go past the objects. A withdrawn record has none.
"""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Session, mapped_column

from tracker.models.base import Base
from tracker.models.survivor import Survivor

# In front of a record number, and in no word of a name.
NUMBER = "#"
# By code points on both databases: what begins with a word is then one stretch of the index.
BY_CODE_POINTS = sa.String(400).with_variant(sa.String(400, collation="C"), "postgresql")
FOLLOWED_FROM = ("search_name", "sort_name", "mrn", "clinic_id", "withdrawn_at")
AT_ONCE = 1_000


class SurvivorWord(Base):
    """One word of somebody's names, folded as ``search_name`` is, or the record number in lower case after a "#"."""

    __tablename__ = "survivor_words"
    __table_args__ = (
        sa.Index("ix_survivor_words_clinic_id_word", "clinic_id", "word", "sort_name", "survivor_id"),
        {"sqlite_with_rowid": False},
    )

    survivor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survivors.id"), primary_key=True)
    word: Mapped[str] = mapped_column(BY_CODE_POINTS, primary_key=True)
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    sort_name: Mapped[str] = mapped_column(BY_CODE_POINTS)


def number_word(mrn: str) -> str:
    """A record number, or the beginning of one, as a word."""
    return NUMBER + mrn.lower()


def words_of(search_name: str, mrn: str) -> set[str]:
    """Everything somebody with these names and this record number is found by."""
    return {*search_name.split(), number_word(mrn)}


def rewrite_words(connection: Connection, survivor_ids: Iterable[UUID]) -> None:
    """Write the words of these survivors anew, from their rows as they stand."""
    ids = list(survivor_ids)
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        columns = Survivor.id, Survivor.clinic_id, Survivor.search_name, Survivor.sort_name, Survivor.mrn
        found = connection.execute(
            sa.select(*columns).where(Survivor.id.in_(some), Survivor.withdrawn_at.is_(None))
        ).all()
        connection.execute(sa.delete(SurvivorWord).where(SurvivorWord.survivor_id.in_(some)))
        if rows := [row for survivor in found for row in _rows(survivor)]:
            connection.execute(sa.insert(SurvivorWord), rows)


def _rows(survivor: Any) -> Iterator[dict[str, Any]]:
    common = {"survivor_id": survivor.id, "clinic_id": survivor.clinic_id, "sort_name": survivor.sort_name}
    return ({"word": word, **common} for word in words_of(survivor.search_name, survivor.mrn))


@event.listens_for(Session, "after_flush")
def _write_with_the_names(session: Session, _context: object) -> None:
    """Whatever enrolls, corrects, merges or withdraws: its words are written in the same flush."""
    new = [each for each in session.new if isinstance(each, Survivor)]
    changed = [each for each in session.dirty if isinstance(each, Survivor) and _is_changed(each)]
    connection = session.connection() if new or changed else None
    if connection is None:
        return
    if changed:
        gone = sa.delete(SurvivorWord).where(SurvivorWord.survivor_id.in_([each.id for each in changed]))
        connection.execute(gone)
    followed = (each for each in (*new, *changed) if each.withdrawn_at is None)
    if rows := [row for each in followed for row in _rows(each)]:
        connection.execute(sa.insert(SurvivorWord), rows)


def _is_changed(survivor: Survivor) -> bool:
    state = sa.inspect(survivor)
    return any(state.attrs[name].history.has_changes() for name in FOLLOWED_FROM)
