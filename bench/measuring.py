"""How a figure is taken: in turns with its yardstick, the median of several rounds; memory in a process of its own."""

import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
# Starts a command and says what the hungriest process of it took. It is a small process itself: Linux counts what a
# process was before it became another program, so a child of a large one looks as large.
WATCHER = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([done.returncode, time.perf_counter() - started, peak, done.stdout, done.stderr[-2000:]]))
"""
# macOS counts bytes, Linux kibibytes.
PEAK_UNIT = 1 if sys.platform == "darwin" else 1024
MEGABYTE = 1_000_000


def nothing() -> None:
    """Nothing has to be made ready."""


@dataclass(frozen=True)
class Work:
    """Something to time. ``prepare`` is done before each round and is not timed.

    ``run`` may answer with the seconds it took itself, where something in between must not count.
    """

    run: Callable[[], object]
    prepare: Callable[[], object] = nothing


def seconds(run: Callable[[], object]) -> float:
    """How long it took by the wall clock, or what it says it took."""
    started = time.perf_counter()
    said = run()
    taken = time.perf_counter() - started
    return said if isinstance(said, float) else taken


def interleaved(works: Mapping[K, Work], rounds: int) -> dict[K, float]:
    """The median seconds of each, all taken in turns (A B A B …): what slows the machine down slows all of them."""
    taken: dict[K, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            work.prepare()
            taken[name].append(seconds(work.run))
    return {name: statistics.median(each) for name, each in taken.items()}


def slowest_twentieth(
    calls: Mapping[K, Callable[[int], object]], *, times: int, rounds: int, before: Callable[[], object] = nothing
) -> dict[K, float]:
    """The 95th percentile in seconds of calls made in turns, each with its number; the median of the rounds."""
    before()
    for call in calls.values():
        call(0)
    found: dict[K, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        taken: dict[K, list[float]] = {name: [] for name in calls}
        for number in range(times):
            for name, call in calls.items():
                taken[name].append(_timed(call, number))
        for name, each in taken.items():
            found[name].append(percentile_95(each))
    return {name: statistics.median(each) for name, each in found.items()}


def _timed(call: Callable[[int], object], number: int) -> float:
    return seconds(lambda: call(number))


def percentile_95(taken: Sequence[float]) -> float:
    """The smallest of the values that 95 in 100 do not exceed."""
    return sorted(taken)[math.ceil(len(taken) * 0.95) - 1]


def exponent(small: tuple[int, float], large: tuple[int, float]) -> float:
    """How fast seconds grow with size: 1 is in step with it, 0 not at all. Each pair is a size and its seconds."""
    return math.log(large[1] / small[1]) / math.log(large[0] / small[0])


@dataclass(frozen=True)
class Child:
    """What a command in a process of its own took. ``peak_mb``: of its hungriest process, itself included."""

    seconds: float
    peak_mb: float
    output: str


class ChildFailed(Exception):
    """A command that was to be measured ended with an error."""


def in_child(command: Sequence[str], *, env: Mapping[str, str]) -> Child:
    """Run a command to its end and say how long it took and how much memory its largest process held.

    Raises:
        ChildFailed: it ended with an error; its last lines are in the message.
    """
    watched = subprocess.run(
        [sys.executable, "-S", "-c", WATCHER, *command],
        env=dict(os.environ) | dict(env),
        capture_output=True,
        text=True,
    )
    if watched.returncode != 0:
        raise ChildFailed(watched.stderr[-2000:])
    code, taken, peak, output, errors = json.loads(watched.stdout)
    if code != 0:
        raise ChildFailed(f"{' '.join(command)}: {errors}")
    return Child(taken, peak * PEAK_UNIT / MEGABYTE, output)
