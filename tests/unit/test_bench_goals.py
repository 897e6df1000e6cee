"""What is measured and how good it must be; the table, the kept result, and the page made of it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench import page, report
from bench.goals import GOALS, Goal, Row
from bench.plan import Plan

# Everything that was promised to be measured, in our own words, with what has to be reached and what is aimed at.
PROMISED = {
    "one process refreshes an unchanged registry": ("refresh.one", 0.15, 0.30),
    "two processes do": ("refresh.two", 0.30, 0.50),
    "an ORM refreshes it": ("refresh.orm", 10, 25),
    "another engine decides what is due": ("refresh.cql", 300, 1000),
    "the engine alone": ("evaluate.relativedelta", 5, 12),
    "plans are filled for the first time": ("fill.bulk", 0.35, 0.60),
    "a save refreshes one survivor": ("save.moved", 5, 1),
    "a day's boundaries are crossed": ("boundary.update", 3, 1.5),
    "a larger registry crosses as many": ("boundary.exponent", 0.2, 0.05),
    "a worklist page": ("worklist.minimal", 2.0, 1.3),
    "the worklist page of a large clinic": ("worklist.size", 1.5, 1.1),
    "a larger registry is refreshed": ("refresh.exponent", 1.05, 1.00),
    "a larger registry is filled": ("fill.exponent", 1.25, 1.10),
    "a worker's memory": ("memory.recompute", 400, 128),
}
LARGE, SMALL = Goal("large", "", "", "×", True, 2, 4), Goal("small", "", "", "ms", False, 4, 2)


def row(key: str = "refresh.one", database: str = "sqlite", size: int = 100, value: float = 0.2) -> Row:
    return Row(key, database, size, value, "20 survivors/s", "100 survivors/s")


@pytest.mark.parametrize("words", PROMISED)
def test_everything_promised_is_a_row_with_what_was_promised(words: str) -> None:
    key, reach, aim = PROMISED[words]
    assert (GOALS[key].reach, GOALS[key].aim) == (reach, aim)


def test_the_memory_of_every_long_command_is_asked_for() -> None:
    asked = {key for key in GOALS if key.startswith("memory.")}
    assert asked == {f"memory.{name}" for name in ("recompute", "recompute-fresh", "tick", "check-plans", "seed-demo")}
    assert {(GOALS[key].reach, GOALS[key].aim) for key in asked} == {(400, 128)}


@pytest.mark.parametrize(
    ("goal", "value", "verdict"),
    [
        *[(LARGE, 4, "aim"), (LARGE, 3.99, "reach"), (LARGE, 2, "reach"), (LARGE, 1.99, "missed")],
        *[(SMALL, 2, "aim"), (SMALL, 2.01, "reach"), (SMALL, 4, "reach"), (SMALL, 4.01, "missed")],
        (Goal("told", "", "", "×"), 1, ""),
    ],
)
def test_a_value_reaches_the_aim_what_must_be_or_neither(goal: Goal, value: float, verdict: str) -> None:
    assert goal.verdict(value) == verdict


def test_a_wanted_value_says_which_way_is_good() -> None:
    assert (LARGE.asked(2), SMALL.asked(4), SMALL.asked(None)) == ("≥ 2 ×", "≤ 4 ms", "")


def test_the_table_has_a_line_for_each_row_in_the_order_of_the_goals() -> None:
    rows = [row("save.kept"), row(database="postgresql"), row(size=200), row()]
    lines = report.table(rows).splitlines()
    assert [line.split("  ")[0] for line in lines[1:]] == [
        *["unchanged registry refreshed, 1 process"] * 3,
        GOALS["save.kept"].work,
    ]
    assert [re.findall("sqlite|postgresql", line) for line in lines[1:4]] == [["sqlite"], ["sqlite"], ["postgresql"]]
    assert "100 survivors/s (the same rows, raw driver)" in lines[1]
    assert lines[1].endswith("reached")


def test_a_missed_row_is_hard_to_overlook() -> None:
    assert report.table([row(value=0.1)]).endswith("MISSED")


def test_a_kept_result_reads_back_and_says_by_itself_what_was_asked(tmp_path: Path) -> None:
    kept = report.Report(report.machine("18.1"), 5, (row(), row("save.kept")))
    path = kept.write("kept", tmp_path)
    assert report.read(path) == kept
    (first, _) = json.loads(path.read_text())["rows"]
    assert (first["reach"], first["aim"], first["verdict"]) == (0.15, 0.30, "reach")


def test_the_facts_name_versions_and_cores_and_no_place() -> None:
    facts = report.machine("18.1")
    assert {"python", "sqlite", "postgresql", "cores", "load"} <= facts.keys()
    assert "/" not in json.dumps(facts)
    assert "postgresql" not in report.machine()


def test_the_facts_of_a_machine_at_rest_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (0.01, 0.2, 0.3))
    assert report.machine()["load"] == 0


def test_a_plan_asks_for_rows_by_the_beginning_of_their_keys() -> None:
    plan = Plan((10,), ("sqlite",), only=("refresh", "memory.tick"))
    assert plan.wants("refresh.one") and plan.wants("memory.tick")
    assert not plan.wants("memory.recompute") and not plan.wants_any("save.")
    assert plan.wants_any("memory.")


def test_the_page_shows_a_kept_result_between_its_marks(tmp_path: Path) -> None:
    report.Report({"cores": 2}, 5, (row(value=0.1), row("boundary.exponent"))).write("kept", tmp_path)
    text = page.figures(["kept"], tmp_path)
    assert page.FIGURES.fullmatch(text)
    assert "cores 2" in text
    assert "| unchanged registry refreshed, 1 process | SQLite | 100 |" in text
    assert "**MISSED**" in text


def test_the_page_shows_several_results_as_one_table_a_figure_taken_again_as_the_later_has_it(tmp_path: Path) -> None:
    report.Report({"cores": 2}, 5, (row(value=0.1), row("refresh.two"))).write("small", tmp_path)
    large = Row("refresh.one", "sqlite", 1_000_000, 0.2, "1 s")
    report.Report({"cores": 4}, 3, (row(value=0.4), large)).write("large-1", tmp_path)
    text = page.figures(["small", "large-1"], tmp_path)
    assert page.FIGURES.fullmatch(text) and text.startswith("<!-- figures of small, large-1 -->")
    assert "100 survivors: medians of 5 rounds" in text and "100 and 1,000,000 survivors: medians of 3 rounds" in text
    assert text.count("| unchanged registry refreshed, 1 process | SQLite | 100 |") == 1
    assert "0.4 ×" in text and "0.1 ×" not in text
    assert "| unchanged registry refreshed, 1 process | SQLite | 1,000,000 |" in text


def test_the_page_tells_runs_once_that_differ_in_the_machines_load_alone(tmp_path: Path) -> None:
    machines: dict[str, dict[str, Any]] = {
        "one": {"cores": 2, "load": 0.5},
        "two": {"cores": 2, "load": 1.5},
        "three": {"cores": 4},
    }
    for name, facts in machines.items():
        report.Report(facts, 5, (row(),)).write(name, tmp_path)
    text = page.figures(["one", "two", "three"], tmp_path)
    assert text.count("100 survivors: medians of 5 rounds") == 2
    assert "cores 2; load 0.5, 1.5.\n" in text and "cores 4.\n" in text


def test_the_chart_shows_the_largest_registry_that_each_figure_was_taken_of() -> None:
    small, large = Row("save.kept", "sqlite", 100, 2.5, ""), Row("save.kept", "sqlite", 1000, 1.25, "")
    drawn = page.chart([large, small, Row("save.kept", "postgresql", 100, 2.5, "")]).decode()
    assert ">4<" in drawn and ">2<" in drawn


def test_the_chart_is_a_picture_that_asks_no_other_site_for_anything() -> None:
    drawn = page.chart([row(key, database, 100) for key in GOALS for database in ("sqlite", "postgresql")]).decode()
    assert "<script" not in drawn
    assert not re.search(r'(?:href|src)="http|url\(http|@import', drawn)
    assert "SQLite" in drawn and "PostgreSQL" in drawn and "aim" in drawn


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [("refresh.one", 0.30, 2.0), ("save.kept", 2.5, 2.0), ("save.kept", 10, 0.5), ("evaluate.literal", 3, None)],
)
def test_the_chart_tells_how_far_a_value_is_beyond_what_must_be_reached(
    key: str, value: float, wanted: float | None
) -> None:
    assert page.beyond(key, value) == wanted
