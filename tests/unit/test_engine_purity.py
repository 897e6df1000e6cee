"""The engine is pure: nothing but the standard library, no clock, the same answer everywhere and every time."""

import ast
import os
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import tracker.engine
from tracker.engine.evaluate import evaluate
from tracker.engine.types import Diagnosis, Facts, Predisposition, Result
from tracker.guidelines.loader import load_pack

ENGINE = Path(next(iter(tracker.engine.__path__)))
MODULES = sorted(path.name for path in ENGINE.glob("*.py"))
ALLOWED = {"ast", "calendar", "collections", "dataclasses", "datetime", "decimal", "enum", "functools", "itertools",
           "operator", "re", "typing"}  # fmt: skip
FACTS = Facts(
    birth_date=date(2000, 2, 29),
    sex="unknown",
    diagnoses=(Diagnosis("Leiomyosarcoma", end_of_therapy_on=date(2012, 8, 31), tumor={"site": "pelvic"}),),
    exposures={"doxorubicin_mg_m2": Decimal(300), "tbi_gy": None, "cisplatin_mg_m2": Decimal(400), "hsct_auto": None},
    predispositions=(Predisposition("Li-Fraumeni"),),
    results=(Result("echocardiogram", date(2020, 1, 1)), Result("chest-abdomen-pelvis-ct", date(2021, 1, 1))),
)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_of_the_engine_imports_the_standard_library_and_the_engine_only(module: str) -> None:
    for node in ast.walk(ast.parse((ENGINE / module).read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            inside = name.startswith("tracker.engine.") or name == "tracker.errors"
            assert inside or name.split(".")[0] in ALLOWED, f"{module} imports {name}"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_of_the_engine_asks_nobody_for_the_time_and_opens_no_file(module: str) -> None:
    for node in ast.walk(ast.parse((ENGINE / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"today", "now", "utcnow", "open", "read_text"}, f"{module}: .{node.attr}"
        if isinstance(node, ast.Name):
            assert node.id not in {"open", "print", "input", "eval", "exec", "float"} or module == "schedule.py"


def test_evaluating_twice_gives_the_same_plan() -> None:
    pack = load_pack()
    assert evaluate(FACTS, pack, on=date(2026, 1, 1)) == evaluate(FACTS, pack, on=date(2026, 1, 1))


def test_the_plan_does_not_depend_on_the_order_of_sets_in_the_process() -> None:
    """Python shuffles sets of texts by a seed of the process; reasons must come in the table's order all the same."""
    script = "from tests.unit.test_engine_purity import FACTS, answer; print(answer())"
    answers = set()
    for seed in ("0", "1", "2"):
        made = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ENGINE.parent.parent)},
            capture_output=True,
            text=True,
            check=True,
        )
        answers.add(made.stdout)
    assert len(answers) == 1


def answer() -> str:
    plan = evaluate(FACTS, load_pack(), on=date(2026, 1, 1))
    reasons = [[(reason.rule_id, reason.exposures, reason.wins) for reason in each.reasons] for each in plan.items]
    return repr((reasons, plan.gaps, plan.holds_until))


def test_reasons_come_in_the_order_of_the_table() -> None:
    pack = load_pack()
    order = {rule_id: place for place, rule_id in enumerate(pack.rules)}
    for each in evaluate(FACTS, pack, on=date(2026, 1, 1)).items:
        places = [order[reason.rule_id] for reason in each.reasons]
        assert places == sorted(places)


def test_facts_are_not_changed() -> None:
    exposures = dict(FACTS.exposures)
    evaluate(FACTS, load_pack(), on=date(2026, 1, 1))
    assert dict(FACTS.exposures) == exposures
