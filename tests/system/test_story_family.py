"""A family on a phone: what is next, in plain words, for their own child only."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import click_through
from tests.system.demo import (
    CLINICIAN,
    COORDINATOR,
    DEMO_PARENT,
    PARENT,
    TEEN,
    Demo,
    about,
    follow,
    picture,
    press,
    said,
)

pytestmark = pytest.mark.browser
PHONE = (360, 740)
# For the survivor's own ears: the talks and questions that the guideline marks as confidential.
PRIVATE = ("Questions about how you feel", "Talk about healthy habits")


def bottom(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


def everything(page: Page) -> str:
    """All words of the page, the folded ones too."""
    return page.locator("main").text_content() or ""


def books_milo(demo: Demo) -> str:
    """The coordinator books Milo's visit for the next Monday; gives its time."""
    page = demo.opens(demo.signs_in(COORDINATOR), demo.known.milo)
    follow(page, "Book visit")
    follow(page, "Nov 30, 2026")
    first = page.locator("button[name=slot]").first
    at = first.inner_text()
    click_through(first)
    assert "Visit booked" in said(page)
    return at


def test_one_screen_of_a_phone_says_what_to_do_and_whom_to_call(demo: Demo) -> None:
    page = demo.signs_in(PARENT, *PHONE)
    assert page.inner_text("h1") == "Milo’s care"
    assert "It is time to plan the yearly check-up." in page.inner_text(".nhsuk-card")
    assert page.get_by_role("link", name="617-555-0100").get_attribute("href") == "tel:617-555-0100"
    assert bottom(page, ".nhsuk-card") <= 740, "no scrolling to know what is next"
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_a_booked_visit_is_said_with_day_time_place_and_what_to_bring(demo: Demo) -> None:
    at = books_milo(demo)
    page = demo.signs_in(PARENT, *PHONE)
    card = page.inner_text(".nhsuk-card").replace("\N{NO-BREAK SPACE}", " ")
    assert "Your visit is booked." in card
    time = at.replace("AM", "a.m.").replace("PM", "p.m.")
    assert f"Monday, November 30, 2026 at {time}" in card
    assert "1 Harbor Way, Boston" in card
    assert "Bring your list of medicines, and your questions." in card
    assert bottom(page, ".nhsuk-card") <= 740


def test_while_the_visit_goes_on_nobody_is_asked_to_plan_one(demo: Demo) -> None:
    page = demo.opens(demo.signs_in(CLINICIAN), demo.known.milo)
    follow(page, "Book visit")
    click_through(page.locator("button[name=slot]").first)
    follow(page, "Clinic day")
    click_through(about(page, "Open visit", "Milo Lindqvist"))
    family = demo.signs_in(PARENT, *PHONE)
    assert "Your visit is booked." in family.inner_text(".nhsuk-card")
    assert "Monday, November 23, 2026" in family.inner_text(".nhsuk-card")


def test_the_words_are_plain_and_each_check_says_why(demo: Demo) -> None:
    page = demo.signs_in(PARENT, *PHONE)
    words = everything(page)
    assert "Heart ultrasound" in words and "The reason is" in words
    for clinical in ("Echocardiogram", "anthracycline", "overdue", "Overdue", "echo-high", "mg/m²", "recurrence"):
        assert clinical not in words, clinical


def test_a_family_sees_no_other_child_and_no_page_of_the_clinic(demo: Demo) -> None:
    page = demo.signs_in(PARENT, *PHONE)
    assert page.get_by_role("search").count() == 0
    for path in (f"/care/{demo.known.ana}", f"/survivors/{demo.known.milo}", f"/survivors/{demo.known.ana}"):
        answer = page.goto(demo.address + path)
        assert answer is not None and answer.status in (403, 404), path
        assert "Rivera" not in page.inner_text("body")
    answer = page.goto(f"{demo.address}/care/{demo.known.ana}")
    assert answer is not None and answer.status == 404
    assert page.inner_text("h1") == "We could not find that page"
    follow(page, "Go to your first page")
    assert page.inner_text("h1") == "Milo’s care"


def test_what_is_confidential_is_the_teenagers_own(demo: Demo) -> None:
    own = everything(demo.signs_in(TEEN, *PHONE))
    parents = everything(demo.signs_in(PARENT, *PHONE))
    assert "Hello, Milo" in own
    for words in PRIVATE:
        assert words in own, words
        assert words not in parents, words


def test_the_invited_parent_signs_in_with_the_password_that_was_handed_over(demo: Demo) -> None:
    staff = demo.opens(demo.signs_in(COORDINATOR), demo.known.milo, "/contacts")
    staff.get_by_text("Invite the survivor or a parent").click()
    form = staff.locator("form", has=staff.get_by_role("button", name="Make the account"))
    form.get_by_role("radio").last.check()
    form.get_by_label("Name").fill("Per Lindqvist")
    form.get_by_label("Email").fill("per@milo.example")
    press(staff, "Make the account")
    handed = staff.locator("dd").last.inner_text()

    page = demo.visitor(*PHONE)
    page.goto(demo.address)
    page.get_by_label("Email address").fill("per@milo.example")
    page.get_by_label("Password", exact=True).fill(handed)
    press(page, "Sign in")
    assert page.inner_text("h1") == "Milo’s care"


def test_the_page_serves_without_javascript_and_signs_out(demo: Demo) -> None:
    page = demo.signs_in(DEMO_PARENT, *PHONE, javascript=False)
    picture(page, "family")
    assert page.inner_text("h1").endswith("’s care")
    page.get_by_text("Later", exact=True).click()
    expect(page.locator("#later li").first).to_be_visible()
    press(page, "Sign out")
    answer = page.goto(f"{demo.address}/care")
    assert answer is not None and page.url.startswith(f"{demo.address}/sign-in")
