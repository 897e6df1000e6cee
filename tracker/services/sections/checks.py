"""What an entry of a section must satisfy; every problem is found at once, each with its field.

What could be true is never refused: what is improbable is a question, which "this is right" answers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from tracker.engine.catalogue import Catalogue
from tracker.engine.partial_dates import PartialDate
from tracker.engine.rules import Pack
from tracker.services.sections.entries import EntryInput, Values, as_partial_date, is_blank
from tracker.services.sections.spec import Field, Kind, Section
from tracker.services.treatment_checks import Problem

DECIMALS = 4
BELOW = Decimal(10) ** 10
LARGEST_WHOLE = 1_000_000
YES_NO_CODES = ("yes", "no", "unknown")
IF_RIGHT = "If it is right, tick “Yes, this is right”"


@dataclass(frozen=True)
class Surroundings:
    """What an entry is checked against: the pack and its catalogue, the survivor's life so far, the tumors known."""

    pack: Pack
    catalogue: Catalogue
    birth_date: date
    today: date
    diagnosis_ids: frozenset[UUID] = frozenset()


def check_entry(section: Section, entered: EntryInput, surroundings: Surroundings, *, at: str = "") -> list[Problem]:
    """Every problem of an entry. ``at`` prefixes the names of fields ("drugs-2" makes "drugs-2-dose").

    Of a new entry every required field must be there; of an entry that is changed, only those that were entered are
    looked at (give the standing ones with them to have dates and doses compared: ``check_change`` does).
    """
    found = [*_generic(section, entered, surroundings), *_own(section, entered.values, surroundings)]
    left = (each for each in found if not (each.question and entered.confirmed))
    return [replace(each, field=f"{at}-{each.field}") for each in left] if at else list(left)


def check_change(
    section: Section, entered: EntryInput, standing: Values, surroundings: Surroundings, *, at: str = ""
) -> list[Problem]:
    """Every problem that a change to an entry brings. What stands already, as it stands, may stay: it was confirmed
    when it was entered, or came with a file."""
    whole = {**standing, **entered.values}
    known = {
        (each.field, each.message)
        for each in check_entry(section, EntryInput(standing, id=entered.id), surroundings, at=at)
        if _same_at(each.field.removeprefix(f"{at}-"), standing, whole)
    }
    problems = check_entry(section, replace(entered, values=whole), surroundings, at=at)
    return [each for each in problems if (each.field, each.message) not in known]


def _same_at(name: str, standing: Values, whole: Values) -> bool:
    return bool(standing.get(name) == whole.get(name))


def _own(section: Section, values: Values, surroundings: Surroundings) -> Iterator[Problem]:
    if section.check is not None:
        yield from section.check(values, surroundings)


def _generic(section: Section, entered: EntryInput, surroundings: Surroundings) -> Iterator[Problem]:
    names = {field.name for field in section.fields}
    for name in entered.values:
        if name not in names:
            yield Problem(name, f"There is no field named {name}")
    for field in section.fields:
        if field.name in entered.values or (field.required and entered.id is None):
            yield from _field(field, entered.values.get(field.name), surroundings)
    yield from _order(section, entered.values)


def _field(field: Field, value: object, surroundings: Surroundings) -> Iterator[Problem]:
    if is_blank(value):
        if field.required:
            yield Problem(field.name, _enter(field))
        return
    check = CHECKS[field.kind]
    yield from check(field, value, surroundings)


def _enter(field: Field) -> str:
    verb = "Choose" if field.kind in (Kind.CHOICE, Kind.CODES, Kind.LOOKUP) else "Enter"
    return f"{verb} “{field.label}”: an entry cannot be kept without it"


def _text(field: Field, value: object, _surroundings: Surroundings) -> Iterator[Problem]:
    text = str(value)
    if len(text) > field.longest:
        yield Problem(field.name, f"“{field.label}” may have at most {field.longest} characters. Yours has {len(text)}")
    if not can_be_stored(text):
        yield Problem(field.name, f"“{field.label}” holds a character that cannot be stored. Type it again by hand")


def can_be_stored(text: str) -> bool:
    """Neither database keeps a NUL, nor half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def _choice(field: Field, value: object, _surroundings: Surroundings) -> Iterator[Problem]:
    if value not in dict(field.choices):
        yield Problem(field.name, f"Choose “{field.label}” from the list")


def _yes_no(field: Field, value: object, _surroundings: Surroundings) -> Iterator[Problem]:
    if value not in YES_NO_CODES:
        yield Problem(field.name, f"Choose yes, no or unknown for “{field.label}”")


def lookup_list(catalogue: Catalogue, lookup: str) -> Mapping[str, Any]:
    """The catalogue's list by its name: agents, fields, operations, regimens, or a list of terms."""
    if lookup in ("agents", "fields", "operations", "regimens"):
        found: Mapping[str, Any] = getattr(catalogue, lookup)
        return found
    return catalogue.terms.get(lookup, {})


def _lookup(field: Field, value: object, surroundings: Surroundings) -> Iterator[Problem]:
    text = str(value)
    if text in lookup_list(surroundings.catalogue, field.lookup):
        return
    if field.open:
        yield from _text(field, value, surroundings)
    else:
        yield Problem(field.name, _not_listed(field, text))


