"""Which pack a clinic uses, what it has chosen in it, and that somebody answers for it."""

from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_family, make_staff, make_survivor
from tracker.clock import FixedClock
from tracker.engine.rules import Choices
from tracker.errors import Forbidden, Invalid, NotFound
from tracker.models import AuditEvent, Clinic, Role
from tracker.policy import Actor, load_actor
from tracker.services import packs


@pytest.fixture
def clinic(session: Session) -> Clinic:
    return make_clinic(session)


def test_an_administrator_adopts_the_pack_by_name_and_day(session: Session, clock: FixedClock, clinic: Clinic) -> None:
    actor = make_actor(session, clinic, Role.ADMINISTRATOR, name="Ada Boss")
    assert not packs.is_adopted(clinic)
    assert packs.adopter_name(session, clinic) is None
    packs.adopt(session, clinic.id, actor=actor, clock=clock)
    assert packs.is_adopted(clinic)
    assert (clinic.pack_adopted_on, packs.adopter_name(session, clinic)) == (date(2026, 11, 23), "Ada Boss")
    row = session.scalars(sa.select(AuditEvent)).one()
    assert (row.action, row.actor, row.after) == (
        "pack.adopted",
        "Ada Boss",
        {"pack": "childhood-cancer/2026.1", "choices": {}},
    )


def test_the_day_of_adoption_is_the_clinics_own(session: Session) -> None:
    clinic = make_clinic(session, tz="Australia/Sydney")
    actor = make_actor(session, clinic, Role.ADMINISTRATOR)
    evening_in_utc = FixedClock.on(date(2026, 11, 23), hour=20)
    assert packs.adopt(session, clinic.id, actor=actor, clock=evening_in_utc).pack_adopted_on == date(2026, 11, 24)


def test_a_pack_is_adopted_once(session: Session, clock: FixedClock, clinic: Clinic) -> None:
    actor = make_actor(session, clinic, Role.ADMINISTRATOR)
    packs.adopt(session, clinic.id, actor=actor, clock=clock)
    with pytest.raises(Invalid, match="already"):
        packs.adopt(session, clinic.id, actor=actor, clock=clock)


def test_a_command_cannot_answer_for_a_pack(session: Session, clock: FixedClock, clinic: Clinic) -> None:
    with pytest.raises(Invalid, match="A person must adopt"):
        packs.adopt(session, clinic.id, actor=Actor.system("command line"), clock=clock)


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.COORDINATOR])
def test_nobody_but_the_clinics_administrator_adopts(
    session: Session, clock: FixedClock, clinic: Clinic, role: Role
) -> None:
    with pytest.raises(Forbidden):
        packs.adopt(session, clinic.id, actor=make_actor(session, clinic, role), clock=clock)
    stranger = make_actor(session, make_clinic(session), Role.ADMINISTRATOR)
    with pytest.raises(NotFound):
        packs.adopt(session, clinic.id, actor=stranger, clock=clock)
    assert not packs.is_adopted(clinic)


def test_a_clinic_without_choices_uses_the_default_rows(clinic: Clinic) -> None:
    assert packs.choices_of(clinic) == Choices()
    pack = packs.pack_for(clinic)
    assert (pack.name, pack.edition) == ("childhood-cancer", "2026.1")


def test_a_clinics_choice_takes_the_place_of_the_rows_it_rivals(session: Session) -> None:
    plain = packs.pack_for(make_clinic(session))
    chosen = next(rule for rule in plain.alternatives.values() if rule.kind == "late_effects")
    clinic = make_clinic(session, pack_choices={"late_effects": [chosen.id]})
    pack = packs.pack_for(clinic)
    assert chosen.id in pack.rules
    assert chosen.id not in pack.alternatives
    assert packs.choices_of(clinic).late_effects == (chosen.id,)


def test_a_choice_of_schedule_names_diagnosis_and_source(session: Session) -> None:
    clinic = make_clinic(session, pack_choices={"recurrence": [["Osteosarcoma", "another source"]]})
    assert packs.choices_of(clinic).recurrence == (("Osteosarcoma", "another source"),)


def test_a_person_belongs_where_they_work_or_where_their_child_is_followed(
    session: Session, clock: FixedClock, clinic: Clinic
) -> None:
    staff = load_actor(session, make_staff(session, clinic), clock=clock)
    parent = load_actor(
        session, make_family(session, make_survivor(session, clinic, birth_date=date(2012, 1, 1))), clock=clock
    )
    assert packs.clinic_of(session, staff) is clinic
    assert packs.clinic_of(session, parent) is clinic
    assert packs.clinic_of(session, Actor("nobody")) is None


def test_of_two_clinics_the_one_worked_at_comes_first(session: Session, clock: FixedClock, clinic: Clinic) -> None:
    other = make_clinic(session)
    user = make_staff(session, clinic)
    scopes = (*load_actor(session, user, clock=clock).scopes, *make_actor(session, other).scopes)
    actor = Actor("Dana Ruiz", user.id, scopes)
    assert packs.clinic_of(session, actor) is clinic
    assert packs.clinic_of(session, actor.first_at(other.id)) is other
