"""Encounter → a chart entry: what kind of visit, and why."""

from tracker.fhir.codes import Codes
from tracker.fhir.outcomes import concept_of, entry, read_status
from tracker.fhir.values import Coding, Json, concept_text, listed, mapping, required_day, words
from tracker.services.import_records import ChartRecord


def from_fhir(resource: Json, *, external_id: str, codes: Codes) -> ChartRecord:
    """The entry, dated by its first day; an encounter is never a result, whatever its code.

    Raises:
        Skipped: entered in error, cancelled, without a date or a kind.
    """
    status = read_status(resource)
    reasons = (concept_text(each) for each in listed(resource.get("reasonCode")))
    return entry(
        resource,
        _kind(resource),
        required_day(resource, "period"),
        external_id=external_id,
        codes=codes,
        status=status,
        result_status=None,
        report="; ".join(reason for reason in reasons if reason),
    )


def _kind(resource: Json) -> Json:
    """Its first type; without one its class (in hospital, ambulatory …)."""
    for each in listed(resource.get("type")):
        if concept_text(each):
            return each
    found = mapping(resource.get("class"))
    code = words(found.get("code"))
    return concept_of(Coding(words(found.get("system")), code, words(found.get("display")))) if code else {}
