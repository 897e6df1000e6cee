"""Immunization → a vaccine of the record: given, not given or not known, and which one it was."""

from datetime import date
from typing import Any

import pytest

from tests.fhir.builders import SNOMED, codes, concept
from tests.fhir.people_builders import ABSENT, CVX, all_shared, problems, read, reason, shared, vaccine, values
from tracker.engine.partial_dates import PartialDate
from tracker.fhir import immunization
from tracker.services.import_records import ChartRecord, EntryRecord


def test_a_vaccine_that_was_given_is_read_whole() -> None:
    assert read(vaccine()) == ChartRecord(
        resource_type="Immunization",
        external_id="x-1",
        code_system=CVX,
        code="03",
        display="MMR",
        status="completed",
        occurred_on=date(2008, 4, 1),
        mapped_to="03",
        entries=(
            EntryRecord(
                section="immunizations",
                values={"vaccine": "03", "given": "yes", "given_on": PartialDate(2008, 4, 1), "dose_number": 1},
            ),
        ),
    )


@pytest.mark.parametrize(
    ("code", "known"),
    [
        ("140", "141"), ("62", "62"), ("114", "114"), ("133", "133"), ("20", "20"), ("10", "10"), ("113", "139"),
        ("08", "08"), ("115", "115"), ("49", "17"), ("208", "213"), ("207", "213"), ("212", "213"), ("52", "52"),
        ("119", "122"), ("03", "03"), ("43", "43"), ("21", "21"), ("83", "83"), ("33", "33"), ("305", "rsv"),
        ("147", "108"), ("149", "111"),
    ],
)  # fmt: skip
def test_a_product_means_the_vaccine_of_the_catalogue(code: str, known: str) -> None:
    record = read(vaccine(vaccineCode=concept(code, "as its source calls it", system=CVX)))

    assert record.mapped_to == known
    assert record.entries[0].values["vaccine"] == known


@pytest.mark.parametrize(
    ("code", "display"),
    [
        ("121", "zoster vaccine, live"),
        ("01", "DTP"),
        ("02", "OPV"),
        ("110", "DTaP-Hep B-IPV"),
        ("100", "pneumococcal conjugate PCV 7"),
        ("118", "HPV, bivalent"),
        ("306", "RSV, mAb, nirsevimab-alip, 0.5 mL"),
    ],
)
def test_what_the_catalogue_does_not_have_keeps_its_own_words_and_waits_for_a_mapping(code: str, display: str) -> None:
    record = read(vaccine(vaccineCode=concept(code, display, system=CVX)))

    assert record.mapped_to == ""
    assert (record.code_system, record.code) == (CVX, code)
    assert record.entries[0].values["vaccine"] == display


def test_a_mapping_of_the_clinic_is_followed() -> None:
    own = codes().with_own({("vaccine", "urn:oid:1.2.36.1.2001.1005.17", "FLUVAX"): "88"})

    record = immunization.from_fhir(shared("fhir-r4-official", "Immunization-example.json"), external_id="1", codes=own)

    assert (record.code, record.mapped_to, record.entries[0].values["vaccine"]) == ("FLUVAX", "88", "88")


def test_a_vaccine_in_words_is_known_by_its_exact_name_alone() -> None:
    assert values(vaccine(vaccineCode={"text": "varicella"}))["vaccine"] == "21"
    assert values(vaccine(vaccineCode={"text": "Chickenpox"}))["vaccine"] == "21"
    assert values(vaccine(vaccineCode={"text": "varicella, at school"}))["vaccine"] == "varicella, at school"


def test_a_foreign_code_that_looks_like_one_of_ours_is_not_taken_for_it() -> None:
    for told in (concept("18", system="urn:oid:1.2.3"), {"text": "18"}, concept("18", "18", system="urn:oid:1.2.3")):
        record = read(vaccine(vaccineCode=told))

        assert record.mapped_to == ""
        assert record.entries[0].values["vaccine"] == "“18”"


def test_a_vaccine_that_was_not_given_says_so_and_why() -> None:
    declined = {"coding": [{"code": "PATOBJ", "display": "patient objection"}]}

    record = read(vaccine(status="not-done", statusReason=declined))

    assert record.entries[0].values["given"] == "no"
    assert record.entries[0].values["reason"] == record.value_text == "patient objection"


@pytest.mark.parametrize("status", [None, "", "planned", 5, ["completed"]])
def test_any_other_status_leaves_it_unknown_whether_it_was_given(status: object) -> None:
    assert values(vaccine(status=status))["given"] == "unknown"


