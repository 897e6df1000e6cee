"""After an import: its report to download, the list of all, and taking one back."""

import csv
import html
import io
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from tests.fhir import builders
from tests.fhir.builders import patient
from tests.shared import need_shared
from tests.uploaded import make_preview, person_file, report_of
from tests.web.import_desk import ImportDesk, words
from tests.web.section_forms import errors_in, plain
from tests.web.test_headers_crawl import Html
from tests.web.test_imports import two_people
from tracker.models import AuditEvent, ChangeSet, Role, Survivor
from tracker.services import uploads
from tracker.services.import_report import Fate, Finding, Line
from tracker.services.spreadsheets import FORMULA_STARTS


@pytest.fixture
def desk(app_sqlite: Flask) -> ImportDesk:
    return ImportDesk(app_sqlite)


def report_rows(desk: ImportDesk, change_set_id: UUID) -> list[list[str]]:
    answer = desk.client.get(f"/imports/{change_set_id}/report.csv")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="import-report-2026-11-23.csv"'
    # The mark at the front makes spreadsheets read accents as they are.
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def test_the_report_has_each_person_and_is_noted_as_a_look_at_them(desk: ImportDesk) -> None:
    made = desk.brings_in(two_people())
    before = len(desk.noted())
    head, *rows = report_rows(desk, made)
    assert head == ["file", "place", "what", "became", "details", "said by"]
    told = {row[2].split(" (")[0]: row[3] for row in rows if row[2]}
    assert told == {"Ana Rivera": "new", "Ben Lind": "new"}
    assert sorted(desk.noted()[before:]) == sorted(each.id for each in desk.rows())


def test_no_cell_of_the_report_acts_as_a_formula(desk: ImportDesk) -> None:
    evil = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"]
    lines = [Line(place=text, what=text, fate=Fate.NEW, changes=(text,)) for text in evil]
    findings = [Finding(file=text, path=text, reason=text, found_by=text) for text in evil]

    def make(session: Any) -> UUID:
        survivor = desk.survivor(session)
        report = report_of(survivor, lines=lines, notes=findings, errors=findings, file="=evil.csv")
        return make_preview(session, survivor, desk.clock, report=report).id

    rows = report_rows(desk, desk.writes(make))
    assert len(rows) > 3 * len(evil)
    assert [cell for row in rows for cell in row if cell.startswith(FORMULA_STARTS)] == []


def test_the_list_tells_of_each_import_what_it_is_and_did(desk: ImportDesk) -> None:
    assert "Nothing was brought in yet" in desk.lists()
    desk.brings_in(two_people(), "first.json")
    desk.clock.advance(timedelta(minutes=5))
    taken_back = desk.brings_in(person_file(), "second.json")
    desk.posts(desk.previews(person_file(id="other"), "third.json"), "discard")
    desk.previews(person_file(id="another"), "fourth.json")
    desk.posts(taken_back, "undo", reason="Wrong file")
    page = desk.lists()
    for said in (
        "first.json State Brought in New and changed 2 new people",
        "second.json State Taken back",
        "third.json State Not brought in",
        "fourth.json State Preview New and changed 1 new person",
    ):
        assert said in page, page
    assert page.index("fourth.json") < page.index("first.json")


