"""What a treatment summary must satisfy before it is stored; every problem is found at once, each with its field."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from tracker.engine.partial_dates import Day, first_day, last_day
from tracker.engine.rules import ExposureInfo, Pack
from tracker.errors import Invalid
from tracker.models import SYNDROME_FIELDS, TUMOR_FIELDS, Certainty, Diagnosis, DiagnosisCourse
from tracker.services.treatment_inputs import (
    YES_NO_UNIT,
    DiagnosisInput,
    ExposureInput,
    PredispositionInput,
    SummaryInput,
    TumorDetails,
)

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
MORPHOLOGY = re.compile(r"\d{4}/\d")
TOPOGRAPHY = re.compile(r"C\d\d(\.\d)?")
# No tumor of a child is larger, and no count of mitoses: what exceeds them is a slip of the pen.
MOST = {"mitotic_count": 1000, "size_mm": 1000, "margin_mm": 500}
LONGEST_SLUG, LONGEST_NAME, DECIMALS = 60, 200, 4
DATE_ONLY_NAMES = frozenset({"hsct"})
# These follow from the birth date; nobody records them.
COMPUTED = frozenset({"any_cancer", "age_y", "ltfu_entry_age_y"})
# Above these a dose is more often a slip of the pen (a total in mg, cGy for Gy) than a treatment: it is asked about
# once, never refused. They are limits of data entry, wide of every regimen, and no statement about safety.
QUESTIONED_ABOVE = {"Gy": Decimal(80), "mg/m2": Decimal(40_000), "[U]/m2": Decimal(600), "{count}": Decimal(300)}
QUESTIONED_ABOVE_FOR = {
    "tbi_gy": Decimal(16),
    "doxorubicin_mg_m2": Decimal(700),
    "daunorubicin_mg_m2": Decimal(1000),
    "epirubicin_mg_m2": Decimal(1200),
    "idarubicin_mg_m2": Decimal(200),
    "mitoxantrone_mg_m2": Decimal(200),
    "anthracycline_mg_m2": Decimal(900),
    "cisplatin_mg_m2": Decimal(1000),
    "carboplatin_mg_m2": Decimal(8000),
    "ifosfamide_mg_m2": Decimal(150_000),
    "alkylator_ced_mg_m2": Decimal(60_000),
    "melphalan_mg_m2": Decimal(600),
    "busulfan_mg_m2": Decimal(1200),
    "thiotepa_mg_m2": Decimal(1800),
    "lomustine_mg_m2": Decimal(1500),
    "carmustine_mg_m2": Decimal(1500),
    "mechlorethamine_mg_m2": Decimal(150),
    "chlorambucil_mg_m2": Decimal(3000),
    "procarbazine_mg_m2": Decimal(16_000),
}
# Of the texts of a tumor's details, the longest that their columns hold; a note may be as long as it likes.
DETAIL_LENGTHS = {
    column.name: column.type.length
    for column in sa.inspect(Diagnosis).columns
    if column.name in TumorDetails.__dataclass_fields__
    and isinstance(column.type, sa.String)
    and column.type.length is not None
    and column.name not in ("course", "graded_on", "symptom_onset_on")
}


@dataclass(frozen=True)
class Problem:
    """One thing wrong with ``field``, as the form names it; a ``question`` may be answered with "this is right"."""

    field: str
    message: str
    question: bool = False


class SummaryRefused(Invalid):
    """A treatment summary with problems; nothing was stored."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems[0].message, field=problems[0].field)
        self.problems = problems


def problems_of(
    entered: SummaryInput, pack: Pack, *, birth_date: date, today: date, standing: SummaryInput | None = None
) -> list[Problem]:
    """Every problem of a summary, its sections left aside. Words that a file brought in and that stand already may
    stay."""
    days = Days(birth_date, today)
    kept = _words(standing or SummaryInput())
    return [
        *(found for place, each in enumerate(entered.diagnoses) for found in _diagnosis(each, place, days, kept)),
        *(found for place, each in enumerate(entered.exposures) for found in _exposure(each, place, pack, days)),
        *_repeated(entered),
        *_events(entered, pack, days),
        *(found for place, each in enumerate(entered.predispositions) for found in _predisposition(each, place, kept)),
        *_entry_and_confirmation(entered, days),
    ]


