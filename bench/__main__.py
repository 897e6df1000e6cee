"""``make bench``: how fast plans are computed and saved, each against a yardstick on the same data in the same run.

The yardstick of the engine is the slow, literal reading of the rules that the tests compare it with; that of a save
is the bare reading of one survivor's facts. Every figure is the median of five rounds.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.registry import Registry, filled_registry
from tests.reference.plan import plan as literal_plan
from tests.reference.survivors import random_case
from tracker.engine.evaluate import evaluate
from tracker.guidelines.cases import parse_case
from tracker.guidelines.loader import load_pack

ROUNDS = 5
CASES = 400
LITERAL_CASES = 40
RESULTS = Path(__file__).parent / "results"


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def median(work: Callable[[], object]) -> float:
    return statistics.median(seconds(work) for _ in range(ROUNDS))


def engine_row() -> dict[str, object]:
    pack = load_pack()
    raw = [random_case(seed) for seed in range(CASES)]
    cases = [parse_case(each, pack) for each in raw]
    fast = median(lambda: [evaluate(case.facts, pack, on=case.as_of) for case in cases]) / CASES
    slow = median(lambda: [literal_plan(each) for each in raw[:LITERAL_CASES]]) / LITERAL_CASES
    return row("evaluate, survivors a second", 1 / fast, "the literal reading of the rules", 1 / slow)


def save_row(registry: Registry) -> dict[str, object]:
    saved = median(registry.refresh_all) / registry.size
    read = median(registry.read_all) / registry.size
    return row("refresh on save, survivors a second", 1 / saved, "reading the same facts", 1 / read)


def row(work: str, figure: float, yardstick: str, against: float) -> dict[str, object]:
    return {
        "work": work,
        "figure": round(figure, 1),
        "yardstick": yardstick,
        "yardstick_figure": round(against, 1),
        "ratio": round(figure / against, 3),
    }


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, filled_registry(Path(folder) / "bench.db") as registry:
        rows = [engine_row(), save_row(registry)]
    for each in rows:
        sys.stdout.write(
            f"{each['work']:<40} {each['figure']:>12,} | {each['yardstick']:<36} {each['yardstick_figure']:>12,}"
            f" | ratio {each['ratio']}\n"
        )
    RESULTS.mkdir(exist_ok=True)
    written = RESULTS / "latest.json"
    written.write_text(json.dumps({"python": sys.version.split()[0], "rows": rows}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
