"""Figures are taken in turns, medians of rounds; memory is that of the child, whatever its parent holds."""

import sys
from collections.abc import Callable

import pytest

from bench.measuring import (
    ChildFailed,
    Work,
    exponent,
    in_child,
    interleaved,
    percentile_95,
    seconds,
    slowest_twentieth,
)


def test_works_are_done_in_turns_each_made_ready_before() -> None:
    told: list[str] = []
    works = {
        "a": Work(lambda: told.append("a"), lambda: told.append("ready")),
        "b": Work(lambda: told.append("b")),
    }
    interleaved(works, 2)
    assert told == ["ready", "a", "b", "ready", "a", "b"]


def test_the_figure_is_the_median_of_the_rounds() -> None:
    said = iter([5.0, 1.0, 9.0])
    assert interleaved({"a": Work(lambda: next(said))}, 3) == {"a": 5.0}


def test_what_a_work_says_it_took_counts_instead_of_the_clock() -> None:
    assert seconds(lambda: 42.0) == 42.0


def test_anything_else_a_work_answers_is_no_time() -> None:
    assert 0 < seconds(lambda: 42) < 42


@pytest.mark.parametrize(
    ("values", "wanted"),
    [([7.0], 7.0), ([float(n) for n in range(1, 101)], 95.0), ([float(n) for n in range(20, 0, -1)], 19.0)],
)
def test_the_95th_percentile_is_a_value_that_was_measured(values: list[float], wanted: float) -> None:
    assert percentile_95(values) == wanted


def test_calls_are_made_in_turns_after_one_of_each_that_does_not_count() -> None:
    told: list[tuple[str, int]] = []

    def call(name: str) -> Callable[[int], float]:
        def made(number: int) -> float:
            told.append((name, number))
            return float(number)

        return made

    found = slowest_twentieth({"a": call("a"), "b": call("b")}, times=3, rounds=2)
    assert told[:2] == [("a", 0), ("b", 0)]
    assert told[2:8] == [("a", 0), ("b", 0), ("a", 1), ("b", 1), ("a", 2), ("b", 2)]
    assert len(told) == 2 + 2 * 6
    assert found == {"a": 2.0, "b": 2.0}


@pytest.mark.parametrize(
    ("small", "large", "wanted"),
    [((10, 1.0), (100, 10.0), 1.0), ((10, 1.0), (1000, 1.0), 0.0), ((10, 2.0), (100, 200.0), 2.0)],
)
def test_the_exponent_says_how_time_grows_with_size(
    small: tuple[int, float], large: tuple[int, float], wanted: float
) -> None:
    assert exponent(small, large) == pytest.approx(wanted)


def test_the_memory_of_a_child_is_its_own_and_not_that_of_the_large_process_that_starts_it() -> None:
    held = b"x" * 200_000_000
    small = in_child([sys.executable, "-c", "print('done')"], env={})
    assert len(held) == 200_000_000
    assert small.output == "done\n"
    assert small.peak_mb < 100


def test_the_memory_is_that_of_the_hungriest_process_a_command_starts() -> None:
    grandchild = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'held = b\"x\" * 150_000_000'])"
    assert in_child([sys.executable, "-c", grandchild], env={}).peak_mb > 150


def test_a_command_is_given_its_surroundings() -> None:
    told = in_child([sys.executable, "-c", "import os; print(os.environ['BENCHED'])"], env={"BENCHED": "yes"})
    assert told.output == "yes\n"


def test_a_command_that_fails_is_no_figure() -> None:
    with pytest.raises(ChildFailed, match="no such thing"):
        in_child([sys.executable, "-c", "raise SystemExit('no such thing')"], env={})
