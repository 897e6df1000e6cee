"""A late-effects condition by age: what is left to ask of the doses in each stretch, worked out once per row."""

from dataclasses import dataclass

from tracker.engine.conditions import AgeIs, AllOf, AnyOf, Condition, Not


@dataclass(frozen=True, slots=True)
class Phase:
    """Ages from ``age`` (in) to ``next_age`` (out; None: for life) in which the answer does not change with age."""

    age: int
    next_age: int | None
    condition: Condition


def phases_of(condition: Condition, ages: tuple[int, ...]) -> tuple[Phase, ...]:
    """The stretches beginning at these ages, in order, leaving out those in which no dose can satisfy the condition."""
    found = []
    for age, next_age in zip(ages, (*ages[1:], None), strict=True):
        left = left_at(condition, age)
        if left is True:
            left = AllOf(())
        if left is not False:
            found.append(Phase(age, next_age, left))
    return tuple(found)


def left_at(condition: Condition, age: int) -> Condition | bool:
    """The condition once its comparisons with age are answered; True or False if that decides it.

    Judged with any doses at this age it gives the same answer, for the same exposures, as the whole condition.
    """
    if isinstance(condition, AgeIs):
        return condition.compare(age, condition.limit)
    if isinstance(condition, Not):
        part = left_at(condition.part, age)
        return (not part) if isinstance(part, bool) else Not(part)
    if isinstance(condition, AllOf):
        return _all_left([left_at(part, age) for part in condition.parts])
    if isinstance(condition, AnyOf):
        return _any_left(condition, [left_at(part, age) for part in condition.parts])
    return condition


def _all_left(parts: list[Condition | bool]) -> Condition | bool:
    if any(part is False for part in parts):
        return False
    open_ = tuple(part for part in parts if not isinstance(part, bool))
    return _joined(AllOf, open_) if open_ else True


def _any_left(whole: AnyOf, parts: list[Condition | bool]) -> Condition | bool:
    open_ = tuple(part for part in parts if not isinstance(part, bool))
    if True in parts:
        # Decided, but whatever else was given is still told as a reason.
        return whole if open_ else True
    return _joined(AnyOf, open_) if open_ else False


def _joined(join: type[AllOf | AnyOf], parts: tuple[Condition, ...]) -> Condition:
    return parts[0] if len(parts) == 1 else join(parts)
