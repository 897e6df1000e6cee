"""A decision comes out of another process as it went in, and travels as plain values only."""

import marshal
from dataclasses import fields, replace

import pytest

from tracker.services import decision_rows
from tracker.services.planning import Closing, Decision, Gap, Item, Summary, Summed

ITEM = Item("echo", 3, "2026-01-01", "2026-02-01", "2026-03-01", None, "2026-02-15", '[{"rule_id": "a"}]')
GAP = Gap("end-of-therapy", '["end_of_therapy_on"]', "not_scheduled", None)
SUMMED = Summed(
    Summary(1, "d" * 64, "2026-01-01", "2026-02-01", "2026-03-02", None, None), "2026-11-23", None, b"content", "seal"
)
BARE = Decision("survivor", "clinic", (1, "version", "2026-11-23"), SUMMED, resummed=True, heals=False)
FULL = Decision(
    *("survivor", "clinic", (1, "version", "2026-11-23"), replace(SUMMED, holds_until="2026-12-01")),
    resummed=False,
    heals=True,
    opening=[ITEM, ITEM._replace(test_code="mri")],
    closing=[Closing("item", "result", "result-1"), Closing("other", "stopped", None)],
    describing=[("item", ITEM), ("third", ITEM._replace(stops_on="2030-01-01"))],
    gaps_in=[GAP],
    gaps_changed=[("gap", GAP._replace(test_code="echo"))],
    gaps_out=["gone"],
)


@pytest.mark.parametrize("decision", [BARE, FULL])
def test_it_is_read_as_it_was_told(decision: Decision) -> None:
    assert decision_rows.read(decision_rows.told(decision)) == decision


@pytest.mark.parametrize("name", [field.name for field in fields(Decision)])
def test_no_part_of_it_is_left_out(name: str) -> None:
    changed = replace(BARE, **{name: getattr(FULL, name)})
    assert decision_rows.read(decision_rows.told(changed)) == changed


@pytest.mark.parametrize("decision", [BARE, FULL])
def test_its_parts_come_back_by_their_names(decision: Decision) -> None:
    found = decision_rows.read(decision_rows.told(decision))
    assert isinstance(found.summed.summary, Summary)
    assert all(isinstance(item, Item) for item in [*found.opening, *(item for _, item in found.describing)])
    assert all(isinstance(each, Closing) for each in found.closing)
    assert all(isinstance(gap, Gap) for gap in [*found.gaps_in, *(gap for _, gap in found.gaps_changed)])


def test_it_travels_as_plain_values() -> None:
    # What is a class of its own cannot be marshalled: it would be told by its name, each time.
    assert marshal.loads(marshal.dumps(decision_rows.told(FULL))) == decision_rows.told(FULL)
