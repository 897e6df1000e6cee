"""Every page, empty or full or refusing what was typed, on a phone, a laptop and a wide screen."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import ConsoleMessage, Page

from tests.browser import NewPage, axe_violations, loading, no_horizontal_scroll, serving
from tests.system.demo import CLINICIAN, COORDINATOR, DEMO_PARENT, Demo
from tests.web.access.table import Row
from tests.web.worlds import ROWS, Worlds, built, shared_app, worlds

__all__ = ["built", "shared_app", "worlds"]
pytestmark = pytest.mark.browser
WIDTHS = (360, 1280, 1920)
HEIGHT = 900
# The browser notes each refused request; that the answer is a page saying why is what is looked at here.
EXPECTED = "Failed to load resource: the server responded with a status of 4"
# Everything that can be typed is emptied and every date made impossible; returns whether there was anything.
SPOIL = """form => {
  const boxes = [...form.querySelectorAll('input:not([type=hidden]), textarea')].filter(each => each.name);
  for (const box of boxes) {
    if (box.type === 'radio' || box.type === 'checkbox') box.checked = false;
    else box.value = /-(month|day|year)$/.test(box.name) ? '99' : '';
  }
  return boxes.length > 0;
}"""
# Forms in which nothing can be wrong: a note that may be left out, roles of which there may be none.
NOTHING_TO_REFUSE = {"visits.complete", "visits.missed", "admin.update_user"}
# A page that first asks which test has its form behind the answer.
ALSO = {"results.new": "?test=echocardiogram", "overrides.new": "?test=echocardiogram&action=defer"}
Check = Callable[..., None]


@pytest.fixture
def check() -> Iterator[Check]:
    """Look at the page as it stands, in each width: no barrier, nothing wider than the screen, one heading."""

    def look(page: Page, where: str, widths: tuple[int, ...] = WIDTHS) -> None:
        assert page.locator("h1").count() == 1, where
        for width in widths:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            assert no_horizontal_scroll(page), f"{where} at {width}"
            assert axe_violations(page) == [], f"{where} at {width}"

    yield look


def watched(page: Page) -> list[str]:
    """What goes wrong in the page's own scripts, as it happens."""
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(EXPECTED):
            complaints.append(f"{page.url}: {message.text}")

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    return complaints


def signed_in(worlds: Worlds, address: str, role: str | None, new_page: NewPage) -> Page:
    page = new_page(1280, HEIGHT)
    if role is not None:
        cookie = worlds.client(role).get_cookie(worlds.app.config["SESSION_COOKIE_NAME"], domain="localhost")
        assert cookie is not None
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
    return page


def pages_of(worlds: Worlds, role: str | None) -> list[str]:
    """The addresses that show this role a page of its own: no download, no answer for machines, no way elsewhere."""
    rows = [row for row in ROWS if row.method == "GET" and _is_for(row, role)]
    client = worlds.client(role)
    paths = [worlds.path(row) for row in rows]
    paths += [worlds.path(row) + ALSO[row.endpoint] for row in rows if row.endpoint in ALSO]
    answers = {path: client.get(path) for path in paths}
    return [path for path, answer in answers.items() if answer.status_code == 200 and answer.mimetype == "text/html"]


def _is_for(row: Row, role: str | None) -> bool:
    return row.needs == "public" if role is None else role in row.allowed


# A coordinator sees the clinician's pages with fewer acts on them, so that one width is enough.
@pytest.mark.parametrize(
    "role, widths",
    [
        ("clinician", WIDTHS),
        ("coordinator", (360,)),
        ("administrator", WIDTHS),
        ("survivor", WIDTHS),
        ("proxy", WIDTHS),
        (None, WIDTHS),
    ],
)
def test_every_page_of_a_role_has_no_barrier_and_fits_every_screen(
    worlds: Worlds, new_page: NewPage, check: Check, role: str | None, widths: tuple[int, ...]
) -> None:
    with serving(worlds.app) as address:
        page = signed_in(worlds, address, role, new_page)
        complaints = watched(page)
        paths = pages_of(worlds, role)
        assert paths
        for path in paths:
            page.goto(address + path)
            check(page, path, widths)
        assert complaints == []


