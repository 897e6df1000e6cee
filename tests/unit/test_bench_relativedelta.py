"""The yardstick with ``relativedelta`` gives the engine's dates, and a difference would be seen."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bench import relativedelta_rows
from bench.relativedelta_loop import due_dates
from bench.relativedelta_rows import WAYS, check_agreement, is_comparable
from tests.reference.survivors import random_case
from tracker.engine.evaluate import evaluate
from tracker.engine.rules import Pack
from tracker.engine.types import Diagnosis, Facts
from tracker.guidelines.cases import parse_case
from tracker.guidelines.loader import load_pack

CASES = 300


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


def people(pack: Pack) -> Iterator[tuple[Facts, date]]:
    for seed in range(CASES):
        case = parse_case(random_case(seed), pack)
        if is_comparable(case.facts):
            yield case.facts, case.as_of


def planned(facts: Facts, pack: Pack, on: date) -> dict[str, date]:
    return {item.test_code: item.due_on for item in evaluate(facts, pack, on=on).items}


def test_the_loop_asks_for_the_same_tests_on_the_same_days_as_the_engine(pack: Pack) -> None:
    compared = 0
    for facts, on in people(pack):
        for delta in WAYS.values():
            assert due_dates(facts, pack, on=on, delta=delta) == planned(facts, pack, on)
        compared += 1
    assert compared > CASES / 2


def test_the_comparison_is_refused_where_the_two_differ(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    some = [facts for facts, _ in people(pack)][:20]
    check_agreement(some, pack)

    def late(facts: Facts, pack: Pack, *, on: date) -> dict[str, date]:
        return {code: day + timedelta(days=1) for code, day in due_dates(facts, pack, on=on).items()}

    monkeypatch.setattr(relativedelta_rows, "due_dates", late)
    with pytest.raises(RuntimeError, match="other dates"):
        check_agreement(some, pack)


def test_only_whose_dates_are_known_to_the_day_is_compared() -> None:
    ended = Diagnosis("Sarcoma", end_of_therapy_on=date(2010, 1, 1))
    facts = Facts(date(2000, 3, 10), "female", (ended,))
    assert is_comparable(facts)
    assert not is_comparable(replace(facts, diagnoses=(replace(ended, precision={"end_of_therapy_on": "year"}),)))
    assert not is_comparable(replace(facts, diagnoses=(replace(ended, end_of_therapy_on=None),)))
    assert not is_comparable(replace(facts, event_precision={"pregnancy_planned": "year"}))
