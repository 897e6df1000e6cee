"""Operations: one that took out a tumor needs a cancer as its reason; any other counts by its code."""

from typing import Any

import pytest

from tests.fhir.builders import ICD_10, SNOMED, concept, procedure
from tests.fhir.treatment_builders import (
    LEUKEMIA,
    Json,
    entry_of,
    extension,
    intent,
    operation,
    read_one,
    sample,
    skipped,
    values_of,
)
from tests.shared import need_shared
from tracker.engine.partial_dates import PartialDate
from tracker.services.import_records import EntryRecord


def site(code: str, display: str = "", side: str = "") -> Json:
    told = concept(code, display, system=SNOMED)
    laterality = extension("mcode-laterality-qualifier", valueCodeableConcept=concept(side, system=SNOMED))
    return told | ({"extension": [laterality]} if side else {})


def test_an_operation_tells_what_where_which_side_and_when() -> None:
    found = operation(
        bodySite=[site("64033007", "Kidney structure", "7771000")],
        reasonReference=[{"reference": "Condition/wilms"}],
        location={"display": "Harbor Hospital"},
        note=[{"text": "Tumor intact."}],
    )

    record = read_one(found)

    assert (record.code, record.mapped_to, record.status) == ("116033007", "nephrectomy", "completed")
    assert record.entries == (
        EntryRecord(
            section="surgeries",
            diagnosis="Condition/wilms",
            values={
                "operation": "nephrectomy",
                "site": "C64.9",
                "laterality": "left",
                "done_on": PartialDate(2016, 5, 2),
                "place": "Harbor Hospital",
                "note": "At its source: Radical nephrectomy\nTumor intact.",
            },
        ),
    )


@pytest.mark.parametrize(
    ("sites", "place", "side"),
    [
        ([site("80248007")], "C50.9", "left"),
        ([site("9846003")], "C64.9", "right"),
        ([site("999", "Left pinna")], "Left pinna", None),
        ([site("64033007", "", "51440002")], "C64.9", "bilateral"),
        ([site("64033007", "", "7771000"), site("10200004")], None, "left"),
        ([site("64033007", "", "7771000"), site("64033007", "", "24028007")], None, None),
        ([{"text": "x" * 300}], "x" * 120, None),
        ([5, {}], None, None),
    ],
)
def test_the_site_is_a_topography_or_the_words_of_the_source(
    sites: list[Json], place: str | None, side: str | None
) -> None:
    values = values_of(operation(bodySite=sites))

    assert (values.get("site"), values.get("laterality")) == (place, side)


@pytest.mark.parametrize("status", ["preparation", "in-progress", "on-hold", "stopped", "unknown"])
def test_only_an_operation_that_was_completed_was_done(status: str) -> None:
    record = read_one(operation(status=status))

    assert (record.entries, record.mapped_to) == ((), "nephrectomy")


@pytest.mark.parametrize(("status", "reason"), [("not-done", "not done"), ("entered-in-error", "entered in error")])
def test_what_did_not_happen_is_counted_and_not_stored(status: str, reason: str) -> None:
    assert skipped(operation(status=status)) == reason


def appendectomy(**given: Any) -> Json:
    return procedure(code=concept("80146002", "Appendectomy", system=SNOMED), **given)


@pytest.mark.parametrize(
    ("elements", "kept"),
    [
        ({}, False),
        ({"reasonCode": [{"text": "Appendicitis"}]}, False),
        ({"reasonReference": [{"reference": "Condition/1"}]}, False),
        ({"reasonCode": [concept("C18.1", "Malignant neoplasm of appendix", system=ICD_10)]}, True),
        ({"reasonCode": [LEUKEMIA]}, True),
        ({"extension": [intent("373808002")]}, True),
        ({"extension": [intent("129428001")]}, False),
    ],
)
def test_what_could_be_the_day_the_tumor_came_out_needs_a_cancer_as_its_reason(
    elements: dict[str, object], kept: bool
) -> None:
    record = read_one(appendectomy(**elements))

    assert bool(record.entries) is kept
    assert record.mapped_to == "appendectomy"


def test_an_operation_that_takes_out_no_tumor_counts_whatever_its_reason() -> None:
    values = values_of(procedure(code=concept("234319005", "Splenectomy", system=SNOMED)))

    assert (values["operation"], values["done_on"]) == ("splenectomy", PartialDate(2023, 2, 1))


def test_an_operation_without_a_day_is_kept_and_anything_else_without_one_is_not() -> None:
    assert "done_on" not in values_of(operation(performedDateTime=None))
    assert read_one(operation(performedDateTime=None)).occurred_on is None
    assert skipped(procedure(performedPeriod=None)) == "no date"


def test_an_operation_nobody_knows_is_a_chart_entry_even_if_it_was_for_a_cancer() -> None:
    record = read_one(operation("1", "Some operation"))

    assert (record.entries, record.mapped_to) == ((), "")


def test_jenny_s_operation() -> None:
    folder = need_shared("data", "fhir-mcode", "jenny-m")

    record = sample(folder, "Procedure/cancer-related-surgical-procedure-jenny-m")

    assert record.entries == (
        EntryRecord(
            section="surgeries",
            diagnosis="Condition/primary-cancer-condition-jenny-m",
            values={
                "operation": "other-operation",
                "site": "C50.9",
                "laterality": "left",
                "done_on": PartialDate(2018, 4, 1),
                "note": "At its source: Excision of part of breast",
            },
        ),
    )


def test_john_s_operation() -> None:
    folder = need_shared("data", "fhir-mcode", "john-anyperson")

    [entry] = sample(folder, "Procedure/cancer-related-surgical-procedure-lobectomy").entries

    assert entry.diagnosis == "Condition/primary-cancer-condition-nsclc"
    assert {name: value for name, value in entry.values.items() if name != "note"} == {
        "operation": "lung-wedge-resection",
        "site": "C34.9",
        "laterality": "left",
        "done_on": PartialDate(2019, 3, 1),
    }


def test_a_biopsy_and_a_mammogram_are_no_operations() -> None:
    folder = need_shared("data", "fhir-mcode", "jenny-m")

    assert sample(folder, "Procedure/us-core-procedure-biopsy-jenny-m").entries == ()
    mammogram = sample(folder, "Procedure/us-core-procedure-mammogram-jenny-m")
    assert (mammogram.entries, mammogram.mapped_to) == ((), "mammogram")
    assert entry_of(operation()).section == "surgeries"
