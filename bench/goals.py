"""What is measured, against what, and how good it has to be. One row of the table for each, database and size."""

from dataclasses import asdict, dataclass
from typing import Any

READ = "the same rows, raw driver"
ORM = "ORM version"
LITTLE = "minimal page, same query and template"
SMALLEST = "smallest size"
CQL = "CQL engine, same shape of rules"


@dataclass(frozen=True)
class Goal:
    """One thing measured. ``more``: the larger the better. Without ``reach`` it is told, and decides nothing.

    ``unit`` is that of the value compared with reach and aim: "×" stands for "times the yardstick".
    """

    key: str
    work: str
    yardstick: str
    unit: str
    more: bool = False
    reach: float | None = None
    aim: float | None = None

    def verdict(self, value: float) -> str:
        """``aim``, ``reach`` or ``missed``; empty where nothing is asked."""
        if self.reach is None or self.aim is None:
            return ""
        if self._holds(value, self.aim):
            return "aim"
        return "reach" if self._holds(value, self.reach) else "missed"

    def _holds(self, value: float, wanted: float) -> bool:
        return value >= wanted if self.more else value <= wanted

    def asked(self, wanted: float | None) -> str:
        """A wanted value as the table shows it."""
        return "" if wanted is None else f"{'≥' if self.more else '≤'} {wanted:g}{_spaced(self.unit)}"


def _spaced(unit: str) -> str:
    return f" {unit}" if unit else ""


def _memory(command: str, words: str) -> Goal:
    return Goal(f"memory.{command}", f"peak memory of one worker: {words}", "", "MB", reach=400, aim=128)


_ALL = (
    Goal("evaluate.relativedelta", "`evaluate` alone", "same rules, relativedelta", "×", True, 5, 12),
    Goal("evaluate.prepared", "`evaluate` alone", "relativedelta, each period made once", "×", True),
    Goal("evaluate.cql", "`evaluate` alone, for each due decision", CQL, "×", True),
    Goal("evaluate.literal", "`evaluate` alone", "literal reading of the tests", "×", True),
    Goal("refresh.one", "unchanged registry refreshed, 1 process", READ, "×", True, 0.15, 0.30),
    Goal("refresh.two", "unchanged registry refreshed, 2 processes", READ, "×", True, 0.30, 0.50),
    Goal("refresh.fresh", "unchanged registry, every plan worked out again", READ, "×", True),
    Goal("refresh.orm", "unchanged registry refreshed, beside the ORM", ORM, "×", True, 10, 25),
    Goal(
        "refresh.cql",
        "registry refreshed, for each due decision",
        CQL,
        "×",
        True,
        300,
        1000,
    ),
    Goal("refresh.cql-one", "the same with 1 process", CQL, "×", True),
    Goal("refresh.cql-fresh", "every plan worked out again, for each due decision", CQL, "×", True),
    Goal("refresh.cql-dates", "every plan worked out again, for each date planned", CQL, "×", True),
    Goal("refresh.exponent", "unchanged registry refreshed: exponent in size", SMALLEST, "", False, 1.05, 1.0),
    Goal("fill.bulk", "first fill", "bulk write of those due items", "×", True, 0.35, 0.60),
    Goal("fill.one", "first fill, 1 process", "bulk write of those due items", "×", True),
    Goal("fill.exponent", "first fill: exponent in size", SMALLEST, "", False, 1.25, 1.10),
    Goal("save.moved", "refresh on save, a date moves, p95", "", "ms", False, 5, 1),
    Goal("save.kept", "refresh on save, nothing moves, p95", "", "ms", False, 5, 1),
    Goal("boundary.update", "boundary job, a day's crossings", "plain UPDATE by key", "×", False, 3, 1.5),
    Goal("boundary.exponent", "boundary job, fixed crossings: exponent in size", SMALLEST, "", False, 0.2, 0.05),
    Goal("worklist.minimal", "worklist page beside a minimal one, p95", LITTLE, "×", False, 2.0, 1.3),
    Goal("worklist.size", "worklist page, p95 by size", SMALLEST, "×", False, 1.5, 1.1),
    Goal("survivor.size", "survivor page, p95 by size", SMALLEST, "×", False, 1.5, 1.1),
    Goal("search.size", "search page, p95 by size", SMALLEST, "×", False, 1.5, 1.1),
    _memory("recompute", "recompute, first fill"),
    _memory("recompute-fresh", "recompute, every plan worked out again"),
    _memory("tick", "boundary job"),
    _memory("check-plans", "check-plans"),
    _memory("seed-demo", "seed-demo"),
)
GOALS = {goal.key: goal for goal in _ALL}


@dataclass(frozen=True)
class Row:
    """One figure: ``value`` is what reach and aim are compared with, the rest says how it came about."""

    key: str
    database: str
    size: int
    value: float
    figure: str
    against: str = ""
    note: str = ""

    @property
    def goal(self) -> Goal:
        return GOALS[self.key]

    @property
    def verdict(self) -> str:
        return self.goal.verdict(self.value)

    def as_json(self) -> dict[str, Any]:
        """The row with what was asked of it, so that a result can be read by itself."""
        asked = {"work": self.goal.work, "yardstick": self.goal.yardstick, "unit": self.goal.unit}
        wanted = {"reach": self.goal.reach, "aim": self.goal.aim, "verdict": self.verdict}
        return {**asdict(self), **asked, **wanted}


def rate(size: int, taken: float) -> str:
    """So many survivors a second, in words."""
    return f"{size / taken:,.0f} survivors/s"


def milliseconds(taken: float) -> str:
    return f"{taken * 1000:.3g} ms"
