"""Objects of frozen classes made quickly are the same objects: equal, of the same class, and frozen."""

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from datetime import date

import pytest

from tracker.engine.making import quickly
from tracker.engine.merge import make_item, make_reason
from tracker.engine.types import Flag, PlannedItem, Reason, RuleKind

REASON = Reason("le-1", RuleKind.LATE_EFFECTS, "tiny/1", date(2020, 2, 29), "end_of_therapy", wins=True)
ITEM = PlannedItem(
    "echo", frozenset({Flag.VISIT}), date(2020, 1, 1), date(2020, 3, 1), date(2020, 5, 30), False, (REASON,)
)


def values(of: Reason | PlannedItem) -> list[object]:
    return [getattr(of, each.name) for each in fields(of)]


@pytest.mark.parametrize(("slow", "make"), [(REASON, make_reason), (ITEM, make_item)])
def test_the_quick_way_makes_what_the_class_itself_makes(slow: object, make: object) -> None:
    assert callable(make)
    assert isinstance(slow, Reason | PlannedItem)
    quick = make(*values(slow))
    assert type(quick) is type(slow)
    assert (quick, hash(quick), repr(quick)) == (slow, hash(slow), repr(slow))
    assert pickle.loads(pickle.dumps(quick)) == copy.copy(quick) == slow
    assert values(quick) == values(slow)


def test_what_is_left_out_has_the_default_of_the_class() -> None:
    told = "le-1", RuleKind.LATE_EFFECTS, "tiny/1", date(2020, 2, 29), "end_of_therapy"
    assert make_reason(*told) == Reason(*told)
    assert make_reason(*told, wins=True, gap="treated_as_met") == Reason(*told, wins=True, gap="treated_as_met")


def test_it_is_frozen_once_it_is_made() -> None:
    made = make_reason(*values(REASON))  # type: ignore[arg-type]
    with pytest.raises(FrozenInstanceError):
        made.wins = False  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del made.wins
    assert replace(made, wins=False) == replace(REASON, wins=False)


def test_a_value_too_few_is_refused() -> None:
    with pytest.raises(TypeError):
        make_item("echo")  # type: ignore[call-arg]


@dataclass(frozen=True, slots=True)
class Listed:
    name: str
    parts: list[str] = field(default_factory=list)


def test_each_object_has_a_default_of_its_own() -> None:
    make = quickly(Listed)
    one, other = make("one"), make("other")
    one.parts.append("a part")
    assert (one, other) == (Listed("one", ["a part"]), Listed("other"))
