"""Paragraph 3, inherited cancer syndromes."""

from collections.abc import Mapping
from datetime import date

from tests.reference.asked import Asked, Said
from tests.reference.dates import add_months, add_period
from tests.reference.known import Known
from tests.reference.late_effects import applies_to_sex, sex_is_unknown
from tests.reference.strata import matches
from tests.reference.tables import Row, Tables


def due_once(row: Row, start: date, known: Known, tables: Tables) -> date | None:
    """ "P0D: due at the start age and stays due until a result from three months before it on; `until` is then only
    the age by which it should be done"."""
    done = known.base(row["test_code"], tables, since=add_months(start, -3))
    return start if done is None else None


def due_again(row: Row, start: date, known: Known, tables: Tables) -> date | None:
    """ "From start_age to until (out): over when the day asked about reaches until; due = the start if there is no
    base, else the later of start and base + interval; dropped on or after until"."""
    until = add_period(known.birth, row["until"]) if row["until"] else date.max
    if known.on >= until:
        return None
    base = known.base(row["test_code"], tables)
    due = start if base is None else max(start, add_period(base, row["interval"]))
    return due if due < until else None


def follow(row: Row, known: Known, tables: Tables, said: Said) -> None:
    start = add_period(known.birth, row["start_age"])
    due = (due_once if row["interval"] == "P0D" else due_again)(row, start, known, tables)
    if due:
        said.asked.append(Asked(row["test_code"], due))
        said.gaps |= {row["id"]} if sex_is_unknown(row, known) else set()


def rows_for(held: Mapping[str, str], known: Known, tables: Tables) -> list[Row]:
    rows = [row for row in tables.predisposition if row["syndrome"] == held["syndrome"]]
    return [row for row in rows if matches(row["stratum"], held, birth=known.birth, ages={})]


def predisposition(known: Known, tables: Tables) -> Said:
    said = Said()
    for held in known.predispositions:
        matching = rows_for(held, known, tables)
        # "A syndrome with rows but none matching: the gap `no-schedule:` + syndrome."
        if not matching and any(row["syndrome"] == held["syndrome"] for row in tables.predisposition):
            said.gaps.add(f"no-schedule:{held['syndrome']}")
        for row in matching:
            if applies_to_sex(row, known):  # "One-sex rows and unknown sex as in 1."
                follow(row, known, tables, said)
    return said
