"""The stored plan: equal to what the engine says, and changed only where it differs."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.factories import make_diagnosis, make_exposure, make_result, make_survivor
from tracker.clock import FixedClock
from tracker.engine.types import CarePlan
from tracker.models import ClosedBy, DueItem, PlanGap, Standing, Survivor
from tracker.services import care_plans

TODAY = date(2026, 11, 23)


@pytest.fixture
def survivor(session: Session) -> Survivor:
    return make_survivor(
        session, diagnosis="Wilms tumor", end_of_therapy_on=date(2020, 3, 14), exposures={"doxorubicin_mg_m2": 300}
    )


def all_items(session: Session) -> list[dict[str, Any]]:
    rows = session.execute(sa.select(DueItem.__table__).order_by(DueItem.test_code, DueItem.id)).mappings()
    return [dict(row) for row in rows]


def item(session: Session, survivor: Survivor, code: str = "echocardiogram") -> DueItem | None:
    return next((row for row in care_plans.open_items(session, survivor.id) if row.test_code == code), None)


def test_a_first_refresh_stores_what_the_engine_plans(session: Session, survivor: Survivor, clock: FixedClock) -> None:
    change = care_plans.refresh(session, survivor, clock=clock)

    plan = care_plans.plan_on(session, survivor, TODAY)
    stored = care_plans.open_items(session, survivor.id)
    assert {(row.test_code, row.due_on, row.overdue_after) for row in stored} == {
        (each.test_code, each.due_on, each.overdue_after) for each in plan.items
    }
    assert (len(change.opened), change.closed) == (len(plan.items), [])
    assert {row.test_code: care_plans.reasons_of(row) for row in stored} == {
        each.test_code: each.reasons for each in plan.items
    }


def test_a_second_refresh_writes_nothing(session: Session, survivor: Survivor, clock: FixedClock) -> None:
    care_plans.refresh(session, survivor, clock=clock)
    session.flush()
    before = all_items(session)
    written: list[str] = []
    connection = session.connection()

    def note(*args: Any) -> None:
        written.extend([args[2]] if not args[2].lstrip().upper().startswith("SELECT") else [])

    event.listen(connection, "before_cursor_execute", note)
    change = care_plans.refresh(session, survivor, clock=clock)

    assert (change.opened, change.closed) == ([], [])
    assert written == []
    assert all_items(session) == before


def test_the_dates_of_the_survivor_sum_up_its_open_items(
    session: Session, survivor: Survivor, clock: FixedClock
) -> None:
    care_plans.refresh(session, survivor, clock=clock)
    items = care_plans.open_items(session, survivor.id)
    recurrence = [row for row in items if row.recurrence]

    assert survivor.has_plan and survivor.plan_computed_on == TODAY
    assert survivor.next_due_on == min(row.due_on for row in items)
    assert survivor.next_upcoming_on == min(row.upcoming_on for row in items)
    assert survivor.next_overdue_on is not None
    assert (survivor.next_overdue_on - min(row.overdue_after for row in items)).days == 1
    assert survivor.recurrence_due_on == min((row.due_on for row in recurrence), default=None)


def test_a_new_item_starts_at_its_first_boundary_so_that_the_job_sees_what_it_crossed(
    session: Session, survivor: Survivor, clock: FixedClock
) -> None:
    care_plans.refresh(session, survivor, clock=clock)
    row = item(session, survivor)
    assert row is not None
    assert (row.upcoming_on, row.due_on, row.overdue_after) == (
        date(2022, 1, 13),
        date(2022, 3, 14),
        date(2022, 6, 12),
    )
    assert row.next_boundary_on == date(2022, 1, 13)


def test_a_result_closes_the_old_item_and_names_itself(session: Session, survivor: Survivor, clock: FixedClock) -> None:
    care_plans.refresh(session, survivor, clock=clock)
    before = item(session, survivor)
    result = make_result(session, survivor, "echocardiogram", date(2026, 11, 20))

    change = care_plans.refresh(session, survivor, clock=clock)

    assert before is not None and change.closed == [before]
    assert (before.closed_by, before.closed_on, before.closing_result_id) == (ClosedBy.RESULT, TODAY, result.id)
    assert before.next_boundary_on is None
    after = change.next_of("echocardiogram")
    assert after is not None and after.due_on == date(2028, 11, 20)


def test_a_corrected_exposure_supersedes_what_followed_from_it(
    session: Session, survivor: Survivor, clock: FixedClock
) -> None:
    make_result(session, survivor, "echocardiogram", date(2026, 11, 20))
    care_plans.refresh(session, survivor, clock=clock)
    before = item(session, survivor)
    session.execute(sa.text("DELETE FROM exposures"))
    session.expire_all()

    care_plans.refresh(session, survivor, clock=clock)

    assert before is not None and before.closed_by == ClosedBy.SUPERSEDED
    assert before.closing_result_id is None
    assert item(session, survivor) is None


def test_a_changed_reason_that_moves_no_date_keeps_the_item(
    session: Session, survivor: Survivor, clock: FixedClock
) -> None:
    care_plans.refresh(session, survivor, clock=clock)
    before = item(session, survivor)
    assert before is not None
    reasons = before.reasons
    make_exposure(session, survivor, "epirubicin_mg_m2", 50)

    change = care_plans.refresh(session, survivor, clock=clock)

    assert item(session, survivor) is before
    assert before not in change.closed
    assert before.reasons != reasons


@pytest.mark.parametrize(
    "standing, acknowledged_on, planned",
    [
        (Standing.ACTIVE, None, True),
        (Standing.ON_TREATMENT, None, False),
        (Standing.BEING_TRACED, None, True),
        (Standing.DECLINED, None, True),
        (Standing.LOST, None, True),
        (Standing.TRANSFERRED, None, True),
        (Standing.TRANSFERRED, date(2026, 10, 1), False),
    ],
)
def test_only_some_standings_pause_the_plan(
    session: Session,
    survivor: Survivor,
    clock: FixedClock,
    standing: Standing,
    acknowledged_on: date | None,
    planned: bool,
) -> None:
    care_plans.refresh(session, survivor, clock=clock)
    survivor.standing, survivor.acknowledged_on = standing, acknowledged_on
    survivor.review_on = date(2027, 1, 1)

    care_plans.refresh(session, survivor, clock=clock)

    assert survivor.has_plan is planned
    assert bool(care_plans.open_items(session, survivor.id)) is planned
    assert care_plans.is_paused(survivor) is not planned


def test_an_item_that_was_opened_is_as_the_session_reads_it(
    session: Session, survivor: Survivor, clock: FixedClock
) -> None:
    """Whatever the driver was handed: truth is truth, dates are dates."""
    opened = care_plans.refresh(session, survivor, clock=clock).opened
    columns = [each.key for each in sa.inspect(DueItem).column_attrs]
    given = {item.id: [getattr(item, name) for name in columns] for item in opened}
    assert given
    session.expunge_all()
    for item in session.scalars(sa.select(DueItem).where(DueItem.id.in_(given))):
        read = [getattr(item, name) for name in columns]
        assert (given[item.id], list(map(type, given[item.id]))) == (read, list(map(type, read)))


def test_death_closes_everything_and_says_so(session: Session, survivor: Survivor, clock: FixedClock) -> None:
    opened = care_plans.refresh(session, survivor, clock=clock).opened
    survivor.deceased_on = date(2026, 11, 1)
    closed = care_plans.refresh(session, survivor, clock=clock).closed
    assert {row.closed_by for row in closed} == {ClosedBy.DECEASED}
    assert len(closed) == len(opened)
    assert (survivor.next_due_on, survivor.next_overdue_on, survivor.plan_holds_until) == (None, None, None)


def test_a_transfer_closes_when_the_other_clinic_has_taken_over(
    session: Session, survivor: Survivor, clock: FixedClock
) -> None:
    care_plans.refresh(session, survivor, clock=clock)
    survivor.standing, survivor.acknowledged_on = Standing.TRANSFERRED, date(2026, 11, 1)
    closed = care_plans.refresh(session, survivor, clock=clock).closed
    assert {row.closed_by for row in closed} == {ClosedBy.TRANSFERRED}


def test_a_resumed_follow_up_plans_as_before(session: Session, survivor: Survivor, clock: FixedClock) -> None:
    care_plans.refresh(session, survivor, clock=clock)
    before = {(row.test_code, row.due_on) for row in care_plans.open_items(session, survivor.id)}
    survivor.standing = Standing.ON_TREATMENT
    care_plans.refresh(session, survivor, clock=clock)
    survivor.standing = Standing.ACTIVE
    care_plans.refresh(session, survivor, clock=clock)
    assert {(row.test_code, row.due_on) for row in care_plans.open_items(session, survivor.id)} == before


def test_without_an_end_of_therapy_the_survivor_awaits_the_summary(session: Session, clock: FixedClock) -> None:
    for diagnosis in (None, "Wilms tumor"):
        survivor = make_survivor(session, diagnosis=diagnosis, end_of_therapy_on=None)
        care_plans.refresh(session, survivor, clock=clock)
        assert (survivor.has_plan, care_plans.open_items(session, survivor.id)) == (False, [])


def test_a_second_diagnosis_with_its_dates_ends_the_wait(session: Session, clock: FixedClock) -> None:
    survivor = make_survivor(session, diagnosis="Wilms tumor", end_of_therapy_on=None)
    make_diagnosis(session, survivor, "Ewing sarcoma", position=1, end_of_therapy_on=date(2025, 1, 1))
    care_plans.refresh(session, survivor, clock=clock)
    assert survivor.has_plan


def test_the_soft_date_is_kept_only_where_it_differs(session: Session, survivor: Survivor, clock: FixedClock) -> None:
    claim = make_result(session, survivor, "echocardiogram", date(2026, 11, 20), claimed=True)
    care_plans.refresh(session, survivor, clock=clock)
    soft = {row.test_code: row.soft_due_on for row in care_plans.open_items(session, survivor.id)}
    assert soft.pop("echocardiogram") == date(2028, 11, 20)
    assert set(soft.values()) == {None}

    claim.superseded_at = datetime(2026, 11, 23, tzinfo=UTC)
    care_plans.refresh(session, survivor, clock=clock)
    row = item(session, survivor)
    assert row is not None and row.soft_due_on is None


def test_gaps_come_and_go_with_what_is_unknown(session: Session, survivor: Survivor, clock: FixedClock) -> None:
    make_exposure(session, survivor, "heart_rt_gy", None)
    care_plans.refresh(session, survivor, clock=clock)
    gaps = care_plans.gaps_of(session, survivor.id)
    assert any("heart_rt_gy" in gap.missing for gap in gaps)
    ids = {gap.id for gap in gaps}

    care_plans.refresh(session, survivor, clock=clock)
    assert {gap.id for gap in care_plans.gaps_of(session, survivor.id)} == ids

    session.execute(sa.text("UPDATE exposures SET certainty = 'known', value = 10 WHERE name = 'heart_rt_gy'"))
    session.expire_all()
    care_plans.refresh(session, survivor, clock=clock)
    left = session.scalars(sa.select(PlanGap)).all()
    assert not any("heart_rt_gy" in gap.missing for gap in left)


def test_the_digest_changes_with_a_date_a_rule_or_a_gap_and_with_nothing_else(
    session: Session, survivor: Survivor, clock: FixedClock
) -> None:
    care_plans.refresh(session, survivor, clock=clock)
    plan = care_plans.plan_on(session, survivor, TODAY)
    first = plan.items[0]
    assert survivor.plan_digest == care_plans.digest(plan)

    assert care_plans.digest(replace(plan, holds_until=date(2099, 1, 1))) == care_plans.digest(plan)
    later = replace(first, due_on=date(2040, 1, 1))
    other_rule = replace(first, reasons=(replace(first.reasons[0], rule_id="another"),))
    for changed in (later, other_rule):
        assert care_plans.digest(_with_first(plan, changed)) != care_plans.digest(plan)
    assert care_plans.digest(replace(plan, items=plan.items[1:])) != care_plans.digest(plan)


def _with_first(plan: CarePlan, changed: Any) -> CarePlan:
    return replace(plan, items=(changed, *plan.items[1:]))


def test_a_refresh_takes_the_same_number_of_statements_however_long_the_history(
    session: Session, survivor: Survivor, clock: FixedClock
) -> None:
    care_plans.refresh(session, survivor, clock=clock)
    few = _statements(session, survivor, clock)
    for month in range(1, 13):
        for year in range(2010, 2026):
            make_result(session, survivor, "blood-pressure", date(year, month, 1))
    care_plans.refresh(session, survivor, clock=clock)
    assert _statements(session, survivor, clock) == few


def _statements(session: Session, survivor: Survivor, clock: FixedClock) -> int:
    seen: list[str] = []
    connection = session.connection()

    def note(*args: Any) -> None:
        seen.append(args[2])

    event.listen(connection, "before_cursor_execute", note)
    care_plans.refresh(session, survivor, clock=clock)
    event.remove(connection, "before_cursor_execute", note)
    return len(seen)
