"""The treatment summary in a real browser: two sides of letter paper, no barrier, nothing wider than a phone."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser import NewPage, axe_violations, browser, click_through, new_page, no_horizontal_scroll, serving
from tests.integration.given_entries import give_drug
from tests.integration.summary_cases import leiomyosarcoma, relapsed_leukemia
from tests.web.staff import Staff
from tracker.clock import FixedClock
from tracker.models import Clinic, Role, Survivor
from tracker.services import editions

__all__ = ["browser", "new_page"]
pytestmark = pytest.mark.browser
WIDTHS = (360, 1280)
# A letter sheet in points.
LETTER = re.compile(rb"/MediaBox\s*\[\s*0\s+0\s+612\s+792\s*\]")
SIDE = re.compile(rb"/Type\s*/Page\b")
Make = Callable[..., Survivor]


@pytest.fixture
def staff(app_sqlite: Flask) -> Staff:
    return Staff(app_sqlite)


def made(staff: Staff, make: Make, clock: FixedClock) -> UUID:
    with staff.writing() as session:
        return make(session, clock, session.get_one(Clinic, staff.clinic_id)).id


def signed_in(staff: Staff, address: str, new_page: NewPage, width: int = 1280) -> Page:
    cookie = staff.client(Role.CLINICIAN).get_cookie(staff.app.config["SESSION_COOKIE_NAME"], domain="localhost")
    assert cookie is not None
    page = new_page(width)
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
    return page


@pytest.mark.parametrize("make", [leiomyosarcoma, relapsed_leukemia])
def test_a_usual_case_is_printed_on_two_sides_of_letter_paper(
    staff: Staff, new_page: NewPage, clock: FixedClock, make: Make
) -> None:
    survivor_id = made(staff, make, clock)
    with serving(staff.app) as address:
        page = signed_in(staff, address, new_page)
        page.goto(f"{address}/survivors/{survivor_id}/summary/print")
        expect(page.locator(".app-paper")).to_be_visible()
        pdf = page.pdf(prefer_css_page_size=True)
    assert len(SIDE.findall(pdf)) == 2
    assert LETTER.search(pdf)


def test_paper_shows_the_sheet_alone_in_two_columns(staff: Staff, new_page: NewPage, clock: FixedClock) -> None:
    survivor_id = made(staff, leiomyosarcoma, clock)
    with serving(staff.app) as address:
        page = signed_in(staff, address, new_page, 816)
        page.goto(f"{address}/survivors/{survivor_id}/summary/print")
        expect(page.locator(".app-header")).to_be_visible()
        expect(page.locator(".app-paper__foot")).to_be_hidden()
        page.emulate_media(media="print")
        for hidden in (".app-header", ".app-footer", ".app-banner >> nth=0", ".nhsuk-back-link"):
            expect(page.locator(hidden)).to_be_hidden()
        expect(page.locator(".app-paper__foot")).to_be_visible()
        columns = page.locator(".app-paper__columns")
        assert columns.evaluate("each => getComputedStyle(each).columnCount") == "2"
        assert columns.locator("li").first.evaluate("each => parseFloat(getComputedStyle(each).fontSize)") >= 12


def test_the_pages_have_no_barrier_and_fit_every_screen(staff: Staff, new_page: NewPage, clock: FixedClock) -> None:
    survivor_id = made(staff, relapsed_leukemia, clock)
    with staff.writing() as session:
        survivor = session.get_one(Survivor, survivor_id)
        editions.begin(session, survivor, clock)
        give_drug(session, survivor, 90, agent="doxorubicin")
        survivor.interpreter_needed = "no"
        editions.keep_edition(
            session, survivor, change="drugs.recorded", reason="Found", actor=editions.NOBODY, clock=clock
        )
    clock.advance(timedelta(days=1))
    with serving(staff.app) as address:
        page = signed_in(staff, address, new_page)
        for path in ("", "/print", "/compare", "?on=2026-11-23", "/compare?from=x"):
            page.goto(f"{address}/survivors/{survivor_id}/summary{path}")
            for part in page.locator("main details").all():
                part.evaluate("part => part.open = true")
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                assert no_horizontal_scroll(page), f"{path} at {width}"
                assert axe_violations(page) == [], f"{path} at {width}"


def test_from_the_survivors_page_to_the_sum_behind_a_dose_and_back(
    staff: Staff, new_page: NewPage, clock: FixedClock
) -> None:
    survivor_id = made(staff, relapsed_leukemia, clock)
    with serving(staff.app) as address:
        page = signed_in(staff, address, new_page)
        page.goto(f"{address}/survivors/{survivor_id}")
        click_through(page.get_by_role("link", name="Whole treatment summary"))
        total = page.get_by_role("row", name="Doxorubicin-equivalent anthracycline dose")
        expect(total).to_contain_text("75 + 0.6 × 120 + 10 × 20 = 347 mg/m²")
        total.locator("summary").click()
        expect(total).to_contain_text("Daunorubicin: 120 × 0.6 = 72")
        click_through(page.get_by_role("link", name="Add cancer medicine"))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.go_back()
        click_through(page.get_by_role("link", name="Enter it").first)
        assert re.search(r"/record/drugs/[0-9a-f-]{36}$", page.url)
