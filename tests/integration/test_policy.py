"""Who may see and do what: one by one, many at a time, and from which day to which."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from tests.factories import make_clinic, make_staff, make_survivor, make_user
from tracker.clock import FixedClock
from tracker.errors import Forbidden, NotFound
from tracker.models import FAMILY, STAFF, Clinic, Grant, Role, Survivor, User
from tracker.policy import (
    ROLES_FOR,
    Action,
    Actor,
    Scope,
    can,
    can_at,
    load_actor,
    require,
    require_clinic,
    visible_survivors,
)
from tracker.services.accounts import give_role, majority

# Written out by hand, so that a slip in the table of the policy is seen here.
ALLOWED: dict[Role, set[str]] = {
    Role.COORDINATOR: {"view", "enrol", "edit_survivor", "book_visit", "view_worklist", "import", "review_duplicates"},
    Role.CLINICIAN: {
        *("view", "enrol", "edit_survivor", "edit_treatment", "record_result", "decide"),
        *("book_visit", "conduct_visit", "view_worklist", "import", "review_duplicates"),
    },
    Role.ADMINISTRATOR: {"manage_users", "manage_clinic", "view_jobs", "map_codes"},
    Role.SURVIVOR: {"view_portal"},
    Role.PROXY: {"view_portal"},
}


@dataclass
class Places:
    """Two clinics; at the first, the survivor the family belongs to and another child."""

    here: Clinic
    there: Clinic
    own: Survivor
    neighbour: Survivor
    foreign: Survivor

    def actor(self, role: Role) -> Actor:
        at_clinic = role in STAFF
        clinic_id, survivor_id = (self.here.id, None) if at_clinic else (None, self.own.id)
        return Actor("Dana Ruiz", uuid4(), (Scope(role, clinic_id=clinic_id, survivor_id=survivor_id),))

    def all(self) -> list[Survivor]:
        return [self.own, self.neighbour, self.foreign]


@pytest.fixture
def places(session: Session) -> Places:
    here, there = make_clinic(session), make_clinic(session)
    return Places(
        here, there, make_survivor(session, here), make_survivor(session, here), make_survivor(session, there)
    )


def seen_by(session: Session, actor: Actor, action: Action) -> set[UUID]:
    return {survivor.id for survivor in session.scalars(visible_survivors(actor, action))}


def test_the_table_names_every_action_and_every_role() -> None:
    assert set(ROLES_FOR) == set(Action)
    assert {role: {action.value for action in Action if role in ROLES_FOR[action]} for role in Role} == ALLOWED


@pytest.mark.parametrize("role", Role)
def test_one_by_one_and_many_at_a_time_give_the_same_answer(session: Session, places: Places, role: Role) -> None:
    actor = places.actor(role)
    for action in Action:
        one_by_one = {survivor.id for survivor in places.all() if can(actor, action, survivor)}
        assert one_by_one == seen_by(session, actor, action), action
        allowed = action.value in ALLOWED[role]
        reach = [places.own, places.neighbour] if role in STAFF else [places.own]
        assert one_by_one == ({survivor.id for survivor in reach} if allowed else set()), action
        assert actor.may(action) is allowed, action


@pytest.mark.parametrize("role", Role)
def test_a_clinic_is_open_to_its_own_staff_only(places: Places, role: Role) -> None:
    actor = places.actor(role)
    for action in Action:
        assert can_at(actor, action, places.here.id) is (role in STAFF and action.value in ALLOWED[role]), action
        assert not can_at(actor, action, places.there.id), action


def test_nobody_without_a_role_sees_anybody(session: Session, places: Places) -> None:
    nobody = Actor("not signed in")
    for action in Action:
        assert seen_by(session, nobody, action) == set()
        assert not any(can(nobody, action, survivor) for survivor in places.all())
        assert not nobody.may(action)


def test_a_job_sees_everybody(session: Session, places: Places) -> None:
    job = Actor.system("cross_boundaries")
    for action in Action:
        assert seen_by(session, job, action) == {survivor.id for survivor in places.all()}
        assert all(can(job, action, survivor) for survivor in places.all())
        assert can_at(job, action, places.there.id)


def test_two_roles_add_up(session: Session, places: Places) -> None:
    scopes = (*places.actor(Role.ADMINISTRATOR).scopes, *places.actor(Role.CLINICIAN).scopes)
    both = Actor("Dana Ruiz", uuid4(), scopes)
    assert both.may(Action.MANAGE_USERS)
    assert seen_by(session, both, Action.DECIDE) == {places.own.id, places.neighbour.id}
    assert both.clinic_ids(Action.VIEW) == [places.here.id]


def test_a_clinic_where_somebody_holds_two_roles_is_named_once(places: Places) -> None:
    scopes = (*places.actor(Role.COORDINATOR).scopes, *places.actor(Role.CLINICIAN).scopes)
    assert Actor("Dana Ruiz", uuid4(), scopes).clinic_ids(Action.VIEW) == [places.here.id]


def test_the_clinic_one_works_at_comes_first_and_nothing_is_gained_or_lost(places: Places) -> None:
    roles = (Scope(Role.CLINICIAN, places.here.id), Scope(Role.COORDINATOR, places.there.id))
    actor = Actor("Dana Ruiz", uuid4(), roles)
    assert actor.clinic_ids(Action.VIEW) == [places.here.id, places.there.id]
    assert actor.first_at(places.there.id).clinic_ids(Action.VIEW) == [places.there.id, places.here.id]
    assert set(actor.first_at(places.there.id).scopes) == set(roles)
    assert actor.first_at(uuid4()).scopes == roles


def test_the_survivors_own_role_comes_before_a_proxys(places: Places) -> None:
    scopes = (Scope(Role.PROXY, survivor_id=places.own.id), Scope(Role.SURVIVOR, survivor_id=places.own.id))
    actor = Actor("Ana Rivera", uuid4(), scopes)
    assert actor.role_for(places.own) == Role.SURVIVOR
    assert places.actor(Role.PROXY).role_for(places.own) == Role.PROXY
    assert actor.role_for(places.neighbour) is None


@pytest.mark.parametrize(
    ("role", "whose", "action", "answer"),
    [
        (Role.CLINICIAN, "own", Action.RECORD_RESULT, None),
        (Role.CLINICIAN, "neighbour", Action.RECORD_RESULT, None),
        (Role.CLINICIAN, "foreign", Action.RECORD_RESULT, NotFound),
        (Role.COORDINATOR, "own", Action.RECORD_RESULT, Forbidden),
        (Role.COORDINATOR, "foreign", Action.RECORD_RESULT, NotFound),
        (Role.ADMINISTRATOR, "own", Action.VIEW, NotFound),
        (Role.ADMINISTRATOR, "own", Action.VIEW_PORTAL, NotFound),
        (Role.PROXY, "own", Action.VIEW_PORTAL, None),
        (Role.PROXY, "own", Action.VIEW, Forbidden),
        (Role.PROXY, "neighbour", Action.VIEW_PORTAL, NotFound),
        (Role.SURVIVOR, "own", Action.VIEW_PORTAL, None),
        (Role.SURVIVOR, "neighbour", Action.VIEW_PORTAL, NotFound),
        (Role.CLINICIAN, "own", Action.VIEW_PORTAL, Forbidden),
    ],
)
def test_beyond_sight_is_not_there_and_within_sight_may_be_refused(
    session: Session, places: Places, role: Role, whose: str, action: Action, answer: type[Exception] | None
) -> None:
    survivor: Survivor = getattr(places, whose)
    if answer is None:
        assert require(session, places.actor(role), action, survivor.id) is survivor
        return
    with pytest.raises(answer) as refused:
        require(session, places.actor(role), action, survivor.id)
    assert survivor.family_name not in str(refused.value)


def test_a_record_of_others_and_no_record_at_all_are_told_in_the_same_words(session: Session, places: Places) -> None:
    said = []
    for survivor_id in (places.foreign.id, uuid4()):
        with pytest.raises(NotFound) as refused:
            require(session, places.actor(Role.CLINICIAN), Action.VIEW, survivor_id)
        said.append(str(refused.value))
    assert said[0] == said[1]


def test_a_clinic_is_refused_as_a_survivor_is(session: Session, places: Places) -> None:
    administrator, clinician = places.actor(Role.ADMINISTRATOR), places.actor(Role.CLINICIAN)
    assert require_clinic(session, administrator, Action.MANAGE_CLINIC, places.here.id) is places.here
    with pytest.raises(Forbidden):
        require_clinic(session, clinician, Action.MANAGE_CLINIC, places.here.id)
    for actor, clinic_id in (
        (administrator, places.there.id),
        (administrator, uuid4()),
        (places.actor(Role.PROXY), places.here.id),
    ):
        with pytest.raises(NotFound):
            require_clinic(session, actor, Action.MANAGE_CLINIC, clinic_id)


# Grants in force, by the clinic's own calendar


def granted(
    session: Session, user: User, clinic: Clinic, starts_on: date, ends_on: date | None = None, *, role: Role
) -> None:
    session.add(Grant(user_id=user.id, role=role, clinic_id=clinic.id, starts_on=starts_on, ends_on=ends_on))
    session.flush()


def roles_on(session: Session, user: User, day: date) -> frozenset[Role]:
    return load_actor(session, user, clock=FixedClock.on(day)).roles()


@pytest.mark.parametrize(
    ("day", "in_force"),
    [
        (date(2026, 3, 1), False),
        (date(2026, 3, 2), True),
        (date(2026, 3, 3), True),
        (date(2026, 8, 30), True),
        (date(2026, 8, 31), False),
        (date(2026, 9, 1), False),
    ],
)
def test_a_grant_is_in_force_from_its_first_day_until_the_day_before_its_end(
    session: Session, day: date, in_force: bool
) -> None:
    user, clinic = make_user(session), make_clinic(session)
    granted(session, user, clinic, date(2026, 3, 2), date(2026, 8, 31), role=Role.CLINICIAN)
    assert roles_on(session, user, day) == ({Role.CLINICIAN} if in_force else set())


def test_a_grant_without_an_end_goes_on(session: Session) -> None:
    user = make_staff(session, make_clinic(session))
    assert roles_on(session, user, date(2060, 1, 1)) == {Role.CLINICIAN}


@pytest.mark.parametrize(
    ("tz", "hour", "in_force"),
    [
        # The grant begins on March 2, which comes to London at midnight UTC and to New York five hours later.
        ("America/New_York", 4, False),
        ("America/New_York", 5, True),
        ("Europe/London", 0, True),
        ("America/Los_Angeles", 7, False),
        ("America/Los_Angeles", 8, True),
    ],
)
def test_the_day_begins_at_the_clinics_own_midnight(session: Session, tz: str, hour: int, in_force: bool) -> None:
    user, clinic = make_user(session), make_clinic(session, tz=tz)
    granted(session, user, clinic, date(2026, 3, 2), role=Role.CLINICIAN)
    clock = FixedClock(datetime(2026, 3, 2, hour, tzinfo=UTC))
    assert bool(load_actor(session, user, clock=clock).scopes) is in_force
    clock.advance(timedelta(minutes=-1))
    assert not load_actor(session, user, clock=clock).scopes


def test_each_grant_follows_the_calendar_of_its_own_clinic(session: Session) -> None:
    user = make_user(session)
    east, west = make_clinic(session, tz="Australia/Sydney"), make_clinic(session, tz="America/Los_Angeles")
    for clinic in (east, west):
        granted(session, user, clinic, date(2026, 3, 2), role=Role.CLINICIAN)
    evening_before = FixedClock(datetime(2026, 3, 1, 20, tzinfo=UTC))
    assert load_actor(session, user, clock=evening_before).clinic_ids(Action.VIEW) == [east.id]


@pytest.mark.parametrize(
    ("birth_date", "day", "sees"),
    [
        (date(2009, 6, 15), date(2027, 6, 14), True),
        (date(2009, 6, 15), date(2027, 6, 15), False),
        (date(2009, 6, 15), date(2027, 6, 16), False),
        (date(2008, 2, 29), date(2026, 2, 28), True),
        (date(2008, 2, 29), date(2026, 3, 1), False),
        (date(2010, 2, 28), date(2028, 2, 27), True),
        (date(2010, 2, 28), date(2028, 2, 28), False),
        (date(2010, 3, 1), date(2028, 2, 29), True),
        (date(2010, 3, 1), date(2028, 3, 1), False),
    ],
)
def test_a_proxys_sight_ends_on_the_eighteenth_birthday_and_the_survivors_own_does_not(
    session: Session, birth_date: date, day: date, sees: bool
) -> None:
    survivor = make_survivor(session, birth_date=birth_date)
    parent, own = make_user(session, "Maria Rivera"), make_user(session, "Ana Rivera")
    begun = FixedClock.on(date(2024, 1, 8))
    for user, role in ((parent, Role.PROXY), (own, Role.SURVIVOR)):
        give_role(session, user, role, survivor=survivor, actor=Actor.system("test"), clock=begun)
    clock = FixedClock.on(day)
    assert can(load_actor(session, parent, clock=clock), Action.VIEW_PORTAL, survivor) is sees
    assert can(load_actor(session, own, clock=clock), Action.VIEW_PORTAL, survivor)


def test_a_parent_of_two_keeps_the_younger_childs_page(session: Session) -> None:
    clinic = make_clinic(session)
    older = make_survivor(session, clinic, birth_date=date(2008, 11, 23))
    younger = make_survivor(session, clinic, birth_date=date(2012, 1, 1))
    parent = make_user(session, "Maria Rivera")
    for child in (older, younger):
        give_role(
            session,
            parent,
            Role.PROXY,
            survivor=child,
            actor=Actor.system("test"),
            clock=FixedClock.on(date(2024, 1, 8)),
        )
    actor = load_actor(session, parent, clock=FixedClock.on(date(2026, 11, 23)))
    assert seen_by(session, actor, Action.VIEW_PORTAL) == {younger.id}


@pytest.mark.parametrize(
    ("born", "of_age"),
    [
        (date(2008, 2, 29), date(2026, 3, 1)),
        (date(2008, 2, 28), date(2026, 2, 28)),
        (date(2002, 12, 31), date(2020, 12, 31)),
        (date(1984, 2, 29), date(2002, 3, 1)),
    ],
)
def test_majority_is_the_eighteenth_birthday(born: date, of_age: date) -> None:
    assert majority(born) == of_age


def test_an_actor_carries_name_and_address_for_the_trail(session: Session) -> None:
    user = make_staff(session, make_clinic(session), name="Sam Okafor")
    actor = load_actor(session, user, clock=FixedClock.on(date(2026, 11, 23)), address="10.0.0.7")
    assert (actor.name, actor.user_id, actor.address, actor.is_system) == ("Sam Okafor", user.id, "10.0.0.7", False)


def test_family_roles_reach_one_survivor_and_no_clinic(places: Places) -> None:
    for role in FAMILY:
        actor = places.actor(role)
        assert actor.survivor_ids(Action.VIEW_PORTAL) == [places.own.id]
        assert all(actor.clinic_ids(action) == [] for action in Action)
