"""Copies of patterns, made by the database itself: one statement a table for a whole round of them.

The rows of the patterns are kept in temporary tables, in which every id is the second half of one. A round is a first
half, so that its rows are the kept ones with that put in front: ids of copies rise from round to round, and from
survivor to survivor within one, and rows that belong together lie together. A first half begins with the instant of
the seeding, as a UUID of version 7 does.
"""

import json
import re
from collections.abc import Mapping, Sequence
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
from tracker.services.demo_patterns import Pattern
from tracker.services.demo_pools import REACHES, SEXES, Names, reaches
from tracker.services.names import folded

# What tells of people who were really there, or is worked out anew.
NOT_COPIED = frozenset(
    {"audit_events", "access_events", "outbox_messages", "grants", "summary_editions", "plan_failures"}
)
FIRST_NUMBER = 10_000_000
# A prime that divides no product of two pools: neighbors then have names far apart, and no two people the same names
# before all pairs of them are used up.
STRIDE = 15_485_863
ROUNDS_AN_INSTANT = 4096
ROWS_AT_ONCE, PATTERNS_AT_ONCE = 1_000, 20
# In the reasons kept in a pattern, this stands for the first half of an id.
FIRST_HALF = "{{first half}}"
# And this for the day of birth, from which a reason may have been counted.
BORN = "{{born}}"
UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
Row = dict[str, Any]
Expressions = dict[str, sa.ColumnElement[Any]]
GIVEN, FAMILY, BIRTHS, REACH = "demo_given", "demo_family", "demo_births", "demo_reach"
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
        self._statements = [self._statement(table, self._keep(table)) for table in tables]

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
        kept = _temporary(f"demo_{table.name}", *extra, *columns)
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
            _name(self._given_pool(language, sex), place, name)
            for language in self._languages
            for sex in SEXES
            for place, name in enumerate(names[language].given[sex])
        ]
        family = [
            _name(number, place, name)
            for number, language in enumerate(self._languages)
            for place, name in enumerate(names[language].family)
        ]
        births = [
            {"pool": self._place[pattern.survivor_id], "place": place, "born": born}
            for pattern in patterns
            for place, born in enumerate(pattern.births)
        ]
        for table, rows in ((_given, given), (_family, family), (_births, births), (_reach, reaches())):
            table.create(self.connection)
            many = iter(rows)
            while some := list(islice(many, ROWS_AT_ONCE)):
                self.connection.execute(sa.insert(table), some)

    # The statements

    def _statement(self, table: sa.Table, rows: sa.Table) -> sa.Insert:
        copied = {column.name: self._copied(column, rows.c[column.name]) for column in _written(table)}
        source: sa.FromClause = rows
        if table.name == SURVIVORS:
            source, own = _told_apart(rows)
            copied |= own
        elif table.name == CONTACTS:
            source, own = _reached_apart(rows)
            copied |= own
        elif table.name == ITEMS:
            source = rows.join(_births, _born(rows))
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
                written = sa.func.replace(written, BORN, sa.cast(_births.c.born, sa.String))
            return sa.cast(written, sa.JSON) if self.connection.dialect.name == "postgresql" else written
        return kept


def first_half(at: datetime, number: int) -> str:
    """The first 16 of 32 hexadecimal digits of every id of a round: milliseconds, version 7, the round."""
    instant = int(at.timestamp() * 1000) + number // ROUNDS_AN_INSTANT
    return f"{instant:012x}7{number % ROUNDS_AN_INSTANT:03x}"


def _second_half(place: int, table: int, row: int) -> str:
    """The other 16: the variant, which survivor, which table, and which row of it."""
    return f"8{place:05x}{table:02x}{row:08x}"


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


def _temporary(name: str, *columns: sa.Column[Any]) -> sa.Table:
    return sa.Table(name, sa.MetaData(), *columns, prefixes=["TEMPORARY"])


def _numbered(name: str, *columns: sa.Column[Any]) -> sa.Table:
    key = [sa.Column(each, sa.BigInteger, primary_key=True, autoincrement=False) for each in ("pool", "place")]
    return _temporary(name, *key, *columns)


_given = _numbered(GIVEN, sa.Column("name", sa.Text), sa.Column("folded", sa.Text))
_family = _numbered(FAMILY, sa.Column("name", sa.Text), sa.Column("folded", sa.Text))
_births = _numbered(BIRTHS, sa.Column("born", sa.Date))
_reach = _temporary(
    REACH,
    sa.Column("place", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("phone", Contact.__table__.c.phone.type),
    sa.Column("phone_key", sa.String(64)),
    sa.Column("email", Contact.__table__.c.email.type),
    sa.Column("email_key", sa.String(64)),
)


def _name(pool: int, place: int, name: str) -> Row:
    return {"pool": pool, "place": place, "name": name, "folded": folded(name)}


def _running(rows: sa.Table) -> sa.ColumnElement[int]:
    """The number of a copy among all copies."""
    return sa.bindparam("before", type_=sa.BigInteger) + rows.c.place


def _pair(rows: sa.Table) -> sa.ColumnElement[int]:
    """The number of a copy's pair of names among all pairs of its language and sex."""
    return (_running(rows) * STRIDE) % (rows.c.given_size * rows.c.family_size)


def _named(rows: sa.Table) -> sa.FromClause:
    """The rows with the names chosen for each."""
    first = (_pair(rows) % rows.c.given_size + rows.c.apart) % rows.c.own_size
    given = sa.and_(_given.c.pool == rows.c.own_pool, _given.c.place == first)
    family = sa.and_(_family.c.pool == rows.c.family_pool, _family.c.place == _pair(rows) // rows.c.given_size)
    return rows.join(_given, given).join(_family, family)


def _born(rows: sa.Table) -> sa.ColumnElement[bool]:
    """Which day of birth is a copy's: from round to round the next of those of its pattern."""
    turn = sa.bindparam("number", type_=sa.BigInteger) % rows.c.births
    return sa.and_(_births.c.pool == rows.c.place, _births.c.place == turn)


def _told_apart(rows: sa.Table) -> tuple[sa.FromClause, Expressions]:
    """Survivors by names, record number and day of birth."""
    words = _family.c.folded + " " + _given.c.folded
    return _named(rows).join(_births, _born(rows)), {
        "mrn": sa.cast(FIRST_NUMBER + _running(rows), sa.String),
        "given_name": _given.c.name,
        "family_name": _family.c.name,
        "search_name": words,
        "sort_name": words,
        "birth_date": _births.c.born,
    }


def _reached_apart(rows: sa.Table) -> tuple[sa.FromClause, Expressions]:
    """Contacts by names and by how they are reached: those of one survivor in the same way, some others too."""
    source = _named(rows).join(_reach, _reach.c.place == _running(rows) % REACHES)
    has_email = rows.c.email_key.is_not(None)
    return source, {
        "name": _given.c.name + " " + _family.c.name,
        "phone": _reach.c.phone,
        "phone_key": _reach.c.phone_key,
        "email": sa.case((has_email, _reach.c.email)),
        "email_key": sa.case((has_email, _reach.c.email_key)),
    }
