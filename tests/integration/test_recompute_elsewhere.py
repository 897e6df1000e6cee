"""A recompute in other processes and on a cluster leaves what saves leave; and what the command says of it."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from tests.conftest import TODAY
from tests.integration.plan_registry import EVERYBODY, checksum, fill, filled, number, poison, run, save_each
from tracker.clock import FixedClock
from tracker.current import database as current_database
from tracker.db import Database
from tracker.executors import MOST, POLITE, NoExecutor, opened, processors
from tracker.services import leases, recompute, recompute_progress
from tracker.services.recompute_lanes import Lanes

__all__ = ["filled"]


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a real scheduler with two workers, each a process of its own."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield str(cluster.scheduler_address).replace("tcp://", "dask://")


@pytest.fixture(scope="module")
def two_processes() -> Iterator[Lanes]:
    """Two processes, started once."""
    with opened(2, None) as lanes:
        # So few survivors are not worth it: the first chunk, too, is looked at elsewhere.
        yield replace(lanes, worth_seconds=0)


@contextmanager
def way(name: str, request: pytest.FixtureRequest) -> Iterator[Lanes]:
    if name == "cluster":
        with opened(1, request.getfixturevalue("scheduler")) as lanes:
            yield lanes
    else:
        yield request.getfixturevalue("two_processes") if name == "processes" else Lanes()


# What one-by-one saves of this registry come to on SQLite: the yardstick of all other ways on both databases.
@pytest.fixture
def by_saves(tmp_path: Any, migrated_sqlite: Any) -> str:
    path = tmp_path / "saves.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    database = Database(f"sqlite:///{path}")
    with database.transaction() as session:
        fill(session)
    save_each(database, FixedClock.on(TODAY))
    found = checksum(database)
    database.close()
    return found


@pytest.mark.parametrize("name", ["here", "processes", "cluster"])
def test_every_way_leaves_the_same_checksum_on_both_databases(
    filled: Database,
    clock: FixedClock,
    by_saves: str,
    name: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recompute, "CHUNK", 2)
    with way(name, request) as lanes:
        first = run(filled, clock, lanes=lanes)
        again = run(filled, clock, lanes=lanes)
        fresh = run(filled, clock, lanes=lanes, fresh=True)
    assert first.checksum == again.checksum == fresh.checksum == checksum(filled) == by_saves
    assert first.written > EVERYBODY and (again.written, fresh.written) == (0, 0)
    assert first.failed == 0


# The command


def said(app: Flask, *words: str, code: int = 0) -> str:
    answer = app.test_cli_runner().invoke(args=["recompute", *words])
    assert answer.exit_code == code, answer.output
    assert "Traceback" not in answer.output
    return answer.output.strip()


@pytest.fixture
def registry(app_sqlite: Flask) -> Flask:
    with app_sqlite.app_context(), current_database().transaction() as session:
        fill(session)
    return app_sqlite


def test_the_command_tells_its_figures_as_json_and_nothing_else(registry: Flask) -> None:
    told = json.loads(said(registry, "--json"))
    assert list(told) == ["survivors", "written", "closed", "failed", "checksum", "seconds"]
    assert (told["survivors"], told["closed"], told["failed"]) == (EVERYBODY, 0, 0)
    assert len(told["checksum"]) == 64
    again = json.loads(said(registry, "--fresh", "--fresh-start", "--json"))
    assert (again["written"], again["checksum"]) == (0, told["checksum"])


def test_the_command_tells_in_words_what_it_did_and_where_failures_stand(registry: Flask) -> None:
    with registry.app_context():
        poison(current_database(), number(14))
    assert said(registry).startswith("11 survivors: ")
    words = said(registry)
    assert words.startswith("11 survivors: 0 rows written, 0 items closed; 1 plans failed (see Jobs); 0.0 s; checksum ")


def test_the_command_says_when_another_is_at_it(registry: Flask, clock: FixedClock) -> None:
    with registry.app_context(), current_database().transaction() as session:
        leases.acquire(session, recompute_progress.NAME, "elsewhere", now=clock.now())
    assert "Another recompute is running" in said(registry, code=1)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["--executor", "dask://localhost:1", "--workers", "2"], "a cluster brings its own"),
        (["--workers", "0"], "not in the range"),
    ],
)
def test_the_command_refuses_what_makes_no_sense(registry: Flask, words: list[str], answer: str) -> None:
    assert answer in said(registry, *words, code=2)


@pytest.mark.parametrize("address", ["scheduler:8786", "tcp://scheduler:8786", "dask://scheduler"])
def test_an_address_that_is_none_is_refused_with_an_example(registry: Flask, address: str) -> None:
    assert "Write it like dask://scheduler.example:8786" in said(registry, "--executor", address, code=1)


def test_where_dask_is_missing_the_command_says_so(registry: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert "Dask is not installed here" in said(registry, "--executor", "dask://localhost:8786", code=1)


def test_where_no_cluster_answers_the_command_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.executors.SECONDS_TO_ANSWER", 0.2)
    with pytest.raises(NoExecutor, match="No cluster answers at dask://localhost:1"), opened(1, "dask://localhost:1"):
        pass


def test_a_cluster_without_workers_is_refused() -> None:
    from distributed import LocalCluster

    with LocalCluster(n_workers=0, processes=False, dashboard_address=None, protocol="tcp") as cluster:
        address = str(cluster.scheduler_address).replace("tcp://", "dask://")
        with pytest.raises(NoExecutor, match="has no workers"), opened(1, address):
            pass


@pytest.mark.parametrize(("usable", "expected"), [({0}, 1), ({2, 5}, 2), (set(range(16)), MOST)])
def test_unless_told_there_is_a_process_for_each_processor_up_to_a_few(
    registry: Flask, monkeypatch: pytest.MonkeyPatch, usable: set[int], expected: int
) -> None:
    asked: list[int] = []

    def noting(workers: int, address: str | None) -> AbstractContextManager[Lanes]:
        asked.append(workers)
        return nullcontext(Lanes())

    monkeypatch.setattr("os.sched_getaffinity", lambda _: usable, raising=False)
    monkeypatch.setattr("tracker.cli_recompute.opened", noting)
    said(registry)
    said(registry, "--workers", "3")
    assert asked == [expected, 3]


@pytest.mark.skipif(not hasattr(os, "nice"), reason="this system knows no such order among processes")
def test_processes_that_look_give_way_to_the_one_that_writes(two_processes: Lanes) -> None:
    assert two_processes.executor is not None
    here = os.nice(0)
    assert two_processes.executor.submit(os.nice, 0).result() == min(here + POLITE, 19)


def test_where_nobody_tells_which_processors_may_be_used_all_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.sched_getaffinity", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: None)
    assert processors() == 1
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    assert processors() == 3


def test_one_process_needs_no_executor() -> None:
    with opened(1, None) as lanes:
        assert lanes == Lanes(None, 1)


# Whether it is worth it


class Counting(Executor):
    """Starts at once, or never, and counts the chunks that it is given."""

    def __init__(self, *, starts: bool) -> None:
        self.starts, self.given = starts, 0

    def submit(self, fn: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        if given:
            self.given += 1
        if given or self.starts:
            done.set_result(fn(*given, **named))
        return done


@pytest.mark.parametrize(
    ("worth_seconds", "starts", "elsewhere"),
    [(0, True, 6), (3600, True, 0), (1e-9, True, 4), (1e-9, False, 0)],
    ids=["always", "too little to do", "seen to be worth it", "not ready in time"],
)
def test_chunks_go_elsewhere_once_that_is_worth_it_and_ready(
    registry: Flask,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
    worth_seconds: float,
    starts: bool,
    elsewhere: int,
) -> None:
    monkeypatch.setattr(recompute, "CHUNK", 2)
    executor = Counting(starts=starts)
    with registry.app_context():
        done = run(current_database(), clock, lanes=Lanes(executor, 2, worth_seconds))
        assert done.checksum == checksum(current_database())
    assert (done.survivors, executor.given) == (EVERYBODY, elsewhere)
