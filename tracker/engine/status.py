"""Status is a comparison of three stored dates with today: planned, upcoming, due, overdue."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol

_DAY = timedelta(days=1)


class Status(StrEnum):
    """Where an open item stands, in the order in which it gets there."""

    PLANNED = "planned"
    UPCOMING = "upcoming"
    DUE = "due"
    OVERDUE = "overdue"


class HasDates(Protocol):
    """Anything with an item's three dates: a planned item, a stored row."""

    @property
    def upcoming_on(self) -> date: ...

    @property
    def due_on(self) -> date: ...

    @property
    def overdue_after(self) -> date: ...


@dataclass(frozen=True, slots=True)
class ItemDates:
    """The three dates of an item on their own. Overdue on every day **after** ``overdue_after``."""

    upcoming_on: date
    due_on: date
    overdue_after: date


def status_on(upcoming_on: date, due_on: date, overdue_after: date, today: date) -> Status:
    """The status on a day: the furthest whose date has been reached."""
    if today > overdue_after and today >= due_on:
        return Status.OVERDUE
    if today >= due_on:
        return Status.DUE
    return Status.UPCOMING if today >= upcoming_on else Status.PLANNED


def status_of(dates: HasDates, today: date) -> Status:
    """The status of an item on a day."""
    return status_on(dates.upcoming_on, dates.due_on, dates.overdue_after, today)


def boundaries(dates: HasDates) -> list[tuple[Status, date]]:
    """The first day of each later status, in order."""
    late = dates.overdue_after + _DAY if dates.overdue_after < date.max else date.max
    return [
        (Status.UPCOMING, dates.upcoming_on),
        (Status.DUE, dates.due_on),
        (Status.OVERDUE, max(late, dates.due_on)),
    ]


def next_boundary(dates: HasDates, today: date) -> date | None:
    """The first day strictly after today on which the status changes; None once it is overdue."""
    return min((day for _, day in boundaries(dates) if day > today), default=None)


def crossings(dates: HasDates, after: date | None, today: date) -> list[tuple[Status, date]]:
    """The boundaries reached by today that come after ``after`` (None: all reached so far)."""
    return [(status, day) for status, day in boundaries(dates) if day <= today and (after is None or day > after)]
