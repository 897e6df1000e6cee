"""A genomic variant (mCODE) → an entry of the tumor's genotyping, or of germline testing: never of both, by a guess."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from tracker.fhir.body_sites import term_named
from tracker.fhir.codes import HGNC, LOINC, Codes, canonical
from tracker.fhir.extensions import condition_of, contained, reference_of
from tracker.fhir.malignancy import without_kind
from tracker.fhir.periods import partial_date
from tracker.fhir.values import Coding, Json, codings, concept_text, cut, listed, mapping, number, storable, words
from tracker.services.import_records import EntryRecord

TUMOR_VARIANTS, GERMLINE_FINDINGS = "tumor-variants", "germline-findings"
CERTAIN = ("final", "amended", "corrected")
VARIANT = "69548-6"
GENE, SOURCE_CLASS, SIGNIFICANCE, FREQUENCY = "48018-6", "48002-0", "53037-8", "81258-6"
DISCRETE, CODING_CHANGE, PROTEIN_CHANGE, GENOMIC_CHANGE = "81252-9", "48004-6", "48005-3", "81290-9"
SOMATIC, GERMLINE = "LA6684-0", "LA6683-2"
PRESENT, ABSENT = "LA9633-4", "LA9634-2"
NONE_FOUND = "none found"
TUMOR_SPECIMEN = "TUMOR"
LONGEST, LONGEST_CODE = 200, 60


def is_variant(resource: Json) -> bool:
    """Does this Observation tell of a genetic variant?"""
    found = codings(resource.get("code"))
    return any(canonical(each.system) == LOINC and each.code == VARIANT for each in found)


def variant_entry(resource: Json, codes: Codes) -> EntryRecord | None:
    """The entry; None where it is not certain what was found, or whether it was in the tumor or inherited."""
    if words(resource.get("status")) not in CERTAIN:
        return None
    found = _found(resource)
    source = _source(resource)
    if found is None or not source:
        return None
    values = {
        "gene": _gene(resource, codes),
        "variant": NONE_FOUND if not found else _variant(resource),
        "significance": "none-found" if not found else _significance(resource, codes),
        "laboratory": _laboratory(resource),
    }
    day = partial_date(resource.get("effectiveDateTime")) or partial_date(resource.get("issued"))
    if source == GERMLINE:
        return _entry(resource, GERMLINE_FINDINGS, {**values, "tested_on": day}, required="gene")
    values |= {"method": _method(resource, codes), "specimen": _specimen(resource)}
    more = {**values, "allele_percent": _allele_percent(resource), "reported_on": day}
    return _entry(resource, TUMOR_VARIANTS, more, required="method")


def _entry(resource: Json, section: str, values: Mapping[str, object], *, required: str) -> EntryRecord | None:
    told = {name: value for name, value in values.items() if value not in ("", None)}
    if required not in told:
        return None
    entry = EntryRecord(section=section, values=told)
    # A germline finding belongs to the person, not to a tumor.
    return entry if section == GERMLINE_FINDINGS else replace(entry, diagnosis=condition_of(resource))


def _found(resource: Json) -> bool | None:
    """Was a variant found? None where that is open: no call, indeterminate, no value."""
    if resource.get("dataAbsentReason"):
        return None
    answers = {each.code for each in codings(resource.get("valueCodeableConcept"))}
    if ABSENT in answers:
        return False if PRESENT not in answers else None
    return True if PRESENT in answers and _variant(resource) else None


def _component(resource: Json, loinc: str) -> list[Json]:
    """Every component of this code."""
    return [
        each
        for each in listed(resource.get("component"))
        if any(canonical(coding.system) == LOINC and coding.code == loinc for coding in codings(each.get("code")))
    ]


def _answers(resource: Json, loinc: str) -> list[Coding]:
    return [coding for each in _component(resource, loinc) for coding in codings(each.get("valueCodeableConcept"))]


def _source(resource: Json) -> str:
    """Somatic or germline; without a word about it, what was found in a tumor's tissue counts as the tumor's."""
    told = {each.code for each in _answers(resource, SOURCE_CLASS)}
    if told:
        return next((each for each in (SOMATIC, GERMLINE) if told == {each}), "")
    specimen = contained(resource, reference_of(resource.get("specimen")), "Specimen")
    kinds = {each.code for each in codings(specimen.get("type"))}
    return SOMATIC if TUMOR_SPECIMEN in kinds else ""


def _gene(resource: Json, codes: Codes) -> str:
    """The gene by the catalogue's code; one it does not have, or several (a fusion), by their symbols."""
    concepts = [each.get("valueCodeableConcept") for each in _component(resource, GENE)]
    genes = [_gene_of(each, codes) for each in concepts]
    told = [each for each in dict.fromkeys(genes) if each]
    if len(told) == 1:
        return cut(told[0], LONGEST_CODE)
    return cut(", ".join(each for concept in concepts if (each := concept_text(concept))), LONGEST_CODE)


