"""What a resource says beside FHIR's own elements: its profiles, its extensions, and the parts it carries along."""

from collections.abc import Iterator

from tracker.fhir.values import Coding, Json, codings, listed, mapping, words

MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition/"
RELATED_CONDITION = f"{MCODE}mcode-related-condition"


def has_profile(resource: Json, *names: str) -> bool:
    """Does it claim one of these mCODE profiles? A version behind the address does not matter."""
    claimed = mapping(resource.get("meta")).get("profile")
    told = [words(each).split("|")[0] for each in claimed] if isinstance(claimed, list) else []
    return any(each == MCODE + name for each in told for name in names)


def extensions(holder: object, *urls: str) -> list[Json]:
    """Its extensions of these addresses, in its order."""
    return [each for each in listed(mapping(holder).get("extension")) if words(each.get("url")) in urls]


def extension_codings(holder: object, *urls: str) -> list[Coding]:
    """The codes that its extensions of these addresses hold."""
    return [coding for each in extensions(holder, *urls) for coding in codings(each.get("valueCodeableConcept"))]


def reference_of(value: object) -> str:
    """The reference as written; empty where there is none."""
    return words(mapping(value).get("reference"))


def contained(resource: Json, reference: str, *types: str) -> Json:
    """The resource of one of these types that "#id" means here; an empty one for any other reference."""
    if not reference.startswith("#"):
        return {}
    held = (each for each in listed(resource.get("contained")) if words(each.get("id")) == reference[1:])
    return next((each for each in held if words(each.get("resourceType")) in types), {})


def condition_of(resource: Json) -> str:
    """The Condition it is about, as written: its focus, the reason for it, or what an mCODE extension names.

    What is known to be something else (a tumor's BodyStructure, an Observation) is passed over.
    """
    return next(iter(conditions_named(resource)), "")


def conditions_named(resource: Json) -> tuple[str, ...]:
    """The references, as written, that may name a Condition it is about; the likeliest first."""
    return tuple(each for each in _conditions(resource) if _may_be_condition(each))


def _conditions(resource: Json) -> Iterator[str]:
    for name in ("focus", "reasonReference"):
        for each in listed(resource.get(name)):
            yield reference_of(each)
    yield from _related(resource)
    for each in listed(resource.get("focus")):
        yield from _related(contained(resource, reference_of(each), "BodyStructure"))


def _related(holder: Json) -> Iterator[str]:
    for each in extensions(holder, RELATED_CONDITION):
        yield reference_of(each.get("valueReference"))


def _may_be_condition(reference: str) -> bool:
    if not reference or reference.startswith("#"):
        return False
    return "Condition/" in reference or "/" not in reference
