"""Doses and routes of medicines, in the units and words that the record holds."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from tracker.engine.catalogue import Agent, folded
from tracker.fhir.codes import SNOMED, canonical
from tracker.fhir.values import Json, codings, listed, mapping, number, plain, storable, words

UCUM = "http://unitsofmeasure.org"
# UCUM code → (unit of the record, how many of the source's make one). International units are not units: the two
# differ a thousandfold for bleomycin.
UNITS: dict[str, tuple[str, Decimal]] = {
    **{unit: (unit, Decimal(1)) for unit in ("mg/m2", "g/m2", "mg/kg", "mg", "g", "[U]/m2", "[U]")},
    "ug": ("mg", Decimal(1000)),
    "ug/m2": ("mg/m2", Decimal(1000)),
    "ug/kg": ("mg/kg", Decimal(1000)),
}
PER_SURFACE = {"mg/m2": Decimal(1), "g/m2": Decimal(1000)}
OF_ACTIVITY = frozenset({"[U]/m2", "[U]"})
ROUTES = {
    "47625008": "iv",
    "26643006": "po",
    "78421000": "im",
    "34206005": "sc",
    "72607000": "it",
}
NAMED_ROUTES = {
    "iv": "iv",
    "intravenous": "iv",
    "intravenous use": "iv",
    "intravenous route": "iv",
    "po": "po",
    "oral": "po",
    "oral use": "po",
    "oral route": "po",
    "by mouth": "po",
    "im": "im",
    "intramuscular": "im",
    "intramuscular use": "im",
    "intramuscular route": "im",
    "sc": "sc",
    "subcutaneous": "sc",
    "subcutaneous use": "sc",
    "subcutaneous route": "sc",
    "it": "it",
    "intrathecal": "it",
    "intrathecal use": "it",
    "intrathecal route": "it",
}


@dataclass(frozen=True)
class Dose:
    """An amount in a unit of the record."""

    amount: Decimal
    unit: str

    @property
    def mg_m2(self) -> Decimal | None:
        """In mg/m², where it is told per body surface."""
        factor = PER_SURFACE.get(self.unit)
        return None if factor is None else self.amount * factor

    def fits(self, agent: Agent) -> bool:
        """Is the agent dosed like this: in units of activity, or by weight?"""
        return (self.unit in OF_ACTIVITY) == (agent.dose_unit in OF_ACTIVITY)


def read_dose(quantity: object) -> Dose | None:
    """A quantity as a dose; None unless its unit is one the record has, and it is a plain number above 0."""
    told = mapping(quantity)
    amount = number(told.get("value"))
    if amount is None or amount <= 0 or words(told.get("comparator")):
        return None
    named = words(told.get("code")) or words(told.get("unit")) if words(told.get("system")) in ("", UCUM) else ""
    unit, factor = UNITS.get(named, ("", Decimal(1)))
    kept = storable(amount / factor) if unit else None
    return Dose(_short(kept), unit) if kept else None


def _short(amount: Decimal) -> Decimal:
    """The same number without zeros behind it."""
    whole = amount == amount.to_integral_value()
    return amount.quantize(Decimal(1)) if whole else amount.normalize()


def quantity_words(quantity: object) -> str:
    """A quantity as a person reads it; empty where there is none."""
    told = mapping(quantity)
    amount = number(told.get("value"))
    if amount is None:
        return ""
    return (
        f"{words(told.get('comparator'))}{plain(amount)} {words(told.get('unit')) or words(told.get('code'))}".strip()
    )


def read_route(dosages: Iterable[Json]) -> str:
    """The route in the record's words; "other" for one that is told and is none of them."""
    concepts = [each.get("route") for each in dosages]
    found = [coding for each in concepts for coding in codings(each)]
    told = [words(mapping(each).get("text")) for each in concepts]
    for each in found:
        if canonical(each.system) == SNOMED and each.code in ROUTES:
            return ROUTES[each.code]
    named = (NAMED_ROUTES.get(_bare(text)) for text in (*told, *(each.display for each in found)))
    return next((route for route in named if route), "other" if found or any(told) else "")


def _bare(text: str) -> str:
    return folded(text.removesuffix("(qualifier value)"))


def dosage_words(dosages: Iterable[Json]) -> str:
    """How it is to be taken, in the words of the source."""
    return "; ".join(text for each in dosages if (text := _dosage(each)))


def _dosage(dosage: Json) -> str:
    """Its words, and the amounts that the words leave out."""
    text = words(dosage.get("text"))
    told = listed(dosage.get("doseAndRate"))
    amounts = [quantity_words(each.get(name)) for each in told for name in ("doseQuantity", "rateQuantity")]
    further = [each for each in amounts if each and not _says(text, each.split()[0])]
    return ", ".join(each for each in (text.rstrip("."), *further) if each) if further else text


def _says(text: str, amount: str) -> bool:
    """Does the text hold this number, standing for itself?"""
    return re.search(rf"(?<![\w.]){re.escape(amount)}(?![.,]?\d)", text) is not None
