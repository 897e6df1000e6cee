"""The database: one engine, transactions, and the column types both SQLite and PostgreSQL share."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

from tracker.crypto import decrypt, encrypt
from tracker.engine.partial_dates import PartialDate

READ_ONLY = {"read_only": True}
# The file is made current every 32 MB, not after every thousand pages, and 8 MB are kept at hand: pages that many
# batches of a job share are then written once.
KEPT_OPEN = (
    *("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=10000", "synchronous=NORMAL"),
    *("wal_autocheckpoint=8000", "cache_size=-8000"),
)
# Statements here read some rows of many. PostgreSQL's plan for any range of ids expects a hundredth of the table: for
# each hundred survivors of a large one it would start two processes, which takes longer than to read the rows.
SMALL_READS = "SET max_parallel_workers_per_gather = 0; SET jit = off"
LOADING = (
    "journal_mode=DELETE",
    "synchronous=OFF",
    "foreign_keys=OFF",
    "ignore_check_constraints=ON",
    "cache_size=-8000",
    "temp_store=FILE",
)


class UTCDateTime(sa.types.TypeDecorator[datetime]):
    """An instant. Stored without a zone, always UTC; refuses a value without one on the way in."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("An instant needs a time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class EncryptedText(sa.types.TypeDecorator[str]):
    """Text that lies encrypted in the table; it cannot be searched (keep a normalised key beside it)."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else encrypt(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else decrypt(value)


class PartialDateText(sa.types.TypeDecorator[PartialDate]):
    """A date known to the year, the month or the day, as ISO 8601 text: it sorts by the first possible day."""

    impl = sa.String(10)
    cache_ok = True

    def process_bind_param(self, value: PartialDate | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> PartialDate | None:
        return None if value is None else PartialDate.parse(value)


def make_engine(url: str) -> Engine:
    """An engine for SQLite (WAL, foreign keys, BEGIN IMMEDIATE for writers) or PostgreSQL."""
    # Parameters hold names and birth dates: they must not reach a log by way of an error.
    engine = sa.create_engine(_with_driver(url), pool_pre_ping=not url.startswith("sqlite"), hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _configure_postgresql)
    return engine


def _with_driver(url: str) -> str:
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _configure_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transaction handling is switched off: it starts writers too late (a busy snapshot
    # then fails at once, whatever the timeout), so the begin event below says BEGIN IMMEDIATE itself.
    connection.isolation_level = None
    _pragmas(connection, KEPT_OPEN)


def _configure_postgresql(connection: Any, _record: object) -> None:
    # Not among the options of the connection: a pool of connections between us and the server may refuse those.
    connection.execute(SMALL_READS)
    connection.commit()


def _pragmas(connection: Any, pragmas: Iterable[str]) -> None:
    cursor = connection.cursor()
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def need_not_last(session: Session) -> None:
    """Let this transaction's commit not wait for the disk, as on SQLite none does (``synchronous=NORMAL``).

    A machine that loses its power may then lose it, with all that was written later and nothing that was written
    before. For what a job says of itself, and for what it would work out again from the records.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("SET LOCAL synchronous_commit = off"))


class Database:
    """Opens transactions. A service is given the session and never commits."""

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        self._reader = self.engine.execution_options(**READ_ONLY)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A unit of work that writes: committed at the end, rolled back on any error."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A unit of work that only reads, and so never waits for a writer."""
        with Session(self._reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def loading(self) -> Iterator[Connection]:
        """A connection for filling a new database quickly; whoever uses it opens its transactions.

        For rows copied inside the database from rows that were checked. On SQLite neither keys nor checks are looked
        at, and what is written does not wait for the disk: a process that ends on the way leaves a whole database, a
        machine that loses its power may not.
        """
        # Nobody else may have the file open while its journal changes; a WAL would have everything written twice.
        self.engine.dispose()
        with self.engine.connect() as connection:
            sqlite = connection.dialect.name == "sqlite"
            if sqlite:
                _pragmas(connection.connection.driver_connection, LOADING)
            try:
                yield connection
            finally:
                connection.rollback()
                if sqlite:
                    connection.invalidate()

    def close(self) -> None:
        self.engine.dispose()
