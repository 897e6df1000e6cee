"""Surveillance for inherited cancer syndromes, from one age to another.

Source: "Due dates", rule 3, of the clinical tables' description.
"""

from datetime import date

from tracker.engine.asks import Ask, Asked
from tracker.engine.chart import Chart
from tracker.engine.conditions import Ages
from tracker.engine.late_effects import TREATED_AS_MET, sex_allows
from tracker.engine.origins import BIRTH
from tracker.engine.recurrence import note_age_changes
from tracker.engine.rules import PredispositionRule
from tracker.engine.schedule import add_months, add_period
from tracker.engine.types import DataGap, Predisposition

_ONCE_GRACE_MONTHS = -3


def ask_predisposition(chart: Chart, asked: Asked) -> None:
    """The dates asked for by the rows of every syndrome the survivor has."""
    seen: set[str] = set()
    for entry in chart.facts.predispositions:
        rules = chart.pack.predispositions.get(entry.syndrome, ())
        if not rules:
            asked.gaps.append(DataGap("syndrome-not-in-pack:" + entry.syndrome, ("schedule",), "not_in_pack"))
            continue
        matching = matching_rules(rules, entry, chart)
        if not matching:
            fields = tuple(sorted({clause.field for each in rules for clause in each.stratum.clauses}))
            asked.gaps.append(DataGap("no-schedule:" + entry.syndrome, fields, "not_scheduled"))
        for rule in matching:
            if rule.id not in seen:
                seen.add(rule.id)
                _ask(rule, chart, asked)


def matching_rules(
    rules: tuple[PredispositionRule, ...], entry: Predisposition, chart: Chart
) -> list[PredispositionRule]:
    """The rows whose stratum holds on the day asked about."""
    fields = {**entry.fields, "sex": chart.facts.sex}
    ages = Ages(chart.facts.birth_date, chart.on)
    found = []
    for rule in rules:
        note_age_changes(rule.stratum.clauses, chart)
        if rule.stratum.holds(fields, ages):
            found.append(rule)
    return found


def next_date(rule: PredispositionRule, chart: Chart) -> date | None:
    """When the row next asks for its test; None when it is done, over or would come too late."""
    start = add_period(chart.facts.birth_date, rule.begins)
    last = chart.newest.get(rule.test_code)
    if rule.every is None:
        done = last is not None and last.on >= add_months(start, _ONCE_GRACE_MONTHS)
        return None if done else start
    due_on = start if last is None else max(start, add_period(last.on, rule.every))
    end = end_day(rule, chart)
    return due_on if end is None or (chart.on < end and due_on < end) else None


def end_day(rule: PredispositionRule, chart: Chart) -> date | None:
    """The day from which a repeating row asks for nothing more."""
    if rule.every is None or rule.ends is None:
        return None
    return add_period(chart.facts.birth_date, rule.ends)


def _ask(rule: PredispositionRule, chart: Chart, asked: Asked) -> None:
    if not sex_allows(rule.sex, chart.facts.sex):
        return
    end = end_day(rule, chart)
    if end is not None:
        chart.changes_on(end)
    due_on = next_date(rule, chart)
    if due_on is None:
        return
    unsure = rule.sex not in ("any", chart.facts.sex)
    asked.add(
        Ask(
            rule,
            due_on,
            add_period(chart.facts.birth_date, rule.begins),
            chart.newest.get(rule.test_code),
            context=(("syndrome", rule.syndrome), ("stratum", rule.stratum.text)),
            gap=TREATED_AS_MET if unsure else None,
            stops_on=end,
            origins=((BIRTH, chart.facts.birth_date),),
        )
    )
    if unsure:
        asked.gaps.append(DataGap(rule.id, ("sex",), TREATED_AS_MET, rule.test_code))
