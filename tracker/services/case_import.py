"""Case files into the registry: one survivor a case, the same case again never a second survivor."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine import types as engine
from tracker.engine.partial_dates import Day, known_to
from tracker.engine.rules import Pack
from tracker.errors import CaseError, Invalid
from tracker.guidelines.cases import Case, parse_case
from tracker.models import (
    SYNDROME_FIELDS,
    TUMOR_FIELDS,
    AuditEvent,
    Certainty,
    Clinic,
    Override,
    Result,
    Survivor,
)
from tracker.policy import Action, Actor, require_clinic
from tracker.services import audit, care_plans, survivors
from tracker.services.case_export import to_case
from tracker.services.facts import date_key
from tracker.services.packs import pack_for
from tracker.services.survivors import SurvivorInput
from tracker.services.treatment_rows import (
    DiagnosisInput,
    ExposureInput,
    PredispositionInput,
    SummaryInput,
    read_summary,
    write_summary,
)

SYSTEM = "case-file"
SOURCE = "Case file"
LONGEST_ID, LONGEST_WORD, LONGEST_NAME, DECIMALS = 200, 60, 200, 4


class Enrolment(StrEnum):
    """What became of one case."""

    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class ImportedCase:
    """The survivor a case became or changed."""

    survivor_id: UUID
    became: Enrolment


def import_case(
    session: Session, clinic_id: UUID, raw: Mapping[str, object], *, actor: Actor, clock: Clock
) -> ImportedCase:
    """Enrol the survivor of one case, or bring the one enrolled from it before in line with it.

    A case as it was read the last time changes nothing, whatever was entered since. A changed one replaces the
    treatment summary, and the results and decisions that came from the file; what people recorded stays.
    The day the case asks about is left aside: the plan is the one of the clinic's today.

    Raises:
        CaseError: the message begins with the key at fault and says why.
    """
    clinic = require_clinic(session, actor, Action.ENROL, clinic_id)
    pack = pack_for(clinic)
    # The facts are the same whatever day is asked about; that a birth lies in the future is said below.
    case = parse_case(raw, pack, as_of=date.max)
    _check_storable(case)
    standing = survivors.find_identified(session, clinic.id, SYSTEM, case.id)
    digest = _digest(case)
    if standing is not None and _last_digest(session, standing) == digest:
        return ImportedCase(standing.id, Enrolment.UNCHANGED)
    survivor = _person(session, clinic, case, standing, actor=actor, clock=clock)
    before = None if standing is None else read_summary(session, survivor)
    summary = _summary(case.facts, pack)
    write_summary(session, survivor, summary, pack)
    _write_results(session, survivor, case.facts.results, clock)
    _write_overrides(session, survivor, case.facts.overrides, clock)
    audit.record(
        session,
        actor,
        "case.imported",
        subject=survivor,
        survivor_id=survivor.id,
        at=clock.now(),
        before=before,
        after={"case": case.id, "digest": digest, "summary": audit.snapshot(summary)},
    )
    care_plans.refresh(session, survivor, clock=clock)
    return ImportedCase(survivor.id, Enrolment.NEW if standing is None else Enrolment.UPDATED)


def _person(
    session: Session, clinic: Clinic, case: Case, standing: Survivor | None, *, actor: Actor, clock: Clock
) -> Survivor:
    """The survivor of a case, enrolled or corrected; a name that the file does not give stays as it is."""
    given, family = person_name(case.raw) or ("", f"Case {case.id}"[: survivors.LENGTHS["family_name"]])
    told: dict[str, Any] = {"birth_date": case.facts.birth_date, "sex_at_birth": case.facts.sex}
    try:
        if standing is not None:
            named: dict[str, Any] = {"given_name": given, "family_name": family} if person_name(case.raw) else {}
            entered = replace(survivors.details_of(standing), **named, **told)
            return survivors.edit(session, standing.id, entered, seen_version=None, actor=actor, clock=clock)
        mrn = survivors.free_mrn(session, clinic.id, case.id)
        entered = SurvivorInput(mrn=mrn, family_name=family, given_name=given, **told)
        survivor = survivors.enrol(session, clinic.id, entered, actor=actor, clock=clock)
    except Invalid as refused:
        key = "survivor.birth_date" if refused.field == "birth_date" else "name"
        raise CaseError(f"{key}: {refused}") from refused
    survivors.identify(session, survivor, SYSTEM, case.id)
    return survivor


def person_name(raw: Mapping[str, object]) -> tuple[str, str] | None:
    """Given and family name as the case remarks them ("Ana Rivera", "Rivera, Ana"); None where it does not."""
    survivor = raw.get("survivor")
    inner = survivor.get("name") if isinstance(survivor, Mapping) else None
    written = inner or raw.get("name")
    name = " ".join(written.split()) if isinstance(written, str) else ""
    if "," in name:
        family, _, given = (part.strip() for part in name.partition(","))
        return (given, family) if family else ("", given)
    given, _, family = name.rpartition(" ")
    return (given, family) if name else None


def _check_storable(case: Case) -> None:
    """The registry keeps named columns of a certain length: what does not fit is refused, never cut or rounded."""
    if len(case.id) > LONGEST_ID:
        raise CaseError(f"id: may have at most {LONGEST_ID} characters")
    for place, diagnosis in enumerate(case.facts.diagnoses):
        path = "survivor" if place == 0 else f"survivor.other_diagnoses[{place - 1}]"
        if len(diagnosis.name) > LONGEST_NAME:
            raise CaseError(f"{path}.diagnosis: may have at most {LONGEST_NAME} characters")
        _check_words(diagnosis.tumor, TUMOR_FIELDS, f"{path}.tumor")
    for place, held in enumerate(case.facts.predispositions):
        if len(held.syndrome) > LONGEST_NAME:
            raise CaseError(f"predispositions[{place}].syndrome: may have at most {LONGEST_NAME} characters")
        _check_words(held.fields, SYNDROME_FIELDS, f"predispositions[{place}]")
    for name, dose in case.facts.exposures.items():
        if dose is not None and round(dose, DECIMALS) != dose:
            raise CaseError(f"exposures.{name}: {dose} has more than {DECIMALS} decimal places. Round it")


def _check_words(fields: Mapping[str, str], known: tuple[str, ...], path: str) -> None:
    for key, value in fields.items():
        if key not in known:
            raise CaseError(f"{path}.{key}: is not a field the registry keeps. It keeps {', '.join(known)}")
        if len(value) > LONGEST_WORD:
            raise CaseError(f"{path}.{key}: may have at most {LONGEST_WORD} characters")


def _digest(case: Case) -> str:
    """A fingerprint of all that is stored of a case, whatever the order of its keys and the day it asks about."""
    told = to_case(case.facts, case.id, date.min) | {"name": person_name(case.raw)}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _last_digest(session: Session, survivor: Survivor) -> str | None:
    last = session.scalar(
        sa.select(AuditEvent.after)
        .where(AuditEvent.survivor_id == survivor.id, AuditEvent.action == "case.imported")
        .order_by(AuditEvent.at.desc(), AuditEvent.id)
        .limit(1)
    )
    return None if last is None else last.get("digest")


def _summary(facts: engine.Facts, pack: Pack) -> SummaryInput:
    return SummaryInput(
        diagnoses=tuple(_diagnosis(each) for each in facts.diagnoses),
        exposures=tuple(_exposures(facts, pack)),
        events=_known(facts.events, facts.event_precision),
        predispositions=tuple(
            PredispositionInput(syndrome=each.syndrome, fields=each.fields) for each in facts.predispositions
        ),
        ltfu_entry_on=facts.ltfu_entry_on,
        # A case file says nothing about who confirmed it: a confirmation that stands goes with the old summary.
        confirmed_on=None,
        confirmed_by="",
    )


def _diagnosis(each: engine.Diagnosis) -> DiagnosisInput:
    return DiagnosisInput(
        name=each.name,
        diagnosed_on=known_to(each.diagnosed_on, each.precision.get("diagnosed_on", "day")),
        resected_on=known_to(each.resected_on, each.precision.get("resected_on", "day")),
        end_of_therapy_on=known_to(each.end_of_therapy_on, each.precision.get("end_of_therapy_on", "day")),
        tumor=each.tumor,
    )


def _known(days: Mapping[str, date], precision: Mapping[str, str]) -> dict[str, Day]:
    """Dates to the precision that the file gives them."""
    return {name: known_to(day, precision.get(name, "day")) or day for name, day in days.items()}


def _exposures(facts: engine.Facts, pack: Pack) -> list[ExposureInput]:
    """Doses with their dates; then the dates that stand alone, under the vocabulary's name where it has one."""
    dates = _known(facts.exposure_dates, facts.exposure_precision)
    found = [
        replace(_exposure(name, dose, dates.pop(date_key(name), None)), at_least=facts.at_least.get(name))
        for name, dose in facts.exposures.items()
    ]
    names = {info.stem: name for name, info in pack.exposures.items()}
    return found + [
        ExposureInput(name=_date_only_name(stem, names), certainty=Certainty.DATE_ONLY, last_on=day)
        for stem, day in dates.items()
    ]


