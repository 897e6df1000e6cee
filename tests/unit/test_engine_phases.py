"""What is left of a condition at an age gives the same answer, for the same exposures, as the whole condition."""

from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from tracker.engine.conditions import AgeIs, AllOf, AnyOf, Condition, DoseIs, Doses, Given, Not
from tracker.engine.phases import Phase, left_at, phases_of
from tracker.engine.rules import LateEffectRule
from tracker.guidelines.checks import age_steps
from tracker.guidelines.loader import load_pack
from tracker.guidelines.predicates import read_condition

UNITS = {"a": "1", "b": "1", "dose_gy": "Gy", "age_y": "a"}
AGES = (0, 5, 6, 8, 12, 17, 18, 19, 24, 25, 39, 40, 80)


def read(text: str) -> Condition:
    return read_condition(text, UNITS)


@pytest.mark.parametrize(
    ("text", "age", "left"),
    [
        ("a", 10, "a"),
        ("a and age_y < 18", 17, "a"),
        ("a and age_y < 18", 18, False),
        ("age_y >= 18", 18, True),
        ("not age_y >= 18", 18, False),
        ("a or age_y >= 18", 17, "a"),
        ("a or b or age_y >= 18", 17, "a or b"),
        ("a and (b or age_y >= 18)", 17, "a and b"),
        ("age_y >= 6 and age_y < 12", 6, True),
        ("age_y >= 6 and a and b and age_y < 12", 11, "a and b"),
        ("not (a and age_y >= 18)", 18, "not a"),
        ("not (a and age_y >= 18)", 17, True),
    ],
)
def test_comparisons_with_age_are_answered(text: str, age: int, left: str | bool) -> None:
    assert left_at(read(text), age) == (read(left) if isinstance(left, str) else left)


def test_what_else_was_given_is_told_though_the_age_decides() -> None:
    whole = read("a or age_y >= 18")
    left = left_at(whole, 18)
    assert left == whole
    assert isinstance(left, AnyOf)
    doses = Doses()
    doses.record("a", Decimal(1))
    assert left.judge(doses, 18) == (True, (("a", Decimal(1)),))
    assert left.judge(Doses(), 18) == (True, ())


def test_a_phase_begins_where_the_answer_may_change_and_is_left_out_where_nothing_can_satisfy_it() -> None:
    condition = read("a and (b or age_y >= 18) and age_y < 40")
    assert phases_of(condition, (0, 18, 40)) == (
        Phase(0, 18, read("a and b")),
        Phase(18, 40, read("a and (b or age_y >= 18)")),
    )
    assert phases_of(read("age_y < 18"), (0, 18)) == (Phase(0, 18, AllOf(())),)
    assert phases_of(read("a"), (0,)) == (Phase(0, None, read("a")),)


def some_dose(random: Random) -> Decimal | None:
    return random.choice((None, Decimal(0), Decimal(1), Decimal(10), Decimal(15), Decimal(30), Decimal(250)))


def some_doses(random: Random, names: list[str]) -> Doses:
    doses = Doses()
    for name in names:
        if random.random() < 0.6:
            dose = some_dose(random)
            certain = random.choice((Decimal(0), Decimal(20))) if dose is None else dose
            doses.record(name, certain, unknown=dose is None)
    return doses


def names_in(condition: Condition) -> list[str]:
    return sorted({leaf.name for leaf in condition.leaves() if not isinstance(leaf, AgeIs)})


def phase_at(rule: LateEffectRule, age: int) -> Phase | None:
    return next((p for p in rule.phases if p.age <= age and (p.next_age is None or age < p.next_age)), None)


@pytest.mark.parametrize("rule", load_pack().late_effects, ids=lambda rule: rule.id)
def test_every_row_of_the_pack_is_judged_alike_in_phases_and_as_a_whole(rule: LateEffectRule) -> None:
    random = Random(rule.id)
    for _ in range(60):
        doses = some_doses(random, names_in(rule.condition))
        for age in AGES:
            phase, whole = phase_at(rule, age), rule.condition.judge(doses, age)
            if phase is None:
                assert whole == (False, ())
            else:
                assert phase.condition.judge(doses, phase.age) == whole


def invented(random: Random, depth: int = 3) -> Condition:
    kind = random.choice(("given", "dose", "age", "not", "all", "any") if depth else ("given", "dose", "age"))
    if kind in ("all", "any"):
        parts = tuple(invented(random, depth - 1) for _ in range(random.randint(2, 3)))
        return AllOf(parts) if kind == "all" else AnyOf(parts)
    if kind == "not":
        return Not(invented(random, depth - 1))
    text = {"given": "a b", "dose": "dose_gy>=15 dose_gy<30 dose_gy==10", "age": "age_y<18 age_y>=6 age_y>39"}[kind]
    return read(random.choice(text.split()))


def conditions(count: int) -> Iterator[tuple[Condition, Random]]:
    random = Random(2026)
    for _ in range(count):
        yield invented(random), random


def told(condition: Condition | bool, doses: Doses, age: int) -> Any:
    return (condition, ()) if isinstance(condition, bool) else condition.judge(doses, age)


def test_any_condition_is_judged_alike_once_its_ages_are_answered() -> None:
    for condition, random in conditions(1500):
        doses, age = some_doses(random, ["a", "b", "dose_gy"]), random.choice(AGES)
        assert told(left_at(condition, age), doses, age) == condition.judge(doses, age), condition


def test_phases_cover_every_age_at_which_a_condition_can_hold() -> None:
    for condition, random in conditions(500):
        doses, phases = some_doses(random, ["a", "b", "dose_gy"]), phases_of(condition, age_steps(condition))
        for age in AGES:
            found = [p for p in phases if p.age <= age and (p.next_age is None or age < p.next_age)]
            answers = [phase.condition.truth(doses, phase.age) for phase in found] or [False]
            assert answers == [condition.truth(doses, age)], condition


def test_bare_names_are_judged_by_what_was_given() -> None:
    assert AnyOf((Given("a"), Given("b"))).names == ("a", "b")
    assert AnyOf((Given("a"), read("dose_gy >= 15"))).names is None
    assert isinstance(read("dose_gy >= 15"), DoseIs)
    doses = Doses()
    doses.record("b", Decimal(0), unknown=True)
    assert AnyOf((Given("a"), Given("b"))).judge(doses, 0) == (True, (("b", None),))
    assert AnyOf((Given("a"), Given("b"))).truth(doses, 0) is True
    assert AnyOf((Given("a"),)).judge(doses, 0) == (False, ())
