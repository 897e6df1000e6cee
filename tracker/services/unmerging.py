"""Taking apart what was merged: the rows that moved go back, keeping what was changed on them since."""

from collections.abc import Iterator, Mapping
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
    DuplicatePair,
    PairState,
    RowAct,
    Survivor,
    rewrite_words,
)
from tracker.policy import Action, Actor, require_clinic
from tracker.services import change_sets, duplicates, editions, stored_rows
from tracker.services.editing import begin_edit
from tracker.services.journal import KEPT
from tracker.services.merge_rows import OF_A_SURVIVOR
from tracker.services.merging import DATED, decided, settle

UNMERGED = "survivor.unmerged"
# Which columns of a row name another row that it belongs with: it goes where that goes.
BELONGS_WITH = {"diagnosis_id": "diagnoses", "visit_id": "visits", "replaces_id": "results"}
# What merging itself changes on a row that moves. The rest of it is somebody's later word, and stays.
MOVED_COLUMNS = ("survivor_id", "position", "diagnosis_id", "external_id", "row_id")
NAMED_BY = ("name", "title", "test_code", "agent", "operation", "substance", "problem", "vaccine", "kind", "organ")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Left:
    """A row recorded since the merging, or changed since: which table, and what it is about."""

    table: str
    about: str


@dataclass
class Unmerged:
    """What taking apart did. ``stayed``: recorded since, and still with the one who stays. ``went_along``: recorded
    since about something that went back. ``kept_edits``: details changed since, and left as they are now."""

    kept: Survivor
    revived: Survivor
    change_set: ChangeSet
    returned: int = 0
    stayed: list[Left] = field(default_factory=list)
    went_along: list[Left] = field(default_factory=list)
    kept_edits: list[str] = field(default_factory=list)


def unmerge(session: Session, change_set_id: UUID, *, apart: bool, reason: str, actor: Actor, clock: Clock) -> Unmerged:
    """Take a merging apart: both records are followed by themselves again.

    ``apart``: the two are two people for good; otherwise the pair is put on the list again.

    Raises:
        NotFound, Forbidden: as ``require_clinic``. Invalid: no reason was given. Conflict: it was taken apart already,
        something later builds on it, or it cannot be told to whom something belongs; the message says what to do.
    """
    change_set = _merging(session, change_set_id, actor)
    if not reason.strip():
        raise Invalid("Enter why the two records are not of one person", field="reason")
    kept, gone = (session.get_one(Survivor, UUID(change_set.options[each])) for each in ("kept", "gone"))
    for each in sorted((kept, gone), key=lambda survivor: survivor.id):
        begin_edit(session, each)
    _check_order(session, kept, gone)
    for each in (kept, gone):
        editions.begin(session, each, clock)
    work = _Apart(session, change_set, kept, gone)
    work.check_number()
    result = Unmerged(kept, gone, change_set)
    work.put_back(result)
    change_set.state, change_set.undone_at = ChangeState.UNDONE, clock.now()
    change_set.undone_by, change_set.reason = actor.name, reason.strip()
    _reopen(session, change_set, apart, reason, actor, clock)
    told = {"set_of_changes": str(change_set.id), "rows": result.returned}
    for each, other in ((kept, gone), (gone, kept)):
        after = told | {"apart_from": str(other.id)}
        settle(session, each, UNMERGED, before=None, after=after, reason=reason, actor=actor, clock=clock)
    duplicates.look_for(session, [kept.id, gone.id], clock=clock)
    return result


def merging_of(session: Session, change_set_id: UUID, *, actor: Actor) -> tuple[ChangeSet, Survivor, Survivor]:
    """A merging in force, the record that stays and the one that went, for the page that asks.

    Raises:
        as ``unmerge``.
    """
    change_set = _merging(session, change_set_id, actor)
    kept, gone = (session.get_one(Survivor, UUID(change_set.options[each])) for each in ("kept", "gone"))
    return change_set, kept, gone


def number_before(session: Session, change_set: ChangeSet) -> str:
    """The record number that the one who went had before."""
    query = sa.select(ChangedRow.before).where(
        ChangedRow.change_set_id == change_set.id,
        ChangedRow.table_name == "survivors",
        ChangedRow.row_id == UUID(change_set.options["gone"]),
    )
    return str((session.scalar(query) or {}).get("mrn", ""))


def mergings_into(session: Session, survivor_id: UUID) -> list[tuple[ChangeSet, str]]:
    """The mergings in force by which others became part of this record, newest first, each with the number the other
    one had; the caller has authorised."""
    query = (
        sa.select(ChangeSet, ChangedRow.before)
        .join(ChangedRow, ChangedRow.change_set_id == ChangeSet.id)
        .join(Survivor, Survivor.id == ChangedRow.row_id)
        .where(
            Survivor.merged_into_id == survivor_id,
            ChangedRow.table_name == "survivors",
            ChangeSet.kind == ChangeKind.MERGE,
            ChangeSet.state == ChangeState.APPLIED,
        )
        .order_by(ChangeSet.applied_at.desc(), ChangeSet.id)
    )
    return [(row, before["mrn"]) for row, before in session.execute(query) if row.options["kept"] == str(survivor_id)]


