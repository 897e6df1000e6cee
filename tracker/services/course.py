"""The course of a survivor's disease and follow-up as dated facts, ready to be drawn or listed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracker.engine.partial_dates import Day, PartialDate, known_to
from tracker.engine.schedule import add_months
from tracker.engine.status import Status, status_of
from tracker.engine.types import Flag
from tracker.models import Outcome, Result, ResultStatus, VisitStatus
from tracker.services.survivor_page import SurvivorPage

AHEAD_MONTHS = 120


class Lane(StrEnum):
    """The rows of the picture, from top to bottom."""

    DISEASE = "disease"
    THERAPY = "therapy"
    RESULTS = "results"
    VISITS = "visits"
    RECURRENCE = "recurrence"
    CHECKS = "checks"


class Mark(StrEnum):
    """What a fact is; each has a shape of its own, so that the picture reads without color."""

    DIAGNOSIS = "diagnosis"
    RESECTION = "resection"
    END_OF_THERAPY = "end_of_therapy"
    TREATMENT = "treatment"
    EXPOSURE = "exposure"
    NORMAL = "normal"
    ABNORMAL = "abnormal"
    NO_OUTCOME = "no_outcome"
    NOT_COUNTED = "not_counted"
    VISIT_DONE = "visit_done"
    VISIT_PLANNED = "visit_planned"
    VISIT_MISSED = "visit_missed"
    PLANNED = "planned"
    UPCOMING = "upcoming"
    DUE = "due"
    OVERDUE = "overdue"
    BEYOND = "beyond"


@dataclass(frozen=True)
class CourseFact:
    """One fact on a day, or from a day to another. ``about``: a name already in words (a test, a diagnosis).

    ``on`` and ``until`` are the first possible days, to draw with; ``known_on`` and ``known_until`` say how far they
    are known, where that is not to the day.
    """

    lane: Lane
    mark: Mark
    on: date
    about: str
    until: date | None = None
    known_on: PartialDate | None = None
    known_until: PartialDate | None = None

    @property
    def said_on(self) -> Day:
        """The day as far as it is known."""
        return self.known_on or self.on

    @property
    def said_until(self) -> Day | None:
        """The last day as far as it is known."""
        return self.known_until or self.until


@dataclass(frozen=True)
class Course:
    """The facts in order of time; ``starts_on`` and ``ends_on`` bound them all."""

    birth_date: date
    today: date
    starts_on: date
    ends_on: date
    facts: tuple[CourseFact, ...]


def course_of(page: SurvivorPage) -> Course:
    """Diagnosis, therapy, results, visits and what lies ahead, of one survivor.

    Tests due more than ten years ahead are gathered at the end of the picture: a check at 45 would squeeze the
    years that matter to a child's plan into a corner.
    """
    horizon = add_months(page.today, AHEAD_MONTHS)
    found = [*_disease(page), *_therapy(page), *_results(page), *_visits(page), *_ahead(page, horizon)]
    facts = tuple(sorted(found, key=lambda fact: (fact.on, list(Lane).index(fact.lane), fact.about)))
    days = [page.today, *(fact.on for fact in facts), *(fact.until for fact in facts if fact.until)]
    return Course(page.survivor.birth_date, page.today, min(days), max(days), facts)


def _disease(page: SurvivorPage) -> Iterator[CourseFact]:
    for row in page.diagnoses:
        for mark, on, precision in (
            (Mark.DIAGNOSIS, row.diagnosed_on, row.diagnosed_precision),
            (Mark.RESECTION, row.resected_on, row.resected_precision),
            (Mark.END_OF_THERAPY, row.end_of_therapy_on, row.end_of_therapy_precision),
        ):
            if on:
                yield CourseFact(Lane.DISEASE, mark, on, row.name, known_on=_in_part(on, precision))


def _therapy(page: SurvivorPage) -> Iterator[CourseFact]:
    for row in page.diagnoses:
        if row.diagnosed_on and row.end_of_therapy_on and row.diagnosed_on < row.end_of_therapy_on:
            yield CourseFact(
                Lane.THERAPY,
                Mark.TREATMENT,
                row.diagnosed_on,
                row.name,
                until=row.end_of_therapy_on,
                known_on=_in_part(row.diagnosed_on, row.diagnosed_precision),
                known_until=_in_part(row.end_of_therapy_on, row.end_of_therapy_precision),
            )
    for exposure in page.told_exposures():
        if exposure.last_on is not None:
            known_on = _in_part(exposure.last_on, exposure.last_precision)
            name = page.exposure_name(exposure.name)
            yield CourseFact(Lane.THERAPY, Mark.EXPOSURE, exposure.last_on, name, known_on=known_on)


def _in_part(first: date, precision: str) -> PartialDate | None:
    """A day that is known to the month or the year only."""
    day = known_to(first, precision)
    return day if isinstance(day, PartialDate) else None


def _results(page: SurvivorPage) -> Iterator[CourseFact]:
    for row in page.standing_results():
        if row.status != ResultStatus.ENTERED_IN_ERROR:
            yield CourseFact(Lane.RESULTS, _result_mark(row), row.performed_on, page.test_name(row.test_code))


def _result_mark(row: Result) -> Mark:
    if row.claimed or not row.adequate:
        return Mark.NOT_COUNTED
    if row.outcome is None:
        return Mark.NO_OUTCOME
    return Mark.NORMAL if row.outcome == Outcome.NORMAL else Mark.ABNORMAL


def _visits(page: SurvivorPage) -> Iterator[CourseFact]:
    marks = {
        VisitStatus.COMPLETED: Mark.VISIT_DONE,
        VisitStatus.IN_PROGRESS: Mark.VISIT_DONE,
        VisitStatus.PLANNED: Mark.VISIT_PLANNED,
        VisitStatus.MISSED: Mark.VISIT_MISSED,
    }
    for row in page.visits:
        mark = marks.get(VisitStatus(row.status))
        if mark is not None:
            yield CourseFact(Lane.VISITS, mark, row.planned_on, "")


def _ahead(page: SurvivorPage, horizon: date) -> Iterator[CourseFact]:
    marks = {
        Status.PLANNED: Mark.PLANNED,
        Status.UPCOMING: Mark.UPCOMING,
        Status.DUE: Mark.DUE,
        Status.OVERDUE: Mark.OVERDUE,
    }
    for item in page.items:
        lane = Lane.RECURRENCE if Flag.RECURRENCE in item.flags() else Lane.CHECKS
        name = page.test_name(item.test_code)
        if item.due_on > horizon:
            yield CourseFact(lane, Mark.BEYOND, horizon, f"{name} ({item.due_on.year})")
        else:
            yield CourseFact(lane, marks[status_of(item, page.today)], item.due_on, name)


def in_lane(facts: Iterable[CourseFact], lane: Lane) -> list[CourseFact]:
    """The facts of one row of the picture, in order of time."""
    return [fact for fact in facts if fact.lane == lane]
