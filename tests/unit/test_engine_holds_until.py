"""A plan says how long it holds: walked day by day over a whole life, it changes on no other day."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.unit.tiny_pack import band, decision, late, predisposed, result, survivor, tiny_pack
from tracker.engine.evaluate import evaluate
from tracker.engine.rules import Pack
from tracker.engine.types import CarePlan, Diagnosis, Facts, Predisposition

LATE = [
    late("young", exposure="any_cancer and age_y < 18"),
    late("older", exposure="any_cancer and age_y >= 18", interval="P2Y"),
    late("short", test_code="blood", until="10y after end_of_therapy", start="2y after end_of_therapy"),
    late("grown", test_code="blood", exposure="any_cancer and age_y < 20", until="event(grown_up)"),
    late("baby", test_code="visit", start="event(baby_planned)", interval="once"),
]
BANDS = [
    band("child", stratum="age < P14Y", interval="P1M"),
    band("teen", stratum="age >= P14Y"),
    band("open", source="another", test_code="exam", to="P12Y", interval="P1Y"),
]
SYNDROME = [predisposed(until="P19Y", test_code="wide-scan")]


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    return tiny_pack(tmp_path, late_effects=LATE, recurrence=BANDS, predisposition=SYNDROME)


def walk(facts: Facts, pack: Pack, first: date, last: date) -> list[date]:
    """Every day evaluated; the days on which the plan changed."""
    changed, before = [], evaluate(facts, pack, on=first)
    day = first
    while day < last:
        day += timedelta(days=1)
        now = evaluate(facts, pack, on=day)
        if before.holds_until is None or day < before.holds_until:
            assert shown(now) == shown(before), f"changed on {day}, said to hold until {before.holds_until}"
            assert now.holds_until == before.holds_until
        elif shown(now) != shown(before):
            changed.append(day)
        before = now
    return changed


def shown(plan: CarePlan) -> tuple[object, object]:
    return plan.items, plan.gaps


FULL = survivor(
    birth_date=date(2000, 2, 29),
    predispositions=(Predisposition("Syndrome"),),
    events={"baby_planned": date(2019, 5, 5), "grown_up": date(2017, 7, 7)},
    results=(result("echo", date(2016, 1, 31)), result("scan", date(2012, 12, 31)), result("blood", date(2013, 1, 1))),
    overrides=(
        decision("stop", date(2014, 1, 1), expires_on=date(2014, 6, 30)),
        decision("add", date(2015, 1, 1), "visit", due_on=date(2015, 2, 1), expires_on=date(2016, 2, 29)),
        decision("defer", date(2021, 1, 1), to=date(2022, 1, 1)),
    ),
)


def test_a_whole_life_day_by_day_changes_only_when_said(pack: Pack) -> None:
    assert walk(FULL, pack, date(2010, 1, 1), date(2024, 1, 1)) == [
        date(2012, 6, 15),  # the schedule is over without any result
        date(2012, 12, 31),  # a scan is done
        date(2013, 1, 1),  # blood is taken
        date(2014, 1, 1),  # a decision to stop begins
        date(2014, 6, 30),  # and ends
        date(2015, 1, 1),  # a visit is added
        date(2016, 1, 31),  # an echo is done
        date(2016, 2, 29),  # the added visit expires
        date(2017, 7, 7),  # grown up
        date(2019, 2, 28),  # the syndrome's row ends
        date(2019, 5, 5),  # a baby is planned
        date(2020, 6, 15),  # ten years after therapy
        date(2021, 1, 1),  # deferred
        date(2022, 6, 15),  # another schedule is over without any result
    ]


def test_a_survivor_without_results_changes_at_windows_and_schedule_ends(pack: Pack) -> None:
    bare = survivor(diagnoses=(Diagnosis("Sarcoma", end_of_therapy_on=date(2010, 8, 31)),))
    assert walk(bare, pack, date(2010, 1, 1), date(2024, 1, 1)) == [
        date(2012, 8, 31),  # the child's schedule is over without any result
        date(2014, 3, 10),  # fourteen years old: that schedule is no longer this survivor's, the other is over too
        date(2020, 8, 31),  # ten years after therapy; at eighteen and twenty what was missed stays missed
        date(2022, 8, 31),  # the last schedule is over without any result
    ]


def test_when_nothing_more_can_change_the_plan_holds_for_ever(pack: Pack) -> None:
    assert evaluate(FULL, pack, on=date(2022, 6, 15)).holds_until is None


def test_a_result_that_will_not_count_does_not_bound_the_plan(pack: Pack) -> None:
    future = result("echo", date(2030, 1, 1), status="cancelled"), result("echo", date(2031, 1, 1), claimed=True)
    facts = survivor(results=future)
    assert evaluate(facts, pack, on=date(2029, 1, 1)).holds_until is None


def test_decisions_and_results_to_come_bound_the_plan_one_after_the_other(pack: Pack) -> None:
    facts = survivor(
        results=(result("echo", date(2030, 1, 1)),),
        overrides=(decision("stop", date(2029, 6, 1), expires_on=date(2029, 12, 1)),),
    )
    bounds = [evaluate(facts, pack, on=on).holds_until for on in
              (date(2029, 1, 1), date(2029, 6, 1), date(2029, 12, 1), date(2030, 1, 1))]  # fmt: skip
    assert bounds == [date(2029, 6, 1), date(2029, 12, 1), date(2030, 1, 1), None]
