"""A survivor's rows are the same whether they are read in a range or by id, to the last byte that a seal is made of."""

import marshal
from dataclasses import astuple, fields

import pytest
import sqlalchemy as sa

from tests.factories import AT, make_diagnosis, make_survivor
from tests.integration.plan_registry import EVERYBODY, fill, number, save_each, statements
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import Clinic, Diagnosis, PlanFailure, Survivor
from tracker.services.raw_rows import FIRST_ID, LAST_ID, Recorded, read_range, read_some, read_these

ODD = 'Ån\\"a\n{[,]}\t\U0001f9ec null'


@pytest.fixture
def registry(database: Database, clock: FixedClock) -> Database:
    with database.transaction() as session:
        fill(session)
    save_each(database, clock)
    with database.transaction() as session:
        # Somebody of whom nothing else is on record, and words that JSON has to wrap.
        make_survivor(session, session.get_one(Clinic, number(1)), id=number(90), diagnosis=None)
        make_diagnosis(session, session.get_one(Survivor, number(12)), ODD, position=3)
    return database


def told(recorded: Recorded) -> bytes:
    """All of a survivor, each value with its type, lists and empty lists told apart."""
    return marshal.dumps([_plain(getattr(recorded, field.name)) for field in fields(recorded)], 2)


def _plain(rows: object) -> object:
    return list(map(_plain, rows)) if isinstance(rows, list) else tuple(rows) if isinstance(rows, tuple) else rows


def test_one_by_one_all_at_once_and_in_a_range_the_rows_are_the_same(registry: Database) -> None:
    with registry.reading() as session:
        connection = session.connection()
        ranged = {each.person.id: each for each in read_range(connection, FIRST_ID, LAST_ID)}
        some = {each.person.id: each for each in read_some(connection, list(ranged))}
        alone = {key: next(iter(read_some(connection, [key]))) for key in ranged}
        assert len(ranged) == EVERYBODY + 1 and list(some) == sorted(ranged)
        for key, each in ranged.items():
            assert astuple(each) == astuple(some[key]) == astuple(alone[key])
            assert told(each) == told(some[key]) == told(alone[key])


def test_every_kind_of_row_was_compared(registry: Database) -> None:
    with registry.reading() as session:
        found = list(read_range(session.connection(), FIRST_ID, LAST_ID))
    lists = [field.name for field in fields(Recorded)][1:]
    assert all(any(getattr(each, name) for each in found) for name in lists)
    assert all(any(not getattr(each, name) for each in found) for name in lists)


def test_words_that_json_has_to_wrap_come_as_they_are(registry: Database) -> None:
    with registry.reading() as session:
        recorded = read_these(session.connection(), [number(12)])[number(12)]
        assert session.scalars(sa.select(Diagnosis.name).where(Diagnosis.position == 3)).one() == ODD
    assert recorded.diagnoses[-1][1] == ODD


def test_a_failure_is_seen_in_both(registry: Database) -> None:
    with registry.transaction() as session:
        told = {"during": "tick", "error": "ValueError", "kind": "record", "first_at": AT, "last_at": AT}
        session.add(PlanFailure(survivor_id=number(12), **told))
    with registry.reading() as session:
        connection = session.connection()
        ranged = {each.person.id: each.person.has_failed for each in read_range(connection, FIRST_ID, LAST_ID)}
        some = {each.person.id: each.person.has_failed for each in read_some(connection, list(ranged))}
    assert ranged == some and sum(some.values()) == 1


def test_who_is_not_there_is_left_out_and_nobody_is_asked_for_twice(registry: Database) -> None:
    with registry.reading() as session:
        found = read_these(session.connection(), [number(99), number(11), number(11), number(10)])
        assert list(found) == [number(10), number(11)]
        assert read_these(session.connection(), []) == {}


def test_a_server_is_asked_once_however_many_are_read(registry: Database) -> None:
    taken = []
    for ids in ([number(10)], [number(10 + each) for each in range(EVERYBODY)]):
        with statements(registry) as said, registry.reading() as session:
            read_these(session.connection(), ids)
        taken.append(sum("FROM" in each for each in said))
    is_sqlite = registry.engine.dialect.name == "sqlite"
    assert taken == ([9, 9] if is_sqlite else [1, 1])
