"""Dates, doses and intervals read as people say them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.web.gallery import make_gallery_app
from tracker.engine.partial_dates import PartialDate
from tracker.web import formats

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def in_an_application() -> Iterator[None]:
    with make_gallery_app().test_request_context("/"):
        yield


def test_dates_are_month_first_with_the_month_in_letters() -> None:
    assert formats.us_date(date(2026, 10, 3)) == "Oct 3, 2026"
    assert formats.long_date(date(2028, 5, 14)) == "May 14, 2028"
    assert formats.long_date(date(2028, 2, 29)) == "February 29, 2028"


def test_a_date_known_in_part_says_no_more_than_is_known() -> None:
    assert formats.us_date(PartialDate(2019)) == formats.long_date(PartialDate(2019)) == "2019"
    assert formats.us_date(PartialDate(2019, 3)) == "Mar 2019"
    assert formats.long_date(PartialDate(2019, 3)) == "March 2019"
    assert formats.us_date(PartialDate(2019, 3, 14)) == formats.us_date(date(2019, 3, 14)) == "Mar 14, 2019"


def test_an_unknown_date_gives_nothing_rather_than_a_word() -> None:
    assert formats.us_date(None) == formats.long_date(None) == formats.ago(None, TODAY) == ""
    assert formats.us_instant(None, "America/New_York") == ""


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 11, 23), "today"),
        (date(2026, 11, 22), "yesterday"),
        (date(2026, 11, 24), "tomorrow"),
        (date(2026, 11, 21), "2 days ago"),
        (date(2026, 11, 10), "13 days ago"),
        (date(2026, 11, 9), "2 weeks ago"),
        (date(2026, 10, 3), "7 weeks ago"),
        (date(2026, 9, 22), "8 weeks ago"),
        (date(2026, 9, 21), "2 months ago"),
        (date(2024, 11, 24), "23 months ago"),
        (date(2024, 11, 23), "2 years ago"),
        (date(2009, 11, 24), "16 years ago"),
        (date(2026, 12, 14), "in 3 weeks"),
        (date(2028, 5, 14), "in 17 months"),
    ],
)
def test_ago_counts_whole_spans(day: date, words: str) -> None:
    assert formats.ago(day, TODAY) == words


def test_a_month_that_ends_early_is_not_counted_as_whole() -> None:
    assert formats.ago(date(2026, 8, 31), date(2026, 11, 30)) == "2 months ago"
    assert formats.ago(date(2026, 8, 31), date(2026, 12, 1)) == "3 months ago"


def test_an_instant_is_told_in_the_clinics_own_zone() -> None:
    at = datetime(2026, 11, 24, 3, 5, tzinfo=UTC)
    assert formats.us_instant(at, "America/New_York") == "Nov 23, 2026, 10:05 PM"
    assert formats.us_instant(at, "Pacific/Kiritimati") == "Nov 24, 2026, 5:05 PM"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1234, "1,234"),
        (1000000, "1,000,000"),
        (0, "0"),
        (100, "100"),
        (Decimal("300.00"), "300"),
        (Decimal("12.50"), "12.5"),
        (Decimal("1E+2"), "100"),
        (Decimal("-0.5"), "-0.5"),
        (None, ""),
    ],
)
def test_numbers_are_grouped_and_plain(value: int | Decimal | None, words: str) -> None:
    assert formats.number(value) == words


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (Decimal("300"), "mg/m2", "300 mg/m²"),
        (Decimal("25.20"), "Gy", "25.2 Gy"),
        (Decimal("61.5"), "%", "61.5%"),
        (Decimal("4.2"), "10*9/L", "4.2 ×10⁹/L"),
        (Decimal("120"), "mm[Hg]", "120 mmHg"),
        (Decimal("2.1"), "m[IU]/L", "2.1 mIU/L"),
        (Decimal("80"), "mL/min/{1.73_m2}", "80 mL/min/1.73 m²"),
        (Decimal("5"), "ug/m2", "5 µg/m²"),
        (Decimal("7"), "{score}", "7"),
        (Decimal("37.1"), "Cel", "37.1°C"),
        (None, "mg/m2", ""),
    ],
)
def test_doses_carry_their_unit_as_it_is_read(value: Decimal | None, unit: str, words: str) -> None:
    assert formats.dose(value, unit) == words


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("P3M", "every 3 months"),
        ("P1M", "every month"),
        ("P1Y", "every year"),
        ("P2Y", "every 2 years"),
        ("P6W", "every 6 weeks"),
        ("P1Y6M", "every 1 year and 6 months"),
        ("P90D", "every 90 days"),
        (None, ""),
    ],
)
def test_periods_are_said_in_words(written: str | None, words: str) -> None:
    assert formats.period(written) == words


def test_a_span_alone_keeps_its_number() -> None:
    assert formats.period("P1Y", every=False) == "1 year"
    assert formats.period("P3M", every=False) == "3 months"


def test_a_schedule_between_two_steps_names_both() -> None:
    assert formats.period("P3M", to="P6M") == "every 3 to 6 months"
    assert formats.period("P6M", to="P1Y") == "every 6 months to 1 year"
    assert formats.period("P3M", to="P3M") == "every 3 months"


@pytest.mark.parametrize("wrong", ["P", "3M", "PT3M", "P3", "p3m", "every 3 months"])
def test_what_is_no_period_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        formats.period(wrong)
