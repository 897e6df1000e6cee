"""Bulk exports and files that came together: line by line, in order, resumable, and whole or not at all."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.fhir.builders import ANA, BEN, as_bytes, bundle, condition, observation, patient
from tests.fhir.importing import Importer
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.intake import fhir_files
from tracker.models import ChartEntry, Result, Survivor


@pytest.fixture
def importer(database: Database, clock: FixedClock, tmp_path: Path) -> Importer:
    return made(database, clock, tmp_path)


@pytest.fixture
def on_sqlite(sqlite_url: str, clock: FixedClock, tmp_path: Path) -> Iterator[Importer]:
    database = Database(sqlite_url)
    yield made(database, clock, tmp_path)
    database.close()


def made(database: Database, clock: FixedClock, tmp_path: Path) -> Importer:
    folder = tmp_path / "files"
    folder.mkdir()
    return Importer(database, clock, folder)


def lines(importer: Importer, name: str, *resources: dict[str, Any]) -> Path:
    return importer.write(name, b"\n".join(json.dumps(each).encode() for each in resources) + b"\n")


def of(who: str, resource: dict[str, Any]) -> dict[str, Any]:
    return resource | {"subject": {"reference": f"Patient/{who}"}}


def test_an_export_is_read_line_by_line_across_its_files(importer: Importer) -> None:
    lines(importer, "Patient.ndjson", patient(), patient(BEN, name=[{"family": "Baker", "given": ["Ben"]}]))
    lines(importer, "Condition.ndjson", of(ANA, condition()))
    lines(importer, "Observation.ndjson", of(ANA, observation()), of(BEN, observation("obs-2")))

    summary = importer.summary(importer.folder)
    before = importer.tables()

    assert (summary["patients"]["new"], summary["exit"]) == (2, 0)
    counts = {name: each["stored"] for name, each in summary["resources"].items()}
    assert counts == {"Condition": 1, "Observation": 2, "Patient": 2}
    assert len(importer.rows(Result)) == 2
    assert importer.summary(importer.folder)["patients"] == {"new": 0, "updated": 0, "unchanged": 2}
    assert importer.tables() == before


def test_whatever_the_order_of_the_files_the_registry_is_the_same(importer: Importer) -> None:
    files = [
        lines(importer, "a.ndjson", of(ANA, observation())),
        lines(importer, "b.ndjson", of(ANA, condition())),
        lines(importer, "c.ndjson", patient()),
    ]

    summary = importer.summary(*files)

    assert (summary["exit"], summary["patients"]["new"]) == (0, 1)
    assert len(importer.rows(ChartEntry)) == 2


def test_lines_are_stored_in_chunks_and_counted_whole(on_sqlite: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fhir_files, "LINES_AT_ONCE", 3)
    observed = [of(ANA, observation(f"obs-{number}")) for number in range(10)]
    lines(on_sqlite, "a.ndjson", patient(), *observed)

    summary = on_sqlite.summary(on_sqlite.folder)

    assert summary["resources"]["Observation"]["stored"] == 10
    assert len(on_sqlite.rows(ChartEntry)) == 10


def test_a_line_about_somebody_unknown_is_counted_and_holds_up_no_other(on_sqlite: Importer) -> None:
    lines(on_sqlite, "a.ndjson", patient(), of(BEN, observation("obs-2")), of(ANA, observation()))

    summary = on_sqlite.summary(on_sqlite.folder)

    reasons = summary["resources"]["Observation"]["reasons"]
    assert reasons == {"about a patient who is not on record": 1}
    assert summary["resources"]["Observation"]["stored"] == 1


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (b'{"resourceType": "Observation", "id"', "line 2 is not JSON"),
        (b"[]", "line 2 holds JSON, but no FHIR resource"),
        (as_bytes(bundle(patient(BEN))), "line 2 is a Bundle"),
        (b'{"resourceType": "Observation", "id": "x", "status": "final"}', "code"),
    ],
)
def test_a_broken_line_refuses_the_whole_file_by_its_number(on_sqlite: Importer, second: bytes, said: str) -> None:
    first = json.dumps(patient()).encode()

    why = on_sqlite.refusal(on_sqlite.write("a.ndjson", first + b"\n" + second + b"\n"))

    assert said in why


def test_a_resource_alone_finds_whom_it_is_about_among_the_files_that_came_with_it(importer: Importer) -> None:
    importer.write("1.json", as_bytes(of("ana", observation())))
    importer.write("2.json", as_bytes(patient("ana")))

    summary = importer.summary(importer.folder)

    assert (summary["exit"], summary["patients"]["new"], len(importer.rows(Result))) == (0, 1, 1)


def test_a_resource_alone_about_nobody_here_is_refused_with_what_to_do(on_sqlite: Importer) -> None:
    why = on_sqlite.refusal(on_sqlite.write("1.json", as_bytes(of("ana", observation()))))

    assert "Patient/ana" in why
    assert "Import the patient together with it" in why


def test_a_short_id_never_finds_somebody_of_an_earlier_import(on_sqlite: Importer) -> None:
    """Two hospitals both have a Patient/1: by that alone nobody's chart is added to."""
    on_sqlite.store(patient("1", identifier=None, name=[{"family": "Baker", "given": ["Ben"]}]))

    on_sqlite.refusal(on_sqlite.write("later.json", as_bytes(of("1", observation()))))


