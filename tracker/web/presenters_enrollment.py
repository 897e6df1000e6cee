"""Contacts and family accounts as the contacts page shows them."""

from dataclasses import dataclass
from uuid import UUID

from flask_babel import gettext as _

from tracker.models import Contact, Grant, Role, User
from tracker.services.contacts import agreed
from tracker.web.formats import us_date
from tracker.web.forms_enrollment import KINDS


@dataclass(frozen=True)
class ContactRow:
    """One person to reach."""

    id: UUID
    who: str
    name: str
    phone: str
    email: str
    reminders: str


def contact_rows(contacts: list[Contact]) -> list[ContactRow]:
    kinds = {kind.value: str(words) for kind, words in KINDS}
    return [
        ContactRow(
            id=contact.id,
            who=kinds[contact.kind],
            name=contact.name,
            phone=contact.phone or "",
            email=contact.email or "",
            reminders=reminder_words(contact),
        )
        for contact in contacts
    ]


def reminder_words(contact: Contact) -> str:
    """ "Agreed Oct 3, 2026", "Stopped Nov 1, 2026", or "Not agreed"."""
    if agreed(contact):
        return str(_("Agreed %(day)s", day=us_date(contact.reminders_agreed_on)))
    if contact.reminders_stopped_on is not None:
        return str(_("Stopped %(day)s", day=us_date(contact.reminders_stopped_on)))
    return str(_("Not agreed"))


def family_rows(family: list[tuple[User, Grant]]) -> list[list[str]]:
    """Name, email, and for whom the account stands, until when."""
    return [[user.name, user.email, _standing(grant)] for user, grant in family]


def _standing(grant: Grant) -> str:
    if grant.role == Role.SURVIVOR:
        return str(_("The survivor"))
    return str(_("Parent or guardian, until %(day)s", day=us_date(grant.ends_on)))
