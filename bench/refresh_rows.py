"""The whole registry refreshed when nothing changed, beside reading its rows and beside what else one might do."""

from collections.abc import Callable, Iterator
from functools import partial

from bench import orm_refresh
from bench.fill_rows import across
from bench.goals import Row, rate
from bench.measuring import Work, interleaved
from bench.plan import Plan
from bench.raw_read import read_all
from bench.refreshing import HERE, refresh
from bench.registries import Registry
from tracker.executors import opened
from tracker.services.recompute_lanes import Lanes

# The ORM takes a minute for so many: of larger registries it is given the first ones only.
ORM_SAMPLE = 2_000
WAYS = ("one", "two", "fresh")
Taken = dict[tuple[str, int], float]


def rows(plan: Plan, registries: list[Registry]) -> Iterator[Row]:
    """The rows about refreshing, of each registry and across their sizes."""
    # Two processes are started once, as one is; starting them is not what is measured.
    with opened(2, None) as two:
        for each in registries:
            unchanged(each, two)
        taken = interleaved(_works(plan, registries, two), plan.rounds)
    for registry in registries:
        yield from _beside_reading(plan, registry, taken)
        if plan.wants("refresh.orm"):
            yield _beside_orm(registry, taken)
    if plan.wants("refresh.exponent"):
        for small, large in plan.pairs(registries):
            yield across("refresh.exponent", small, large, taken["one", small.size], taken["one", large.size])


def unchanged(registry: Registry, lanes: Lanes = HERE, *, fresh: bool = False) -> None:
    """Refresh everybody of whom nothing changed: that nothing is written is what makes it this row."""
    done = refresh(registry, lanes=lanes, fresh=fresh)
    if done.written or done.closed:
        raise RuntimeError(f"{done.written} rows were written where nothing had changed")


def _works(plan: Plan, registries: list[Registry], two: Lanes) -> dict[tuple[str, int], Work]:
    ways: dict[str, Callable[[Registry], None]] = {
        "one": unchanged,
        "two": partial(unchanged, lanes=two),
        "fresh": partial(unchanged, fresh=True),
    }
    works = {}
    for registry in registries:
        works["read", registry.size] = Work(partial(read_all, registry))
        for way, run in ways.items():
            if way == "one" or plan.wants(f"refresh.{way}"):
                works[way, registry.size] = Work(partial(run, registry))
        if plan.wants("refresh.orm"):
            sample = min(registry.size, ORM_SAMPLE)
            by_orm = partial(orm_refresh.refresh, registry.database, registry.clock, survivors=sample)
            works["orm", registry.size] = Work(by_orm)
    return works


def _beside_reading(plan: Plan, registry: Registry, taken: Taken) -> Iterator[Row]:
    size = registry.size
    read = taken["read", size]
    for way in WAYS:
        if plan.wants(f"refresh.{way}"):
            ours = taken[way, size]
            yield Row(f"refresh.{way}", registry.kind, size, read / ours, rate(size, ours), rate(size, read))


def _beside_orm(registry: Registry, taken: Taken) -> Row:
    size, sample = registry.size, min(registry.size, ORM_SAMPLE)
    ours, orm = size / taken["one", size], sample / taken["orm", size]
    note = f"the ORM's rate from the first {sample:,}" if sample < size else ""
    return Row(
        "refresh.orm", registry.kind, size, ours / orm, rate(size, size / ours), rate(sample, sample / orm), note
    )
