"""The pack's tables as they stand, and their predicates read into trees (once, to save time; nothing else is kept)."""

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from tests.reference.predicates import Tree, parse

PACK = Path(__file__).resolve().parents[2] / "tracker/guidelines/packs/childhood-cancer/2026.1"

Row = dict[str, str]


@dataclass(frozen=True)
class Derivation:
    """How a name that is not recorded follows from others: ``sum`` of dose × factor, ``max`` or ``any``."""

    name: str
    rule: str
    inputs: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True)
class Tables:
    """Rows in the order of the files. Rival rows are left out: they are not part of the default pack."""

    late_effects: tuple[Row, ...]
    recurrence: tuple[Row, ...]
    predisposition: tuple[Row, ...]
    exposures: tuple[Row, ...]
    strata: tuple[Row, ...]
    diagnoses: tuple[str, ...]
    derivations: tuple[Derivation, ...]
    satisfies: dict[str, frozenset[str]]
    trees: dict[str, Tree]

    def codes_for(self, test_code: str) -> set[str]:
        """The codes a result may have to count for the test: its own, and equivalents, one step."""
        return {test_code} | {result for result, tests in self.satisfies.items() if test_code in tests}


def rows_of(folder: Path, name: str) -> tuple[Row, ...]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def read_derivation(row: Row) -> Derivation:
    """Inputs are ``name*factor`` or ``name``."""
    parts = [part.partition("*") for part in row["inputs"].split()]
    return Derivation(row["name"], row["rule"], tuple((name, Decimal(factor or "1")) for name, _, factor in parts))


def read_equivalents(rows: tuple[Row, ...]) -> dict[str, frozenset[str]]:
    results = {row["result"] for row in rows}
    return {result: frozenset(row["satisfies"] for row in rows if row["result"] == result) for result in results}


@cache
def read_tables(folder: Path = PACK) -> Tables:
    late_effects = rows_of(folder, "late_effects.csv")
    return Tables(
        late_effects=tuple(row for row in late_effects if not row["note"].startswith("alternative")),
        recurrence=tuple(row for row in rows_of(folder, "recurrence.csv") if row["note"].startswith("default")),
        predisposition=rows_of(folder, "predisposition.csv"),
        exposures=rows_of(folder, "exposures.csv"),
        strata=rows_of(folder, "strata.csv"),
        diagnoses=tuple(row["diagnosis"] for row in rows_of(folder, "diagnoses.csv")),
        derivations=tuple(read_derivation(row) for row in rows_of(folder, "derivations.csv")),
        satisfies=read_equivalents(rows_of(folder, "equivalents.csv")),
        trees={row["exposure"]: parse(row["exposure"]) for row in late_effects},
    )
