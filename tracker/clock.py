"""The only place that asks the machine for the time. Everything else is given a clock."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Tells instants in UTC, and the calendar day in a clinic's own zone."""

    def now(self) -> datetime: ...

    def today(self, tz: str) -> date: ...


class SystemClock:
    """The real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self, tz: str) -> date:
        return self.now().astimezone(ZoneInfo(tz)).date()


class FixedClock:
    """A clock that stands still until it is set: for tests, drills and ``--as-of``."""

    def __init__(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("A clock needs an instant with a time zone")
        self._at = at.astimezone(UTC)

    @classmethod
    def on(cls, day: date, *, hour: int = 12) -> "FixedClock":
        """A clock at the given hour UTC; noon is the same calendar day in every zone we serve."""
        return cls(datetime(day.year, day.month, day.day, hour, tzinfo=UTC))

    def set(self, at: date | datetime) -> None:
        self._at = at.astimezone(UTC) if isinstance(at, datetime) else FixedClock.on(at).now()

    def advance(self, step: timedelta) -> None:
        self._at += step

    def now(self) -> datetime:
        return self._at

    def today(self, tz: str) -> date:
        return self._at.astimezone(ZoneInfo(tz)).date()


@dataclass(frozen=True)
class OnDay:
    """One day everywhere, while instants stay real: leases and the audit trail must not be pretended."""

    real: Clock
    day: date

    def now(self) -> datetime:
        return self.real.now()

    def today(self, tz: str) -> date:  # noqa: ARG002  (the same day everywhere)
        return self.day
