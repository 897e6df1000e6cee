"""Late-effects review: which rows are in force on a day, and the date each asks for.

Source: "Due dates", rule 1, of the clinical tables' description.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tracker.engine.asks import Ask, Asked
from tracker.engine.chart import Chart, unknown_roots
from tracker.engine.conditions import undecided
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


def ask_late_effects(chart: Chart) -> Asked:
    """The dates asked for by all late-effects rows, and the rows that were met only for want of knowledge."""
    asked = Asked([], [])
    if chart.anchors is None:
        asked.gaps.append(DataGap("end-of-therapy", ("end_of_therapy_on",), "not_scheduled"))
        return asked
    for rows in _windows_by_test(chart, chart.anchors).values():
        if any(window.holds(chart.on) for _, window in rows):
            for rule, window in rows:
                _add(asked, rule, window, chart, chart.anchors)
    return asked


def _add(asked: Asked, rule: LateEffectRule, window: Window, chart: Chart, anchors: Anchors) -> None:
    ask = _ask(rule, window, chart, anchors)
    if ask is None:
        return
    if asked.asks and asked.asks[-1].rule is rule:  # a second window of the same row: one reason, the earlier date
        if ask.due_on < asked.asks[-1].due_on:
            asked.asks[-1] = ask
        return
    asked.asks.append(ask)
    asked.gaps += _gap(ask, rule, window, chart)


def _windows_by_test(chart: Chart, anchors: Anchors) -> dict[str, list[tuple[LateEffectRule, Window]]]:
    tests: dict[str, list[tuple[LateEffectRule, Window]]] = {}
    for rule in candidates(chart):
        if not sex_allows(rule.sex, chart.facts.sex) or start_day(rule, chart) is None:
            continue
        for window in windows(rule, chart, anchors):
            chart.changes_on(window.first)
            chart.changes_on(window.ends)
            tests.setdefault(rule.test_code, []).append((rule, window))
    return tests


def candidates(chart: Chart) -> list[LateEffectRule]:
    """Rows that may apply, in the table's order: those that always may, and those one of whose triggers was given."""
    by_trigger = chart.pack.late_effects_by_trigger
    found = {rule.line: rule for rule in chart.pack.late_effects_always}
    for name in chart.doses.given & by_trigger.keys():
        for rule in by_trigger[name]:
            found[rule.line] = rule
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


def windows(rule: LateEffectRule, chart: Chart, anchors: Anchors) -> list[Window]:
    """The stretches of neighboring ages that the row's condition allows, each ended by ``until``."""
    found = [_whole_life(rule, chart)] if len(rule.ages) == 1 else _by_age(rule, chart)
    until = _resolve(rule.until_text, rule.until, chart, anchors) if rule.until else None
    if until is not None:
        for window in found:
            window.ends = min(window.by_age, until)
    return [window for window in found if window.first < window.ends]


def _whole_life(rule: LateEffectRule, chart: Chart) -> Window:
    truth = rule.condition.truth(chart.doses, 0)
    born = chart.facts.birth_date
    ends = born if truth is False else date.max
    return Window(born, ends, ends, 0, truth is None or _sex_unsure(rule, chart))


def _by_age(rule: LateEffectRule, chart: Chart) -> list[Window]:
    found: list[Window] = []
    birth_date = chart.facts.birth_date
    for age, next_age in zip(rule.ages, (*rule.ages[1:], None), strict=True):
        truth = rule.condition.truth(chart.doses, age)
        if truth is False:
            continue
        first = birthday(birth_date, age)
        ends = birthday(birth_date, next_age) if next_age is not None else date.max
        unsure = truth is None or _sex_unsure(rule, chart)
        if found and found[-1].ends == first:
            last = found[-1]
            last.by_age, last.ends, last.unsure = ends, ends, last.unsure or unsure
        else:
            found.append(Window(first, ends, ends, age, unsure))
    return found


def _sex_unsure(rule: LateEffectRule, chart: Chart) -> bool:
    return rule.sex not in ("any", chart.facts.sex)


def _ask(rule: LateEffectRule, window: Window, chart: Chart, anchors: Anchors) -> Ask | None:
    start = start_day(rule, chart)
    if start is None or not window.asks(chart.on):
        return None
    last = chart.newest.get(rule.test_code)
    if rule.every is None:
        due_on = None if last and last.on >= stands_from(rule, start, anchors) else start
    elif last is None:
        due_on = start
    else:
        due_on = max(start, window.first, add_period(last.on, rule.every))
    if due_on is None or due_on >= window.ends:
        return None
    exposures = decided_by(rule, window.age, chart)
    origins, phase_from = origins_of(rule, chart, anchors), None
    if window.first > start and rule.every is not None and last is not None:
        origins, phase_from = (*origins, (BIRTH, chart.facts.birth_date)), f"P{window.age}Y"
    return Ask(
        rule,
        due_on,
        start,
        last,
        exposures=exposures,
        at_least=known_parts(exposures, chart),
        gap=TREATED_AS_MET if window.unsure else None,
        stops_on=None if window.ends == date.max else window.ends,
        origins=origins,
        phase_from=phase_from,
    )


def stands_from(rule: LateEffectRule, start: date, anchors: Anchors) -> date:
    """The first day from which a result satisfies a test asked for once."""
    if isinstance(rule.start, LtfuEntry):
        return anchors.end_of_therapy
    return add_months(start, _ONCE_GRACE_MONTHS)


def decided_by(rule: LateEffectRule, age: int, chart: Chart) -> tuple[tuple[str, Decimal | None], ...]:
    """The exposures that were given and made the row apply, with their doses."""
    _, names = rule.condition.judge(chart.doses, age)
    return tuple((name, chart.doses.value(name)) for name in dict.fromkeys(names))


def known_parts(exposures: tuple[tuple[str, Decimal | None], ...], chart: Chart) -> tuple[tuple[str, Decimal], ...]:
    """How much was given at least, of those whose dose is unknown."""
    if not chart.doses.unknown:
        return ()
    certain = chart.doses.certain
    return tuple((name, certain[name]) for name, value in exposures if value is None and certain[name] > 0)


def _gap(ask: Ask, rule: LateEffectRule, window: Window, chart: Chart) -> list[DataGap]:
    if not window.unsure:
        return []
    missing = dict.fromkeys(
        root for leaf in undecided(rule.condition, chart.doses, window.age) for root in unknown_roots(leaf.name, chart)
    )
    if _sex_unsure(rule, chart):
        missing["sex"] = None
    return [DataGap(rule.id, tuple(missing), ask.gap or TREATED_AS_MET, rule.test_code)]
