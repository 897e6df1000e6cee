"""Why a rule in force asks for nothing: the other half of an explanation, worked out only when someone looks."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from tracker.engine.chart import Chart, open_chart
from tracker.engine.conditions import AgeIs, Ages, Clause, FieldIn, deciding
from tracker.engine.late_effects import sex_allows, stands_from, start_day, windows
from tracker.engine.merge import draft_items
from tracker.engine.overrides import apply_overrides, decisions_in_force
from tracker.engine.precision import is_whole, partly_known, settled
from tracker.engine.predisposition import end_day as predisposition_end
from tracker.engine.recurrence import (
    ANCHOR_FIELDS,
    anchor_day,
    current_diagnoses,
    is_lost,
    next_in,
    place,
    stratum_fields,
)
from tracker.engine.rules import LateEffectRule, Pack, PredispositionRule, Rule, Schedule
from tracker.engine.schedule import age_on
from tracker.engine.starts import Anchors, events_in
from tracker.engine.types import Diagnosis, Facts, NotApplicable, Predisposition
from tracker.engine.whole_dates import asked_by_rules

AT_LEAST = "at least "
Detail = tuple[tuple[str, str], ...]
Why = tuple[str, Detail]


def not_applicable(facts: Facts, pack: Pack, *, on: date) -> tuple[NotApplicable, ...]:
    """Explain every rule in force that asks for nothing on this day, in the order of the tables.

    ``why`` is a code: ``not_exposed``, ``other_sex``, ``outside_window``, ``event_not_happened``, ``done``,
    ``finished``, ``no_end_of_therapy``; for recurrence also ``other_diagnosis``, ``other_stratum``, ``other_band``,
    ``no_anchor_date``, ``history_missing``; for predisposition ``not_predisposed``; ``stopped`` by a decision.
    ``detail`` names the facts that decided. Where dates are partly known, a rule that asks with their first or with
    their last possible days is planned, and not explained here. Pure, like ``evaluate``.
    """
    whole = is_whole(facts)
    silent = _silent_rules(open_chart(facts, pack, on)) if whole else _silent_at_both_ends(facts, pack, on)
    return tuple(silent[rule_id] for rule_id in pack.rules if rule_id in silent)


def _silent_rules(chart: Chart) -> dict[str, NotApplicable]:
    """By rule, why it asks for nothing in this chart."""
    asked = asked_by_rules(chart)
    asks = [ask for each in asked.tests.values() for ask in each]
    drafts = draft_items(asked, chart.end_of_therapy)
    apply_overrides(drafts, chart)
    asking = {ask.rule.id for ask in asks}
    found = [_entry(ask.rule, _stopped(ask.rule, chart)) for ask in asks if ask.rule.test_code not in drafts]
    found += [_entry(rule, why) for rule, why in _silent(chart) if rule.id not in asking]
    return {entry.rule_id: entry for entry in found}


def _silent_at_both_ends(facts: Facts, pack: Pack, on: date) -> dict[str, NotApplicable]:
    """Only what neither plan asks for. The last days leave most standing and explain the rest best, save what was done
    or stopped with the first days."""
    dates = partly_known(facts)
    first, last = (_silent_rules(open_chart(settled(facts, dates, ends), pack, on)) for ends in ((), dates))
    both = first.keys() & last.keys()
    return {rule_id: first[rule_id] if first[rule_id].why in ("done", "stopped") else last[rule_id] for rule_id in both}


def _entry(rule: Rule, why: Why) -> NotApplicable:
    return NotApplicable(rule.id, rule.kind, rule.test_code, *why)


def _stopped(rule: Rule, chart: Chart) -> Why:
    decision = decisions_in_force(chart)[rule.test_code, "stop"]
    return "stopped", (("decided_on", decision.decided_on.isoformat()),)


def _silent(chart: Chart) -> Iterator[tuple[Rule, Why]]:
    for rule in chart.pack.late_effects:
        yield rule, _why_late_effect(rule, chart)
    current = {entry.name: entry for entry in current_diagnoses(chart.facts.diagnoses)}
    for diagnosis, schedules in chart.pack.schedules.items():
        for schedule in schedules:
            why = _why_schedule(schedule, current.get(diagnosis), chart)
            yield from ((band, why) for band in schedule.bands)
    for syndrome, rules in chart.pack.predispositions.items():
        entry = next((each for each in chart.facts.predispositions if each.syndrome == syndrome), None)
        yield from ((rule, _why_predisposition(rule, entry, chart)) for rule in rules)


def _why_late_effect(rule: LateEffectRule, chart: Chart) -> Why:
    if chart.anchors is None:
        return "no_end_of_therapy", ()
    if not sex_allows(rule.sex, chart.facts.sex):
        return "other_sex", (("sex", chart.facts.sex), ("rule_sex", rule.sex))
    if all(rule.condition.truth(chart.doses, age) is False for age in rule.ages):
        return "not_exposed", _exposures_missing(rule, chart)
    start = start_day(rule, chart)
    if start is None:
        events = set(events_in(rule.start)) - chart.anchors.events.keys()
        return "event_not_happened", tuple(("event", event) for event in sorted(events))
    return _why_not_now(rule, start, chart, chart.anchors)


def _exposures_missing(rule: LateEffectRule, chart: Chart) -> Detail:
    leaves = deciding(rule.condition, chart.doses, max(chart.age, 0))
    names = dict.fromkeys(leaf.name for leaf in leaves if not isinstance(leaf, AgeIs))
    return tuple((name, _amount(name, chart)) for name in names)


def _amount(name: str, chart: Chart) -> str:
    if name not in chart.doses.certain:
        return "not recorded"
    value, certain = chart.doses.value(name), chart.doses.certain[name]
    if value is not None:
        return plain(value)
    return f"{AT_LEAST}{plain(certain)}" if certain > 0 else "unknown"


def plain(value: Decimal) -> str:
    """A dose without needless zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _why_not_now(rule: LateEffectRule, start: date, chart: Chart, anchors: Anchors) -> Why:
    spans = [window for window, _ in windows(rule, chart, anchors)]
    last = chart.newest.get(rule.test_code)
    done = rule.every is None and last is not None and last.on >= stands_from(rule, start, anchors)
    if done and last is not None and any(span.holds(chart.on) for span in spans):
        return "done", (("result_on", last.on.isoformat()), ("result_code", last.test_code))
    if not spans or all(span.ends <= chart.on for span in spans):
        ended = max((span.ends for span in spans), default=None)
        return "finished", (("ended_on", ended.isoformat()),) if ended else ()
    coming = [span for span in spans if span.first > chart.on]
    if coming:
        return "outside_window", (("opens_on", coming[0].first.isoformat()),)
    ends = next(span.ends for span in spans if span.holds(chart.on))
    return "finished", (("ends_on", ends.isoformat()),)


