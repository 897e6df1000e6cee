"""Patient → a person: names, dates, sex, language, how to reach them, and the numbers they are known by."""

import hashlib
import re
from datetime import date

from tracker.errors import ImportRefused, Invalid
from tracker.fhir.values import Json, codings, first_code, is_web_address, listed, mapping, read_day, words
from tracker.models import Sex
from tracker.services import contacts
from tracker.services.import_records import PersonRecord

LONGEST_NAME, LONGEST_NUMBER, LONGEST_ID = 120, 40, 200
RESOURCE_ID = "urn:tracker:fhir-patient-id"
ADDRESS = "urn:tracker:fhir-patient-url"
BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
BIRTH_SEXES = {"F": Sex.FEMALE, "M": Sex.MALE}
# What says who someone is to the state, or is shared by a family or an account, is not kept.
NEVER_KEPT = frozenset({"SS", "PPN", "DL", "SB", "TAX", "AN", "VN", "MB"})
NEVER_KEPT_SYSTEM = re.compile(
    r"us-ssn|ssn\b|passport|driver|urn:oid:2\.16\.840\.1\.113883\.4\.(?:1$|3\.)", re.IGNORECASE
)
NEVER_KEPT_WORDS = re.compile(r"social security|passport|driver", re.IGNORECASE)
NAME_ORDER = ("official", "usual", "", "temp", "nickname", "old", "maiden", "anonymous")
PHONE_ORDER = ("mobile", "home", "", "work", "temp")
LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_].*)?", re.IGNORECASE)


def from_fhir(resource: Json, *, place: str, full_url: str) -> PersonRecord:
    """The person. ``place`` names the entry in every message; ``full_url`` is where the resource comes from.

    Raises:
        ImportRefused: no birth date, or not a whole one; no name; no id; or one too long to keep.
    """
    birth_date = _birth_date(resource, place)
    family, given, preferred = _names(resource, place)
    resource_id = words(resource.get("id")) or full_url.removeprefix("urn:uuid:")
    if not resource_id:
        raise ImportRefused(f"{place}: the patient has no id")
    kept = _identifiers(resource, place)
    numbers = [value for kind, _, value in kept if kind == "MR"]
    deceased, deceased_first, deceased_on = _death(resource, place)
    return PersonRecord(
        place=place,
        family_name=family,
        given_name=given,
        preferred_name=preferred,
        birth_date=birth_date,
        sex_at_birth=_sex(resource),
        language=_language(resource),
        deceased=deceased,
        deceased_first=deceased_first,
        deceased_on=deceased_on,
        record_numbers=_record_numbers([*numbers, *(value for _, _, value in kept), resource_id]),
        identifiers=tuple(sorted({(system, value) for _, system, value in kept if system})),
        resource_ids=_resource_ids(resource_id, full_url, place),
        phone=reach(resource, "phone"),
        email=reach(resource, "email"),
    )


def _birth_date(resource: Json, place: str) -> date:
    if not words(resource.get("birthDate")):
        raise ImportRefused(f"{place}: the patient has no birth date")
    day = read_day(resource["birthDate"])
    if day is None:
        raise ImportRefused(f"{place}: the birth date is not a date")
    if not day.is_exact:
        raise ImportRefused(f"{place}: the birth date {day.text} is not a whole date; year, month and day are needed")
    return day.first


def _names(resource: Json, place: str) -> tuple[str, str, str]:
    """Family, given and preferred name. Whoever has one name only has it as the family name."""
    found = sorted(listed(resource.get("name")), key=name_rank)
    for name in found:
        family, given = words(name.get("family")), joined(name.get("given"))
        if family.strip() or given.strip() or words(name.get("text")).strip():
            if not family.strip():
                family, given = (given, "") if given.strip() else (words(name["text"]), "")
            preferred = next((joined(each.get("given")) for each in found if each.get("use") == "nickname"), "")
            return (
                _fitting(family, "family name", place),
                _fitting(given, "given name", place),
                preferred[:LONGEST_NAME],
            )
    raise ImportRefused(f"{place}: the patient has no name")


def name_rank(name: Json) -> int:
    """Where a name stands among the names of one person, by its use: the official one first."""
    use = words(name.get("use"))
    return NAME_ORDER.index(use) if use in NAME_ORDER else len(NAME_ORDER)


