"""Calendar arithmetic: months clamp to the month's end, leap-day birthdays, ISO 8601 periods."""

from datetime import date

import pytest

from tracker.engine.schedule import (
    Period,
    add_days,
    add_months,
    add_period,
    age_on,
    birthday,
    days_in_month,
    is_leap,
    parse_period,
)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
        (date(2022, 8, 31), 6, date(2023, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 1, 31), 3, date(2024, 4, 30)),
        (date(2024, 1, 30), 1, date(2024, 2, 29)),
        (date(2024, 1, 29), 1, date(2024, 2, 29)),
        (date(2023, 1, 29), 1, date(2023, 2, 28)),
        (date(2023, 1, 28), 1, date(2023, 2, 28)),
        (date(2023, 12, 31), 2, date(2024, 2, 29)),
        (date(2023, 12, 15), 1, date(2024, 1, 15)),
        (date(2023, 1, 15), -1, date(2022, 12, 15)),
        (date(2024, 5, 31), -3, date(2024, 2, 29)),
        (date(2023, 5, 31), -3, date(2023, 2, 28)),
        (date(2023, 5, 31), 0, date(2023, 5, 31)),
    ],
)
def test_months_are_added_and_clamped_to_the_months_end(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


def test_what_would_leave_the_calendar_stops_at_its_edge() -> None:
    assert add_months(date(9999, 12, 1), 1) == date.max
    assert add_months(date(1, 1, 1), -1) == date.min
    assert add_days(date(9999, 12, 31), 1) == date.max
    assert add_days(date(1, 1, 1), -60) == date.min


@pytest.mark.parametrize(
    ("text", "months", "days"),
    [
        ("P1Y", 12, 0), ("P6M", 6, 0), ("P27M", 27, 0), ("P2W", 0, 14), ("P10D", 0, 10), ("P0D", 0, 0), ("P0Y", 0, 0),
        ("P0W", 0, 0), ("P1Y6M", 18, 0), ("P1Y2M3W4D", 14, 25),
    ],
)  # fmt: skip
def test_a_period_is_read_as_months_and_days(text: str, months: int, days: int) -> None:
    assert parse_period(text) == Period(months, days, text)


@pytest.mark.parametrize(
    "text", ["", "P", "1Y", "P1", "PT1H", "P-1Y", "P1.5Y", "p1y", "P1M1Y", "yearly", "P12345Y", " P1Y"]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a period"):
        parse_period(text)


def test_a_period_adds_months_first_then_days() -> None:
    assert add_period(date(2023, 1, 31), parse_period("P1M1D")) == date(2023, 3, 1)
    assert add_period(date(2024, 2, 29), parse_period("P1Y")) == date(2025, 2, 28)
    assert add_period(date(2024, 2, 29), parse_period("P8W")) == date(2024, 4, 25)
    assert add_period(date(2024, 2, 29), parse_period("P0D")) == date(2024, 2, 29)


def test_twelve_months_are_a_year_however_written() -> None:
    assert parse_period("P12M").same_as(parse_period("P1Y"))
    assert not parse_period("P8W").same_as(parse_period("P2M"))
    assert parse_period("P8W").length < parse_period("P2M").length


@pytest.mark.parametrize(
    ("birth", "day", "age"),
    [
        (date(2000, 3, 10), date(2018, 3, 9), 17),
        (date(2000, 3, 10), date(2018, 3, 10), 18),
        (date(2000, 3, 10), date(2018, 3, 11), 18),
        (date(2000, 2, 29), date(2018, 2, 27), 17),
        (date(2000, 2, 29), date(2018, 2, 28), 18),
        (date(2000, 2, 29), date(2020, 2, 28), 19),
        (date(2000, 2, 29), date(2020, 2, 29), 20),
        (date(2000, 3, 10), date(2000, 3, 10), 0),
        (date(2000, 3, 10), date(2000, 12, 31), 0),
        (date(2000, 3, 10), date(2000, 3, 9), -1),
        (date(2000, 3, 10), date(1999, 3, 10), -1),
    ],
)
def test_age_counts_completed_years(birth: date, day: date, age: int) -> None:
    assert age_on(birth, day) == age


def test_a_leap_day_child_has_its_birthday_on_28_february_in_common_years() -> None:
    assert birthday(date(2000, 2, 29), 18) == date(2018, 2, 28)
    assert birthday(date(2000, 2, 29), 20) == date(2020, 2, 29)


def test_age_changes_exactly_on_the_birthday_whatever_the_birth_date() -> None:
    for birth in (date(2000, 2, 29), date(2001, 2, 28), date(1999, 12, 31), date(2000, 1, 1)):
        for age in range(1, 40):
            day = birthday(birth, age)
            assert age_on(birth, day) == age
            assert age_on(birth, add_days(day, -1)) == age - 1


def test_leap_years_and_month_lengths() -> None:
    assert [year for year in (1900, 2000, 2023, 2024, 2100) if is_leap(year)] == [2000, 2024]
    assert [days_in_month(2023, month) for month in (1, 2, 4, 12)] == [31, 28, 30, 31]
    assert days_in_month(2024, 2) == 29
