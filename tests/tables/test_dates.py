"""Dates are read as they are written, in the order that was said, and never guessed."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.engine.partial_dates import PartialDate
from tracker.tables.dates import DateOrder, DateProblem, read_day

ISO, MONTH_FIRST, DAY_FIRST = DateOrder.ISO, DateOrder.MONTH_FIRST, DateOrder.DAY_FIRST
DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2999, 12, 31))


def why(text: str, order: DateOrder = ISO, *, in_part: bool = False) -> str:
    with pytest.raises(DateProblem) as refused:
        read_day(text, order, in_part=in_part)
    return str(refused.value)


@pytest.mark.parametrize("order", DateOrder)
@pytest.mark.parametrize("text", ["2019-03-14", "2019-03-14T10:30", "2019-03-14 10:30:00", "2019-03-14 00:00:00.000"])
def test_iso_is_read_whatever_was_said_and_the_time_of_day_is_left_out(text: str, order: DateOrder) -> None:
    assert read_day(text, order) == date(2019, 3, 14)


@pytest.mark.parametrize("separator", ["/", ".", "-"])
def test_another_order_is_read_as_it_was_said(separator: str) -> None:
    text = separator.join(("3", "4", "2020"))
    assert read_day(text, MONTH_FIRST) == date(2020, 3, 4)
    assert read_day(text, DAY_FIRST) == date(2020, 4, 3)


@pytest.mark.parametrize("text", ["03/04/2020", "14.03.2026", "3-14-2026"])
def test_without_a_word_about_the_order_nothing_is_guessed(text: str) -> None:
    assert "month-first or day-first" in why(text)


@pytest.mark.parametrize(
    "text, order, said",
    [
        ("14.03.2026", MONTH_FIRST, "no month 14"),
        ("3/14/2026", DAY_FIRST, "no month 14"),
        ("13/13/2026", MONTH_FIRST, "no month 13"),
        ("0/1/2026", MONTH_FIRST, "no month 0"),
        ("31.04.2026", DAY_FIRST, "There is no day"),
        ("2/29/2023", MONTH_FIRST, "There is no day"),
        ("2023-02-29", ISO, "There is no day"),
        ("2023-13-01", ISO, "There is no day"),
    ],
)
def test_a_day_that_cannot_be_is_refused(text: str, order: DateOrder, said: str) -> None:
    assert said in why(text, order)


@pytest.mark.parametrize("order", DateOrder)
@pytest.mark.parametrize("text", ["3/14/19", "14.3.19", "01-02-03"])
def test_a_year_of_two_digits_can_be_two_centuries(text: str, order: DateOrder) -> None:
    assert "two digits" in why(text, order)


@pytest.mark.parametrize(
    "text, order, day",
    [
        ("2019", ISO, PartialDate(2019)),
        ("2019-05", ISO, PartialDate(2019, 5)),
        ("5/2019", MONTH_FIRST, PartialDate(2019, 5)),
        ("05.2019", DAY_FIRST, PartialDate(2019, 5)),
    ],
)
def test_the_year_or_the_month_is_enough_where_the_column_allows_it(
    text: str, order: DateOrder, day: PartialDate
) -> None:
    assert read_day(text, order, in_part=True) == day
    assert "the day must be known" in why(text, order)


def test_a_month_and_year_in_another_order_needs_the_order_too() -> None:
    assert "cannot be read as a date" in why("5/2019", in_part=True)
    assert "no month 13" in why("2019-13", in_part=True)
    assert "no month 13" in why("13/2019", MONTH_FIRST, in_part=True)


@pytest.mark.parametrize(
    "text, said",
    [
        ("43538", "is a number and no date"),
        ("43538.5", "is a number and no date"),
        ("soon", "cannot be read as a date"),
        ("2019-3-14", "cannot be read as a date"),
        ("2019/03/14", "cannot be read as a date"),
        ("3/14-2019", "cannot be read as a date"),
        ("２０１９-03-14", "cannot be read as a date"),
        ("2019-03-14T10:30Z", "cannot be read as a date"),
        ("1019-03-14", "before 1900"),
    ],
)
def test_what_is_no_date_says_how_to_write_one(text: str, said: str) -> None:
    for order in DateOrder:
        assert said in why(text, order)


@given(DAYS, st.sampled_from(["/", ".", "-"]))
def test_every_day_comes_back_in_each_order(day: date, separator: str) -> None:
    assert read_day(day.isoformat(), ISO) == day
    assert read_day(separator.join(map(str, (day.month, day.day, day.year))), MONTH_FIRST) == day
    assert read_day(separator.join(map(str, (day.day, day.month, day.year))), DAY_FIRST) == day


@given(st.text(), st.sampled_from(DateOrder), st.booleans())
def test_any_text_is_a_date_or_a_problem(text: str, order: DateOrder, in_part: bool) -> None:
    try:
        found = read_day(text, order, in_part=in_part)
    except DateProblem as error:
        assert str(error)
    else:
        assert isinstance(found, date) or (in_part and isinstance(found, PartialDate))
