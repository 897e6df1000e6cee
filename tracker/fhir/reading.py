"""A file's bytes as a FHIR bundle, or a sentence saying why it is not one."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn

from tracker.errors import ImportRefused
from tracker.fhir.values import Json, words

BUNDLE_TYPES = ("transaction", "collection", "document")
LARGEST = 64 * 1024 * 1024
DEEPEST = 200


class NotFhir(ImportRefused):
    """Sound JSON, but no FHIR resource: in a folder such a file is passed over."""


@dataclass(frozen=True)
class Entry:
    """One resource of a bundle. ``number`` counts from 1, as the messages do."""

    number: int
    full_url: str
    resource: Json
    where: str = "entry"

    @property
    def type(self) -> str:
        return str(self.resource["resourceType"])

    @property
    def id(self) -> str:
        """The resource's id; in a transaction it may stand in the address alone."""
        return words(self.resource.get("id")) or (
            self.full_url.removeprefix("urn:uuid:") if self.full_url.startswith("urn:uuid:") else ""
        )

    @property
    def base(self) -> str:
        """Where it comes from: its address without its own type and id; "" where the address tells no such place."""
        path = f"{self.type}/{self.id}"
        return self.full_url.removesuffix(path) if self.full_url.endswith(path) else ""

    @property
    def place(self) -> str:
        return f"{self.where} {self.number} ({self.type}{f'/{self.id}' if self.id else ''})"[:160]


def read_entries(content: bytes) -> list[Entry]:
    """The entries of a bundle; a resource alone is taken as a collection of one.

    Raises:
        ImportRefused: not UTF-8, not JSON (where it breaks off), not a bundle that can be imported, or with
            entries that cannot be told apart.
    """
    resource = read_resource(content)
    if resource["resourceType"] != "Bundle":
        resource = {"type": "collection", "entry": [{"resource": resource}]}
    kind = words(resource.get("type"))
    if kind not in BUNDLE_TYPES:
        known = ", ".join(BUNDLE_TYPES)
        raise ImportRefused(f"is a Bundle of type {kind or 'unknown'}; only {known} can be imported")
    entries = resource.get("entry")
    found = [_entry(number, each) for number, each in enumerate(entries if isinstance(entries, list) else [], start=1)]
    _refuse_doubles(found)
    return found


def read_resource(content: bytes) -> Json:
    """One resource, a bundle or another.

    Raises:
        NotFhir: sound JSON without a resourceType. ImportRefused: anything else that is no resource.
    """
    value = _json(content)
    if not isinstance(value, dict) or not words(value.get("resourceType")):
        raise NotFhir("holds JSON, but no FHIR resource (it has no resourceType)")
    return value


def _json(content: bytes) -> object:
    if len(content) > LARGEST:
        raise ImportRefused(f"is larger than {LARGEST // 1024 // 1024} MB; split it")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportRefused(f"is not UTF-8 text: byte {error.start + 1} cannot be read") from error
    if not text.strip():
        raise ImportRefused("is empty")
    try:
        value: object = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise ImportRefused(
            f"is not JSON: line {error.lineno}, column {error.colno}: {error.msg}. Perhaps it was cut off"
        ) from error
    except RecursionError as error:
        raise ImportRefused("is nested too deeply to be FHIR") from error
    except (ValueError, ArithmeticError) as error:
        raise ImportRefused(f"holds a number that cannot be read: {error}") from error
    _check_texts(value)
    return value


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")


def _check_texts(value: object) -> None:
    """Refuse what neither database can hold: NUL, and halves of characters; and nesting no chart has."""
    for text, depth in _texts(value):
        if depth > DEEPEST:
            raise ImportRefused("is nested too deeply to be FHIR")
        if "\x00" in text:
            raise ImportRefused("holds a NUL character, which no text may have")
        if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
            raise ImportRefused("holds half of a character (an unpaired surrogate)")


def _texts(value: object) -> Iterator[tuple[str, int]]:
    waiting: list[tuple[object, int]] = [(value, 0)]
    while waiting:
        each, depth = waiting.pop()
        if isinstance(each, str):
            yield each, depth
        elif isinstance(each, dict):
            waiting.extend((key, depth) for key in each)
            waiting.extend((held, depth + 1) for held in each.values())
        elif isinstance(each, list):
            waiting.extend((held, depth + 1) for held in each)
            if depth > DEEPEST:
                yield "", depth


def _entry(number: int, value: object) -> Entry:
    resource = value.get("resource") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(resource, dict):
        raise ImportRefused(f"entry {number} has no resource")
    if not words(resource.get("resourceType")):
        raise ImportRefused(f"entry {number} has a resource without a resourceType")
    return Entry(number, words(value.get("fullUrl")), resource)


def _refuse_doubles(entries: list[Entry]) -> None:
    seen: dict[str, int] = {}
    for entry in entries:
        for name in filter(None, (entry.full_url, f"{entry.type}/{entry.id}" if entry.id else "")):
            if seen.setdefault(name, entry.number) != entry.number:
                raise ImportRefused(f"entries {seen[name]} and {entry.number} are both {name[:160]}")