def _merging(session: Session, change_set_id: UUID, actor: Actor) -> ChangeSet:
    change_set = session.get(ChangeSet, change_set_id)
    if change_set is None or change_set.kind != ChangeKind.MERGE:
        raise NotFound("There is no such merging, or it is not yours to see")
    require_clinic(session, actor, Action.REVIEW_DUPLICATES, change_set.clinic_id)
    session.refresh(change_set, with_for_update=True)
    if change_set.state != ChangeState.APPLIED:
        raise Conflict(f"{change_set.undone_by} has taken these records apart already")
    return change_set


def _check_order(session: Session, kept: Survivor, gone: Survivor) -> None:
    if kept.withdrawn_at is not None:
        raise Conflict(f"The record of {kept.display_name} was itself merged later. Take that apart first")
    query = sa.select(Survivor.id).where(
        Survivor.merged_into_id == kept.id, Survivor.id != gone.id, Survivor.withdrawn_at > gone.withdrawn_at
    )
    if session.scalar(query.limit(1)) is not None:
        raise Conflict(f"Another record was merged into that of {kept.display_name} later. Take that apart first")


def _reopen(session: Session, change_set: ChangeSet, apart: bool, reason: str, actor: Actor, clock: Clock) -> None:
    pair = session.get_one(DuplicatePair, UUID(change_set.options["pair"]))
    pair.state = PairState.APART if apart else PairState.OPEN
    if apart:
        decided(pair, reason, actor, clock)
    else:
        pair.decided_at, pair.decided_by, pair.decided_by_id, pair.reason = None, "", None, ""
    session.flush()


