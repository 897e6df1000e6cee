"""From the JSON of the stored reasons alone the same dates come out again: for 10 000 invented survivors as a drill.

Every sum is added up a second time by the literal reference's own calendar, so that the proof is not its own witness.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pytest

from tests.reference.blur import blurred_case, read_partly_known
from tests.reference.dates import add_period
from tests.reference.survivors import random_case
from tracker.engine.evaluate import evaluate
from tracker.engine.explain_proof import CANNOT_BE_PROVEN, explain_proof
from tracker.engine.proof import Proof, missing_links, prove
from tracker.engine.proof_sums import RESULT, Sum
from tracker.engine.rules import Pack
from tracker.engine.types import Facts, PlannedItem, Reason, RuleKind
from tracker.guidelines.cases import Case, parse_case
from tracker.guidelines.loader import load_pack
from tracker.services import reasons

CHUNK = 500
FEW, FEW_BLURRED = 300, 60
drill = pytest.mark.skipif(os.environ.get("TRACKER_DRILL") != "1", reason="a drill: set TRACKER_DRILL=1")


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


def with_ids(facts: Facts) -> Facts:
    """As stored facts have them: every result and decision with an id."""
    return replace(
        facts,
        results=tuple(replace(each, id=f"result-{number}") for number, each in enumerate(facts.results)),
        overrides=tuple(replace(each, id=f"decision-{number}") for number, each in enumerate(facts.overrides)),
    )


def check(case: Case, pack: Pack, seen: Counter[str]) -> None:
    facts = with_ids(case.facts)
    for item in evaluate(facts, pack, on=case.as_of).items:
        kept = json.dumps([reasons.to_json(reason) for reason in item.reasons])
        told = tuple(reasons.from_json(each) for each in json.loads(kept))
        assert told == item.reasons
        proof = prove(told, upcoming_days=pack.upcoming_days, overdue_days=pack.overdue_days)
        assert proof.proves(item), item
        assert proof.own_overdue == item.own_overdue
        check_sums(proof)
        check_winner(proof, item)
        for reason in told:
            assert missing_links(reason) == (), reason
            check_named(reason, facts, pack)
            seen.update(kinds_of(reason))


def check_sums(proof: Proof) -> None:
    for rule in (*([proof.winner] if proof.winner else []), *proof.others, *proof.other_ends):
        for each in rule.sums:
            assert gives(each) == each.gives
        assert max(gives(each) for each in rule.sums) == rule.due_on
        if rule.overdue is not None:
            assert gives(rule.overdue) == rule.overdue.gives
    for decision in proof.decisions:
        assert decision.sum is None or gives(decision.sum) == decision.gives


def gives(told: Sum) -> date:
    day = told.on
    for each in told.plus:
        day = add_period(day, each.period)
        assert day == each.gives
    return day


def check_winner(proof: Proof, item: PlannedItem) -> None:
    """The reason marked as the one that set the date is the one that the proof says."""
    [marked] = [reason for reason in item.reasons if reason.wins]
    movers = [each.reason for each in proof.decisions if each.reason.wins]
    assert marked == (movers[-1] if movers else proof.winner and proof.winner.reason)


def check_named(reason: Reason, facts: Facts, pack: Pack) -> None:
    """The links lead to what is there: the rule, the result, the decision, the exposures."""
    if reason.kind is RuleKind.OVERRIDE:
        [decided] = [each for each in facts.overrides if each.id == reason.override_id]
        assert (decided.action, decided.decided_on) == (reason.override_action, reason.start_on)
        if reason.override_action == "defer" and reason.wins:
            assert decided.to == reason.due_on
    else:
        rule = pack.rules[reason.rule_id]
        assert (rule.source, rule.interval_text, rule.start_text) == (
            *(reason.source, reason.interval, reason.start_basis),
        )
    if reason.last_result_id is not None:
        [last] = [each for each in facts.results if each.id == reason.last_result_id]
        assert (last.test_code, last.on) == (reason.last_result_code, reason.last_result_on)
    assert all(name in pack.exposures for name, _ in reason.exposures)


def kinds_of(reason: Reason) -> Iterable[str]:
    yield reason.kind
    yield from (name for name in ("origins", "phase_from", "floor_on", "other_end", "gap") if getattr(reason, name))
    yield RESULT if reason.last_result_id else "first time"


def test_the_json_of_the_reasons_gives_the_same_dates(pack: Pack) -> None:
    seen: Counter[str] = Counter()
    for seed in range(FEW):
        check(parse_case(random_case(seed), pack), pack, seen)
    everything = {*RuleKind, "origins", "phase_from", "floor_on", "gap", RESULT, "first time"}
    assert everything - seen.keys() == set()


def test_the_json_gives_the_same_dates_where_dates_are_known_in_part(pack: Pack) -> None:
    seen: Counter[str] = Counter()
    for seed in range(FEW_BLURRED):
        check(read_partly_known(blurred_case(seed), pack), pack, seen)
    assert seen["other_end"] > 0


def test_every_date_is_told_in_words_and_its_last_line_names_its_days(pack: Pack) -> None:
    for seed in range(30):
        case = parse_case(random_case(seed), pack)
        for item in evaluate(with_ids(case.facts), pack, on=case.as_of).items:
            told = explain_proof(item, pack)
            assert CANNOT_BE_PROVEN not in told
            assert all("{" not in line and "None" not in line for line in told), told
            assert f"due on {item.due_on:%B} {item.due_on.day}, {item.due_on.year}" in told[-1]


@drill
@pytest.mark.drill
@pytest.mark.parametrize("chunk", range(20))
def test_the_json_of_ten_thousand_survivors_gives_the_same_dates(chunk: int, pack: Pack) -> None:
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        check(parse_case(random_case(seed), pack), pack, Counter())


@drill
@pytest.mark.drill
@pytest.mark.parametrize("chunk", range(4))
def test_the_json_of_two_thousand_partly_known_survivors_gives_the_same_dates(chunk: int, pack: Pack) -> None:
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        check(read_partly_known(blurred_case(seed), pack), pack, Counter())
