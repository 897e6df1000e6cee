"""Every page a role may open: what it tells the browser, how it is built, whom it shows, and that somebody noted it."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.access.table import ROLES, Row, World
from tests.web.worlds import ROWS, Worlds, built, named, opened, shared_app, worlds
from tracker.models import AccessEvent

__all__ = ["built", "shared_app", "worlds"]
PAGES = [(row, role) for row in ROWS if row.method == "GET" for role in ROLES if role in row.allowed]
every_page = pytest.mark.parametrize(
    ("row", "role"), PAGES, ids=lambda value: value if isinstance(value, str) else named(value)
)
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
ADDRESSES = ("href", "src", "action", "formaction", "poster", "data", "srcset")
# Two records that may be of one person, side by side.
SHOW_BOTH = {"duplicates.index", "duplicates.show", "duplicates.confirm"}
POINTERS = ("for", "aria-labelledby", "aria-describedby", "aria-controls")


class Html(HTMLParser):
    """The tags of a page with their attributes, and the text of its title."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.title = ""
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._open = [*self._open, tag] if tag == "title" else self._open

    def handle_endtag(self, tag: str) -> None:
        self._open = [] if tag == "title" else self._open

    def handle_data(self, data: str) -> None:
        # The document's title is the first; a picture has titles of its own.
        if self._open and not any(tag == "body" for tag, _ in self.tags):
            self.title += data

    def named(self, wanted: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.tags if tag == wanted]

    def values(self, *names: str) -> list[str]:
        return [given[name] for _, given in self.tags for name in names if name in given]


@dataclass
class Visit:
    """One page opened once, and whom it was noted to have shown."""

    worlds: Worlds
    role: str
    answer: TestResponse
    text: str
    noted: list[tuple[UUID, UUID | None, str]]

    @property
    def is_page(self) -> bool:
        return self.answer.status_code == 200 and self.answer.mimetype == "text/html"

    @property
    def is_photograph(self) -> bool:
        """It shows a survivor without a word."""
        return self.answer.status_code == 200 and self.answer.mimetype == "image/jpeg"


Crawl = Callable[[Row, str], Visit]


@pytest.fixture(scope="module")
def crawl(
    built: tuple[Path, World, World], shared_app: Flask, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crawl]:
    """Opens each page once for all tests of this file: looking changes nothing."""
    with opened(built, shared_app, tmp_path_factory.mktemp("crawl") / "worlds.db") as worlds:
        clients: dict[str, FlaskClient] = {role: worlds.client(role) for role in ROLES}

        opened_before: dict[tuple[str, str], Visit] = {}

        def visit(row: Row, role: str) -> Visit:
            if (row.endpoint, role) not in opened_before:
                before = len(access_rows(worlds))
                answer = worlds.ask(clients[role], row)
                noted = access_rows(worlds)[before:]
                text = answer.data.decode(errors="replace")  # a photograph is no text
                opened_before[row.endpoint, role] = Visit(worlds, role, answer, text, noted)
            return opened_before[row.endpoint, role]

        yield visit


def access_rows(worlds: Worlds) -> list[tuple[UUID, UUID | None, str]]:
    with worlds.database.reading() as session:
        rows = session.scalars(sa.select(AccessEvent).order_by(sa.text("rowid")))
        return [(row.survivor_id, row.actor_id, row.address) for row in rows]


@every_page
def test_every_answer_is_kept_by_nobody_and_loads_nothing_foreign(crawl: Crawl, row: Row, role: str) -> None:
    headers = crawl(row, role).answer.headers
    policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
    policy["script-src"] = re.sub(r" 'nonce-[\w-]{20,}'", "", policy["script-src"])
    assert policy == POLICY
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


