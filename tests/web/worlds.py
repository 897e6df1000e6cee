"""Two clinics with one of everything, for the tests that walk through all routes: made once, copied for each test."""

import pkgutil
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, url_for
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import TODAY, make_app
from tests.web import access
from tests.web.access.table import Row, World, make_world
from tests.web.signing_in import sign_in
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import Base


def all_rows() -> list[Row]:
    modules = [m.name for m in pkgutil.iter_modules(access.__path__) if m.name != "table"]
    return [row for name in modules for row in import_module(f"tests.web.access.{name}").ROWS]


ROWS = all_rows()


def named(row: Row) -> str:
    return f"{row.method} {row.endpoint}"


@dataclass
class Worlds:
    """The application over a database of its own, with "mine" and "theirs" in it."""

    app: Flask
    database: Database
    clock: FixedClock
    mine: World
    theirs: World

    def __post_init__(self) -> None:
        self.use()

    def use(self) -> None:
        """Make the shared application work on these two sides, whatever it worked on before."""
        self.app.extensions.update(tracker_database=self.database, tracker_clock=self.clock)

    def client(self, role: str | None, world: World | None = None) -> FlaskClient:
        """A client signed in with a role on a side (mine); with none, a visitor."""
        self.use()
        client = self.app.test_client()
        return client if role is None else sign_in(client, (world or self.mine).users[role])

    def path(self, row: Row, world: World | None = None) -> str:
        with self.app.test_request_context():
            return url_for(row.endpoint, **row.url(world or self.mine))

    def ask(self, client: FlaskClient, row: Row, world: World | None = None) -> TestResponse:
        self.use()
        world = world or self.mine
        return client.open(self.path(row, world), method=row.method, data=row.data(world))


def contents(database: Database, but: frozenset[str] = frozenset()) -> dict[str, list[Any]]:
    """Every row of every table, so that two moments can be compared."""
    with database.engine.connect() as connection:
        return {
            table.name: sorted(map(str, connection.execute(sa.select(table))))
            for table in Base.metadata.sorted_tables
            if table.name not in but
        }


@pytest.fixture(scope="module")
def built(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World, World]:
    """A database file that holds the two sides; nobody writes to it, everybody copies it."""
    path = tmp_path_factory.mktemp("worlds") / "worlds.db"
    shutil.copy(migrated_sqlite, path)
    store = Database(f"sqlite:///{path}")
    with store.transaction() as session:
        mine = make_world(session, TODAY, given_name="Anabel", family_name="Riverstone")
        theirs = make_world(session, TODAY, given_name="Beatrix", family_name="Oakhurst")
    store.close()
    return path, mine, theirs


@pytest.fixture(scope="module")
def shared_app(built: tuple[Path, World, World]) -> Flask:
    """One application for the module: its templates are compiled once."""
    return make_app(f"sqlite:///{built[0]}", FixedClock.on(TODAY))


@pytest.fixture
def worlds(built: tuple[Path, World, World], shared_app: Flask, tmp_path: Path) -> Iterator[Worlds]:
    with opened(built, shared_app, tmp_path / "worlds.db") as found:
        yield found


@contextmanager
def opened(built: tuple[Path, World, World], shared_app: Flask, copy: Path) -> Iterator[Worlds]:
    """The application over a fresh copy of the two sides, its clock at noon of the day."""
    path, mine, theirs = built
    shutil.copy(path, copy)
    store = Database(f"sqlite:///{copy}")
    clock = FixedClock.on(TODAY)
    shared_app.config.update(WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False)
    yield Worlds(shared_app, store, clock, mine, theirs)
    store.close()
