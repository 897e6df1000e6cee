"""Moving what one record holds to another: what the other holds already stays where it is, so that nothing is twice.

A row that stays behind belongs to a record that is withdrawn: no plan, list or message knows it. Every row that moves
moves through the session, whose journal notes it.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.engine.partial_dates import PartialDate
from tracker.models import (
    Attachment,
    Base,
    ChartEntry,
    Contact,
    Diagnosis,
    Event,
    Exposure,
    ExposureSource,
    Grant,
    ImportedEntry,
    Predisposition,
    Result,
    Survivor,
    SurvivorIdentifier,
)
from tracker.models.base import ChartRow
from tracker.services import given
from tracker.services.journal import KEPT
from tracker.services.likeness import FORMER_SYSTEM
from tracker.services.merge_choices import EVENT_COLUMNS, EXPOSURE_COLUMNS, UNSAID, recorded_by_name
from tracker.services.names import folded

MODELS: Mapping[str, type[Any]] = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}
OF_A_SURVIVOR = tuple(name for name, table in KEPT.items() if "survivor_id" in table.c)
NOT_SAID = frozenset({"id", "survivor_id", "position", "recorded_at", "created_at", "imported_at", "diagnosis_id"})
IDS_AT_ONCE = 400


@dataclass
class Moving:
    """One merging under way. ``stand_ins``: rows of the one who goes → the row of the other that says the same.

    ``moved``, ``same``: how many rows by table; ``perhaps_twice``: courses without a date that both records hold.
    """

    session: Session
    keep: Survivor
    gone: Survivor
    right: Mapping[str, UUID]
    moved: Counter[str] = field(default_factory=Counter)
    same: Counter[str] = field(default_factory=Counter)
    perhaps_twice: Counter[str] = field(default_factory=Counter)
    stand_ins: dict[UUID, UUID] = field(default_factory=dict)

    def rows(self, model: type[Any], of: Survivor) -> list[Any]:
        order = [model.position] if hasattr(model, "position") else []
        query = sa.select(model).where(model.survivor_id == of.id).order_by(*order, model.id)
        return list(self.session.scalars(query))

    def tumor_of(self, row: Any) -> UUID | None:
        """The tumor a row is about, as the one who stays has it."""
        about: UUID | None = getattr(row, "diagnosis_id", None)
        return self.stand_ins.get(about, about) if about is not None else None

    def move(self, row: Any) -> None:
        row.survivor_id = self.keep.id
        if self.tumor_of(row) != getattr(row, "diagnosis_id", None):
            row.diagnosis_id = self.tumor_of(row)
        self.moved[row.__tablename__] += 1

    def leave(self, row: Any, stand_in: Any = None) -> None:
        self.same[row.__tablename__] += 1
        if stand_in is not None:
            self.stand_ins[row.id] = stand_in.id


def move_all(moving: Moving) -> None:
    """Move every row of the one who goes. Tumors first: what is about a tumor follows it."""
    for model in (Diagnosis, Predisposition):
        _move_placed(moving, model)
    for name in OF_A_SURVIVOR:
        model = MODELS[name]
        if issubclass(model, ChartRow) and model is not Attachment:
            _move_entries(moving, model)
    own: dict[type[Any], Callable[[Moving], None]] = {
        Exposure: _move_exposures,
        Event: _move_events,
        Result: _move_results,
        Contact: _move_contacts,
        Grant: _move_grants,
        ChartEntry: _move_chart,
        ImportedEntry: _move_imported,
        SurvivorIdentifier: _move_numbers,
    }
    for name in OF_A_SURVIVOR:
        model = MODELS[name]
        if model in own:
            own[model](moving)
        elif model is Attachment or not (issubclass(model, ChartRow) or model in (Diagnosis, Predisposition)):
            for row in moving.rows(model, moving.gone):
                moving.move(row)
        moving.session.flush()


def said_by(row: Any) -> dict[str, Any]:
    """What a row says of its own: not whose it is, nor when it was written down."""
    return {
        each.key: _plain(getattr(row, each.key)) for each in sa.inspect(type(row)).columns if each.key not in NOT_SAID
    }


def _plain(value: Any) -> Any:
    return value.normalize() if isinstance(value, Decimal) else value


def _move_placed(moving: Moving, model: type[Any]) -> None:
    """Rows that stand in an order go behind those that are there, unless one of them says all they say."""
    held = moving.rows(model, moving.keep)
    place = max((row.position for row in held), default=-1)
    for row in moving.rows(model, moving.gone):
        says = {column: value for column, value in said_by(row).items() if not _is_empty(column, value)}
        stand_in = next((each for each in held if says.items() <= said_by(each).items()), None)
        if stand_in is not None:
            moving.leave(row, stand_in)
            continue
        place += 1
        row.position = place
        moving.move(row)
    moving.session.flush()


def _is_empty(column: str, value: Any) -> bool:
    # A precision says nothing without its date, and "day" is what stands there unless somebody knew less.
    return value in UNSAID or (column.endswith("_precision") and value == "day")


def _move_entries(moving: Moving, model: type[Any]) -> None:
    """Entries of one part of the record: one that both hold, word for word, is one entry."""
    held = moving.rows(model, moving.keep)
    for row in moving.rows(model, moving.gone):
        says, tumor = said_by(row), moving.tumor_of(row)
        same = next((each for each in held if said_by(each) == says and moving.tumor_of(each) == tumor), None)
        if same is not None and model in given.TABLES and not _is_dated(row):
            # Given once and written down twice, or given twice? Too much is the safer of the two, and it is told.
            moving.perhaps_twice[row.__tablename__] += 1
            same = None
        if same is None:
            moving.move(row)
        else:
            held.remove(same)
            moving.leave(row, same)
    moving.session.flush()


def _is_dated(row: Any) -> bool:
    return any(isinstance(value, PartialDate) for value in said_by(row).values())


def _move_exposures(moving: Moving) -> None:
    """A total on both records stands once, as it was chosen; totals that follow from courses are worked out anew."""
    derived = {row.name: row for row in moving.rows(Exposure, moving.keep) if row.source == ExposureSource.GIVEN}
    for name in recorded_by_name(moving.session, Exposure, moving.gone.id).keys() & derived.keys():
        moving.session.delete(derived[name])
    moving.session.flush()
    _move_named(moving, Exposure, EXPOSURE_COLUMNS)


def _move_events(moving: Moving) -> None:
    _move_named(moving, Event, EVENT_COLUMNS)


def _move_named(moving: Moving, model: type[Any], columns: tuple[str, ...]) -> None:
    held = recorded_by_name(moving.session, model, moving.keep.id)
    for name, row in recorded_by_name(moving.session, model, moving.gone.id).items():
        standing = held.get(name)
        if standing is None:
            moving.move(row)
            continue
        moving.leave(row, standing)
        if moving.right.get(f"{model.__tablename__.removesuffix('s')}:{name}") == moving.gone.id:
            for column in columns:
                setattr(standing, column, getattr(row, column))


def _move_results(moving: Moving) -> None:
    """The same result from the same source stays behind; one that was corrected moves with its corrections."""
    held = {row.external_id: row for row in moving.rows(Result, moving.keep) if row.external_id is not None}
    rows = moving.rows(Result, moving.gone)
    corrected = {row.replaces_id for row in rows}
    for row in rows:
        standing = held.get(row.external_id) if row.external_id is not None else None
        alone = row.replaces_id is None and row.id not in corrected
        if standing is not None and alone and _same_result(row, standing):
            moving.leave(row, standing)
            continue
        if standing is not None:
            row.external_id = None
        moving.move(row)


def _same_result(one: Result, other: Result) -> bool:
    apart = ("visit_id", "recorded_by_id", "superseded_at", "replaces_id")
    said = [{key: value for key, value in said_by(each).items() if key not in apart} for each in (one, other)]
    return said[0] == said[1] and (one.visit_id is None or one.visit_id == other.visit_id)


def _move_contacts(moving: Moving) -> None:
    held = moving.rows(Contact, moving.keep)
    for row in moving.rows(Contact, moving.gone):
        same = next((each for each in held if _same_contact(each, row)), None)
        if same is not None:
            moving.leave(row, same)
            continue
        if row.external_id is not None and any(each.external_id == row.external_id for each in held):
            row.external_id = None
        moving.move(row)


def _same_contact(one: Contact, other: Contact) -> bool:
    keys = ("kind", "phone_key", "email_key", "reminders_agreed_on", "reminders_stopped_on")
    same = all(getattr(one, key) == getattr(other, key) for key in keys) and folded(one.name) == folded(other.name)
    return same and other.external_id in (None, one.external_id)


def _move_grants(moving: Moving) -> None:
    """The family's accounts see the one who stays; whoever sees it already, as long and in the same role, does."""
    held = moving.rows(Grant, moving.keep)
    for row in moving.rows(Grant, moving.gone):
        same = next((each for each in held if _covers(each, row)), None)
        if same is not None:
            moving.leave(row, same)
        else:
            moving.move(row)


