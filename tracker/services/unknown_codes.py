"""Codes of imported charts that mean nothing here yet: how often each occurs, and the entries that have it.

Counts only: nobody's record is on the pages these make. An entry in words without a code is never listed, because its
words may be about a person; such entries are counted.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from tracker.errors import NotFound
from tracker.models import ChartEntry, CodeMapping, ResultStatus, Survivor
from tracker.policy import Action, Actor, require_clinic

# What the codes of each type of resource can mean; a code of any other type adds nothing to the record.
KINDS_OF: Mapping[str, tuple[str, ...]] = {
    "Condition": ("diagnosis",),
    "DiagnosticReport": ("test",),
    "FamilyMemberHistory": ("relation",),
    "ImagingStudy": ("test",),
    "Immunization": ("vaccine",),
    "MedicationAdministration": ("agent",),
    "MedicationRequest": ("agent",),
    "MedicationStatement": ("agent",),
    "Observation": ("test",),
    "Procedure": ("test", "operation", "field"),
}
RECURRING = 2
PAGE = 50
DISPLAYS = 8
AT_ONCE = 200
# Written out rather than bound, so that both databases see that the index of such entries answers.
UNMAPPED = ChartEntry.mapped_to == sa.literal_column("''")
NO_ALIASES: Mapping[str, str] = {}


@dataclass(frozen=True, kw_only=True)
class UnknownCode:
    """A code of imported entries that means nothing here. ``first_seen`` and ``last_seen``: when entries came in."""

    system: str
    code: str
    display: str
    resource_types: Mapping[str, int]
    count: int
    people: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True)
class UnknownCodes:
    """One page of them, most frequent first; ``in_words``: entries without any code, which no mapping reaches."""

    rows: tuple[UnknownCode, ...]
    has_more: bool
    in_words: int


@dataclass(frozen=True)
class CodeUse:
    """One code as the files use it: what they call it, how often, and how many entries can be read again as a whole."""

    found: UnknownCode
    displays: tuple[tuple[str, int], ...]
    whole: int


@dataclass(frozen=True)
class Survivors:
    """Some survivors with the entries of each that have one code."""

    rows: Mapping[UUID, Survivor]
    entries: Mapping[UUID, list[ChartEntry]] = field(default_factory=dict)


def unknown_codes(
    session: Session,
    clinic_id: UUID,
    *,
    actor: Actor,
    aliases: Mapping[str, str] = NO_ALIASES,
    at_least: int = RECURRING,
    page: int = 1,
    limit: int = PAGE,
) -> UnknownCodes:
    """The codes of the clinic's charts that mean nothing yet, most frequent first, one query however many entries.

    ``at_least``: how often a code must occur. ``aliases``: other names of code systems, counted as one. Codes that the
    clinic has mapped, or said to mean nothing, are left out.

    Raises:
        NotFound, Forbidden: as ``require_clinic``.
    """
    clinic = require_clinic(session, actor, Action.MAP_CODES, clinic_id)
    system = _system(aliases)
    query = (
        _of_clinic(_columns(system), clinic.id)
        .where(ChartEntry.code != "", ~_is_own(clinic.id, system))
        .group_by(system, ChartEntry.code)
        .having(sa.func.count() >= at_least)
        .order_by(sa.func.count().desc(), system, ChartEntry.code)
        .limit(limit + 1)
        .offset((max(page, 1) - 1) * limit)
    )
    found = [_unknown(row) for row in session.execute(query)]
    in_words = session.scalar(_of_clinic(sa.select(sa.func.count()), clinic.id).where(ChartEntry.code == "")) or 0
    return UnknownCodes(tuple(found[:limit]), len(found) > limit, in_words)


def use_of(
    session: Session,
    clinic_id: UUID,
    system: str,
    code: str,
    *,
    actor: Actor,
    aliases: Mapping[str, str] = NO_ALIASES,
) -> CodeUse:
    """How the clinic's charts use one code that means nothing yet.

    Raises:
        NotFound: no entry has this code, or each of them means something by now. Forbidden: as ``require_clinic``.
    """
    clinic = require_clinic(session, actor, Action.MAP_CODES, clinic_id)
    told, systems = _system(aliases), names_of(system, aliases)
    this = (ChartEntry.code_system.in_(systems), ChartEntry.code == code)
    row = session.execute(
        _of_clinic(_columns(told), clinic.id).where(*this).group_by(told, ChartEntry.code)
    ).one_or_none()
    if row is None or not code:
        raise NotFound("No entry here has this code any more, or all of them mean something by now")
    displays = session.execute(
        _of_clinic(sa.select(ChartEntry.display, sa.func.count()), clinic.id)
        .where(*this)
        .group_by(ChartEntry.display)
        .order_by(sa.func.count().desc(), ChartEntry.display)
        .limit(DISPLAYS)
    )
    whole = session.scalar(
        _of_clinic(sa.select(sa.func.count()), clinic.id).where(*this, ChartEntry.source.is_not(None))
    )
    return CodeUse(_unknown(row), tuple((display, count) for display, count in displays), whole or 0)


def left_of_mapped(session: Session, clinic_id: UUID, aliases: Mapping[str, str]) -> dict[tuple[str, str], int]:
    """(system, code) of what the clinic has mapped → how many entries still mean nothing; the caller authorizes."""
    system = _system(aliases)
    query = _of_clinic(sa.select(system, ChartEntry.code, sa.func.count()), clinic_id)
    query = query.where(_is_own(clinic_id, system)).group_by(system, ChartEntry.code)
    return {(found[0], found[1]): int(found[2]) for found in session.execute(query)}


def names_of(system: str, aliases: Mapping[str, str]) -> list[str]:
    """Every name of a code system, its usual one first."""
    usual = aliases.get(system, system)
    return [usual, *(name for name, each in aliases.items() if each == usual)]


def to_read_again(
    session: Session, clinic_id: UUID, systems: Collection[str], code: str, *, with_narrower: bool = False
) -> Iterator[Survivors]:
    """The entries that have a code and mean nothing, by survivors, some hundred at a time; the caller authorizes.

    ``systems``: every name of the code's system. ``with_narrower``: with the codes below it (C91 with C91.0), as in
    ICD-10. What its source has taken back is left out.
    """
    same = ChartEntry.code.startswith(code, autoescape=True) if with_narrower else ChartEntry.code == code
    this = (ChartEntry.code_system.in_(systems), same)
    after: UUID | None = None
    while True:
        ids = _of_clinic(sa.select(ChartEntry.survivor_id), clinic_id).where(*this)
        if after is not None:
            ids = ids.where(ChartEntry.survivor_id > after)
        chunk = session.scalars(ids.distinct().order_by(ChartEntry.survivor_id).limit(AT_ONCE)).all()
        if not chunk:
            return
        after = chunk[-1]
        yield _survivors(session, chunk, this)


def _survivors(session: Session, ids: Collection[UUID], this: tuple[Any, ...]) -> Survivors:
    people = {row.id: row for row in session.scalars(sa.select(Survivor).where(Survivor.id.in_(ids)))}
    query = sa.select(ChartEntry).options(undefer(ChartEntry.source))
    query = query.where(ChartEntry.survivor_id.in_(ids), UNMAPPED, _not_taken_back(), *this)
    entries: dict[UUID, list[ChartEntry]] = {}
    for row in session.scalars(query.order_by(ChartEntry.survivor_id, ChartEntry.id)):
        entries.setdefault(row.survivor_id, []).append(row)
    return Survivors(people, entries)


def _system(aliases: Mapping[str, str]) -> sa.ColumnElement[str]:
    """The code system by its usual name."""
    if not aliases:
        return sa.type_coerce(ChartEntry.code_system, sa.String)
    # Written out, so that a database that compares expressions sees the same one in every place.
    whens = {name: sa.literal_column(_quoted(usual), sa.String) for name, usual in aliases.items()}
    return sa.case(
        *((ChartEntry.code_system == sa.literal_column(_quoted(name)), usual) for name, usual in whens.items()),
        else_=ChartEntry.code_system,
    )


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def _columns(system: sa.ColumnElement[str]) -> Any:
    counts = [
        sa.func.sum(sa.case((ChartEntry.resource_type == name, 1), else_=0)).label(f"of_{name}") for name in KINDS_OF
    ]
    return sa.select(
        system.label("system"),
        ChartEntry.code.label("code"),
        sa.func.max(ChartEntry.display).label("display"),
        sa.func.count().label("entries"),
        sa.func.count(ChartEntry.survivor_id.distinct()).label("people"),
        sa.func.min(ChartEntry.imported_at).label("first_seen"),
        sa.func.max(ChartEntry.imported_at).label("last_seen"),
        *counts,
    )


def _of_clinic(query: Any, clinic_id: UUID) -> Any:
    """Entries of the clinic's records that mean nothing, and whose code could mean something."""
    # Asked of each entry, not the other way round: few entries mean nothing, and an index holds just these.
    here = sa.select(Survivor.id).where(
        Survivor.id == ChartEntry.survivor_id, Survivor.clinic_id == clinic_id, Survivor.withdrawn_at.is_(None)
    )
    return query.select_from(ChartEntry).where(
        UNMAPPED,
        ChartEntry.resource_type.in_(KINDS_OF),
        _not_taken_back(),
        here.correlate(ChartEntry).exists(),
    )


def _not_taken_back() -> sa.ColumnElement[bool]:
    return ChartEntry.status != ResultStatus.ENTERED_IN_ERROR


def _is_own(clinic_id: UUID, system: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    return (
        sa.select(CodeMapping.id)
        .where(CodeMapping.clinic_id == clinic_id, CodeMapping.system == system, CodeMapping.code == ChartEntry.code)
        .correlate(ChartEntry)
        .exists()
    )


def _unknown(row: Any) -> UnknownCode:
    told = row._mapping
    types = {name: int(told[f"of_{name}"]) for name in KINDS_OF if told[f"of_{name}"]}
    return UnknownCode(
        system=row.system,
        code=row.code,
        display=row.display,
        resource_types=types,
        count=row.entries,
        people=row.people,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
    )
