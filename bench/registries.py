"""Filled registries of every size on both databases: made once by the demonstration's own command, then kept.

A registry is made as of yesterday and refreshed today: what a clinic has in the morning before the boundary job. Every
plan is worked out, every crossing until last night recorded. Whatever a measurement changes it puts back, so that the
next finds the same.
"""

import hashlib
import json
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from bench.measuring import Child, in_child
from config import PROJECT, Config
from tests.postgres import admin, named
from tracker import migrate
from tracker.clock import FixedClock
from tracker.crypto import use_keys
from tracker.db import Database

TODAY = date(2026, 11, 23)
KEY = "a bench key that is long enough 0123456789"
CACHE = Path(__file__).parent / ".cache"
MADE = "made.json"
SQLITE, POSTGRESQL = "sqlite", "postgresql"
# What decides what a kept registry holds.
MAKERS = ("migrations/versions/*.py", "tracker/services/demo*", "tracker/cli_demo.py", "tracker/models/*.py")
# Smaller registries have few crossings on most days: theirs are those of several days, though not of too many.
CROSSES_DAILY, MOST_DAYS = 50_000, 60
# What crossed until last night leaves the partial index of boundaries still to come.
SETTLE = """
UPDATE due_items SET next_boundary_on = CASE
    WHEN upcoming_on > {last} THEN upcoming_on
    WHEN due_on > {last} THEN due_on
    WHEN overdue_after >= {last} THEN {late}
    ELSE NULL END
WHERE closed_on IS NULL AND next_boundary_on <= {last}
"""
LATE = {SQLITE: "date(overdue_after, '+1 day')", POSTGRESQL: "overdue_after + 1"}


def fingerprint() -> str:
    """Another word when a kept registry would not be made as it was."""
    found = hashlib.sha256()
    for pattern in MAKERS:
        for path in sorted(PROJECT.glob(pattern)):
            if path.is_file():
                found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:12]


@dataclass
class Made:
    """How a registry came about, kept beside it. ``asked``: the survivors that were asked for."""

    asked: int
    survivors: int
    seconds: float
    peak_mb: float


class Registry:
    """One filled database. ``size``: the survivors it really holds."""

    def __init__(self, kind: str, url: str, folder: Path) -> None:
        self.kind, self.url, self.folder = kind, url, folder
        self.clock = FixedClock.on(TODAY)
        self.database = Database(url)
        self.made = Made(**json.loads((folder / MADE).read_text()))
        self.size = self.made.survivors
        self.last_night = last_night(self.made.asked)

    @property
    def config(self) -> Config:
        """The settings of an application over this registry."""
        return Config(database_url=self.url, secret_key=KEY, encryption_keys=(KEY,), instance=self.folder)

    def command(self, *words: str) -> Child:
        """A flask command over this registry, in a process of its own."""
        return in_child(command(TODAY, *words), env=environment(self.url, self.folder))

    def raw(self) -> Any:
        """A connection of the database's own driver; nothing is committed before it is said."""
        return raw_connection(self.kind, self.url)

    def sql(self, text: str) -> str:
        """A statement with ``?`` for its values, as the driver wants it."""
        return text if self.kind == SQLITE else text.replace("?", "%s")

    def write(self, *statements: str) -> None:
        """Statements in one transaction, by the raw driver (which on SQLite follows no foreign keys)."""
        with self.writing() as connection:
            for statement in statements:
                connection.execute(statement)

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """One transaction of the raw driver; an error leaves nothing of it."""
        with closing(self.raw()) as connection:
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")

    def rows(self, text: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """What a query finds, by the raw driver."""
        with closing(self.raw()) as connection:
            found: list[tuple[Any, ...]] = connection.execute(self.sql(text), values).fetchall()
        return found

    def settle(self) -> None:
        """Let every crossing until last night count as recorded, as it is where the job runs every night."""
        self.write(SETTLE.format(last=f"'{self.last_night}'", late=LATE[self.kind]))

    def refresh_statistics(self) -> None:
        """PostgreSQL does this by itself within minutes; a measurement cannot wait for it."""
        if self.kind == POSTGRESQL:
            admin(self.url, "VACUUM ANALYZE")

    def spend(self) -> None:
        """Something was lost that cannot be put back: the next run makes this registry again."""
        (self.folder / MADE).unlink(missing_ok=True)

    def close(self) -> None:
        self.database.close()


def last_night(size: int) -> date:
    """The day until which crossings are recorded: yesterday, or longer ago where few survivors cross in a day."""
    return TODAY - timedelta(days=min(MOST_DAYS, max(1, CROSSES_DAILY // size)))


def command(day: date, *words: str) -> list[str]:
    """A flask command as of a day, for a process of its own."""
    return [sys.executable, "-m", "bench.command", day.isoformat(), *words]


def environment(url: str, folder: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": url,
        "TRACKER_SECRET_KEY": KEY,
        "TRACKER_ENCRYPTION_KEYS": KEY,
        "TRACKER_INSTANCE": str(folder),
        "PYTHONPATH": str(PROJECT),
    }


def raw_connection(kind: str, url: str) -> Any:
    """The driver's own connection, in which BEGIN and COMMIT are said by whoever uses it."""
    if kind == POSTGRESQL:
        return psycopg.connect(url, autocommit=True)
    connection = sqlite3.connect(sa.make_url(url).database or "", isolation_level=None)
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


class Registries:
    """Registries of one kind of database, made when first asked for. ``server``: PostgreSQL's address."""

    def __init__(self, kind: str, *, cache: Path = CACHE, server: str = "") -> None:
        self.kind, self.cache, self.server = kind, cache, server
        self.mark = fingerprint()

    @contextmanager
    def open(self, sizes: Sequence[int]) -> Iterator[list[Registry]]:
        """The registries of these sizes, smallest first, all open at once so that they can be measured in turns."""
        use_keys([KEY])
        found = [self._one(size) for size in sorted(sizes)]
        yield found
        for registry in found:
            registry.close()

    def _one(self, size: int) -> Registry:
        folder = self.cache / f"{self.kind}-{size}-{self.mark}"
        url = self._url(folder, size)
        if not (folder / MADE).exists():
            self._drop_older(size)
            self._make(folder, url, size)
        return Registry(self.kind, url, folder)

    def _url(self, folder: Path, size: int) -> str:
        if self.kind == SQLITE:
            return f"sqlite:///{folder / 'tracker.db'}"
        return named(self.server, f"bench_{size}_{self.mark}")

    def _drop_older(self, size: int) -> None:
        for folder in self.cache.glob(f"{self.kind}-{size}-*"):
            if self.kind == POSTGRESQL:
                admin(self.server, f"DROP DATABASE IF EXISTS bench_{size}_{folder.name.rsplit('-', 1)[1]} WITH (FORCE)")
            shutil.rmtree(folder)

    def _make(self, folder: Path, url: str, size: int) -> None:
        folder.mkdir(parents=True)
        if self.kind == POSTGRESQL:
            name = sa.make_url(url).database
            admin(self.server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            admin(self.server, f"CREATE DATABASE {name}")
        database = Database(url)
        migrate.upgrade(database.engine)
        # Nobody else may have the file open while it is filled.
        database.close()
        child = in_child(command(last_night(size), "seed-demo", "--survivors", str(size)), env=environment(url, folder))
        with database.reading() as session:
            survivors = session.scalar(sa.text("SELECT count(*) FROM survivors"))
        database.close()
        # Written last: a registry that was not finished is made again.
        made = Made(size, survivors or 0, child.seconds, child.peak_mb)
        (folder / MADE).write_text(json.dumps(asdict(made)))
