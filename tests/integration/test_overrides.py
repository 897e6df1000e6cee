"""A clinician's decisions: what they need, what they change, and what stands when they are withdrawn or end."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_result, make_survivor
from tracker.clock import FixedClock
from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.models import AuditEvent, DueItem, Override, Role, Survivor
from tracker.policy import Actor
from tracker.services import care_plans
from tracker.services.overrides import OverrideInput, decide, guideline_items, open_decision, withdraw

TODAY = date(2026, 11, 23)


@pytest.fixture
def survivor(session: Session, clock: FixedClock) -> Survivor:
    """Doxorubicin 300 mg/m², last echocardiogram March 1, 2026: the next one is due March 1, 2028."""
    found = make_survivor(
        session, diagnosis="Wilms tumor", end_of_therapy_on=date(2020, 3, 14), exposures={"doxorubicin_mg_m2": 300}
    )
    make_result(session, found, "echocardiogram", date(2026, 3, 1), outcome="normal")
    care_plans.refresh(session, found, clock=clock)
    return found


@pytest.fixture
def clinician(session: Session, survivor: Survivor) -> Actor:
    return make_actor(session, survivor.clinic)


def decision(action: str, **given: Any) -> OverrideInput:
    values: dict[str, Any] = {
        "test_code": "echocardiogram",
        "reason": "Agreed with cardiology",
        "expires_on": date(2030, 1, 1),
    }
    return OverrideInput(action=action, **(values | given))


def due_on(session: Session, survivor: Survivor, code: str = "echocardiogram") -> date | None:
    items: list[DueItem] = care_plans.open_items(session, survivor.id)
    return next((item.due_on for item in items if item.test_code == code), None)


def test_deferring_moves_the_date_and_withdrawing_moves_it_back(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    entered = decision("defer", defer_to=date(2028, 9, 1))
    decided = decide(session, survivor.id, entered, actor=clinician, clock=clock)
    assert (due_on(session, survivor), decided.due_on) == (date(2028, 9, 1), date(2028, 9, 1))
    assert decided.test_name == "Echocardiogram"

    withdrawn = withdraw(session, survivor.id, decided.override.id, actor=clinician, clock=clock)
    assert (due_on(session, survivor), withdrawn.due_on) == (date(2028, 3, 1), date(2028, 3, 1))
    assert decided.override.withdrawn_at == clock.now()


def test_re_timing_counts_from_the_last_result(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    decide(session, survivor.id, decision("set_interval", repeat_every="P1Y"), actor=clinician, clock=clock)
    assert due_on(session, survivor) == date(2027, 3, 1)


def test_stopping_takes_the_item_away(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    assert decide(session, survivor.id, decision("stop"), actor=clinician, clock=clock).due_on is None
    assert due_on(session, survivor) is None


def test_adding_asks_for_a_test_the_guideline_does_not(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    entered = decision("add", test_code="brain-mri", due_on=TODAY, repeat_every="P1Y")
    assert due_on(session, survivor, "brain-mri") is None
    decide(session, survivor.id, entered, actor=clinician, clock=clock)
    assert due_on(session, survivor, "brain-mri") == TODAY


def test_the_day_it_ends_the_guidelines_date_stands_again(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    entered = decision("defer", defer_to=date(2028, 9, 1), expires_on=date(2029, 1, 1))
    decide(session, survivor.id, entered, actor=clinician, clock=clock)
    assert survivor.plan_holds_until is not None and survivor.plan_holds_until <= date(2029, 1, 1)

    clock.set(date(2028, 12, 31))
    care_plans.refresh(session, survivor, clock=clock)
    assert due_on(session, survivor) == date(2028, 9, 1)
    clock.set(date(2029, 1, 1))
    care_plans.refresh(session, survivor, clock=clock)
    assert due_on(session, survivor) == date(2028, 3, 1)


def test_the_newer_of_two_decisions_on_one_day_counts(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    for day in (date(2029, 1, 1), date(2028, 6, 1)):
        decide(session, survivor.id, decision("defer", defer_to=day), actor=clinician, clock=clock)
    assert due_on(session, survivor) == date(2028, 6, 1)
    assert session.scalars(sa.select(Override.position).order_by(Override.position)).all() == [0, 1]


def test_a_decision_is_stored_and_audited_with_its_reason(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    row = decide(session, survivor.id, decision("stop", reason=" Declined "), actor=clinician, clock=clock).override
    withdraw(session, survivor.id, row.id, actor=clinician, clock=clock)

    assert (row.reason, row.decided_on, row.decided_by_id) == ("Declined", TODAY, clinician.user_id)
    events = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.action)).all()
    assert [(event.action, event.subject_id) for event in events] == [
        ("override.decided", row.id),
        ("override.withdrawn", row.id),
    ]
    assert events[0].reason == "Declined"
    assert events[1].before is not None and events[1].before["withdrawn_at"] is None
    assert survivor.version == 3


@pytest.mark.parametrize(
    "entered, field",
    [
        (decision("stop", test_code="horoscope"), "test_code"),
        (decision("abolish"), "action"),
        (decision("stop", reason="  "), "reason"),
        (decision("stop", expires_on=None), "expires_on"),
        (decision("stop", expires_on=TODAY), "expires_on"),
        (decision("defer"), "defer_to"),
        (decision("defer", defer_to=TODAY), "defer_to"),
        (decision("defer", defer_to=date(2030, 1, 2)), "expires_on"),
        (decision("set_interval"), "repeat_every"),
        (decision("set_interval", repeat_every="monthly"), "repeat_every"),
        (decision("set_interval", repeat_every="P0D"), "repeat_every"),
        (decision("add"), "due_on"),
        (decision("add", due_on=date(2026, 11, 22)), "due_on"),
        (decision("stop", defer_to=date(2027, 1, 1)), "defer_to"),
    ],
)
def test_what_is_missing_or_wrong_is_refused_at_its_field(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock, entered: OverrideInput, field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        decide(session, survivor.id, entered, actor=clinician, clock=clock)
    assert caught.value.field == field
    assert session.scalar(sa.select(sa.func.count()).select_from(Override)) == 0


@pytest.mark.parametrize(
    "entered",
    [
        decision("stop", expires_on=date(2026, 11, 24)),
        decision("defer", defer_to=date(2026, 11, 24), expires_on=date(2026, 11, 24)),
        decision("add", due_on=TODAY),
    ],
)
def test_the_first_day_that_is_allowed_is_allowed(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock, entered: OverrideInput
) -> None:
    assert decide(session, survivor.id, entered, actor=clinician, clock=clock).override.id


def test_a_decision_is_withdrawn_once(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    row = decide(session, survivor.id, decision("stop"), actor=clinician, clock=clock).override
    withdraw(session, survivor.id, row.id, actor=clinician, clock=clock)
    with pytest.raises(Conflict, match="Dana Ruiz changed this record"):
        withdraw(session, survivor.id, row.id, actor=clinician, clock=clock)


def test_only_a_clinician_of_the_clinic_decides(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    coordinator = make_actor(session, survivor.clinic, Role.COORDINATOR)
    stranger = make_actor(session, make_clinic(session))
    row = decide(session, survivor.id, decision("stop"), actor=clinician, clock=clock).override
    for actor, error in ((coordinator, Forbidden), (stranger, NotFound)):
        with pytest.raises(error):
            decide(session, survivor.id, decision("stop"), actor=actor, clock=clock)
        with pytest.raises(error):
            withdraw(session, survivor.id, row.id, actor=actor, clock=clock)


def test_a_decision_of_another_survivor_is_not_there(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    row = decide(session, survivor.id, decision("stop"), actor=clinician, clock=clock).override
    other = make_survivor(session, survivor.clinic)
    with pytest.raises(NotFound):
        withdraw(session, other.id, row.id, actor=clinician, clock=clock)


def test_the_guidelines_own_date_stays_in_sight(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    decide(session, survivor.id, decision("stop"), actor=clinician, clock=clock)
    assert guideline_items(session, survivor, TODAY)["echocardiogram"].due_on == date(2028, 3, 1)

    entry = open_decision(session, survivor.id, actor=clinician, clock=clock, test_code="echocardiogram")
    assert entry.by_guideline is not None and entry.by_guideline.due_on == date(2028, 3, 1)
    unasked = open_decision(session, survivor.id, actor=clinician, clock=clock, test_code="brain-mri")
    assert (unasked.by_guideline, unasked.name) == (None, "MRI brain")


def test_nothing_is_planned_for_the_dead_whatever_was_decided(session: Session, survivor: Survivor) -> None:
    survivor.deceased_on = date(2026, 5, 1)
    assert guideline_items(session, survivor, TODAY) == {}
