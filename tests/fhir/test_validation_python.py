"""The validator in Python: its findings as plain sentences, and what it must not be asked."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fhir.builders import Json, concept, condition, encounter, imaging, observation, patient, quantity, report
from tests.fhir.test_validation_own import json_values
from tracker.fhir.validation import python_validator
from tracker.fhir.validation.python_validator import CannotJudge
from tracker.fhir.validation.spots import JUDGED, LONGEST_SHOWN, Part

WHY = {"extension": [{"url": "https://clinic.example/why", "valueString": "not told"}]}

CLASSLESS = {name: value for name, value in encounter().items() if name != "class"}


def wrongs(resource: Json, path: str = "") -> list[tuple[str, str]]:
    return [(each.path, each.reason) for each in python_validator.check(Part(path, resource))]


def test_sound_resources_have_nothing_wrong() -> None:
    for resource in (patient(), observation(), condition(), encounter(), imaging(), report()):
        assert wrongs(resource) == []


@pytest.mark.parametrize(
    ("resource", "path", "reason"),
    [
        (patient(birthDate="2000-13-01"), "birthDate", "“2000-13-01” is no date or time as FHIR R4 writes it"),
        (patient(birthDate="2023-02-30"), "birthDate", "“2023-02-30” is no date or time as FHIR R4 writes it"),
        (observation(issued="2023-01-01"), "issued", "“2023-01-01” is no date or time as FHIR R4 writes it"),
        (observation(status=None), "status", "is missing; FHIR requires it"),
        (observation(code=None), "code", "is missing; FHIR requires it"),
        (CLASSLESS, "class", "is missing; FHIR requires it"),
        (patient(shoeSize=40), "shoeSize", "“40” is no element that FHIR R4 has here"),
        (patient(name=[{"family": "A"}, {"fam": "B"}]), "name[1].fam", "“B” is no element that FHIR R4 has here"),
        (patient(name={"family": "A"}), "name", "must be a list"),
        (observation(subject={"reference": 5}), "subject.reference", "“5” must be text"),
        (patient() | {"id": "a_b"}, "id", "“a_b” has a form that FHIR does not allow here"),
        (imaging(numberOfSeries=-1), "numberOfSeries", "“-1” is too small for this element"),
        (patient(multipleBirthInteger=Decimal("1.5")), "multipleBirthInteger", "“1.5” must be a whole number"),
        (observation(valueQuantity=quantity(True, "kg")), "valueQuantity.value", "“true” is not what FHIR R4 expects here"),
        (observation(valueString="x"), "", "valueQuantity and valueString are given together; FHIR allows one of them"),
        (
            {"resourceType": "Immunization", "status": "completed", "vaccineCode": {"text": "x"}, "patient": {"reference": "Patient/1"}},
            "",
            "one of occurrenceDateTime, occurrenceString is missing; FHIR requires one",
        ),
    ],
)  # fmt: skip
def test_each_finding_is_a_place_and_a_sentence(resource: Json, path: str, reason: str) -> None:
    assert wrongs(resource) == [(path, reason)]


def test_no_sentence_repeats_more_of_a_value_than_a_little() -> None:
    [(_, reason)] = wrongs(patient(shoeSize="x" * 500))

    assert "x" * LONGEST_SHOWN in reason
    assert "x" * (LONGEST_SHOWN + 1) not in reason


def test_no_sentence_shows_the_inside_of_an_object() -> None:
    [(_, reason)] = wrongs(patient(secret=[{"family": "Rivera"}]))

    assert "Rivera" not in reason


def test_paths_of_a_contained_resource_start_where_it_stands() -> None:
    assert [path for path, _ in wrongs(patient(birthDate="x"), "contained[2]")] == ["contained[2].birthDate"]


def test_it_misses_a_code_that_does_not_exist_and_an_empty_list() -> None:
    assert wrongs(observation(status="done")) == wrongs(patient(name=[])) == wrongs(patient(id="a" * 65)) == []


@pytest.mark.parametrize(
    "resource",
    [
        patient(birthDate=None, _birthDate=WHY),
        patient(name=[{"given": ["Ana", None], "_given": [None, WHY]}]),
        patient(deceasedBoolean=False, multipleBirthInteger=0),
        observation(status=None, _status=WHY),
        observation(valueQuantity=None, _valueString=WHY),
        observation(effectiveDateTime="2023-01-01T10:00:00.123456789Z"),
        observation(effectiveDateTime="2016-12-31T23:59:60Z"),
        observation(valueQuantity=quantity(Decimal("1E-9"), "g")),
        observation(valueQuantity=quantity(Decimal("1E+400"), "g")),
        condition(clinicalStatus={"coding": [{"system": "https://clinic.example", "code": "A"}]}),
        {"resourceType": "Immunization", "status": "completed", "vaccineCode": concept(text="x"), "patient": {"reference": "Patient/1"}, "_occurrenceDateTime": WHY},
        {"resourceType": "MedicationRequest", "status": "active", "intent": "order", "medicationCodeableConcept": concept(text="x"), "subject": {"reference": "Patient/1"}, "substitution": {"_allowedBoolean": WHY}},
    ],
)  # fmt: skip
def test_sound_r4_that_looks_strange_is_let_pass(resource: Json) -> None:
    assert wrongs(resource) == []


@pytest.mark.parametrize(
    "kind", ["Claim", "PlanDefinition", "SubstanceSpecification", "Nonsense", "", None, 5, ["Patient"]]
)
def test_types_the_tracker_does_not_keep_are_not_judged(kind: object) -> None:
    assert wrongs({"resourceType": kind, "nonsense": True}) == []


@pytest.mark.parametrize("kind", sorted(JUDGED))
def test_every_type_the_tracker_keeps_is_judged(kind: str) -> None:
    assert ("nonsense", "“true” is no element that FHIR R4 has here") in wrongs(
        {"resourceType": kind, "nonsense": True}
    )


def test_a_shape_its_checks_stumble_over_is_a_finding_too() -> None:
    content = [{"attachment": {"url": 5}}]
    document = {"resourceType": "DocumentReference", "status": "current", "content": content}

    assert wrongs(document) == [("", "holds a number, text, list or object where FHIR R4 has another of these")]


def test_what_is_nested_too_deeply_for_it_is_not_judged() -> None:
    deep: Json = {"url": "https://clinic.example/x", "valueString": "x"}
    for _ in range(3000):
        deep = {"url": "https://clinic.example/x", "extension": [deep]}

    with pytest.raises(CannotJudge):
        wrongs(patient(extension=[deep]))


@given(st.sampled_from(sorted(JUDGED)), st.dictionaries(st.sampled_from(["id", "status", "code", "subject", "name", "extension", "contained", "meta"]) | st.text(), json_values, max_size=6))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_arbitrary_json_never_raises(kind: str, resource: Json) -> None:
    for _, reason in wrongs(resource | {"resourceType": kind}):
        assert reason
