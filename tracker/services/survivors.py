"""Survivors in the registry: enrolled, corrected, and what was decided about their follow-up."""

from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.errors import Invalid
from tracker.models import (
    YES_NO,
    Clinic,
    Sex,
    Standing,
    Survivor,
    SurvivorIdentifier,
)
from tracker.policy import Action, Actor, require, require_clinic
from tracker.services import accounts, audit, care_plans, duplicates, names
from tracker.services.editing import begin_edit
from tracker.services.likeness import FORMER_SYSTEM

FIRST_BIRTH_DATE = date(1900, 1, 1)
LENGTHS = {
    "mrn": 40,
    "family_name": 120,
    "given_name": 120,
    "preferred_name": 120,
    "pronouns": 40,
    "language": 10,
    "interpreter_language": 60,
}
WORDS = {
    "mrn": "record number",
    "family_name": "family name",
    "given_name": "given name",
    "preferred_name": "preferred name",
    "pronouns": "pronouns",
    "language": "language",
    "interpreter_language": "interpreter's language",
}


@dataclass(frozen=True, kw_only=True)
class SurvivorInput:
    """What is entered about a person: ``mrn`` is the clinic's own record number."""

    mrn: str
    family_name: str
    birth_date: date
    sex_at_birth: str = Sex.UNKNOWN
    given_name: str = ""
    preferred_name: str = ""
    pronouns: str = ""
    language: str = "en"
    interpreter_needed: str = "unknown"
    interpreter_language: str = ""


def enrol(session: Session, clinic_id: UUID, entered: SurvivorInput, *, actor: Actor, clock: Clock) -> Survivor:
    """Add a survivor to a clinic's registry. Without a treatment summary the state is "awaiting summary".

    Raises:
        Invalid: a name is missing, the record number is taken, or the birth date cannot be right.
    """
    clinic = require_clinic(session, actor, Action.ENROL, clinic_id)
    entered = _checked(session, clinic, entered, clock.today(clinic.tz))
    survivor = Survivor(
        clinic=clinic,
        clinic_id=clinic.id,
        enrolled_on=clock.today(clinic.tz),
        created_at=clock.now(),
        version=1,
        standing=Standing.ACTIVE,
        **_columns(entered),
    )
    session.add(survivor)
    session.flush()
    audit.record(
        session,
        actor,
        "survivor.enrolled",
        subject=survivor,
        survivor_id=survivor.id,
        at=clock.now(),
        after=entered,
    )
    care_plans.refresh(session, survivor, clock=clock)
    _look_for_duplicates(session, survivor, actor, clock)
    return survivor


def edit(
    session: Session,
    survivor_id: UUID,
    entered: SurvivorInput,
    *,
    seen_version: int | None,
    actor: Actor,
    clock: Clock,
) -> Survivor:
    """Correct a survivor's details; the old values stay in the audit trail.

    ``seen_version`` is the version the form was filled in from (None: an import, which has seen none).

    Raises:
        Conflict: somebody else saved first.
        Invalid: as for ``enrol``.
    """
    survivor = require(session, actor, Action.EDIT_SURVIVOR, survivor_id)
    entered = _checked(session, survivor.clinic, entered, clock.today(survivor.clinic.tz), survivor)
    begin_edit(session, survivor, seen=seen_version)
    before = {key: getattr(survivor, key) for key in asdict(entered)}
    for key, value in _columns(entered).items():
        setattr(survivor, key, value)
    record_change(session, survivor, "survivor.edited", before, asdict(entered), actor=actor, clock=clock)
    accounts.move_majority(session, survivor, was=before["birth_date"], actor=actor, clock=clock)
    care_plans.refresh(session, survivor, clock=clock)
    _look_for_duplicates(session, survivor, actor, clock)
    return survivor


def _look_for_duplicates(session: Session, survivor: Survivor, actor: Actor, clock: Clock) -> None:
    # Whatever brings in many people looks once, when it is done, for all of them.
    if not actor.is_system:
        duplicates.look_for(session, [survivor.id], clock=clock)


def details_of(survivor: Survivor) -> SurvivorInput:
    """What was entered about a survivor, as a form shows it."""
    return SurvivorInput(**{key: getattr(survivor, key) for key in SurvivorInput.__dataclass_fields__})


def for_editing(session: Session, survivor_id: UUID, *, actor: Actor) -> Survivor:
    """The survivor whose details, standing or contacts are to be changed, authorised."""
    return require(session, actor, Action.EDIT_SURVIVOR, survivor_id)


def identify(session: Session, survivor: Survivor, system: str, value: str) -> None:
    """Remember the number another system knows a survivor by, once."""
    if find_identified(session, survivor.clinic_id, system, value) is None:
        session.add(
            SurvivorIdentifier(survivor_id=survivor.id, clinic_id=survivor.clinic_id, system=system, value=value)
        )
        session.flush()