def _date_only_name(stem: str, names: Mapping[str, str]) -> str:
    full = names.get(stem, stem)
    return full if date_key(full) == stem else stem


def _exposure(name: str, dose: Decimal | None, last_on: Day | None) -> ExposureInput:
    certainty = Certainty.DOSE_UNKNOWN if dose is None else Certainty.KNOWN
    return ExposureInput(name=name, certainty=certainty, value=dose, last_on=last_on)


def _write_results(session: Session, survivor: Survivor, told: tuple[engine.Result, ...], clock: Clock) -> None:
    """Results of the file, each found again by what it says; one the file no longer tells of is set aside."""
    standing = {
        row.external_id: row
        for row in session.scalars(
            sa.select(Result).where(Result.survivor_id == survivor.id, Result.external_id.startswith("case:"))
        )
    }
    replaced = set(session.scalars(sa.select(Result.replaces_id).where(Result.survivor_id == survivor.id)))
    wanted = _numbered(told)
    for key, row in standing.items():
        if key not in wanted and row.superseded_at is None:
            row.superseded_at = clock.now()
    for key, each in wanted.items():
        if key not in standing:
            session.add(_result(each, key, survivor, clock))
        elif standing[key].id not in replaced:
            standing[key].superseded_at = None


def _numbered(told: tuple[engine.Result, ...]) -> dict[str, engine.Result]:
    wanted: dict[str, engine.Result] = {}
    for each in told:
        said = f"case:{each.test_code}:{each.on}:{each.status}:{int(each.adequate)}{int(each.claimed)}"
        count = sum(1 for key in wanted if key.rpartition(":")[0] == said)
        wanted[f"{said}:{count + 1}"] = each
    return wanted


