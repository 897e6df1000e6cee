"""Recurrence surveillance: one set of schedules per diagnosis name, bands counted from an anchor date.

Source: "Due dates", rule 2, of the clinical tables' description.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from tracker.engine.asks import Ask, Asked
from tracker.engine.chart import Chart
from tracker.engine.conditions import AgeClause, Ages
from tracker.engine.rules import Band, Schedule
from tracker.engine.schedule import Period, add_days, add_period
from tracker.engine.types import DataGap, Diagnosis, Result

ANCHOR_FIELDS = {"end_of_therapy": "end_of_therapy_on", "resection": "resected_on", "diagnosis": "diagnosed_on"}


@dataclass(slots=True)
class Course:
    """One schedule of one survivor, placed in the calendar. ``base`` is the anchor while there is no result."""

    schedule: Schedule
    anchor: date
    last: Result | None

    @property
    def base(self) -> date:
        return self.last.on if self.last else self.anchor

    def first_day(self, band: Band) -> date:
        return add_period(self.anchor, band.begins)

    def end(self, band: Band) -> date | None:
        """The band's ``to`` day; None for a band that never ends."""
        return add_period(self.anchor, band.ends) if band.ends else None


def ask_recurrence(chart: Chart, asked: Asked) -> None:
    """The dates asked for by the schedules of every diagnosis, and what keeps a schedule from giving one."""
    for diagnosis in current_diagnoses(chart.facts.diagnoses):
        schedules = chart.pack.schedules.get(diagnosis.name, ())
        if not schedules:
            missing = "diagnosis-not-in-pack:" + diagnosis.name
            asked.gaps.append(DataGap(missing, ("schedule",), "not_in_pack"))
            continue
        matching = matching_schedules(schedules, diagnosis, chart)
        if not matching:
            fields = tuple(sorted({clause.field for each in schedules for clause in each.stratum.clauses}))
            asked.gaps.append(DataGap("no-schedule:" + diagnosis.name, fields, "not_scheduled"))
        for schedule in matching:
            _ask_schedule(schedule, diagnosis, chart, asked)


def current_diagnoses(diagnoses: Iterable[Diagnosis]) -> list[Diagnosis]:
    """One entry per name: the newest end of therapy replaces the older; on a tie the one listed later."""
    current: dict[str, Diagnosis] = {}
    for entry in diagnoses:
        older = current.get(entry.name)
        if older is None or (entry.end_of_therapy_on or date.min) >= (older.end_of_therapy_on or date.min):
            current[entry.name] = entry
    return list(current.values())


def stratum_fields(diagnosis: Diagnosis, chart: Chart) -> dict[str, str]:
    """The tumor's fields, with the survivor's sex."""
    return {**diagnosis.tumor, "sex": chart.facts.sex}


def matching_schedules(schedules: Iterable[Schedule], diagnosis: Diagnosis, chart: Chart) -> list[Schedule]:
    """The schedules whose stratum holds on the day asked about."""
    fields = stratum_fields(diagnosis, chart)
    ages = Ages(chart.facts.birth_date, chart.on, diagnosis.diagnosed_on)
    found = []
    for schedule in schedules:
        note_age_changes(schedule.stratum.clauses, chart)
        if schedule.stratum.holds(fields, ages):
            found.append(schedule)
    return found


def note_age_changes(clauses: Iterable[object], chart: Chart) -> None:
    """A stratum that compares the age on the day asked about may hold on some days only."""
    for clause in clauses:
        if isinstance(clause, AgeClause) and clause.field == "age":
            reached = add_period(chart.facts.birth_date, clause.period)
            chart.changes_on(reached if clause.op in (">=", "<") else add_days(reached, 1))


def anchor_day(anchor: str, diagnosis: Diagnosis) -> date | None:
    """The date a schedule counts from, of this diagnosis alone."""
    day: date | None = getattr(diagnosis, ANCHOR_FIELDS[anchor])
    return day


def place(schedule: Schedule, anchor: date, chart: Chart) -> Course:
    """A schedule in the calendar, with the newest counting result since its anchor."""
    last = chart.newest.get(schedule.test_code)
    return Course(schedule, anchor, last if last and last.on >= anchor else None)


def _ask_schedule(schedule: Schedule, diagnosis: Diagnosis, chart: Chart, asked: Asked) -> None:
    anchor = anchor_day(schedule.anchor, diagnosis)
    if anchor is None:
        missing = (ANCHOR_FIELDS[schedule.anchor],)
        asked.gaps += [DataGap(band.id, missing, "no_anchor_date", band.test_code) for band in schedule.bands]
        return
    course = place(schedule, anchor, chart)
    if is_lost(course, chart):
        gap = "history:" + schedule.first_id
        asked.gaps.append(DataGap(gap, ("results",), "history_missing", schedule.test_code))
        return
    ask = next_in(course)
    if ask is not None:
        ask.context = (("diagnosis", diagnosis.name), ("stratum", schedule.stratum.text))
        asked.add(ask)


def is_lost(course: Course, chart: Chart) -> bool:
    """Whether the last band is over and nothing was ever recorded: then nobody knows what was missed."""
    end = course.end(course.schedule.bands[-1])
    if end is None or course.last is not None:
        return False
    chart.changes_on(end)
    return chart.on >= end


def next_in(course: Course) -> Ask | None:
    """The schedule's next date: from the band that holds the base on, the first date still in time."""
    for band in course.schedule.bands:
        end = course.end(band)
        if end is not None and course.base >= end:
            continue
        due_on = max(course.first_day(band), add_period(course.base, _every(band)))
        if end is None or due_on <= end:
            latest = add_period(course.base, band.at_most or _every(band))
            phase_from = band.begins.text if band.begins.months or band.begins.days else None
            overdue_after = max(due_on, latest)
            return Ask(band, due_on, course.anchor, course.last, overdue_after=overdue_after, phase_from=phase_from)
    return None


def _every(band: Band) -> Period:
    if band.every is None:
        raise ValueError(f"{band.id}: a recurrence row needs an interval")
    return band.every
