"""What is written out by hand for speed is, to the letter, what the library would write."""

import hashlib
import json
from dataclasses import fields
from datetime import date
from decimal import Decimal

import pytest

from tests.reference.survivors import random_case
from tracker.engine.evaluate import evaluate
from tracker.engine.types import CarePlan, Reason, RuleKind
from tracker.guidelines.cases import parse_case
from tracker.guidelines.loader import load_pack
from tracker.services import reasons
from tracker.services.planning import digest

A_DAY = date(2026, 2, 28)
BARE = {"rule_id": "echo-high", "kind": RuleKind.LATE_EFFECTS, "pack": "pack/1", "due_on": A_DAY, "start_basis": "x"}
FULL = {
    "exposures": (("doxorubicin_mg_m2", Decimal("300.0000")), ("heart_rt_gy", None)),
    "context": (("diagnosis", 'Ewing "sarcoma" – née'), ("stratum", "any")),
    "at_least": (("heart_rt_gy", Decimal("2E+1")),),
    "origins": (("birth", A_DAY), ("date(chest_rt)", date(1, 1, 1))),
    "wins": True,
    "other_end": True,
}


def plans() -> list[CarePlan]:
    pack = load_pack()
    cases = (parse_case(random_case(seed), pack) for seed in range(60))
    return [evaluate(case.facts, pack, on=case.as_of) for case in cases]


def by_the_library(told: tuple[Reason, ...]) -> str:
    return json.dumps([reasons.to_json(each) for each in told])


def test_reasons_of_all_kinds_of_plans_are_written_as_the_library_writes_them() -> None:
    told = [item.reasons for plan in plans() for item in plan.items]
    assert len(told) > 500
    assert [reasons.dumps(each) for each in told] == [by_the_library(each) for each in told]
    assert [reasons.loads(reasons.dumps(each)) for each in told] == told


def filled(name: str) -> object:
    """A value for a field, by its type."""
    if name in FULL:
        return FULL[name]
    return A_DAY if name.endswith("_on") else RuleKind.OVERRIDE if name == "kind" else f'"{name}"\n é \\ \x1f 漢'


@pytest.mark.parametrize("name", [field.name for field in fields(Reason)])
def test_each_field_of_a_reason_alone_and_all_without_it(name: str) -> None:
    every = {field.name: filled(field.name) for field in fields(Reason)}
    alone = Reason(**(BARE | {name: every[name]}))  # type: ignore[arg-type]
    without = Reason(**({each: value for each, value in every.items() if each != name or each in BARE}))  # type: ignore[arg-type]
    for told in ((alone,), (without,), (alone, without), ()):
        assert reasons.dumps(told) == by_the_library(told)


def test_a_digest_is_that_of_the_plan_as_json() -> None:
    for plan in plans():
        items = [
            [
                item.test_code,
                *(day.isoformat() for day in (item.upcoming_on, item.due_on, item.overdue_after)),
                sorted(item.flags),
                [[reason.rule_id, reason.pack, str(reason.due_on)] for reason in item.reasons],
            ]
            for item in plan.items
        ]
        text = json.dumps([items, sorted(gap.id for gap in plan.gaps)], separators=(",", ":"))
        assert digest(plan) == hashlib.sha256(text.encode()).hexdigest()
