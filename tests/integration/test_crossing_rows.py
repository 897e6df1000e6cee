"""The database and the engine say the same of every item and day: what crosses, when, and what the next boundary is."""

import random
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import AT, make_clinic, make_survivor
from tests.integration.nights import DAY, instant
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.engine.status import Status, crossings, next_boundary
from tracker.engine.types import Flag
from tracker.models import Clinic, DueItem, StatusEvent
from tracker.services import boundaries, crossing_rows, reminders, row_ids

TODAY = date(2028, 2, 29)
NEAR = [TODAY + timedelta(days=days) for days in (-400, -31, -2, -1, 0, 1, 2, 30, 366)]
LAST_OF_ALL = date.max
Event = tuple[UUID, str, str, date]


def every_kind(session: Session) -> UUID:
    """Items of all dates around today that may be together, with every next boundary that they may have had."""
    survivor = make_survivor(session, make_clinic(session), diagnosis=None)
    chance = random.Random(29)
    rows: list[dict[str, Any]] = []
    for upcoming in NEAR:
        for due in (day for day in NEAR if day >= upcoming):
            for overdue_after in [*(day for day in NEAR if day >= due), LAST_OF_ALL]:
                days = [upcoming, due, *([overdue_after + DAY] if overdue_after < LAST_OF_ALL else [])]
                flags = chance.sample(list(Flag), chance.randrange(5))
                row: dict[str, Any] = {"upcoming_on": upcoming, "due_on": due, "overdue_after": overdue_after}
                row |= {"next_boundary_on": chance.choice(days), "added": not flags, "opened_at": AT}
                row |= {flag.value: flag in flags for flag in Flag} | {"test_code": f"test-{len(rows)}"}
                rows.append(row | {"survivor_id": survivor.id, "clinic_id": survivor.clinic_id})
    session.execute(sa.insert(DueItem), rows)
    return survivor.clinic_id


def by_the_engine(item: DueItem) -> tuple[set[Event], date | None]:
    """What the item crosses, by the engine's functions, and its next boundary afterwards."""
    boundary = item.next_boundary_on
    if boundary is None or boundary > TODAY:
        return set(), boundary
    flags = [flag.value for flag in item.flags()] or ["added"]
    steps = crossings(item, boundary - DAY, TODAY)
    return {(item.id, flag, status.value, on) for status, on in steps for flag in flags}, next_boundary(item, TODAY)


def test_the_database_crosses_what_the_engine_crosses(database: Database) -> None:
    with database.transaction() as session:
        clinic_id = every_kind(session)
        items = list(session.scalars(sa.select(DueItem)))
        expected = {item.id: by_the_engine(item) for item in items}
    assert len(items) > 200
    with database.transaction() as session:
        done = boundaries.cross_batch(session, session.get_one(Clinic, clinic_id), clock=FixedClock.on(TODAY))
    with database.reading() as session:
        stored = {(e.due_item_id, e.flag, e.status, e.boundary_on) for e in session.scalars(sa.select(StatusEvent))}
        moved = {item.id: item.next_boundary_on for item in session.scalars(sa.select(DueItem))}
    wanted = set().union(*(events for events, _ in expected.values()))
    assert stored == wanted
    assert moved == {item_id: boundary for item_id, (_, boundary) in expected.items()}
    steps = {(item_id, status) for item_id, _, status, _ in wanted}
    assert {status: done.counts[status] for status in ("upcoming", "due", "overdue")} == {
        status: sum(each == status for _, each in steps) for status in ("upcoming", "due", "overdue")
    }
    assert done.counts["events"] == len(wanted) > 300


def test_what_is_worth_a_message_is_what_came_to_be_due_or_overdue(database: Database) -> None:
    with database.transaction() as session:
        every_kind(session)
        worth = crossing_rows.crosses_any(reminders.WORTH_A_MESSAGE, TODAY)
        said = dict(session.execute(sa.select(DueItem.id, worth)).all())
        for item in session.scalars(sa.select(DueItem).where(DueItem.next_boundary_on <= TODAY)):
            statuses = {status for _, _, status, _ in by_the_engine(item)[0]}
            assert bool(said[item.id]) == bool(statuses & {Status.DUE.value, Status.OVERDUE.value})


def test_ids_that_the_database_makes_rise_with_time_and_are_all_different(database: Database) -> None:
    """As ``rising`` makes them: version 7, which begins with the instant; the rest by chance, for each row anew."""
    at, later = instant(TODAY), instant(TODAY, 12, 1)
    with database.transaction() as session:
        every_kind(session)
        made: list[UUID] = []
        for now in (at, later):
            made += session.scalars(
                sa.select(row_ids.rising_in_sql(now, database.engine.dialect.name)).select_from(DueItem)
            )
    half = len(made) // 2
    assert len(set(made)) == len(made) > 400
    assert {(each.version, each.variant) for each in made} == {(7, "specified in RFC 4122")}
    assert max(made[:half]) < min(made[half:])
    assert {each.int >> 80 for each in made[:half]} == {int(at.timestamp() * 1000)}
    # All bits but the version's and the variant's first two are sometimes set and sometimes not, if chance may set them.
    varying = sum(0 < sum(each.int >> bit & 1 for each in made[:half]) < half for bit in range(80))
    assert varying >= 70


@pytest.mark.parametrize("given", ["2028-02-28", "2028-02-29", "2027-12-31", "2027-02-28"])
def test_the_day_after_is_the_calendars(database: Database, given: str) -> None:
    day = date.fromisoformat(given)
    with database.reading() as session:
        found = session.scalar(sa.select(crossing_rows.day_after(sa.literal(day, sa.Date))))
    assert found == day + DAY
