"""A database that one test after another uses is as the migrations left it, or it goes."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.conftest import TODAY
from tests.factories import make_clinic, make_survivor
from tests.postgres import Kept, KeptDatabases
from tracker.clock import FixedClock
from tracker.db import make_engine
from tracker.models import AuditEvent, Clinic, Survivor
from tracker.policy import Actor
from tracker.services import audit


@pytest.fixture
def kept(postgres: str) -> Iterator[Kept]:
    found = Kept(postgres)
    yield found
    found.drop()


def run(kept: Kept, statement: str) -> None:
    engine = make_engine(kept.url)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def test_rows_go_with_those_they_refer_to_and_an_audit_that_nobody_may_change(kept: Kept) -> None:
    engine = make_engine(kept.url)
    with Session(engine) as session, session.begin():
        survivor = make_survivor(session, make_clinic(session))
        audit.record(session, Actor.system("test"), "tried", subject=survivor, at=FixedClock.on(TODAY).now())
    engine.dispose()

    assert kept.empty() is True

    with kept.engine.connect() as connection:
        for table in (Survivor, Clinic, AuditEvent):
            assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0
        assert connection.scalar(sa.text("SELECT count(*) FROM alembic_version")) == 1


def test_a_transaction_left_open_is_ended_first(kept: Kept) -> None:
    engine = make_engine(kept.url)
    left = engine.connect()
    left.exec_driver_sql("LOCK TABLE survivors")

    assert kept.empty() is True

    with pytest.raises(sa.exc.OperationalError):
        left.exec_driver_sql("SELECT 1")
    left.invalidate()
    engine.dispose()


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE survivors ADD COLUMN tried integer",
        "ALTER TABLE survivors ALTER COLUMN mrn TYPE text",
        "DROP INDEX ix_due_items_survivor_id",
        "ALTER TABLE due_items DROP CONSTRAINT ck_due_items_dates_in_order",
        "CREATE TABLE tried (id integer PRIMARY KEY)",
        "UPDATE alembic_version SET version_num = 'tried'",
    ],
)
def test_what_emptying_cannot_undo_is_noticed(kept: Kept, change: str) -> None:
    run(kept, change)

    assert kept.empty() is False


def test_so_are_statistics_by_which_a_later_plan_would_be_chosen(kept: Kept) -> None:
    run(kept, "ANALYZE alembic_version")

    assert kept.empty() is False


def test_a_database_that_was_emptied_is_used_again_and_one_that_was_not_is_not(postgres: str) -> None:
    databases = KeptDatabases(postgres)
    with databases.one() as first:
        pass
    with databases.one() as second, databases.one() as beside:
        engine = make_engine(second)
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE survivors ADD COLUMN tried integer")
        engine.dispose()
    with databases.one() as third:
        assert (second == first, third == beside, beside != first) == (True, True, True)
    databases.free.pop().drop()
