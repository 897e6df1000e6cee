"""Does a rule apply? Yes (True), no (False) or cannot tell (None), with the facts that decided.

Two kinds of condition: one over exposures and ages (late effects), one over the fields of a tumor
or syndrome (recurrence, predisposition). Both are small trees, built once when the pack is loaded.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from tracker.engine.schedule import Period, add_period

Truth = bool | None
# Exposures with their doses (None: given, dose unknown), as reasons tell them.
Told = tuple[tuple[str, Decimal | None], ...]
# The answer, and what was given that made it so (or left it open).
Judgement = tuple[Truth, Told]
_NOT_MET: Judgement = (False, ())

AGE = "age_y"
ZERO = Decimal(0)
OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
OPPOSITE: Mapping[str, str] = {">=": "<", "<": ">=", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}


@dataclass(slots=True)
class Doses:
    """What a survivor was given: the certain part of each dose, and the names whose full dose is unknown.

    A name in ``unknown`` was given for certain, at least its certain part, perhaps more. ``given`` holds every
    name above zero for certain. ``told``: each name with its dose (None: unknown), as reasons tell it.
    """

    certain: dict[str, Decimal] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    given: set[str] = field(default_factory=set)
    told: dict[str, tuple[str, Decimal | None]] = field(default_factory=dict)

    def record(self, name: str, certain: Decimal, *, unknown: bool = False) -> None:
        """Set a dose (for good: what is recorded or derived is not set again)."""
        self.certain[name] = certain
        self.told[name] = name, None if unknown else certain
        if unknown:
            self.unknown.add(name)
        if unknown or certain > 0:
            self.given.add(name)

    def copy(self) -> "Doses":
        """The same doses, to which more can be added."""
        return Doses(self.certain.copy(), self.unknown.copy(), self.given.copy(), self.told.copy())

    def value(self, name: str) -> Decimal | None:
        """The dose, 0 if not given, None if given and unknown."""
        return None if name in self.unknown else self.certain.get(name, ZERO)


@dataclass(frozen=True, slots=True)
class Given:
    """A bare name, or a name ``> 0``: true if above zero."""

    name: str

    def truth(self, doses: Doses, age: int) -> Truth:  # noqa: ARG002
        return self.name in doses.given

    def judge(self, doses: Doses, age: int) -> Judgement:  # noqa: ARG002
        return (True, (doses.told[self.name],)) if self.name in doses.given else _NOT_MET

    def leaves(self) -> Iterator["Leaf"]:
        yield self


@dataclass(frozen=True, slots=True)
class DoseIs:
    """A dose compared with a number in the vocabulary's unit; exact, never converted."""

    name: str
    op: str
    limit: Decimal
    compare: Callable[[Decimal, Decimal], bool] = field(repr=False)

    def truth(self, doses: Doses, age: int) -> Truth:  # noqa: ARG002
        certain = doses.certain.get(self.name, ZERO)
        if self.name in doses.unknown:
            return _decided(self.op, certain, self.limit)
        return self.compare(certain, self.limit)

    def judge(self, doses: Doses, age: int) -> Judgement:
        truth = self.truth(doses, age)
        return truth, (doses.told[self.name],) if truth is not False and self.name in doses.given else ()

    def leaves(self) -> Iterator["Leaf"]:
        yield self


@dataclass(frozen=True, slots=True)
class AgeIs:
    """Completed years of age on the day asked about, compared with a whole number."""

    op: str
    limit: int
    compare: Callable[[int, int], bool] = field(repr=False)
    name: str = AGE

    def truth(self, doses: Doses, age: int) -> Truth:  # noqa: ARG002
        return self.compare(age, self.limit)

    def judge(self, doses: Doses, age: int) -> Judgement:  # noqa: ARG002
        return self.compare(age, self.limit), ()

    def leaves(self) -> Iterator["Leaf"]:
        yield self


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; cannot tell stays cannot tell. What was *not* given is no name to tell a reader."""

    part: "Condition"

    def truth(self, doses: Doses, age: int) -> Truth:
        truth = self.part.truth(doses, age)
        return None if truth is None else not truth

    def judge(self, doses: Doses, age: int) -> Judgement:
        truth, told = self.part.judge(doses, age)
        return (None, told) if truth is None else (not truth, ())

    def leaves(self) -> Iterator["Leaf"]:
        yield from self.part.leaves()


@dataclass(frozen=True, slots=True)
class AllOf:
    """False if any part is false, else cannot tell if any part cannot."""

    parts: tuple["Condition", ...]

    def truth(self, doses: Doses, age: int) -> Truth:
        answer: Truth = True
        for part in self.parts:
            truth = part.truth(doses, age)
            if truth is False:
                return False
            if truth is None:
                answer = None
        return answer

    def judge(self, doses: Doses, age: int) -> Judgement:
        answer: Truth = True
        told: Told = ()
        for part in self.parts:
            truth, found = part.judge(doses, age)
            if truth is False:
                return _NOT_MET
            if truth is None:
                answer = None
            told += found
        return answer, told

    def leaves(self) -> Iterator["Leaf"]:
        for part in self.parts:
            yield from part.leaves()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True if any part is true, else cannot tell if any part cannot.

    ``names``: where every part is a bare name, which is never undecided, those names; else None.
    """

    parts: tuple["Condition", ...]
    names: tuple[str, ...] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        bare = [part.name for part in self.parts if isinstance(part, Given)]
        object.__setattr__(self, "names", tuple(bare) if len(bare) == len(self.parts) else None)

    def truth(self, doses: Doses, age: int) -> Truth:
        if self.names is not None:
            return not doses.given.isdisjoint(self.names)
        answer: Truth = False
        for part in self.parts:
            truth = part.truth(doses, age)
            if truth:
                return True
            if truth is None:
                answer = None
        return answer

    def judge(self, doses: Doses, age: int) -> Judgement:
        if self.names is not None:
            given = doses.given
            if given.isdisjoint(self.names):
                return _NOT_MET
            return True, tuple([doses.told[name] for name in self.names if name in given])
        met: Told = ()
        open_: Told = ()
        answer: Truth = False
        for part in self.parts:
            truth, found = part.judge(doses, age)
            if truth:
                answer, met = True, met + found
            elif truth is None:
                answer, open_ = answer or None, open_ + found
        return answer, met if answer else open_

    def leaves(self) -> Iterator["Leaf"]:
        for part in self.parts:
            yield from part.leaves()


