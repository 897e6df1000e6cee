"""RelatedPerson → somebody to reach, a guardian where the relationship says so, and a chart entry."""

from dataclasses import replace

from tracker.fhir.codes import ROLE_CODE, SNOMED, Codes, canonical
from tracker.fhir.named import person_name
from tracker.fhir.patient import reach
from tracker.fhir.told import Meaning, chart, end_of, entry_of, first_of, meaning, own_words, partial, start_of
from tracker.fhir.values import ABSENT_SYSTEMS, Coding, Json, codings, cut, listed
from tracker.models import ContactKind
from tracker.services.import_records import ChartRecord, ContactRecord, EntryRecord
from tracker.services.sections.people import GUARDIANS

RELATIONSHIPS = "http://terminology.hl7.org/CodeSystem/v2-0063"
CONTACT_ROLES = "http://terminology.hl7.org/CodeSystem/v2-0131"
LEGAL_GUARDIAN = {(ROLE_CODE, "GUARD"), (RELATIONSHIPS, "GRD"), (SNOMED, "58626002")}
HEALTH_ATTORNEY = {(ROLE_CODE, "HPOWATT")}
# A parent in law is reached like one by birth; for the family history they are nobody, so the pack's table of
# relations does not have them.
KINDS = {
    (ROLE_CODE, "ADOPTM"): ContactKind.MOTHER,
    (ROLE_CODE, "ADOPTF"): ContactKind.FATHER,
    (RELATIONSHIPS, "MTH"): ContactKind.MOTHER,
    (RELATIONSHIPS, "FTH"): ContactKind.FATHER,
}
PARENTS = {"mother": ContactKind.MOTHER, "father": ContactKind.FATHER}
GUARDIAN_WORDS = ("guardian", "legal guardian")
# Employer, federal agency, insurance company, state agency: nobody of the family.
AGENCIES = {(CONTACT_ROLES, code) for code in ("E", "F", "I", "S")}
LONGEST_NAME = 120
SOMEBODY = "Related person"


def from_fhir(resource: Json, *, external_id: str, codes: Codes) -> ChartRecord:
    """The entry. Whoever is not active, or whose time has an end, is nobody to reach: it may be over by now."""
    relations = [meaning("relation", each, codes) for each in _relationships(resource)]
    known = next((each for each in relations if each.target), Meaning(""))
    kind = _kind(resource, relations)
    is_active = resource.get("active") is not False
    guardian = _guardian(resource, known) if is_active and _is_guardian(resource) else ()
    contact = _contact(resource, kind) if is_active and end_of(resource.get("period")) is None else None
    record = chart(
        resource,
        _named(resource, known.coding),
        external_id=external_id,
        status="inactive" if not is_active else "active" if resource.get("active") is True else "",
        day=start_of(resource.get("period")),
        known=known.coding,
        mapped_to=kind if contact or guardian else "",
        entries=guardian,
    )
    return replace(record, contact=contact)


def _named(resource: Json, known: Coding | None) -> Json:
    """The relationship that the chart shows: the one that was understood, else the first."""
    concepts = _relationships(resource)
    understood = [each for each in concepts if known in codings(each)]
    return first_of(understood, concepts) or {"text": SOMEBODY}


def _relationships(resource: Json) -> list[Json]:
    """The relationships that say something: somebody of whom it is unknown can be reached all the same."""
    return [
        each
        for each in listed(resource.get("relationship"))
        if not any(coding.system in ABSENT_SYSTEMS for coding in codings(each))
    ]


def _keys(resource: Json) -> set[tuple[str, str]]:
    found = (coding for each in _relationships(resource) for coding in codings(each))
    return {(canonical(each.system), each.code) for each in found}


def _kind(resource: Json, relations: list[Meaning]) -> str:
    kinds = {PARENTS[each.target] for each in relations if each.target in PARENTS}
    kinds |= {KINDS[key] for key in _keys(resource) if key in KINDS}
    if len(kinds) == 1:
        return kinds.pop().value
    return (ContactKind.GUARDIAN if not kinds and _is_guardian(resource) else ContactKind.OTHER).value


def _is_guardian(resource: Json) -> bool:
    said = (own_words(each).strip().casefold() for each in _relationships(resource))
    return bool(_keys(resource) & (LEGAL_GUARDIAN | HEALTH_ATTORNEY)) or any(each in GUARDIAN_WORDS for each in said)


def _contact(resource: Json, kind: str) -> ContactRecord | None:
    """How to reach them; None where nothing says how, or it is an office."""
    phone, email = reach(resource, "phone"), reach(resource, "email")
    keys = _keys(resource)
    if not (phone or email) or (keys and keys <= AGENCIES):
        return None
    return ContactRecord(kind=kind, name=cut(person_name(resource.get("name")), LONGEST_NAME), phone=phone, email=email)


def _guardian(resource: Json, known: Meaning) -> tuple[EntryRecord, ...]:
    keys = _keys(resource)
    period = resource.get("period")
    values = {
        "name": person_name(resource.get("name")),
        "relation": known.value or own_words(first_of(_relationships(resource))),
        "ground": "power_of_attorney" if keys & HEALTH_ATTORNEY and not keys & LEGAL_GUARDIAN else "",
        "from_on": partial(start_of(period)),
        "until_on": partial(end_of(period)),
    }
    return entry_of(GUARDIANS, values)
