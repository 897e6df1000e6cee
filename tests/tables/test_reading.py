"""Rows are read as their columns say, and every problem is found at once with its row and column."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tables.making import a_sheet, number
from tracker.engine.partial_dates import PartialDate
from tracker.errors import ImportRefused
from tracker.tables.cells import Cell, CellKind
from tracker.tables.columns import Layout
from tracker.tables.dates import DateOrder
from tracker.tables.layouts import CONTACTS, LAYOUTS, RESULTS, SURVIVORS, TREATMENTS
from tracker.tables.reading import Table, kind_of, letters, read_table

PEOPLE = ("record_number", "family_name", "birth_date")
ANA = ("004417", "Rivera", "2007-03-05")


def said(table: Table) -> list[tuple[int, str, str]]:
    return [(each.row, each.column, each.reason) for each in table.problems]


def one(layout: Layout, column: str, cell: str | Cell, order: DateOrder = DateOrder.ISO) -> object:
    """The value of one cell, or the reason why it has none."""
    table = read_table(a_sheet((column,), (cell,)), _only(layout, column), order=order)
    [row] = table.rows
    return row.values[column] if not table.problems else table.problems[0].reason


def _only(layout: Layout, column: str) -> Layout:
    return Layout(layout.kind, layout.purpose, (layout.column(column),))


@pytest.mark.parametrize(
    "layout, column, cell, value",
    [
        (SURVIVORS, "record_number", " 004417 ", "004417"),
        (SURVIVORS, "family_name", "  De  la Cruz ", "De la Cruz"),
        (SURVIVORS, "birth_date", "2007-03-05", date(2007, 3, 5)),
        (SURVIVORS, "birth_date", Cell("2007-03-05", CellKind.DATE), date(2007, 3, 5)),
        (SURVIVORS, "birth_date", Cell("2007-03-05 08:30:00", CellKind.DATE), date(2007, 3, 5)),
        (SURVIVORS, "diagnosed_on", number("2019"), PartialDate(2019)),
        (SURVIVORS, "sex", "F", "female"),
        (SURVIVORS, "language", "Español", "es"),
        (SURVIVORS, "language", "pt-BR", "pt-br"),
        (RESULTS, "value", "12.50", Decimal("12.50")),
        (RESULTS, "value", number("-3"), Decimal(-3)),
        (RESULTS, "adequate", Cell("false", CellKind.BOOLEAN), False),
        (RESULTS, "claimed", "YES", True),
        (RESULTS, "report", " two\nlines ", " two\nlines "),
        (RESULTS, "report", "=1+1", "=1+1"),
        (TREATMENTS, "courses", "6", 6),
        (TREATMENTS, "unit", "MG/M²", "mg/m2"),
        (TREATMENTS, "field", " Neck; Orbit ", "Neck; Orbit"),
    ],
)
def test_a_cell_is_read_as_its_column_says(layout: Layout, column: str, cell: str | Cell, value: object) -> None:
    found = one(layout, column, cell)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "layout, column, cell, reason",
    [
        (SURVIVORS, "record_number", "x" * 41, "room for 40 characters here, and these are 41"),
        (SURVIVORS, "record_number", Cell("2020-03-04", CellKind.DATE), "has made a date of this"),
        (SURVIVORS, "record_number", "1.23457E+11", "has shortened this number"),
        (SURVIVORS, "family_name", "Ri\0vera", "cannot be stored"),
        (SURVIVORS, "family_name", "\ud800", "cannot be stored"),
        (SURVIVORS, "family_name", Cell("#REF!", CellKind.ERROR), "holds the error #REF!"),
        (SURVIVORS, "birth_date", "2007", "the day must be known"),
        (SURVIVORS, "birth_date", "3/5/2007", "month-first or day-first"),
        (SURVIVORS, "birth_date", number("39146"), "is a number and no date"),
        (SURVIVORS, "sex", "x", "Write one of: female, male, unknown"),
        (SURVIVORS, "language", "the usual", "is no language code"),
        (RESULTS, "value", "1,5", "Write a point before decimals"),
        (RESULTS, "value", "1e5", "is no plain number"),
        (RESULTS, "value", "NaN", "is no plain number"),
        (RESULTS, "value", "٣", "is no plain number"),
        (RESULTS, "adequate", "maybe", "neither yes nor no"),
        (TREATMENTS, "courses", "1.5", "is no whole number"),
        (TREATMENTS, "courses", "-1", "is no whole number"),
    ],
)
def test_what_cannot_be_read_says_why(layout: Layout, column: str, cell: str | Cell, reason: str) -> None:
    assert reason in str(one(layout, column, cell))


def test_every_problem_of_every_row_is_found_at_once() -> None:
    sheet = a_sheet(
        (*PEOPLE, "sex", "phone"),
        ("1", "", "soon", "x", ""),
        ANA,
        ("", "Lind", "2027-01-01", "", Cell("#N/A", CellKind.ERROR)),
    )
    table = read_table(sheet, SURVIVORS)
    assert [each[:2] for each in said(table)] == [
        (2, "birth_date"),
        (2, "sex"),
        (2, "family_name"),
        (4, "phone"),
        (4, "record_number"),
    ]
    assert [row.number for row in table.rows] == [2, 3, 4] and table.rows[1].unread == frozenset()
    assert table.rows[1].values == {"record_number": "004417", "family_name": "Rivera", "birth_date": date(2007, 3, 5)}


def test_the_order_of_dates_is_one_for_the_whole_file() -> None:
    sheet = a_sheet((*PEOPLE, "diagnosed_on"), ("1", "A", "3/4/2007", "2019-05"), ("2", "B", "14/4/2007", "5/2019"))
    table = read_table(sheet, SURVIVORS, order=DateOrder.MONTH_FIRST)
    assert [each[:2] for each in said(table)] == [(3, "birth_date")]
    assert table.rows[0].values["birth_date"] == date(2007, 3, 4)
    assert table.rows[1].values["diagnosed_on"] == PartialDate(2019, 5)


@pytest.mark.parametrize(
    "heading, column, reason",
    [
        ((*PEOPLE, "birthdat"), "birthdat", "has no such column. Do you mean “birth_date”?"),
        ((*PEOPLE, "shoe size"), "shoe size", "Rename it or take it out"),
        ((*PEOPLE, "Last name"), "Last name", "The column family_name is there twice"),
        (PEOPLE[:2], "birth_date", "This column is missing. Add it"),
        ((*PEOPLE, ""), "", "Column D has cells but no name"),
    ],
)
def test_the_heading_is_checked_before_any_row(heading: tuple[str, ...], column: str, reason: str) -> None:
    table = read_table(a_sheet(heading, (*ANA, "x")[: max(len(heading), 3)]), SURVIVORS)
    found = [each for each in table.problems if each.is_whole and each.column == column and reason in each.reason]
    assert len(found) == 1 and table.rows == [] and found[0].row == 1


def test_a_required_column_that_is_mistyped_is_named_once() -> None:
    table = read_table(a_sheet(("record_number", "family_name", "birthdat"), ANA), SURVIVORS)
    assert len(table.problems) == 1 and "“birth_date”" in table.problems[0].reason


def test_a_heading_without_rows_is_no_table() -> None:
    assert "no row below the heading" in said(read_table(a_sheet(PEOPLE), SURVIVORS))[0][2]


def test_a_row_may_be_shorter_than_the_heading_and_blank_columns_do_not_matter() -> None:
    table = read_table(a_sheet((*PEOPLE, "", "phone"), (*ANA, "", "")), SURVIVORS)
    assert table.problems == [] and len(read_table(a_sheet((*PEOPLE, "phone"), ANA), SURVIVORS).rows) == 1


def test_a_cell_that_the_kind_of_row_does_not_have_is_a_problem() -> None:
    sheet = a_sheet(("record_number", "kind", "agent", "dose_gy"), ("1", "chemo", "Cisplatin", "20"))
    assert said(read_table(sheet, TREATMENTS)) == [
        (2, "dose_gy", "A drug has no dose_gy. Empty this cell, or change the kind")
    ]


def test_numbers_in_a_column_of_identifiers_are_noted_once() -> None:
    people = [(number(str(each)), "Lind", "2010-02-14") for each in range(1, 4)]
    table = read_table(a_sheet(PEOPLE, ANA, *people), SURVIVORS)
    [note] = table.notes
    assert (note.row, note.column) == (3, "record_number") and "In 3 rows from here on" in note.reason
    assert table.rows[1].numeric == {"record_number"}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_the_kind_of_a_table_is_told_by_its_heading(layout: Layout) -> None:
    assert kind_of(a_sheet([each.name for each in layout.columns])) == layout.kind


@pytest.mark.parametrize("heading", [("record_number", "kind"), ("name", "age"), PEOPLE[:1]])
def test_a_heading_that_fits_none_or_several_says_so(heading: tuple[str, ...]) -> None:
    with pytest.raises(ImportRefused, match="Say which it is"):
        kind_of(a_sheet(heading))


def test_columns_are_lettered_as_in_a_spreadsheet() -> None:
    assert [letters(each) for each in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


@given(
    st.sampled_from(list(LAYOUTS.values())),
    st.lists(st.tuples(st.text(max_size=30), st.sampled_from(CellKind)), min_size=1, max_size=30),
    st.sampled_from(DateOrder),
)
def test_any_cells_are_values_or_problems(layout: Layout, found: list[tuple[str, CellKind]], order: DateOrder) -> None:
    heading = [each.name for each in layout.columns]
    row = [Cell(text, kind) for text, kind in found][: len(heading)]
    table = read_table(a_sheet(heading, row), layout, order=order)
    [read] = table.rows
    filled = {name for name, cell in zip(heading, row, strict=False) if cell.text.strip()}
    assert read.values.keys() | read.unread >= filled
    assert {each.column for each in table.problems} == read.unread


def test_contacts_and_results_share_the_column_of_the_record_number() -> None:
    assert CONTACTS.column("record_number").required and RESULTS.column("record_number").required
