"""The cells of an Excel workbook. Nothing in it is run: a formula gives the value that was stored with it.

The archive is unpacked and measured before the reader sees it: one small file can ask for more memory than there is.
"""

import io
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from posixpath import join, normpath
from typing import Any
from xml.parsers import expat
from zlib import error as zlib_error

from python_calamine import CalamineError, CalamineWorkbook

from tracker.errors import ImportRefused
from tracker.tables.cells import MOST_COLUMNS, MOST_ROWS, SAVE_AS_XLSX, Cell, CellKind, Sheet, SheetRow, row_of

MOST_UNPACKED = 150 * 1024 * 1024
MOST_PARTS = 2_000
DAMAGED = f"is damaged, or no Excel workbook. {SAVE_AS_XLSX}"
REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
# A whole number of more digits has lost some of them in the spreadsheet.
EXACT_BELOW = 10**15


@dataclass(frozen=True)
class _Part:
    """One sheet as the workbook lists it; ``path`` of its cells within the archive."""

    name: str
    path: str
    is_hidden: bool


@dataclass
class _Scan:
    """How far the cells of a sheet reach, and those that hold an error; rows and columns are counted from 1."""

    rows: int = 0
    columns: int = 0
    errors: dict[tuple[int, int], str] = field(default_factory=dict)


def read_workbook(content: bytes, wanted: str) -> Sheet:
    """The sheet of this name; without a name the first that is neither hidden nor empty.

    Raises:
        ImportRefused: there is no such sheet, the file is damaged, or larger than can be read.
    """
    parts = _unpacked(content)
    listed = _listed(parts)
    scans = {each.name: _scan(parts[each.path]) for each in _candidates(listed, wanted)}
    filled = [name for name, scan in scans.items() if scan.rows]
    if not filled:
        raise ImportRefused("is empty. The first row must hold the names of the columns")
    chosen, others = filled[0], filled[1:]
    _check_size(scans[chosen])
    rows = tuple(_rows(_cells(parts, chosen), scans[chosen]))
    notes = (f"Only the sheet “{chosen}” was read, not “{'”, “'.join(others)}”",) if others else ()
    return Sheet(chosen, rows, notes)


