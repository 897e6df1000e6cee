"""Dates that cannot be: no such day or hour, no date at all, or a period that ends before it starts."""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tracker.fhir.validation.spots import Spot, Wrong, quoted
from tracker.fhir.values import Json

# FHIR tells the type of an element by its name alone here: none of these names means anything else in R4,
# apart from those in _ALSO_OTHERS.
_DAY_NAMES = """
    birthDate bornDate deceasedDate valueDate timingDate answerDate approvalDate lastReviewDate servicedDate
    dueDate startDate nextScheduled lockedDate
"""
_DAYS = frozenset(_DAY_NAMES.split())
_TIME_NAMES = """
    availableStartTime availableEndTime openingTime closingTime timeOfDay valueTime answerTime
"""
_TIMES = frozenset(_TIME_NAMES.split())
_MOMENT_NAMES = """
    authored authoredOn created creation date dateAsserted dateOfFirstAuthorization dateTime dateWritten detected
    effectiveTime end event expiry ifModifiedSince issued lastModified lastOccurrence lastPerformed lastUpdated
    onset received receivedTime recorded recordedOn sent start started time timestamp validTo whenHandedOver
    whenPrepared
"""
_MOMENTS = frozenset(_MOMENT_NAMES.split())
_ENDINGS = ("DateTime", "Instant", "Date")
_ALSO_OTHERS = frozenset({"start", "end", "event", "lockedDate"})

# Seconds and zone may be left out here: whether they may be is for the validators, that they can be read is enough.
_SHAPE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:Z|([+-])(\d\d):(\d\d))?)?)?)?", re.ASCII
)
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?", re.ASCII)
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_FARTHEST_ZONE = 14 * 3600 * _SECOND
_AT_SOURCE = "correct it where the file comes from"


class Impossible(Exception):
    """This text is no date; ``str(error)`` goes on after it in a sentence."""


@dataclass(frozen=True)
class Moment:
    """A date or time as the microseconds it can mean, of Greenwich where its zone is told."""

    earliest: int
    latest: int
    has_time: bool
    has_zone: bool

    def is_before(self, other: "Moment") -> bool:
        """Whether it is earlier whatever either leaves open."""
        leeway = 0 if self.has_zone == other.has_zone else _FARTHEST_ZONE
        return self.latest + leeway < other.earliest


def read_moment(text: str) -> Moment:
    """A FHIR date, dateTime or instant.

    Raises:
        Impossible: it has another shape, or names a day or time that does not exist.
    """
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise Impossible("is no date as FHIR writes it (year, year-month, or year-month-day, then perhaps a time)")
    year, month, day = (int(part) if part else None for part in found.group(1, 2, 3))
    first, last = _days(year or 0, month, day)
    has_zone = text.endswith("Z") or found[8] is not None
    if found[4] is None:
        return Moment(first * _DAY, (last + 1) * _DAY - 1, has_time=False, has_zone=False)
    start = first * _DAY + _clock(found[4], found[5], found[6]) - _offset(found)
    start += int((found[7] or "")[:6].ljust(6, "0"))
    return Moment(start, start if found[6] else start + 60 * _SECOND - 1, has_time=True, has_zone=has_zone)


def _days(year: int, month: int | None, day: int | None) -> tuple[int, int]:
    try:
        first = date(year, 1 if month is None else month, 1 if day is None else day)
    except ValueError as error:
        raise Impossible("is no day that exists") from error
    last_month = 12 if month is None else month
    last = date(year, last_month, monthrange(year, last_month)[1] if day is None else day)
    return first.toordinal(), last.toordinal()


def _clock(hour: str, minute: str, second: str | None) -> int:
    # FHIR has no 24:00, but does have the 60 of a leap second.
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 60:
        raise Impossible("is no time of day that exists")
    return (int(hour) * 3600 + int(minute) * 60 + int(second or 0)) * _SECOND


def _offset(found: re.Match[str]) -> int:
    if found[8] is None:
        return 0
    hours, minutes = int(found[9]), int(found[10])
    if minutes > 59 or hours * 60 + minutes > 14 * 60:
        raise Impossible("has a time zone that does not exist")
    return (hours * 60 + minutes) * 60 * _SECOND * (1 if found[8] == "+" else -1)


def is_dated(name: str) -> bool:
    """Whether what stands under this name is a date or a time of day."""
    return name in _DAYS or name in _MOMENTS or name in _TIMES or name.endswith(_ENDINGS)


def impossible_date(spot: Spot) -> Iterator[Wrong]:
    """The value, of an element that ``is_dated``, if it is no date or time."""
    name = spot.name
    if isinstance(spot.value, bool | int | float | Decimal) and name not in _ALSO_OTHERS:
        yield Wrong(spot.path, f"is {spot.value!s:.60} where a date in quotes is needed; {_AT_SOURCE}")
    if isinstance(spot.value, str) and spot.value and not _is_code(spot):
        try:
            _read_time(spot.value) if name in _TIMES else _read_date(name, spot.value)
        except Impossible as error:
            yield Wrong(spot.path, f"{quoted(spot.value)} {error}; {_AT_SOURCE}")


def _is_code(spot: Spot) -> bool:
    """The one element of R4 that has such a name and is a word."""
    return spot.name == "start" and spot.holder.get("resourceType") == "GraphDefinition"


def _read_date(name: str, text: str) -> None:
    if read_moment(text).has_time and name in _DAYS:
        raise Impossible("has a time of day where FHIR takes a day alone")


def _read_time(text: str) -> None:
    found = _TIME.fullmatch(text)
    if found is None:
        raise Impossible("is no time of day as FHIR writes it (hh:mm:ss)")
    _clock(found[1], found[2], found[3])


def reversed_period(spot: Spot) -> Iterator[Wrong]:
    """The object if it ends before it starts."""
    if isinstance(spot.value, dict):
        yield from _reversed(spot.value, "start", "end", spot.path)


def reversed_life(resource: Json) -> Iterator[Wrong]:
    """A resource that itself ends before it starts, or a patient who died before birth."""
    yield from _reversed(resource, "start", "end", "")
    if resource.get("resourceType") == "Patient":
        yield from _reversed(resource, "birthDate", "deceasedDateTime", "")


def _reversed(holder: Json, first: str, last: str, path: str) -> Iterator[Wrong]:
    start, end = holder.get(first), holder.get(last)
    if not (isinstance(start, str) and isinstance(end, str)):
        return
    try:
        is_reversed = read_moment(end).is_before(read_moment(start))
    except Impossible:
        return
    if is_reversed:
        where = f"{path}.{last}" if path else last
        yield Wrong(where, f"{quoted(end)} is before {first} {quoted(start)}; {_AT_SOURCE}")
