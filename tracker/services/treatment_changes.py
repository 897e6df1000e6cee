"""Would a summary as entered change anything that stands? Asked before it is written: a change may need a reason."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from tracker.services.treatment_entries import changes as changes_entries
from tracker.services.treatment_inputs import DiagnosisInput, ExposureInput, SummaryInput


def changes(entered: SummaryInput, standing: SummaryInput) -> bool:
    """Is anything entered that differs from what stands? Who confirmed it, and when, is no part of what it says."""
    return (
        _diagnoses_change(entered.diagnoses, standing.diagnoses)
        or _totals(entered.exposures) != _totals(standing.exposures)
        or dict(entered.events) != dict(standing.events)
        or entered.predispositions != standing.predispositions
        or entered.ltfu_entry_on != standing.ltfu_entry_on
        or changes_entries(entered.entries, standing.entries)
    )


def _diagnoses_change(entered: tuple[DiagnosisInput, ...], standing: tuple[DiagnosisInput, ...]) -> bool:
    if len(entered) != len(standing):
        return True
    return any(_as_standing(one, other) != other for one, other in zip(entered, standing, strict=True))


def _as_standing(entered: DiagnosisInput, standing: DiagnosisInput) -> DiagnosisInput:
    """What was not entered keeps what stands."""
    details = standing.details if entered.details is None else entered.details
    return replace(entered, id=_id(entered.id, standing.id), details=details, tumor=dict(entered.tumor))


def _id(entered: UUID | None, standing: UUID | None) -> UUID | None:
    return standing if entered is None else entered


def _totals(exposures: Iterable[ExposureInput]) -> dict[str, ExposureInput]:
    return {each.name: replace(each, certainty=str(each.certainty), confirmed=True) for each in exposures}
