"""Every component in a real browser: without faults for assistive technology, and never wider than the window."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import NewPage, axe_violations, browser, new_page, no_horizontal_scroll, serving
from tests.web.gallery import make_gallery_app

__all__ = ["browser", "new_page"]
pytestmark = pytest.mark.browser
WIDTHS = [360, 768, 1280, 1920]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(make_gallery_app()) as url:
        yield url


@pytest.mark.parametrize("path", ["/", "/rejected", "/error/404"])
@pytest.mark.parametrize("width", [360, 1280])
def test_assistive_technology_finds_no_fault(address: str, new_page: NewPage, path: str, width: int) -> None:
    page = new_page(width)
    page.goto(address + path)
    assert axe_violations(page) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_is_never_wider_than_the_window(address: str, new_page: NewPage, width: int) -> None:
    page = new_page(width)
    page.goto(address + "/rejected")
    assert no_horizontal_scroll(page)


@pytest.mark.parametrize("width", [360, 1280])
def test_everything_is_there_without_javascript(address: str, new_page: NewPage, width: int) -> None:
    page = new_page(width, javascript=False)
    page.goto(address)
    page.get_by_text("Why: MRI abdomen").click()
    expect(page.get_by_text("every 3 to 6 months")).to_be_hidden()
    page.get_by_text("Why: exam").click()
    expect(page.get_by_text("Every year because of doxorubicin")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_what_an_answer_asks_for_shows_when_it_is_chosen(address: str, new_page: NewPage, javascript: bool) -> None:
    page = new_page(javascript=javascript)
    page.goto(address)
    where = page.get_by_label("Where", exact=True)
    expect(where).to_be_hidden()
    page.get_by_label("Done elsewhere, report seen").check()
    expect(where).to_be_visible()
    expect(where).to_have_value("first line\n  second line")
    page.get_by_label("Done here").check()
    expect(where).to_be_hidden()


def test_a_rejected_form_puts_the_reader_on_the_summary_and_then_in_the_box(address: str, new_page: NewPage) -> None:
    page = new_page()
    page.goto(address + "/rejected")
    expect(page.locator(".nhsuk-error-summary")).to_be_focused()
    page.get_by_role("link", name="Enter who read it").click()
    expect(page.locator("#reader")).to_be_focused()
    assert page.title().startswith("Error: ")


def test_the_keyboard_reaches_the_content_first_and_scrolls_a_wide_table(address: str, new_page: NewPage) -> None:
    page = new_page(360)
    page.goto(address)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    region = page.get_by_role("region", name="Survivors to call")
    region.focus()
    page.keyboard.press("ArrowRight")
    expect(region).not_to_have_js_property("scrollLeft", 0)


def test_a_password_can_be_looked_at(address: str, new_page: NewPage) -> None:
    page = new_page()
    page.goto(address)
    box = page.get_by_label("New password")
    expect(box).to_have_attribute("type", "password")
    page.locator("[aria-controls=new_password]").click()
    expect(box).to_have_attribute("type", "text")


def test_paper_shows_the_proofs_and_none_of_the_buttons(address: str, new_page: NewPage) -> None:
    page = new_page()
    page.goto(address)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.get_by_text("Every year because of doxorubicin")).to_be_visible()
    expect(page.get_by_text("Log a result")).to_be_hidden()
    expect(page.get_by_role("search")).to_be_hidden()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    expect(page.get_by_text("Every year because of doxorubicin")).to_be_hidden()


def test_text_is_never_smaller_than_16_pixels(address: str, new_page: NewPage) -> None:
    page = new_page(360)
    page.goto(address + "/rejected")
    assert too_small(page) == []


def too_small(page: Page) -> list[str]:
    found = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(e =>
             [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) &&
             parseFloat(getComputedStyle(e).fontSize) < 16).map(e => e.outerHTML.slice(0, 120))"""
    )
    return [str(one) for one in found]


def test_forced_colors_and_less_motion_change_nothing_that_is_said(address: str, new_page: NewPage) -> None:
    page = new_page(forced_colors="active", reduced_motion="reduce")
    page.goto(address)
    expect(page.get_by_text("Overdue").first).to_be_visible()
    border = page.evaluate("getComputedStyle(document.querySelector('.app-tag--accent')).borderTopWidth")
    assert border == "1px"
