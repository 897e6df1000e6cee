"""Recurrence: bands in and out, what stays missed, the end of a schedule, lost histories, several primaries."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.unit.tiny_pack import Row, band, due, gap_ids, item, result, survivor, tiny_pack
from tracker.engine.evaluate import evaluate
from tracker.engine.types import CarePlan, DataGap, Diagnosis

ENDED = date(2010, 6, 15)
BANDS = (
    band("rc-1"),
    band("rc-2", **{"from": "P2Y", "to": "P5Y", "interval": "P6M", "interval_max": "P1Y"}),
)


def planned(folder: Path, *rows: Row, on: date = date(2011, 1, 1), **facts: Any) -> CarePlan:
    pack = tiny_pack(folder, late_effects=[], recurrence=rows or BANDS)
    return evaluate(survivor(**facts), pack, on=on)


def sarcoma(**dates: Any) -> Diagnosis:
    return Diagnosis("Sarcoma", **dates)


def test_without_a_result_counting_begins_at_the_anchor(tmp_path: Path) -> None:
    planned_item = item(planned(tmp_path), "scan")
    assert planned_item.due_on == date(2010, 9, 15)
    assert planned_item.overdue_after == date(2010, 9, 15)
    assert planned_item.own_overdue


@pytest.mark.parametrize(
    ("done", "expected", "rule"),
    [
        (date(2010, 6, 15), date(2010, 9, 15), "rc-1"),
        (date(2010, 9, 10), date(2010, 12, 10), "rc-1"),
        (date(2012, 3, 14), date(2012, 6, 14), "rc-1"),
        (date(2012, 3, 15), date(2012, 6, 15), "rc-1"),
        (date(2012, 3, 16), date(2012, 9, 16), "rc-2"),
        (date(2012, 6, 14), date(2012, 12, 14), "rc-2"),
        (date(2012, 6, 15), date(2012, 12, 15), "rc-2"),
        (date(2014, 12, 15), date(2015, 6, 15), "rc-2"),
        (date(2014, 12, 16), None, None),
        (date(2015, 6, 15), None, None),
        (date(2016, 1, 1), None, None),
    ],
)
def test_the_band_that_holds_the_result_gives_the_date_while_still_in_time(
    tmp_path: Path, done: date, expected: date | None, rule: str | None
) -> None:
    """The day on which a band ends is still in time; after it the next band gives the date; then it is finished."""
    plan = planned(tmp_path, results=(result("scan", done),), on=date(2016, 6, 1))
    assert due(plan, "scan") == expected
    if rule:
        assert item(plan, "scan").reasons[0].rule_id == rule
    assert plan.gaps == ()


def test_the_next_bands_date_is_not_before_its_first_day(tmp_path: Path) -> None:
    rows = (band("rc-1", to="P1Y", interval="P1M"), band("rc-2", **{"from": "P1Y", "to": "P5Y", "interval": "P2M"}))
    plan = planned(tmp_path, *rows, results=(result("scan", date(2011, 5, 31)),), on=date(2011, 6, 1))
    assert due(plan, "scan") == date(2011, 7, 31)
    long = (band("rc-1", to="P1Y", interval="P6M"), band("rc-2", **{"from": "P1Y", "to": "P5Y", "interval": "P3M"}))
    plan = planned(tmp_path, *long, results=(result("scan", date(2011, 1, 1)),), on=date(2011, 6, 1))
    assert due(plan, "scan") == date(2011, 6, 15)


def test_a_schedule_that_begins_later_is_first_due_on_its_first_day_or_an_interval_after_the_anchor(
    tmp_path: Path,
) -> None:
    late_start = band("rc-1", **{"from": "P2Y", "to": "P5Y", "interval": "P6M"})
    assert due(planned(tmp_path, late_start), "scan") == date(2012, 6, 15)
    longer = band("rc-1", **{"from": "P6M", "to": "P5Y", "interval": "P1Y"})
    assert due(planned(tmp_path, longer), "scan") == date(2011, 6, 15)


def test_what_was_missed_in_a_tight_band_stays_missed_in_the_looser_one(tmp_path: Path) -> None:
    done = (result("scan", date(2011, 1, 10)),)
    for on in (date(2011, 4, 1), date(2012, 6, 15), date(2014, 1, 1), date(2015, 6, 15), date(2040, 1, 1)):
        assert due(planned(tmp_path, results=done, on=on), "scan") == date(2011, 4, 10)


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        (date(2012, 7, 1), date(2013, 7, 1)),
        (date(2012, 6, 15), date(2013, 6, 15)),
        (date(2012, 4, 1), date(2013, 4, 1)),
    ],
)
def test_overdue_follows_the_longest_interval_of_the_band_that_gave_the_date(
    tmp_path: Path, done: date, expected: date
) -> None:
    plan = planned(tmp_path, results=(result("scan", done),), on=date(2012, 7, 2))
    assert item(plan, "scan").overdue_after == expected


def test_overdue_is_never_before_due(tmp_path: Path) -> None:
    late_start = band("rc-1", **{"from": "P2Y", "to": "P5Y", "interval": "P6M", "interval_max": "P9M"})
    planned_item = item(planned(tmp_path, late_start), "scan")
    assert (planned_item.due_on, planned_item.overdue_after) == (date(2012, 6, 15), date(2012, 6, 15))


@pytest.mark.parametrize(
    ("on", "expected", "gaps"),
    [
        (date(2015, 6, 14), date(2010, 9, 15), []),
        (date(2015, 6, 15), None, ["history:rc-1"]),
        (date(2015, 6, 16), None, ["history:rc-1"]),
    ],
)
def test_a_schedule_over_without_any_result_asks_for_nothing_and_reports_the_history(
    tmp_path: Path, on: date, expected: date | None, gaps: list[str]
) -> None:
    plan = planned(tmp_path, on=on)
    assert due(plan, "scan") == expected
    assert gap_ids(plan) == gaps


def test_the_history_gap_names_the_first_row_in_the_table_not_in_time(tmp_path: Path) -> None:
    plan = planned(tmp_path, *reversed(BANDS), on=date(2020, 1, 1))
    assert plan.gaps == (DataGap("history:rc-2", ("results",), "history_missing", "scan"),)


def test_a_result_before_the_anchor_does_not_save_the_history(tmp_path: Path) -> None:
    before = planned(tmp_path, results=(result("scan", date(2010, 6, 14)),), on=date(2020, 1, 1))
    assert gap_ids(before) == ["history:rc-1"]
    on_the_day = planned(tmp_path, results=(result("scan", ENDED),), on=date(2020, 1, 1))
    assert gap_ids(on_the_day) == []
    assert due(on_the_day, "scan") == date(2010, 9, 15)


def test_a_schedule_without_end_never_loses_its_history(tmp_path: Path) -> None:
    plan = planned(tmp_path, band(to=""), on=date(2060, 1, 1))
    assert due(plan, "scan") == date(2010, 9, 15)
    assert plan.holds_until is None


def test_the_plan_holds_until_the_last_band_ends_while_nothing_was_done(tmp_path: Path) -> None:
    assert planned(tmp_path, on=date(2015, 6, 14)).holds_until == date(2015, 6, 15)
    assert planned(tmp_path, on=date(2015, 6, 15)).holds_until is None
    done = planned(tmp_path, results=(result("scan", date(2011, 1, 1)),), on=date(2014, 1, 1))
    assert done.holds_until is None


@pytest.mark.parametrize(
    ("anchor", "missing"),
    [("end_of_therapy", "end_of_therapy_on"), ("resection", "resected_on"), ("diagnosis", "diagnosed_on")],
)
def test_without_its_anchor_date_every_row_of_a_schedule_is_a_gap(tmp_path: Path, anchor: str, missing: str) -> None:
    rows = [dict(row) | {"anchor": anchor} for row in BANDS]
    known = {"diagnosed_on": date(2009, 1, 1), "resected_on": date(2009, 3, 1), "end_of_therapy_on": ENDED}
    known.pop(missing)
    other = Diagnosis("Other", end_of_therapy_on=ENDED)
    plan = planned(tmp_path, *rows, diagnoses=(sarcoma(**known), other))
    assert due(plan, "scan") is None
    assert [(gap.id, gap.missing, gap.consequence) for gap in plan.gaps[:2]] == [
        ("rc-1", (missing,), "no_anchor_date"),
        ("rc-2", (missing,), "no_anchor_date"),
    ]


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        ("diagnosis", date(2010, 6, 15)),
        ("resection", date(2010, 8, 1)),
        ("end_of_therapy", date(2010, 9, 15)),
    ],
)
def test_each_schedule_counts_from_its_own_anchor(tmp_path: Path, anchor: str, expected: date) -> None:
    """The first of these, three months after diagnosis, becomes the end of therapy."""
    entry = sarcoma(diagnosed_on=date(2010, 1, 1), resected_on=date(2010, 5, 1), end_of_therapy_on=ENDED)
    plan = planned(tmp_path, band(anchor=anchor), diagnoses=(entry,))
    assert due(plan, "scan") == expected


def test_month_ends_are_clamped_from_the_base_each_time(tmp_path: Path) -> None:
    plan = planned(tmp_path, end_of_therapy_on=date(2010, 11, 30))
    assert due(plan, "scan") == date(2011, 2, 28)
    plan = planned(tmp_path, end_of_therapy_on=date(2008, 2, 29), on=date(2009, 1, 1))
    assert due(plan, "scan") == date(2008, 5, 29)


def test_an_unknown_diagnosis_is_a_gap(tmp_path: Path) -> None:
    plan = planned(tmp_path, diagnoses=(Diagnosis("Something rare", end_of_therapy_on=ENDED),))
    assert plan.gaps == (DataGap("diagnosis-not-in-pack:Something rare", ("schedule",), "not_in_pack"),)


def test_a_diagnosis_with_rivals_only_is_not_in_the_pack(tmp_path: Path) -> None:
    plan = planned(tmp_path, band(note="alternative"))
    assert gap_ids(plan) == ["diagnosis-not-in-pack:Sarcoma"]


def test_a_diagnosis_whose_strata_do_not_match_is_a_gap(tmp_path: Path) -> None:
    row = band(stratum="grade in (high, low)")
    assert planned(tmp_path, row).gaps == (DataGap("no-schedule:Sarcoma", ("grade",), "not_scheduled"),)
    matched = planned(tmp_path, row, diagnoses=(sarcoma(end_of_therapy_on=ENDED, tumor={"grade": "low"}),))
    assert (gap_ids(matched), due(matched, "scan")) == ([], date(2010, 9, 15))


def test_a_missing_field_counts_as_unknown(tmp_path: Path) -> None:
    assert due(planned(tmp_path, band(stratum="grade in (high, unknown)")), "scan") == date(2010, 9, 15)


def test_a_schedule_by_age_changes_on_the_birthday(tmp_path: Path) -> None:
    rows = (band("young", stratum="age < P12Y", interval="P1M"), band("older", stratum="age >= P12Y", interval="P4M"))
    before = planned(tmp_path, *rows, on=date(2012, 3, 9))
    assert before.holds_until == date(2012, 3, 10)
    assert item(before, "scan").reasons[0].rule_id == "young"
    after = planned(tmp_path, *rows, on=date(2012, 3, 10))
    assert item(after, "scan").reasons[0].rule_id == "older"


def test_an_age_clause_with_greater_than_changes_the_day_after(tmp_path: Path) -> None:
    rows = (band("young", stratum="age <= P12Y"), band("older", stratum="age > P12Y"))
    assert planned(tmp_path, *rows, on=date(2012, 3, 10)).holds_until == date(2012, 3, 11)


def test_a_relapse_replaces_the_older_entry_of_the_same_name(tmp_path: Path) -> None:
    first, relapse = sarcoma(end_of_therapy_on=ENDED), sarcoma(end_of_therapy_on=date(2013, 1, 31))
    for entries in ((first, relapse), (relapse, first)):
        plan = planned(tmp_path, diagnoses=entries, on=date(2013, 2, 1))
        assert due(plan, "scan") == date(2013, 4, 30)
        assert len(item(plan, "scan").reasons) == 1


def test_on_a_tie_the_entry_listed_later_counts(tmp_path: Path) -> None:
    rows = (band("low", stratum="grade = low"), band("high", stratum="grade = high", interval="P1M"))
    low = sarcoma(end_of_therapy_on=ENDED, tumor={"grade": "low"})
    high = sarcoma(end_of_therapy_on=ENDED, tumor={"grade": "high"})
    assert due(planned(tmp_path, *rows, diagnoses=(low, high)), "scan") == date(2010, 7, 15)
    assert due(planned(tmp_path, *rows, diagnoses=(high, low)), "scan") == date(2010, 9, 15)


def test_an_entry_without_end_of_therapy_is_the_older(tmp_path: Path) -> None:
    plan = planned(tmp_path, diagnoses=(sarcoma(end_of_therapy_on=ENDED), sarcoma(diagnosed_on=date(2014, 1, 1))))
    assert due(plan, "scan") == date(2010, 9, 15)


def test_each_diagnosis_keeps_its_own_dates_and_the_earliest_wins(tmp_path: Path) -> None:
    rows = (band("s-1"), band("l-1", diagnosis="Leukemia", interval="P1M"))
    entries = (sarcoma(end_of_therapy_on=ENDED), Diagnosis("Leukemia", end_of_therapy_on=date(2013, 1, 1)))
    scan = item(planned(tmp_path, *rows, diagnoses=entries, on=date(2011, 1, 1)), "scan")
    assert {reason.rule_id: reason.due_on for reason in scan.reasons} == {
        "s-1": date(2010, 9, 15),
        "l-1": date(2013, 2, 1),
    }
    assert scan.due_on == date(2013, 1, 1)


def test_the_reason_carries_diagnosis_stratum_anchor_and_intervals(tmp_path: Path) -> None:
    done = (result("wide-scan", date(2012, 7, 1), id="r-7"),)
    [reason] = item(planned(tmp_path, results=done, on=date(2012, 7, 2)), "scan").reasons
    assert reason.context == (("diagnosis", "Sarcoma"), ("stratum", "any"))
    assert (reason.start_basis, reason.start_on) == ("end_of_therapy", ENDED)
    assert (reason.interval, reason.interval_max) == ("P6M", "P1Y")
    assert (reason.last_result_id, reason.last_result_code) == ("r-7", "wide-scan")
    assert reason.last_result_on == date(2012, 7, 1)
    assert (reason.pack, reason.source, reason.confidence) == ("tiny/1", "a guideline", "confirmed")
    assert reason.wins
