"""Workbooks: every cell as text, nothing run, and none that asks for more memory than there is."""

import io
import zipfile
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tables.making import Formula, as_xlsx
from tracker.errors import ImportRefused
from tracker.tables import workbooks
from tracker.tables.cells import CellKind, Sheet
from tracker.tables.sheets import read_sheet

SHEET = "xl/worksheets/sheet1.xml"


def read(content: bytes, sheet: str = "") -> Sheet:
    return read_sheet(content, "list.xlsx", sheet=sheet)


def texts(content: bytes, sheet: str = "") -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in read(content, sheet).rows]


def one_cell(value: Any) -> tuple[str, CellKind]:
    [_, row] = read(as_xlsx([["heading"], [value]])).rows
    return row.cells[0].text, row.cells[0].kind


def why(content: bytes, sheet: str = "") -> str:
    with pytest.raises(ImportRefused) as refused:
        read(content, sheet)
    return str(refused.value)


def changed(content: bytes, **parts: str | bytes | None) -> bytes:
    """A workbook with parts of its archive replaced ("sheet1", "workbook", "rels"), added or (None) taken out."""
    paths = {"sheet1": SHEET, "workbook": "xl/workbook.xml", "rels": "xl/_rels/workbook.xml.rels"}
    wanted = {paths.get(name, name): part for name, part in parts.items()}
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        kept = {name: old.read(name) for name in old.namelist()} | wanted
        for name, part in kept.items():
            if part is not None:
                new.writestr(name, part)
    return written.getvalue()


def cells_of(xml: str) -> str:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0"?><worksheet xmlns="{space}"><sheetData>{xml}</sheetData></worksheet>'


PLAIN = as_xlsx([["heading"], ["x"]])


@pytest.mark.parametrize(
    "value, text, kind",
    [
        ("00417", "00417", CellKind.TEXT),
        ("  two  spaces ", "  two  spaces ", CellKind.TEXT),
        ("=1+1", "=1+1", CellKind.TEXT),
        (417, "417", CellKind.NUMBER),
        (-3, "-3", CellKind.NUMBER),
        (37.5, "37.5", CellKind.NUMBER),
        (0.1 + 0.2, "0.3", CellKind.NUMBER),
        (1e20, "100000000000000000000", CellKind.NUMBER),
        (0.00001, "0.00001", CellKind.NUMBER),
        (True, "true", CellKind.BOOLEAN),
        (date(2020, 3, 4), "2020-03-04", CellKind.DATE),
        (datetime(2020, 3, 4, 10, 30), "2020-03-04 10:30:00", CellKind.DATE),
        (Formula("=1+1", 2), "2", CellKind.NUMBER),
        (Formula('=A1&"x"', "00417x"), "00417x", CellKind.TEXT),
        (Formula("=cmd|' /C calc'!A0", "calc"), "calc", CellKind.TEXT),
        (Formula("=1/0", "#DIV/0!"), "#DIV/0!", CellKind.ERROR),
        (Formula("=Sheet9!A1", "#REF!"), "#REF!", CellKind.ERROR),
    ],
)
def test_every_cell_becomes_text_and_a_formula_what_was_stored_with_it(value: Any, text: str, kind: CellKind) -> None:
    assert one_cell(value) == (text, kind)


def test_a_number_that_is_none_is_an_error() -> None:
    content = changed(
        PLAIN, sheet1=cells_of('<row r="1"><c r="A1" t="str"><v>h</v></c><c r="B1"><v>1e999</v></c></row>')
    )
    assert [(each.text, each.kind) for each in read(content).rows[0].cells][1] == ("inf", CellKind.ERROR)


def test_rows_are_numbered_as_they_are_shown_even_if_the_first_ones_are_blank() -> None:
    content = as_xlsx([[], [None, None], [None, "heading"], [], [None, Formula("=NA()", "#N/A")]])
    found = read(content).rows
    assert [row.number for row in found] == [3, 5]
    assert [cell.text for cell in found[0].cells] == ["", "heading"]
    assert found[1].cells[1].kind == CellKind.ERROR


