"""A CSV file or a workbook as rows of text, numbered as a spreadsheet shows them."""

import csv
import io
from collections.abc import Iterator

from tracker.errors import ImportRefused
from tracker.tables.cells import LONGEST_CELL, SAVE_AS_XLSX, Cell, Sheet, SheetRow, row_of
from tracker.tables.workbooks import read_workbook

LARGEST = 20 * 1024 * 1024
DELIMITERS = (",", ";", "\t")
WORKBOOK, OLD_WORKBOOK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
SAVE_AS_UTF8 = "In the spreadsheet choose “Save as”, then “CSV UTF-8”"


def read_sheet(content: bytes, name: str, *, sheet: str = "") -> Sheet:
    """The table that a file holds; ``sheet`` names one of a workbook (empty: the first that is not hidden or empty).

    Raises:
        ImportRefused: it is neither, is damaged, or larger than can be read; the message says what to do.
    """
    if len(content) > LARGEST:
        raise ImportRefused(f"is larger than {LARGEST // 1024 // 1024} MB. Split it into several files")
    if content.startswith(OLD_WORKBOOK):
        raise ImportRefused(f"is an old Excel workbook, or one with a password. {SAVE_AS_XLSX}")
    if content.startswith(WORKBOOK):
        found = read_workbook(content, sheet)
    elif name.lower().endswith((".xlsx", ".xlsm", ".xls", ".ods", ".xlsb")):
        raise ImportRefused(f"is no workbook that can be read, whatever its name says. {SAVE_AS_XLSX}")
    elif sheet:
        raise ImportRefused(f"is not a workbook, so it has no sheet named “{sheet}”. Leave the sheet out")
    else:
        found = Sheet(name, tuple(_csv_rows(_decoded(content))))
    if not found.rows:
        raise ImportRefused("is empty. The first row must hold the names of the columns")
    return found


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ImportRefused(f"is written in UTF-16, which is not read. {SAVE_AS_UTF8}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ImportRefused(f"is not written in UTF-8 (line {line} is the first that is not). {SAVE_AS_UTF8}") from None


def _csv_rows(text: str) -> Iterator[SheetRow]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise ImportRefused(_broken(number, str(error))) from error
        if cells is None:
            return
        row = row_of(number, tuple(Cell(text) for text in cells))
        if row is not None:
            yield row


def _broken(number: int, error: str) -> str:
    if "field limit" in error:
        return f"has a cell of more than {LONGEST_CELL} characters in row {number}. Shorten it"
    if "end of data" in error:
        return f"ends within a quoted cell, which begins in row {number}. Add the quotation mark that closes it"
    return f'cannot be read in row {number}: within a quoted cell a quotation mark must be written twice, like ""'


def delimiter_of(text: str) -> str:
    """What stands between the cells, told by the heading alone: its names hold none of the three."""
    heading = next((line for line in text.splitlines() if line.strip()), "")
    outside = "".join(heading.split('"')[::2])
    return max(DELIMITERS, key=outside.count)
