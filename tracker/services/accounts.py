"""People who sign in: made, switched on and off, given roles, and checked at the door."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.crypto import blind_index
from tracker.errors import Invalid, NotFound, TrackerError
from tracker.models import STAFF, Clinic, Grant, Role, SignInFailure, Survivor, User
from tracker.policy import Action, Actor, in_force, load_actor, require_clinic
from tracker.services import audit, passwords, user_sessions

FAILURES_ALLOWED = 10
FAILURE_WINDOW = timedelta(minutes=15)
MAJORITY = 18
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
LONGEST_EMAIL, LONGEST_NAME = 254, 120


class TooManyAttempts(TrackerError):
    """Sign-in is slowed down after repeated failures; it opens again by itself."""


@dataclass(frozen=True)
class NewUser:
    """What an administrator enters for a new person."""

    email: str
    name: str
    password: str
    roles: tuple[Role, ...]


def normal_email(text: str) -> str:
    """An address as it is stored and looked for."""
    return text.strip().lower()


def sign_in(session: Session, email: str, password: str, *, address: str, clock: Clock) -> User | None:
    """The person with this address and password; None, after equal work, when there is no such pair.

    Must run in a transaction that is kept whatever the answer: a failure is counted.

    Raises:
        TooManyAttempts: ten failures in fifteen minutes for this account or from this network address.
    """
    keys = [blind_index(f"account:{normal_email(email)}"), blind_index(f"address:{address}")]
    _throttle(session, keys, clock)
    user = session.scalar(sa.select(User).where(User.email == normal_email(email)))
    known = passwords.matches(user.password_hash if user else None, password)
    if user is None or not known or not user.active:
        session.add_all(SignInFailure(key=key, at=clock.now()) for key in keys)
        return None
    user.last_signed_in_at = clock.now()
    user.password_hash = passwords.rehashed(user.password_hash, password)
    session.execute(sa.delete(SignInFailure).where(SignInFailure.key == keys[0]))
    actor, after = Actor(user.name, user.id), {"address": address}
    audit.record(session, actor, "user.signed_in", subject=user, at=clock.now(), after=after)
    return user


def _throttle(session: Session, keys: list[str], clock: Clock) -> None:
    since = clock.now() - FAILURE_WINDOW
    for key in keys:
        counted = sa.select(sa.func.count()).where(SignInFailure.key == key, SignInFailure.at > since)
        if (session.scalar(counted) or 0) >= FAILURES_ALLOWED:
            raise TooManyAttempts("Too many sign-in attempts. Wait 15 minutes, then try again")


def signed_in(session: Session, user_id: UUID, *, clock: Clock, address: str) -> tuple[User, Actor] | None:
    """The person a session belongs to, with today's roles; None once the account is switched off."""
    user = session.get(User, user_id)
    if user is None or not user.active:
        return None
    return user, load_actor(session, user, clock=clock, address=address)


def add_user(session: Session, clinic_id: UUID, entered: NewUser, *, actor: Actor, clock: Clock) -> User:
    """Make an account for a member of staff at a clinic.

    Raises:
        Invalid: the address is taken or not an address, the password is too weak, or no staff role was chosen.
    """
    clinic = require_clinic(session, actor, Action.MANAGE_USERS, clinic_id)
    if not entered.roles:
        raise Invalid("Choose at least one role", field="roles")
    _check_staff_roles(entered.roles)
    user = make_user(session, entered.email, entered.name, entered.password, actor=actor, clock=clock)
    for role in dict.fromkeys(entered.roles):
        give_role(session, user, role, clinic=clinic, actor=actor, clock=clock)
    return user


