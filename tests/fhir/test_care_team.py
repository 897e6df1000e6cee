"""CareTeam → the people and places that take care of a survivor, each an entry that is found again."""

from datetime import date
from typing import Any

import pytest

from tests.fhir.builders import ANA, SNOMED, concept
from tests.fhir.people_builders import Json, doctor, problems, read, reason, shared, team
from tracker.engine.partial_dates import PartialDate
from tracker.services.import_records import EntryRecord

ADAM = {
    "resourceType": "Practitioner",
    "id": "adam",
    "name": [{"use": "official", "family": "Careful", "given": ["Adam"]}],
    "telecom": [{"system": "phone", "value": "617-555-0199"}, {"system": "email", "value": "adam@hospital.example"}],
}
HOSPITAL = {"resourceType": "Organization", "id": "harbor", "name": "Harbor Hospital"}


def members(*participants: Json, **given: Any) -> list[dict[str, object]]:
    return [dict(each.values) for each in read(team(*participants, **given)).entries]


def test_a_member_is_read_from_what_stands_beside_it() -> None:
    record = read(
        team(
            doctor(member={"reference": "#adam"}, onBehalfOf={"reference": "#harbor"}, period={"start": "2021-04"}),
            contained=[ADAM, HOSPITAL],
            category=[concept("LA28865-6", "Longitudinal care-coordination focused care team")],
        )
    )

    assert (record.code, record.status, record.occurred_on) == ("LA28865-6", "active", date(2020, 5, 1))
    assert (record.value_text, record.mapped_to) == ("Follow-up team", "care-team")
    assert record.entries == (
        EntryRecord(
            section="care-team",
            part="adam",
            values={
                "role": "cardiologist",
                "name": "Adam Careful",
                "organization": "Harbor Hospital",
                "phone": "617-555-0199",
                "email": "adam@hospital.example",
                "from_on": PartialDate(2021, 4),
            },
        ),
    )


def test_a_member_elsewhere_is_known_by_the_name_the_team_gives() -> None:
    assert members(doctor()) == [
        {"role": "cardiologist", "name": "Dr. Adam Careful", "from_on": PartialDate(2020, 5, 1)}
    ]


@pytest.mark.parametrize(
    ("role", "known"),
    [
        (concept("309336000", system=SNOMED), "pediatric-oncologist"),
        (concept("453231000124104", "Primary care provider (occupation)", system=SNOMED), "primary-care-doctor"),
        (concept("106328005", system=SNOMED), "social-worker"),
        (concept("309331005", system=SNOMED), "endocrinologist"),
        ({"text": "Dietitian"}, "dietitian"),
        (concept("1", "Nurse practitioner (occupation)", system=SNOMED), "nurse"),
        (concept("310512001", "Medical oncologist", system=SNOMED), "Medical oncologist"),
        (concept("223366009", "Healthcare professional (occupation)", system=SNOMED), "Healthcare professional"),
        ({"text": "adviser"}, "adviser"),
    ],
)
def test_a_role_is_one_of_the_catalogue_or_its_own_words(role: Json, known: str) -> None:
    [found] = members(doctor(role))

    assert found["role"] == known


def test_a_doctor_in_a_role_is_read_with_place_and_specialty() -> None:
    held = {
        "resourceType": "PractitionerRole",
        "id": "role",
        "practitioner": {"reference": "#adam", "display": "somebody"},
        "organization": {"display": "Harbor Hospital"},
        "specialty": [{}, concept("17561000", system=SNOMED)],
        "telecom": [{"system": "phone", "value": "617-555-0100"}],
    }

    [found] = members({"member": {"reference": "#role"}}, contained=[held, ADAM])

    assert (found["name"], found["organization"], found["role"]) == ("Adam Careful", "Harbor Hospital", "cardiologist")
    assert (found["phone"], found["email"]) == ("617-555-0100", "adam@hospital.example")


def test_a_place_has_no_name_of_a_person() -> None:
    by_reference = {"member": {"reference": "Organization/7", "display": "Harbor Hospital"}}
    by_resource = {"role": [{"text": "Treating center"}], "member": {"reference": "#harbor"}}

    found = members(by_reference, by_resource, contained=[HOSPITAL])

    assert [(each.get("name"), each["organization"], each["role"]) for each in found] == [
        (None, "Harbor Hospital", "other"),
        (None, "Harbor Hospital", "treating-center"),
    ]


@pytest.mark.parametrize(
    "whom",
    [
        {"reference": f"urn:uuid:{ANA}"},
        {"reference": "Patient/somebody"},
        {"reference": "https://hospital.example/fhir/Patient/1/_history/2"},
        {"reference": "urn:uuid:7", "type": "Patient"},
    ],
)
def test_the_survivor_is_no_member_of_the_team(whom: Json) -> None:
    record = read(team({"role": [{"text": "Patient"}], "member": {**whom, "display": "Ana"}}))

    assert (record.entries, record.mapped_to) == ((), "")


@pytest.mark.parametrize("status", ["proposed", "suspended", None, "Active", 5])
def test_of_a_team_that_is_not_in_charge_nobody_is_recorded(status: object) -> None:
    record = read(team(doctor(), status=status))

    assert (record.entries, record.mapped_to, record.display) == ((), "", "Follow-up team")


def test_a_team_of_the_past_says_until_when_or_that_it_is_past() -> None:
    [ended] = members(doctor(), status="inactive", period={"start": "2019", "end": "2020-06"})
    [stopped] = members(doctor(), status="inactive")

    assert (ended["until_on"], "note" in ended) == (PartialDate(2020, 6), False)
    assert stopped["note"] == "No longer in charge; since when is not told"


def test_an_end_alone_is_no_beginning() -> None:
    [found] = members(doctor(period={"end": "2020-06"}), period=None)

    assert (found.get("from_on"), found["until_on"]) == (None, PartialDate(2020, 6))


def test_each_member_is_told_apart_however_they_are_referred_to() -> None:
    there = doctor(member={"reference": "Practitioner/adam", "display": "Adam"})
    here = doctor(member={"reference": "#adam"})
    unnamed = doctor(member={"display": "Adam"})

    parts = [entry.part for entry in read(team(there, here, unnamed, contained=[ADAM])).entries]

    assert parts == ["adam", "adam|2", "Adam"]
    assert [each.part for each in read(team(here, contained=[ADAM])).entries] == ["adam"]


def test_whoever_has_no_name_is_nobody() -> None:
    assert members({"role": [{"text": "Nurse"}]}, {"member": {"reference": "Practitioner/1"}}, {}) == []


def test_a_team_without_a_name_is_still_one() -> None:
    assert read(team(name=None)).display == "Care team"


def test_a_team_entered_in_error_is_skipped() -> None:
    assert reason(team(doctor(), status="entered-in-error")) == "entered in error"


def test_the_official_example_is_read_as_it_is_meant() -> None:
    record = read(shared("fhir-r4-official", "CareTeam-example.json"))

    [entry] = record.entries
    assert entry.part == "pr1"
    assert entry.values == {"role": "adviser", "name": "Dorothy Dietician", "until_on": PartialDate(2013, 1, 1)}
    assert problems(entry) == []
    assert (record.display, record.occurred_on) == ("Encounter-focused care team", None)
