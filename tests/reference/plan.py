"""The answer to a case file: paragraphs 1 to 6 one after the other."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from tests.reference.asked import Asked
from tests.reference.known import read_case
from tests.reference.late_effects import late_effects
from tests.reference.overrides import overridden
from tests.reference.predisposition import predisposition
from tests.reference.recurrence import recurrence
from tests.reference.tables import Tables, read_tables


def wins_over(one: Asked, other: Asked) -> bool:
    """Paragraph 4: "the earliest due date wins; on a tie a recurrence row wins, then the earlier overdue_after"."""
    if one.due != other.due:
        return one.due < other.due
    return (one.overdue or date.max) < (other.overdue or date.max)


def merged(asked: Iterable[Asked]) -> dict[str, Asked]:
    """Paragraph 4: one item per test."""
    items: dict[str, Asked] = {}
    for one in asked:
        if one.test_code not in items or wins_over(one, items[one.test_code]):
            items[one.test_code] = one
    return items


def not_before(item: Asked, day: date) -> Asked:
    """Paragraph 5: "after merging, an earlier due or overdue date becomes that day"."""
    return Asked(item.test_code, max(item.due, day), max(item.overdue, day) if item.overdue else None)


def written(item: Asked) -> dict[str, str]:
    answer = {"test_code": item.test_code, "due_on": item.due.isoformat()}
    return answer | ({"overdue_after": item.overdue.isoformat()} if item.overdue else {})


def plan(case: Mapping[str, Any], *, on: date | None = None, tables: Tables | None = None) -> dict[str, Any]:
    """The literal answer to a case on its own day, or on another."""
    tables = tables or read_tables()
    known = read_case(case, tables, on)
    saying = [late_effects(known, tables), recurrence(known, tables), predisposition(known, tables)]
    items = merged(one for said in saying for one in said.asked)
    items = {test_code: not_before(item, known.end_of_therapy) for test_code, item in items.items()}
    final = sorted(overridden(items, known, tables), key=lambda item: (item.due, item.test_code))
    return {
        "id": case["id"],
        "items": [written(item) for item in final],
        "gaps": sorted(set().union(*(said.gaps for said in saying))),
    }
