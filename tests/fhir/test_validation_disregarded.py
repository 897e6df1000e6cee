"""What the validators are wrong about: each row of the table is needed, and lets nothing else pass."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fhir.builders import CLINICAL, Json, condition, observation, patient, quantity
from tests.fhir.validating import found_by, needs_node
from tests.shared import need_shared
from tracker.fhir.reading import Entry
from tracker.fhir.validation import ALL, Validators, disregarded
from tracker.fhir.validation.disregarded import TABLE, Disregarded, worth_telling
from tracker.fhir.validation.resource_types import R4_TYPES
from tracker.fhir.validation.spots import JUDGED, Complaint

WHY = {"extension": [{"url": "https://clinic.example/why", "valueString": "not told"}]}
MET = {
    "_is_there_after_all": observation(status=None, _status=WHY),
    "_names_no_other_type": observation(subject={"reference": "Patient/1/_history/2"}),
    "_has_the_code_too": condition(
        clinicalStatus={"coding": [{"system": "https://clinic.example", "code": "A"}, {"system": CLINICAL, "code": "active"}]}
    ),
    "_is_a_number": observation(valueQuantity=quantity(10**400, "g")),
    "_is_a_letter_of_a_text": patient(
        extension=[{"url": "https://clinic.example/x", "valueUuid": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}]
    ),
    "_is_an_oid": patient(extension=[{"url": "https://clinic.example/x", "valueOid": "urn:oid:1.0.3"}]),
    "_is_a_meta": patient(extension=[{"url": "https://clinic.example/x", "valueMeta": {"versionId": "1"}}]),
    "_has_an_extension": {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"text": "x"},
        "patient": {"reference": "Patient/1"},
        "_occurrenceDateTime": WHY,
    },
}  # fmt: skip
FOLDERS = ["fhir-synthea", "fhir-bulk", "fhir-ips", "fhir-mcode", "fhir-r4-official"]


@needs_node
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.applies.__name__)
def test_each_row_lets_sound_r4_pass_that_would_be_refused_without_it(
    row: Disregarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = {"npm fhir": "node", "fhir.resources": "python"}[row.found_by]
    resource = MET[row.applies.__name__]
    assert found_by(name, resource) == []

    monkeypatch.setattr(disregarded, "TABLE", tuple(each for each in TABLE if each is not row))

    assert found_by(name, resource) != []


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.applies.__name__)
def test_each_row_says_whose_it_is_and_why(row: Disregarded) -> None:
    assert row.found_by in {"npm fhir", "fhir.resources"}
    assert len(row.why) > 30
    assert row.why.endswith(".")


def stands(message: str, path: str, resource: Json, *others: Complaint, name: str = "npm fhir") -> bool:
    complaint = Complaint(path, message)
    return complaint in worth_telling(name, [complaint, *others], resource)


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        ({}, "status"),
        ({"statusHistory": [{}]}, "status"),
        ({"_statusReason": {}}, "status"),
        ({"value": 5}, "value[x]x"),
        ({"allowed": True, "Allowed": True, "allowedboolean": True}, "allowed[x]x"),
        ({"substitution": {}}, "substitution.allowed[x]"),
        ({"allowedBoolean": False, "substitution": {}}, "substitution.allowed[x]"),
    ],
)
def test_what_is_really_missing_stands(resource: Json, path: str) -> None:
    assert stands("Missing property", path, resource)


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        ({"status": ""}, "status"),
        ({"_status": WHY}, "status"),
        ({"substitution": {"allowedBoolean": False}}, "substitution.allowed[x]"),
        ({"_occurrenceDateTime": WHY}, "occurrence"),
        ({"list": [{}, {"_valueString": WHY}]}, "list[1].value[x]"),
    ],
)
def test_what_is_there_after_all_is_not_told(resource: Json, path: str) -> None:
    assert not stands("Missing property", path, resource)


@pytest.mark.parametrize("reference", ["Practitioner/1", "https://clinic.example/fhir/Organization/1", "Claim/1|2"])
def test_a_reference_to_another_type_of_r4_stands(reference: str) -> None:
    assert stands("Invalid type for reference {}", "subject", {"subject": {"reference": reference}})


def test_a_type_of_r4_that_is_told_stands() -> None:
    assert stands("Invalid type for reference {}", "subject", {"subject": {"type": "Practitioner", "display": "x"}})


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient/1/_history/2"},
        {"reference": "Location?identifier=https://github.com/synthetichealth/synthea|1"},
        {"reference": "https://clinic.example/people/5"},
        {"reference": "urn:uuid:a/b"},
        {"reference": 5},
        {"type": "http://hl7.org/fhir/StructureDefinition/Patient"},
        "x",
        None,
    ],
)
def test_a_reference_that_names_no_type_of_r4_is_not_told(subject: object) -> None:
    assert not stands("Invalid type for reference {}", "subject", {"subject": subject})


def test_a_code_stands_unless_another_code_of_the_concept_was_taken() -> None:
    missing = 'Code "A" not found in value set'
    two = {"status": {"coding": [{"code": "A"}, {"code": "B"}]}}

    assert not stands(missing, "status", two)
    assert stands(missing, "status", two, Complaint("status", 'Code "B" not found in value set'))
    assert not stands(missing, "status", two, Complaint("other", 'Code "B" not found in value set'))
    assert stands(missing, "status", {"status": {"coding": [{"code": "A"}]}})
    assert stands(missing, "status", {"status": "A"})


@pytest.mark.parametrize("value", [True, "1", None, [1], {"a": 1}])
def test_a_decimal_that_is_no_number_stands(value: object) -> None:
    assert stands('Invalid decimal format for value "x"', "value", {"value": value})


@pytest.mark.parametrize("value", [1, Decimal("1E+400"), 10**400])
def test_a_decimal_that_is_a_number_does_not(value: object) -> None:
    assert not stands('Invalid decimal format for value "Infinity"', "value", {"value": value})


def test_an_element_that_is_called_by_a_number_stands_in_an_object() -> None:
    assert stands("Unexpected property", "name.0", {"name": {"0": "x"}})
    assert not stands("Unexpected property", "name.0", {"name": "x"})


@pytest.mark.parametrize(
    ("value", "is_told"), [("urn:oid:1.0.3", False), ("urn:oid:3.1", True), ("urn:oid:1.01", True), (5, True)]
)
def test_an_oid_stands_unless_r4_allows_it(value: object, is_told: bool) -> None:
    assert stands('Invalid oid format for value "x"', "valueOid", {"valueOid": value}) == is_told


def test_a_meta_stands_outside_an_extension() -> None:
    [kept] = worth_telling("fhir.resources", [Complaint("valueMeta", "Extra inputs", "extra_forbidden")], {})

    assert kept.path == "valueMeta"


def test_one_validator_is_not_excused_for_what_the_other_gets_wrong() -> None:
    assert stands("Missing property", "status", {"_status": WHY}, name="fhir.resources")


def test_a_complaint_made_twice_is_told_once() -> None:
    same = Complaint("status", "Missing property")

    assert worth_telling("npm fhir", [same, same], {}) == [same]


def test_every_type_that_is_judged_is_one_of_r4() -> None:
    assert JUDGED < R4_TYPES
    assert len(JUDGED) == 26
    assert len(R4_TYPES) == 146


@needs_node
@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_that_others_made_and_is_valid_is_refused(folder: str) -> None:
    seen = 0
    with Validators(ALL) as validators:
        for path in sorted(need_shared("data", folder).rglob("*json")):
            if path.name in ("EXPECTED.json", "log.ndjson"):
                continue
            entries = read(path)
            found = validators.check_bundle(entries, file=path.name)
            assert found == [], path.name
            seen += len(entries)
        assert validators.notes == []
    assert seen > 20


def read(path: Path) -> list[Entry]:
    """The resources of a file, however it holds them."""
    text = path.read_text("utf-8-sig")
    lines = text.splitlines() if path.suffix == ".ndjson" else [text]
    values = [json.loads(line, parse_float=Decimal) for line in lines if line.strip()]
    if values[0]["resourceType"] == "Bundle":
        held = [(each.get("fullUrl", ""), each.get("resource")) for each in values[0].get("entry", [])]
    else:
        held = [("", each) for each in values]
    return [Entry(number, url, each) for number, (url, each) in enumerate(held, start=1) if each]
