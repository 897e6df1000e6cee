"""Reading a pack's CSV tables so that every refusal can name file, row and column."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeVar

from tracker.engine.schedule import Period, parse_period
from tracker.errors import PackError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table. ``line`` is its line in the file, the heading being line 1."""

    file: str
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def refuse(self, column: str, why: str) -> NoReturn:
        """Refuse the pack because of this cell."""
        raise PackError(f"{self.file}, row {self.line}, column {column}: {why}")

    def required(self, column: str) -> str:
        """The cell's text, which must not be empty."""
        return self[column] or self.refuse(column, "must not be empty")

    def one_of(self, column: str, allowed: tuple[str, ...]) -> str:
        """The cell's text, which must be one of the words allowed."""
        if self[column] not in allowed:
            self.refuse(column, f"{self[column]!r} is not one of {', '.join(allowed)}")
        return self[column]

    def read(self, column: str, reader: Callable[[str], T]) -> T:
        """What a reader makes of the cell; its ValueError becomes the refusal."""
        try:
            return reader(self[column])
        except ValueError as error:
            self.refuse(column, str(error))

    def period(self, column: str) -> Period:
        """The cell as an ISO 8601 period."""
        return self.read(column, parse_period)

    def optional_period(self, column: str) -> Period | None:
        """The cell as an ISO 8601 period, None if it is empty."""
        return self.period(column) if self[column] else None

    def positive_period(self, column: str) -> Period:
        """The cell as an ISO 8601 period longer than nothing."""
        period = self.period(column)
        return period if period.length > 0 else self.refuse(column, "must be longer than nothing")


def read_table(folder: Path, file: str, columns: tuple[str, ...]) -> list[Row]:
    """All rows of a table, which must have exactly these columns, in any order.

    Raises:
        PackError: the table is missing, is not UTF-8, or a row has more or fewer cells than the heading.
    """
    try:
        with (folder / file).open(encoding="utf-8", newline="") as stream:
            return list(_rows(csv.reader(stream, strict=True), file, columns))
    except FileNotFoundError:
        raise PackError(f"{file}, row 1, column {columns[0]}: the table is missing from {folder}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise PackError(f"{file}: cannot be read as a CSV table in UTF-8: {error}") from error


def _rows(reader: "Iterator[list[str]]", file: str, columns: tuple[str, ...]) -> Iterator[Row]:
    heading = next(reader, [])
    for column in columns:
        if column not in heading:
            raise PackError(f"{file}, row 1, column {column}: the column is missing")
    for column in heading:
        if column not in columns or heading.count(column) > 1:
            raise PackError(f"{file}, row 1, column {column}: the column is not known, or stands there twice")
    line = 1
    for cells in reader:
        first_line, line = line + 1, reader.line_num  # type: ignore[attr-defined]
        if len(cells) != len(heading):
            why = f"has {len(cells)} cells, the heading {len(heading)}; quote text that holds a comma"
            raise PackError(f"{file}, row {first_line}, column {heading[min(len(cells), len(heading)) - 1]}: {why}")
        yield Row(file, first_line, {name: cell.strip() for name, cell in zip(heading, cells, strict=True)})


def refuse_duplicates(rows: list[Row], column: str, seen: set[str] | None = None) -> None:
    """Refuse a name that stands in the column twice (or in ``seen``, which grows)."""
    names = set() if seen is None else seen
    for row in rows:
        if row.required(column) in names:
            row.refuse(column, f"duplicate {column} {row[column]!r}")
        names.add(row[column])
