"""The whole bench on registries of a handful: it measures everything, and leaves a registry as it found it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench import __main__ as bench
from bench import cql_rows, orm_refresh, registries, save_rows
from bench.boundary_rows import Night
from bench.goals import GOALS
from bench.kept_items import KeptItems
from bench.raw_read import READ, read_all
from bench.refreshing import clear, mornings, refresh
from bench.registries import POSTGRESQL, SQLITE, TODAY, Registries, Registry
from bench.save_rows import Saves
from tracker.cli import COMMANDS
from tracker.models import DueItem, StatusEvent

SIZES = 25, 40
STANDING = (
    "SELECT survivor_id, test_code, upcoming_on, due_on, overdue_after, stops_on, next_boundary_on FROM due_items"
    " WHERE closed_on IS NULL",
    "SELECT survivor_id, gap, consequence FROM plan_gaps",
    "SELECT id, has_plan, plan_holds_until, plan_digest, next_due_on, next_overdue_on FROM survivors",
    "SELECT due_item_id, boundary_on FROM status_events",
    "SELECT dedupe_key FROM outbox_messages",
    "SELECT survivor_id, test_code, performed_on FROM results",
)
# What is left out where the other engine is not installed, or other parts of the program still have to bring.
TO_COME = set(cql_rows.KEYS) if cql_rows.why_not() else set()
OF_COMMANDS = {
    "memory.recompute": "recompute",
    "memory.recompute-fresh": "recompute",
    "memory.check-plans": "check-plans",
}
TO_COME |= {key for key, command in OF_COMMANDS.items() if command not in COMMANDS}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def registry(request: pytest.FixtureRequest, cache: Path) -> Iterator[Registry]:
    """A kept registry of each kind; whatever a test does to it must be taken back."""
    server = request.getfixturevalue("postgres") if request.param == POSTGRESQL else ""
    with mornings(Registries(request.param, cache=cache, server=server), SIZES[:1]) as (found,):
        before = standing(found)
        yield found
        assert standing(found) == before


def standing(registry: Registry) -> list[tuple[object, ...]]:
    """What a measurement must leave as it found it; items that were closed long ago may go with a first fill."""
    told = [registry.rows(f"SELECT '{query}', t.* FROM ({query}) t") for query in STANDING]
    return sorted((row for rows in told for row in rows), key=str)


def count(registry: Registry, model: type[StatusEvent]) -> int:
    with registry.database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def items(registry: Registry) -> list[tuple[object, ...]]:
    """The open items as they are planned, whoever wrote them."""
    told = "survivor_id, test_code, upcoming_on, due_on, overdue_after, recurrence, late_effects, predisposition, visit"
    return sorted(registry.rows(f"SELECT {told} FROM due_items WHERE closed_on IS NULL"), key=str)


# What both the yardstick and the first fill have to write, with every boundary still to come.
FILLED = "SELECT survivor_id, test_code, due_on, reasons, next_boundary_on FROM due_items WHERE closed_on IS NULL"


def boundaries(registry: Registry) -> dict[object, object]:
    return dict(registry.rows("SELECT id, next_boundary_on FROM due_items WHERE closed_on IS NULL"))


def measured(folder: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((folder / "latest.json").read_text())["rows"]
    return found


def test_in_the_morning_only_the_crossings_since_last_night_wait(registry: Registry) -> None:
    waiting = [str(boundary) for boundary, _ in Night(registry).before]
    assert waiting
    assert min(waiting) > str(registry.last_night)
    assert max(waiting) <= str(TODAY)


def test_a_night_is_crossed_and_taken_back(registry: Registry) -> None:
    night = Night(registry)
    night.cross()
    assert count(registry, StatusEvent) >= len(night.before)
    assert Night(registry).before == []
    night.take_back()
    assert count(registry, StatusEvent) == 0
    assert Night(registry).before == night.before


def test_the_yardstick_moves_the_same_items_to_the_same_days_as_the_job(registry: Registry) -> None:
    night = Night(registry)
    night.cross()
    crossed = boundaries(registry)
    night.take_back()
    assert boundaries(registry) != crossed
    night.update()
    assert boundaries(registry) == crossed
    night.take_back()


def test_a_fixed_number_of_crossings_waits_and_the_others_come_back_afterwards(registry: Registry) -> None:
    whole, few = Night(registry), Night(registry)
    few.leave(3)
    assert len(Night(registry).before) == 3
    few.cross()
    few.take_back()
    assert len(Night(registry).before) == 3
    whole.take_back()


def test_an_emptied_registry_is_filled_as_it_was(registry: Registry) -> None:
    before = items(registry)
    clear(registry)
    assert items(registry) == []
    refresh(registry)
    assert items(registry) == before
    registry.settle()


def test_kept_items_are_written_as_a_first_fill_writes_them(registry: Registry) -> None:
    before = sorted(boundaries(registry), key=str)
    kept = KeptItems(registry)
    kept.keep()
    clear(registry)
    assert 0 < kept.write() < 60
    assert sorted(boundaries(registry), key=str) == before
    by_yardstick = sorted(registry.rows(FILLED), key=str)
    kept.drop()
    assert not kept.file.exists()
    clear(registry)
    refresh(registry)
    assert sorted(registry.rows(FILLED), key=str) == by_yardstick
    registry.settle()


def test_the_version_by_the_orm_plans_the_same(registry: Registry) -> None:
    before = items(registry)
    clear(registry)
    assert orm_refresh.refresh(registry.database, registry.clock, survivors=1000) == registry.size
    assert items(registry) == before
    clear(registry)
    refresh(registry)
    registry.settle()


def test_the_version_by_the_orm_finds_nothing_to_change_afterwards(registry: Registry) -> None:
    sa.event.listen(registry.database.engine, "before_cursor_execute", refuse_writing)
    assert orm_refresh.refresh(registry.database, registry.clock, survivors=10) == 10


def refuse_writing(*told: object) -> None:
    assert str(told[2]).startswith(("SELECT", "BEGIN"))


def test_a_saved_result_closes_an_item_and_is_taken_back(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    before = items(registry)
    seen: list[list[tuple[object, ...]]] = []
    put_back = save_rows._put_back

    def looked_at(session: Session, *told: Any) -> None:
        seen.append(items(registry))
        put_back(session, *told)

    monkeypatch.setattr(save_rows, "_put_back", looked_at)
    with registry.database.reading() as session:
        saves = Saves(registry, list(session.scalars(sa.select(DueItem.survivor_id).distinct().limit(3))))
    for number in range(3):
        assert saves.moved(number) > 0
    assert len(seen) == 3
    assert all(each != before for each in seen)
    assert items(registry) == before


def test_the_yardstick_of_a_refresh_reads_every_row_that_counts(registry: Registry) -> None:
    counted = [
        registry.rows(f"SELECT count(*) FROM {table}" + (f" WHERE {which}" if which else ""))[0][0]
        for table, (_, which) in READ.items()
    ]
    assert read_all(registry) == sum(counted) > registry.size * 20


def test_a_registry_made_by_older_code_gives_way(tmp_path: Path) -> None:
    older, other = tmp_path / "sqlite-25-0123", tmp_path / "sqlite-250-0123"
    older.mkdir()
    other.mkdir()
    Registries(SQLITE, cache=tmp_path)._drop_older(25)
    assert not older.exists()
    assert other.exists()


def test_the_mark_of_a_kept_registry_follows_what_makes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registries, "PROJECT", tmp_path)
    maker = tmp_path / "tracker" / "services" / "demo.py"
    maker.parent.mkdir(parents=True)
    maker.write_text("one")
    before = registries.fingerprint()
    maker.with_name("letters.py").write_text("something else")
    assert registries.fingerprint() == before
    maker.write_text("two")
    assert registries.fingerprint() != before


def test_only_what_is_asked_for_is_measured(cache: Path, tmp_path: Path) -> None:
    asked = [
        "--size",
        "25",
        "--rounds",
        "1",
        "--times",
        "2",
        "--database",
        "sqlite",
        "--only",
        "save.kept,worklist.minimal",
    ]
    bench.main([*asked, "--results", str(tmp_path)], cache=cache)
    assert [row["key"] for row in measured(tmp_path)] == ["save.kept", "worklist.minimal"]


def test_the_whole_bench_measures_everything_it_names(
    cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--size", "25,40", "--rounds", "1", "--times", "2", "--database", "sqlite", "--results", str(tmp_path)]
    assert bench.main([*asked, "--keep", "kept"], cache=cache) == 0
    rows = measured(tmp_path)
    assert {row["key"] for row in rows} == GOALS.keys() - TO_COME
    sizes = {row["key"]: [each["size"] for each in rows if each["key"] == row["key"]] for row in rows}
    # Lakeside's six are there besides.
    assert sizes["refresh.one"] == sizes["memory.tick"] == [31, 46]
    assert sizes["boundary.exponent"] == [46]
    assert all(row["figure"] for row in rows)
    assert all(float(str(row["value"])) > 0 for row in rows if row["unit"])
    assert (tmp_path / "kept.json").read_text() == (tmp_path / "latest.json").read_text()
    table = capsys.readouterr().out
    assert all(GOALS[str(row["key"])].work in table for row in rows)


def test_the_bench_measures_on_the_other_database_too(cache: Path, tmp_path: Path, postgres: str) -> None:
    groups = "refresh,fill,save,boundary,worklist,memory.tick"
    asked = ["--size", "25", "--rounds", "1", "--times", "2", "--database", "postgresql", "--only", groups]
    assert bench.main([*asked, "--results", str(tmp_path)], cache=cache, server=postgres) == 0
    rows = measured(tmp_path)
    assert {row["database"] for row in rows} == {POSTGRESQL}
    assert {"refresh.one", "fill.bulk", "save.moved", "boundary.update", "worklist.minimal"} <= {
        row["key"] for row in rows
    }
    assert json.loads((tmp_path / "latest.json").read_text())["facts"]["postgresql"][0].isdigit()
