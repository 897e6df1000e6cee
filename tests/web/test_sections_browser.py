"""The record's pages in a real browser: on a laptop and a phone, and a radiation course entered by keyboard alone."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser import (
    NewPage,
    axe_violations,
    browser,
    click_through,
    loading,
    new_page,
    no_horizontal_scroll,
    serving,
)
from tests.pictures import from_a_phone, make_photograph
from tests.web.section_forms import CHEST, Record, full
from tracker.clock import FixedClock
from tracker.services.sections.registry import SECTIONS

__all__ = ["browser", "new_page"]
pytestmark = pytest.mark.browser
WIDTHS = (360, 1280)


class Desk:
    """The application served, and a page signed in to it."""

    def __init__(self, record: Record, address: str, new_page: NewPage) -> None:
        self.record, self.address, self.new_page = record, address, new_page

    def open(self, endpoint: str, width: int = 1280, *, javascript: bool = True, **values: object) -> Page:
        page = self.new_page(width, javascript=javascript)
        name = self.record.app.config["SESSION_COOKIE_NAME"]
        cookie = self.record.client.get_cookie(name, domain="localhost")
        assert cookie is not None
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.address}])
        page.goto(self.address + self.record.path(endpoint, **values))
        return page


@pytest.fixture
def desk(app_sqlite: Flask, clock: FixedClock, new_page: NewPage) -> Iterator[Desk]:
    app_sqlite.config["WTF_CSRF_ENABLED"] = True
    record = Record(app_sqlite, clock)
    with serving(app_sqlite) as address:
        yield Desk(record, address, new_page)


def fill(record: Record) -> None:
    """One entry in every part of the record, and a photograph."""
    record.app.config["WTF_CSRF_ENABLED"] = False
    for key, section in SECTIONS.items():
        record.told(record.add(key, **full(section, record.diagnosis_id)))
    record.app.config["WTF_CSRF_ENABLED"] = True
    with record.writing() as (session, survivor):
        make_photograph(session, survivor, record.app.extensions["tracker_clock"])


def look(page: Page, where: str, widths: tuple[int, ...] = WIDTHS) -> None:
    """No barrier and nothing wider than the screen, on a phone and on a laptop."""
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        assert no_horizontal_scroll(page), f"{where} at {width}"
        assert axe_violations(page) == [], f"{where} at {width}"


def test_the_pages_of_every_part_fit_and_have_no_barrier(desk: Desk) -> None:
    fill(desk.record)
    page = desk.open("sections.index")
    look(page, "contents")
    for key in SECTIONS:
        [row] = desk.record.rows(key)
        page.goto(desk.address + desk.record.path("sections.edit", key=key, entry_id=row.id))
        page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
        look(page, f"change {key}")
        page.goto(desk.address + desk.record.path("sections.show", key=key))
        look(page, f"list of {key}", widths=(360,))


def test_photographs_are_seen_in_the_page_and_fit_it(desk: Desk) -> None:
    fill(desk.record)
    page = desk.open("attachments.index")
    expect(page.locator("img.app-photograph")).to_have_js_property("complete", True)
    assert page.locator("img.app-photograph").evaluate("picture => picture.naturalWidth") == 40
    look(page, "photographs")
    page.goto(desk.address + desk.record.path("attachments.new"))
    look(page, "add a photograph")
    page.get_by_label("What it shows").fill("Mole on the left shoulder")
    page.locator("input[type=file]").set_input_files(
        {"name": "mole.jpg", "mimeType": "image/jpeg", "buffer": from_a_phone()}
    )
    click_through(page.get_by_role("button", name="Keep photograph"))
    expect(page.locator(".app-notice")).to_contain_text("“Mole on the left shoulder” is kept")


def test_a_radiation_course_with_its_organs_is_entered_by_keyboard_alone(desk: Desk) -> None:
    page = desk.open("sections.new", key="radiation")
    page.locator("#fields").focus()
    keys = page.keyboard
    keys.type(CHEST.label)
    for _box in range(4):
        keys.press("Tab")
    keys.press("Tab")  # past the side
    keys.type("4500")
    keys.press("Tab")
    keys.type("c")  # cGy
    keys.press("Tab")
    keys.type("25")
    _tab_to(page, "act", "show")
    with loading(page):
        keys.press("Enter")
    expect(page.locator("#dose_gy-hint")).to_contain_text("4500 cGy is 45 Gy")
    first = page.locator("#organs input[type=checkbox]").first
    expect(first).to_be_checked()
    spared = first.get_attribute("value") or ""
    look(page, "organs shown")
    _tab_to(page, "organs", spared)
    keys.press("Space")
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Tab")
    keys.type("12.5")
    with loading(page):
        keys.press("Enter")
    expect(page.locator(".app-notice--success")).to_contain_text("Radiation course recorded.")
    row = desk.record.only("radiation")
    assert (row.fields, row.dose_gy, row.fractions) == ([CHEST.code], 45, 25)
    assert spared not in row.organs and [dose for dose in row.organs.values() if dose] == ["12.5"]


def _tab_to(page: Page, name: str, value: str) -> None:
    """Press Tab until the control of this name and value has the focus."""
    for _press in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("[document.activeElement.name, document.activeElement.value]") == [name, value]:
            return
    raise AssertionError(f"the keyboard never reached {name}={value}")


def test_all_of_it_works_without_a_script_too(desk: Desk) -> None:
    page = desk.open("sections.new", 360, javascript=False, key="radiation")
    page.locator("#fields").fill(CHEST.label)
    click_through(page.get_by_role("button", name="Show the organs in these fields"))
    boxes = page.locator("#organs > fieldset > ul input[type=checkbox]")
    expect(boxes).to_have_count(len(CHEST.organ_exposures))
    boxes.first.uncheck()
    click_through(page.get_by_role("button", name="Save", exact=True).last)
    expect(page.locator(".app-notice--success")).to_contain_text("Radiation course recorded.")
    assert len(desk.record.only("radiation").organs) == len(CHEST.organ_exposures) - 1


def test_what_was_refused_leads_from_the_summary_to_its_box(desk: Desk) -> None:
    page = desk.open("sections.new", key="drugs")
    page.locator("#agent").fill("rubicin")
    page.locator("#dose").fill("much")
    page.locator("#dose").press("Enter")
    expect(page.locator(".nhsuk-error-summary")).to_be_visible()
    page.locator(".nhsuk-error-summary a").first.click()
    expect(page.locator("#dose")).to_be_focused()
    look(page, "refused")
