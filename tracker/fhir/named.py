"""Who a reference means: the name a file gives, and the resource that stands in the holder's own ``contained``."""

from tracker.fhir.patient import joined, name_rank
from tracker.fhir.references import tail_of
from tracker.fhir.values import Json, listed, mapping, words


def contained(holder: Json, reference: object) -> Json:
    """The resource that a reference means within its own holder; an empty one where it is not there."""
    wanted = words(mapping(reference).get("reference"))
    if not wanted.startswith("#"):
        return {}
    return next((each for each in listed(holder.get("contained")) if each.get("id") == wanted[1:]), {})


def display(reference: object) -> str:
    """What the holder itself calls whom it refers to."""
    return words(mapping(reference).get("display"))


def key_of(reference: object) -> str:
    """What a reference is told apart by, however it is written: the id at its end; empty where it has none."""
    return tail_of(words(mapping(reference).get("reference"))).removeprefix("#")


def kind_of(holder: Json, reference: object) -> str:
    """The type of resource that is meant, as far as the reference tells."""
    held = words(contained(holder, reference).get("resourceType"))
    written = words(mapping(reference).get("reference")).split("/_history/")[0].split("/")
    return held or words(mapping(reference).get("type")) or (written[-2] if len(written) > 1 else "")


def name_of(holder: Json, reference: object) -> str:
    """The name of the person, organization or place that a reference means; empty where nothing is told."""
    told = contained(holder, reference).get("name")
    name = told if isinstance(told, str) else person_name(told)
    return name if name.strip() else display(reference)


def person_name(names: object) -> str:
    """A person's name in one line: the official one first, as it is written, else put together of its parts."""
    for name in sorted(listed(names), key=name_rank):
        parts = [joined(name.get("given")), words(name.get("family"))]
        text = words(name.get("text")) or " ".join(part for part in parts if part.strip())
        if text.strip():
            return text
    return ""
