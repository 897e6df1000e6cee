"""Dates known to the month or year only ("2019-03", "2019"): the literal answer for both ends, and what it promises.

"Planned with every such date on its first day and with every such date on its last day: a test that either asks for is
asked for, on the earlier date; what either does not know is not known; and each date that makes a difference, moved
alone from its first day or from its last, is not known either." (docs/adr/0005)
"""

import copy
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.reference.dates import add_months
from tests.reference.plan import plan
from tests.reference.tables import Tables, read_tables

Json = dict[str, Any]
KINDS = {"diagnosed_on": "diagnosis", "resected_on": "resection", "end_of_therapy_on": "end_of_therapy"}


@dataclass(frozen=True)
class Written:
    """One date of a case as it is written, where it stands, and its name among the gaps."""

    path: tuple[str | int, ...]
    text: str
    gap: str

    @property
    def is_whole(self) -> bool:
        return len(self.text) == len("2019-03-14")

    @property
    def filled(self) -> date:
        """The first day of that year or month."""
        return date.fromisoformat(self.text + "0000-01-01"[len(self.text) :])

    def first(self, birth: date) -> date:
        """Nobody was treated before birth."""
        return birth if self.filled < birth <= self.last() else self.filled

    def last(self) -> date:
        if self.is_whole:
            return self.filled
        return add_months(self.filled, 12 if len(self.text) == len("2019") else 1) - timedelta(days=1)


def written_dates(case: Json) -> Iterator[Written]:
    """Every date of a case that may be partly known."""
    others = case["survivor"].get("other_diagnoses", [])
    entries: list[tuple[tuple[str | int, ...], Json]] = [(("survivor",), case["survivor"])]
    entries += [(("survivor", "other_diagnoses", place), each) for place, each in enumerate(others)]
    for path, entry in entries:
        for key, kind in KINDS.items():
            if entry.get(key):
                yield Written((*path, key), entry[key], f"date-precision:{kind}:{entry['diagnosis']}")
    for key, kind in (("exposure_dates", "exposure"), ("events", "event")):
        for name, text in case.get(key, {}).items():
            yield Written((key, name), text, f"date-precision:{kind}:{name}")


def with_dates(case: Json, days: Mapping[Written, str]) -> Json:
    """The case with these dates written otherwise."""
    changed = copy.deepcopy(case)
    for each, text in days.items():
        at: Any = changed
        for step in each.path[:-1]:
            at = at[step]
        at[each.path[-1]] = text
    return changed


def settled(case: Json, on_last: Collection[Written] = ()) -> Json:
    """The case with every date whole: on its last day, or on its first."""
    birth = date.fromisoformat(case["survivor"]["birth_date"])
    days = {each: each.last() if each in on_last else each.first(birth) for each in partly_written(case)}
    return with_dates(case, {each: day.isoformat() for each, day in days.items()})


def partly_written(case: Json) -> list[Written]:
    return [each for each in written_dates(case) if not each.is_whole]


def wins_over(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Paragraph 4 for items: the earliest due date; on a tie a date of its own to be overdue, then the earlier."""
    if one["due_on"] != other["due_on"]:
        return one["due_on"] < other["due_on"]
    return one.get("overdue_after", "9999") < other.get("overdue_after", "9999")


def merged(first: Json, last: Json) -> Json:
    items = {item["test_code"]: item for item in first["items"]}
    for item in last["items"]:
        other = items.get(item["test_code"])
        if other is None or wins_over(item, other):
            items[item["test_code"]] = item
    return {
        "id": first["id"],
        "items": sorted(items.values(), key=lambda item: (item["due_on"], item["test_code"])),
        "gaps": sorted({*first["gaps"], *last["gaps"]}),
    }


def plan_for_both_ends(case: Json, *, on: date | None = None, tables: Tables | None = None) -> Json:
    """The literal answer to a case with dates like 2019-03 and 2019."""
    tables = tables or read_tables()
    partly = partly_written(case)

    def planned(on_last: Collection[Written]) -> Json:
        return plan(settled(case, on_last), on=on, tables=tables)

    first, last = planned([]), planned(partly)
    answer = merged(first, last)
    if first == last:
        return answer
    matter = [
        each
        for each in partly
        if planned([each]) != first or planned([other for other in partly if other is not each]) != last
    ]
    return answer | {"gaps": sorted({*answer["gaps"], *(each.gap for each in matter or partly)})}
