"""Paragraph 6, a clinician's decisions: "they come last"."""

from collections.abc import Mapping
from datetime import date

from tests.reference.asked import Asked
from tests.reference.dates import add_period
from tests.reference.known import Known
from tests.reference.tables import Tables

Decision = Mapping[str, str]


def in_force(decision: Decision, on: date) -> bool:
    """ "From decided_on to expires_on (out; absent: no end)"."""
    expires = date.fromisoformat(decision["expires_on"]) if decision.get("expires_on") else date.max
    return date.fromisoformat(decision["decided_on"]) <= on < expires


def newest(test_code: str, action: str, known: Known) -> Decision | None:
    """ "Of each test and action the newest decision in force counts (same day: the later listed)"."""
    found: Decision | None = None
    for decision in known.overrides:
        if (decision["test_code"], decision["action"]) != (test_code, action) or not in_force(decision, known.on):
            continue
        if found is None or decision["decided_on"] >= found["decided_on"]:
            found = decision
    return found


def added(decision: Decision, known: Known, tables: Tables) -> date | None:
    """ "Due on due_on while no result stands since decided_on, then base (since decided_on) + interval, or nothing
    without an interval"."""
    base = known.base(decision["test_code"], tables, since=date.fromisoformat(decision["decided_on"]))
    if base is None:
        return date.fromisoformat(decision["due_on"])
    return add_period(base, decision["interval"]) if decision.get("interval") else None


def with_added(item: Asked | None, decision: Decision, known: Known, tables: Tables) -> Asked | None:
    """ "Merged with the item the rules made, earliest wins (a tie keeps the rules' item)"."""
    due = added(decision, known, tables)
    if due is None or (item and item.due <= due):
        return item
    return Asked(decision["test_code"], due)


def with_interval(item: Asked, decision: Decision, known: Known, tables: Tables) -> Asked:
    """ "An item with a base becomes due at base + interval"; "no overdue_after of its own"."""
    base = known.base(item.test_code, tables)
    return item if base is None else Asked(item.test_code, add_period(base, decision["interval"]))


def deferred(item: Asked, decision: Decision) -> Asked:
    """ "Due, and overdue, become the later of themselves and `to`"."""
    to = date.fromisoformat(decision["to"])
    return Asked(item.test_code, max(item.due, to), max(item.overdue, to) if item.overdue else None)


def decided(test_code: str, item: Asked | None, known: Known, tables: Tables) -> Asked | None:
    """One test after all decisions on it, "in this order": add, set_interval, defer, stop."""
    if decision := newest(test_code, "add", known):
        item = with_added(item, decision, known, tables)
    if item and (decision := newest(test_code, "set_interval", known)):
        item = with_interval(item, decision, known, tables)
    if item and (decision := newest(test_code, "defer", known)):
        item = deferred(item, decision)
    return None if newest(test_code, "stop", known) else item


def overridden(items: Mapping[str, Asked], known: Known, tables: Tables) -> list[Asked]:
    tests = [*items, *(decision["test_code"] for decision in known.overrides)]
    after = [decided(test_code, items.get(test_code), known, tables) for test_code in dict.fromkeys(tests)]
    return [item for item in after if item]
