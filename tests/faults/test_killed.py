"""``kill -9`` at every marked point of a night: the next run leaves what an undisturbed night leaves.

Nothing is lost, nothing is done twice, and the run that was killed stays without an end for everybody to see.
"""

import signal
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults import nights, points, told, world
from tests.faults.conftest import AT, Twin
from tests.faults.warmed import Warmed
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.services import boundaries, jobs

pytestmark = pytest.mark.usefixtures("small_batches")


@dataclass(frozen=True)
class Kill:
    """What one kill led to, once the next run was through."""

    lost: int
    doubled: int
    sent_again: int


def kill(warmed: Warmed, database: Database, url: str, folder: Path, point: str, nth: int) -> None:
    """A night that ends when it passes the point for the nth time."""
    pid = warmed.start_night(url, AT, folder, "killed", (point, nth, signal.SIGKILL))
    assert warmed.wait(pid) == -signal.SIGKILL, f"the night was over before it passed {point} for time {nth}"
    open_runs = [run for run in told.runs(database) if run.finished_at is None]
    assert [run.holder for run in open_runs] == ["killed"] * (point in points.LEAVES_A_RUN_OPEN)


def completed(database: Database, folder: Path, twin: Twin) -> Kill:
    """The living take over; what is then there against what the twin has."""
    nights.night_after(database, AT, folder)
    said, messages = told.told(database), told.sent(folder)
    assert told.audited(database) == twin.audited
    assert len(set(messages)) == twin.sent
    return Kill((twin.said - said).total(), (said - twin.said).total(), len(messages) - twin.sent)


def assert_the_runs_say_what_happened(database: Database, point: str) -> None:
    """The killed run is without an end and without counts; each clinic's day was done by a run that is whole."""
    unfinished = [run for run in told.runs(database) if run.finished_at is None]
    assert [(run.holder, run.error, run.counts) for run in unfinished] == [("killed", None, {})] * len(unfinished)
    assert len(unfinished) == (point in points.LEAVES_A_RUN_OPEN)
    with database.reading() as session:
        for clinic in boundaries.clinics(session):
            assert jobs.had_its_day(session, clinic, FixedClock(AT).today(clinic.tz))


@pytest.mark.parametrize("point", points.POINTS)
def test_killed_at_this_point_nothing_is_lost_and_nothing_doubled(
    point: str,
    warmed: Warmed,
    eve: world.Poured,
    twins: dict[str, Twin],
    database: Database,
    database_url: str,
    tmp_path: Path,
) -> None:
    twin = twins[database.engine.dialect.name]
    eve.into(database)
    kill(warmed, database, database_url, tmp_path, point, nth=(twin.passed[point] + 1) // 2)
    done = completed(database, tmp_path, twin)
    assert done == Kill(lost=0, doubled=0, sent_again=int(point in points.SENDS_AGAIN))
    assert_the_runs_say_what_happened(database, point)


def test_an_undisturbed_night_passes_every_point_and_has_something_to_lose(twins: dict[str, Twin]) -> None:
    for twin in twins.values():
        assert twin.passed.keys() == set(points.POINTS)
        several = [point for point in points.POINTS if point.startswith(("refresh", "cross"))]
        assert min(twin.passed[point] for point in several) >= 3
        kinds = Counter(said[0] for said in twin.said.elements())
        assert kinds["event"] > 60
        assert kinds["message"] == 7
        assert twin.sent == 5
    assert twins["sqlite"].said == twins["postgresql"].said
