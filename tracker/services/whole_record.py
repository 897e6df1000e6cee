"""A survivor's whole treatment summary as rows, and the same as JSON that an edition keeps for good."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.crypto import blind_index
from tracker.db import EncryptedText, PartialDateText, UTCDateTime
from tracker.engine.partial_dates import PartialDate, as_partial, known_to, precision_of
from tracker.models import Survivor
from tracker.services.record_parts import parts
from tracker.services.sections.spec import Section

# What of the survivor's own row belongs to a treatment summary.
ABOUT = (
    "mrn", "family_name", "given_name", "preferred_name", "birth_date", "sex_at_birth", "language",
    "interpreter_needed", "interpreter_language", "ltfu_entry_on", "summary_confirmed_on", "summary_confirmed_by",
)  # fmt: skip
ABOUT_KEY = "about"
PRECISION = "_precision"
UNSAID = ("survivor_id", "external_id")
STORED = Decimal("0.0001")
Content = dict[str, Any]


@dataclass(frozen=True)
class WholeRecord:
    """Everything a treatment summary is made of. ``about``: columns of the survivor; ``rows``: by part of the record.

    A part that holds nothing is missing in ``rows``; use ``of``.
    """

    about: Mapping[str, Any]
    rows: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def of(self, key: str) -> tuple[Any, ...]:
        """The entries of one part ("diagnoses", "metastases"), in its order."""
        return self.rows.get(key, ())

    @property
    def is_empty(self) -> bool:
        """Is nothing recorded yet of disease and treatment?"""
        return not any(self.rows.values())


def read_record(session: Session, survivor: Survivor) -> WholeRecord:
    """The record as it stands, confidential parts included; the caller has authorised.

    One statement finds which parts hold anything, and one reads each of those, whatever the number of entries.
    """
    session.flush()
    filled = _filled(session, survivor.id)
    rows = {each.key: _rows(session, each, survivor.id) for each in parts() if each.key in filled}
    return WholeRecord({name: getattr(survivor, name) for name in ABOUT}, rows)


def _filled(session: Session, survivor_id: UUID) -> set[str]:
    found = (
        sa.select(sa.literal(each.key)).where(sa.exists().where(each.table.survivor_id == survivor_id))  # type: ignore[attr-defined]
        for each in parts()
    )
    return set(session.scalars(sa.union_all(*found)))


def _rows(session: Session, section: Section, survivor_id: UUID) -> tuple[Any, ...]:
    table: Any = section.table
    rows = session.scalars(sa.select(table).where(table.survivor_id == survivor_id)).all()
    return tuple(sorted(rows, key=lambda row: _place(row, section)))


def _place(row: Any, section: Section) -> tuple[Any, ...]:
    """Diagnoses and syndromes by position, totals by name; all others by date, those without one last."""
    if hasattr(type(row), "position"):
        return (row.position,)
    if not hasattr(type(row), "recorded_at"):
        return (row.name,)
    on = getattr(row, section.on) if section.on else None
    return on is None, "" if on is None else str(on), row.recorded_at, str(row.id)


def content_of(record: WholeRecord) -> Content:
    """The record as JSON. Numbers are text without zeros at the end, dates are written as far as they are known;
    what the table keeps encrypted is a keyed hash by which only a change can be seen."""
    content: Content = {ABOUT_KEY: {name: _plain(value) for name, value in record.about.items()}}
    return content | {key: [entry_of(row) for row in rows] for key, rows in record.rows.items() if rows}


def entry_of(row: Any) -> dict[str, Any]:
    """One row as JSON, without its survivor; a day and how far it is known are one value."""
    entry = {}
    for name, column in _columns(type(row)).items():
        value = getattr(row, name)
        if isinstance(column.type, EncryptedText) and value is not None:
            entry[name] = f"hidden:{blind_index(value)[:12]}"
        elif (precision := _precision_column(name, type(row))) is not None:
            entry[name] = _plain(as_partial(known_to(value, getattr(row, precision))))
        else:
            entry[name] = _plain(Decimal(value) if value is not None and isinstance(column.type, sa.Numeric) else value)
    return entry


def record_from(content: Content) -> WholeRecord:
    """The rows an edition's content tells of; they belong to no database and must not be added to one."""
    dates = {"birth_date", "ltfu_entry_on", "summary_confirmed_on"}
    about = {
        name: date.fromisoformat(value) if name in dates and value else value
        for name, value in content.get(ABOUT_KEY, {}).items()
    }
    kept = {each.key: tuple(_row(each, entry) for entry in content.get(each.key, ())) for each in parts()}
    return WholeRecord(about, {key: rows for key, rows in kept.items() if rows})


def _row(section: Section, entry: Mapping[str, Any]) -> Any:
    values: dict[str, Any] = {}
    for name, column in _columns(section.table).items():
        if name not in entry:
            continue  # a column that is younger than the edition
        value = entry[name]
        if value is not None and (precision := _precision_column(name, section.table)) is not None:
            known = PartialDate.parse(value)
            values |= {name: known.earliest(), precision: precision_of(known)}
        else:
            values[name] = None if value is None else _typed(column.type, value)
    return section.table(**values)


def typed_value(section: Section, name: str, value: Any) -> Any:
    """One value of an entry as its row would hold it; a day and how far it is known as one ``PartialDate``."""
    if value is None or value == "":
        return None
    if _precision_column(name, section.table) is not None:
        return PartialDate.parse(value)
    return _typed(_columns(section.table)[name].type, value)


def row_from(section: Section, entry: Mapping[str, Any]) -> Any:
    """The row an entry tells of; it must not be added to a database."""
    return _row(section, entry)


def _columns(table: type[Any]) -> dict[str, sa.Column[Any]]:
    """The table's columns that say something: neither whose they are, nor the other half of a day, nor a number that
    another system gave them."""
    named = {column.key: column for column in sa.inspect(table).columns}
    return {name: column for name, column in named.items() if name not in UNSAID and not name.endswith(PRECISION)}


def _precision_column(name: str, table: type[Any]) -> str | None:
    """The column that says how far a day is known, for the days that lie in two columns."""
    column = name.removesuffix("_on") + PRECISION
    return column if name.endswith("_on") and hasattr(table, column) else None


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return f"{value.quantize(STORED).normalize():f}"
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case PartialDate() | UUID():
            return str(value)
        case str():
            return str(value)
        case list() | tuple():
            return [_plain(each) for each in value]
        case dict():
            return {str(key): _plain(each) for key, each in value.items()}
    return value


def _typed(kind: Any, value: Any) -> Any:
    match kind:
        case PartialDateText():
            return PartialDate.parse(value)
        case UTCDateTime():
            return datetime.fromisoformat(value)
        case sa.Numeric():
            return Decimal(value)
        case sa.Date():
            return date.fromisoformat(value)
        case sa.Uuid():
            return UUID(value)
    return value
