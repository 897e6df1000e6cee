"""The list of unknown codes is one query over the index of such entries, however many there are."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.factories import make_survivor
from tests.integration.test_code_mappings import administrator, clinic, entry, listed
from tracker.clock import FixedClock
from tracker.fhir.codes import ALIASES
from tracker.models import ChartEntry, Clinic
from tracker.policy import Actor

LOCAL = "http://hospital.example/codes"


__all__ = ["administrator", "clinic"]


@contextmanager
def statements(session: Session) -> Iterator[list[tuple[str, Any]]]:
    """The statements that run meanwhile."""
    found: list[tuple[str, Any]] = []
    engine = session.get_bind()

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        found.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def test_the_number_of_statements_does_not_grow_with_the_list(
    session: Session, clinic: Clinic, administrator: Actor
) -> None:
    counts = []
    for people in (1, 6):
        for number in range(people):
            survivor = make_survivor(session, clinic)
            for code in range(4):
                entry(session, survivor, f"c{code}")
                entry(session, survivor, f"c{code}-{number}")
        with statements(session) as found:
            assert listed(session, clinic, administrator, at_least=1)
        counts.append(len(found))
    assert counts[0] == counts[1] <= 3


def test_the_list_reads_the_index_of_unmapped_entries_and_not_the_whole_chart(
    session: Session, clinic: Clinic, administrator: Actor
) -> None:
    survivors = [make_survivor(session, clinic) for _ in range(20)]
    rows = [
        {
            "id": uuid4(),
            "survivor_id": survivors[number % 20].id,
            "resource_type": "Observation",
            "external_id": f"o{number}",
            "code_system": LOCAL,
            "code": f"c{number % 7}",
            "status": "final",
            "mapped_to": "" if number % 40 == 0 else "body-mass-index",
            "imported_at": FixedClock.on(date(2026, 11, 2)).now(),
        }
        for number in range(8000)
    ]
    session.execute(sa.insert(ChartEntry), rows)
    session.execute(sa.text("ANALYZE"))
    with statements(session) as found:
        assert sum(count for _, count in listed(session, clinic, administrator, aliases=ALIASES)) == 200
    [(statement, parameters)] = [each for each in found if "GROUP BY" in each[0]]

    plan = explained(session, statement, parameters)

    assert "ix_chart_entries_unmapped" in plan, plan
    assert "Seq Scan on chart_entries" not in plan, plan


def explained(session: Session, statement: str, parameters: Any) -> str:
    lite = session.get_bind().dialect.name == "sqlite"
    start = "EXPLAIN QUERY PLAN " if lite else "EXPLAIN "
    rows = session.connection().exec_driver_sql(start + statement, parameters)
    return "\n".join(str(tuple(row)) for row in rows)
