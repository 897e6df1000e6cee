"""What an Observation says of a tumor: its stage, grade, size and histologic type. Only what is certain."""

from decimal import Decimal

from tracker.fhir.body_sites import term_named
from tracker.fhir.codes import ICD_O_3, LOINC, SNOMED, Codes, canonical
from tracker.fhir.extensions import condition_of
from tracker.fhir.malignancy import without_kind
from tracker.fhir.periods import partial_date
from tracker.fhir.staging import NCIT, is_stage, stage_observed
from tracker.fhir.values import Coding, Json, codings, concept_text, listed, mapping, number, words
from tracker.services.diagnosis_names import CODE
from tracker.services.import_records import TumorRecord

CERTAIN = ("final", "amended", "corrected")
SIZE, LARGEST = "21889-1", "33728-7"
HISTOLOGIC_TYPE = "31206-6"
GRADES = {(NCIT, "C18000"), (LOINC, "33732-9"), (LOINC, "44648-4"), (SNOMED, "371469007")}
NOTTINGHAM = (LOINC, "44648-4")
MILLIMETERS = {"mm": Decimal(1), "cm": Decimal(10)}
LARGEST_MM = 1000
# Behavior 6 is a metastasis, 9 is "primary or metastasis not known": neither says what the tumor itself is.
NOT_ITS_OWN = ("6", "9")


def tumor_record(resource: Json, codes: Codes) -> TumorRecord | None:
    """What it adds to a diagnosis; None where it tells nothing of a tumor that is certain."""
    if words(resource.get("status")) not in CERTAIN or resource.get("dataAbsentReason"):
        return None
    values = _values(resource, codes)
    return TumorRecord(values=values, diagnosis=condition_of(resource)) if values else None


def _values(resource: Json, codes: Codes) -> dict[str, object]:
    kinds = {(canonical(each.system), each.code) for each in codings(resource.get("code"))}
    if is_stage(resource, codes):
        stage = stage_observed(resource, codes)
        return stage.values() if stage else {}
    if kinds & GRADES:
        return _grade(resource, codes, is_nottingham=NOTTINGHAM in kinds)
    if kinds & {(LOINC, SIZE), (LOINC, LARGEST)}:
        size = _size_mm(resource)
        return {} if size is None else {"size_mm": size}
    if (LOINC, HISTOLOGIC_TYPE) in kinds:
        morphology = morphology_of(codings(resource.get("valueCodeableConcept")), codes)
        return {"icdo3_morphology": morphology} if morphology else {}
    return {}


def morphology_of(found: list[Coding], codes: Codes) -> str:
    """The ICD-O-3 morphology that a code is or means; empty where none does."""
    known = codes.of("morphology", found)
    told = [each.code for each in found if canonical(each.system) == ICD_O_3 and CODE.fullmatch(each.code)]
    own = [code for code in ([known[1]] if known else told) if code[-1] not in NOT_ITS_OWN]
    return own[0] if own else ""


def _grade(resource: Json, codes: Codes, *, is_nottingham: bool) -> dict[str, object]:
    value = resource.get("valueCodeableConcept")
    known = codes.of("grade", codings(value))
    code = known[1] if known else _grade_in_words(concept_text(value), codes)
    if not code:
        return {}
    system = codes.of("grade_system", codings(resource.get("method")))
    told: dict[str, object] = {"grade": code}
    if system is not None or is_nottingham:
        told["grade_system"] = system[1] if system else "other"
    graded_on = partial_date(resource.get("effectiveDateTime"))
    if graded_on is not None:
        told["graded_on"] = graded_on
    return told


def _grade_in_words(text: str, codes: Codes) -> str:
    """Nottingham's grades 1 to 3 are low, intermediate and high; others only by exactly the catalogue's words."""
    plain = without_kind(text).casefold().removeprefix("nottingham ").removeprefix("histologic ")
    return term_named(codes.catalogue.terms.get("grade", {}), plain)


def _size_mm(resource: Json) -> int | None:
    """The largest dimension in whole millimeters; None where it is not told exactly."""
    parts = listed(resource.get("component"))
    largest = [each for each in parts if _is(each, LARGEST)]
    told = [each.get("valueQuantity") for each in largest] or [resource.get("valueQuantity")]
    sizes = {_millimeters(each) for each in told}
    return sizes.pop() if len(sizes) == 1 else None


def _is(component: Json, loinc: str) -> bool:
    found = codings(component.get("code"))
    return any(canonical(each.system) == LOINC and each.code == loinc for each in found)


def _millimeters(quantity: object) -> int | None:
    told = mapping(quantity)
    amount = number(told.get("value"))
    factor = MILLIMETERS.get(words(told.get("code")) or words(told.get("unit")))
    if amount is None or factor is None or words(told.get("comparator")):
        return None
    size = amount * factor
    return int(size) if 0 < size <= LARGEST_MM and size == size.to_integral_value() else None
