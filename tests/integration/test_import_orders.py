"""All the sample files: in two orders and twice the same registry, and each official example by itself."""

from pathlib import Path

import pytest

from tests.fhir.importing import Importer
from tests.registry import checksum, content
from tests.shared import need_shared
from tracker.clock import FixedClock
from tracker.db import Database

FEW = ("Librada_Tromp", "Micah_Schinner", "Gustavo", "Enda_Schaefer")


def samples() -> list[Path]:
    """Files and folders, each of them an import of its own."""
    synthea = [path for path in sorted(need_shared("data", "fhir-synthea").glob("*.json")) if path.name.startswith(FEW)]
    mcode = need_shared("data", "fhir-mcode")
    ips = sorted(need_shared("data", "fhir-ips").glob("Bundle*.json"))
    return [
        *synthea,
        mcode / "jenny-m",
        mcode / "john-anyperson",
        *ips,
        need_shared("data", "fhir-bulk", "10-patients"),
    ]


@pytest.fixture
def importers(sqlite_url: str, clock: FixedClock, tmp_path: Path, migrated_sqlite: Path) -> tuple[Importer, Importer]:
    made = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        path = folder / "tracker.db"
        path.write_bytes(migrated_sqlite.read_bytes())
        made.append(Importer(Database(f"sqlite:///{path}"), clock, folder))
    return made[0], made[1]


def test_in_two_orders_and_twice_the_registry_is_the_same(importers: tuple[Importer, Importer]) -> None:
    first, second = importers
    for each in samples():
        assert first.summary(each)["exit"] == 0, each
    for each in reversed(samples()):
        second.summary(each)

    assert content(first.database) == content(second.database)
    once = checksum(first.database)
    for each in samples():
        first.summary(each)
    assert checksum(first.database) == once


def test_every_official_example_by_itself_is_stored_skipped_or_refused_with_a_reason(
    importers: tuple[Importer, Importer],
) -> None:
    importer = importers[0]
    files = sorted(need_shared("data", "fhir-r4-official").glob("*.json"))
    before, became = importer.tables(), {"stored": 0, "skipped": 0, "refused": 0}

    for path in files:
        summary = importer.summary("--dry-run", path)
        stored = sum(each["stored"] for each in summary["resources"].values())
        skipped = sum(each["skipped"] for each in summary["resources"].values())
        assert (stored + skipped > 0) != bool(summary["errors"]), path.name
        for each in summary["errors"]:
            assert len(each["error"]) > 20, path.name
        for each in summary["resources"].values():
            assert sum(each["reasons"].values()) == each["skipped"], path.name
        became["refused" if summary["errors"] else "stored" if stored else "skipped"] += 1

    assert importer.tables() == before
    assert sum(became.values()) == len(files)
    assert became["stored"] >= 8
