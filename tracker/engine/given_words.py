"""What follows from what was given, in words and sums: "75 mg/m² × 6 courses = 450 mg/m²".

Pure functions from data to English. ``translate`` is given every phrase before its gaps are filled; names of agents,
fields and operations pass through it as they are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tracker.engine.given import (
    DerivationTerm,
    DerivationTerms,
    DerivedExposure,
    ExposureTerm,
    OpenQuestion,
)
from tracker.engine.given_amounts import DOSE_UNKNOWN, NO_CONVERSION, Step, rounded_total
from tracker.engine.given_phrases import MISSING, POSSIBLE_REASONS, QUESTIONS, REASONS, UNKNOWN_AMOUNTS, WHO, YEARS
from tracker.engine.given_terms import LABEL_SEPARATOR, POSSIBLE
from tracker.engine.not_applicable import plain
from tracker.engine.partial_dates import PartialDate
from tracker.engine.words import MONTHS, UNIT_SIGNS, Translate, same

_SIGNS = {**UNIT_SIGNS, "g/m2": "g/m²", "[U]": "U", "m2": "m²"}
_YES_NO, _COUNT = "1", "{count}"
_TREATED = "treated_"
_ONE = Decimal(1)


def number(value: Decimal) -> str:
    """A number as it is read: no needless zeros, a comma at the thousands, four places at most."""
    whole, point, rest = plain(rounded_total(value)).partition(".")
    return f"{int(whole):,}{point}{rest}"


def amount(value: Decimal, unit: str) -> str:
    """A number with its unit in the usual writing: "54,000 mg/m²"."""
    return f"{number(value)} {unit_sign(unit)}".strip()


def unit_sign(unit: str) -> str:
    """A UCUM unit in the usual writing: mg/m², Gy, U/m²; nothing for a count."""
    return _SIGNS.get(unit, unit)


def steps_in_words(steps: Sequence[Step], *, translate: Translate = same) -> str:
    """The arithmetic of one term: "16 mg/kg × 20 kg ÷ 0.8 m² = 400 mg/m²"; empty if there was none."""
    if not steps:
        return ""
    (dose, unit), *rest = steps
    parts = [amount(Decimal(dose), unit), *(f"{sign} {_operand(text, translate)}" for sign, text in rest)]
    return " ".join(parts)


def term_in_words(term: ExposureTerm, unit: str, *, translate: Translate = same) -> str:
    """One term for itself: its arithmetic, its amount, or why it counts or is unknown."""
    say = _Say(translate)
    if unit == _YES_NO:
        return say.reason(term)
    if term.amount is None:
        return say.unknown(term)
    return steps_in_words(term.steps, translate=translate) or amount(term.amount, unit)


def exposure_in_words(exposure: DerivedExposure, *, translate: Translate = same) -> str:
    """The exposure with everything it is made of: "23.4 (craniospinal) + 30.6 (posterior fossa) = 54 Gy"."""
    say = _Say(translate)
    if exposure.unit == _YES_NO:
        return _yes_in_words(exposure, say)
    known = [term for term in exposure.terms if term.amount is not None or term.at_least]
    total = amount(exposure.at_least, exposure.unit)
    if exposure.value is not None and len(exposure.terms) == 1 and exposure.terms[0].steps:
        return steps_in_words(exposure.terms[0].steps, translate=translate)
    summed = _sum([_summand(term, say, exposure.terms) for term in known], total)
    if exposure.value is not None:
        return summed
    return say.at_least(exposure, summed if exposure.at_least else "")


def reasons_in_words(exposure: DerivedExposure, *, translate: Translate = same) -> str:
    """Why a yes-or-no exposure counts, or may, each reason once: "Cytarabine, Vincristine"."""
    return _reasons(exposure, _Say(translate))


def derivation_in_words(
    terms: DerivationTerms, unit: str, *, names: Mapping[str, str] | None = None, translate: Translate = same
) -> str:
    """The pack's own arithmetic: "300 + 0.6 × 150 = 390 mg/m²". ``names``: exposure → name for a reader."""
    say = _Say(translate, names or {})
    if terms.rule == "any":
        given = [say.name(each.name) for each in terms.inputs] or [translate("inherited predisposition")]
        return say("given: {reasons}", reasons=", ".join(given))
    if terms.rule == "max":
        text = _largest(terms, unit, say)
    else:
        certain = [each for each in terms.inputs if each.product]
        text = _sum(
            [_product(each) for each in certain], amount(terms.total, unit), any(e.factor != 1 for e in certain)
        )
    if not terms.at_least:
        return text
    unknown = [say("{label}: dose unknown", label=say.name(each.name)) for each in terms.inputs if each.dose is None]
    if not terms.total:
        return say("given, dose unknown ({reasons})", reasons="; ".join(unknown))
    return say("at least {amount} ({reasons})", amount=text, reasons="; ".join(unknown))


def input_in_words(term: DerivationTerm, unit: str, *, translate: Translate = same) -> str:
    """One input of a pack's derivation: "150 × 0.6 = 90 mg/m²"; what is certain of one whose dose is unknown."""
    if term.dose is None and not term.certain:
        return translate("dose not known")
    product = amount(term.product, unit)
    if term.factor != _ONE:
        product = f"{number(term.certain)} × {plain(term.factor)} = {product}"
    return product if term.dose is not None else translate("at least {amount}").format(amount=product)


