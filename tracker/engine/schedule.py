"""Calendar arithmetic of our own: ISO 8601 periods, months clamped to the month's end, completed years of age.

Dates are calendar dates without a zone. What would fall outside the calendar stops at its first or last day.
"""

import re
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta
from functools import lru_cache

_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_PERIOD = re.compile(r"P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,4})D)?")
_DAYS_PER_MONTH = 30.436875
_SAFE_DAY = 28
_FIRST_MONTH, _LAST_MONTH = 12 * MINYEAR, 12 * MAXYEAR + 11


@dataclass(frozen=True, slots=True)
class Period:
    """A length of calendar time: months first, then days; ``text`` is how the table wrote it."""

    months: int
    days: int
    text: str

    @property
    def length(self) -> float:
        """Roughly how many days: for putting periods in order, never for dates."""
        return self.months * _DAYS_PER_MONTH + self.days

    def same_as(self, other: "Period") -> bool:
        """Equal as time, however written (P12M is P1Y)."""
        return (self.months, self.days) == (other.months, other.days)


@lru_cache(maxsize=1024)
def parse_period(text: str) -> Period:
    """Read an ISO 8601 duration of years, months, weeks and days, such as ``P1Y6M`` or ``P8W``.

    Raises:
        ValueError: the text is no such duration.
    """
    match = _PERIOD.fullmatch(text)
    if match is None or text == "P":
        raise ValueError(f"{text!r} is not a period such as P1Y, P6M, P2W or P10D")
    years, months, weeks, days = (int(part or 0) for part in match.groups())
    return Period(12 * years + months, 7 * weeks + days, text)


def is_leap(year: int) -> bool:
    """Whether the year has a 29 February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year: int, month: int) -> int:
    """28 to 31."""
    return 29 if month == 2 and is_leap(year) else _MONTH_DAYS[month - 1]


def add_months(day: date, months: int) -> date:
    """The same day of a later (or, negative, earlier) month, or that month's last day if it has no such day."""
    moved = 12 * day.year + day.month - 1 + months
    if not _FIRST_MONTH <= moved <= _LAST_MONTH:
        return date.max if months > 0 else date.min
    year, month, day_of_month = moved // 12, moved % 12 + 1, day.day
    if day_of_month > _SAFE_DAY:
        day_of_month = min(day_of_month, days_in_month(year, month))
    return date(year, month, day_of_month)


def add_days(day: date, days: int) -> date:
    """So many days later (or earlier), within the calendar."""
    return moved_by(day, timedelta(days))


def moved_by(day: date, days: timedelta) -> date:
    """A day moved by a number of days made beforehand, within the calendar."""
    try:
        return day + days
    except OverflowError:
        return date.max if days.days > 0 else date.min


def add_period(day: date, period: Period) -> date:
    """The day one period later: months (clamped) first, then days."""
    moved = add_months(day, period.months) if period.months else day
    return add_days(moved, period.days) if period.days else moved


def birthday(birth_date: date, age: int) -> date:
    """The day on which this many years are completed; 28 February in a common year for a leap-day child."""
    return add_months(birth_date, 12 * age)


def age_on(birth_date: date, day: date) -> int:
    """Completed years of age on a day; -1 before birth."""
    years = day.year - birth_date.year
    if years > 0 and day < birthday(birth_date, years):
        return years - 1
    return years if day >= birth_date else -1
