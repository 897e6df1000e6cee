"""One item per test, nothing before the end of therapy, flags, upcoming and overdue days."""

from datetime import date
from pathlib import Path
from typing import Any

from tests.unit.tiny_pack import band, item, late, predisposed, result, survivor, tiny_pack
from tracker.engine.evaluate import evaluate
from tracker.engine.types import CarePlan, Diagnosis, Flag, Predisposition

ON = date(2015, 1, 1)
HAS = (Predisposition("Syndrome"),)
OPEN_BAND = {"to": "", "interval": "P1Y", "interval_max": "P2Y"}


def planned(folder: Path, on: date = ON, facts: dict[str, Any] | None = None, **tables: Any) -> CarePlan:
    made: dict[str, Any] = {"late_effects": [], "recurrence": [band(**OPEN_BAND)], "predisposition": [], **tables}
    return evaluate(survivor(**(facts or {})), tiny_pack(folder, **made), on=on)


def test_all_rows_that_ask_for_a_test_are_reasons_for_one_item(tmp_path: Path) -> None:
    plan = planned(
        tmp_path,
        facts={"predispositions": HAS},
        late_effects=[late("le-1", test_code="scan", start="age 20y"), late("le-2", test_code="scan", start="age 18y")],
        predisposition=[predisposed(test_code="scan", start_age="P16Y")],
    )
    [one] = plan.items
    assert one.flags == {Flag.LATE_EFFECTS, Flag.RECURRENCE, Flag.PREDISPOSITION}
    assert {reason.rule_id: (reason.due_on, reason.wins) for reason in one.reasons} == {
        "le-1": (date(2020, 3, 10), False),
        "le-2": (date(2018, 3, 10), False),
        "rc-1": (date(2011, 6, 15), True),
        "ps-1": (date(2016, 3, 10), False),
    }


def test_the_earliest_due_date_wins(tmp_path: Path) -> None:
    plan = planned(tmp_path, late_effects=[late(test_code="scan")])
    assert (item(plan, "scan").due_on, item(plan, "scan").own_overdue) == (date(2010, 6, 15), False)


def test_on_a_tie_the_recurrence_row_wins_and_brings_its_overdue_day(tmp_path: Path) -> None:
    scan = item(planned(tmp_path, late_effects=[late(test_code="scan", start="1y after end_of_therapy")]), "scan")
    assert (scan.due_on, scan.overdue_after, scan.own_overdue) == (date(2011, 6, 15), date(2012, 6, 15), True)
    assert [reason.rule_id for reason in scan.reasons if reason.wins] == ["rc-1"]


def test_between_recurrence_rows_of_one_day_the_earlier_overdue_day_wins(tmp_path: Path) -> None:
    strict = band("rc-2", **{**OPEN_BAND, "interval_max": "", "source": "a stricter guideline"})
    for rows in ([band(**OPEN_BAND), strict], [strict, band(**OPEN_BAND)]):
        scan = item(planned(tmp_path, recurrence=rows), "scan")
        assert scan.overdue_after == date(2011, 6, 15)
        assert [reason.rule_id for reason in scan.reasons if reason.wins] == ["rc-2"]


def test_nothing_is_due_before_the_end_of_therapy(tmp_path: Path) -> None:
    facts = {"predispositions": HAS}
    exam = item(planned(tmp_path, facts=facts, predisposition=[predisposed(start_age="P1Y")]), "exam")
    assert (exam.due_on, exam.overdue_after) == (date(2010, 6, 15), date(2010, 9, 13))
    assert exam.reasons[0].due_on == date(2001, 3, 10)
    day_after = item(planned(tmp_path, facts=facts, predisposition=[predisposed(start_age="P124M")]), "exam")
    assert day_after.due_on == date(2010, 7, 10)


