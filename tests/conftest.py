"""Databases of both kinds, an application, a client, and a clock that stands still."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy.orm import Session

from config import Config
from tests.postgres import KeptDatabases, running_server
from tests.statements import statements_compiled_once  # noqa: F401 - a fixture
from tracker import migrate
from tracker.app import create_app
from tracker.clock import FixedClock
from tracker.crypto import use_keys
from tracker.db import Database, make_engine
from tracker.fhir import validation
from tracker.fhir.validation.node_validator import NodeValidator

KEYS = ["a test key that is long enough 0123456789"]
TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True, scope="session")
def encryption_keys() -> None:
    """The keys of the whole run, for what is made once for many tests."""
    use_keys(KEYS)


class KeptNode(NodeValidator):
    """The validator's process, kept from one import to the next: starting it takes longer than most tests."""

    def close(self) -> None:
        pass

    def end(self) -> None:
        super().close()


@pytest.fixture(autouse=True, scope="session")
def one_node() -> Iterator[None]:
    """One real Node process for all imports of the run; it starts when the first of them asks."""
    node = KeptNode()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(validation, "NodeValidator", lambda: node)
        yield
    node.end()


@pytest.fixture(autouse=True)
def same_keys_again() -> Iterator[None]:
    """A test that opens a database with other keys must not leave them to the tests after it."""
    yield
    use_keys(KEYS)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file; each test works on a copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    engine = make_engine(f"sqlite:///{path}")
    migrate.upgrade(engine)
    # Closing the last connection folds the write-ahead log into the file, so that copying it copies everything.
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A real PostgreSQL server's address, with a migrated template database."""
    with running_server() as url:
        yield url


@pytest.fixture(scope="session")
def kept_databases(postgres: str) -> KeptDatabases:
    """Migrated, empty databases of that server."""
    return KeptDatabases(postgres)


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """The address of a fresh migrated SQLite database."""
    path = tmp_path / "tracker.db"
    shutil.copy(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a fresh migrated database: the test runs once on each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    with request.getfixturevalue("kept_databases").one() as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One open writing transaction, rolled back at the end."""
    with Session(database.engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock.on(TODAY)


class KeptTemplates(BytecodeCache):
    """Compiled templates, kept for all applications of the run: compiling them costs more than most tests."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


TEMPLATES = KeptTemplates()


def make_app(url: str, clock: FixedClock, **settings: Any) -> Flask:
    """An application over this database, with a clock that stands still."""
    config = Config(
        database_url=url, secret_key="a test secret, long enough: 0123456789", encryption_keys=tuple(KEYS), testing=True
    )
    app = create_app(config, clock=clock)
    app.config.update(WTF_CSRF_ENABLED=False, **settings)
    app.jinja_env.bytecode_cache = TEMPLATES
    return app


@pytest.fixture
def app(database_url: str, clock: FixedClock) -> Iterator[Flask]:
    """The application on each kind of database."""
    found = make_app(database_url, clock)
    yield found
    opened = found.extensions.get("tracker_database")
    if opened is not None:
        opened.close()


@pytest.fixture
def app_sqlite(sqlite_url: str, clock: FixedClock) -> Iterator[Flask]:
    """The application on SQLite only, for pages whose queries are tested elsewhere on both."""
    found = make_app(sqlite_url, clock)
    yield found
    opened = found.extensions.get("tracker_database")
    if opened is not None:
        opened.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
