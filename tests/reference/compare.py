"""What the engine's plan and the literal answer do not agree on, in words."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tests.reference.survivors import Json
from tracker.engine.types import CarePlan, PlannedItem

OVERDUE_DAYS = 90


def differences(case: Json, engine: CarePlan, answer: Json) -> list[str]:
    """One line for each disagreement on items, dates, order or gaps; empty if there is none."""
    planned = {item.test_code: item for item in engine.items}
    expected = {item["test_code"]: item for item in answer["items"]}
    found = [f"{code}: only the engine asks" for code in sorted(planned.keys() - expected.keys())]
    found += [f"{code}: only the reference asks" for code in sorted(expected.keys() - planned.keys())]
    deferred = {decision["test_code"] for decision in case["overrides"] if decision["action"] == "defer"}
    for code in sorted(planned.keys() & expected.keys()):
        found += item_differences(planned[code], expected[code], deferred=code in deferred)
    if not found and [item.test_code for item in engine.items] != [item["test_code"] for item in answer["items"]]:
        found.append("the items are the same, their order is not")
    return found + gap_differences(engine, answer)


def item_differences(planned: PlannedItem, expected: Mapping[str, str], *, deferred: bool) -> list[str]:
    """Overdue days of its own are compared wherever they are given; the pack's own wherever nobody deferred."""
    code, found = planned.test_code, []
    if planned.due_on.isoformat() != expected["due_on"]:
        found.append(f"{code}: engine due {planned.due_on}, reference {expected['due_on']}")
    own = expected.get("overdue_after")
    if planned.own_overdue != (own is not None):
        found.append(f"{code}: engine own overdue {planned.own_overdue}, reference {own}")
    elif own is not None and planned.overdue_after.isoformat() != own:
        found.append(f"{code}: engine overdue after {planned.overdue_after}, reference {own}")
    elif own is None and not deferred and planned.overdue_after != planned.due_on + timedelta(days=OVERDUE_DAYS):
        found.append(f"{code}: engine overdue after {planned.overdue_after}, not {OVERDUE_DAYS} days after due")
    return found


def gap_differences(engine: CarePlan, answer: Json) -> list[str]:
    reported, expected = {gap.id for gap in engine.gaps}, set(answer["gaps"])
    found = [f"gap {gap}: only the engine reports it" for gap in sorted(reported - expected)]
    return found + [f"gap {gap}: only the reference reports it" for gap in sorted(expected - reported)]


def shown(engine: CarePlan) -> dict[str, Any]:
    """The engine's plan written like an answer, to be read beside one."""
    items = [
        {
            "test_code": item.test_code,
            "due_on": item.due_on.isoformat(),
            "overdue_after": item.overdue_after.isoformat(),
        }
        for item in engine.items
    ]
    return {"items": items, "gaps": sorted(gap.id for gap in engine.gaps)}