def test_a_world_wide_id_finds_somebody_of_an_earlier_import(on_sqlite: Importer) -> None:
    on_sqlite.store(patient())

    summary = on_sqlite.summary(on_sqlite.write("later.json", as_bytes(of(ANA, observation()))))

    assert (summary["exit"], len(on_sqlite.rows(Result))) == (0, 1)


def test_a_reference_that_calls_the_person_by_another_name_is_not_believed(on_sqlite: Importer) -> None:
    on_sqlite.store(patient())
    told = observation() | {"subject": {"reference": f"Patient/{ANA}", "display": "Ben Baker"}}

    why = on_sqlite.refusal(on_sqlite.write("later.json", as_bytes(told)))

    assert "is on record by another name" in why


def test_the_same_resource_in_a_bundle_and_alone_is_one_entry(importer: Importer) -> None:
    server = "https://hospital.example/fhir"
    urls = {"ana": f"{server}/Patient/ana", "obs-1": f"{server}/Observation/obs-1"}
    importer.write("z.json", as_bytes(bundle(patient("ana"), of("ana", observation()), urls=urls)))
    importer.write("a.json", as_bytes(of("ana", observation())))

    assert importer.summary(importer.folder)["exit"] == 0

    assert [row.external_id for row in importer.rows(ChartEntry)] == [urls["obs-1"]]


def test_an_import_that_was_broken_off_goes_on_where_it_was(importer: Importer) -> None:
    lines(importer, "a.ndjson", patient())
    assert importer.summary(importer.folder)["files"] == 1
    lines(importer, "b.ndjson", of(ANA, observation()))

    summary = importer.summary("--resume", importer.folder)

    passed = [(Path(each["file"]).name, each["reason"]) for each in summary["passed_over"]]
    assert passed == [("a.ndjson", "was imported before")]
    assert (summary["files"], summary["resources"]["Observation"]["stored"]) == (1, 1)


KILLED = """
import os, signal, sys
from datetime import date
from pathlib import Path
from tests.conftest import KEYS
from tests.fhir.importing import Importer
from tracker.clock import FixedClock
from tracker.crypto import use_keys
from tracker.db import Database
from tracker.intake import fhir_files

use_keys(KEYS)
fhir_files.LINES_AT_ONCE = 5
store, left = fhir_files.imports.store_contents, [int(sys.argv[3])]
def killed(*given, **words):
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    store(*given, **words)
fhir_files.imports.store_contents = killed
Importer(Database(sys.argv[1]), FixedClock.on(date(2026, 11, 23)), Path(sys.argv[2]), clinic=None).run(sys.argv[2])
"""


@pytest.mark.parametrize("chunks", [0, 2, 5])
def test_killed_anywhere_each_file_is_whole_or_not_there_and_the_import_goes_on(
    importer: Importer, database_url: str, chunks: int
) -> None:
    lines(importer, "a.ndjson", patient(), patient(BEN, name=[{"family": "Baker", "given": ["Ben"]}]))
    lines(importer, "b.ndjson", *(of(ANA, observation(f"a-{number}")) for number in range(12)))
    lines(importer, "c.ndjson", *(of(BEN, observation(f"b-{number}")) for number in range(12)))
    root = Path(__file__).parents[2]

    killed = subprocess.run(
        [sys.executable, "-c", KILLED, database_url, str(importer.folder), str(chunks)],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        check=False,
        timeout=120,
    )

    assert killed.returncode == -signal.SIGKILL
    people, entries = len(importer.survivors()), len(importer.rows(ChartEntry))
    assert (people, entries) == {0: (0, 0), 2: (2, 0), 5: (2, 12)}[chunks]
    assert importer.summary("--resume", importer.folder)["exit"] == 0
    assert (len(importer.survivors()), len(importer.rows(ChartEntry))) == (2, 24)


def test_a_workbook_or_a_page_that_is_no_fhir_is_refused_in_a_sentence(on_sqlite: Importer) -> None:
    for name, content in (("x.json", b"PK\x03\x04rest"), ("x.ndjson", b"<html></html>"), ("y.ndjson", b"")):
        assert on_sqlite.refusal(on_sqlite.write(name, content))
        (on_sqlite.folder / name).unlink()


def test_whoever_came_in_can_be_found_by_query(on_sqlite: Importer) -> None:
    lines(on_sqlite, "a.ndjson", patient())
    on_sqlite.summary(on_sqlite.folder)
    with on_sqlite.database.reading() as session:
        assert session.scalars(sa.select(Survivor.family_name)).all() == ["Rivera"]
