"""What a treatment summary adds up to, in words: each exposure with its arithmetic, and what is still missing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from tracker.engine.given import DerivationTerms, DerivedExposure
from tracker.engine.given_words import derivation_in_words, exposure_in_words
from tracker.models import Certainty
from tracker.services.treatment import DiagnosisInput, ExposureInput, Sheet, Sums
from tracker.services.treatment_rows import YES_NO_UNIT
from tracker.web.formats import dose, us_date
from tracker.web.forms_treatment import Reading
from tracker.web.presenters_treatment import asked_fields, removal_words, unchosen_words
from tracker.web.treatment_words import FIELDS, tumor_fields_of


@dataclass(frozen=True)
class SumLine:
    """One exposure: its name, its arithmetic, and a recorded total that stands in its place."""

    label: str
    words: str
    instead: str = ""


@dataclass(frozen=True)
class TumorView:
    """What a tumor's row asks now: its key, the boxes that are not folded, and what each choice says while nothing is
    chosen, by the box's name."""

    key: str
    asked: tuple[str, ...]
    unchosen: dict[str, str]


@dataclass(frozen=True)
class SumsView:
    """The panel. ``also``: what counts as given without an amount; ``remarks``: how words and doses were understood;
    ``asked``: what the guideline still asks of a tumor."""

    lines: list[SumLine] = field(default_factory=list)
    also: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tumors: list[TumorView] = field(default_factory=list)


def present_sums(sums: Sums, read: Reading, sheet: Sheet) -> SumsView:
    """The panel of a form as typed."""
    amounts = [each for each in sums.given if each.unit != YES_NO_UNIT]
    return SumsView(
        lines=[
            *_together(_given_line(each, sums.recorded.get(each.name), sheet) for each in amounts),
            *(_worked_out(name, terms, sheet) for name, terms in sums.worked_out),
        ],
        also=[_label(each.name, sheet) for each in sums.given if each.unit == YES_NO_UNIT],
        remarks=list(dict.fromkeys(remark for each in read.remarks.values() for remark in each)),
        asked=[
            *_removals(sums),
            *(words for each in sums.diagnoses if (words := still_asked(each.name, dict(each.tumor), sheet))),
        ],
        tumors=[_tumor(row, each, sheet) for row, each in zip(read.rows["diagnoses"], sums.diagnoses, strict=True)],
    )


def _removals(sums: Sums) -> Iterator[str]:
    several = len(sums.diagnoses) > 1
    yield from (removal_words(each, several=several) for each in sums.removals)
    for each in sums.differing:
        words = _("%(tumor)s: “Tumor removed” is another day than that of the operation, %(on)s. Check both dates",
                  tumor=each.name, on=us_date(each.on))  # fmt: skip
        yield str(words)


def _tumor(row: Any, each: DiagnosisInput, sheet: Sheet) -> TumorView:
    unchosen = unchosen_words(each.tumor, row.form)
    named = {row.form[name].name: words for name, words in unchosen.items()}
    return TumorView(row.name, asked_fields(row.form, each.name, sheet.pack), named)


def still_asked(name: str, tumor: dict[str, str], sheet: Sheet) -> str:
    """ "Leiomyosarcoma: grade and resection are not recorded yet", or that the guideline has no schedule for it."""
    if name and name not in sheet.pack.diagnoses:
        return str(_("%(name)s is not in the guideline pack: no recurrence checks are planned for it", name=name))
    missing = [str(FIELDS[each]).lower() for each in tumor_fields_of(sheet.pack, name) if each not in tumor]
    if not missing:
        return ""
    return str(_("%(name)s: not recorded yet: %(fields)s", name=name, fields=", ".join(missing)))


def _together(lines: Iterable[SumLine]) -> list[SumLine]:
    """Organs of one field share its dose: said once, for all of them."""
    found: dict[tuple[str, str], list[str]] = {}
    for each in lines:
        found.setdefault((each.words, each.instead), []).append(each.label)
    return [SumLine(_joined(labels), words, instead) for (words, instead), labels in found.items()]


def _joined(labels: list[str]) -> str:
    first, *rest = labels
    return "; ".join([first, *(each[:1].lower() + each[1:] for each in rest)])


def _given_line(each: DerivedExposure, recorded: ExposureInput | None, sheet: Sheet) -> SumLine:
    return SumLine(_label(each.name, sheet), exposure_in_words(each, translate=_), _instead(recorded, each.unit))


def _instead(recorded: ExposureInput | None, unit: str) -> str:
    if recorded is None:
        return ""
    if recorded.certainty != Certainty.KNOWN or recorded.value is None:
        return str(_("Recorded as a total, and that stands: given, dose unknown"))
    return str(_("Recorded as a total, and that stands: %(dose)s", dose=dose(recorded.value, unit)))


def _worked_out(name: str, terms: DerivationTerms, sheet: Sheet) -> SumLine:
    labels = {key: info.label for key, info in sheet.pack.exposures.items()}
    words = derivation_in_words(terms, sheet.pack.exposures[name].unit, names=labels, translate=_)
    return SumLine(_label(name, sheet), words)


def _label(name: str, sheet: Sheet) -> str:
    info = sheet.pack.exposures.get(name)
    label = name if info is None else info.label
    return label[:1].upper() + label[1:]
