"""What copies of a pattern are told apart by, as tables to choose from and as parts of statements.

A copy's names, number, day of birth and ways to be reached follow from its number among all copies, so that the
database chooses them itself.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from tracker.models import BY_CODE_POINTS, NUMBER, Contact, SurvivorWord
from tracker.services.demo_pools import REACHES
from tracker.services.names import folded

FIRST_NUMBER = 10_000_000
# A prime that divides no product of two pools: neighbors then have names far apart, and no two people the same names
# before all pairs of them are used up.
STRIDE = 15_485_863
Row = dict[str, Any]
Expressions = dict[str, sa.ColumnElement[Any]]


def temporary(name: str, *columns: sa.Column[Any]) -> sa.Table:
    return sa.Table(name, sa.MetaData(), *columns, prefixes=["TEMPORARY"])


def _numbered(name: str, *columns: sa.Column[Any]) -> sa.Table:
    key = [sa.Column(each, sa.BigInteger, primary_key=True, autoincrement=False) for each in ("pool", "place")]
    return temporary(name, *key, *columns)


def _word_columns() -> list[sa.Column[Any]]:
    keys = [sa.Column(each, sa.BigInteger, primary_key=True, autoincrement=False) for each in ("pool", "place")]
    return [*keys, sa.Column("word", SurvivorWord.__table__.c.word.type, primary_key=True)]


GIVEN = _numbered("demo_given", sa.Column("name", sa.Text), sa.Column("folded", sa.Text))
FAMILY = _numbered("demo_family", sa.Column("name", sa.Text), sa.Column("folded", sa.Text))
GIVEN_WORDS = temporary("demo_given_words", *_word_columns())
FAMILY_WORDS = temporary("demo_family_words", *_word_columns())
BIRTHS = _numbered("demo_births", sa.Column("born", sa.Date))
REACH = temporary(
    "demo_reach",
    sa.Column("place", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("phone", Contact.__table__.c.phone.type),
    sa.Column("phone_key", sa.String(64)),
    sa.Column("email", Contact.__table__.c.email.type),
    sa.Column("email_key", sa.String(64)),
)


def name_row(pool: int, place: int, name: str) -> Row:
    return {"pool": pool, "place": place, "name": name, "folded": folded(name)}


def words_of_names(names: Iterable[Row]) -> Iterator[Row]:
    for name in names:
        for word in sorted(set(name["folded"].split())):
            yield {"pool": name["pool"], "place": name["place"], "word": word}


def _running(rows: sa.Table) -> sa.ColumnElement[int]:
    """The number of a copy among all copies."""
    return sa.bindparam("before", type_=sa.BigInteger) + rows.c.place


def _pair(rows: sa.Table) -> sa.ColumnElement[int]:
    """The number of a copy's pair of names among all pairs of its language and sex."""
    return (_running(rows) * STRIDE) % (rows.c.given_size * rows.c.family_size)


def _named(rows: sa.Table) -> sa.FromClause:
    """The rows with the names chosen for each."""
    first = (_pair(rows) % rows.c.given_size + rows.c.apart) % rows.c.own_size
    given = sa.and_(GIVEN.c.pool == rows.c.own_pool, GIVEN.c.place == first)
    family = sa.and_(FAMILY.c.pool == rows.c.family_pool, FAMILY.c.place == _pair(rows) // rows.c.given_size)
    return rows.join(GIVEN, given).join(FAMILY, family)


def is_born(rows: sa.Table) -> sa.ColumnElement[bool]:
    """Which day of birth is a copy's: from round to round the next of those of its pattern."""
    turn = sa.bindparam("number", type_=sa.BigInteger) % rows.c.births
    return sa.and_(BIRTHS.c.pool == rows.c.place, BIRTHS.c.place == turn)


def told_apart(rows: sa.Table) -> tuple[sa.FromClause, Expressions]:
    """Survivors by names, record number and day of birth."""
    words = FAMILY.c.folded + " " + GIVEN.c.folded
    return _named(rows).join(BIRTHS, is_born(rows)), {
        "mrn": _mrn(rows),
        "given_name": GIVEN.c.name,
        "family_name": FAMILY.c.name,
        "search_name": words,
        "sort_name": words,
        "birth_date": BIRTHS.c.born,
    }


def _mrn(rows: sa.Table) -> sa.ColumnElement[str]:
    return sa.cast(FIRST_NUMBER + _running(rows), sa.String)


def found_by(rows: sa.Table) -> sa.Insert:
    """The words by which a round's survivors are found: of both names, each once, and the record number."""
    named = _named(rows)
    of_given = sa.and_(GIVEN_WORDS.c.pool == GIVEN.c.pool, GIVEN_WORDS.c.place == GIVEN.c.place)
    of_family = sa.and_(FAMILY_WORDS.c.pool == FAMILY.c.pool, FAMILY_WORDS.c.place == FAMILY.c.place)
    sources: list[tuple[sa.ColumnElement[Any], sa.FromClause]] = [
        (sa.cast(NUMBER + _mrn(rows), BY_CODE_POINTS), named),
        (GIVEN_WORDS.c.word, named.join(GIVEN_WORDS, of_given)),
        (FAMILY_WORDS.c.word, named.join(FAMILY_WORDS, of_family)),
    ]
    owner = sa.cast(sa.bindparam("first", type_=sa.String) + rows.c.id, sa.Uuid)
    clinic = sa.bindparam("clinic", type_=sa.Uuid)
    by_name = sa.cast(FAMILY.c.folded + " " + GIVEN.c.folded, BY_CODE_POINTS)
    here = rows.c.place < sa.bindparam("survivors")
    parts = [sa.select(owner, word, clinic, by_name).select_from(source).where(here) for word, source in sources]
    columns = ["survivor_id", "word", "clinic_id", "sort_name"]
    return sa.insert(SurvivorWord).from_select(columns, sa.union(*parts), include_defaults=False)


def reached_apart(rows: sa.Table) -> tuple[sa.FromClause, Expressions]:
    """Contacts by names and by how they are reached: those of one survivor in the same way, some others too."""
    source = _named(rows).join(REACH, REACH.c.place == _running(rows) % REACHES)
    has_email = rows.c.email_key.is_not(None)
    return source, {
        "name": GIVEN.c.name + " " + FAMILY.c.name,
        "phone": REACH.c.phone,
        "phone_key": REACH.c.phone_key,
        "email": sa.case((has_email, REACH.c.email)),
        "email_key": sa.case((has_email, REACH.c.email_key)),
    }
