"""A row of any table as JSON and back: so that what an import changed can be put back as it was."""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tracker.crypto import decrypt, encrypt
from tracker.db import EncryptedText, PartialDateText, UTCDateTime
from tracker.engine.partial_dates import PartialDate

# What follows from the rest (the plan's dates on a survivor) or only counts changes: neither put back nor compared.
DERIVED_COLUMNS = {
    "survivors": frozenset(
        {
            "version",
            "has_plan",
            "plan_holds_until",
            "plan_computed_on",
            "plan_digest",
            "plan_seal",
            "next_upcoming_on",
            "next_due_on",
            "next_overdue_on",
            "recurrence_due_on",
            "recurrence_overdue_on",
            "booked_on",
            "placed_on",
            "place_rank",
            "place_since",
            "place_until",
        }
    )
}


def kept_columns(table: sa.Table) -> list[sa.Column[Any]]:
    """The columns of a table that say something of their own."""
    derived = DERIVED_COLUMNS.get(table.name, frozenset[str]())
    return [column for column in table.columns if column.name not in derived]


def encode(table: sa.Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row (by column name) as JSON; what the table keeps encrypted stays encrypted."""
    return {column.name: _told(column, row[column.name]) for column in kept_columns(table)}


def decode(table: sa.Table, told: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a row as it was told, by column name; columns that came later are left out."""
    known = {column.name: column for column in kept_columns(table)}
    return {name: _meant(known[name], value) for name, value in told.items() if name in known}


def digest(table: sa.Table, row: Mapping[str, Any]) -> str:
    """A fingerprint of what a row says."""
    plain = {
        column.name: _plain(row[column.name])
        for column in kept_columns(table)
        if not isinstance(column.type, sa.LargeBinary)
    }
    return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()


def _plain(value: Any) -> object:
    # A number is compared as a number: 75 and 75.0000 are the same dose.
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def _told(column: sa.Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, EncryptedText):
        return encrypt(str(value))
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID | Decimal | PartialDate) else value


def _meant(column: sa.Column[Any], told: Any) -> Any:
    if told is None:
        return None
    for kind, read in READERS:
        if isinstance(column.type, kind):
            return read(told)
    return told


READERS: tuple[tuple[type[Any], Any], ...] = (
    (EncryptedText, decrypt),
    (PartialDateText, PartialDate.parse),
    (UTCDateTime, datetime.fromisoformat),
    (sa.LargeBinary, base64.b64decode),
    (sa.Uuid, UUID),
    (sa.Numeric, Decimal),
    (sa.Date, date.fromisoformat),
)