@pytest.mark.parametrize(
    ("elements", "why"),
    [
        ({"status": "entered-in-error"}, "entered in error"),
        ({"vaccineCode": None}, "no code"),
        ({"vaccineCode": {"coding": [{"code": " "}], "text": "  "}}, "no code"),
        ({"vaccineCode": concept("no-immunization-info", system=ABSENT)}, "says only that nothing is known"),
    ],
)
def test_what_says_nothing_is_skipped(elements: dict[str, Any], why: str) -> None:
    assert reason(vaccine(**elements)) == why


@pytest.mark.parametrize(
    ("told", "given_on", "occurred_on"),
    [
        ("2008", PartialDate(2008), date(2008, 1, 1)),
        ("2008-04", PartialDate(2008, 4), date(2008, 4, 1)),
        ("2008-04-01T23:59:00-11:00", PartialDate(2008, 4, 1), date(2008, 4, 1)),
        ("0800", None, date(800, 1, 1)),
        ("2008-02-30", None, None),
        (None, None, None),
    ],
)
def test_the_day_is_kept_with_as_much_of_it_as_was_written(
    told: object, given_on: PartialDate | None, occurred_on: date | None
) -> None:
    record = read(vaccine(occurrenceDateTime=told))

    assert record.entries[0].values.get("given_on") == given_on
    assert record.occurred_on == occurred_on


@pytest.mark.parametrize(
    ("applied", "number"),
    [
        ([{"doseNumberPositiveInt": 3}], 3),
        ([{"doseNumberString": "2"}], 2),
        ([{"doseNumberString": "2 of 3"}], None),
        ([{"doseNumberString": "²"}], None),
        ([{"doseNumberPositiveInt": 0}], None),
        ([{"doseNumberPositiveInt": -1}], None),
        ([{"doseNumberPositiveInt": True}], None),
        ([{"doseNumberPositiveInt": 10**30}], None),
        ([{}, {"doseNumberPositiveInt": 2}], 2),
        ({"doseNumberPositiveInt": 2}, None),
    ],
)
def test_the_number_of_the_dose_is_read_where_it_is_a_plain_number(applied: object, number: int | None) -> None:
    assert values(vaccine(protocolApplied=applied)).get("dose_number") == number


def test_what_else_is_told_stands_in_the_note() -> None:
    told = vaccine(
        occurrenceDateTime=None,
        occurrenceString="in first grade",
        lotNumber="AAJN11K",
        isSubpotent=True,
        note=[{"text": "Left arm"}, {"text": " "}, "nonsense"],
    )

    assert values(told)["note"] == (
        "When: in first grade\nLot AAJN11K\nThe dose counts as too weak at its source\nLeft arm"
    )


def test_a_name_longer_than_its_field_stands_in_the_note_as_a_whole() -> None:
    long = "SARS-COV-2 (COVID-19) vaccine, mRNA, spike protein, LNP, preservative free, 30 mcg/0.3mL dose"

    found = values(vaccine(vaccineCode=concept("9999", long, system=CVX)))

    assert found["vaccine"] == long[:60]
    assert found["note"] == f"Vaccine: {long}"


def test_the_official_examples_are_read_as_they_are_meant() -> None:
    example = read(shared("fhir-r4-official", "Immunization-example.json"))
    assert (example.display, example.mapped_to, example.occurred_on) == ("Fluvax (Influenza)", "", date(2013, 1, 10))
    assert example.entries[0].values == {
        "vaccine": "Fluvax (Influenza)",
        "given": "yes",
        "given_on": PartialDate(2013, 1, 10),
        "reason": "429060002",
        "note": "Lot AAJN11K\nThe dose counts as too weak at its source\nNotes on adminstration of vaccine",
    }
    not_given = read(shared("fhir-r4-official", "Immunization-notGiven.json"))
    assert not_given.entries[0].values == {
        "vaccine": "DTP",
        "given": "no",
        "given_on": PartialDate(2013, 1, 10),
        "reason": "medical precaution",
    }


def test_of_all_sample_data_only_what_the_catalogue_lacks_is_unmapped() -> None:
    found = [read(resource) for _, resource in all_shared("Immunization")]

    assert len(found) == 525
    assert {(each.code_system, each.code) for each in found if not each.mapped_to} == {
        (CVX, "121"),
        (CVX, "01"),
        (SNOMED, "871878002"),
        ("urn:oid:1.2.36.1.2001.1005.17", "FLUVAX"),
    }
    assert [entry for each in found for entry in each.entries if problems(entry)] == []
