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
from tracker.engine.partial_dates import Day, PartialDate
from tracker.errors import Conflict, Invalid
from tracker.models import AuditEvent, Clinic, OutboxMessage, Role, Survivor, Visit
from tracker.policy import Actor
from tracker.services import care_plans, standing
from tracker.services.standing import StandingInput
from tracker.services.states import State, state_of
from tracker.services.survivors import SurvivorInput

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
    return list(session.scalars(sa.select(AuditEvent).where(AuditEvent.action == action)))[-1]


NEEDED: dict[str, dict[str, Any]] = {
    "on_treatment": {"followed_by": "Harbor solid tumor team", "review_on": date(2027, 2, 1)},
    "transferred": {"followed_by": "Lakeside adult clinic"},
    "declined": {"review_on": date(2027, 5, 1)},
}


def decide(session: Session, survivor: Survivor, actor: Actor, clock: FixedClock, decision: str, **given: Any) -> None:
    """Decide as a coordinator would: with what the decision needs, unless the story says otherwise."""
    if decision == "lost" and not given.pop("untraced", False):
        decide(session, survivor, actor, clock, "being_traced")
    values: dict[str, Any] = {"since": TODAY, "reason": "Told on the phone"} | NEEDED.get(decision, {}) | given
    standing.set_standing(
        session,
        survivor.id,
        StandingInput(standing=decision, **values),
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
    ("decision", "given", "state"),
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
    decision: str,
    given: dict[str, date],
    state: State,
) -> None:
    survivor = planned(session, clinic, clock)
    decide(session, survivor, actor, clock, decision, **given)
    assert state_of(survivor, TODAY) is state
    assert standing.standing_of(survivor) == decision
    assert survivor.standing_reason == "Told on the phone"
    event = last_event(session, "survivor.standing_set")
    assert event.reason == "Told on the phone"

    decide(session, survivor, actor, clock, "active", reason="Back with us")
    assert (survivor.deceased_on, survivor.review_on, survivor.acknowledged_on) == (None, None, None)
    assert survivor.followed_by == ""
    assert state_of(survivor, TODAY) in (State.OVERDUE, State.BOOKED, State.DUE)
    assert care_plans.open_items(session, survivor.id) != []


@pytest.mark.parametrize(
    ("decision", "given", "withdrawn"),
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
    decision: str,
    given: dict[str, date],
    withdrawn: bool,
) -> None:
    survivor = planned(session, clinic, clock)
    decide(session, survivor, actor, clock, decision, **given)
    [visit] = session.scalars(sa.select(Visit))
    assert (visit.status == "cancelled") is withdrawn
    assert (care_plans.open_items(session, survivor.id) == []) is withdrawn
    assert (survivor.booked_on is None) is withdrawn
    [message] = session.scalars(sa.select(OutboxMessage))
    session.refresh(message)
    assert message.withdrawn_at is not None


@pytest.mark.parametrize(
    ("decision", "given", "field"),
    [
        ("gone", {}, "standing"),
        ("being_traced", {"reason": "  "}, "reason"),
        ("declined", {"review_on": None}, "review_on"),
        ("declined", {"review_on": TODAY}, "review_on"),
        ("deceased", {}, "deceased_on"),
        ("deceased", {"deceased_on": TODAY + timedelta(days=1)}, "deceased_on"),
        ("deceased", {"deceased_on": date(2007, 3, 4)}, "deceased_on"),
        ("deceased", {"deceased_on": PartialDate(2027)}, "deceased_on"),
        ("deceased", {"deceased_on": PartialDate(2007, 2)}, "deceased_on"),
        ("being_traced", {"since": TODAY + timedelta(days=1)}, "since"),
        ("being_traced", {"since": date(2007, 3, 4)}, "since"),
        ("being_traced", {"review_on": TODAY}, "review_on"),
        ("lost", {"untraced": True}, "standing"),
        ("on_treatment", {"followed_by": " "}, "followed_by"),
        ("on_treatment", {"review_on": None}, "review_on"),
        ("on_treatment", {"review_on": TODAY}, "review_on"),
        ("transferred", {"followed_by": ""}, "followed_by"),
        ("transferred", {"followed_by": "x" * 201}, "followed_by"),
        ("transferred", {"acknowledged_on": TODAY - timedelta(days=1)}, "acknowledged_on"),
    ],
)
def test_a_decision_that_cannot_be_is_refused_with_its_field(
    session: Session,
    clinic: Clinic,
    actor: Actor,
    clock: FixedClock,
    decision: str,
    given: dict[str, Any],
    field: str,
) -> None:
    survivor = make_survivor(session, clinic)
    with pytest.raises(Invalid) as refused:
        decide(session, survivor, actor, clock, decision, **given)
    assert refused.value.field == field
    assert survivor.version == 1


def test_two_decisions_at_once_meet(session: Session, clinic: Clinic, actor: Actor, clock: FixedClock) -> None:
    survivor = make_survivor(session, clinic)
    decide(session, survivor, actor, clock, "being_traced")
    with pytest.raises(Conflict, match="Dana Ruiz"):
        standing.set_standing(
            session,
            survivor.id,
            StandingInput(standing="active", since=TODAY, reason="Found"),
            seen_version=1,
            actor=actor,
            clock=clock,
        )


def test_a_treatment_begun_again_hands_the_follow_up_to_the_treating_team_until_the_review(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    survivor = planned(session, clinic, clock)
    decide(session, survivor, actor, clock, "on_treatment", review_on=date(2027, 1, 15))
    assert (survivor.followed_by, survivor.review_on) == ("Harbor solid tumor team", date(2027, 1, 15))
    assert care_plans.is_paused(survivor)
    after = last_event(session, "survivor.standing_set").after
    assert after is not None and after["followed_by"] == "Harbor solid tumor team"


def test_what_belongs_to_another_decision_is_not_kept(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    survivor = make_survivor(session, clinic)
    decide(session, survivor, actor, clock, "active", followed_by="Somebody", review_on=date(2027, 1, 1))
    assert (survivor.followed_by, survivor.review_on) == ("", None)


@pytest.mark.parametrize(
    ("told", "stored", "precision"),
    [
        (PartialDate(2024), date(2024, 12, 31), "year"),
        (PartialDate(2024, 2), date(2024, 2, 29), "month"),
        # Not later than today, or a result of this week would come after a death known to the year alone.
        (PartialDate(2026), TODAY, "year"),
        (date(2024, 2, 3), date(2024, 2, 3), "day"),
    ],
)
def test_a_death_may_be_known_in_part(
    session: Session,
    clinic: Clinic,
    actor: Actor,
    clock: FixedClock,
    told: Day,
    stored: date,
    precision: str,
) -> None:
    survivor = planned(session, clinic, clock)
    decide(session, survivor, actor, clock, "deceased", deceased_on=told)
    assert (survivor.deceased_on, survivor.deceased_precision) == (stored, precision)
    assert standing.died_on(survivor) == told
    assert care_plans.open_items(session, survivor.id) == []
    decide(session, survivor, actor, clock, "active", reason="A mix-up of two people")
    assert (standing.died_on(survivor), survivor.deceased_precision) == (None, "day")


def test_somebody_lost_can_stay_lost_with_a_new_day_to_search(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    survivor = make_survivor(session, clinic)
    decide(session, survivor, actor, clock, "lost", review_on=date(2027, 1, 1))
    decide(session, survivor, actor, clock, "lost", review_on=date(2028, 1, 1), untraced=True)
    assert survivor.review_on == date(2028, 1, 1)
