"""An operation → an entry of the operations, where its code is one of the catalogue's."""

from tracker.fhir.body_sites import one_side, sites_of, surgical_site
from tracker.fhir.codes import OPERATION, Codes
from tracker.fhir.extensions import condition_of
from tracker.fhir.malignancy import without_kind
from tracker.fhir.medication import notes_of
from tracker.fhir.periods import period_of
from tracker.fhir.treatment_reasons import read_reason
from tracker.fhir.values import Json, codings, concept_text, cut, listed, words
from tracker.services.import_records import EntryRecord

SURGERIES = "surgeries"
PROFILE = "mcode-cancer-related-surgical-procedure"


def operation_of(resource: Json, codes: Codes) -> str:
    """The catalogue's operation that the Procedure's code is; empty where it is none."""
    known = codes.of(OPERATION, codings(resource.get("code")))
    return known[1] if known else ""


def read_surgery(resource: Json, status: str, codes: Codes) -> tuple[EntryRecord, ...]:
    """The entry of an operation that was completed.

    One that takes out a tumor needs a cancer as its reason: an appendix taken out for appendicitis would otherwise
    become the day on which the tumor was removed.
    """
    operation = codes.catalogue.operations.get(operation_of(resource, codes))
    if operation is None or status != "completed":
        return ()
    reason = read_reason(resource, codes, PROFILE)
    if operation.resects and not reason.is_cancer:
        return ()
    sites = sites_of(resource, codes)
    values = {
        "operation": operation.code,
        "site": surgical_site(sites[0], codes) if len(sites) == 1 else "",
        "laterality": one_side(sites),
        "done_on": period_of(resource, "performed").started_on,
        "place": _display(resource.get("location"), 120),
        "note": _note(resource),
    }
    told = {name: value for name, value in values.items() if value}
    return (EntryRecord(section=SURGERIES, values=told, diagnosis=condition_of(resource)),)


def _display(reference: object, longest: int) -> str:
    return cut(words(reference.get("display")), longest) if isinstance(reference, dict) else ""


def _note(resource: Json) -> str:
    lines = [f"At its source: {without_kind(concept_text(resource.get('code')))}"]
    lines += [concept_text(each) for each in listed(resource.get("complication"))]
    return cut("\n".join([*(each for each in lines if each), *(each for each in notes_of(resource) if each)]), 4000)
