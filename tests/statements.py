"""Statements compiled once for all engines of a run: each test has engines of its own, and compiling costs it most."""

from collections.abc import Iterator

import pytest
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache

MANY = 5_000


def same_kind(one: object, other: object) -> bool:
    """All engines of a run reach one server of each kind with one set of options, so their dialects say the same."""
    return type(one) is type(other)


def kind(one: object) -> int:
    return hash(type(one))


def compile_once(patched: pytest.MonkeyPatch) -> None:
    """Caches of compiled statements are kept by dialect; those of one kind count as one."""
    kept: LRUCache[object, object] = LRUCache(MANY)
    shared = property(lambda _engine: kept, lambda _engine, _own: None)
    patched.setattr(Engine, "_compiled_cache", shared, raising=False)
    for dialect in (PGDialect_psycopg, SQLiteDialect_pysqlite):
        patched.setattr(dialect, "__eq__", same_kind)
        patched.setattr(dialect, "__hash__", kind)


@pytest.fixture(autouse=True, scope="session")
def statements_compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        compile_once(patched)
        yield
