"""The files an import is pointed at: named ones, and those below a folder."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ENDINGS = (".json", ".ndjson")


@dataclass(frozen=True)
class Found:
    """One file to import. ``named``: asked for by itself, not by its folder."""

    path: Path
    named: bool


def find_files(paths: Iterable[Path]) -> Iterator[Found]:
    """Every file named, and every ``*.json`` and ``*.ndjson`` below each folder in order of path; none twice.

    A path that is not there is given back as it is: reading it says so.
    """
    seen: set[Path] = set()
    for path in paths:
        found = sorted(each for each in path.rglob("*") if _is_fhir(each)) if path.is_dir() else [path]
        if not found:
            found = [path]
        for each in found:
            if each.resolve() not in seen:
                seen.add(each.resolve())
                yield Found(each, named=each == path)


def _is_fhir(path: Path) -> bool:
    return path.suffix in ENDINGS and path.is_file()
