"""A file that comes in: its name, its size, and how to read it as often as needed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from tracker.errors import ImportRefused

FIRST_BYTES = 4096
# An archive with the marks of a workbook; what is really in it is looked at when it is read.
WORKBOOK = b"PK\x03\x04"
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods")


class Shape(StrEnum):
    """How a file is written."""

    JSON = "json"
    NDJSON = "ndjson"
    TABLE = "table"


@dataclass(frozen=True)
class Source:
    """One file. ``size`` in bytes; ``open`` gives its content from the beginning, each time anew."""

    name: str
    size: int
    open: Callable[[], BinaryIO] = field(repr=False)

    @classmethod
    def of_bytes(cls, name: str, content: bytes) -> "Source":
        """A file that was uploaded."""
        return cls(name, len(content), lambda: BytesIO(content))

    @classmethod
    def of_path(cls, path: Path) -> "Source":
        """A file on this machine.

        Raises:
            ImportRefused: it is not there, or may not be read.
        """
        try:
            return cls(str(path), path.stat().st_size, lambda: path.open("rb"))
        except OSError as error:
            raise ImportRefused(f"cannot be read: {error.strerror or error}") from error

    def first(self) -> bytes:
        """The first few thousand bytes."""
        with self.open() as stream:
            return stream.read(FIRST_BYTES)

    def content(self, limit: int) -> bytes:
        """Everything, or a little more than ``limit`` where there is more."""
        with self.open() as stream:
            return stream.read(limit + 1)


def shape_of(source: Source) -> Shape:
    """How a file is written: by its ending where that says so, else by how it begins."""
    name = source.name.lower()
    if name.endswith((".ndjson", ".jsonl")):
        return Shape.NDJSON
    if name.endswith(".json"):
        return Shape.JSON
    beginning = source.first()
    text = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()
    if name.endswith(TABLES) or beginning.startswith((WORKBOOK, OLD_WORKBOOK)):
        return Shape.TABLE
    return Shape.JSON if text.startswith((b"{", b"[")) else Shape.TABLE
