"""How to reach a family: contacts, agreed reminders, and accounts for the survivor and those who care for them."""

import re
import secrets
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.crypto import blind_index
from tracker.errors import Invalid, NotFound
from tracker.models import FAMILY, Contact, ContactKind, Grant, OutboxMessage, Role, Survivor, User
from tracker.policy import Action, Actor, require
from tracker.services import accounts, audit

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
FEWEST_DIGITS, MOST_DIGITS = 7, 15
TEMPORARY_WORDS = 4
# Short everyday words that read well over the telephone; four of them and a number make a first password.
WORDS = (
    *("apple", "river", "candle", "window", "garden", "silver", "orange", "pencil", "button", "marble", "ticket"),
    *("basket", "forest", "island", "lantern", "meadow", "planet", "ribbon", "saddle", "tunnel", "violin", "walnut"),
    *("yellow", "zipper", "anchor", "bridge", "copper", "dragon", "engine", "feather", "guitar", "harbor"),
)


@dataclass(frozen=True, kw_only=True)
class ContactInput:
    """One person to reach. ``reminders``: has this person agreed to be reminded by email?"""

    kind: str
    name: str = ""
    phone: str = ""
    email: str = ""
    reminders: bool = False


@dataclass(frozen=True)
class Invited:
    """A family member's account; ``password`` is the one made for it, to hand over once (None: theirs already)."""

    user: User
    password: str | None


def normal_phone(text: str) -> str:
    """Digits with a leading "+"; a ten-digit number is taken as one of the United States or Canada.

    Raises:
        Invalid: too few or too many digits, or letters.
    """
    digits = re.sub(r"[\s().\-/]", "", text)
    if not re.fullmatch(r"\+?[0-9]+", digits) or not FEWEST_DIGITS <= len(digits.lstrip("+")) <= MOST_DIGITS:
        raise Invalid("Enter a phone number, like 617-555-0123", field="phone")
    if digits.startswith("+"):
        return digits
    return f"+1{digits}" if len(digits) == 10 else f"+{digits}"


def phone_key(text: str) -> str:
    """The keyed hash by which an equal phone number is found, however it was written."""
    return blind_index(f"phone:{normal_phone(text)}")


def email_key(text: str) -> str:
    """The keyed hash by which an equal email address is found."""
    return blind_index(f"email:{accounts.normal_email(text)}")


def contacts_of(session: Session, survivor_id: UUID) -> list[Contact]:
    """Whom to reach, in the order they were entered; the caller has authorised."""
    rows = session.scalars(
        sa.select(Contact).where(Contact.survivor_id == survivor_id).order_by(Contact.created_at, Contact.id)
    )
    return [row for row in rows if row.name or row.phone or row.email]


def list_contacts(session: Session, survivor_id: UUID, *, actor: Actor) -> tuple[Survivor, list[Contact]]:
    """The survivor and the people to reach about them, for editing."""
    survivor = require(session, actor, Action.EDIT_SURVIVOR, survivor_id)
    return survivor, contacts_of(session, survivor_id)


def contact_for_editing(
    session: Session, survivor_id: UUID, contact_id: UUID, *, actor: Actor
) -> tuple[Survivor, Contact]:
    """One of the survivor's contacts, authorised."""
    survivor = require(session, actor, Action.EDIT_SURVIVOR, survivor_id)
    return survivor, _one(session, survivor, contact_id)


def family_of(session: Session, survivor_id: UUID) -> list[tuple[User, Grant]]:
    """Who of the family may sign in for this survivor; the caller has authorised."""
    query = sa.select(User, Grant).join(Grant, Grant.user_id == User.id).where(Grant.survivor_id == survivor_id)
    return [(user, grant) for user, grant in session.execute(query.order_by(User.name, Grant.starts_on))]


def add_contact(session: Session, survivor_id: UUID, entered: ContactInput, *, actor: Actor, clock: Clock) -> Contact:
    """Add someone to reach.

    Raises:
        Invalid: neither phone nor email, one of them is mistyped, or reminders were agreed without an address.
    """
    survivor = require(session, actor, Action.EDIT_SURVIVOR, survivor_id)
    _check(entered)
    contact = Contact(survivor_id=survivor.id, kind=entered.kind, created_at=clock.now())
    _fill(contact, entered, survivor, clock)
    session.add(contact)
    session.flush()
    audit.record(session, actor, "contact.added", subject=contact, at=clock.now(), after=contact)
    return contact


def edit_contact(
    session: Session, survivor_id: UUID, contact_id: UUID, entered: ContactInput, *, actor: Actor, clock: Clock
) -> Contact:
    """Change how someone is reached, or whether they agreed to reminders; raises as ``add_contact``."""
    survivor = require(session, actor, Action.EDIT_SURVIVOR, survivor_id)
    contact = _one(session, survivor, contact_id)
    _check(entered)
    before = audit.snapshot(contact)
    contact.kind = entered.kind
    _fill(contact, entered, survivor, clock)
    if not entered.reminders:
        _withdraw_messages(session, contact, clock)
    audit.record(session, actor, "contact.edited", subject=contact, at=clock.now(), before=before, after=contact)
    return contact


