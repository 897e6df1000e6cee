"""The tracker's own checks, for what is wrong in a FHIR file and neither validator sees."""

import re
from collections.abc import Callable, Iterable, Iterator

from tracker.fhir.reading import Entry
from tracker.fhir.references import WITHIN
from tracker.fhir.validation.dates import impossible_date, is_dated, reversed_life, reversed_period
from tracker.fhir.validation.spots import Spot, Wrong, quoted, spots
from tracker.fhir.values import Json, mapping, words

LONGEST_ID = 64
_ID = re.compile(r"[A-Za-z0-9.-]*", re.ASCII)
_EMPTY: tuple[object, ...] = (None, "", [], {})
_EMPTY_NAMES: dict[type, str] = {
    list: "an empty list",
    dict: "an empty object",
    str: "an empty text",
    type(None): "null",
}
# Their references are of the resources in them, and may be answered there.
_WRAPPERS = ("Bundle", "Parameters")
Leads = Callable[[str], bool]


def check(resource: Json, leads: Leads | None = None) -> list[Wrong]:
    """What is wrong with one resource by itself.

    ``leads``: whether a reference that can only mean the same file leads to something in it; without it such
    references are not judged, nor ever those that may be answered by another file or server.
    """
    found = [*_wrong_type(resource), *_wrong_id(resource, "id"), *reversed_life(resource), *_wrong_contained(resource)]
    is_wrapper = words(resource.get("resourceType")) in _WRAPPERS
    fragments = {words(each.get("id")) for each in _contained(resource)} | {""}
    for spot in spots(resource):
        if spot.value in _EMPTY:
            found.extend(_empty(spot))
        elif isinstance(spot.value, dict):
            found.extend(reversed_period(spot))
        elif is_dated(spot.name):
            found.extend(impossible_date(spot))
        elif spot.name == "reference" and isinstance(spot.value, str) and not is_wrapper:
            found.extend(_dangling(spot.path, spot.value, fragments, leads))
    return found


def repeated_addresses(entries: Iterable[Entry]) -> Iterator[tuple[Entry, Wrong]]:
    """The entries of a bundle whose address another one has: a reference to it could mean either.

    Two versions of one resource may share an address.
    """
    seen: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        version = words(mapping(entry.resource.get("meta")).get("versionId"))
        first = seen.setdefault((entry.full_url, version), entry)
        if entry.full_url and first is not entry:
            reason = f"{quoted(entry.full_url)} is the address of entry {first.number} too; each needs its own"
            yield entry, Wrong("fullUrl", reason)


def _empty(spot: Spot) -> Iterator[Wrong]:
    """FHIR leaves out what is not known; an empty value means nothing it could be read as."""
    if spot.value is not None or not _stands_for_extension(spot):
        yield Wrong(spot.path, f"is {_EMPTY_NAMES[type(spot.value)]}; what is not known is left out in FHIR")


def _stands_for_extension(spot: Spot) -> bool:
    """In a list of plain values a null keeps the place of one that has only an extension, and the other way round."""
    if not spot.path.endswith("]"):
        return False
    return spot.name.startswith("_") or isinstance(spot.holder.get(f"_{spot.name}"), list)


def _wrong_type(resource: Json) -> Iterator[Wrong]:
    if not words(resource.get("resourceType")):
        yield Wrong("resourceType", "must be the name of a type of resource")


def _wrong_id(resource: Json, path: str) -> Iterator[Wrong]:
    given = resource.get("id")
    if given is not None and not isinstance(given, str):
        yield Wrong(path, "is no text; an id is written in quotes")
    elif isinstance(given, str) and len(given) > LONGEST_ID:
        yield Wrong(path, f"has {len(given)} characters; FHIR allows {LONGEST_ID}")
    elif isinstance(given, str) and not _ID.fullmatch(given):
        yield Wrong(path, f"{quoted(given)} may hold only letters from a to z, digits, “-” and “.”")


def _contained(resource: Json) -> list[Json]:
    held = resource.get("contained")
    return [each for each in held if isinstance(each, dict)] if isinstance(held, list) else []


def _wrong_contained(resource: Json) -> Iterator[Wrong]:
    held = resource.get("contained", [])
    if not isinstance(held, list):
        yield Wrong("contained", "must be a list of resources")
        return
    seen: set[str] = set()
    for number, each in enumerate(held):
        path = f"contained[{number}]"
        if not isinstance(each, dict) or not words(each.get("resourceType")):
            yield Wrong(path, "holds no resource; it needs a resourceType")
            continue
        yield from _wrong_id(each, f"{path}.id")
        name = words(each.get("id"))
        if name and name in seen:
            yield Wrong(f"{path}.id", f"{quoted(name)} is the id of another contained resource too; each needs its own")
        seen.add(name)


def _dangling(path: str, reference: str, fragments: set[str], leads: Leads | None) -> Iterator[Wrong]:
    if reference.startswith("#"):
        if reference[1:] not in fragments:
            yield Wrong(path, f"{quoted(reference)} leads to nothing; no contained resource has that id")
    elif leads is not None and reference.startswith(WITHIN) and not leads(reference.partition("#")[0]):
        yield Wrong(path, f"{quoted(reference)} leads to nothing; no entry of this file has that address")
