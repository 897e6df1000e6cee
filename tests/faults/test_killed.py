"""``kill -9`` at every marked point of a night and of a recompute: the next run leaves what an undisturbed one leaves.

Nothing is lost, nothing is done twice, and the night that was killed stays without an end for everybody to see.
"""

from collections import Counter
from pathlib import Path

import pytest

from tests.faults import killing, points, world
from tests.faults.conftest import Twin
from tests.faults.warmed import Warmed
from tracker.db import Database

pytestmark = pytest.mark.usefixtures("small_batches")
Twins = dict[tuple[str, str], Twin]


@pytest.mark.parametrize("point", points.POINTS)
def test_killed_at_this_point_nothing_is_lost_and_nothing_doubled(
    point: str,
    warmed: Warmed,
    eve: world.Poured,
    every_twin: Twins,
    database: Database,
    database_url: str,
    tmp_path: Path,
) -> None:
    twin = every_twin[killing.work_at(point), database.engine.dialect.name]
    eve.into(database)
    middle = (twin.passed[point] + 1) // 2
    done = killing.kill_and_complete(warmed, database, database_url, tmp_path, twin, point, middle)
    assert done == killing.expected(point)


def test_an_undisturbed_night_passes_every_point_and_has_something_to_lose(twins: dict[str, Twin]) -> None:
    for twin in twins.values():
        assert twin.passed.keys() == set(points.NIGHT)
        several = [point for point in points.NIGHT if point.startswith(("refresh", "cross"))]
        assert min(twin.passed[point] for point in several) >= 3
        kinds = Counter(said[0] for said in twin.said.elements())
        assert kinds["event"] > 60
        assert kinds["message"] == 7
        assert twin.sent == 5
    events = [{said for said in twin.said if said[0] in ("event", "message")} for twin in twins.values()]
    assert events[0] == events[1]


def test_an_undisturbed_recompute_passes_every_point_and_has_something_to_write(every_twin: Twins) -> None:
    found = [twin for (work, _), twin in every_twin.items() if work == "recompute"]
    for twin in found:
        assert twin.passed.keys() == set(points.RECOMPUTE)
        assert twin.passed["recompute.chunk_committed"] == 5
        # The two whose plans stand, and the chunk after the last one.
        assert twin.passed["recompute.progress_committed"] == 3
        [counts] = twin.runs
        assert (counts["survivors"], counts["closed"] >= 30) == (7, True)
    assert found[0].runs == found[1].runs
