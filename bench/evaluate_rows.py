"""``evaluate`` alone, on invented survivors, beside slower ways to the same answer."""

from collections.abc import Iterator

from bench.goals import Row, rate
from bench.measuring import Work, interleaved
from bench.plan import Plan
from tests.reference.plan import plan as literal_plan
from tests.reference.survivors import random_case
from tracker.engine.evaluate import evaluate
from tracker.guidelines.cases import parse_case
from tracker.guidelines.loader import load_pack

CASES = 400
LITERAL_CASES = 40


def rows(plan: Plan) -> Iterator[Row]:
    """The rows about the engine; they need no database."""
    if plan.wants("evaluate.literal"):
        yield _literal(plan)


def _literal(plan: Plan) -> Row:
    pack = load_pack()
    raw = [random_case(seed) for seed in range(CASES)]
    cases = [parse_case(each, pack) for each in raw]
    works = {
        "evaluate": Work(lambda: [evaluate(case.facts, pack, on=case.as_of) for case in cases]),
        "literal": Work(lambda: [literal_plan(each) for each in raw[:LITERAL_CASES]]),
    }
    taken = interleaved(works, plan.rounds)
    ours, literal = CASES / taken["evaluate"], LITERAL_CASES / taken["literal"]
    figures = rate(CASES, taken["evaluate"]), rate(LITERAL_CASES, taken["literal"])
    return Row("evaluate.literal", "", CASES, ours / literal, *figures)
