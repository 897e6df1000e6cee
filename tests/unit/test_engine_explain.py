"""Reasons in words: exact for a clinician, plain and calm for a family, ready to be translated."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.reference.survivors import random_case
from tests.unit.tiny_pack import band, decision, item, late, predisposed, result, survivor, tiny_pack
from tracker.engine.evaluate import evaluate
from tracker.engine.explain import explain_gap, explain_item, explain_not_applicable
from tracker.engine.not_applicable import not_applicable
from tracker.engine.rules import Pack
from tracker.engine.types import DataGap, NotApplicable, PlannedItem, Predisposition, RuleKind
from tracker.engine.words import Words
from tracker.guidelines.cases import parse_case
from tracker.guidelines.loader import load_pack

ON = date(2026, 11, 23)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


def planned(pack: Pack, test_code: str, **facts: Any) -> PlannedItem:
    return item(evaluate(survivor(**facts), pack, on=ON), test_code)


def told(pack: Pack, test_code: str, audience: str = "clinician", **facts: Any) -> tuple[str, ...]:
    return explain_item(planned(pack, test_code, **facts), pack, audience=audience)


ECHO_FACTS: dict[str, Any] = {
    "exposures": {"doxorubicin_mg_m2": 300},
    "results": (result("echocardiogram", date(2026, 3, 1)),),
}


def test_a_clinician_is_told_interval_exposure_dose_threshold_and_last_result(pack: Pack) -> None:
    sentences = told(pack, "echocardiogram", **ECHO_FACTS)
    assert sentences[0] == (
        "Due every 2 years because of doxorubicin-equivalent anthracycline dose, 300 mg/m² (≥ 250 mg/m²)."
    )
    assert sentences[1] == "Last done March 1, 2026."
    assert sentences[2] == "Counted from 2 years after the end of therapy, June 15, 2012."
    assert sentences[3] == (
        "Rule echo-high of childhood-cancer/2026.1: IGHG cardiomyopathy 2023, high-risk band (confirmed)."
    )


def test_a_family_is_told_in_plain_words_without_dose(pack: Pack) -> None:
    assert told(pack, "echocardiogram", "family", **ECHO_FACTS) == (
        "This check is done every 2 years. The reason is some of the chemotherapy medicines.",
        "You last had it on March 1, 2026.",
    )


def test_limits_on_both_sides_are_named(pack: Pack) -> None:
    sentences = told(pack, "echocardiogram", exposures={"doxorubicin_mg_m2": "150.5", "heart_rt_gy": 20})
    assert sentences[0] == (
        "Due every 2 years because of doxorubicin-equivalent anthracycline dose, 150.5 mg/m² (≥ 100 and < 250 mg/m²) "
        "and radiation dose to the heart, 20 Gy (≥ 15 and < 30 Gy)."
    )


def test_without_a_result_that_is_said(pack: Pack) -> None:
    assert "No result that counts is on record." in told(pack, "skin-examination", exposures={"chest_rt_gy": 10})


def test_an_unknown_dose_is_said_and_planned_as_a_precaution(pack: Pack) -> None:
    sentences = told(pack, "echocardiogram", exposures={"heart_rt_gy": None})
    assert "radiation dose to the heart, dose unknown" in sentences[0]
    assert any("not fully known, so it is planned as a precaution" in sentence for sentence in sentences)


def test_a_result_that_stood_in_is_named(tmp_path: Path) -> None:
    tiny = tiny_pack(tmp_path, late_effects=[late(test_code="scan")], recurrence=[band(to="P9Y")])
    sentences = told(tiny, "scan", results=(result("wide-scan", date(2012, 2, 29)),))
    assert "Last done February 29, 2012, by Wide-Scan." in sentences


def test_recurrence_names_diagnosis_stratum_range_and_overdue_day(tmp_path: Path) -> None:
    row = band(stratum="grade in (high, unknown)", to="", interval_max="P6M")
    tiny = tiny_pack(tmp_path, recurrence=[row])
    sentences = told(tiny, "scan")
    assert sentences[0] == (
        "Due every 3 to 6 months because of recurrence surveillance after Sarcoma (grade in (high, unknown))."
    )
    assert "Counted from the end of therapy, June 15, 2010." in sentences
    assert "Overdue after December 15, 2010." in sentences


def test_predisposition_names_the_syndrome_to_clinicians_and_never_to_families(tmp_path: Path) -> None:
    tiny = tiny_pack(tmp_path, predisposition=[predisposed(interval_max="P2Y")])
    facts: dict[str, Any] = {"predispositions": (Predisposition("Syndrome"),)}
    sentences = told(tiny, "exam", **facts)
    assert sentences[0] == "Due every 1 to 2 years because of the inherited predisposition Syndrome."
    assert "Counted from age 8, March 10, 2008." in sentences
    assert "Not due before the end of therapy." in sentences
    assert told(tiny, "exam", "family", **facts) == ("This check is part of the plan your clinic made for you.",)


def test_every_other_rule_that_asks_is_told_with_its_own_date(tmp_path: Path) -> None:
    rows = [late("one"), late("two", exposure="surgery", interval="P5Y", start="age 30y")]
    sentences = told(tiny_pack(tmp_path, late_effects=rows), "echo", exposures={"surgery": 1})
    assert (
        "Also asked for every 5 years because of label of surgery; that alone would make it due on March 10, 2030."
        in (sentences)
    )
    assert sum(sentence.startswith("Rule ") for sentence in sentences) == 2


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (decision("add", date(2026, 1, 1), due_on=date(2009, 2, 1)),
         "Added by a decision of January 1, 2026, due on February 1, 2009."),
        (decision("set_interval", date(2026, 1, 1), interval="P3Y"),
         "Re-timed to every 3 years by a decision of January 1, 2026."),
        (decision("defer", date(2026, 1, 1), to=date(2028, 5, 14)),
         "Deferred by a decision of January 1, 2026; due on May 14, 2028."),
    ],
)  # fmt: skip
def test_a_decision_is_told_beside_the_rule(tmp_path: Path, made: Any, sentence: str) -> None:
    tiny = tiny_pack(tmp_path)
    facts: dict[str, Any] = {"overrides": (made,), "results": (result("echo", date(2024, 1, 1)),)}
    sentences = told(tiny, "echo", **facts)
    assert sentences[0] == "Due every year because of label of any_cancer."
    assert sentence in sentences
    assert "Your clinic chose this date for you." in told(tiny, "echo", "family", **facts)


def test_an_item_that_only_a_clinician_asked_for_needs_no_rule(tmp_path: Path) -> None:
    tiny = tiny_pack(tmp_path)
    facts: dict[str, Any] = {"overrides": (decision("add", date(2026, 1, 1), "blood", due_on=date(2027, 2, 1)),)}
    assert told(tiny, "blood", **facts) == (
        "Added by a decision of January 1, 2026, due on February 1, 2027.",
        "No result that counts is on record.",
    )
    assert told(tiny, "blood", "family", **facts) == (
        "This check is part of the plan your clinic made for you.",
        "Your clinic chose this date for you.",
    )


def test_the_yearly_visit_is_told_simply(pack: Pack) -> None:
    assert told(pack, "survivorship-clinic-visit", "family") == (
        "This is your regular visit, to see how you are doing.",
    )


def test_a_test_asked_for_once_is_told_so(pack: Pack) -> None:
    facts: dict[str, Any] = {"exposures": {"bleomycin_u_m2": 60}}
    assert told(pack, "lung-function", **facts)[0] == "Due once because of bleomycin, 60 U/m²."
    assert told(pack, "lung-function", "family", **facts) == (
        "This check is done once. The reason is the medicine bleomycin.",
    )


def test_names_may_be_replaced_by_code(pack: Pack) -> None:
    echo = planned(pack, "echocardiogram", **ECHO_FACTS)
    names = {"anthracycline_mg_m2": "heart-straining medicine"}
    assert "heart-straining medicine, 300 mg/m²" in explain_item(echo, pack, names=names)[0]


def test_every_phrase_passes_the_translator_before_its_gaps_are_filled(pack: Pack) -> None:
    asked: list[str] = []

    def translate(text: str) -> str:
        asked.append(text)
        return {
            "Last done {day}.": "Zuletzt {day}.",
            "{month} {day}, {year}": "{day}. {month} {year}",
            "March": "März",
        }.get(text, text)

    sentences = explain_item(planned(pack, "echocardiogram", **ECHO_FACTS), pack, translate=translate)
    assert "Zuletzt 1. März 2026." in sentences
    assert "Due {interval} because of {cause}." in asked
    assert not any("300" in text for text in asked)


def test_reasons_of_a_rule_no_longer_in_the_pack_are_still_told(pack: Pack) -> None:
    echo = planned(pack, "echocardiogram", **ECHO_FACTS)
    old = replace(echo, reasons=tuple(replace(each, rule_id="gone", pack="old/1") for each in echo.reasons))
    assert explain_item(old, pack)[0] == (
        "Due every 2 years because of doxorubicin-equivalent anthracycline dose, 300 mg/m²."
    )


ALARMING = re.compile(r"cancer|tumor|malign|relapse|recurren|death|fatal|risk|overdue|syndrome|Gy\b|mg/|disease", re.I)


@pytest.mark.parametrize("seed", range(910_000, 910_040))
def test_no_family_sentence_alarms_names_a_disease_or_a_dose(seed: int, pack: Pack) -> None:
    case = parse_case(random_case(seed), pack)
    for each in evaluate(case.facts, pack, on=case.as_of).items:
        sentences = explain_item(each, pack, audience="family")
        assert 1 <= len(sentences) <= 3
        for sentence in sentences:
            assert sentence.endswith(".") and "{" not in sentence and "_" not in sentence
            assert len(sentence.split()) <= 32, sentence
            found = ALARMING.search(sentence)
            assert found is None, f"{found and found[0]}: {sentence}"


@pytest.mark.parametrize("seed", range(920_000, 920_030))
def test_every_item_of_any_survivor_can_be_told_to_a_clinician(seed: int, pack: Pack) -> None:
    case = parse_case(random_case(seed), pack)
    plan = evaluate(case.facts, pack, on=case.as_of)
    for each in plan.items:
        text = " ".join(explain_item(each, pack))
        assert "{" not in text and "None" not in text and "  " not in text, text
        for reason in each.reasons:
            if reason.kind is not RuleKind.OVERRIDE:
                assert f"Rule {reason.rule_id} of childhood-cancer/2026.1: {reason.source}" in text
    assert all("{" not in explain_gap(gap, pack) for gap in plan.gaps)


@pytest.mark.parametrize(
    ("interval", "longest", "expected"),
    [
        ("P1Y", None, "every year"), ("P2Y", None, "every 2 years"), ("P6M", None, "every 6 months"),
        ("P1M", None, "every month"), ("P12M", None, "every year"), ("P18M", None, "every 18 months"),
        ("P27M", "P33M", "every 27 months to 33 months"), ("P2W", "P4W", "every 2 weeks to 4 weeks"),
        ("P3M", "P6M", "every 3 to 6 months"), ("P6M", "P1Y", "every 6 to 12 months"),
        ("P3Y", "P5Y", "every 3 to 5 years"), ("P6M", "P5Y", "every 6 months to 5 years"),
        ("P1Y", "P1Y", "every year"), ("P1W", None, "every week"), ("P10D", None, "every 10 days"),
        ("once", None, "once"), (None, None, "once"),
    ],
)  # fmt: skip
def test_intervals_in_words(pack: Pack, interval: str | None, longest: str | None, expected: str) -> None:
    assert Words(pack).interval(interval, longest) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("end_of_therapy", "the end of therapy"),
        ("ltfu_entry", "entry to long-term follow-up"),
        ("resection", "the resection"),
        ("diagnosis", "the diagnosis"),
        ("age 25y", "age 25"),
        ("age 0y", "birth"),
        ("age 8w", "the age of 8 weeks"),
        ("age 3m", "the age of 3 months"),
        ("2y after end_of_therapy", "2 years after the end of therapy"),
        ("date(doxorubicin)", "the last day of doxorubicin"),
        ("1y after date(hsct)", "1 year after the last transplant"),
        ("event(pregnancy_planned)", "the event “pregnancy planned”"),
        ("later of age 25y and 8y after date(chest_rt)",
         "the later of age 25 and 8 years after the last day of radiation to the chest"),
        ("something new", "something new"),
    ],
)  # fmt: skip
def test_starting_points_in_words(pack: Pack, text: str, expected: str) -> None:
    assert Words(pack).basis(text) == expected


def test_every_start_of_the_pack_has_words(pack: Pack) -> None:
    for rule in pack.rules.values():
        words = Words(pack).basis(rule.start_text)
        assert "_" not in words and "(" not in words, words


def test_doses_in_words(pack: Pack) -> None:
    words = Words(pack)
    assert words.dose("chest_rt_gy", Decimal("21.60")) == "radiation to the chest, 21.6 Gy"
    assert words.dose("rbc_transfusions_n", Decimal(12)) == "red-cell transfusions, 12"
    assert words.dose("nephrectomy", Decimal(1)) == "removal of a kidney"
    assert words.dose("cisplatin_mg_m2", None) == "cisplatin, dose unknown"
    assert words.dose("not_in_pack", Decimal(3)) == "not_in_pack"


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        (DataGap("echo-high", ("heart_rt_gy",), "treated_as_met", "echocardiogram"),
         "Not known: radiation dose to the heart. Echocardiogram is planned as a precaution. Ask the treating center."),
        (DataGap("x", ("resected_on",), "no_anchor_date", "chest-ct"),
         "Not known: date of resection. CT chest could not be scheduled. Ask the treating center."),
        (DataGap("no-schedule:Neuroblastoma", ("risk",), "not_scheduled"),
         "Not known: risk. No schedule could be chosen for Neuroblastoma."),
        (DataGap("end-of-therapy", ("end_of_therapy_on",), "not_scheduled"),
         "Not known: end of therapy. No schedule could be chosen for late-effects review."),
        (DataGap("diagnosis-not-in-pack:Chordoma", ("schedule",), "not_in_pack"),
         "This guideline pack has no schedule for Chordoma. A clinician decides what to plan."),
        (DataGap("history:x", ("results",), "history_missing", "chest-ct"),
         "The schedule for CT chest is over and no result is on record."),
    ],
)  # fmt: skip
def test_gaps_in_words(pack: Pack, gap: DataGap, expected: str) -> None:
    assert explain_gap(gap, pack).startswith(expected)


@pytest.mark.parametrize(
    ("why", "detail", "expected"),
    [
        ("not_exposed", (("chest_rt_gy", "9.9"), ("nephrectomy", "not recorded")),
         "The exposures do not fit (radiation to the chest: 9.9 Gy; removal of a kidney: not recorded)."),
        ("not_exposed", (("nephrectomy", "1"),), "The exposures do not fit (removal of a kidney: given)."),
        ("other_stratum", (("site", "pelvic"),), "For another risk group (site pelvic)."),
        ("done", (("result_on", "2024-02-29"), ("result_code", "chest-ct")),
         "Done; asked for once only (result of February 29, 2024; by CT chest)."),
        ("no_end_of_therapy", (), "No end of therapy is recorded."),
        ("event_not_happened", (("event", "pregnancy_planned"),),
         "Waits for an event that has not happened (event pregnancy planned)."),
    ],
)  # fmt: skip
def test_what_does_not_apply_in_words(pack: Pack, why: str, detail: tuple[tuple[str, str], ...], expected: str) -> None:
    entry = NotApplicable("r", RuleKind.LATE_EFFECTS, "chest-ct", why, detail)
    assert explain_not_applicable(entry, pack) == expected


def test_every_code_the_engine_gives_has_words(pack: Pack) -> None:
    facts = survivor(exposures={"doxorubicin_mg_m2": 300}, predispositions=(Predisposition("Lynch"),))
    for entry in not_applicable(facts, pack, on=ON):
        assert explain_not_applicable(entry, pack).endswith(".")
