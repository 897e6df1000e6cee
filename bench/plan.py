"""What one run of the bench was asked to do, as every group of rows sees it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bench.goals import GOALS, Row
from bench.registries import Registry

Group = Callable[["Plan", list[Registry]], Iterator[Row]]


@dataclass(frozen=True)
class Plan:
    """``only``: beginnings of keys of rows (see ``goals``); none of them means all.

    ``rounds``: how often each figure is taken. ``times``: of how many calls in a round a percentile is.
    """

    sizes: tuple[int, ...]
    databases: tuple[str, ...]
    rounds: int = 5
    times: int = 100
    only: tuple[str, ...] = field(default=())

    def wants(self, key: str) -> bool:
        """Is this row asked for?"""
        return not self.only or any(key.startswith(each) for each in self.only)

    def wants_any(self, beginning: str) -> bool:
        """Is any row whose key begins so asked for?"""
        return any(self.wants(key) for key in GOALS if key.startswith(beginning))

    def pairs(self, registries: Sequence[Registry]) -> list[tuple[Registry, Registry]]:
        """Every larger registry with the smallest, for what is compared across sizes."""
        return [(registries[0], larger) for larger in registries[1:]]
