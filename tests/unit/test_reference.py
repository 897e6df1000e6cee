"""The literal reference against dates worked out by hand, and against the worked cases."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.reference.plan import plan
from tests.reference.survivors import random_case
from tests.reference.tables import read_tables

CASES = Path(__file__).resolve().parents[1] / "cases"


def survivor(**said: Any) -> dict[str, Any]:
    """Hodgkin lymphoma, born June 15, 1990, therapy over on August 31, 2000; asked about on March 1, 2010."""
    person = {"birth_date": "1990-06-15", "sex": "female", "diagnosis": "Hodgkin lymphoma"}
    person |= {"end_of_therapy_on": "2000-08-31"} | said.pop("survivor", {})
    return {"id": "one", "as_of": "2010-03-01", "survivor": person} | said


def due(case: dict[str, Any], test_code: str) -> str | None:
    return next((item["due_on"] for item in plan(case)["items"] if item["test_code"] == test_code), None)


def overdue(case: dict[str, Any], test_code: str) -> str | None:
    return next((item.get("overdue_after") for item in plan(case)["items"] if item["test_code"] == test_code), None)


def result(test_code: str, on: str, **more: Any) -> dict[str, Any]:
    return {"test_code": test_code, "on": on, **more}


# Every worked case


def test_the_reference_reproduces_every_worked_case() -> None:
    files = sorted(CASES.glob("*.case.json"))
    assert len(files) >= 11
    for file in files:
        answer = json.loads(file.with_name(file.name.replace(".case.", ".answer.")).read_text(encoding="utf-8"))
        found = plan(json.loads(file.read_text(encoding="utf-8")))
        assert [(item["test_code"], item["due_on"]) for item in found["items"]] == [
            (item["test_code"], item["due_on"]) for item in answer["items"]
        ], file.name
        given = {item["test_code"]: item.get("overdue_after") for item in found["items"]}
        for item in answer["items"]:
            assert "overdue_after" not in item or given[item["test_code"]] == item["overdue_after"], file.name
        assert set(answer["gaps"]) <= set(found["gaps"]), file.name


# 1. Late effects


@pytest.mark.parametrize(
    ("on", "expected"),
    [("2000-08-30", "2002-08-31"), ("2000-08-31", None), ("2000-09-01", None), ("2010-03-02", "2002-08-31")],
)
def test_once_from_long_term_follow_up_is_closed_from_the_end_of_therapy_on(on: str, expected: str | None) -> None:
    case = survivor(exposures={"doxorubicin_mg_m2": 50}, results=[result("electrocardiogram", on)])
    case["survivor"]["birth_date"] = "1975-06-15"
    assert due(case, "electrocardiogram") == expected


@pytest.mark.parametrize(("on", "expected"), [("2015-03-14", "2015-06-15"), ("2015-03-15", None), ("2015-03-16", None)])
def test_once_is_closed_by_a_result_from_three_months_before_the_start(on: str, expected: str | None) -> None:
    case = survivor(
        exposures={"cranial_rt_gy": 20}, results=[result("dxa-bone-density", "2002-01-01")], as_of="2016-01-01"
    )
    case["results"].append(result("dxa-bone-density", on))
    assert due(case, "dxa-bone-density") == expected


def test_a_repeating_row_counts_from_the_newest_result_whenever_it_was() -> None:
    case = survivor(exposures={"doxorubicin_mg_m2": 250})
    assert due(case, "echocardiogram") == "2002-08-31"
    assert due(case | {"results": [result("echocardiogram", "2008-02-29")]}, "echocardiogram") == "2010-02-28"
    assert due(case | {"results": [result("echocardiogram", "1999-05-01")]}, "echocardiogram") == "2002-08-31"


@pytest.mark.parametrize(
    "flaw", [{"adequate": False}, {"claimed": True}, {"status": "preliminary"}, {"status": "entered-in-error"}]
)
def test_a_result_that_does_not_count_changes_nothing(flaw: dict[str, Any]) -> None:
    case = survivor(results=[result("pain-screen", "2009-01-01", **flaw)])
    assert due(case, "pain-screen") == "2002-08-31"
    assert due(survivor(results=[result("pain-screen", "2009-01-01", status="amended")]), "pain-screen") == "2014-01-01"


@pytest.mark.parametrize(("as_of", "expected"), [("2008-12-31", "2002-08-31"), ("2009-01-01", "2014-01-01")])
def test_a_result_counts_from_its_own_day_on(as_of: str, expected: str) -> None:
    assert due(survivor(results=[result("pain-screen", "2009-01-01")], as_of=as_of), "pain-screen") == expected


def test_a_check_missed_as_a_child_stays_missed_while_the_adult_row_runs() -> None:
    visited = [result("psychosocial-assessment", "2006-12-31")]
    assert due(survivor(results=visited), "psychosocial-assessment") == "2008-12-31"
    visited = [result("psychosocial-assessment", "2007-06-15")]
    assert due(survivor(results=visited), "psychosocial-assessment") == "2012-06-15"


@pytest.mark.parametrize(("as_of", "expected"), [("1998-06-14", "1997-12-01"), ("1998-06-15", None)])
def test_when_no_row_of_a_test_is_in_force_nothing_is_asked(as_of: str, expected: str | None) -> None:
    case = survivor(exposures={"hp_surgery": 1}, exposure_dates={"hp_rt": "1997-06-01"}, as_of=as_of)
    case["survivor"]["end_of_therapy_on"] = "1997-07-01"
    assert due(case, "growth-and-puberty-examination") == expected


@pytest.mark.parametrize(("as_of", "expected"), [("2050-06-14", "2015-06-15"), ("2050-06-15", None)])
def test_a_window_ended_by_until_is_over_on_that_day(as_of: str, expected: str | None) -> None:
    case = survivor(exposures={"breast_rt_gy": 10}, as_of=as_of)
    assert due(case, "mammogram") == expected


def test_the_later_of_two_starts_is_taken_with_the_date_of_the_field() -> None:
    case = survivor(exposures={"breast_rt_gy": 10}, exposure_dates={"breast_rt": "2008-02-29"})
    assert due(case, "breast-mri") == "2016-02-29"


def test_an_organ_without_a_date_takes_that_of_tbi_and_else_the_end_of_therapy() -> None:
    case = survivor(exposures={"tbi_gy": 12}, exposure_dates={"tbi": "1999-01-10"})
    assert due(case, "neck-palpation") == "2004-01-10"
    assert due(case | {"exposure_dates": {}}, "neck-palpation") == "2005-08-31"
    assert due(case | {"exposures": {"thyroid_rt_gy": 12, "tbi_gy": 0}}, "neck-palpation") == "2005-08-31"


def test_the_date_of_transplant_is_the_newest_recorded() -> None:
    case = survivor(exposures={"hsct_allo": 1}, exposure_dates={"hsct_allo": "1999-02-28", "hsct_auto": "2000-01-31"})
    assert due(case, "hsct-revaccination") == "2001-01-31"


@pytest.mark.parametrize(("as_of", "expected"), [("2009-12-31", None), ("2010-01-01", "2010-01-01")])
def test_an_event_counts_once_it_has_happened(as_of: str, expected: str | None) -> None:
    case = survivor(exposures={"uterus_rt_gy": 20, "pregnant_or_planning": 1}, as_of=as_of)
    assert due(case | {"events": {"pregnancy_planned": "2010-01-01"}}, "obstetric-counsel") == expected


def test_an_unknown_dose_is_treated_as_met_and_reported() -> None:
    answered = plan(survivor(exposures={"cranial_rt_gy": None}))
    assert "cerebrovascular-history" in answered["gaps"]
    assert "leukoencephalopathy-exam" not in answered["gaps"]


def test_a_row_for_one_sex_asks_an_unknown_sex_and_says_so() -> None:
    case = survivor(exposures={"pelvis_rt_gy": 10})
    assert due(case, "male-fertility-counseling") is None
    case["survivor"]["sex"] = "unknown"
    assert due(case, "male-fertility-counseling") == "2002-08-31"
    assert "male-gonadal-counsel" in plan(case)["gaps"]


# 2. Recurrence


EWING = {"diagnosis": "Ewing sarcoma", "end_of_therapy_on": "2008-01-31"}


def ewing(*days: str, as_of: str = "2010-03-01") -> dict[str, Any]:
    results = [result("history-and-physical-examination", day) for day in days]
    return survivor(survivor=EWING, results=results, as_of=as_of)


@pytest.mark.parametrize(
    ("last", "due_on", "overdue_after"),
    [
        ("2008-01-30", "2008-04-30", "2008-04-30"),
        ("2008-01-31", "2008-04-30", "2008-04-30"),
        ("2009-10-31", "2010-01-31", "2010-01-31"),
        ("2009-11-01", "2010-05-01", "2010-05-01"),
        ("2010-01-30", "2010-07-30", "2010-07-30"),
        ("2010-01-31", "2010-07-31", "2010-07-31"),
    ],
)
def test_the_last_day_of_a_band_is_still_in_time(last: str, due_on: str, overdue_after: str) -> None:
    case = ewing(last)
    assert due(case, "history-and-physical-examination") == due_on
    assert overdue(case, "history-and-physical-examination") == overdue_after


def test_the_longest_interval_says_when_it_is_overdue() -> None:
    case = survivor(survivor=EWING, results=[result("chest-ct", "2008-12-31")])
    assert (due(case, "chest-imaging"), overdue(case, "chest-imaging")) == ("2009-02-28", "2009-03-31")


def test_past_the_last_band_a_schedule_is_finished() -> None:
    case = survivor(survivor=EWING, as_of="2019-01-01", results=[result("chest-ct", "2017-01-31")])
    assert due(case, "chest-imaging") == "2018-01-31"
    case["results"] = [result("chest-ct", "2017-02-01")]
    assert due(case, "chest-imaging") is None
    assert not [gap for gap in plan(case)["gaps"] if gap.startswith("history:") and "chest" in gap]


@pytest.mark.parametrize(("as_of", "asked"), [("2018-01-30", "2008-03-31"), ("2018-01-31", None)])
def test_a_schedule_over_without_any_result_reports_the_missing_history(as_of: str, asked: str | None) -> None:
    case = survivor(survivor=EWING, as_of=as_of)
    assert due(case, "chest-imaging") == asked
    rows = [row["id"] for row in read_tables().recurrence if row["diagnosis"] == "Ewing sarcoma"]
    first = next(row for row in rows if "chest" in row)
    assert (f"history:{first}" in plan(case)["gaps"]) is (asked is None)


def test_a_schedule_without_its_anchor_reports_each_of_its_rows() -> None:
    rows = {row["id"] for row in read_tables().recurrence if row["diagnosis"] == "Ependymoma"}
    case = survivor(survivor={"diagnosis": "Ependymoma"})
    assert set(plan(case)["gaps"]) == rows
    case["survivor"]["resected_on"] = "2000-05-31"
    assert plan(case)["gaps"] == []
    assert due(case, "brain-mri") == "2000-08-31"


def test_what_cannot_be_scheduled_is_named() -> None:
    assert plan(survivor(survivor={"diagnosis": "Odd tumor"}))["gaps"] == ["diagnosis-not-in-pack:Odd tumor"]
    germ = survivor(survivor={"diagnosis": "Germ cell tumor, extracranial"})
    assert plan(germ)["gaps"] == ["no-schedule:Germ cell tumor, extracranial"]


@pytest.mark.parametrize(
    ("second_ends", "expected"),
    [("2008-01-30", "2008-04-30"), ("2008-01-31", "2008-06-15"), ("2008-02-01", "2008-06-15")],
)
def test_the_newest_entry_of_a_name_replaces_the_older_and_a_tie_goes_to_the_later(
    second_ends: str, expected: str
) -> None:
    first = {"diagnosis": "Wilms tumor", "diagnosed_on": "2008-01-31", "end_of_therapy_on": "2008-01-31"}
    second = first | {"diagnosed_on": "2008-03-15", "end_of_therapy_on": second_ends}
    case = survivor(survivor=first | {"other_diagnoses": [second]})
    assert due(case, "history-and-physical-examination") == expected


def test_a_further_primary_keeps_its_own_dates_and_everything_else_the_newest_end() -> None:
    case = survivor(survivor={"other_diagnoses": [EWING]}, results=[result("chest-x-ray", "2009-01-31")])
    assert due(case, "chest-imaging") == "2009-03-31"
    assert due(case, "pain-screen") == "2010-01-31"


# 3. Predisposition


@pytest.mark.parametrize(("as_of", "expected"), [("1998-06-14", "2000-08-31"), ("1998-06-15", None)])
def test_predisposition_is_over_on_the_day_of_its_last_age(as_of: str, expected: str | None) -> None:
    case = survivor(predispositions=[{"syndrome": "Neurofibromatosis 1"}], as_of=as_of)
    assert due(case, "ophthalmology-evaluation") == expected


@pytest.mark.parametrize(("on", "expected"), [("2006-03-14", "2006-06-15"), ("2006-03-15", None)])
def test_a_one_off_stays_due_past_the_age_by_which_it_should_be_done(on: str, expected: str | None) -> None:
    case = survivor(predispositions=[{"syndrome": "Neurofibromatosis 1"}], as_of="2030-01-01")
    assert due(case | {"results": [result("whole-body-mri", on)]}, "whole-body-mri") == expected


def test_a_syndrome_that_matches_no_row_is_named() -> None:
    case = survivor(predispositions=[{"syndrome": "MEN2"}])
    assert "no-schedule:MEN2" in plan(case)["gaps"]


# 4 and 5. Merging, and the end of therapy


def test_a_recurrence_row_wins_a_tie_and_brings_its_own_overdue_day() -> None:
    case = survivor(survivor={"diagnosis": "Leiomyosarcoma"})
    assert (due(case, "survivorship-clinic-visit"), overdue(case, "survivorship-clinic-visit")) == ("2001-08-31",) * 2


def test_nothing_is_due_before_the_end_of_therapy() -> None:
    case = survivor(predispositions=[{"syndrome": "von Hippel-Lindau"}])
    assert due(case, "retinal-examination") == "2000-08-31"


# 6. Overrides


def decided(action: str, on: str, **more: str) -> dict[str, str]:
    return {"test_code": "pain-screen", "action": action, "decided_on": on, **more}


def pain(*overrides: dict[str, str], results: tuple[str, ...] = (), as_of: str = "2010-03-01") -> str | None:
    said = [result("pain-screen", day) for day in results]
    return due(survivor(overrides=list(overrides), results=said, as_of=as_of), "pain-screen")


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [("2009-12-31", "2002-08-31"), ("2010-01-01", None), ("2010-06-29", None), ("2010-06-30", "2002-08-31")],
)
def test_a_decision_holds_from_its_day_until_it_expires(as_of: str, expected: str | None) -> None:
    assert pain(decided("stop", "2010-01-01", expires_on="2010-06-30"), as_of=as_of) == expected


def test_a_deferral_moves_a_date_later_and_never_earlier() -> None:
    assert pain(decided("defer", "2010-01-01", to="2011-01-01")) == "2011-01-01"
    assert pain(decided("defer", "2010-01-01", to="2001-01-01")) == "2002-08-31"


def test_an_interval_needs_a_base() -> None:
    assert pain(decided("set_interval", "2010-01-01", interval="P18M")) == "2002-08-31"
    assert pain(decided("set_interval", "2010-01-01", interval="P18M"), results=("2000-01-31",)) == "2001-07-31"


def test_the_newest_decision_counts_and_on_one_day_the_later_listed() -> None:
    first, second = decided("defer", "2010-01-01", to="2012-01-01"), decided("defer", "2010-01-01", to="2011-01-01")
    assert pain(first, second) == "2011-01-01"
    assert pain(second, first) == "2012-01-01"
    assert pain(decided("defer", "2010-01-02", to="2013-01-01"), first) == "2013-01-01"


def test_an_added_test_is_due_until_done_then_again_only_with_an_interval() -> None:
    scan = {"test_code": "brain-mri", "action": "add", "decided_on": "2009-01-01", "due_on": "2009-06-01"}
    assert due(survivor(overrides=[scan]), "brain-mri") == "2009-06-01"
    before, since = [result("brain-mri", "2008-12-31")], [result("brain-and-spine-mri", "2009-01-01")]
    assert due(survivor(overrides=[scan], results=before), "brain-mri") == "2009-06-01"
    assert due(survivor(overrides=[scan], results=since), "brain-mri") is None
    assert due(survivor(overrides=[scan | {"interval": "P2W"}], results=since), "brain-mri") == "2009-01-15"


def test_an_added_test_wins_only_when_it_is_earlier() -> None:
    added = {"test_code": "survivorship-clinic-visit", "action": "add", "decided_on": "2009-01-01"}
    case = survivor(survivor={"diagnosis": "Leiomyosarcoma"})
    assert (
        overdue(case | {"overrides": [added | {"due_on": "2001-08-31"}]}, "survivorship-clinic-visit") == "2001-08-31"
    )
    assert overdue(case | {"overrides": [added | {"due_on": "2001-08-30"}]}, "survivorship-clinic-visit") is None
    assert due(case | {"overrides": [added | {"due_on": "2000-01-01"}]}, "survivorship-clinic-visit") == "2000-01-01"


# Invented survivors


def test_an_invented_survivor_is_the_same_for_the_same_seed() -> None:
    assert random_case(17) == random_case(17)
    assert random_case(17) != random_case(18)


def test_invented_survivors_meet_every_test_every_gap_and_every_action() -> None:
    cases = [random_case(seed) for seed in range(800)]
    answers = [plan(case) for case in cases]
    asked = {item["test_code"] for answer in answers for item in answer["items"]}
    tables = read_tables()
    rows = [*tables.late_effects, *tables.recurrence, *tables.predisposition]
    assert not {row["test_code"] for row in rows} - asked
    gaps = {gap.partition(":")[0] for answer in answers for gap in answer["gaps"]}
    assert {"history", "no-schedule", "diagnosis-not-in-pack", "cerebrovascular-history"} <= gaps
    actions = {decision["action"] for case in cases for decision in case["overrides"]}
    assert actions == {"add", "set_interval", "defer", "stop"}
    assert any(case["survivor"]["birth_date"].endswith("02-29") for case in cases)
    assert any(
        item["due_on"] == case["as_of"] for case, answer in zip(cases, answers, strict=True) for item in answer["items"]
    )
