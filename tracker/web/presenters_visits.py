"""Clinic days, bookings and visits as their pages show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from uuid import UUID

from flask_babel import format_date
from flask_babel import gettext as _

from tracker.engine.explain import explain_gap
from tracker.engine.rules import Pack
from tracker.engine.schedule import age_on
from tracker.engine.status import Status
from tracker.engine.types import DataGap
from tracker.models import PlanGap, Result, Survivor, Visit, VisitStatus
from tracker.services.due_lines import DueLine
from tracker.services.visit_days import Attendance, ClinicDay, DayList, Slot, VisitSheet
from tracker.services.visits import CompletedVisit
from tracker.web.formats import long_date, us_date
from tracker.web.presenters_due import PLACES, place_words
from tracker.web.presenters_results import says
from tracker.web.presenters_worklists import diagnosis_words

# The word and shape of a visit's status.
TAGS = {
    VisitStatus.PLANNED: "booked",
    VisitStatus.IN_PROGRESS: "running",
    VisitStatus.COMPLETED: "done",
    VisitStatus.CANCELLED: "stopped",
    VisitStatus.MISSED: "stopped",
}


@dataclass(frozen=True)
class TestView:
    """One open item at a visit. ``with_visit``: settled by completing the visit, not recorded by itself."""

    __test__ = False

    item_id: UUID
    name: str
    status: Status
    due: str
    with_visit: bool


@dataclass(frozen=True)
class PlaceGroup:
    """What is due at one kind of place."""

    place: str
    heading: str
    tests: list[TestView]


@dataclass(frozen=True)
class VisitView:
    """One visit: a line of a day's list, and the head of its sheet."""

    visit: Visit
    survivor: Survivor
    time: str
    when: str
    age: str
    diagnosis: str
    tag: str
    status: str
    groups: list[PlaceGroup]
    unknown: list[str]
    may_open: bool
    may_complete: bool
    may_move: bool
    may_miss: bool

    def names(self, *places: str) -> list[str]:
        """The tests of these places; what is only coming up says so."""
        return [
            str(_("%(test)s (due %(day)s)", test=test.name, day=test.due))
            if test.status == Status.UPCOMING
            else test.name
            for group in self.groups
            if group.place in places
            for test in group.tests
        ]


def day_words(day: date) -> str:
    """ "Monday, November 23, 2026" """
    return str(format_date(day, "full"))


def time_words(at: time | None) -> str:
    return f"{at:%I:%M %p}".lstrip("0") if at is not None else str(_("Walk-in"))


def when_words(visit: Visit, slot: Slot) -> str:
    """ "Monday, November 30, 2026, 9:30 AM" """
    return f"{day_words(visit.planned_on)}, {time_words(slot.at)}"


def room_words(day: ClinicDay) -> str:
    """ "11 of 12 free" """
    return str(_("%(free)s of %(slots)s free", free=day.free, slots=day.slots)) if day.free else str(_("full"))


def status_words(status: VisitStatus) -> str:
    words = {
        VisitStatus.PLANNED: _("Planned"),
        VisitStatus.IN_PROGRESS: _("Open"),
        VisitStatus.COMPLETED: _("Completed"),
        VisitStatus.CANCELLED: _("Cancelled"),
        VisitStatus.MISSED: _("Missed"),
    }
    return str(words[status])


def day_rows(day: DayList) -> list[VisitView]:
    return [view(row, day.pack, on=day.on, today=day.today, may_book=False) for row in day.rows]


def sheet_view(sheet: VisitSheet) -> VisitView:
    row = sheet.attendance
    return view(row, sheet.pack, on=max(row.visit.planned_on, sheet.today), today=sheet.today, may_book=sheet.may_book)


def view(row: Attendance, pack: Pack, *, on: date, today: date, may_book: bool) -> VisitView:
    status = VisitStatus(row.visit.status)
    planned = status == VisitStatus.PLANNED
    return VisitView(
        visit=row.visit,
        survivor=row.survivor,
        time=time_words(row.slot.at),
        when=when_words(row.visit, row.slot),
        age=str(age_on(row.survivor.birth_date, today)),
        diagnosis=diagnosis_words(row.diagnosis),
        tag=TAGS[status],
        status=status_words(status),
        groups=groups(row.due, pack, on),
        unknown=unknown(row.gaps, pack),
        may_open=planned and row.may_conduct and row.visit.planned_on <= today,
        may_complete=status == VisitStatus.IN_PROGRESS and row.may_conduct,
        may_move=planned and may_book,
        may_miss=planned and may_book and row.visit.planned_on <= today,
    )


def groups(due: Iterable[DueLine], pack: Pack, on: date) -> list[PlaceGroup]:
    """Items by where they are done, the longest overdue first."""
    found: dict[str, list[TestView]] = {place: [] for place in PLACES}
    for line in due:
        test = pack.tests.get(line.test_code)
        name, place = (test.name, test.place) if test else (line.test_code, "visit")
        with_visit = line.test_code == pack.visit_test
        found[place].append(TestView(line.item_id, name, line.status(on), us_date(line.due_on), with_visit))
    return [PlaceGroup(place, place_words(place), tests) for place, tests in found.items() if tests]


def unknown(gaps: Iterable[PlanGap], pack: Pack) -> list[str]:
    """What is not known, each fact once, in the order found."""
    facts: dict[str, None] = {}
    for gap in gaps:
        if gap.consequence in ("treated_as_met", "no_anchor_date"):
            facts |= dict.fromkeys(_fact(name, pack) for name in gap.missing)
        else:
            facts[
                explain_gap(DataGap(gap.gap, tuple(gap.missing), gap.consequence, gap.test_code), pack, translate=_)
            ] = None
    return list(facts)


def _fact(name: str, pack: Pack) -> str:
    known = pack.exposures.get(name)
    words = known.label if known else name.removesuffix("_on").replace("_", " ")
    return words[:1].upper() + words[1:]


def recorded_rows(results: Iterable[Result], pack: Pack) -> list[list[str]]:
    """What was recorded in the visit so far."""
    return [[_test_name(row, pack), _result_words(row)] for row in results]


def _result_words(row: Result) -> str:
    if row.value is None and row.outcome is None:
        return row.report or str(_("Done"))
    return says(row.value, row.unit, row.outcome, row.reference_range)


def _test_name(row: Result, pack: Pack) -> str:
    test = pack.tests.get(row.test_code)
    return test.name if test else row.test_code


def completed_words(completed: CompletedVisit) -> str:
    """ "Visit completed. The next one is due November 23, 2027." """
    if completed.next_due_on is None:
        return str(_("Visit completed. No further yearly visit is asked for."))
    return str(_("Visit completed. The next one is due %(day)s.", day=long_date(completed.next_due_on)))
