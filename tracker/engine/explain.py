"""A plan's reasons in words: for a clinician with dose, rule and source; for a family plain and calm.

Pure functions from data to English sentences. ``translate`` is given every phrase before its gaps are filled.
"""

from collections.abc import Mapping
from datetime import date

from tracker.engine.both_ends import PLANNED_FOR_BOTH_ENDS
from tracker.engine.explain_dates import explain_partial_date
from tracker.engine.not_applicable import AT_LEAST
from tracker.engine.rules import Pack
from tracker.engine.types import DataGap, Flag, NotApplicable, PlannedItem, Reason, RuleKind
from tracker.engine.words import Translate, Words, same

CLINICIAN, FAMILY = "clinician", "family"
_FAMILY_CAUSES = 2
_NOT_A_CAUSE = frozenset({"any_cancer", "age_y", "ltfu_entry_age_y", "postpubertal", "growth_complete"})


def explain_item(
    item: PlannedItem,
    pack: Pack,
    *,
    audience: str = CLINICIAN,
    names: Mapping[str, str] | None = None,
    translate: Translate = same,
) -> tuple[str, ...]:
    """Say why an item is planned and for when: one sentence each, the deciding reason first.

    ``audience`` is ``clinician`` or ``family``; ``names`` replaces the pack's names of tests and exposures by code.
    """
    words = Words(pack, translate, names or {})
    return _for_family(item, words) if audience == FAMILY else _for_clinician(item, words)


def explain_gap(gap: DataGap, pack: Pack, *, audience: str = CLINICIAN, translate: Translate = same) -> str:
    """Say what is unknown, and what follows from it. ``audience`` is ``clinician`` or ``family``."""
    words = Words(pack, translate)
    if gap.consequence == PLANNED_FOR_BOTH_ENDS:
        return explain_partial_date(gap, words, for_family=audience == FAMILY)
    if audience == FAMILY:
        return words.say("A part of your treatment record is not known yet. Your clinic plans with care until it is.")
    missing = words.listed([_missing_fact(name, words) for name in gap.missing])
    test = words.test(gap.test_code) if gap.test_code else ""
    _, _, about = gap.id.partition(":")
    about = about or words.say("late-effects review")
    return words.say(_GAP_SENTENCES[gap.consequence], missing=missing, test=test, about=about)


def explain_not_applicable(entry: NotApplicable, pack: Pack, *, translate: Translate = same) -> str:
    """Say why a rule asks for nothing."""
    words = Words(pack, translate)
    facts = "; ".join(_detail(name, value, words) for name, value in entry.detail)
    reason = words.say(_WHY_SENTENCES[entry.why])
    return words.say("{reason} ({facts}).", reason=reason, facts=facts) if facts else reason + "."


def _for_clinician(item: PlannedItem, words: Words) -> tuple[str, ...]:
    rules = [reason for reason in item.reasons if reason.kind is not RuleKind.OVERRIDE]
    decisions = [reason for reason in item.reasons if reason.kind is RuleKind.OVERRIDE]
    first = next((reason for reason in rules if reason.wins), min(rules, key=_by_date, default=None))
    sentences = [] if first is None else [_because(first, words)]
    sentences += [_decision(reason, words) for reason in decisions]
    last = _last_done(item, words)
    sentences += [last] if last else []
    if first is not None:
        sentences.append(_counted_from(first, words))
        sentences += [_counted_instead(reason, words) for reason in _other_ends(first, rules)]
        if first.wins and first.due_on is not None and first.due_on < item.due_on:
            sentences.append(words.say("Not due before the end of therapy."))
        sentences += [_gap(reason, words) for reason in rules if reason.gap]
    sentences += _also_asked(first, rules, words)
    if item.own_overdue:
        sentences.append(words.say("Overdue after {day}.", day=words.day(item.overdue_after)))
    sentences += dict.fromkeys(_rule(reason, words) for reason in rules)
    return tuple(sentences)


def _other_ends(reason: Reason, rules: list[Reason]) -> list[Reason]:
    """What the same rule says if a partly known date was the other day that it can have been."""
    return [each for each in rules if each is not reason and _named(each) == _named(reason)]


