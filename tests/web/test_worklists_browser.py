"""A coordinator's morning in a real browser, wide and narrow, with and without JavaScript."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser import NewPage, axe_violations, browser, click_through, new_page, no_horizontal_scroll, serving
from tests.factories import make_contact, make_due_item, make_survivor, make_visit
from tests.web.staff import Staff
from tracker.models import Clinic, PlanGap, Role

__all__ = ["browser", "new_page"]
pytestmark = pytest.mark.browser
WIDTHS = (360, 1280, 1920)
Opener = Callable[..., Page]


@pytest.fixture
def staff(app_sqlite: Flask) -> Staff:
    return Staff(app_sqlite)


@pytest.fixture
def visit_id(staff: Staff) -> UUID:
    """Three survivors with long names and much due; one is at the clinic, one comes today."""
    with staff.writing() as session:
        clinic = session.get_one(Clinic, staff.clinic_id)
        made = []
        for given in ("Maximiliana-Guadalupe", "Ben", "Cleo"):
            survivor = make_survivor(
                session,
                clinic,
                given_name=given,
                family_name="Fernández-Villanueva Etxeberria",
                diagnosis="Acute lymphoblastic leukemia",
                has_plan=True,
                next_due_on=date(2026, 4, 23),
                next_overdue_on=date(2026, 7, 23),
            )
            make_contact(session, survivor, name="Maria de los Ángeles Fernández-Villanueva")
            for code in ("chest-ct", "echocardiogram", "skin-examination", "fatigue-screen", "pain-screen"):
                make_due_item(session, survivor, code, date(2026, 4, 23))
            for code in ("blood-pressure", "neck-palpation", "dental-examination"):
                make_due_item(session, survivor, code, date(2026, 12, 23))
            session.add(
                PlanGap(survivor_id=survivor.id, gap="x", missing=["chest_rt_gy"], consequence="treated_as_met")
            )
            made.append(survivor)
        make_visit(session, made[1], date(2026, 11, 23), 0)
        opened = make_visit(session, made[2], date(2026, 11, 23), 1)
        opened.status, opened.opened_at = "in_progress", opened.created_at
        return opened.id


@pytest.fixture
def address(staff: Staff, visit_id: UUID) -> Iterator[str]:
    with serving(staff.app) as found:
        yield found


@pytest.fixture
def opened(staff: Staff, address: str, new_page: NewPage) -> Opener:
    """A page of somebody signed in."""

    def open_as(role: Role, width: int = 1280, *, javascript: bool = True) -> Page:
        cookie = staff.client(role).get_cookie(staff.app.config["SESSION_COOKIE_NAME"], domain="localhost")
        assert cookie is not None
        page = new_page(width, javascript=javascript)
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
        return page

    return open_as


@pytest.mark.parametrize("width", WIDTHS)
def test_the_pages_of_a_clinic_day_are_accessible_and_fit_every_screen(
    opened: Opener, address: str, visit_id: UUID, width: int
) -> None:
    page = opened(Role.CLINICIAN, width)
    for path in (
        "/worklist",
        "/worklist?state=everyone",
        "/worklist?flag=predisposition",
        "/search?q=fernandez",
        "/search?q=zebra",
        "/visits/day",
        "/visits/day?on=2026-12-07",
        f"/visits/{visit_id}",
    ):
        page.goto(address + path)
        assert page.locator("h1").count() == 1, path
        assert axe_violations(page) == [], path
        assert no_horizontal_scroll(page), f"{path} at {width}"


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("javascript", [True, False])
def test_three_clicks_take_a_coordinator_from_the_list_to_a_booked_visit(
    opened: Opener, address: str, width: int, javascript: bool
) -> None:
    page = opened(Role.COORDINATOR, width, javascript=javascript)
    page.goto(f"{address}/worklist?state=overdue")
    click_through(page.get_by_role("link", name=re.compile(r"^Book\b")).first)
    if javascript:
        assert axe_violations(page) == []
    assert no_horizontal_scroll(page)
    click_through(page.get_by_role("link", name="Dec 7, 2026"))
    click_through(page.get_by_role("button", name="10:00 AM"))
    assert page.url == f"{address}/worklist?state=overdue"
    assert "Visit booked for Monday, December 7, 2026, 10:00 AM." in page.inner_text("main")
    assert page.get_by_role("link", name=re.compile(r"^Book\b")).count() == 0


def test_cancelling_moving_and_missing_have_pages_that_anyone_can_use(
    opened: Opener, address: str, visit_id: UUID
) -> None:
    page = opened(Role.COORDINATOR, 360)
    page.goto(f"{address}/visits/day")
    click_through(page.get_by_role("link", name=re.compile("^Sheet")).first)
    planned = page.url
    for act, heading in (("Move", "Move the visit"), ("Cancel", "Cancel the visit"), ("Did not come", "did not come")):
        page.goto(planned)
        click_through(page.get_by_role("link", name=act, exact=True))
        assert heading in page.inner_text("h1")
        assert axe_violations(page) == []
        assert no_horizontal_scroll(page)
    page.goto(f"{planned}/cancel")
    click_through(page.get_by_role("button", name="Cancel the visit"))
    assert "Enter why the visit is cancelled" in page.inner_text("main")
    assert axe_violations(page) == []


def test_a_day_prints_without_its_buttons(opened: Opener, address: str) -> None:
    page = opened(Role.CLINICIAN)
    page.goto(f"{address}/visits/day")
    expect(page.get_by_role("button", name="Open visit").first).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_text("Fernández-Villanueva").first).to_be_visible()
    expect(page.get_by_role("button", name="Open visit")).to_have_count(0)
    expect(page.get_by_text("Next clinic day")).to_be_hidden()
