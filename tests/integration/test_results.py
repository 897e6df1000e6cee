"""Results: what may be recorded, what it closes, and how a correction keeps what was there."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_result, make_survivor, make_visit
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.models import AuditEvent, ClosedBy, DueItem, Result, ResultStatus, Role, Survivor
from tracker.policy import Actor
from tracker.services import care_plans
from tracker.services.results import (
    ResultInput,
    accept_claim,
    correct_result,
    record_result,
    retract_result,
)

TODAY = date(2026, 11, 23)


@pytest.fixture
def survivor(session: Session, clock: FixedClock) -> Survivor:
    """Off therapy since March 2020, doxorubicin 300 mg/m²: an echocardiogram every 2 years from March 2022."""
    found = make_survivor(
        session, diagnosis="Wilms tumor", end_of_therapy_on=date(2020, 3, 14), exposures={"doxorubicin_mg_m2": 300}
    )
    care_plans.refresh(session, found, clock=clock)
    return found


@pytest.fixture
def clinician(session: Session, survivor: Survivor) -> Actor:
    return make_actor(session, survivor.clinic)


def echo(performed_on: date = date(2026, 11, 20), **given: Any) -> ResultInput:
    values: dict[str, Any] = {"test_code": "echocardiogram", "performed_on": performed_on, "outcome": "normal"}
    return ResultInput(**(values | given))


def open_item(session: Session, survivor: Survivor, code: str = "echocardiogram") -> DueItem:
    [item] = [each for each in care_plans.open_items(session, survivor.id) if each.test_code == code]
    return item


def audit_rows(session: Session, action: str) -> list[AuditEvent]:
    return list(session.scalars(sa.select(AuditEvent).where(AuditEvent.action == action)))


def refused(session: Session, survivor: Survivor, actor: Actor, clock: FixedClock, entered: ResultInput) -> Invalid:
    before = session.scalar(sa.select(sa.func.count()).select_from(Result))
    with pytest.raises(Invalid) as caught:
        record_result(session, survivor.id, entered, actor=actor, clock=clock)
    assert session.scalar(sa.select(sa.func.count()).select_from(Result)) == before
    return caught.value


def test_a_result_closes_its_item_and_opens_the_next_from_the_day_it_was_done(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    was_due = open_item(session, survivor)
    assert was_due.due_on == date(2022, 3, 14)

    recorded = record_result(session, survivor.id, echo(), actor=clinician, clock=clock)

    assert open_item(session, survivor).due_on == date(2028, 11, 20)
    assert recorded.next_items[0].due_on == date(2028, 11, 20)
    assert recorded.change.next_of("echocardiogram") is recorded.next_items[0]
    assert (was_due.closed_by, was_due.closed_on) == (ClosedBy.RESULT, TODAY)
    assert was_due.closing_result_id == recorded.result.id


def test_everything_entered_is_stored_and_who_entered_it(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    visit = make_visit(session, survivor, date(2026, 11, 23))
    entered = echo(
        value=Decimal("58.5"),
        unit="%",
        reference_range="55–70",
        report="Good function",
        source="City",
        visit_id=visit.id,
    )

    row = record_result(session, survivor.id, entered, actor=clinician, clock=clock).result
    session.flush()
    session.expire(row)

    assert (row.value, row.unit, row.reference_range, row.outcome) == (Decimal("58.5"), "%", "55–70", "normal")
    assert (row.report, row.source, row.visit_id) == ("Good function", "City", visit.id)
    assert (row.status, row.recorded_by_id, row.recorded_at) == (ResultStatus.FINAL, clinician.user_id, clock.now())


def test_a_result_is_audited_in_the_same_transaction_with_its_actor(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    recorded = record_result(session, survivor.id, echo(), actor=clinician, clock=clock)

    [event] = audit_rows(session, "result.recorded")
    assert (event.actor_id, event.survivor_id, event.subject_id) == (clinician.user_id, survivor.id, recorded.result.id)
    assert event.before is None
    assert event.after is not None and event.after["test_code"] == "echocardiogram"


def test_each_record_counts_as_a_change_of_the_survivor(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    record_result(session, survivor.id, echo(), actor=clinician, clock=clock)
    record_result(session, survivor.id, echo(date(2026, 11, 21)), actor=clinician, clock=clock)
    assert survivor.version == 3


def test_what_the_family_tells_moves_only_the_soft_date(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    recorded = record_result(session, survivor.id, echo(claimed=True), actor=clinician, clock=clock)

    item = open_item(session, survivor)
    assert (item.due_on, item.soft_due_on) == (date(2022, 3, 14), date(2028, 11, 20))
    assert recorded.change.closed == []


def test_a_report_that_is_accepted_moves_the_date_itself(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    told = record_result(session, survivor.id, echo(claimed=True), actor=clinician, clock=clock).result

    accepted = accept_claim(session, survivor.id, told.id, actor=clinician, clock=clock).result

    item = open_item(session, survivor)
    assert (item.due_on, item.soft_due_on) == (date(2028, 11, 20), None)
    assert (accepted.claimed, accepted.status, accepted.replaces_id) == (False, ResultStatus.CORRECTED, told.id)
    assert told.superseded_at == clock.now()
    assert len(audit_rows(session, "result.accepted")) == 1


def test_a_report_that_is_here_already_cannot_be_accepted(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    row = record_result(session, survivor.id, echo(), actor=clinician, clock=clock).result
    with pytest.raises(Invalid, match="is here already"):
        accept_claim(session, survivor.id, row.id, actor=clinician, clock=clock)


def test_an_inadequate_test_moves_nothing(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    record_result(session, survivor.id, echo(adequate=False, outcome=None), actor=clinician, clock=clock)
    item = open_item(session, survivor)
    assert (item.due_on, item.soft_due_on) == (date(2022, 3, 14), None)


@pytest.mark.parametrize("day, fine", [(date(2026, 11, 23), True), (date(2026, 11, 24), False)])
def test_today_is_in_time_and_tomorrow_is_not(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock, day: date, fine: bool
) -> None:
    if fine:
        assert record_result(session, survivor.id, echo(day), actor=clinician, clock=clock).result.performed_on == day
    else:
        error = refused(session, survivor, clinician, clock, echo(day))
        assert (error.field, "in the future" in str(error)) == ("performed_on", True)


def test_today_is_the_clinics_own_day(session: Session, clock: FixedClock) -> None:
    clinic = make_clinic(session, tz="Pacific/Auckland")
    survivor, actor = make_survivor(session, clinic), make_actor(session, clinic)
    # 12:00 UTC on 23 November is 01:00 on the 24th in Auckland.
    record_result(session, survivor.id, echo(date(2026, 11, 24)), actor=actor, clock=clock)
    assert refused(session, survivor, actor, clock, echo(date(2026, 11, 25))).field == "performed_on"


def test_a_day_before_birth_is_refused_and_the_birth_day_is_not(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    assert refused(session, survivor, clinician, clock, echo(date(2007, 3, 4))).field == "performed_on"
    record_result(session, survivor.id, echo(date(2007, 3, 5)), actor=clinician, clock=clock)


def test_the_dead_keep_results_from_their_lifetime_only(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    survivor.deceased_on = date(2026, 5, 1)
    record_result(session, survivor.id, echo(date(2026, 5, 1)), actor=clinician, clock=clock)
    assert refused(session, survivor, clinician, clock, echo(date(2026, 5, 2))).field == "performed_on"
    assert care_plans.open_items(session, survivor.id) == []


@pytest.mark.parametrize(
    "given, field",
    [
        ({"test_code": "horoscope"}, "test_code"),
        ({"value": Decimal("58")}, "value"),
        ({"value": Decimal("58"), "unit": "mm[Hg]"}, "value"),
        ({"unit": "%"}, "value"),
        ({"value": Decimal("NaN"), "unit": "%"}, "value"),
        ({"value": Decimal("Infinity"), "unit": "%"}, "value"),
        ({"value": Decimal("10000000000"), "unit": "%"}, "value"),
        ({"value": Decimal("1.00001"), "unit": "%"}, "value"),
        ({"outcome": "splendid"}, "outcome"),
        ({"source": "x" * 121}, "source"),
        ({"reference_range": "x" * 81}, "reference_range"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_nothing_is_stored(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock, given: dict[str, Any], field: str
) -> None:
    assert refused(session, survivor, clinician, clock, echo(**given)).field == field


@pytest.mark.parametrize("value", ["9999999999.9999", "0", "-2.5", "58.1234"])
def test_every_number_the_column_holds_is_taken_exactly(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock, value: str
) -> None:
    row = record_result(session, survivor.id, echo(value=Decimal(value), unit="%"), actor=clinician, clock=clock).result
    session.expire(row)
    assert row.value == Decimal(value)


def test_a_test_without_a_unit_of_its_own_takes_the_unit_of_the_report(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    entered = ResultInput("calcitonin-and-cea", date(2026, 11, 20), value=Decimal("4"), unit="pg/mL")
    assert record_result(session, survivor.id, entered, actor=clinician, clock=clock).result.unit == "pg/mL"


def test_a_visit_of_somebody_else_is_not_there(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    other = make_survivor(session, survivor.clinic)
    visit = make_visit(session, other, date(2026, 11, 23))
    with pytest.raises(NotFound):
        record_result(session, survivor.id, echo(visit_id=visit.id), actor=clinician, clock=clock)


def test_a_stand_in_tells_what_is_next_of_every_test_it_satisfies(session: Session, clock: FixedClock) -> None:
    survivor = make_survivor(session, end_of_therapy_on=date(2024, 3, 14), tumor={"grade": "high", "site": "extremity"})
    care_plans.refresh(session, survivor, clock=clock)
    entered = ResultInput("chest-abdomen-pelvis-ct", date(2026, 11, 20), outcome="normal")
    actor = make_actor(session, survivor.clinic)

    recorded = record_result(session, survivor.id, entered, actor=actor, clock=clock)

    assert "chest-ct" in [item.test_code for item in recorded.next_items]
    assert open_item(session, survivor, "chest-ct").due_on == date(2027, 2, 20)


def test_a_correction_keeps_the_old_row_and_counts_by_the_new_one(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    old = record_result(session, survivor.id, echo(), actor=clinician, clock=clock).result

    new = correct_result(
        session,
        survivor.id,
        old.id,
        echo(date(2025, 11, 20), outcome="abnormal"),
        actor=clinician,
        clock=clock,
        reason="The year was typed wrong",
    ).result

    assert (old.performed_on, old.outcome, old.superseded_at) == (date(2026, 11, 20), "normal", clock.now())
    assert (new.status, new.replaces_id, new.superseded_at) == (ResultStatus.CORRECTED, old.id, None)
    assert open_item(session, survivor).due_on == date(2027, 11, 20)
    [event] = audit_rows(session, "result.corrected")
    assert event.reason == "The year was typed wrong"
    assert event.before is not None and event.before["performed_on"] == "2026-11-20"
    assert event.after is not None and event.after["performed_on"] == "2025-11-20"


def test_a_correction_needs_a_reason(session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock) -> None:
    old = record_result(session, survivor.id, echo(), actor=clinician, clock=clock).result
    with pytest.raises(Invalid, match="reason") as caught:
        correct_result(session, survivor.id, old.id, echo(), actor=clinician, clock=clock, reason="  ")
    assert caught.value.field == "reason"
    assert old.superseded_at is None


def test_a_result_corrected_by_somebody_else_first_is_a_conflict_that_names_them(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    old = record_result(session, survivor.id, echo(), actor=clinician, clock=clock).result
    other = make_actor(session, survivor.clinic, name="Lee Park")
    correct_result(session, survivor.id, old.id, echo(date(2026, 1, 2)), actor=other, clock=clock, reason="Date")

    with pytest.raises(Conflict, match="Lee Park changed this record on Nov 23, 2026, at 7:00 AM"):
        correct_result(session, survivor.id, old.id, echo(), actor=clinician, clock=clock, reason="Date")
    assert session.scalar(sa.select(sa.func.count()).select_from(Result)) == 2


def test_a_result_taken_back_moves_the_date_back(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    old = record_result(session, survivor.id, echo(), actor=clinician, clock=clock).result

    gone = retract_result(session, survivor.id, old.id, actor=clinician, clock=clock, reason="Another child's").result

    assert open_item(session, survivor).due_on == date(2022, 3, 14)
    assert (gone.status, gone.performed_on) == (ResultStatus.ENTERED_IN_ERROR, old.performed_on)
    assert len(audit_rows(session, "result.retracted")) == 1


def test_a_result_of_another_survivor_cannot_be_reached_through_this_one(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    other = make_survivor(session, survivor.clinic)
    theirs = make_result(session, other, "echocardiogram", date(2026, 1, 5))
    with pytest.raises(NotFound):
        correct_result(session, survivor.id, theirs.id, echo(), actor=clinician, clock=clock, reason="x")
    assert theirs.superseded_at is None


def test_only_a_clinician_of_the_clinic_records(session: Session, survivor: Survivor, clock: FixedClock) -> None:
    coordinator = make_actor(session, survivor.clinic, Role.COORDINATOR)
    elsewhere = make_actor(session, make_clinic(session))
    with pytest.raises(Forbidden):
        record_result(session, survivor.id, echo(), actor=coordinator, clock=clock)
    with pytest.raises(NotFound):
        record_result(session, survivor.id, echo(), actor=elsewhere, clock=clock)


def test_two_results_saved_one_after_the_other_are_both_in_the_plan(database: Database, clock: FixedClock) -> None:
    with database.transaction() as session:
        survivor = make_survivor(session, diagnosis="Wilms tumor", exposures={"doxorubicin_mg_m2": 300})
        actor = make_actor(session, survivor.clinic)
    with database.transaction() as first:
        record_result(first, survivor.id, echo(date(2026, 5, 1)), actor=actor, clock=clock)
    with database.transaction() as second:
        record_result(second, survivor.id, echo(date(2026, 4, 1)), actor=actor, clock=clock)
    with database.reading() as session:
        stored = session.get_one(Survivor, survivor.id)
        assert open_item(session, stored).due_on == date(2028, 5, 1)
        assert stored.version == 3
