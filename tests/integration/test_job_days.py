"""The flag job, day after day on a frozen clock, against a slow watcher that only compares dates.

The long version (more survivors, both databases, one scheduler against two) is a drill: ``TRACKER_DRILL=1``.
"""

import os
import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_clinic, make_contact, make_result, make_survivor
from tests.integration.nights import instant
from tracker import migrate
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.engine.types import Flag
from tracker.jobs import cross_boundaries
from tracker.models import (
    Clinic,
    DueItem,
    JobRun,
    OutboxMessage,
    Override,
    Predisposition,
    Standing,
    StatusEvent,
    Survivor,
)
from tracker.policy import Actor
from tracker.services import care_plans, leases, results
from tracker.services.results import ResultInput

START = date(2027, 10, 1)
DAY = timedelta(days=1)
ASKED_BY_HAND = "abdomen-pelvis-ct"
NURSE = Actor.system("test")
FLAGS = [*(flag.value for flag in Flag), "added"]
DIAGNOSES = (
    *("Leiomyosarcoma", "Ewing sarcoma", "Acute lymphoblastic leukemia", "Hodgkin lymphoma", "Wilms tumor"),
    *("Osteosarcoma", "Neuroblastoma", "Rhabdomyosarcoma", "Medulloblastoma", "Hepatoblastoma"),
)
THERAPIES: tuple[dict[str, str | int | None], ...] = (
    {"doxorubicin_mg_m2": 300, "cyclophosphamide_mg_m2": 8000},
    {"chest_rt_gy": 20, "doxorubicin_mg_m2": 150},
    {"cisplatin_mg_m2": 400, "abdomen_rt_gy": 15},
    {"cranial_rt_gy": 24, "methotrexate_mg_m2": None},
    {},
)
# Tests that a clinician asked for, on the days around which a calendar goes wrong.
ADDED = dict(
    enumerate([date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1), date(2027, 12, 31), date(2028, 1, 1)], start=8)
)
Key = tuple[UUID, str, date]
drill = pytest.mark.skipif(os.environ.get("TRACKER_DRILL") != "1", reason="a drill: set TRACKER_DRILL=1")


# --- the registry ---------------------------------------------------------------------------------------------


