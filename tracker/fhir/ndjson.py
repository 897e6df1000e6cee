"""Newline-delimited JSON: one resource a line, read line by line whatever the size of the file."""

from collections.abc import Iterable, Iterator

from tracker.errors import ImportRefused
from tracker.fhir.reading import Entry, NotFhir, read_resource

LONGEST_LINE = 16 * 1024 * 1024


def read_lines(lines: Iterable[bytes]) -> Iterator[tuple[Entry, int]]:
    """Each resource with the bytes its line takes; blank lines are passed over.

    Raises:
        NotFhir: the first line holds JSON that is no resource (an export log, for instance).
        ImportRefused: a line cannot be read; the message names it.
    """
    number = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        yield Entry(number, "", _resource(line, number), where="line"), len(line)
    if number == 0:
        raise ImportRefused("is empty")


def _resource(line: bytes, number: int) -> dict[str, object]:
    if len(line) > LONGEST_LINE:
        raise ImportRefused(f"line {number} is longer than {LONGEST_LINE // 1024 // 1024} MB")
    try:
        resource = read_resource(line)
    except NotFhir as error:
        if number == 1:
            raise
        raise ImportRefused(f"line {number} {error}") from error
    except ImportRefused as error:
        raise ImportRefused(f"line {number} {error}") from error
    if resource["resourceType"] == "Bundle":
        raise ImportRefused(f"line {number} is a Bundle; each line must be a resource of its own")
    return resource
