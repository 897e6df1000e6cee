"""A plan is the same on every day before ``holds_until``, and evaluating twice gives the same plan."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from tests.reference.compare import differences
from tests.reference.plan import plan
from tests.reference.survivors import random_case
from tracker.engine.evaluate import evaluate
from tracker.engine.rules import Pack
from tracker.engine.types import CarePlan, Facts
from tracker.guidelines.cases import parse_case
from tracker.guidelines.loader import load_pack

FIRST_SEED, CHUNKS, CHUNK = 500_000, 6, 100
FAR_AHEAD = timedelta(days=60 * 365)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


def seeds(chunk: int) -> range:
    return range(FIRST_SEED + chunk * CHUNK, FIRST_SEED + (chunk + 1) * CHUNK)


def days_it_holds(on: date, until: date | None) -> Iterator[date]:
    """The next day, the middle, and the last two days; decades ahead where nothing ever changes."""
    last = until - timedelta(days=1) if until else on + FAR_AHEAD
    for day in (on + timedelta(days=1), on + (last - on) // 2, last - timedelta(days=1), last):
        if on < day <= last:
            yield day


def same(one: CarePlan, other: CarePlan) -> bool:
    """Items with all their reasons, and gaps."""
    return (one.items, one.gaps) == (other.items, other.gaps)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_plan_is_the_same_on_every_day_before_holds_until(chunk: int, pack: Pack) -> None:
    for seed in seeds(chunk):
        case = random_case(seed)
        read = parse_case(case, pack)
        before = evaluate(read.facts, pack, on=read.as_of)
        assert before.holds_until is None or before.holds_until > read.as_of, f"seed {seed}"
        for day in days_it_holds(read.as_of, before.holds_until):
            now = evaluate(read.facts, pack, on=day)
            assert same(before, now), f"seed {seed}: {read.as_of} and {day} differ before {before.holds_until}"
            assert now.holds_until == before.holds_until, f"seed {seed} on {day}"
            assert differences(case, now, plan(case, on=day)) == [], f"seed {seed} on {day}"


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_plan_of_the_day_on_which_it_changes_equals_the_reference_too(chunk: int, pack: Pack) -> None:
    for seed in seeds(chunk):
        case = random_case(seed)
        facts, day = parse_case(case, pack).facts, parse_case(case, pack).as_of
        for _ in range(3):
            until = evaluate(facts, pack, on=day).holds_until
            if until is None:
                break
            day = until
            found = differences(case, evaluate(facts, pack, on=day), plan(case, on=day))
            assert found == [], f"seed {seed} on {day}"


def changes_at(facts: Facts, pack: Pack, on: date) -> bool:
    before = evaluate(facts, pack, on=on)
    return before.holds_until is not None and not same(before, evaluate(facts, pack, on=before.holds_until))


def test_holds_until_is_not_merely_careful(pack: Pack) -> None:
    """Most plans hold for months, and many change on the very day named."""
    reads = [parse_case(random_case(seed), pack) for seed in seeds(0)]
    plans = [(read, evaluate(read.facts, pack, on=read.as_of)) for read in reads]
    held = [(made.holds_until or date.max) - read.as_of for read, made in plans]
    assert sum(days > timedelta(days=30) for days in held) > len(held) / 2
    assert sum(changes_at(read.facts, pack, read.as_of) for read, _ in plans) > len(held) / 4


def test_evaluating_twice_gives_equal_plans(pack: Pack) -> None:
    for seed in seeds(1):
        first, second = (parse_case(random_case(seed), pack) for _ in range(2))
        once = evaluate(first.facts, pack, on=first.as_of)
        assert once == evaluate(first.facts, pack, on=first.as_of), f"seed {seed}"
        assert once == evaluate(second.facts, pack, on=second.as_of), f"seed {seed}, read again"


def test_a_plan_does_not_depend_on_the_order_of_results(pack: Pack) -> None:
    for seed in seeds(2):
        case = random_case(seed)
        turned = case | {"results": case["results"][::-1]}
        read, again = parse_case(case, pack), parse_case(turned, pack)
        once, twice = evaluate(read.facts, pack, on=read.as_of), evaluate(again.facts, pack, on=again.as_of)
        assert [(item.test_code, item.due_on, item.overdue_after) for item in once.items] == [
            (item.test_code, item.due_on, item.overdue_after) for item in twice.items
        ], f"seed {seed}"
        assert once.gaps == twice.gaps, f"seed {seed}"
