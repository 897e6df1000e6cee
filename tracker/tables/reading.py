"""A sheet as the rows of one kind of table: every cell read as its column says, every problem found at once."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tracker.engine.partial_dates import Day
from tracker.errors import ImportRefused
from tracker.tables.cells import Cell, CellKind, Sheet, SheetRow
from tracker.tables.columns import Column, Layout, Value
from tracker.tables.dates import DateOrder, DateProblem, read_day
from tracker.tables.layouts import LAYOUTS

CellValue = str | Decimal | int | bool | Day
NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")
SHORTENED = re.compile(r"[0-9](\.[0-9]+)?E\+?[0-9]{2}")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,6})?")
YES, NO = frozenset({"yes", "y", "true", "1"}), frozenset({"no", "n", "false", "0"})
COLUMN_TEXT = "Format the column as text and type it again"


@dataclass(frozen=True)
class Problem:
    """Something wrong, or in ``notes`` something to look at, in one cell (``column`` and ``row``), in a row, or in the
    heading of the whole table (``is_whole``: no row can be read without mending it)."""

    row: int
    column: str
    reason: str
    is_whole: bool = False


@dataclass(frozen=True)
class TableRow:
    """One row: the values of the cells that say something, by column. ``unread``: columns with a problem; ``numeric``:
    identifiers that the spreadsheet holds as numbers, whose zeros at the front may be gone."""

    number: int
    values: Mapping[str, CellValue]
    unread: frozenset[str] = frozenset()
    numeric: frozenset[str] = frozenset()

    def text(self, name: str) -> str:
        """The text in a column; empty where it says nothing."""
        found = self.values.get(name)
        return found if isinstance(found, str) else ""


@dataclass
class Table:
    """A table that was read: its good rows and its bad ones, and every problem of these."""

    file: str
    layout: Layout
    rows: list[TableRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.layout.kind


class _Unreadable(ValueError):
    """What a cell holds cannot be read; the message says why."""


def kind_of(sheet: Sheet) -> str:
    """Which table this is, by its heading.

    Raises:
        ImportRefused: the heading fits none, or more than one.
    """
    fitting = [each.kind for each in LAYOUTS.values() if _fits(each, sheet.rows[0])]
    if len(fitting) != 1:
        kinds = ", ".join(LAYOUTS)
        fits = "the heading of more than one kind of table" if fitting else "not the heading of any kind of table"
        raise ImportRefused(f"has {fits}. Say which it is ({kinds}), and compare the names of its columns")
    return fitting[0]


def _fits(layout: Layout, heading: SheetRow) -> bool:
    found = [layout.find(cell.text) for cell in heading.cells if cell.text.strip()]
    required = {each.name for each in layout.columns if each.required}
    return None not in found and required <= {each.name for each in found if each is not None}


def read_table(sheet: Sheet, layout: Layout, *, order: DateOrder = DateOrder.ISO, file: str = "") -> Table:
    """Every row of a sheet; what is wrong with it is in ``problems``, never raised."""
    table = Table(file or sheet.name, layout)
    table.notes.extend(Problem(0, "", note) for note in sheet.notes)
    places = _read_heading(table, sheet)
    if any(each.is_whole for each in table.problems):
        return table
    for row in sheet.rows[1:]:
        _read_row(table, row, places, order)
    _note_numbers(table)
    if not table.rows:
        heading = sheet.rows[0].number
        table.problems.append(Problem(heading, "", "There is no row below the heading", is_whole=True))
    return table


def _read_heading(table: Table, sheet: Sheet) -> dict[int, Column]:
    heading, places = sheet.rows[0], dict[int, Column]()
    filled = {place for row in sheet.rows for place, cell in enumerate(row.cells) if cell.text.strip()}
    for place in sorted(filled):
        text = heading.cells[place].text.strip() if place < len(heading.cells) else ""
        column = table.layout.find(text) if text else None
        why = _wrong_heading(table.layout, text, place, column, places)
        if why:
            table.problems.append(Problem(heading.number, text[:80], why, is_whole=True))
        elif column is not None:
            places[place] = column
    for each in table.layout.columns:
        if each.required and each not in places.values() and not _is_said(table, each):
            table.problems.append(Problem(heading.number, each.name, "This column is missing. Add it", is_whole=True))
    return places


def _is_said(table: Table, column: Column) -> bool:
    """Was this column found wanting already, by the name it was meant by?"""
    return any(f"“{column.name}”" in each.reason for each in table.problems)


def _wrong_heading(
    layout: Layout, text: str, place: int, column: Column | None, places: Mapping[int, Column]
) -> str | None:
    if not text:
        return f"Column {letters(place)} has cells but no name in the first row. Name it, or empty it"
    if column is None:
        near = layout.nearest(text)
        meant = f" Do you mean “{near}”?" if near else ""
        return f"A table of {layout.kind} has no such column.{meant} Rename it or take it out"
    if column in places.values():
        return f"The column {column.name} is there twice. Take one of them out"
    return None


def letters(place: int) -> str:
    """The name a spreadsheet gives a column, counted from 0: A … Z, AA …"""
    found, place = "", place + 1
    while place:
        place, rest = divmod(place - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


def _read_row(table: Table, row: SheetRow, places: Mapping[int, Column], order: DateOrder) -> None:
    values, unread, numeric = dict[str, CellValue](), set[str](), set[str]()
    for place, column in places.items():
        cell = row.cells[place] if place < len(row.cells) else Cell("")
        if not cell.text.strip():
            continue
        try:
            values[column.name] = _read(column, cell, order)
        except _Unreadable as why:
            unread.add(column.name)
            table.problems.append(Problem(row.number, column.name, str(why)))
        if column.value == Value.IDENTIFIER and column.name not in unread and cell.kind == CellKind.NUMBER:
            numeric.add(column.name)
    for name, reason in _misplaced(table.layout, values, unread):
        unread.add(name)
        table.problems.append(Problem(row.number, name, reason))
    table.rows.append(TableRow(row.number, values, frozenset(unread), frozenset(numeric)))


def _misplaced(layout: Layout, values: Mapping[str, CellValue], unread: set[str]) -> Iterator[tuple[str, str]]:
    """Cells that must be filled and are not, and those that a row of this kind does not have."""
    kind = values.get("kind")
    for each in layout.columns:
        if each.required and each.name not in values and each.name not in unread:
            yield each.name, "This cell must be filled"
        elif each.only_of and kind is not None and kind not in each.only_of and each.name in values:
            yield each.name, f"A {kind} has no {each.name}. Empty this cell, or change the kind"


def _read(column: Column, cell: Cell, order: DateOrder) -> CellValue:
    if cell.kind == CellKind.ERROR:
        raise _Unreadable(f"The spreadsheet holds the error {cell.text[:20]} here. Mend its formula, or type the value")
    if "\0" in cell.text or any("\ud800" <= each <= "\udfff" for each in cell.text):
        raise _Unreadable("There is a character here that cannot be stored. Type it again by hand")
    if column.value in (Value.DAY, Value.PART_DAY):
        return _day(column, cell, order)
    return READERS[column.value](column, cell)


def _day(column: Column, cell: Cell, order: DateOrder) -> CellValue:
    try:
        return read_day(cell.text.strip(), order, in_part=column.value == Value.PART_DAY)
    except DateProblem as why:
        raise _Unreadable(str(why)) from None


def _text(column: Column, cell: Cell) -> str:
    return _short_enough(column, cell.text.strip())


def _name(column: Column, cell: Cell) -> str:
    return _short_enough(column, " ".join(cell.text.split()))


def _long_text(column: Column, cell: Cell) -> str:
    return _short_enough(column, cell.text)


def _short_enough(column: Column, text: str) -> str:
    if len(text) > column.longest:
        raise _Unreadable(f"There is room for {column.longest} characters here, and these are {len(text)}. Shorten it")
    return text


def _identifier(column: Column, cell: Cell) -> str:
    text = _name(column, cell)
    if cell.kind == CellKind.DATE:
        raise _Unreadable(f"The spreadsheet has made a date of this. {COLUMN_TEXT}")
    if SHORTENED.fullmatch(text):
        raise _Unreadable(f"The spreadsheet has shortened this number to {text}. {COLUMN_TEXT}")
    return text


def _language(column: Column, cell: Cell) -> str:
    text = cell.text.strip()
    named = {"english": "en", "spanish": "es", "español": "es"}.get(text.casefold(), text)
    if not LANGUAGE.fullmatch(named) or len(named) > column.longest:
        raise _Unreadable(f"“{text[:40]}” is no language code. Write it like en or es")
    return named.lower()


def _number(_column: Column, cell: Cell) -> Decimal:
    text = cell.text.strip()
    if not NUMBER.fullmatch(text):
        hint = " Write a point before decimals, and nothing between thousands" if "," in text else ""
        raise _Unreadable(f"“{text[:40]}” is no plain number, like 12.5.{hint}")
    return Decimal(text)


def _count(column: Column, cell: Cell) -> int:
    number = _number(column, cell)
    if number != number.to_integral_value() or number < 0:
        raise _Unreadable(f"“{cell.text.strip()}” is no whole number, like 6")
    return int(number)


def _choice(column: Column, cell: Cell) -> str:
    found = column.choice(cell.text)
    if found is None:
        known = ", ".join(column.choices or ())
        raise _Unreadable(f"“{cell.text.strip()[:40]}” is not known here. Write one of: {known}")
    return found


def _yes_no(_column: Column, cell: Cell) -> bool:
    text = cell.text.strip().casefold()
    if text not in YES | NO:
        raise _Unreadable(f"“{text[:40]}” is neither yes nor no")
    return text in YES


READERS: Mapping[Value, Callable[[Column, Cell], CellValue]] = {
    Value.TEXT: _text,
    Value.NAME: _name,
    Value.LONG_TEXT: _long_text,
    Value.IDENTIFIER: _identifier,
    Value.LANGUAGE: _language,
    Value.NUMBER: _number,
    Value.COUNT: _count,
    Value.CHOICE: _choice,
    Value.YES_NO: _yes_no,
}


def _note_numbers(table: Table) -> None:
    table.notes.extend(_numbers(table))


def _numbers(table: Table) -> Iterator[Problem]:
    """One note a column, at its first row: a list of thousands has the same note but once."""
    for column in table.layout.columns:
        rows = [row.number for row in table.rows if column.name in row.numeric]
        if rows:
            count = "In one row" if len(rows) == 1 else f"In {len(rows)} rows from here on"
            yield Problem(
                rows[0],
                column.name,
                f"{count} the spreadsheet holds this as a number, so zeros at its front may be lost. Compare them with "
                "the records; to keep zeros, format the column as text before typing",
            )
