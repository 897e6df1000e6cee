"""Dates of which perhaps only the year, or the year and the month, is known."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.engine.partial_dates import (
    Day,
    PartialDate,
    as_day,
    as_partial,
    first_day,
    known_to,
    last_day,
    precision_of,
)

whole_dates = st.dates(date(1000, 1, 1), date(9999, 12, 31))
partial_dates = st.one_of(
    whole_dates.map(PartialDate.of),
    whole_dates.map(lambda day: PartialDate(day.year, day.month)),
    whole_dates.map(lambda day: PartialDate(day.year)),
)
often = settings(max_examples=200, deadline=None, derandomize=True, database=None)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2019", date(2019, 1, 1), date(2019, 12, 31)),
        ("2019-03", date(2019, 3, 1), date(2019, 3, 31)),
        ("2019-04", date(2019, 4, 1), date(2019, 4, 30)),
        ("2019-12", date(2019, 12, 1), date(2019, 12, 31)),
        ("2019-02", date(2019, 2, 1), date(2019, 2, 28)),
        ("2020-02", date(2020, 2, 1), date(2020, 2, 29)),
        ("1900-02", date(1900, 2, 1), date(1900, 2, 28)),
        ("2000-02", date(2000, 2, 1), date(2000, 2, 29)),
        ("2019-03-14", date(2019, 3, 14), date(2019, 3, 14)),
        ("2020-02-29", date(2020, 2, 29), date(2020, 2, 29)),
        ("1000", date(1000, 1, 1), date(1000, 12, 31)),
        ("9999-12-31", date(9999, 12, 31), date(9999, 12, 31)),
    ],
)
def test_a_date_spans_from_its_first_possible_day_to_its_last(text: str, first: date, last: date) -> None:
    known = PartialDate.parse(text)
    assert (known.earliest(), known.latest(), str(known)) == (first, last, text)


@pytest.mark.parametrize(
    "text",
    ["", "19", "201", "20190", "2019-3", "2019-13", "2019-00", "2019-02-30", "2019-02-00", "2021-02-29", "2019-", "2019-03-",
     "2019-03-14T00:00", " 2019", "2019 ", "03-2019", "0999", "2019/03", "unknown", "2019-03-1", "-2019"],
)  # fmt: skip
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        PartialDate.parse(text)


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ((999, None, None), "999 is not a year of four digits"),
        ((10000, None, None), "10000 is not a year of four digits"),
        ((2019, None, 3), "a day needs a month"),
        ((2019, 0, None), "counted from 1"),
        ((2019, 3, 0), "counted from 1"),
        ((2019, 13, None), "month"),
        ((2019, 2, 29), "day"),
    ],
)
def test_an_impossible_date_is_refused_with_the_reason(parts: tuple[int, int | None, int | None], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        PartialDate(*parts)


def test_less_precise_comes_first_on_the_same_first_day() -> None:
    texts = ["2019-01-02", "2019-02", "2018-12-31", "2019-01-01", "2019", "2020", "2019-01"]
    in_order = ["2018-12-31", "2019", "2019-01", "2019-01-01", "2019-01-02", "2019-02", "2020"]
    assert [str(each) for each in sorted(PartialDate.parse(text) for text in texts)] == in_order
    assert not PartialDate(2019) < PartialDate(2019)


def test_only_a_date_with_a_day_is_whole() -> None:
    assert PartialDate(2019, 3, 14).is_whole
    assert not PartialDate(2019, 3).is_whole
    assert not PartialDate(2019).is_whole


@pytest.mark.parametrize(
    ("day", "precision"),
    [
        (None, "day"),
        (date(2019, 3, 14), "day"),
        (PartialDate(2019, 3, 14), "day"),
        (PartialDate(2019, 3), "month"),
        (PartialDate(2019), "year"),
    ],
)
def test_how_far_a_date_is_known(day: Day | None, precision: str) -> None:
    assert precision_of(day) == precision


def test_a_stored_day_and_its_precision_say_what_was_known() -> None:
    first = date(2019, 3, 1)
    assert known_to(first, "day") == first
    assert known_to(first, "month") == PartialDate(2019, 3)
    assert known_to(date(2019, 1, 1), "year") == PartialDate(2019)
    assert known_to(None, "year") is None


def test_a_whole_date_is_a_plain_date_and_back() -> None:
    assert as_partial(date(2019, 3, 14)) == PartialDate(2019, 3, 14)
    assert as_partial(PartialDate(2019)) == PartialDate(2019)
    assert as_partial(None) is None
    assert as_day(PartialDate(2019, 3, 14)) == date(2019, 3, 14)
    assert as_day(PartialDate(2019, 3)) == PartialDate(2019, 3)
    assert as_day(None) is None


@often
@given(partial_dates)
def test_writing_and_reading_changes_nothing(known: PartialDate) -> None:
    assert PartialDate.parse(str(known)) == known


@often
@given(partial_dates)
def test_the_first_day_is_never_after_the_last(known: PartialDate) -> None:
    assert known.earliest() <= known.latest()
    assert (known.earliest() == known.latest()) == known.is_whole
    assert (first_day(known), last_day(known)) == (known.earliest(), known.latest())


@often
@given(whole_dates)
def test_a_day_lies_in_its_month_and_its_month_in_its_year(day: date) -> None:
    whole, month, year = PartialDate.of(day), PartialDate(day.year, day.month), PartialDate(day.year)
    assert year.earliest() <= month.earliest() <= whole.earliest() == day == first_day(day)
    assert year.latest() >= month.latest() >= whole.latest() == day == last_day(day)


@often
@given(partial_dates)
def test_storing_the_first_day_with_the_precision_keeps_everything(known: PartialDate) -> None:
    assert as_partial(known_to(known.earliest(), precision_of(known))) == known


@often
@given(partial_dates, partial_dates)
def test_any_two_dates_are_in_one_order(one: PartialDate, other: PartialDate) -> None:
    assert (one < other) + (other < one) + (one == other) == 1
    if one < other:
        assert one.earliest() <= other.earliest()
