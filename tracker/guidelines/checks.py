"""Can a row ever apply? Contradictions that the loader refuses, and what the engine may know beforehand."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from tracker.engine.conditions import (
    AGE,
    OPPOSITE,
    AgeClause,
    AgeIs,
    AllOf,
    AnyOf,
    Condition,
    DoseIs,
    FieldIn,
    Given,
    Leaf,
    Not,
    Stratum,
)
from tracker.engine.schedule import Period
from tracker.engine.starts import After, AtAge, Start

ALWAYS_GIVEN = "any_cancer"
COMPUTED = (ALWAYS_GIVEN, AGE, "ltfu_entry_age_y")
_ZERO, _ONE = Decimal(0), Decimal(1)
Bound = tuple[str, str, Decimal]


@dataclass(slots=True)
class Range:
    """The values a name may still have: ``low`` to ``high``, the ends in or out, some values barred."""

    low: Decimal = _ZERO
    low_in: bool = True
    high: Decimal = Decimal("Infinity")
    high_in: bool = False
    barred: set[Decimal] = field(default_factory=set)

    def narrow(self, op: str, limit: Decimal) -> None:
        """Keep only values for which ``value op limit`` holds."""
        if op in (">", ">=", "==") and (limit, op == ">") > (self.low, not self.low_in):
            self.low, self.low_in = limit, op != ">"
        if op in ("<", "<=", "==") and (limit, op != "<") < (self.high, self.high_in):
            self.high, self.high_in = limit, op != "<"
        if op == "!=":
            self.barred.add(limit)

    def is_empty(self) -> bool:
        if self.low == self.high:
            return not (self.low_in and self.high_in) or self.low in self.barred
        return self.low > self.high


def never_true(condition: Condition) -> bool:
    """Whether no doses and no age satisfy the condition."""
    return not any(True for _ in _possible(condition))


def age_span(condition: Condition) -> tuple[int, int | None]:
    """The lowest age the condition can allow, and the lowest above all it can (None: no upper end)."""
    spans = [_ages_of(ranges.get(AGE, Range())) for ranges in _possible(condition)]
    ends = [end for _, end in spans]
    return min(first for first, _ in spans), None if None in ends else max(end for end in ends if end is not None)


def _ages_of(ages: Range) -> tuple[int, int | None]:
    return int(ages.low), None if ages.high.is_infinite() else int(ages.high) + 1


def _possible(condition: Condition) -> Iterator[dict[str, Range]]:
    """The ranges of every way to satisfy the condition that does not contradict itself."""
    for branch in _branches(condition, wanted=True):
        ranges = {ALWAYS_GIVEN: Range(_ONE, True, _ONE, True)}
        for name, op, limit in branch:
            ranges.setdefault(name, Range()).narrow(op, limit)
        if not any(each.is_empty() for each in ranges.values()):
            yield ranges


def _branches(condition: Condition, *, wanted: bool) -> list[tuple[Bound, ...]]:
    """The condition (or its opposite) as alternatives, each a list of comparisons that hold together."""
    if isinstance(condition, Not):
        return _branches(condition.part, wanted=not wanted)
    if isinstance(condition, AllOf | AnyOf):
        parts = [_branches(part, wanted=wanted) for part in condition.parts]
        if isinstance(condition, AnyOf) is wanted:
            return [branch for part in parts for branch in part]
        together: list[tuple[Bound, ...]] = [()]
        for part in parts:
            together = [left + right for left in together for right in part]
        return together
    return [(_bound(condition, wanted),)]


def _bound(leaf: Leaf, wanted: bool) -> Bound:
    op = ">" if isinstance(leaf, Given) else leaf.op
    op = op if wanted else OPPOSITE[op]
    if isinstance(leaf, AgeIs):
        return _whole_years(op, leaf.limit)
    return leaf.name, op, _ZERO if isinstance(leaf, Given) else leaf.limit


def _whole_years(op: str, limit: int) -> Bound:
    """Ages are whole numbers: above 18 is at least 19, below 18 at most 17."""
    if op == ">":
        return AGE, ">=", Decimal(limit + 1)
    return (AGE, "<=", Decimal(limit - 1)) if op == "<" else (AGE, op, Decimal(limit))


def age_steps(condition: Condition) -> tuple[int, ...]:
    """The ages, from 0 on, at which the condition may change its answer."""
    steps = {0}
    for leaf in condition.leaves():
        if isinstance(leaf, AgeIs):
            if leaf.op in (">=", "<", "==", "!="):
                steps.add(leaf.limit)
            if leaf.op in (">", "<=", "==", "!="):
                steps.add(leaf.limit + 1)
    return tuple(sorted(steps))


def triggers(condition: Condition) -> frozenset[str] | None:
    """Names of which one must have been given for the condition to hold or stay open; None if it needs none."""
    if isinstance(condition, Given | DoseIs):
        return frozenset({condition.name}) if _needs_dose(condition) else None
    if isinstance(condition, AllOf):
        found = [names for part in condition.parts if (names := triggers(part)) is not None]
        return min(found, key=len, default=None)
    if isinstance(condition, AnyOf):
        parts = [triggers(part) for part in condition.parts]
        return None if None in parts else frozenset().union(*(names for names in parts if names is not None))
    return None


def _needs_dose(leaf: Given | DoseIs) -> bool:
    if leaf.name in COMPUTED:
        return False
    return isinstance(leaf, Given) or leaf.op == ">" or (leaf.op in (">=", "==") and leaf.limit > 0)


def why_never(condition: Condition, start: Start, until: Start | None) -> str | None:
    """Why a late-effects row can never ask for anything, where that can be told beforehand."""
    if never_true(condition):
        return "the exposure contradicts itself, so the row can never apply"
    first, end = age_span(condition)
    for part in start.parts():
        if end is not None and isinstance(part, AtAge) and part.period.months >= 12 * end:
            return f"the row starts when the ages it allows are over (below {end}), so it can never apply"
        if until is not None and _not_before(part, until):
            return "until is not after start, so the row can never apply"
    if isinstance(until, AtAge) and until.period.length <= Period(12 * first, 0, "").length:
        return f"until is not after the first age allowed ({first}), so the row can never apply"
    return None


def _not_before(start: Start, until: Start) -> bool:
    if isinstance(start, AtAge) and isinstance(until, AtAge):
        return start.period.length >= until.period.length
    if isinstance(start, After) and isinstance(until, After):
        return start.origin == until.origin and start.period.length >= until.period.length
    if isinstance(start, After):
        return start.origin == until
    return start == until


def stratum_contradicts(stratum: Stratum, sex: str = "any") -> bool:
    """Whether no survivor (of the row's sex) can be in the stratum."""
    allowed: dict[str, frozenset[str]] = {} if sex == "any" else {"sex": frozenset({sex, "unknown"})}
    barred: dict[str, frozenset[str]] = {}
    for clause in stratum.clauses:
        if isinstance(clause, FieldIn):
            _narrow(clause, allowed, barred)
    return any(not values - barred.get(name, frozenset()) for name, values in allowed.items()) or any(
        _ages_contradict(stratum, name) for name in ("age", "age_at_diagnosis")
    )


def _narrow(clause: FieldIn, allowed: dict[str, frozenset[str]], barred: dict[str, frozenset[str]]) -> None:
    if clause.negated:
        barred[clause.field] = barred.get(clause.field, frozenset()) | clause.values
    else:
        allowed[clause.field] = allowed.get(clause.field, clause.values) & clause.values


def _ages_contradict(stratum: Stratum, name: str) -> bool:
    days = Range()
    for clause in stratum.clauses:
        if isinstance(clause, AgeClause) and clause.field == name:
            days.narrow(clause.op, Decimal(str(clause.period.length)))
    return days.is_empty()
