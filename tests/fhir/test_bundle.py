"""A bundle as people with their charts: references, counts, and what is refused."""

import copy
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.fhir.builders import (
    ANA,
    BEN,
    HOSPITAL,
    TODAY,
    Json,
    as_bytes,
    bundle,
    codes,
    concept,
    condition,
    encounter,
    identifier,
    imaging,
    observation,
    patient,
    procedure,
    read,
    reasons,
    report,
)
from tracker.errors import ImportRefused
from tracker.fhir.bundle import HELD, read_bundle

BUNDLES = Path(__file__).parent / "bundles"
ALL = (condition, observation, procedure, report, imaging, encounter)


def refusal(*resources: Json, **given: Any) -> str:
    with pytest.raises(ImportRefused) as caught:
        read(*resources, **given)
    return str(caught.value)


def about(reference: object) -> dict[str, Any]:
    return {"subject": {"reference": reference}}


def test_stored_and_skipped_add_up_to_what_is_in_the_file_for_every_type() -> None:
    claims = [{"resourceType": "Claim", "id": f"claim-{number}"} for number in range(3)]
    goal = {"resourceType": "Goal", "id": "goal"}
    broken = observation("obs-2", code=None)

    found = read(patient(), observation(), broken, condition(), *claims, goal)

    counts = {name: (tally.stored, dict(tally.reasons)) for name, tally in found.tallies.items()}
    assert counts == {
        "Claim": (0, {"type not held": 3}),
        "Condition": (1, {}),
        "Goal": (0, {"type not held": 1}),
        "Observation": (1, {"no code": 1}),
        "Patient": (1, {}),
    }


def test_the_types_that_are_held_are_those_of_a_chart() -> None:
    found = read(patient(), *(make() for make in ALL))

    assert {name for name, tally in found.tallies.items() if tally.stored == 1} <= set(HELD)
    assert sorted(HELD) == [
        *("AllergyIntolerance", "Appointment", "CarePlan", "CareTeam", "Condition", "DiagnosticReport"),
        *("DocumentReference", "Encounter", "FamilyMemberHistory", "ImagingStudy", "Immunization"),
        *("MedicationAdministration", "MedicationRequest", "MedicationStatement", "Observation", "Patient"),
        *("Procedure", "RelatedPerson", "ServiceRequest"),
    ]


def test_the_counts_add_up_whatever_is_in_the_file() -> None:
    chance = random.Random(20_261_123)
    for _ in range(200):
        resources = [patient()]
        for number in range(chance.randrange(30)):
            made = chance.choice(ALL)(f"r{number}")
            for key in chance.sample(sorted(made), k=chance.randrange(3)):
                if key not in ("resourceType", "subject", "id"):
                    made[key] = chance.choice([None, "", 5, [], {}, "entered-in-error"])
            resources.append(made)

        found = read(*resources)

        expected = Counter(each["resourceType"] for each in resources)
        assert {name: tally.stored + tally.skipped for name, tally in found.tallies.items()} == expected
        assert sum(tally.stored for tally in found.tallies.values()) == 1 + len(found.people[0].entries)


@pytest.mark.parametrize(
    ("reference", "urls"),
    [
        (f"urn:uuid:{ANA}", {}),
        (f"Patient/{ANA}", {}),
        (
            f"Patient/{ANA}",
            {ANA: f"https://h.example/fhir/Patient/{ANA}", "obs-1": "https://h.example/fhir/Observation/obs-1"},
        ),
        (f"https://h.example/fhir/Patient/{ANA}", {ANA: f"https://h.example/fhir/Patient/{ANA}"}),
        (f"Patient/{ANA}/_history/3", {}),
        (f"Patient/{ANA}", {ANA: "", "obs-1": ""}),
    ],
)
def test_a_subject_is_found_by_address_or_by_type_and_id(reference: str, urls: dict[str, str]) -> None:
    found = read(patient(), observation(**about(reference)), urls=urls)

    assert len(found.people[0].entries) == 1


@pytest.mark.parametrize(
    "reference",
    [f"urn:uuid:{BEN}", f"Patient/{BEN}", "https://h.example/fhir/Patient/1", "Patient", "Ana", "Patient?name=Ana"],
)
@pytest.mark.parametrize("make", ALL)
def test_a_subject_who_is_not_in_the_file_refuses_it_with_entry_and_reference(make: Any, reference: str) -> None:
    resource = make(**about(reference))

    said = refusal(patient(), resource)

    assert f"entry 2 ({resource['resourceType']}/{resource['id']})" in said
    assert "subject.reference" in said
    assert repr(reference) in said


