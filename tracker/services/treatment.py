"""The treatment summary: recorded as a whole, checked, and the plan brought in line in the same transaction."""

from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.rules import Pack
from tracker.models import DueItem, PlanGap, Survivor
from tracker.policy import Action, Actor, require
from tracker.services import audit, care_plans, diagnosis_names
from tracker.services.care_plans import PlanChange
from tracker.services.editing import begin_edit
from tracker.services.packs import pack_for
from tracker.services.treatment_checks import Problem, SummaryRefused, check_summary, questioned_above
from tracker.services.treatment_rows import (
    DiagnosisInput,
    ExposureInput,
    PredispositionInput,
    SummaryInput,
    read_summary,
    write_summary,
)

__all__ = [
    "DiagnosisInput",
    "ExposureInput",
    "PredispositionInput",
    "Problem",
    "RecordedSummary",
    "Sheet",
    "SummaryInput",
    "SummaryRefused",
    "questioned_above",
    "read_summary",
    "record_summary",
    "sheet_for_editing",
    "write_summary",
]


@dataclass(frozen=True)
class Sheet:
    """A survivor's treatment summary on the desk: what stands, and the vocabulary it is written in."""

    survivor: Survivor
    summary: SummaryInput
    pack: Pack


@dataclass
class RecordedSummary(PlanChange):
    """What a new summary changed, and the plan as it now stands.

    ``not_in_pack``: diagnoses for which the guideline has no recurrence schedule at all.
    """

    items: list[DueItem] = field(default_factory=list)
    gaps: list[PlanGap] = field(default_factory=list)
    not_in_pack: tuple[str, ...] = ()
    today: date = date.min


def sheet_for_editing(session: Session, survivor_id: UUID, *, actor: Actor) -> Sheet:
    """What the editor shows; for those who may change it."""
    survivor = require(session, actor, Action.EDIT_TREATMENT, survivor_id)
    return Sheet(survivor, read_summary(session, survivor), pack_for(survivor.clinic))


def record_summary(
    session: Session,
    survivor_id: UUID,
    entered: SummaryInput,
    *,
    seen_version: int | None,
    actor: Actor,
    clock: Clock,
) -> RecordedSummary:
    """Replace a survivor's whole treatment summary and plan anew; rows that did not change stay as they are.

    Doses are in each exposure's own unit. A diagnosis entered by another name of the pack's, or by its ICD-O-3
    code alone, is stored under the pack's name; any other text is kept as it is (and is a gap in the plan).
    ``seen_version`` is the version the form was filled in from.

    Raises:
        SummaryRefused: dates out of order or in the future, an unknown name, a dose that cannot be; every problem.
        Conflict: somebody else saved first.
    """
    survivor = require(session, actor, Action.EDIT_TREATMENT, survivor_id)
    pack = pack_for(survivor.clinic)
    entered = with_pack_names(entered, pack)
    begin_edit(session, survivor, seen=seen_version)
    before = read_summary(session, survivor)
    today = clock.today(survivor.clinic.tz)
    check_summary(entered, pack, birth_date=survivor.birth_date, today=today, standing=before)
    write_summary(session, survivor, entered, pack)
    audit.record(
        session,
        actor,
        "treatment.recorded",
        subject=survivor,
        survivor_id=survivor.id,
        at=clock.now(),
        before=before,
        after=entered,
    )
    change = care_plans.refresh(session, survivor, clock=clock)
    return RecordedSummary(
        opened=change.opened,
        closed=change.closed,
        items=care_plans.open_items(session, survivor.id),
        gaps=care_plans.gaps_of(session, survivor.id),
        not_in_pack=tuple(each.name for each in entered.diagnoses if each.name not in pack.diagnoses),
        today=today,
    )


def with_pack_names(entered: SummaryInput, pack: Pack) -> SummaryInput:
    """Diagnoses under the pack's own names, where it has one for them."""
    return replace(
        entered,
        diagnoses=tuple(
            replace(each, name=diagnosis_names.normalised(pack, each.name, each.icdo3_morphology))
            for each in entered.diagnoses
        ),
    )