def make_user(session: Session, email: str, name: str, password: str, *, actor: Actor, clock: Clock) -> User:
    """Make an account without any role yet; the caller has authorised.

    Raises:
        Invalid: the address is taken or not an address, the name is missing, or the password is too weak.
    """
    address, name = normal_email(email), " ".join(name.split())
    if not EMAIL.fullmatch(address) or len(address) > LONGEST_EMAIL:
        raise Invalid("Enter an email address, like name@example.org", field="email")
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(f"Enter the person's name, in at most {LONGEST_NAME} characters", field="name")
    if session.scalar(sa.select(User.id).where(User.email == address)) is not None:
        raise Invalid("Somebody with this email address already has an account", field="email")
    password_hash = passwords.new_hash(password, about=(name, address))
    user = User(email=address, name=name, password_hash=password_hash, active=True, created_at=clock.now())
    session.add(user)
    session.flush()
    after = {"email": address, "name": name}
    audit.record(session, actor, "user.created", subject=user, at=clock.now(), after=after)
    return user


def set_password(session: Session, email: str, password: str, *, actor: Actor, clock: Clock) -> User:
    """Give somebody a new password and end their sessions; for whoever operates the system.

    Raises:
        NotFound: nobody has this address.
        Invalid: the password is too weak.
    """
    if not actor.is_system:
        raise NotFound("A password is set from the command line")
    user = session.scalar(sa.select(User).where(User.email == normal_email(email)))
    if user is None:
        raise NotFound(f"Nobody has the email address {normal_email(email)}")
    user.password_hash = passwords.new_hash(password, about=(user.name, user.email))
    user_sessions.end_all(session, user.id, clock=clock)
    audit.record(session, actor, "user.password_set", subject=user, at=clock.now())
    return user


def give_role(
    session: Session,
    user: User,
    role: Role,
    *,
    actor: Actor,
    clock: Clock,
    clinic: Clinic | None = None,
    survivor: Survivor | None = None,
) -> Grant:
    """Grant a role at a clinic, or for one survivor; the caller has authorised. A proxy's ends at majority.

    Raises:
        Invalid: a proxy for somebody who is of age.
    """
    tz = clinic.tz if clinic is not None else survivor.clinic.tz if survivor is not None else "UTC"
    today = clock.today(tz)
    ends_on = majority(survivor.birth_date) if role == Role.PROXY and survivor is not None else None
    if ends_on is not None and ends_on <= today:
        raise Invalid("The survivor is of age. Only the survivor can have an account", field="role")
    grant = Grant(
        user_id=user.id,
        role=role,
        clinic_id=clinic.id if clinic is not None else None,
        survivor_id=survivor.id if survivor is not None else None,
        starts_on=today,
        ends_on=ends_on,
    )
    session.add(grant)
    session.flush()
    audit.record(session, actor, "grant.given", subject=grant, at=clock.now(), after=grant)
    return grant


def move_majority(session: Session, survivor: Survivor, *, was: date, actor: Actor, clock: Clock) -> None:
    """After a birth date was corrected, end proxies' grants on the right birthday; the caller authorised.

    Only a grant that ended on the old birthday moves: another end was somebody's decision.
    """
    if was == survivor.birth_date:
        return
    proxies = sa.select(Grant).where(Grant.survivor_id == survivor.id, Grant.role == Role.PROXY)
    for grant in session.scalars(proxies.where(Grant.ends_on == majority(was))):
        before = {"ends_on": grant.ends_on}
        # A grant cannot end before it began; one that should never have been given ends the day after.
        grant.ends_on = max(majority(survivor.birth_date), grant.starts_on + timedelta(days=1))
        after = {"ends_on": grant.ends_on}
        audit.record(session, actor, "grant.moved", subject=grant, at=clock.now(), before=before, after=after)


def majority(birth_date: date) -> date:
    """The eighteenth birthday; someone born on 29 February comes of age on 1 March."""
    try:
        return birth_date.replace(year=birth_date.year + MAJORITY)
    except ValueError:
        return date(birth_date.year + MAJORITY, 3, 1)


def staff_of(session: Session, clinic_id: UUID, *, actor: Actor, clock: Clock) -> list[tuple[User, list[Role]]]:
    """Everyone with a role in force at a clinic, by name, with those roles."""
    clinic = require_clinic(session, actor, Action.MANAGE_USERS, clinic_id)
    rows = session.execute(
        sa.select(User, Grant)
        .join(Grant, Grant.user_id == User.id)
        .where(Grant.clinic_id == clinic_id)
        .order_by(User.name, User.id, Grant.role)
    ).all()
    found: dict[UUID, tuple[User, list[Role]]] = {}
    for user, grant in rows:
        if in_force(grant, clock.today(clinic.tz)):
            found.setdefault(user.id, (user, []))[1].append(Role(grant.role))
    return list(found.values())


