"""Partly known dates in words: for a clinician what is missing and what was planned, for a family calm and plain."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.unit.test_engine_explain import ALARMING
from tests.unit.test_words import assert_calm_and_short
from tests.unit.tiny_pack import band, item, late, result, survivor, tiny_pack
from tracker.engine.evaluate import evaluate
from tracker.engine.explain import FAMILY, explain_gap, explain_item
from tracker.engine.rules import Pack
from tracker.engine.types import DataGap, Diagnosis
from tracker.guidelines.loader import load_pack

ON = date(2015, 1, 1)
PLANNED = (
    " Planned both for its first and for its last day, the earlier due date counting. The treating center could tell."
)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


def gap(kind: str, name: str, *missing: str) -> DataGap:
    return DataGap(f"date-precision:{kind}:{name}", missing, "planned_for_both_ends")


GAPS = [
    (gap("end_of_therapy", "Leiomyosarcoma", "end_of_therapy_on", "2019"),
     "Only the year of the end of therapy (Leiomyosarcoma) is known: 2019.",
     "We know only the year of the end of your treatment: 2019."),
    (gap("end_of_therapy", "Sarcoma: other", "end_of_therapy_on", "2018", "2019-03"),
     "Only the year of the end of therapy (Sarcoma: other) is known: 2018 and March 2019.",
     "We know only the year of the end of your treatment: 2018 and March 2019."),
    (gap("resection", "Leiomyosarcoma", "resected_on", "2019-03"),
     "Only the month of the resection (Leiomyosarcoma) is known: March 2019.",
     "We know only the month of your operation: March 2019."),
    (gap("diagnosis", "Leiomyosarcoma", "diagnosed_on", "2018-12"),
     "Only the month of the diagnosis (Leiomyosarcoma) is known: December 2018.",
     "We know only the month of the first finding of your illness: December 2018."),
    (gap("exposure", "chest_rt", "chest_rt", "2019"),
     "Only the year of the last day of radiation to the chest is known: 2019.",
     "We know only the year of the last day of radiation to the chest: 2019."),
    (gap("exposure", "hsct", "hsct", "2019"),
     "Only the year of the last transplant is known: 2019.",
     "We know only the year of your last transplant: 2019."),
    (gap("event", "pregnancy_planned", "pregnancy_planned", "2019-03"),
     "Only the month of the event “pregnancy planned” is known: March 2019.",
     "We know only the month of one date in your record: March 2019."),
]  # fmt: skip


@pytest.mark.parametrize(("told", "clinician", "family"), GAPS)
def test_a_partly_known_date_in_words(pack: Pack, told: DataGap, clinician: str, family: str) -> None:
    assert explain_gap(told, pack) == clinician + PLANNED
    assert explain_gap(told, pack, audience=FAMILY) == family + " If you know the day, please tell us."


@pytest.mark.parametrize(("told", "clinician", "family"), GAPS)
def test_a_family_reads_short_calm_sentences_without_the_diagnosis(
    pack: Pack, told: DataGap, clinician: str, family: str
) -> None:
    sentences = explain_gap(told, pack, audience=FAMILY)
    assert_calm_and_short(sentences)
    assert not ALARMING.search(sentences)
    assert "sarcoma" not in sentences


@pytest.mark.parametrize("consequence", ["treated_as_met", "not_scheduled", "no_anchor_date", "history_missing"])
def test_a_family_is_told_of_other_gaps_without_any_detail(pack: Pack, consequence: str) -> None:
    told = explain_gap(DataGap("x:Neuroblastoma", ("risk",), consequence, "chest-ct"), pack, audience=FAMILY)
    assert told == "A part of your treatment record is not known yet. Your clinic plans with care until it is."
    assert_calm_and_short(told)


def test_every_phrase_passes_the_translator_before_its_gaps_are_filled(pack: Pack) -> None:
    asked: list[str] = []

    def translate(text: str) -> str:
        asked.append(text)
        return {"Only the month of {date} is known: {known}.": "Nur der Monat: {known}.", "March": "März"}.get(
            text, text
        )

    told = explain_gap(GAPS[2][0], pack, translate=translate)
    assert told.startswith("Nur der Monat: März 2019.")
    assert not any("2019" in text for text in asked)


# Items


def told_of(folder: Path, precision: str, test_code: str = "echo", *, on: date = ON, **tables: Any) -> tuple[str, ...]:
    facts = tables.pop("facts", {})
    pack = tiny_pack(folder, **({"late_effects": [], "recurrence": [], "predisposition": []} | tables))
    ended = Diagnosis("Sarcoma", end_of_therapy_on=date(2010, 1, 1), precision={"end_of_therapy_on": precision})
    return explain_item(item(evaluate(survivor(diagnoses=(ended,), **facts), pack, on=on), test_code), pack)


def test_an_item_says_that_it_counts_from_the_first_day_of_the_year(tmp_path: Path) -> None:
    assert told_of(tmp_path, "year", late_effects=[late(start="2y after end_of_therapy")]) == (
        "Due every year because of label of any_cancer.",
        "No result that counts is on record.",
        "Counted from 2 years after the end of therapy, January 1, 2012, because only the year is known.",
        "Counted from December 31, 2012 instead, it would be due on December 31, 2012.",
        "Rule le-1 of tiny/1: a guideline (confirmed).",
    )


def test_of_a_month_the_month_is_said(tmp_path: Path) -> None:
    sentences = told_of(tmp_path, "month", late_effects=[late()])
    assert "Counted from the end of therapy, January 1, 2010, because only the month is known." in sentences
    assert "Counted from January 31, 2010 instead, it would be due on January 31, 2010." in sentences


def test_a_date_that_makes_no_difference_is_not_counted_twice(tmp_path: Path) -> None:
    facts = {"results": (result("echo", date(2014, 3, 1)),)}
    assert told_of(tmp_path, "year", late_effects=[late()], facts=facts) == (
        "Due every year because of label of any_cancer.",
        "Last done March 1, 2014.",
        "Counted from the end of therapy, January 1, 2010, because only the year is known.",
        "Rule le-1 of tiny/1: a guideline (confirmed).",
    )


def test_every_other_rule_is_followed_by_what_it_says_at_the_other_end(tmp_path: Path) -> None:
    rows = [late("one"), late("two", start="1y after end_of_therapy", interval="P5Y")]
    sentences = told_of(tmp_path, "year", late_effects=rows)
    at = sentences.index(
        "Also asked for every 5 years because of label of any_cancer; that alone would make it due on January 1, 2011."
    )
    assert sentences[at + 1] == "Counted from December 31, 2011 instead, it would be due on December 31, 2011."
    assert [sentence for sentence in sentences if sentence.startswith("Rule ")] == [
        "Rule one of tiny/1: a guideline (confirmed).",
        "Rule two of tiny/1: a guideline (confirmed).",
    ]


def test_two_bands_of_one_schedule_are_told_as_two_rules(tmp_path: Path) -> None:
    bands = [band("rc-1"), band("rc-2", **{"from": "P2Y", "to": "P5Y", "interval": "P6M"})]
    facts = {"results": (result("scan", date(2012, 3, 1)),)}
    sentences = told_of(tmp_path, "year", "scan", on=date(2012, 5, 1), recurrence=bands, facts=facts)
    assert sentences[0] == "Due every 3 months because of recurrence surveillance after Sarcoma."
    assert "Counted from the end of therapy, December 31, 2010, because only the year is known." in sentences
    assert (
        "Also asked for every 6 months because of recurrence surveillance after Sarcoma; "
        "that alone would make it due on September 1, 2012."
    ) in sentences


def test_whole_dates_are_told_as_before(tmp_path: Path) -> None:
    sentences = told_of(tmp_path, "day", late_effects=[late()])
    assert "Counted from the end of therapy, January 1, 2010." in sentences
    assert not any("instead" in sentence for sentence in sentences)
