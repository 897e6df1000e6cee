"""Condition → a chart entry, and a diagnosis where it is a cancer that is certain."""

from tracker.fhir.codes import ICD_O_3, Codes, canonical
from tracker.fhir.malignancy import is_malignant, own_name
from tracker.fhir.values import (
    IN_ERROR,
    REFUTED,
    Coding,
    Json,
    Skipped,
    chosen,
    codings,
    cut,
    first_code,
    first_day,
    listed,
    read_day,
    words,
)
from tracker.services.diagnosis_names import CODE
from tracker.services.import_records import ChartRecord, DiagnosisRecord

MORPHOLOGY = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-histology-morphology-behavior"
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
    morphology = _morphology(resource)
    known = codes.diagnosis_of([*found, *morphology])
    coding = chosen(found, concept, mapped=[known[0]] if known and known[0] in found else [])
    name = None if verification in UNCERTAIN else _name(coding, found, known[1] if known else None, codes)
    day = first_day(resource, "onsetDateTime", "onsetPeriod", "recordedDate", "dateRecorded", "assertedDate")
    return ChartRecord(
        resource_type="Condition",
        external_id=external_id,
        code_system=coding.system,
        code=coding.code,
        display=coding.display,
        status=_status(resource, verification),
        occurred_on=day.first if day else None,
        mapped_to=name or "",
        diagnosis=_diagnosis(resource, name, [*found, *morphology]) if name else None,
    )


def _name(coding: Coding, found: list[Coding], known: str | None, codes: Codes) -> str | None:
    """The pack's name for it; a cancer the pack does not know keeps its own."""
    display = own_name(coding.display)
    name = known or (codes.diagnosis_named(display) if display else None)
    if name is None and is_malignant(display, found):
        name = display or coding.code
    return cut(name, 200) if name else None


def _diagnosis(resource: Json, name: str, found: list[Coding]) -> DiagnosisRecord:
    # Only an onset is a date of diagnosis, and only a whole date: when it was typed in says nothing.
    onset = first_day(resource, "onsetDateTime", "onsetPeriod")
    morphology = next(
        (each.code for each in found if canonical(each.system) == ICD_O_3 and CODE.fullmatch(each.code)), ""
    )
    return DiagnosisRecord(
        name=name,
        diagnosed_on=onset.first if onset and onset.is_exact else None,
        icdo3_morphology=cut(morphology, 10),
    )


def _morphology(resource: Json) -> list[Coding]:
    return [
        coding
        for each in listed(resource.get("extension"))
        if words(each.get("url")) == MORPHOLOGY
        for coding in codings(each.get("valueCodeableConcept"))
    ]


def _status(resource: Json, verification: str) -> str:
    clinical = first_code(resource.get("clinicalStatus")) or words(resource.get("clinicalStatus"))
    parts = [clinical, verification if verification != "confirmed" else ""]
    if read_day(resource.get("abatementDateTime")) is not None and not clinical:
        parts[0] = "resolved"
    return cut(", ".join(part for part in parts if part), 40)
