"""The most memory that a worker of each long command holds, in processes of their own."""

from collections.abc import Callable, Iterator

from bench.boundary_rows import Night
from bench.goals import Row
from bench.measuring import Child
from bench.plan import Plan
from bench.refreshing import clear
from bench.registries import Registry
from tracker.cli import COMMANDS

PREFIX = "memory."


def rows(plan: Plan, registries: list[Registry]) -> Iterator[Row]:
    """A row for each command and registry. Once is enough: memory does not depend on what else runs."""
    for registry in registries:
        for name, (command, measure) in MEASURES.items():
            if command in COMMANDS and plan.wants(PREFIX + name):
                child = measure(registry)
                figure = f"{child.seconds:,.1f} s"
                yield Row(
                    PREFIX + name, registry.kind, registry.size, child.peak_mb, f"{child.peak_mb:.0f} MB", "", figure
                )


def _first_fill(registry: Registry) -> Child:
    clear(registry)
    child = registry.command("recompute")
    registry.settle()
    registry.spend()
    return child


def _fresh(registry: Registry) -> Child:
    return registry.command("recompute", "--fresh")


def _tick(registry: Registry) -> Child:
    night = Night(registry)
    child = registry.command("jobs", "run", "cross_boundaries")
    night.take_back()
    return child


def _check_plans(registry: Registry) -> Child:
    return registry.command("check-plans")


def _seed_demo(registry: Registry) -> Child:
    """Measured when the registry was made."""
    return Child(registry.made.seconds, registry.made.peak_mb, "")


# By the end of a row's key: the flask command and how it is measured.
MEASURES: dict[str, tuple[str, Callable[[Registry], Child]]] = {
    "recompute": ("recompute", _first_fill),
    "recompute-fresh": ("recompute", _fresh),
    "tick": ("jobs", _tick),
    "check-plans": ("check-plans", _check_plans),
    "seed-demo": ("seed-demo", _seed_demo),
}
