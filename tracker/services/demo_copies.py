"""Copies of patterns, made by the database itself: one statement a table for a whole round of them.

The rows of the patterns are kept in temporary tables, in which every id is the second half of one. A round is a first
half, so that its rows are the kept ones with that put in front: ids of copies rise from round to round, and from
survivor to survivor within one, and rows that belong together lie together. A first half begins with the instant of
the seeding, as a UUID of version 7 does.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from operator import itemgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tracker.engine.origins import BIRTH
from tracker.models import Base, Contact, ContactKind, DueItem, Survivor
from tracker.services.demo_copy_words import (
    BIRTHS,
    FAMILY,
    FAMILY_WORDS,
    GIVEN,
    GIVEN_WORDS,
    REACH,
    found_by,
    is_born,
    name_row,
    reached_apart,
    temporary,
    told_apart,
    words_of_names,
)
from tracker.services.demo_patterns import Pattern
from tracker.services.demo_pools import SEXES, Names, reaches

# What tells of people who were really there, or is worked out anew.
NOT_COPIED = frozenset(
    {
        "audit_events",
        "access_events",
        "outbox_messages",
        "grants",
        "summary_editions",
        "plan_failures",
        "survivor_words",
    }
)
# Indexes by names, by dates and by how people are reached.
SCATTERED = frozenset(
    {
        "ix_contacts_email_key",
        "ix_contacts_phone_key",
        "ix_diagnoses_name",
        "ix_due_items_next_boundary_on",
        "ix_survivor_words_clinic_id_word",
        "ix_survivors_clinic_id_place_until",
        "ix_survivors_clinic_id_placed_on",
        "ix_survivors_clinic_id_plan_holds_until",
        "ix_survivors_clinic_id_sort_name",
        "ix_survivors_places",
    }
)
ROUNDS_AN_INSTANT = 4096
ROWS_AT_ONCE, PATTERNS_AT_ONCE = 500, 10
# In the reasons kept in a pattern, this stands for the first half of an id.
FIRST_HALF = "{{first half}}"
# And this for the day of birth, from which a reason may have been counted.
BORN = "{{born}}"
UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
Row = dict[str, Any]
SURVIVORS, CONTACTS, ITEMS = Survivor.__tablename__, Contact.__tablename__, DueItem.__tablename__


@dataclass(frozen=True)
class _Chosen:
    """What the names of a pattern's copies are chosen by."""

    language: str
    sex: str


