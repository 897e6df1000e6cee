"""``flask import-cases`` and ``export-case``: what they print, store and refuse."""

import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import make_clinic
from tests.integration.test_case_import import plain
from tests.shared import PROJECT
from tracker.clock import FixedClock
from tracker.guidelines.cases import parse_case
from tracker.guidelines.loader import load_pack
from tracker.models import AuditEvent, Clinic, DueItem, PlanGap, Survivor
from tracker.policy import Actor

CASES = sorted((PROJECT / "tests" / "cases").glob("*.case.json"))
OPERATOR = Actor.system("test")


@pytest.fixture
def registry(app: Flask, clock: FixedClock) -> Iterator[Flask]:
    with app.app_context():
        from tracker.current import database

        with database().transaction() as session:
            make_clinic(session, name="Harbor")
        yield app


def write(folder: Path, name: str, *cases: object) -> str:
    path = folder / name
    path.write_text("\n".join(case if isinstance(case, str) else json.dumps(case) for case in cases))
    return str(path)


def count(app: Flask, table: type[Any] = Survivor) -> int:
    from tracker.current import database

    with database().reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_the_command_enrolls_the_good_cases_and_names_the_bad(registry: Flask, tmp_path: Path) -> None:
    bad = plain(id="bad-1", results=[{"test_code": "echo", "on": "2025-05-14"}])
    path = write(tmp_path, "cases.jsonl", plain(), bad, "{not json", plain(id="plain-2"))

    done = registry.test_cli_runner().invoke(args=["import-cases", path])

    assert done.exit_code == 1
    assert f"{path}:2: bad-1: results[0].test_code: no test has the code 'echo'" in done.stderr
    assert f"{path}:3: not JSON" in done.stderr
    assert done.stdout == "1 file: 2 new, 0 updated, 0 unchanged, 2 refused\n"
    assert count(registry) == 2


def test_the_command_run_twice_changes_nothing_the_second_time(registry: Flask, tmp_path: Path) -> None:
    path = write(tmp_path, "cases.jsonl", plain(), plain(id="plain-2"))
    runner = registry.test_cli_runner()
    assert runner.invoke(args=["import-cases", path]).exit_code == 0
    items = count(registry, DueItem), count(registry, AuditEvent), count(registry, PlanGap)

    done = runner.invoke(args=["import-cases", "--json", path])

    assert done.exit_code == 0
    assert json.loads(done.stdout) == {
        "files": 1,
        "survivors": {"new": 0, "updated": 0, "unchanged": 2},
        "errors": [],
    }
    assert (count(registry, DueItem), count(registry, AuditEvent), count(registry, PlanGap)) == items


def test_all_or_nothing_stores_nothing_beside_a_bad_case(registry: Flask, tmp_path: Path) -> None:
    path = write(tmp_path, "cases.jsonl", plain(), plain(id="bad", survivor={}))
    runner = registry.test_cli_runner()

    done = runner.invoke(args=["import-cases", "--all-or-nothing", "--json", path])

    assert done.exit_code == 1
    summary = json.loads(done.stdout)
    assert summary["survivors"] == {"new": 0, "updated": 0, "unchanged": 0}
    assert [each["position"] for each in summary["errors"]] == [2]
    assert count(registry) == 0
    good = write(tmp_path, "good.jsonl", plain())
    assert runner.invoke(args=["import-cases", "--all-or-nothing", good]).exit_code == 0
    assert count(registry) == 1


def test_cases_can_be_given_on_standard_input(registry: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps([plain(), plain(id="plain-2")])
    done = registry.test_cli_runner().invoke(args=["import-cases", "-"], input=io.BytesIO(text.encode()))
    assert done.exit_code == 0
    assert count(registry) == 2


def test_a_file_that_is_not_there_is_an_error_like_any_other(registry: Flask, tmp_path: Path) -> None:
    good = write(tmp_path, "good.jsonl", plain())
    done = registry.test_cli_runner().invoke(args=["import-cases", str(tmp_path / "none.json"), good])
    assert done.exit_code == 1
    assert "none.json:1: cannot be read: No such file or directory" in done.stderr
    assert count(registry) == 1


def test_the_clinic_must_be_clear(registry: Flask, tmp_path: Path) -> None:
    from tracker.current import database

    with database().transaction() as session:
        make_clinic(session, name="Island")
    path = write(tmp_path, "cases.jsonl", plain())
    runner = registry.test_cli_runner()

    unclear = runner.invoke(args=["import-cases", path])
    assert (unclear.exit_code, "several clinics (Harbor, Island)" in unclear.stderr) == (1, True)
    assert runner.invoke(args=["import-cases", "--clinic", "Hill", path]).exit_code == 1
    assert runner.invoke(args=["import-cases", "--clinic", "Island", path]).exit_code == 0
    with database().reading() as session:
        assert session.scalar(sa.select(Clinic.name).join(Survivor, Survivor.clinic_id == Clinic.id)) == "Island"


def test_the_export_command_prints_what_the_plan_command_reads(registry: Flask, tmp_path: Path) -> None:
    runner = registry.test_cli_runner()
    runner.invoke(args=["import-cases", write(tmp_path, "cases.jsonl", plain())])
    out = runner.invoke(args=["export-case", "plain-1"])
    assert parse_case(json.loads(out.stdout), load_pack()).facts.birth_date == date(2007, 3, 5)
    missing = runner.invoke(args=["export-case", "plain-9"])
    assert (missing.exit_code, "No survivor has the record number plain-9" in missing.stderr) == (1, True)
