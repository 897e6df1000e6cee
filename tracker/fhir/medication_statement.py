"""MedicationStatement → a chart entry, and what was taken, as somebody reports it."""

from tracker.fhir.codes import Codes
from tracker.fhir.medication import Giving, medication_record, notes_of
from tracker.fhir.medication_doses import dosage_words, read_route
from tracker.fhir.outcomes import read_status
from tracker.fhir.periods import period_of
from tracker.fhir.values import NOT_DONE, Json, Skipped, concept_text, first_day, listed
from tracker.services.import_records import ChartRecord

OVER, GOING = ("completed", "stopped"), ("active", "on-hold")


def from_fhir(resource: Json, *, external_id: str, codes: Codes) -> ChartRecord:
    """The entry, dated by when it was taken, else by when that was said.

    What is intended, or of which nothing is known, stays a chart entry alone.

    Raises:
        Skipped: entered in error, not taken, or no medicine.
    """
    status = read_status(resource)
    if status == "not-taken":
        raise Skipped(NOT_DONE)
    dosages = listed(resource.get("dosage"))
    period = period_of(resource, "effective")
    giving = Giving(
        status=status,
        is_given=status in (*OVER, *GOING),
        is_going=status in GOING,
        day=first_day(resource, "effectiveDateTime", "effectivePeriod", "dateAsserted"),
        period=period.without_end() if status in GOING else period,
        dose_text=dosage_words(dosages),
        planned=True,
        route=read_route(dosages),
        told=(*(concept_text(each) for each in listed(resource.get("statusReason"))), *notes_of(resource)),
    )
    return medication_record(resource, giving, external_id=external_id, codes=codes)
