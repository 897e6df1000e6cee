"""The order in which files come in: those first that others refer to."""

from collections.abc import Iterable

from tracker.fhir.files import Found
from tracker.intake.company import named_type

# What others are not understood without, and is in no chart by itself: a bundle may refer to it as well.
FIRST = ("Organization", "Practitioner", "PractitionerRole", "Location", "Medication", "Specimen", "BodyStructure")
THEN = ("Bundle", "Patient", "RelatedPerson", "Condition")
RANK = {name: rank for rank, name in enumerate((*FIRST, *THEN))}
FIRST_BYTES = 4096


def in_order(found: Iterable[Found]) -> list[Found]:
    """What others refer to first, then bundles and people, then the rest; within each as they were given."""
    return sorted(found, key=_rank)


def _rank(found: Found) -> int:
    try:
        with found.path.open("rb") as stream:
            beginning = stream.read(FIRST_BYTES)
    except OSError:
        return len(RANK)
    return RANK.get(named_type(beginning), len(RANK))