def _why_schedule(schedule: Schedule, diagnosis: Diagnosis | None, chart: Chart) -> Why:
    if diagnosis is None:
        return "other_diagnosis", (("diagnosis", schedule.diagnosis),)
    fields = stratum_fields(diagnosis, chart)
    ages = Ages(chart.facts.birth_date, chart.on, diagnosis.diagnosed_on)
    failing = schedule.stratum.failing(fields, ages)
    if failing:
        return "other_stratum", tuple(_field(clause, fields, ages) for clause in failing)
    anchor = anchor_day(schedule.anchor, diagnosis)
    if anchor is None:
        return "no_anchor_date", ((ANCHOR_FIELDS[schedule.anchor], "unknown"),)
    course = place(schedule, anchor, chart)
    if is_lost(course, chart):
        return "history_missing", (("anchor", anchor.isoformat()),)
    asking = next_in(course)
    if asking is not None:
        return "other_band", (("band", asking.rule.id),)
    ended = course.end(schedule.bands[-1])
    return "finished", (("ended_on", ended.isoformat()),) if ended else ()


def _field(clause: Clause, fields: dict[str, str], ages: Ages) -> tuple[str, str]:
    if isinstance(clause, FieldIn):
        return clause.field, fields.get(clause.field, "unknown")
    day = ages.on if clause.field == "age" else ages.diagnosed_on
    return clause.field, "unknown" if day is None else str(age_on(ages.birth_date, day))


def _why_predisposition(rule: PredispositionRule, entry: Predisposition | None, chart: Chart) -> Why:
    if entry is None:
        return "not_predisposed", (("syndrome", rule.syndrome),)
    if not sex_allows(rule.sex, chart.facts.sex):
        return "other_sex", (("sex", chart.facts.sex), ("rule_sex", rule.sex))
    fields = {**entry.fields, "sex": chart.facts.sex}
    ages = Ages(chart.facts.birth_date, chart.on)
    failing = rule.stratum.failing(fields, ages)
    if failing:
        return "other_stratum", tuple(_field(clause, fields, ages) for clause in failing)
    last = chart.newest.get(rule.test_code)
    if rule.every is None and last is not None:
        return "done", (("result_on", last.on.isoformat()), ("result_code", last.test_code))
    ended = predisposition_end(rule, chart)
    return "finished", (("ended_on", ended.isoformat()),) if ended else ()