def _covers(held: Grant, other: Grant) -> bool:
    same = (held.user_id, held.role) == (other.user_id, other.role)
    lasts = held.ends_on is None or (other.ends_on is not None and held.ends_on >= other.ends_on)
    return same and held.starts_on <= other.starts_on and lasts


def _move_chart(moving: Moving) -> None:
    """Coded entries are many: they are moved without being loaded. The same resource stays as it is on record."""
    held = set(_resources(moving, moving.keep))
    ids = [row_id for key, row_id in _resources(moving, moving.gone).items() if key not in held]
    for start in range(0, len(ids), IDS_AT_ONCE):
        chunk = sa.update(ChartEntry).where(ChartEntry.id.in_(ids[start : start + IDS_AT_ONCE]))
        moving.session.execute(chunk.values(survivor_id=moving.keep.id).execution_options(synchronize_session="fetch"))
    moving.moved["chart_entries"] += len(ids)


def _resources(moving: Moving, of: Survivor) -> dict[tuple[str, str], UUID]:
    query = sa.select(ChartEntry.resource_type, ChartEntry.external_id, ChartEntry.id)
    found = moving.session.execute(query.where(ChartEntry.survivor_id == of.id))
    return {(kind, external_id): row_id for kind, external_id, row_id in found}


def _move_imported(moving: Moving) -> None:
    """What came from which resource: one that both records know is known already."""
    held = {_entry_key(row) for row in moving.rows(ImportedEntry, moving.keep)}
    for row in moving.rows(ImportedEntry, moving.gone):
        if _entry_key(row) in held:
            moving.leave(row)
            continue
        if row.row_id in moving.stand_ins:
            row.row_id = moving.stand_ins[row.row_id]
        moving.move(row)


def _entry_key(row: ImportedEntry) -> tuple[str, str, str, str]:
    return row.resource_type, row.external_id, row.section, row.part


def _move_numbers(moving: Moving) -> None:
    """The old record number stays a number of the one who stays: a search or an import by it leads there."""
    for row in moving.rows(SurvivorIdentifier, moving.gone):
        moving.move(row)
    keep, former = moving.keep, moving.gone.mrn
    taken = sa.select(SurvivorIdentifier.id).where(
        SurvivorIdentifier.clinic_id == keep.clinic_id,
        SurvivorIdentifier.system == FORMER_SYSTEM,
        SurvivorIdentifier.value == former,
    )
    if moving.session.scalar(taken) is None:
        number = SurvivorIdentifier(survivor_id=keep.id, clinic_id=keep.clinic_id, system=FORMER_SYSTEM, value=former)
        moving.session.add(number)
