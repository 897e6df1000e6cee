"""The parts of the record that the treatment editor shows as rows of its own: read, checked and written with it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.engine.catalogue import Catalogue
from tracker.models import Diagnosis, Survivor
from tracker.services.sections.checks import Surroundings, check_change, check_entry
from tracker.services.sections.coding import as_coded
from tracker.services.sections.entries import EntryInput, delete_entry, entries_of, values_of, write_entry
from tracker.services.sections.registry import section
from tracker.services.sections.spec import Section
from tracker.services.treatment_checks import Problem

TUMOR = "diagnosis_id"
EDITED = ("surgeries", "drugs", "radiation", "transplants", "metastases")
Entries = Mapping[str, tuple[EntryInput, ...]]


def read_entries(session: Session, survivor_id: UUID) -> dict[str, tuple[EntryInput, ...]]:
    """What stands in these sections, by their key; the caller has authorised."""
    return {key: tuple(_entry(row, section(key)) for row in entries_of(session, survivor_id, section(key)))
            for key in EDITED}  # fmt: skip


def _entry(row: Any, part: Section) -> EntryInput:
    # What stands was looked at when it was entered.
    return EntryInput(values_of(row, part), id=row.id, confirmed=True)


def coded(entered: Entries, catalogue: Catalogue) -> dict[str, tuple[EntryInput, ...]]:
    """The same with codes in place of the names and synonyms that somebody typed."""
    return {key: tuple(as_coded(section(key), each, catalogue) for each in rows) for key, rows in entered.items()}


def check_entries(entered: Entries, standing: Entries, surroundings: Surroundings) -> Iterator[Problem]:
    """Every problem of the rows, each at "drugs-2-dose"."""
    for key, rows in _without_new_tumors(entered).items():
        known = {each.id: each.values for each in standing.get(key, ())}
        for place, each in enumerate(rows):
            at = f"{key}-{place}"
            if each.id is None:
                yield from check_entry(section(key), each, surroundings, at=at)
            elif each.id in known:
                yield from check_change(section(key), each, known[each.id], surroundings, at=at)
            else:
                yield Problem(at, "Somebody removed this row meanwhile. Remove it here too, or add it anew")


def write_entries(session: Session, survivor: Survivor, entered: Entries, *, at: datetime) -> None:
    """Make the sections that are present say exactly this. No check, no audit, no plan.

    Rows saved together stay in the order in which they were typed: each counts as recorded a moment after the last.
    """
    for key, rows in entered.items():
        part = section(key)
        kept = {each.id for each in rows}
        for row in entries_of(session, survivor.id, part):
            if row.id not in kept:
                delete_entry(session, survivor.id, part, row.id)
        for place, each in enumerate(rows):
            write_entry(session, survivor, part, each, at=at + timedelta(microseconds=place))


def in_place(session: Session, survivor: Survivor, entered: Entries) -> dict[str, tuple[EntryInput, ...]]:
    """The rows with the tumors they belong to, once the summary's diagnoses are written: one that was new when it was
    typed was named by its place among them.

    Where the survivor has one tumor, a new row belongs to it; where there are several, only somebody can say.
    """
    found = sa.select(Diagnosis.position, Diagnosis.id).where(Diagnosis.survivor_id == survivor.id)
    tumors: dict[int, UUID] = {row.position: row.id for row in session.execute(found)}
    return {key: tuple(_of_tumor(each, tumors) for each in rows) for key, rows in entered.items()}


def _of_tumor(each: EntryInput, tumors: Mapping[int, UUID]) -> EntryInput:
    said = each.values.get(TUMOR)
    if isinstance(said, int):
        return replace(each, values={**each.values, TUMOR: tumors.get(said)})
    if each.id is not None or said is not None or len(tumors) != 1:
        return each
    return replace(each, values={**each.values, TUMOR: next(iter(tumors.values()))})


def _without_new_tumors(entered: Entries) -> dict[str, tuple[EntryInput, ...]]:
    """The rows without the tumors that are not written yet."""
    return {key: tuple(_without_place(each) for each in rows) for key, rows in entered.items()}


def _without_place(each: EntryInput) -> EntryInput:
    if not isinstance(each.values.get(TUMOR), int):
        return each
    return replace(each, values={name: value for name, value in each.values.items() if name != TUMOR})


def changes(entered: Entries, standing: Entries) -> bool:
    """Would writing these rows change anything?"""
    return any(_changes(rows, standing.get(key, ())) for key, rows in entered.items())


def _changes(rows: Iterable[EntryInput], standing: Iterable[EntryInput]) -> bool:
    known = {each.id: each.values for each in standing}
    listed = {each.id for each in rows}
    if listed != set(known):
        return True
    return any(known[each.id].get(name) != value for each in rows for name, value in each.values.items())


def rows_as_entered(entered: Entries, standing: Entries, surroundings: Surroundings) -> dict[type[Any], list[Any]]:
    """The rows as they would stand, by table, without a database: what cannot be right is left out."""
    made: dict[type[Any], list[Any]] = {}
    for key, rows in _without_new_tumors(entered).items():
        part = section(key)
        known = {each.id: each.values for each in standing.get(key, ())}
        whole = [replace(each, values={**known.get(each.id, {}), **each.values}) for each in rows]
        made[part.table] = [
            _row(each, part)
            for each in whole
            if all(problem.question for problem in check_entry(part, each, surroundings))
        ]
    return made


def _row(each: EntryInput, part: Section) -> Any:
    row: Any = part.table(id=each.id or uuid4())
    for column in sa.inspect(part.table).columns:
        if isinstance(column.default, sa.ColumnDefault) and column.default.is_scalar:
            setattr(row, column.name, column.default.arg)
    for name, value in each.values.items():
        setattr(row, name, value)
    return row
