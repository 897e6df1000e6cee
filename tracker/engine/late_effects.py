"""Late-effects review: which rows are in force on a day, and the date each asks for.

Source: "Due dates", rule 1, of the clinical tables' description.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from tracker.engine.asks import Ask, Asked
from tracker.engine.chart import Chart, KnownParts, unknown_roots
from tracker.engine.conditions import Doses, Told, undecided
from tracker.engine.origins import BIRTH, origins_of
from tracker.engine.rules import LateEffectRule
from tracker.engine.schedule import add_months, add_period, birthday
from tracker.engine.starts import Anchors, LtfuEntry, Start
from tracker.engine.types import DataGap

_ONCE_GRACE_MONTHS = -3
TREATED_AS_MET = "treated_as_met"


@dataclass(slots=True)
class Window:
    """The days on which a row is in force: first day in, last day out.

    ``by_age`` is the day on which the row's own ages end, ``ends`` that or an earlier ``until``.
    ``age`` is one the row allows, for explaining; ``unsure`` tells that the condition could not be decided.
    """

    first: date
    by_age: date
    ends: date
    age: int
    unsure: bool

    def holds(self, on: date) -> bool:
        return self.first <= on < self.ends

    def asks(self, on: date) -> bool:
        """Not over, or ended by an age bound: a check missed in an earlier phase stays missed."""
        return on < self.ends or self.by_age <= self.ends


# A row with the day its counting starts, one of its windows, and the exposures given that made it apply.
Row = tuple[LateEffectRule, date, Window, Told]


def ask_late_effects(chart: Chart, asked: Asked) -> None:
    """The dates asked for by all late-effects rows, and the rows that were met only for want of knowledge."""
    if chart.anchors is None:
        asked.gaps.append(DataGap("end-of-therapy", ("end_of_therapy_on",), "not_scheduled"))
        return
    on = chart.on
    for test_code, rows in _rows_by_test(chart, chart.anchors).items():
        for _, _, window, _ in rows:
            if window.first <= on < window.ends:
                asked.tests[test_code] = _asks(test_code, rows, chart, chart.anchors, asked.gaps)
                break
            chart.changes_on(window.first)


def _rows_by_test(chart: Chart, anchors: Anchors) -> dict[str, list[Row]]:
    """Every window of every row that may apply to this survivor, in the table's order."""
    tests: dict[str, list[Row]] = defaultdict(list)
    doses, sex, born, starts = chart.doses, chart.facts.sex, chart.facts.birth_date, chart.starts
    for_life = Window(born, date.max, date.max, 0, unsure=False)
    for_life_if_met = Window(born, date.max, date.max, 0, unsure=True)
    for rule in candidates(chart):
        if not (rule.sex == "any" or sex_allows(rule.sex, sex)):
            continue
        text = rule.start_text
        start = starts[text] if text in starts else _resolve(text, rule.start, chart, anchors)
        if start is None:
            continue
        if rule.is_lifelong:
            truth, told = rule.condition.judge(doses, 0)
            if truth is not False:
                sure = truth is True and not _sex_unsure(rule, chart)
                tests[rule.test_code].append((rule, start, for_life if sure else for_life_if_met, told))
        else:
            for window, told in windows(rule, chart, anchors):
                tests[rule.test_code].append((rule, start, window, told))
    return tests


def _asks(test_code: str, rows: list[Row], chart: Chart, anchors: Anchors, gaps: list[DataGap]) -> list[Ask]:
    """What the rows of one test ask for; of a second window of the same row the earlier date is enough."""
    asks: list[Ask] = []
    last, doses = chart.newest.get(test_code), chart.doses
    for rule, start, window, told in rows:
        ends, due_on = window.ends, start
        if last is not None:
            if rule.every is None:
                if last.on >= stands_from(rule, start, anchors):
                    continue
            else:
                due_on = max(start, window.first, add_period(last.on, rule.every))
        if due_on >= ends or not window.asks(chart.on):
            continue
        exposures = _once(told) if rule.names_twice else told
        at_least = _known_parts(exposures, doses) if doses.unknown else ()
        gap = TREATED_AS_MET if window.unsure else None
        stops_on = None if ends == date.max else ends
        origins, phase_from = origins_of(rule, chart, anchors), None
        if window.first > start and rule.every is not None and last is not None:
            origins, phase_from = (*origins, (BIRTH, chart.facts.birth_date)), f"P{window.age}Y"
        ask = Ask(rule, due_on, start, last, None, exposures, at_least, (), gap, stops_on, origins, phase_from)
        if not asks or asks[-1].rule is not rule:
            asks.append(ask)
            if gap is not None:
                gaps.append(_gap(rule, window, chart))
        elif due_on < asks[-1].due_on:
            asks[-1] = ask
    return asks


