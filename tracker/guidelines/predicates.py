"""The little languages of the tables: exposure predicates, strata, and where a row starts or ends.

Each reader takes one cell's text and raises ValueError with a sentence that says what is wrong with it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tracker.engine.conditions import (
    AGE,
    OPERATORS,
    AgeClause,
    AgeIs,
    AllOf,
    AnyOf,
    Clause,
    Condition,
    DoseIs,
    FieldIn,
    Given,
    Not,
    Stratum,
)
from tracker.engine.schedule import Period, parse_period
from tracker.engine.starts import After, AtAge, EndOfTherapy, EventDate, ExposureDate, LaterOf, LtfuEntry, Start

YES_NO_UNIT = "1"
_TOKEN = re.compile(r"\s*(>=|<=|==|!=|>|<|\(|\)|\d+(?:\.\d+)?|[A-Za-z_][A-Za-z_0-9]*)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_OFFSET = re.compile(r"(\d{1,3})([ymwd])")


@dataclass(slots=True)
class Tokens:
    """The words of a text, taken one after the other."""

    text: str
    words: list[str]
    place: int = 0

    @classmethod
    def of(cls, text: str, pattern: re.Pattern[str]) -> "Tokens":
        words, at = [], 0
        while text[at:].strip():
            match = pattern.match(text, at)
            if match is None:
                raise ValueError(f"cannot read {text[at:].strip()!r} in {text!r}")
            words.append(match[1])
            at = match.end()
        return cls(text, words)

    def peek(self) -> str:
        return self.words[self.place] if self.place < len(self.words) else ""

    def take(self) -> str:
        word = self.peek()
        self.place += 1
        return word

    def took(self, word: str) -> bool:
        """Take the next word if it is this one."""
        if self.peek() != word:
            return False
        self.place += 1
        return True

    def expect(self, word: str) -> None:
        if not self.took(word):
            raise ValueError(f"expected {word!r} before {self.peek() or 'the end'!r} in {self.text!r}")

    def finished(self) -> None:
        if self.peek():
            raise ValueError(f"did not expect {self.peek()!r} in {self.text!r}")


def read_condition(text: str, units: Mapping[str, str]) -> Condition:
    """Read an exposure predicate; ``units`` is the vocabulary: name → UCUM unit.

    Raises:
        ValueError: bad syntax, a name not in the vocabulary, or a yes/no exposure compared with a dose.
    """
    tokens = Tokens.of(text, _TOKEN)
    condition = _any_of(tokens, units)
    tokens.finished()
    return condition


def _any_of(tokens: Tokens, units: Mapping[str, str]) -> Condition:
    parts = [_all_of(tokens, units)]
    while tokens.took("or"):
        parts.append(_all_of(tokens, units))
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))


def _all_of(tokens: Tokens, units: Mapping[str, str]) -> Condition:
    parts = [_not(tokens, units)]
    while tokens.took("and"):
        parts.append(_not(tokens, units))
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _not(tokens: Tokens, units: Mapping[str, str]) -> Condition:
    if tokens.took("not"):
        return Not(_not(tokens, units))
    if tokens.took("("):
        inside = _any_of(tokens, units)
        tokens.expect(")")
        return inside
    return _leaf(tokens, units)


def _leaf(tokens: Tokens, units: Mapping[str, str]) -> Condition:
    name = tokens.take()
    if not _NAME.fullmatch(name) or name in ("and", "or", "not"):
        raise ValueError(f"expected a name, found {name or 'the end'!r} in {tokens.text!r}")
    if name not in units:
        raise ValueError(f"unknown exposure {name!r}")
    if tokens.peek() not in OPERATORS:
        return AgeIs(">", 0, OPERATORS[">"]) if name == AGE else Given(name)
    op, number = tokens.take(), tokens.take()
    if not _NUMBER.fullmatch(number):
        raise ValueError(f"expected a number after {name} {op}, found {number or 'the end'!r}")
    return _comparison(name, op, Decimal(number), units[name])


def _comparison(name: str, op: str, limit: Decimal, unit: str) -> Condition:
    if unit == YES_NO_UNIT and limit not in (0, 1):
        raise ValueError(f"{name} is yes or no (unit 1) and cannot be compared with {limit}")
    if name == AGE:
        if limit != int(limit):
            raise ValueError(f"{name} counts completed years and cannot be compared with {limit}")
        return AgeIs(op, int(limit), OPERATORS[op])
    return Given(name) if op == ">" and limit == 0 else DoseIs(name, op, limit, OPERATORS[op])


def read_stratum(text: str, fields: Mapping[str, tuple[str, ...]]) -> Stratum:
    """Read a stratum; ``fields`` are those the diagnosis or syndrome knows, with the values used.

    Raises:
        ValueError: bad syntax, a field that is not known, or a value that the field does not have.
    """
    if text == "any":
        return Stratum(text)
    return Stratum(text, tuple(_clause(part.strip(), fields) for part in text.split(" and ")))


_ORDERED = re.compile(r"(age|age_at_diagnosis)\s*(>=|<=|>|<)\s*(P\w+)")
_EQUALS = re.compile(r"(\w+)\s*(=|!=)\s*([\w-]+)")
_WITHIN = re.compile(r"(\w+)\s+(not in|in)\s*\(([^()]+)\)")


def _clause(text: str, fields: Mapping[str, tuple[str, ...]]) -> Clause:
    if ordered := _ORDERED.fullmatch(text):
        return AgeClause(ordered[1], ordered[2], parse_period(ordered[3]))
    if equals := _EQUALS.fullmatch(text):
        return _field_in(equals[1], [equals[3]], equals[2] == "!=", fields)
    if within := _WITHIN.fullmatch(text):
        values = [value.strip() for value in within[3].split(",")]
        return _field_in(within[1], values, within[2] == "not in", fields)
    raise ValueError(f"cannot read the clause {text!r}")


def _field_in(name: str, values: list[str], negated: bool, fields: Mapping[str, tuple[str, ...]]) -> Clause:
    known = {**fields, "sex": ("female", "male", "unknown")}
    if name not in known:
        raise ValueError(f"unknown stratum field {name!r}")
    for value in values:
        if value not in known[name]:
            raise ValueError(f"unknown value {value!r} of stratum field {name!r}")
    return FieldIn(name, frozenset(values), negated)


_START_TOKEN = re.compile(r"\s*(\d{1,3}[ymwd]\b|\(|\)|[A-Za-z_][A-Za-z_0-9]*)")


def read_start(text: str, dated: frozenset[str], events: frozenset[str]) -> Start:
    """Read a start or until expression; ``dated`` are the names that ``date(…)`` may hold.

    Raises:
        ValueError: bad syntax, or a name or event that is not known.
    """
    tokens = Tokens.of(text, _START_TOKEN)
    start = _start(tokens, dated, events)
    tokens.finished()
    return start


def _start(tokens: Tokens, dated: frozenset[str], events: frozenset[str]) -> Start:
    word = tokens.take()
    if offset := _OFFSET.fullmatch(word):
        tokens.expect("after")
        return After(_offset(offset), _start(tokens, dated, events))
    if word == "age":
        return _at_age(tokens)
    if word == "later":
        return _later_of(tokens, dated, events)
    if word in ("date", "event"):
        return _dated(word, tokens, dated, events)
    if word == "end_of_therapy":
        return EndOfTherapy()
    if word == "ltfu_entry":
        return LtfuEntry()
    raise ValueError(f"expected a start, found {word or 'the end'!r} in {tokens.text!r}")


def _at_age(tokens: Tokens) -> Start:
    word = tokens.take()
    if offset := _OFFSET.fullmatch(word):
        return AtAge(_offset(offset))
    raise ValueError(f"expected an age such as 25y, found {word or 'the end'!r} in {tokens.text!r}")


def _later_of(tokens: Tokens, dated: frozenset[str], events: frozenset[str]) -> Start:
    tokens.expect("of")
    first = _start(tokens, dated, events)
    tokens.expect("and")
    return LaterOf(first, _start(tokens, dated, events))


def _dated(kind: str, tokens: Tokens, dated: frozenset[str], events: frozenset[str]) -> Start:
    tokens.expect("(")
    name = tokens.take()
    tokens.expect(")")
    if kind == "date":
        if name not in dated:
            raise ValueError(f"unknown exposure in date({name})")
        return ExposureDate(name)
    if name not in events:
        raise ValueError(f"unknown event {name!r}")
    return EventDate(name)


def _offset(match: re.Match[str]) -> Period:
    return parse_period(f"P{match[1]}{match[2].upper()}")
