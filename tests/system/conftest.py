"""The demo clinic, made once and copied for each story, served with everything as it is in earnest."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.browser import NewPage, browser, new_page, serving
from tests.conftest import TODAY, make_app
from tests.system.demo import Demo, Known, seed
from tracker.clock import FixedClock
from tracker.db import Database

__all__ = ["browser", "new_page"]


@pytest.fixture(scope="session")
def seeded(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Known]:
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    shutil.copy(migrated_sqlite, path)
    return path, seed(path, FixedClock.on(TODAY))


@pytest.fixture(scope="session")
def demo_app() -> Flask:
    """One application for all stories, so that its templates are compiled once; each brings its own database."""
    return make_app("sqlite://", FixedClock.on(TODAY))


@pytest.fixture
def demo(seeded: tuple[Path, Known], demo_app: Flask, tmp_path: Path, new_page: NewPage) -> Iterator[Demo]:
    path, known = seeded
    shutil.copy(path, tmp_path / "demo.db")
    store = Database(f"sqlite:///{tmp_path / 'demo.db'}")
    demo_app.extensions["tracker_database"] = store
    demo_app.config["WTF_CSRF_ENABLED"] = True
    with serving(demo_app) as address:
        yield Demo(demo_app, store, known, address, new_page)
    store.close()
