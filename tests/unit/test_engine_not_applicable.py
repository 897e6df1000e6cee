"""What asks for nothing, and why: every rule in force is either a reason or explained here."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.reference.survivors import random_case
from tests.unit.tiny_pack import Row, band, decision, late, predisposed, result, survivor, tiny_pack
from tracker.engine.evaluate import evaluate
from tracker.engine.explain import explain_not_applicable
from tracker.engine.not_applicable import not_applicable
from tracker.engine.types import Diagnosis, NotApplicable, Predisposition, RuleKind
from tracker.guidelines.cases import parse_case
from tracker.guidelines.loader import load_pack

ON = date(2015, 1, 1)
HAS = (Predisposition("Syndrome"),)


def why(
    folder: Path, row: Row | None = None, *, on: date = ON, table: str = "late_effects", **facts: Any
) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """The code and facts for the first row of a table; None if it asks for something."""
    made: dict[str, Any] = {"late_effects": [], "predisposition": [], "recurrence": [band("z", to="")]}
    if row is not None:
        made[table] = [row]
    pack = tiny_pack(folder, **made)
    found = {each.rule_id: each for each in not_applicable(survivor(**facts), pack, on=on)}
    entry = found.get(row["id"] if row else "")
    return (entry.why, entry.detail) if entry else None


def test_a_row_that_asks_is_not_explained_away(tmp_path: Path) -> None:
    assert why(tmp_path, late()) is None


@pytest.mark.parametrize(
    ("exposure", "given", "detail"),
    [
        ("surgery", {}, (("surgery", "not recorded"),)),
        ("surgery", {"surgery": 0}, (("surgery", "0"),)),
        ("drug_mg_m2 >= 250", {"drug_mg_m2": "100.50"}, (("drug_mg_m2", "100.5"),)),
        ("drug_mg_m2 >= 250", {"drug_mg_m2": 200}, (("drug_mg_m2", "200"),)),
        ("surgery or amputation", {}, (("surgery", "not recorded"), ("amputation", "not recorded"))),
        ("surgery and amputation", {"surgery": 1}, (("amputation", "not recorded"),)),
        ("any_cancer and not surgery", {"surgery": None}, (("surgery", "unknown"),)),
    ],
)
def test_the_exposures_that_do_not_fit_are_named_with_what_is_recorded(
    tmp_path: Path, exposure: str, given: dict[str, Any], detail: tuple[tuple[str, str], ...]
) -> None:
    assert why(tmp_path, late(exposure=exposure), exposures=given) == ("not_exposed", detail)


def test_another_sex(tmp_path: Path) -> None:
    assert why(tmp_path, late(sex="male")) == ("other_sex", (("sex", "female"), ("rule_sex", "male")))
    facts: dict[str, Any] = {"predispositions": HAS}
    assert why(tmp_path, predisposed(sex="male"), table="predisposition", **facts) == (
        "other_sex",
        (("sex", "female"), ("rule_sex", "male")),
    )


def test_ages_yet_to_come_and_ages_gone_by(tmp_path: Path) -> None:
    coming = late(exposure="any_cancer and age_y >= 30")
    assert why(tmp_path, coming) == ("outside_window", (("opens_on", "2030-03-10"),))
    gone = late(exposure="any_cancer and age_y < 12")
    assert why(tmp_path, gone) == ("finished", (("ended_on", "2012-03-10"),))
    ended = late(until="2y after end_of_therapy")
    assert why(tmp_path, ended) == ("finished", (("ended_on", "2012-06-15"),))


def test_a_date_that_would_come_too_late(tmp_path: Path) -> None:
    row = late(until="6y after end_of_therapy", interval="P5Y")
    done = (result("echo", date(2014, 1, 1)),)
    assert why(tmp_path, row, results=done) == ("finished", (("ends_on", "2016-06-15"),))


def test_an_event_that_has_not_happened(tmp_path: Path) -> None:
    row = late(start="event(baby_planned)", interval="once")
    assert why(tmp_path, row) == ("event_not_happened", (("event", "baby_planned"),))


def test_done_once(tmp_path: Path) -> None:
    done = (result("wide-scan", date(2011, 1, 1)),)
    row = late(interval="once", test_code="scan")
    assert why(tmp_path, row, results=done) == (
        "done",
        (("result_on", "2011-01-01"), ("result_code", "wide-scan")),
    )
    once = predisposed(interval="P0D", test_code="scan")
    assert why(tmp_path, once, table="predisposition", results=done, predispositions=HAS) == (
        "done",
        (("result_on", "2011-01-01"), ("result_code", "wide-scan")),
    )


def test_no_end_of_therapy(tmp_path: Path) -> None:
    assert why(tmp_path, late(), diagnoses=(Diagnosis("Sarcoma"),)) == ("no_end_of_therapy", ())


def test_stopped_by_a_decision(tmp_path: Path) -> None:
    stopped = (decision("stop", date(2014, 6, 1)),)
    assert why(tmp_path, late(), overrides=stopped) == ("stopped", (("decided_on", "2014-06-01"),))


def test_another_diagnosis_another_stratum(tmp_path: Path) -> None:
    other = band("r", diagnosis="Leukemia")
    assert why(tmp_path, other, table="recurrence") == ("other_diagnosis", (("diagnosis", "Leukemia"),))
    high = band("r", stratum="grade = high and age < P10Y")
    assert why(tmp_path, high, table="recurrence") == ("other_stratum", (("grade", "unknown"), ("age", "14")))
    infant = band("r", stratum="age_at_diagnosis < P1Y")
    assert why(tmp_path, infant, table="recurrence") == ("other_stratum", (("age_at_diagnosis", "unknown"),))


def test_no_anchor_date_and_a_lost_history(tmp_path: Path) -> None:
    resected = band("r", anchor="resection")
    assert why(tmp_path, resected, table="recurrence") == ("no_anchor_date", (("resected_on", "unknown"),))
    assert why(tmp_path, band("r"), table="recurrence") == ("history_missing", (("anchor", "2010-06-15"),))


def test_a_schedule_that_is_finished_and_a_band_that_another_stands_for(tmp_path: Path) -> None:
    done = (result("scan", date(2012, 6, 1)),)
    assert why(tmp_path, band("r"), table="recurrence", results=done) == ("finished", (("ended_on", "2012-06-15"),))
    pack = tiny_pack(tmp_path, late_effects=[], predisposition=[])
    found = {each.rule_id: each for each in not_applicable(survivor(), pack, on=date(2011, 1, 1))}
    assert found == {
        "rc-2": NotApplicable("rc-2", RuleKind.RECURRENCE, "scan", "other_band", (("band", "rc-1"),)),
    }


def test_a_syndrome_that_is_not_recorded_or_of_another_kind_or_over(tmp_path: Path) -> None:
    assert why(tmp_path, predisposed(), table="predisposition") == ("not_predisposed", (("syndrome", "Syndrome"),))
    other = predisposed(stratum="gene = a")
    facts: dict[str, Any] = {"predispositions": HAS}
    assert why(tmp_path, other, table="predisposition", **facts) == ("other_stratum", (("gene", "unknown"),))
    over = predisposed(until="P12Y")
    assert why(tmp_path, over, table="predisposition", **facts) == ("finished", (("ended_on", "2012-03-10"),))


@pytest.mark.parametrize("seed", range(900_000, 900_060))
def test_every_rule_is_either_a_reason_or_explained(seed: int) -> None:
    pack = load_pack()
    case = parse_case(random_case(seed), pack)
    plan = evaluate(case.facts, pack, on=case.as_of)
    asking = {reason.rule_id for each in plan.items for reason in each.reasons if reason.kind is not RuleKind.OVERRIDE}
    silent = not_applicable(case.facts, pack, on=case.as_of)
    ids = [entry.rule_id for entry in silent]
    assert len(ids) == len(set(ids))
    assert not asking & set(ids)
    assert asking | set(ids) == set(pack.rules)
    assert ids == [rule_id for rule_id in pack.rules if rule_id in set(ids)]
    assert all(explain_not_applicable(entry, pack).endswith(".") for entry in silent)
