"""Partly known dates: the engine equals the literal both-ends rule, and keeps what that rule promises."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest

from tests.reference.blur import blurred_case, read_partly_known, some_day_within, with_known_parts
from tests.reference.compare import differences, shown
from tests.reference.ends import Json, partly_written, plan_for_both_ends, settled
from tests.reference.plan import plan
from tests.reference.survivors import random_case
from tracker.engine.evaluate import evaluate
from tracker.engine.not_applicable import not_applicable
from tracker.engine.rules import Pack
from tracker.engine.types import CarePlan, Diagnosis, Facts, RuleKind
from tracker.guidelines.cases import Case, parse_case
from tracker.guidelines.loader import load_pack

FIRST_SEED, CHUNKS, CHUNK = 700_000, 6, 60


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


def seeds(chunk: int) -> range:
    return range(FIRST_SEED + chunk * CHUNK, FIRST_SEED + (chunk + 1) * CHUNK)


def planned(read: Case, pack: Pack, on: date | None = None) -> CarePlan:
    return evaluate(read.facts, pack, on=on or read.as_of)


def report(seed: int, case: Json, engine: CarePlan, answer: Json) -> str:
    found = differences(case, engine, answer)
    if not found:
        return ""
    told = ("case", case), ("engine", shown(engine)), ("reference", answer)
    return "\n".join([f"seed {seed}:", *found, *(f"{title}: {json.dumps(part)}" for title, part in told)])


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_engine_equals_the_literal_rule_for_both_ends(chunk: int, pack: Pack) -> None:
    for seed in seeds(chunk):
        case = blurred_case(seed)
        told = report(seed, case, planned(read_partly_known(case, pack), pack), plan_for_both_ends(case))
        assert not told, told


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_engine_equals_the_reference_on_doses_of_which_a_part_is_known(chunk: int, pack: Pack) -> None:
    seen = 0
    for seed in seeds(chunk):
        case = with_known_parts(random_case(seed), Random(seed))
        seen += bool(case["at_least"])
        told = report(seed, case, planned(read_partly_known(case, pack), pack), plan(case))
        assert not told, told
    assert seen > CHUNK // 10


# What is promised: as early as with the first days, and as early as with the last days


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_all_that_either_end_asks_for_is_asked_for_and_no_later(chunk: int, pack: Pack) -> None:
    for seed in seeds(chunk):
        case = blurred_case(seed)
        due = {item.test_code: item.due_on for item in planned(read_partly_known(case, pack), pack).items}
        ends = [parse_case(settled(case, on_last), pack) for on_last in ([], partly_written(case))]
        asked = [item for end in ends for item in planned(end, pack).items]
        for item in asked:
            assert due[item.test_code] <= item.due_on, f"seed {seed}: {item.test_code}"
        assert due.keys() == {item.test_code for item in asked}, f"seed {seed}"


def test_on_a_day_between_the_ends_a_test_is_seldom_planned_too_late_and_never_by_more_than_a_year(pack: Pack) -> None:
    """What the ends do not promise, measured: a result inside the year can count from one end and not from between."""
    asked = late = missing = 0
    for seed in (seed for chunk in range(CHUNKS) for seed in seeds(chunk)):
        case = blurred_case(seed)
        due = {item.test_code: item.due_on for item in planned(read_partly_known(case, pack), pack).items}
        for item in planned(parse_case(some_day_within(case, Random(seed)), pack), pack).items:
            merged = due.get(item.test_code, date.max)
            asked, late, missing = asked + 1, late + (merged > item.due_on), missing + (merged == date.max)
            assert merged == date.max or merged - item.due_on <= timedelta(days=366), f"seed {seed}: {item.test_code}"
    assert asked > 5_000
    assert late < asked / 500
    assert missing < asked / 5_000


def days_it_holds(on: date, until: date | None) -> Iterator[date]:
    last = until - timedelta(days=1) if until else on + timedelta(days=60 * 365)
    for day in (on + timedelta(days=1), on + (last - on) // 2, last - timedelta(days=1), last):
        if on < day <= last:
            yield day


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_plan_is_the_same_on_every_day_before_holds_until(chunk: int, pack: Pack) -> None:
    for seed in seeds(chunk):
        read = read_partly_known(blurred_case(seed), pack)
        before = planned(read, pack)
        assert before.holds_until is None or before.holds_until > read.as_of
        for day in days_it_holds(read.as_of, before.holds_until):
            assert planned(read, pack, day) == before, f"seed {seed} on {day}, said to hold until {before.holds_until}"


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_rule_is_either_a_reason_or_explained(chunk: int, pack: Pack) -> None:
    for seed in seeds(chunk)[: CHUNK // 3]:
        read = read_partly_known(blurred_case(seed), pack)
        reasons = [reason for item in planned(read, pack).items for reason in item.reasons]
        asking = {reason.rule_id for reason in reasons if reason.kind is not RuleKind.OVERRIDE}
        silent = [entry.rule_id for entry in not_applicable(read.facts, pack, on=read.as_of)]
        assert not asking & set(silent), f"seed {seed}"
        assert silent == [rule_id for rule_id in pack.rules if rule_id not in asking], f"seed {seed}"


# Whole dates


def with_the_day(facts: Facts) -> Facts:
    """Each date said to be known to the day."""

    def exactly(diagnosis: Diagnosis) -> Diagnosis:
        return replace(diagnosis, precision=dict.fromkeys(("diagnosed_on", "resected_on", "end_of_therapy_on"), "day"))

    return replace(
        facts,
        diagnoses=tuple(exactly(each) for each in facts.diagnoses),
        exposure_precision=dict.fromkeys(facts.exposure_dates, "day"),
        event_precision=dict.fromkeys(facts.events, "day"),
    )


def test_dates_known_to_the_day_give_the_very_same_plan(pack: Pack) -> None:
    for seed in seeds(0):
        read = parse_case(random_case(seed), pack)
        assert evaluate(with_the_day(read.facts), pack, on=read.as_of) == planned(read, pack), f"seed {seed}"


def test_the_survivors_meet_every_kind_of_date_that_matters(pack: Pack) -> None:
    met: set[str] = set()
    for seed in (seed for chunk in range(CHUNKS) for seed in seeds(chunk)):
        gaps = planned(read_partly_known(blurred_case(seed), pack), pack).gaps
        met |= {gap.id.split(":")[1] for gap in gaps if gap.consequence == "planned_for_both_ends"}
    assert met == {"end_of_therapy", "exposure", "resection", "event", "diagnosis"}
