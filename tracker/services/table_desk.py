"""A table while it is brought in: whom its rows are about, what tables said before, and what is wrong with it."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.catalogue import Catalogue
from tracker.engine.rules import Pack
from tracker.guidelines.catalogue import load_catalogue
from tracker.models import Base, Clinic, ImportedEntry, Survivor, SurvivorIdentifier
from tracker.policy import Actor
from tracker.services import audit, names
from tracker.services.import_report import Fate
from tracker.services.import_told import plain
from tracker.services.likeness import FORMER_SYSTEM
from tracker.services.packs import pack_for
from tracker.tables.reading import CellValue, Problem, Table, TableRow

# What is remembered of an import by table stands beside what is remembered of resources.
BY_TABLE = "Table"
CHUNK = 400
LONGEST_KEY = 200
KEEP_ONE = "Keep one of them"
Told = dict[str, Any]


@dataclass
class Outcome:
    """What became of a good row, in words for the report."""

    fate: Fate
    survivor: Survivor
    changes: list[str] = field(default_factory=list)


@dataclass
class Desk:
    """One table on its way in. ``loinc``: codes of tests beside those of the pack."""

    session: Session
    clinic: Clinic
    table: Table
    actor: Actor
    clock: Clock
    loinc: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    _trail: list[tuple[str, Base, object, object]] = field(default_factory=list)

    @cached_property
    def today(self) -> date:
        """The clinic's own day."""
        return self.clock.today(self.clinic.tz)

    @cached_property
    def pack(self) -> Pack:
        return pack_for(self.clinic)

    @cached_property
    def catalogue(self) -> Catalogue:
        return load_catalogue(self.clinic.pack)

    @cached_property
    def reason(self) -> str:
        """Why a row was changed, for the audit trail."""
        return f"As the table {self.table.file} says"[:400]

    def problem(self, row: TableRow, column: str, reason: str) -> None:
        """This row cannot be stored as it is."""
        if column not in row.unread:
            self.problems.append(Problem(row.number, column, reason))

    def note(self, row: TableRow, column: str, reason: str) -> None:
        """Something about this row that somebody should look at."""
        self.notes.append(Problem(row.number, column, reason))

    def trail(self, action: str, row: Base, *, before: object = None, after: object = None) -> None:
        """Every change has its row in the trail; it is written by ``write_trail``, once the rows are whole."""
        self._trail.append((action, row, before, after))

    def write_trail(self) -> None:
        """Write what ``trail`` gathered. Without an ``after`` of its own a row's is the row as it is stored."""
        self.session.flush()
        at = self.clock.now()
        for action, row, before, after in self._trail:
            told = row if after is None else after
            audit.record(
                self.session, self.actor, action, subject=row, at=at, before=before, after=told, reason=self.reason
            )
        self._trail.clear()


class People:
    """The survivors that a table names by their record numbers, held until the transaction ends."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        numbers = sorted({row.text("record_number") for row in desk.table.rows} - {""})
        self._found = dict(_by_number(desk, numbers))
        missing = [number for number in numbers if number not in self._found]
        self._bare = dict(_by_bare_number(desk, missing))
        _hold(desk.session, self._found.values())

    @property
    def ids(self) -> list[UUID]:
        return list(dict.fromkeys(survivor.id for survivor in self._found.values()))

    def of(self, row: TableRow) -> Survivor | None:
        """The survivor who has the row's record number."""
        return self._found.get(row.text("record_number"))

    def almost(self, row: TableRow) -> str | None:
        """The record number of somebody that is the row's but for zeros at its front."""
        return self._bare.get(row.text("record_number").lstrip("0"))

    def whose(self, row: TableRow) -> Survivor | None:
        """The survivor a row is about; a problem where nobody is, or the row describes somebody else."""
        survivor = self.of(row)
        if survivor is None:
            if row.text("record_number"):
                self._desk.problem(row, "record_number", self._nobody(row))
            return None
        name, born = row.text("family_name"), row.values.get("birth_date")
        wrong = "is on record with another {what}. Check that the row is about this person"
        if name and names.folded(name) != names.folded(survivor.family_name):
            self._desk.problem(row, "family_name", f"{survivor.mrn} {wrong.format(what='family name')}")
        if born is not None and born != survivor.birth_date:
            self._desk.problem(row, "birth_date", f"{survivor.mrn} {wrong.format(what='date of birth')}")
        return survivor

    def _nobody(self, row: TableRow) -> str:
        almost = self.almost(row)
        if almost:
            return f"Nobody here has this record number, but somebody has {almost}. Were zeros at the front lost?"
        return "Nobody here has this record number. Bring in the survivors first, or correct the number"


