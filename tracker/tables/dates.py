"""Dates as a table writes them: ISO always, another order only where somebody has said which, and never guessed."""

import re
from datetime import date
from enum import StrEnum

from tracker.engine.partial_dates import Day, PartialDate

FIRST_YEAR = 1900
WHOLE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?")
IN_PART = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")
ORDERED = re.compile(r"([0-9]{1,2})([./-])([0-9]{1,2})\2([0-9]{4})")
MONTH_AND_YEAR = re.compile(r"([0-9]{1,2})[./-]([0-9]{4})")
SHORT_YEAR = re.compile(r"[0-9]{1,2}([./-])[0-9]{1,2}\1[0-9]{1,2}")
BARE_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
LIKE_ISO = "Write it as year-month-day, like 2019-03-14"


class DateOrder(StrEnum):
    """How the dates of a table are written beside ISO: nothing else, 3/14/2026, or 14.3.2026."""

    ISO = "iso"
    MONTH_FIRST = "month-first"
    DAY_FIRST = "day-first"


class DateProblem(ValueError):
    """A date that cannot be read; the message says why and what to do."""


def read_day(text: str, order: DateOrder, *, in_part: bool = False) -> Day:
    """The date that a cell holds; ``in_part``: the year, or month and year, are enough.

    Raises:
        DateProblem: it is no date, can be read in two ways, or does not fit the order that was said.
    """
    found = WHOLE.fullmatch(text)
    if found:
        return _checked(text, int(found[1]), int(found[2]), int(found[3]))
    partial = _month_or_year(text, order)
    if partial is not None:
        return _allowed(text, partial, in_part)
    ordered = ORDERED.fullmatch(text)
    if ordered is None:
        raise DateProblem(_why_not(text))
    if order == DateOrder.ISO:
        raise DateProblem(
            f"“{text}” does not say whether the day or the month comes first. {LIKE_ISO}, or say for the whole file "
            "how its dates are written: month-first or day-first"
        )
    first, then, year = int(ordered[1]), int(ordered[3]), int(ordered[4])
    month, day = (first, then) if order == DateOrder.MONTH_FIRST else (then, first)
    if not 1 <= month <= 12:
        raise DateProblem(f"“{text}” has no month {month}, though this file is read {order.value}. Check the date")
    return _checked(text, year, month, day)


def _month_or_year(text: str, order: DateOrder) -> PartialDate | None:
    found = IN_PART.fullmatch(text)
    if found:
        return _partial(text, int(found[1]), int(found[2]) if found[2] else None)
    turned = MONTH_AND_YEAR.fullmatch(text)
    if turned and order != DateOrder.ISO:
        return _partial(text, int(turned[2]), int(turned[1]))
    return None


def _partial(text: str, year: int, month: int | None) -> PartialDate:
    _check_year(text, year)
    try:
        return PartialDate(year, month)
    except ValueError:
        raise DateProblem(f"“{text}” has no month {month}. Check the date") from None


def _allowed(text: str, partial: PartialDate, in_part: bool) -> PartialDate:
    if not in_part:
        raise DateProblem(f"“{text}” is not a whole date, and here the day must be known. {LIKE_ISO}")
    return partial


def _checked(text: str, year: int, month: int, day: int) -> date:
    _check_year(text, year)
    try:
        return date(year, month, day)
    except ValueError:
        raise DateProblem(f"There is no day “{text}”. Check the date") from None


def _check_year(text: str, year: int) -> None:
    if year < FIRST_YEAR:
        raise DateProblem(f"“{text}” is before {FIRST_YEAR}. Check the year")


def _why_not(text: str) -> str:
    if SHORT_YEAR.fullmatch(text):
        return f"“{text}” has a year of two digits, which can mean two centuries. {LIKE_ISO}"
    if BARE_NUMBER.fullmatch(text):
        return f"“{text}” is a number and no date. Format the cells as dates in the spreadsheet. {LIKE_ISO}"
    return f"“{text[:80]}” cannot be read as a date. {LIKE_ISO}"
