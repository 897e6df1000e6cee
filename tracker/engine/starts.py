"""Where a late-effects row starts and ends: small expressions over a survivor's dates."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from tracker.engine.schedule import Period, add_period

TRANSPLANT_NAMES = ("hsct", "hsct_any", "hsct_allo", "hsct_auto")


@dataclass(slots=True)
class Anchors:
    """The dates an expression may count from. ``events`` holds only what has happened by the day asked about.

    ``tbi_on`` is the last day of total body irradiation, if it was given and has a date.
    """

    birth_date: date
    end_of_therapy: date
    ltfu_entry: date
    exposure_dates: Mapping[str, date] = field(default_factory=dict)
    events: Mapping[str, date] = field(default_factory=dict)
    tbi_on: date | None = None

    def last_day_of(self, name: str) -> date:
        """The recorded last day; for radiation else that of TBI; else the end of therapy."""
        if name == "hsct":
            recorded = [self.exposure_dates[each] for each in TRANSPLANT_NAMES if each in self.exposure_dates]
            return max(recorded, default=self.end_of_therapy)
        if name in self.exposure_dates:
            return self.exposure_dates[name]
        if name.endswith("_rt") and self.tbi_on is not None:
            return self.tbi_on
        return self.end_of_therapy


@dataclass(frozen=True, slots=True)
class EndOfTherapy:
    """The newest end of therapy of all diagnoses."""

    def day(self, anchors: Anchors) -> date | None:
        return anchors.end_of_therapy

    def parts(self) -> Iterator["StartPart"]:
        yield self


@dataclass(frozen=True, slots=True)
class LtfuEntry:
    """Entry to long-term follow-up."""

    def day(self, anchors: Anchors) -> date | None:
        return anchors.ltfu_entry

    def parts(self) -> Iterator["StartPart"]:
        yield self


@dataclass(frozen=True, slots=True)
class AtAge:
    """A birthday (or a part of a year after birth)."""

    period: Period

    def day(self, anchors: Anchors) -> date | None:
        return add_period(anchors.birth_date, self.period)

    def parts(self) -> Iterator["StartPart"]:
        yield self


@dataclass(frozen=True, slots=True)
class ExposureDate:
    """The last day of an exposure."""

    name: str

    def day(self, anchors: Anchors) -> date | None:
        return anchors.last_day_of(self.name)

    def parts(self) -> Iterator["StartPart"]:
        yield self


@dataclass(frozen=True, slots=True)
class EventDate:
    """The day of an event; none while it has not happened."""

    name: str

    def day(self, anchors: Anchors) -> date | None:
        return anchors.events.get(self.name)

    def parts(self) -> Iterator["StartPart"]:
        yield self


@dataclass(frozen=True, slots=True)
class After:
    """Some time after another start."""

    period: Period
    origin: "Start"

    def day(self, anchors: Anchors) -> date | None:
        origin = self.origin.day(anchors)
        return None if origin is None else add_period(origin, self.period)

    def parts(self) -> Iterator["StartPart"]:
        yield self


@dataclass(frozen=True, slots=True)
class LaterOf:
    """The later of two starts; none while either has not happened."""

    first: "Start"
    second: "Start"

    def day(self, anchors: Anchors) -> date | None:
        first, second = self.first.day(anchors), self.second.day(anchors)
        return None if first is None or second is None else max(first, second)

    def parts(self) -> Iterator["StartPart"]:
        yield from self.first.parts()
        yield from self.second.parts()


StartPart = EndOfTherapy | LtfuEntry | AtAge | ExposureDate | EventDate | After
Start = StartPart | LaterOf


def events_in(start: Start) -> Iterator[str]:
    """The events an expression waits for."""
    for part in start.parts():
        if isinstance(part, EventDate):
            yield part.name
        elif isinstance(part, After):
            yield from events_in(part.origin)
