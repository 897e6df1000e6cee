"""What treatment is made of: agents, regimens, radiation fields, operations, and the codes a tumor is named by.

Plain frozen data, read from a guideline pack by ``guidelines.catalogue``; what the derivation of exposures and the
entry of a treatment summary look things up in.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from tracker.engine.rules import Derivation

# The units a dose may be written in (UCUM, and AUC for carboplatin), and the ways it may be given; "" is not known.
DOSE_UNITS = ("mg/m2", "g/m2", "mg/kg", "mg", "g", "[U]/m2", "[U]", "AUC")
ROUTES = ("", "iv", "po", "im", "sc", "it", "other")


class AgentKind(StrEnum):
    """Where an agent belongs in a treatment summary."""

    CYTOTOXIC = "cytotoxic"
    STEROID = "steroid"
    TARGETED = "targeted"
    IMMUNE = "immune"
    HORMONE = "hormone"
    CELLULAR = "cellular"
    SUPPORTIVE = "supportive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One medicine. ``dose_exposure``: the pack's exposure that its cumulative dose fills ("doxorubicin_mg_m2"), or
    empty where only "given" matters. ``given_exposures``: yes-or-no exposures that any dose sets ("vinca_alkaloid").
    ``dose_unit``: the unit its dose is usually written in (UCUM: mg/m2, [U]/m2, mg/kg, mg)."""

    code: str
    name: str
    synonyms: tuple[str, ...] = ()
    kind: AgentKind = AgentKind.CYTOTOXIC
    dose_exposure: str = ""
    given_exposures: tuple[str, ...] = ()
    dose_unit: str = "mg/m2"
    routes: tuple[str, ...] = ("iv",)
    rxnorm: str = ""
    atc: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimenPart:
    """One agent of a regimen as planned: ``dose`` in ``unit`` per course, for ``courses`` courses.

    ``single_dose``: the largest amount given at once (mg/m²), where high-dose rules ask for it. ``weeks``: the longest
    stretch without a break, for corticosteroids. ``myeloablative``: given before a transplant."""

    agent: str
    dose: Decimal
    unit: str
    courses: int
    route: str = "iv"
    single_dose: Decimal | None = None
    weeks: int | None = None
    myeloablative: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Regimen:
    """A published protocol by agent and planned dose; a template to be corrected to what was given."""

    code: str
    name: str
    synonyms: tuple[str, ...]
    diagnoses: tuple[str, ...]
    parts: tuple[RegimenPart, ...]
    source: str
    confidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiationField:
    """A place that was irradiated: the field doses it fills, and the organs that lie in it unless somebody who has
    seen the plan says otherwise (names of the pack's exposures)."""

    code: str
    label: str
    synonyms: tuple[str, ...] = ()
    field_exposures: tuple[str, ...] = ()
    organ_exposures: tuple[str, ...] = ()
    mcode_sites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A kind of operation and the yes-or-no exposures it sets. ``sided``: a side is asked for.

    ``limb``: whether it is a limb-salvage operation or an amputation ("salvage", "amputation", ""). ``resects``: it
    takes out a tumor where it began, so that its day is the day on which the tumor was removed."""

    code: str
    label: str
    synonyms: tuple[str, ...] = ()
    exposures: tuple[str, ...] = ()
    sided: bool = False
    limb: str = ""
    resects: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A code with its label and other names: an ICD-O-3 topography, a tumor's subtype, an adverse event …

    ``group`` gathers codes in a list; ``follows`` names values another field then has ("site=gi"); where a field stands
    there twice, the first value that the diagnosis knows counts (see ``followed``)."""

    code: str
    label: str
    synonyms: tuple[str, ...] = ()
    group: str = ""
    follows: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorSet:
    """Factors that turn agents' doses into one: an edition of anthracycline or alkylator equivalents.

    ``exposure``: what it fills ("anthracycline_mg_m2"). ``factors``: agent's exposure → factor."""

    code: str
    exposure: str
    title: str
    edition: str
    factors: Mapping[str, Decimal]
    source: str
    confidence: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything above, by code, in the order of the tables. ``terms``: list name → code → term."""

    agents: Mapping[str, Agent] = field(default_factory=dict)
    regimens: Mapping[str, Regimen] = field(default_factory=dict)
    fields: Mapping[str, RadiationField] = field(default_factory=dict)
    operations: Mapping[str, Operation] = field(default_factory=dict)
    terms: Mapping[str, Mapping[str, Term]] = field(default_factory=dict)
    factor_sets: Mapping[str, FactorSet] = field(default_factory=dict)


FEWEST_LETTERS = 3
LETTERS = str.maketrans(
    "àáâãäåāçčèéêëēėìíîïīñńòóôõöøōśšùúûüūýÿžź",
    "aaaaaaacceeeeeeiiiiinnooooooossuuuuuyyzz",
    "".join(map(chr, range(0x300, 0x370))),
)
NO_MATCH = 9


def lookup(entries: Mapping[str, Any] | Iterable[Any], typed: str, limit: int = 12) -> tuple[Any, ...]:
    """The entries a person may mean, best first, at most ``limit``; nothing typed finds nothing.

    Works on whatever has a ``code``, a ``name`` or ``label``, and ``synonyms``. First come those whose code, name or
    synonym is exactly what was typed; then those of which it begins the name or code, a synonym, or (each typed word
    for itself) any word; then those that hold three letters or more anywhere. Equal ranks keep the table's order.
    Capitals, accents and punctuation between words do not matter.
    """
    wanted = folded(typed)
    if not wanted:
        return ()
    ranked = [(_rank(entry, wanted), place, entry) for place, entry in enumerate(_each(entries))]
    found = sorted((rank, place) for rank, place, _ in ranked if rank < NO_MATCH)
    return tuple(ranked[place][2] for _, place in found[:limit])


def resolve(entries: Mapping[str, Any] | Iterable[Any], typed: str) -> str | None:
    """The one code that the text means: exactly a code, name, label or synonym, or the beginning (three letters or
    more) of texts of one entry only. None where it means nothing, or more than one."""
    wanted = folded(typed)
    every = tuple(_each(entries))
    exact = {entry.code for entry in every if wanted and wanted in _texts(entry)}
    if exact or len(wanted) < FEWEST_LETTERS:
        return exact.pop() if len(exact) == 1 else None
    begun = {entry.code for entry in every if any(text.startswith(wanted) for text in _texts(entry))}
    return begun.pop() if len(begun) == 1 else None


def title_of(entry: Any) -> str:
    """What an entry of any table is called: its name, or its label."""
    return str(getattr(entry, "name", "") or entry.label)


def followed(term: Term, name: str, allowed: Collection[str]) -> str | None:
    """The value that a field has where this term is chosen, if the term says so: the first that is allowed."""
    return next((value for field_name, value in term.follows if field_name == name and value in allowed), None)


def with_factor_set(derivations: Iterable[Derivation], factor_set: FactorSet) -> tuple[Derivation, ...]:
    """The derivations with the sum that the factor set fills made with its factors, in the same order.

    Raises:
        ValueError: no sum of the derivations fills the set's exposure.
    """
    inputs = tuple(factor_set.factors.items())
    made = tuple(
        Derivation(each.name, each.rule, inputs) if _is_sum_of(each, factor_set) else each for each in derivations
    )
    if not any(_is_sum_of(each, factor_set) for each in made):
        raise ValueError(f"no sum fills {factor_set.exposure}, so the factor set {factor_set.code} has no place")
    return made


def _is_sum_of(derivation: Derivation, factor_set: FactorSet) -> bool:
    return derivation.name == factor_set.exposure and derivation.rule == "sum"


def _each(entries: Mapping[str, Any] | Iterable[Any]) -> Iterable[Any]:
    return entries.values() if isinstance(entries, Mapping) else entries


def _texts(entry: Any) -> tuple[str, ...]:
    """What an entry may be found by: its name, its code, then its synonyms."""
    return tuple(folded(text) for text in (title_of(entry), entry.code, *entry.synonyms))


@lru_cache(maxsize=1 << 15)
def folded(text: str) -> str:
    """The text as it is searched: small letters without accents, punctuation as single blanks."""
    plain = text.casefold().translate(LETTERS)
    return " ".join("".join(each if each.isalnum() or each in "/.+" else " " for each in plain).split())


def _rank(entry: Any, wanted: str) -> int:
    texts = _texts(entry)
    if wanted in texts:
        return 0
    if any(text.startswith(wanted) for text in texts[:2]):
        return 1
    if any(text.startswith(wanted) for text in texts[2:]):
        return 2
    if _begins_words(texts, wanted):
        return 3
    inside = len(wanted) >= FEWEST_LETTERS and any(wanted in text for text in texts)
    return 4 if inside else NO_MATCH


def _begins_words(texts: tuple[str, ...], wanted: str) -> bool:
    """Whether each typed word begins some word of the entry, in any order."""
    words = [word for text in texts for word in text.split()]
    return all(any(word.startswith(part) for word in words) for part in wanted.split())
