"""Where a row's date meets its end: the days on which one day more or less changes what is asked."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.reference.dates import add_period, birthday
from tests.reference.tables import Row, Tables

ANCHORS = {"end_of_therapy": "end_of_therapy_on", "resection": "resected_on", "diagnosis": "diagnosed_on"}


@dataclass(frozen=True)
class Edge:
    """A result one ``interval`` before ``day`` makes the test due exactly on it (or, once, just still counts)."""

    test_code: str
    day: date
    interval: str


def of_recurrence(entries: Iterable[Mapping[str, Any]], tables: Tables) -> list[Edge]:
    """The end of each band, for each primary."""
    return [
        Edge(
            row["test_code"], add_period(date.fromisoformat(entry[ANCHORS[row["anchor"]]]), row["to"]), row["interval"]
        )
        for entry in entries
        for row in tables.recurrence
        if row["diagnosis"] == entry["diagnosis"] and row["to"] and ANCHORS[row["anchor"]] in entry
    ]


def of_predisposition(birth: date, syndromes: Iterable[str], tables: Tables) -> list[Edge]:
    """The last age of each repeating row; the start of each that is done once."""
    held = set(syndromes)
    rows = [row for row in tables.predisposition if row["syndrome"] in held]
    again = [
        Edge(row["test_code"], add_period(birth, row["until"]), row["interval"])
        for row in rows
        if row["until"] and row["interval"] != "P0D"
    ]
    once = [
        Edge(row["test_code"], add_period(birth, row["start_age"]), "P3M") for row in rows if row["interval"] == "P0D"
    ]
    return again + once * 4


def of_late_effects(birth: date, given: Iterable[str], tables: Tables) -> list[Edge]:
    """Every age a row names, whether in its predicate, its start or its until."""
    names = {*given, "any_cancer"}
    return [
        Edge(row["test_code"], birthday(birth, age), "P3M" if row["interval"] == "once" else row["interval"])
        for row in tables.late_effects
        if names & set(re.findall(r"\w+", row["exposure"]))
        for age in ages_in(row)
    ]


def ages_in(row: Row) -> set[int]:
    text = f"{row['exposure']} {row['start']} {row['until']}"
    found = re.findall(r"age_y [<>=]+ (\d+)|age (\d+)y", text)
    return {int(bound or start) for bound, start in found}
