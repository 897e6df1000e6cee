"""The treatment summary: recorded as a whole, checked, and the plan brought in line in the same transaction."""

from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.catalogue import Catalogue, followed
from tracker.engine.rules import Pack
from tracker.models import DiagnosisCourse, DueItem, PlanGap, Standing, Survivor
from tracker.policy import Action, Actor, require
from tracker.services import audit, care_plans, diagnosis_names, editions, given, treatment_changes, treatment_sums
from tracker.services.care_plans import PlanChange
from tracker.services.editing import begin_edit
from tracker.services.given import Derived
from tracker.services.packs import pack_for
from tracker.services.sections.checks import Surroundings, lookup_list
from tracker.services.sections.entries import EntryInput
from tracker.services.treatment_checks import (
    Problem,
    SummaryRefused,
    problems_of,
    questioned_above,
)
from tracker.services.treatment_entries import check_entries, coded, in_place, read_entries, write_entries
from tracker.services.treatment_resections import Removal, with_removals
from tracker.services.treatment_rows import (
    DiagnosisInput,
    ExposureInput,
    PredispositionInput,
    SummaryInput,
    TumorDetails,
    read_summary,
    write_summary,
)
from tracker.services.treatment_sums import Sums

__all__ = [
    "DiagnosisInput",
    "EntryInput",
    "ExposureInput",
    "PredispositionInput",
    "Problem",
    "RecordedSummary",
    "Removal",
    "Sheet",
    "SummaryInput",
    "SummaryRefused",
    "Sums",
    "TumorDetails",
    "questioned_above",
    "read_summary",
    "read_whole",
    "record_summary",
    "sheet_for_editing",
    "sums_as_typed",
    "with_followed",
    "write_summary",
]

LONGEST_REASON = 400
CHANGE = "treatment.recorded"
RETURNED = (DiagnosisCourse.RELAPSE, DiagnosisCourse.PROGRESSION)
# Of a tumor's details, those whose words in the catalogue say something of the words that choose its schedule.
FOLLOWED = {
    "vessel_name": "vessel",
    "clinic_subtype": "lms_subtype",
    "icdo3_topography": "topography",
    "extremity_part": "extremity_part",
    "bone": "bone",
    "tissue": "tissue",
}


@dataclass(frozen=True)
class Sheet:
    """A survivor's treatment summary on the desk: what stands, and the vocabulary it is written in."""

    survivor: Survivor
    summary: SummaryInput
    pack: Pack
    catalogue: Catalogue = field(default_factory=Catalogue)
    today: date = date.max


@dataclass
class RecordedSummary(PlanChange):
    """What a new summary changed, and the plan as it now stands.

    ``not_in_pack``: diagnoses for which the guideline has no recurrence schedule at all. ``derived``: the exposures
    that follow from what was given, and where a recorded total says otherwise. ``removals``: the days on which tumors
    were removed, as their operations say. ``pack``: names what could not be planned. ``back_on_treatment``: a tumor
    that came back, its end of therapy unknown, of somebody whose earlier therapy had ended.
    """

    items: list[DueItem] = field(default_factory=list)
    gaps: list[PlanGap] = field(default_factory=list)
    not_in_pack: tuple[str, ...] = ()
    today: date = date.min
    derived: Derived = field(default_factory=Derived)
    removals: tuple[Removal, ...] = ()
    pack: Pack | None = None
    back_on_treatment: str = ""


def sheet_for_editing(session: Session, survivor_id: UUID, *, actor: Actor, clock: Clock | None = None) -> Sheet:
    """What the editor shows; for those who may change it."""
    survivor = require(session, actor, Action.EDIT_TREATMENT, survivor_id)
    today = date.max if clock is None else clock.today(survivor.clinic.tz)
    whole = read_whole(session, survivor)
    return Sheet(survivor, whole, pack_for(survivor.clinic), given.catalogue_for(survivor), today)


def read_whole(session: Session, survivor: Survivor) -> SummaryInput:
    """The summary as it is stored, with the entries that the editor shows; the caller has authorised."""
    return replace(read_summary(session, survivor), entries=read_entries(session, survivor.id))