@dataclass(frozen=True)
class Days:
    """The bounds of every date in a summary."""

    birth_date: date
    today: date

    def check(self, day: Day | None, words: str, field: str, *, future: bool = False) -> Iterator[Problem]:
        """Refuse a date that lies outside for certain: of one known in part, every day it can have been."""
        if day is not None and first_day(day) > self.today and not future:
            yield Problem(field, f"{words} is in the future. Check the year")
        if day is not None and last_day(day) < self.birth_date:
            yield Problem(field, f"{words} is before the date of birth. Check the year")


def _diagnosis(each: DiagnosisInput, place: int, days: Days, kept: frozenset[str]) -> Iterator[Problem]:
    at = f"diagnoses-{place}"
    if not each.name.strip():
        yield Problem(f"{at}-name", "Enter the diagnosis, or its ICD-O-3 code")
    if len(each.name) > LONGEST_NAME:
        yield Problem(f"{at}-name", f"The diagnosis may have at most {LONGEST_NAME} characters")
    if each.icdo3_morphology and not MORPHOLOGY.fullmatch(each.icdo3_morphology):
        yield Problem(f"{at}-icdo3_morphology", "Enter the ICD-O-3 code like 8890/3")
    yield from days.check(each.diagnosed_on, "The date of diagnosis", f"{at}-diagnosed_on")
    yield from days.check(each.resected_on, "The date of the operation", f"{at}-resected_on")
    yield from days.check(each.end_of_therapy_on, "The end of therapy", f"{at}-end_of_therapy_on")
    if each.diagnosed_on and each.end_of_therapy_on and last_day(each.end_of_therapy_on) < first_day(each.diagnosed_on):
        yield Problem(f"{at}-end_of_therapy_on", "The end of therapy is before the diagnosis. Check both years")
    yield from _slugs(dict(each.tumor), TUMOR_FIELDS, at, kept)
    if each.details is not None:
        yield from _details(each.details, at, days)


def _details(each: TumorDetails, at: str, days: Days) -> Iterator[Problem]:
    if each.course not in tuple(DiagnosisCourse):
        yield Problem(f"{at}-course", "Choose whether this is a first cancer, a relapse or another cancer")
    if each.icdo3_topography and not TOPOGRAPHY.fullmatch(each.icdo3_topography):
        yield Problem(f"{at}-icdo3_topography", "Choose the site from the list, or enter its code like C49.4")
    yield from days.check(each.graded_on, "The date of the grading", f"{at}-graded_on")
    yield from days.check(each.symptom_onset_on, "The onset of symptoms", f"{at}-symptom_onset_on")
    for name, most in MOST.items():
        number = getattr(each, name)
        if number is not None and not (Decimal(number).is_finite() and 0 <= number <= most):
            yield Problem(f"{at}-{name}", f"Enter a number from 0 to {most}, or leave it empty")
    if each.margin_mm is not None and each.margin_mm.is_finite() and _places(each.margin_mm) > DECIMALS:
        yield Problem(f"{at}-margin_mm", f"Round the margin to {DECIMALS} decimal places")
    for name, longest in DETAIL_LENGTHS.items():
        if len(getattr(each, name)) > longest:
            yield Problem(f"{at}-{name}", f"This may have at most {longest} characters")


def _places(number: Decimal) -> int:
    return -int(number.normalize().as_tuple().exponent)


def _words(summary: SummaryInput) -> frozenset[str]:
    tumors = (word for each in summary.diagnoses for word in each.tumor.values())
    syndromes = (word for each in summary.predispositions for word in each.fields.values())
    return frozenset(tumors) | frozenset(syndromes)


def _slugs(fields: dict[str, str], known: tuple[str, ...], at: str, kept: frozenset[str]) -> Iterator[Problem]:
    for key, value in fields.items():
        if key not in known:
            yield Problem(f"{at}-{key}", f"There is no field named {key}")
        elif value not in kept and not (SLUG.fullmatch(value) and len(value) <= LONGEST_SLUG):
            yield Problem(f"{at}-{key}", "Use a short word in lower case, with hyphens for spaces, like head-neck")


