"""What an invented survivor can have been given, and the doses worth trying, all read from the tables."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from tests.reference.predicates import Compared, Not, Tree
from tests.reference.tables import Tables, read_tables

CALCULATED = {"any_cancer", "age_y", "ltfu_entry_age_y"}
UNIT_ENDINGS = ("_mg_m2", "_u_m2", "_gy", "_n")
STEP = Decimal("0.1")


@dataclass(frozen=True)
class Vocabulary:
    """Names with their thresholds (none for what is simply given), and the words strata use."""

    names: tuple[str, ...]
    doses: dict[str, tuple[Decimal, ...]]
    names_by_row: tuple[tuple[str, ...], ...]
    strata: dict[str, dict[str, tuple[str, ...]]]
    syndromes: tuple[str, ...]
    test_codes: tuple[str, ...]


def dated_name(name: str) -> str:
    """The name under which the last day is recorded: without its unit."""
    for ending in UNIT_ENDINGS:
        if name.endswith(ending):
            return name.removesuffix(ending)
    return name


def leaves(tree: Tree) -> list[Compared]:
    if isinstance(tree, Compared):
        return [tree]
    parts = [tree.part] if isinstance(tree, Not) else tree.parts
    return [leaf for part in parts for leaf in leaves(part)]


def thresholds(tables: Tables) -> dict[str, set[Decimal]]:
    """Every number a dose is compared with; and for the parts of a sum, the dose that alone just reaches it."""
    found: dict[str, set[Decimal]] = {row["name"]: set() for row in tables.exposures}
    for tree in tables.trees.values():
        for leaf in leaves(tree):
            found[leaf.name].add(leaf.number)
    for derivation in tables.derivations:
        for name, factor in derivation.inputs:
            if name in found:
                found[name] |= {round(number / factor, 3) for number in found[derivation.name]}
    return found


def around(numbers: set[Decimal]) -> tuple[Decimal, ...]:
    """Exactly at each threshold, just below, just above."""
    return tuple(sorted({number + step for number in numbers if number for step in (-STEP, 0, STEP)}))


def doses(tables: Tables) -> dict[str, tuple[Decimal, ...]]:
    found = thresholds(tables)
    plain = {row["name"] for row in tables.exposures if row["unit"] == "1"}
    return {
        name: () if name in plain else around(numbers) or (Decimal(10), Decimal(300))
        for name, numbers in found.items()
        if name not in CALCULATED
    }


def strata_of(tables: Tables) -> dict[str, dict[str, tuple[str, ...]]]:
    fields: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in tables.strata:
        if row["field"] not in ("sex", "age", "age_at_diagnosis"):
            values = tuple(value.strip() for value in row["values_used"].split("|"))
            fields.setdefault(row["diagnosis_or_syndrome"], {})[row["field"]] = values
    return fields


@cache
def vocabulary() -> Vocabulary:
    tables = read_tables()
    every = [*tables.late_effects, *tables.recurrence, *tables.predisposition]
    tried = doses(tables)
    by_row = (tuple(dict.fromkeys(leaf.name for leaf in leaves(tree))) for tree in tables.trees.values())
    return Vocabulary(
        names=tuple(tried),
        doses=tried,
        names_by_row=tuple(tuple(name for name in names if name in tried) for names in by_row),
        strata=strata_of(tables),
        syndromes=tuple(dict.fromkeys(row["syndrome"] for row in tables.predisposition)),
        test_codes=tuple(sorted({row["test_code"] for row in every} | set(tables.satisfies))),
    )
