"""The words of the treatment summary: values of its entries, cumulative doses with their arithmetic, who could tell."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracker.engine.given_phrases import WHO
from tracker.engine.given_terms import is_possible
from tracker.engine.given_words import amount, derivation_in_words, exposure_in_words, reasons_in_words
from tracker.engine.partial_dates import Day, as_day, known_to
from tracker.engine.rules import Pack
from tracker.engine.words import Words
from tracker.models import SYNDROME_FIELDS, TUMOR_FIELDS, Certainty, Exposure, Sex
from tracker.services.record_parts import DIAGNOSES, EXPOSURES
from tracker.services.sections.spec import Field, Kind, Section
from tracker.services.whole_summary import Total, WholeSummary
from tracker.web.formats import unit_words, us_date
from tracker.web.section_words import Reader
from tracker.web.treatment_words import stranger_words, value_words

HIDDEN = "hidden:"
ENCRYPTED = frozenset({"member_number"})
WHO_TOO = {
    "pathology": "for the pathology report",
    "operation_and_pathology": "for the operative and pathology reports",
}
SEXES = {Sex.FEMALE: _l("Female"), Sex.MALE: _l("Male"), Sex.UNKNOWN: _l("Not known")}
YES_NO = {"yes": _l("Yes"), "no": _l("No"), "unknown": _l("Not known")}
UNSAID = ("", "unknown")
SHARED_WORDS = 3
YES_NO_UNIT, COUNT_UNIT = "1", "{count}"
Fact = tuple[str, str]


@dataclass(frozen=True)
class SummaryReader:
    """Reads the parts of a summary aloud, with the words of the clinic's pack."""

    pack: Pack
    entries: Reader

    @classmethod
    def of(cls, summary: WholeSummary) -> "SummaryReader":
        """A reader who knows this survivor's tumors by name."""
        return cls(summary.pack, Reader.of(summary.catalogue, summary.pack, summary.diagnoses))

    def exposure(self, name: str) -> str:
        """An exposure's name, with a capital; the bare word for one the pack no longer knows."""
        info = self.pack.exposures.get(name)
        return capital(str(_(info.label))) if info else stranger_words(name)

    def value(self, section: Section, field: Field, value: Any) -> str:
        """One value of an entry in words; nothing where nothing is recorded."""
        if value is None or value == "" or value == []:
            return ""
        if isinstance(value, str) and value.startswith(HIDDEN):
            return str(_("kept encrypted"))
        if section is EXPOSURES and field.name == "name":
            return self.exposure(value)
        if section is EXPOSURES and field.name == "unit":
            return unit_words(value) or str(_("given or not"))
        if field.name in (*TUMOR_FIELDS, *SYNDROME_FIELDS) and field.kind == Kind.TEXT:
            return value_words(field.name, value)
        return self.entries.value(field, value)

    def facts(self, section: Section, row: Any, leave_out: tuple[str, ...] = ()) -> tuple[Fact, ...]:
        """What an entry says beside its own line: label and value of every field that is recorded."""
        said = (
            (str(_(field.label)), self.value(section, field, stored(row, field.name)))
            for field in section.fields
            if field.name not in leave_out and getattr(row, field.name) not in UNSAID
        )
        return tuple((label, words) for label, words in said if words)

    def line(self, section: Section, row: Any) -> str:
        """An entry in one line."""
        if section is DIAGNOSES:
            return str(row.name)
        return self.entries.headline(section, row)

    def more(self, section: Section, row: Any) -> tuple[Fact, ...]:
        """What an entry's own line leaves out."""
        hidden = ENCRYPTED if section.table.__tablename__ == "insurances" else frozenset[str]()
        told = (*section.headline, section.on, section.until, "diagnosis_id", *hidden, *IN_LINE.get(section.key, ()))
        return self.facts(section, row, told)

    def tumor(self, row: Any) -> str:
        """Which of several tumors an entry is about; nothing where there is one only, or none is named."""
        several = len(self.entries.diagnoses) > 1
        diagnosis_id = getattr(row, "diagnosis_id", None)
        return self.entries.diagnoses.get(diagnosis_id, "") if several and diagnosis_id else ""


# Said in the line of an entry although they are not among its headline's fields.
IN_LINE = {"drugs": ("unit", "route"), "radionuclides": ("activity_unit",)}


