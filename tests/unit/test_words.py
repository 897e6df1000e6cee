"""What families read: short sentences, short words where we can, and nothing that frightens."""

import json
import re
from datetime import date
from decimal import Decimal
from itertools import permutations
from pathlib import Path

import pytest

from tests.shared import PROJECT
from tests.unit.test_tests_csv import BRITISH, FRIGHTENING
from tracker.engine.conditions import AgeIs
from tracker.engine.evaluate import evaluate
from tracker.engine.explain import FAMILY, explain_item
from tracker.engine.rules import LateEffectRule, Pack, Rule
from tracker.engine.types import Flag, PlannedItem, Reason, RuleKind
from tracker.guidelines.cases import parse_case
from tracker.guidelines.loader import load_pack

PACK = load_pack()
CASES = sorted((PROJECT / "tests" / "cases").glob("*.case.json"))
LONGEST_SENTENCE = 20
LONGEST_NAME = 8
LETTERS_AT_MOST = len("ultrasound")
INTERVALS = ("once", "P1Y", "P6M", "P18M", "P5Y", "P2W")


def sentences_of(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.!?])\s+", text) if part]


def assert_calm_and_short(text: str) -> None:
    assert text == text.strip() != ""
    assert not FRIGHTENING.search(text), text
    assert not BRITISH.search(text), text
    for sentence in sentences_of(text):
        assert len(sentence.split()) <= LONGEST_SENTENCE, sentence


def asked_names(rule: LateEffectRule) -> list[str]:
    return list(dict.fromkeys(leaf.name for leaf in rule.condition.leaves() if not isinstance(leaf, AgeIs)))


def item_for(
    rule: Rule, *, names: tuple[str, ...] = (), interval: str | None = None, decided: bool = False
) -> PlannedItem:
    """An item as the engine makes it, with the longest explanation: done before, and re-timed where asked."""
    reason = Reason(
        rule_id=rule.id,
        kind=rule.kind,
        pack=PACK.key,
        due_on=date(2026, 9, 30),
        start_basis=rule.start_text,
        interval=interval or rule.interval_text,
        exposures=tuple((name, Decimal(1)) for name in names),
        context=(("diagnosis", "Leiomyosarcoma"), ("syndrome", "Li-Fraumeni")),
        last_result_code=rule.test_code,
        last_result_on=date(2025, 9, 30),
        wins=not decided,
    )
    decision = Reason(
        "override:x", RuleKind.OVERRIDE, PACK.key, date(2026, 9, 30), "decided_on", override_action="defer", wins=True
    )
    return PlannedItem(
        test_code=rule.test_code,
        flags=frozenset({Flag.VISIT if rule.test_code == PACK.visit_test else Flag.LATE_EFFECTS}),
        upcoming_on=date(2026, 8, 1),
        due_on=date(2026, 9, 30),
        overdue_after=date(2026, 12, 29),
        own_overdue=False,
        reasons=(reason, decision) if decided else (reason,),
    )


def family_sentences(item: PlannedItem, pack: Pack = PACK) -> tuple[str, ...]:
    return explain_item(item, pack, audience=FAMILY)


EVERY_RULE = [*PACK.rules.values(), *PACK.alternatives.values()]
LATE_EFFECTS = [rule for rule in EVERY_RULE if isinstance(rule, LateEffectRule)]


def each_test() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("test_code", sorted(PACK.tests))


@each_test()
def test_a_test_has_a_short_calm_name_for_families(test_code: str) -> None:
    name = PACK.tests[test_code].plain_name
    assert_calm_and_short(name)
    assert len(name.split()) <= LONGEST_NAME


@each_test()
def test_a_name_for_families_has_no_very_long_word(test_code: str) -> None:
    words = re.findall(r"[A-Za-z]+", PACK.tests[test_code].plain_name)
    assert max(len(word) for word in words) <= LETTERS_AT_MOST


@each_test()
def test_a_name_for_families_fits_into_a_sentence(test_code: str) -> None:
    name = PACK.tests[test_code].plain_name
    assert not name.endswith((".", "!", "?", ":"))
    assert name[0].islower() or name.split()[0] in {"CT", "MRI", "X-ray"}
    assert_calm_and_short(f"It is time to plan this: {name}.")


@pytest.mark.parametrize("name", sorted(PACK.exposures))
def test_what_was_given_has_a_calm_name_for_families(name: str) -> None:
    assert_calm_and_short(PACK.exposures[name].plain_label)


@pytest.mark.parametrize("rule", LATE_EFFECTS, ids=lambda rule: str(rule.id))
def test_a_family_reads_short_calm_sentences_whatever_was_given(rule: LateEffectRule) -> None:
    named = [(), *permutations(asked_names(rule), 1), *permutations(asked_names(rule), 2)]
    for names in named:
        for sentence in family_sentences(item_for(rule, names=names)):
            assert_calm_and_short(sentence)


def test_a_family_reads_short_calm_sentences_for_every_other_rule() -> None:
    others = [rule for rule in EVERY_RULE if not isinstance(rule, LateEffectRule)]
    assert len(others) > 400
    for rule in others:
        for sentence in family_sentences(item_for(rule)):
            assert_calm_and_short(sentence)


@pytest.mark.parametrize("interval", INTERVALS)
def test_every_interval_leaves_the_sentences_short(interval: str) -> None:
    for rule in LATE_EFFECTS:
        for sentence in family_sentences(item_for(rule, names=tuple(asked_names(rule)), interval=interval)):
            assert_calm_and_short(sentence)


def test_a_decision_of_the_clinic_is_told_calmly() -> None:
    for rule in EVERY_RULE:
        sentences = family_sentences(item_for(rule, decided=True))
        assert "Your clinic chose this date for you." in sentences
        for sentence in sentences:
            assert_calm_and_short(sentence)


@pytest.mark.parametrize("path", CASES, ids=lambda path: str(path.name.partition(".")[0]))
def test_the_worked_cases_read_calmly_too(path: Path) -> None:
    case = parse_case(json.loads(path.read_text()), PACK)
    items = evaluate(case.facts, PACK, on=case.as_of).items
    assert items
    for item in items:
        for sentence in family_sentences(item):
            assert_calm_and_short(sentence)


def test_a_family_is_told_neither_diagnosis_nor_rule_nor_dose() -> None:
    for rule in EVERY_RULE:
        text = " ".join(family_sentences(item_for(rule)))
        assert rule.id not in text
        assert "Leiomyosarcoma" not in text
        assert "Li-Fraumeni" not in text
        assert not re.search(r"\bGy\b|mg/m", text)


@pytest.mark.parametrize(
    "text",
    ["Your cancer may return.", "A relapse is a danger.", "Your heart ultrasound is overdue.", " ".join(["word"] * 21)],
)
def test_the_measure_itself_refuses_what_frightens_or_runs_on(text: str) -> None:
    with pytest.raises(AssertionError):
        assert_calm_and_short(text)
