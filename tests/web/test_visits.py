"""Booking from the worklist, the day's list, and holding a visit."""

import re
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import make_due_item, make_survivor, make_visit
from tests.web.staff import Staff
from tests.web.test_worklists import accesses, link, text_of
from tracker.clock import FixedClock
from tracker.models import Clinic, PlanGap, Result, Role, Survivor, Visit

MONDAY = date(2026, 11, 23)


@pytest.fixture
def staff(app_sqlite: Flask) -> Staff:
    return Staff(app_sqlite)


@pytest.fixture
def coordinator(staff: Staff) -> FlaskClient:
    return staff.client(Role.COORDINATOR)


@pytest.fixture
def clinician(staff: Staff) -> FlaskClient:
    return staff.client(Role.CLINICIAN)


@pytest.fixture
def survivor_id(staff: Staff) -> UUID:
    return add(staff)


def add(staff: Staff, **given: Any) -> UUID:
    dates: dict[str, Any] = {"has_plan": True, "next_due_on": date(2026, 10, 3), "next_overdue_on": date(2027, 1, 1)}
    with staff.writing() as session:
        survivor = make_survivor(session, session.get_one(Clinic, staff.clinic_id), **(dates | given))
        make_due_item(session, survivor, "skin-examination", date(2026, 10, 3))
        make_due_item(session, survivor, "echocardiogram", date(2026, 10, 3))
        return survivor.id


def booked(staff: Staff, survivor_id: UUID, on: date = MONDAY, slot: int = 0, **given: Any) -> UUID:
    with staff.writing() as session:
        return make_visit(session, session.get_one(Survivor, survivor_id), on, slot, **given).id


def only_visit(staff: Staff) -> Visit:
    with staff.store.reading() as session:
        return session.scalars(sa.select(Visit)).one()


def times_on(page: str) -> list[str]:
    """The numbers of the times that can be pressed."""
    buttons = re.findall(r"<button[^>]*>", page)
    return [
        found[1] for button in buttons if 'name="slot"' in button and (found := re.search(r'value="(\d+)"', button))
    ]


def test_two_clicks_from_the_worklist_book_the_next_clinic_day(
    staff: Staff, coordinator: FlaskClient, survivor_id: UUID
) -> None:
    worklist = coordinator.get("/worklist?flag=late_effects").text
    choice = coordinator.get(link(worklist, "Book"))
    assert "Monday, November 23, 2026" in choice.text
    assert times_on(choice.text) == ["0", "1", "2", "3"]
    back = re.search(r'name="next" value="([^"]+)"', choice.text)
    assert back is not None
    form = {"planned_on": "2026-11-23", "slot": "1", "next": back[1].replace("&amp;", "&")}
    answer = coordinator.post(f"/survivors/{survivor_id}/visits/new", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/worklist?flag=late_effects")
    visit = only_visit(staff)
    assert (visit.planned_on, visit.slot, visit.status) == (MONDAY, 1, "planned")
    page = coordinator.get(answer.headers["Location"]).text
    assert "Visit booked for Monday, November 23, 2026, 9:30 AM." in page
    assert "Nobody fits these filters" in page


def test_a_third_click_chooses_another_day(staff: Staff, coordinator: FlaskClient, survivor_id: UUID) -> None:
    booked(staff, add(staff, given_name="Ben"), date(2026, 12, 7), 2)
    choice = coordinator.get(f"/survivors/{survivor_id}/visits/new").text
    assert "3 of 4 free" in text_of(choice)
    other = coordinator.get(link(choice, "Dec 7, 2026")).text
    assert "Monday, December 7, 2026" in other
    assert times_on(other) == ["0", "1", "3"]
    assert "10:00 AM taken" in text_of(other)
    answer = coordinator.post(f"/survivors/{survivor_id}/visits/new", data={"planned_on": "2026-12-07", "slot": "3"})
    assert answer.headers["Location"] == f"/survivors/{survivor_id}"


def test_booking_never_leads_to_another_site(staff: Staff, coordinator: FlaskClient, survivor_id: UUID) -> None:
    form = {"planned_on": "2026-11-30", "slot": "0", "next": "https://example.invalid/"}
    answer = coordinator.post(f"/survivors/{survivor_id}/visits/new", data=form)
    assert answer.headers["Location"] == f"/survivors/{survivor_id}"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"planned_on": "2026-11-24", "slot": "0"}, "The clinic is held on Mondays"),
        ({"planned_on": "2026-11-16", "slot": "0"}, "This day has passed"),
        ({"planned_on": "2026-11-30", "slot": "2"}, "That time was just taken. Choose another"),
        ({"planned_on": "2026-11-30", "slot": "99"}, "Choose one of the times of that day"),
        ({"planned_on": "2026-11-30"}, "Choose one of the times of that day"),
        ({"slot": "1"}, "Choose a clinic day"),
        ({"planned_on": "soon", "slot": "x"}, "There is a problem"),
    ],
)
def test_a_booking_that_cannot_be_is_refused_on_the_same_page(
    staff: Staff, coordinator: FlaskClient, survivor_id: UUID, form: dict[str, str], said: str
) -> None:
    booked(staff, add(staff, given_name="Ben"), date(2026, 11, 30), 2)
    answer = coordinator.post(f"/survivors/{survivor_id}/visits/new", data=form | {"next": "/worklist?state=due"})
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="/worklist?state=due"' in answer.text
    if form.get("planned_on") == "2026-11-30":
        assert "Monday, November 30, 2026" in answer.text


