"""Tables in the browser: real CSV files and workbooks, good and bad, through to the registry."""

import io
import json
import re
import zipfile

import pytest
from flask import Flask

from tests.shared import need_shared
from tests.web.import_desk import ImportDesk, words
from tests.web.section_forms import plain
from tracker.models import ChangeSet, Contact
from tracker.tables.layouts import LAYOUTS
from tracker.tables.templates import template

HEAD = "record_number,family_name,given_name,birth_date,diagnosis,end_of_therapy_on"
IRIS = "0770001,Featherstone,Iris,2009-06-01,Leiomyosarcoma,2022-10-31"
OTTO = "0770002,Quillfeather,Otto,2011-02-30,,"


@pytest.fixture
def desk(app_sqlite: Flask) -> ImportDesk:
    return ImportDesk(app_sqlite)


def table(*rows: str, head: str = HEAD) -> bytes:
    return "\n".join([head, *rows]).encode()


def test_people_of_a_table_come_in_with_their_zeros_and_their_plan(desk: ImportDesk) -> None:
    made = desk.brings_in(table(IRIS), "people.csv")
    assert "1 new person." in desk.reads(made)
    [iris] = desk.rows()
    assert (iris.mrn, iris.display_name) == ("0770001", "Iris Featherstone")
    assert "Iris Featherstone" in plain(desk.client.get("/worklist?state=everyone"))


def test_a_bad_row_is_named_by_row_and_column_and_can_be_left_out(desk: ImportDesk) -> None:
    made = desk.previews(table(IRIS, OTTO), "people.csv")
    page = desk.reads(made)
    assert "1 new person; 1 row cannot be read." in page
    assert re.search(r"row 3, column birth_date.*2011-02-30", page)
    assert desk.rows() == []
    desk.posts(made, "confirm")
    assert [each.mrn for each in desk.rows()] == ["0770001"]
    assert "1 new person; 1 row was left out." in desk.reads(made)


def test_a_table_that_is_all_wrong_is_refused_row_by_row(desk: ImportDesk) -> None:
    answer = desk.send(table(OTTO), "people.csv")
    page = words(plain(answer))
    assert answer.status_code == 422 and "birth_date" in page and "2011-02-30" in page
    assert desk.rows(ChangeSet) == []


@pytest.mark.parametrize(
    "order, reads",
    [("month-first", "2009-06-01"), ("day-first", "2009-01-06")],
)
def test_dates_are_read_as_the_form_says(desk: ImportDesk, order: str, reads: str) -> None:
    desk.brings_in(table("1,Featherstone,Iris,6/1/2009,,"), "people.csv", date_format=order)
    assert [str(each.birth_date) for each in desk.rows()] == [reads]


def test_dates_are_never_guessed(desk: ImportDesk) -> None:
    answer = desk.send(table("1,Featherstone,Iris,6/1/2009,,"), "people.csv")
    assert answer.status_code == 422 and "6/1/2009" in plain(answer)


def test_contacts_change_who_is_on_record_and_are_undone_alone(desk: ImportDesk) -> None:
    people = desk.brings_in(table(IRIS), "people.csv")
    contacts = table("0770001,mother,Maria Featherstone,617-555-0123", head="record_number,relation,name,phone")
    made = desk.brings_in(contacts, "contacts.csv", kind="contacts")
    assert len(desk.rows(Contact)) == 1 and "Iris Featherstone" in desk.reads(made)
    assert "builds on it" in desk.reads(people, "/undo")
    assert desk.posts(made, "undo", reason="Wrong file").status_code == 303
    assert desk.rows(Contact) == []


@pytest.mark.parametrize("kind", LAYOUTS)
def test_every_template_is_a_table_that_is_understood(desk: ImportDesk, kind: str) -> None:
    desk.brings_in(template(LAYOUTS["survivors"]).encode(), "survivors.csv")
    made = desk.previews(template(LAYOUTS[kind]).encode(), f"{kind}.csv")
    assert "cannot be read" not in desk.reads(made)


def bomb() -> bytes:
    """A small archive that asks for much more memory than it has bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        for number in range(4):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", b"\0" * 80_000_000)
    return packed.getvalue()


def empty_archive() -> bytes:
    packed = io.BytesIO()
    zipfile.ZipFile(packed, "w").close()
    return packed.getvalue()


@pytest.mark.parametrize(
    "make, name",
    [
        (bomb, "people.xlsx"),
        (empty_archive, "people.xlsx"),
        (lambda: b"PK\x03\x04" + b"\x00" * 100, "people.xlsx"),
        (lambda: b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "people.xlsx"),
        (lambda: b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "people.xls"),
        (lambda: table(IRIS), "people.xlsx"),
        (lambda: "record_number,family_name\n1,Peña".encode("utf-16"), "people.csv"),
        (lambda: "record_number,family_name\n1,Peña".encode("latin-1"), "people.csv"),
        (lambda: b"\x00" * 1000, "people.csv"),
        (lambda: b"%PDF-1.7 and more", "people.csv"),
        (lambda: b"one,two\n1,2", "people.csv"),
        (lambda: b'record_number,"family', "people.csv"),
        (lambda: b"," * 100_000, "people.csv"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(desk: ImportDesk, make: object, name: str) -> None:
    assert callable(make)
    answer = desk.send(make(), name)
    assert answer.status_code == 422, plain(answer)
    assert "This file cannot be brought in" in words(plain(answer))
    assert desk.rows(ChangeSet) == []


def test_hostile_cells_are_stored_or_refused_and_shown_as_they_are(desk: ImportDesk) -> None:
    strings = [each for each in json.loads(need_shared("data", "strings", "blns.json").read_text("utf-8")) if each]
    quoted = ['"' + each.replace('"', '""') + '"' for each in strings]
    rows = [f"{number},{text},Iris,2009-06-01,{text},2020" for number, text in enumerate(quoted, 1)]
    answer = desk.send(table(*rows), "people.csv")
    assert answer.status_code in (303, 422)
    page = plain(answer if answer.status_code == 422 else desk.client.get(answer.headers["Location"]))
    assert "<script>alert" not in page.split("<main", 1)[1]
