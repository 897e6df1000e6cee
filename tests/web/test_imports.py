"""Imports in the browser: looked at, brought in once, reported, and taken back as a whole until something builds on it."""

import csv
import io
import json
import re
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories import make_clinic, make_survivor
from tests.fhir import builders
from tests.fhir.builders import BEN, patient
from tests.uploaded import make_preview, person_file, report_of
from tests.web.import_desk import ImportDesk, words
from tests.web.section_forms import errors_in, plain
from tests.web.worlds import contents
from tracker.app import MAX_UPLOAD
from tracker.errors import ImportRefused
from tracker.intake import runs
from tracker.models import AuditEvent, ChangeSet, Role, Survivor, Upload
from tracker.services.import_report import Fate, Finding, Line, Report

# What looking at a file may leave behind.
TRACES = frozenset({"user_sessions", "access_events", "change_sets", "uploads", "audit_events"})
BEN_TOO: dict[str, Any] = {"id": BEN, "name": [{"family": "Lind", "given": ["Ben"]}], "birthDate": "2010-02-14"}
AGAIN = "Choose the file again: it is not kept meanwhile"


@pytest.fixture
def desk(app_sqlite: Flask) -> ImportDesk:
    return ImportDesk(app_sqlite)


def two_people() -> bytes:
    return json.dumps(builders.bundle(patient(), patient(**BEN_TOO))).encode()


# Choosing a file


def test_the_page_explains_what_can_be_chosen_and_that_nothing_is_guessed(desk: ImportDesk) -> None:
    page = words(plain(desk.client.get("/imports/new")))
    for said in (
        "FHIR",
        "XLSX",
        "at most 16 MB",
        "never guessed",
        "Nothing is stored yet",
        "No two people are made one",
    ):
        assert said in page


@pytest.mark.parametrize("kind", ["survivors", "treatments", "results", "contacts"])
def test_each_kind_of_table_has_a_template_with_headings_and_an_example(desk: ImportDesk, kind: str) -> None:
    page = plain(desk.client.get("/imports/new"))
    assert f'href="/imports/templates/{kind}.csv"' in page
    answer = desk.client.get(f"/imports/templates/{kind}.csv")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{kind}.csv"'
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(rows) >= 2 and "record_number" in rows[0]


@pytest.mark.parametrize("kind", ["fhir", "people", "..%2f..%2fconfig", "survivors.csv"])
def test_there_is_no_template_of_anything_else(desk: ImportDesk, kind: str) -> None:
    assert desk.client.get(f"/imports/templates/{kind}.csv").status_code == 404


@pytest.mark.parametrize(
    "content, name, said",
    [
        (None, "", "Choose a file"),
        (b"", "", "Choose a file"),
        (b"", "people.csv", "The file “people.csv” is empty. Choose another one"),
        (b"", "Dana/people.csv", "The file “people.csv” is empty. Choose another one"),
    ],
)
def test_without_a_file_the_other_answers_are_kept(
    desk: ImportDesk, content: bytes | None, name: str, said: str
) -> None:
    answer = desk.send(content, name, kind="results", date_format="day-first", sheet="Sheet 2")
    page = plain(answer)
    assert answer.status_code == 422 and errors_in(page) == [said]
    for kept in ("results", "day-first"):
        assert re.search(rf'<input[^>]*value="{kept}"[^>]* checked', page), kept
    assert 'value="Sheet 2"' in page and "<title>Error: Bring in records" in page
    assert desk.rows(ChangeSet) == []


@pytest.mark.parametrize(
    "typed, said",
    [
        ({"sheet": "x" * 32}, "Use at most 31 characters"),
        ({"kind": "secrets"}, "Choose one of the answers"),
        ({"date_format": "guess"}, "Choose one of the answers"),
    ],
)
def test_something_else_wrong_asks_for_the_file_once_more(desk: ImportDesk, typed: dict[str, str], said: str) -> None:
    answer = desk.send(person_file(), **typed)
    assert answer.status_code == 422 and sorted(errors_in(plain(answer))) == sorted([said, AGAIN])
    assert desk.rows(ChangeSet) == []


def test_a_file_over_sixteen_megabytes_is_told_of_the_command_line(desk: ImportDesk) -> None:
    answer = desk.send(b" " * (MAX_UPLOAD + 1))
    page = plain(answer)
    assert answer.status_code == 413 and "larger than 16 MB" in page and "command line" in page
    assert errors_in(page) and desk.rows(ChangeSet) == []


