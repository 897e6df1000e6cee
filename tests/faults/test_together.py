"""Two and four schedulers at once, as processes on one database: each item, message and run has one effect."""

import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.faults import nights, told, world
from tests.faults.conftest import AT, Twin
from tests.faults.warmed import FINE, Warmed
from tracker.db import Database

pytestmark = pytest.mark.usefixtures("small_batches")


@pytest.mark.parametrize("number", [2, 4])
def test_many_schedulers_at_once_leave_what_one_leaves(
    number: int,
    warmed: Warmed,
    eve: world.Poured,
    twins: dict[str, Twin],
    database: Database,
    database_url: str,
    tmp_path: Path,
) -> None:
    twin = twins[database.engine.dialect.name]
    eve.into(database)
    everybody = [warmed.start("night", database_url, AT, tmp_path, f"scheduler {each}") for each in range(number)]
    assert [warmed.wait(each) for each in everybody] == [-signal.SIGSTOP] * number
    for each in everybody:
        os.kill(each, signal.SIGCONT)
    assert [warmed.wait(each) for each in everybody] == [FINE] * number
    nights.night_after(database, AT, tmp_path)
    assert told.told(database) == twin.said
    assert told.audited(database) == twin.audited
    assert max(Counter(told.sent(tmp_path)).values()) == 1
    assert len(told.sent(tmp_path)) == twin.sent
    days = Counter((run.clinic_id, run.local_day, run.error) for run in told.runs(database) if run.counts)
    assert set(days.values()) == {1}
    assert len(days) == 2
