"""The value[x] of an observation in words, and as a number with its unit where it is one."""

from dataclasses import dataclass
from decimal import Decimal

from tracker.fhir.values import Json, concept_text, first_code, listed, mapping, number, plain, storable, words

SYSTOLIC, DIASTOLIC = "8480-6", "8462-4"


@dataclass(frozen=True)
class Value:
    """What was found. ``amount`` is there for a plain number only, not for "less than 3"."""

    text: str = ""
    unit: str = ""
    amount: Decimal | None = None

    @property
    def sentence(self) -> str:
        """As a report says it: number and unit together."""
        shown = plain(self.amount) if self.amount is not None else self.text
        return f"{shown} {self.unit}".strip()


NOTHING = Value()


def read_value(holder: Json) -> Value:
    """The value of an observation or of one of its components."""
    if "valueQuantity" in holder:
        return _quantity(mapping(holder["valueQuantity"]))
    if "valueCodeableConcept" in holder:
        return Value(concept_text(holder["valueCodeableConcept"]))
    for name in ("valueString", "valueDateTime", "valueTime"):
        if words(holder.get(name)):
            return Value(words(holder[name]))
    if isinstance(holder.get("valueBoolean"), bool):
        return Value("yes" if holder["valueBoolean"] else "no")
    return _compound(holder)


def _compound(holder: Json) -> Value:
    amount = number(holder.get("valueInteger"))
    if amount is not None:
        return Value(str(amount), "", amount)
    if "valueRange" in holder:
        ends = mapping(holder["valueRange"])
        return Value(_between(_quantity(mapping(ends.get("low"))), _quantity(mapping(ends.get("high"))), "–"))
    if "valueRatio" in holder:
        parts = mapping(holder["valueRatio"])
        over = _quantity(mapping(parts.get("numerator"))), _quantity(mapping(parts.get("denominator")))
        return Value(_between(*over, " / "))
    if "valuePeriod" in holder:
        period = mapping(holder["valuePeriod"])
        return Value(f"{words(period.get('start'))} – {words(period.get('end'))}".strip(" –"))
    return NOTHING


def _between(low: Value, high: Value, sign: str) -> str:
    return sign.join(each.sentence for each in (low, high) if each.sentence)


def _quantity(quantity: Json) -> Value:
    amount = number(quantity.get("value"))
    unit = words(quantity.get("code")) or words(quantity.get("unit"))
    if amount is None:
        return Value(words(quantity.get("value")), unit)
    comparator = words(quantity.get("comparator"))
    return Value(f"{comparator}{amount}", unit, None if comparator else amount)


def read_components(observation: Json) -> Value:
    """The components in one line; blood pressure as people write it."""
    parts = [(first_code(each.get("code")), each) for each in listed(observation.get("component"))]
    values = {code: read_value(each) for code, each in parts}
    upper, lower = values.get(SYSTOLIC, NOTHING), values.get(DIASTOLIC, NOTHING)
    systolic, diastolic = storable(upper.amount), storable(lower.amount)
    if systolic is not None and diastolic is not None and upper.unit == lower.unit:
        # Measured in whole units: a computed value of many decimals says no more.
        return Value(f"{systolic:.0f}/{diastolic:.0f}", upper.unit)
    shown = [(concept_text(each.get("code")), read_value(each).sentence) for _, each in parts]
    return Value("; ".join(f"{name}: {value}" if name else value for name, value in shown if value))


def reference_range(observation: Json) -> str:
    """The range reported with the value, as reported."""
    for each in listed(observation.get("referenceRange")):
        if words(each.get("text")):
            return words(each["text"])
        ends = _between(_quantity(mapping(each.get("low"))), _quantity(mapping(each.get("high"))), "–")
        if ends:
            return ends
    return ""
