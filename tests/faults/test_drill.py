"""The drill: ten kills at every point on each database, early, late and in between, with a table to show for it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults import killing, points, world
from tests.faults.conftest import Twin
from tests.faults.killing import Kill
from tests.faults.warmed import Warmed
from tests.postgres import KeptDatabases
from tests.shared import PROJECT
from tracker.db import Database

TIMES = 10
TABLES = PROJECT / "bench" / "results"
HEAD = "| point | database | kills | lost | doubled | sent again under the same key |\n| --- | --- | --- | --- | --- | --- |\n"

pytestmark = [
    pytest.mark.drill,
    pytest.mark.skipif(os.environ.get("TRACKER_DRILL") != "1", reason="a drill: set TRACKER_DRILL=1"),
    pytest.mark.usefixtures("small_batches"),
]


@contextmanager
def fresh(kind: str, migrated_sqlite: Path, kept: KeptDatabases, folder: Path) -> Iterator[tuple[str, Database]]:
    """A migrated, empty database of this kind."""
    if kind == "sqlite":
        shutil.copy(migrated_sqlite, folder / "tracker.db")
        database = Database(f"sqlite:///{folder}/tracker.db")
        yield f"sqlite:///{folder}/tracker.db", database
        database.close()
        return
    with kept.one() as url:
        database = Database(url)
        yield url, database
        database.close()


def spread(passed: int) -> list[int]:
    """Ten times at which a point is passed, from the first to the last."""
    return [1 + turn * (passed - 1) // (TIMES - 1) for turn in range(TIMES)]


def row(point: str, kind: str, kills: list[Kill]) -> str:
    sums = (
        sum(each.lost for each in kills),
        sum(each.doubled for each in kills),
        sum(each.sent_again for each in kills),
    )
    return f"| {point} | {kind} | {len(kills)} | {' | '.join(map(str, sums))} |\n"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_ten_kills_at_every_point(
    kind: str,
    warmed: Warmed,
    eve: world.Poured,
    every_twin: dict[tuple[str, str], Twin],
    migrated_sqlite: Path,
    kept_databases: KeptDatabases,
    tmp_path: Path,
) -> None:
    done: dict[str, list[Kill]] = {}
    for point in points.POINTS:
        twin = every_twin[killing.work_at(point), kind]
        for turn, nth in enumerate(spread(twin.passed[point])):
            folder = tmp_path / f"{point}-{turn}"
            folder.mkdir()
            with fresh(kind, migrated_sqlite, kept_databases, folder) as (url, database):
                eve.into(database)
                done.setdefault(point, []).append(
                    killing.kill_and_complete(warmed, database, url, folder, twin, point, nth)
                )
            shutil.rmtree(folder)
    everything = [each for kills in done.values() for each in kills]
    TABLES.mkdir(parents=True, exist_ok=True)
    lines = [row(point, kind, kills) for point, kills in done.items()]
    (TABLES / f"kills-{kind}.md").write_text(HEAD + "".join(lines) + row("all", kind, everything))
    assert len(everything) == TIMES * len(points.POINTS)
    for point, kills in done.items():
        assert set(kills) == {killing.expected(point)}, point
