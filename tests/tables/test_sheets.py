"""CSV files as spreadsheets write them, and those that are refused with what to do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tables.making import as_csv
from tracker.errors import ImportRefused
from tracker.tables import cells
from tracker.tables.sheets import LARGEST, delimiter_of, read_sheet


def texts(content: bytes, name: str = "list.csv") -> list[tuple[int, list[str]]]:
    return [(row.number, [cell.text for cell in row.cells]) for row in read_sheet(content, name).rows]


def why(content: bytes, name: str = "list.csv", sheet: str = "") -> str:
    with pytest.raises(ImportRefused) as refused:
        read_sheet(content, name, sheet=sheet)
    return str(refused.value)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [True, False])
def test_commas_semicolons_and_tabs_are_told_apart_by_the_heading(delimiter: str, mark: bool) -> None:
    content = as_csv([("name", "note"), ("Ana", "a,b;c\td"), ("Ben", "")], delimiter=delimiter, mark=mark)
    assert texts(content) == [(1, ["name", "note"]), (2, ["Ana", "a,b;c\td"]), (3, ["Ben", ""])]


def test_only_the_heading_decides_and_not_what_stands_in_its_quotes() -> None:
    assert delimiter_of('name;"a,b,c,d";phone\n1,2,3,4,5,6') == ";"
    assert delimiter_of("\n\nname\tphone\n") == "\t"
    assert delimiter_of("name\n") == ","


def test_rows_have_the_numbers_that_a_spreadsheet_shows() -> None:
    content = b'\r\nname,note\r\n\r\nAna,"two\r\nlines"\r\n , \r\nBen,x\r\n'
    assert texts(content) == [(2, ["name", "note"]), (4, ["Ana", "two\r\nlines"]), (6, ["Ben", "x"])]


def test_cells_stay_as_they_are() -> None:
    rows = [("a", "b", "c"), ("00417", "=1+1", "=cmd|' /C calc'!A0"), ("  x ", 'say "hi"', "é\u202e")]
    assert [row for _, row in texts(as_csv(rows))] == [list(row) for row in rows]


@pytest.mark.parametrize(
    "content, said",
    [
        ("name\nJos\xe9".encode("latin-1"), "not written in UTF-8 (line 2"),
        ("name\nAna".encode("utf-16"), "UTF-16"),
        (b'name\n"Ana', "ends within a quoted cell, which begins in row 2"),
        (b'name,note\n"An"a,x', "row 2: within a quoted cell a quotation mark must be written twice"),
        (b"", "is empty"),
        (b"\xef\xbb\xbf\r\n , ,\r\n", "is empty"),
        (b"name\n" + b"x" * (cells.LONGEST_CELL + 1), "more than 32767 characters in row 2"),
        (b"name\n" + b"x" * 200_000, "more than 32767 characters in row 2"),
        (b"name\n" + b"," * 100 + b"x", "more than 100 columns in row 2"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "old Excel workbook, or one with a password"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(content: bytes, said: str) -> None:
    assert said in why(content)


def test_the_longest_cell_the_last_column_and_the_last_row_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(texts(b"name\n" + b"x" * cells.LONGEST_CELL)) == 2
    assert len(texts(b"name\n" + b"," * 99 + b"x")) == 2
    assert len(texts(b"name\n1\n2" + b"," * 150)) == 3
    monkeypatch.setattr(cells, "MOST_ROWS", 2)
    assert len(texts(b"name\n1\n2\n\n\n")) == 3
    assert "more than 2 rows" in why(b"name\n1\n2\n3")


def test_a_file_that_is_too_large_is_not_even_looked_at() -> None:
    assert "larger than 20 MB" in why(b"\xff" * (LARGEST + 1))


@pytest.mark.parametrize("name", ["a.xlsx", "a.XLSM", "a.xls", "a.ods"])
def test_a_name_is_no_workbook(name: str) -> None:
    assert "no workbook" in why(b"name\nAna", name)


def test_a_csv_file_has_no_sheets() -> None:
    assert "no sheet named “Labs”" in why(b"name\nAna", sheet="Labs")


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.xlsx", ""]))
def test_any_bytes_are_a_table_or_refused(content: bytes, name: str) -> None:
    for start in (b"", b"PK\x03\x04"):
        try:
            assert read_sheet(start + content, name).rows
        except ImportRefused as error:
            assert str(error)


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), min_size=2, max_size=4), max_size=5))
def test_whatever_is_written_as_csv_comes_back(rows: list[list[str]]) -> None:
    heading = ["name", "note", "a", "b"]
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    found = [row for _, row in texts(as_csv([heading, *rows]))]
    assert found == [heading, *filled]
