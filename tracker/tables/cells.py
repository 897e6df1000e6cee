"""Cells and rows of a table, and how many of them are read."""

from dataclasses import dataclass, field
from enum import StrEnum

from tracker.errors import ImportRefused

MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 20_000, 100, 32_767
SAVE_AS_XLSX = "Save it as an Excel workbook (.xlsx) without a password, or as CSV UTF-8"


class CellKind(StrEnum):
    """What a spreadsheet says a cell is; every cell of a CSV file is TEXT."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as text: a number without needless zeros, a date as ISO, a formula as the value it had last."""

    text: str
    kind: CellKind = CellKind.TEXT


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row that is not blank, by the number a spreadsheet shows beside it."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Sheet:
    """The rows of a table without the blank ones, heading first. ``notes``: what somebody should know of the file."""

    name: str
    rows: tuple[SheetRow, ...]
    notes: tuple[str, ...] = field(default=())


def row_of(number: int, cells: tuple[Cell, ...]) -> SheetRow | None:
    """A row within the limits; None for a blank one.

    Raises:
        ImportRefused: the row is beyond the limits.
    """
    if all(not cell.text.strip() for cell in cells):
        return None
    if len(cells) > MOST_COLUMNS and any(cell.text.strip() for cell in cells[MOST_COLUMNS:]):
        raise ImportRefused(f"has more than {MOST_COLUMNS} columns in row {number}. Take out what is not needed")
    if number > MOST_ROWS + 1:
        raise ImportRefused(f"has more than {MOST_ROWS} rows. Split it into several files")
    long = next((cell for cell in cells if len(cell.text) > LONGEST_CELL), None)
    if long is not None:
        raise ImportRefused(f"has a cell of more than {LONGEST_CELL} characters in row {number}. Shorten it")
    return SheetRow(number, cells[:MOST_COLUMNS])
