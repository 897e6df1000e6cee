"""Calendar arithmetic: "years and months clamp to the month's end"."""

import re
from calendar import monthrange
from datetime import date, timedelta

PERIOD = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?")


def add_months(day: date, months: int) -> date:
    """31 August + 6 months = 28 February; 29 February + 12 months = 28 February; months may be negative."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))


def add_period(day: date, period: str) -> date:
    """The day an ISO 8601 period later: years and months first, then weeks and days."""
    found = PERIOD.fullmatch(period)
    if found is None or period == "P":
        raise ValueError(f"not an ISO 8601 period: {period!r}")
    years, months, weeks, days = (int(part or 0) for part in found.groups())
    return add_months(day, years * 12 + months) + timedelta(weeks=weeks, days=days)


def birthday(birth: date, age: int) -> date:
    """The first day of that age."""
    return add_months(birth, 12 * age)


def age_on(birth: date, day: date) -> int:
    """Completed years of age, counted birthday by birthday."""
    age = 0
    while birthday(birth, age + 1) <= day:
        age += 1
    return age