def test_who_is_booked_already_is_not_offered_a_time(staff: Staff, coordinator: FlaskClient, survivor_id: UUID) -> None:
    visit_id = booked(staff, survivor_id, date(2026, 12, 7))
    page = coordinator.get(f"/survivors/{survivor_id}/visits/new").text
    assert times_on(page) == []
    assert link(page, "Open it to move") == f"/visits/{visit_id}"


def test_the_days_list_says_who_comes_and_what_to_prepare(
    staff: Staff, coordinator: FlaskClient, survivor_id: UUID
) -> None:
    booked(staff, survivor_id, slot=1)
    with staff.writing() as session:
        gap = PlanGap(survivor_id=survivor_id, gap="x", missing=["chest_rt_gy"], consequence="treated_as_met")
        session.add(gap)
    page = coordinator.get("/visits/day").text
    shown = text_of(page)
    assert "Monday, November 23, 2026" in shown
    assert "1 visit · today" in shown
    for words in ("9:30 AM", "Ana Rivera", "Skin examination", "Echocardiogram", "Planned"):
        assert words in shown
    assert "Radiation to the chest" in shown
    assert link(page, "Next clinic day") == "/visits/day?on=2026-11-30"
    assert link(page, "Previous clinic day") == "/visits/day?on=2026-11-16"
    assert accesses(staff) == [(survivor_id, "clinic day")]


@pytest.mark.parametrize("on", ["2026-11-30", "nonsense", "9999-12-31", "0001-01-01", ""])
def test_a_day_without_visits_says_what_to_do_and_nonsense_is_no_error(coordinator: FlaskClient, on: str) -> None:
    page = coordinator.get(f"/visits/day?on={on}")
    assert page.status_code == 200
    assert "Nobody is booked for this day" in page.text


def test_only_a_clinician_is_offered_to_open_the_visit(
    staff: Staff, coordinator: FlaskClient, clinician: FlaskClient, survivor_id: UUID
) -> None:
    visit_id = booked(staff, survivor_id)
    for path in ("/visits/day", f"/visits/{visit_id}"):
        assert "Open visit" not in coordinator.get(path).text
        assert "Open visit" in clinician.get(path).text
    for page in (coordinator.get(f"/visits/{visit_id}").text, clinician.get(f"/visits/{visit_id}").text):
        assert link(page, "Move") == f"/visits/{visit_id}/move"
        assert link(page, "Did not come") == f"/visits/{visit_id}/missed"


