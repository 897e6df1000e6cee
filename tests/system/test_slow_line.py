"""What the browser tests lean on: however slow the line, ``click_through`` ends on the whole of the next page."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.browser import NewPage, axe_violations, click_through, no_horizontal_scroll, serving

pytestmark = pytest.mark.browser
ROWS = 400
PAGE = """<!doctype html><html lang="en"><head><title>{title}</title></head><body><main><h1>{title}</h1>
<form method="post" action="/press"><button>Press</button></form><ul>{rows}</ul></main></body></html>"""


def an_app() -> Flask:
    """A short page with a button; pressing it leads, by way of another address, to a long page with the same button."""
    app = Flask("slow")
    app.add_url_rule("/", "first", lambda: PAGE.format(title="First", rows="<li>only</li>"))
    app.add_url_rule("/press", "press", lambda: ("", 303, {"Location": "/second"}), methods=["POST"])
    app.add_url_rule("/second", "second", lambda: PAGE.format(title="Second", rows="<li>one of many</li>" * ROWS))
    return app


@pytest.fixture(params=["0.3", "0,0.3", "0,0,0.3", "0.1,0.1,0.1"])
def address(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TRACKER_TEST_LAG", request.param)
    with serving(an_app()) as url:
        yield url


@pytest.mark.parametrize("javascript", [True, False])
def test_after_a_press_the_next_page_is_there_to_its_last_row(
    address: str, new_page: NewPage, javascript: bool
) -> None:
    page = new_page(javascript=javascript)
    page.goto(address)
    click_through(page.get_by_role("button"))
    assert page.locator("li").count() == ROWS
    assert (page.url, page.title()) == (f"{address}/second", "Second")


def test_what_is_asked_of_a_page_waits_until_it_has_loaded(address: str, new_page: NewPage) -> None:
    page = new_page()
    for question in (no_horizontal_scroll, lambda page: axe_violations(page) == []):
        page.goto(f"{address}/second", wait_until="commit")
        assert question(page)
        assert page.locator("li").count() == ROWS
