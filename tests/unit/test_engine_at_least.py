"""A dose given, unknown, but so much at least: it decides what its known part reaches, and says so."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.unit.tiny_pack import due, gap_ids, item, late, survivor, tiny_pack
from tracker.engine.chart import open_chart, total_doses
from tracker.engine.evaluate import evaluate
from tracker.engine.explain import explain_item, explain_not_applicable
from tracker.engine.not_applicable import not_applicable
from tracker.engine.types import CarePlan, Facts
from tracker.engine.words import Words
from tracker.guidelines.loader import load_pack

ON = date(2015, 1, 1)


def known_in_part(**parts: Any) -> Facts:
    """Each of these was given, its dose unknown but for a part (None: no part either)."""
    at_least = {name: Decimal(str(part)) for name, part in parts.items() if part is not None}
    return survivor(exposures=dict.fromkeys(parts), at_least=at_least)


def planned(folder: Path, exposure: str, facts: Facts) -> CarePlan:
    pack = tiny_pack(folder, late_effects=[late(exposure=exposure)])
    return evaluate(facts, pack, on=ON)


@pytest.mark.parametrize(
    ("exposure", "part", "asked", "gap"),
    [
        ("drug_mg_m2 >= 250", 249, True, True),
        ("drug_mg_m2 >= 250", 250, True, False),
        ("drug_mg_m2 >= 250", "300.5", True, False),
        ("drug_mg_m2 >= 250", None, True, True),
        ("drug_mg_m2 > 250", 250, True, True),
        ("drug_mg_m2 > 250", 251, True, False),
        ("drug_mg_m2 > 0 and drug_mg_m2 < 250", 249, True, True),
        ("drug_mg_m2 > 0 and drug_mg_m2 < 250", 250, False, False),
        ("sum_mg_m2 >= 250", 250, True, False),
        ("sum_mg_m2 >= 250", 249, True, True),
    ],
)
def test_the_known_part_decides_what_it_reaches(
    tmp_path: Path, exposure: str, part: Any, asked: bool, gap: bool
) -> None:
    plan = planned(tmp_path, exposure, known_in_part(drug_mg_m2=part))
    assert (due(plan, "echo") is not None) is asked
    assert ("le-1" in gap_ids(plan)) is gap


def test_sums_and_maxima_carry_the_known_parts_on(tmp_path: Path) -> None:
    facts = known_in_part(drug_mg_m2=300, other_mg_m2=50, tbi_gy=12, chest_rt_gy=None)
    doses = open_chart(facts, tiny_pack(tmp_path), ON).doses
    assert (doses.value("sum_mg_m2"), doses.certain["sum_mg_m2"]) == (None, Decimal(330))
    assert (doses.value("heart_rt_gy"), doses.certain["heart_rt_gy"]) == (None, Decimal(12))


def test_a_part_of_a_dose_that_is_known_or_was_not_given_says_nothing() -> None:
    part = {"drug_mg_m2": Decimal(300)}
    known = total_doses({"drug_mg_m2": Decimal(100)}, (), has_predisposition=False, at_least=part)
    assert known.value("drug_mg_m2") == known.certain["drug_mg_m2"] == 100
    assert "drug_mg_m2" not in total_doses({}, (), has_predisposition=False, at_least=part).given


def test_a_part_of_nothing_is_still_given(tmp_path: Path) -> None:
    plan = planned(tmp_path, "drug_mg_m2", known_in_part(drug_mg_m2=0))
    [reason] = item(plan, "echo").reasons
    assert (reason.exposures, reason.at_least) == ((("drug_mg_m2", None),), ())


def test_the_reason_keeps_the_dose_unknown_and_its_known_part_beside_it(tmp_path: Path) -> None:
    plan = planned(tmp_path, "drug_mg_m2 >= 250 or chest_rt_gy", known_in_part(drug_mg_m2=300, chest_rt_gy=None))
    [reason] = item(plan, "echo").reasons
    assert reason.exposures == (("drug_mg_m2", None), ("chest_rt_gy", None))
    assert reason.at_least == (("drug_mg_m2", Decimal(300)),)


def test_a_reason_of_known_doses_has_no_part(tmp_path: Path) -> None:
    plan = planned(tmp_path, "drug_mg_m2 >= 250", survivor(exposures={"drug_mg_m2": 300, "tbi_gy": None}))
    assert item(plan, "echo").reasons[0].at_least == ()


def test_a_clinician_reads_at_least_with_the_limits_it_reaches() -> None:
    pack = load_pack()
    plan = evaluate(known_in_part(doxorubicin_mg_m2="300.0000"), pack, on=ON)
    assert explain_item(item(plan, "echocardiogram"), pack)[0] == (
        "Due every 2 years because of doxorubicin-equivalent anthracycline dose, at least 300 mg/m² (≥ 250 mg/m²)."
    )
    below = evaluate(known_in_part(doxorubicin_mg_m2=100), pack, on=ON)
    sentences = explain_item(item(below, "echocardiogram"), pack)
    assert sentences[0].startswith(
        "Due every 2 years because of doxorubicin-equivalent anthracycline dose, at least 100"
    )
    assert "250" not in sentences[0]
    assert any("not fully known, so it is planned as a precaution" in sentence for sentence in sentences)


def test_a_limit_that_the_whole_dose_may_pass_is_not_named(tmp_path: Path) -> None:
    pack = tiny_pack(tmp_path, late_effects=[late(exposure="drug_mg_m2 >= 100 and drug_mg_m2 < 250")])
    plan = evaluate(known_in_part(drug_mg_m2=150), pack, on=ON)
    assert explain_item(item(plan, "echo"), pack)[0] == (
        "Due every year because of label of drug_mg_m2, at least 150 mg/m² (≥ 100 mg/m²)."
    )


def test_a_family_reads_no_dose_at_all() -> None:
    pack = load_pack()
    plan = evaluate(known_in_part(doxorubicin_mg_m2=300), pack, on=ON)
    assert "300" not in " ".join(explain_item(item(plan, "echocardiogram"), pack, audience="family"))


def test_doses_known_in_part_in_words() -> None:
    words = Words(load_pack())
    assert words.dose("doxorubicin_mg_m2", None, Decimal("300.00")) == "doxorubicin, at least 300 mg/m²"
    assert words.dose("doxorubicin_mg_m2", Decimal(250), Decimal(300)) == "doxorubicin, 250 mg/m²"
    assert words.dose("rbc_transfusions_n", None, Decimal(12)) == "red-cell transfusions, at least 12"
    assert words.dose("nephrectomy", None, Decimal(1)) == "removal of a kidney, dose unknown"


def test_at_least_passes_the_translator_as_a_phrase() -> None:
    words = Words(load_pack(), lambda text: text.replace("at least {amount}", "mindestens {amount}"))
    assert words.dose("doxorubicin_mg_m2", None, Decimal(300)) == "doxorubicin, mindestens 300 mg/m²"


def test_a_rule_that_the_known_part_rules_out_says_so(tmp_path: Path) -> None:
    pack = tiny_pack(tmp_path, late_effects=[late(exposure="drug_mg_m2 > 0 and drug_mg_m2 < 250")])
    entries = not_applicable(known_in_part(drug_mg_m2="300.5"), pack, on=ON)
    [entry] = [each for each in entries if each.rule_id == "le-1"]
    assert entry.detail == (("drug_mg_m2", "at least 300.5"),)
    assert explain_not_applicable(entry, pack) == (
        "The exposures do not fit (label of drug_mg_m2: at least 300.5 mg/m²)."
    )
