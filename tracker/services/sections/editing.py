"""Entries of the record: shown, recorded, corrected and removed. What depends on them follows in the same breath."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.catalogue import Catalogue
from tracker.engine.given import DerivedExposure
from tracker.engine.rules import Pack
from tracker.models import Diagnosis, Survivor
from tracker.policy import Action, Actor, can, require
from tracker.services import audit, care_plans, editions, given
from tracker.services.care_plans import PlanChange
from tracker.services.editing import begin_edit
from tracker.services.packs import pack_for
from tracker.services.sections import registry
from tracker.services.sections.checks import Surroundings, check_change, check_entry
from tracker.services.sections.coding import as_coded
from tracker.services.sections.entries import (
    EntryInput,
    delete_entry,
    entries_of,
    entry_of,
    values_of,
    write_entry,
)
from tracker.services.sections.removals import fill_removal
from tracker.services.sections.spec import Section
from tracker.services.treatment_checks import Problem, SummaryRefused

LONGEST_REASON = 400


@dataclass(frozen=True)
class SectionSheet:
    """One part of a survivor's record on the desk, and the vocabulary it is written in. ``diagnoses``: the tumors an
    entry may belong to. ``may_edit``: this person may change it."""

    survivor: Survivor
    section: Section
    rows: tuple[Any, ...]
    pack: Pack
    catalogue: Catalogue
    diagnoses: tuple[Diagnosis, ...]
    may_edit: bool

    def row(self, entry_id: UUID) -> Any | None:
        """The entry with this id, if it is one of them."""
        return next((row for row in self.rows if row.id == entry_id), None)


@dataclass
class SavedEntry(PlanChange):
    """What a change to an entry did: its row (the removed one after a removal), the items of the plan opened and
    closed, and the exposures that now follow from what was given (none for a section from which none follow)."""

    row: Any = None
    section: Section | None = None
    exposures: tuple[DerivedExposure, ...] = field(default_factory=tuple)


def open_section(session: Session, survivor_id: UUID, key: str, *, actor: Actor, to_edit: bool = False) -> SectionSheet:
    """One part of a survivor's record, to be read, or with ``to_edit`` to be changed.

    Raises:
        NotFound: no such part, or the survivor is out of this person's sight. Forbidden: not theirs to change.
    """
    section = registry.section(key)
    survivor = require(session, actor, section.edit if to_edit else Action.VIEW, survivor_id)
    return SectionSheet(
        survivor,
        section,
        tuple(entries_of(session, survivor.id, section)),
        pack_for(survivor.clinic),
        given.catalogue_for(survivor),
        _diagnoses(session, survivor),
        can(actor, section.edit, survivor),
    )


def record_entry(
    session: Session,
    survivor_id: UUID,
    key: str,
    entered: EntryInput,
    *,
    seen_version: int | None,
    reason: str = "",
    actor: Actor,
    clock: Clock,
) -> SavedEntry:
    """Record a new entry, or correct the one with ``entered.id``; exposures, plan and history follow.

    A field that was not entered keeps what stands. ``seen_version`` is the version of the survivor the form was
    opened with (None: the change depends on nothing seen). ``reason`` must say why once the summary is confirmed and
    an entry is changed.

    Raises:
        SummaryRefused: what was entered cannot be, or is to be confirmed; every problem, each with its field.
        NotFound: no such entry of this survivor and section. Conflict: somebody else saved first.
    """
    section, survivor = _begin(session, survivor_id, key, seen_version, actor=actor, clock=clock)
    surroundings = surroundings_of(session, survivor, today=clock.today(survivor.clinic.tz))
    entered = as_coded(section, entered, surroundings.catalogue)
    row = None if entered.id is None else entry_of(session, survivor.id, section, entered.id)
    standing = None if row is None else values_of(row, section)
    problems = _problems(section, entered, standing, surroundings)
    _refuse([*problems, *_reason(survivor, reason, needed=row is not None)])
    before = audit.snapshot(row)
    row = write_entry(session, survivor, section, entered, at=clock.now())
    action = f"{section.key}.{'recorded' if before is None else 'corrected'}"
    audit.record(session, actor, action, subject=row, at=clock.now(), before=before, after=row, reason=reason.strip())
    fill_removal(session, row, surroundings.catalogue, actor=actor, clock=clock)
    return _follow(session, survivor, section, row, action, reason, surroundings, actor=actor, clock=clock)


def remove_entry(
    session: Session,
    survivor_id: UUID,
    key: str,
    entry_id: UUID,
    *,
    seen_version: int | None,
    reason: str = "",
    actor: Actor,
    clock: Clock,
) -> SavedEntry:
    """Take an entry out that should not stand here. The row is deleted; the audit trail and the editions keep it.

    Raises:
        SummaryRefused: the summary is confirmed and no reason was given.
        NotFound: no such entry of this survivor and section. Conflict: somebody else saved first.
    """
    section, survivor = _begin(session, survivor_id, key, seen_version, actor=actor, clock=clock)
    row = entry_of(session, survivor.id, section, entry_id)
    _refuse(_reason(survivor, reason, needed=True))
    action, at = f"{section.key}.removed", clock.now()
    audit.record(session, actor, action, subject=row, at=at, before=row, reason=reason.strip())
    delete_entry(session, survivor.id, section, entry_id)
    surroundings = surroundings_of(session, survivor, today=clock.today(survivor.clinic.tz))
    return _follow(session, survivor, section, row, action, reason, surroundings, actor=actor, clock=clock)


def surroundings_of(session: Session, survivor: Survivor, *, today: date) -> Surroundings:
    """What the entries of a survivor are checked against; the caller has authorized."""
    diagnoses = _diagnoses(session, survivor)
    return Surroundings(
        pack=pack_for(survivor.clinic),
        catalogue=given.catalogue_for(survivor),
        birth_date=survivor.birth_date,
        today=today,
        diagnosis_ids=frozenset(each.id for each in diagnoses),
    )


def needs_reason(survivor: Survivor) -> bool:
    """Must a change to what stands be explained? Once somebody has answered for the summary, it must."""
    return survivor.summary_confirmed_on is not None


def _begin(
    session: Session, survivor_id: UUID, key: str, seen: int | None, *, actor: Actor, clock: Clock
) -> tuple[Section, Survivor]:
    section = registry.section(key)
    survivor = require(session, actor, section.edit, survivor_id)
    begin_edit(session, survivor, seen=seen)
    editions.begin(session, survivor, clock)
    return section, survivor


def _problems(
    section: Section, entered: EntryInput, standing: Mapping[str, object] | None, surroundings: Surroundings
) -> list[Problem]:
    if standing is None:
        return check_entry(section, entered, surroundings)
    return check_change(section, entered, standing, surroundings)


def _reason(survivor: Survivor, reason: str, *, needed: bool) -> list[Problem]:
    if needed and needs_reason(survivor) and not reason.strip():
        return [Problem("reason", "The summary has been confirmed. Enter the reason for this change")]
    if len(reason) > LONGEST_REASON:
        return [Problem("reason", f"The reason may have at most {LONGEST_REASON} characters")]
    return []


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise SummaryRefused(problems)


def _follow(
    session: Session,
    survivor: Survivor,
    section: Section,
    row: Any,
    action: str,
    reason: str,
    surroundings: Surroundings,
    *,
    actor: Actor,
    clock: Clock,
) -> SavedEntry:
    saved = SavedEntry(row=row, section=section)
    if section.derives:
        derived = given.derive_exposures(session, survivor, surroundings.pack, surroundings.catalogue)
        change = care_plans.refresh(session, survivor, clock=clock)
        saved = replace(saved, opened=change.opened, closed=change.closed, exposures=derived.exposures)
    editions.keep_edition(session, survivor, change=action, reason=reason.strip(), actor=actor, clock=clock)
    return saved


def _diagnoses(session: Session, survivor: Survivor) -> tuple[Diagnosis, ...]:
    query = sa.select(Diagnosis).where(Diagnosis.survivor_id == survivor.id).order_by(Diagnosis.position)
    return tuple(session.scalars(query))
