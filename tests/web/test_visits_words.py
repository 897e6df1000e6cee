"""What clinic days and visits say, in words."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from tests.web.gallery import make_gallery_app
from tracker.engine.types import Flag
from tracker.guidelines.loader import load_pack
from tracker.models import PlanGap, Result, Survivor, Visit
from tracker.services.due_lines import DueLine
from tracker.services.visit_days import Attendance, ClinicDay, Slot
from tracker.services.visits import CompletedVisit
from tracker.web import presenters_visits as presenters
from tracker.web.presenters_visits import VisitView

MONDAY = date(2026, 11, 23)


@pytest.fixture(scope="module", autouse=True)
def in_a_request() -> Iterator[Flask]:
    app = make_gallery_app()
    with app.test_request_context():
        yield app


def line(test_code: str, due_on: date, *flags: Flag) -> DueLine:
    """An item upcoming from 60 days before it is due, and overdue 90 days after."""
    return DueLine(uuid4(), uuid4(), test_code, due_on - timedelta(days=60), due_on, due_on + timedelta(days=90), flags)


def gap(consequence: str, *missing: str, name: str = "row", test_code: str | None = None) -> PlanGap:
    return PlanGap(gap=name, consequence=consequence, missing=list(missing), test_code=test_code)


def shown(
    status: str = "planned", *, on: date = MONDAY, today: date = MONDAY, conducts: bool = True, books: bool = True
) -> VisitView:
    visit = Visit(id=uuid4(), status=status, planned_on=on, slot=1)
    survivor = Survivor(id=uuid4(), birth_date=date(2007, 11, 24))
    row = Attendance(visit, survivor, Slot(1, time(9, 30), free=False), None, [], [], conducts)
    return presenters.view(row, load_pack(), on=on, today=today, may_book=books)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (time(9, 0), "9:00 AM"),
        (time(11, 59), "11:59 AM"),
        (time(12, 0), "12:00 PM"),
        (time(0, 15), "12:15 AM"),
        (time(13, 5), "1:05 PM"),
        (None, "Walk-in"),
    ],
)
def test_times_are_said_as_people_say_them(at: time | None, words: str) -> None:
    assert presenters.time_words(at) == words


def test_a_visit_is_said_with_its_weekday() -> None:
    visit = Visit(planned_on=MONDAY)
    slot = Slot(0, time(9), free=False)
    assert presenters.when_words(visit, slot) == "Monday, November 23, 2026, 9:00 AM"
    assert presenters.when_words(visit, Slot(12, None, free=False)) == "Monday, November 23, 2026, Walk-in"


@pytest.mark.parametrize(("free", "words"), [(12, "12 of 12 free"), (1, "1 of 12 free"), (0, "full")])
def test_a_day_says_how_much_room_it_has(free: int, words: str) -> None:
    assert presenters.room_words(ClinicDay(MONDAY, free, 12)) == words


@pytest.mark.parametrize(
    ("status", "tag", "words"),
    [
        ("planned", "booked", "Planned"),
        ("in_progress", "running", "Open"),
        ("completed", "done", "Completed"),
        ("cancelled", "stopped", "Cancelled"),
        ("missed", "stopped", "Missed"),
    ],
)
def test_every_status_has_a_word_and_a_shape(status: str, tag: str, words: str) -> None:
    view = shown(status)
    assert (view.tag, view.status) == (tag, words)


@pytest.mark.parametrize(
    ("today", "may_open", "may_miss"),
    [
        (date(2026, 11, 22), False, False),
        (date(2026, 11, 23), True, True),
        (date(2026, 11, 24), True, True),
    ],
)
def test_opening_and_missing_are_offered_from_the_day_on(today: date, may_open: bool, may_miss: bool) -> None:
    view = shown(today=today)
    assert (view.may_open, view.may_miss, view.may_move) == (may_open, may_miss, True)


@pytest.mark.parametrize("status", ["in_progress", "completed", "cancelled", "missed"])
def test_only_a_planned_visit_is_opened_moved_or_missed(status: str) -> None:
    view = shown(status)
    assert (view.may_open, view.may_move, view.may_miss) == (False, False, False)
    assert view.may_complete == (status == "in_progress")


def test_acts_are_offered_to_those_who_may_do_them() -> None:
    onlooker = shown(conducts=False, books=False)
    assert (onlooker.may_open, onlooker.may_move, onlooker.may_miss) == (False, False, False)
    assert not shown("in_progress", conducts=False).may_complete


@pytest.mark.parametrize(("today", "age"), [(date(2026, 11, 23), "18"), (date(2026, 11, 24), "19")])
def test_age_is_in_completed_years(today: date, age: str) -> None:
    assert shown(today=today).age == age


def test_items_are_grouped_by_place_and_the_visit_itself_is_settled_by_completing_it() -> None:
    due = [
        line("survivorship-clinic-visit", MONDAY, Flag.VISIT),
        line("echocardiogram", date(2026, 11, 24)),
        line("fatigue-screen", date(2026, 8, 24)),
        line("old-test", date(2026, 8, 25)),
    ]
    groups = presenters.groups(due, load_pack(), MONDAY)
    assert [(group.place, group.heading) for group in groups] == [("visit", "At the visit"), ("order", "By order")]
    visit, fatigue, old = groups[0].tests
    assert (visit.name, visit.with_visit, visit.status) == ("Survivorship clinic visit", True, "due")
    assert (fatigue.with_visit, fatigue.status, old.status) == (False, "overdue", "due")
    assert (old.name, old.due) == ("old-test", "Aug 25, 2026")
    assert groups[1].tests[0].status == "upcoming"


def test_a_days_line_names_the_tests_of_a_place_and_when_those_to_come_are_due() -> None:
    due = [line("chest-ct", MONDAY), line("echocardiogram", date(2026, 12, 1)), line("fatigue-screen", MONDAY)]
    row = Attendance(
        Visit(status="planned", planned_on=MONDAY),
        Survivor(birth_date=MONDAY),
        Slot(0, None, False),
        None,
        due,
        [],
        False,
    )
    view = presenters.view(row, load_pack(), on=MONDAY, today=MONDAY, may_book=False)
    assert view.names("order") == ["CT chest", "Echocardiogram (due Dec 1, 2026)"]
    assert view.names("visit", "order") == ["Fatigue screen", *view.names("order")]
    assert view.names("referral", "home", "vaccine") == []


def test_what_is_not_known_is_named_once_in_plain_words() -> None:
    gaps = [
        gap("treated_as_met", "chest_rt_gy", name="a"),
        gap("treated_as_met", "chest_rt_gy", "sex", name="b"),
        gap("no_anchor_date", "resected_on", name="c"),
    ]
    assert presenters.unknown(gaps, load_pack()) == ["Radiation to the chest", "Sex", "Resected"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (gap("not_in_pack", "schedule", name="diagnosis-not-in-pack:Chordoma"), "no schedule for Chordoma"),
        (gap("history_missing", "results", name="history:x", test_code="chest-ct"), "CT chest"),
    ],
)
def test_other_gaps_are_said_in_a_sentence(row: PlanGap, said: str) -> None:
    [sentence] = presenters.unknown([row], load_pack())
    assert said in sentence


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"value": Decimal("58"), "unit": "%"}, "58%"),
        ({"outcome": "normal"}, "normal"),
        ({"report": "Sent by the local clinic"}, "Sent by the local clinic"),
        ({}, "Done"),
    ],
)
def test_a_recorded_result_is_said_shortly(given: dict[str, Any], said: str) -> None:
    row = Result(test_code="echocardiogram", performed_on=MONDAY, **({"reference_range": "", "report": ""} | given))
    assert presenters.recorded_rows([row], load_pack()) == [["Echocardiogram", said]]


def test_completing_a_visit_names_the_next_date_or_that_there_is_none() -> None:
    visit = Visit(planned_on=MONDAY)
    said = presenters.completed_words(CompletedVisit(visit, date(2027, 11, 23)))
    assert said == "Visit completed. The next one is due November 23, 2027."
    assert presenters.completed_words(CompletedVisit(visit, None)).endswith("No further yearly visit is asked for.")