def member(session: Session, clinic_id: UUID, user_id: UUID, *, actor: Actor, clock: Clock) -> tuple[User, list[Role]]:
    """One of the clinic's staff with the roles held there; raises ``NotFound`` for anybody else."""
    for user, roles in staff_of(session, clinic_id, actor=actor, clock=clock):
        if user.id == user_id:
            return user, roles
    raise NotFound("There is no such person at this clinic")


def set_roles(
    session: Session, clinic_id: UUID, user_id: UUID, roles: Collection[Role], *, actor: Actor, clock: Clock
) -> User:
    """Make these the person's roles at the clinic (none: works there no longer) and end their sessions.

    Raises:
        Invalid: giving up being administrator oneself, which might leave the clinic without one.
    """
    user, held = member(session, clinic_id, user_id, actor=actor, clock=clock)
    _check_staff_roles(roles)
    if user_id == actor.user_id and Role.ADMINISTRATOR not in roles:
        raise Invalid("You cannot give up being administrator yourself. Ask another administrator", field="roles")
    clinic = require_clinic(session, actor, Action.MANAGE_USERS, clinic_id)
    for role in set(held) - set(roles):
        _take_role(session, user, role, clinic, actor=actor, clock=clock)
    for role in sorted(set(roles) - set(held)):
        give_role(session, user, role, clinic=clinic, actor=actor, clock=clock)
    if set(roles) != set(held):
        user_sessions.end_all(session, user.id, clock=clock)
    return user


def set_active(session: Session, clinic_id: UUID, user_id: UUID, active: bool, *, actor: Actor, clock: Clock) -> User:
    """Switch an account off (ending its sessions at once) or on again.

    Raises:
        Invalid: switching off oneself, or somebody who works at another clinic too.
    """
    user, _ = member(session, clinic_id, user_id, actor=actor, clock=clock)
    if user_id == actor.user_id and not active:
        raise Invalid("You cannot switch off your own account. Ask another administrator")
    if _has_other_grants(session, user_id, clinic_id):
        raise Invalid("This person has a role at another clinic too. Take away the roles at yours instead")
    before = {"active": user.active}
    user.active = active
    if not active:
        user_sessions.end_all(session, user.id, clock=clock)
    action = "user.switched_on" if active else "user.switched_off"
    after = {"active": active}
    audit.record(session, actor, action, subject=user, clinic_id=clinic_id, at=clock.now(), before=before, after=after)
    return user


def _check_staff_roles(roles: Collection[Role]) -> None:
    if not set(roles) <= set(STAFF):
        raise Invalid("A family member is invited from the survivor's page", field="roles")


def _take_role(session: Session, user: User, role: Role, clinic: Clinic, *, actor: Actor, clock: Clock) -> None:
    today = clock.today(clinic.tz)
    held = sa.select(Grant).where(Grant.user_id == user.id, Grant.clinic_id == clinic.id, Grant.role == role)
    for grant in session.scalars(held):
        if not in_force(grant, today):
            continue
        audit.record(session, actor, "grant.ended", subject=grant, at=clock.now(), before=grant)
        if grant.starts_on == today:  # a role given by mistake and taken back on the same day lasted no day at all
            session.delete(grant)
        else:
            grant.ends_on = today
    session.flush()


def _has_other_grants(session: Session, user_id: UUID, clinic_id: UUID) -> bool:
    # Those of the past count too: better to ask for one step more than to switch off somebody else's colleague.
    other = sa.or_(Grant.clinic_id != clinic_id, Grant.survivor_id.is_not(None))
    return session.scalar(sa.select(Grant.id).where(Grant.user_id == user_id, other).limit(1)) is not None
