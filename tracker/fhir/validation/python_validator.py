"""The first validator: ``fhir.resources``, models of FHIR R4B in Python.

R4B is R4 but for a few types the tracker does not keep; those are not given to it.
"""

import re
from typing import Any

from pydantic import ValidationError

from tracker.fhir.validation.disregarded import worth_telling
from tracker.fhir.validation.spots import Complaint, Part, Wrong, quoted, value_at
from tracker.fhir.values import Json

NAME = "fhir.resources"
MOST = 100

_NAMED = re.compile(r"'(\w+)'")
_SENTENCES = {
    "missing": "is missing; FHIR requires it",
    "model_field_validation.missing": "is missing; FHIR requires it",
    "extra_forbidden": "is no element that FHIR R4 has here",
    "list_type": "must be a list",
    "string_type": "must be text",
    "string_pattern_mismatch": "has a form that FHIR does not allow here",
    "string_too_long": "is too long",
    "int_from_float": "must be a whole number",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "greater_than_equal": "is too small for this element",
    "less_than_equal": "is too large for this element",
    "model_type": "must be an object",
    "dict_type": "must be an object",
}


class CannotJudge(Exception):
    """The validator itself failed at this resource."""


def check(part: Part) -> list[Wrong]:
    """What ``fhir.resources`` finds wrong with one resource.

    Raises:
        CannotJudge: it failed at something odd, so it has said neither yes nor no.
    """
    if not part.is_judged:
        return []
    try:
        complaints = _complaints(part.resource)
    except (AttributeError, TypeError, KeyError):
        return [Wrong(part.path, "holds a number, text, list or object where FHIR R4 has another of these")]
    except Exception as error:  # What its checks raise on something strange is theirs to choose.
        raise CannotJudge(type(error).__name__) from error
    found = worth_telling(NAME, complaints, part.resource)
    return [Wrong(part.place(each.path), _sentence(each, part.resource)) for each in found]


def _complaints(resource: Json) -> list[Complaint]:
    # Its models are read when the first resource is judged: most of what starts here judges none.
    from fhir.resources.R4B import get_fhir_model_class

    try:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    except ValidationError as error:
        told = error.errors(include_url=False, include_context=False, include_input=False)[:MOST]
        return [Complaint(_path(each["loc"]), each["msg"], each["type"]) for each in told]
    return []


def _path(steps: tuple[Any, ...]) -> str:
    found = ""
    for step in steps:
        found += f"[{step}]" if isinstance(step, int) else f".{step}" if found else str(step)
    return found


def _sentence(complaint: Complaint, resource: Json) -> str:
    shown = quoted(value_at(resource, complaint.path))
    if complaint.kind in _SENTENCES:
        return f"{shown} {_SENTENCES[complaint.kind]}".strip()
    choices = _NAMED.findall(complaint.message)
    if "field value" in complaint.message and choices:
        return _of_choices(complaint, choices, resource)
    if complaint.kind.startswith(("date", "time")) or re.search(r"(Date|Time|Instant) value", complaint.message):
        return f"{shown} is no date or time as FHIR R4 writes it".strip()
    return f"{shown} is not what FHIR R4 expects here".strip()


def _of_choices(complaint: Complaint, choices: list[str], resource: Json) -> str:
    holder = value_at(resource, complaint.path) if complaint.path else resource
    given = [name for name in choices if isinstance(holder, dict) and name in holder]
    if given:
        return f"{' and '.join(given)} are given together; FHIR allows one of them"
    return f"one of {', '.join(choices)} is missing; FHIR requires one"
