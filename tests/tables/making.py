"""Files as a clinic would send them: rows as CSV in UTF-8, or as a workbook."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

import xlsxwriter

from tracker.tables.cells import Cell, CellKind, Sheet, SheetRow


def as_csv(rows: Iterable[Sequence[object]], *, delimiter: str = ",", mark: bool = False) -> bytes:
    """Rows as CSV, quoted where needed."""
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return written.getvalue().encode("utf-8-sig" if mark else "utf-8")


def as_xlsx(rows: Iterable[Sequence[Any]], *, name: str = "List", **others: Iterable[Sequence[Any]]) -> bytes:
    """Rows as a workbook, its other sheets behind; a text that begins with "=" is a text."""
    written = io.BytesIO()
    book = xlsxwriter.Workbook(written, {"strings_to_formulas": False, "strings_to_urls": False})
    for title, each in {name: rows, **others}.items():
        _fill(book, book.add_worksheet(title), each)
    book.close()
    return written.getvalue()


def _fill(book: Any, sheet: Any, rows: Iterable[Sequence[Any]]) -> None:
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for number, row in enumerate(rows):
        for place, value in enumerate(row):
            if isinstance(value, Formula):
                sheet.write_formula(number, place, value.text, None, value.result)
            elif isinstance(value, datetime):
                sheet.write_datetime(number, place, value, moment)
            elif isinstance(value, date | time):
                sheet.write_datetime(number, place, value, day)
            elif isinstance(value, str):
                sheet.write_string(number, place, value)
            elif value is not None:
                sheet.write(number, place, value)


class Formula:
    """A formula and the value that a spreadsheet stored with it."""

    def __init__(self, text: str, result: object) -> None:
        self.text, self.result = text, result


def a_sheet(*rows: Sequence[str | Cell]) -> Sheet:
    """A sheet with these rows, from row 1 on."""
    cells = (tuple(each if isinstance(each, Cell) else Cell(each) for each in row) for row in rows)
    return Sheet("list.csv", tuple(SheetRow(number, row) for number, row in enumerate(cells, start=1)))


def number(text: str) -> Cell:
    """A cell that a spreadsheet holds as a number."""
    return Cell(text, CellKind.NUMBER)