def _gene_of(concept: object, codes: Codes) -> str:
    found = [
        replace(each, code=each.code.removeprefix("HGNC:")) if canonical(each.system) == HGNC else each
        for each in codings(concept)
    ]
    known = codes.of("gene", found)
    text = concept_text(concept)
    return known[1] if known else term_named(codes.catalogue.terms.get("gene", {}), text) or text


def _variant(resource: Json) -> str:
    """The variant as reported: the whole expression, else the change in the coding sequence with the protein's."""
    whole = _told(resource, DISCRETE)
    coding, protein = _told(resource, CODING_CHANGE), _told(resource, PROTEIN_CHANGE)
    changed = f"{coding} ({protein})" if coding and protein else coding or protein
    return cut(whole or changed or _told(resource, GENOMIC_CHANGE), LONGEST)


def _told(resource: Json, loinc: str) -> str:
    """What the first component of this code says."""
    for each in _component(resource, loinc):
        text = concept_text(each.get("valueCodeableConcept")) or words(each.get("valueString"))
        if text:
            return text
    return ""


def _significance(resource: Json, codes: Codes) -> str:
    known = codes.of("variant_class", _answers(resource, SIGNIFICANCE))
    text = _told(resource, SIGNIFICANCE)
    return (
        known[1]
        if known
        else term_named(codes.catalogue.terms.get("variant_class", {}), text) or cut(text, LONGEST_CODE)
    )


def _method(resource: Json, codes: Codes) -> str:
    """How it was tested: a method of the catalogue, else the words of the source, else not known."""
    concept = resource.get("method")
    known = codes.of("genomic_method", codings(concept))
    text = without_kind(concept_text(concept))
    named = term_named(codes.catalogue.terms.get("genomic_method", {}), text)
    return known[1] if known else named or cut(text, LONGEST_CODE) or "unknown"


def _allele_percent(resource: Json) -> Decimal | None:
    """The allele fraction in percent: a ratio of 1 is 100 %. None for what lies outside, or for another unit."""
    for each in _component(resource, FREQUENCY):
        told = mapping(each.get("valueQuantity"))
        amount, unit = number(told.get("value")), words(told.get("code")) or words(told.get("unit"))
        if amount is None or words(told.get("comparator")) or unit not in ("%", "1", ""):
            continue
        percent = amount if unit == "%" else amount * 100
        # A number above 1 without a unit is no ratio, and what it is instead is not told.
        return storable(percent) if 0 <= percent <= 100 else None
    return None


def _specimen(resource: Json) -> str:
    """The tissue that was tested: its kind and where it was taken from."""
    specimen = contained(resource, reference_of(resource.get("specimen")), "Specimen")
    site = mapping(specimen.get("collection")).get("bodySite")
    parts = [without_kind(concept_text(each)) for each in (specimen.get("type"), site)]
    told = ", ".join(each for each in parts if each) or words(mapping(resource.get("specimen")).get("display"))
    return cut(told, LONGEST)


def _laboratory(resource: Json) -> str:
    """Who tested, where it is an organization that is named."""
    for each in listed(resource.get("performer")):
        if "Organization" in (words(each.get("type")), reference_of(each).split("/")[0]):
            return cut(words(each.get("display")), LONGEST)
    return ""
