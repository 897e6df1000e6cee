"""A date's arithmetic in words, for a clinician: every sum, what came of them, and which of the days counts.

Source: docs/adr/0012-a-date-proves-itself.md.
"""

from collections.abc import Iterator, Mapping
from datetime import date

from tracker.engine.proof import DecisionProof, Proof, RuleProof, Unproven, prove
from tracker.engine.proof_sums import RESULT, Plus, Sum
from tracker.engine.rules import Pack
from tracker.engine.schedule import parse_period
from tracker.engine.types import PlannedItem
from tracker.engine.words import Translate, Words, same

CANNOT_BE_PROVEN = (
    "This date cannot be proven from what was stored then. It can be again once the plan is next worked out."
)


def explain_proof(
    item: PlannedItem, pack: Pack, *, names: Mapping[str, str] | None = None, translate: Translate = same
) -> tuple[str, ...]:
    """Say how an item's date is worked out, from its stored reasons alone: one line for each sum, then what counts.

    Where the reasons do not give the item's date, that is all it says. ``names`` replaces the pack's names by code.
    """
    words = Words(pack, translate, names or {})
    try:
        proof = prove(item.reasons, upcoming_days=pack.upcoming_days, overdue_days=pack.overdue_days)
    except Unproven:
        return (words.say(CANNOT_BE_PROVEN),)
    if proof.due_on != item.due_on:
        return (words.say(CANNOT_BE_PROVEN),)
    lines = [*_rules(proof, words), *(_decision(each, words) for each in proof.decisions)]
    # The pack's days before and after may have changed since: then only the due date is proven.
    return (*lines, _dates(proof, words)) if proof.proves(item) else tuple(lines)


def _rules(proof: Proof, words: Words) -> Iterator[str]:
    if proof.winner is None:
        return
    asking = (proof.winner, *proof.others)
    is_alone = len(asking) == 1 and not proof.other_ends
    for each in asking:
        line = _latest(each, words)
        yield line if is_alone else words.say("Rule {rule}: {line}", rule=each.reason.rule_id, line=line)
    for each in proof.other_ends:
        text = _OTHER_ENDS[each.reason.start_precision]
        yield words.say(text, rule=each.reason.rule_id, line=_latest(each, words))
    if not is_alone:
        yield words.say("The earliest of these counts: {day}.", day=words.day(proof.winner.due_on))
    if proof.winner.reason.floor_on is not None:
        yield words.say("Not before the end of therapy: {day}.", day=words.day(proof.winner.reason.floor_on))


def _latest(proof: RuleProof, words: Words) -> str:
    told = [_sum(each, proof.reason.last_result_code, words) for each in proof.sums]
    if proof.reason.phase_from is not None:
        told[-1] = words.say("{sum}, when this phase begins", sum=told[-1])
    sums = "; ".join(told)
    if len(told) == 1:
        return words.say("{sums}.", sums=sums)
    return words.say("{sums}. The latest counts: {day}.", sums=sums, day=words.day(proof.due_on))


def _sum(told: Sum, result_code: str | None, words: Words) -> str:
    start = words.say("{day} ({basis})", day=words.day(told.on), basis=_basis(told, result_code, words))
    return start + "".join(_plus(each, words) for each in told.plus)


def _plus(told: Plus, words: Words) -> str:
    text = " + {length} = {day}, the month’s last day" if told.clamped else " + {length} = {day}"
    return words.say(text, length=words.length(parse_period(told.period)), day=words.day(told.gives))


def _basis(told: Sum, result_code: str | None, words: Words) -> str:
    if told.basis == RESULT:
        return words.say("last {test}", test=words.test(result_code)) if result_code else words.say("last result")
    basis = words.basis(told.basis)
    if not told.asked:
        return basis
    return words.say("{basis}, as {asked} is not recorded", basis=basis, asked=words.basis(told.asked))


def _decision(proof: DecisionProof, words: Words) -> str:
    decided = proof.reason.start_on
    on = words.day(decided) if decided else ""
    if proof.sum is not None:
        told = _sum(proof.sum, proof.reason.last_result_code, words)
        text = (
            "By a decision of {decided}: {sum}." if proof.moved else "By a decision of {decided}, not earlier: {sum}."
        )
        return words.say(text, decided=on, sum=told)
    text = _DECISIONS[proof.reason.override_action or "add", proof.moved]
    return words.say(text, decided=on, day=words.day(proof.gives))


def _dates(proof: Proof, words: Words) -> str:
    return words.say(
        "Upcoming from {upcoming} ({before} before), due on {due}, overdue after {overdue} ({after}).",
        upcoming=words.day(proof.upcoming_on),
        before=_days(proof.due_on, proof.upcoming_on, words),
        due=words.day(proof.due_on),
        overdue=words.day(proof.overdue_after),
        after=_after(proof, words),
    )


def _after(proof: Proof, words: Words) -> str:
    overdue = proof.winner.overdue if proof.winner and proof.own_overdue else None
    if overdue is None:
        return words.say("{length} after", length=_days(proof.overdue_after, proof.due_on, words))
    if overdue.gives == proof.overdue_after and proof.winner:
        return _sum(overdue, proof.winner.reason.last_result_code, words)
    return words.say("not before it is due")


def _days(later: date, earlier: date, words: Words) -> str:
    return words.say("{days} days", days=(later - earlier).days)


_OTHER_ENDS = {
    None: "Rule {rule}, for the other day of a date that is known in part: {line}",
    "month": "Rule {rule}, at the other end of the month, as the day is not known: {line}",
    "year": "Rule {rule}, at the other end of the year, as the day is not known: {line}",
}
_DECISIONS = {
    ("add", True): "A decision of {decided} asks for it on {day}.",
    ("add", False): "A decision of {decided} asks for it on {day}, which is not earlier.",
    ("set_interval", True): "A decision of {decided} sets it to {day}.",
    ("set_interval", False): "A decision of {decided} leaves it at {day}.",
    ("defer", True): "A decision of {decided} defers it to {day}.",
    ("defer", False): "A decision of {decided} defers it, but not beyond this date.",
}
