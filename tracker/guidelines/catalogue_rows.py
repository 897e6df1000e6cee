"""One row of each catalogue table → one typed entry, or a refusal that names file, row and column."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation

from tracker.engine.catalogue import (
    DOSE_UNITS,
    ROUTES,
    Agent,
    AgentKind,
    FactorSet,
    Operation,
    RadiationField,
    RegimenPart,
    Term,
)
from tracker.engine.rules import Derivation, Pack
from tracker.guidelines.predicates import YES_NO_UNIT
from tracker.guidelines.rows import CONFIDENCES
from tracker.guidelines.tables import Row

AGENT_COLUMNS = (
    "code", "name", "synonyms", "kind", "dose_exposure", "given_exposures", "dose_unit", "routes", "rxnorm", "atc",
    "note",
)  # fmt: skip
REGIMEN_COLUMNS = (
    "code", "name", "synonyms", "diagnoses", "agent", "dose", "unit", "courses", "route", "single_dose", "weeks",
    "myeloablative", "source", "confidence",
)  # fmt: skip
FIELD_COLUMNS = ("code", "label", "synonyms", "field_exposures", "organ_exposures", "mcode_sites")
OPERATION_COLUMNS = ("code", "label", "synonyms", "exposures", "sided", "limb", "resects", "note")
TERM_COLUMNS = ("list", "code", "label", "synonyms", "group", "follows")
FACTOR_COLUMNS = ("code", "exposure", "title", "edition", "factors", "source", "confidence", "is_default")

TERM_LISTS = (
    "topography", "morphology", "lms_subtype", "tissue", "vessel", "bone", "bone_segment", "extremity_part",
    "laterality", "site", "depth", "grade", "grade_system", "differentiation", "stage", "stage_system", "resection",
    "risk", "histology", "subtype", "mibg", "organ", "symptom", "neuro_item", "imaging_modality", "body_region",
    "biopsy_method", "genomic_method", "gene", "variant_class", "relation", "immune_condition", "immune_drug",
    "adverse_event", "care_role", "service", "vaccine", "reproductive_event", "schooling", "trial_phase",
    "transfusion_product", "donor", "graft_source", "conditioning", "gvhd_organ", "coverage",
    "reference_text",
)  # fmt: skip
LIMBS = ("", "salvage", "amputation")
UNITS_INTO = {"mg/m2": ("mg/m2", "g/m2", "mg/kg", "mg", "g", "AUC"), "[U]/m2": ("[U]/m2", "[U]")}
GY = "Gy"
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_+-]*")
_ATC = re.compile(r"[A-Z]\d{2}[A-Z]{2}\d{2}")
_DIGITS = re.compile(r"\d+")
LONGEST_CODE = 60


def agent(row: Row, pack: Pack) -> Agent:
    """A row of agents.csv."""
    dose_unit = row.one_of("dose_unit", DOSE_UNITS)
    _fits(row, "dose_exposure", row["dose_exposure"], dose_unit, pack)
    return Agent(
        code=code(row),
        name=row.required("name"),
        synonyms=listed(row, "synonyms"),
        kind=AgentKind(row.one_of("kind", tuple(AgentKind))),
        dose_exposure=row["dose_exposure"],
        given_exposures=_exposures(row, "given_exposures", pack, (YES_NO_UNIT,)),
        dose_unit=dose_unit,
        routes=_words(row, "routes", ROUTES[1:]),
        rxnorm=_matching(row, "rxnorm", _DIGITS, "an RxNorm identifier"),
        atc=_matching(row, "atc", _ATC, "an ATC code of the fifth level"),
        note=row["note"],
    )


def regimen_part(row: Row, pack: Pack, agents: Mapping[str, Agent]) -> RegimenPart:
    """The agent of a row of regimens.csv; what the regimen itself is stands in its first row."""
    if row.required("agent") not in agents:
        row.refuse("agent", f"unknown agent {row['agent']!r}: agents.csv has no such row")
    unit = row.one_of("unit", DOSE_UNITS)
    _fits(row, "unit", agents[row["agent"]].dose_exposure, unit, pack)
    return RegimenPart(
        agent=row["agent"],
        dose=row.read("dose", _amount),
        unit=unit,
        courses=row.read("courses", _count),
        route=row.one_of("route", ROUTES[1:]),
        single_dose=row.read("single_dose", _amount) if row["single_dose"] else None,
        weeks=row.read("weeks", _count) if row["weeks"] else None,
        myeloablative=row.one_of("myeloablative", ("yes", "no")) == "yes",
    )


def radiation_field(row: Row, pack: Pack) -> RadiationField:
    """A row of radiation_fields.csv."""
    return RadiationField(
        code=code(row),
        label=row.required("label"),
        synonyms=listed(row, "synonyms"),
        field_exposures=_exposures(row, "field_exposures", pack, (GY,)),
        organ_exposures=_exposures(row, "organ_exposures", pack, (GY,)),
        mcode_sites=tuple(row["mcode_sites"].split()),
    )


def operation(row: Row, pack: Pack) -> Operation:
    """A row of operations.csv."""
    return Operation(
        code=code(row),
        label=row.required("label"),
        synonyms=listed(row, "synonyms"),
        exposures=_exposures(row, "exposures", pack, (YES_NO_UNIT,)),
        sided=row.one_of("sided", ("yes", "no")) == "yes",
        limb=row.one_of("limb", LIMBS),
        resects=row.one_of("resects", ("yes", "no")) == "yes",
        note=row["note"],
    )


def term(row: Row) -> Term:
    """A row of terms.csv; whether the values it leads to exist is asked when all rows are read."""
    return Term(
        code=code(row),
        label=row.required("label"),
        synonyms=listed(row, "synonyms"),
        group=row["group"],
        follows=row.read("follows", _follows),
    )


def factor_set(row: Row, pack: Pack) -> FactorSet:
    """A row of factor_sets.csv: a factor for every agent in the pack's own sum, and for none besides."""
    own = _own_sum(row, pack)
    factors = dict(row.read("factors", _factors))
    for name in (*factors, *own):
        if name not in own:
            row.refuse("factors", f"{name!r} is not part of {row['exposure']} in derivations.csv")
        if name not in factors:
            row.refuse("factors", f"leaves out {name}, whose dose would count for nothing")
    is_default = row.one_of("is_default", ("yes", "no")) == "yes"
    if is_default and factors != own:
        row.refuse("factors", f"the default set differs from {row['exposure']} in derivations.csv")
    return FactorSet(
        code=code(row),
        exposure=row["exposure"],
        title=row.required("title"),
        edition=row.required("edition"),
        factors=factors,
        source=row.required("source"),
        confidence=row.one_of("confidence", CONFIDENCES),
        is_default=is_default,
    )


