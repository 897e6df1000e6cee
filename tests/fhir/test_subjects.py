"""Whom a resource is about, wherever its type keeps that."""

from typing import Any

import pytest

from tracker.fhir.subjects import subject_references

ANA = {"reference": "Patient/ana"}
BY_SUBJECT = (
    "Condition", "Observation", "Procedure", "DiagnosticReport", "ImagingStudy", "Encounter", "MedicationRequest",
    "MedicationAdministration", "MedicationStatement", "CareTeam", "CarePlan", "ServiceRequest", "DocumentReference",
)  # fmt: skip
BY_PATIENT = ("AllergyIntolerance", "Immunization", "FamilyMemberHistory", "RelatedPerson", "BodyStructure")


@pytest.mark.parametrize("kind", BY_SUBJECT)
def test_most_are_about_their_subject(kind: str) -> None:
    assert subject_references({"resourceType": kind, "subject": ANA, "performer": [{"reference": "X/1"}]}) == (
        "Patient/ana",
    )


@pytest.mark.parametrize("kind", BY_PATIENT)
def test_some_call_it_their_patient(kind: str) -> None:
    assert subject_references({"resourceType": kind, "patient": ANA}) == ("Patient/ana",)


def test_a_coverage_is_about_whom_it_benefits() -> None:
    assert subject_references({"resourceType": "Coverage", "beneficiary": ANA}) == ("Patient/ana",)


def test_an_appointment_is_about_those_who_take_part() -> None:
    taking_part = [{"actor": {"reference": "Practitioner/1"}}, {"actor": ANA}, {}, "x", {"actor": {"display": "Phone"}}]

    found = subject_references({"resourceType": "Appointment", "participant": taking_part})

    assert set(found) == {"Practitioner/1", "Patient/ana"}


def test_whoever_takes_part_in_anything_else_is_not_whom_it_is_about() -> None:
    taking_part = [{"actor": {"reference": "Patient/ben"}, "member": {"reference": "Patient/ben"}}]

    for kind in ("CareTeam", "Encounter"):
        found = subject_references({"resourceType": kind, "subject": ANA, "participant": taking_part})
        assert found == ("Patient/ana",)


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "Patient", "id": "ana"},
        {"resourceType": "Observation"},
        {"resourceType": "Observation", "subject": {"display": "Ana"}},
        {"resourceType": "Observation", "subject": "Patient/ana"},
        {"resourceType": "Observation", "subject": {"reference": 5}},
        {"resourceType": "Observation", "subject": [ANA]},
        {"resourceType": "Appointment", "participant": "Patient/ana"},
    ],
)
def test_some_are_about_nobody(resource: dict[str, Any]) -> None:
    assert subject_references(resource) == ()