def test_the_list_goes_on_over_several_pages(desk: ImportDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PER_PAGE", 2)
    for number in range(3):
        desk.clock.advance(timedelta(minutes=1))
        desk.previews(person_file(), f"number {number}.json")
    first = plain(desk.client.get("/imports"))
    assert "number 2.json" in first and "number 0.json" not in first
    [_, last, _] = sorted(desk.rows(ChangeSet), key=lambda each: each.created_at)
    assert f'href="/imports?after={last.id}"' in first
    second = desk.lists(f"?after={last.id}")
    assert "number 0.json" in second and "number 1.json" not in second and "Previous" in second
    assert "number 2.json" in desk.lists("?after=nonsense")


# Taking back


def test_an_undo_says_first_what_it_will_do_asks_why_and_then_nobody_is_there(desk: ImportDesk) -> None:
    made = desk.brings_in(two_people())
    people = desk.rows()
    page = desk.reads(made, "/undo")
    assert "2 people whom it enrolled are withdrawn" in page and "Why is it taken back?" in page
    refused = desk.posts(made, "undo", reason=" ")
    assert refused.status_code == 422
    assert errors_in(plain(refused)) == ["Enter the reason for taking this import back"]
    assert "<title>Error: Take an import back" in plain(refused)
    answer = desk.posts(made, "undo", reason="The file of last year")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/imports/{made}")
    page = desk.reads(made)
    assert "The import is taken back. 2 people are withdrawn." in page
    assert "Taken back by Dana Ruiz on Nov 23, 2026, 7:00 AM: The file of last year" in page
    assert "Take it back" not in page
    for each in people:
        assert desk.client.get(f"/survivors/{each.id}").status_code == 404
        assert f"/survivors/{each.id}" not in desk.page(made)
    assert "Ana Rivera" not in plain(desk.client.get("/worklist?state=everyone"))
    [event] = desk.rows(AuditEvent, AuditEvent.action == "import.undone", AuditEvent.survivor_id.is_(None))
    assert event.reason == "The file of last year"


def test_those_who_were_here_before_are_as_they_were(desk: ImportDesk) -> None:
    desk.brings_in(person_file())
    desk.clock.advance(timedelta(minutes=1))
    named = patient(name=[{"use": "official", "family": "Rivera", "given": ["Anabel"]}])
    made = desk.brings_in(json.dumps(builders.bundle(named)).encode())
    assert [each.display_name for each in desk.rows()] == ["Anabel Rivera"]
    assert "The record of 1 person who was here already is as it was before." in desk.reads(made, "/undo")
    desk.posts(made, "undo", reason="Wrong name")
    assert [each.display_name for each in desk.rows()] == ["Ana Rivera"]
    assert "The record of 1 person who was here already is as it was before." in desk.reads(made)


def test_what_was_taken_back_can_be_brought_in_again(desk: ImportDesk) -> None:
    desk.posts(desk.brings_in(person_file()), "undo", reason="Too early")
    desk.brings_in(person_file())
    assert [each.withdrawn_at is None for each in sorted(desk.rows(), key=lambda each: each.mrn)].count(True) == 1


def test_an_import_that_something_builds_on_says_what_and_stays(desk: ImportDesk) -> None:
    made = desk.brings_in(two_people())
    ana, ben = sorted(desk.rows(), key=lambda each: each.display_name)
    offered = desk.client.get(f"/imports/{made}/undo")

    def changes(session: Any) -> None:
        session.get_one(Survivor, ana.id).preferred_name = "Annie"

    desk.writes(changes)
    before = len(desk.noted())
    page = desk.reads(made, "/undo")
    assert "It can no longer be taken back as a whole" in page and "Annie" in page and "Ben" not in page
    assert "Why is it taken back?" not in page
    assert desk.noted()[before:] == [ana.id]
    assert "Why is it taken back?" in plain(offered)
    late = desk.posts(made, "undo", reason="Too late")
    assert late.status_code == 409 and "It can no longer be taken back" in plain(late)
    assert desk.state(made) == "applied" and ben.withdrawn_at is None


@pytest.mark.parametrize("rest", ["get", "post"])
def test_a_second_undo_finds_it_taken_back(desk: ImportDesk, rest: str) -> None:
    made = desk.brings_in(person_file())
    desk.posts(made, "undo", reason="Wrong file")
    if rest == "get":
        page = desk.reads(made, "/undo")
    else:
        answer = desk.posts(made, "undo", reason="Wrong file")
        assert answer.status_code == 409
        page = words(plain(answer))
    assert "not in force" in page and "Taken back by Dana Ruiz" in page


def test_a_clinician_may_do_all_of_it_and_an_administrator_nothing(desk: ImportDesk) -> None:
    desk.client = desk.staff.client(Role.CLINICIAN)
    made = desk.brings_in(person_file())
    assert desk.posts(made, "undo", reason="Wrong file").status_code == 303
    assert 'href="/imports"' in plain(desk.client.get("/worklist"))


# What others wrote


def strings() -> list[str]:
    found = json.loads(need_shared("data", "strings", "blns.json").read_text(encoding="utf-8"))
    return [each for each in found if each]


def test_hostile_words_from_a_file_are_shown_as_they_are_and_run_nothing(desk: ImportDesk) -> None:
    evil = strings()
    lines = [
        Line(place=text, what=text, fate=fate, changes=(text, text))
        for number, text in enumerate(evil)
        for fate in (list(Fate)[number % 3],)
    ]
    findings = [Finding(file=text, path=text, reason=text, found_by=text) for text in evil]

    def make(session: Any) -> list[UUID]:
        survivor = desk.survivor(session)
        made = []
        # A page shows two hundred of each kind: all strings are on one of them.
        for start in range(0, len(evil), 190):
            part = slice(start, start + 190)
            report = report_of(survivor, lines=lines[part], notes=findings[part], errors=findings[part])
            for text in evil[part]:
                report.skip(text, text)
                report.store(text)
                report.unmapped[(text, text, text)] = 1
            made.append(make_preview(session, survivor, desk.clock, report=report).id)
        return made

    pages = [desk.page(change_set_id) for change_set_id in desk.writes(make)]
    for page in pages:
        runs_nothing(page)
    # Shown, not swallowed.
    for text in ("<script>alert(123)</script>", "<IMG SRC=javascript:alert('XSS')>", "Ω≈ç√∫˜µ≤≥÷", "{{ ''|e }}"):
        shown = html.escape(text, quote=False)
        assert text not in evil or any(shown in page for page in pages), text


def test_hostile_names_of_files_are_shown_as_they_are_and_run_nothing(desk: ImportDesk) -> None:
    def make(session: Any) -> list[UUID]:
        survivor = desk.survivor(session)
        return [make_preview(session, survivor, desk.clock, name=text).id for text in strings()]

    ids = desk.writes(make)
    page, seen = desk.client.get("/imports").get_data(as_text=True), 0
    while page.count("/imports/") > 1:
        runs_nothing(page)
        seen += page.count('scope="row"')
        older = [part.split('"', 1)[0] for part in page.split('href="/imports?after=')[1:]]
        if not older:
            break
        page = desk.client.get(f"/imports?after={older[-1]}").get_data(as_text=True)
    assert seen == len(ids)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>.json", "'; DROP TABLE uploads; --.json", "José ñ 名.json"])
def test_a_hostile_name_travels_from_the_form_to_the_report(desk: ImportDesk, name: str) -> None:
    made = desk.brings_in(person_file(), name)
    for page in (desk.page(made), desk.page(made, "/undo"), desk.client.get("/imports").get_data(as_text=True)):
        runs_nothing(page)
    refused = desk.send(b"{", name).get_data(as_text=True)
    runs_nothing(refused)
    assert desk.client.get(f"/imports/{made}/report.csv").status_code == 200


OURS = {
    *("main", "div", "section", "h1", "h2", "p", "a", "span", "b", "strong", "form", "input", "button", "label", "nav"),
    *(
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "ul",
        "li",
        "details",
        "summary",
        "svg",
        "path",
        "circle",
    ),
}


def runs_nothing(page: str) -> None:
    """Nothing in the page's own part is a tag, an attribute or an address that a template of ours did not write."""
    main = Html("<main" + page.split("<main", 1)[1].split("</main>", 1)[0])
    assert {tag for tag, _ in main.tags} <= OURS
    assert [name for _, given in main.tags for name in given if name.startswith("on") or name == "style"] == []
    assert [href for href in main.values("href", "src", "action") if not href.startswith(("/", "#"))] == []
    assert all(given.get("class") == "app-shape" for given in main.named("svg"))
