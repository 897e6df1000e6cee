"""Files that cannot be imported whole leave nothing behind, and folders, orders and dry runs do what they say."""

import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from tests.factories import make_clinic, make_survivor
from tests.fhir.builders import (
    ANA,
    BEN,
    HOSPITAL,
    as_bytes,
    bundle,
    concept,
    condition,
    encounter,
    imaging,
    observation,
    patient,
    procedure,
    report,
)
from tests.fhir.importing import Importer
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import (
    ChartEntry,
    Clinic,
    Diagnosis,
    Result,
    Survivor,
    SurvivorIdentifier,
)
from tracker.services import audit

BUNDLES = Path(__file__).parent.parent / "fhir" / "bundles"
TODAY = date(2026, 11, 23)


@pytest.fixture
def importer(database: Database, clock: FixedClock, tmp_path: Path) -> Importer:
    folder = tmp_path / "files"
    folder.mkdir()
    return Importer(database, clock, folder)


def whole_chart() -> list[dict[str, Any]]:
    made = [make() for make in (condition, observation, procedure, report, imaging, encounter)]
    return [patient(telecom=[{"system": "phone", "value": "617-555-0142"}]), *made, {"resourceType": "Goal", "id": "g"}]


def test_a_folder_is_imported_whole_and_what_is_no_fhir_is_passed_over(importer: Importer) -> None:
    for path in BUNDLES.glob("*.json"):
        importer.write(path.name, path.read_bytes())
    importer.write("EXPECTED.json", b'{"files": 3}')
    importer.write("LICENSE", b"not even JSON")

    summary = importer.summary(importer.folder)

    assert (summary["files"], summary["patients"]["new"], summary["exit"]) == (3, 4, 0)
    assert [(Path(each["file"]).name, each["reason"]) for each in summary["passed_over"]] == [
        ("EXPECTED.json", "holds JSON, but no FHIR resource (it has no resourceType)")
    ]


def test_a_file_that_is_no_fhir_is_an_error_when_it_is_named(importer: Importer) -> None:
    path = importer.write("EXPECTED.json", b'{"files": 3}')

    assert "no FHIR resource" in importer.refusal(path)


def test_a_failed_file_leaves_the_others_in_and_the_exit_status_at_1(importer: Importer) -> None:
    good = importer.file(patient())
    bad = importer.write("bad.json", good.read_bytes()[:-20])
    other = importer.file(patient(BEN, name=[{"family": "Baker"}]))

    summary = importer.summary(good, bad, other, importer.folder / "missing.json")

    assert (summary["exit"], summary["files"], summary["patients"]["new"]) == (1, 4, 2)
    assert [Path(each["file"]).name for each in summary["errors"]] == ["bad.json", "missing.json"]
    assert [each.family_name for each in importer.survivors()] == ["Baker", "Rivera"]


@pytest.mark.parametrize(
    "resources",
    [
        [],
        [observation()],
        [patient(), observation(subject={"reference": "urn:uuid:nobody"})],
        [patient(), *(observation(f"o{number}") for number in range(50)), observation(encounter={"reference": "urn:uuid:gone"})],
        [patient(), observation(), patient(BEN, birthDate="2001")],
        [patient(), observation(), patient(BEN, birthDate="2027-01-01")],
        [patient(), patient(BEN, birthDate="1899-12-31")],
        [patient(), patient(BEN, birthDate="2007-03-05", deceasedDateTime="2007-03-04")],
        [patient(), patient(BEN, deceasedDateTime="2026-11-25")],
    ],
)  # fmt: skip
def test_a_file_with_one_fault_leaves_no_row(importer: Importer, resources: list[dict[str, Any]]) -> None:
    said = importer.refusal(importer.file(*resources))

    assert said
    assert importer.survivors() == []


