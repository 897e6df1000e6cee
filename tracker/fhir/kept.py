"""A resource as kept with a chart entry whose code means nothing yet: compressed, its data exactly as they were."""

import copy
import json
import zlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tracker.fhir.extensions import conditions_named
from tracker.fhir.references import holders
from tracker.fhir.values import Json

# No text of a file holds a NUL (reading refuses it), so no resource has a key like this.
NUMBER = "\x00number"


def pack_resource(resource: Json) -> bytes:
    """The resource as compressed canonical JSON: equal resources give equal bytes."""
    text = json.dumps(resource, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_told)
    return zlib.compress(text.encode("utf-8"), 9)


def unpack_resource(content: bytes) -> Json:
    """The resource that was packed; numbers are exact decimals again."""
    found: Json = json.loads(zlib.decompress(content), parse_float=Decimal, object_hook=_meant)
    return found


def _told(value: object) -> dict[str, str]:
    # JSON has one kind of number, and a float would lose digits: a decimal travels as its text.
    if isinstance(value, Decimal):
        return {NUMBER: str(value)}
    raise TypeError(f"{type(value).__name__} is no part of JSON")


def _meant(found: dict[str, Any]) -> Any:
    return Decimal(found[NUMBER]) if found.keys() == {NUMBER} else found


def without_narrative(resource: Json) -> Json:
    """The resource without its text for people: one system words the same data differently from one day to the next,
    and a record that only reads differently has not changed."""
    bare = {key: value for key, value in resource.items() if not _is_narrative(key, value)}
    if isinstance(bare.get("contained"), list):
        bare["contained"] = [without_narrative(each) if isinstance(each, dict) else each for each in bare["contained"]]
    return bare


def _is_narrative(key: str, value: object) -> bool:
    return key == "text" and isinstance(value, dict) and "div" in value


def with_conditions(resource: Json, id_of: Callable[[str], str]) -> Json:
    """The resource naming the conditions it is about by the ids they are kept under: read again without its file,
    it could not find them by what only that file explains (``urn:uuid:``)."""
    names = {reference: id_of(reference) for reference in conditions_named(resource)}
    if all(name == reference for reference, name in names.items()):
        return resource
    named: Json = copy.deepcopy(resource)
    for holder in list(holders(named)):
        holder["reference"] = names.get(holder["reference"], holder["reference"])
    return named
