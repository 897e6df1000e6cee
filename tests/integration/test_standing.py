"""What a person decided about a survivor: each decision has its state, its reason and its way back."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import (
    make_actor,
    make_clinic,
    make_contact,
    make_survivor,
)
from tracker.clock import FixedClock
from tracker.errors import Conflict, Invalid
from tracker.models import AuditEvent, Clinic, OutboxMessage, Role, Survivor, Visit
from tracker.policy import Actor
from tracker.services import care_plans, survivors
from tracker.services.states import State, state_of
from tracker.services.survivors import StandingInput, SurvivorInput

TODAY = date(2026, 11, 23)
ANA = SurvivorInput(
    mrn="004417",
    family_name="Rivera",
    given_name="Ana",
    birth_date=date(2007, 3, 5),
    sex_at_birth="female",
    language="es",
)


@pytest.fixture
def clinic(session: Session) -> Clinic:
    return make_clinic(session)


@pytest.fixture
def actor(session: Session, clinic: Clinic) -> Actor:
    return make_actor(session, clinic, Role.COORDINATOR, name="Dana Ruiz")


def last_event(session: Session, action: str) -> AuditEvent:
    [event] = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == action))
    return event


def decide(session: Session, survivor: Survivor, actor: Actor, clock: FixedClock, standing: str, **given: Any) -> None:
    values: dict[str, Any] = {"since": TODAY, "reason": "Told on the phone"} | given
    survivors.set_standing(
        session,
        survivor.id,
        StandingInput(standing=standing, **values),
        seen_version=survivor.version,
        actor=actor,
        clock=clock,
    )


def planned(session: Session, clinic: Clinic, clock: FixedClock) -> Survivor:
    """A survivor with open items, a visit next week and a message waiting."""
    survivor = make_survivor(session, clinic)
    care_plans.refresh(session, survivor, clock=clock)
    contact = make_contact(session, survivor)
    session.add(
        Visit(
            survivor_id=survivor.id,
            clinic_id=clinic.id,
            planned_on=TODAY + timedelta(days=7),
            slot=0,
            created_at=clock.now(),
        )
    )
    session.add(
        OutboxMessage(
            dedupe_key=str(uuid4()),
            channel="email",
            contact_id=contact.id,
            survivor_id=survivor.id,
            template="reminder",
            created_at=clock.now(),
            not_before=clock.now(),
        )
    )
    survivor.booked_on = TODAY + timedelta(days=7)
    session.flush()
    return survivor


@pytest.mark.parametrize(
    ("standing", "given", "state"),
    [
        ("on_treatment", {}, State.ON_TREATMENT),
        ("being_traced", {}, State.BEING_TRACED),
        ("declined", {"review_on": date(2027, 5, 1)}, State.DECLINED),
        ("transferred", {}, State.TRANSFERRED_UNACKNOWLEDGED),
        ("transferred", {"acknowledged_on": TODAY}, State.TRANSFERRED),
        ("lost", {}, State.LOST),
        ("deceased", {"deceased_on": date(2026, 11, 20)}, State.DECEASED),
    ],
)
def test_every_decision_gives_its_state_and_can_be_taken_back(
    session: Session,
    clinic: Clinic,
    actor: Actor,
    clock: FixedClock,
    standing: str,
    given: dict[str, date],
    state: State,
) -> None:
    survivor = planned(session, clinic, clock)
    decide(session, survivor, actor, clock, standing, **given)
    assert state_of(survivor, TODAY) is state
    assert survivors.standing_of(survivor) == standing
    assert survivor.standing_reason == "Told on the phone"
    event = last_event(session, "survivor.standing_set")
    assert event.reason == "Told on the phone"

    decide(session, survivor, actor, clock, "active", reason="Back with us")
    assert (survivor.deceased_on, survivor.review_on, survivor.acknowledged_on) == (None, None, None)
    assert state_of(survivor, TODAY) in (State.OVERDUE, State.BOOKED, State.DUE)
    assert care_plans.open_items(session, survivor.id) != []


@pytest.mark.parametrize(
    ("standing", "given", "withdrawn"),
    [
        ("deceased", {"deceased_on": TODAY}, True),
        ("transferred", {"acknowledged_on": TODAY}, True),
        ("on_treatment", {}, True),
        ("transferred", {}, False),
        ("being_traced", {}, False),
        ("lost", {}, False),
    ],
)
def test_checks_and_visits_are_withdrawn_where_nobody_follows_any_more(
    session: Session,
    clinic: Clinic,
    actor: Actor,
    clock: FixedClock,
    standing: str,
    given: dict[str, date],
    withdrawn: bool,
) -> None:
    survivor = planned(session, clinic, clock)
    decide(session, survivor, actor, clock, standing, **given)
    [visit] = session.scalars(sa.select(Visit))
    assert (visit.status == "cancelled") is withdrawn
    assert (care_plans.open_items(session, survivor.id) == []) is withdrawn
    assert (survivor.booked_on is None) is withdrawn
    [message] = session.scalars(sa.select(OutboxMessage))
    session.refresh(message)
    assert message.withdrawn_at is not None


@pytest.mark.parametrize(
    ("standing", "given", "field"),
    [
        ("gone", {}, "standing"),
        ("lost", {"reason": "  "}, "reason"),
        ("declined", {}, "review_on"),
        ("declined", {"review_on": TODAY}, "review_on"),
        ("deceased", {}, "deceased_on"),
        ("deceased", {"deceased_on": TODAY + timedelta(days=1)}, "deceased_on"),
        ("deceased", {"deceased_on": date(2007, 3, 4)}, "deceased_on"),
        ("lost", {"since": TODAY + timedelta(days=1)}, "since"),
        ("lost", {"since": date(2007, 3, 4)}, "since"),
        ("transferred", {"acknowledged_on": TODAY - timedelta(days=1)}, "acknowledged_on"),
    ],
)
def test_a_decision_that_cannot_be_is_refused_with_its_field(
    session: Session,
    clinic: Clinic,
    actor: Actor,
    clock: FixedClock,
    standing: str,
    given: dict[str, Any],
    field: str,
) -> None:
    survivor = make_survivor(session, clinic)
    with pytest.raises(Invalid) as refused:
        decide(session, survivor, actor, clock, standing, **given)
    assert refused.value.field == field
    assert survivor.version == 1


def test_two_decisions_at_once_meet(session: Session, clinic: Clinic, actor: Actor, clock: FixedClock) -> None:
    survivor = make_survivor(session, clinic)
    decide(session, survivor, actor, clock, "lost")
    with pytest.raises(Conflict, match="Dana Ruiz"):
        survivors.set_standing(
            session,
            survivor.id,
            StandingInput(standing="active", since=TODAY, reason="Found"),
            seen_version=1,
            actor=actor,
            clock=clock,
        )