def chunks(ids: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """So many at a time as one statement takes."""
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def rows_of(session: Session, table: Any, survivor_ids: Sequence[UUID]) -> dict[UUID, list[Any]]:
    """The rows of many survivors, by survivor."""
    found: dict[UUID, list[Any]] = {}
    for some in chunks(survivor_ids):
        for row in session.scalars(sa.select(table).where(table.survivor_id.in_(some)).order_by(table.id)):
            found.setdefault(row.survivor_id, []).append(row)
    return found


def _by_number(desk: Desk, numbers: Sequence[str]) -> Iterator[tuple[str, Survivor]]:
    for some in chunks(numbers):
        # Merged records first: a number that somebody has now comes before one that somebody had.
        former = sa.select(SurvivorIdentifier.value, Survivor).join(
            Survivor, Survivor.id == SurvivorIdentifier.survivor_id
        )
        yield from (
            (value, survivor)
            for value, survivor in desk.session.execute(
                former.where(
                    SurvivorIdentifier.clinic_id == desk.clinic.id,
                    SurvivorIdentifier.system == FORMER_SYSTEM,
                    SurvivorIdentifier.value.in_(some),
                    Survivor.withdrawn_at.is_(None),
                )
            )
        )
        query = sa.select(Survivor).where(
            Survivor.clinic_id == desk.clinic.id, Survivor.withdrawn_at.is_(None), Survivor.mrn.in_(some)
        )
        yield from ((survivor.mrn, survivor) for survivor in desk.session.scalars(query))


def _by_bare_number(desk: Desk, numbers: Sequence[str]) -> Iterator[tuple[str, str]]:
    bare = sorted({number.lstrip("0") for number in numbers} - {""})
    for some in chunks(bare):
        stripped = sa.func.ltrim(Survivor.mrn, "0")
        query = sa.select(stripped, Survivor.mrn).where(
            Survivor.clinic_id == desk.clinic.id, Survivor.withdrawn_at.is_(None), stripped.in_(some)
        )
        yield from ((found, mrn) for found, mrn in desk.session.execute(query))


def _hold(session: Session, survivors: Iterable[Survivor]) -> None:
    """Two people who save at once take turns; in the order of the ids, so that none waits for the other."""
    session.flush()
    for some in chunks(sorted({survivor.id for survivor in survivors})):
        query = sa.select(Survivor).where(Survivor.id.in_(some)).order_by(Survivor.id).with_for_update()
        session.scalars(query.execution_options(populate_existing=True)).all()


class Memory:
    """What tables have said before of these survivors in one part of the record."""

    def __init__(self, desk: Desk, section: str, survivor_ids: Sequence[UUID]) -> None:
        self._desk, self._section = desk, section
        self._entries: dict[tuple[UUID, str], ImportedEntry] = {}
        for some in chunks(survivor_ids):
            query = sa.select(ImportedEntry).where(
                ImportedEntry.survivor_id.in_(some),
                ImportedEntry.resource_type == BY_TABLE,
                ImportedEntry.section == section,
            )
            for entry in desk.session.scalars(query):
                self._entries[entry.survivor_id, entry.external_id] = entry

    def of(self, survivor_id: UUID, key: str) -> ImportedEntry | None:
        """What was said about one thing, and which row of the record it became."""
        return self._entries.get((survivor_id, _fitting(key)))

    def news(self, survivor_id: UUID, key: str, told: Told) -> Told:
        """What is told now and was not told before: only this is applied, so that a correction made here stays."""
        known = self.of(survivor_id, key)
        before = {} if known is None else known.told
        return {name: value for name, value in told.items() if before.get(name) != value}

    def keep(self, survivor_id: UUID, key: str, told: Told, row_id: UUID | None) -> None:
        """Remember what was told; what is empty now keeps what was told before."""
        known = self.of(survivor_id, key)
        if known is None:
            known = ImportedEntry(
                survivor_id=survivor_id,
                resource_type=BY_TABLE,
                external_id=_fitting(key),
                section=self._section,
                row_id=row_id,
                told=told,
                imported_at=self._desk.clock.now(),
            )
            self._desk.session.add(known)
            self._entries[survivor_id, known.external_id] = known
            return
        merged = {**known.told, **told}
        if merged != known.told or known.row_id != row_id:
            known.told, known.row_id, known.imported_at = merged, row_id, self._desk.clock.now()

    def row_ids(self) -> set[UUID]:
        """Every row that a table has made or found."""
        return {entry.row_id for entry in self._entries.values() if entry.row_id is not None}


def _fitting(key: str) -> str:
    return key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()


def check_contradictions(desk: Desk, keyed: Iterable[tuple[object, TableRow]], advice: str = KEEP_ONE) -> None:
    """Rows of one table about the same thing must not say different things of it."""
    by_key: dict[object, list[TableRow]] = {}
    for key, row in keyed:
        for earlier in by_key.get(key, []):
            for column in _differing(earlier, row):
                for one, other in ((earlier, row), (row, earlier)):
                    desk.problem(one, column, f"Row {other.number} says something else of the same. {advice}")
        by_key.setdefault(key, []).append(row)


def _differing(one: TableRow, other: TableRow) -> list[str]:
    shared = one.values.keys() & other.values.keys()
    return sorted(name for name in shared if _said(one.values[name]) != _said(other.values[name]))


def _said(value: CellValue) -> object:
    return names.folded(value) or value if isinstance(value, str) else plain(value)


def in_words(name: str, before: object, after: object, say: Callable[[object], str] = str) -> str:
    """One change as the report says it: "language: en → es"."""
    label = name.replace("_", " ")
    return f"{label}: {say(after)}" if plain(before) is None else f"{label}: {say(before)} → {say(after)}"
