"""The warmed process, the eve of the night, and the undisturbed twin that each disturbed night is compared with."""

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults import nights, told, world
from tests.faults.warmed import Warmed
from tests.integration.nights import instant
from tests.postgres import KeptDatabases
from tracker.db import Database

AT = instant(world.TONIGHT, 17)


@pytest.fixture(scope="session")
def warmed() -> Iterator[Warmed]:
    found = Warmed.start()
    yield found
    found.close()


@pytest.fixture(scope="session")
def eve(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> world.Poured:
    path = tmp_path_factory.mktemp("eve") / "eve.db"
    shutil.copy(migrated_sqlite, path)
    database = Database(f"sqlite:///{path}")
    with database.transaction() as session:
        world.make_eve(session)
    found = world.rows_of(database)
    database.close()
    return found


@dataclass(frozen=True)
class Twin:
    """A night that nobody disturbed: how often it passed each point, and what it left."""

    passed: Counter[str]
    said: told.Said
    audited: Counter[str]
    sent: int


@pytest.fixture(scope="session")
def twins(
    warmed: Warmed,
    eve: world.Poured,
    migrated_sqlite: Path,
    kept_databases: KeptDatabases,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Twin]:
    """One on each kind of database."""
    folder = tmp_path_factory.mktemp("twin")
    shutil.copy(migrated_sqlite, folder / "twin.db")
    with ExitStack() as stack:
        urls = {"sqlite": f"sqlite:///{folder}/twin.db", "postgresql": stack.enter_context(kept_databases.one())}
        return {kind: _twin(warmed, eve, url, tmp_path_factory.mktemp(kind)) for kind, url in urls.items()}


def _twin(warmed: Warmed, eve: world.Poured, url: str, folder: Path) -> Twin:
    database = Database(url)
    eve.into(database)
    passed = warmed.undisturbed(url, AT, folder)
    with pytest.MonkeyPatch.context() as patched:
        nights.small_batches(patched)
        nights.night_after(database, AT, folder)
    found = Twin(passed, told.told(database), told.audited(database), len(told.sent(folder)))
    database.close()
    return found


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    nights.small_batches(monkeypatch)


@pytest.fixture
def postgres_url(kept_databases: KeptDatabases) -> Iterator[str]:
    """The address of a fresh migrated PostgreSQL database."""
    with kept_databases.one() as url:
        yield url
