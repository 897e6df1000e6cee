"""The yardstick of a refresh: what it has to know, read with the raw driver in the same order and thrown away.

Only the columns that a plan is made of or compared with, without a join and without making anything of them: what
PostgreSQL's driver would make objects of is asked for as text, which costs least.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from bench.registries import SQLITE, Registry
from tracker.db import UTCDateTime
from tracker.models import Base
from tracker.models.treatment import SYNDROME_FIELDS, TUMOR_FIELDS

AT_ONCE = 5_000
OBJECTS = (sa.Date, sa.Uuid, sa.JSON, sa.Numeric, UTCDateTime)
# By table: the columns, and which rows count.
READ = {
    "survivors": (
        "id clinic_id birth_date sex_at_birth ltfu_entry_on standing acknowledged_on deceased_on withdrawn_at has_plan "
        "plan_holds_until plan_computed_on plan_digest next_upcoming_on next_due_on next_overdue_on recurrence_due_on "
        "recurrence_overdue_on",
        "",
    ),
    "exposures": ("survivor_id name certainty value last_on last_precision at_least", ""),
    "events": ("survivor_id name happened_on happened_precision", ""),
    "diagnoses": (
        "survivor_id position name diagnosed_on diagnosed_precision resected_on resected_precision end_of_therapy_on "
        f"end_of_therapy_precision {' '.join(TUMOR_FIELDS)}",
        "",
    ),
    "predispositions": (f"survivor_id position syndrome {' '.join(SYNDROME_FIELDS)}", ""),
    "results": ("survivor_id id test_code performed_on recorded_at status adequate claimed", "superseded_at IS NULL"),
    "overrides": (
        "survivor_id id test_code action decided_on expires_on due_on repeat_every defer_to recorded_at position",
        "withdrawn_at IS NULL",
    ),
    "due_items": (
        "survivor_id id test_code recurrence late_effects predisposition visit added upcoming_on due_on overdue_after "
        "stops_on soft_due_on reasons",
        "closed_on IS NULL",
    ),
    "plan_gaps": ("survivor_id id gap missing consequence test_code", ""),
}


def read_all(registry: Registry) -> int:
    """Read everything; how many rows there were."""
    connection = registry.raw()
    connection.execute("BEGIN")
    found = sum(_read(registry, connection, statement) for statement in statements(registry.kind))
    connection.execute("COMMIT")
    connection.close()
    return found


def statements(kind: str) -> Iterator[str]:
    """One query for each table, in the order of the survivors."""
    for table, (names, counting) in READ.items():
        columns = [_told(kind, table, name) for name in names.split()]
        where = f" WHERE {counting}" if counting else ""
        # The table's own column: by its bare name PostgreSQL would sort by the text made of it.
        yield f"SELECT {', '.join(columns)} FROM {table}{where} ORDER BY {table}.{names.split()[0]}"


def _told(kind: str, table: str, name: str) -> str:
    as_text = kind != SQLITE and isinstance(Base.metadata.tables[table].c[name].type, OBJECTS)
    return f"{name}::text" if as_text else name


def _read(registry: Registry, connection: Any, statement: str) -> int:
    cursor = connection.cursor() if registry.kind == SQLITE else connection.cursor("bench")
    cursor.execute(statement)
    count = 0
    while some := cursor.fetchmany(AT_ONCE):
        count += len(some)
    cursor.close()
    return count
