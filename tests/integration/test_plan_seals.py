"""A seal matches until anything changes that the plan follows from, or the plan as it is stored."""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.factories import make_result
from tests.integration.plan_registry import TODAY, fill, number, save_each
from tracker.clock import FixedClock
from tracker.db import Database, UTCDateTime
from tracker.engine.rules import Choices
from tracker.guidelines.loader import PACKS
from tracker.models import (
    Base,
    Diagnosis,
    DueItem,
    Event,
    Exposure,
    Override,
    PlanGap,
    Predisposition,
    Result,
    Survivor,
)
from tracker.services import plan_seals, planning
from tracker.services.facts import facts_of
from tracker.services.plan_terms import asked_by, terms_of
from tracker.services.planning import Terms
from tracker.services.raw_rows import FLAG_COLUMNS, PARTS, Person, Recorded, read_these

TABLES: tuple[type[Base], ...] = (
    *(Survivor, Exposure, Event, Diagnosis, Predisposition, Result, Override),
    *(DueItem, PlanGap),
)
# Columns whose change moves a row elsewhere, out of everybody's sight.
KEYS = {"id", "survivor_id"}


def _is_left_out(column: Any) -> bool:
    """Nor is a column changed that the database works out itself."""
    return column.name in KEYS or column.computed is not None


CASES = [(model, column.name) for model in TABLES for column in model.__table__.columns if not _is_left_out(column)]
# Who has a row of each table.
OWNERS = {Survivor: 0, Exposure: 0, Event: 4, Diagnosis: 0, Predisposition: 3, Result: 0, Override: 2, DueItem: 0}


# What is read of each table: of a survivor's own row all from the birth date on, of the plan's rows all but their ids.
READ: dict[type[Base], set[str]] = {part.model: set(part.columns) - {"id", "flags"} for part in PARTS}
READ[Survivor] = {*Person._fields[6:20], "plan_holds_until", "plan_seal"}
READ[DueItem] |= set(FLAG_COLUMNS)


