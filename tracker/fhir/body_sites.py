"""Where in the body: a site with its side and what qualifies it, in the words of the catalogue where it has them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tracker.engine.catalogue import Term, folded
from tracker.fhir.codes import ICD_O_3, SNOMED, Codes, canonical
from tracker.fhir.extensions import MCODE, extension_codings
from tracker.fhir.malignancy import without_kind
from tracker.fhir.values import Coding, Json, codings, concept_text, cut, listed

LATERALITY = f"{MCODE}mcode-laterality-qualifier"
QUALIFIER = f"{MCODE}mcode-body-location-qualifier"
ENTIRE = "255503000"
# What says that only a part of the structure is meant.
PARTS = frozenset(
    {"255609007", "261183002", "261122009", "260528009", "264217000", "261089000", "46053002", "40415009"}
)
_TOPOGRAPHY = re.compile(r"C\d\d\.\d")
LONGEST_SITE = 120


@dataclass(frozen=True)
class Site:
    """One place. ``side`` is a code of the catalogue's laterality, empty where it is not told."""

    found: tuple[Coding, ...] = ()
    text: str = ""
    side: str = ""
    qualifiers: frozenset[str] = frozenset()

    @property
    def coding(self) -> Coding:
        """The code it is counted under, with the best display there is."""
        first = next(iter(self.found), Coding("", ""))
        return Coding(first.system, first.code, first.display or self.text)

    @property
    def is_partial(self) -> bool:
        """Is only a part of the structure meant?"""
        return bool(self.qualifiers & PARTS)


def read_site(concept: object, codes: Codes, further: Iterable[object] = ()) -> Site:
    """A body site as a CodeableConcept, with mCODE's qualifiers on it; ``further``: qualifiers that stand beside it."""
    found = codings(concept)
    qualifying = [*extension_codings(concept, LATERALITY, QUALIFIER)]
    qualifying += [coding for each in further for coding in codings(each)]
    side = codes.of("laterality", [*qualifying, *found])
    plain = frozenset(each.code for each in qualifying if canonical(each.system) == SNOMED)
    return Site(tuple(found), without_kind(concept_text(concept)), side[1] if side else "", plain)


def sites_of(resource: Json, codes: Codes) -> list[Site]:
    """Every body site that a Condition or Procedure names."""
    sites = (read_site(each, codes) for each in listed(resource.get("bodySite")))
    return [each for each in sites if each.found or each.text]


def one_side(sites: Iterable[Site]) -> str:
    """The side of all of them; empty where they differ or none is told."""
    sides = {each.side for each in sites} - {""}
    return sides.pop() if len(sides) == 1 else ""


def topography_of(found: Iterable[Coding], codes: Codes) -> str:
    """The ICD-O-3 topography that a code is or means; empty where none does."""
    every = list(found)
    known = codes.of("topography", every)
    if known is not None:
        return known[1]
    told = (each.code for each in every if canonical(each.system) == ICD_O_3 and _TOPOGRAPHY.fullmatch(each.code))
    return next(told, "")


def surgical_site(site: Site, codes: Codes) -> str:
    """The site as an operation holds it: a topography, else the words of the source."""
    return topography_of(site.found, codes) or cut(site.text, LONGEST_SITE)


def term_named(terms: Mapping[str, Term], text: str) -> str:
    """The code of the term whose label or other name the text is, exactly; empty where none or several are."""
    wanted = folded(text)
    found = {
        each.code
        for each in terms.values()
        if wanted and wanted in {folded(name) for name in (each.label, *each.synonyms)}
    }
    return found.pop() if len(found) == 1 else ""
