"""Every migration goes both ways on filled tables, on both databases, and ends where the models are."""

import re
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

from tests.conftest import TODAY
from tests.postgres import admin, named
from tests.web.access.table import make_world
from tracker import migrate
from tracker.db import Database, make_engine
from tracker.models import Base, StatusEvent

REBUILD = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "9999_rebuild", "{previous}"


def upgrade() -> None:
    with op.batch_alter_table("survivors", recreate="always") as table:
        table.add_column(sa.Column("extra", sa.String(10), nullable=True))
"""


def revisions() -> list[str]:
    scripts = ScriptDirectory(str(migrate.SCRIPTS))
    return [script.revision for script in reversed(list(scripts.walk_revisions()))]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path}/empty.db")
        yield engine
        engine.dispose()
        return
    url, name = request.getfixturevalue("postgres"), f"e{uuid4().hex}"
    admin(url, f"CREATE DATABASE {name}")
    engine = make_engine(named(url, name))
    yield engine
    engine.dispose()
    admin(url, f"DROP DATABASE {name} WITH (FORCE)")


def counts(engine: Engine) -> dict[str, int]:
    tables = [name for name in sa.inspect(engine).get_table_names() if name != "alembic_version"]
    with engine.connect() as connection:
        return {name: connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name))) or 0 for name in tables}


def checks(engine: Engine, table: str) -> set[str]:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            sql = connection.scalar(sa.text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": table})
            return set(re.findall(r"CONSTRAINT (ck_\w+) CHECK", str(sql)))
        names = sa.text("SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = to_regclass(:name)")
        return set(connection.scalars(names, {"name": table}))


def fill(engine: Engine) -> None:
    store = Database(engine.url.render_as_string(hide_password=False))
    with store.transaction() as session:
        world = make_world(session, TODAY)
        session.add(
            StatusEvent(
                due_item_id=world.item.id,
                survivor_id=world.survivor.id,
                flag="late_effects",
                status="due",
                boundary_on=date(2026, 11, 23),
                recorded_at=world.item.opened_at,
            )
        )
    store.close()


def test_there_is_one_head_and_short_revision_ids() -> None:
    assert ScriptDirectory(str(migrate.SCRIPTS)).get_heads() == [migrate.head()]
    assert all(len(revision) <= 32 for revision in revisions())


def test_the_migrated_schema_is_the_models(empty: Engine) -> None:
    migrate.upgrade(empty)
    with empty.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    assert migrate.current(empty) == migrate.head()


def test_the_named_checks_of_the_models_are_in_the_database(empty: Engine) -> None:
    migrate.upgrade(empty)
    for table in Base.metadata.sorted_tables:
        wanted = {str(c.name) for c in table.constraints if isinstance(c, sa.CheckConstraint)}
        assert wanted <= checks(empty, table.name), table.name


def test_each_migration_goes_up_down_and_up_again(empty: Engine) -> None:
    for revision in revisions():
        migrate.upgrade(empty, revision)
        before = set(sa.inspect(empty).get_table_names())
        migrate.downgrade(empty, "-1")
        migrate.upgrade(empty, revision)
        assert set(sa.inspect(empty).get_table_names()) == before


def test_going_down_a_step_and_up_again_loses_no_row_of_the_tables_that_stay(empty: Engine) -> None:
    migrate.upgrade(empty)
    fill(empty)
    for revision in reversed(revisions()[1:]):
        before = counts(empty)
        assert migrate.current(empty) == revision
        migrate.downgrade(empty, "-1")
        after = counts(empty)
        assert after == {name: before[name] for name in after}
    migrate.upgrade(empty)
    assert migrate.current(empty) == migrate.head()


def test_rebuilding_a_parent_table_keeps_its_children_and_its_checks(tmp_path: Path) -> None:
    """SQLite's batch mode drops and recreates the table: with foreign keys on, the children would go too."""
    engine = make_engine(f"sqlite:///{tmp_path}/filled.db")
    migrate.upgrade(engine)
    fill(engine)
    before, named_checks = counts(engine), checks(engine, "survivors")
    scripts = tmp_path / "migrations"
    shutil.copytree(migrate.SCRIPTS, scripts)
    (scripts / "versions" / "9999_rebuild.py").write_text(REBUILD.format(previous=migrate.head()))
    config = AlembicConfig()
    config.set_main_option("script_location", str(scripts))
    config.attributes["engine"] = engine
    command.upgrade(config, "head")
    assert migrate.current(engine) == "9999_rebuild"
    assert counts(engine) == before
    assert checks(engine, "survivors") == named_checks
    # What the database works out itself is worked out still.
    columns = {column["name"]: column for column in sa.inspect(engine).get_columns("survivors")}
    assert all("computed" in columns[name] for name in ("place_rank", "place_since", "place_until"))
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(place_rank) FROM survivors")) == before["survivors"]
    engine.dispose()


def test_audit_rows_can_be_added_but_not_changed_or_removed(database: Database) -> None:
    event = {"at": "2026-11-23 12:00:00", "actor": "Dana Ruiz", "action": "x", "subject_type": "y", "reason": ""}
    columns = ", ".join([*event, "id"])
    values = ", ".join([*(f"'{value}'" for value in event.values()), f"'{uuid4().hex}'"])
    with database.transaction() as session:
        session.execute(sa.text(f"INSERT INTO audit_events ({columns}) VALUES ({values})"))
    for statement in ("UPDATE audit_events SET actor = 'someone else'", "DELETE FROM audit_events"):
        with pytest.raises(sa.exc.DBAPIError, match="insert-only"), database.transaction() as session:
            session.execute(sa.text(statement))
    with database.reading() as session:
        assert session.scalar(sa.text("SELECT actor FROM audit_events")) == "Dana Ruiz"
