"""Sets of changes that belong together: applied, and taken back as a whole until something else builds on them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.errors import Conflict, Invalid, NotFound
from tracker.models import (
    ChangedRow,
    ChangeKind,
    ChangeSet,
    ChangeState,
    ClosedBy,
    DueItem,
    RowAct,
    Survivor,
    rewrite_words,
)
from tracker.policy import Action, Actor, require_clinic
from tracker.services import audit, care_plans, editions, given, journal, stored_rows
from tracker.services.journal import CHUNK, KEPT
from tracker.services.packs import pack_for

LONGEST_TITLE = 400
# Out of the way of every place in a list, so that two rows changing places do not meet on one of them.
ASIDE = 2_000_000
PLACED = frozenset({"diagnoses", "predispositions"})
SHOWN = 10
KIND_WORDS = {
    ChangeKind.IMPORT: "The import",
    ChangeKind.MERGE: "The merging",
    ChangeKind.MAPPING: "The mapping",
}
# What stands on a survivor's record because of the record itself: it builds on nothing.
FOLLOWS = frozenset({"survivors", "imported_entries", "survivor_identifiers"})


@dataclass(frozen=True)
class Undone:
    """What taking back a set of changes did: rows put back or taken out, and the survivors concerned."""

    rows: int
    survivor_ids: tuple[UUID, ...]
    withdrawn_ids: tuple[UUID, ...] = ()


@dataclass
class _Touched:
    """The rows of one set by table, newest first."""

    rows: dict[str, list[ChangedRow]] = field(default_factory=lambda: defaultdict(list))

    def of(self, act: RowAct) -> Iterator[tuple[sa.Table, list[ChangedRow]]]:
        for name, rows in self.rows.items():
            found = [row for row in rows if row.act == act]
            if found:
                yield KEPT[name], found

    def ids(self, table_name: str, act: RowAct | None = None) -> list[UUID]:
        return [row.row_id for row in self.rows.get(table_name, []) if act is None or row.act == act]


@contextmanager
def applying(
    session: Session,
    clinic_id: UUID,
    *,
    kind: ChangeKind,
    title: str,
    digest: str = "",
    actor: Actor,
    clock: Clock,
    existing: ChangeSet | None = None,
) -> Iterator[ChangeSet]:
    """A set of changes: all that the session does to the record within the block belongs to it.

    ``existing``: a set that was previewed before and is now applied.
    """
    change_set = existing or ChangeSet(
        clinic_id=clinic_id,
        kind=kind,
        title=title[:LONGEST_TITLE],
        digest=digest,
        created_at=clock.now(),
        actor=actor.name,
        actor_id=actor.user_id,
        options={},
        report={},
    )
    change_set.state, change_set.applied_at = ChangeState.APPLIED, clock.now()
    session.add(change_set)
    with journal.keeping(session, change_set):
        yield change_set


def find(session: Session, clinic_id: UUID, change_set_id: UUID) -> ChangeSet:
    """One set of changes of a clinic; the caller has authorised for the clinic.

    Raises:
        NotFound: the clinic has no such set.
    """
    found = session.get(ChangeSet, change_set_id)
    if found is None or found.clinic_id != clinic_id:
        raise NotFound("There is no such import, or it is not yours to see")
    return found


def is_applied(session: Session, clinic_id: UUID, digest: str) -> bool:
    """Was a file of exactly this content imported here, and not undone since?"""
    query = sa.select(ChangeSet.id).where(
        ChangeSet.clinic_id == clinic_id,
        ChangeSet.digest == digest,
        ChangeSet.kind == ChangeKind.IMPORT,
        ChangeSet.state == ChangeState.APPLIED,
    )
    return session.scalar(query.limit(1)) is not None


def touched_anything(session: Session, change_set: ChangeSet) -> bool:
    """Did the set change any row at all?"""
    query = sa.select(ChangedRow.id).where(ChangedRow.change_set_id == change_set.id)
    return session.scalar(query.limit(1)) is not None


def what_builds_on(session: Session, change_set: ChangeSet) -> list[str]:
    """Why this set cannot be taken back any more, in sentences; empty where it can."""
    touched = _touched(session, change_set)
    found = [*_later_sets(session, change_set), *_changed_since(session, touched), *_added_since(session, touched)]
    return list(dict.fromkeys(found))


def undo(session: Session, clinic_id: UUID, change_set_id: UUID, *, reason: str, actor: Actor, clock: Clock) -> Undone:
    """Take back everything an import did. What people have done since is never lost: then it is refused.

    A survivor whom the import enrolled is withdrawn (nobody's list, job or message knows them any more); the trail
    stays. Everybody else's record is as it was, and planned anew.

    Raises:
        Invalid: no reason was given. Conflict: it was not applied, or something builds on it; the message says what.
        NotFound, Forbidden: as ``require_clinic``.
    """
    clinic = require_clinic(session, actor, Action.IMPORT, clinic_id)
    change_set = find(session, clinic.id, change_set_id)
    if not reason.strip():
        raise Invalid("Enter the reason for taking this import back", field="reason")
    if change_set.kind != ChangeKind.IMPORT or change_set.state != ChangeState.APPLIED:
        raise Conflict("This import is not in force, so there is nothing to take back")
    standing = what_builds_on(session, change_set)
    if standing:
        raise Conflict("This import can no longer be taken back. " + " ".join(standing[:SHOWN]))
    undone = put_back(session, change_set, actor=actor, clock=clock)
    change_set.state, change_set.undone_at = ChangeState.UNDONE, clock.now()
    change_set.undone_by, change_set.reason = actor.name, reason.strip()
    after = {"import": str(change_set.id), "title": change_set.title, "rows": undone.rows}
    audit.record(
        session, actor, "import.undone", subject=change_set, at=clock.now(), after=after, reason=reason.strip()
    )
    return undone


def put_back(
    session: Session, change_set: ChangeSet, *, actor: Actor, clock: Clock, change: str = "import.undone"
) -> Undone:
    """Restore every row of the set, withdraw whom it enrolled, and plan anew. No check: see ``undo``.

    ``change``: what the trail of each survivor calls it.
    """
    session.flush()
    touched = _touched(session, change_set)
    _take_out(session, touched)
    _restore(session, touched)
    rewrite_words(session.connection(), touched.ids("survivors"))
    session.expire_all()
    new = touched.ids("survivors", RowAct.INSERTED)
    for survivor_id in new:
        withdraw(session, session.get_one(Survivor, survivor_id), clock=clock)
    ids = {row.survivor_id for rows in touched.rows.values() for row in rows if row.survivor_id is not None}
    for survivor_id in sorted(ids):
        follow_up(session, session.get_one(Survivor, survivor_id), change, actor=actor, clock=clock)
    count = sum(len(rows) for rows in touched.rows.values())
    return Undone(count, tuple(sorted(ids)), tuple(sorted(new)))


def withdraw(session: Session, survivor: Survivor, *, clock: Clock, merged_into_id: UUID | None = None) -> None:
    """A record that is followed no longer by itself. Its number is free for somebody else; its trail stays."""
    survivor.withdrawn_at, survivor.merged_into_id = clock.now(), merged_into_id
    survivor.mrn = f"withdrawn-{survivor.id.hex[:28]}"
    session.flush()


def follow_up(
    session: Session, survivor: Survivor, change: str, *, actor: Actor, clock: Clock, reason: str = ""
) -> None:
    """What follows from a record that changed underneath: exposures, plan, edition, and the row in the trail."""
    pack = pack_for(survivor.clinic)
    given.derive_exposures(session, survivor, pack, given.catalogue_for(survivor))
    survivor.version += 1
    care_plans.refresh(session, survivor, clock=clock)
    editions.keep_edition(session, survivor, change=change, reason=reason, actor=actor, clock=clock)
    audit.record(session, actor, change, subject=survivor, survivor_id=survivor.id, at=clock.now(), reason=reason)


def _touched(session: Session, change_set: ChangeSet) -> _Touched:
    query = sa.select(ChangedRow).where(ChangedRow.change_set_id == change_set.id).order_by(ChangedRow.number.desc())
    touched = _Touched()
    for row in session.scalars(query):
        touched.rows[row.table_name].append(row)
    return touched


def _later_sets(session: Session, change_set: ChangeSet) -> Iterator[str]:
    """Later sets in force that touched the same rows."""
    earlier, later = sa.alias(ChangedRow.__table__), sa.alias(ChangedRow.__table__)
    query = (
        sa.select(ChangeSet.title, ChangeSet.kind)
        .join(later, later.c.change_set_id == ChangeSet.id)
        .join(earlier, sa.and_(earlier.c.row_id == later.c.row_id, earlier.c.table_name == later.c.table_name))
        .where(
            earlier.c.change_set_id == change_set.id,
            ChangeSet.id != change_set.id,
            ChangeSet.state == ChangeState.APPLIED,
            ChangeSet.applied_at >= change_set.applied_at,
        )
        .distinct()
        .order_by(ChangeSet.title)
    )
    for title, kind in session.execute(query):
        words = KIND_WORDS[ChangeKind(kind)]
        yield f"{words} “{title}” changed the same records later. Take that back first."


def _changed_since(session: Session, touched: _Touched) -> Iterator[str]:
    """Rows that are no longer as the set left them."""
    for name, rows in touched.rows.items():
        table = KEPT[name]
        told = {row.row_id: row for row in rows if row.act != RowAct.DELETED and row.after_digest}
        standing = {row["id"]: row for row in _rows(session, table, told)}
        for row_id, row in told.items():
            now = standing.get(row_id)
            if now is None or stored_rows.digest(table, now) != row.after_digest:
                yield _since(session, row.survivor_id, name)


def _since(session: Session, survivor_id: UUID | None, table_name: str) -> str:
    survivor = session.get(Survivor, survivor_id) if survivor_id else None
    of = f" of {survivor.display_name}" if survivor is not None else ""
    return f"The {_words(table_name)}{of} changed since."


def _words(table_name: str) -> str:
    return "record" if table_name == "survivors" else table_name.replace("_", " ")


def _added_since(session: Session, touched: _Touched) -> Iterator[str]:
    """What somebody has recorded since about people whom the set enrolled, or about tumors it added."""
    for parent, column in (("survivors", "survivor_id"), ("diagnoses", "diagnosis_id")):
        new = touched.ids(parent, RowAct.INSERTED)
        for table in KEPT.values() if new else ():
            if column not in table.c or table.name in FOLLOWS:
                continue
            own = set(touched.ids(table.name))
            for row in _rows_of(session, table, column, new):
                if row["id"] not in own and not _is_derived(table, row):
                    yield _since(session, row.get("survivor_id"), table.name)


def _is_derived(table: sa.Table, row: Mapping[str, Any]) -> bool:
    return table.name == "exposures" and row["source"] == "given"


def _rows(session: Session, table: sa.Table, ids: Iterable[UUID]) -> Iterator[Mapping[str, Any]]:
    return _rows_of(session, table, "id", list(ids))


def _rows_of(session: Session, table: sa.Table, column: str, ids: list[UUID]) -> Iterator[Mapping[str, Any]]:
    for start in range(0, len(ids), CHUNK):
        found = session.connection().execute(sa.select(table).where(table.c[column].in_(ids[start : start + CHUNK])))
        yield from (dict(row) for row in found.mappings())


def _take_out(session: Session, touched: _Touched) -> None:
    """Delete what the set added, children before parents; survivors stay, to be withdrawn."""
    added = {table.name: rows for table, rows in touched.of(RowAct.INSERTED)}
    _release(session, [row.row_id for row in added.get("results", [])])
    for name in reversed(list(KEPT)):
        ids = [row.row_id for row in added.get(name, [])] if name != "survivors" else []
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            session.connection().execute(sa.delete(KEPT[name]).where(KEPT[name].c.id.in_(chunk)))


def _release(session: Session, result_ids: list[UUID]) -> None:
    """Items closed by a result that goes stay closed; the plan opens them again where they are still due."""
    for start in range(0, len(result_ids), CHUNK):
        closed_by_them = DueItem.closing_result_id.in_(result_ids[start : start + CHUNK])
        session.execute(
            sa.update(DueItem)
            .where(closed_by_them)
            .values(closing_result_id=None, closed_by=ClosedBy.SUPERSEDED)
            .execution_options(synchronize_session=False)
        )


def _restore(session: Session, touched: _Touched) -> None:
    """Put back what was deleted, parents before children, then what was changed."""
    gone = {table.name: rows for table, rows in touched.of(RowAct.DELETED)}
    for name, table in KEPT.items():
        for row in gone.get(name, []):
            session.connection().execute(sa.insert(table).values(**stored_rows.decode(table, row.before or {})))
    for table, rows in touched.of(RowAct.UPDATED):
        if table.name in PLACED:
            ids = [row.row_id for row in rows]
            aside = sa.update(table).where(table.c.id.in_(ids)).values(position=table.c.position + ASIDE)
            session.connection().execute(aside)
        for row in rows:
            values = stored_rows.decode(table, row.before or {})
            session.connection().execute(sa.update(table).where(table.c.id == row.row_id).values(**values))
