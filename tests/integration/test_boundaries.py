"""Crossing into upcoming, due and overdue: each on its day, each once, whatever happens in between."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_clinic, make_survivor
from tests.integration.nights import (
    BOOKKEEPING,
    DAY,
    DUE_ON,
    OVERDUE_AFTER,
    OVERDUE_ON,
    UPCOMING_ON,
    events,
    fingerprint,
    instant,
    make_item,
    make_items,
    night,
    statements,
)
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.engine.types import Flag
from tracker.models import AuditEvent, Clinic, DueItem, JobRun, Standing, StatusEvent
from tracker.services import boundaries, care_plans


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock.on(UPCOMING_ON - DAY)


def store(database: Database, make: Callable[[Session], Any]) -> Any:
    with database.transaction() as session:
        return make(session)


def the_item(database: Database) -> DueItem:
    with database.reading() as session:
        return session.scalars(sa.select(DueItem)).one()


@pytest.mark.parametrize(
    ("day", "status", "before"),
    [
        (UPCOMING_ON, "upcoming", []),
        (DUE_ON, "due", ["upcoming"]),
        (OVERDUE_ON, "overdue", ["upcoming", "due"]),
    ],
)
def test_an_item_crosses_on_the_day_and_on_no_other(
    database: Database, clock: FixedClock, day: date, status: str, before: list[str]
) -> None:
    store(database, lambda session: make_item(session, make_survivor(session)))
    clock.set(day - DAY)
    night(database, clock)
    assert [status for _, status, _ in events(database)] == sorted(before)

    clock.set(day)
    assert night(database, clock)[status] == 1
    assert ("late_effects", status, day) in events(database)

    clock.set(day + DAY)
    assert night(database, clock) == {}
    assert len(events(database)) == len(before) + 1


def test_the_last_day_of_the_grace_time_is_not_overdue_yet(database: Database, clock: FixedClock) -> None:
    store(database, lambda session: make_item(session, make_survivor(session)))
    clock.set(OVERDUE_AFTER)
    night(database, clock)
    assert "overdue" not in [status for _, status, _ in events(database)]


def test_the_next_boundary_moves_on_and_ends_with_overdue(database: Database, clock: FixedClock) -> None:
    store(database, lambda session: make_item(session, make_survivor(session)))
    for today, following in pairwise([UPCOMING_ON, DUE_ON, OVERDUE_ON, None]):
        assert the_item(database).next_boundary_on == today
        clock.set(today or date.max)
        night(database, clock)
        assert the_item(database).next_boundary_on == following


def test_nights_that_were_missed_are_all_made_good_at_once(database: Database, clock: FixedClock) -> None:
    store(database, lambda session: make_item(session, make_survivor(session)))
    clock.set(date(2028, 12, 31))
    assert night(database, clock)["events"] == 3
    assert events(database) == [
        ("late_effects", "due", DUE_ON),
        ("late_effects", "overdue", OVERDUE_ON),
        ("late_effects", "upcoming", UPCOMING_ON),
    ]
    assert the_item(database).next_boundary_on is None


def test_an_item_due_and_overdue_without_any_grace_crosses_on_two_following_days(
    database: Database, clock: FixedClock
) -> None:
    store(
        database,
        lambda session: make_item(
            session, make_survivor(session), upcoming_on=DUE_ON, due_on=DUE_ON, overdue_after=DUE_ON
        ),
    )
    clock.set(DUE_ON)
    assert night(database, clock)["events"] == 2
    clock.set(date(2028, 3, 1))
    assert night(database, clock)["overdue"] == 1


def test_each_kind_of_check_is_flagged_for_itself(database: Database, clock: FixedClock) -> None:
    def make(session: Session) -> None:
        survivor = make_survivor(session)
        make_item(session, survivor, Flag.RECURRENCE, Flag.LATE_EFFECTS, test_code="chest-ct")
        make_item(session, survivor, Flag.PREDISPOSITION, test_code="brain-mri")
        make_item(session, survivor, Flag.VISIT, test_code="survivorship-clinic-visit")
        make_item(session, survivor, test_code="electrocardiogram", added=True)

    store(database, make)
    clock.set(UPCOMING_ON)
    counts = night(database, clock)
    assert (counts["items"], counts["events"], counts["upcoming"]) == (4, 5, 4)
    flags = [flag for flag, _, _ in events(database)]
    assert flags == ["added", "late_effects", "predisposition", "recurrence", "visit"]


def test_ten_runs_leave_what_one_run_leaves(database: Database, clock: FixedClock) -> None:
    store(database, lambda session: [make_item(session, make_survivor(session)) for _ in range(3)])
    clock.set(OVERDUE_ON)
    night(database, clock)
    once = fingerprint(database)
    for _ in range(9):
        assert night(database, clock) == {}
    assert fingerprint(database) == once


def test_ten_runs_by_hand_record_only_that_they_ran(database: Database, clock: FixedClock) -> None:
    store(database, lambda session: make_item(session, make_survivor(session)))
    clock.set(OVERDUE_ON)
    night(database, clock, force=True)
    once = fingerprint(database, leave_out=BOOKKEEPING)
    for _ in range(9):
        assert night(database, clock, force=True) == {}
    assert fingerprint(database, leave_out=BOOKKEEPING) == once


def test_the_same_crossing_is_stored_once_even_if_its_date_is_processed_again(
    database: Database, clock: FixedClock
) -> None:
    """As after a restored backup of one table, or a mistake by hand: the unique key holds."""
    store(database, lambda session: make_item(session, make_survivor(session)))
    clock.set(DUE_ON)
    night(database, clock)
    with database.transaction() as session:
        session.execute(sa.update(DueItem).values(next_boundary_on=UPCOMING_ON))
    assert night(database, clock) == {"items": 1}
    assert len(events(database)) == 2
    with pytest.raises(sa.exc.IntegrityError), database.transaction() as session:
        first = session.scalars(sa.select(StatusEvent).limit(1)).one()
        copy = {c.key: getattr(first, c.key) for c in sa.inspect(StatusEvent).columns if c.key != "id"}
        session.add(StatusEvent(**copy))


def test_a_closed_item_never_crosses(database: Database, clock: FixedClock) -> None:
    store(
        database,
        lambda session: make_item(session, make_survivor(session), closed_on=date(2028, 1, 1), closed_by="stopped"),
    )
    clock.set(OVERDUE_ON)
    assert night(database, clock) == {}
    assert events(database) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"deceased_on": date(2028, 1, 20)},
        {"standing": Standing.ON_TREATMENT},
        {"standing": Standing.TRANSFERRED, "acknowledged_on": date(2028, 1, 20)},
    ],
    ids=["deceased", "on treatment again", "another clinic has taken over"],
)
def test_nothing_crosses_for_whoever_is_not_ours_to_follow(
    database: Database, clock: FixedClock, changed: dict[str, Any]
) -> None:
    def make(session: Session) -> None:
        survivor = make_survivor(session)
        care_plans.refresh(session, survivor, clock=FixedClock.on(date(2028, 1, 10)))
        for name, value in changed.items():
            setattr(survivor, name, value)
        care_plans.refresh(session, survivor, clock=FixedClock.on(date(2028, 1, 20)))

    store(database, make)
    clock.set(date(2030, 1, 1))
    assert night(database, clock) == {}
    assert events(database) == []


def test_who_is_handed_over_but_not_taken_over_yet_is_still_ours(database: Database, clock: FixedClock) -> None:
    def make(session: Session) -> None:
        survivor = make_survivor(session, standing=Standing.TRANSFERRED)
        care_plans.refresh(session, survivor, clock=clock)

    store(database, make)
    assert night(database, clock)["overdue"] > 0


def test_work_comes_in_batches_oldest_first(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boundaries, "CROSSED_AT_ONCE", 200)

    def make(session: Session) -> UUID:
        clinic = make_clinic(session)
        survivor = make_survivor(session, clinic)
        for back in range(5):
            make_items(session, survivor, 90, upcoming_on=UPCOMING_ON - timedelta(days=back))
        return clinic.id

    clinic_id = store(database, make)
    clock.set(UPCOMING_ON)
    sizes, oldest_left = [], []
    more = True
    while more:
        with database.transaction() as session:
            done = boundaries.cross_batch(session, session.get_one(Clinic, clinic_id), clock=clock)
            sizes.append(done.counts["items"])
            left = sa.select(sa.func.min(DueItem.next_boundary_on)).where(DueItem.next_boundary_on <= UPCOMING_ON)
            oldest_left.append(session.scalar(left))
        more = done.more
    assert sizes == [200, 200, 50]
    assert oldest_left == [UPCOMING_ON - 2 * DAY, UPCOMING_ON, None]
    assert len(events(database)) == 450


def test_a_run_takes_all_batches_and_writes_down_each(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boundaries, "CROSSED_AT_ONCE", 4)
    store(database, lambda session: make_items(session, make_survivor(session), 9))
    clock.set(UPCOMING_ON)
    assert night(database, clock) == {"items": 9, "events": 9, "upcoming": 9}
    with database.reading() as session:
        written = [event.after for event in session.scalars(sa.select(AuditEvent)) if event.after]
        assert sorted(after["items"] for after in written) == [1, 4, 4]
        [run] = session.scalars(sa.select(JobRun))
        assert (run.counts["events"], run.local_day, run.error) == (9, UPCOMING_ON, None)


def test_another_clinics_items_wait_for_their_own_day(database: Database) -> None:
    def make(session: Session) -> None:
        for tz in ("America/New_York", "Australia/Sydney"):
            make_item(session, make_survivor(session, make_clinic(session, tz=tz)))

    store(database, make)
    # Noon in New York on the day before; already the day itself in Sydney.
    clock = FixedClock(instant(UPCOMING_ON - DAY, 17))
    assert night(database, clock)["upcoming"] == 1
    clock.set(instant(UPCOMING_ON, 4, 45))
    assert night(database, clock) == {}
    clock.set(instant(UPCOMING_ON, 5, 0))
    assert night(database, clock)["upcoming"] == 1


def test_only_the_partial_index_is_read(database: Database, clock: FixedClock) -> None:
    """Work at night follows what crosses, not how many items there are."""

    def make(session: Session) -> UUID:
        survivor = make_survivor(session)
        make_items(session, survivor, 20)
        make_items(session, survivor, 2000, upcoming_on=DUE_ON)
        make_items(session, survivor, 2000, closed_on=DUE_ON, closed_by="result", next_boundary_on=None)
        return survivor.clinic_id

    clinic_id = store(database, make)
    is_sqlite = database.engine.dialect.name == "sqlite"
    for query in (
        boundaries.next_reached(clinic_id, UPCOMING_ON, DueItem.id, DueItem.survivor_id),
        sa.select(DueItem.id).where(boundaries.reached(clinic_id, UPCOMING_ON)).limit(1),
    ):
        text = str(query.compile(database.engine, compile_kwargs={"literal_binds": True}))
        with database.transaction() as session:
            session.execute(sa.text("ANALYZE"))
            explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
            plan = "\n".join(str(tuple(row)) for row in session.execute(sa.text(explain + text)))
        assert "ix_due_items_next_boundary_on" in plan, plan
        assert ("SEARCH due_items" if is_sqlite else "Index Scan") in plan, plan
        assert "SCAN due_items" not in plan, plan
        assert "Seq Scan" not in plan, plan
        # A day's items come out of the index one batch after another; sorting them would read all of them each time.
        assert "TEMP B-TREE" not in plan, plan
        assert "Sort" not in plan, plan


def test_a_night_on_which_nothing_crosses_costs_the_same_however_many_items_there_are(
    database: Database, clock: FixedClock
) -> None:
    clinic = store(database, make_clinic)
    night(database, clock)
    with statements(database) as quiet:
        night(database, clock)

    store(database, lambda session: make_items(session, make_survivor(session, clinic), 300))
    with statements(database) as full:
        night(database, clock)
    assert len(full) == len(quiet)
