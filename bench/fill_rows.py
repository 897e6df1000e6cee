"""The first fill of every plan, beside a bulk write of the due items it makes; and how both grow with the registry.

It is done as the command does it unless told otherwise, with a process for each processor, which are started once; and
told for one process alone.
"""

from collections.abc import Iterator
from functools import partial

from bench.goals import Row, rate
from bench.kept_items import KeptItems
from bench.measuring import Work, exponent, interleaved
from bench.plan import Plan
from bench.refreshing import clear, refresh
from bench.registries import Registry
from tracker.executors import opened, processors
from tracker.services.recompute_lanes import Lanes


def rows(plan: Plan, registries: list[Registry]) -> Iterator[Row]:
    """The rows about the first fill, of each registry and across their sizes."""
    kept = [KeptItems(registry) for registry in registries]
    for each in kept:
        each.keep()
    count = processors()
    with opened(count, None) as lanes:
        # Started and warm, as those of the refresh are.
        for registry in registries:
            refresh(registry, lanes=lanes)
        taken = interleaved(_works(plan, kept, lanes), plan.rounds)
    for each in kept:
        _put_back(each)
        if plan.wants("fill.bulk"):
            yield _beside_bulk("fill.bulk", each, taken, f", {count} processes")
        if plan.wants("fill.one"):
            yield _beside_bulk("fill.one", each, taken)
    if plan.wants("fill.exponent"):
        for small, large in plan.pairs(registries):
            yield across("fill.exponent", small, large, taken["fill.bulk", small.size], taken["fill.bulk", large.size])


def _works(plan: Plan, kept: list[KeptItems], lanes: Lanes) -> dict[tuple[str, int], Work]:
    works = {}
    for each in kept:
        registry, emptied = each.registry, partial(clear, each.registry)
        if plan.wants("fill.bulk") or plan.wants("fill.one"):
            works["bulk", registry.size] = Work(each.write, emptied)
        if plan.wants("fill.one"):
            works["fill.one", registry.size] = Work(partial(refresh, registry), emptied)
        works["fill.bulk", registry.size] = Work(partial(refresh, registry, lanes=lanes), emptied)
    return works


def _put_back(kept: KeptItems) -> None:
    """The last work filled the plans; the crossings until last night count as recorded again."""
    kept.registry.settle()
    kept.registry.refresh_statistics()
    kept.registry.spend()
    kept.drop()


def _beside_bulk(key: str, kept: KeptItems, taken: dict[tuple[str, int], float], how: str = "") -> Row:
    size = kept.registry.size
    fill, bulk = taken[key, size], taken["bulk", size]
    note = f"{kept.count / size:.1f} due items for each{how}"
    return Row(key, kept.registry.kind, size, bulk / fill, rate(size, fill), rate(size, bulk), note)


def across(key: str, small: Registry, large: Registry, small_taken: float, large_taken: float) -> Row:
    """A row about how seconds grow from one registry to a larger one."""
    figures = (f"{large_taken:.3g} s", f"{small_taken:.3g} s at {small.size:,}")
    return Row(key, large.kind, large.size, exponent((small.size, small_taken), (large.size, large_taken)), *figures)
