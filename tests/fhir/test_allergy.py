"""AllergyIntolerance → an allergy of the record; that there is none only where somebody says so with certainty."""

from datetime import date
from typing import Any

import pytest

from tests.fhir.builders import SNOMED, concept
from tests.fhir.people_builders import (
    ABSENT,
    ALLERGY_CLINICAL,
    ALLERGY_VERIFICATION,
    all_shared,
    allergy,
    problems,
    read,
    reason,
    shared,
    values,
)
from tracker.engine.partial_dates import PartialDate

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def clinical(code: str) -> dict[str, Any]:
    return concept(code, system=ALLERGY_CLINICAL)


def verified(code: str) -> dict[str, Any]:
    return concept(code, system=ALLERGY_VERIFICATION)


def test_an_allergy_is_read_with_substance_reaction_severity_and_year() -> None:
    record = read(allergy())

    assert (record.code_system, record.code, record.display) == (SNOMED, "764146007", "Penicillin (substance)")
    assert (record.status, record.occurred_on, record.value_text) == ("active", date(2010, 1, 1), "Hives")
    assert record.mapped_to == "allergies"
    assert record.entries[0].section == "allergies"
    assert record.entries[0].values == {
        "substance": "Penicillin",
        "reaction": "Hives",
        "severity": "moderate",
        "noted_on": PartialDate(2010),
    }


@pytest.mark.parametrize(
    "code",
    [
        concept("716186003", "No known allergy", system=SNOMED),
        concept("160244002", system=SNOMED),
        concept("716186003", system="urn:oid:2.16.840.1.113883.6.96"),
        concept("no-known-allergies", "No known allergies", system=ABSENT),
    ],
)
def test_that_there_is_none_is_a_statement_the_record_has_words_for(code: dict[str, Any]) -> None:
    record = read(allergy(code=code, reaction=None, onsetDateTime=None))

    assert record.entries[0].values == {"substance": "none known"}
    assert (record.code_system, record.code) == (code["coding"][0]["system"], code["coding"][0]["code"])


@pytest.mark.parametrize(
    "doubt",
    [
        {"verificationStatus": verified("unconfirmed")},
        {"verificationStatus": verified("presumed")},
        {"clinicalStatus": clinical("inactive")},
        {"clinicalStatus": clinical("resolved")},
    ],
)
def test_in_doubt_nobody_is_said_to_have_no_allergy(doubt: dict[str, Any]) -> None:
    record = read(allergy(code=concept("716186003", "No known allergy", system=SNOMED), reaction=None, **doubt))

    assert record.entries == ()
    assert record.mapped_to == ""
    assert record.code == "716186003"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (concept("409137002", "NKDA", system=SNOMED), "No known drug allergy"),
        (concept("429625007", system=SNOMED), "No known food allergy"),
        (concept("no-known-food-allergies", system=ABSENT), "No known food allergies"),
    ],
)
def test_none_of_one_kind_is_not_taken_for_none_at_all(code: dict[str, Any], words: str) -> None:
    assert values(allergy(code=code, reaction=None))["substance"] == words


@pytest.mark.parametrize(
    ("elements", "why"),
    [
        ({"verificationStatus": verified("entered-in-error")}, "entered in error"),
        ({"verificationStatus": verified("refuted")}, "refuted"),
        ({"code": concept("no-allergy-info", system=ABSENT)}, "says only that nothing is known"),
        ({"code": None, "reaction": None}, "no code"),
    ],
)
def test_what_was_taken_back_or_says_nothing_is_skipped(elements: dict[str, Any], why: str) -> None:
    assert reason(allergy(**elements)) == why


@pytest.mark.parametrize("status", ["inactive", "resolved"])
def test_an_allergy_of_the_past_is_kept_and_says_that_it_is_past(status: str) -> None:
    record = read(allergy(clinicalStatus=clinical(status)))

    assert record.status == status
    assert record.entries[0].values["note"] == f"Marked as {status} at its source"


def test_an_unconfirmed_allergy_is_kept_and_says_so() -> None:
    record = read(allergy(verificationStatus=verified("unconfirmed")))

    assert record.status == "active, unconfirmed"
    assert record.entries[0].values["note"] == "Marked as unconfirmed at its source"


@pytest.mark.parametrize(
    ("severities", "worst"),
    [(["mild", "severe", "moderate"], "severe"), (["mild", "moderate"], "moderate"), (["mild"], "mild"),
     ([None], None), (["fatal"], None), ([["severe"]], None)],
)  # fmt: skip
def test_the_worst_reaction_counts(severities: list[Any], worst: str | None) -> None:
    reactions = [{"manifestation": [{"text": "Hives"}], "severity": each} for each in severities]

    found = values(allergy(reaction=reactions))

    assert found.get("severity") == worst
    assert found["reaction"] == "Hives"


def test_how_dangerous_it_could_be_is_no_severity() -> None:
    found = values(allergy(criticality="high", type="intolerance", reaction=None, lastOccurrence="2012-06"))

    assert "severity" not in found
    assert found["note"] == (
        "An intolerance, not an allergy\nHow dangerous a reaction could be: high\nLast reaction: 2012-06"
    )


def test_without_a_substance_the_one_that_was_reacted_to_is_taken() -> None:
    found = values(allergy(code=None, reaction=[{}, {"substance": {"text": "Cashew extract"}}]))

    assert found["substance"] == "Cashew extract"


@pytest.mark.parametrize(
    ("elements", "noted"),
    [
        ({"onsetDateTime": "2004-05"}, PartialDate(2004, 5)),
        ({"onsetDateTime": None, "onsetPeriod": {"start": "2003"}}, PartialDate(2003)),
        ({"onsetDateTime": None, "recordedDate": "2014-10-09T14:58:00+11:00"}, PartialDate(2014, 10, 9)),
        ({"onsetDateTime": None}, None),
    ],
)
def test_it_was_noted_when_it_began_or_else_when_it_was_recorded(
    elements: dict[str, Any], noted: PartialDate | None
) -> None:
    assert values(allergy(**elements)).get("noted_on") == noted


def test_the_official_examples_are_read_as_they_are_meant() -> None:
    assert values(shared("fhir-r4-official", "AllergyIntolerance-example.json")) == {
        "substance": "Cashew nuts",
        "reaction": "Anaphylactic reaction; Urticaria",
        "severity": "severe",
        "noted_on": PartialDate(2004),
        "note": "How dangerous a reaction could be: high\nLast reaction: 2012-06\n"
        "Challenge Protocol. Severe reaction to subcutaneous cashew extract. Epinephrine administered\n"
        "The criticality is high becasue of the observed anaphylactic reaction when challenged with cashew extract.\n"
        "The patient reports that the onset of urticaria was within 15 minutes of eating cashews.",
    }
    assert values(shared("fhir-r4-official", "AllergyIntolerance-nkda.json"))["substance"] == "No known drug allergy"
    record = read(shared("fhir-r4-official", "AllergyIntolerance-medication.json"))
    assert (record.code_system, record.code, record.status) == (RXNORM, "7980", "active, unconfirmed")


def test_every_allergy_of_the_sample_data_can_be_kept() -> None:
    found = [read(resource) for _, resource in all_shared("AllergyIntolerance")]

    assert len(found) == 23
    assert all(len(each.entries) == 1 for each in found)
    assert [entry for each in found for entry in each.entries if problems(entry)] == []
    assert "Tree nut" in {each.entries[0].values["substance"] for each in found}
