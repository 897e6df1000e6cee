"""Stages: which system a stage is told in, and which of the catalogue's stages it is. Only what is certain.

A stage that the catalogue has no word for (INSS 4S, INRGSS MS, Binet B) stays in the chart alone.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tracker.engine.catalogue import followed
from tracker.fhir.codes import Codes
from tracker.fhir.extensions import has_profile
from tracker.fhir.malignancy import without_kind
from tracker.fhir.values import Coding, Json, codings, listed

NCIT = "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl"
ANN_ARBOR = "ann-arbor"
PROFILES = ("mcode-tnm-stage-group", "mcode-cancer-stage", "mcode-lymphoma-stage")
# Systems by NCI Thesaurus code, which the pack's tables do not use. "other": known, and none of the catalogue's.
NCIT_SYSTEMS = {
    "C132248": "ajcc",
    "C177555": "ajcc",
    "C177556": "ajcc",
    "C180901": "ajcc",
    "C90529": "ajcc",
    "C90530": "ajcc",
    "C188404": "ajcc",
    "C141138": ANN_ARBOR,
    "C177558": ANN_ARBOR,
    "C177559": ANN_ARBOR,
    "C141147": ANN_ARBOR,
    "C186617": "figo",
    "C186618": "figo",
    "C133427": "inrgss",
    "C139007": "other",
    "C141392": "other",
    "C141207": "other",
    "C141212": "other",
}
# What a stage's own words say of its system.
_NAMED_SYSTEMS = (
    (re.compile(r"\b(?:American Joint Committee on Cancer|AJCC|UICC)\b"), "ajcc"),
    (re.compile(r"\bFIGO\b|\bInternational Federation of Gyn(?:a?e)cology and Obstetrics\b"), "figo"),
    (re.compile(r"\bInternational neuroblastoma staging system\b|\bINSS\b"), "inss"),
    (re.compile(r"\bNational Wilms Tumou?r Study\b|\bNWTS\b"), "cog-renal"),
    (re.compile(r"\bIntergroup Rhabdomyosarcoma\b", re.IGNORECASE), "irs-group"),
    (re.compile(r"\bAnn Arbor\b|\bLugano\b|\bCotswolds\b"), ANN_ARBOR),
    (re.compile(r"\bPRETEXT?\b"), "pretext"),
    (re.compile(r"\bToronto Guidelines\b"), "toronto"),
)
# "clinical group" is the word of the rhabdomyosarcoma studies alone.
_STAGE = re.compile(r"\b(?:stage|clinical group|Rhabdomyosarcoma Group|PRETEXT?)\s+(\w+)", re.IGNORECASE)
_NUMERAL = re.compile(r"(0|IV|V|I{1,3}|[1-5])([A-CEX])?", re.IGNORECASE)
_ROMAN = {"1": "i", "2": "ii", "3": "iii", "4": "iv", "5": "v"}


@dataclass(frozen=True)
class Stage:
    """A stage by the catalogue's code, and its system's where that is certain."""

    code: str
    system: str = ""

    def values(self) -> dict[str, object]:
        """Named like the columns of a diagnosis."""
        values: dict[str, object] = {"stage": self.code}
        return values | ({"stage_system": self.system} if self.system else {})


def is_stage(resource: Json, codes: Codes) -> bool:
    """Does this Observation tell a stage at diagnosis?"""
    return bool(_system_of(codings(resource.get("code")), codes)) or has_profile(resource, *PROFILES)


def stage_observed(resource: Json, codes: Codes) -> Stage | None:
    """The stage an Observation tells; None where it is not certain."""
    found = codings(resource.get("valueCodeableConcept"))
    told = [*codings(resource.get("code")), *codings(resource.get("method"))]
    return _stage(found, _system(told, found, codes), codes)


def stage_summarized(condition: Json, codes: Codes) -> Stage | None:
    """The stage that a Condition states by itself. Where it cites an assessment, that is told there, and only there."""
    stages = {
        stage
        for each in listed(condition.get("stage"))
        if not listed(each.get("assessment")) and (stage := _summary(each, codes)) is not None
    }
    return stages.pop() if len(stages) == 1 else None


def scheduled_stage(diagnosis: str, stage: str, codes: Codes) -> str:
    """The stage in the words of the diagnosis's schedule, where that has stages of its own: IIIA of a melanoma is its
    III. A stage that no word of the schedule takes in stays as it is."""
    allowed = codes.pack.strata.get(("recurrence", diagnosis), {}).get("stage", ())
    term = codes.catalogue.terms.get("stage", {}).get(stage)
    if not allowed or stage in allowed or term is None:
        return stage
    return followed(term, "stage", allowed) or stage


def _summary(told: Json, codes: Codes) -> Stage | None:
    found = codings(told.get("summary"))
    return _stage(found, _system(codings(told.get("type")), found, codes), codes)


def _system(told: Iterable[Coding], found: list[Coding], codes: Codes) -> str:
    """The one system that code, method and the stage's own words agree on; empty where they tell none, or several."""
    systems = {_system_of([each], codes) for each in told} | {_system_in_words(each.display) for each in found}
    systems.discard("")
    return systems.pop() if len(systems) == 1 else ""


def _system_of(found: Iterable[Coding], codes: Codes) -> str:
    every = list(found)
    known = codes.of("stage_system", every)
    if known is not None:
        return known[1]
    return next((NCIT_SYSTEMS[each.code] for each in every if each.system == NCIT and each.code in NCIT_SYSTEMS), "")


def _system_in_words(display: str) -> str:
    return next((system for pattern, system in _NAMED_SYSTEMS if pattern.search(display)), "")


def _stage(found: list[Coding], system: str, codes: Codes) -> Stage | None:
    known = codes.of("stage", found)
    if known is not None:
        return Stage(known[1], system)
    named = {_stage_in_words(without_kind(each.display), system) for each in found} - {""}
    code = named.pop() if len(named) == 1 else ""
    return Stage(code, system) if code in codes.catalogue.terms.get("stage", {}) else None


def _stage_in_words(display: str, system: str) -> str:
    """ "… stage IIIC" as "iiic"; empty where it is no plain stage, or the words tell several."""
    told = {each.casefold() for each in _STAGE.findall(display)}
    numeral = _NUMERAL.fullmatch(told.pop()) if len(told) == 1 else None
    if numeral is None:
        return ""
    number, letter = numeral[1].lower(), (numeral[2] or "").lower()
    # Outside the lymph nodes, or bulky: marks of a lymphoma's stage, which stays the same.
    if letter in ("e", "x"):
        letter = "" if system == ANN_ARBOR else "?"
    return _ROMAN.get(number, number) + letter
