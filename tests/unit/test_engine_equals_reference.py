"""The fast engine and the literal reading of the clinical tables give the same answer, on 10 000 invented survivors."""

import copy
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.reference.compare import differences, shown
from tests.reference.plan import plan
from tests.reference.survivors import Json, random_case
from tracker.engine.evaluate import evaluate
from tracker.engine.rules import Pack
from tracker.engine.types import CarePlan
from tracker.guidelines.cases import parse_case
from tracker.guidelines.loader import load_pack

CHUNKS, CHUNK = 20, 500


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


def engine_plan(case: Json, pack: Pack) -> CarePlan:
    read = parse_case(case, pack)
    return evaluate(read.facts, pack, on=read.as_of)


def report(seed: int, pack: Pack) -> str:
    """Empty if both agree; otherwise everything needed to decide who is right."""
    case = random_case(seed)
    engine, answer = engine_plan(case, pack), plan(case)
    found = differences(case, engine, answer)
    if not found:
        return ""
    told = ("case", case), ("engine", shown(engine)), ("reference", answer)
    return "\n".join([f"seed {seed}:", *found, *(f"{title}: {json.dumps(part)}" for title, part in told)])


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_engine_equals_the_literal_reference(chunk: int, pack: Pack) -> None:
    reports = [report(seed, pack) for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK)]
    unlike = [told for told in reports if told]
    assert not unlike, f"{len(unlike)} of {CHUNK} differ; the first:\n{unlike[0]}"


# The comparison itself can fail


@pytest.fixture(scope="module")
def agreed(pack: Pack) -> tuple[Json, CarePlan, Json]:
    """A survivor with an item of the recurrence kind, one of another, and a gap, on whom both agree."""
    for seed in range(10_000):
        case = random_case(seed)
        answer = plan(case)
        own = [item for item in answer["items"] if "overdue_after" in item]
        if own and len(own) < len(answer["items"]) and answer["gaps"] and not case["overrides"]:
            return case, engine_plan(case, pack), answer
    raise AssertionError("no such survivor")


def test_two_equal_plans_show_no_difference(agreed: tuple[Json, CarePlan, Json]) -> None:
    assert differences(*agreed) == []


@pytest.mark.parametrize("days", [-1, 1])
def test_a_due_date_one_day_off_is_seen(agreed: tuple[Json, CarePlan, Json], days: int) -> None:
    case, engine, answer = agreed
    for index, item in enumerate(engine.items):
        moved = replace(item, due_on=item.due_on + timedelta(days=days))
        changed = replace(engine, items=(*engine.items[:index], moved, *engine.items[index + 1 :]))
        assert any(line.startswith(f"{item.test_code}: engine due") for line in differences(case, changed, answer))


def test_an_overdue_day_one_off_is_seen(agreed: tuple[Json, CarePlan, Json]) -> None:
    case, engine, answer = agreed
    for index, item in enumerate(engine.items):
        moved = replace(item, overdue_after=item.overdue_after + timedelta(days=1))
        changed = replace(engine, items=(*engine.items[:index], moved, *engine.items[index + 1 :]))
        assert any(line.startswith(f"{item.test_code}: engine overdue") for line in differences(case, changed, answer))


def test_a_recurrence_date_taken_for_another_is_seen(agreed: tuple[Json, CarePlan, Json]) -> None:
    case, engine, answer = agreed
    changed = replace(engine, items=tuple(replace(item, own_overdue=not item.own_overdue) for item in engine.items))
    assert len(differences(case, changed, answer)) == len(engine.items)


def test_a_dropped_item_and_an_invented_one_are_seen(agreed: tuple[Json, CarePlan, Json]) -> None:
    case, engine, answer = agreed
    dropped = replace(engine, items=engine.items[1:])
    assert differences(case, dropped, answer) == [f"{engine.items[0].test_code}: only the reference asks"]
    invented = replace(engine, items=(*engine.items, replace(engine.items[0], test_code="zzz")))
    assert differences(case, invented, answer) == ["zzz: only the engine asks"]


def test_another_order_is_seen(agreed: tuple[Json, CarePlan, Json]) -> None:
    case, engine, answer = agreed
    assert differences(case, replace(engine, items=engine.items[::-1]), answer) == [
        "the items are the same, their order is not"
    ]


def test_a_dropped_gap_and_an_invented_one_are_seen(agreed: tuple[Json, CarePlan, Json]) -> None:
    case, engine, answer = agreed
    gone = engine.gaps[0].id
    assert f"gap {gone}: only the reference reports it" in differences(
        case, replace(engine, gaps=engine.gaps[1:]), answer
    )
    more = copy.deepcopy(answer) | {"gaps": []}
    assert f"gap {gone}: only the engine reports it" in differences(case, engine, more)