def _unpacked(content: bytes) -> dict[str, bytes]:
    """The parts of the archive that are XML; what they say of their size is checked while they are unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = [each for each in archive.infolist() if each.filename.lower().endswith((".xml", ".rels"))]
            if len(found) > MOST_PARTS or sum(each.file_size for each in found) > MOST_UNPACKED:
                raise ImportRefused("is too large once it is unpacked. Split it into several files")
            parts = {each.filename: archive.read(each) for each in found}
    except (zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError, OSError, ValueError, zlib_error) as error:
        raise ImportRefused(DAMAGED) from error
    if any(b"<!DOCTYPE" in part or b"<!ENTITY" in part for part in parts.values()):
        raise ImportRefused(DAMAGED)
    return parts


def _listed(parts: dict[str, bytes]) -> list[_Part]:
    try:
        book = ET.fromstring(parts["xl/workbook.xml"])  # noqa: S314 (no document type: see _unpacked)
        links = ET.fromstring(parts["xl/_rels/workbook.xml.rels"])  # noqa: S314
    except (KeyError, ET.ParseError, LookupError, ValueError) as error:
        raise ImportRefused(DAMAGED) from error
    targets = {each.get("Id", ""): each.get("Target", "") for each in links}
    return [each for each in _sheets(book, targets) if each.path in parts]


def _sheets(book: ET.Element, targets: dict[str, str]) -> Iterator[_Part]:
    for each in book.iter():
        if _local(each.tag) == "sheet":
            link = next((value for key, value in each.attrib.items() if _local(key) == "id"), "")
            path = normpath(join("/xl", targets.get(link, ""))).lstrip("/")
            yield _Part(each.get("name", ""), path, each.get("state", "visible") != "visible")


def _local(name: str) -> str:
    return name.rsplit("}", 1)[-1].rsplit(":", 1)[-1]


def _candidates(listed: list[_Part], wanted: str) -> list[_Part]:
    if not wanted:
        return [each for each in listed if not each.is_hidden]
    named = [each for each in listed if each.name.casefold() == wanted.strip().casefold()]
    if not named:
        names = "”, “".join(each.name for each in listed)
        raise ImportRefused(f"has no sheet named “{wanted}”. Its sheets are “{names}”")
    return named


def _check_size(scan: _Scan) -> None:
    if scan.rows > MOST_ROWS + 1:
        raise ImportRefused(f"has more than {MOST_ROWS} rows. Split it into several files")
    if scan.columns > MOST_COLUMNS:
        raise ImportRefused(f"has more than {MOST_COLUMNS} columns. Take out what is not needed")


class _Reader:
    """Follows the cells of a sheet; only those with a value count."""

    def __init__(self) -> None:
        self.scan = _Scan()
        self._row = self._column = 0
        self._is_error = self._in_value = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = _local(name)
        if local == "row":
            self._row, self._column = _number(attributes.get("r"), self._row + 1), 0
        elif local == "c":
            self._place(attributes.get("r", ""))
            self._is_error = attributes.get("t") == "e"
        elif local in ("v", "is") and self._row:
            self._in_value = True
            self.scan.rows = max(self.scan.rows, self._row)
            self.scan.columns = max(self.scan.columns, self._column)

    def end(self, name: str) -> None:
        if _local(name) in ("v", "is"):
            self._in_value = False

    def text(self, text: str) -> None:
        if self._in_value and self._is_error:
            place = self._row, self._column
            self.scan.errors[place] = self.scan.errors.get(place, "") + text

    def _place(self, reference: str) -> None:
        found = REFERENCE.fullmatch(reference)
        if found is None:
            self._column += 1
            return
        self._row, self._column = int(found[2]), 0
        for letter in found[1]:
            self._column = self._column * 26 + ord(letter) - ord("A") + 1


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else otherwise


def _scan(content: bytes) -> _Scan:
    reader, parser = _Reader(), expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise ImportRefused(DAMAGED) from error
    return reader.scan


def _cells(parts: dict[str, bytes], name: str) -> list[list[Any]]:
    """The values of a sheet from its first cell on, read from the parts that were measured and from nothing else."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, part in parts.items():
            archive.writestr(path, part)
    packed.seek(0)
    try:
        return CalamineWorkbook.from_filelike(packed).get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError) as error:
        raise ImportRefused(DAMAGED) from error
    except BaseException as error:
        # The reader is not written in Python: where it gives up altogether, it says so by an exception of its own.
        if type(error).__name__ != "PanicException":
            raise
        raise ImportRefused(DAMAGED) from error


def _rows(values: list[list[Any]], scan: _Scan) -> Iterator[SheetRow]:
    for number, line in enumerate(values, start=1):
        cells = (_cell(value, scan.errors.get((number, place))) for place, value in enumerate(line, start=1))
        row = row_of(number, tuple(cells))
        if row is not None:
            yield row


def _cell(value: object, error: str | None) -> Cell:
    if error is not None:
        return Cell(error or "#ERROR!", CellKind.ERROR)
    if isinstance(value, bool):
        return Cell("true" if value else "false", CellKind.BOOLEAN)
    if isinstance(value, int | float):
        return Cell(_written(value), CellKind.NUMBER) if isfinite(value) else Cell(str(value), CellKind.ERROR)
    if isinstance(value, datetime):
        whole = value.time() == time()
        return Cell(value.date().isoformat() if whole else value.isoformat(" ", "seconds"), CellKind.DATE)
    if isinstance(value, date):
        return Cell(value.isoformat(), CellKind.DATE)
    if isinstance(value, time | timedelta):
        return Cell(str(value))
    return Cell(str(value))


def _written(value: float) -> str:
    """As a spreadsheet shows it: fifteen digits, no needless ".0"."""
    if value == int(value) and abs(value) < EXACT_BELOW:
        return str(int(value))
    return f"{Decimal(f'{value:.15g}'):f}"
