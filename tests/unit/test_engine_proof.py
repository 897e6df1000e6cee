"""From the stored reasons alone: every step of a date's arithmetic, in sums and in words."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.unit.tiny_pack import band, decision, item, late, predisposed, result, survivor, tiny_pack
from tracker.engine.evaluate import evaluate
from tracker.engine.explain_proof import explain_proof
from tracker.engine.proof import Proof, prove
from tracker.engine.rules import Pack
from tracker.engine.types import Diagnosis, Facts, PlannedItem, Predisposition
from tracker.services import reasons

ON = date(2026, 11, 23)
EMPTY: dict[str, Any] = {"late_effects": [], "recurrence": [], "predisposition": []}


def stored(item: PlannedItem) -> PlannedItem:
    """The item as it comes back from the database: its reasons were JSON meanwhile."""
    kept = json.dumps([reasons.to_json(reason) for reason in item.reasons])
    return replace(item, reasons=tuple(reasons.from_json(told) for told in json.loads(kept)))


def planned(facts: Facts, pack: Pack, test_code: str, on: date = ON) -> PlannedItem:
    return stored(item(evaluate(facts, pack, on=on), test_code))


def proven(item: PlannedItem) -> Proof:
    proof = prove(item.reasons, upcoming_days=60, overdue_days=90)
    assert proof.proves(item)
    assert proof.own_overdue == item.own_overdue
    return proof


def lines(tmp_path: Path, facts: Facts, test_code: str = "echo", on: date = ON, **tables: Any) -> tuple[str, ...]:
    """The arithmetic of one test, the pack having just the rows given."""
    pack = tiny_pack(tmp_path, **(EMPTY | tables))
    found = planned(facts, pack, test_code, on)
    proven(found)
    return explain_proof(found, pack)


def days(upcoming: str, due: str, overdue: str, after: str = "90 days after") -> str:
    return f"Upcoming from {upcoming} (60 days before), due on {due}, overdue after {overdue} ({after})."


def test_a_start_after_the_end_of_therapy_and_the_last_result(tmp_path: Path) -> None:
    facts = survivor(results=(result("echo", date(2024, 6, 2)),))
    row = late(start="5y after end_of_therapy", interval="P2Y")
    assert lines(tmp_path, facts, late_effects=[row]) == (
        "June 15, 2010 (the end of therapy) + 5 years = June 15, 2015; "
        "June 2, 2024 (last Echo) + 2 years = June 2, 2026. The latest counts: June 2, 2026.",
        days("April 3, 2026", "June 2, 2026", "August 31, 2026"),
    )


def test_without_a_result_the_start_alone_counts(tmp_path: Path) -> None:
    assert lines(tmp_path, survivor(), late_effects=[late()]) == (
        "June 15, 2010 (the end of therapy).",
        days("April 16, 2010", "June 15, 2010", "September 13, 2010"),
    )


def test_what_is_asked_for_once_is_not_moved_by_a_result_before_its_time(tmp_path: Path) -> None:
    facts = survivor(results=(result("echo", date(2011, 1, 1)),))
    row = late(start="age 30y", interval="once")
    assert lines(tmp_path, facts, late_effects=[row])[0] == "March 10, 2000 (birth) + 30 years = March 10, 2030."


def test_the_month_is_too_short(tmp_path: Path) -> None:
    facts = survivor(end_of_therapy_on=date(2010, 8, 31), results=(result("echo", date(2024, 2, 29)),))
    row = late(start="6m after end_of_therapy", interval="P1Y")
    assert lines(tmp_path, facts, late_effects=[row])[0] == (
        "August 31, 2010 (the end of therapy) + 6 months = February 28, 2011, the month’s last day; "
        "February 29, 2024 (last Echo) + 1 year = February 28, 2025, the month’s last day. "
        "The latest counts: February 28, 2025."
    )


def test_the_later_of_two_starts(tmp_path: Path) -> None:
    facts = survivor(exposures={"chest_rt_gy": 20}, exposure_dates={"chest_rt": date(2009, 4, 1)})
    row = late(start="later of age 25y and 8y after date(chest_rt)", exposure="chest_rt_gy > 0")
    assert lines(tmp_path, facts, late_effects=[row])[0] == (
        "March 10, 2000 (birth) + 25 years = March 10, 2025; "
        "April 1, 2009 (the last day of label of chest_rt_gy) + 8 years = April 1, 2017. "
        "The latest counts: March 10, 2025."
    )


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({}, "June 15, 2010 (the end of therapy, as the last day of label of chest_rt_gy is not recorded)"),
        (
            {"exposures": {"chest_rt_gy": 20, "tbi_gy": 12}, "exposure_dates": {"tbi": date(2009, 4, 1)}},
            "April 1, 2009 (the last day of label of tbi_gy, as the last day of label of chest_rt_gy is not recorded)",
        ),
        ({"exposure_dates": {"chest_rt": date(2009, 4, 2)}}, "April 2, 2009 (the last day of label of chest_rt_gy)"),
    ],
    ids=["end of therapy", "total body irradiation", "recorded"],
)
def test_what_stands_in_for_a_day_that_is_not_recorded_is_said(
    tmp_path: Path, facts: dict[str, Any], told: str
) -> None:
    row = late(start="1y after date(chest_rt)", exposure="chest_rt_gy > 0")
    made = survivor(**({"exposures": {"chest_rt_gy": 20}} | facts))
    assert lines(tmp_path, made, late_effects=[row])[0].startswith(told)


def test_a_bare_last_day_that_is_not_recorded_is_said_too(tmp_path: Path) -> None:
    row = late(start="date(chest_rt)", exposure="chest_rt_gy > 0")
    assert lines(tmp_path, survivor(exposures={"chest_rt_gy": 20}), late_effects=[row])[0] == (
        "June 15, 2010 (the end of therapy, as the last day of label of chest_rt_gy is not recorded)."
    )


def test_the_last_transplant_is_the_newest_of_all_kinds(tmp_path: Path) -> None:
    dates = {"hsct_allo": date(2008, 1, 2), "hsct_auto": date(2009, 1, 31)}
    facts = survivor(exposures={"hsct_allo": 1, "hsct_auto": 1}, exposure_dates=dates)
    row = late(start="1m after date(hsct)", exposure="hsct_any")
    told = lines(tmp_path, facts, late_effects=[row])
    assert told[0] == "January 31, 2009 (the last transplant) + 1 month = February 28, 2009, the month’s last day."
    assert told[1] == "Not before the end of therapy: June 15, 2010."


def test_entry_to_follow_up_is_recorded_or_two_years_after_the_end(tmp_path: Path) -> None:
    row = late(start="1y after ltfu_entry")
    assert lines(tmp_path, survivor(), late_effects=[row])[0] == (
        "June 15, 2010 (the end of therapy, as entry to long-term follow-up is not recorded) "
        "+ 2 years = June 15, 2012 + 1 year = June 15, 2013."
    )
    assert lines(tmp_path, survivor(ltfu_entry_on=date(2013, 1, 7)), late_effects=[row])[0] == (
        "January 7, 2013 (entry to long-term follow-up) + 1 year = January 7, 2014."
    )


def test_an_event_starts_a_check(tmp_path: Path) -> None:
    facts = survivor(events={"baby_planned": date(2025, 5, 1)})
    row = late(start="event(baby_planned)")
    assert lines(tmp_path, facts, late_effects=[row])[0] == "May 1, 2025 (the event “baby planned”)."


def test_a_phase_by_age_does_not_begin_early(tmp_path: Path) -> None:
    facts = survivor(results=(result("echo", date(2026, 11, 1)),))
    rows = [late(exposure="age_y < 40", interval="P1Y"), late("le-2", exposure="age_y >= 40", interval="P5Y")]
    told = lines(tmp_path, facts, late_effects=rows)
    assert told[1] == (
        "Rule le-2: June 15, 2010 (the end of therapy); November 1, 2026 (last Echo) + 5 years = November 1, 2031; "
        "March 10, 2000 (birth) + 40 years = March 10, 2040, when this phase begins. "
        "The latest counts: March 10, 2040."
    )
    assert told[2] == "The earliest of these counts: November 1, 2027."


def test_a_schedule_counts_from_its_anchor_and_its_own_overdue_day(tmp_path: Path) -> None:
    facts = survivor(end_of_therapy_on=date(2026, 8, 31))
    rows = [band(interval_max="P6M")]
    assert lines(tmp_path, facts, "scan", recurrence=rows) == (
        "August 31, 2026 (the end of therapy) + 3 months = November 30, 2026, the month’s last day.",
        days(
            "October 1, 2026", "November 30, 2026", "February 28, 2027",
            "August 31, 2026 (the end of therapy) + 6 months = February 28, 2027, the month’s last day",
        ),
    )  # fmt: skip


def test_a_later_band_does_not_begin_early(tmp_path: Path) -> None:
    facts = survivor(end_of_therapy_on=date(2024, 6, 15), results=(result("scan", date(2026, 6, 1)),))
    rows = [band(), band("rc-2", **{"from": "P2Y", "to": "P5Y", "interval": "P6M"})]
    assert lines(tmp_path, facts, "scan", recurrence=rows)[0] == (
        "June 1, 2026 (last Scan) + 6 months = December 1, 2026; "
        "June 15, 2024 (the end of therapy) + 2 years = June 15, 2026, when this phase begins. "
        "The latest counts: December 1, 2026."
    )


def test_predisposition_counts_from_birth(tmp_path: Path) -> None:
    facts = survivor(predispositions=(Predisposition("Syndrome"),), results=(result("exam", date(2026, 3, 1)),))
    assert lines(tmp_path, facts, "exam", predisposition=[predisposed()])[0] == (
        "March 10, 2000 (birth) + 8 years = March 10, 2008; March 1, 2026 (last Exam) + 1 year = March 1, 2027. "
        "The latest counts: March 1, 2027."
    )


def test_nothing_is_due_before_the_end_of_therapy(tmp_path: Path) -> None:
    told = lines(tmp_path, survivor(), late_effects=[late(start="age 5y")])
    assert told[:2] == (
        "March 10, 2000 (birth) + 5 years = March 10, 2005.",
        "Not before the end of therapy: June 15, 2010.",
    )


def test_the_own_overdue_day_is_not_before_the_end_of_therapy_either(tmp_path: Path) -> None:
    tumors = (
        Diagnosis("Sarcoma", resected_on=date(2026, 1, 5), end_of_therapy_on=date(2026, 9, 1)),
        Diagnosis("Leukemia", end_of_therapy_on=date(2026, 12, 31)),
    )
    told = lines(tmp_path, survivor(diagnoses=tumors), "scan", recurrence=[band(anchor="resection")])
    assert told[1] == "Not before the end of therapy: December 31, 2026."
    assert told[2].endswith("overdue after December 31, 2026 (not before it is due).")


def test_two_rules_and_the_earlier_counts(tmp_path: Path) -> None:
    rows = [late(start="2y after end_of_therapy"), late("le-2", start="1y after end_of_therapy")]
    told = lines(tmp_path, survivor(), late_effects=rows)
    assert told[:3] == (
        "Rule le-2: June 15, 2010 (the end of therapy) + 1 year = June 15, 2011.",
        "Rule le-1: June 15, 2010 (the end of therapy) + 2 years = June 15, 2012.",
        "The earliest of these counts: June 15, 2011.",
    )


@pytest.mark.parametrize(
    ("precision", "day", "other_day", "where"),
    [("month", "June 1, 2010", "June 30, 2010", "month"), ("year", "January 1, 2010", "December 31, 2010", "year")],
)
def test_both_ends_of_a_date_known_in_part(
    tmp_path: Path, precision: str, day: str, other_day: str, where: str
) -> None:
    tumor = Diagnosis("Sarcoma", end_of_therapy_on=date(2010, 6, 15), precision={"end_of_therapy_on": precision})
    told = lines(tmp_path, survivor(diagnoses=(tumor,)), late_effects=[late(start="1y after end_of_therapy")])
    assert told[:3] == (
        f"Rule le-1: {day} (the end of therapy) + 1 year = {day[:-4]}2011.",
        f"Rule le-1, at the other end of the {where}, as the day is not known: "
        f"{other_day} (the end of therapy) + 1 year = {other_day[:-4]}2011.",
        f"The earliest of these counts: {day[:-4]}2011.",
    )


ECHO = result("echo", date(2026, 3, 1))
DECIDED = date(2026, 5, 4)


@pytest.mark.parametrize(
    ("decisions", "told"),
    [
        (
            [decision("add", DECIDED, due_on=date(2026, 12, 1))],
            ["A decision of May 4, 2026 asks for it on December 1, 2026."],
        ),
        (
            [decision("add", DECIDED, due_on=date(2028, 12, 1))],
            ["A decision of May 4, 2026 asks for it on December 1, 2028, which is not earlier."],
        ),
        (
            [decision("add", date(2026, 2, 1), due_on=date(2026, 2, 2), interval="P6M")],
            ["By a decision of February 1, 2026: March 1, 2026 (last Echo) + 6 months = September 1, 2026."],
        ),
        (
            [decision("set_interval", DECIDED, interval="P2W")],
            ["By a decision of May 4, 2026: March 1, 2026 (last Echo) + 2 weeks = March 15, 2026."],
        ),
        (
            [decision("defer", DECIDED, to=date(2027, 5, 1))],
            ["A decision of May 4, 2026 defers it to May 1, 2027."],
        ),
        (
            [decision("defer", DECIDED, to=date(2026, 6, 1))],
            ["A decision of May 4, 2026 defers it, but not beyond this date."],
        ),
        (
            [decision("defer", DECIDED, to=date(2027, 5, 1)), decision("set_interval", DECIDED, interval="P5Y")],
            [
                "By a decision of May 4, 2026: March 1, 2026 (last Echo) + 5 years = March 1, 2031.",
                "A decision of May 4, 2026 defers it, but not beyond this date.",
            ],
        ),
    ],
    ids=["added", "added later", "added and done", "re-timed", "deferred", "deferred too little", "both"],
)
def test_decisions_come_last_and_in_their_order(tmp_path: Path, decisions: Sequence[Any], told: list[str]) -> None:
    facts = survivor(results=(ECHO,), overrides=tuple(decisions))
    found = lines(tmp_path, facts, late_effects=[late()])
    assert list(found[1:-1]) == told


def test_what_only_a_decision_asks_for(tmp_path: Path) -> None:
    facts = survivor(overrides=(decision("add", DECIDED, test_code="blood", due_on=date(2026, 12, 1)),))
    assert lines(tmp_path, facts, "blood") == (
        "A decision of May 4, 2026 asks for it on December 1, 2026.",
        days("October 2, 2026", "December 1, 2026", "March 1, 2027"),
    )


def test_a_deferred_schedule_keeps_its_own_overdue_day_if_that_is_later(tmp_path: Path) -> None:
    facts = survivor(
        end_of_therapy_on=date(2026, 6, 15),
        overrides=(decision("defer", date(2026, 7, 1), test_code="scan", to=date(2026, 10, 1)),),
    )
    told = lines(tmp_path, facts, "scan", recurrence=[band(interval_max="P6M")])
    assert told[1] == "A decision of July 1, 2026 defers it to October 1, 2026."
    assert "overdue after December 15, 2026 (June 15, 2026 (the end of therapy) + 6 months" in told[2]
