"""FHIR's small data types as plain values. A file may hold anything anywhere, so nothing here trusts a shape."""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

Json = dict[str, Any]

NO_CODE = "no code"
NO_DATE = "no date"
NO_SUBJECT = "no subject"
NO_ID = "no id"
NOT_A_PATIENT = "not about a patient"
CONTAINED_SUBJECT = "subject has no record of its own"
IN_ERROR = "entered in error"
REFUTED = "refuted"
NOT_DONE = "not done"
ABSENCE = "says only that nothing is known"
TOO_LONG = "code too long"
FUTURE = "date in the future"
BEFORE_BIRTH = "date before birth"
NOT_HELD = "type not held"

TAKEN_BACK = (IN_ERROR, REFUTED, NOT_DONE)
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T\S*)?)?)?", re.ASCII)
ABSENT_SYSTEMS = (
    "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips",
    "http://terminology.hl7.org/CodeSystem/data-absent-reason",
)


class Skipped(Exception):
    """This resource is not stored; ``reason`` is what the summary counts it under."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Coding:
    """One code of one system. ``display`` is empty where none is given."""

    system: str
    code: str
    display: str = ""


@dataclass(frozen=True)
class Day:
    """A calendar date as written. Of a partial one ``first`` and ``last`` are the days it can mean."""

    first: date
    last: date
    text: str

    @property
    def is_exact(self) -> bool:
        return self.first == self.last


def mapping(value: object) -> Json:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def listed(value: object) -> list[Json]:
    """The objects of a list; anything else is left out."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def words(value: object) -> str:
    """The value if it is text, else an empty one."""
    return value if isinstance(value, str) else ""


def is_web_address(text: str) -> bool:
    """Does it name its server itself?"""
    return text.startswith(("http://", "https://"))


def cut(text: str, longest: int) -> str:
    """A text that is only shown, at the length its column holds."""
    return text[:longest]


def read_day(value: object) -> Day | None:
    """A FHIR date, dateTime or instant as the calendar date that is written in it, whatever its offset."""
    found = _DATE.fullmatch(words(value))
    if found is None:
        return None
    year, month, day = (int(part) if part else None for part in found.groups())
    try:
        first = date(year or 0, month or 1, day or 1)
        end_month = month or 12
        return Day(first, date(first.year, end_month, day or monthrange(first.year, end_month)[1]), found[0])
    except ValueError:
        return None


def read_instant(meta: object) -> datetime | None:
    """When a resource was last changed at its source (``meta.lastUpdated``); None where no instant is told."""
    try:
        found = datetime.fromisoformat(words(mapping(meta).get("lastUpdated")))
    except ValueError:
        return None
    try:
        return None if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:
        return None


def first_day(resource: Json, *names: str) -> Day | None:
    """The first of these elements that holds a date; of a period its start, of a timing its first event."""
    for name in names:
        value = resource.get(name)
        if isinstance(value, dict):
            events = value.get("event")
            value = value.get("start") or (events[0] if isinstance(events, list) and events else value.get("end"))
        if (day := read_day(value)) is not None:
            return day
    return None


def required_day(resource: Json, *names: str) -> Day:
    """As ``first_day``; without one the resource is skipped."""
    day = first_day(resource, *names)
    if day is None:
        raise Skipped(NO_DATE)
    return day


def codings(concept: object) -> list[Coding]:
    """The codes of a CodeableConcept, in its order."""
    return [
        Coding(words(each.get("system")), words(each.get("code")), words(each.get("display")))
        for each in listed(mapping(concept).get("coding"))
        if words(each.get("code")).strip()
    ]


def first_code(concept: object) -> str:
    """The first code, without its system: for elements whose codes FHIR itself fixes."""
    return next((coding.code for coding in codings(concept)), "")


def concept_text(concept: object) -> str:
    """What a person reads for a CodeableConcept: its text, else a display, else a code."""
    texts = [words(mapping(concept).get("text")), *(each.display or each.code for each in codings(concept))]
    return next((text for text in texts if text.strip()), "")


def chosen(found: list[Coding], concept: object, *, mapped: Iterable[Coding] = ()) -> Coding:
    """The code an entry is kept under: the one that was mapped, else the first; with the best display there is.

    A concept in words alone is kept with its words and no code. With neither the resource is skipped.
    """
    text = concept_text(concept)
    best = next(iter(mapped), None) or next(iter(found), None) or Coding("", "", text)
    if not best.code and not text:
        raise Skipped(NO_CODE)
    if any(each.system in ABSENT_SYSTEMS for each in found):
        raise Skipped(ABSENCE)
    if len(best.code) > 80 or len(best.system) > 200:
        raise Skipped(TOO_LONG)
    display = best.display or words(mapping(concept).get("text")) or text
    return Coding(best.system, best.code, cut(display, 400))


def number(value: object) -> Decimal | None:
    """A JSON number, exactly as written; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    found = Decimal(value)
    return found if found.is_finite() else None


def storable(value: Decimal | None) -> Decimal | None:
    """The value at the four decimals a result holds; None where it is too large to be one."""
    if value is None or value.copy_abs() >= Decimal(10) ** 10:
        return None
    return round(value, 4)


def plain(value: Decimal) -> str:
    """A number for a sentence: at most four decimals, none that are zero, no exponent."""
    kept = storable(value)
    if kept is None:
        return str(value)
    text = f"{kept:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