def _exposure(each: ExposureInput, place: int, pack: Pack, days: Days) -> Iterator[Problem]:
    at = f"exposures-{place}"
    info = pack.exposures.get(each.name)
    if each.name in COMPUTED or (info is None and each.name not in DATE_ONLY_NAMES):
        yield Problem(f"{at}-name", "Choose the treatment from the list")
        return
    label = each.name if info is None else info.label
    yield from days.check(each.last_on, f"The last day of {label}", f"{at}-last_on")
    if each.certainty not in tuple(Certainty):
        yield Problem(f"{at}-certainty", f"Choose how much is known of {label}")
    elif each.certainty == Certainty.DATE_ONLY and each.last_on is None:
        yield Problem(f"{at}-last_on", f"Enter the last day of {label}, or choose what is known of it")
    elif each.certainty == Certainty.KNOWN and info is not None:
        yield from _dose(each, info, at)


def _dose(each: ExposureInput, info: ExposureInfo, at: str) -> Iterator[Problem]:
    value, field = each.value, f"{at}-value"
    if value is None:
        yield Problem(field, f"Enter the dose of {info.label}, or choose “Given, dose unknown”")
    elif not value.is_finite() or value < 0:
        yield Problem(field, f"The dose of {info.label} must be a number, 0 or more")
    elif _places(value) > DECIMALS or value >= Decimal(10) ** 10:
        yield Problem(field, f"Round the dose of {info.label} to {DECIMALS} decimal places")
    elif info.unit == YES_NO_UNIT and value not in (0, 1):
        yield Problem(field, f"Of {info.label} only “given” or “not given” is recorded, no amount")
    elif not each.confirmed and value > questioned_above(info):
        words = f"{value:f} is more {info.label} than is usual. Check the number and its unit"
        yield Problem(field, f"{words}. If it is right, tick “Yes, this dose is right”", question=True)


def questioned_above(info: ExposureInfo) -> Decimal:
    """The largest dose that is stored without asking, in the exposure's own unit."""
    return QUESTIONED_ABOVE_FOR.get(info.name) or QUESTIONED_ABOVE.get(info.unit, Decimal("Infinity"))


def _repeated(entered: SummaryInput) -> Iterator[Problem]:
    names = [each.name for each in entered.exposures]
    for place, name in enumerate(names):
        if name in names[:place]:
            yield Problem(f"exposures-{place}-name", "This treatment is listed twice. Enter the total on one line")


def _events(entered: SummaryInput, pack: Pack, days: Days) -> Iterator[Problem]:
    for name, happened_on in entered.events.items():
        if name not in pack.events:
            yield Problem(f"events-{name}", f"There is no event named {name}")
        yield from days.check(happened_on, "The date", f"events-{name}")


def _predisposition(each: PredispositionInput, place: int, kept: frozenset[str]) -> Iterator[Problem]:
    at = f"predispositions-{place}"
    if not each.syndrome.strip() or len(each.syndrome) > LONGEST_NAME:
        yield Problem(f"{at}-syndrome", "Enter the name of the syndrome")
    yield from _slugs(dict(each.fields), SYNDROME_FIELDS, at, kept)


def _entry_and_confirmation(entered: SummaryInput, days: Days) -> Iterator[Problem]:
    # Entry to long-term follow-up may be planned ahead; everything else has happened.
    words = "The entry to long-term follow-up"
    yield from days.check(entered.ltfu_entry_on, words, "ltfu_entry_on", future=True)
    yield from days.check(entered.confirmed_on, "The date of the confirmation", "confirmed_on")
    if (entered.confirmed_on is None) != (not entered.confirmed_by.strip()):
        missing = "confirmed_by" if entered.confirmed_on else "confirmed_on"
        yield Problem(missing, "Enter both who confirmed the summary and when, or neither")
    if len(entered.confirmed_by) > 120:
        yield Problem("confirmed_by", "The name may have at most 120 characters")
