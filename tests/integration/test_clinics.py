"""Clinics: added, changed, found; and never so that a booked visit moves without anybody saying so."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import AT, make_actor, make_clinic, make_survivor
from tracker.clock import FixedClock
from tracker.errors import Forbidden, Invalid, NotFound
from tracker.models import AuditEvent, Clinic, Grant, Role, Visit
from tracker.policy import Action, Actor, Scope
from tracker.services import clinics
from tracker.services.clinics import ClinicInput

OPERATOR = Actor.system("command line")
HARBOR = ClinicInput(name="Harbor Clinic", phone="617-555-0100")


def entered(clinic: Clinic, **change: Any) -> ClinicInput:
    now = ClinicInput(**{key: getattr(clinic, key) for key in ClinicInput.__dataclass_fields__})
    return replace(now, **change)


def book(session: Session, clinic: Clinic, on: date, slot: int, status: str = "planned") -> Visit:
    survivor = make_survivor(session, clinic)
    visit = Visit(survivor_id=survivor.id, clinic_id=clinic.id, planned_on=on, slot=slot, status=status, created_at=AT)
    session.add(visit)
    session.flush()
    return visit


def test_the_operator_adds_a_clinic_and_nobody_is_its_administrator_yet(session: Session, clock: FixedClock) -> None:
    clinic = clinics.create(session, replace(HARBOR, name="  Harbor   Clinic "), actor=OPERATOR, clock=clock)
    assert (clinic.name, clinic.created_at) == ("Harbor Clinic", clock.now())
    assert session.scalars(sa.select(Grant)).all() == []
    [row] = session.scalars(sa.select(AuditEvent)).all()
    assert (row.action, row.actor, row.clinic_id) == ("clinic.created", "command line", clinic.id)


def test_whoever_adds_a_clinic_on_a_page_administers_it(session: Session, clock: FixedClock) -> None:
    actor = make_actor(session, make_clinic(session), Role.ADMINISTRATOR)
    clinic = clinics.create(session, HARBOR, actor=actor, clock=clock)
    grant = session.scalars(sa.select(Grant).where(Grant.clinic_id == clinic.id)).one()
    assert (grant.user_id, grant.role, grant.starts_on) == (actor.user_id, "administrator", date(2026, 11, 23))


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.CLINICIAN])
def test_nobody_else_adds_or_changes_one(session: Session, clock: FixedClock, role: Role) -> None:
    clinic = make_clinic(session)
    actor = make_actor(session, clinic, role)
    with pytest.raises(Forbidden):
        clinics.create(session, HARBOR, actor=actor, clock=clock)
    with pytest.raises(Forbidden):
        clinics.edit(session, clinic.id, entered(clinic, name="Mine"), actor=actor, clock=clock)


def test_the_other_clinics_administrator_finds_nothing(session: Session, clock: FixedClock) -> None:
    clinic, other = make_clinic(session), make_clinic(session)
    actor = make_actor(session, other, Role.ADMINISTRATOR)
    with pytest.raises(NotFound):
        clinics.one(session, clinic.id, actor=actor)
    with pytest.raises(NotFound):
        clinics.edit(session, clinic.id, entered(clinic, name="Mine"), actor=actor, clock=clock)
    assert clinics.administered(session, actor) == [other]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "n" * 121}, "name"),
        ({"name": "Taken Clinic"}, "name"),
        ({"name": " Taken  Clinic"}, "name"),
        ({"phone": "6" * 41}, "phone"),
        ({"address": "a" * 301}, "address"),
        ({"tz": "Boston"}, "tz"),
        ({"tz": ""}, "tz"),
        ({"weekday": 7}, "weekday"),
        ({"weekday": -1}, "weekday"),
        ({"first_slot": "9 o'clock"}, "first_slot"),
        ({"first_slot": "24:00"}, "first_slot"),
        ({"first_slot": "09:60"}, "first_slot"),
        ({"slot_minutes": 4}, "slot_minutes"),
        ({"slot_minutes": 241}, "slot_minutes"),
        ({"slots_per_day": 0}, "slots_per_day"),
        ({"slots_per_day": 61}, "slots_per_day"),
        ({"first_slot": "18:01", "slot_minutes": 30, "slots_per_day": 12}, "slots_per_day"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    session: Session, clock: FixedClock, change: dict[str, Any], field: str
) -> None:
    make_clinic(session, name="Taken Clinic")
    with pytest.raises(Invalid) as refused:
        clinics.create(session, replace(HARBOR, **change), actor=OPERATOR, clock=clock)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "change",
    [
        {"first_slot": "18:00", "slot_minutes": 30, "slots_per_day": 12},
        {"first_slot": "00:00", "slot_minutes": 5, "slots_per_day": 60},
        {"slot_minutes": 240, "slots_per_day": 1},
        {"tz": "Asia/Kathmandu"},
        {"name": "n" * 120},
    ],
)
def test_what_just_fits_is_taken(session: Session, clock: FixedClock, change: dict[str, Any]) -> None:
    clinic = clinics.create(session, replace(HARBOR, **change), actor=OPERATOR, clock=clock)
    assert entered(clinic) == replace(HARBOR, **change)


def test_a_change_is_recorded_before_and_after(session: Session, clock: FixedClock) -> None:
    clinic = make_clinic(session, phone="617-555-0100")
    actor = make_actor(session, clinic, Role.ADMINISTRATOR)
    clinics.edit(session, clinic.id, entered(clinic, phone="617-555-0111"), actor=actor, clock=clock)
    row = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "clinic.edited")).one()
    assert row.before is not None
    assert row.after is not None
    assert (row.before["phone"], row.after["phone"]) == ("617-555-0100", "617-555-0111")


def test_a_clinic_keeps_its_own_name(session: Session, clock: FixedClock) -> None:
    clinic = make_clinic(session)
    assert clinics.edit(session, clinic.id, entered(clinic), actor=OPERATOR, clock=clock) is clinic


@pytest.mark.parametrize("change", [{"first_slot": "10:00"}, {"slot_minutes": 45}, {"slots_per_day": 3}])
def test_hours_that_would_move_a_booked_visit_are_refused(
    session: Session, clock: FixedClock, change: dict[str, Any]
) -> None:
    clinic = make_clinic(session)
    visit = book(session, clinic, date(2026, 11, 23), slot=3)
    [field] = change
    with pytest.raises(Invalid, match="Visits are booked that this would move: 1") as refused:
        clinics.edit(session, clinic.id, entered(clinic, **change), actor=OPERATOR, clock=clock)
    assert refused.value.field == field
    visit.status = "cancelled"
    session.flush()
    clinics.edit(session, clinic.id, entered(clinic, **change), actor=OPERATOR, clock=clock)
    assert getattr(clinic, field) == change[field]


def test_visits_of_the_past_and_in_places_that_stay_move_with_nothing(session: Session, clock: FixedClock) -> None:
    clinic, other = make_clinic(session), make_clinic(session)
    book(session, clinic, date(2026, 11, 22), slot=5)
    book(session, other, date(2026, 11, 30), slot=5)
    clinics.edit(session, clinic.id, entered(clinic, first_slot="10:00"), actor=OPERATOR, clock=clock)
    book(session, clinic, date(2026, 11, 30), slot=2)
    clinics.edit(session, clinic.id, entered(clinic, slots_per_day=3), actor=OPERATOR, clock=clock)
    clinics.edit(session, clinic.id, entered(clinic, slots_per_day=20, phone="1"), actor=OPERATOR, clock=clock)
    assert clinic.slots_per_day == 20


def test_a_person_works_where_a_role_is_held(session: Session) -> None:
    here, there = make_clinic(session, name="B Clinic"), make_clinic(session, name="A Clinic")
    make_clinic(session, name="C Clinic")
    actor = Actor("Dana Ruiz", None, (Scope(Role.CLINICIAN, here.id), Scope(Role.ADMINISTRATOR, there.id)))
    assert clinics.workplaces(session, actor) == [there, here]
    assert clinics.administered(session, actor) == [there]
    assert clinics.workplaces(session, Actor("nobody")) == []


def test_a_clinic_is_found_by_name_or_as_the_only_one(session: Session) -> None:
    with pytest.raises(NotFound, match="no clinic yet"):
        clinics.by_name(session, None)
    first = make_clinic(session, name="Harbor Clinic")
    assert clinics.by_name(session, None) is first
    assert clinics.by_name(session, "Harbor Clinic") is first
    make_clinic(session, name="River Clinic")
    with pytest.raises(NotFound, match=r"several clinics \(Harbor Clinic, River Clinic\)"):
        clinics.by_name(session, None)
    with pytest.raises(NotFound, match="no clinic named Lake Clinic"):
        clinics.by_name(session, "Lake Clinic")


def test_the_same_check_serves_the_policy(session: Session) -> None:
    clinic = make_clinic(session)
    actor = make_actor(session, clinic, Role.ADMINISTRATOR)
    assert clinics.one(session, clinic.id, actor=actor) is clinic
    assert actor.clinic_ids(Action.MANAGE_CLINIC) == [clinic.id]
