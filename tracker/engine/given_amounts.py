"""The amount of a medicine in the unit its exposure is kept in: exact conversions only, each a visible step.

Source of the permitted conversions: exposures.csv ("converted with the BSA of the day", "AUC-dosed courses need
conversion; keep unknown if not possible", "units, not mg").
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from tracker.engine.conditions import ZERO
from tracker.engine.given import DrugGiven
from tracker.engine.not_applicable import plain

Step = tuple[str, str]

MG_M2, UNITS_M2, AUC = "mg/m2", "[U]/m2", "AUC"
DOSE_UNKNOWN, COURSES_UNKNOWN, NO_CONVERSION = "dose_unknown", "courses_unknown", "no_conversion"
_THOUSAND = Decimal(1000)
_HUNDRED = Decimal(100)
_TERM_PLACES = Decimal("0.00000001")
_TOTAL_PLACES = Decimal("0.0001")
_MOST_TERM_PLACES = 8
_MOST_TOTAL_PLACES = 4


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount with the arithmetic behind it; ``value`` None: unknown, for the reason in ``because``, and then
    ``at_least`` is certain and ``missing`` names what would settle it."""

    value: Decimal | None
    steps: tuple[Step, ...] = ()
    because: str = ""
    missing: tuple[str, ...] = ()
    at_least: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class _Conversion:
    """What lies between a unit and the wanted one: × 1000, × body weight, ÷ body surface."""

    in_grams: bool = False
    per_weight: bool = False
    per_body: bool = False


_CONVERSIONS = {
    (MG_M2, MG_M2): _Conversion(),
    ("g/m2", MG_M2): _Conversion(in_grams=True),
    ("mg/kg", MG_M2): _Conversion(per_weight=True, per_body=True),
    ("mg", MG_M2): _Conversion(per_body=True),
    ("g", MG_M2): _Conversion(in_grams=True, per_body=True),
    (UNITS_M2, UNITS_M2): _Conversion(),
    ("[U]", UNITS_M2): _Conversion(per_body=True),
}


def total_amount(drug: DrugGiven, unit: str) -> Amount:
    """Everything that the courses gave, in ``unit``: dose × courses, or the dose where it is a total already."""
    if drug.dose is None:
        return Amount(None, because=DOSE_UNKNOWN, missing=("dose",))
    if not drug.courses_unknown:
        return _converted(drug, drug.dose, drug.courses, unit)
    one = _converted(drug, drug.dose, None, unit)
    if one.value is None:
        return one
    return Amount(None, one.steps, COURSES_UNKNOWN, ("courses",), one.value)


def course_amount(drug: DrugGiven, unit: str) -> Amount:
    """What one course gave, in ``unit`` (the total where no number of courses is known)."""
    if drug.dose is None:
        return Amount(None, because=DOSE_UNKNOWN, missing=("dose",))
    return _converted(drug, drug.dose, None, unit)


def cgy_to_gy(dose_cgy: Decimal) -> Amount:
    """Centigray as gray: a hundred to one, exactly."""
    dose_gy = dose_cgy / _HUNDRED
    return Amount(dose_gy, ((plain(dose_cgy), "cGy"), ("=", f"{plain(dose_gy)} Gy")))


def rounded_total(amount: Decimal) -> Decimal:
    """A total to four places, as it is stored: far below what any rule compares."""
    return _rounded(amount, _TOTAL_PLACES, _MOST_TOTAL_PLACES)


def _converted(drug: DrugGiven, dose: Decimal, courses: int | None, unit: str) -> Amount:
    conversion = _CONVERSIONS.get((drug.unit, unit))
    missing = _missing(drug, conversion, unit)
    if conversion is None or missing:
        return Amount(None, because=NO_CONVERSION, missing=missing)
    amount = dose if courses is None else dose * courses
    if drug.unit == unit:
        return Amount(amount, () if courses is None else _plain_steps(drug, dose, courses, amount))
    value = _rounded(_in_unit(drug, conversion, amount), _TERM_PLACES, _MOST_TERM_PLACES)
    return Amount(value, _steps(drug, conversion, dose, courses, unit))


def _missing(drug: DrugGiven, conversion: _Conversion | None, unit: str) -> tuple[str, ...]:
    if conversion is None:
        if unit != MG_M2:
            return ("dose_in_units",)
        if drug.unit != AUC:
            return ("dose_in_mg_m2",)
        return ("total_mg",) if drug.surface_m2 else ("surface_m2", "total_mg")
    wanted = (
        ("weight_kg", conversion.per_weight, drug.weight_kg),
        ("surface_m2", conversion.per_body, drug.surface_m2),
    )
    return tuple(name for name, needed, known in wanted if needed and not known)


def _in_unit(drug: DrugGiven, conversion: _Conversion, amount: Decimal) -> Decimal:
    if conversion.in_grams:
        amount *= _THOUSAND
    if conversion.per_weight and drug.weight_kg:
        amount *= drug.weight_kg
    if conversion.per_body and drug.surface_m2:
        amount /= drug.surface_m2
    return amount


def _plain_steps(drug: DrugGiven, dose: Decimal, courses: int, amount: Decimal) -> tuple[Step, ...]:
    return (plain(dose), drug.unit), ("×", str(courses)), ("=", f"{plain(amount)} {drug.unit}")


def _steps(drug: DrugGiven, conversion: _Conversion, dose: Decimal, courses: int | None, unit: str) -> tuple[Step, ...]:
    """Every factor in the order of the sentence; "≈" where the quotient had to be rounded to be written."""
    amount = dose * (1 if courses is None else courses)
    steps: list[Step] = [(plain(dose), drug.unit)]
    if courses is not None:
        steps.append(("×", str(courses)))
    if conversion.in_grams and not conversion.per_body:
        steps += [("=", f"{plain(amount)} {drug.unit}")] if courses is not None else []
    elif conversion.in_grams:
        steps.append(("×", "1000 mg/g"))
    if conversion.per_weight and drug.weight_kg:
        steps.append(("×", f"{plain(drug.weight_kg)} kg"))
    if conversion.per_body and drug.surface_m2:
        steps.append(("÷", f"{plain(drug.surface_m2)} m2"))
    exact = _in_unit(drug, conversion, amount)
    written = rounded_total(exact)
    return (*steps, ("=" if written == exact else "≈", f"{plain(written)} {unit}"))


def _rounded(amount: Decimal, places: Decimal, most: int) -> Decimal:
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -most:
        return amount.quantize(places, ROUND_HALF_UP)
    return amount
