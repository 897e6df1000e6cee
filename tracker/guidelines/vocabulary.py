"""The words a pack's rules may use: exposures and their units, derivations, strata, diagnoses, tests."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from tracker.engine.rules import Derivation, DiagnosisInfo, ExposureInfo, TestInfo
from tracker.engine.schedule import parse_period
from tracker.guidelines.predicates import YES_NO_UNIT
from tracker.guidelines.tables import Row, read_table, refuse_duplicates
from tracker.guidelines.ucum import is_ucum

EXPOSURE_COLUMNS = ("name", "kind", "unit", "description", "derivation", "label", "plain_label")
TEST_COLUMNS = (
    "test_code", "name", "plain_name", "modality", "loinc", "ucum", "place", "specialty", "confidential", "note",
)  # fmt: skip
PLACES = ("visit", "order", "referral", "home", "vaccine")
_LOINC = re.compile(r"\d{1,7}-\d")
_PERIOD_VALUE = re.compile(r"\(ISO 8601 duration\)\s*(\S+)")

Strata = Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All names that rules may use. ``dated`` are the names ``date(…)`` may hold."""

    exposures: Mapping[str, ExposureInfo]
    derivations: tuple[Derivation, ...]
    diagnoses: Mapping[str, DiagnosisInfo]
    strata: Strata
    tests: Mapping[str, TestInfo]
    events: frozenset[str]

    @property
    def units(self) -> Mapping[str, str]:
        return {name: info.unit for name, info in self.exposures.items()}

    @property
    def dated(self) -> frozenset[str]:
        return frozenset(info.stem for info in self.exposures.values()) | {"hsct"}


def read_vocabulary(folder: Path, endings: Mapping[str, str], events: frozenset[str]) -> Vocabulary:
    """Read every table of words. ``endings``: the ending of an exposure's name → the unit it promises."""
    exposures = _exposures(folder, endings)
    return Vocabulary(
        exposures=exposures,
        derivations=_derivations(folder, exposures),
        diagnoses=_diagnoses(folder),
        strata=_strata(folder),
        tests=_tests(folder),
        events=events,
    )


def _exposures(folder: Path, endings: Mapping[str, str]) -> dict[str, ExposureInfo]:
    rows = read_table(folder, "exposures.csv", EXPOSURE_COLUMNS)
    refuse_duplicates(rows, "name")
    return {row["name"]: _exposure(row, endings) for row in rows}


def _exposure(row: Row, endings: Mapping[str, str]) -> ExposureInfo:
    name, unit = row["name"], row.required("unit")
    if not is_ucum(unit):
        row.refuse("unit", f"{unit!r} is not a UCUM unit")
    ending = next((each for each in sorted(endings, key=len, reverse=True) if name.endswith(each)), "")
    promised = endings.get(ending, YES_NO_UNIT)
    if unit != promised:
        row.refuse("unit", f"{name} promises the unit {promised!r}, not {unit!r}")
    return ExposureInfo(
        name=name,
        kind=row.required("kind"),
        unit=unit,
        description=row["description"],
        derivation=row["derivation"],
        label=row.required("label"),
        plain_label=row.required("plain_label"),
        stem=name.removesuffix(ending),
    )


def _derivations(folder: Path, exposures: Mapping[str, ExposureInfo]) -> tuple[Derivation, ...]:
    rows = read_table(folder, "derivations.csv", ("name", "rule", "inputs"))
    refuse_duplicates(rows, "name")
    return tuple(_derivation(row, exposures) for row in rows)


def _derivation(row: Row, exposures: Mapping[str, ExposureInfo]) -> Derivation:
    name, rule = row.required("name"), row.one_of("rule", ("sum", "max", "any"))
    if name not in exposures:
        row.refuse("name", f"unknown exposure {name!r}")
    inputs = tuple(row.read("inputs", _input_reader(part, rule)) for part in row.required("inputs").split())
    unit = exposures[name].unit
    if rule == "any" and unit != YES_NO_UNIT:
        row.refuse("name", f"'any' gives yes or no, but {name} has the unit {unit!r}")
    for part, _ in inputs:
        if part == "predispositions" and rule == "any":
            continue
        if part not in exposures:
            row.refuse("inputs", f"unknown exposure {part!r}")
        if rule != "any" and exposures[part].unit != unit:
            row.refuse("inputs", f"{part} has the unit {exposures[part].unit!r}, {name} {unit!r}")
    return Derivation(name, rule, inputs)