@pytest.fixture(scope="module")
def sealed(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A filled registry whose plans are stored; each test rolls back what it does. Checks and references are off."""
    path = tmp_path_factory.mktemp("seals") / "sealed.db"
    shutil.copy(migrated_sqlite, path)
    database = filled(Database(f"sqlite:///{path}"))
    event.listen(database.engine, "connect", by_hand)
    database.engine.dispose()
    yield database
    database.close()


def by_hand(connection: Any, _record: object) -> None:
    for pragma in ("foreign_keys = OFF", "ignore_check_constraints = ON"):
        connection.execute(f"PRAGMA {pragma}")


def filled(database: Database) -> Database:
    with database.transaction() as session:
        fill(session)
    save_each(database, FixedClock.on(TODAY))
    return database


def recorded_of(session: Session, survivor_id: UUID) -> Recorded:
    return read_these(session.connection(), [survivor_id])[survivor_id]


def terms(session: Session, survivor_id: UUID, day: date = TODAY) -> Terms:
    return terms_of(asked_by(session.get_one(Survivor, survivor_id).clinic, FixedClock.on(day)))


def stands(session: Session, survivor_id: UUID, day: date = TODAY) -> bool:
    return planning.stands(recorded_of(session, survivor_id), terms(session, survivor_id, day)) is not None


def meaning(recorded: Recorded) -> tuple[Any, ...]:
    """All that is made of a survivor's rows: the facts, whether anything is due, why items close, and the plan."""
    person = recorded.person
    paused = planning.is_paused(person), person.deceased_on is None, person.standing, person.acknowledged_on is None
    items, gaps = [row[1:-1] for row in recorded.items], [row[1:-1] for row in recorded.gaps]
    return facts_of(recorded), paused, person.summary, person.plan_holds_until, items, gaps


def another(column: sa.Column[Any], told: Any) -> Any:
    """Another value for a column, as SQLite keeps it."""
    if isinstance(column.type, sa.Uuid):
        return uuid4().hex
    if isinstance(column.type, sa.JSON):
        return '["other"]'
    if isinstance(column.type, sa.Date | UTCDateTime):
        return "2019-02-03 00:00:00.000000"[: 10 if isinstance(column.type, sa.Date) else None]
    if isinstance(column.type, sa.Boolean):
        return 1 - told
    return (told or 0) + 1 if isinstance(column.type, sa.Integer | sa.Numeric) else f"{told or ''}x"


@pytest.mark.parametrize(("model", "name"), CASES, ids=[f"{m.__tablename__}.{name}" for m, name in CASES])
def test_every_column_that_means_something_breaks_the_seal_when_it_changes(
    sealed: Database, model: type[Base], name: str
) -> None:
    owner = number(10 + OWNERS.get(model, 9))
    table = cast("sa.Table", model.__table__)
    with Session(sealed.engine) as session:
        connection = session.connection()
        before, by = recorded_of(session, owner), terms(session, owner)
        assert planning.stands(before, by) is not None
        own = "id" if model is Survivor else "survivor_id"
        query = f"SELECT id, {name} FROM {table.name} WHERE {own} = ? ORDER BY id"
        row_id, told = next(iter(connection.exec_driver_sql(query, (owner.hex,))))
        value = another(table.c[name], told)
        connection.exec_driver_sql(f"UPDATE {table.name} SET {name} = ? WHERE id = ?", (value, row_id))
        after = recorded_of(session, owner)
        if name in READ[model] or meaning(before) != meaning(after):
            assert planning.stands(after, by) is None
        else:
            assert planning.stands(after, by) is not None


def test_the_columns_that_are_read_are_the_tables_own() -> None:
    for model, names in READ.items():
        known = {column.name for column in model.__table__.columns}
        assert names <= known, model


def test_what_a_save_stored_stands_on_both_databases(database: Database) -> None:
    filled(database)
    with database.reading() as session:
        for survivor_id in session.scalars(sa.select(Survivor.id)):
            recorded = recorded_of(session, survivor_id)
            content = planning.stands(recorded, terms(session, survivor_id))
            assert content == plan_seals.stored_content(recorded)


def test_a_plan_stands_from_the_day_it_was_computed_until_the_day_it_holds(sealed: Database) -> None:
    with sealed.reading() as session:
        survivor = session.scalars(sa.select(Survivor).where(Survivor.plan_holds_until.is_not(None))).first()
        assert survivor is not None and survivor.plan_holds_until is not None
        days = {TODAY: True, TODAY - timedelta(days=1): False}
        days |= {survivor.plan_holds_until - timedelta(days=1): True, survivor.plan_holds_until: False}
        assert {day: stands(session, survivor.id, day) for day in days} == days


def test_a_plan_that_always_holds_stands_for_ever(sealed: Database) -> None:
    with sealed.reading() as session:
        deceased = number(15)
        assert session.get_one(Survivor, deceased).plan_holds_until is None
        assert stands(session, deceased, date(2099, 1, 1))


def test_another_result_breaks_the_seal_and_so_does_one_that_is_withdrawn(sealed: Database) -> None:
    with Session(sealed.engine) as session:
        survivor = session.get_one(Survivor, number(10))
        added = make_result(session, survivor, "creatinine-egfr", date(2020, 1, 1))
        assert not stands(session, survivor.id)
        session.delete(added)
        session.flush()
        assert stands(session, survivor.id)
        session.execute(sa.delete(Result).where(Result.id == number(100)))
        assert not stands(session, survivor.id)


def test_another_guideline_another_choice_or_other_code_breaks_every_seal(
    sealed: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pack = "childhood-cancer/2026.1"
    known = plan_seals.fingerprint(pack, Choices())
    assert plan_seals.fingerprint(pack, Choices()) == known
    assert plan_seals.fingerprint(pack, Choices(late_effects=("another",))) != known
    for path in (PACKS / pack).iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    copied = plan_seals.fingerprint(str(tmp_path), Choices())
    with (tmp_path / "late_effects.csv").open("a") as file:
        file.write("\n")
    assert plan_seals.fingerprint(str(tmp_path), Choices()) != copied
    monkeypatch.setattr(plan_seals, "code_fingerprint", lambda: b"other code")
    plan_seals._kept.cache_clear()
    assert plan_seals.fingerprint(pack, Choices()) != known
    monkeypatch.undo()
    plan_seals._kept.cache_clear()


def test_the_code_that_decides_is_all_there() -> None:
    """Each pattern finds something, the engine and this very decision among it."""
    found = {path.relative_to(plan_seals.TRACKER).as_posix() for path in plan_seals.deciding_files()}
    assert {"engine/evaluate.py", "guidelines/loader.py", "services/planning.py", "services/reasons.py"} <= found
    for pattern in plan_seals.DECIDING:
        assert list(plan_seals.TRACKER.glob(pattern)), pattern


def test_equal_rows_have_equal_fingerprints_whoever_made_them() -> None:
    """Text that two rows share and text made anew are the same text."""
    word = "echocardiogram"
    again = "".join(["echo", "cardiogram"])
    assert plan_seals.content_of([(word, word)], [], ()) == plan_seals.content_of([(again, "echo" + again[4:])], [], ())