def test_the_roles_together_see_every_page_there_is(worlds: Worlds) -> None:
    roles = ("clinician", "coordinator", "administrator", "survivor", "proxy", None)
    seen = {path for role in roles for path in pages_of(worlds, role)}
    elsewhere = {"home.index", "portal.index"}  # these lead on to the page that is looked at
    machines = {"worklists.download", "health.livez", "health.readyz", "health.job_health"}
    pictures = {"attachments.download", "attachments.thumbnail"}
    tables = {"imports.template", "imports.report", "codes.download"}
    for row in ROWS:
        if row.method == "GET" and row.endpoint not in elsewhere | machines | pictures | tables:
            assert worlds.path(row) in seen, row.endpoint


@pytest.mark.parametrize("role", ["clinician", "coordinator", "administrator", None])
def test_every_form_that_refuses_what_was_typed_stays_a_page_without_barriers(
    worlds: Worlds, new_page: NewPage, check: Check, role: str | None
) -> None:
    with serving(worlds.app) as address:
        page = signed_in(worlds, address, role, new_page)
        complaints = watched(page)
        refused = set()
        for path in pages_of(worlds, role):
            for number in range(_forms(page, address + path)):
                endpoint = _spoil(page, address + path, number, worlds.app)
                if endpoint is not None and endpoint not in refused:
                    assert page.locator(".nhsuk-error-summary a").count() > 0, endpoint
                    assert page.title().startswith("Error: "), endpoint
                    check(page, f"refused: {endpoint}", (360, 1280))
                    refused.add(endpoint)
        assert refused >= MUST_REFUSE[role]
        assert complaints == []


MUST_REFUSE: dict[str | None, set[str]] = {
    None: {"auth.create_session"},
    "administrator": {"admin.create_user", "admin.create_clinic", "admin.update_clinic"},
    "coordinator": {
        "enrollment.create",
        "enrollment.update",
        "enrollment.add_contact",
        "visits.cancel",
        "duplicates.apart",
        "duplicates.merge",
        "duplicates.undo",
        "imports.new",
        "imports.undo",
    },
    "clinician": {
        "results.create",
        "results.correct",
        "overrides.create",
        "treatment.update",
        "sections.new",
        "sections.edit",
        "sections.remove",
        "attachments.new",
        "attachments.remove",
        "enrollment.standing",
        "enrollment.invite",
    },
}


def _forms(page: Page, url: str) -> int:
    page.goto(url)
    return page.locator("main form[method=post]").count()


def _spoil(page: Page, url: str, number: int, app: Flask) -> str | None:
    """Send one of the page's forms spoiled; the endpoint it went to, or None where nothing could be typed."""
    page.goto(url)
    form = page.locator("main form[method=post]").nth(number)
    path = form.evaluate("form => new URL(form.getAttribute('action') || '', location).pathname")
    endpoint = str(app.url_map.bind("localhost").match(path, method="POST")[0])
    if endpoint in NOTHING_TO_REFUSE or not form.evaluate(SPOIL):
        return None
    with loading(page):
        form.evaluate("form => form.requestSubmit(form.querySelector('button[type=submit]'))")
    return endpoint


@pytest.mark.parametrize(
    "path", ["/no-such-page", "/survivors/00000000-0000-0000-0000-000000000000", "/admin/users", "/care"]
)
def test_pages_that_say_no_have_no_barrier_either(demo: Demo, check: Check, path: str) -> None:
    page = demo.signs_in(CLINICIAN)
    answer = page.goto(demo.address + path)
    assert answer is not None and answer.status in (403, 404)
    check(page, path)


@pytest.mark.parametrize("path", ["/worklist?text=zebra", "/search?q=zebra", "/search", "/visits/day?on=2027-06-07"])
def test_lists_with_nobody_on_them_say_what_to_do(demo: Demo, check: Check, path: str) -> None:
    page = demo.signs_in(COORDINATOR)
    page.goto(demo.address + path)
    assert page.locator(".app-empty").inner_text().strip()
    check(page, path)


def test_the_full_pages_of_the_demo_have_no_barrier_opened_or_folded(demo: Demo, check: Check) -> None:
    page = demo.signs_in(CLINICIAN)
    complaints = watched(page)
    for path in ("/worklist?state=everyone", "/search?q=a", "/visits/day", f"/survivors/{demo.known.ana}/not-needed"):
        page.goto(demo.address + path)
        check(page, path)
    demo.opens(page, demo.known.ana)
    check(page, "survivor, folded")
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    check(page, "survivor, opened")
    family = demo.signs_in(DEMO_PARENT)
    check(family, "family")
    assert complaints == []
