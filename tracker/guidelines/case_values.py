"""The values of a case file, one by one: each is read as what it must be, or refused with its key."""

import re
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal

from tracker.engine.partial_dates import Day, PartialDate, first_day
from tracker.engine.schedule import parse_period
from tracker.errors import CaseError
from tracker.guidelines.case_reader import RepeatedKey

REMARKS = frozenset({"name", "note", "comment"})
FIRST_YEAR, LAST_YEAR = 1900, 2200
MOST_DOSE = Decimal(10) ** 9
LONGEST_PERIOD_DAYS = 150 * 366
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
IN_PART = re.compile(r"\d{4}(?:-\d{2})?", re.ASCII)
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

Entry = Mapping[str, object]


def as_entry(value: object, path: str, known: frozenset[str] | None = None) -> Entry:
    """An object, with no other keys than those ``known`` (where any are named) and remarks."""
    if isinstance(value, RepeatedKey):
        raise CaseError(f"{below(path, value.key)}: this key is given twice")
    if not isinstance(value, Mapping):
        raise CaseError(f"{path or 'case'}: must be an object, not {kind_of(value)}")
    if known is not None:
        for key in value:
            if key not in known and key not in REMARKS:
                raise CaseError(f"{below(path, key)}: is not a key of a case file{perhaps(key, known)}")
    return value


def entry_at(entry: Entry, key: str, path: str) -> Entry:
    """The object under a key; none where it is absent."""
    value = entry.get(key)
    return {} if value is None else as_entry(value, below(path, key))


def list_at(entry: Entry, key: str, path: str) -> list[tuple[object, str]]:
    """The items of a list, each with its own path; none where it is absent."""
    value = entry.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise CaseError(f"{below(path, key)}: must be a list, not {kind_of(value)}")
    return [(item, f"{below(path, key)}[{index}]") for index, item in enumerate(value)]


def text_at(entry: Entry, key: str, path: str) -> str:
    value = required(entry, key, path)
    if not isinstance(value, str):
        raise CaseError(f"{below(path, key)}: must be text, not {kind_of(value)}")
    if not value.strip():
        raise CaseError(f"{below(path, key)}: is empty")
    if UNPRINTABLE.search(value):
        raise CaseError(f"{below(path, key)}: {value!a} holds a control character or half a character")
    return value


def optional_text(entry: Entry, key: str, path: str) -> str | None:
    return None if entry.get(key) is None else text_at(entry, key, path)


def choice_at(entry: Entry, key: str, path: str, choices: Collection[str]) -> str:
    value = text_at(entry, key, path)
    if value not in choices:
        raise CaseError(f"{below(path, key)}: {value!r} is not one of {', '.join(choices)}")
    return value


def truth_at(entry: Entry, key: str, path: str, *, absent: bool) -> bool:
    value = entry.get(key)
    if value is None:
        return absent
    if not isinstance(value, bool):
        raise CaseError(f"{below(path, key)}: must be true or false, not {kind_of(value)}")
    return value


def date_at(entry: Entry, key: str, path: str) -> date:
    return as_date(required(entry, key, path), below(path, key))


def optional_date(entry: Entry, key: str, path: str) -> date | None:
    value = entry.get(key)
    return None if value is None else as_date(value, below(path, key))


def as_date(value: object, path: str) -> date:
    if not isinstance(value, str):
        raise CaseError(f"{path}: must be a date like 2026-03-14, not {kind_of(value)}")
    day = iso_date(value)
    if day is None:
        raise CaseError(f"{path}: {value!r} is not a date like 2026-03-14")
    _check_year(day, path)
    return day


def day_at(entry: Entry, key: str, path: str) -> Day:
    return as_known_day(required(entry, key, path), below(path, key))


def optional_day(entry: Entry, key: str, path: str) -> Day | None:
    value = entry.get(key)
    return None if value is None else as_known_day(value, below(path, key))


def as_known_day(value: object, path: str) -> Day:
    """A date, or the month or year alone where a chart knows no more: 2026-03, 2026."""
    if not isinstance(value, str) or not IN_PART.fullmatch(value):
        return as_date(value, path)
    try:
        known = PartialDate.parse(value)
    except ValueError:
        raise CaseError(f"{path}: {value!r} is not a month like 2026-03, nor a year like 2026") from None
    _check_year(first_day(known), path)
    return known


def _check_year(day: date, path: str) -> None:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise CaseError(f"{path}: the year {day.year} is not between {FIRST_YEAR} and {LAST_YEAR}")


def iso_date(text: str) -> date | None:
    """The day written as YYYY-MM-DD, or None: week dates and bare digits are not taken."""
    if not ISO_DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def as_dose(value: object, path: str) -> Decimal | None:
    """An amount in the exposure's own unit; null means given, dose unknown."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise CaseError(f"{path}: must be a number, or null for an unknown dose, not {kind_of(value)}")
    dose = value if isinstance(value, Decimal) else Decimal(str(value))
    if dose.is_finite() and dose < 0:
        raise CaseError(f"{path}: a dose cannot be negative")
    if not dose.is_finite() or dose > MOST_DOSE:
        raise CaseError(f"{path}: {dose} is not a dose")
    return dose


def optional_period(entry: Entry, key: str, path: str) -> str | None:
    """An ISO 8601 period of years, months, weeks or days, longer than nothing."""
    value = entry.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise CaseError(f"{below(path, key)}: must be a period like P6M, not {kind_of(value)}")
    if not _is_positive_period(value):
        raise CaseError(f"{below(path, key)}: {value!r} is not a period like P6M")
    return value


def _is_positive_period(text: str) -> bool:
    try:
        return 0 < parse_period(text).length <= LONGEST_PERIOD_DAYS
    except ValueError:
        return False


def required(entry: Entry, key: str, path: str) -> object:
    value = entry.get(key)
    if value is None:
        raise CaseError(f"{below(path, key)}: is missing")
    return value


def below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def perhaps(name: str, known: Collection[str]) -> str:
    """A hint at what was meant, where one known name is close."""
    # Imported here because only a mistaken file needs it, and every command pays for what it imports.
    from difflib import get_close_matches

    near = get_close_matches(name, sorted(known), n=1)
    return f". Perhaps {near[0]}?" if near else ""


def kind_of(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "text"
    if isinstance(value, int | float | Decimal):
        return "a number"
    return "a list" if isinstance(value, list) else "an object"
