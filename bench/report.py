"""The table, the facts of the machine, and the result as JSON. No host name and no path is told."""

import json
import os
import platform
import sqlite3
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.goals import GOALS, Row

RESULTS = Path(__file__).parent / "results"
LATEST = "latest"
HEAD = ("work", "on", "survivors", "measured", "yardstick", "value", "reach", "aim", "")
WORDS = {"aim": "aim", "reach": "reached", "missed": "MISSED", "": ""}


@dataclass(frozen=True)
class Report:
    """What one run found. ``rounds``: how often each figure was taken; the median stands in the row."""

    facts: dict[str, Any]
    rounds: int
    rows: tuple[Row, ...]

    def write(self, name: str = LATEST, folder: Path = RESULTS) -> Path:
        """Keep the result under a name."""
        folder.mkdir(parents=True, exist_ok=True)
        told = {"facts": self.facts, "rounds": self.rounds, "rows": [row.as_json() for row in self.rows]}
        path = folder / f"{name}.json"
        path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return path


def read(path: Path) -> Report:
    """A result that was kept."""
    told = json.loads(path.read_text(encoding="utf-8"))
    names = Row.__dataclass_fields__
    rows = (Row(**{name: each[name] for name in names}) for each in told["rows"])
    return Report(told["facts"], told["rounds"], tuple(rows))


def machine(postgresql: str = "") -> dict[str, Any]:
    """What the figures depend on. ``postgresql``: the server's version, where one was used."""
    found = {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "postgresql": postgresql,
        "cores": len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count(),
        # What else the machine was doing: figures of a busy one are noisy, though taken in turns.
        "load": round(os.getloadavg()[0], 1),
        "system": platform.system(),
        "processor": platform.machine(),
    }
    # A load of nothing is told, too.
    return {name: value for name, value in found.items() if value not in ("", None)}


def in_order(rows: Sequence[Row]) -> list[Row]:
    """As the goals are listed; of each SQLite first, small registries first."""
    places = {key: place for place, key in enumerate(GOALS)}
    return sorted(rows, key=lambda row: (places[row.key], row.database != "sqlite", row.size))


def cells(row: Row) -> tuple[str, ...]:
    """A row of the table in words."""
    goal = row.goal
    unit = f" {goal.unit}" if goal.unit else ""
    yardstick = row.against and f"{row.against} ({goal.yardstick})"
    return (
        goal.work + (f"; {row.note}" if row.note else ""),
        row.database,
        f"{row.size:,}",
        row.figure,
        yardstick,
        f"{row.value:.3g}{unit}",
        goal.asked(goal.reach),
        goal.asked(goal.aim),
        WORDS[row.verdict],
    )


def table(rows: Sequence[Row]) -> str:
    """The rows as text in columns."""
    lines = [HEAD, *(cells(row) for row in in_order(rows))]
    widths = [max(len(line[place]) for line in lines) for place in range(len(HEAD))]
    return "\n".join(_line(line, widths) for line in lines)


def _line(line: Sequence[str], widths: Sequence[int]) -> str:
    placed = (
        cell.rjust(width) if place in (2, 5) else cell.ljust(width)
        for place, (cell, width) in enumerate(zip(line, widths, strict=True))
    )
    return "  ".join(placed).rstrip()
