"""The yardstick of ``evaluate``: the same rules, looped one after the other with ``dateutil.relativedelta``.

Every rule of the pack is looked at for every survivor, and all dates are reckoned with ``relativedelta``: made where it
is added, as such code is usually written (``written``), or once for each period (``prepared``). It is no straw man: of
each test the newest result is looked up once. It answers less than the engine does: the due date of each test, without
reasons or gaps, and not until when the plan holds; and it wants every date to be known to the day.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from dateutil.relativedelta import relativedelta

from tracker.engine.conditions import AgeClause, Doses, FieldIn, Stratum
from tracker.engine.rules import LateEffectRule, Pack, PredispositionRule, Schedule
from tracker.engine.schedule import Period, parse_period
from tracker.engine.starts import After, AtAge, EndOfTherapy, EventDate, ExposureDate, LaterOf, LtfuEntry, Start
from tracker.engine.types import Diagnosis, Facts, Override, Result

LTFU_ENTRY, ONCE_GRACE = relativedelta(years=2), relativedelta(months=3)
TRANSPLANTS = ("hsct", "hsct_any", "hsct_allo", "hsct_auto")
ANCHORS = {"end_of_therapy": "end_of_therapy_on", "resection": "resected_on", "diagnosis": "diagnosed_on"}
# A test that is asked for: due, and overdue after if a recurrence row says so.
Asked = tuple[str, date, date | None]


Delta = Callable[[Period], relativedelta]


def written(period: Period) -> relativedelta:
    return relativedelta(months=period.months, days=period.days)


prepared: Delta = cache(written)


@dataclass
class Known:
    """One survivor on the day asked about."""

    facts: Facts
    pack: Pack
    on: date
    end_of_therapy: date
    ltfu_entry: date
    doses: Doses
    newest: dict[str, date]
    delta: Delta

    def birthday(self, age: int) -> date:
        return self.facts.birth_date + self.delta(Period(12 * age, 0, ""))

    def base(self, test_code: str, since: date = date.min) -> date | None:
        """The newest result that counts for the test, if it is as new as that."""
        day = self.newest.get(test_code)
        return day if day is not None and day >= since else None


def newest_results(facts: Facts, pack: Pack, on: date) -> dict[str, date]:
    newest: dict[str, date] = {}
    for result in facts.results:
        if counts(result) and result.on <= on:
            for test_code in pack.satisfied_by_result.get(result.test_code, (result.test_code,)):
                newest[test_code] = max(result.on, newest.get(test_code, date.min))
    return newest


def counts(result: Result) -> bool:
    return result.status in ("final", "amended", "corrected") and result.adequate and not result.claimed


def due_dates(facts: Facts, pack: Pack, *, on: date, delta: Delta = written) -> dict[str, date]:
    """When each test is due."""
    ends = [each.end_of_therapy_on for each in facts.diagnoses if each.end_of_therapy_on]
    ended_on = max(ends)
    doses = total_doses(facts, pack)
    ltfu_entry = facts.ltfu_entry_on or ended_on + LTFU_ENTRY
    doses.record("ltfu_entry_age_y", Decimal(relativedelta(ltfu_entry, facts.birth_date).years))
    known = Known(facts, pack, on, ended_on, ltfu_entry, doses, newest_results(facts, pack, on), delta)
    items: dict[str, tuple[date, date | None]] = {}
    for test_code, due, overdue in (*late_effects(known), *recurrence(known), *predisposition(known)):
        one = due, overdue or date.max
        if test_code not in items or one < (items[test_code][0], items[test_code][1] or date.max):
            items[test_code] = due, overdue
    planned = {test_code: max(due, ended_on) for test_code, (due, _) in items.items()}
    return decided(planned, known)


def total_doses(facts: Facts, pack: Pack) -> Doses:
    doses = Doses()
    for name, dose in facts.exposures.items():
        if name not in ("any_cancer", "age_y", "ltfu_entry_age_y"):
            known = facts.at_least.get(name, Decimal(0)) if dose is None else dose
            doses.record(name, known, unknown=dose is None)
    doses.record("any_cancer", Decimal(1))
    for each in pack.derivations:
        given = [(name, factor) for name, factor in each.inputs if name in doses.given]
        predisposed = bool(facts.predispositions) and "predispositions" in each.names
        if each.name in facts.exposures or not (given or predisposed):
            continue
        if each.rule == "any":
            doses.record(each.name, Decimal(1))
            continue
        parts = [doses.certain[name] * factor for name, factor in given]
        total = sum(parts, Decimal(0)) if each.rule == "sum" else max(parts)
        doses.record(each.name, total, unknown=any(name in doses.unknown for name, _ in given))
    return doses


def late_effects(known: Known) -> Iterator[Asked]:
    tests: dict[str, list[tuple[LateEffectRule, date, date, date]]] = {}
    for rule in known.pack.late_effects:
        if rule.sex in ("any", known.facts.sex) or known.facts.sex == "unknown":
            for first, by_age, end in windows(rule, known):
                tests.setdefault(rule.test_code, []).append((rule, first, by_age, end))
    for test_code, rows in tests.items():
        if not any(first <= known.on < end for _, first, _, end in rows):
            continue
        for rule, first, by_age, end in rows:
            due = late_date(rule, first, known)
            if due is not None and due < end and (known.on < end or by_age <= end):
                yield test_code, due, None


def windows(rule: LateEffectRule, known: Known) -> Iterator[tuple[date, date, date]]:
    until = moment(rule.until, known) if rule.until else None
    allowed = [age for age in rule.ages if rule.condition.truth(known.doses, age) is not False]
    spans: list[tuple[int, int | None]] = []
    for age in allowed:
        place = rule.ages.index(age)
        end = rule.ages[place + 1] if place + 1 < len(rule.ages) else None
        if spans and spans[-1][1] == age:
            spans[-1] = spans[-1][0], end
        else:
            spans.append((age, end))
    for age, end in spans:
        first = known.birthday(age)
        by_age = known.birthday(end) if end is not None else date.max
        last = min(by_age, until) if until else by_age
        if first < last:
            yield first, by_age, last


def late_date(rule: LateEffectRule, first: date, known: Known) -> date | None:
    start = moment(rule.start, known)
    if start is None:
        return None
    if rule.every is None:
        since = known.end_of_therapy if isinstance(rule.start, LtfuEntry) else start - ONCE_GRACE
        return start if known.base(rule.test_code, since) is None else None
    base = known.base(rule.test_code)
    return start if base is None else max(start, first, base + known.delta(rule.every))


def moment(start: Start, known: Known) -> date | None:
    match start:
        case EndOfTherapy():
            return known.end_of_therapy
        case LtfuEntry():
            return known.ltfu_entry
        case AtAge(period):
            return known.facts.birth_date + known.delta(period)
        case ExposureDate(name):
            return last_day(name, known)
        case EventDate(name):
            day = known.facts.events.get(name)
            return day if day is not None and day <= known.on else None
        case After(period, origin):
            day = moment(origin, known)
            return None if day is None else day + known.delta(period)
        case LaterOf(one, other):
            first, second = moment(one, known), moment(other, known)
            return None if first is None or second is None else max(first, second)


def last_day(name: str, known: Known) -> date:
    dates = known.facts.exposure_dates
    if name == "hsct":
        return max((dates[each] for each in TRANSPLANTS if each in dates), default=known.end_of_therapy)
    if name in dates:
        return dates[name]
    if name.endswith("_rt") and "tbi_gy" in known.doses.given and "tbi" in dates:
        return dates["tbi"]
    return known.end_of_therapy


def recurrence(known: Known) -> Iterator[Asked]:
    current: dict[str, Diagnosis] = {}
    for entry in known.facts.diagnoses:
        older = current.get(entry.name)
        if older is None or (entry.end_of_therapy_on or date.min) >= (older.end_of_therapy_on or date.min):
            current[entry.name] = entry
    for diagnosis, schedules in known.pack.schedules.items():
        for schedule in schedules:
            named = current.get(diagnosis)
            if named and holds(schedule.stratum, named.tumor, known, named.diagnosed_on):
                yield from next_in(schedule, named, known)


def next_in(schedule: Schedule, entry: Diagnosis, known: Known) -> Iterator[Asked]:
    anchor: date | None = getattr(entry, ANCHORS[schedule.anchor])
    if anchor is None:
        return
    found = known.base(schedule.test_code, anchor)
    last = schedule.bands[-1].ends
    if found is None and last and known.on >= anchor + known.delta(last):
        return
    base = found or anchor
    for band in schedule.bands:
        end = anchor + known.delta(band.ends) if band.ends else date.max
        every = band.every or Period(0, 0, "")
        due = max(anchor + known.delta(band.begins), base + known.delta(every))
        if base < end and due <= end:
            yield schedule.test_code, due, max(due, base + known.delta(band.at_most or every))
            return


def predisposition(known: Known) -> Iterator[Asked]:
    for rules in known.pack.predispositions.values():
        for rule in rules:
            if rule.sex not in ("any", known.facts.sex) and known.facts.sex != "unknown":
                continue
            held = [each for each in known.facts.predispositions if each.syndrome == rule.syndrome]
            due = inherited_date(rule, known)
            if due and any(holds(rule.stratum, each.fields, known) for each in held):
                yield rule.test_code, due, None


def inherited_date(rule: PredispositionRule, known: Known) -> date | None:
    birth = known.facts.birth_date
    start = birth + known.delta(rule.begins)
    if rule.every is None:
        return start if known.base(rule.test_code, start - ONCE_GRACE) is None else None
    end, base = birth + known.delta(rule.ends) if rule.ends else date.max, known.base(rule.test_code)
    due = start if base is None else max(start, base + known.delta(rule.every))
    return due if known.on < end and due < end else None


def holds(stratum: Stratum, fields: Mapping[str, str], known: Known, diagnosed_on: date | None = None) -> bool:
    tumor = {**fields, "sex": known.facts.sex}
    return all(clause_holds(clause, tumor, known, diagnosed_on) for clause in stratum.clauses)


def clause_holds(clause: FieldIn | AgeClause, fields: dict[str, str], known: Known, diagnosed_on: date | None) -> bool:
    if isinstance(clause, FieldIn):
        return (fields.get(clause.field, "unknown") in clause.values) is not clause.negated
    day = known.on if clause.field == "age" else diagnosed_on
    reached = known.facts.birth_date + known.delta(clause.period)
    if day is None:
        return False
    return {">=": day >= reached, ">": day > reached, "<": day < reached, "<=": day <= reached}[clause.op]


def decided(planned: dict[str, date], known: Known) -> dict[str, date]:
    """The plan after the decisions in force."""
    newest: dict[tuple[str, str], Override] = {}
    for each in known.facts.overrides:
        if each.decided_on <= known.on < (each.expires_on or date.max):
            key = each.test_code, each.action
            if key not in newest or each.decided_on >= newest[key].decided_on:
                newest[key] = each
    for action in ("add", "set_interval", "defer", "stop"):
        for (test_code, named), decision in newest.items():
            if named == action:
                decide(test_code, decision, planned, known)
    return planned


def decide(test_code: str, decision: Override, planned: dict[str, date], known: Known) -> None:
    if decision.action == "stop":
        planned.pop(test_code, None)
    elif decision.action == "add":
        base = known.base(test_code, decision.decided_on)
        due = base + known.delta(parse_period(decision.interval)) if base and decision.interval else None
        due = decision.due_on if base is None else due
        if due:
            planned[test_code] = min(due, planned.get(test_code, date.max))
    elif test_code in planned and decision.action == "set_interval":
        base = known.base(test_code)
        if base and decision.interval:
            planned[test_code] = base + known.delta(parse_period(decision.interval))
    elif test_code in planned and decision.to:
        planned[test_code] = max(planned[test_code], decision.to)
