"""A date of which perhaps only the year, or the year and the month, is known."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Self

_WRITTEN = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A year, perhaps with a month, perhaps with a day; written as ISO 8601 allows: 2019, 2019-03, 2019-03-14.

    Raises:
        ValueError: no such month or day, a day without a month, or a year that is not of four digits.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if not 1000 <= self.year <= 9999:
            raise ValueError(f"{self.year} is not a year of four digits")
        if self.month is None and self.day is not None:
            raise ValueError("a day needs a month")
        if self.month == 0 or self.day == 0:
            raise ValueError("months and days are counted from 1")
        self.earliest()

    @classmethod
    def of(cls, day: date) -> Self:
        """A whole date, known to the day."""
        return cls(day.year, day.month, day.day)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what ``str`` writes."""
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is not a date like 2019, 2019-03 or 2019-03-14")
        year, month, day = (None if part is None else int(part) for part in found.groups())
        return cls(year or 0, month, day)

    @property
    def is_whole(self) -> bool:
        """Is it known to the day?"""
        return self.day is not None

    def earliest(self) -> date:
        """The first day it can have been."""
        return date(self.year, self.month or 1, self.day or 1)

    def latest(self) -> date:
        """The last day it can have been."""
        if self.month is None:
            return date(self.year, 12, 31)
        return date(self.year, self.month, self.day or monthrange(self.year, self.month)[1])

    def __str__(self) -> str:
        parts = (f"{self.year:04d}", *(f"{part:02d}" for part in (self.month, self.day) if part is not None))
        return "-".join(parts)

    def __lt__(self, other: "PartialDate") -> bool:
        """By the first possible day, the less precise first: 2019 before 2019-01 before 2019-01-01."""
        return (self.earliest(), str(self)) < (other.earliest(), str(other))


# A date known to the day, or in part; a whole one is always a plain date.
Day = date | PartialDate


def first_day(day: Day) -> date:
    """The first day it can have been."""
    return day.earliest() if isinstance(day, PartialDate) else day


def last_day(day: Day) -> date:
    """The last day it can have been."""
    return day.latest() if isinstance(day, PartialDate) else day


def precision_of(day: Day | None) -> str:
    """ "day", "month" or "year"; a date that is missing counts as whole."""
    if not isinstance(day, PartialDate) or day.day is not None:
        return "day"
    return "year" if day.month is None else "month"


def known_to(first: date | None, precision: str) -> Day | None:
    """What a stored first possible day and its precision say."""
    if first is None or precision == "day":
        return first
    return PartialDate(first.year) if precision == "year" else PartialDate(first.year, first.month)


def as_partial(day: Day | None) -> PartialDate | None:
    """The same as a ``PartialDate``."""
    return PartialDate.of(day) if isinstance(day, date) else day


def as_day(day: PartialDate | None) -> Day | None:
    """A whole partial date as the plain date it is."""
    return day.earliest() if day is not None and day.is_whole else day