def question_in_words(question: OpenQuestion, *, translate: Translate = same) -> str:
    """What is not known, and whom to ask: one sentence each."""
    say = _Say(translate)
    wanted = say.listed(say(MISSING[code]) for code in question.missing if code in MISSING)
    asked = say(QUESTIONS[question.code], label=say.label(question.label), missing=wanted)
    return f"{asked} {say('Ask {who}.', who=say(WHO[question.who]))}"


@dataclass(frozen=True, slots=True)
class _Say:
    """How one reader is spoken to."""

    translate: Translate
    names: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, text: str, **values: str | int) -> str:
        return self.translate(text).format(**values) if values else self.translate(text)

    def name(self, exposure: str) -> str:
        return self.names.get(exposure) or exposure.replace("_", " ")

    def label(self, label: str) -> str:
        parts = [self.translate(part) for part in label.split(LABEL_SEPARATOR) if part]
        return ", ".join(parts) or self.translate("field unknown")

    def listed(self, parts: Iterable[str]) -> str:
        *first, last = [*parts] or [""]
        return self("{first} and {last}", first=", ".join(first), last=last) if first else last

    def day(self, day: PartialDate | None) -> str:
        """As precisely as it is known: "1988", "March 1988", "March 5, 1988"."""
        if day is None:
            return self("date unknown")
        if day.month is None:
            return str(day.year)
        month = self(MONTHS[day.month - 1])
        if day.day is None:
            return self("{month} {year}", month=month, year=day.year)
        return self("{month} {day}, {year}", month=month, day=day.day, year=day.year)

    def reason(self, term: ExposureTerm) -> str:
        """Why a yes-or-no exposure counts, or may."""
        code = term.because.removeprefix(POSSIBLE)
        possible = code != term.because
        years = YEARS.get(code.removeprefix(_TREATED))
        if years is not None:
            return self("{years} ({why})", years=self(years), why=self._why(term, code, possible))
        text = (POSSIBLE_REASONS if possible else REASONS).get(code, "{label}")
        return self(text, label=self.label(term.label))

    def _why(self, term: ExposureTerm, code: str, possible: bool) -> str:
        if not code.startswith(_TREATED):
            text = "{label}, {day}; the dates do not decide it" if possible else "{label}, {day}"
        elif possible:
            text = "treated from {day} on, no record that none was given"
        else:
            text = "treated {day}, no record that none was given"
        return self.translate(text).format(label=self.label(term.label), day=self.day(term.on))

    def unknown(self, term: ExposureTerm) -> str:
        """Why an amount is unknown, and what would settle it."""
        wanted = self.listed(self(MISSING[code]) for code in term.missing)
        text = UNKNOWN_AMOUNTS.get(term.because, UNKNOWN_AMOUNTS[DOSE_UNKNOWN])
        return self(text, label=self.label(term.label), missing=wanted)

    def at_least(self, exposure: DerivedExposure, summed: str) -> str:
        """An amount of which a part, or everything, is unknown."""
        terms = [term for term in exposure.terms if term.amount is None]
        reasons = "; ".join(dict.fromkeys(self.unknown(term) for term in terms))
        if summed:
            return self("at least {amount} ({reasons})", amount=summed, reasons=reasons)
        if exposure.unit == _COUNT:
            return self("given, number unknown")
        if any(term.because == NO_CONVERSION for term in terms):
            return self("given, dose unknown ({reasons})", reasons=reasons)
        return self("given, dose unknown")


def _yes_in_words(exposure: DerivedExposure, say: _Say) -> str:
    reasons = _reasons(exposure, say)
    possible = all(term.because.startswith(POSSIBLE) for term in exposure.terms)
    return say("possible: {reasons}", reasons=reasons) if possible else say("given: {reasons}", reasons=reasons)


def _reasons(exposure: DerivedExposure, say: _Say) -> str:
    return ", ".join(dict.fromkeys(say.reason(term) for term in exposure.terms))


def _operand(text: str, translate: Translate) -> str:
    """A bare number is a number of courses."""
    value, _, unit = text.partition(" ")
    if unit:
        return amount(Decimal(value), unit)
    if value == "1":
        return translate("1 course")
    return translate("{n} courses").format(n=number(Decimal(value)))


def _summand(term: ExposureTerm, say: _Say, terms: Sequence[ExposureTerm]) -> str:
    """The amount, named where the terms are of different things."""
    value = number(term.at_least if term.amount is None else term.amount)
    return f"{value} ({say.label(term.label)})" if len({each.label for each in terms}) > 1 else value


def _sum(summands: Sequence[str], total: str, worked: bool = False) -> str:
    if len(summands) < 2 and not worked:
        return total
    return f"{' + '.join(summands)} = {total}"


def _product(term: DerivationTerm) -> str:
    certain = number(term.certain)
    return certain if term.factor == _ONE else f"{plain(term.factor)} × {certain}"


def _largest(terms: DerivationTerms, unit: str, say: _Say) -> str:
    largest = max(terms.inputs, key=lambda each: each.product)
    values = {"amount": amount(terms.total, unit), "name": say.name(largest.name)}
    if len(terms.inputs) == 1:
        return say("{amount} ({name})", **values)
    return say("{amount} ({name}, the largest)", **values)
