"""An entry in words: its headline in one line, and each of its values. Plain English that the caller may translate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tracker.engine.catalogue import Catalogue, title_of
from tracker.engine.given_words import number
from tracker.engine.partial_dates import PartialDate
from tracker.engine.words import MONTHS, Translate, same
from tracker.services.sections.checks import lookup_list
from tracker.services.sections.entries import as_partial_date, is_blank, values_of
from tracker.services.sections.spec import Field, Kind, Section

SayDay = Callable[[PartialDate], str]
LONGEST_PART = 80
NUMBERS = frozenset({Kind.DECIMAL, Kind.INTEGER})
UNSAID = ("", "unknown")
ROUTES_IN_SHORT = {
    "iv": "IV",
    "po": "by mouth",
    "im": "IM",
    "sc": "under the skin",
    "it": "into the spinal fluid",
    "other": "another way",
}
YES_NO_WORDS = {"yes": "Yes", "no": "No", "unknown": "Unknown"}


def day_words(day: PartialDate) -> str:
    """ "2019", "Mar 2019" or "Mar 14, 2019": as much as is known."""
    if day.month is None:
        return str(day.year)
    month = MONTHS[day.month - 1][:3]
    return f"{month} {day.year}" if day.day is None else f"{month} {day.day}, {day.year}"


@dataclass(frozen=True)
class Speaker:
    """What words are made with: the catalogue's labels, the language, how a date and an exposure are called."""

    catalogue: Catalogue
    translate: Translate = same
    say_day: SayDay = day_words
    labels: Mapping[str, str] | None = None

    def say(self, phrase: str, **gaps: object) -> str:
        """A phrase in the reader's language, its gaps filled afterward."""
        return self.translate(phrase).format(**gaps)

    def word(self, text: str) -> str:
        """A word or label by itself; nothing stays nothing (to a translator, the empty text is its own header)."""
        return self.translate(text) if text else ""

    def value(self, field: Field, value: Any) -> str:
        """The value of a field as it is shown beside its label; empty if nothing is recorded."""
        if is_blank(value):
            return ""
        return SPOKEN.get(field.kind, _as_text)(self, field, value)

    def listed(self, field: Field, code: str) -> str:
        """The label of a code; other words as they were entered."""
        found = lookup_list(self.catalogue, field.lookup).get(code)
        return code if found is None else self.word(title_of(found))


def headline(
    row: Any, section: Section, catalogue: Catalogue, *, translate: Translate = same, say_day: SayDay = day_words
) -> str:
    """An entry in one line: "Doxorubicin 75 mg/m² × 6, IV, Jan 2021 – Jun 2021".

    ``translate`` is given every phrase before its gaps are filled; what a person typed passes as it is.
    """
    speaker = Speaker(catalogue, translate, say_day)
    values = values_of(row, section)
    said = HEADLINES.get(section.key, _generic)(speaker, section, values)
    parts = [part for part in said if part] or [_capital(translate(section.one))]
    when = period(values, section, speaker)
    return ", ".join([*parts, when] if when else parts)


def field_words(
    field: Field,
    value: Any,
    catalogue: Catalogue,
    *,
    translate: Translate = same,
    say_day: SayDay = day_words,
    labels: Mapping[str, str] | None = None,
) -> str:
    """One value as it is shown beside its label: "45 Gy", "Left", "Mar 2019"; empty if nothing is recorded.

    ``labels``: what the pack calls its exposures, for the organs of a radiation course. A diagnosis is its id here.
    """
    return Speaker(catalogue, translate, say_day, labels).value(field, value)


def period(values: Mapping[str, Any], section: Section, speaker: Speaker) -> str:
    """From when until when, as far as it is known: "Jan 2021 – Jun 2021", "2019", "until 2020"."""
    first = as_partial_date(values.get(section.on)) if section.on else None
    last = as_partial_date(values.get(section.until)) if section.until else None
    if first is None:
        return "" if last is None else speaker.say("until {day}", day=speaker.say_day(last))
    began = speaker.say_day(first)
    return began if last is None or last == first else f"{began} – {speaker.say_day(last)}"


# One value


def _as_text(_speaker: Speaker, _field: Field, value: Any) -> str:
    return str(value)


def _as_choice(speaker: Speaker, field: Field, value: Any) -> str:
    return speaker.word(dict(field.choices).get(value, str(value)))


def _as_yes_no(speaker: Speaker, _field: Field, value: Any) -> str:
    return speaker.word(YES_NO_WORDS.get(value, str(value)))


def _as_day(speaker: Speaker, _field: Field, value: Any) -> str:
    day = as_partial_date(value)
    return "" if day is None else speaker.say_day(day)


def _as_number(speaker: Speaker, field: Field, value: Any) -> str:
    return f"{number(Decimal(value))} {speaker.word(field.unit)}".strip()


def _as_listed(speaker: Speaker, field: Field, value: Any) -> str:
    return speaker.listed(field, str(value))


