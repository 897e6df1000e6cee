"""FHIR's small data types, read without trusting what stands there."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.fhir.builders import LOINC, SNOMED, concept, quantity
from tracker.fhir.quantities import Value, read_components, read_value, reference_range
from tracker.fhir.values import (
    ABSENCE,
    NO_CODE,
    NO_DATE,
    TOO_LONG,
    Coding,
    Skipped,
    chosen,
    codings,
    concept_text,
    cut,
    first_code,
    first_day,
    listed,
    mapping,
    number,
    plain,
    read_day,
    required_day,
    storable,
    words,
)

NOT_DATES = (None, 5, True, "", "last May", "2024-13-01", "2024-02-30", "2023-02-29", "24-05-14", "2024/05/14",
             "2024-5-4", "0000", "0000-01-01", "2024-05-14 10:00", " 2024-05-14", ["2024-05-14"], {"start": 1},
             "٢٠٢٤-٠٥-١٤", "99999-01-01", "2024-05-14T10:00:00Z extra")  # fmt: skip


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2024-05-14", date(2024, 5, 14)),
        ("2024-02-29", date(2024, 2, 29)),
        ("2024-05-14T23:59:59Z", date(2024, 5, 14)),
        ("2024-05-14T00:30:00+14:00", date(2024, 5, 14)),
        ("2024-05-14T23:30:00-10:00", date(2024, 5, 14)),
        ("1978-07-08T02:39:21.251+00:00", date(1978, 7, 8)),
        ("0001-01-01", date(1, 1, 1)),
        ("9999-12-31", date(9999, 12, 31)),
    ],
)
def test_a_date_is_the_calendar_day_as_it_is_written_whatever_its_offset(written: str, day: date) -> None:
    found = read_day(written)

    assert found is not None
    assert (found.first, found.last, found.is_exact) == (day, day, True)


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-02", date(2023, 2, 1), date(2023, 2, 28)),
        ("2023-12", date(2023, 12, 1), date(2023, 12, 31)),
    ],
)
def test_a_partial_date_has_the_first_and_the_last_day_it_can_mean(written: str, first: date, last: date) -> None:
    found = read_day(written)

    assert found is not None
    assert (found.first, found.last, found.is_exact, found.text) == (first, last, False, written)


@pytest.mark.parametrize("written", NOT_DATES)
def test_what_is_no_date_is_none_and_never_an_error(written: object) -> None:
    assert read_day(written) is None


def test_the_first_element_that_holds_a_date_is_taken() -> None:
    resource = {"effectiveDateTime": "soon", "effectivePeriod": {"end": "2024-05-20"}, "issued": "2024-06-01T10:00:00Z"}

    found = first_day(resource, "effectiveDateTime", "effectivePeriod", "issued")

    assert found is not None
    assert found.first == date(2024, 5, 20)


def test_a_period_is_dated_by_its_start() -> None:
    found = first_day({"period": {"start": "2024-05-14", "end": "2024-05-20"}}, "period")

    assert found is not None
    assert found.first == date(2024, 5, 14)


def test_a_timing_is_dated_by_its_first_event() -> None:
    found = first_day({"effectiveTiming": {"event": ["2024-05-14", "2024-06-14"]}}, "effectiveTiming")

    assert found is not None
    assert found.first == date(2024, 5, 14)


def test_without_a_required_date_a_resource_is_skipped() -> None:
    with pytest.raises(Skipped) as caught:
        required_day({"issued": {}}, "effectiveDateTime", "issued")

    assert caught.value.reason == NO_DATE


@pytest.mark.parametrize("value", [None, 3, "text", [], [1, "x"], True, Decimal("1.5")])
def test_a_wrong_shape_is_empty_and_never_an_error(value: object) -> None:
    assert mapping(value) == {}
    assert listed(value) == []
    assert codings(value) == []
    assert concept_text(value) == ""
    assert first_code(value) == ""


@pytest.mark.parametrize("coding", [None, "x", {}, [None], [{}], [{"code": 5}], [{"code": " "}], [[]]])
def test_codings_of_a_wrong_shape_are_left_out(coding: object) -> None:
    assert codings({"coding": coding}) == []


def test_codes_keep_their_order_and_missing_parts_are_empty() -> None:
    found = codings({"coding": [{"code": "b"}, {"system": LOINC, "code": "a", "display": "A"}]})

    assert found == [Coding("", "b"), Coding(LOINC, "a", "A")]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (concept("1", "One", text="As written"), "As written"),
        (concept("1", "One"), "One"),
        (concept("1"), "1"),
        ({"text": "  ", "coding": [{"code": "1", "display": "One"}]}, "One"),
        ({}, ""),
    ],
)
def test_the_words_of_a_concept_are_its_text_else_a_display_else_a_code(value: dict[str, Any], text: str) -> None:
    assert concept_text(value) == text


def test_an_entry_is_kept_under_the_code_that_was_mapped() -> None:
    both = {"coding": [{"system": SNOMED, "code": "1", "display": "One"}, {"system": LOINC, "code": "2"}], "text": "T"}

    assert chosen(codings(both), both).code == "1"
    assert chosen(codings(both), both, mapped=[Coding(LOINC, "2")]) == Coding(LOINC, "2", "T")


def test_words_without_a_code_are_kept_as_words() -> None:
    assert chosen([], {"text": "Blood typing"}) == Coding("", "", "Blood typing")


@pytest.mark.parametrize(
    "value", [{}, None, {"coding": []}, {"text": ""}, {"text": "   "}, {"coding": [{"display": "x"}]}]
)
def test_with_neither_code_nor_words_a_resource_is_skipped(value: object) -> None:
    with pytest.raises(Skipped) as caught:
        chosen(codings(value), value)

    assert caught.value.reason == NO_CODE


def test_a_code_that_says_nothing_is_known_is_skipped() -> None:
    system = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
    value = concept("no-known-problems", system=system)

    with pytest.raises(Skipped) as caught:
        chosen(codings(value), value)

    assert caught.value.reason == ABSENCE


@pytest.mark.parametrize(("code", "system"), [("9" * 81, LOINC), ("1", "http://x/" + "y" * 200)])
def test_a_code_that_would_have_to_be_cut_is_skipped(code: str, system: str) -> None:
    value = concept(code, "Long", system=system)

    with pytest.raises(Skipped) as caught:
        chosen(codings(value), value)

    assert caught.value.reason == TOO_LONG


def test_the_longest_code_and_system_that_fit_are_kept() -> None:
    system = "http://x/" + "y" * 191
    value = concept("9" * 80, system=system)

    assert chosen(codings(value), value) == Coding(system, "9" * 80, "9" * 80)


def test_a_long_display_is_cut_to_its_column() -> None:
    value = concept("1", "ä" * 401)

    assert chosen(codings(value), value).display == "ä" * 400
    assert cut("abc", 3) == "abc"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (1, Decimal(1)),
        (Decimal("1.50"), Decimal("1.50")),
        (True, None),
        ("1", None),
        (None, None),
        (Decimal("NaN"), None),
    ],
)
def test_only_a_json_number_is_a_number(value: object, found: Decimal | None) -> None:
    assert number(value) == found


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (Decimal("180.65142657866983"), Decimal("180.6514")),
        (Decimal("0.00004"), Decimal("0.0000")),
        (Decimal("9999999999.9999"), Decimal("9999999999.9999")),
        (Decimal("10000000000"), None),
        (Decimal("-10000000000"), None),
        (Decimal("1e999999"), None),
        (Decimal("1e-99999"), Decimal("0.0000")),
        (None, None),
    ],
)
def test_a_value_is_stored_with_four_decimals_or_not_at_all(value: Decimal | None, stored: Decimal | None) -> None:
    assert storable(value) == stored


@pytest.mark.parametrize(
    ("value", "text"),
    [("120", "120"), ("120.0", "120"), ("0.9", "0.9"), ("1E+2", "100"), ("180.65142", "180.6514"), ("1E+20", "1E+20")],
)
def test_a_number_in_a_sentence_has_no_needless_digits(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text


@pytest.mark.parametrize(
    ("holder", "value"),
    [
        ({"valueQuantity": quantity(21.5, "kg/m2")}, ("21.5", "kg/m2", True)),
        ({"valueQuantity": quantity(3, "ng/mL", comparator="<")}, ("<3", "ng/mL", False)),
        ({"valueQuantity": {"value": 5, "unit": "tablets"}}, ("5", "tablets", True)),
        ({"valueQuantity": {"unit": "mg"}}, ("", "mg", False)),
        ({"valueQuantity": {"value": "5"}}, ("5", "", False)),
        ({"valueQuantity": None}, ("", "", False)),
        ({"valueCodeableConcept": concept("1", "Never smoker")}, ("Never smoker", "", False)),
        ({"valueString": "As before"}, ("As before", "", False)),
        ({"valueBoolean": True}, ("yes", "", False)),
        ({"valueBoolean": False}, ("no", "", False)),
        ({"valueInteger": 7}, ("7", "", True)),
        (
            {"valueRange": {"low": {"value": 1, "unit": "mg"}, "high": {"value": 2, "unit": "mg"}}},
            ("1 mg–2 mg", "", False),
        ),
        ({"valueRange": {"high": {"value": 2}}}, ("2", "", False)),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, ("1 / 128", "", False)),
        ({"valueDateTime": "2024-05-14"}, ("2024-05-14", "", False)),
        ({"valueTime": "10:30:00"}, ("10:30:00", "", False)),
        ({"valuePeriod": {"start": "2024-05-14"}}, ("2024-05-14", "", False)),
        ({"valueSampledData": {"period": 1}}, ("", "", False)),
        ({}, ("", "", False)),
    ],
)
def test_every_kind_of_value_is_read_as_words_and_where_it_is_one_as_a_number(
    holder: dict[str, Any], value: tuple[str, str, bool]
) -> None:
    text, unit, is_number = value
    holder = {k: (_decimals(v) if isinstance(v, dict) else v) for k, v in holder.items()}

    found = read_value(holder)

    assert (found.text, found.unit, found.amount is not None) == (text, unit, is_number)


def _decimals(value: dict[str, Any]) -> dict[str, Any]:
    return {key: Decimal(str(each)) if isinstance(each, float) else each for key, each in value.items()}


def test_a_value_as_a_report_says_it_has_its_unit_behind_it() -> None:
    assert Value("180.65142657866983", "cm", Decimal("180.65142657866983")).sentence == "180.6514 cm"
    assert Value("<3", "ng/mL").sentence == "<3 ng/mL"
    assert Value("Never smoker").sentence == "Never smoker"


def _component(code: str, value: object, unit: str = "mm[Hg]", display: str = "") -> dict[str, Any]:
    return {"code": concept(code, display), "valueQuantity": quantity(value, unit)}


def test_a_blood_pressure_is_written_as_people_write_it_upper_first() -> None:
    parts = [_component("8462-4", Decimal("110.20614917487559")), _component("8480-6", Decimal("152.37248"))]

    assert read_components({"component": parts}).sentence == "152/110 mm[Hg]"


@pytest.mark.parametrize(
    "parts",
    [
        [_component("8480-6", 120, display="Systolic")],
        [_component("8480-6", 120, display="Systolic"), _component("8462-4", 10, "kPa", "Diastolic")],
        [_component("8480-6", Decimal("1e400"), display="Systolic"), _component("8462-4", 80, display="Diastolic")],
    ],
)
def test_half_a_blood_pressure_is_listed_by_its_parts(parts: list[dict[str, Any]]) -> None:
    assert read_components({"component": parts}).text.startswith("Systolic: ")


def test_components_that_say_nothing_are_left_out() -> None:
    parts = [
        {"code": concept("1", "One")},
        {"valueString": "seen"},
        "nonsense",
        {"code": concept("2", "Two"), "valueInteger": 2},
    ]

    assert read_components({"component": parts}).text == "seen; Two: 2"
    assert read_components({"component": "nonsense"}) == Value()


@pytest.mark.parametrize(
    ("ranges", "text"),
    [
        ([{"text": "3 to 5"}], "3 to 5"),
        ([{"low": {"value": 3, "unit": "g"}, "high": {"value": 5, "unit": "g"}}], "3 g–5 g"),
        ([{"high": {"value": 5}}], "5"),
        ([{}, {"text": "x"}], "x"),
        ([], ""),
        ("nonsense", ""),
    ],
)
def test_the_range_is_the_one_reported(ranges: object, text: str) -> None:
    assert reference_range({"referenceRange": ranges}) == text


def test_words_are_text_or_nothing() -> None:
    assert [words(each) for each in ("x", 1, None, ["x"])] == ["x", "", "", ""]
