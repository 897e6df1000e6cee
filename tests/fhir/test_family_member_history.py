"""FamilyMemberHistory → a relative of the record: who, of which side, with what, and at what age."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.fhir.builders import ICD_10, SNOMED, concept
from tests.fhir.people_builders import (
    ABSENT,
    ROLE_CODE,
    age,
    all_shared,
    had,
    problems,
    read,
    reason,
    relative,
    shared,
    values,
)


def test_a_relative_with_cancer_is_read_whole() -> None:
    record = read(relative(had("Ovarian cancer", 69)))

    assert (record.code_system, record.code, record.display) == (ROLE_CODE, "MAUNT", "maternal aunt")
    assert (record.status, record.occurred_on, record.mapped_to) == ("completed", date(2019, 2, 1), "aunt-maternal")
    assert record.value_text == "Ovarian cancer (at 69)"
    assert record.entries[0].section == "relatives"
    assert record.entries[0].values == {
        "relation": "aunt-maternal",
        "side": "maternal",
        "affected": "yes",
        "condition": "Ovarian cancer (at 69)",
        "age_at_diagnosis": 69,
        "deceased": "unknown",
    }


@pytest.mark.parametrize(
    ("relation", "code", "side"),
    [
        (concept("NSIS", system=ROLE_CODE), "sister", None),
        (concept("FTH", system="http://hl7.org/fhir/v3/RoleCode"), "father", None),
        (concept("PUNCLE", system=ROLE_CODE), "uncle-paternal", "paternal"),
        (concept("MGGRMTH", system=ROLE_CODE), "great-grandparent", "maternal"),
        (concept("GGRMTH", system=ROLE_CODE), "great-grandparent", None),
        (concept("394858009", system=SNOMED), "grandmother-paternal", "paternal"),
        (concept("442041000124107", system=SNOMED), "uncle-paternal", "paternal"),
        (concept("ITWINSIS", system=ROLE_CODE), "twin-identical", None),
        ({"text": "Maternal cousin"}, "cousin-maternal", "maternal"),
        (concept("AUNT", "aunt", system=ROLE_CODE), "aunt", None),
        (concept("GRMTH", "grandmother", system=ROLE_CODE), "grandmother", None),
        (concept("HSIS", "half-sister", system=ROLE_CODE), "half-sister", None),
        (concept("ADOPTM", "adoptive mother", system=ROLE_CODE), "adoptive mother", None),
        (concept("MGRPRN", "maternal grandparent", system=ROLE_CODE), "maternal grandparent", "maternal"),
    ],
)
def test_a_relation_is_one_of_the_catalogue_or_its_own_words(
    relation: dict[str, Any], code: str, side: str | None
) -> None:
    found = values(relative(relationship=relation))

    assert (found["relation"], found.get("side")) == (code, side)


@pytest.mark.parametrize(
    "condition",
    [
        {"code": concept("363443007", "Malignant tumor of ovary (disorder)", system=SNOMED)},
        {"code": concept("Z80.3", "Family history of malignant neoplasm of breast", system=ICD_10)},
        {"code": concept("Z80.3", system=ICD_10)},
        {"code": concept("C50.9", "Breast", system=ICD_10)},
        had("Family history of breast cancer"),
        had("FH: leukaemia"),
        had("Wilms tumour"),
    ],
)
def test_cancer_is_known_by_code_or_by_words(condition: dict[str, Any]) -> None:
    assert values(relative(condition))["affected"] == "yes"


@pytest.mark.parametrize("name", ["Heart attack", "Suspected cancer", "No family history of cancer", "Cancerophobia"])
def test_another_disease_does_not_say_that_there_was_no_cancer(name: str) -> None:
    found = values(relative(had(name, 50)))

    assert found["affected"] == "unknown"
    assert found["condition"] == f"{name} (at 50)"
    assert "age_at_diagnosis" not in found


def test_of_several_diseases_the_cancers_come_first_and_the_earliest_age_counts() -> None:
    found = values(relative(had("Gout", 40), had("Breast cancer", 64), had("Sarcoma", 31), had("Asthma")))

    assert found["condition"] == "Breast cancer (at 64); Sarcoma (at 31); Gout (at 40); Asthma"
    assert found["age_at_diagnosis"] == 31


@pytest.mark.parametrize(
    ("onset", "years", "words"),
    [
        (age(8, "mo"), 0, "at 8 mo"),
        (age(30, "mo"), 2, "at 30 mo"),
        (age(3, "d"), 0, "at 3 d"),
        (age(100, "wk"), 1, "at 100 wk"),
        (age(Decimal("41.9")), 41, "at 41.9"),
        ({"value": 41, "unit": "years"}, 41, "at 41"),
        ({"value": 41}, None, "at 41"),
        (age(41, comparator="<"), None, "at <41"),
        (age(900), None, "at 900"),
        (age(Decimal("1E+999999999")), None, None),
        (age(-1), None, "at -1"),
        (age("41"), None, ""),
        ("41", None, ""),
    ],
)
def test_an_age_is_counted_in_whole_years(onset: object, years: int | None, words: str | None) -> None:
    found = values(relative({"code": {"text": "Cancer"}, "onsetAge": onset}))

    assert found.get("age_at_diagnosis") == years
    if words is not None:
        assert found["condition"] == (f"Cancer ({words})" if words else "Cancer")


@pytest.mark.parametrize(
    ("onset", "words"),
    [
        ({"onsetRange": {"low": age(40), "high": age(50)}}, "Cancer (at 40 to 50)"),
        ({"onsetRange": {"high": age(50)}}, "Cancer (at 50)"),
        ({"onsetRange": {"low": 5}}, "Cancer"),
        ({"onsetString": "as a young man"}, "Cancer (as a young man)"),
    ],
)
def test_a_vague_age_is_kept_in_words(onset: dict[str, Any], words: str) -> None:
    found = values(relative(had("Cancer", **onset)))

    assert found["condition"] == words
    assert "age_at_diagnosis" not in found


@pytest.mark.parametrize(
    ("elements", "deceased", "years"),
    [
        ({}, "unknown", None),
        ({"deceasedBoolean": False}, "no", None),
        ({"deceasedBoolean": True}, "yes", None),
        ({"deceasedBoolean": "true"}, "unknown", None),
        ({"deceasedAge": age(71)}, "yes", 71),
        ({"deceasedDate": "2011"}, "yes", None),
        ({"deceasedString": "in the war"}, "yes", None),
        ({"deceasedRange": {"low": age(60)}}, "yes", None),
    ],
)
def test_a_death_is_read_with_its_age(elements: dict[str, Any], deceased: str, years: int | None) -> None:
    found = values(relative(had("Cancer", 64), **elements))

    assert (found["deceased"], found.get("age_at_death")) == (deceased, years)


def test_whoever_died_of_a_disease_has_died() -> None:
    assert values(relative(had("Cancer", contributedToDeath=True)))["deceased"] == "yes"


def test_ages_that_cannot_follow_each_other_are_left_to_be_checked() -> None:
    found = read(relative(had("Cancer", 64), deceasedAge=age(50))).entries[0]

    assert "age_at_diagnosis" not in found.values
    assert "age_at_death" not in found.values
    assert found.values["note"] == "Died at 50, which is before the cancer was found: check both ages"
    assert problems(found) == []


@pytest.mark.parametrize(
    ("elements", "why"),
    [
        ({"status": "entered-in-error"}, "entered in error"),
        ({"relationship": None}, "no code"),
        ({"relationship": concept("unknown", system=ABSENT)}, "says only that nothing is known"),
        ({"dataAbsentReason": {"text": "withheld"}}, "says only that nothing is known"),
    ],
)
def test_what_says_nothing_is_skipped(elements: dict[str, Any], why: str) -> None:
    assert reason(relative(**elements)) == why


def test_a_name_of_a_relative_is_not_kept() -> None:
    record = read(relative(had("Cancer"), name="Aunt Susan", note=[{"text": "lives abroad"}]))

    assert "Susan" not in repr(record)
    assert record.entries[0].values["note"] == "lives abroad"


def test_the_examples_are_read_as_they_are_meant() -> None:
    assert values(shared("fhir-r4-official", "FamilyMemberHistory-father.json")) == {
        "relation": "father",
        "affected": "unknown",
        "condition": "Heart Attack (at 74)",
        "deceased": "yes",
        "note": "Was fishing at the time. At least he went doing someting he loved.",
    }
    uncle = shared("fhir-mcode", "jenny-m", "FamilyMemberHistory-family-member-history-uncle-jenny-m.json")
    assert values(uncle) == {
        "relation": "uncle-paternal",
        "side": "paternal",
        "affected": "yes",
        "condition": "Malignant tumor of pancreas",
        "deceased": "yes",
    }
    found = {read(each).entries[0].values["relation"] for _, each in all_shared("FamilyMemberHistory")}
    assert found == {"father", "aunt-maternal", "uncle-paternal", "sister"}
