"""``flask db``: the schema of the database, up, down, and where it stands."""

import click
from flask.cli import AppGroup

from tracker import migrate
from tracker.current import database

db = AppGroup("db", help="The database's schema.")


@db.command()
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Bring the database up to REVISION (default: the newest)."""
    migrate.upgrade(database().engine, revision)
    click.echo(f"The database is at {migrate.current(database().engine)}")


@db.command()
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Take the database back to REVISION; 'base' removes every table."""
    migrate.downgrade(database().engine, revision)
    click.echo(f"The database is at {migrate.current(database().engine) or 'base'}")


@db.command()
def current() -> None:
    """Say where the database stands; exit 1 when it is not at the newest revision."""
    found, newest = migrate.current(database().engine), migrate.head()
    click.echo(f"{found or 'empty'} (newest: {newest})")
    if found != newest:
        raise SystemExit(1)