def _input_reader(part: str, rule: str) -> Callable[[str], tuple[str, Decimal]]:
    def read(_cell: str) -> tuple[str, Decimal]:
        name, star, factor = part.partition("*")
        if bool(star) != (rule == "sum"):
            raise ValueError(f"{part!r}: a sum needs name*factor, max and any a bare name")
        try:
            number = Decimal(factor) if star else Decimal(1)
        except InvalidOperation:
            raise ValueError(f"{factor!r} is not a number") from None
        if not number.is_finite() or number <= 0:
            raise ValueError(f"the factor of {name} must be above 0")
        return name, number

    return read


def _diagnoses(folder: Path) -> dict[str, DiagnosisInfo]:
    rows = read_table(folder, "diagnoses.csv", ("diagnosis", "icdo3_morphology", "synonyms"))
    refuse_duplicates(rows, "diagnosis")
    return {row["diagnosis"]: DiagnosisInfo(row["diagnosis"], row["icdo3_morphology"], _listed(row)) for row in rows}


def _listed(row: Row) -> tuple[str, ...]:
    return tuple(part.strip() for part in row["synonyms"].split(";") if part.strip())


def _strata(folder: Path) -> Strata:
    strata: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {}
    for row in read_table(folder, "strata.csv", ("table", "diagnosis_or_syndrome", "field", "values_used")):
        key = row.one_of("table", ("recurrence", "predisposition")), row.required("diagnosis_or_syndrome")
        fields = strata.setdefault(key, {})
        if row.required("field") in fields:
            row.refuse("field", f"duplicate field {row['field']!r}")
        fields[row["field"]] = row.read("values_used", _values)
    return strata


def _values(cell: str) -> tuple[str, ...]:
    values = []
    for part in cell.split("|"):
        value = part.strip()
        if period := _PERIOD_VALUE.fullmatch(value):
            value = parse_period(period[1]).text
        if not value:
            raise ValueError("a value is empty")
        values.append(value)
    return tuple(values)


def _tests(folder: Path) -> dict[str, TestInfo]:
    rows = read_table(folder, "tests.csv", TEST_COLUMNS)
    refuse_duplicates(rows, "test_code")
    return {row["test_code"]: _test(row) for row in rows}


def _test(row: Row) -> TestInfo:
    if row["ucum"] and not is_ucum(row["ucum"]):
        row.refuse("ucum", f"{row['ucum']!r} is not a UCUM unit")
    if row["loinc"] and not _LOINC.fullmatch(row["loinc"]):
        row.refuse("loinc", f"{row['loinc']!r} is not a LOINC code")
    return TestInfo(
        test_code=row.required("test_code"),
        name=row.required("name"),
        plain_name=row.required("plain_name"),
        modality=row["modality"],
        loinc=row["loinc"],
        ucum=row["ucum"],
        place=row.one_of("place", PLACES),
        specialty=row["specialty"],
        confidential=row.one_of("confidential", ("yes", "no")) == "yes",
        note=row["note"],
    )


def read_equivalents(folder: Path, tests: Mapping[str, TestInfo]) -> dict[str, tuple[str, ...]]:
    """Result code → the tests it satisfies: its own first, then those it stands in for (one step)."""
    satisfies: dict[str, list[str]] = {}
    for row in read_table(folder, "equivalents.csv", ("result", "satisfies", "note")):
        for column in ("result", "satisfies"):
            if row[column] not in tests:
                row.refuse(column, f"unknown test {row[column]!r}: tests.csv has no such row")
        found = satisfies.setdefault(row["result"], [row["result"]])
        if row["satisfies"] in found:
            row.refuse("satisfies", f"duplicate: {row['result']} already satisfies {row['satisfies']}")
        found.append(row["satisfies"])
    return {code: tuple(satisfies.get(code, [code])) for code in tests}