def _as_codes(speaker: Speaker, field: Field, value: Any) -> str:
    return " + ".join(speaker.listed(field, str(code)) for code in value)


def _as_organs(speaker: Speaker, _field: Field, value: Any) -> str:
    names = speaker.labels or {}
    return ", ".join(
        f"{names.get(name, name)} {number(Decimal(dose))} Gy" if dose is not None else names.get(name, name)
        for name, dose in value.items()
    )


SPOKEN: dict[Kind, Callable[[Speaker, Field, Any], str]] = {
    Kind.CHOICE: _as_choice,
    Kind.YES_NO: _as_yes_no,
    Kind.DATE: _as_day,
    Kind.PARTIAL_DATE: _as_day,
    Kind.DECIMAL: _as_number,
    Kind.INTEGER: _as_number,
    Kind.LOOKUP: _as_listed,
    Kind.CODES: _as_codes,
    Kind.ORGANS: _as_organs,
}


# Headlines


def _generic(speaker: Speaker, section: Section, values: Mapping[str, Any]) -> list[str]:
    parts: list[str] = []
    for name in section.headline:
        said = _part(speaker, section.field(name), values[name])
        if said.casefold() in (part.casefold() for part in parts):
            continue  # "none found" typed as the variant, and chosen as what it means
        # What was typed, and names from the catalogue, keep their capitals; "Left" after a comma does not need its.
        parts.append(_small(said) if parts and section.field(name).kind == Kind.CHOICE else said)
    return parts


def _part(speaker: Speaker, field: Field, value: Any) -> str:
    if is_blank(value) or value in UNSAID:
        return ""
    label = _small(speaker.word(field.label))
    if field.kind == Kind.YES_NO:
        return label if value == "yes" else f"{label}: {_small(speaker.value(field, value))}"
    if field.kind in NUMBERS:
        return f"{label} {speaker.value(field, value)}"
    return _shortened(speaker.value(field, value))


def _drug(speaker: Speaker, section: Section, values: Mapping[str, Any]) -> list[str]:
    agent = speaker.value(section.field("agent"), values["agent"])
    dose, courses, unit = values["dose"], values["courses"], speaker.value(section.field("unit"), values["unit"])
    route = speaker.word(ROUTES_IN_SHORT.get(values["route"], ""))
    if dose is None:
        times = "" if courses is None else speaker.say("{number} courses", number=courses)
        return [agent, times, speaker.say("dose unknown"), route]
    amount = f"{unit} {number(dose)}" if unit == "AUC" else f"{number(dose)} {unit}"
    return [f"{agent} {amount}" if courses is None else f"{agent} {amount} × {courses}", route]


def _radiation(speaker: Speaker, section: Section, values: Mapping[str, Any]) -> list[str]:
    dose = _as_dose(speaker, values)
    purpose = _part(speaker, section.field("purpose"), values["purpose"])
    side = _part(speaker, section.field("laterality"), values["laterality"])
    return [_part(speaker, section.field("fields"), values["fields"]), _small(side), dose, _small(purpose)]


def _as_dose(speaker: Speaker, values: Mapping[str, Any]) -> str:
    dose, fractions = values["dose_gy"], values["fractions"]
    said = speaker.say("dose unknown") if dose is None else f"{number(dose)} Gy"
    return said if fractions is None else speaker.say("{dose} in {number} fractions", dose=said, number=fractions)


def _transfusion(speaker: Speaker, section: Section, values: Mapping[str, Any]) -> list[str]:
    product = speaker.value(section.field("product"), values["product"])
    count = values["count"]
    return [product if count is None else f"{product} × {count}", values["country"]]


def _radionuclide(speaker: Speaker, section: Section, values: Mapping[str, Any]) -> list[str]:
    kind = speaker.value(section.field("kind"), values["kind"])
    activity, treatments = values["activity"], values["treatments"]
    amount = speaker.say("activity unknown") if activity is None else f"{number(activity)} {values['activity_unit']}"
    return [kind, amount, "" if treatments is None else speaker.say("{number} treatments", number=treatments)]


def _laboratory(speaker: Speaker, section: Section, values: Mapping[str, Any]) -> list[str]:
    measured = " ".join(part for part in (values["analyte"], values["value"], values["unit"]) if part)
    return [measured, _small(_part(speaker, section.field("flag"), values["flag"]))]


HEADLINES: dict[str, Callable[[Speaker, Section, Mapping[str, Any]], list[str]]] = {
    "drugs": _drug,
    "radiation": _radiation,
    "transfusions": _transfusion,
    "radionuclides": _radionuclide,
    "workup-labs": _laboratory,
}


def _small(text: str) -> str:
    """Without the capital at its beginning, unless it is an abbreviation."""
    return text if text[1:2].isupper() or not text[1:2].isalpha() else text[:1].lower() + text[1:]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _shortened(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= LONGEST_PART else f"{plain[: LONGEST_PART - 1].rstrip()}…"
