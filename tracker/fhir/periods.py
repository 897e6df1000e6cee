"""When something began and ended, as precisely as it is told: a year, a month, or a day."""

from dataclasses import dataclass

from tracker.engine.partial_dates import PartialDate
from tracker.fhir.values import Json, mapping, read_day


@dataclass(frozen=True)
class Period:
    """From when to when; None where it is not told."""

    started_on: PartialDate | None = None
    ended_on: PartialDate | None = None

    def without_end(self) -> "Period":
        """The same while it goes on: an end that was only planned says nothing."""
        return Period(self.started_on)

    def values(self) -> dict[str, object]:
        """What is known of it, named like the fields of a part of the record."""
        known = {"started_on": self.started_on, "ended_on": self.ended_on}
        return {name: day for name, day in known.items() if day is not None}


NO_PERIOD = Period()


def partial_date(value: object) -> PartialDate | None:
    """A FHIR date, dateTime or instant, known as far as it is written."""
    day = read_day(value)
    if day is None:
        return None
    try:
        return PartialDate.parse(day.text[:10])
    except ValueError:
        return None


def read_period(value: object) -> Period:
    """A Period. An end that certainly lies before the beginning is left out."""
    told = mapping(value)
    started, ended = partial_date(told.get("start")), partial_date(told.get("end"))
    if started is not None and ended is not None and ended.latest() < started.earliest():
        ended = None
    return Period(started, ended)


def period_of(resource: Json, name: str, *, one_day: bool = False) -> Period:
    """An element that is a dateTime or a Period (``effective[x]``, ``performed[x]``).

    ``one_day``: where a single day is told, it ended on it too.
    """
    day = partial_date(resource.get(f"{name}DateTime"))
    if day is not None:
        return Period(day, day if one_day else None)
    return read_period(resource.get(f"{name}Period"))