def _named(reason: Reason) -> object:
    return reason.rule_id, reason.context


def _also_asked(first: Reason | None, rules: list[Reason], words: Words) -> list[str]:
    """The other rules that ask, each followed by what it says at the other end of a partly known date."""
    sentences: list[str] = []
    told = set() if first is None else {_named(first)}
    for reason in rules:
        if _named(reason) not in told:
            told.add(_named(reason))
            sentences.append(_also(reason, words))
            sentences += [_counted_instead(other, words) for other in _other_ends(reason, rules)]
    return sentences


def _by_date(reason: Reason) -> date:
    return reason.due_on or date.max


def _because(reason: Reason, words: Words) -> str:
    interval = words.interval(reason.interval, reason.interval_max)
    return words.say("Due {interval} because of {cause}.", interval=interval, cause=_cause(reason, words))


def _cause(reason: Reason, words: Words) -> str:
    context = dict(reason.context)
    if reason.kind is RuleKind.RECURRENCE:
        return words.say("recurrence surveillance after {diagnosis}", diagnosis=context.get("diagnosis", "")) + (
            f" ({context['stratum']})" if context.get("stratum", "any") != "any" else ""
        )
    if reason.kind is RuleKind.PREDISPOSITION:
        return words.say("the inherited predisposition {syndrome}", syndrome=context.get("syndrome", ""))
    return words.causes(reason)


def _last_done(item: PlannedItem, words: Words) -> str:
    done = [reason for reason in item.reasons if reason.last_result_on is not None]
    last = max(done, key=lambda reason: reason.last_result_on or date.min, default=None)
    if last is None or last.last_result_on is None:
        return words.say("No result that counts is on record.")
    day = words.day(last.last_result_on)
    if last.last_result_code in (None, item.test_code):
        return words.say("Last done {day}.", day=day)
    return words.say("Last done {day}, by {test}.", day=day, test=words.test(str(last.last_result_code)))


def _counted_from(reason: Reason, words: Words) -> str:
    basis = words.basis(reason.start_basis)
    if reason.start_on is None:
        return words.say("Counted from {basis}.", basis=basis)
    return words.say(_COUNTED_FROM[reason.start_precision], basis=basis, day=words.day(reason.start_on))


def _counted_instead(reason: Reason, words: Words) -> str:
    counted = words.day(reason.start_on) if reason.start_on else words.basis(reason.start_basis)
    day = words.day(reason.due_on) if reason.due_on else ""
    return words.say("Counted from {counted} instead, it would be due on {day}.", counted=counted, day=day)


def _gap(reason: Reason, words: Words) -> str:
    return words.say(
        "What rule {rule} asks about is not fully known, so it is planned as a precaution.", rule=reason.rule_id
    )


def _also(reason: Reason, words: Words) -> str:
    text = "Also asked for {interval} because of {cause}; that alone would make it due on {day}."
    interval = words.interval(reason.interval, reason.interval_max)
    day = words.day(reason.due_on) if reason.due_on else ""
    return words.say(text, interval=interval, cause=_cause(reason, words), day=day)


def _decision(reason: Reason, words: Words) -> str:
    text = {
        "add": "Added by a decision of {decided}, due on {day}.",
        "set_interval": "Re-timed to {interval} by a decision of {decided}.",
        "defer": "Deferred by a decision of {decided}; due on {day}.",
    }[reason.override_action or "add"]
    decided = words.day(reason.start_on) if reason.start_on else ""
    day = words.day(reason.due_on) if reason.due_on else ""
    return words.say(text, decided=decided, day=day, interval=words.interval(reason.interval))


def _rule(reason: Reason, words: Words) -> str:
    return words.say(
        "Rule {rule} of {pack}: {source} ({confidence}).",
        rule=reason.rule_id,
        pack=reason.pack,
        source=reason.source,
        confidence=words.say(reason.confidence),
    )


def _for_family(item: PlannedItem, words: Words) -> tuple[str, ...]:
    sentences = [_family_cause(item, words)]
    done = [reason.last_result_on for reason in item.reasons if reason.last_result_on is not None]
    if done:
        sentences.append(words.say("You last had it on {day}.", day=words.day(max(done))))
    if any(reason.wins and reason.kind is RuleKind.OVERRIDE for reason in item.reasons):
        sentences.append(words.say("Your clinic chose this date for you."))
    return tuple(sentences)


