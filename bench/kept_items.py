"""The due items of a registry kept in a file, and written back by the raw driver as fast as the database takes them."""

import pickle
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.registries import SQLITE, Registry
from tracker.models import DueItem

AT_ONCE = 5_000
CHUNK = 1 << 20
COLUMNS = tuple(DueItem.__table__.columns.keys())
# As a first fill writes them: with all their boundaries still to come, the first of which is its first.
AS_FILLED = tuple("upcoming_on" if name == "next_boundary_on" else name for name in COLUMNS)
KEPT = f"SELECT {', '.join(AS_FILLED)} FROM due_items WHERE closed_on IS NULL ORDER BY survivor_id"
INTO = f"due_items ({', '.join(COLUMNS)})"


class KeptItems:
    """The open due items of a registry as a first fill writes them."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.file: Path = registry.folder / "due-items"
        self.count = 0

    def keep(self) -> None:
        """Copy them into the file."""
        (self.count,) = self.registry.rows("SELECT count(*) FROM due_items WHERE closed_on IS NULL")[0]
        connection = self.registry.raw()
        if self.registry.kind == SQLITE:
            self._pickle(connection)
        else:
            self._copy_out(connection)
        connection.close()

    def write(self) -> float:
        """Write all of them in one transaction; the seconds that the database took, without reading the file."""
        return self._insert() if self.registry.kind == SQLITE else self._copy_in()

    def drop(self) -> None:
        self.file.unlink(missing_ok=True)

    def _pickle(self, connection: Any) -> None:
        found = connection.execute(KEPT)
        with self.file.open("wb") as file:
            while some := found.fetchmany(AT_ONCE):
                pickle.dump(some, file)

    def _pickled(self) -> Iterator[list[tuple[Any, ...]]]:
        with self.file.open("rb") as file:
            while file.peek(1):
                yield pickle.load(file)

    def _insert(self) -> float:
        taken = 0.0
        with self.registry.writing() as connection:
            connection.execute("PRAGMA foreign_keys=ON")
            for some in self._pickled():
                started = time.perf_counter()
                places = ", ".join("?" * len(some[0]))
                connection.executemany(f"INSERT INTO {INTO} VALUES ({places})", some)
                taken += time.perf_counter() - started
            started = time.perf_counter()
        return taken + time.perf_counter() - started

    def _copy_out(self, connection: Any) -> None:
        query = f"COPY ({KEPT}) TO STDOUT (FORMAT BINARY)"
        with self.file.open("wb") as file, connection.cursor().copy(query) as copy:
            for each in copy:
                file.write(each)

    def _copy_in(self) -> float:
        started = time.perf_counter()
        query = f"COPY {INTO} FROM STDIN (FORMAT BINARY)"
        with (
            self.registry.writing() as connection,
            self.file.open("rb") as file,
            connection.cursor().copy(query) as copy,
        ):
            while each := file.read(CHUNK):
                copy.write(each)
        return time.perf_counter() - started