@pytest.mark.parametrize(
    "subject", [None, {}, {"display": "Ana"}, {"identifier": {"value": "1"}}, "Ana", {"reference": 5}]
)
def test_a_resource_about_nobody_is_skipped(subject: object) -> None:
    assert reasons(observation(subject=subject)) == {"Observation": {"no subject": 1}}


@pytest.mark.parametrize("reference", ["Group/7", "Device/7", "Location/ward", "urn:uuid:device"])
def test_what_is_not_about_a_patient_is_skipped(reference: str) -> None:
    found = reasons({"resourceType": "Device", "id": "device"}, observation(**about(reference)))

    assert found["Observation"] == {"not about a patient": 1}


def test_a_contained_subject_is_skipped_for_it_has_no_record_of_its_own() -> None:
    resource = observation(contained=[patient("inside")], **about("#inside"))

    assert reasons(resource) == {"Observation": {"subject has no record of its own": 1}}


@pytest.mark.parametrize(
    ("elements", "path"),
    [
        ({"encounter": {"reference": "urn:uuid:gone"}}, "encounter.reference 'urn:uuid:gone'"),
        ({"encounter": {"reference": "urn:oid:1.2.3"}}, "encounter.reference 'urn:oid:1.2.3'"),
        ({"hasMember": [{"reference": "urn:uuid:obs-1"}, {"reference": "urn:uuid:gone"}]}, "hasMember[1].reference"),
        ({"extension": [{"valueReference": {"reference": "urn:uuid:gone"}}]}, "extension[0].valueReference.reference"),
        (
            {"specimen": {"reference": "#gone"}, "contained": [{"resourceType": "Specimen", "id": "here"}]},
            "specimen.reference '#gone'",
        ),
    ],
)
def test_a_reference_that_can_only_mean_this_file_and_leads_nowhere_refuses_it(
    elements: dict[str, Any], path: str
) -> None:
    said = refusal(patient(), observation(**elements))

    assert said.startswith("entry 2 (Observation/obs-1): ")
    assert path in said
    assert said.endswith("leads to nothing in this file")


@pytest.mark.parametrize(
    "elements",
    [
        {"encounter": {"reference": "urn:uuid:enc-1"}},
        {"encounter": {"reference": "Encounter/elsewhere"}},
        {"performer": [{"reference": "https://h.example/fhir/Practitioner/9"}]},
        {"performer": [{"reference": "Practitioner?identifier=9"}]},
        {"specimen": {"reference": "#here"}, "contained": [{"resourceType": "Specimen", "id": "here"}]},
        {"extension": [{"valueReference": {"reference": "#"}}]},
        {"performer": [{"reference": 5}, {"reference": None}, {"display": "x"}]},
    ],
)
def test_a_reference_that_is_there_or_may_be_elsewhere_is_no_obstacle(elements: dict[str, Any]) -> None:
    found = read(patient(), observation(**elements), encounter())

    assert found.tallies["Observation"].stored == 1


def test_a_patient_s_own_broken_reference_refuses_the_file() -> None:
    said = refusal(patient(generalPractitioner=[{"reference": "urn:uuid:gone"}]))

    assert f"entry 1 (Patient/{ANA}): generalPractitioner[0].reference" in said


def test_references_of_types_that_are_not_held_do_not_matter() -> None:
    claim = {"resourceType": "Claim", "id": "c", "patient": {"reference": "urn:uuid:gone"}}

    assert reasons(claim) == {"Claim": {"type not held": 1}}


def test_a_relative_reference_is_meant_from_where_its_resource_comes_from() -> None:
    """Two servers each have a Patient/1; each observation is about its own."""
    first, second = "https://a.example/fhir/", "https://b.example/fhir/"
    value = bundle(patient("1"), observation("x", **about("Patient/1")))
    other = bundle(patient("2", name=[{"family": "Baker"}]), observation("y", **about("Patient/2")))
    for entry, base in zip(value["entry"] + other["entry"], (first, first, second, second), strict=True):
        entry["fullUrl"] = f"{base}{entry['resource']['resourceType']}/{entry['resource']['id']}"
    value["entry"] += other["entry"]

    found = read_bundle(as_bytes(value), codes(), today=TODAY)

    assert [(part.described.family_name, [each.external_id for each in part.entries]) for part in found.people] == [
        ("Rivera", [f"{first}Observation/x"]),
        ("Baker", [f"{second}Observation/y"]),
    ]