def stored(row: Any, name: str) -> Any:
    """A row's value; a day that lies in two columns as far as it is known."""
    value = getattr(row, name)
    precision = getattr(row, f"{name.removesuffix('_on')}_precision", None) if name.endswith("_on") else None
    return value if precision is None else known_to(value, precision)


def capital(text: str) -> str:
    """With a capital at the beginning."""
    return text[:1].upper() + text[1:]


def who_words(code: str) -> str:
    """Who could tell: "Ask radiation oncology." """
    return str(_("Ask %(who)s.", who=_(WHO_TOO.get(code) or WHO[code])))


def last_day(row: Exposure) -> Day | None:
    """The last day of a stored exposure, as far as it is known."""
    return known_to(row.last_on, row.last_precision)


def total_dose(total: Total, reader: SummaryReader) -> str:
    """A cumulative dose with its unit; what is not known of it is said aloud."""
    if total.terms is not None:
        dose = total_amount(total, reader)
        return str(_("at least %(dose)s", dose=dose)) if total.terms.at_least else dose
    if total.derived is not None and all(is_possible(term) for term in total.derived.terms):
        return str(_("possible"))
    row = total.recorded
    return "" if row is None else exposure_words(row)


def total_amount(total: Total, reader: SummaryReader) -> str:
    """What is certain of a cumulative dose, with its unit; nothing where no number is known."""
    if total.terms is not None:
        return amount(total.terms.total, reader.pack.exposures[total.name].unit)
    certain = None if total.recorded is None else total.recorded.value or total.recorded.at_least
    return "" if total.recorded is None or certain is None else amount(certain, total.recorded.unit)


def exposure_words(row: Exposure) -> str:
    """What a stored exposure says: "300 mg/m²", "given", "at least 150 mg/m²"."""
    if row.certainty == Certainty.DATE_ONLY:
        return str(_("only the date is recorded"))
    if row.value is None and row.at_least:
        return str(_("at least %(dose)s", dose=amount(row.at_least, row.unit)))
    if row.value is None:
        return given_words(row.unit)
    if row.value == 0:
        return str(_("not given"))
    return str(_("given")) if row.unit == "1" else amount(row.value, row.unit)


def given_words(unit: str) -> str:
    """That something was given of which no amount is known."""
    if unit == YES_NO_UNIT:
        return str(_("given"))
    return str(_("given, number not known") if unit == COUNT_UNIT else _("given, dose not known"))


def total_day(total: Total) -> str:
    """The last day a cumulative dose was given; empty for one that is worked out from others."""
    if total.recorded is None:
        return ""
    return us_date(last_day(total.recorded)) or str(_("not recorded"))


def in_a_row(labels: Sequence[str]) -> str:
    """Names in one line; what one has in common with the one before ("Radiation dose to the") is not said again."""
    said = [*labels[:1]]
    for before, label in pairwise(labels):
        shared = len([1 for pair in takewhile(lambda pair: pair[0] == pair[1], _word_pairs(before, label))])
        said.append(" ".join(label.split()[shared:]) if shared >= SHARED_WORDS else lower(label))
    return ", ".join(said)


def _word_pairs(first: str, second: str) -> Iterator[tuple[str, str]]:
    return zip(first.split(), second.split()[:-1], strict=False)


def lower(label: str) -> str:
    """Without its capital, unless it begins an abbreviation."""
    return label if label[1:2].isupper() or not label[1:2].isalpha() else label[:1].lower() + label[1:]


def how_words(total: Total, reader: SummaryReader) -> str:
    """Where a cumulative dose comes from: its arithmetic, or that it was recorded as a total."""
    if total.derived is not None and total.derived.unit == YES_NO_UNIT:
        return capital(reasons_in_words(total.derived, translate=_))
    if total.derived is not None:
        return capital(exposure_in_words(total.derived, translate=_))
    if total.terms is not None:
        names = Words(reader.pack, _).exposure
        known = {each.name: names(each.name) for each in total.terms.inputs}
        return derivation_in_words(total.terms, reader.pack.exposures[total.name].unit, names=known, translate=_)
    return str(_("recorded as a total"))


def factors_words(total: Total) -> str:
    """Which published factors a sum uses: "Anthracycline equivalents, edition of 2019"."""
    if total.factors is None:
        return ""
    return str(_("Factors: %(title)s (%(edition)s)", title=_(total.factors.title), edition=total.factors.edition))


def as_said(day: Any) -> str:
    """A date as far as it is known."""
    return us_date(as_day(day)) if day is not None else ""
