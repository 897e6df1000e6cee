"""Whom to reach, who agreed to reminders, and who of the family may sign in."""

from dataclasses import replace
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
    make_staff,
    make_survivor,
    make_user,
)
from tracker.clock import FixedClock
from tracker.errors import Invalid, NotFound
from tracker.models import AuditEvent, Clinic, Contact, Grant, OutboxMessage, Role, Survivor, User, Visit
from tracker.policy import Actor
from tracker.services import care_plans, contacts
from tracker.services.contacts import ContactInput
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
    [event] = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == action))
    return event


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


# Contacts


MOTHER = ContactInput(kind="mother", name="Maria Rivera", phone="(617) 555-0123", email=" Maria@Family.Example ")


@pytest.mark.parametrize(
    "written", ["617-555-0123", "(617) 555 0123", "617.555.0123", "+1 617 555 0123", "16175550123"]
)
def test_a_phone_number_is_found_however_it_was_written(written: str) -> None:
    assert contacts.normal_phone(written) == "+16175550123"
    assert contacts.phone_key(written) == contacts.phone_key("617-555-0123")
    assert contacts.phone_key(written) != contacts.phone_key("617-555-0124")


@pytest.mark.parametrize("written", ["555", "1" * 16, "call mother", "617-555-O123", "++16175550123"])
def test_what_is_no_phone_number_is_refused(written: str) -> None:
    with pytest.raises(Invalid, match="phone number") as refused:
        contacts.normal_phone(written)
    assert refused.value.field == "phone"


def test_a_contact_is_stored_encrypted_with_keys_to_find_it_by(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    survivor = make_survivor(session, clinic)
    contact = contacts.add_contact(session, survivor.id, MOTHER, actor=actor, clock=clock)
    assert contact.email == "maria@family.example"
    assert contact.email_key == contacts.email_key("MARIA@family.example")
    assert contact.phone_key == contacts.phone_key("6175550123")
    stored = session.execute(sa.text("SELECT phone, email FROM contacts")).one()
    assert "617" not in stored.phone and "maria" not in stored.email
    event = last_event(session, "contact.added")
    assert event.survivor_id == survivor.id
    assert "maria@family.example" not in str(event.after)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"phone": "", "email": ""}, "phone"),
        ({"email": "maria"}, "email"),
        ({"email": "maria@family"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"kind": "aunt"}, "kind"),
        ({"email": "", "reminders": True}, "email"),
    ],
)
def test_a_contact_must_be_reachable(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock, changed: dict[str, Any], field: str
) -> None:
    survivor = make_survivor(session, clinic)
    with pytest.raises(Invalid) as refused:
        contacts.add_contact(session, survivor.id, replace(MOTHER, **changed), actor=actor, clock=clock)
    assert refused.value.field == field
    assert contacts.contacts_of(session, survivor.id) == []