def born(number: int) -> date:
    """Ages that open and close windows during the run, and every fourth on 29 February."""
    if number % 4 == 0:
        return date(2000 + 4 * (number // 4 % 4), 2, 29)
    return date(2001 + number % 17, 1 + number % 12, 28)


def make_registry(database: Database, number: int, chance: random.Random) -> None:
    """Survivors of many kinds at two clinics, most of their checks done some time in the last fifteen months."""
    clock = FixedClock.on(START - DAY)
    with database.transaction() as session:
        clinics = [make_clinic(session, name=tz, tz=tz) for tz in ("America/New_York", "Australia/Sydney")]
        for index in range(number):
            survivor = make_one(session, clinics[index % 5 == 4], index)
            care_plans.refresh(session, survivor, clock=clock)
            for item in care_plans.open_items(session, survivor.id):
                if item.test_code != ASKED_BY_HAND and chance.random() < 0.85:
                    done_on = START - timedelta(days=chance.randrange(1, 450))
                    make_result(session, survivor, item.test_code, done_on)
            care_plans.refresh(session, survivor, clock=clock)


def make_one(session: Session, clinic: Clinic, index: int) -> Survivor:
    birth = born(index)
    survivor = make_survivor(
        session,
        clinic,
        mrn=f"{index:04d}",
        birth_date=birth,
        sex_at_birth=("female", "male")[index % 2],
        diagnosis=DIAGNOSES[index % len(DIAGNOSES)],
        end_of_therapy_on=min(date(birth.year + 8 + index % 5, 2, 28), date(2026, 2, 28)),
        exposures=THERAPIES[index % len(THERAPIES)],
    )
    make_contact(session, survivor, email=f"{index}@mail.example", reminders_agreed_on=date(2027, 1, 4))
    if index % 6 == 0:
        session.add(Predisposition(survivor_id=survivor.id, position=0, syndrome="Li-Fraumeni", gene="TP53"))
    if index in ADDED:
        session.add(decision(survivor, "add", due_on=ADDED[index]))
    if index % 5 == 0:
        expires_on = date(2028, 2, 29) if index else date(2027, 12, 31)
        session.add(decision(survivor, "stop", test_code="mental-health-screen", expires_on=expires_on))
    return survivor


def decision(survivor: Survivor, action: str, test_code: str = ASKED_BY_HAND, **given: Any) -> Override:
    decided_on = date(2027, 9, 1)
    return Override(
        survivor_id=survivor.id,
        test_code=test_code,
        action=action,
        decided_on=decided_on,
        reason="Agreed with the family",
        recorded_at=instant(decided_on),
        **given,
    )


def one_day_at_the_clinic(database: Database, clock: FixedClock, day: int, chance: random.Random) -> None:
    """Some results come in; now and then somebody dies, is treated again, comes back, or moves away."""
    with database.transaction() as session:
        survivors = list(session.scalars(sa.select(Survivor).order_by(Survivor.mrn)))
        for survivor in survivors:
            if chance.random() < 0.02:
                record_something(session, survivor, clock, chance)
        change = STANDINGS.get(day)
        if change is not None and change[0] < len(survivors):
            survivor = survivors[change[0]]
            for name, value in change[1].items():
                setattr(survivor, name, value)
            care_plans.refresh(session, survivor, clock=clock)


def record_something(session: Session, survivor: Survivor, clock: FixedClock, chance: random.Random) -> None:
    today = clock.today(survivor.clinic.tz)
    items = care_plans.open_items(session, survivor.id)
    near = [item for item in items if item.upcoming_on <= today and item.test_code != ASKED_BY_HAND]
    if near and survivor.deceased_on is None:
        done = ResultInput(chance.choice(near).test_code, today - timedelta(days=chance.randrange(3)))
        results.record_result(session, survivor.id, done, actor=NURSE, clock=clock)


STANDINGS: dict[int, tuple[int, dict[str, Any]]] = {
    30: (1, {"standing": Standing.ON_TREATMENT}),
    60: (2, {"deceased_on": START + timedelta(days=60)}),
    90: (1, {"standing": Standing.ACTIVE}),
    120: (3, {"standing": Standing.TRANSFERRED}),
    180: (3, {"acknowledged_on": START + timedelta(days=180)}),
    240: (6, {"standing": Standing.LOST}),
}


# --- the watcher ----------------------------------------------------------------------------------------------


@dataclass
class Watcher:
    """Looks at all open items after each night and notes what should have been recorded by then: dates only."""

    expected: dict[Key, frozenset[str]] = field(default_factory=dict)
    local_days: set[tuple[UUID, date]] = field(default_factory=set)

    def look(self, database: Database, now: datetime) -> None:
        with database.reading() as session:
            today = {c.id: now.astimezone(ZoneInfo(c.tz)).date() for c in session.scalars(sa.select(Clinic))}
            self.local_days.update(today.items())
            columns = [getattr(DueItem, flag) for flag in FLAGS]
            query = sa.select(
                DueItem.id, DueItem.clinic_id, DueItem.upcoming_on, DueItem.due_on, DueItem.overdue_after, *columns
            ).where(DueItem.closed_on.is_(None))
            for item_id, clinic_id, upcoming_on, due_on, overdue_after, *flags in session.execute(query):
                asked = frozenset(name for name, asked in zip(FLAGS, flags, strict=True) if asked)
                for status, first in (("upcoming", upcoming_on), ("due", due_on), ("overdue", overdue_after + DAY)):
                    if first <= today[clinic_id]:
                        self.expected.setdefault((item_id, status, first), asked)

    def compare(self, database: Database) -> None:
        with database.reading() as session:
            stored = [(e.due_item_id, e.status, e.boundary_on, e.flag) for e in session.scalars(sa.select(StatusEvent))]
            runs = Counter((run.clinic_id, run.local_day) for run in session.scalars(daily_runs()))
        assert max(Counter(stored).values()) == 1, "doubled"
        expected = {(*key, flag) for key, flags in self.expected.items() for flag in flags}
        assert expected - set(stored) == set(), "lost"
        assert set(stored) - expected == set(), "never reached"
        assert set(runs) == self.local_days


def daily_runs() -> sa.Select[JobRun]:
    return sa.select(JobRun).where(JobRun.error.is_(None), JobRun.finished_at.is_not(None))


def tick_once(database: Database, clock: FixedClock) -> None:
    assert cross_boundaries.run(database, clock, holder="only one") is not None


def tick_twice_at_once(database: Database, clock: FixedClock) -> None:
    """Two schedulers by mistake. One of them may find the lease taken; never both."""
    outcomes: list[object] = []
    together = threading.Barrier(2)

    def tick(holder: str) -> None:
        together.wait()
        try:
            outcomes.append(cross_boundaries.run(database, clock, holder=holder))
        except Exception as error:  # handed over to the test's own thread
            outcomes.append(error)

    threads = [threading.Thread(target=tick, args=(holder,)) for holder in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each for each in outcomes if isinstance(each, Exception)] == []
    assert any(each is not None for each in outcomes)


def live(database: Database, *, survivors: int, days: int, tick: Any = tick_once, seed: int = 7) -> Watcher:
    """Let the days pass: a tick in the morning, a day at the clinic after it."""
    chance, watcher = random.Random(seed), Watcher()
    make_registry(database, survivors, chance)
    for day in range(days):
        clock = FixedClock(instant(START + day * DAY, 7))
        tick(database, clock)
        watcher.look(database, clock.now())
        clock.advance(timedelta(hours=6))
        one_day_at_the_clinic(database, clock, day, chance)
    return watcher


def told(database: Database) -> Counter[tuple[Any, ...]]:
    """The events by what they are about, so that two databases can be compared."""
    query = (
        sa.select(Survivor.mrn, DueItem.test_code, DueItem.due_on, StatusEvent.flag, StatusEvent.status)
        .add_columns(StatusEvent.boundary_on, DueItem.opened_at)
        .join(DueItem, DueItem.id == StatusEvent.due_item_id)
        .join(Survivor, Survivor.id == StatusEvent.survivor_id)
    )
    with database.reading() as session:
        return Counter(tuple(row) for row in session.execute(query))


def assert_lively(database: Database, watcher: Watcher) -> None:
    """The comparison is worth something: every flag and status is among it, and every kind of change happened."""
    with database.reading() as session:
        flags = Counter(flag for asked in watcher.expected.values() for flag in asked)
        closed = Counter(session.scalars(sa.select(DueItem.closed_by).where(DueItem.closed_by.is_not(None))))
        refreshed = sum(run.counts.get("refreshed", 0) for run in session.scalars(daily_runs()))
        first = [first for _, _, first in watcher.expected]
    assert flags.keys() == {flag.value for flag in Flag}
    assert {"result", "deceased", "transferred", "superseded"} <= closed.keys()
    assert refreshed > 0
    for day in ADDED.values():
        assert day in first, f"nothing crossed on {day}"


# --- the days --------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_four_hundred_days_lose_no_crossing_and_double_none(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    watcher = live(database, survivors=14, days=400)
    watcher.compare(database)
    assert_lively(database, watcher)
    no_reminder_within_thirty_days(database)
    database.close()


def no_reminder_within_thirty_days(database: Database) -> None:
    made: dict[UUID, list[datetime]] = {}
    with database.reading() as session:
        for message in session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.created_at)):
            if message.withdrawn_at is None:
                made.setdefault(message.contact_id, []).append(message.created_at)
    gaps = [later - earlier for times in made.values() for earlier, later in pairwise(times)]
    assert len(made) > 10
    assert min(gaps) >= timedelta(days=30)