def code(row: Row) -> str:
    """The row's code: short, without blanks."""
    found = row.required("code")
    if not _CODE.fullmatch(found) or len(found) > LONGEST_CODE:
        row.refuse("code", f"{found!r} is not a code: letters, digits and ./_+- only, at most {LONGEST_CODE}")
    return found


def listed(row: Row, column: str) -> tuple[str, ...]:
    """The cell's parts, which semicolons divide."""
    return tuple(part.strip() for part in row[column].split(";") if part.strip())


def _own_sum(row: Row, pack: Pack) -> Mapping[str, Decimal]:
    own = [each for each in pack.derivations if _is_sum(each, row["exposure"])]
    return (
        dict(own[0].inputs) if own else row.refuse("exposure", f"no sum in derivations.csv fills {row['exposure']!r}")
    )


def _is_sum(derivation: Derivation, name: str) -> bool:
    return derivation.rule == "sum" and derivation.name == name


def _fits(row: Row, column: str, exposure: str, unit: str, pack: Pack) -> None:
    if not exposure:
        return
    if exposure not in pack.exposures:
        row.refuse(column, f"unknown exposure {exposure!r}: exposures.csv has no such row")
    if unit not in UNITS_INTO.get(pack.exposures[exposure].unit, ()):
        row.refuse(
            column, f"{exposure} has the unit {pack.exposures[exposure].unit!r}, which {unit!r} does not lead to"
        )


def _exposures(row: Row, column: str, pack: Pack, units: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(row[column].split())
    for name in names:
        if name not in pack.exposures:
            row.refuse(column, f"unknown exposure {name!r}: exposures.csv has no such row")
        if pack.exposures[name].unit not in units:
            row.refuse(column, f"{name} has the unit {pack.exposures[name].unit!r}, not {units[0]!r}")
    return _once_each(row, column, names)


def _words(row: Row, column: str, allowed: Iterable[str]) -> tuple[str, ...]:
    words = tuple(row.required(column).split())
    for word in words:
        if word not in allowed:
            row.refuse(column, f"{word!r} is not one of {', '.join(allowed)}")
    return _once_each(row, column, words)


def _once_each(row: Row, column: str, words: tuple[str, ...]) -> tuple[str, ...]:
    twice = next((word for word in words if words.count(word) > 1), None)
    return words if twice is None else row.refuse(column, f"{twice!r} stands there twice")


def _matching(row: Row, column: str, pattern: re.Pattern[str], what: str) -> str:
    if row[column] and not pattern.fullmatch(row[column]):
        row.refuse(column, f"{row[column]!r} is not {what}")
    return row[column]


def _amount(cell: str) -> Decimal:
    try:
        amount = Decimal(cell)
    except InvalidOperation:
        raise ValueError(f"{cell!r} is not a number") from None
    if not amount.is_finite() or amount <= 0:
        raise ValueError(f"{cell!r} is not a number above 0")
    return amount


def _count(cell: str) -> int:
    if not (cell.isascii() and cell.isdigit() and int(cell) > 0):
        raise ValueError(f"{cell!r} is not a whole number above 0")
    return int(cell)


def _follows(cell: str) -> tuple[tuple[str, str], ...]:
    return tuple(_pair(part, "=") for part in cell.split(";") if part.strip())


def _factors(cell: str) -> tuple[tuple[str, Decimal], ...]:
    pairs = [_pair(part, "*") for part in cell.split()]
    names = [name for name, _ in pairs]
    if not names or len(set(names)) < len(names):
        raise ValueError("needs name*factor for each agent, once")
    return tuple((name, _amount(factor)) for name, factor in pairs)


def _pair(part: str, sign: str) -> tuple[str, str]:
    name, found, value = (each.strip() for each in part.partition(sign))
    if not (name and found and value):
        raise ValueError(f"{part.strip()!r} is not written name{sign}value")
    return name, value
