"""The files an import is pointed at: named ones, and those below a folder."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tracker.errors import ImportRefused
from tracker.fhir.reading import LARGEST


@dataclass(frozen=True)
class Found:
    """One file to import. ``named``: asked for by itself, not by its folder."""

    path: Path
    named: bool


def find_files(paths: Iterable[Path]) -> Iterator[Found]:
    """Every file named, and every ``*.json`` below each folder in order of path; none twice.

    A path that is not there is given back as it is: reading it says so.
    """
    seen: set[Path] = set()
    for path in paths:
        found = sorted(each for each in path.rglob("*.json") if each.is_file()) if path.is_dir() else [path]
        if not found:
            found = [path]
        for each in found:
            if each.resolve() not in seen:
                seen.add(each.resolve())
                yield Found(each, named=each == path)


def read_file(path: Path) -> bytes:
    """What is in a file.

    Raises:
        ImportRefused: it is not there, is a folder without a JSON file, is far too large, or may not be read.
    """
    if path.is_dir():
        raise ImportRefused("is a folder without a .json file")
    try:
        with path.open("rb") as stream:
            return stream.read(LARGEST + 1)
    except OSError as error:
        raise ImportRefused(f"cannot be read: {error.strerror or error}") from error
