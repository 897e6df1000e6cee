"""The whole registry as what its rows say: ids, instants and trails aside, so that two of them can be compared."""

import hashlib
import json
from typing import Any

import sqlalchemy as sa

from tracker.db import Database, UTCDateTime
from tracker.models import Base

TRAILS = frozenset(
    {
        *("audit_events", "access_events", "summary_editions", "change_sets", "changed_rows", "uploads"),
        *("users", "user_sessions", "sign_in_failures", "grants", "job_runs", "job_leases"),
    }
)
# Which came first, and how often a record was written to, is told by the order of the imports. A plan's seal is of rows
# with their ids.
OF_THE_ORDER = {"survivors": {"version", "plan_seal"}}


def content(database: Database) -> dict[str, list[list[Any]]]:
    """Every table's rows, sorted; a row's survivor stands there by record number."""
    survivors = Base.metadata.tables["survivors"]
    with database.engine.connect() as connection:
        numbers = {row.id: row.mrn for row in connection.execute(sa.select(survivors.c.id, survivors.c.mrn))}
        return {
            table.name: sorted(
                (_said(table, row, numbers) for row in connection.execute(sa.select(table)).mappings()), key=repr
            )
            for table in Base.metadata.sorted_tables
            if table.name not in TRAILS
        }


def _said(table: sa.Table, row: Any, numbers: dict[Any, str]) -> list[Any]:
    told = [numbers.get(row["survivor_id"], "")] if "survivor_id" in table.c else []
    left_out = OF_THE_ORDER.get(table.name, set())
    for column in table.columns:
        is_id = isinstance(column.type, sa.Uuid | UTCDateTime) or column.name in left_out
        if not is_id and not (table.name == "due_items" and column.name == "reasons"):
            told.append(str(row[column.name]))
    return told


def checksum(database: Database) -> str:
    """One number for the whole registry."""
    return hashlib.sha256(json.dumps(content(database), sort_keys=True).encode()).hexdigest()
