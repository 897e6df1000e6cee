"""Immunization → a vaccine of the record, given or not, and a chart entry."""

from tracker.fhir.codes import Codes
from tracker.fhir.told import chart, entry_of, in_order, meaning, notes_of, own_words, partial, status_of, texts_of
from tracker.fhir.values import Json, first_day, listed, words
from tracker.services.import_records import ChartRecord
from tracker.services.sections.people import IMMUNIZATIONS

GIVEN = {"completed": "yes", "not-done": "no"}
MOST_DOSES = 99


def from_fhir(resource: Json, *, external_id: str, codes: Codes) -> ChartRecord:
    """The entry. A vaccine that the catalogue does not have keeps its own words; one that was not given says why.

    Raises:
        Skipped: entered in error, or without a vaccine.
    """
    status = status_of(resource)
    concept = resource.get("vaccineCode")
    vaccine = meaning("vaccine", concept, codes)
    day = first_day(resource, "occurrenceDateTime")
    reason = "; ".join(in_order(own_words(resource.get("statusReason")), *texts_of(resource.get("reasonCode"))))
    values = {
        "vaccine": vaccine.value,
        "given": GIVEN.get(status, "unknown"),
        "given_on": partial(day),
        "dose_number": _dose_number(resource),
        "reason": reason,
        "note": "\n".join(_note(resource)),
    }
    return chart(
        resource,
        concept,
        external_id=external_id,
        status=status or "unknown",
        day=day,
        value=reason,
        known=vaccine.coding,
        mapped_to=vaccine.target,
        entries=entry_of(IMMUNIZATIONS, values),
    )


def _dose_number(resource: Json) -> int | None:
    """Which dose of its series it was, where a plain number says so."""
    for each in listed(resource.get("protocolApplied")):
        told = each.get("doseNumberPositiveInt", each.get("doseNumberString"))
        if isinstance(told, str) and told.isascii() and told.isdecimal() and len(told) <= len(str(MOST_DOSES)):
            told = int(told)
        if isinstance(told, int) and not isinstance(told, bool) and 0 < told <= MOST_DOSES:
            return told
    return None


def _note(resource: Json) -> list[str]:
    when, lot = words(resource.get("occurrenceString")), words(resource.get("lotNumber"))
    return in_order(
        f"When: {when}" if when.strip() else "",
        f"Lot {lot}" if lot.strip() else "",
        # A dose too weak to protect may not count for its series: whoever plans the next one must know.
        "The dose counts as too weak at its source" if resource.get("isSubpotent") is True else "",
        *notes_of(resource),
    )
