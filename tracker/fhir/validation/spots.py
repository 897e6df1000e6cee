"""What the checks and validators pass between them: a resource to look at, where in it, and what is wrong there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tracker.fhir.values import Json, words

LONGEST_SHOWN = 60
LONGEST_PATH = 200
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")

# The types the tracker keeps or follows references to. All of them are the same in R4 and in R4B.
_JUDGED = """
    Patient Condition Observation Procedure DiagnosticReport ImagingStudy Encounter MedicationRequest
    MedicationAdministration MedicationStatement CarePlan Immunization AllergyIntolerance FamilyMemberHistory
    RelatedPerson CareTeam Appointment ServiceRequest DocumentReference Medication BodyStructure Specimen
    Practitioner PractitionerRole Organization Location
"""
JUDGED = frozenset(_JUDGED.split())


class Wrong(NamedTuple):
    """One thing that is wrong: where in the resource, and a sentence about it."""

    path: str
    reason: str


class Complaint(NamedTuple):
    """What a validator said, in its own words. ``kind`` is its own name for it, where it has one."""

    path: str
    message: str
    kind: str = ""


@dataclass(frozen=True)
class Part:
    """A resource without the ones it contains; ``path`` is where it stands in the one that contains it."""

    path: str
    resource: Json

    @property
    def is_judged(self) -> bool:
        """Whether it is of a type that both validators are asked about."""
        return words(self.resource.get("resourceType")) in JUDGED

    def place(self, path: str) -> str:
        """A path in this part, as a path in the whole resource."""
        return ".".join(filter(None, (self.path, path)))


class Spot(NamedTuple):
    """One value of a resource: its path, the name it stands under, and the object that holds it."""

    path: str
    name: str
    value: object
    holder: Json


def parts_of(resource: Json) -> list[Part]:
    """The resource and each one it contains. Validators see them apart, so that a path has one meaning."""
    if "contained" not in resource:
        return [Part("", resource)]
    whole = Part("", {name: value for name, value in resource.items() if name != "contained"})
    contained = resource["contained"]
    listed = contained if isinstance(contained, list) else []
    held = [(number, each) for number, each in enumerate(listed) if isinstance(each, dict)]
    return [whole, *(Part(f"contained[{number}]", each) for number, each in held)]


def spots(resource: Json) -> Iterator[Spot]:
    """Every value of a resource in the order of the file, lists before what they hold, however deep it goes."""
    waiting = _inside("", resource)
    while waiting:
        spot = waiting.pop()
        yield spot
        if isinstance(spot.value, dict):
            waiting.extend(_inside(f"{spot.path}.", spot.value))
        elif isinstance(spot.value, list):
            waiting.extend(
                Spot(f"{spot.path}[{number}]", spot.name, each, spot.holder)
                for number, each in reversed(list(enumerate(spot.value)))
            )


def _inside(start: str, holder: Json) -> list[Spot]:
    start = start if len(start) <= LONGEST_PATH else f"{start[:LONGEST_PATH]}… "
    return [Spot(f"{start}{name[:LONGEST_PATH]}", name, value, holder) for name, value in reversed(holder.items())]


def value_at(resource: object, path: str) -> object:
    """The value a path means, or None where there is none."""
    found = resource
    for name, number in _STEP.findall(path):
        if name and isinstance(found, dict):
            found = found.get(name)
        elif number and isinstance(found, list) and int(number[:9]) < len(found):
            found = found[int(number[:9])]
        else:
            return None
    return found


def holder_of(resource: Json, path: str) -> Json:
    """The object that holds, or would hold, what a path means."""
    head, _, _ = path.rpartition(".")
    found = value_at(resource, head) if head else resource
    return found if isinstance(found, dict) else {}


def quoted(value: object) -> str:
    """A value for a sentence: cut, in quotes, without characters that do not print. Empty for lists and objects."""
    if value is None or isinstance(value, dict | list):
        return ""
    text = (str(value).lower() if isinstance(value, bool) else str(value))[: LONGEST_SHOWN + 1]
    shown = "".join(char if char.isprintable() else "·" for char in text[:LONGEST_SHOWN])
    return f"“{shown}…”" if len(text) > LONGEST_SHOWN else f"“{shown}”"