def test_a_file_cut_in_half_anywhere_leaves_no_row(importer: Importer) -> None:
    content = (BUNDLES / "transaction.json").read_bytes().rstrip()
    paths = [importer.write(f"cut-{at}.json", content[:at]) for at in range(1, len(content), len(content) // 40)]
    before = importer.tables()

    summary = importer.summary(*paths)

    assert len(summary["errors"]) == len(paths) == summary["files"]
    assert summary["exit"] == 1
    assert importer.tables() == before


def test_born_and_died_on_the_same_day_is_possible(importer: Importer) -> None:
    importer.store(patient(birthDate="2007-03-05", deceasedDateTime="2007-03-05"))

    assert importer.survivor().deceased_on == date(2007, 3, 5)


@pytest.mark.parametrize("broken", [IntegrityError, DataError, OperationalError])
def test_what_the_database_refuses_leaves_no_row_and_says_so(
    importer: Importer, monkeypatch: pytest.MonkeyPatch, broken: Any
) -> None:
    def refuse(*_arguments: object, **_words: object) -> None:
        raise broken("INSERT", {}, Exception("refused"))

    monkeypatch.setattr(audit, "record", refuse)

    said = importer.refusal(importer.file(*whole_chart()))

    assert said.endswith("Import it again")
    assert "INSERT" not in said


def test_the_same_birthday_and_name_are_two_people(importer: Importer) -> None:
    importer.store(patient())
    importer.store(patient(BEN))

    assert [each.mrn for each in importer.survivors()] == ["MR-11111111", "MR-22222222"]


def test_another_order_of_the_files_gives_the_same_registry(importer: Importer, database: Database) -> None:
    """Ana's chart comes in three files, and Ben's in one; whichever comes first, the rows say the same."""
    files = [
        importer.file(
            patient(), condition("c2", code=concept(text="Osteosarcoma"), onsetDateTime="2021-01-01"), name="a.json"
        ),
        importer.file(patient(), condition("c1"), observation("o1"), name="b.json"),
        importer.file(patient(), observation("o1"), observation("o2", effectiveDateTime="2025-05-14"), name="c.json"),
        importer.file(patient(BEN, name=[{"family": "Baker"}]), name="d.json"),
    ]
    with database.transaction() as session:
        make_clinic(session, name="Second Clinic")

    importer.summary("--clinic", "Harbor Clinic", *files)
    importer.summary("--clinic", "Second Clinic", *reversed(files))

    first, second = (_content(database, name) for name in ("Harbor Clinic", "Second Clinic"))
    assert first == second
    assert [row[1] for row in first["diagnoses"]] == ["Leiomyosarcoma", "Osteosarcoma"]


def _content(database: Database, clinic: str) -> dict[str, list[tuple[Any, ...]]]:
    """What a clinic's rows say, ids and instants aside."""
    mine = sa.select(Survivor.id).join(Clinic).where(Clinic.name == clinic)
    columns: dict[str, list[Any]] = {
        "survivors": [Survivor.mrn, Survivor.family_name, Survivor.birth_date, Survivor.has_plan],
        "diagnoses": [Diagnosis.position, Diagnosis.name, Diagnosis.diagnosed_on, Diagnosis.external_id],
        "results": [Result.test_code, Result.performed_on, Result.value, Result.external_id],
        "chart_entries": [ChartEntry.resource_type, ChartEntry.external_id, ChartEntry.code, ChartEntry.occurred_on],
        "survivor_identifiers": [SurvivorIdentifier.system, SurvivorIdentifier.value],
    }
    with database.engine.connect() as connection:
        return {
            name: sorted(
                (tuple(row) for row in connection.execute(sa.select(*wanted).where(_owner(wanted[0]).in_(mine)))),
                key=repr,
            )
            for name, wanted in columns.items()
        }


def _owner(column: Any) -> Any:
    table = column.class_
    return table.id if table is Survivor else table.survivor_id


def test_a_dry_run_says_what_would_happen_and_keeps_nothing(importer: Importer) -> None:
    path = importer.file(*whole_chart())
    before = importer.tables()

    found = importer.run("--dry-run", path)

    assert "Patients: 1 new, 0 updated, 0 unchanged" in found.stdout
    assert "Nothing was kept" in found.stderr
    assert importer.tables() == before


def test_the_summary_for_a_person_is_readable_and_errors_go_to_the_error_stream(importer: Importer) -> None:
    good = importer.file(*whole_chart())
    bad = importer.write("bad.json", b"{")

    found = importer.run(good, bad)

    assert found.exit_code == 1
    assert found.stdout.startswith("1 of 2 files imported\nPatients: 1 new")
    assert "bad.json: is not JSON: line 1, column 2" in found.stderr
    assert "Importing" not in found.stderr


def test_a_hostile_file_name_or_text_cannot_reach_the_terminal(importer: Importer) -> None:
    path = importer.file(patient(), observation(code=concept(text="\x1b[31mred\x07")), name="\x1b[2J.json")

    found = importer.run(path, importer.write("\x1b]0;x.json", b"{"))

    assert "\x1b" not in found.stdout + found.stderr
    assert "\\x1b[31mred\\x07" in found.stdout


def test_without_a_clinic_a_sentence_says_how_to_add_one(database: Database, clock: FixedClock, tmp_path: Path) -> None:
    importer = Importer(database, clock, tmp_path, clinic=None)

    found = importer.run(importer.file(patient()))

    assert found.exit_code == 1
    assert "There is no clinic yet. Add one first: flask create-clinic NAME" in found.stderr


def test_with_several_clinics_one_must_be_named(importer: Importer) -> None:
    with importer.database.transaction() as session:
        make_clinic(session, name="Second Clinic")
    path = importer.file(patient())

    assert "There are several clinics" in importer.run(path).stderr
    assert importer.summary("--clinic", "Second Clinic", path)["patients"]["new"] == 1
    assert importer.summary("--clinic", "Harbor Clinic", path)["patients"]["new"] == 1
    assert "There is no clinic named Third" in importer.run("--clinic", "Third", path).stderr


def test_a_record_number_that_is_taken_is_not_given_twice(importer: Importer) -> None:
    with importer.database.transaction() as session:
        make_survivor(session, session.scalars(sa.select(Clinic)).one(), mrn="MR-11111111", family_name="Other")

    summary = importer.store(patient())

    assert [each.mrn for each in importer.survivors()] == ["MR-11111111", ANA]
    assert "another survivor has the record number MR-11111111" in summary["notes"][0]["note"]


def test_a_database_without_tables_is_said_to_be_not_ready(tmp_path: Path, clock: FixedClock) -> None:
    empty = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    importer = Importer(empty, clock, tmp_path, clinic=None)

    found = importer.run(importer.write("x.json", as_bytes(bundle(patient()))))

    assert found.exit_code == 1
    assert "The database is not ready. Bring it up to date first: flask db upgrade" in found.stderr
    empty.close()


KILLED = """
import os, signal, sys
from datetime import date
from pathlib import Path
from tests.conftest import KEYS
from tests.fhir.importing import Importer
from tracker.clock import FixedClock
from tracker.crypto import use_keys
from tracker.db import Database
from tracker.services import imports

use_keys(KEYS)
plan = imports.care_plans.refresh_all
def killed(session, survivors, *, clock):
    plan(session, survivors, clock=clock)
    os.kill(os.getpid(), signal.SIGKILL)
imports.care_plans.refresh_all = killed
Importer(Database(sys.argv[1]), FixedClock.on(date(2026, 11, 23)), Path(sys.argv[2]).parent, clinic=None).run(sys.argv[2])
"""


def test_a_process_killed_in_the_middle_of_a_file_leaves_no_row(importer: Importer, database_url: str) -> None:
    path = importer.file(*whole_chart())
    before = importer.tables()
    root = Path(__file__).parents[2]

    killed = subprocess.run(
        [sys.executable, "-c", KILLED, database_url, str(path)],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        check=False,
        timeout=60,
    )

    assert killed.returncode == -signal.SIGKILL
    assert importer.tables() == before
    assert importer.summary(path)["patients"]["new"] == 1


def test_identifiers_are_remembered_for_the_next_import(importer: Importer) -> None:
    importer.store(patient())

    held = {row[1:] for row in _content(importer.database, "Harbor Clinic")["survivor_identifiers"]}
    assert held == {("MR-11111111",), (ANA,)}
    assert HOSPITAL in repr(importer.tables()["survivor_identifiers"])
