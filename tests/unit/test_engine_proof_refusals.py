"""What the stored reasons do not give is not proven, and never said wrongly; which links every reason has."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.unit.test_engine_proof import DECIDED, ECHO, EMPTY, ON, planned, proven
from tests.unit.tiny_pack import decision, late, survivor, tiny_pack
from tracker.engine.explain_proof import CANNOT_BE_PROVEN, explain_proof
from tracker.engine.proof import Unproven, missing_links, prove
from tracker.engine.rules import Pack
from tracker.engine.types import PlannedItem, Reason, RuleKind
from tracker.services import reasons


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    return tiny_pack(tmp_path, **(EMPTY | {"late_effects": [late(start="5y after end_of_therapy", interval="P2Y")]}))


@pytest.fixture
def echo(pack: Pack) -> PlannedItem:
    return planned(survivor(results=(ECHO,)), pack, "echo")


@pytest.mark.parametrize(
    "changed",
    [
        {"due_on": date(2028, 3, 2)},
        {"last_result_on": date(2026, 3, 2)},
        {"interval": "P3Y"},
        {"interval": "now and then"},
        {"interval": None},
        {"start_on": None},
        {"start_on": date(2030, 1, 1)},
        {"origins": (("end_of_therapy", date(2011, 6, 15)),)},
        {"start_basis": "5y before end_of_therapy"},
        {"start_basis": "later of end_of_therapy"},
        {"start_basis": ""},
        {"phase_from": "P40Y", "origins": (("birth", date(2000, 3, 10)),)},
    ],
    ids=str,
)
def test_reasons_that_contradict_themselves_prove_nothing(
    pack: Pack, echo: PlannedItem, changed: dict[str, Any]
) -> None:
    (reason,) = echo.reasons
    forged = (replace(reason, **changed),)
    with pytest.raises(Unproven, match="le-1"):
        prove(forged, upcoming_days=60, overdue_days=90)
    assert explain_proof(replace(echo, reasons=forged), pack) == (CANNOT_BE_PROVEN,)


def test_another_date_than_the_items_own_is_never_shown(pack: Pack, echo: PlannedItem) -> None:
    assert explain_proof(replace(echo, due_on=date(2028, 3, 2)), pack) == (CANNOT_BE_PROVEN,)


def test_no_reasons_prove_nothing(pack: Pack, echo: PlannedItem) -> None:
    with pytest.raises(Unproven):
        prove((), upcoming_days=60, overdue_days=90)
    assert explain_proof(replace(echo, reasons=()), pack) == (CANNOT_BE_PROVEN,)


def test_other_days_before_and_after_leave_the_due_date_proven(pack: Pack, echo: PlannedItem) -> None:
    told = explain_proof(echo, replace(pack, upcoming_days=30))
    assert told == explain_proof(echo, pack)[:-1]


@pytest.mark.parametrize(
    "changed", [{"due_on": None}, {"due_on": date(2027, 1, 1)}, {"override_action": "stop"}], ids=str
)
def test_a_decision_that_contradicts_itself_proves_nothing(tmp_path: Path, changed: dict[str, Any]) -> None:
    facts = survivor(results=(ECHO,), overrides=(decision("set_interval", DECIDED, interval="P2W"),))
    found = planned(facts, tiny_pack(tmp_path), "echo")
    forged = [replace(each, **changed) if each.kind is RuleKind.OVERRIDE else each for each in found.reasons]
    with pytest.raises(Unproven, match="override:"):
        prove(forged, upcoming_days=60, overdue_days=90)


NEWER = ("origins", "phase_from", "floor_on", "other_end")


def before(item: PlannedItem) -> PlannedItem:
    """The item as rows were stored before reasons held what proves them."""
    kept = [reasons.to_json(reason) for reason in item.reasons]
    old = [{key: value for key, value in told.items() if key not in NEWER} for told in kept]
    return replace(item, reasons=tuple(reasons.from_json(told) for told in old))


def test_an_older_row_is_read_and_proven_from_its_start(pack: Pack, echo: PlannedItem) -> None:
    told = explain_proof(before(echo), pack)
    assert told[0] == (
        "June 15, 2015 (5 years after the end of therapy); March 1, 2026 (last Echo) + 2 years = March 1, 2028. "
        "The latest counts: March 1, 2028."
    )
    proven(before(echo))


def test_an_older_row_that_lacks_what_decided_is_not_proven(tmp_path: Path) -> None:
    rows = [late(start="age 5y")]
    pack = tiny_pack(tmp_path, **(EMPTY | {"late_effects": rows}))
    found = planned(survivor(), pack, "echo")
    assert explain_proof(before(found), pack) == (CANNOT_BE_PROVEN,)
    proven(found)


def test_a_new_row_stores_only_what_says_something(pack: Pack, echo: PlannedItem) -> None:
    (reason,) = echo.reasons
    told = reasons.to_json(reason)
    assert told["origins"] == [["end_of_therapy", "2010-06-15"]]
    assert not {"phase_from", "floor_on", "other_end"} & told.keys()
    bare = replace(reason, origins=())
    assert "origins" not in reasons.to_json(bare)


# --- links ----------------------------------------------------------------------------------------------------


def whole(**changed: Any) -> Reason:
    given: dict[str, Any] = {
        "rule_id": "le-1", "kind": RuleKind.LATE_EFFECTS, "pack": "tiny/1", "due_on": ON, "start_on": ON,
        "start_basis": "end_of_therapy", "interval": "P1Y", "source": "a guideline", "confidence": "confirmed",
        "exposures": (("any_cancer", None),), "last_result_id": "r", "last_result_code": "echo", "last_result_on": ON,
    }  # fmt: skip
    return Reason(**(given | changed))


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({}, ()),
        ({"last_result_id": None, "last_result_code": None, "last_result_on": None}, ()),
        ({"last_result_id": None}, ("last_result_id",)),
        ({"source": "", "interval": None}, ("interval", "source")),
        ({"exposures": ()}, ("exposures",)),
        ({"kind": RuleKind.RECURRENCE}, ("context",)),
        ({"kind": RuleKind.OVERRIDE}, ("override_action", "override_id")),
        ({"kind": RuleKind.OVERRIDE, "override_id": "o", "override_action": "add", "source": ""}, ()),
        ({"pack": "", "start_on": None}, ("pack", "start_on")),
    ],
    ids=str,
)
def test_each_kind_of_reason_has_its_links(changed: dict[str, Any], missing: tuple[str, ...]) -> None:
    assert missing_links(whole(**changed)) == missing
