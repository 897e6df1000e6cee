"""Staff accounts as an administrator looks after them: made, given roles, switched off and on."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.factories import PASSWORD, make_actor, make_clinic, make_family, make_staff, make_survivor, make_user
from tests.hashing import light_hashing
from tracker.clock import FixedClock
from tracker.errors import Forbidden, Invalid, NotFound
from tracker.models import AuditEvent, Clinic, Grant, Role, User, UserSession
from tracker.policy import Actor, load_actor
from tracker.services import accounts, user_sessions
from tracker.services.accounts import NewUser

__all__ = ["light_hashing"]
pytestmark = pytest.mark.usefixtures("light_hashing")
SOMEBODY = NewUser("New.Nurse@Clinic.example ", "  Noor  Haddad ", PASSWORD, (Role.COORDINATOR,))
MINUTE = timedelta(minutes=1)


def enter(
    session: Session, clock: FixedClock, user: User | str, password: str, address: str = "10.0.0.1"
) -> User | None:
    email = user if isinstance(user, str) else user.email
    return accounts.sign_in(session, email, password, address=address, clock=clock)


def trail(session: Session, action: str) -> list[AuditEvent]:
    session.flush()
    return list(session.scalars(sa.select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.at)))


# At the door


def test_an_administrator_makes_an_account_with_its_roles(session: Session, clock: FixedClock) -> None:
    clinic = make_clinic(session)
    actor = make_actor(session, clinic, Role.ADMINISTRATOR)
    both = NewUser(SOMEBODY.email, SOMEBODY.name, PASSWORD, (Role.ADMINISTRATOR, Role.CLINICIAN, Role.CLINICIAN))
    user = accounts.add_user(session, clinic.id, both, actor=actor, clock=clock)
    assert (user.email, user.name, user.active) == ("new.nurse@clinic.example", "Noor Haddad", True)
    assert load_actor(session, user, clock=clock).roles() == {Role.ADMINISTRATOR, Role.CLINICIAN}
    assert [row.after for row in trail(session, "user.created")] == [{"email": user.email, "name": "Noor Haddad"}]
    assert len(trail(session, "grant.given")) == 2
    assert enter(session, clock, user, PASSWORD) is user


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"email": "two@@clinic.example"}, "email"),
        ({"email": "name@localhost"}, "email"),
        ({"email": "@clinic.example"}, "email"),
        ({"email": "a" * 250 + "@clinic.example"}, "email"),
        ({"email": "TAKEN@clinic.example"}, "email"),
        ({"name": "  "}, "name"),
        ({"name": "n" * 121}, "name"),
        ({"password": "too short"}, "password"),
        ({"password": "Noor Haddad nurse"}, "password"),
        ({"roles": ()}, "roles"),
        ({"roles": (Role.PROXY,)}, "roles"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    session: Session, clock: FixedClock, change: dict[str, Any], field: str
) -> None:
    clinic = make_clinic(session)
    make_user(session, email="taken@clinic.example")
    given = replace(SOMEBODY, **change)
    with pytest.raises(Invalid) as refused:
        accounts.add_user(session, clinic.id, given, actor=Actor.system("test"), clock=clock)
    assert refused.value.field == field
    assert trail(session, "user.created") == []


def test_two_accounts_with_one_address_cannot_be_stored(session: Session) -> None:
    make_user(session, email="dana@clinic.example")
    with pytest.raises(IntegrityError):
        make_user(session, email="dana@clinic.example")


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.COORDINATOR])
def test_only_an_administrator_of_the_clinic_manages_people(session: Session, clock: FixedClock, role: Role) -> None:
    clinic, other = make_clinic(session), make_clinic(session)
    with pytest.raises(Forbidden):
        accounts.add_user(session, clinic.id, SOMEBODY, actor=make_actor(session, clinic, role), clock=clock)
    administrator_elsewhere = make_actor(session, other, Role.ADMINISTRATOR)
    with pytest.raises(NotFound):
        accounts.add_user(session, clinic.id, SOMEBODY, actor=administrator_elsewhere, clock=clock)
    with pytest.raises(NotFound):
        accounts.staff_of(session, clinic.id, actor=administrator_elsewhere, clock=clock)


# Roles


@pytest.fixture
def clinic(session: Session) -> Clinic:
    return make_clinic(session)


@pytest.fixture
def boss(session: Session, clinic: Clinic) -> Actor:
    return make_actor(session, clinic, Role.ADMINISTRATOR, name="Ada Boss")


def signed_in_sessions(session: Session, user: User) -> list[bool]:
    rows = session.scalars(sa.select(UserSession).where(UserSession.user_id == user.id))
    return [row.revoked_at is None for row in rows]


def test_staff_are_listed_by_name_with_the_roles_in_force(
    session: Session, clock: FixedClock, clinic: Clinic, boss: Actor
) -> None:
    zoe, kim = (
        make_staff(session, clinic, name="Zoe Adams"),
        make_staff(session, clinic, Role.COORDINATOR, name="Kim Lee"),
    )
    session.add(Grant(user_id=kim.id, role=Role.CLINICIAN, clinic_id=clinic.id, starts_on=date(2026, 11, 23)))
    left = make_user(session, name="Lee Gone")
    session.add(
        Grant(
            user_id=left.id,
            role=Role.CLINICIAN,
            clinic_id=clinic.id,
            starts_on=date(2020, 1, 1),
            ends_on=date(2026, 11, 23),
        )
    )
    make_staff(session, make_clinic(session), name="Not Here")
    session.flush()
    listed = [(user.name, roles) for user, roles in accounts.staff_of(session, clinic.id, actor=boss, clock=clock)]
    assert listed == [
        ("Ada Boss", [Role.ADMINISTRATOR]),
        ("Kim Lee", [Role.CLINICIAN, Role.COORDINATOR]),
        ("Zoe Adams", [Role.CLINICIAN]),
    ]
    assert zoe.active


def test_changed_roles_count_from_today_and_end_the_sessions(
    session: Session, clock: FixedClock, clinic: Clinic, boss: Actor
) -> None:
    user = make_staff(session, clinic, Role.COORDINATOR)
    user_sessions.begin(session, "token", {}, user.id, clock=clock)
    accounts.set_roles(session, clinic.id, user.id, {Role.CLINICIAN}, actor=boss, clock=clock)
    assert load_actor(session, user, clock=clock).roles() == {Role.CLINICIAN}
    session.flush()
    session.expire_all()
    assert signed_in_sessions(session, user) == [False]
    [ended], [given] = trail(session, "grant.ended"), trail(session, "grant.given")
    assert ended.before is not None
    assert given.after is not None
    assert (ended.before["role"], given.after["role"], ended.actor) == ("coordinator", "clinician", "Ada Boss")
    yesterday = FixedClock.on(date(2026, 11, 22))
    assert load_actor(session, user, clock=yesterday).roles() == {Role.COORDINATOR}


def test_saving_the_same_roles_changes_nothing(
    session: Session, clock: FixedClock, clinic: Clinic, boss: Actor
) -> None:
    user = make_staff(session, clinic)
    user_sessions.begin(session, "token", {}, user.id, clock=clock)
    accounts.set_roles(session, clinic.id, user.id, [Role.CLINICIAN], actor=boss, clock=clock)
    assert signed_in_sessions(session, user) == [True]
    assert trail(session, "grant.given") == trail(session, "grant.ended") == []


def test_a_role_given_by_mistake_and_taken_back_the_same_day_never_was(
    session: Session, clock: FixedClock, clinic: Clinic, boss: Actor
) -> None:
    user = make_staff(session, clinic)
    accounts.set_roles(session, clinic.id, user.id, [Role.CLINICIAN, Role.ADMINISTRATOR], actor=boss, clock=clock)
    accounts.set_roles(session, clinic.id, user.id, [Role.CLINICIAN], actor=boss, clock=clock)
    assert load_actor(session, user, clock=clock).roles() == {Role.CLINICIAN}
    assert [row.before["role"] for row in trail(session, "grant.ended") if row.before] == ["administrator"]


def test_somebody_without_roles_works_here_no_longer_and_can_come_back(
    session: Session, clock: FixedClock, clinic: Clinic, boss: Actor
) -> None:
    user = make_staff(session, clinic)
    accounts.set_roles(session, clinic.id, user.id, [], actor=boss, clock=clock)
    assert load_actor(session, user, clock=clock).scopes == ()
    with pytest.raises(NotFound):
        accounts.set_roles(session, clinic.id, user.id, [Role.CLINICIAN], actor=boss, clock=clock)


def test_an_administrator_keeps_that_role_and_may_take_another(
    session: Session, clock: FixedClock, clinic: Clinic, boss: Actor
) -> None:
    assert boss.user_id is not None
    with pytest.raises(Invalid, match="yourself"):
        accounts.set_roles(session, clinic.id, boss.user_id, [Role.CLINICIAN], actor=boss, clock=clock)
    both = [Role.CLINICIAN, Role.ADMINISTRATOR]
    user = accounts.set_roles(session, clinic.id, boss.user_id, both, actor=boss, clock=clock)
    assert load_actor(session, user, clock=clock).roles() == set(both)


def test_no_family_role_is_given_here(session: Session, clock: FixedClock, clinic: Clinic, boss: Actor) -> None:
    user = make_staff(session, clinic)
    with pytest.raises(Invalid, match="survivor's page"):
        accounts.set_roles(session, clinic.id, user.id, [Role.PROXY], actor=boss, clock=clock)


def test_a_proxy_for_somebody_of_age_is_refused_from_the_birthday_on(session: Session) -> None:
    survivor = make_survivor(session, birth_date=date(2008, 11, 23))
    user, system = make_user(session), Actor.system("test")
    for day in (date(2026, 11, 23), date(2026, 11, 24)):
        with pytest.raises(Invalid, match="of age"):
            accounts.give_role(session, user, Role.PROXY, survivor=survivor, actor=system, clock=FixedClock.on(day))
    day_before = FixedClock.on(date(2026, 11, 22))
    grant = accounts.give_role(session, user, Role.PROXY, survivor=survivor, actor=system, clock=day_before)
    assert (grant.starts_on, grant.ends_on) == (date(2026, 11, 22), date(2026, 11, 23))


# Switching off


def test_switching_off_ends_every_session_and_shuts_the_door(
    session: Session, clock: FixedClock, clinic: Clinic, boss: Actor
) -> None:
    user, other = make_staff(session, clinic), make_staff(session, clinic)
    for number, whose in enumerate((user, user, other)):
        user_sessions.begin(session, f"token{number}", {"_user_id": str(whose.id)}, whose.id, clock=clock)
    accounts.set_active(session, clinic.id, user.id, False, actor=boss, clock=clock)
    session.flush()
    session.expire_all()
    assert signed_in_sessions(session, user) == [False, False]
    assert signed_in_sessions(session, other) == [True]
    assert accounts.signed_in(session, user.id, clock=clock, address="") is None
    assert enter(session, clock, user, PASSWORD) is None
    [row] = trail(session, "user.switched_off")
    assert (row.before, row.after, row.clinic_id) == ({"active": True}, {"active": False}, clinic.id)


def test_switching_on_opens_the_door_again_but_revives_no_session(
    session: Session, clock: FixedClock, clinic: Clinic, boss: Actor
) -> None:
    user = make_staff(session, clinic)
    user_sessions.begin(session, "token", {}, user.id, clock=clock)
    for active in (False, True):
        accounts.set_active(session, clinic.id, user.id, active, actor=boss, clock=clock)
    session.flush()
    session.expire_all()
    assert signed_in_sessions(session, user) == [False]
    assert enter(session, clock, user, PASSWORD) is user
    assert len(trail(session, "user.switched_on")) == 1


def test_nobody_switches_off_themselves(session: Session, clock: FixedClock, clinic: Clinic, boss: Actor) -> None:
    assert boss.user_id is not None
    with pytest.raises(Invalid, match="your own account"):
        accounts.set_active(session, clinic.id, boss.user_id, False, actor=boss, clock=clock)


def test_a_colleague_of_another_clinic_is_neither_found_nor_switched_off(
    session: Session, clock: FixedClock, clinic: Clinic, boss: Actor
) -> None:
    elsewhere = make_clinic(session)
    theirs, shared = make_staff(session, elsewhere), make_staff(session, elsewhere)
    session.add(Grant(user_id=shared.id, role=Role.CLINICIAN, clinic_id=clinic.id, starts_on=date(2026, 1, 1)))
    session.flush()
    with pytest.raises(NotFound):
        accounts.set_active(session, clinic.id, theirs.id, False, actor=boss, clock=clock)
    with pytest.raises(Invalid, match="another clinic"):
        accounts.set_active(session, clinic.id, shared.id, False, actor=boss, clock=clock)
    assert theirs.active
    assert shared.active


def test_families_are_not_among_the_staff(session: Session, clock: FixedClock, clinic: Clinic, boss: Actor) -> None:
    parent = make_family(session, make_survivor(session, clinic))
    with pytest.raises(NotFound):
        accounts.set_active(session, clinic.id, parent.id, False, actor=boss, clock=clock)


# A new password from the command line


def test_a_new_password_replaces_the_old_one_and_ends_the_sessions(session: Session, clock: FixedClock) -> None:
    user = make_user(session)
    user_sessions.begin(session, "token", {}, user.id, clock=clock)
    accounts.set_password(session, user.email, "violin meadow marble", actor=Actor.system("command line"), clock=clock)
    session.flush()
    session.expire_all()
    assert signed_in_sessions(session, user) == [False]
    assert enter(session, clock, user, PASSWORD) is None
    assert enter(session, clock, user, "violin meadow marble") is user
    [row] = trail(session, "user.password_set")
    assert (row.actor, row.before, row.after) == ("command line", None, None)


def test_a_password_is_set_by_the_operator_alone_and_only_a_good_one(
    session: Session, clock: FixedClock, boss: Actor
) -> None:
    user, operator = make_user(session), Actor.system("command line")
    with pytest.raises(NotFound):
        accounts.set_password(session, user.email, "violin meadow marble", actor=boss, clock=clock)
    with pytest.raises(NotFound, match=r"nobody@clinic\.example"):
        accounts.set_password(session, "nobody@clinic.example", "violin meadow marble", actor=operator, clock=clock)
    with pytest.raises(Invalid, match="15 characters"):
        accounts.set_password(session, user.email, "too short", actor=operator, clock=clock)
