"""A coordinator finds Ana on record twice, makes her one, and thinks better of it: in a browser, wide and on a phone."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser import NewPage, axe_violations, browser, click_through, new_page, no_horizontal_scroll, serving
from tests.web.test_duplicates import Desk, desk
from tracker.models import PairState

__all__ = ["browser", "desk", "new_page"]
pytestmark = pytest.mark.browser


def opened(desk: Desk, address: str, new_page: NewPage, width: int) -> Page:
    page = new_page(width, 900)
    cookie = desk.client.get_cookie(desk.app.config["SESSION_COOKIE_NAME"], domain="localhost")
    assert cookie is not None
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
    page.goto(f"{address}/duplicates")
    return page


def look(page: Page, name: str) -> None:
    """No barrier, nothing wider than the screen; a picture of it where TRACKER_PICTURES names a folder."""
    assert axe_violations(page) == [], name
    assert no_horizontal_scroll(page), name
    folder = os.environ.get("TRACKER_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def choose(page: Page, question: str, answer: str) -> None:
    page.get_by_role("group", name=question).get_by_label(answer).check()


@pytest.mark.parametrize("width", [1280, 360])
def test_two_records_are_made_one_and_taken_apart_again(desk: Desk, new_page: NewPage, width: int) -> None:
    with serving(desk.app) as address:
        page = opened(desk, address, new_page, width)
        look(page, f"list-{width}")
        click_through(page.get_by_role("link", name=re.compile(r"^Compare\b")))
        look(page, f"side-{width}")

        click_through(page.get_by_role("button", name="Continue"))
        assert page.locator(".nhsuk-error-summary a").count() == 2, "the birth date and the total are never guessed"
        look(page, f"refused-{width}")
        choose(page, "Which record stays?", "Record A-100")
        choose(page, "Date of birth", "Mar 5, 2007")
        choose(page, "Doxorubicin", "300 mg/m²")
        click_through(page.get_by_role("button", name="Continue"))
        look(page, f"confirm-{width}")
        page.get_by_label("How do you know that they are one person?").fill("The mother brought both letters")
        click_through(page.get_by_role("button", name="Make them one"))
        assert page.inner_text("h1").endswith("Ana Rivera")
        assert desk.pair.state == PairState.MERGED

        page.goto(f"{address}/survivors/{desk.anna.id}/history")
        assert page.url.endswith(f"/survivors/{desk.ana.id}/history"), "the old address leads to the one who stays"
        look(page, f"history-{width}")
        click_through(page.get_by_role("link", name=re.compile(r"^Take them apart\b")))
        look(page, f"undo-{width}")
        page.get_by_label("They are two people: never propose them again").check()
        page.get_by_label("How do you know?").fill("Both came today")
        click_through(page.get_by_role("button", name="Take apart"))
        assert "The records are two again" in page.inner_text("main")
        assert page.inner_text("h1").endswith("Anna Ribera")
        assert desk.pair.state == PairState.APART
