"""Condition → a chart entry, and a diagnosis where it is a cancer that is certain; or a metastasis of one."""

from dataclasses import replace

from tracker.fhir.body_sites import one_side, sites_of, topography_of
from tracker.fhir.codes import Codes
from tracker.fhir.extensions import MCODE, extension_codings, has_profile
from tracker.fhir.malignancy import is_malignant, is_something_else, own_name
from tracker.fhir.secondary_cancer import METASTASES, is_secondary, metastasis
from tracker.fhir.staging import scheduled_stage, stage_summarized
from tracker.fhir.tumor_facts import morphology_of
from tracker.fhir.values import (
    IN_ERROR,
    REFUTED,
    Coding,
    Json,
    Skipped,
    chosen,
    codings,
    concept_text,
    cut,
    first_code,
    first_day,
    read_day,
    words,
)
from tracker.services.diagnosis_names import pack_name
from tracker.services.import_records import ChartRecord, DiagnosisRecord, TumorRecord

MORPHOLOGY = f"{MCODE}mcode-histology-morphology-behavior"
PRIMARY = "mcode-primary-cancer-condition"
# The condition that a tumor's details belong to is this one.
SELF = "#self"
UNCERTAIN = ("unconfirmed", "provisional", "differential")


def from_fhir(resource: Json, *, external_id: str, codes: Codes) -> ChartRecord:
    """The entry, dated by onset or else when it was recorded; a condition may have no date at all.

    Raises:
        Skipped: entered in error, refuted, without a code, or saying only that nothing is known.
    """
    verification = first_code(resource.get("verificationStatus"))
    if verification == "entered-in-error":
        raise Skipped(IN_ERROR)
    if verification == "refuted":
        raise Skipped(REFUTED)
    concept = resource.get("code")
    found = codings(concept)
    is_certain = verification not in UNCERTAIN
    if is_secondary(resource, found, concept_text(concept)):
        entries = (metastasis(resource, codes),) if is_certain else ()
        record = _record(resource, chosen(found, concept), verification, external_id)
        return replace(record, entries=entries, mapped_to=METASTASES if entries else "")
    histology = extension_codings(resource, MORPHOLOGY)
    morphology = morphology_of([*found, *histology], codes)
    known = codes.diagnosis_of([*found, *histology])
    coding = chosen(found, concept, mapped=[known[0]] if known and known[0] in found else [])
    record = _record(resource, coding, verification, external_id)
    own = known[1] if known else pack_name(codes.pack, morphology)
    name = _name(coding, found, own, codes, is_told=has_profile(resource, PRIMARY)) if is_certain else None
    if name is None:
        return record
    diagnosis = _diagnosis(resource, name, morphology)
    return replace(record, mapped_to=name, diagnosis=diagnosis, tumor=_tumor(resource, found, name, codes))


def _record(resource: Json, coding: Coding, verification: str, external_id: str) -> ChartRecord:
    day = first_day(resource, "onsetDateTime", "onsetPeriod", "recordedDate", "dateRecorded", "assertedDate")
    return ChartRecord(
        resource_type="Condition",
        external_id=external_id,
        code_system=coding.system,
        code=coding.code,
        display=coding.display,
        status=_status(resource, verification),
        occurred_on=day.first if day else None,
    )


def _name(coding: Coding, found: list[Coding], known: str | None, codes: Codes, *, is_told: bool) -> str | None:
    """The pack's name for it; a cancer the pack does not know keeps its own. ``is_told``: mCODE calls it a cancer."""
    display = own_name(coding.display)
    name = known or (codes.diagnosis_named(display) if display else None)
    if name is None and (is_malignant(display, found) or (is_told and display and not is_something_else(display))):
        name = display or coding.code
    return cut(name, 200) if name else None


def _diagnosis(resource: Json, name: str, morphology: str) -> DiagnosisRecord:
    # Only an onset is a date of diagnosis, and only a whole date: when it was typed in says nothing.
    onset = first_day(resource, "onsetDateTime", "onsetPeriod")
    return DiagnosisRecord(
        name=name,
        diagnosed_on=onset.first if onset and onset.is_exact else None,
        icdo3_morphology=cut(morphology, 10),
    )


def _tumor(resource: Json, found: list[Coding], name: str, codes: Codes) -> TumorRecord | None:
    """Where it is, on which side, and its stage, as far as the Condition itself tells."""
    sites = sites_of(resource, codes)
    places = {topography_of(each.found, codes) for each in sites} or {topography_of(found, codes)}
    side = codes.of("laterality", found)
    values: dict[str, object] = {}
    if len(places) == 1 and (place := next(iter(places))):
        values["icdo3_topography"] = place
    if laterality := one_side(sites) or (side[1] if side and not sites else ""):
        values["laterality"] = laterality
    stage = stage_summarized(resource, codes)
    if stage is not None:
        values |= stage.values() | {"stage": scheduled_stage(name, stage.code, codes)}
    return TumorRecord(values=values, diagnosis=SELF) if values else None


def _status(resource: Json, verification: str) -> str:
    clinical = first_code(resource.get("clinicalStatus")) or words(resource.get("clinicalStatus"))
    parts = [clinical, verification if verification != "confirmed" else ""]
    if read_day(resource.get("abatementDateTime")) is not None and not clinical:
        parts[0] = "resolved"
    return cut(", ".join(part for part in parts if part), 40)