class Copier:
    """Makes copies over one connection, whose temporary tables hold what is copied. The caller opens transactions."""

    def __init__(
        self, connection: Connection, patterns: Sequence[Pattern], names: Mapping[str, Names], *, at: datetime
    ) -> None:
        self.connection, self.size, self.at = connection, len(patterns), at
        self._names, self._languages = names, sorted(names)
        self._place = {pattern.survivor_id: place for place, pattern in enumerate(patterns)}
        self._births = {pattern.survivor_id: pattern.births for pattern in patterns}
        self._chosen: dict[UUID, _Chosen] = {}
        self._suffixes: dict[UUID, str] = {}
        tables = [table for number, table in enumerate(Base.metadata.sorted_tables) if self._number(number, table)]
        self._make_pools(patterns)
        kept = {table.name: self._keep(table) for table in tables}
        self._statements = [self._statement(table, kept[table.name]) for table in tables]
        self._statements.append(found_by(kept[SURVIVORS]))

    def copy(self, number: int, clinic_id: UUID, *, survivors: int) -> None:
        """One round, numbered from 1: the first so many of the patterns, for this clinic."""
        first = first_half(self.at, number)
        values = {
            "first": first,
            "written": f"{first[:8]}-{first[8:12]}-{first[12:]}-",
            "number": number,
            "before": number * self.size,
            "clinic": clinic_id,
            "survivors": survivors,
        }
        for statement in self._statements:
            self.connection.execute(statement, values)

    def copy_of(self, survivor_id: UUID, number: int) -> UUID:
        """The id of the copy of a pattern that a round made."""
        return UUID(hex=first_half(self.at, number) + self._suffixes[survivor_id])

    def _number(self, number: int, table: sa.Table) -> bool:
        """Give every row of the patterns in a table its second half of an id; are there any?"""
        if table.name in NOT_COPIED or (table.name != SURVIVORS and "survivor_id" not in table.c):
            return False
        owner = table.c[_owner(table)]
        found = self.connection.execute(sa.select(table.c.id, owner).where(owner.in_(self._place)))
        ordered = sorted(found, key=lambda row: self._place[row[1]])
        for place, (row_id, owner_id) in enumerate(ordered):
            self._suffixes[row_id] = _second_half(self._place[owner_id], number, place)
        return bool(ordered)

    def _keep(self, table: sa.Table) -> sa.Table:
        """A temporary table with the rows of the patterns, ids cut to their second halves."""
        columns = [sa.Column(column.name, _kept_type(column)) for column in _written(table)]
        extra = [sa.Column(name, sa.BigInteger) for name in _extra_columns(table.name)]
        kept = temporary(f"demo_{table.name}", *extra, *columns)
        kept.create(self.connection)
        ids = iter(self._place)
        # A few patterns at a time: read in one go, their charts would take more memory than all the rest.
        while some := list(islice(ids, PATTERNS_AT_ONCE)):
            rows = self.connection.execute(
                sa.select(*_written(table)).where(table.c[_owner(table)].in_(some))
            ).mappings()
            # Copied in this order: what belongs together lies together, and the ids of copies rise.
            if told := sorted((self._told(table, dict(row)) for row in rows), key=itemgetter("id")):
                self.connection.execute(sa.insert(kept), told)
        return kept

    def _told(self, table: sa.Table, row: Row) -> Row:
        owner: UUID = row[_owner(table)]
        told: Row = {"place": self._place[owner]} | row | self._choice(table, row, owner)
        for column in _written(table):
            if _is_reference(column) and row[column.name] is not None:
                told[column.name] = self._suffixes[row[column.name]]
            elif isinstance(column.type, sa.JSON):
                told[column.name] = UUIDS.sub(self._rewritten, self._unborn(json.dumps(row[column.name]), owner))
        return told

    def _unborn(self, written: str, owner: UUID) -> str:
        """What is written of a pattern, with a place kept for the day of birth where a reason was counted from it."""
        return written.replace(json.dumps([BIRTH, self._births[owner][0].isoformat()]), json.dumps([BIRTH, BORN]))

    def _rewritten(self, found: re.Match[str]) -> str:
        suffix = self._suffixes.get(UUID(found[0]))
        return f"{FIRST_HALF}{suffix[:4]}-{suffix[4:]}" if suffix else found[0]

    # What copies are told apart by

    def _choice(self, table: sa.Table, row: Row, owner: UUID) -> Row:
        """Of a survivor and of a contact: which names to choose from, and how many there are."""
        if table.name == SURVIVORS:
            self._chosen[owner] = _Chosen(row["language"], row["sex_at_birth"])
            return self._pools(self._chosen[owner], self._chosen[owner].sex) | {"births": len(self._births[owner])}
        if table.name == ITEMS:
            return {"births": len(self._births[owner])}
        if table.name != CONTACTS:
            return {}
        chosen = self._chosen[owner]
        if row["kind"] == ContactKind.SELF:
            return self._pools(chosen, chosen.sex)
        pools = self._pools(chosen, SEXES[row["kind"] == ContactKind.FATHER])
        return pools | {"apart": pools["own_size"] // 3}

    def _pools(self, chosen: _Chosen, own_sex: str) -> Row:
        names = self._names[chosen.language]
        return {
            "given_size": len(names.given[chosen.sex]),
            "family_pool": self._languages.index(chosen.language),
            "family_size": len(names.family),
            "own_pool": self._given_pool(chosen.language, own_sex),
            "own_size": len(names.given[own_sex]),
            "apart": 0,
        }

    def _given_pool(self, language: str, sex: str) -> int:
        return self._languages.index(language) * len(SEXES) + SEXES.index(sex)

    def _make_pools(self, patterns: Sequence[Pattern]) -> None:
        names = self._names
        given = [
            name_row(self._given_pool(language, sex), place, name)
            for language in self._languages
            for sex in SEXES
            for place, name in enumerate(names[language].given[sex])
        ]
        family = [
            name_row(number, place, name)
            for number, language in enumerate(self._languages)
            for place, name in enumerate(names[language].family)
        ]
        births = [
            {"pool": self._place[pattern.survivor_id], "place": place, "born": born}
            for pattern in patterns
            for place, born in enumerate(pattern.births)
        ]
        pools: list[tuple[sa.Table, Iterable[Row]]] = [(GIVEN, given), (FAMILY, family), (BIRTHS, births)]
        pools += [(REACH, reaches()), (GIVEN_WORDS, words_of_names(given)), (FAMILY_WORDS, words_of_names(family))]
        for table, rows in pools:
            table.create(self.connection)
            many = iter(rows)
            while some := list(islice(many, ROWS_AT_ONCE)):
                self.connection.execute(sa.insert(table), some)

    # The statements

    def _statement(self, table: sa.Table, rows: sa.Table) -> sa.Insert:
        copied = {column.name: self._copied(column, rows.c[column.name]) for column in _written(table)}
        source: sa.FromClause = rows
        if table.name == SURVIVORS:
            source, own = told_apart(rows)
            copied |= own
        elif table.name == CONTACTS:
            source, own = reached_apart(rows)
            copied |= own
        elif table.name == ITEMS:
            source = rows.join(BIRTHS, is_born(rows))
        query = sa.select(*copied.values()).select_from(source).where(rows.c.place < sa.bindparam("survivors"))
        return sa.insert(table).from_select(list(copied), query, include_defaults=False)

    def _copied(self, column: sa.Column[Any], kept: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        if _is_reference(column):
            return sa.cast(sa.bindparam("first", type_=sa.String) + kept, sa.Uuid)
        if column.name == "clinic_id":
            return sa.bindparam("clinic", type_=sa.Uuid)
        if isinstance(column.type, sa.JSON):
            written = sa.func.replace(kept, FIRST_HALF, sa.bindparam("written", type_=sa.String))
            if column.table.name == ITEMS:
                written = sa.func.replace(written, BORN, sa.cast(BIRTHS.c.born, sa.String))
            return sa.cast(written, sa.JSON) if self.connection.dialect.name == "postgresql" else written
        return kept


def first_half(at: datetime, number: int) -> str:
    """The first 16 of 32 hexadecimal digits of every id of a round: milliseconds, version 7, the round."""
    instant = int(at.timestamp() * 1000) + number // ROUNDS_AN_INSTANT
    return f"{instant:012x}7{number % ROUNDS_AN_INSTANT:03x}"


def _second_half(place: int, table: int, row: int) -> str:
    """The other 16: the variant, which survivor, which table, and which row of it."""
    return f"8{place:05x}{table:02x}{row:08x}"


def without_scattered_indexes(connection: Connection) -> None:
    """Drop the indexes whose order is not that of the copies: a page of them would be written for nearly every row."""
    for index in _scattered():
        index.drop(connection)


def with_scattered_indexes(connection: Connection) -> None:
    """Make them again, of all rows at once."""
    for index in _scattered():
        index.create(connection)


def _scattered() -> Iterator[sa.Index]:
    for table in Base.metadata.sorted_tables:
        yield from sorted((each for each in table.indexes if each.name in SCATTERED), key=lambda each: str(each.name))


def _written(table: sa.Table) -> list[sa.Column[Any]]:
    """The columns of a table that the database does not work out itself."""
    return [column for column in table.columns if column.computed is None]


def _owner(table: sa.Table) -> str:
    """The column that says whose a row is."""
    return "id" if table.name == SURVIVORS else "survivor_id"


def _is_reference(column: sa.Column[Any]) -> bool:
    """Is this the id of a row that is copied too, or of the row itself?"""
    targets = {key.column.table.name for key in column.foreign_keys}
    return column.name == "id" or (bool(targets) and targets.isdisjoint({"clinics", "users"}))


def _kept_type(column: sa.Column[Any]) -> Any:
    if _is_reference(column):
        return sa.String(16)
    return sa.Text() if isinstance(column.type, sa.JSON) else column.type


def _extra_columns(table: str) -> list[str]:
    chosen = ["given_size", "family_pool", "family_size", "own_pool", "own_size", "apart"]
    own = {SURVIVORS: [*chosen, "births"], CONTACTS: chosen, ITEMS: ["births"]}
    return ["place", *own.get(table, [])]
