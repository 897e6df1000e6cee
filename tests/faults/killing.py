"""One kill: where, what it left, and what is there once the living have taken over."""

import signal
from dataclasses import dataclass
from pathlib import Path

from tests.faults import nights, points, told
from tests.faults.conftest import AT, Twin
from tests.faults.warmed import Warmed
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.services import boundaries, jobs


@dataclass(frozen=True)
class Kill:
    """What one kill led to, once the next run was through."""

    lost: int
    doubled: int
    sent_again: int


def work_at(point: str) -> str:
    """What passes this point."""
    return "recompute" if point in points.RECOMPUTE else "night"


def expected(point: str) -> Kill:
    """Nothing lost, nothing doubled; a message that had left and was not settled leaves again under its key."""
    return Kill(lost=0, doubled=0, sent_again=int(point in points.SENDS_AGAIN))


def kill_and_complete(
    warmed: Warmed, database: Database, url: str, folder: Path, twin: Twin, point: str, nth: int
) -> Kill:
    """Kill the work when it passes the point for the nth time, let the next run do its part, and compare."""
    work = work_at(point)
    pid = warmed.start(work, url, AT, folder, "killed", (point, nth, signal.SIGKILL))
    assert warmed.wait(pid) == -signal.SIGKILL, f"it was over before it passed {point} for time {nth}"
    open_runs = [run.holder for run in told.runs(database) if run.finished_at is None]
    assert open_runs == ["killed"] * (point in points.LEAVES_A_RUN_OPEN)
    nights.WORKS[work].after(database, AT, folder)
    said, messages = told.told(database), told.sent(folder)
    assert told.audited(database) == twin.audited
    assert len(set(messages)) == twin.sent
    if work == "night":
        _the_killed_run_stays_open(database, point)
    else:
        _the_killed_run_was_continued(database, twin)
    return Kill((twin.said - said).total(), (said - twin.said).total(), len(messages) - twin.sent)


def _the_killed_run_stays_open(database: Database, point: str) -> None:
    """It has neither an end nor counts, for everybody to see; each clinic's day was done by a run that is whole."""
    unfinished = [run for run in told.runs(database) if run.finished_at is None]
    assert len(unfinished) == (point in points.LEAVES_A_RUN_OPEN)
    assert [(run.holder, run.error, run.counts) for run in unfinished] == [("killed", None, {})] * len(unfinished)
    with database.reading() as session:
        for clinic in boundaries.clinics(session):
            assert jobs.had_its_day(session, clinic, FixedClock(AT).today(clinic.tz))


def _the_killed_run_was_continued(database: Database, twin: Twin) -> None:
    """Where it had begun for good, the next one goes on in its row. All add up to what the undisturbed one says."""
    first, *more = told.runs(database)
    assert first.counts == twin.runs[0]
    assert [(run.counts["written"], run.counts["checksum"]) for run in more] == [(0, first.counts["checksum"])] * len(
        more
    )
    assert {(run.error, run.finished_at is None) for run in [first, *more]} == {(None, False)}
