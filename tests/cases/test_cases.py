"""Worked clinical cases: every NAME.case.json beside its NAME.answer.json."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tracker.engine.evaluate import evaluate
from tracker.engine.types import CarePlan
from tracker.guidelines.cases import parse_case
from tracker.guidelines.loader import load_pack

FOLDER = Path(__file__).parent
NAMES = sorted(path.name.removesuffix(".case.json") for path in FOLDER.glob("*.case.json"))


def read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return content


def planned(name: str) -> CarePlan:
    pack = load_pack()
    case = parse_case(read(f"{name}.case.json"), pack)
    return evaluate(case.facts, pack, on=case.as_of)


def test_every_case_has_an_answer_and_every_answer_a_case() -> None:
    answers = {path.name.removesuffix(".answer.json") for path in FOLDER.glob("*.answer.json")}
    assert answers == set(NAMES)
    assert len(NAMES) >= 11


@pytest.mark.parametrize("name", NAMES)
def test_the_plan_asks_for_the_tests_of_the_answer_in_its_order(name: str) -> None:
    expected = [item["test_code"] for item in read(f"{name}.answer.json")["items"]]
    assert [item.test_code for item in planned(name).items] == expected


@pytest.mark.parametrize("name", NAMES)
def test_every_item_is_due_on_the_day_of_the_answer(name: str) -> None:
    expected = {item["test_code"]: date.fromisoformat(item["due_on"]) for item in read(f"{name}.answer.json")["items"]}
    assert {item.test_code: item.due_on for item in planned(name).items} == expected


@pytest.mark.parametrize("name", NAMES)
def test_items_with_an_overdue_day_of_their_own_are_those_of_the_answer(name: str) -> None:
    answer = read(f"{name}.answer.json")["items"]
    expected = {item["test_code"]: item["overdue_after"] for item in answer if "overdue_after" in item}
    own = {item.test_code: item.overdue_after.isoformat() for item in planned(name).items if item.own_overdue}
    assert own == expected


@pytest.mark.parametrize("name", NAMES)
def test_at_least_the_gaps_of_the_answer_are_reported(name: str) -> None:
    assert {gap.id for gap in planned(name).gaps} >= set(read(f"{name}.answer.json")["gaps"])


@pytest.mark.parametrize("name", NAMES)
def test_every_item_has_exactly_one_reason_that_won(name: str) -> None:
    for item in planned(name).items:
        assert [reason.wins for reason in item.reasons].count(True) == 1, item.test_code
