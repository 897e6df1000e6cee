"""AllergyIntolerance → an allergy of the record, or the statement that none is known, and a chart entry."""

from tracker.fhir.codes import SNOMED, Codes, canonical
from tracker.fhir.told import chart, entry_of, first_of, in_order, notes_of, own_words, partial, texts_of
from tracker.fhir.values import (
    ABSENT_SYSTEMS,
    IN_ERROR,
    REFUTED,
    Coding,
    Json,
    Skipped,
    codings,
    first_code,
    first_day,
    listed,
    read_day,
    words,
)
from tracker.services.import_records import ChartRecord, EntryRecord
from tracker.services.sections.people import ALLERGIES

# How the record says that the family was asked and there are none.
NONE_KNOWN = "none known"
NO_ALLERGY = {(SNOMED, "716186003"), (SNOMED, "160244002"), (ABSENT_SYSTEMS[0], "no-known-allergies")}
# Statements about a part only ("no known food allergy"): they stand in their own words.
NONE_OF_A_KIND = {
    (SNOMED, "409137002"): "No known drug allergy",
    (SNOMED, "429625007"): "No known food allergy",
    (SNOMED, "428607008"): "No known environmental allergy",
    (SNOMED, "716184000"): "No known latex allergy",
    (ABSENT_SYSTEMS[0], "no-known-medication-allergies"): "No known medication allergies",
    (ABSENT_SYSTEMS[0], "no-known-environmental-allergies"): "No known environmental allergies",
    (ABSENT_SYSTEMS[0], "no-known-food-allergies"): "No known food allergies",
}
SEVERITIES = ("severe", "moderate", "mild")
OVER = ("inactive", "resolved")
CERTAIN = ("", "confirmed")
NOTED = ("onsetDateTime", "onsetPeriod", "recordedDate")


def from_fhir(resource: Json, *, external_id: str, codes: Codes) -> ChartRecord:  # noqa: ARG001 (every reader is called alike)
    """The entry. ``codes`` are not asked: a substance is kept in its own words.

    Raises:
        Skipped: entered in error, refuted, without a substance, or saying only that nothing is known.
    """
    verification = first_code(resource.get("verificationStatus"))
    if verification in ("entered-in-error", "refuted"):
        raise Skipped(IN_ERROR if verification == "entered-in-error" else REFUTED)
    clinical = first_code(resource.get("clinicalStatus"))
    concept = _substance(resource)
    stated, coding = _stated(concept)
    entries = _entries(resource, stated or own_words(concept), clinical, verification)
    return chart(
        resource,
        # As a statement it says something, so it is not looked at as a code for what is absent.
        {"text": stated} if stated else concept,
        external_id=external_id,
        status=", ".join(filter(None, [clinical, "" if verification in CERTAIN else verification])),
        day=first_day(resource, *NOTED),
        value="; ".join(_reactions(resource)),
        known=coding,
        mapped_to=ALLERGIES.key if entries else "",
        entries=entries,
    )


def _substance(resource: Json) -> object:
    """What somebody is allergic to; where it is not told, the first substance that somebody reacted to."""
    substances = (each.get("substance") for each in listed(resource.get("reaction")))
    return first_of(resource.get("code"), *substances)


def _stated(concept: object) -> tuple[str, Coding | None]:
    """What is stated about having none ("none known", "No known food allergy"), with its code; empty and None where
    a substance is named."""
    for each in codings(concept):
        key = (canonical(each.system), each.code)
        if key in NO_ALLERGY or key in NONE_OF_A_KIND:
            return NONE_KNOWN if key in NO_ALLERGY else NONE_OF_A_KIND[key], each
    return "", None


def _entries(resource: Json, substance: str, clinical: str, verification: str) -> tuple[EntryRecord, ...]:
    # That there is none is believed only where nobody doubts it; an allergy is kept even in doubt.
    if substance == NONE_KNOWN and (clinical in OVER or verification not in CERTAIN):
        return ()
    severities = {words(each.get("severity")) for each in listed(resource.get("reaction"))}
    values = {
        "substance": substance,
        "reaction": "; ".join(_reactions(resource)),
        "severity": next((each for each in SEVERITIES if each in severities), ""),
        "noted_on": partial(first_day(resource, *NOTED)),
        "note": "\n".join(_note(resource, clinical, verification)),
    }
    return entry_of(ALLERGIES, values)


def _reactions(resource: Json) -> list[str]:
    found = [text for each in listed(resource.get("reaction")) for text in texts_of(each.get("manifestation"))]
    return in_order(*found)


def _note(resource: Json, clinical: str, verification: str) -> list[str]:
    last = read_day(resource.get("lastOccurrence"))
    criticality = words(resource.get("criticality"))
    reactions = listed(resource.get("reaction"))
    return in_order(
        f"Marked as {clinical} at its source" if clinical in OVER else "",
        "" if verification in CERTAIN else f"Marked as {verification} at its source",
        "An intolerance, not an allergy" if resource.get("type") == "intolerance" else "",
        f"How dangerous a reaction could be: {criticality}" if criticality in ("low", "high") else "",
        f"Last reaction: {last.text[:10]}" if last else "",
        *(words(each.get("description")) for each in reactions),
        *notes_of(resource),
        *(text for each in reactions for text in notes_of(each)),
    )
