"""What the validators say of sound R4, and why it is not told: a clinic's valid file must not be refused.

Each row was met with valid data, or follows from how the validator works. What is not in this table stands.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from tracker.fhir.validation.resource_types import R4_TYPES
from tracker.fhir.validation.spots import Complaint, holder_of, value_at
from tracker.fhir.values import Json, mapping, words

_CHOICES = ("allowed", "effective", "medication", "occurrence", "value")
_OID = re.compile(r"urn:oid:[0-2](\.(0|[1-9]\d*))+", re.ASCII)
_META = re.compile(r"xtension\[\d+\]\.valueMeta$", re.ASCII)
_NAMED = re.compile(r"'(\w+)'")

Applies = Callable[[Complaint, Json, list[Complaint]], bool]


@dataclass(frozen=True)
class Disregarded:
    """One kind of complaint that is not told: whose, why, and when it is of that kind."""

    found_by: str
    why: str
    applies: Applies


def worth_telling(found_by: str, complaints: list[Complaint], resource: Json) -> list[Complaint]:
    """The complaints that stand, each once."""
    rows = [row for row in TABLE if row.found_by == found_by]
    stands = [each for each in complaints if not any(row.applies(each, resource, complaints) for row in rows)]
    return list(dict.fromkeys(stands))


def _is_there_after_all(complaint: Complaint, resource: Json, _: list[Complaint]) -> bool:
    if complaint.message != "Missing property":
        return False
    name = complaint.path.rpartition(".")[2]
    plain = name.removesuffix("[x]")
    is_choice = name != plain or plain in _CHOICES
    wanted = re.compile(f"_?{re.escape(plain)}{'[A-Z][A-Za-z0-9]*' if is_choice else ''}")
    return any(wanted.fullmatch(each) for each in holder_of(resource, complaint.path))


def _names_no_other_type(complaint: Complaint, resource: Json, _: list[Complaint]) -> bool:
    if not complaint.message.startswith("Invalid type for reference"):
        return False
    reference = mapping(value_at(resource, complaint.path))
    told = words(reference.get("type"))
    if told:
        return told not in R4_TYPES
    steps = words(reference.get("reference")).partition("|")[0].split("/")
    return len(steps) < 2 or steps[-2] not in R4_TYPES


def _has_the_code_too(complaint: Complaint, resource: Json, everything: list[Complaint]) -> bool:
    if not complaint.message.endswith("not found in value set"):
        return False
    codings = mapping(value_at(resource, complaint.path)).get("coding")
    refused = [each for each in everything if each.path == complaint.path and each.message.endswith("value set")]
    return isinstance(codings, list) and len(refused) < len(codings)


def _is_a_number(complaint: Complaint, resource: Json, _: list[Complaint]) -> bool:
    value = value_at(resource, complaint.path)
    is_number = isinstance(value, int | Decimal | float) and not isinstance(value, bool)
    return complaint.message.startswith("Invalid decimal format") and is_number


def _is_a_letter_of_a_text(complaint: Complaint, resource: Json, _: list[Complaint]) -> bool:
    head, _dot, last = complaint.path.rpartition(".")
    return complaint.message == "Unexpected property" and last.isdigit() and isinstance(value_at(resource, head), str)


def _is_an_oid(complaint: Complaint, resource: Json, _: list[Complaint]) -> bool:
    value = words(value_at(resource, complaint.path))
    return complaint.message.startswith("Invalid oid format") and _OID.fullmatch(value) is not None


def _is_a_meta(complaint: Complaint, _resource: Json, _: list[Complaint]) -> bool:
    return complaint.kind == "extra_forbidden" and _META.search(complaint.path) is not None


def _has_an_extension(complaint: Complaint, resource: Json, _: list[Complaint]) -> bool:
    if "Expect any of field value" not in complaint.message:
        return False
    holder = mapping(value_at(resource, complaint.path) if complaint.path else resource)
    return any(f"_{name}" in holder for name in _NAMED.findall(complaint.message))


TABLE = (
    Disregarded(
        "npm fhir",
        "It takes a required element for missing when its value is false or 0, or when it has an extension in place of "
        "a value; R4 allows both (MedicationRequest.substitution.allowedBoolean: false in the official examples).",
        _is_there_after_all,
    ),
    Disregarded(
        "npm fhir",
        "It takes the last step but one of any reference for a type: of “Location?identifier=https://…/synthea|1”, of "
        "“Patient/1/_history/2”, of an address that names no type. Only what names another type of R4 stands.",
        _names_no_other_type,
    ),
    Disregarded(
        "npm fhir",
        "It wants every code of a concept from FHIR's own list; R4 wants one, and allows a clinic's own beside it.",
        _has_the_code_too,
    ),
    Disregarded(
        "npm fhir",
        "It looks at a decimal as JavaScript holds it, which has no number above 10^308; JSON and R4 have.",
        _is_a_number,
    ),
    Disregarded(
        "npm fhir",
        "It does not know the type uuid as plain text and calls each of its letters an unexpected element.",
        _is_a_letter_of_a_text,
    ),
    Disregarded(
        "npm fhir",
        "It wants no step of an oid to be 0, such as the second of “urn:oid:1.0.3”; R4 allows that.",
        _is_an_oid,
    ),
    Disregarded(
        "fhir.resources",
        "It does not know that an extension may hold a Meta.",
        _is_a_meta,
    ),
    Disregarded(
        "fhir.resources",
        "It takes a required choice for missing when it has an extension in place of a value; R4 allows that, for "
        "instance to say why the value is unknown.",
        _has_an_extension,
    ),
)
