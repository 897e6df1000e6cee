"""How to reach somebody, as tables tell it: telephone and email checked and stored. Nobody agrees to reminders so."""

from uuid import uuid4

from tracker.errors import Invalid
from tracker.models import Contact, Survivor
from tracker.services import accounts, audit, contacts
from tracker.services.table_desk import Desk, Told
from tracker.tables.reading import TableRow

WAYS = ("phone", "email")


def check_ways(desk: Desk, row: TableRow) -> Told:
    """What is remembered of a telephone number and an email address: keyed hashes. A problem for what is neither."""
    told: Told = {}
    phone, email = row.text("phone"), accounts.normal_email(row.text("email"))
    if phone:
        try:
            told["phone"] = contacts.phone_key(phone)
        except Invalid as error:
            desk.problem(row, "phone", str(error))
    if email and contacts.EMAIL.fullmatch(email):
        told["email"] = contacts.email_key(email)
    elif email:
        desk.problem(row, "email", "Enter an email address, like name@example.org")
    return told


def write_ways(
    desk: Desk, survivor: Survivor, kind: str, contact: Contact | None, row: TableRow, news: Told
) -> Contact:
    """Store how somebody is reached, as far as it is news; a contact is made where there is none."""
    before = None if contact is None else audit.snapshot(contact)
    if contact is None:
        contact = Contact(id=uuid4(), survivor_id=survivor.id, kind=kind, name="", created_at=desk.clock.now())
        desk.session.add(contact)
    if "name" in news:
        contact.name = row.text("name")
    if "phone" in news:
        contact.phone, contact.phone_key = row.text("phone"), news["phone"]
    if "email" in news:
        if contacts.agreed(contact) and contact.email_key != news["email"]:
            desk.note(row, "email", "Reminders were agreed to, and go to the new address from now on")
        contact.email, contact.email_key = accounts.normal_email(row.text("email")), news["email"]
    desk.trail("contact.added" if before is None else "contact.edited", contact, before=before)
    return contact


def differing(contact: Contact | None, news: Told) -> list[str]:
    """Which of the news is not on record."""
    if contact is None:
        return list(news)
    standing = {"name": contact.name, "phone": contact.phone_key, "email": contact.email_key}
    return [name for name, value in news.items() if standing.get(name) != value]