class _Apart:
    """One merging being taken apart."""

    def __init__(self, session: Session, change_set: ChangeSet, kept: Survivor, gone: Survivor) -> None:
        self._session, self._set, self._kept, self._gone = session, change_set, kept, gone
        rows = session.scalars(sa.select(ChangedRow).where(ChangedRow.change_set_id == change_set.id))
        self._noted = {(row.table_name, row.row_id): row for row in rows}
        self._standing = {name: {row["id"]: row for row in self._rows(name)} for name in OF_A_SURVIVOR}

    def _rows(self, name: str) -> Iterator[Row]:
        table = KEPT[name]
        found = self._session.connection().execute(sa.select(table).where(table.c.survivor_id == self._kept.id))
        return (dict(row) for row in found.mappings())

    def check_number(self) -> None:
        number = self._before("survivors", self._gone.id)["mrn"]
        taken = sa.select(Survivor).where(Survivor.clinic_id == self._gone.clinic_id, Survivor.mrn == number)
        holder = self._session.scalar(taken)
        if holder is not None:
            raise Conflict(
                f"The record number {number} belongs to {holder.display_name} now. "
                "Give that record another number first"
            )

    def put_back(self, result: Unmerged) -> None:
        self._session.flush()
        moved = self._moved()
        added = self._added()
        along = self._along(moved, added)
        self._check_references(moved | along, added)
        self._take_back_derived()
        self._take_out_inserted()
        for name, row_id in moved:
            self._return(name, row_id)
        for name, row_id in along:
            self._set_values(name, row_id, {"survivor_id": self._gone.id})
        self._restore_standing(result)
        self._restore_people(result)
        self._close_gap()
        self._session.expire_all()
        result.returned = len(moved)
        result.went_along = [self._left(each) for each in sorted(along)]
        result.stayed = [self._left(each) for each in sorted(added - along)]

    def _before(self, name: str, row_id: UUID) -> dict[str, Any]:
        return self._noted[name, row_id].before or {}

    def _moved(self) -> set[tuple[str, UUID]]:
        """The rows that came from the one who goes back, and are still there."""
        return {
            (name, row_id)
            for (name, row_id), row in self._noted.items()
            if row.act == RowAct.UPDATED
            and (row.before or {}).get("survivor_id") == str(self._gone.id)
            and row_id in self._standing.get(name, {})
        }

    def _added(self) -> set[tuple[str, UUID]]:
        """The rows recorded since."""
        found = set()
        for name, rows in self._standing.items():
            own = {UUID(each) for each in self._set.options["own"].get(name, [])}
            for row_id, row in rows.items():
                if (name, row_id) in self._noted or row_id in own or row.get("source") == "given":
                    continue
                if name not in DATED or row["imported_at"] > self._set.applied_at:
                    found.add((name, row_id))
        return found

    def _along(self, moved: set[tuple[str, UUID]], added: set[tuple[str, UUID]]) -> set[tuple[str, UUID]]:
        """What was recorded since about something that goes back: it cannot be anybody else's."""
        along = set[tuple[str, UUID]]()
        while True:
            going = moved | along
            more = {each for each in added - along if any(ref in going for ref in self._refers(*each))}
            if not more:
                return along
            along |= more

    def _refers(self, name: str, row_id: UUID) -> list[tuple[str, UUID]]:
        row = self._standing[name][row_id]
        found = [(table, row[column]) for column, table in BELONGS_WITH.items() if row.get(column) is not None]
        if name == "imported_entries" and row["row_id"] is not None:
            found += [(table, row["row_id"]) for table in OF_A_SURVIVOR]
        return found

    def _check_references(self, going: set[tuple[str, UUID]], added: set[tuple[str, UUID]]) -> None:
        """Refuse where one row hangs on both people."""
        for name, rows in self._standing.items():
            for row_id in rows:
                known = [ref for ref in self._refers(name, row_id) if ref[1] in self._standing.get(ref[0], {})]
                to_gone = [ref for ref in known if ref in going]
                stays = (name, row_id) not in going
                torn = to_gone if stays else [ref for ref in known if ref not in going and (name, row_id) in added]
                if torn and name != "imported_entries":
                    left, other = self._left((name, row_id)), self._left(torn[0])
                    raise Conflict(
                        f"“{left.about}” ({left.table.replace('_', ' ')}) belongs to “{other.about}”, and the two "
                        "would go to different people. Change or remove one of them first"
                    )

    def _left(self, each: tuple[str, UUID]) -> Left:
        name, row_id = each
        row = self._standing[name][row_id]
        return Left(name, next((str(row[column]) for column in NAMED_BY if row.get(column)), name.replace("_", " ")))

    def _take_back_derived(self) -> None:
        """Exposures that follow from courses are worked out anew for both; a recorded one may need their place."""
        table = KEPT["exposures"]
        both = table.c.survivor_id.in_([self._kept.id, self._gone.id])
        self._execute(sa.delete(table).where(both, table.c.source == "given"))

    def _take_out_inserted(self) -> None:
        for (name, row_id), row in self._noted.items():
            if row.act == RowAct.INSERTED:
                self._execute(sa.delete(KEPT[name]).where(KEPT[name].c.id == row_id))

    def _return(self, name: str, row_id: UUID) -> None:
        """As it was, where nobody has touched it since; otherwise only what merging itself changed."""
        table, before = KEPT[name], self._before(name, row_id)
        row = self._standing[name][row_id]
        values = stored_rows.decode(table, before)
        if stored_rows.digest(table, row) != self._noted[name, row_id].after_digest:
            values = {column: value for column, value in values.items() if column in MOVED_COLUMNS}
        self._set_values(name, row_id, values)

    def _restore_standing(self, result: Unmerged) -> None:
        """What merging put on rows of the one who stays: as it was, unless somebody has changed it since."""
        for (name, row_id), noted in self._noted.items():
            row = self._standing.get(name, {}).get(row_id)
            own = (noted.before or {}).get("survivor_id") == str(self._kept.id)
            if noted.act != RowAct.UPDATED or not own or row is None:
                continue
            if stored_rows.digest(KEPT[name], row) == noted.after_digest:
                self._set_values(name, row_id, stored_rows.decode(KEPT[name], noted.before or {}))
            else:
                result.kept_edits.append(self._left((name, row_id)).about)

    def _restore_people(self, result: Unmerged) -> None:
        table = KEPT["survivors"]
        went = stored_rows.decode(table, self._before("survivors", self._gone.id))
        self._set_values("survivors", self._gone.id, {"mrn": went["mrn"], "withdrawn_at": None, "merged_into_id": None})
        changed: dict[str, Any] = self._set.options["set"]
        now = stored_rows.encode(table, dict(self._execute(_one(table, self._kept.id)).mappings().one()))
        before = self._before("survivors", self._kept.id) if changed else {}
        untouched = {column: before[column] for column, value in changed.items() if now[column] == value}
        result.kept_edits += sorted(changed.keys() - untouched.keys() - {"search_name", "sort_name"})
        if untouched:
            self._set_values("survivors", self._kept.id, stored_rows.decode(table, untouched))
        rewrite_words(self._session.connection(), [self._gone.id, self._kept.id])

    def _close_gap(self) -> None:
        """The first tumor on record has place 0: somebody may have put one that goes back in front."""
        for name in change_sets.PLACED:
            table = KEPT[name]
            mine = sa.select(table.c.id, table.c.position).where(table.c.survivor_id == self._kept.id)
            placed = self._execute(mine.order_by(table.c.position)).all()
            for place, (row_id, position) in enumerate(placed):
                if placed[0].position != 0 and position != place:
                    self._set_values(name, row_id, {"position": place})

    def _set_values(self, name: str, row_id: UUID, values: Mapping[str, Any]) -> None:
        table = KEPT[name]
        self._execute(sa.update(table).where(table.c.id == row_id).values(**values))

    def _execute(self, statement: Any) -> Any:
        return self._session.connection().execute(statement)


def _one(table: sa.Table, row_id: UUID) -> "sa.Select[Any]":
    return sa.select(table).where(table.c.id == row_id)
