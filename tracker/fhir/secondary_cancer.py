"""A metastasis told as a Condition → an entry of the metastases. It is no new cancer."""

import re

from tracker.fhir.body_sites import sites_of, term_named
from tracker.fhir.codes import ICD_10, Codes, canonical
from tracker.fhir.extensions import MCODE, extensions, has_profile, reference_of
from tracker.fhir.malignancy import own_name
from tracker.fhir.periods import period_of
from tracker.fhir.values import Coding, Json, codings, concept_text, cut
from tracker.services.import_records import EntryRecord

METASTASES = "metastases"
PROFILE = "mcode-secondary-cancer-condition"
RELATED = (
    "http://hl7.org/fhir/StructureDefinition/condition-related",
    f"{MCODE}mcode-related-primary-cancer-condition",
)
_ICD_SECONDARY = re.compile(r"C7[789B](?:\.\w+)?")
# "Secondary" before anything else ("secondary acute leukemia") is a second cancer, not a metastasis.
_SECONDARY = re.compile(
    r"(?:secondary(?: and unspecified)? malignant neoplas(?:m|tic disease)|metastatic malignant neoplasm|"
    r"secondary malignancy|metasta(?:sis|ses))(?: (?:of|to|in) (?P<organ>.+))?",
    re.IGNORECASE,
)
_SIDE = re.compile(r"^(?:the |left |right |both )+", re.IGNORECASE)
LONGEST = 60


def is_secondary(resource: Json, found: list[Coding], display: str) -> bool:
    """A metastasis by its profile, its ICD-10 code, or what its display says in so many words."""
    by_code = any(canonical(each.system) == ICD_10 and _ICD_SECONDARY.fullmatch(each.code) for each in found)
    return by_code or has_profile(resource, PROFILE) or _SECONDARY.fullmatch(own_name(display)) is not None


def metastasis(resource: Json, codes: Codes) -> EntryRecord:
    """The entry: the organ, when it was found, and the Condition that it came from."""
    values: dict[str, object] = {"organ": _organ(resource, codes)}
    found_on = period_of(resource, "onset").started_on
    if found_on is not None:
        values["found_on"] = found_on
    values["note"] = f"At its source: {own_name(concept_text(resource.get('code')))}"
    primary = (reference_of(each.get("valueReference")) for each in extensions(resource, *RELATED))
    return EntryRecord(section=METASTASES, values=values, diagnosis=next((each for each in primary if each), ""))


def _organ(resource: Json, codes: Codes) -> str:
    """By a code of the site or of the condition, by their words, else in these words; or not known."""
    sites = sites_of(resource, codes)
    concept = resource.get("code")
    known = codes.of("organ", [coding for each in sites for coding in each.found]) or codes.of(
        "organ", codings(concept)
    )
    if known is not None:
        return known[1]
    texts = [_SIDE.sub("", text) for text in (*(each.text for each in sites), _organ_in_words(concept)) if text]
    terms = codes.catalogue.terms.get("organ", {})
    named = (term_named(terms, text.removesuffix(" structure")) for text in texts)
    return next((each for each in named if each), cut(texts[0], LONGEST) if texts else "unknown")


def _organ_in_words(concept: object) -> str:
    texts = [own_name(text) for text in (*(each.display for each in codings(concept)), concept_text(concept))]
    matches = (_SECONDARY.fullmatch(text) for text in texts)
    return next((match["organ"] for match in matches if match is not None and match["organ"]), "")
