"""Sign-in, administrator's and family's pages in a real browser: no fault for assistive technology, on phone and desk."""

import secrets
from collections.abc import Iterator

import pytest
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
    unfold,
)
from tests.factories import PASSWORD
from tests.hashing import light_hashing
from tests.web.worlds import Worlds, built, shared_app, worlds
from tracker.services import user_sessions

__all__ = ["browser", "built", "light_hashing", "new_page", "shared_app", "worlds"]
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("light_hashing")]
WIDTHS = [360, 1280]
PAGES = {
    "administrator": ["/admin/users", "/admin/users/new", "/admin/clinics", "/admin/clinics/new", "/admin/jobs"],
    "clinician": ["/workplace", "/admin/users", "/nowhere"],
    "survivor": ["/care/{survivor}"],
    "proxy": ["/care/{survivor}", "/worklist"],
}


@pytest.fixture
def address(worlds: Worlds) -> Iterator[str]:
    with serving(worlds.app) as url:
        yield url


def sign_in(page: Page, worlds: Worlds, address: str, role: str) -> None:
    """Give the browser the cookie that signing in would have left."""
    token, user = secrets.token_urlsafe(32), worlds.mine.users[role]
    with worlds.database.transaction() as session:
        user_sessions.begin(session, token, {"_user_id": str(user.id)}, user.id, clock=worlds.clock)
    page.context.add_cookies([{"name": "tracker", "value": token, "url": address}])


@pytest.mark.parametrize("role", PAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_serves_everybody_on_phone_and_desk(
    worlds: Worlds, address: str, new_page: NewPage, role: str, width: int
) -> None:
    page = new_page(width)
    sign_in(page, worlds, address, role)
    for path in PAGES[role]:
        page.goto(address + path.format(survivor=worlds.mine.survivor.id))
        assert axe_violations(page) == [], path
        assert no_horizontal_scroll(page), path


@pytest.mark.parametrize("width", WIDTHS)
def test_the_pack_and_a_person_serve_everybody_too(worlds: Worlds, address: str, new_page: NewPage, width: int) -> None:
    page = new_page(width)
    sign_in(page, worlds, address, "administrator")
    page.goto(f"{address}/admin/pack")
    unfold(page.locator("details", has=page.get_by_role("heading", name="Sources")))
    assert axe_violations(page) == []
    assert no_horizontal_scroll(page)
    page.goto(f"{address}/admin/users/{worlds.mine.user.id}")
    assert axe_violations(page) == []
    assert no_horizontal_scroll(page)


@pytest.mark.parametrize("javascript", [True, False])
def test_signing_in_by_keyboard_after_a_mistake(
    worlds: Worlds, address: str, new_page: NewPage, javascript: bool
) -> None:
    page = new_page(360, javascript=javascript)
    page.goto(f"{address}/admin/jobs")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Email address").fill(worlds.mine.users["administrator"].email)
    page.get_by_label("Password", exact=True).fill("not the password")
    with loading(page):
        page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    expect(page.get_by_label("Email address")).to_have_value(worlds.mine.users["administrator"].email)
    if javascript:
        assert axe_violations(page) == []
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    with loading(page):
        page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Job runs")).to_be_visible()
    click_through(page.get_by_role("button", name="Sign out"))
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_family_sees_what_is_next_without_scrolling_on_a_phone(
    worlds: Worlds, address: str, new_page: NewPage
) -> None:
    page = new_page(360, height=740)
    sign_in(page, worlds, address, "proxy")
    page.goto(f"{address}/care/{worlds.mine.survivor.id}")
    for words in ("Your visit is booked.", "Monday, November 30, 2026", "617-555-0100"):
        box = page.get_by_text(words).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 740, words


def test_adding_a_colleague_who_is_administrator_and_clinician(worlds: Worlds, address: str, new_page: NewPage) -> None:
    page = new_page()
    sign_in(page, worlds, address, "administrator")
    page.goto(f"{address}/admin/users")
    click_through(page.get_by_role("button", name="Add a person").or_(page.get_by_role("link", name="Add a person")))
    page.get_by_label("Name", exact=True).fill("Noor Haddad")
    page.get_by_label("Email address").fill("noor@clinic.example")
    page.get_by_label("Clinician").check()
    page.get_by_label("Administrator").check()
    page.get_by_label("First password").fill(PASSWORD)
    click_through(page.get_by_role("button", name="Add this person"))
    expect(page.get_by_text("Noor Haddad can sign in now.")).to_be_visible()
    expect(page.get_by_text("Administrator, Clinician")).to_be_visible()