def remove_contact(session: Session, survivor_id: UUID, contact_id: UUID, *, actor: Actor, clock: Clock) -> None:
    """Forget someone. Where messages were sent to them the row stays, emptied, so that the messages keep it.

    Somebody who is gone already may be removed again: the button was pressed twice.
    """
    survivor = require(session, actor, Action.EDIT_SURVIVOR, survivor_id)
    if session.get(Contact, contact_id) is None:
        return
    contact = _one(session, survivor, contact_id)
    audit.record(session, actor, "contact.removed", subject=contact, at=clock.now(), before=contact)
    _withdraw_messages(session, contact, clock)
    if session.scalar(sa.select(OutboxMessage.id).where(OutboxMessage.contact_id == contact.id).limit(1)) is None:
        session.delete(contact)
        return
    contact.name, contact.phone, contact.email, contact.phone_key, contact.email_key = "", None, None, None, None
    contact.reminders_stopped_on = clock.today(survivor.clinic.tz)


def invite_family(
    session: Session,
    survivor_id: UUID,
    email: str,
    name: str,
    role: Role,
    *,
    actor: Actor,
    clock: Clock,
    password: str | None = None,
) -> Invited:
    """Give the survivor, or someone who cares for them, an account that sees this survivor alone.

    A parent of two children keeps one account: a second invitation adds the second child to it.
    Without ``password`` one is made, to be handed over once.

    Raises:
        Invalid: the role is not a family's, a proxy for an adult, or the address belongs to somebody on the staff.
    """
    survivor = require(session, actor, Action.EDIT_SURVIVOR, survivor_id)
    if role not in FAMILY:
        raise Invalid("Choose whether this is the survivor or someone who cares for them", field="role")
    if not name.strip():
        raise Invalid("Enter the person's name", field="name")
    if role == Role.PROXY and accounts.majority(survivor.birth_date) <= clock.today(survivor.clinic.tz):
        raise Invalid("The survivor is an adult. Invite the survivor in person", field="role")
    known = session.scalar(sa.select(User).where(User.email == accounts.normal_email(email)))
    if known is not None:
        _add_child(session, known, survivor)
        accounts.give_role(session, known, role, survivor=survivor, actor=actor, clock=clock)
        return Invited(known, None)
    chosen = password or _first_password()
    user = accounts.make_user(session, email, name, chosen, actor=actor, clock=clock)
    accounts.give_role(session, user, role, survivor=survivor, actor=actor, clock=clock)
    return Invited(user, chosen)


def _add_child(session: Session, user: User, survivor: Survivor) -> None:
    grants = list(session.scalars(sa.select(Grant).where(Grant.user_id == user.id)))
    if any(Role(grant.role) not in FAMILY for grant in grants):
        raise Invalid("This email address belongs to a member of staff. Use a private one", field="email")
    if any(grant.survivor_id == survivor.id for grant in grants):
        raise Invalid("This person already has an account for this survivor", field="email")


def _first_password() -> str:
    return "-".join([*(secrets.choice(WORDS) for _ in range(TEMPORARY_WORDS)), str(secrets.randbelow(90) + 10)])


def _one(session: Session, survivor: Survivor, contact_id: UUID) -> Contact:
    contact = session.get(Contact, contact_id)
    if contact is None or contact.survivor_id != survivor.id:
        raise NotFound("There is no such contact. Somebody may have removed it")
    return contact


def _check(entered: ContactInput) -> None:
    if entered.kind not in tuple(ContactKind):
        raise Invalid("Choose who this is", field="kind")
    if not entered.phone.strip() and not entered.email.strip():
        raise Invalid("Enter a phone number or an email address", field="phone")
    if entered.phone.strip():
        normal_phone(entered.phone)
    if entered.email.strip() and not EMAIL.fullmatch(accounts.normal_email(entered.email)):
        raise Invalid("Enter an email address, like name@example.org", field="email")
    if entered.reminders and not entered.email.strip():
        raise Invalid("Reminders go out by email. Enter an email address", field="email")


def _fill(contact: Contact, entered: ContactInput, survivor: Survivor, clock: Clock) -> None:
    phone, email = " ".join(entered.phone.split()), accounts.normal_email(entered.email)
    contact.name = " ".join(entered.name.split())[:120]
    contact.phone, contact.phone_key = (phone, phone_key(phone)) if phone else (None, None)
    contact.email, contact.email_key = (email, email_key(email)) if email else (None, None)
    today = clock.today(survivor.clinic.tz)
    if entered.reminders and not agreed(contact):
        contact.reminders_agreed_on, contact.reminders_stopped_on = today, None
    elif not entered.reminders and agreed(contact):
        contact.reminders_stopped_on = today


def agreed(contact: Contact) -> bool:
    """Has this person agreed to reminders, and not stopped them since?"""
    return contact.reminders_agreed_on is not None and contact.reminders_stopped_on is None


def _withdraw_messages(session: Session, contact: Contact, clock: Clock) -> None:
    session.execute(
        sa.update(OutboxMessage)
        .where(
            OutboxMessage.contact_id == contact.id,
            OutboxMessage.sent_at.is_(None),
            OutboxMessage.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=clock.now())
    )
