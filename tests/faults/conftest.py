"""The warmed process, the eve of the night, and the undisturbed twin that each disturbed night is compared with."""

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults import nights, told, world
from tests.faults.warmed import Warmed
from tests.integration.nights import instant
from tests.postgres import KeptDatabases
from tracker.db import Database

AT = instant(world.TONIGHT, 17)


@pytest.fixture(scope="session")
def warmed() -> Iterator[Warmed]:
    found = Warmed.up()
    yield found
    found.close()


@pytest.fixture(scope="session")
def eve(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> world.Poured:
    path = tmp_path_factory.mktemp("eve") / "eve.db"
    shutil.copy(migrated_sqlite, path)
    database = Database(f"sqlite:///{path}")
    with database.transaction() as session:
        world.make_eve(session)
    found = world.Poured(world.rows_of(database))
    database.close()
    return found


@dataclass(frozen=True)
class Twin:
    """A night that nobody disturbed: how often it passed each point, and what it left."""

    passed: Counter[str]
    runs: list[dict[str, Any]]
    said: told.Said
    audited: Counter[str]
    sent: int


@pytest.fixture(scope="session")
def every_twin(
    warmed: Warmed,
    eve: world.Poured,
    migrated_sqlite: Path,
    kept_databases: KeptDatabases,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[tuple[str, str], Twin]:
    """Of each work on each kind of database."""
    found = {}
    for work in nights.WORKS:
        folder = tmp_path_factory.mktemp(work)
        shutil.copy(migrated_sqlite, folder / "twin.db")
        with ExitStack() as stack:
            urls = {"sqlite": f"sqlite:///{folder}/twin.db", "postgresql": stack.enter_context(kept_databases.one())}
            for kind, url in urls.items():
                found[work, kind] = _twin(warmed, eve, work, url, tmp_path_factory.mktemp(kind))
    return found


@pytest.fixture(scope="session")
def twins(every_twin: dict[tuple[str, str], Twin]) -> dict[str, Twin]:
    """The nights, by kind of database."""
    return {kind: twin for (work, kind), twin in every_twin.items() if work == "night"}


def _twin(warmed: Warmed, eve: world.Poured, work: str, url: str, folder: Path) -> Twin:
    database = Database(url)
    eve.into(database)
    passed = warmed.undisturbed(work, url, AT, folder)
    runs = [run.counts for run in told.runs(database)]
    with pytest.MonkeyPatch.context() as patched:
        nights.small_batches(patched)
        nights.WORKS[work].after(database, AT, folder)
    found = Twin(passed, runs, told.told(database), told.audited(database), len(told.sent(folder)))
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
