"""Late effects: windows of age, starts and ends, once and repeating, unknown doses and sex."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.unit.tiny_pack import Row, due, gap_ids, item, late, predisposed, result, survivor, tiny_pack
from tracker.engine.evaluate import evaluate
from tracker.engine.types import CarePlan, DataGap, Diagnosis, Predisposition

BIRTH = date(2000, 3, 10)
ENDED = date(2010, 6, 15)
ON = date(2015, 1, 1)


def planned(folder: Path, *rows: Row, on: date = ON, **facts: Any) -> CarePlan:
    """The plan of a pack with these late-effects rows alone, without its gap for a diagnosis it does not know."""
    pack = tiny_pack(folder, late_effects=rows, recurrence=[], diagnoses=[], strata=[])
    plan = evaluate(survivor(**facts), pack, on=on)
    return replace(plan, gaps=tuple(gap for gap in plan.gaps if gap.consequence != "not_in_pack"))


def test_a_repeating_test_without_a_result_is_due_at_its_start(tmp_path: Path) -> None:
    plan = planned(tmp_path, late(start="2y after end_of_therapy"))
    assert due(plan, "echo") == date(2012, 6, 15)


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        (date(2014, 5, 1), date(2015, 5, 1)),
        (date(2012, 2, 29), date(2013, 2, 28)),
        (date(2011, 6, 14), date(2012, 6, 15)),
        (date(2011, 6, 16), date(2012, 6, 16)),
        (date(2005, 1, 1), date(2012, 6, 15)),
    ],
)
def test_a_repeating_test_is_due_an_interval_after_the_newest_result_and_never_before_its_start(
    tmp_path: Path, done: date, expected: date
) -> None:
    results = (result("echo", date(2004, 1, 1)), result("echo", done), result("echo", date(2003, 1, 1)))
    plan = planned(tmp_path, late(start="2y after end_of_therapy"), results=results)
    assert due(plan, "echo") == expected


@pytest.mark.parametrize(
    "cells",
    [{"status": "preliminary"}, {"status": "entered-in-error"}, {"status": "cancelled"}, {"adequate": False},
     {"claimed": True}],
)  # fmt: skip
def test_a_result_that_does_not_count_changes_nothing(tmp_path: Path, cells: dict[str, Any]) -> None:
    plan = planned(tmp_path, late(), results=(result("echo", date(2014, 5, 1), **cells),))
    assert due(plan, "echo") == ENDED


@pytest.mark.parametrize("status", ["final", "amended", "corrected"])
def test_a_final_amended_or_corrected_result_counts(tmp_path: Path, status: str) -> None:
    plan = planned(tmp_path, late(), results=(result("echo", date(2014, 5, 1), status=status),))
    assert due(plan, "echo") == date(2015, 5, 1)


def test_a_result_of_the_day_counts_and_one_of_tomorrow_does_not_yet(tmp_path: Path) -> None:
    of_today = planned(tmp_path, late(), results=(result("echo", ON),))
    of_tomorrow = planned(tmp_path, late(), results=(result("echo", date(2015, 1, 2)),))
    assert due(of_today, "echo") == date(2016, 1, 1)
    assert due(of_tomorrow, "echo") == ENDED
    assert of_tomorrow.holds_until == date(2015, 1, 2)


def test_a_result_that_satisfies_the_test_counts_one_step_only(tmp_path: Path) -> None:
    wide = (result("wide-scan", date(2014, 5, 1)),)
    plan = planned(tmp_path, late(test_code="scan"), late("le-2", test_code="wide-scan"), results=wide)
    assert due(plan, "scan") == date(2015, 5, 1)
    narrow = planned(tmp_path, late(test_code="wide-scan"), results=(result("scan", date(2014, 5, 1)),))
    assert due(narrow, "wide-scan") == ENDED


def test_on_one_day_the_test_itself_is_named_as_the_last_result(tmp_path: Path) -> None:
    day = date(2014, 5, 1)
    for results in ((result("scan", day), result("wide-scan", day)), (result("wide-scan", day), result("scan", day))):
        [reason] = item(planned(tmp_path, late(test_code="scan"), results=results), "scan").reasons
        assert reason.last_result_code == "scan"


@pytest.mark.parametrize(
    ("start", "done", "expected"),
    [
        ("age 12y", date(2011, 12, 9), date(2012, 3, 10)),
        ("age 12y", date(2011, 12, 10), None),
        ("age 12y", date(2011, 12, 11), None),
        ("age 12y", date(2014, 1, 1), None),
        ("5y after end_of_therapy", date(2015, 3, 14), date(2015, 6, 15)),
        ("end_of_therapy", date(2010, 3, 14), date(2010, 6, 15)),
        ("end_of_therapy", date(2010, 3, 15), None),
        ("ltfu_entry", date(2010, 6, 14), date(2012, 6, 15)),
        ("ltfu_entry", date(2010, 6, 15), None),
        ("ltfu_entry", date(2010, 6, 16), None),
    ],
)
def test_a_test_asked_for_once_is_done_by_a_result_from_three_months_before_its_start(
    tmp_path: Path, start: str, done: date, expected: date | None
) -> None:
    """From the end of therapy on, where the start is the entry to long-term follow-up."""
    plan = planned(tmp_path, late(interval="once", start=start), results=(result("echo", done),), on=date(2016, 1, 1))
    assert due(plan, "echo") == expected


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2006, 3, 9), None),
        (date(2006, 3, 10), ENDED),
        (date(2012, 3, 9), ENDED),
        (date(2012, 3, 10), None),
    ],
)
def test_a_row_is_in_force_from_the_first_age_it_allows_to_the_last(
    tmp_path: Path, on: date, expected: date | None
) -> None:
    plan = planned(tmp_path, late(exposure="any_cancer and age_y >= 6 and age_y < 12"), on=on)
    assert due(plan, "echo") == expected


def test_within_a_window_a_date_is_not_before_its_first_day_once_something_was_done(tmp_path: Path) -> None:
    rows = (late("young", exposure="any_cancer and age_y < 16"),
            late("older", exposure="any_cancer and age_y >= 16", interval="P2Y"))  # fmt: skip
    done = (result("echo", date(2012, 1, 1)),)
    reasons = {each.rule_id: each.due_on for each in item(planned(tmp_path, *rows, results=done), "echo").reasons}
    assert reasons == {"young": date(2013, 1, 1), "older": date(2016, 3, 10)}


@pytest.mark.parametrize(
    ("done", "expected"),
    [(date(2015, 3, 9), date(2016, 3, 9)), (date(2015, 3, 10), None), (date(2015, 3, 11), None)],
)
def test_a_date_on_or_after_the_windows_end_is_dropped(tmp_path: Path, done: date, expected: date | None) -> None:
    row = late(exposure="any_cancer and age_y < 16")
    assert due(planned(tmp_path, row, results=(result("echo", done),), on=date(2015, 4, 1)), "echo") == expected


def test_what_was_missed_in_an_earlier_phase_stays_missed_while_a_later_one_runs(tmp_path: Path) -> None:
    rows = (late("young", exposure="any_cancer and age_y < 14"),
            late("older", exposure="any_cancer and age_y >= 14", interval="P5Y", start="age 30y"))  # fmt: skip
    assert due(planned(tmp_path, *rows), "echo") == ENDED
    caught_up = planned(tmp_path, *rows, results=(result("echo", date(2013, 6, 1)),))
    assert due(caught_up, "echo") == date(2030, 3, 10)


def test_a_phase_ended_by_until_is_over_even_if_nothing_was_done(tmp_path: Path) -> None:
    rows = (late("short", until="3y after end_of_therapy"), late("long", start="age 30y"))
    assert due(planned(tmp_path, *rows, on=date(2013, 6, 14)), "echo") == ENDED
    assert due(planned(tmp_path, *rows, on=date(2013, 6, 15)), "echo") == date(2030, 3, 10)


def test_where_until_and_the_age_bound_fall_together_the_age_bound_ended_the_window(tmp_path: Path) -> None:
    rows = (late("young", exposure="any_cancer and age_y < 14", until="age 14y"), late("long", start="age 30y"))
    assert due(planned(tmp_path, *rows), "echo") == ENDED


def test_where_until_comes_first_the_age_bound_did_not_end_the_window(tmp_path: Path) -> None:
    rows = (late("young", exposure="any_cancer and age_y < 14", until="age 13y"), late("long", start="age 30y"))
    assert due(planned(tmp_path, *rows), "echo") == date(2030, 3, 10)


def test_a_later_phase_gives_its_date_before_its_window_opens(tmp_path: Path) -> None:
    rows = (late("young", exposure="any_cancer and age_y < 18", interval="P5Y", start="age 17y"),
            late("older", exposure="any_cancer and age_y >= 18", start="end_of_therapy"))  # fmt: skip
    assert due(planned(tmp_path, *rows), "echo") == ENDED


def test_nothing_is_asked_while_no_row_of_the_test_is_in_force(tmp_path: Path) -> None:
    rows = (late("first", exposure="any_cancer and age_y < 10"), late("last", exposure="any_cancer and age_y >= 20"))
    plan = planned(tmp_path, *rows)
    assert plan.items == ()
    assert plan.holds_until == date(2020, 3, 10)


def test_neighboring_ages_allowed_are_one_window(tmp_path: Path) -> None:
    """The row is met by age from 18 on and by surgery before: nothing opens or closes at 18."""
    row = late(exposure="(surgery or age_y >= 18) and age_y < 40")
    plan = planned(tmp_path, row, exposures={"surgery": 1})
    assert due(plan, "echo") == ENDED
    assert plan.holds_until == date(2040, 3, 10)
    assert item(plan, "echo").stops_on == date(2040, 3, 10)


def test_two_windows_of_one_row_are_kept_apart(tmp_path: Path) -> None:
    row = late(exposure="any_cancer and (age_y < 12 or age_y >= 20)", interval="P10Y")
    assert due(planned(tmp_path, row, on=date(2012, 3, 9)), "echo") == ENDED
    assert due(planned(tmp_path, row, on=date(2012, 3, 10)), "echo") is None
    done = (result("echo", date(2012, 1, 1)),)
    assert due(planned(tmp_path, row, on=date(2021, 1, 1), results=done), "echo") == date(2022, 1, 1)


def test_two_windows_of_one_row_make_one_reason_with_the_earlier_date(tmp_path: Path) -> None:
    row = late(exposure="chest_rt_gy >= 15 and (age_y < 12 or age_y >= 20)")
    plan = planned(tmp_path, row, on=date(2021, 1, 1), exposures={"chest_rt_gy": None})
    assert [(each.rule_id, each.due_on) for each in item(plan, "echo").reasons] == [("le-1", ENDED)]
    assert gap_ids(plan) == ["le-1"]


def test_a_start_naming_an_event_asks_for_nothing_until_it_has_happened(tmp_path: Path) -> None:
    row = late(start="event(baby_planned)", interval="once")
    happens = {"baby_planned": date(2015, 1, 2)}
    before = planned(tmp_path, row, events=happens)
    assert before.items == ()
    assert before.holds_until == date(2015, 1, 2)
    assert due(planned(tmp_path, row, events=happens, on=date(2015, 1, 2)), "echo") == date(2015, 1, 2)
    assert due(planned(tmp_path, row), "echo") is None


def test_an_until_naming_an_event_means_no_end_yet(tmp_path: Path) -> None:
    row = late(until="event(grown_up)")
    happens = {"grown_up": date(2015, 1, 2)}
    before = planned(tmp_path, row, events=happens)
    assert due(before, "echo") == ENDED
    assert item(before, "echo").stops_on is None
    assert before.holds_until == date(2015, 1, 2)
    assert due(planned(tmp_path, row, events=happens, on=date(2015, 1, 2)), "echo") is None


@pytest.mark.parametrize(
    ("rule_sex", "sex", "asked", "gaps"),
    [
        ("female", "female", True, []),
        ("female", "male", False, []),
        ("female", "unknown", True, ["le-1"]),
        ("male", "male", True, []),
        ("male", "unknown", True, ["le-1"]),
        ("any", "unknown", True, []),
    ],
)
def test_a_row_for_one_sex_applies_to_unknown_sex_with_a_gap(
    tmp_path: Path, rule_sex: str, sex: str, asked: bool, gaps: list[str]
) -> None:
    plan = planned(tmp_path, late(sex=rule_sex), sex=sex)
    assert (due(plan, "echo") is not None) is asked
    assert gap_ids(plan) == gaps


def test_an_undecided_row_is_treated_as_met_and_reported(tmp_path: Path) -> None:
    plan = planned(tmp_path, late(exposure="chest_rt_gy >= 15"), exposures={"chest_rt_gy": None})
    assert due(plan, "echo") == ENDED
    assert plan.gaps == (DataGap("le-1", ("chest_rt_gy",), "treated_as_met", "echo"),)
    assert item(plan, "echo").reasons[0].gap == "treated_as_met"


def test_the_gap_names_the_dose_that_was_recorded_as_unknown(tmp_path: Path) -> None:
    plan = planned(tmp_path, late(exposure="heart_rt_gy >= 15"), exposures={"tbi_gy": None, "chest_rt_gy": 5})
    assert [gap.missing for gap in plan.gaps] == [("tbi_gy",)]


def test_an_undecided_row_that_gives_no_date_is_no_gap(tmp_path: Path) -> None:
    row = late(exposure="chest_rt_gy >= 15", interval="once")
    plan = planned(tmp_path, row, exposures={"chest_rt_gy": None}, results=(result("echo", date(2011, 1, 1)),))
    assert (plan.items, plan.gaps) == ((), ())


def test_a_dose_not_recorded_is_not_given(tmp_path: Path) -> None:
    plan = planned(tmp_path, late(exposure="chest_rt_gy >= 15"))
    assert (plan.items, plan.gaps) == ((), ())


@pytest.mark.parametrize(
    ("exposures", "asked"),
    [
        ({"drug_mg_m2": 250}, True),
        ({"drug_mg_m2": "249.9"}, False),
        ({"drug_mg_m2": 160, "other_mg_m2": 150}, True),
        ({"drug_mg_m2": "159.9", "other_mg_m2": 150}, False),
        ({"drug_mg_m2": 300, "other_mg_m2": None}, True),
        ({"drug_mg_m2": 300, "other_mg_m2": None, "sum_mg_m2": 0}, False),
        ({"sum_mg_m2": 250}, True),
        ({"drug_mg_m2": 500, "sum_mg_m2": 249}, False),
    ],
)
def test_doses_are_added_exactly_and_a_recorded_sum_wins(
    tmp_path: Path, exposures: dict[str, Any], asked: bool
) -> None:
    plan = planned(tmp_path, late(exposure="sum_mg_m2 >= 250"), exposures=exposures)
    assert (due(plan, "echo") is not None) is asked
    assert plan.gaps == ()


def test_a_recorded_age_or_cancer_changes_nothing(tmp_path: Path) -> None:
    odd = {"any_cancer": 0, "age_y": 70, "ltfu_entry_age_y": 70}
    row = late(exposure="any_cancer and age_y < 18 and ltfu_entry_age_y < 18")
    assert due(planned(tmp_path, row, exposures=odd), "echo") == ENDED


@pytest.mark.parametrize(("entry", "asked"), [(date(2018, 3, 9), True), (date(2018, 3, 10), False)])
def test_the_age_on_entry_is_that_of_the_entry_day(tmp_path: Path, entry: date, asked: bool) -> None:
    row = late(exposure="any_cancer and ltfu_entry_age_y < 18")
    assert (due(planned(tmp_path, row, ltfu_entry_on=entry), "echo") is not None) is asked


def test_entry_is_two_years_after_therapy_unless_recorded(tmp_path: Path) -> None:
    row = late(start="ltfu_entry")
    assert due(planned(tmp_path, row), "echo") == date(2012, 6, 15)
    assert due(planned(tmp_path, row, ltfu_entry_on=date(2011, 1, 1)), "echo") == date(2011, 1, 1)
    leap = planned(tmp_path, row, end_of_therapy_on=date(2012, 2, 29))
    assert due(leap, "echo") == date(2014, 2, 28)


def test_an_exposures_own_date_counts_even_before_the_end_of_therapy(tmp_path: Path) -> None:
    row = late(exposure="heart_rt_gy > 0", start="5y after date(heart_rt)")
    dated = {"heart_rt": date(2008, 2, 29)}
    plan = planned(tmp_path, row, exposures={"heart_rt_gy": 20}, exposure_dates=dated)
    assert due(plan, "echo") == date(2013, 2, 28)


@pytest.mark.parametrize(
    ("exposures", "dates", "expected"),
    [
        ({"heart_rt_gy": 20}, {}, date(2015, 6, 15)),
        ({"tbi_gy": 12}, {"tbi": date(2009, 1, 5)}, date(2014, 1, 5)),
        ({"tbi_gy": None}, {"tbi": date(2009, 1, 5)}, date(2014, 1, 5)),
        ({"heart_rt_gy": 20, "tbi_gy": 0}, {"tbi": date(2009, 1, 5)}, date(2015, 6, 15)),
        ({"tbi_gy": 12}, {}, date(2015, 6, 15)),
        ({"tbi_gy": 12}, {"tbi": date(2009, 1, 5), "heart_rt": date(2008, 1, 5)}, date(2013, 1, 5)),
    ],
)
def test_radiation_counts_from_its_own_day_else_that_of_tbi_if_given_else_the_end_of_therapy(
    tmp_path: Path, exposures: dict[str, Any], dates: dict[str, date], expected: date
) -> None:
    row = late(exposure="heart_rt_gy > 0", start="5y after date(heart_rt)")
    assert due(planned(tmp_path, row, exposures=exposures, exposure_dates=dates), "echo") == expected


def test_a_transplant_counts_from_the_newest_of_its_dates(tmp_path: Path) -> None:
    row = late(exposure="hsct_any", start="1y after date(hsct)")
    dates = {"hsct_auto": date(2008, 1, 1), "hsct_allo": date(2009, 6, 1), "hsct_any": date(2007, 1, 1)}
    plan = planned(tmp_path, row, exposures={"hsct_auto": 1, "hsct_allo": 1}, exposure_dates=dates)
    assert due(plan, "echo") == ENDED
    assert item(plan, "echo").reasons[0].start_on == date(2010, 6, 1)


def test_all_counts_from_the_newest_end_of_therapy_of_all_diagnoses(tmp_path: Path) -> None:
    first, relapse = date(2010, 6, 15), date(2013, 2, 28)
    both = (Diagnosis("A", end_of_therapy_on=relapse), Diagnosis("B", end_of_therapy_on=first), Diagnosis("C"))
    assert due(planned(tmp_path, late(), diagnoses=both), "echo") == relapse


def test_without_any_end_of_therapy_late_effects_wait_and_the_gap_says_so(tmp_path: Path) -> None:
    plan = planned(tmp_path, late(), diagnoses=(Diagnosis("A"),))
    assert plan.items == ()
    assert plan.gaps == (DataGap("end-of-therapy", ("end_of_therapy_on",), "not_scheduled"),)


def test_without_treatment_predisposition_still_asks(tmp_path: Path) -> None:
    pack = tiny_pack(tmp_path, predisposition=[predisposed()])
    facts = survivor(diagnoses=(), predispositions=(Predisposition("Syndrome"),))
    plan = evaluate(facts, pack, on=ON)
    assert due(plan, "exam") == date(2008, 3, 10)
    assert gap_ids(plan) == ["end-of-therapy"]


def test_a_leap_day_child_enters_and_leaves_windows_on_28_february(tmp_path: Path) -> None:
    row = late(exposure="any_cancer and age_y >= 18 and age_y < 19")
    leap = survivor(birth_date=date(2000, 2, 29))
    pack = tiny_pack(tmp_path, late_effects=[row], recurrence=[], diagnoses=[], strata=[])
    asked = [due(evaluate(leap, pack, on=day), "echo") is not None
             for day in (date(2018, 2, 27), date(2018, 2, 28), date(2019, 2, 27), date(2019, 2, 28))]  # fmt: skip
    assert asked == [False, True, True, False]


def test_before_birth_no_row_is_in_force(tmp_path: Path) -> None:
    assert [due(planned(tmp_path, late(), on=day), "echo") for day in (date(2000, 3, 9), date(2000, 3, 10))] == [
        None,
        ENDED,
    ]