def _result(each: engine.Result, key: str, survivor: Survivor, clock: Clock) -> Result:
    return Result(
        survivor_id=survivor.id,
        test_code=each.test_code,
        performed_on=each.on,
        status=each.status,
        adequate=each.adequate,
        claimed=each.claimed,
        source=SOURCE,
        external_id=key,
        recorded_at=clock.now(),
    )


def _write_overrides(session: Session, survivor: Survivor, told: tuple[engine.Override, ...], clock: Clock) -> None:
    """Decisions of the file, told from people's by having nobody who decided; a changed list is written anew."""
    standing = list(
        session.scalars(
            sa.select(Override)
            .where(
                Override.survivor_id == survivor.id,
                Override.decided_by_id.is_(None),
                Override.withdrawn_at.is_(None),
            )
            .order_by(Override.position)
        )
    )
    if [_said(row) for row in standing] == [_told(each) for each in told]:
        return
    for row in standing:
        row.withdrawn_at = clock.now()
    for position, each in enumerate(told):
        session.add(
            Override(
                survivor_id=survivor.id,
                test_code=each.test_code,
                action=each.action,
                decided_on=each.decided_on,
                expires_on=each.expires_on,
                due_on=each.due_on,
                repeat_every=each.interval,
                defer_to=each.to,
                reason="As the case file says",
                position=position,
                recorded_at=clock.now(),
            )
        )


def _said(row: Override) -> tuple[Any, ...]:
    dates = (row.decided_on, row.expires_on, row.due_on, row.repeat_every, row.defer_to)
    return (row.test_code, row.action, *dates)


def _told(each: engine.Override) -> tuple[Any, ...]:
    dates = (each.decided_on, each.expires_on, each.due_on, each.interval, each.to)
    return (each.test_code, each.action, *dates)