def test_the_first_sheet_that_is_neither_hidden_nor_empty_is_read_and_the_others_are_named() -> None:
    content = as_xlsx([], name="Empty", People=[["a"]], Labs=[["b"]], Drugs=[["c"]])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        listed = archive.read("xl/workbook.xml").decode()
    hidden = changed(content, workbook=listed.replace('name="People"', 'name="People" state="hidden"'))
    assert (read(content).name, texts(content)) == ("People", [["a"]])
    assert read(content).notes == ("Only the sheet “People” was read, not “Labs”, “Drugs”",)
    assert read(hidden).name == "Labs"
    assert texts(hidden, "people") == [["a"]] and read(hidden, "people").notes == ()
    assert "Its sheets are “Empty”, “People”, “Labs”, “Drugs”" in why(content, "Results")
    assert "is empty" in why(content, "Empty")


@pytest.mark.parametrize(
    "content",
    [
        PLAIN[:-100],
        PLAIN[:200],
        b"PK\x03\x04 nothing",
        changed(PLAIN, workbook=None),
        changed(PLAIN, rels=None),
        changed(PLAIN, workbook="<workbook"),
        changed(PLAIN, sheet1="<worksheet><sheetData><row>"),
        changed(PLAIN, sheet1=""),
        changed(PLAIN, sheet1='<!DOCTYPE x [<!ENTITY a "aaaa">]>' + cells_of("")),
        changed(PLAIN, workbook=b"\xff\xfe\x00"),
    ],
)
def test_a_damaged_workbook_is_refused(content: bytes) -> None:
    assert "is damaged" in why(content)


def test_a_workbook_without_its_sheets_is_empty() -> None:
    assert "is empty" in why(changed(PLAIN, **{SHEET: None}))


@pytest.mark.parametrize(
    "last, said",
    [
        ('<c r="XFD1"><v>1</v></c>', "more than 100 columns"),
        ('<row r="1048576"><c r="A1048576"><v>1</v></c></row>', "more than 20000 rows"),
        ('<row r="1048576"><c><v>1</v></c></row>', "more than 20000 rows"),
        ('<row r="999999999999"><c r="ZZZ9999999"><v>1</v></c></row>', "more than 20000 rows"),
    ],
)
def test_one_far_cell_is_no_reason_to_fill_the_memory(last: str, said: str) -> None:
    row = '<row r="1"><c r="A1"><v>1</v></c></row>'
    assert said in why(changed(PLAIN, sheet1=cells_of(row + last)))


def test_far_cells_that_are_only_formatted_do_not_count() -> None:
    xml = '<row r="1"><c r="A1" t="str"><v>heading</v></c></row><row r="1048576"><c r="XFD1048576" s="1"/></row>'
    assert texts(changed(PLAIN, sheet1=cells_of(xml))) == [["heading"]]


def test_what_unpacks_into_too_much_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = changed(PLAIN, **{"xl/more.xml": " " * 2_000_000})
    assert len(bomb) < 20_000 and texts(bomb)
    monkeypatch.setattr(workbooks, "MOST_UNPACKED", 1_000_000)
    assert "too large once it is unpacked" in why(bomb)
    monkeypatch.setattr(workbooks, "MOST_UNPACKED", 10_000_000)
    monkeypatch.setattr(workbooks, "MOST_PARTS", 3)
    assert "too large once it is unpacked" in why(bomb)


def test_a_part_that_lies_about_its_size_is_refused() -> None:
    content = bytearray(changed(PLAIN, **{"xl/more.xml": " " * 100_000}))
    place = content.rfind(b"PK\x01\x02")
    assert content[place + 24 : place + 28] == (100_000).to_bytes(4, "little")
    content[place + 24 : place + 28] = (10).to_bytes(4, "little")
    assert "is damaged" in why(bytes(content))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, len(PLAIN) - 1), st.binary(min_size=1, max_size=40))
def test_a_workbook_with_any_bytes_changed_is_read_or_refused(place: int, found: bytes) -> None:
    content = PLAIN[:place] + found + PLAIN[place + len(found) :]
    try:
        assert read(content).rows
    except ImportRefused as error:
        assert str(error)