def candidates(chart: Chart) -> Iterable[LateEffectRule]:
    """Rows that may apply, in the table's order: those that always may, and those one of whose triggers was given."""
    by_trigger = chart.pack.late_effects_by_trigger
    found = {rule.line: rule for rule in chart.pack.late_effects_always}
    for name in chart.doses.given & by_trigger.keys():
        found.update(by_trigger[name])
    return [found[line] for line in sorted(found)]


def sex_allows(rule_sex: str, sex: str) -> bool:
    """A row for one sex applies to a survivor of unknown sex as well, with a gap."""
    return rule_sex in ("any", sex) or sex == "unknown"


def _resolve(text: str, start: Start, chart: Chart, anchors: Anchors) -> date | None:
    if text not in chart.starts:
        chart.starts[text] = start.day(anchors)
    return chart.starts[text]


def start_day(rule: LateEffectRule, chart: Chart) -> date | None:
    """The day a row's counting starts; None while the event it waits for has not happened."""
    return None if chart.anchors is None else _resolve(rule.start_text, rule.start, chart, chart.anchors)


def windows(rule: LateEffectRule, chart: Chart, anchors: Anchors) -> list[tuple[Window, Told]]:
    """The stretches of neighboring ages that the row's condition allows, each ended by ``until``; and what decided.

    Notes the days on which they open and close.
    """
    found = _by_age(rule, chart)
    if not found:
        return found
    until = _resolve(rule.until_text, rule.until, chart, anchors) if rule.until is not None else None
    open_ = []
    for each in found:
        window, _ = each
        if until is not None and until < window.ends:
            window.ends = until
        if window.first < window.ends:
            chart.changes_on(window.first)
            chart.changes_on(window.ends)
            open_.append(each)
    return open_


def _by_age(rule: LateEffectRule, chart: Chart) -> list[tuple[Window, Told]]:
    found: list[tuple[Window, Told]] = []
    unsure_of_sex = _sex_unsure(rule, chart)
    for phase in rule.phases:
        truth, told = phase.condition.judge(chart.doses, phase.age)
        if truth is False:
            continue
        first = _birthday(phase.age, chart)
        ends = date.max if phase.next_age is None else _birthday(phase.next_age, chart)
        unsure = truth is None or unsure_of_sex
        if found and found[-1][0].ends == first:
            last, _ = found[-1]
            last.by_age, last.ends, last.unsure = ends, ends, last.unsure or unsure
        else:
            found.append((Window(first, ends, ends, phase.age, unsure), told))
    return found


def _birthday(age: int, chart: Chart) -> date:
    if age not in chart.birthdays:
        chart.birthdays[age] = birthday(chart.facts.birth_date, age)
    return chart.birthdays[age]


def _sex_unsure(rule: LateEffectRule, chart: Chart) -> bool:
    return rule.sex not in ("any", chart.facts.sex)


def stands_from(rule: LateEffectRule, start: date, anchors: Anchors) -> date:
    """The first day from which a result satisfies a test asked for once."""
    if isinstance(rule.start, LtfuEntry):
        return anchors.end_of_therapy
    return add_months(start, _ONCE_GRACE_MONTHS)


def _once(told: Told) -> Told:
    """Each exposure once, where a condition names it twice."""
    return tuple(dict(told).items())


def _known_parts(told: Told, doses: Doses) -> KnownParts:
    """How much was given at least, of those whose dose is unknown."""
    certain = doses.certain
    return tuple([(name, certain[name]) for name, dose in told if dose is None and certain[name] > 0])


def _gap(rule: LateEffectRule, window: Window, chart: Chart) -> DataGap:
    missing = dict.fromkeys(
        root for leaf in undecided(rule.condition, chart.doses, window.age) for root in unknown_roots(leaf.name, chart)
    )
    if _sex_unsure(rule, chart):
        missing["sex"] = None
    return DataGap(rule.id, tuple(missing), TREATED_AS_MET, rule.test_code)
