"""A registry refreshed, and ``evaluate`` alone, for each due decision, beside the CQL engine with eighty rules.

A decision is whether, and when, one rule asks for its test of one survivor: the other engine makes eighty for each,
ours as many as the pack has rows in force. Most of ours are made by not looking, as that is what an index is for, and a
refresh looks at nobody whose seal says that the plan stands; the other engine looks at every rule. So more is told than
is asked for: a refresh with every plan worked out again (``FRESH``), ``evaluate`` alone, and, against us, the time for
each date that comes of it (``DATES``), where a date of theirs is one rule's, one of ours a test's with all its reasons.
A refresh of ours reads and compares as well; the other engine finds its patients ready in memory.

The refresh is the command's own, with a process for each processor, of the largest registry; the other engine knows one
thread, so that a refresh with one process is told as well (``ONE``).

The other engine is an optional peer: without it (or without Node) the row is left out, and a sentence says so.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.cql_library import RULES, chosen, library, patient
from bench.goals import Row
from bench.measuring import Work, interleaved
from bench.plan import Plan
from bench.refresh_rows import unchanged
from bench.registries import TODAY, Registry
from bench.relativedelta_rows import comparable, plan_often
from tracker.engine.evaluate import evaluate
from tracker.engine.rules import LateEffectRule, Pack
from tracker.engine.types import Facts
from tracker.executors import opened, processors
from tracker.garbage import seldom_collecting
from tracker.guidelines.loader import load_pack
from tracker.services.recompute_lanes import Lanes

REFRESH, ONE, FRESH, DATES, EVALUATE = KEYS = (
    "refresh.cql",
    "refresh.cql-one",
    "refresh.cql-fresh",
    "refresh.cql-dates",
    "evaluate.cql",
)
PEER = Path(__file__).parent / "cql"
# The other engine takes tens of milliseconds for each.
SAMPLE = 100
# Ours takes so little that once would be too short to time.
PASSES = 20
Answers = dict[str, dict[str, str]]


class Unlike(Exception):
    """The two engines give different dates: then there is nothing to compare."""


def rows(plan: Plan, registries: list[Registry]) -> Iterator[Row]:
    """Rows of the largest registry where it is refreshed, of the smallest otherwise."""
    missing = why_not()
    if missing:
        sys.stderr.write(missing + "\n")
        return
    registry, large, pack = registries[0], registries[-1], load_pack()
    people = [facts for facts in comparable(registry) if is_decided(facts)][:SAMPLE]
    if not people:
        return
    with peer(people, pack) as other, opened(processors(), None) as lanes:
        dates = check_agreement(other.answer(), people, pack)
        # Once more before the rounds: a just-in-time compiler needs to have seen the code, processes have to start.
        other.run()
        unchanged(large, lanes)
        with seldom_collecting():
            taken = interleaved(_works(registries, lanes, people, pack, other), plan.rounds)
    theirs, in_force = taken["theirs"] / (len(people) * RULES), len(pack.rules)
    # What each is of, and both in seconds for each: theirs and ours.
    beside = {
        REFRESH: (large, theirs, taken["refresh"] / (large.size * in_force)),
        ONE: (large, theirs, taken["one"] / (large.size * in_force)),
        FRESH: (registry, theirs, taken["fresh"] / (registry.size * in_force)),
        DATES: (registry, taken["theirs"] / dates, taken["fresh"] / open_items(registry)),
        EVALUATE: (registry, theirs, taken["evaluate"] / (PASSES * len(people) * in_force)),
    }
    for key, (of, each_of_theirs, ours) in beside.items():
        if plan.wants(key):
            yield Row(key, of.kind, of.size, each_of_theirs / ours, told(ours), told(each_of_theirs))


def _works(
    registries: Sequence[Registry], lanes: Lanes, people: Sequence[Facts], pack: Pack, other: "Peer"
) -> dict[str, Work]:
    return {
        "theirs": Work(other.run),
        "refresh": Work(partial(unchanged, registries[-1], lanes)),
        "one": Work(partial(unchanged, registries[-1])),
        "fresh": Work(partial(unchanged, registries[0], fresh=True)),
        "evaluate": Work(partial(plan_often, people, pack, PASSES)),
    }


def open_items(registry: Registry) -> int:
    """The dates of a whole refresh."""
    return int(registry.rows("SELECT count(*) FROM due_items WHERE closed_on IS NULL")[0][0])


def told(seconds: float) -> str:
    return f"{seconds * 1e6:.3g} µs each"


def why_not() -> str:
    """Why the row must be left out; empty where it need not be."""
    if shutil.which("node") is None:
        return "The row beside the CQL engine is left out: there is no Node on this machine."
    if not (PEER / "node_modules" / "cql-execution").is_dir():
        return "The row beside the CQL engine is left out: it is not installed (make bench-peer)."
    return ""


def is_decided(facts: Facts) -> bool:
    """Whether the rules alone decide: the other side knows no "cannot tell", no syndromes and no clinicians."""
    is_known = None not in facts.exposures.values() and facts.sex in ("female", "male")
    return is_known and not facts.predispositions and not facts.overrides


class Peer:
    """The other engine in a process of its own, with library and patients read."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def answer(self) -> Answers:
        """Every date it gives, by patient and rule."""
        answers: Answers = json.loads(self._ask("answer"))
        return answers

    def run(self) -> float:
        """The seconds of one round over all patients, by its own clock."""
        return float(self._ask("run"))

    def _ask(self, word: str) -> str:
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the other engine cannot be talked to")
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()


@contextmanager
def peer(people: Sequence[Facts], pack: Pack) -> Iterator[Peer]:
    """Start the other engine on these survivors, and end it."""
    with TemporaryDirectory() as folder:
        given = Path(folder) / "given.json"
        given.write_text(json.dumps(handed_over(people, pack)), encoding="utf-8")
        command = ["node", str(PEER / "run.mjs"), str(given)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            yield Peer(process)
            if process.stdin is not None:
                process.stdin.close()


def handed_over(people: Sequence[Facts], pack: Pack) -> dict[str, Any]:
    """The library and the patients, as its side reads them."""
    patients = [patient(number, facts, pack, TODAY) for number, facts in enumerate(people)]
    return {"library": library(chosen(pack), pack), "patients": patients}


def check_agreement(answers: Answers, people: Sequence[Facts], pack: Pack) -> int:
    """How many dates both give; they must give the same ones.

    Raises:
        Unlike: they do not.
    """
    rules = chosen(pack)
    for number, facts in enumerate(people):
        expected = our_dates(facts, pack, rules)
        if answers[str(number)] != expected:
            raise Unlike(f"the CQL engine says {answers[str(number)]}, ours {expected}")
    return sum(len(dates) for dates in answers.values())


def our_dates(facts: Facts, pack: Pack, rules: Sequence[LateEffectRule]) -> dict[str, str]:
    """What each of the rules asks for by itself, decisions aside."""
    ids = {rule.id for rule in rules}
    reasons = [reason for item in evaluate(facts, pack, on=TODAY).items for reason in item.reasons]
    return {each.rule_id: each.due_on.isoformat() for each in reasons if each.rule_id in ids and each.due_on}
