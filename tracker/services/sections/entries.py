"""Entries of a section: read from their table, put into plain values, written and deleted. No check, no audit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.engine.partial_dates import PartialDate, as_partial
from tracker.errors import NotFound
from tracker.models import Survivor
from tracker.services.sections.spec import Field, Kind, Section

Values = Mapping[str, object]
TEXTS = frozenset({Kind.TEXT, Kind.LONG_TEXT, Kind.CHOICE, Kind.YES_NO, Kind.LOOKUP})


@dataclass(frozen=True)
class EntryInput:
    """What somebody entered: a value for each field that was asked. A field that is absent keeps what stands.

    ``values`` by kind of field: text, choices and lookups a ``str`` (empty: not recorded), CODES a list of codes,
    dates a ``date`` or ``PartialDate``, numbers a ``Decimal`` or ``int``, DIAGNOSIS its id, ORGANS a mapping of organ
    exposure to the mean dose in Gy (None: the prescribed dose counts), or None for the organs the fields propose.
    ``id``: of the entry to be changed; None: a new one. ``confirmed``: what was asked about is right.
    """

    values: Values
    id: UUID | None = None
    confirmed: bool = False


def entries_of(session: Session, survivor_id: UUID, section: Section) -> list[Any]:
    """A survivor's entries of one section, oldest first; those without a date come last, in the order of recording."""
    table: Any = section.table
    rows = list(session.scalars(sa.select(table).where(table.survivor_id == survivor_id)))
    return sorted(rows, key=lambda row: _order(row, section))


def _order(row: Any, section: Section) -> tuple[Any, ...]:
    on = getattr(row, section.on) if section.on else None
    dated = (on is None, "" if on is None else str(on))
    return (*dated, row.recorded_at, str(row.id))


def entry_of(session: Session, survivor_id: UUID, section: Section, entry_id: UUID) -> Any:
    """One entry of one survivor; whoever asks has been authorized for the survivor.

    Raises:
        NotFound: no such entry of this section of this survivor.
    """
    row: Any = session.get(section.table, entry_id)
    if row is None or row.survivor_id != survivor_id:
        raise NotFound("There is no such entry, or it is not yours to see")
    return row


def values_of(row: Any, section: Section) -> dict[str, object]:
    """What an entry holds, field by field, as ``EntryInput.values`` takes it."""
    return {field.name: _read(field, getattr(row, field.name)) for field in section.fields}


def _read(field: Field, stored: Any) -> object:
    if field.kind in TEXTS:
        return stored or ""
    if field.kind == Kind.CODES:
        return list(stored or [])
    if field.kind == Kind.ORGANS and stored is not None:
        return {name: None if gy is None else Decimal(gy) for name, gy in stored.items()}
    value: object = stored
    return value


def write_entry(session: Session, survivor: Survivor, section: Section, entered: EntryInput, *, at: datetime) -> Any:
    """Write an entry that has been checked, new or changed, and return its row.

    Raises:
        NotFound: ``entered.id`` is no entry of this section of this survivor.
    """
    if entered.id is None:
        row: Any = section.table(survivor_id=survivor.id, recorded_at=at)
        session.add(row)
    else:
        row = entry_of(session, survivor.id, section, entered.id)
    fill_row(row, section, entered.values)
    session.flush()
    # As the database holds it (75 is 75.0000 there): what was not changed then looks the same before and after.
    session.refresh(row)
    return row


def fill_row(row: Any, section: Section, values: Values) -> None:
    """Put values that have been checked into a row; a field that is absent keeps what stands."""
    columns: Any = section.table.__table__.columns
    for field in section.fields:
        if field.name in values:
            setattr(row, field.name, _stored(field, values[field.name], columns[field.name]))


def _stored(field: Field, value: Any, column: sa.Column[Any]) -> object:
    if field.kind in TEXTS:
        return _stored_text(value or "", field, column)
    if field.kind == Kind.CODES:
        return list(dict.fromkeys(value or ()))
    if field.kind == Kind.PARTIAL_DATE:
        return as_partial(value)
    if field.kind == Kind.ORGANS and value is not None:
        return {name: None if gy is None else str(gy) for name, gy in value.items()}
    stored: object = value
    return stored


def _stored_text(text: str, field: Field, column: sa.Column[Any]) -> str | None:
    # Nothing chosen of a list that has no word for it is what the column holds by itself, mostly "unknown".
    is_listed = field.kind == Kind.YES_NO or field.choices
    if not text and is_listed and "" not in dict(field.choices) and column.default is not None:
        return str(column.default.arg)  # type: ignore[attr-defined]
    return None if not text and column.nullable else str(text)


def delete_entry(session: Session, survivor_id: UUID, section: Section, entry_id: UUID) -> None:
    """Delete one entry; audit trail and editions keep what it said.

    Raises:
        NotFound: no such entry of this section of this survivor.
    """
    session.delete(entry_of(session, survivor_id, section, entry_id))
    session.flush()


def is_blank(value: object) -> bool:
    """Says nothing: no value, an empty text or list."""
    return value is None or (isinstance(value, str) and not value.strip()) or (isinstance(value, list) and not value)


def as_partial_date(value: object) -> PartialDate | None:
    """A date value of an entry, whether it came whole or in part."""
    return as_partial(value) if isinstance(value, date | PartialDate) else None
