"""``evaluate`` alone on survivors of the registry, beside the same rules looped with ``relativedelta``."""

from collections.abc import Iterator, Sequence
from functools import partial

import sqlalchemy as sa

from bench.goals import Row, rate
from bench.measuring import Work, interleaved
from bench.plan import Plan
from bench.registries import TODAY, Registry
from bench.relativedelta_loop import Delta, due_dates, prepared, written
from tracker.engine.evaluate import evaluate
from tracker.engine.precision import is_whole
from tracker.engine.rules import Pack
from tracker.engine.types import Facts
from tracker.garbage import seldom_collecting
from tracker.guidelines.loader import load_pack
from tracker.models import Survivor
from tracker.services.facts import facts_of, load_recorded

# How the loop may make its periods: where they are added, or once each.
WAYS = {"evaluate.relativedelta": written, "evaluate.prepared": prepared}
# Enough for a steady figure; the rest of a registry is made of the same patterns.
SAMPLE = 500
# Each is planned for so often in a round: one time takes less than what else a machine does.
PASSES = 3


def rows(plan: Plan, registries: list[Registry]) -> Iterator[Row]:
    """A row for each way; neither the size of a registry nor the kind of its database has a say in it."""
    registry = registries[0]
    if registry.kind != plan.databases[0]:
        return
    pack = load_pack()
    people = comparable(registry)
    if not people:
        return
    check_agreement(people, pack)
    works = {"evaluate": Work(partial(plan_often, people, pack))}
    works |= {key: Work(partial(looped, people, pack, delta)) for key, delta in WAYS.items() if plan.wants(key)}
    with seldom_collecting():
        taken = {key: each / PASSES for key, each in interleaved(works, plan.rounds).items()}
    ours = taken.pop("evaluate")
    for key, theirs in taken.items():
        yield Row(key, "", len(people), theirs / ours, rate(len(people), ours), rate(len(people), theirs))


def plan_often(people: Sequence[Facts], pack: Pack, passes: int = PASSES) -> None:
    """Evaluate everybody so often; no plan is kept."""
    for _ in range(passes):
        for facts in people:
            evaluate(facts, pack, on=TODAY)


def looped(people: Sequence[Facts], pack: Pack, delta: Delta) -> None:
    for _ in range(PASSES):
        for facts in people:
            due_dates(facts, pack, on=TODAY, delta=delta)


def comparable(registry: Registry) -> list[Facts]:
    """The first survivors of whom every date is known to the day: the loop knows no others."""
    with registry.database.reading() as session:
        ids = session.scalars(sa.select(Survivor.id).order_by(Survivor.id).limit(2 * SAMPLE)).all()
        found = [facts_of(recorded) for recorded in load_recorded(session, ids).values()]
    return [facts for facts in found if is_comparable(facts)][:SAMPLE]


def is_comparable(facts: Facts) -> bool:
    """Whether the loop can plan for somebody: therapy has ended, and on a known day, as has all else."""
    return is_whole(facts) and any(each.end_of_therapy_on for each in facts.diagnoses)


def check_agreement(people: Sequence[Facts], pack: Pack) -> None:
    """Both must say the same of everybody, or the comparison would mean nothing.

    Raises:
        RuntimeError: they differ.
    """
    for facts in people:
        dates = {item.test_code: item.due_on for item in evaluate(facts, pack, on=TODAY).items}
        if due_dates(facts, pack, on=TODAY) != dates:
            raise RuntimeError("the loop with relativedelta gives other dates than the engine")
