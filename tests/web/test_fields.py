"""A date in three boxes and a quantity with its unit: what they take, what they refuse, and what they keep."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import FieldList, Form, FormField, StringField
from wtforms.validators import DataRequired, Optional

from tests.web.gallery import GalleryForm, make_gallery_app
from tracker.engine.partial_dates import Day, PartialDate
from tracker.web.choices import as_items, boxes, field_choices, grouped_items
from tracker.web.fields import (
    DatePartsField,
    PartialDatePartsField,
    QuantityField,
    field_kind,
    form_errors,
    month_number,
    plainer,
)


@pytest.fixture(autouse=True)
def in_an_application() -> Iterator[None]:
    with make_gallery_app().test_request_context("/"):
        yield


class DateForm(Form):
    born_on = DatePartsField("Date of birth")
    died_on = DatePartsField("Date of death", [Optional()])


class ChartForm(Form):
    diagnosed_on = PartialDatePartsField("Diagnosed", [Optional()], noun="the date of diagnosis")
    operated_on = PartialDatePartsField("Operation")


class DoseForm(Form):
    dose = QuantityField("Dose", [DataRequired("Enter the dose")], unit="mg/m2")


def dates(month: str = "", day: str = "", year: str = "") -> DateForm:
    form = DateForm(MultiDict({"born_on-month": month, "born_on-day": day, "born_on-year": year}))
    form.validate()
    return form


@pytest.mark.parametrize(
    ("month", "day", "year", "expected"),
    [
        ("3", "14", "2026", date(2026, 3, 14)),
        ("03", "04", "2009", date(2009, 3, 4)),
        (" 12 ", "31", " 1999", date(1999, 12, 31)),
        ("Mar", "1", "2026", date(2026, 3, 1)),
        ("september", "30", "2026", date(2026, 9, 30)),
        ("Dec.", "1", "2026", date(2026, 12, 1)),
        ("2", "29", "2028", date(2028, 2, 29)),
    ],
)
def test_a_date_is_read_month_first(month: str, day: str, year: str, expected: date) -> None:
    form = dates(month, day, year)
    assert form.born_on.data == expected
    assert form.errors == {}


def chart(month: str = "", day: str = "", year: str = "", **more: str) -> ChartForm:
    typed = {"diagnosed_on-month": month, "diagnosed_on-day": day, "diagnosed_on-year": year}
    form = ChartForm(MultiDict({"operated_on-year": "2020"} | typed | more))
    form.validate()
    return form


@pytest.mark.parametrize(
    ("month", "day", "year", "expected"),
    [
        ("", "", "2019", PartialDate(2019)),
        ("3", "", "2019", PartialDate(2019, 3)),
        ("March", "", " 2019 ", PartialDate(2019, 3)),
        ("3", "14", "2019", date(2019, 3, 14)),
        ("", "", "", None),
    ],
)
def test_of_a_partial_date_day_and_month_may_be_left_empty(
    month: str, day: str, year: str, expected: Day | None
) -> None:
    form = chart(month, day, year)
    assert form.errors == {}
    assert form.diagnosed_on.data == expected
    assert type(form.diagnosed_on.data) is type(expected), "a whole date is a plain date"


@pytest.mark.parametrize(
    ("month", "day", "year", "message", "part"),
    [
        ("", "14", "2019", "The date of diagnosis must include a month", "month"),
        ("", "14", "", "The date of diagnosis must include a month and a year", "month"),
        ("3", "", "", "The date of diagnosis must include a year", "year"),
        ("3", "14", "", "The date of diagnosis must include a year", "year"),
        ("13", "", "2019", "The month must be a number from 1 to 12, or its name", "month"),
        ("2", "29", "2019", "That month has no day 29. Check the month and the day", "day"),
        ("2", "0", "2019", "That month has no day 0. Check the month and the day", "day"),
        ("", "", "19", "The year must have four digits, like 2026", "year"),
    ],
)
def test_a_partial_date_needs_its_year_and_a_day_its_month(
    month: str, day: str, year: str, message: str, part: str
) -> None:
    form = chart(month, day, year)
    assert form.diagnosed_on.errors == [message]
    assert form_errors(form) == [{"text": message, "href": f"#diagnosed_on-{part}"}]
    assert form.diagnosed_on.data is None
    assert form.diagnosed_on.parts == {"month": month, "day": day, "year": year}, "what was typed stays"


def test_a_partial_date_is_shown_back_as_it_is_known() -> None:
    known = ChartForm(data={"diagnosed_on": PartialDate(2019, 3), "operated_on": PartialDate(2019)})
    assert known.diagnosed_on.parts == {"month": "3", "day": "", "year": "2019"}
    assert known.operated_on.parts == {"month": "", "day": "", "year": "2019"}
    assert ChartForm(data={"operated_on": date(2019, 3, 4)}).operated_on.parts["day"] == "4"
    assert str(known.diagnosed_on.description) == "Month and day may be left empty"
    assert field_kind(known.diagnosed_on) == "date_parts"


def test_a_partial_date_that_is_asked_for_must_be_there() -> None:
    assert chart(**{"operated_on-year": ""}).operated_on.errors == ["Enter the operation, like 3 14 2026"]


@pytest.mark.parametrize(
    ("month", "day", "year", "message", "part"),
    [
        ("", "", "", "Enter the date of birth, like 3 14 2026", "month"),
        ("", "14", "2026", "The date of birth must include a month", "month"),
        ("3", "14", "", "The date of birth must include a year", "year"),
        ("3", "", "", "The date of birth must include a day and a year", "day"),
        ("13", "1", "2026", "The month must be a number from 1 to 12, or its name", "month"),
        ("0", "1", "2026", "The month must be a number from 1 to 12, or its name", "month"),
        ("2", "29", "2027", "That month has no day 29. Check the month and the day", "day"),
        ("4", "31", "2026", "That month has no day 31. Check the month and the day", "day"),
        ("4", "0", "2026", "That month has no day 0. Check the month and the day", "day"),
        ("4", "x", "2026", "The day must be a number from 1 to 31", "day"),
        ("4", "1", "26", "The year must have four digits, like 2026", "year"),
        ("4", "1", "٢٠٢٦", "The year must have four digits, like 2026", "year"),
        ("4", "1", "0026", "The year must have four digits, like 2026", "year"),
    ],
)
def test_what_is_no_date_is_refused_in_a_sentence(month: str, day: str, year: str, message: str, part: str) -> None:
    form = dates(month, day, year)
    assert form.born_on.errors == [message]
    assert form_errors(form) == [{"text": message, "href": f"#born_on-{part}"}]
    assert form.born_on.data is None


def test_a_refused_date_keeps_what_was_typed() -> None:
    assert dates("Febuary", "30", "2026").born_on.parts == {"month": "Febuary", "day": "30", "year": "2026"}


def test_an_optional_date_may_be_left_empty_but_not_half_empty() -> None:
    filled = {"born_on-month": "3", "born_on-day": "14", "born_on-year": "2006"}
    assert DateForm(MultiDict(filled)).validate()
    half = DateForm(MultiDict(filled | {"died_on-year": "2020"}))
    assert not half.validate()
    assert half.died_on.errors == ["The date of death must include a month and a day"]


def test_a_date_from_the_record_fills_the_boxes() -> None:
    form = DateForm(data={"born_on": date(2006, 3, 4)})
    assert form.born_on.parts == {"month": "3", "day": "4", "year": "2006"}


def test_a_field_inside_another_form_is_read_by_its_full_name() -> None:
    form = DateForm(MultiDict({"a-born_on-month": "3", "a-born_on-day": "4", "a-born_on-year": "2006"}), prefix="a-")
    assert form.born_on.data == date(2006, 3, 4)


def test_months_go_by_number_short_or_long_name_only() -> None:
    assert [month_number(typed) for typed in ("1", "01", "jan", "JANUARY")] == [1, 1, 1, 1]
    assert [month_number(typed) for typed in ("", "00", "13", "janu", "j", "1.5", "²")] == [None] * 7


@pytest.mark.parametrize(("typed", "value"), [("12.50", "12.50"), (" 300 ", "300"), ("0", "0"), ("-1.5", "-1.5")])
def test_a_quantity_is_a_decimal_exactly_as_typed(typed: str, value: str) -> None:
    field = DoseForm(MultiDict({"dose": typed})).dose
    assert str(field.data) == value
    assert field._value() == typed


@pytest.mark.parametrize("typed", ["1,200", "NaN", "Infinity", "1e5", "1_000", "12 mg", "٣", ".5", "1.", "9" * 21])
def test_what_is_no_plain_number_is_refused_and_kept(typed: str) -> None:
    form = DoseForm(MultiDict({"dose": typed}))
    assert not form.validate()
    assert form.dose.errors == ["Enter a plain number, like 12.5, without commas or a unit"]
    assert form.dose._value() == typed


def test_a_missing_quantity_is_asked_for_in_the_forms_own_words() -> None:
    form = DoseForm(MultiDict({"dose": " "}))
    assert not form.validate()
    assert form.dose.errors == ["Enter the dose"]


def test_a_quantity_from_the_record_never_shows_an_exponent() -> None:
    assert DoseForm(data={"dose": Decimal("1E+2")}).dose._value() == "100"
    assert DoseForm(data={"dose": None}).dose._value() == ""


def test_each_kind_of_field_has_its_component() -> None:
    kinds = {field.name: field_kind(field) for field in GalleryForm()}
    assert kinds == {
        "item": "hidden",
        "performed_on": "date_parts",
        "reported_on": "date_parts",
        "ejection": "text",
        "dose": "text",
        "reader": "text",
        "attempts": "text",
        "test": "select",
        "source": "radios",
        "flags": "checkboxes",
        "adequate": "checkbox",
        "report": "textarea",
        "letter": "file",
        "password": "password",
    }


def test_errors_of_nested_forms_are_listed_with_their_own_boxes() -> None:
    class Inner(Form):
        agent = StringField("Agent", [DataRequired("Enter the agent")])

    class Outer(Form):
        first = FormField(Inner)
        more = FieldList(StringField("More", [DataRequired("Enter more")]), min_entries=1)

    form = Outer(MultiDict({"more-0": ""}))
    form.validate()
    assert form_errors(form) == [
        {"text": "Enter the agent", "href": "#first-agent"},
        {"text": "Enter more", "href": "#more-0"},
    ]


def test_errors_of_the_whole_form_come_first_without_a_link() -> None:
    form = DateForm(MultiDict({}))
    form.form_errors = ["The dates do not follow each other"]
    assert form_errors(form) == [{"text": "The dates do not follow each other", "href": ""}]


def test_the_librarys_own_words_become_a_request() -> None:
    assert plainer("Not a valid choice.") == "Choose one of the answers"
    assert plainer("Enter the dose") == "Enter the dose"


def test_choices_may_be_written_in_three_ways() -> None:
    items = as_items(["Echo", ("mri", "MRI"), {"value": 3, "text": "Three", "hint": "h"}])
    assert [(item["value"], item["text"], item["hint"]) for item in items] == [
        ("Echo", "Echo", ""),
        ("mri", "MRI", ""),
        ("3", "Three", "h"),
    ]


def test_groups_keep_the_order_they_were_given_in() -> None:
    groups = grouped_items([{"value": "z", "group": "Z"}, {"value": "a", "group": "A"}], "a")
    assert [group for group, _ in groups] == ["Z", "A"]
    assert [item["selected"] for _, items in groups for item in items] == [False, True]


def test_nothing_is_chosen_unless_it_was() -> None:
    assert [box["checked"] for box in boxes([("", "Any"), ("1", "One")], [None])] == [False, False]
    assert [box["checked"] for box in boxes([("", "Any"), ("1", "One")], [1])] == [False, True]


def test_a_wtforms_field_tells_its_groups_and_what_was_chosen() -> None:
    form = GalleryForm(MultiDict({"test": "cbc", "source": "claimed"}))
    assert [item["group"] for item in field_choices(form.test, {})] == ["Heart", "Heart", "Blood"]
    assert [item["value"] for item in field_choices(form.test, {}) if item["selected"]] == ["cbc"]
    assert [item["hint"] for item in field_choices(form.source, {"claimed": "soft"})] == ["", "", "soft"]
