"""Which types of resource are held, and who reads each."""

from collections.abc import Callable

from tracker.fhir import (
    allergy_intolerance,
    appointment,
    care_plan,
    care_team,
    condition,
    diagnostic_report,
    document_reference,
    encounter,
    family_member_history,
    imaging_study,
    immunization,
    medication_administration,
    medication_request,
    medication_statement,
    observation,
    procedure,
    related_person,
    service_request,
)
from tracker.services.import_records import ChartRecord

Reader = Callable[..., ChartRecord]
READERS: dict[str, Reader] = {
    "AllergyIntolerance": allergy_intolerance.from_fhir,
    "Appointment": appointment.from_fhir,
    "CarePlan": care_plan.from_fhir,
    "CareTeam": care_team.from_fhir,
    "Condition": condition.from_fhir,
    "DiagnosticReport": diagnostic_report.from_fhir,
    "DocumentReference": document_reference.from_fhir,
    "Encounter": encounter.from_fhir,
    "FamilyMemberHistory": family_member_history.from_fhir,
    "ImagingStudy": imaging_study.from_fhir,
    "Immunization": immunization.from_fhir,
    "MedicationAdministration": medication_administration.from_fhir,
    "MedicationRequest": medication_request.from_fhir,
    "MedicationStatement": medication_statement.from_fhir,
    "Observation": observation.from_fhir,
    "Procedure": procedure.from_fhir,
    "RelatedPerson": related_person.from_fhir,
    "ServiceRequest": service_request.from_fhir,
}
# What may lie ahead: a booking, an order or a plan is made for a day that has not come.
FUTURE_ALLOWED = frozenset({"Appointment", "ServiceRequest", "CarePlan"})
# Types whose codes a mapping can give a meaning to: they are kept whole while they have none.
READ_AGAIN = frozenset(
    {
        "Condition",
        "Observation",
        "Procedure",
        "DiagnosticReport",
        "ImagingStudy",
        "MedicationRequest",
        "MedicationAdministration",
        "MedicationStatement",
        "Immunization",
        "FamilyMemberHistory",
    }
)
# Types that no mapping could give a meaning to: their codes are not listed as unknown.
NEVER_MAPPED = frozenset(
    {"Appointment", "CarePlan", "CareTeam", "DocumentReference", "RelatedPerson", "ServiceRequest"}
)