def test_each_of_several_people_gets_their_own_chart() -> None:
    ben = patient(BEN, name=[{"family": "Okafor", "given": ["Ben"]}])

    found = read(patient(), observation("o1"), ben, observation("o2", **about(f"urn:uuid:{BEN}")), condition())

    charts = {part.described.family_name: [each.external_id for each in part.entries] for part in found.people}
    assert charts == {"Rivera": ["con-1", "o1"], "Okafor": ["o2"]}
    assert found.tallies["Patient"].stored == 2


def test_two_people_with_the_same_identifier_are_refused() -> None:
    shared = [identifier("MR-1")]

    said = refusal(patient(identifier=shared), patient(BEN, identifier=shared))

    assert said == f"entry 1 (Patient/{ANA}) and entry 2 (Patient/{BEN}) have the same identifier"


def test_one_person_may_have_the_same_identifier_twice() -> None:
    found = read(patient(identifier=[identifier("MR-1"), identifier("MR-1")]))

    assert found.people[0].described.identifiers == ((HOSPITAL, "MR-1"),)


def test_a_chart_entry_without_an_id_is_skipped() -> None:
    resource = observation()
    del resource["id"]

    assert reasons(resource, urls={"": ""}) == {"Observation": {"no id": 1}}


def test_in_a_transaction_the_address_is_the_id_of_a_resource_without_one() -> None:
    resource = observation()
    del resource["id"]

    found = read(patient(), resource, urls={"": "urn:uuid:abc"})

    assert found.people[0].entries[0].external_id == "abc"


def test_an_id_too_long_to_keep_whole_refuses_the_file() -> None:
    assert read(patient(), observation("o" * 190)).people[0].entries[0].external_id == "o" * 190
    assert "its id has more than 190 characters" in refusal(patient(), observation("o" * 191))


def test_a_message_never_repeats_more_of_a_file_than_it_must() -> None:
    said = refusal(patient(), observation("o" * 5000, **about("urn:uuid:" + "x" * 5000)))

    assert len(said) < 500


def test_what_its_source_took_back_is_told_to_the_registry() -> None:
    found = read(
        patient(), observation(status="entered-in-error"), procedure(status="not-done"), report(status="final")
    )

    assert found.people[0].withdrawn == (("Observation", "obs-1"), ("Procedure", "pro-1"))


def test_codes_that_mean_nothing_here_are_counted_with_their_display() -> None:
    weight = concept("29463-7", "Body weight")
    resources = [observation(f"o{number}", code=weight) for number in range(3)]

    found = read(patient(), *resources, observation("bmi"), condition(code=concept(text="Fatigue")))

    assert found.unmapped == {("http://loinc.org", "29463-7", "Body weight"): 3, ("", "", "Fatigue"): 1}


def test_the_order_of_a_file_does_not_matter() -> None:
    value = bundle(patient(), *(make() for make in ALL), patient(BEN, name=[{"family": "Baker"}]))
    chance = random.Random(7)
    first = read_bundle(as_bytes(value), codes(), today=TODAY)
    for _ in range(10):
        shuffled = copy.deepcopy(value)
        chance.shuffle(shuffled["entry"])

        again = read_bundle(as_bytes(shuffled), codes(), today=TODAY)

        assert _content(again) == _content(first)


def _content(found: Any) -> object:
    people = {part.described.family_name: (part.described.birth_date, part.entries) for part in found.people}
    return people, {name: tally.stored for name, tally in found.tallies.items()}


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("transaction.json", {"Condition": 1, "Encounter": 1, "Immunization": 1, "Observation": 1, "Patient": 1}),
        ("collection.json", {"Condition": 1, "Observation": 0, "Patient": 2, "Procedure": 1}),
        ("document.json", {"Composition": 0, "Condition": 0, "Patient": 1}),
    ],
)
def test_whole_files_of_each_kind_are_read(name: str, counts: dict[str, int]) -> None:
    found = read_bundle((BUNDLES / name).read_bytes(), codes(), today=TODAY)

    assert {name: tally.stored for name, tally in found.tallies.items()} == counts
