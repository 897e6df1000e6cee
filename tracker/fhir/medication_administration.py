"""MedicationAdministration → a chart entry, and what was given: the only resource that tells a dose given."""

from tracker.fhir.codes import Codes
from tracker.fhir.medication import Giving, medication_record, notes_of
from tracker.fhir.medication_doses import quantity_words, read_dose, read_route
from tracker.fhir.outcomes import read_status
from tracker.fhir.periods import period_of
from tracker.fhir.values import Json, concept_text, first_day, listed, mapping, words
from tracker.services.import_records import ChartRecord

OVER, GOING = ("completed", "stopped"), ("in-progress", "on-hold")


def from_fhir(resource: Json, *, external_id: str, codes: Codes) -> ChartRecord:
    """The entry, dated by the day it was given.

    Only an administration that was completed gave the whole dose; of one that was broken off, the dose is unknown.

    Raises:
        Skipped: entered in error, not done, or no medicine.
    """
    status = read_status(resource)
    dosage = mapping(resource.get("dosage"))
    period = period_of(resource, "effective", one_day=True)
    giving = Giving(
        status=status,
        is_given=status in (*OVER, *GOING),
        is_going=status in GOING,
        day=first_day(resource, "effectiveDateTime", "effectivePeriod"),
        period=period.without_end() if status in GOING else period,
        dose=read_dose(dosage.get("dose")) if status == "completed" else None,
        dose_text=words(dosage.get("text")) or quantity_words(dosage.get("dose")),
        route=read_route([dosage]),
        told=(*(concept_text(each) for each in listed(resource.get("statusReason"))), *notes_of(resource)),
    )
    return medication_record(resource, giving, external_id=external_id, codes=codes)