def joined(given: object) -> str:
    """The parts of a given name as one text."""
    return " ".join(part for part in given if isinstance(part, str) and part) if isinstance(given, list) else ""


def _fitting(name: str, what: str, place: str) -> str:
    if len(name) > LONGEST_NAME:
        raise ImportRefused(f"{place}: the {what} has {len(name)} characters; at most {LONGEST_NAME} can be kept")
    return name


def _sex(resource: Json) -> str:
    """The sex recorded at birth where it is told, else the administrative gender."""
    for each in listed(resource.get("extension")):
        if each.get("url") == BIRTH_SEX and words(each.get("valueCode")) in BIRTH_SEXES:
            return BIRTH_SEXES[each["valueCode"]]
    gender = words(resource.get("gender"))
    return gender if gender in (Sex.FEMALE, Sex.MALE) else Sex.UNKNOWN


def _language(resource: Json) -> str:
    spoken = listed(resource.get("communication"))
    spoken.sort(key=lambda each: each.get("preferred") is not True)
    codes = [first_code(each.get("language")) for each in spoken] + [words(resource.get("language"))]
    found = next((match for code in codes if (match := LANGUAGE.fullmatch(code))), None)
    return found[1].lower() if found else ""


def _death(resource: Json, place: str) -> tuple[str, date | None, date | None]:
    """What is said of a death, and the first and last day it can mean."""
    told = resource.get("deceasedDateTime")
    if told is None:
        return "yes" if resource.get("deceasedBoolean") is True else "", None, None
    day = read_day(told)
    if day is None:
        raise ImportRefused(f"{place}: the date of death is not a date")
    return day.text[:10], day.first, day.last


def _identifiers(resource: Json, place: str) -> list[tuple[str, str, str]]:
    """(type, system, value) of every number that may be kept."""
    kept = []
    for each in listed(resource.get("identifier")):
        system, value = words(each.get("system")), words(each.get("value"))
        if value.strip() and not _is_private(each, system):
            if max(len(system), len(value)) > LONGEST_ID:
                raise ImportRefused(f"{place}: an identifier has more than {LONGEST_ID} characters")
            kinds = [coding.code for coding in codings(each.get("type"))]
            kept.append(("MR" if "MR" in kinds else "", system, value))
    return kept


def _is_private(identifier: Json, system: str) -> bool:
    kind = mapping(identifier.get("type"))
    codes = {coding.code for coding in codings(kind)}
    told = " ".join([words(kind.get("text")), *(coding.display for coding in codings(kind))])
    return bool(codes & NEVER_KEPT or NEVER_KEPT_SYSTEM.search(system) or NEVER_KEPT_WORDS.search(told))


def _record_numbers(found: list[str]) -> tuple[str, ...]:
    """Candidates for the clinic's record number that fit; the last is made from all of them, so there is one."""
    made = "F-" + hashlib.sha256("\n".join(found).encode()).hexdigest()[:12]
    return tuple(dict.fromkeys([*(number for number in found if len(number) <= LONGEST_NUMBER), made]))


def _resource_ids(resource_id: str, full_url: str, place: str) -> tuple[tuple[str, str], ...]:
    ids = [(RESOURCE_ID, resource_id)]
    if is_web_address(full_url):
        ids.append((ADDRESS, full_url))
    if any(len(value) > LONGEST_ID for _, value in ids):
        raise ImportRefused(f"{place}: its id has more than {LONGEST_ID} characters")
    return tuple(ids)


def reach(resource: Json, system: str) -> str:
    """The telephone number or email address to use first; one that cannot be right is left out."""
    found = [each for each in listed(resource.get("telecom")) if each.get("system") == system]
    found.sort(key=lambda each: _use_rank(words(each.get("use"))))
    return next((value for each in found if _is_usable(value := words(each.get("value")).strip(), system)), "")


def _use_rank(use: str) -> int:
    return PHONE_ORDER.index(use) if use in PHONE_ORDER else len(PHONE_ORDER)


def _is_usable(value: str, system: str) -> bool:
    if system == "email":
        return contacts.EMAIL.fullmatch(value) is not None
    try:
        contacts.normal_phone(value)
    except Invalid:
        return False
    return True