@every_page
def test_every_page_is_well_built(crawl: Crawl, row: Row, role: str) -> None:
    visit = crawl(row, role)
    if not visit.is_page:
        return
    text = visit.text
    html = Html(text)
    assert text.startswith("<!DOCTYPE html>")
    assert [given.get("lang") for given in html.named("html")] == ["en"]
    assert len(html.named("h1")) == 1
    assert len(html.named("main")) == 1
    assert re.fullmatch(r"\S.*\S – Survivorship follow-up", html.title.strip())
    ids = html.values("id")
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    assert {name for value in html.values(*POINTERS) for name in value.split()} <= set(ids)
    assert {link[1:] for link in html.values("href") if link.startswith("#")} <= {*ids, ""}
    assert not re.search(r">\s*(None|Undefined|\[\]|\{\})\s*<", text)
    assert "{{" not in text


@every_page
def test_no_page_carries_a_script_or_style_of_its_own_or_an_outside_address(crawl: Crawl, row: Row, role: str) -> None:
    visit = crawl(row, role)
    if not visit.is_page:
        return
    html = Html(visit.text)
    assert [given for given in html.named("script") if "src" not in given and "nonce" not in given] == []
    assert [given for given in html.named("style") if "nonce" not in given] == []
    assert [name for _, given in html.tags for name in given if name == "style" or name.startswith("on")] == []
    outside = [value for value in html.values(*ADDRESSES) if re.match(r"(?!tel:|mailto:)[a-z][a-z0-9+.-]*:|//", value)]
    assert outside == []


@every_page
def test_every_form_that_changes_something_carries_the_token(crawl: Crawl, row: Row, role: str) -> None:
    visit = crawl(row, role)
    for form in re.findall(r"<form\b.*?</form>", visit.text if visit.is_page else "", re.DOTALL):
        asks = re.search(r'method="post"', form.split(">", 1)[0], re.IGNORECASE)
        assert bool(asks) == ('name="csrf_token"' in form)


@every_page
def test_whom_a_page_shows_is_noted_once_and_nobody_else(crawl: Crawl, row: Row, role: str) -> None:
    visit = crawl(row, role)
    survivor = visit.worlds.mine.survivor
    numbers = re.findall(r"\b\d{6}\b", visit.text)
    named = "Anabel" in visit.text or "Riverstone" in visit.text or survivor.mrn in numbers
    shown = named or visit.is_photograph
    people = [survivor, visit.worlds.mine.twin] if row.endpoint in SHOW_BOTH else [survivor] if shown else []
    by = (visit.worlds.mine.users[role].id, "127.0.0.1")
    assert sorted(visit.noted) == sorted((each.id, *by) for each in people)
    if row.needs == "survivor" and visit.is_page:
        assert shown, "a page of a survivor's that names nobody"


@every_page
def test_nothing_of_the_other_clinic_is_on_any_page(crawl: Crawl, row: Row, role: str) -> None:
    text, theirs = crawl(row, role).text, crawl(row, role).worlds.theirs
    ids: list[UUID] = [theirs.survivor.id, theirs.clinic.id, theirs.item.id, theirs.visit.id, theirs.contact.id]
    for secret in ("Beatrix", "Oakhurst", theirs.clinic.name, *map(str, ids)):
        assert not re.search(rf"\b{re.escape(secret)}\b", text), secret


def test_a_refusal_is_an_answer_like_any_other(worlds: Worlds) -> None:
    refused = worlds.client("proxy").get("/worklist")
    assert refused.status_code == 403
    assert refused.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in refused.headers["Content-Security-Policy"]


def test_a_page_that_was_refused_notes_nobody(worlds: Worlds) -> None:
    for role in ("administrator", "proxy", "survivor"):
        worlds.client(role).get(f"/survivors/{worlds.mine.survivor.id}")
    worlds.client("clinician").get(f"/survivors/{worlds.theirs.survivor.id}")
    with worlds.database.reading() as session:
        assert session.scalars(sa.select(AccessEvent)).all() == []


def test_the_crawl_opens_pages_of_every_kind() -> None:
    assert len(PAGES) > 40
    assert {role for _, role in PAGES} == set(ROLES)