def test_an_overdue_day_before_the_end_of_therapy_becomes_that_day(tmp_path: Path) -> None:
    entry = Diagnosis("Sarcoma", resected_on=date(2009, 1, 1), end_of_therapy_on=date(2010, 6, 15))
    row = band(anchor="resection", to="", interval="P3M", interval_max="P6M")
    scan = item(planned(tmp_path, facts={"diagnoses": (entry,)}, recurrence=[row]), "scan")
    assert (scan.due_on, scan.overdue_after, scan.own_overdue) == (date(2010, 6, 15), date(2010, 6, 15), True)


def test_the_floor_comes_after_merging(tmp_path: Path) -> None:
    """Before the floor the predisposition row is earlier; after it both would be the same day."""
    plan = planned(
        tmp_path,
        facts={"predispositions": HAS, "diagnoses": (
            Diagnosis("Sarcoma", resected_on=date(2009, 6, 15), end_of_therapy_on=date(2010, 6, 15)),)},
        recurrence=[band(anchor="resection", to="", interval="P6M")],
        predisposition=[predisposed(test_code="scan", start_age="P1Y")],
    )  # fmt: skip
    assert not item(plan, "scan").own_overdue


def test_upcoming_and_overdue_days_come_from_the_pack(tmp_path: Path) -> None:
    echo = item(planned(tmp_path, late_effects=[late(start="age 18y")]), "echo")
    assert (echo.upcoming_on, echo.due_on, echo.overdue_after) == (
        date(2018, 1, 9),
        date(2018, 3, 10),
        date(2018, 6, 8),
    )
    assert not echo.own_overdue


def test_the_yearly_attendance_is_flagged_as_a_visit(tmp_path: Path) -> None:
    visit = late("v", test_code="visit")
    assert item(planned(tmp_path, late_effects=[visit]), "visit").flags == {Flag.VISIT}
    both = planned(tmp_path, late_effects=[visit], recurrence=[band(test_code="visit", **OPEN_BAND)])
    assert item(both, "visit").flags == {Flag.VISIT, Flag.RECURRENCE}


def test_items_are_sorted_by_due_date_then_test_code(tmp_path: Path) -> None:
    rows = [late("a", test_code="visit"), late("b", test_code="blood", start="age 9y"), late("c", start="age 18y"),
            late("d", test_code="exam")]  # fmt: skip
    codes = [each.test_code for each in planned(tmp_path, late_effects=rows).items]
    assert codes == ["blood", "exam", "visit", "scan", "echo"]


def test_an_item_stops_when_the_window_of_the_row_that_won_ends(tmp_path: Path) -> None:
    rows = [late(until="age 40y"), late("le-2", test_code="blood"), late("le-3", test_code="exam", until="age 30y")]
    plan = planned(tmp_path, late_effects=rows)
    assert [item(plan, code).stops_on for code in ("echo", "exam", "blood")] == [
        date(2040, 3, 10),
        date(2030, 3, 10),
        None,
    ]


def test_the_reason_of_a_late_effects_row_names_what_decided(tmp_path: Path) -> None:
    row = late(exposure="drug_mg_m2 >= 100 and heart_rt_gy < 15 or surgery", start="ltfu_entry", interval="P2Y")
    facts = {"exposures": {"drug_mg_m2": 150, "heart_rt_gy": "9.9"}, "results": (result("echo", date(2014, 1, 1)),)}
    [reason] = item(planned(tmp_path, late_effects=[row], facts=facts), "echo").reasons
    assert [(name, str(dose)) for name, dose in reason.exposures] == [("drug_mg_m2", "150"), ("heart_rt_gy", "9.9")]
    assert (reason.start_basis, reason.start_on) == ("ltfu_entry", date(2012, 6, 15))
    assert (reason.interval, reason.due_on) == ("P2Y", date(2016, 1, 1))
    assert (reason.last_result_code, reason.last_result_on) == ("echo", date(2014, 1, 1))
    assert (reason.override_id, reason.gap) == (None, None)
