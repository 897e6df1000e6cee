"""Finding the cases in a stream: one JSON document, a list, JSON Lines, or documents one after another."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import BinaryIO

from tracker.errors import CaseError

Found = tuple[int, Mapping[str, object] | CaseError]

# A line that begins in the first column with neither a closing bracket nor a key: where a new case may begin
# after a broken one, whether each stands on a line of its own or is spread over many, indented.
FRESH_LINE = re.compile(r"^[^\s}\]\",]", re.MULTILINE)
BLANK = re.compile(r"\s*")
REST_OF_LINE = re.compile(r"[ \t\r]*(?=\n|\{|\Z)")


@dataclass(frozen=True, slots=True)
class RepeatedKey:
    """Stands where an object was that names the same key twice: one mistake must not cost its neighbors."""

    key: str


def read_cases(stream: BinaryIO, name: str) -> Iterator[Found]:
    """Yield each case object with its place: the line it begins on, or its position in a list, from 1.

    What cannot be read is yielded as a CaseError in its place, and reading goes on after it.
    Numbers become Decimal. ``name`` is the file's, for messages about the file as a whole.
    """
    try:
        text = stream.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        yield 1, CaseError(f"{name} is not UTF-8 text (byte {error.start + 1})")
        return
    values = _whole_document(text)
    if values is None:
        yield from _one_after_another(text)
    elif not values:
        yield 1, CaseError(f"{name} holds no case")
    else:
        yield from ((place, _as_case(value)) for place, value in enumerate(values, start=1))


def _object(pairs: list[tuple[str, object]]) -> dict[str, object] | RepeatedKey:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = [key for key, _ in pairs]
    return RepeatedKey(next(key for key in names if names.count(key) > 1))


def _number(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation:  # an exponent beyond all bounds: left to be refused as "not a dose"
        return Decimal("NaN")


DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number, parse_int=_number, parse_constant=_number)


def _whole_document(text: str) -> list[object] | None:
    """The values of a text that is one document (none where it is empty); None where it is not one."""
    if not text.strip():
        return []
    try:
        value = DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else [value]


def _one_after_another(text: str) -> Iterator[Found]:
    at, line = _skip_blank(text, 0, 1)
    while at < len(text):
        try:
            value, end = DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            # Looked for only now: before every case it would cost a search through the rest of the file.
            fresh = _fresh_line(text, at)
            yield _broken(error, line, before=fresh)
            # A list is one document: what is left of a broken one is not worth guessing at.
            end = len(text) if text[at] == "[" and not text[:at].strip() else fresh
        else:
            alone = REST_OF_LINE.match(text, end)
            yield line, _as_case(value) if alone else CaseError("not JSON: something follows the case on its line")
            end = end if alone else _end_of_line(text, end)
        at, line = _skip_blank(text, end, line + text.count("\n", at, end))


def _broken(error: ValueError | RecursionError, line: int, *, before: int) -> Found:
    if not isinstance(error, json.JSONDecodeError):
        return line, CaseError("not JSON that can be read: nested too deeply")
    if error.pos >= before:
        return line, CaseError("not JSON: it ends too early")
    return error.lineno, CaseError(f"not JSON: {error.msg[0].lower()}{error.msg[1:]} (column {error.colno})")


def _as_case(value: object) -> Mapping[str, object] | CaseError:
    if isinstance(value, dict):
        return value
    if isinstance(value, RepeatedKey):
        return CaseError(f"{value.key}: this key is given twice")
    return CaseError("a case must be an object in braces")


def _fresh_line(text: str, at: int) -> int:
    following = FRESH_LINE.search(text, _end_of_line(text, at))
    return following.start() if following else len(text)


def _end_of_line(text: str, at: int) -> int:
    newline = text.find("\n", at)
    return len(text) if newline < 0 else newline


def _skip_blank(text: str, at: int, line: int) -> tuple[int, int]:
    blank = BLANK.match(text, at)
    end = blank.end() if blank else at
    return end, line + text.count("\n", at, end)
