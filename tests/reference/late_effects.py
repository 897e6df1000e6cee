"""Paragraph 1, late effects."""

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tests.reference.asked import Asked, Said
from tests.reference.dates import add_months, add_period, birthday
from tests.reference.known import Known
from tests.reference.predicates import Amount, compare, verdict_of
from tests.reference.tables import Row, Tables

OLDEST = 120
AGES = {age: Amount(Decimal(age)) for age in range(OLDEST + 1)}


@dataclass(frozen=True)
class Window:
    """Days on which a row is in force: ``first`` in, ``end`` out (None: for life)."""

    first: date
    end: date | None
    ended_by_age: bool
    unknown: bool

    def is_over(self, on: date) -> bool:
        return self.end is not None and on >= self.end

    def holds(self, on: date) -> bool:
        return self.first <= on and not self.is_over(on)


def newest_transplant(known: Known) -> date | None:
    """ "date(hsct) is the newest of hsct, hsct_any, hsct_allo, hsct_auto"."""
    names = ("hsct", "hsct_any", "hsct_allo", "hsct_auto")
    return max((known.exposure_dates[name] for name in names if name in known.exposure_dates), default=None)


def date_of_exposure(name: str, known: Known) -> date:
    """ "The recorded last day of x; else, for an x ending in _rt when TBI was given and has a date, the TBI date;
    else the end of therapy"."""
    recorded = newest_transplant(known) if name == "hsct" else known.exposure_dates.get(name)
    if recorded:
        return recorded
    tbi = known.amounts.get("tbi_gy")
    tbi_given = tbi is not None and compare(tbi, ">", Decimal(0)) is True
    if name.endswith("_rt") and tbi_given and "tbi" in known.exposure_dates:
        return known.exposure_dates["tbi"]
    return known.end_of_therapy


def moment(text: str, known: Known) -> date | None:
    """A ``start`` or ``until`` as a day; None for an event that has not happened by the day asked about."""
    if text == "end_of_therapy":
        return known.end_of_therapy
    if text == "ltfu_entry":
        return known.ltfu_entry
    if found := re.fullmatch(r"later of (.+) and (.+)", text):
        days = [moment(part, known) for part in found.groups()]
        return None if None in days else max(day for day in days if day)
    if found := re.fullmatch(r"age (\d+)y", text):
        return birthday(known.birth, int(found[1]))
    if found := re.fullmatch(r"(\d+)([ym]) after (.+)", text):
        start = moment(found[3], known)
        return start and add_months(start, int(found[1]) * (12 if found[2] == "y" else 1))
    if found := re.fullmatch(r"date\((\w+)\)", text):
        return date_of_exposure(found[1], known)
    if found := re.fullmatch(r"event\((\w+)\)", text):
        happened = known.events.get(found[1])
        return happened if happened and happened <= known.on else None
    raise ValueError(f"cannot read the start or until {text!r}")


def verdicts_by_age(row: Row, known: Known, tables: Tables) -> list[bool | None]:
    """The predicate at every age from 0 on, one after the other."""
    tree = tables.trees[row["exposure"]]
    if "age_y" not in row["exposure"].replace("ltfu_entry_age_y", ""):
        return [verdict_of(tree, known.amounts)] * (OLDEST + 1)
    amounts = dict(known.amounts)
    verdicts = []
    for age in range(OLDEST + 1):
        amounts["age_y"] = AGES[age]
        verdicts.append(verdict_of(tree, amounts))
    return verdicts


def runs_of_ages(verdicts: list[bool | None]) -> list[tuple[int, int]]:
    """ "The ages its predicate allows (treating unknown as allowed)"; "neighbouring ages that it allows are one
    window". First and last age of each run."""
    runs: list[tuple[int, int]] = []
    for age, verdict in enumerate(verdicts):
        if verdict is False:
            continue
        if runs and runs[-1][1] == age - 1:
            runs[-1] = (runs[-1][0], age)
        else:
            runs.append((age, age))
    return runs


def applies_to_sex(row: Row, known: Known) -> bool:
    """ "A row for one sex applies to a survivor of unknown sex as if unknown: met, with a gap"."""
    return row["sex"] in ("any", known.sex) or known.sex == "unknown"


def sex_is_unknown(row: Row, known: Known) -> bool:
    return row["sex"] != "any" and known.sex == "unknown"


def windows_of(row: Row, known: Known, tables: Tables) -> list[Window]:
    """Ages the predicate allows, "ended by until; first day in, last day out". A window without a day is none."""
    if not applies_to_sex(row, known):
        return []
    verdicts = verdicts_by_age(row, known, tables)
    until = moment(row["until"], known) if row["until"] else None
    windows = []
    for youngest, oldest in runs_of_ages(verdicts):
        first = birthday(known.birth, youngest)
        age_end = None if oldest == OLDEST else birthday(known.birth, oldest + 1)
        end = min((day for day in (age_end, until) if day), default=None)
        unknown = None in verdicts[youngest : oldest + 1] or sex_is_unknown(row, known)
        if end is None or first < end:
            windows.append(Window(first, end, age_end is not None and age_end == end, unknown))
    return windows


def due_once(row: Row, start: date, known: Known, tables: Tables) -> date | None:
    """ "once → the start, unless a result stands from three months before the start on (from the end of therapy on,
    where the start is ltfu_entry)"."""
    since = known.end_of_therapy if row["start"] == "ltfu_entry" else add_months(start, -3)
    return start if known.base(row["test_code"], tables, since=since) is None else None


def due_again(row: Row, start: date, window: Window, known: Known, tables: Tables) -> date:
    """ "Repeating → the start if there is no base (even before the window's first day), else the latest of start,
    first day of the window, and base + interval"."""
    base = known.base(row["test_code"], tables)
    return start if base is None else max(start, window.first, add_period(base, row["interval"]))


def date_of(row: Row, window: Window, known: Known, tables: Tables) -> date | None:
    start = moment(row["start"], known)
    if start is None:  # "a start naming an event that has not happened … asks for nothing"
        return None
    if row["interval"] == "once":
        due = due_once(row, start, known, tables)
    else:
        due = due_again(row, start, window, known, tables)
    # "A date on or after the window's end is dropped."
    return None if due is None or (window.end and due >= window.end) else due


def late_effects(known: Known, tables: Tables) -> Said:
    said = Said()
    by_test: dict[str, list[tuple[Row, Window]]] = defaultdict(list)
    for row in tables.late_effects:
        for window in windows_of(row, known, tables):
            by_test[row["test_code"]].append((row, window))
    for pairs in by_test.values():
        # "If no row of a test is in force on the day asked about, nothing is asked."
        if not any(window.holds(known.on) for _, window in pairs):
            continue
        for row, window in pairs:
            # "Each row of that test whose window is not over gives a date, and so does each row whose window an
            # age bound has ended."
            if window.is_over(known.on) and not window.ended_by_age:
                continue
            due = date_of(row, window, known, tables)
            if due:
                said.asked.append(Asked(row["test_code"], due))
                said.gaps |= {row["id"]} if window.unknown else set()
    return said


def rows_left_unknown(known: Known, tables: Tables) -> set[str]:
    """Every row whose predicate (or sex) is unknown at some age: the most that may be reported as a gap."""
    return {row["id"] for row in tables.late_effects for window in windows_of(row, known, tables) if window.unknown}
