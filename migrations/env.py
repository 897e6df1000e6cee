"""Plain Alembic: the same scripts for SQLite and PostgreSQL, batch mode, one naming convention."""

from alembic import context
from alembic.operations import batch
from sqlalchemy import text
from sqlalchemy.engine import Connection

from tracker.db import make_engine
from tracker.models import Base


class CopyingBatch(batch.ApplyBatchImpl):
    """Batch mode copies a table's rows into the new one; what the database works out itself cannot be copied into."""

    def _grab_table_elements(self) -> None:
        super()._grab_table_elements()
        for column in self.table.columns:
            if column.computed is not None:
                self.column_transfers[column.name] = {}


batch.ApplyBatchImpl = CopyingBatch  # type: ignore[misc]


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


def migrate_sqlite(connection: Connection) -> None:
    """Batch mode rebuilds tables; with foreign keys on, dropping the old table would delete its children.

    The pragma does nothing inside a transaction, so it is set on the bare driver connection before one begins.
    """
    raw = connection.connection.dbapi_connection
    if raw is None:
        raise RuntimeError("The database connection is closed")
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        with connection.begin():
            migrate(connection)
            broken = connection.execute(text("PRAGMA foreign_key_check")).all()
            if broken:
                raise RuntimeError(f"The migration would leave broken references: {broken[:5]}")
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


def run() -> None:
    given = context.config.attributes.get("engine")
    engine = given or make_engine(context.config.get_main_option("sqlalchemy.url") or "")
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            migrate_sqlite(connection)
        else:
            with connection.begin():
                migrate(connection)


run()