def find_identified(session: Session, clinic_id: UUID, system: str, value: str) -> Survivor | None:
    """The clinic's survivor whom another system knows by this number; for imports, which run as the system."""
    return session.scalar(
        sa.select(Survivor)
        .join(SurvivorIdentifier, SurvivorIdentifier.survivor_id == Survivor.id)
        .where(
            SurvivorIdentifier.clinic_id == clinic_id,
            SurvivorIdentifier.system == system,
            SurvivorIdentifier.value == value,
        )
    )


def find_numbered(session: Session, clinic_id: UUID, mrn: str) -> Survivor | None:
    """The clinic's survivor who has this record number, or had it on a record that was merged; for imports."""
    query = sa.select(Survivor).where(
        Survivor.clinic_id == clinic_id, Survivor.mrn == mrn, Survivor.withdrawn_at.is_(None)
    )
    return session.scalar(query) or find_identified(session, clinic_id, FORMER_SYSTEM, mrn)


def free_mrn(session: Session, clinic_id: UUID, wanted: str) -> str:
    """``wanted`` cut to length, with a number behind it where a survivor of the clinic already has it."""
    base = wanted.strip()[: LENGTHS["mrn"] - 5] or "unnumbered"
    candidate, number = wanted.strip()[: LENGTHS["mrn"]] or base, 1
    while _mrn_taken(session, clinic_id, candidate, None):
        number += 1
        candidate = f"{base}-{number}"
    return candidate


def _columns(entered: SurvivorInput) -> dict[str, object]:
    words = {"given": entered.given_name, "family": entered.family_name, "preferred": entered.preferred_name}
    return asdict(entered) | {"search_name": names.search_name(**words), "sort_name": names.sort_name(**words)}


def _checked(
    session: Session, clinic: Clinic, entered: SurvivorInput, today: date, survivor: Survivor | None = None
) -> SurvivorInput:
    """What was entered with its spaces tidied, or ``Invalid``."""
    texts = {key: " ".join(str(getattr(entered, key)).split()) for key in LENGTHS}
    for key in ("mrn", "family_name"):
        if not texts[key]:
            raise Invalid(f"Enter the {WORDS[key]}", field=key)
    for key, longest in LENGTHS.items():
        if len(texts[key]) > longest:
            raise Invalid(f"The {WORDS[key]} may have at most {longest} characters", field=key)
    if entered.sex_at_birth not in tuple(Sex):
        raise Invalid("Choose the sex recorded at birth, or unknown", field="sex_at_birth")
    if entered.interpreter_needed not in YES_NO:
        raise Invalid("Choose whether an interpreter is needed, or unknown", field="interpreter_needed")
    _check_birth_date(entered.birth_date, today)
    if _mrn_taken(session, clinic.id, texts["mrn"], survivor):
        message = f"Another survivor of this clinic has the record number {texts['mrn']}. Check the number"
        raise Invalid(message, field="mrn")
    return SurvivorInput(
        birth_date=entered.birth_date,
        sex_at_birth=str(entered.sex_at_birth),
        interpreter_needed=entered.interpreter_needed,
        **texts,
    )


def _check_birth_date(birth_date: date, today: date) -> None:
    if birth_date > today:
        raise Invalid("The date of birth is in the future. Check the year", field="birth_date")
    if birth_date < FIRST_BIRTH_DATE:
        raise Invalid("The date of birth is before 1900. Check the year", field="birth_date")


def _mrn_taken(session: Session, clinic_id: UUID, mrn: str, survivor: Survivor | None) -> bool:
    query = sa.select(Survivor.id).where(Survivor.clinic_id == clinic_id, Survivor.mrn == mrn)
    former = find_identified(session, clinic_id, FORMER_SYSTEM, mrn)
    if survivor is not None:
        query = query.where(Survivor.id != survivor.id)
        former = None if former is survivor else former
    # The number of a merged record leads to the one it was merged into: it must not lead to two people.
    return former is not None or session.scalar(query) is not None


def record_change(
    session: Session,
    survivor: Survivor,
    action: str,
    before: dict[str, object],
    after: dict[str, object],
    *,
    actor: Actor,
    clock: Clock,
) -> None:
    """One audit row for what really changed; a decision's reason is the row's own."""
    changed = [key for key in before if before[key] != after[key]]
    audit.record(
        session,
        actor,
        action,
        subject=survivor,
        survivor_id=survivor.id,
        at=clock.now(),
        before={key: before[key] for key in changed},
        after={key: after[key] for key in changed},
        reason=str(after.get("standing_reason", "")),
    )
