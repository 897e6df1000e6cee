"""Rows that may be there already: how many were new, and more of them than one statement can hold."""

from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import FixedClock
from tracker.models import JobLease
from tracker.services.writing import insert_new


def leases(numbers: range, at: datetime) -> list[dict[str, Any]]:
    return [{"name": f"lease {number}", "holder": "", "fence": 0, "expires_at": at} for number in numbers]


def held(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(JobLease)) or 0


def test_only_what_no_key_holds_yet_is_new(session: Session, clock: FixedClock) -> None:
    assert insert_new(session, JobLease, leases(range(3), clock.now())) == 3
    assert insert_new(session, JobLease, leases(range(1, 5), clock.now())) == 2
    assert insert_new(session, JobLease, leases(range(5), clock.now())) == 0
    assert held(session) == 5


def test_no_rows_are_no_statement(session: Session) -> None:
    assert insert_new(session, JobLease, []) == 0


def test_more_values_than_a_statement_holds_go_in_all_the_same(session: Session, clock: FixedClock) -> None:
    assert insert_new(session, JobLease, leases(range(9_000), clock.now())) == 9_000
    assert held(session) == 9_000


@pytest.mark.parametrize("rows", [499, 500, 501, 999, 1000, 1001])
def test_none_is_lost_where_one_statement_ends(session: Session, clock: FixedClock, rows: int) -> None:
    assert insert_new(session, JobLease, leases(range(rows), clock.now())) == rows == held(session)