def _not_listed(field: Field, typed: str) -> str:
    return f"“{typed[:80]}” is not in the pack. {field.otherwise or f'Choose “{field.label}” from the list'}"


def _codes(field: Field, value: object, surroundings: Surroundings) -> Iterator[Problem]:
    known = lookup_list(surroundings.catalogue, field.lookup)
    for each in value if isinstance(value, Sequence) and not isinstance(value, str) else [value]:
        if not isinstance(each, str) or each not in known:
            yield Problem(field.name, _not_listed(field, str(each)))


def _number(field: Field, value: object, _surroundings: Surroundings) -> Iterator[Problem]:
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        yield Problem(field.name, f"Enter “{field.label}” as a number, like 12.5")
        return
    number = Decimal(value)
    if not number.is_finite():
        yield Problem(field.name, f"Enter “{field.label}” as a number, like 12.5")
    elif field.kind == Kind.INTEGER and number != number.to_integral_value():
        yield Problem(field.name, f"“{field.label}” is counted in whole numbers, like 6")
    else:
        yield from _bounds(field, number)


def _bounds(field: Field, number: Decimal) -> Iterator[Problem]:
    unit = f" {field.unit}" if field.unit else ""
    if field.least is not None and number < field.least:
        yield Problem(field.name, f"“{field.label}” cannot be less than {field.least:f}{unit}. Check the number")
    elif field.most is not None and number > field.most:
        yield Problem(field.name, f"“{field.label}” cannot be more than {field.most:f}{unit}. Check the number")
    elif abs(number) >= (LARGEST_WHOLE if field.kind == Kind.INTEGER else BELOW):
        yield Problem(field.name, f"“{field.label}” is too large to be stored. Check the number")
    elif number != round(number, DECIMALS):
        yield Problem(field.name, f"Round “{field.label}” to {DECIMALS} decimal places")
    elif field.asked_above is not None and number > field.asked_above:
        message = f"{number:f}{unit} is more than is usual for “{field.label}”. Check it. {IF_RIGHT}"
        yield Problem(field.name, message, question=True)


def _day(field: Field, value: object, surroundings: Surroundings) -> Iterator[Problem]:
    day = as_partial_date(value)
    if day is None:
        yield Problem(field.name, f"Enter “{field.label}” as a date; the year alone is enough")
    elif day.earliest() > surroundings.today and not field.future:
        yield Problem(field.name, f"“{field.label}” is in the future. Check the year")
    elif day.latest() < surroundings.birth_date:
        yield Problem(field.name, f"“{field.label}” is before the date of birth. Check the year")


def _diagnosis(field: Field, value: object, surroundings: Surroundings) -> Iterator[Problem]:
    if value not in surroundings.diagnosis_ids:
        yield Problem(field.name, f"Choose “{field.label}” among the diagnoses of this survivor")


def _organs(field: Field, value: object, surroundings: Surroundings) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield Problem(field.name, f"Choose “{field.label}” from the list")
        return
    known = organ_exposures(surroundings.catalogue)
    for name, dose_gy in value.items():
        info = surroundings.pack.exposures.get(name)
        label = name if info is None else info.label
        if info is None or (known and name not in known):
            yield Problem(field.name, f"“{name}” is no organ of the pack. Choose it from the list")
        elif dose_gy is not None and not _is_dose(dose_gy):
            yield Problem(field.name, f"Enter the mean dose of {label} in Gy, 0 or more, or leave it empty")


def organ_exposures(catalogue: Catalogue) -> frozenset[str]:
    """Every organ that lies in some field of the catalogue."""
    return frozenset(name for each in catalogue.fields.values() for name in each.organ_exposures)


def _is_dose(dose_gy: object) -> bool:
    if isinstance(dose_gy, bool) or not isinstance(dose_gy, Decimal | int):
        return False
    dose = Decimal(dose_gy)
    return dose.is_finite() and 0 <= dose < BELOW and dose == round(dose, DECIMALS)


CHECKS: dict[Kind, Any] = {
    Kind.TEXT: _text,
    Kind.LONG_TEXT: _text,
    Kind.CHOICE: _choice,
    Kind.CODES: _codes,
    Kind.YES_NO: _yes_no,
    Kind.DATE: _day,
    Kind.PARTIAL_DATE: _day,
    Kind.DECIMAL: _number,
    Kind.INTEGER: _number,
    Kind.LOOKUP: _lookup,
    Kind.DIAGNOSIS: _diagnosis,
    Kind.ORGANS: _organs,
}


def _order(section: Section, values: Values) -> Iterator[Problem]:
    if section.on and section.until:
        yield from check_order(section, values, section.on, section.until)


def check_order(section: Section, values: Values, first: str, then: str) -> Iterator[Problem]:
    """A problem if one date is certainly after another that should follow it."""
    begins, ends = as_partial_date(values.get(first)), as_partial_date(values.get(then))
    if certainly_before(ends, begins):
        words = f"“{section.field(then).label}” is before “{section.field(first).label}”"
        yield Problem(then, f"{words}. Check both years")


def certainly_before(one: PartialDate | None, other: PartialDate | None) -> bool:
    """Is the last day it can have been before the first day the other can have been?"""
    return one is not None and other is not None and one.latest() < other.earliest()
