"""The library handed to the CQL engine says what our rules say: read here by a small interpreter of its own."""

import operator
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bench import cql_rows
from bench.cql_library import RULES, Untranslated, chosen, condition_of, library, patient, start_of
from bench.cql_rows import Unlike, check_agreement, is_decided, our_dates, why_not
from bench.registries import TODAY
from tests.reference.survivors import random_case
from tracker.engine.conditions import AgeIs, Doses
from tracker.engine.precision import is_whole
from tracker.engine.rules import Pack
from tracker.engine.schedule import add_days, add_months
from tracker.engine.starts import EventDate
from tracker.engine.types import Diagnosis, Facts, Override, Predisposition
from tracker.guidelines.cases import parse_case
from tracker.guidelines.loader import load_pack
from tracker.guidelines.predicates import read_condition

Elm = dict[str, Any]


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "Equal": operator.eq,
    "NotEqual": operator.ne,
    "Greater": operator.gt,
    "GreaterOrEqual": operator.ge,
    "Less": operator.lt,
    "LessOrEqual": operator.le,
}


class Reader:
    """Evaluates the few kinds of expression that the library uses, for one patient."""

    def __init__(self, made: Elm, told: Any) -> None:
        self.told, self.found = told, dict[str, Any]()
        for each in made["library"]["statements"]["def"]:
            self.found[each["name"]] = self.value(each["expression"], {})

    def value(self, node: Elm, row: Any) -> Any:
        read = getattr(self, "read_" + node["type"], None)
        if read is not None:
            return read(node, row)
        operands = [self.value(each, row) for each in node["operand"]]
        return self.compare(node["type"], *operands)

    def compare(self, kind: str, *parts: Any) -> Any:
        if kind in ("And", "Or"):
            return all(parts) if kind == "And" else any(parts)
        if kind == "Coalesce":
            return next((part for part in parts if part is not None), None)
        if kind == "In":
            return parts[0] in parts[1]
        return COMPARISONS[kind](*parts)

    def read_Not(self, node: Elm, row: Any) -> bool:
        return not self.value(node["operand"], row)

    def read_IsNull(self, node: Elm, row: Any) -> bool:
        return self.value(node["operand"], row) is None

    def read_Null(self, node: Elm, row: Any) -> None:
        return None

    def read_If(self, node: Elm, row: Any) -> Any:
        return self.value(node["then" if self.value(node["condition"], row) else "else"], row)

    def read_ExpressionRef(self, node: Elm, row: Any) -> Any:
        return self.found[node["name"]]

    def read_Literal(self, node: Elm, row: Any) -> Any:
        return float(node["value"]) if node["valueType"].endswith("Decimal") else node["value"]

    def read_List(self, node: Elm, row: Any) -> list[Any]:
        return [self.value(each, row) for each in node["element"]]

    def read_SingletonFrom(self, node: Elm, row: Any) -> Any:
        (one,) = self.value(node["operand"], row)
        return one

    def read_Retrieve(self, node: Elm, row: Any) -> Any:
        kind = node["dataType"].split("}")[1]
        return [self.told] if kind == "Patient" else self.told["records"][kind]

    def read_Property(self, node: Elm, row: Any) -> Any:
        value = (row if "scope" in node else self.value(node["source"], row))[node["path"]]
        is_day = node["path"] in ("day", "birthDate", "endOfTherapy", "followUpFrom") and value is not None
        return date.fromisoformat(value) if is_day else value

    def read_Query(self, node: Elm, row: Any) -> list[Any]:
        rows = self.value(node["source"][0]["expression"], row)
        return [self.value(node["return"]["expression"], each) for each in rows if self.value(node["where"], each)]

    def read_Max(self, node: Elm, row: Any) -> Any:
        return max((each for each in self.value(node["source"], row) if each is not None), default=None)

    def read_Add(self, node: Elm, row: Any) -> date | None:
        day, quantity = self.value(node["operand"][0], row), node["operand"][1]
        if day is None:
            return None
        return {"months": add_months, "days": add_days}[quantity["unit"]](day, quantity["value"])


def people(pack: Pack, seeds: int = 250) -> Iterator[Facts]:
    for seed in range(seeds):
        facts = parse_case(random_case(seed), pack).facts
        facts = replace(facts, predispositions=(), overrides=(), sex="male" if facts.sex == "unknown" else facts.sex)
        exposures = {name: Decimal(20) if dose is None else dose for name, dose in facts.exposures.items()}
        facts = replace(facts, exposures=exposures)
        if is_decided(facts) and is_whole(facts) and facts.birth_date <= TODAY:
            yield facts