def test_how_the_file_was_read_is_handed_on_and_kept(desk: ImportDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def look(session: Session, clinic_id: UUID, name: str, content: bytes, options: runs.Options, **_: Any) -> Report:
        asked.append((name, content, options))
        return Report(name, "results", lines=[Line(place="row 2", what="004417", fate=Fate.NEW)])

    monkeypatch.setattr(runs, "look", look)
    made = desk.previews(b"mrn\n004417", "folder/list.csv", kind="results", date_format="month-first", sheet=" Labs ")
    options = runs.Options("results", "month-first", "Labs", False)
    assert asked == [("list.csv", b"mrn\n004417", options)]
    [kept] = desk.rows(ChangeSet)
    assert (kept.id, kept.options["date_format"], kept.options["sheet"]) == (made, "month-first", "Labs")
    assert "1 new row." in desk.reads(made)


# Looking


def test_a_preview_answers_in_one_line_and_leaves_the_registry_alone(desk: ImportDesk) -> None:
    before = contents(desk.staff.store, TRACES)
    made = desk.previews(two_people())
    page = desk.reads(made)
    assert "2 new people." in page and "Ana Rivera" in page and "Ben Lind" in page
    assert "Looked at by Dana Ruiz on Nov 23, 2026" in page and "Nothing is stored yet" in page
    assert contents(desk.staff.store, TRACES) == before
    assert [each.action for each in desk.rows(AuditEvent)] == ["import.previewed"]


def test_only_people_on_record_are_noted_as_seen_and_lead_to_their_page(desk: ImportDesk) -> None:
    desk.brings_in(person_file())
    [ana] = desk.rows()
    changed = patient(name=[{"use": "official", "family": "Rivera", "given": ["Anabel"]}])
    made = desk.previews(json.dumps(builders.bundle(changed, patient(**BEN_TOO))).encode())
    before = len(desk.noted())
    page = desk.page(made)
    assert desk.noted()[before:] == [ana.id]
    assert re.findall(r'<main.*?href="/survivors/([^"]+)"', page, re.DOTALL) == [str(ana.id)]
    assert "1 new person, 1 changed." in words(page)


def test_a_file_that_would_change_nothing_says_so_and_offers_no_bringing_in(desk: ImportDesk) -> None:
    desk.brings_in(person_file())
    page = desk.page(desk.previews(person_file()))
    assert "1 person as before." in words(page) and "bringing it in would change nothing" in page
    assert "Bring these in" not in page and "Close this preview" in page


def test_what_is_left_out_is_told_by_reason_and_unknown_codes_with_their_count(desk: ImportDesk) -> None:
    made = desk.writes(lambda session: make_preview(session, desk.survivor(session), desk.clock).id)
    page = desk.reads(made)
    assert "Encounter No part of the record" in page.replace("Kind ", "").replace("Why ", "")
    assert "55284-4" in page and "Blood pressure" in page and "12" in page
    assert "entry 4" in page and "The unit is not known here" in page


def test_thousands_of_rows_make_a_page_of_the_first_two_hundred_of_each_kind(desk: ImportDesk) -> None:
    def make(session: Session) -> UUID:
        survivor = desk.survivor(session)
        lines = [
            Line(
                place=f"row {row}",
                what=f"Person {row} with a name as long as names are",
                fate=fate,
                changes=("enrolled",),
            )
            for row in range(2, 3002)
            for fate in Fate
        ]
        findings = [Finding(file="x", path=f"row {row}", reason="The unit is not known") for row in range(3000)]
        report = report_of(survivor, lines=lines, notes=findings, patients=Counter(dict.fromkeys(Fate, 3000)))
        return make_preview(session, survivor, desk.clock, report=report).id

    made = desk.writes(make)
    page = desk.page(made)
    assert len(page) < 1_000_000
    assert words(page).count("The first 200 of 3,000 are shown.") == 4
    assert "Person 201 with" in page and "Person 202 with" not in page
    report = desk.client.get(f"/imports/{made}/report.csv").data.decode("utf-8-sig")
    assert "Person 3001 with" in report and report.count("enrolled") == 9000


# A file that is refused


def test_a_refused_file_names_every_reason_and_nothing_is_kept(desk: ImportDesk) -> None:
    broken = builders.bundle(patient(id="x" * 70, birthDate="2010-02-31"))
    answer = desk.send(json.dumps(broken).encode(), "broken.json")
    page = words(plain(answer))
    assert answer.status_code == 422 and "This file cannot be brought in" in page and "broken.json" in page
    assert "has 70 characters" in page and "2010-02-31" in page and "birthDate" in page
    assert "Choose another file" in page and "Nothing of it was stored" in page
    for table in (ChangeSet, Upload, Survivor, AuditEvent):
        assert desk.rows(table) == []


@pytest.mark.parametrize(
    "content, name",
    [
        (b"{", "half.json"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, "picture.json"),
        (b"[1, 2, 3]", "numbers.json"),
        (b'"text"', "text.json"),
        (b"{}\n{", "lines.ndjson"),
        (b"\xff\xfe\x00", "odd.ndjson"),
        (b"[" * 100_000, "deep.json"),
    ],
)
def test_content_that_is_not_what_its_name_says_is_refused_with_a_sentence(
    desk: ImportDesk, content: bytes, name: str
) -> None:
    answer = desk.send(content, name)
    page = words(plain(answer))
    assert answer.status_code == 422 and "This file cannot be brought in" in page
    assert re.search(r"There (is one reason|are \d+ reasons)", page)
    assert desk.rows(ChangeSet) == []


def test_more_reasons_than_can_be_read_are_counted(desk: ImportDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    findings = tuple(Finding(file="x", path=f"entry {number}", reason="is wrong") for number in range(1234))

    def look(*_args: Any, **_kwargs: Any) -> Report:
        raise ImportRefused("", findings)

    monkeypatch.setattr(runs, "look", look)
    page = words(plain(desk.send(b"{}")))
    assert "There are 1234 reasons" in page and "The first 200 of 1,234 are shown." in page
    assert "entry 199" in page and "entry 200" not in page


# Bringing in


def test_confirming_brings_the_people_in_and_forgets_the_file(desk: ImportDesk) -> None:
    made = desk.previews(two_people())
    answer = desk.posts(made, "confirm")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/imports/{made}")
    page = desk.reads(made)
    assert "Brought in: 2 new people." in page and "Take it back" in page and "Bring these in" not in page
    assert sorted(each.display_name for each in desk.rows()) == ["Ana Rivera", "Ben Lind"]
    assert desk.rows(Upload) == [] and desk.state(made) == "applied"
    worklist = plain(desk.client.get("/worklist?state=everyone"))
    assert "Ana Rivera" in worklist and "Ben Lind" in worklist


def test_a_second_press_does_nothing_twice_and_says_so(desk: ImportDesk) -> None:
    made = desk.brings_in(person_file())
    before = contents(desk.staff.store, frozenset({"user_sessions", "access_events"}))
    answer = desk.posts(made, "confirm")
    assert answer.status_code == 409
    assert "This file was brought in already. Nothing was done a second time." in words(plain(answer))
    assert contents(desk.staff.store, frozenset({"user_sessions", "access_events"})) == before


def test_not_bringing_in_deletes_the_file_and_changes_nothing(desk: ImportDesk) -> None:
    before = contents(desk.staff.store, TRACES)
    made = desk.previews(person_file())
    assert desk.posts(made, "discard").status_code == 303
    assert contents(desk.staff.store, TRACES) == before and desk.rows(Upload) == []
    assert "The file was not brought in, and is deleted." in desk.lists()
    page = desk.reads(made)
    assert "It is deleted, and nothing has changed." in page and "Ana Rivera" not in page
    for act in ("confirm", "discard"):
        answer = desk.posts(made, act)
        assert answer.status_code == 409 and "was discarded" in plain(answer)


def test_a_preview_of_yesterday_is_not_brought_in(desk: ImportDesk) -> None:
    made = desk.previews(person_file())
    desk.clock.advance(timedelta(hours=25))
    desk.client = desk.staff.client(Role.COORDINATOR)
    answer = desk.posts(made, "confirm")
    assert answer.status_code == 409 and "more than a day old" in plain(answer) and desk.rows() == []


def test_what_happened_since_the_preview_is_told_and_the_report_is_the_true_one(desk: ImportDesk) -> None:
    first, second = desk.previews(person_file()), desk.previews(two_people())
    assert "2 new people." in desk.reads(second)
    desk.posts(first, "confirm")
    desk.posts(second, "confirm")
    page = desk.reads(second)
    assert "1 new person, 1 as before." in page
    assert "The preview had said: 2 new people." in page
    assert "The preview had said" not in desk.reads(first)
    assert len(desk.rows()) == 2


def test_a_refusal_at_the_last_moment_keeps_the_preview(desk: ImportDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    made = desk.previews(person_file())
    finding = Finding(file="x", path="entry 1 (Patient/1)", reason="is now two people here")

    def refuses(*_args: Any, **_kwargs: Any) -> Any:
        raise ImportRefused("", (finding,))

    with monkeypatch.context() as patched:
        patched.setattr(runs, "bring_in", refuses)
        answer = desk.posts(made, "confirm")
    page = words(plain(answer))
    assert answer.status_code == 409 and "cannot be brought in any more" in page and "is now two people here" in page
    assert desk.state(made) == "previewed" and len(desk.rows(Upload)) == 1
    assert desk.posts(made, "confirm").status_code == 303


def test_an_import_of_another_clinic_is_not_there(desk: ImportDesk) -> None:
    def make(session: Session) -> UUID:
        return make_preview(session, make_survivor(session, make_clinic(session)), desk.clock).id

    for change_set_id in (desk.writes(make), uuid4()):
        for rest in ("", "/report.csv", "/undo"):
            assert desk.client.get(f"/imports/{change_set_id}{rest}").status_code == 404, rest
        for act in ("confirm", "discard", "undo"):
            assert desk.posts(change_set_id, act, reason="Wrong").status_code == 404, act


# A table with bad rows


def table_of_three(*, bad: int) -> Any:
    """Stands for a table of three rows, of which the last ones are bad."""

    def look(session: Session, clinic_id: UUID, name: str, content: bytes, options: runs.Options, **_: Any) -> Report:
        findings = [
            Finding(file=name, path=f"row {4 - each}, column {column}", reason="Oct 32 is no date")
            for each in range(bad)
            for column in ("birth_date", "enrolled_on")
        ]
        if findings and not options.skip_bad_rows:
            raise ImportRefused("", tuple(findings))
        lines = [Line(place=f"row {row}", what=f"Person {row}", fate=Fate.NEW) for row in range(2, 5 - bad)]
        return Report(name, "survivors", Counter({Fate.NEW: len(lines)}), lines=lines, errors=findings)

    return look


def test_a_table_with_a_bad_row_names_it_and_offers_the_rest(desk: ImportDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "look", table_of_three(bad=1))
    made = desk.previews(b"mrn\n1\n2\n3", "people.csv")
    page = desk.reads(made)
    assert "2 new people; 1 row cannot be read." in page
    assert "row 4, column birth_date" in page and "Oct 32 is no date" in page
    assert "Bring in the good rows and leave out this one" in page and "Choose the mended file" in page
    assert "Bring these in" not in page
    brought: list[runs.Options] = []

    def bring_in(session: Session, *args: Any, existing: ChangeSet, **_: Any) -> tuple[ChangeSet, Report]:
        brought.append(args[3])
        existing.state, existing.applied_at = "applied", desk.clock.now()
        report = table_of_three(bad=1)(session, *args)
        existing.report = report.as_json()
        return existing, report

    monkeypatch.setattr(runs, "bring_in", bring_in)
    assert desk.posts(made, "confirm").status_code == 303
    assert brought == [runs.Options("", "iso", "", True)]
    assert "2 new people; 1 row was left out." in desk.reads(made)


@pytest.mark.parametrize("bad, offer", [(2, "leave out these 2"), (1, "leave out this one")])
def test_bad_rows_are_counted_once_however_much_is_wrong_in_them(
    desk: ImportDesk, monkeypatch: pytest.MonkeyPatch, bad: int, offer: str
) -> None:
    monkeypatch.setattr(runs, "look", table_of_three(bad=bad))
    assert offer in desk.reads(desk.previews(b"mrn\n1\n2\n3", "people.csv"))


def test_a_table_without_a_good_row_is_refused(desk: ImportDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "look", table_of_three(bad=3))
    answer = desk.send(b"mrn\n1\n2\n3", "people.csv")
    assert answer.status_code == 422 and "There are 6 reasons" in words(plain(answer))
    assert desk.rows(ChangeSet) == []


def test_a_fhir_file_is_refused_whole(desk: ImportDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "look", table_of_three(bad=1))
    for name, kind in (("people.json", ""), ("people.csv", "fhir")):
        assert desk.send(b"{}", name, kind=kind).status_code == 422
