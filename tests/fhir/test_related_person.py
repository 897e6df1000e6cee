"""RelatedPerson → somebody to reach, and a guardian where the relationship says so."""

from datetime import date
from typing import Any

import pytest

from tests.fhir.builders import SNOMED, concept
from tests.fhir.people_builders import ABSENT, CONTACT_ROLES, RELATIONSHIPS, ROLE_CODE, person, problems, read, shared
from tracker.engine.partial_dates import PartialDate
from tracker.services.import_records import ContactRecord


def role(code: str, display: str = "") -> dict[str, Any]:
    return concept(code, display, system=ROLE_CODE)


def test_the_mother_is_read_with_how_to_reach_her() -> None:
    record = read(person(telecom=[{"system": "email", "value": "rosa@family.example"},
                                  {"system": "phone", "value": "617-555-0123"}]))  # fmt: skip

    assert (record.resource_type, record.code, record.display) == ("RelatedPerson", "MTH", "mother")
    assert (record.status, record.mapped_to, record.entries) == ("active", "mother", ())
    assert record.contact == ContactRecord(
        kind="mother", name="Rosa Rivera", phone="617-555-0123", email="rosa@family.example"
    )


@pytest.mark.parametrize(
    ("relationships", "kind"),
    [
        ([role("NFTH")], "father"),
        ([role("ADOPTM")], "mother"),
        ([concept("66839005", system=SNOMED)], "father"),
        ([concept("FTH", system=RELATIONSHIPS)], "father"),
        ([{"text": "Mom"}], "mother"),
        ([role("GUARD")], "guardian"),
        ([role("HPOWATT")], "guardian"),
        ([{"text": "Legal guardian"}], "guardian"),
        ([role("GUARD"), role("MTH")], "mother"),
        ([concept("C", system=CONTACT_ROLES), role("MTH")], "mother"),
        ([role("MTH"), role("FTH")], "other"),
        ([role("STPMTH", "stepmother")], "other"),
        ([role("WIFE")], "other"),
        ([concept("C", system=CONTACT_ROLES)], "other"),
        ([concept("unknown", system=ABSENT)], "other"),
        ([{}], "other"),
        (["mother"], "other"),
    ],
)
def test_the_relationship_says_whom_one_reaches(relationships: list[Any], kind: str) -> None:
    contact = read(person(relationship=relationships)).contact

    assert contact is not None
    assert contact.kind == kind


@pytest.mark.parametrize(
    "elements",
    [
        {"active": False},
        {"telecom": None},
        {"telecom": [{"system": "phone", "value": "ring twice"}]},
        {"telecom": [{"system": "url", "value": "https://family.example"}]},
        {"period": {"start": "2010-01-01", "end": "2015-06-30"}},
        {"relationship": [concept("E", system=CONTACT_ROLES)]},
        {"relationship": [concept("I", system=CONTACT_ROLES)]},
    ],
)
def test_some_are_nobody_to_reach(elements: dict[str, Any]) -> None:
    record = read(person(**elements))

    assert (record.contact, record.entries) == (None, ())
    assert record.mapped_to == ""
    assert record.display


@pytest.mark.parametrize(("active", "status"), [(True, "active"), (False, "inactive"), (None, ""), ("false", "")])
def test_whether_somebody_is_active_is_kept_as_it_is_told(active: object, status: str) -> None:
    assert read(person(active=active)).status == status


@pytest.mark.parametrize(
    ("relationships", "relation", "ground"),
    [
        ([role("GUARD", "guardian")], "guardian", None),
        ([role("GUARD", "guardian"), role("MGRMTH")], "grandmother-maternal", None),
        ([concept("58626002", "Legal guardian (person)", system=SNOMED)], "Legal guardian", None),
        ([concept("GRD", "Guardian", system=RELATIONSHIPS)], "Guardian", None),
        ([role("HPOWATT", "healthcare power of attorney"), role("BRO")], "brother", "power_of_attorney"),
        ([role("HPOWATT", "healthcare power of attorney"), role("GUARD")], "healthcare power of attorney", None),
    ],
)
def test_a_guardian_stands_among_the_guardians(
    relationships: list[dict[str, Any]], relation: str, ground: str | None
) -> None:
    period = {"start": "2010", "end": "2028-03-05"}

    [entry] = read(person(*relationships, period=period)).entries

    assert entry.section == "guardians"
    assert (entry.values["relation"], entry.values.get("ground")) == (relation, ground)
    assert entry.values["name"] == "Rosa Rivera"
    assert (entry.values["from_on"], entry.values["until_on"]) == (PartialDate(2010), PartialDate(2028, 3, 5))
    assert problems(entry) == []


def test_nobody_is_a_guardian_for_being_a_parent() -> None:
    assert read(person()).entries == ()


def test_a_guardian_without_a_name_is_reached_and_not_listed() -> None:
    record = read(person(role("GUARD"), name=None))

    assert record.entries == ()
    assert record.contact == ContactRecord(kind="guardian", name="", phone="617-555-0123")


@pytest.mark.parametrize(
    ("names", "name"),
    [
        ([{"use": "maiden", "family": "Soto"}, {"use": "official", "family": "Rivera", "given": ["Rosa", "M."]}],
         "Rosa M. Rivera"),
        ([{"text": "Rosa de Rivera", "family": "Rivera"}], "Rosa de Rivera"),
        ([{"family": "Rivera"}], "Rivera"),
        ([{"given": ["Rosa"]}], "Rosa"),
        ([{}, "x", {"family": 5, "given": [None]}], ""),
        ([{"text": "R" * 200}], "R" * 120),
    ],
)  # fmt: skip
def test_a_name_stands_in_one_line(names: list[Any], name: str) -> None:
    contact = read(person(name=names)).contact

    assert contact is not None
    assert contact.name == name


def test_the_day_is_when_it_began_and_never_when_it_ends() -> None:
    assert read(person(period={"start": "2012-03-11"})).occurred_on == date(2012, 3, 11)
    assert read(person(period={"end": "2012-03-11"})).occurred_on is None


@pytest.mark.parametrize(
    ("file", "code", "contact"),
    [
        ("benedicte", "N", ContactRecord(kind="other", name="Bénédicte du Marché", phone="+33 (237) 998327")),
        ("f002", "SIGOTHR", ContactRecord(kind="other", name="Ariadne Bor-Jansma", phone="+31201234567")),
        ("peter", "C", ContactRecord(kind="other", name="Peter James Chalmers", phone="(03) 5555 6473")),
    ],
)
def test_the_official_examples_are_read_as_they_are_meant(file: str, code: str, contact: ContactRecord) -> None:
    record = read(shared("fhir-r4-official", f"RelatedPerson-{file}.json"))

    assert (record.code, record.contact, record.entries) == (code, contact, ())