def test_a_clinician_opens_a_visit_records_against_what_is_due_and_completes_it(
    staff: Staff, clinician: FlaskClient, survivor_id: UUID
) -> None:
    visit_id = booked(staff, survivor_id)
    before = clinician.get(f"/visits/{visit_id}").text
    assert "Record" not in text_of(before)
    answer = clinician.post(f"/visits/{visit_id}/open")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/visits/{visit_id}")
    sheet = clinician.get(f"/visits/{visit_id}").text
    assert "At the visit" in sheet and "By order" in sheet
    record = link(sheet, "Record")
    assert record.startswith(f"/survivors/{survivor_id}/results/new")
    assert f"visit={visit_id}" in record and "item=" in record
    answer = clinician.post(f"/visits/{visit_id}/complete", data={"note": "Doing well"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/survivors/{survivor_id}")
    visit = only_visit(staff)
    assert (visit.status, visit.note) == ("completed", "Doing well")
    with staff.store.reading() as session:
        assert session.scalars(sa.select(Result.test_code)).all() == ["survivorship-clinic-visit"]
    after = text_of(clinician.get(f"/visits/{visit_id}").text)
    assert "Completed" in after and "Doing well" in after and "Survivorship clinic visit Result Done" in after


def test_a_walk_in_is_opened_from_the_booking_page(
    staff: Staff, coordinator: FlaskClient, clinician: FlaskClient, survivor_id: UUID
) -> None:
    path = f"/survivors/{survivor_id}/visits/new"
    assert "Open a visit now" not in coordinator.get(path).text
    assert "Open a visit now" in clinician.get(path).text
    answer = clinician.post(f"/survivors/{survivor_id}/visits/walk-in")
    visit = only_visit(staff)
    assert answer.headers["Location"] == f"/visits/{visit.id}"
    assert "Walk-in" in clinician.get(answer.headers["Location"]).text


def test_cancelling_needs_a_reason_and_keeps_the_page(
    staff: Staff, coordinator: FlaskClient, survivor_id: UUID
) -> None:
    path = f"/visits/{booked(staff, survivor_id)}/cancel"
    assert coordinator.get(path).status_code == 200
    refused = coordinator.post(path, data={"reason": " "})
    assert refused.status_code == 422
    assert "Enter why the visit is cancelled" in refused.text
    assert only_visit(staff).status == "planned"
    assert coordinator.post(path, data={"reason": "School exams"}).status_code == 303
    assert (only_visit(staff).status, only_visit(staff).note) == ("cancelled", "School exams")


def test_a_missed_visit_brings_the_survivor_back_to_the_worklist(
    staff: Staff, coordinator: FlaskClient, survivor_id: UUID
) -> None:
    path = f"/visits/{booked(staff, survivor_id)}/missed"
    assert coordinator.get(path).status_code == 200
    assert coordinator.post(path, data={"note": "No answer"}).status_code == 303
    assert only_visit(staff).status == "missed"
    assert "Ana Rivera" in coordinator.get("/worklist").text


def test_moving_shows_the_days_and_moves(staff: Staff, coordinator: FlaskClient, survivor_id: UUID) -> None:
    visit_id = booked(staff, survivor_id)
    page = coordinator.get(f"/visits/{visit_id}/move").text
    other = coordinator.get(link(page, "Dec 14, 2026")).text
    assert times_on(other) == ["0", "1", "2", "3"]
    answer = coordinator.post(f"/visits/{visit_id}/move", data={"planned_on": "2026-12-14", "slot": "2"})
    assert (answer.status_code, only_visit(staff).planned_on) == (303, date(2026, 12, 14))
    assert "Visit moved to Monday, December 14, 2026, 10:00 AM." in coordinator.get(answer.headers["Location"]).text
    refused = coordinator.post(f"/visits/{visit_id}/move", data={"planned_on": "2026-12-15", "slot": "2"})
    assert refused.status_code == 422
    assert "The clinic is held on Mondays" in refused.text


def test_an_act_on_a_visit_that_is_over_is_refused_with_a_sentence(
    staff: Staff, clinician: FlaskClient, survivor_id: UUID, clock: FixedClock
) -> None:
    visit_id = booked(staff, survivor_id, status="cancelled")
    for act in ("open", "complete"):
        answer = clinician.post(f"/visits/{visit_id}/{act}")
        assert answer.status_code == 422
        assert "This visit was cancelled" in answer.text
