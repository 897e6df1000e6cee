"""Survivors are enrolled, corrected and decided about; each change leaves its trace, and none is lost."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import (
    make_actor,
    make_clinic,
    make_family,
    make_survivor,
)
from tracker.clock import FixedClock
from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.models import AuditEvent, Clinic, Grant, Role, Survivor
from tracker.policy import Actor
from tracker.services import care_plans, contacts, survivors
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


def enrol(session: Session, clinic: Clinic, actor: Actor, clock: FixedClock, **changed: Any) -> Survivor:
    return survivors.enrol(session, clinic.id, replace(ANA, **changed), actor=actor, clock=clock)


def last_event(session: Session, action: str) -> AuditEvent:
    [event] = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == action))
    return event


# Enrolling


def test_someone_enrolled_awaits_the_treatment_summary(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    survivor = enrol(session, clinic, actor, clock)
    assert (survivor.clinic_id, survivor.mrn, survivor.version) == (clinic.id, "004417", 1)
    assert survivor.enrolled_on == TODAY
    assert state_of(survivor, TODAY) is State.AWAITING_SUMMARY
    assert survivor.plan_digest != ""
    event = last_event(session, "survivor.enrolled")
    assert (event.actor, event.survivor_id, event.clinic_id) == ("Dana Ruiz", survivor.id, clinic.id)
    assert event.after is not None and event.after["mrn"] == "004417"


def test_a_name_is_stored_as_it_is_searched_and_sorted(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    survivor = enrol(
        session, clinic, actor, clock, family_name=" O'Conner-Peña ", given_name="Ana  María", preferred_name="Mía"
    )
    assert (survivor.family_name, survivor.given_name) == ("O'Conner-Peña", "Ana María")
    assert survivor.search_name == "o conner pena ana maria mia"
    assert survivor.sort_name == "o conner pena mia"
    assert survivor.display_name == "Mía O'Conner-Peña"


def test_a_record_number_is_used_once_in_a_clinic_and_may_be_used_in_another(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    enrol(session, clinic, actor, clock)
    with pytest.raises(Invalid, match="has the record number 004417") as refused:
        enrol(session, clinic, actor, clock, mrn=" 004417 ")
    assert refused.value.field == "mrn"
    other = make_clinic(session)
    assert enrol(session, other, make_actor(session, other), clock).mrn == "004417"


@pytest.mark.parametrize(
    ("birth_date", "words"),
    [
        (date(2026, 11, 24), "in the future"),
        (date(1899, 12, 31), "before 1900"),
        (date(2026, 11, 23), None),
        (date(1900, 1, 1), None),
    ],
)
def test_a_birth_date_lies_between_1900_and_today(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock, birth_date: date, words: str | None
) -> None:
    if words is None:
        assert enrol(session, clinic, actor, clock, birth_date=birth_date).birth_date == birth_date
        return
    with pytest.raises(Invalid, match=words) as refused:
        enrol(session, clinic, actor, clock, birth_date=birth_date)
    assert refused.value.field == "birth_date"


def test_today_is_the_clinics_own(session: Session, clock: FixedClock) -> None:
    honolulu = make_clinic(session, tz="Pacific/Honolulu")
    clock.set(datetime(2026, 11, 24, 3, tzinfo=UTC))
    with pytest.raises(Invalid, match="in the future"):
        enrol(session, honolulu, make_actor(session, honolulu), clock, birth_date=date(2026, 11, 24))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"mrn": "  "}, "mrn"),
        ({"family_name": ""}, "family_name"),
        ({"mrn": "1" * 41}, "mrn"),
        ({"family_name": "R" * 121}, "family_name"),
        ({"pronouns": "x" * 41}, "pronouns"),
        ({"sex_at_birth": "other"}, "sex_at_birth"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_field(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock, changed: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        enrol(session, clinic, actor, clock, **changed)
    assert refused.value.field == field
    assert session.scalar(sa.select(sa.func.count()).select_from(Survivor)) == 0


def test_only_coordinators_and_clinicians_enroll_and_only_at_their_own_clinic(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    with pytest.raises(Forbidden):
        enrol(session, clinic, make_actor(session, clinic, Role.ADMINISTRATOR), clock)
    with pytest.raises(NotFound):
        enrol(session, make_clinic(session), actor, clock)


# Correcting


def test_a_correction_keeps_the_old_values_in_the_trail(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    survivor = enrol(session, clinic, actor, clock)
    entered = replace(survivors.details_of(survivor), given_name="Anna", birth_date=date(2007, 3, 6))
    survivors.edit(session, survivor.id, entered, seen_version=1, actor=actor, clock=clock)
    assert (survivor.given_name, survivor.sort_name, survivor.version) == ("Anna", "rivera anna", 2)
    event = last_event(session, "survivor.edited")
    assert event.before == {"given_name": "Ana", "birth_date": "2007-03-05"}
    assert event.after == {"given_name": "Anna", "birth_date": "2007-03-06"}


def test_keeping_ones_own_record_number_is_no_clash(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    survivor = enrol(session, clinic, actor, clock)
    survivors.edit(session, survivor.id, ANA, seen_version=1, actor=actor, clock=clock)
    other = enrol(session, clinic, actor, clock, mrn="004418")
    with pytest.raises(Invalid, match="004417"):
        survivors.edit(session, other.id, ANA, seen_version=1, actor=actor, clock=clock)


def test_whoever_saves_second_is_told_who_was_first(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    survivor = enrol(session, clinic, actor, clock)
    clock.set(datetime(2026, 11, 23, 15, 42, tzinfo=UTC))
    survivors.edit(session, survivor.id, replace(ANA, given_name="Anna"), seen_version=1, actor=actor, clock=clock)
    with pytest.raises(Conflict, match=r"Dana Ruiz changed this record on Nov 23, 2026, at 10:42 AM"):
        survivors.edit(session, survivor.id, replace(ANA, given_name="Anne"), seen_version=1, actor=actor, clock=clock)
    assert survivor.given_name == "Anna"


def test_a_corrected_birth_date_moves_what_is_due(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    survivor = make_survivor(session, clinic, birth_date=date(2007, 3, 5), exposures={"breast_rt_gy": 20})
    care_plans.refresh(session, survivor, clock=clock)
    before = {item.test_code: item.due_on for item in care_plans.open_items(session, survivor.id)}
    entered = replace(survivors.details_of(survivor), birth_date=date(2004, 3, 5))
    survivors.edit(session, survivor.id, entered, seen_version=1, actor=actor, clock=clock)
    after = {item.test_code: item.due_on for item in care_plans.open_items(session, survivor.id)}
    assert before["breast-mri"] == date(2032, 3, 5)
    assert after["breast-mri"] == date(2030, 10, 31)


@pytest.mark.parametrize(
    ("ended_on", "ends_on"),
    [(date(2030, 2, 28), date(2027, 6, 15)), (date(2029, 1, 1), date(2029, 1, 1))],
    ids=["at the old birthday", "on another day somebody chose"],
)
def test_a_corrected_birth_date_moves_the_end_of_a_proxys_grant(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock, ended_on: date, ends_on: date
) -> None:
    survivor = enrol(session, clinic, actor, clock, birth_date=date(2012, 2, 28))
    user = make_family(session, survivor, Role.PROXY)
    grant = session.scalars(sa.select(Grant).where(Grant.user_id == user.id)).one()
    grant.ends_on = ended_on
    entered = replace(survivors.details_of(survivor), birth_date=date(2009, 6, 15))

    survivors.edit(session, survivor.id, entered, seen_version=survivor.version, actor=actor, clock=clock)

    assert grant.ends_on == ends_on
    assert ("grant.moved" in session.scalars(sa.select(AuditEvent.action)).all()) == (ends_on == date(2027, 6, 15))


def test_anothers_survivor_does_not_exist(session: Session, clinic: Clinic, actor: Actor, clock: FixedClock) -> None:
    theirs = make_survivor(session)
    with pytest.raises(NotFound):
        survivors.edit(session, theirs.id, ANA, seen_version=1, actor=actor, clock=clock)
    with pytest.raises(NotFound):
        survivors.for_editing(session, theirs.id, actor=actor)
    with pytest.raises(NotFound):
        contacts.list_contacts(session, theirs.id, actor=actor)


def test_a_proxy_may_look_but_not_correct(session: Session, clinic: Clinic, clock: FixedClock) -> None:
    from tracker.policy import load_actor

    survivor = make_survivor(session, clinic, birth_date=date(2015, 1, 1))
    parent = load_actor(session, make_family(session, survivor), clock=clock)
    with pytest.raises(Forbidden):
        survivors.edit(session, survivor.id, ANA, seen_version=1, actor=parent, clock=clock)


def test_numbers_of_other_systems_lead_back_to_the_survivor(session: Session, clinic: Clinic) -> None:
    survivor = make_survivor(session, clinic)
    survivors.identify(session, survivor, "case-file", "c1")
    survivors.identify(session, survivor, "case-file", "c1")
    assert survivors.find_identified(session, clinic.id, "case-file", "c1") is survivor
    assert survivors.find_identified(session, clinic.id, "urn:other", "c1") is None
    assert survivors.find_identified(session, make_clinic(session).id, "case-file", "c1") is None


# Decisions
