"""A real browser for the tests that need one, what may leave it (nothing), and what a page must satisfy in it.

A click does not wait for the page that it leads to: ``click_through`` does. Whether every test waits shows on a slow
line, which ``TRACKER_TEST_LAG=0.4 make e2e`` makes: up to three numbers, the seconds that each answer is held back
before it begins, before its body, and in the middle of its body (``0.4``, ``0,0.4``, ``0,0,0.4``).
"""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wsgi import ClosingIterator

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PROJECT = Path(__file__).resolve().parent.parent
AXE = PROJECT / "node_modules" / "axe-core" / "axe.min.js"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
HERE = ("http://localhost:", "http://127.0.0.1:", "data:", "blob:", "about:")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Only what is wrong is handed back: describing all that is right takes three times as long.
LOOK = "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']}).then(found => found.violations)"
# Only a test that fails waits this long: two busy cores may take many seconds over what is usually there at once.
PATIENCE_MS = 60_000
NewPage = Callable[..., Page]


def chromium_path() -> str | None:
    """The browser of this machine (or the one named by TRACKER_CHROMIUM); None where there is none."""
    named = os.environ.get("TRACKER_CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


# A module that imports the fixture has one of its own, and two that were open at once would be refused: so it is
# closed with the module that asked for it.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a module; tests that ask for it are skipped, saying so, where there is none."""
    path = chromium_path()
    if path is None:
        pytest.skip("needs Chromium (or TRACKER_CHROMIUM naming a browser), which is not here")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=FLAGS, timeout=2 * PATIENCE_MS)
        yield launched
        launched.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """``new_page(width=360)``: a page with its own cookies. Afterwards: nothing left this machine, no policy broken."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_one(width: int = 1280, height: int = 900, *, javascript: bool = True, **options: Any) -> Page:
        size: Any = {"width": width, "height": height}
        context = browser.new_context(viewport=size, java_script_enabled=javascript, **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.on("request", lambda request: _note_outside(request.url, complaints))
        context.on("console", lambda message: _note_refusal(message, complaints))
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


def _note_outside(url: str, complaints: list[str]) -> None:
    if not url.startswith(HERE):
        complaints.append(f"asked an outside address: {url}")


def _note_refusal(message: ConsoleMessage, complaints: list[str]) -> None:
    if "Content Security Policy" in message.text:
        complaints.append(message.text)


class Quiet(WSGIRequestHandler):
    """Answers without a line in the test's output for each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


class SlowLine:
    """An application whose every answer comes late: ``lags`` in seconds before it, before its body, and within."""

    def __init__(self, app: "WSGIApplication", lags: list[float]) -> None:
        self.app = app
        self.before_all, self.before_body, self.within_body = (*lags, 0.0, 0.0)[:3]

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterator[bytes]:
        time.sleep(self.before_all)
        with closing(ClosingIterator(self.app(environ, start_response))) as answer:
            body = b"".join(answer)
        # The server sends the headers with the first piece, also when that is empty.
        yield b""
        time.sleep(self.before_body)
        yield body[: len(body) // 2]
        time.sleep(self.within_body)
        yield body[len(body) // 2 :]


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve ``app`` on a free port of this machine while the block runs; gives its address."""
    lag = os.environ.get("TRACKER_TEST_LAG")
    served: WSGIApplication = SlowLine(app, [float(each) for each in lag.split(",")]) if lag else app
    server = make_server("localhost", 0, served, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()


def click_through(leads_on: Locator) -> None:
    """Click a link or button that leads to another page, and wait until that page has loaded whole."""
    with loading(leads_on.page):
        leads_on.click()


@contextmanager
def loading(page: Page) -> Iterator[None]:
    """What the block does leads to another page (or the same again): wait until that has loaded whole."""
    with page.expect_navigation(wait_until="load"):
        yield


def unfold(part: Locator) -> Locator:
    """Open a part that may be folded, and wait until it is."""
    if part.get_attribute("open") is None:
        part.locator("summary").first.click()
    expect(part).to_have_attribute("open", "")
    return part


def axe_violations(page: Page) -> list[str]:
    """What axe finds wrong on the page once it has loaded: "rule: where" for each element; empty is good."""
    if not AXE.is_file():
        pytest.skip("needs axe-core: run npm ci first")
    page.wait_for_load_state("load")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in page.evaluate(LOOK, RULES)
        for node in rule["nodes"]
    ]


def no_horizontal_scroll(page: Page) -> bool:
    """Whether the page, once loaded, is no wider than the window (a table may scroll inside its own region)."""
    page.wait_for_load_state("load")
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))