Leaf = Given | DoseIs | AgeIs
Condition = Given | DoseIs | AgeIs | Not | AllOf | AnyOf


def _decided(op: str, certain: Decimal, limit: Decimal) -> Truth:
    """Compare a dose that is above zero and at least ``certain`` with a limit, as far as that decides."""
    if op in ("<", "<=", "!="):
        opposite = _decided(OPPOSITE[op], certain, limit)
        return None if opposite is None else not opposite
    if op == "==":
        return False if limit <= 0 or certain > limit else None
    reached = certain > limit if op == ">" else certain >= limit
    return True if reached or limit <= 0 else None


def deciding(condition: Condition, doses: Doses, age: int) -> Iterator[Leaf]:
    """The comparisons that made the condition true, false or undecidable: what to tell a reader."""
    if isinstance(condition, Not):
        yield from deciding(condition.part, doses, age)
    elif isinstance(condition, AllOf | AnyOf):
        yield from _deciding_parts(condition, doses, age)
    else:
        yield condition


def _deciding_parts(condition: AllOf | AnyOf, doses: Doses, age: int) -> Iterator[Leaf]:
    answer = condition.truth(doses, age)
    everything = isinstance(condition, AllOf) and answer is not False
    for part in condition.parts:
        if everything or (isinstance(condition, AnyOf) and answer is False) or part.truth(doses, age) is answer:
            yield from deciding(part, doses, age)


def undecided(condition: Condition, doses: Doses, age: int) -> Iterator[Leaf]:
    """The comparisons whose answer is not known."""
    return (leaf for leaf in condition.leaves() if leaf.truth(doses, age) is None)


@dataclass(frozen=True, slots=True)
class Ages:
    """The dates that comparisons with an age need; ``diagnosed_on`` may be missing."""

    birth_date: date
    on: date
    diagnosed_on: date | None = None


@dataclass(frozen=True, slots=True)
class FieldIn:
    """A field of the tumor, the syndrome or the survivor's sex, compared as written."""

    field: str
    values: frozenset[str]
    negated: bool = False

    def holds(self, fields: Mapping[str, str], ages: Ages) -> bool:  # noqa: ARG002
        return (fields.get(self.field, "unknown") in self.values) is not self.negated


@dataclass(frozen=True, slots=True)
class AgeClause:
    """``age`` (on the day asked about) or ``age_at_diagnosis`` compared with a period; false without its date."""

    field: str
    op: str
    period: Period

    def holds(self, fields: Mapping[str, str], ages: Ages) -> bool:  # noqa: ARG002
        day = ages.on if self.field == "age" else ages.diagnosed_on
        if day is None:
            return False
        reached = add_period(ages.birth_date, self.period)
        return {">=": day >= reached, ">": day > reached, "<": day < reached, "<=": day <= reached}[self.op]


Clause = FieldIn | AgeClause


@dataclass(frozen=True, slots=True)
class Stratum:
    """``any`` (no clause) or clauses that must all hold."""

    text: str
    clauses: tuple[Clause, ...] = ()

    def holds(self, fields: Mapping[str, str], ages: Ages) -> bool:
        for clause in self.clauses:  # noqa: SIM110 (a generator would cost twice as much)
            if not clause.holds(fields, ages):
                return False
        return True

    def failing(self, fields: Mapping[str, str], ages: Ages) -> tuple[Clause, ...]:
        """The clauses that do not hold."""
        return tuple(clause for clause in self.clauses if not clause.holds(fields, ages))