def test_agreeing_to_reminders_and_stopping_them_keep_their_dates(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    survivor = make_survivor(session, clinic)
    contact = contacts.add_contact(session, survivor.id, replace(MOTHER, reminders=True), actor=actor, clock=clock)
    assert (contact.reminders_agreed_on, contact.reminders_stopped_on) == (TODAY, None)

    def save(reminders: bool, on: date) -> None:
        clock.set(on)
        entered = replace(MOTHER, reminders=reminders)
        contacts.edit_contact(session, survivor.id, contact.id, entered, actor=actor, clock=clock)

    save(True, date(2026, 11, 24))
    assert contact.reminders_agreed_on == TODAY
    save(False, date(2026, 11, 25))
    assert (contact.reminders_agreed_on, contact.reminders_stopped_on) == (TODAY, date(2026, 11, 25))
    save(False, date(2026, 11, 26))
    assert contact.reminders_stopped_on == date(2026, 11, 25)
    save(True, date(2026, 11, 27))
    assert contact.reminders_agreed_on == date(2026, 11, 27)
    assert contacts.agreed(contact)


def test_stopping_reminders_withdraws_the_message_that_waits(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    survivor = planned(session, clinic, clock)
    [contact] = contacts.contacts_of(session, survivor.id)
    contacts.edit_contact(session, survivor.id, contact.id, MOTHER, actor=actor, clock=clock)
    [message] = session.scalars(sa.select(OutboxMessage))
    session.refresh(message)
    assert message.withdrawn_at == clock.now()


def test_a_removed_contact_is_gone_and_removing_it_twice_is_no_error(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    survivor = make_survivor(session, clinic)
    contact = contacts.add_contact(session, survivor.id, MOTHER, actor=actor, clock=clock)
    for _press in range(2):
        contacts.remove_contact(session, survivor.id, contact.id, actor=actor, clock=clock)
        session.flush()
    assert session.scalar(sa.select(sa.func.count()).select_from(Contact)) == 0
    assert last_event(session, "contact.removed").before is not None


def test_a_contact_that_was_written_to_is_emptied_instead(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    survivor = planned(session, clinic, clock)
    [contact] = contacts.contacts_of(session, survivor.id)
    contacts.remove_contact(session, survivor.id, contact.id, actor=actor, clock=clock)
    session.flush()
    assert contacts.contacts_of(session, survivor.id) == []
    assert (contact.name, contact.phone, contact.email, contact.email_key) == ("", None, None, None)


def test_a_contact_belongs_to_its_survivor(session: Session, clinic: Clinic, actor: Actor, clock: FixedClock) -> None:
    mine, other = make_survivor(session, clinic), make_survivor(session, clinic)
    contact = make_contact(session, other)
    with pytest.raises(NotFound):
        contacts.edit_contact(session, mine.id, contact.id, MOTHER, actor=actor, clock=clock)
    with pytest.raises(NotFound):
        contacts.remove_contact(session, mine.id, contact.id, actor=actor, clock=clock)


# Family accounts


def invite(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock, email: str = "m@family.example",
    role: Role = Role.PROXY, name: str = "Maria Rivera",
) -> contacts.Invited:  # fmt: skip
    return contacts.invite_family(session, survivor.id, email, name, role, actor=actor, clock=clock)


def test_a_parent_is_invited_until_the_eighteenth_birthday(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    survivor = make_survivor(session, clinic, birth_date=date(2012, 2, 29))
    invited = invite(session, survivor, actor, clock)
    [(user, grant)] = contacts.family_of(session, survivor.id)
    assert (user, grant.role, grant.ends_on) == (invited.user, "proxy", date(2030, 3, 1))
    assert invited.password is not None and len(invited.password) >= 15


@pytest.mark.parametrize(("birth_date", "allowed"), [(date(2008, 11, 24), True), (date(2008, 11, 23), False)])
def test_nobody_becomes_the_proxy_of_an_adult(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock, birth_date: date, allowed: bool
) -> None:
    survivor = make_survivor(session, clinic, birth_date=birth_date)
    if allowed:
        assert invite(session, survivor, actor, clock).user.email == "m@family.example"
        return
    with pytest.raises(Invalid, match="adult"):
        invite(session, survivor, actor, clock)
    assert invite(session, survivor, actor, clock, role=Role.SURVIVOR).password is not None


def test_a_parent_of_two_keeps_one_account(session: Session, clinic: Clinic, actor: Actor, clock: FixedClock) -> None:
    first, second = (make_survivor(session, clinic, birth_date=date(2014, 5, 1)) for _child in range(2))
    made = invite(session, first, actor, clock)
    again = invite(session, second, actor, clock, email="M@Family.Example")
    assert (again.user, again.password) == (made.user, None)
    assert session.scalar(sa.select(sa.func.count()).select_from(Grant).where(Grant.user_id == made.user.id)) == 2
    with pytest.raises(Invalid, match="already has an account"):
        invite(session, second, actor, clock)


def test_a_colleagues_address_is_not_a_familys(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    survivor = make_survivor(session, clinic, birth_date=date(2014, 5, 1))
    make_staff(session, clinic, email="lena@clinic.example")
    with pytest.raises(Invalid, match="member of staff"):
        invite(session, survivor, actor, clock, email="lena@clinic.example")
    assert contacts.family_of(session, survivor.id) == []


def test_an_invitation_needs_a_family_role_and_a_name(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    survivor = make_survivor(session, clinic, birth_date=date(2014, 5, 1))
    with pytest.raises(Invalid) as staff:
        invite(session, survivor, actor, clock, role=Role.CLINICIAN)
    with pytest.raises(Invalid) as nameless:
        invite(session, survivor, actor, clock, name=" ")
    assert (staff.value.field, nameless.value.field) == ("role", "name")
    assert session.scalar(sa.select(sa.func.count()).select_from(User).where(User.name == "Maria Rivera")) == 0


def test_someone_without_any_role_yet_can_be_given_a_child(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    survivor = make_survivor(session, clinic, birth_date=date(2014, 5, 1))
    known = make_user(session, name="Maria Rivera", email="m@family.example")
    assert invite(session, survivor, actor, clock).user is known
