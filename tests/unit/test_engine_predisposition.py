"""Inherited syndromes: from one age to another, once or repeating."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.unit.tiny_pack import Row, due, gap_ids, item, predisposed, result, survivor, tiny_pack
from tracker.engine.evaluate import evaluate
from tracker.engine.types import CarePlan, DataGap, Predisposition

HAS = (Predisposition("Syndrome"),)


def planned(folder: Path, *rows: Row, on: date = date(2015, 1, 1), **facts: Any) -> CarePlan:
    pack = tiny_pack(folder, late_effects=[], predisposition=rows)
    given = {"diagnoses": (), "predispositions": HAS, **facts}
    return evaluate(survivor(**given), pack, on=on)


def test_without_a_result_it_is_due_at_its_start_age(tmp_path: Path) -> None:
    assert due(planned(tmp_path, predisposed()), "exam") == date(2008, 3, 10)


def test_far_ahead_it_is_planned_already(tmp_path: Path) -> None:
    assert due(planned(tmp_path, predisposed(start_age="P40Y")), "exam") == date(2040, 3, 10)


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        (date(2014, 5, 1), date(2015, 5, 1)),
        (date(2007, 3, 9), date(2008, 3, 10)),
        (date(2007, 3, 10), date(2008, 3, 10)),
        (date(2007, 3, 11), date(2008, 3, 11)),
    ],
)
def test_after_a_result_it_is_due_an_interval_later_never_before_the_start(
    tmp_path: Path, done: date, expected: date
) -> None:
    assert due(planned(tmp_path, predisposed(), results=(result("exam", done),)), "exam") == expected


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2018, 3, 9), date(2008, 3, 10)),
        (date(2018, 3, 10), None),
        (date(2018, 3, 11), None),
    ],
)
def test_a_repeating_row_is_over_on_the_day_it_ends(tmp_path: Path, on: date, expected: date | None) -> None:
    plan = planned(tmp_path, predisposed(until="P18Y"), on=on)
    assert due(plan, "exam") == expected
    assert plan.holds_until == (date(2018, 3, 10) if expected else None)


@pytest.mark.parametrize(
    ("done", "expected"),
    [(date(2017, 3, 9), date(2018, 3, 9)), (date(2017, 3, 10), None), (date(2017, 3, 11), None)],
)
def test_a_date_on_or_after_the_end_is_dropped(tmp_path: Path, done: date, expected: date | None) -> None:
    plan = planned(tmp_path, predisposed(until="P18Y"), results=(result("exam", done),), on=date(2017, 4, 1))
    assert due(plan, "exam") == expected


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        (date(2007, 12, 9), date(2008, 3, 10)),
        (date(2007, 12, 10), None),
        (date(2007, 12, 11), None),
        (date(2014, 1, 1), None),
    ],
)
def test_a_test_asked_for_once_is_done_from_three_months_before_its_start_age(
    tmp_path: Path, done: date, expected: date | None
) -> None:
    plan = planned(tmp_path, predisposed(interval="P0D"), results=(result("exam", done),))
    assert due(plan, "exam") == expected


def test_a_test_asked_for_once_stays_due_after_the_age_by_which_it_should_be_done(tmp_path: Path) -> None:
    row = predisposed(interval="P0D", until="P9Y")
    for on in (date(2009, 3, 9), date(2009, 3, 10), date(2030, 1, 1)):
        plan = planned(tmp_path, row, on=on)
        assert due(plan, "exam") == date(2008, 3, 10)
        assert plan.holds_until is None


def test_weeks_and_months_count_from_birth(tmp_path: Path) -> None:
    rows = (predisposed("p-1", start_age="P8W", until="P1Y", interval="P1M", test_code="scan"),
            predisposed("p-2", start_age="P3M", until="P3Y"))  # fmt: skip
    plan = planned(tmp_path, *rows, on=date(2000, 6, 1))
    assert due(plan, "scan") == date(2000, 5, 5)
    assert due(plan, "exam") == date(2000, 6, 10)


def test_a_stratum_chooses_the_rows(tmp_path: Path) -> None:
    rows = (predisposed("p-a", stratum="gene = a"), predisposed("p-b", stratum="gene = b", start_age="P12Y"))
    with_b = planned(tmp_path, *rows, predispositions=(Predisposition("Syndrome", {"gene": "b"}),))
    assert due(with_b, "exam") == date(2012, 3, 10)
    unknown = planned(tmp_path, *rows)
    assert unknown.items == ()
    assert unknown.gaps[-1] == DataGap("no-schedule:Syndrome", ("gene",), "not_scheduled")


def test_a_syndrome_that_the_pack_does_not_know_is_never_silent(tmp_path: Path) -> None:
    plan = planned(tmp_path, predisposed(), predispositions=(Predisposition("Another"),))
    assert plan.gaps[-1] == DataGap("syndrome-not-in-pack:Another", ("schedule",), "not_in_pack")


@pytest.mark.parametrize(
    ("sex", "asked", "gaps"), [("male", True, []), ("female", False, []), ("unknown", True, ["ps-1"])]
)
def test_a_row_for_one_sex_applies_to_unknown_sex_with_a_gap(
    tmp_path: Path, sex: str, asked: bool, gaps: list[str]
) -> None:
    plan = planned(tmp_path, predisposed(sex="male"), sex=sex)
    assert (due(plan, "exam") is not None) is asked
    assert [gap for gap in gap_ids(plan) if gap != "end-of-therapy"] == gaps


def test_a_syndrome_listed_twice_makes_one_reason(tmp_path: Path) -> None:
    twice = (Predisposition("Syndrome", {"gene": "a"}), Predisposition("Syndrome", {"gene": "b"}))
    plan = planned(tmp_path, predisposed(), predispositions=twice)
    assert [reason.rule_id for reason in item(plan, "exam").reasons] == ["ps-1"]


def test_the_reason_names_syndrome_start_age_and_interval(tmp_path: Path) -> None:
    [reason] = item(planned(tmp_path, predisposed(interval_max="P2Y")), "exam").reasons
    assert reason.context == (("syndrome", "Syndrome"), ("stratum", "any"))
    assert (reason.start_basis, reason.start_on) == ("age 8y", date(2008, 3, 10))
    assert (reason.interval, reason.interval_max) == ("P1Y", "P2Y")
    once = item(planned(tmp_path, predisposed(interval="P0D")), "exam").reasons[0]
    assert once.interval == "once"