def record_summary(
    session: Session,
    survivor_id: UUID,
    entered: SummaryInput,
    *,
    seen_version: int | None,
    actor: Actor,
    clock: Clock,
    reason: str = "",
) -> RecordedSummary:
    """Replace a survivor's whole treatment summary and plan anew; rows that did not change stay as they are.

    Recorded totals are in each exposure's own unit; the other exposures are derived anew from the courses. A diagnosis
    entered by another name, or by its ICD-O-3 code alone, is stored under the pack's name; any other text is kept as it
    is (and is a gap in the plan). ``seen_version`` is the version the form was filled in from. ``reason`` must say why,
    once somebody has confirmed the summary and something in it changes.

    Raises:
        SummaryRefused: dates out of order or in the future, an unknown name, a dose that cannot be; every problem.
        Conflict: somebody else saved first.
    """
    survivor = require(session, actor, Action.EDIT_TREATMENT, survivor_id)
    begin_edit(session, survivor, seen=seen_version)
    editions.begin(session, survivor, clock)
    before = read_whole(session, survivor)
    around = surroundings_of(survivor, before, clock.today(survivor.clinic.tz))
    entered = prepared(entered, around)
    _check(entered, before, around, reason.strip())
    entered, removals = with_removals(entered, before, around.catalogue)
    write_summary(session, survivor, entered, around.pack)
    entered = replace(entered, entries=in_place(session, survivor, entered.entries))
    write_entries(session, survivor, entered.entries, at=clock.now())
    derived = given.derive_exposures(session, survivor, around.pack, around.catalogue)
    audit.record(
        session,
        actor,
        CHANGE,
        subject=survivor,
        survivor_id=survivor.id,
        at=clock.now(),
        before=before,
        after=entered,
        reason=reason.strip(),
    )
    change = care_plans.refresh(session, survivor, clock=clock)
    editions.keep_edition(session, survivor, change=CHANGE, reason=reason.strip(), actor=actor, clock=clock)
    return RecordedSummary(
        opened=change.opened,
        closed=change.closed,
        items=care_plans.open_items(session, survivor.id),
        gaps=care_plans.gaps_of(session, survivor.id),
        not_in_pack=tuple(each.name for each in entered.diagnoses if each.name not in around.pack.diagnoses),
        today=around.today,
        derived=derived,
        removals=removals,
        pack=around.pack,
        back_on_treatment=came_back(entered, survivor),
    )


def sums_as_typed(session: Session, sheet: Sheet, entered: SummaryInput) -> Sums:
    """What a summary adds up to before it is saved; nothing is written. The sheet was opened by who may edit it."""
    around = surroundings_of(sheet.survivor, sheet.summary, sheet.today)
    return treatment_sums.sums_of(session, sheet.survivor, prepared(entered, around), sheet.summary, around)


def came_back(entered: SummaryInput, survivor: Survivor) -> str:
    """The name of a relapse or progression without an end of therapy, after an earlier diagnosis had one; nothing
    where a decision about the follow-up says already that the survivor is on treatment."""
    if survivor.standing == Standing.ON_TREATMENT:
        return ""
    ended = False
    for each in entered.diagnoses:
        if ended and each.end_of_therapy_on is None and each.details and each.details.course in RETURNED:
            return each.name
        ended = ended or each.end_of_therapy_on is not None
    return ""


def surroundings_of(survivor: Survivor, standing: SummaryInput, today: date) -> Surroundings:
    """What the entries of this survivor are checked against; the caller has authorised."""
    return Surroundings(
        pack=pack_for(survivor.clinic),
        catalogue=given.catalogue_for(survivor),
        birth_date=survivor.birth_date,
        today=today,
        diagnosis_ids=frozenset(each.id for each in standing.diagnoses if each.id is not None),
    )


def prepared(entered: SummaryInput, around: Surroundings) -> SummaryInput:
    """The summary in the vocabulary of the pack: names, codes, and what one word says of another field."""
    return replace(
        entered,
        diagnoses=tuple(_prepared(each, around.pack, around.catalogue) for each in entered.diagnoses),
        entries=coded(entered.entries, around.catalogue),
    )


def _prepared(each: DiagnosisInput, pack: Pack, catalogue: Catalogue) -> DiagnosisInput:
    name, code = diagnosis_names.meant(pack, catalogue, each.name, each.icdo3_morphology)
    return replace(each, name=name, icdo3_morphology=code, tumor=with_followed(each, name, pack, catalogue))


def with_followed(each: DiagnosisInput, name: str, pack: Pack, catalogue: Catalogue) -> dict[str, str]:
    """The words that choose the schedule, completed by what the clinic's own words say of them (a vena cava is a
    vascular site); what somebody entered stays."""
    tumor = dict(each.tumor)
    for asked, allowed in pack.strata.get(("recurrence", name), {}).items():
        for detail, words in FOLLOWED.items() if each.details is not None and asked not in tumor else ():
            term = lookup_list(catalogue, words).get(getattr(each.details, detail))
            value = None if term is None else followed(term, asked, allowed)
            if value is not None:
                tumor.setdefault(asked, value)
    return tumor


def _check(entered: SummaryInput, before: SummaryInput, around: Surroundings, reason: str) -> None:
    problems = problems_of(entered, around.pack, birth_date=around.birth_date, today=around.today, standing=before)
    problems += check_entries(entered.entries, before.entries, around)
    if before.confirmed_on is not None and not reason and treatment_changes.changes(entered, before):
        problems.append(Problem("reason", "The summary has been confirmed. Enter the reason for this change"))
    if len(reason) > LONGEST_REASON:
        problems.append(Problem("reason", f"The reason may have at most {LONGEST_REASON} characters"))
    if problems:
        raise SummaryRefused(problems)
