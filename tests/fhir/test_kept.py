"""A resource that is kept whole comes back exactly as it was; and whose the codes of the pack are."""

import json
from decimal import Decimal

import pytest

from tests.fhir.builders import TODAY, as_bytes, codes, concept, observation, patient
from tests.shared import need_shared
from tracker.fhir.bundle import read_bundle
from tracker.fhir.codes import SYSTEMS, code_systems, read_codes
from tracker.fhir.kept import pack_resource, unpack_resource, with_conditions, without_narrative
from tracker.fhir.readers import READ_AGAIN
from tracker.fhir.reading import read_resource
from tracker.guidelines.loader import load_pack
from tracker.services.code_mappings import KINDS
from tracker.services.unknown_codes import KINDS_OF

LOCAL = "http://hospital.example/codes"
ICD_10, ICD_10_CM = "http://hl7.org/fhir/sid/icd-10", "http://hl7.org/fhir/sid/icd-10-cm"


def hostile() -> list[str]:
    path = need_shared("data", "strings") / "blns.json"
    found: list[str] = json.loads(path.read_text(encoding="utf-8"))
    return [each for each in found if each.strip() and "\x00" not in each]


# Kept whole


def test_a_resource_is_unpacked_exactly_as_it_was() -> None:
    for text in ("61.5", "1E-7", "0.10", "100000000000000000000.000000000000001", "7", "-0.0"):
        resource = read_resource(as_bytes(observation()).replace(b"21.5", text.encode()))
        again = unpack_resource(pack_resource(resource))
        assert again == resource
        value = again["valueQuantity"]["value"]
        assert str(value) == text and isinstance(value, int if text == "7" else Decimal)


def test_equal_resources_are_packed_alike_whatever_their_order() -> None:
    one, other = observation(), dict(reversed(observation().items()))
    assert pack_resource(one) == pack_resource(other)
    assert pack_resource(one) != pack_resource(observation("obs-2"))
    with pytest.raises(TypeError, match="no part of JSON"):
        pack_resource({"value": {1, 2}})


def test_what_a_resource_says_to_people_is_not_kept_and_its_data_are() -> None:
    told = {"status": "generated", "div": "<div>Generated today</div>"}
    medicine = {"resourceType": "Medication", "id": "m", "text": told, "code": {"text": "doxorubicin"}}
    resource = {**observation(), "text": told, "contained": [medicine, "no resource"]}

    bare = without_narrative(resource)

    assert bare == {
        **observation(),
        "contained": [{key: medicine[key] for key in ("resourceType", "id", "code")}, "no resource"],
    }
    assert resource["text"] == told and medicine["text"] == told
    assert without_narrative(observation()) == observation()


def test_every_hostile_text_survives_packing() -> None:
    resource = {"resourceType": "Observation", "note": [{"text": each} for each in hostile()]}
    assert unpack_resource(pack_resource(resource)) == resource


def test_only_what_names_a_condition_is_renamed() -> None:
    resource = observation(
        focus=[{"reference": "urn:uuid:abc"}, {"reference": "BodyStructure/1"}],
        hasMember=[{"reference": "urn:uuid:abc-2"}],
    )
    found = with_conditions(resource, lambda reference: f"kept-{reference[-3:]}")

    assert [each["reference"] for each in found["focus"]] == ["kept-abc", "BodyStructure/1"]
    assert found["hasMember"] == resource["hasMember"] and found["subject"] == resource["subject"]
    assert with_conditions(resource, lambda reference: reference) is resource


@pytest.mark.parametrize(
    "reference, kept",
    [
        ("Condition/c9", "https://h.example/fhir/Condition/c9"),
        ("https://h.example/fhir/Condition/c9/_history/2", "https://h.example/fhir/Condition/c9"),
        ("https://elsewhere.example/Condition/c9", "https://elsewhere.example/Condition/c9"),
        ("Condition/1d5e5f0a-6a53-4a26-9a51-2d7f0f3ad0aa", "1d5e5f0a-6a53-4a26-9a51-2d7f0f3ad0aa"),
    ],
)
def test_a_condition_that_did_not_come_too_is_named_by_the_server_the_resource_is_from(
    reference: str, kept: str
) -> None:
    told = observation(
        code=concept("X-1", system=LOCAL), subject={"reference": "Patient/p1"}, focus=[{"reference": reference}]
    )
    entries = [
        {"fullUrl": f"https://h.example/fhir/{each['resourceType']}/{each['id']}", "resource": each}
        for each in (patient("p1"), told)
    ]

    [person] = read_bundle(
        as_bytes({"resourceType": "Bundle", "type": "collection", "entry": entries}), codes(), today=TODAY
    ).people

    [record] = person.entries
    assert record.source is not None
    assert unpack_resource(record.source)["focus"] == [{"reference": kept}]


# The tables of the pack


def test_every_type_that_is_kept_whole_has_kinds_that_its_codes_can_mean() -> None:
    assert set(KINDS_OF) == READ_AGAIN
    assert set(KINDS) == {"test", "diagnosis", "agent", "vaccine", "field", "operation", "relation", "nothing"}


def test_every_code_system_of_the_pack_s_tables_is_named_with_its_owner_and_license() -> None:
    pack = load_pack()
    described = {row["system"]: row for row in code_systems(pack)}
    used = {system for table in read_codes(pack).tables.values() for system, _ in table}

    assert used <= set(described) == set(SYSTEMS)
    for row in described.values():
        for column in ("name", "owner", "licence", "source"):
            assert row[column].strip(), row
        assert row["source"].startswith("https://")
