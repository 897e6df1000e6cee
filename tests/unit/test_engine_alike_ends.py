"""What both ends of a partly known date ask for alike is explained once; a whole date has one end only."""

from datetime import date
from pathlib import Path

from tests.unit.tiny_pack import decision, item, late, result, survivor, tiny_pack
from tracker.engine.evaluate import evaluate
from tracker.engine.types import Diagnosis


def test_what_both_ends_ask_for_alike_is_one_reason_and_stops_on_the_later_of_two_days(tmp_path: Path) -> None:
    rows = [late(start="age 10y", until="8y after end_of_therapy")]
    facts = survivor(diagnoses=(partly_ended("year"),), results=(result("echo", date(2014, 5, 5)),))
    only = item(evaluate(facts, tiny_pack(tmp_path, late_effects=rows), on=date(2015, 1, 1)), "echo")
    assert (only.due_on, only.stops_on) == (date(2015, 5, 5), date(2018, 12, 31))
    assert [(reason.wins, reason.other_end) for reason in only.reasons] == [(True, False)]


def test_a_date_said_to_be_known_to_the_day_is_a_whole_date(tmp_path: Path) -> None:
    pack = tiny_pack(tmp_path)
    whole = survivor(diagnoses=(Diagnosis("Sarcoma", end_of_therapy_on=date(2010, 1, 1)),))
    said = survivor(diagnoses=(partly_ended("day"),))
    assert evaluate(said, pack, on=date(2015, 1, 1)) == evaluate(whole, pack, on=date(2015, 1, 1))


def partly_ended(precision: str) -> Diagnosis:
    return Diagnosis("Sarcoma", end_of_therapy_on=date(2010, 1, 1), precision={"end_of_therapy_on": precision})


def test_a_decision_is_told_once_though_both_ends_follow_it(tmp_path: Path) -> None:
    deferred = decision("defer", date(2014, 6, 1), to=date(2016, 1, 1))
    facts = survivor(
        diagnoses=(partly_ended("year"),), results=(result("echo", date(2014, 5, 5)),), overrides=(deferred,)
    )
    only = item(evaluate(facts, tiny_pack(tmp_path), on=date(2015, 1, 1)), "echo")
    assert only.due_on == date(2016, 1, 1)
    assert [reason.rule_id.split(":")[0] for reason in only.reasons] == ["le-1", "override"]
