"""What can be told of a row before any survivor is seen; and what counts as a UCUM unit."""

import itertools
from decimal import Decimal

import pytest

from tracker.engine.conditions import Doses
from tracker.guidelines.checks import age_span, age_steps, never_true, stratum_contradicts, triggers
from tracker.guidelines.predicates import read_condition, read_stratum
from tracker.guidelines.ucum import is_ucum

UNITS = {"a": "1", "b": "1", "c": "1", "x_gy": "Gy", "y_gy": "Gy", "any_cancer": "1", "age_y": "a",
         "ltfu_entry_age_y": "a"}  # fmt: skip
FIELDS = {"grade": ("high", "low"), "site": ("limb", "trunk")}


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("a", False),
        ("not a", False),
        ("a and not a", True),
        ("a and b and not (a or c)", True),
        ("(a or b) and not a", False),
        ("(a or b) and not a and not b", True),
        ("x_gy >= 10 and x_gy < 10", True),
        ("x_gy >= 10 and x_gy <= 10", False),
        ("x_gy > 10 and x_gy <= 10", True),
        ("x_gy >= 10 and x_gy < 10.1", False),
        ("x_gy >= 10 and y_gy < 10", False),
        ("x_gy < 0", True),
        ("x_gy == 5 and x_gy != 5", True),
        ("x_gy == 5 and x_gy > 4", False),
        ("x_gy == 5 and x_gy == 6", True),
        ("x_gy >= 10 and not x_gy > 5", True),
        ("not (x_gy < 5 or x_gy >= 5)", True),
        ("x_gy == 0 and x_gy > 0", True),
        ("any_cancer", False),
        ("not any_cancer", True),
        ("any_cancer == 0 or a", False),
        ("age_y > 18 and age_y < 19", True),
        ("age_y > 18 and age_y <= 19", False),
        ("age_y < 0", True),
        ("age_y < 1", False),
        ("age_y >= 5 and (age_y < 5 or a)", False),
    ],
)
def test_a_contradiction_is_found(text: str, never: bool) -> None:
    assert never_true(read_condition(text, UNITS)) is never


def test_no_sample_of_doses_satisfies_what_is_called_a_contradiction() -> None:
    texts = [
        f"{left} {joint} {right}"
        for left, right in itertools.permutations(
            ("a", "not a", "x_gy >= 10", "x_gy < 10", "x_gy == 10", "x_gy > 0", "age_y > 9", "age_y < 10"), 2
        )
        for joint in ("and", "and not", "or")
    ]
    for text in texts:
        condition = read_condition(text, UNITS)
        met = any(
            condition.truth(sample(given, dose), age) is True
            for given, dose, age in itertools.product((0, 1), ("0", "5", "10", "11"), (0, 9, 10, 11))
        )
        assert met is not never_true(condition), text


def sample(given: int, dose: str) -> Doses:
    doses = Doses()
    doses.record("a", Decimal(given))
    doses.record("x_gy", Decimal(dose))
    return doses


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("a", 0, None),
        ("a and age_y < 18", 0, 18),
        ("a and age_y <= 18", 0, 19),
        ("a and age_y >= 18", 18, None),
        ("a and age_y > 18 and age_y < 40", 19, 40),
        ("a and (b or age_y >= 18) and age_y < 40", 0, 40),
        ("a or age_y < 6", 0, None),
        ("not age_y >= 6", 0, 6),
        ("age_y == 7", 7, 8),
    ],
)
def test_the_ages_a_row_can_allow(text: str, first: int, end: int | None) -> None:
    assert age_span(read_condition(text, UNITS)) == (first, end)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("a", (0,)),
        ("a and age_y < 18", (0, 18)),
        ("a and age_y <= 18", (0, 19)),
        ("a and age_y > 18", (0, 19)),
        ("a and age_y >= 6 and age_y < 12", (0, 6, 12)),
        ("a and age_y == 7", (0, 7, 8)),
        ("a and age_y != 7", (0, 7, 8)),
        ("ltfu_entry_age_y < 18", (0,)),
    ],
)
def test_the_ages_at_which_an_answer_may_change(text: str, steps: tuple[int, ...]) -> None:
    condition = read_condition(text, UNITS)
    assert age_steps(condition) == steps
    doses = sample(1, "5")
    for age in range(30):
        stretch = max(step for step in steps if step <= age)
        assert condition.truth(doses, age) == condition.truth(doses, stretch)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a", {"a"}),
        ("x_gy > 0", {"x_gy"}),
        ("x_gy >= 15", {"x_gy"}),
        ("x_gy == 15", {"x_gy"}),
        ("x_gy >= 0", None),
        ("x_gy < 15", None),
        ("x_gy != 15", None),
        ("x_gy == 0", None),
        ("not a", None),
        ("a or b", {"a", "b"}),
        ("a or x_gy < 15", None),
        ("(a or b) and c", {"c"}),
        ("x_gy < 15 and (a or b)", {"a", "b"}),
        ("any_cancer", None),
        ("any_cancer and a", {"a"}),
        ("age_y >= 18", None),
        ("ltfu_entry_age_y >= 18 and a", {"a"}),
    ],
)
def test_names_of_which_one_must_have_been_given(text: str, names: set[str] | None) -> None:
    condition = read_condition(text, UNITS)
    assert triggers(condition) == names
    if names is not None:
        assert all(condition.truth(Doses(), age) is False for age in range(60))


@pytest.mark.parametrize(
    ("text", "sex", "contradicts"),
    [
        ("any", "any", False),
        ("grade = high", "any", False),
        ("grade = high and grade = low", "any", True),
        ("grade = high and grade != high", "any", True),
        ("grade in (high, low) and grade not in (high, low)", "any", True),
        ("grade in (high, low) and grade != low", "any", False),
        ("grade not in (high, low)", "any", False),
        ("sex = male", "male", False),
        ("sex = male", "female", True),
        ("sex != female", "female", False),
        ("sex not in (female, unknown)", "female", True),
        ("age >= P7Y and age < P7Y", "any", True),
        ("age >= P7Y and age <= P7Y", "any", False),
        ("age >= P7Y and age_at_diagnosis < P1Y", "any", False),
    ],
)
def test_a_stratum_in_which_nobody_can_be(text: str, sex: str, contradicts: bool) -> None:
    assert stratum_contradicts(read_stratum(text, FIELDS), sex) is contradicts


@pytest.mark.parametrize(
    "unit",
    [
        "1", "%", "mg/m2", "[U]/m2", "Gy", "{count}", "a", "ng/mL", "mm[Hg]", "kg/m2", "10*9/L", "mL/min/{1.73_m2}",
        "m[IU]/mL", "u[IU]/mL", "mg/g", "cm/a", "ms", "dB", "/min", "[pH]", "mmol/mol{creat}", "pg/mL", "s", "U/L",
    ],
)  # fmt: skip
def test_these_are_ucum_units(unit: str) -> None:
    assert is_ucum(unit)


@pytest.mark.parametrize(
    "unit",
    ["", "milligrams", "mg per m2", "mg//m2", "mmHg", "mg/", "rads", "IU/mL", "cc", "ug/mL x", "{}", "g{a b}", "kkg"],
)
def test_these_are_not(unit: str) -> None:
    assert not is_ucum(unit)
