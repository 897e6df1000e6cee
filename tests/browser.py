"""A real browser for the tests that need one, what may leave it (nothing), and what a page must satisfy in it."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

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
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=FLAGS)
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


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve ``app`` on a free port of this machine while the block runs; gives its address."""
    server = make_server("localhost", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()


def axe_violations(page: Page) -> list[str]:
    """What axe finds wrong on the page as it stands: "rule: where" for each element; empty is good."""
    if not AXE.is_file():
        pytest.skip("needs axe-core: run npm ci first")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in page.evaluate(LOOK, RULES)
        for node in rule["nodes"]
    ]


def no_horizontal_scroll(page: Page) -> bool:
    """Whether the page itself is no wider than the window (a table may scroll inside its own region)."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))
