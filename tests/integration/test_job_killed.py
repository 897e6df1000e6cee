"""Killed at any point, a night is completed by the next tick: nothing is lost, and nothing doubled."""

from typing import Any

import pytest
import sqlalchemy as sa

from tests.integration.nights import OVERDUE_ON, a_busy_night, night
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import Clinic
from tracker.services import boundaries, leases


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock.on(OVERDUE_ON)


class Killed(BaseException):
    """Nothing catches it, as nothing catches kill -9."""


def told(database: Database, clinic: Clinic) -> list[tuple[str, ...]]:
    """All that a night says about a clinic, without ids and instants, which differ each time."""
    told_events = sa.text(
        "SELECT i.test_code, i.due_on, e.flag, e.status, e.boundary_on FROM status_events e"
        " JOIN due_items i ON i.id = e.due_item_id WHERE i.clinic_id = :clinic_id"
    )
    told_messages = sa.text(
        "SELECT count(*), count(DISTINCT m.contact_id) FROM outbox_messages m"
        " JOIN survivors s ON s.id = m.survivor_id WHERE s.clinic_id = :clinic_id"
    )
    found: list[tuple[str, ...]] = []
    with database.reading() as session:
        for query in (told_events, told_messages):
            typed = query.bindparams(sa.bindparam("clinic_id", clinic.id, type_=sa.Uuid()))
            found += sorted(tuple(map(str, row)) for row in session.execute(typed))
    return found


def test_killed_at_any_of_twenty_points_nothing_is_lost_and_nothing_doubled(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same night again and again, killed a little later each time, and completed by a tick two minutes later."""
    # The code is the same on both; PostgreSQL, where each write is a round trip, is asked at every third point.
    points = range(0, 20, 1 if database.engine.dialect.name == "sqlite" else 3)
    monkeypatch.setattr(boundaries, "CROSSED_AT_ONCE", 4)
    with database.transaction() as session:
        clinic = a_busy_night(session)
    total = writes_of_a_night(database, clock, kill_at=None)
    whole = told(database, clinic)
    assert len(whole) > 50
    assert whole[-1] == ("2", "2")
    clock.advance(leases.TTL)
    for point in points:
        with database.transaction() as session:
            clinic = a_busy_night(session)
        kill_at = point * (total - 1) // 19
        assert writes_of_a_night(database, clock, kill_at=kill_at) == kill_at, "the night ended before it was killed"
        clock.advance(leases.TTL)
        night(database, clock)
        assert told(database, clinic) == whole, f"killed at write {kill_at} of {total}"


def writes_of_a_night(database: Database, clock: FixedClock, *, kill_at: int | None) -> int:
    """How many writes and commits a night makes until it is killed (before the one with this number)."""
    written = 0

    def one_more(*_: Any) -> None:
        nonlocal written
        if written == kill_at:
            raise Killed
        written += 1

    def look_at(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            one_more()

    listeners = (("before_cursor_execute", look_at), ("commit", one_more))
    for name, listener in listeners:
        sa.event.listen(database.engine, name, listener)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leases, "release", lambda *_, **__: None)  # the dead give nothing back
        try:
            night(database, clock)
        except Killed:
            pass
        finally:
            for name, listener in listeners:
                sa.event.remove(database.engine, name, listener)
    return written
