"""Transactions and column types, on both databases."""

import threading
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.factories import make_clinic, make_contact, make_survivor
from tests.postgres import let_commits_wait
from tracker.db import Database, make_engine, need_not_last
from tracker.models import Clinic, Contact, Survivor


def test_an_error_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(RuntimeError), database.transaction() as session:
        make_clinic(session, name="Never")
        raise RuntimeError("in the middle")
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Clinic)) == 0


def test_an_instant_comes_back_in_utc_whatever_zone_it_was_given_in(database: Database) -> None:
    eastern = timezone(timedelta(hours=-5))
    with database.transaction() as session:
        clinic_id = make_clinic(session, created_at=datetime(2026, 11, 23, 20, 15, tzinfo=eastern)).id
    with database.reading() as session:
        found = session.get_one(Clinic, clinic_id).created_at
    assert found == datetime(2026, 11, 24, 1, 15, tzinfo=UTC)
    assert found.tzinfo is UTC


def test_an_instant_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(sa.exc.StatementError, match="time zone"), database.transaction() as session:
        make_clinic(session, created_at=datetime(2026, 11, 23, 20, 15))


def test_an_address_is_not_readable_in_the_table(database: Database) -> None:
    with database.transaction() as session:
        make_contact(session, make_survivor(session), phone="617-555-0177")
    with database.reading() as session:
        raw = session.scalar(sa.text("SELECT phone FROM contacts"))
        assert "0177" not in str(raw)
        assert session.scalars(sa.select(Contact.phone)).one() == "617-555-0177"


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("survivors", "sex_at_birth = 'other'"),
        ("survivors", "standing = 'gone'"),
        ("survivors", "standing = 'declined'"),
        ("survivors", "deceased_on = '1999-01-01'"),
        ("survivors", "acknowledged_on = '2026-01-01'"),
        ("diagnoses", "grade = ''"),
        ("exposures", "value = -1"),
        ("exposures", "value = NULL"),
        ("exposures", "unit = 'cGy'"),
        ("clinics", "weekday = 7"),
        ("clinics", "pack_adopted_on = '2026-01-01'"),
        ("contacts", "kind = 'neighbor'"),
    ],
)
def test_the_database_itself_refuses_what_cannot_be(database: Database, table: str, change: str) -> None:
    with database.transaction() as session:
        make_contact(session, make_survivor(session, exposures={"doxorubicin_mg_m2": 300}))
    with pytest.raises(sa.exc.IntegrityError), database.transaction() as session:
        session.execute(sa.text(f"UPDATE {table} SET {change}"))


def test_a_row_that_others_refer_to_cannot_be_deleted(database: Database) -> None:
    with database.transaction() as session:
        make_survivor(session)
    with pytest.raises(sa.exc.IntegrityError), database.transaction() as session:
        session.execute(sa.text("DELETE FROM survivors"))


def test_two_writers_at_once_both_succeed(database: Database) -> None:
    """On SQLite a reader that turns writer fails at once; a writer that says so from the start waits its turn."""
    with database.transaction() as session:
        survivor_id = make_survivor(session).id
    errors: list[Exception] = []

    def raise_version() -> None:
        try:
            for _ in range(10):
                with database.transaction() as session:
                    survivor = session.scalars(
                        sa.select(Survivor).where(Survivor.id == survivor_id).with_for_update()
                    ).one()
                    survivor.version += 1
        except Exception as error:  # the thread must hand over whatever went wrong
            errors.append(error)

    threads = [threading.Thread(target=raise_version) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with database.reading() as session:
        assert session.get_one(Survivor, survivor_id).version == 41


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    with database.transaction() as writing:
        make_clinic(writing, name="Unseen")
        writing.flush()
        with database.reading() as session:
            assert session.scalar(sa.select(sa.func.count()).select_from(Clinic)) == 0


def test_a_commit_waits_for_the_disk_unless_it_need_not(database: Database) -> None:
    """Of one transaction, not of the next over the same connection."""
    if database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite's commits never wait: the log is written through when the file is made current")
    waits = []
    let_commits_wait(database.engine)
    for needs in (False, True):
        with database.transaction() as session:
            if not needs:
                need_not_last(session)
            waits.append(session.scalar(sa.text("SHOW synchronous_commit")))
    assert waits == ["off", "on"]


def test_sqlite_is_set_up_as_it_must_be(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/x.db")
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "wal_autocheckpoint", "cache_size")
        }
    settings = {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 10000}
    assert pragmas == {**settings, "wal_autocheckpoint": 8000, "cache_size": -8000}
    engine.dispose()


def test_postgresql_starts_no_processes_for_a_chunk(database: Database) -> None:
    if database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite knows no such thing")
    for opened in (database.transaction, database.reading):
        with opened() as session:
            settings = [session.scalar(sa.text(f"SHOW {name}")) for name in ("max_parallel_workers_per_gather", "jit")]
        assert settings == ["0", "off"]


def test_an_error_names_no_values(database: Database) -> None:
    """What is stored must not reach a log by way of an error's text."""
    with pytest.raises(sa.exc.IntegrityError) as failed, database.transaction() as session:
        make_survivor(session, family_name="Unmistakable", birth_date=date(2001, 1, 1), sex_at_birth="none")
    assert "Unmistakable" not in str(failed.value).split("DETAIL")[0]
