"""``evaluate`` alone on survivors of the registry, beside the same rules looped with ``relativedelta``."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from bench.goals import Row, rate
from bench.measuring import Work, interleaved
from bench.plan import Plan
from bench.registries import TODAY, Registry
from bench.relativedelta_loop import due_dates
from tracker.engine.evaluate import evaluate
from tracker.engine.precision import is_whole
from tracker.engine.rules import Pack
from tracker.engine.types import Facts
from tracker.guidelines.loader import load_pack
from tracker.models import Survivor
from tracker.services.facts import facts_of, load_recorded

KEY = "evaluate.relativedelta"
# Enough for a steady figure; the rest of a registry is made of the same patterns.
SAMPLE = 500


def rows(plan: Plan, registries: list[Registry]) -> Iterator[Row]:
    """One row: neither the size of a registry nor the kind of its database has a say in it."""
    registry = registries[0]
    if registry.kind != plan.databases[0]:
        return
    pack = load_pack()
    people = comparable(registry)
    if not people:
        return
    check_agreement(people, pack)
    works = {
        "evaluate": Work(lambda: [evaluate(facts, pack, on=TODAY) for facts in people]),
        "loop": Work(lambda: [due_dates(facts, pack, on=TODAY) for facts in people]),
    }
    taken = interleaved(works, plan.rounds)
    figures = rate(len(people), taken["evaluate"]), rate(len(people), taken["loop"])
    yield Row(KEY, "", len(people), taken["loop"] / taken["evaluate"], *figures)


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
        planned = {item.test_code: item.due_on for item in evaluate(facts, pack, on=TODAY).items}
        if due_dates(facts, pack, on=TODAY) != planned:
            raise RuntimeError("the loop with relativedelta gives other dates than the engine")
