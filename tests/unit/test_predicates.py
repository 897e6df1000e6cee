"""The little languages of the tables: what can be read, what it means, and what is refused."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tracker.engine.conditions import AgeClause, Ages, Doses, FieldIn, Given, Not, Truth
from tracker.engine.starts import Anchors, events_in
from tracker.guidelines.predicates import read_condition, read_start, read_stratum

UNITS = {"a": "1", "b": "1", "c": "1", "dose_gy": "Gy", "drug_mg_m2": "mg/m2", "age_y": "a", "ltfu_entry_age_y": "a"}
FIELDS = {"grade": ("high", "low", "unknown"), "site": ("head-neck", "limb", "unknown")}
DATED = frozenset({"chest_rt", "hsct", "drug"})
EVENTS = frozenset({"baby_planned"})


def doses(**given: Any) -> Doses:
    """Numbers are known, None is unknown, a string such as "100+" is at least that."""
    made = Doses()
    for name, value in given.items():
        certain = Decimal(str(value).rstrip("+")) if value is not None else Decimal(0)
        made.record(name, certain, unknown=value is None or str(value).endswith("+"))
    return made


def truth(text: str, age: int = 10, **given: Any) -> Truth:
    return read_condition(text, UNITS).truth(doses(**given), age)


@pytest.mark.parametrize(
    ("text", "given", "expected"),
    [
        ("a", {}, False),
        ("a", {"a": 1}, True),
        ("a", {"a": 0}, False),
        ("a", {"a": None}, True),
        ("not a", {}, True),
        ("not a", {"a": None}, False),
        ("not not a", {"a": 1}, True),
        ("a or b and c", {"a": 1}, True),
        ("(a or b) and c", {"a": 1}, False),
        ("a or b and c", {"b": 1, "c": 1}, True),
        ("not a and b", {"b": 1}, True),
        ("not (a and b)", {"b": 1}, True),
        ("dose_gy >= 15", {"dose_gy": "15"}, True),
        ("dose_gy >= 15", {"dose_gy": "14.999"}, False),
        ("dose_gy > 15", {"dose_gy": 15}, False),
        ("dose_gy > 15", {"dose_gy": "15.001"}, True),
        ("dose_gy < 15", {"dose_gy": 15}, False),
        ("dose_gy <= 15", {"dose_gy": 15}, True),
        ("dose_gy == 0", {}, True),
        ("dose_gy != 0", {}, False),
        ("dose_gy >= 12.5", {"dose_gy": "12.5"}, True),
        ("a >= 1", {"a": 1}, True),
        ("a == 0", {}, True),
    ],
)
def test_known_doses_decide(text: str, given: dict[str, Any], expected: bool) -> None:
    assert truth(text, **given) is expected


@pytest.mark.parametrize(
    ("text", "given", "expected"),
    [
        ("dose_gy > 0", {"dose_gy": None}, True),
        ("dose_gy == 0", {"dose_gy": None}, False),
        ("dose_gy != 0", {"dose_gy": None}, True),
        ("dose_gy <= 0", {"dose_gy": None}, False),
        ("dose_gy >= 0", {"dose_gy": None}, True),
        ("dose_gy < 0", {"dose_gy": None}, False),
        ("dose_gy >= 15", {"dose_gy": None}, None),
        ("dose_gy < 15", {"dose_gy": None}, None),
        ("dose_gy == 15", {"dose_gy": None}, None),
        ("dose_gy != 15", {"dose_gy": None}, None),
        ("drug_mg_m2 >= 250", {"drug_mg_m2": "300+"}, True),
        ("drug_mg_m2 >= 250", {"drug_mg_m2": "250+"}, True),
        ("drug_mg_m2 >= 250", {"drug_mg_m2": "249+"}, None),
        ("drug_mg_m2 > 250", {"drug_mg_m2": "250+"}, None),
        ("drug_mg_m2 > 250", {"drug_mg_m2": "251+"}, True),
        ("drug_mg_m2 < 250", {"drug_mg_m2": "250+"}, False),
        ("drug_mg_m2 < 250", {"drug_mg_m2": "100+"}, None),
        ("drug_mg_m2 <= 250", {"drug_mg_m2": "250+"}, None),
        ("drug_mg_m2 <= 250", {"drug_mg_m2": "251+"}, False),
        ("drug_mg_m2 == 250", {"drug_mg_m2": "300+"}, False),
        ("drug_mg_m2 != 250", {"drug_mg_m2": "300+"}, True),
        ("dose_gy >= 15 or a", {"dose_gy": None, "a": 1}, True),
        ("dose_gy >= 15 or a", {"dose_gy": None}, None),
        ("dose_gy >= 15 and a", {"dose_gy": None}, False),
        ("dose_gy >= 15 and a", {"dose_gy": None, "a": 1}, None),
        ("not dose_gy >= 15", {"dose_gy": None}, None),
        ("a or dose_gy >= 15 or b", {"dose_gy": None, "b": 1}, True),
    ],
)
def test_an_unknown_dose_decides_only_what_its_certain_part_decides(
    text: str, given: dict[str, Any], expected: Truth
) -> None:
    assert truth(text, **given) is expected


@pytest.mark.parametrize(
    ("text", "true_at", "false_at"),
    [
        ("age_y < 18", 17, 18),
        ("age_y <= 18", 18, 19),
        ("age_y > 18", 19, 18),
        ("age_y >= 18", 18, 17),
        ("age_y == 18", 18, 17),
        ("age_y != 18", 19, 18),
        ("age_y", 1, 0),
    ],
)
def test_ages_are_compared_in_completed_years(text: str, true_at: int, false_at: int) -> None:
    assert truth(text, true_at) is True
    assert truth(text, false_at) is False


def test_above_zero_is_the_same_as_the_bare_name() -> None:
    assert read_condition("dose_gy > 0", UNITS) == Given("dose_gy")
    assert read_condition("not dose_gy > 0", UNITS) == Not(Given("dose_gy"))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "expected a name, found 'the end'"),
        ("nothing_known", "unknown exposure 'nothing_known'"),
        ("a and", "expected a name, found 'the end'"),
        ("and a", "expected a name, found 'and'"),
        ("a b", "did not expect 'b'"),
        ("(a", "expected '\\)' before 'the end'"),
        ("a)", "did not expect '\\)'"),
        ("dose_gy >=", "expected a number after dose_gy >=, found 'the end'"),
        ("dose_gy >= b", "expected a number after dose_gy >=, found 'b'"),
        ("15 <= dose_gy", "expected a name, found '15'"),
        ("dose_gy => 15", "cannot read '=> 15'"),
        ("dose_gy = 15", "cannot read '= 15'"),
        ("dose_gy >= -1", "cannot read '-1'"),
        ("a >= 30", "a is yes or no .* cannot be compared with 30"),
        ("a >= 0.5", "a is yes or no"),
        ("age_y >= 17.5", "counts completed years"),
        ("a & b", "cannot read '& b'"),
    ],
)
def test_a_bad_predicate_is_refused_with_what_is_wrong(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_condition(text, UNITS)


def names(text: str, age: int = 10, **given: Any) -> tuple[Truth, tuple[str, ...]]:
    answer, told = read_condition(text, UNITS).judge(doses(**given), age)
    return answer, tuple(name for name, _ in told)


def test_only_what_was_given_and_made_it_true_is_named() -> None:
    assert names("a or b", a=1) == (True, ("a",))
    assert names("a or b", a=1, b=1) == (True, ("a", "b"))
    assert names("a and not b", a=1) == (True, ("a",))
    assert names("(a and b) or c", a=1, c=1) == (True, ("c",))
    assert names("drug_mg_m2 >= 100 and dose_gy < 15", drug_mg_m2=150, dose_gy=10) == (True, ("drug_mg_m2", "dose_gy"))
    assert names("drug_mg_m2 >= 100 and dose_gy < 15", drug_mg_m2=150) == (True, ("drug_mg_m2",))
    assert names("a and age_y < 18", a=1) == (True, ("a",))


def test_what_left_it_open_is_named_when_nothing_decides() -> None:
    assert names("dose_gy >= 15 or a", dose_gy=None) == (None, ("dose_gy",))
    assert names("dose_gy >= 15 or a", dose_gy=None, a=1) == (True, ("a",))
    assert names("not dose_gy >= 15 and a", dose_gy=None, a=1) == (None, ("dose_gy", "a"))
    assert names("a and b", a=1) == (False, ())


def holds(text: str, *, on: date = date(2020, 3, 10), diagnosed_on: date | None = None, **fields: str) -> bool:
    return read_stratum(text, FIELDS).holds(fields, Ages(date(2000, 3, 10), on, diagnosed_on))


@pytest.mark.parametrize(
    ("text", "fields", "expected"),
    [
        ("any", {}, True),
        ("grade = high", {"grade": "high"}, True),
        ("grade = high", {"grade": "High"}, False),
        ("grade = high", {}, False),
        ("grade = unknown", {}, True),
        ("grade != high", {}, True),
        ("grade in (high, unknown)", {}, True),
        ("grade in (high,low)", {}, False),
        ("grade not in (high, low)", {}, True),
        ("grade not in (high, low)", {"grade": "low"}, False),
        ("grade = high and site = head-neck", {"grade": "high", "site": "head-neck"}, True),
        ("grade = high and site = head-neck", {"grade": "high"}, False),
        ("sex = male", {"sex": "male"}, True),
        ("sex != male", {"sex": "unknown"}, True),
        ("sex = male", {"sex": "unknown"}, False),
    ],
)
def test_a_stratum_compares_fields_as_written_a_missing_one_being_unknown(
    text: str, fields: dict[str, Any], expected: bool
) -> None:
    assert holds(text, **fields) is expected


@pytest.mark.parametrize(
    ("op", "day_before", "that_day", "day_after"),
    [(">=", False, True, True), (">", False, False, True), ("<", True, False, False), ("<=", True, True, False)],
)
def test_an_age_in_a_stratum_changes_on_the_birthday(
    op: str, day_before: bool, that_day: bool, day_after: bool
) -> None:
    text = f"age {op} P7Y"
    assert holds(text, on=date(2007, 3, 9)) is day_before
    assert holds(text, on=date(2007, 3, 10)) is that_day
    assert holds(text, on=date(2007, 3, 11)) is day_after


def test_age_at_diagnosis_needs_its_date() -> None:
    assert holds("age_at_diagnosis < P1Y", diagnosed_on=date(2001, 3, 9))
    assert not holds("age_at_diagnosis < P1Y", diagnosed_on=date(2001, 3, 10))
    assert not holds("age_at_diagnosis < P1Y")
    assert not holds("age_at_diagnosis >= P1Y")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "cannot read the clause ''"),
        ("colour = red", "unknown stratum field 'colour'"),
        ("grade = purple", "unknown value 'purple' of stratum field 'grade'"),
        ("grade in ()", "cannot read the clause"),
        ("grade in (high, )", "unknown value ''"),
        ("grade > high", "cannot read the clause"),
        ("age < 7", "cannot read the clause"),
        ("age < P7", "is not a period"),
        ("grade = high or grade = low", "cannot read the clause"),
        ("sex = other", "unknown value 'other'"),
        ("grade = high and", "cannot read the clause"),
    ],
)
def test_a_bad_stratum_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_stratum(text, FIELDS)


def test_the_clauses_that_fail_can_be_told() -> None:
    stratum = read_stratum("grade = high and site = limb and age < P7Y", FIELDS)
    failing = stratum.failing({"grade": "high"}, Ages(date(2000, 3, 10), date(2020, 1, 1)))
    assert [type(clause) for clause in failing] == [FieldIn, AgeClause]


ANCHORS = Anchors(
    birth_date=date(2000, 2, 29),
    end_of_therapy=date(2010, 8, 31),
    ltfu_entry=date(2012, 8, 31),
    exposure_dates={"chest_rt": date(2009, 5, 1), "hsct_allo": date(2008, 1, 1), "hsct_any": date(2009, 1, 1)},
    events={"baby_planned": date(2024, 4, 4)},
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("end_of_therapy", date(2010, 8, 31)),
        ("ltfu_entry", date(2012, 8, 31)),
        ("age 25y", date(2025, 2, 28)),
        ("age 6m", date(2000, 8, 29)),
        ("2y after end_of_therapy", date(2012, 8, 31)),
        ("6m after end_of_therapy", date(2011, 2, 28)),
        ("2w after end_of_therapy", date(2010, 9, 14)),
        ("10d after ltfu_entry", date(2012, 9, 10)),
        ("8y after date(chest_rt)", date(2017, 5, 1)),
        ("date(drug)", date(2010, 8, 31)),
        ("1y after date(hsct)", date(2010, 1, 1)),
        ("event(baby_planned)", date(2024, 4, 4)),
        ("1y after event(baby_planned)", date(2025, 4, 4)),
        ("later of age 25y and 8y after date(chest_rt)", date(2025, 2, 28)),
        ("later of age 10y and 8y after date(chest_rt)", date(2017, 5, 1)),
        ("later of age 10y and later of ltfu_entry and end_of_therapy", date(2012, 8, 31)),
    ],
)
def test_a_start_gives_its_day(text: str, expected: date) -> None:
    assert read_start(text, DATED, EVENTS).day(ANCHORS) == expected


def test_an_event_that_has_not_happened_gives_no_day() -> None:
    nothing_yet = Anchors(date(2000, 1, 1), date(2010, 1, 1), date(2012, 1, 1))
    for text in ("event(baby_planned)", "1y after event(baby_planned)", "later of age 1y and event(baby_planned)"):
        start = read_start(text, DATED, EVENTS)
        assert start.day(nothing_yet) is None
        assert list(events_in(start)) == ["baby_planned"]


def test_radiation_without_a_date_counts_from_total_body_irradiation() -> None:
    anchors = Anchors(date(2000, 1, 1), date(2010, 1, 1), date(2012, 1, 1), tbi_on=date(2009, 9, 9))
    assert anchors.last_day_of("chest_rt") == date(2009, 9, 9)
    assert anchors.last_day_of("drug") == date(2010, 1, 1)
    assert anchors.last_day_of("hsct") == date(2010, 1, 1)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "expected a start"),
        ("yesterday", "expected a start, found 'yesterday'"),
        ("8y", "expected 'after' before 'the end'"),
        ("8y after", "expected a start"),
        ("8x after end_of_therapy", "cannot read '8x"),
        ("age", "expected an age such as 25y"),
        ("age 25", "cannot read '25'"),
        ("age end_of_therapy", "expected an age such as 25y"),
        ("later of age 25y", "expected 'and'"),
        ("date(unheard_of)", "unknown exposure in date\\(unheard_of\\)"),
        ("date chest_rt", "expected '\\('"),
        ("event(party)", "unknown event 'party'"),
        ("end_of_therapy ltfu_entry", "did not expect 'ltfu_entry'"),
    ],
)
def test_a_bad_start_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_start(text, DATED, EVENTS)
