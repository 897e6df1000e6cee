"""The sums a proof is made of: a date, what is added to it, and the day that gives.

Source: docs/adr/0012-a-date-proves-itself.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tracker.engine.origins import BIRTH, END, ENTRY, TBI
from tracker.engine.schedule import Period, add_months, add_period, parse_period
from tracker.engine.types import Reason, RuleKind

RESULT = "result"
FROM_END_TO_ENTRY = "P2Y"


@dataclass(frozen=True, slots=True)
class Plus:
    """One period added. ``clamped``: the month it leads to is too short, so that its last day counts."""

    period: str
    gives: date
    clamped: bool


@dataclass(frozen=True, slots=True)
class Sum:
    """A date by name, and the periods added to it. ``asked``: the date it stands in for, which is not recorded."""

    basis: str
    on: date
    plus: tuple[Plus, ...] = ()
    asked: str = ""

    @property
    def gives(self) -> date:
        return self.plus[-1].gives if self.plus else self.on


def added(basis: str, on: date, periods: Sequence[str], asked: str = "") -> Sum:
    """The sum of a date and periods, one after the other; nothing is added for a period of no length."""
    steps: list[Plus] = []
    day = on
    for text in periods:
        period = parse_period(text)
        if period.months or period.days:
            gives = add_period(day, period)
            steps.append(Plus(text, gives, _clamped(day, period)))
            day = gives
    return Sum(basis, on, tuple(steps), asked)


def _clamped(day: date, period: Period) -> bool:
    moved = add_months(day, period.months)
    return moved.day < day.day and moved not in (date.min, date.max)


def base_sum(reason: Reason, start_on: date, interval: str) -> Sum:
    """The last result that counts and the interval; without one, a schedule's anchor and the interval."""
    if reason.last_result_on is not None:
        return added(RESULT, reason.last_result_on, [interval])
    return added(reason.start_basis, start_on, [interval])


def phase_sum(reason: Reason, start_on: date, phase_from: str) -> Sum:
    """The first day of the phase that gives the date: no check of this phase is due before it."""
    if reason.kind is RuleKind.RECURRENCE:
        return added(reason.start_basis, start_on, [phase_from])
    return added(BIRTH, dict(reason.origins)[BIRTH], [phase_from])


def decision_sum(reason: Reason) -> Sum | None:
    """What a decision counts: the last result and its own interval; None where it names the date itself."""
    if reason.override_action == "defer" or reason.last_result_on is None or reason.interval is None:
        return None
    return added(RESULT, reason.last_result_on, [reason.interval])


def start_sums(reason: Reason, start_on: date) -> list[Sum]:
    """The sums of which the latest is the start; the start alone where the dates behind it were not stored.

    Raises:
        ValueError: the start is written in a way that this version does not know.
    """
    origins = dict(reason.origins)
    parts = _parts(reason.start_basis.split())
    known = [_resolved(name, periods, origins) for name, periods in parts]
    if None in known:
        return [Sum(reason.start_basis, start_on)]
    return [each for each in known if each is not None]


def _parts(words: list[str]) -> list[tuple[str, list[str]]]:
    """The dates that a start is counted from, each with what is added: the later of them is the start."""
    parts, rest = _read(words)
    if rest:
        raise ValueError(f"unknown start: {' '.join(words)}")
    return parts


def _read(words: list[str]) -> tuple[list[tuple[str, list[str]]], list[str]]:
    if not words:
        raise ValueError("a start is missing")
    first, rest = words[0], words[1:]
    if first == "later" and rest[:1] == ["of"]:
        one, rest = _read(rest[1:])
        if rest[:1] != ["and"]:
            raise ValueError("a later of two starts names one only")
        other, rest = _read(rest[1:])
        return one + other, rest
    if first == "age" and rest:
        return [(BIRTH, [_period(rest[0])])], rest[1:]
    if rest[:1] == ["after"]:
        parts, rest = _read(rest[1:])
        return [(name, [*periods, _period(first)]) for name, periods in parts], rest
    return [(first, [])], rest


def _period(word: str) -> str:
    return f"P{word.upper()}"


def _resolved(name: str, periods: list[str], origins: Mapping[str, date]) -> Sum | None:
    if name in origins:
        return added(name, origins[name], periods)
    if name == ENTRY and END in origins:
        return added(END, origins[END], [FROM_END_TO_ENTRY, *periods], asked=ENTRY)
    if name.startswith("date("):
        instead = TBI if name.endswith("_rt)") and TBI in origins else END
        if instead in origins:
            return added(instead, origins[instead], periods, asked=name)
    return None
