"""Whom imported resources name to be reached about a survivor. To stand in a file is no agreement to reminders."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tracker.models import Contact, ContactKind
from tracker.services import contacts
from tracker.services.import_desk import OF_CONTACTS, Desk, Key
from tracker.services.import_records import ChartRecord, ContactRecord

LONGEST_NAME = 120


def store_contact(desk: Desk, record: ChartRecord) -> None:
    """Add the person to reach, or correct how they are reached, unless somebody has changed it here."""
    if record.contact is None:
        return
    key: Key = (record.resource_type, record.external_id, OF_CONTACTS, "")
    told = _told(record.contact)
    known = desk.owned.get(key)
    if known is not None and known.told == told:
        return
    row = desk.session.get(Contact, known.row_id) if known is not None and known.row_id is not None else None
    if known is not None and (row is None or _standing(row) != known.told):
        if known.row_id is not None:
            desk.told.notes.append(f"{key[0]}/{key[1]} changed at its source, but the contact was changed here")
        desk.remember(key, told, known.row_id)
        return
    if row is None and _is_known(desk, told):
        desk.remember(key, told, None)
        return
    desk.remember(key, told, _write(desk, record.contact, told, row, external_id=f"{key[0]}/{key[1]}"))


def _told(contact: ContactRecord) -> dict[str, Any]:
    # Keyed hashes: what is remembered of an import holds no telephone number.
    return {
        "kind": contact.kind if contact.kind in tuple(ContactKind) else ContactKind.OTHER.value,
        "name": contact.name[:LONGEST_NAME],
        "phone": contacts.phone_key(contact.phone) if contact.phone else None,
        "email": contacts.email_key(contact.email) if contact.email else None,
    }


def _standing(row: Contact) -> dict[str, Any]:
    return {"kind": row.kind, "name": row.name, "phone": row.phone_key, "email": row.email_key}


def _is_known(desk: Desk, told: dict[str, Any]) -> bool:
    """Is this person among the contacts already, by number or address?"""
    keys = (told["phone"], told["email"])
    rows = desk.session.scalars(sa.select(Contact).where(Contact.survivor_id == desk.survivor.id))
    return any(
        row.kind == told["kind"]
        and any(
            mine is not None and mine == its for mine, its in zip(keys, (row.phone_key, row.email_key), strict=True)
        )
        for row in rows
    )


def _write(desk: Desk, contact: ContactRecord, told: dict[str, Any], row: Contact | None, *, external_id: str) -> UUID:
    action = "contact.changed" if row is not None else "contact.added"
    if row is None:
        row = Contact(
            survivor_id=desk.survivor.id, external_id=external_id, kind=told["kind"], created_at=desk.clock.now()
        )
        desk.session.add(row)
    row.kind, row.name = told["kind"], told["name"]
    row.phone, row.phone_key = contact.phone or None, told["phone"]
    row.email, row.email_key = contact.email or None, told["email"]
    desk.session.flush()
    desk.trail(action, row, after=row)
    return row.id