def dates(made: Elm, told: Any, pack: Pack) -> dict[str, str]:
    found = Reader(made, told).found
    return {rule.id: found[rule.id].isoformat() for rule in chosen(pack) if found[rule.id] is not None}


def test_every_rule_of_the_library_gives_the_date_that_ours_gives(pack: Pack) -> None:
    rules, compared = chosen(pack), 0
    made = library(rules, pack)
    for number, facts in enumerate(people(pack)):
        expected = our_dates(facts, pack, rules)
        assert dates(made, patient(number, facts, pack, TODAY), pack) == expected
        compared += len(expected)
    assert compared > 1000


def test_eighty_rules_ask_about_doses_ages_and_dates(pack: Pack) -> None:
    rules = chosen(pack)
    assert len(rules) == RULES == len({rule.id for rule in rules})
    assert any("age 25y" in rule.start_text for rule in rules)
    assert any(">=" in rule.condition_text for rule in rules)
    assert {rule.sex for rule in rules} == {"any", "female", "male"}


def test_what_is_referred_to_stands_before_it_is(pack: Pack) -> None:
    seen: set[str] = set()

    def refer(node: Any) -> None:
        if isinstance(node, dict):
            assert node.get("type") != "ExpressionRef" or node["name"] in seen
            for each in node.values():
                refer(each)
        elif isinstance(node, list):
            for each in node:
                refer(each)

    for each in library(chosen(pack), pack)["library"]["statements"]["def"]:
        refer(each["expression"])
        seen.add(each["name"])


def test_what_the_eighty_rules_do_not_have_is_not_translated_into_something_else(pack: Pack) -> None:
    with pytest.raises(Untranslated):
        condition_of(AgeIs("<", 18, lambda age, limit: age < limit))
    with pytest.raises(Untranslated):
        start_of(EventDate("growth_complete"))
    once = next(rule for rule in pack.late_effects if rule.every is None)
    with pytest.raises(Untranslated):
        library([once], pack)
    with pytest.raises(Untranslated):
        patient(1, Facts(date(2000, 1, 1), "female", (Diagnosis("Sarcoma"),)), pack, TODAY)


@pytest.mark.parametrize(
    "text", ["a", "not a", "a and d >= 15", "a or d < 15", "not (a or d == 10)", "d != 10", "d <= 10"]
)
@pytest.mark.parametrize("given", [{}, {"a": 1}, {"d": 10}, {"a": 1, "d": 15}, {"d": 30}])
def test_a_condition_is_true_of_the_same_doses(text: str, given: dict[str, int]) -> None:
    condition = read_condition(text, {"a": "1", "d": "Gy"})
    doses = Doses()
    for name, dose in given.items():
        doses.record(name, Decimal(dose))
    reader = Reader({"library": {"statements": {"def": []}}}, {})
    reader.found = {f"dose of {name}": given.get(name, 0) for name in "ad"}
    assert reader.value(condition_of(condition), {}) is condition.truth(doses, 0)


def test_only_those_whom_the_rules_alone_decide_are_compared() -> None:
    facts = Facts(date(2000, 3, 10), "female", (Diagnosis("Sarcoma", end_of_therapy_on=date(2010, 1, 1)),))
    assert is_decided(facts)
    assert not is_decided(replace(facts, sex="unknown"))
    assert not is_decided(replace(facts, exposures={"tbi_gy": None}))
    assert not is_decided(replace(facts, predispositions=(Predisposition("Gorlin"),)))
    assert not is_decided(replace(facts, overrides=(Override("echocardiogram", "stop", date(2020, 1, 1)),)))


def test_other_dates_end_the_comparison(pack: Pack) -> None:
    facts = next(people(pack))
    ours = our_dates(facts, pack, chosen(pack))
    assert check_agreement({"0": ours}, [facts], pack) == len(ours) > 0
    moved = dict.fromkeys(ours, "2001-01-01")
    with pytest.raises(Unlike):
        check_agreement({"0": moved}, [facts], pack)


def test_the_row_is_left_out_with_a_sentence_where_the_other_engine_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cql_rows, "PEER", tmp_path)
    monkeypatch.setattr("shutil.which", lambda name: "/bin/node")
    assert "make bench-peer" in why_not()
    (tmp_path / "node_modules" / "cql-execution").mkdir(parents=True)
    assert why_not() == ""
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert "no Node" in why_not()


@pytest.mark.skipif(bool(why_not()), reason="the other engine is not installed")
def test_the_other_engine_itself_gives_our_dates(pack: Pack) -> None:
    some = list(people(pack, 40))
    with cql_rows.peer(some, pack) as other:
        assert check_agreement(other.answer(), some, pack) > 100
        assert other.run() > 0
