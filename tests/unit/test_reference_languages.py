"""The reference's own calendar, predicates, derived exposures and strata, against values worked out by hand."""

from datetime import date
from decimal import Decimal

import pytest

from tests.reference.dates import add_months, add_period, age_on
from tests.reference.known import read_amounts
from tests.reference.predicates import Amount, parse, verdict_of
from tests.reference.strata import matches
from tests.reference.tables import read_tables

AT_LEAST_100 = Amount(Decimal(100), known=False)
UNKNOWN = Amount(Decimal(0), known=False)


def known(dose: str) -> Amount:
    return Amount(Decimal(dose))


# Calendar


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2001, 8, 31), 6, date(2002, 2, 28)),
        (date(2000, 2, 29), 12, date(2001, 2, 28)),
        (date(2000, 2, 29), 48, date(2004, 2, 29)),
        (date(2001, 5, 31), -3, date(2001, 2, 28)),
        (date(2001, 1, 15), -3, date(2000, 10, 15)),
    ],
)
def test_months_clamp_to_the_months_end(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("P0Y", date(2000, 1, 31)),
        ("P8W", date(2000, 3, 27)),
        ("P27M", date(2002, 4, 30)),
        ("P1Y1M1D", date(2001, 3, 1)),
        ("P0D", date(2000, 1, 31)),
    ],
)
def test_a_period_is_years_and_months_then_days(period: str, expected: date) -> None:
    assert add_period(date(2000, 1, 31), period) == expected


@pytest.mark.parametrize("period", ["P", "1Y", "P1X", "PT1H", ""])
def test_what_is_no_period_is_refused(period: str) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        add_period(date(2000, 1, 31), period)


@pytest.mark.parametrize(("day", "age"), [(date(2018, 2, 27), 17), (date(2018, 2, 28), 18), (date(2018, 3, 1), 18)])
def test_someone_born_on_february_29_has_a_birthday_on_the_28th(day: date, age: int) -> None:
    assert age_on(date(2000, 2, 29), day) == age


# Predicates


@pytest.mark.parametrize(
    ("predicate", "dose", "expected"),
    [
        ("x >= 100", known("99.9"), False),
        ("x >= 100", known("100"), True),
        ("x", UNKNOWN, True),
        ("x > 0", UNKNOWN, True),
        ("x == 0", UNKNOWN, False),
        ("not x", UNKNOWN, False),
        ("x >= 100", UNKNOWN, None),
        ("x >= 100", AT_LEAST_100, True),
        ("x < 100", AT_LEAST_100, False),
        ("x > 100", AT_LEAST_100, None),
        ("x != 99", AT_LEAST_100, True),
        ("x <= 250", AT_LEAST_100, None),
        ("x >= 250 and y", AT_LEAST_100, False),
        ("x >= 250 or not y", AT_LEAST_100, True),
        ("x >= 250 or y", AT_LEAST_100, None),
        ("not (x >= 250)", AT_LEAST_100, None),
        ("not y and (y or x > 0)", known("0.1"), True),
    ],
)
def test_unknown_spreads_unless_the_certain_part_decides(predicate: str, dose: Amount, expected: bool | None) -> None:
    assert verdict_of(parse(predicate), {"x": dose}) is expected


def test_and_binds_tighter_than_or() -> None:
    assert verdict_of(parse("x or y and z"), {"x": known("1")}) is True
    assert verdict_of(parse("(x or y) and z"), {"x": known("1")}) is False


@pytest.mark.parametrize("predicate", ["x >=", "(x", "x y", "x & y", ""])
def test_an_unreadable_predicate_is_refused(predicate: str) -> None:
    with pytest.raises(ValueError, match=r"too early|closing|too much|cannot read"):
        parse(predicate)


# Exposures that follow from others


def amount(name: str, **exposures: float | None) -> Amount | None:
    return read_amounts({"exposures": exposures}, read_tables()).get(name)


def test_a_sum_adds_doses_by_their_factors_exactly() -> None:
    assert amount("anthracycline_mg_m2", doxorubicin_mg_m2=100, mitoxantrone_mg_m2=15) == known("250")


def test_a_sum_with_an_unknown_part_is_at_least_its_known_part() -> None:
    assert amount("anthracycline_mg_m2", doxorubicin_mg_m2=100, daunorubicin_mg_m2=None) == AT_LEAST_100


def test_a_recorded_value_always_wins_even_nothing_and_even_unknown() -> None:
    assert amount("heart_rt_gy", tbi_gy=12) == known("12")
    assert amount("heart_rt_gy", tbi_gy=12, heart_rt_gy=0) == known("0")
    assert amount("heart_rt_gy", tbi_gy=12, heart_rt_gy=None) == UNKNOWN


def test_derivations_build_on_those_above_them() -> None:
    assert amount("any_chemo", methotrexate_iv_hd=1) == known("1")
    assert amount("any_rt_gy", tbi_gy=12, chest_rt_gy=20) == known("20")
    assert amount("alkylator_any", ifosfamide_mg_m2=None) == known("1")


# Strata


@pytest.mark.parametrize(
    ("stratum", "expected"),
    [
        ("any", True),
        ("grade = low", True),
        ("grade != low", False),
        ("site in (trunk, unknown)", True),
        ("site not in (trunk, unknown)", False),
        ("grade = low and site = trunk", False),
        ("age < P7Y", True),
        ("age >= P7Y", False),
        ("age_at_diagnosis < P1Y", False),
        ("age_at_diagnosis >= P1Y", False),
    ],
)
def test_a_missing_field_is_unknown_and_a_missing_date_compares_to_nothing(stratum: str, expected: bool) -> None:
    ages = {"age": date(2006, 12, 31), "age_at_diagnosis": None}
    assert matches(stratum, {"grade": "low"}, birth=date(2000, 1, 1), ages=ages) is expected