def _family_cause(item: PlannedItem, words: Words) -> str:
    if Flag.VISIT in item.flags:
        return words.say("This is your regular visit, to see how you are doing.")
    winner = next((reason for reason in item.reasons if reason.wins), item.reasons[0])
    if winner.kind is RuleKind.OVERRIDE:
        winner = next((reason for reason in item.reasons if reason.kind is not RuleKind.OVERRIDE), winner)
    if winner.kind is not RuleKind.LATE_EFFECTS:
        return words.say("This check is part of the plan your clinic made for you.")
    causes = [words.plain_exposure(name) for name, _ in winner.exposures if name not in _NOT_A_CAUSE]
    cause = words.listed(list(dict.fromkeys(causes))[:_FAMILY_CAUSES]) or words.plain_exposure("any_cancer")
    if winner.interval == "once":
        return words.say("This check is done once. The reason is {cause}.", cause=cause)
    interval = words.interval(winner.interval)
    return words.say("This check is done {interval}. The reason is {cause}.", interval=interval, cause=cause)


_COUNTED_FROM = {
    None: "Counted from {basis}, {day}.",
    "month": "Counted from {basis}, {day}, because only the month is known.",
    "year": "Counted from {basis}, {day}, because only the year is known.",
}
_GAP_SENTENCES = {
    "treated_as_met": "Not known: {missing}. {test} is planned as a precaution. Ask the treating center.",
    "not_scheduled": "Not known: {missing}. No schedule could be chosen for {about}. Complete the treatment summary.",
    "no_anchor_date": "Not known: {missing}. {test} could not be scheduled. Ask the treating center.",
    "history_missing": (
        "The schedule for {test} is over and no result is on record. Ask whether the checks were done elsewhere."
    ),
    "not_in_pack": "This guideline pack has no schedule for {about}. A clinician decides what to plan.",
}
_WHY_SENTENCES = {
    "not_exposed": "The exposures do not fit",
    "other_sex": "For survivors of the other sex",
    "outside_window": "Not at this age",
    "event_not_happened": "Waits for an event that has not happened",
    "done": "Done; asked for once only",
    "finished": "Finished",
    "no_end_of_therapy": "No end of therapy is recorded",
    "other_diagnosis": "For another diagnosis",
    "other_stratum": "For another risk group",
    "other_band": "Another phase of the same schedule gives the date",
    "no_anchor_date": "The date it counts from is not recorded",
    "history_missing": "The schedule is over and no result is on record",
    "not_predisposed": "For a syndrome that is not recorded",
    "stopped": "Stopped by a decision",
}
_FACTS = {
    "end_of_therapy_on": "end of therapy",
    "resected_on": "date of resection",
    "diagnosed_on": "date of diagnosis",
    "ended_on": "ended on",
    "ends_on": "ends on",
    "opens_on": "from",
    "result_on": "result of",
    "result_code": "by",
    "decided_on": "decided on",
    "rule_sex": "rule is for",
    "anchor": "counted from",
    "band": "rule",
}


def _missing_fact(name: str, words: Words) -> str:
    if name in words.pack.exposures:
        return words.exposure(name)
    return words.say(_FACTS.get(name, name.replace("_", " ")))


def _detail(name: str, value: str, words: Words) -> str:
    if name in words.pack.exposures:
        amount = _recorded_amount(name, value, words)
        return words.say("{exposure}: {amount}", exposure=words.exposure(name), amount=amount or words.say("given"))
    try:
        value = words.day(date.fromisoformat(value))
    except ValueError:
        value = words.test(value) if name == "result_code" else words.say(value.replace("_", " "))
    return words.say("{fact} {value}", fact=_missing_fact(name, words), value=value)


def _recorded_amount(name: str, value: str, words: Words) -> str:
    if value.startswith(AT_LEAST):
        known = words.amount(name, value.removeprefix(AT_LEAST))
        return words.say("at least {amount}", amount=known) if known else ""
    return words.amount(name, value) if value[:1].isdigit() else words.say(value)
