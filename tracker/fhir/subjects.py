"""Whom a resource is about: the references to a patient, wherever its type keeps them."""

from tracker.fhir.values import Json, listed, mapping, words


def subject_references(resource: Json) -> tuple[str, ...]:
    """The references of whom a resource is about, the likeliest first; empty where it is about nobody."""
    found = [words(mapping(resource.get(name)).get("reference")) for name in ("subject", "patient", "beneficiary")]
    actors = (mapping(each.get("actor")) for each in listed(resource.get("participant")))
    if resource.get("resourceType") == "Appointment":
        found.extend(words(each.get("reference")) for each in actors)
    return tuple(dict.fromkeys(each for each in found if each))