def test_two_schedulers_at_once_record_what_one_would(database: Database) -> None:
    watcher = live(database, survivors=6, days=45, tick=tick_twice_at_once)
    watcher.compare(database)


def test_even_if_both_believe_to_hold_the_lease_nothing_is_doubled(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease keeps two from doing the same work; what keeps them from harm are held rows and unique keys."""
    monkeypatch.setattr(leases, "acquire", lambda _session, name, holder, **_: leases.Lease(name, holder, 1))
    monkeypatch.setattr(leases, "renew", lambda *_, **__: None)
    watcher = live(database, survivors=6, days=20, tick=tick_twice_at_once)
    with database.reading() as session:
        stored = Counter(
            (e.due_item_id, e.status, e.boundary_on, e.flag) for e in session.scalars(sa.select(StatusEvent))
        )
    assert max(stored.values()) == 1
    assert stored.keys() == {(*key, flag) for key, flags in watcher.expected.items() for flag in flags}


@drill
@pytest.mark.drill
def test_the_whole_registry_over_400_days_by_one_scheduler_and_by_two(database: Database, tmp_path: Path) -> None:
    two = live(database, survivors=60, days=400, tick=tick_twice_at_once)
    two.compare(database)
    assert_lively(database, two)
    alone = Database(f"sqlite:///{tmp_path}/alone.db")
    migrate.upgrade(alone.engine)
    live(alone, survivors=60, days=400).compare(alone)
    assert told(alone) == told(database)
    alone.close()
