"""Values read as the driver gives them can be written back, and mean what they meant, on both databases."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
import sqlalchemy as sa

from tests.factories import make_survivor
from tests.integration.nights import DUE_ON, UPCOMING_ON, make_item, make_items
from tracker.db import Database
from tracker.models import DueItem, JobLease, StatusEvent
from tracker.services import as_stored, row_ids
from tracker.services.writing import insert_new_telling

AT = datetime(2028, 2, 29, 7, 30, 1, 5, tzinfo=timezone(timedelta(hours=2)))


def test_what_is_read_as_stored_is_written_back_the_same(database: Database) -> None:
    with database.transaction() as session:
        item = make_item(session, make_survivor(session))
        read = sa.select(*(as_stored.column(each) for each in (DueItem.id, DueItem.survivor_id, DueItem.due_on)))
        item_id, survivor_id, due_on = session.execute(read).one()
        assert (UUID(str(item_id)), str(due_on)) == (item.id, str(DUE_ON))
        row = {"id": row_ids.rising(AT, 1)[0], "due_item_id": item_id, "survivor_id": survivor_id, "status": "due"}
        row |= {"flag": "visit", "boundary_on": due_on, "recorded_at": as_stored.instant(AT)}
        [new] = insert_new_telling(session, as_stored.table(StatusEvent), [row], "status")
        assert new.status == "due"
        assert insert_new_telling(session, as_stored.table(StatusEvent), [row], "status") == []
    with database.reading() as session:
        found = session.scalars(sa.select(StatusEvent)).one()
        assert (found.due_item_id, found.survivor_id, found.boundary_on) == (item.id, item.survivor_id, DUE_ON)
        assert found.recorded_at == AT.astimezone(UTC)


def test_text_may_be_written_for_ids_and_dates_on_either(database: Database) -> None:
    with database.transaction() as session:
        item = make_item(session, make_survivor(session))
        table = as_stored.table(DueItem)
        change = sa.update(table).where(table.c.id == sa.bindparam("item_id"))
        session.connection().execute(
            change.values(next_boundary_on=sa.bindparam("on")), [{"item_id": item.id.hex, "on": str(UPCOMING_ON)}]
        )
        session.expire(item)
        assert item.next_boundary_on == UPCOMING_ON


def test_a_table_as_stored_has_the_columns_and_key_of_its_model() -> None:
    for model in (DueItem, StatusEvent, JobLease):
        table = as_stored.table(model)
        assert [each.name for each in table.columns] == [each.name for each in model.__table__.columns]
        assert [each.name for each in table.primary_key] == [each.name for each in model.__table__.primary_key]
    assert as_stored.table(DueItem) is as_stored.table(DueItem)


@pytest.mark.parametrize("number", [0, 1, 2, 4000])
def test_any_number_of_ids_goes_over_as_one_value(database: Database, number: int) -> None:
    with database.transaction() as session:
        survivor = make_survivor(session, diagnosis=None)
        if number:
            make_items(session, survivor, number)
        ids = list(session.scalars(sa.select(as_stored.column(DueItem.id))))
        make_items(session, survivor, 2)
        among = as_stored.among(DueItem.id, ids, database.engine.dialect.name)
        found = sa.select(sa.func.count()).select_from(DueItem)
        assert session.scalar(found.where(among)) == number
        assert session.scalar(found.where(~among)) == 2
        # One for the ids; PostgreSQL and SQLite have limits of their own for how many a statement may have.
        assert len(found.where(among).compile(database.engine).params) == 1
