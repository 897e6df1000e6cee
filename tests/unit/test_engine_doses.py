"""Doses derived from others: exact sums, maxima and "any", with what is unknown kept unknown."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.unit.tiny_pack import result, survivor, tiny_pack
from tracker.engine.chart import counts, end_of_therapy, open_chart, total_doses, unknown_roots
from tracker.engine.rules import Derivation
from tracker.engine.types import Diagnosis, Predisposition

ON = date(2015, 1, 1)


def doses_of(tmp_path: Path, **exposures: Any) -> Any:
    pack = tiny_pack(tmp_path)
    return open_chart(survivor(exposures=exposures), pack, ON).doses


def test_sums_of_tenths_are_exact(tmp_path: Path) -> None:
    doses = doses_of(tmp_path, drug_mg_m2=300, other_mg_m2="150.1")
    assert doses.value("sum_mg_m2") == Decimal("390.06")


def test_an_unknown_part_leaves_a_sum_at_least_its_known_part(tmp_path: Path) -> None:
    doses = doses_of(tmp_path, drug_mg_m2=300, other_mg_m2=None)
    assert doses.value("sum_mg_m2") is None
    assert doses.certain["sum_mg_m2"] == Decimal(300)


def test_a_maximum_takes_the_largest_and_keeps_what_is_unknown(tmp_path: Path) -> None:
    assert doses_of(tmp_path, tbi_gy=12, chest_rt_gy=20).value("heart_rt_gy") == 20
    unsure = doses_of(tmp_path, tbi_gy=None, chest_rt_gy=20)
    assert unsure.value("heart_rt_gy") is None
    assert unsure.certain["heart_rt_gy"] == 20
    assert doses_of(tmp_path, heart_rt_gy=0, tbi_gy=12).value("heart_rt_gy") == 0
    assert doses_of(tmp_path, heart_rt_gy=None, tbi_gy=12).value("heart_rt_gy") is None


def test_any_given_part_makes_a_yes_even_if_its_dose_is_unknown(tmp_path: Path) -> None:
    assert doses_of(tmp_path, hsct_auto=None).value("hsct_any") == 1
    assert doses_of(tmp_path, hsct_auto=0).value("hsct_any") == 0
    assert doses_of(tmp_path, hsct_auto=1, hsct_any=0).value("hsct_any") == 0


def test_having_a_predisposition_fills_what_is_derived_from_it(tmp_path: Path) -> None:
    pack = tiny_pack(tmp_path)
    assert "syndrome_known" in total_doses({}, pack.derivations, has_predisposition=True).given
    assert "syndrome_known" not in total_doses({}, pack.derivations, has_predisposition=False).given
    facts = survivor(predispositions=(Predisposition("Syndrome"),))
    assert "syndrome_known" in open_chart(facts, pack, ON).doses.given


def test_a_later_derivation_sees_the_earlier_ones() -> None:
    one = Decimal(1)
    chain = (Derivation("b", "max", (("a", one),)), Derivation("c", "sum", (("b", Decimal("0.5")),)))
    assert total_doses({"a": Decimal(12)}, chain, has_predisposition=False).value("c") == 6
    backwards = total_doses({"a": Decimal(12)}, chain[::-1], has_predisposition=False)
    assert backwards.value("c") == 0


def test_the_roots_of_an_unknown_dose_are_the_names_recorded_as_unknown(tmp_path: Path) -> None:
    chart = open_chart(survivor(exposures={"tbi_gy": None, "chest_rt_gy": 5}), tiny_pack(tmp_path), ON)
    assert list(unknown_roots("heart_rt_gy", chart)) == ["tbi_gy"]
    assert list(unknown_roots("chest_rt_gy", chart)) == []
    assert list(unknown_roots("tbi_gy", chart)) == ["tbi_gy"]


def test_what_counts_as_a_result() -> None:
    assert counts(result("echo", ON))
    assert counts(result("echo", ON, status="amended"))
    assert not counts(result("echo", ON, status="registered"))
    assert not counts(result("echo", ON, adequate=False))
    assert not counts(result("echo", ON, claimed=True))


def test_the_newest_end_of_therapy_of_all_diagnoses_counts() -> None:
    assert end_of_therapy([]) is None
    assert end_of_therapy([Diagnosis("A")]) is None
    ends = (date(2010, 1, 1), None, date(2012, 1, 1))
    assert end_of_therapy(Diagnosis("A", end_of_therapy_on=day) for day in ends) == date(2012, 1, 1)
