"""Survivors in the registry: enrolled, corrected, and what was decided about their follow-up."""

from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.errors import Invalid
from tracker.models import (
    Clinic,
    OutboxMessage,
    Sex,
    Standing,
    Survivor,
    SurvivorIdentifier,
    Visit,
    VisitStatus,
)
from tracker.policy import Action, Actor, require, require_clinic
from tracker.services import accounts, audit, care_plans, names
from tracker.services.editing import begin_edit

FIRST_BIRTH_DATE = date(1900, 1, 1)
LENGTHS = {"mrn": 40, "family_name": 120, "given_name": 120, "preferred_name": 120, "pronouns": 40, "language": 10}
WORDS = {
    "mrn": "record number",
    "family_name": "family name",
    "given_name": "given name",
    "preferred_name": "preferred name",
    "pronouns": "pronouns",
    "language": "language",
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


class Decision(StrEnum):
    """What can be decided about a survivor's follow-up: the stored standings, and death."""

    ACTIVE = "active"
    ON_TREATMENT = "on_treatment"
    BEING_TRACED = "being_traced"
    DECLINED = "declined"
    TRANSFERRED = "transferred"
    LOST = "lost"
    DECEASED = "deceased"


@dataclass(frozen=True, kw_only=True)
class StandingInput:
    """A decision about the follow-up, since when and why.

    ``review_on``: when someone who declined is asked again. ``acknowledged_on``: when the receiving clinic
    confirmed a transfer. ``deceased_on``: the day of death.
    """

    standing: str
    since: date
    reason: str
    review_on: date | None = None
    acknowledged_on: date | None = None
    deceased_on: date | None = None


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
    _record_change(session, survivor, "survivor.edited", before, asdict(entered), actor=actor, clock=clock)
    accounts.move_majority(session, survivor, was=before["birth_date"], actor=actor, clock=clock)
    care_plans.refresh(session, survivor, clock=clock)
    return survivor


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


def free_mrn(session: Session, clinic_id: UUID, wanted: str) -> str:
    """``wanted`` cut to length, with a number behind it where a survivor of the clinic already has it."""
    base = wanted.strip()[: LENGTHS["mrn"] - 5] or "unnumbered"
    candidate, number = wanted.strip()[: LENGTHS["mrn"]] or base, 1
    while _mrn_taken(session, clinic_id, candidate, None):
        number += 1
        candidate = f"{base}-{number}"
    return candidate


def set_standing(
    session: Session,
    survivor_id: UUID,
    entered: StandingInput,
    *,
    seen_version: int | None,
    actor: Actor,
    clock: Clock,
) -> Survivor:
    """Store what was decided about the follow-up, and bring plan, visits and messages in line with it.

    A death withdraws everything planned; so does a transfer once the other clinic has acknowledged it.

    Raises:
        Conflict: somebody else saved first.
        Invalid: no reason, a date in the future, or a date the decision needs is missing.
    """
    survivor = require(session, actor, Action.EDIT_SURVIVOR, survivor_id)
    _check_standing(entered, survivor, clock.today(survivor.clinic.tz))
    begin_edit(session, survivor, seen=seen_version)
    wanted = _standing_columns(entered)
    before = {key: getattr(survivor, key) for key in wanted}
    for key, value in wanted.items():
        setattr(survivor, key, value)
    if care_plans.is_paused(survivor):
        _call_off_visits(session, survivor, clock.today(survivor.clinic.tz))
    if entered.standing != Decision.ACTIVE:
        _withdraw_messages(session, survivor, clock)
    _record_change(session, survivor, "survivor.standing_set", before, wanted, actor=actor, clock=clock)
    care_plans.refresh(session, survivor, clock=clock)
    return survivor


def standing_of(survivor: Survivor) -> Decision:
    """What was last decided about a survivor."""
    return Decision.DECEASED if survivor.deceased_on is not None else Decision(survivor.standing)


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
    _check_birth_date(entered.birth_date, today)
    if _mrn_taken(session, clinic.id, texts["mrn"], survivor):
        message = f"Another survivor of this clinic has the record number {texts['mrn']}. Check the number"
        raise Invalid(message, field="mrn")
    return SurvivorInput(birth_date=entered.birth_date, sex_at_birth=str(entered.sex_at_birth), **texts)


def _check_birth_date(birth_date: date, today: date) -> None:
    if birth_date > today:
        raise Invalid("The date of birth is in the future. Check the year", field="birth_date")
    if birth_date < FIRST_BIRTH_DATE:
        raise Invalid("The date of birth is before 1900. Check the year", field="birth_date")


def _mrn_taken(session: Session, clinic_id: UUID, mrn: str, survivor: Survivor | None) -> bool:
    query = sa.select(Survivor.id).where(Survivor.clinic_id == clinic_id, Survivor.mrn == mrn)
    if survivor is not None:
        query = query.where(Survivor.id != survivor.id)
    return session.scalar(query) is not None


def _check_standing(entered: StandingInput, survivor: Survivor, today: date) -> None:
    if entered.standing not in tuple(Decision):
        raise Invalid("Choose what was decided", field="standing")
    if not entered.reason.strip():
        raise Invalid("Write the reason in a few words", field="reason")
    if entered.standing == Decision.DECEASED and entered.deceased_on is None:
        raise Invalid("Enter the date of death", field="deceased_on")
    if entered.standing == Decision.DECLINED and (entered.review_on is None or entered.review_on <= today):
        raise Invalid("Enter the day to ask again. It must be in the future", field="review_on")
    spoken = {
        "since": ("The date of the decision", entered.since),
        "acknowledged_on": ("The date of the acknowledgment", entered.acknowledged_on),
        "deceased_on": ("The date of death", entered.deceased_on),
    }
    for field, (words, day) in spoken.items():
        if day is not None and day > today:
            raise Invalid(f"{words} is in the future. Check the year", field=field)
        if day is not None and day < survivor.birth_date:
            raise Invalid(f"{words} is before the date of birth. Check the year", field=field)
    if entered.acknowledged_on is not None and entered.acknowledged_on < entered.since:
        raise Invalid("The other clinic cannot acknowledge before the transfer", field="acknowledged_on")


def _standing_columns(entered: StandingInput) -> dict[str, object]:
    dead = entered.standing == Decision.DECEASED
    return {
        "standing": Standing.ACTIVE.value if dead else str(entered.standing),
        "standing_since": entered.since,
        "standing_reason": entered.reason.strip(),
        "review_on": entered.review_on if entered.standing == Decision.DECLINED else None,
        "acknowledged_on": entered.acknowledged_on if entered.standing == Decision.TRANSFERRED else None,
        "deceased_on": entered.deceased_on if dead else None,
    }


def _call_off_visits(session: Session, survivor: Survivor, today: date) -> None:
    planned = sa.select(Visit).where(
        Visit.survivor_id == survivor.id, Visit.planned_on >= today, Visit.status == VisitStatus.PLANNED
    )
    for visit in session.scalars(planned):
        visit.status = VisitStatus.CANCELLED
    survivor.booked_on = None


def _withdraw_messages(session: Session, survivor: Survivor, clock: Clock) -> None:
    session.execute(
        sa.update(OutboxMessage)
        .where(
            OutboxMessage.survivor_id == survivor.id,
            OutboxMessage.sent_at.is_(None),
            OutboxMessage.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=clock.now())
    )


def _record_change(
    session: Session,
    survivor: Survivor,
    action: str,
    before: dict[str, object],
    after: dict[str, object],
    *,
    actor: Actor,
    clock: Clock,
) -> None:
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
