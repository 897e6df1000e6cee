"""``flask import-table`` and ``import-template``: what is printed, and the exit status."""

import json
from pathlib import Path

import pytest
from click.testing import Result as Answer
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories import make_clinic
from tests.tables.making import as_csv, as_xlsx
from tracker import cli
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import Survivor

PEOPLE = ("record_number", "family_name", "birth_date")
ANA, BEN = ("004417", "Rivera", "2007-03-05"), ("005120", "Lind", "14.2.2010")


class Shell:
    """A registry with one clinic, and the commands."""

    def __init__(self, database: Database, clock: FixedClock, folder: Path) -> None:
        self.database, self.folder = database, folder
        self.app = Flask("shell")
        self.app.extensions.update(tracker_database=database, tracker_clock=clock)
        cli.add_commands(self.app)
        with database.transaction() as session:
            make_clinic(session, name="Harbor Clinic")

    def write(self, name: str, content: bytes) -> str:
        (self.folder / name).write_bytes(content)
        return str(self.folder / name)

    def run(self, *words: str) -> Answer:
        found = self.app.test_cli_runner().invoke(args=list(words))
        if found.exception is not None and not isinstance(found.exception, SystemExit):
            raise found.exception
        return found

    def count(self) -> int:
        with Session(self.database.engine) as session:
            return session.query(Survivor).count()


@pytest.fixture
def shell(database: Database, clock: FixedClock, tmp_path: Path) -> Shell:
    return Shell(database, clock, tmp_path)


def test_a_list_comes_in_and_each_new_row_is_named(shell: Shell) -> None:
    path = shell.write("people.csv", as_csv([PEOPLE, ANA]))
    found = shell.run("import-table", "survivors", path)
    assert found.exit_code == 0 and found.stderr == ""
    assert found.stdout.splitlines() == [
        f"{path}: 1 new, 0 updated, 0 unchanged, 0 skipped",
        "  row 2: Rivera (004417): new (enrolled)",
    ]
    again = shell.run("import-table", "survivors", path)
    assert again.exit_code == 0 and "0 new, 0 updated, 1 unchanged" in again.stdout


def test_every_problem_goes_to_the_error_stream_with_file_row_and_column(shell: Shell) -> None:
    path = shell.write("people.csv", as_csv([PEOPLE, ANA, ("", "Lind", "soon")]))
    found = shell.run("import-table", "survivors", path)
    assert found.exit_code == 1 and found.stdout == "" and shell.count() == 0
    assert [line.rsplit(": ", 1)[0] for line in found.stderr.splitlines()] == [
        f"{path}: row 3, column birth_date",
        f"{path}: row 3, column record_number",
    ]


def test_dates_are_read_in_the_order_that_is_said(shell: Shell) -> None:
    path = shell.write("people.csv", as_csv([PEOPLE, ANA, BEN]))
    assert "month-first or day-first" in shell.run("import-table", "survivors", path).stderr
    assert "no month 14" in shell.run("import-table", "survivors", path, "--date-format", "month-first").stderr
    assert shell.run("import-table", "survivors", path, "--date-format", "day-first").exit_code == 0
    assert shell.count() == 2


def test_bad_rows_may_be_left_out_and_still_the_exit_status_tells(shell: Shell) -> None:
    path = shell.write("people.csv", as_csv([PEOPLE, ANA, BEN]))
    found = shell.run("import-table", "survivors", path, "--skip-bad-rows")
    assert found.exit_code == 1 and shell.count() == 1
    assert "1 new, 0 updated, 0 unchanged, 1 skipped" in found.stdout
    assert f"{path}: row 3, column birth_date: " in found.stderr


def test_a_dry_run_keeps_nothing(shell: Shell) -> None:
    path = shell.write("people.csv", as_csv([PEOPLE, ANA]))
    found = shell.run("import-table", "survivors", path, "--dry-run")
    assert found.exit_code == 0 and "1 new" in found.stdout and "Nothing was kept" in found.stderr
    assert shell.count() == 0


def test_a_sheet_is_named_and_the_report_is_json(shell: Shell) -> None:
    path = shell.write("book.xlsx", as_xlsx([("x",)], name="Notes", People=[PEOPLE, ANA]))
    assert "has no such column" in shell.run("import-table", "survivors", path).stderr
    found = shell.run("import-table", "survivors", path, "--sheet", "People", "--json")
    [report] = json.loads(found.stdout)
    assert (report["patients"]["new"], report["lines"][0]["place"]) == (1, "row 2")


def test_one_bad_file_does_not_keep_the_others_out(shell: Shell) -> None:
    good = shell.write("good.csv", as_csv([PEOPLE, ANA]))
    bad = shell.write("bad.csv", "name\nJos\xe9".encode("latin-1"))
    found = shell.run("import-table", "survivors", bad, str(shell.folder / "none.csv"), good)
    assert found.exit_code == 1 and shell.count() == 1
    first, second = found.stderr.splitlines()
    assert first.startswith(f"{bad}: is not written in UTF-8") and "none.csv: cannot be read" in second


def test_what_a_terminal_cannot_take_is_printed_harmlessly(shell: Shell) -> None:
    path = shell.write("people.csv", as_csv([PEOPLE, ("1", "\x1b[2J\u202eLind", "2010-02-14")]))
    assert r"\x1b[2J\u202eLind" in shell.run("import-table", "survivors", path).stdout


def test_the_clinic_is_named_where_there_are_several(shell: Shell) -> None:
    with shell.database.transaction() as session:
        make_clinic(session, name="Hill Clinic")
    path = shell.write("people.csv", as_csv([PEOPLE, ANA]))
    assert shell.run("import-table", "survivors", path).exit_code == 1
    assert shell.run("import-table", "survivors", path, "--clinic", "Nowhere").exit_code == 1
    assert shell.run("import-table", "survivors", path, "--clinic", "Hill Clinic").exit_code == 0


@pytest.mark.parametrize("kind", ["survivors", "treatments", "results", "contacts"])
def test_a_template_is_printed_as_it_is_documented(shell: Shell, kind: str) -> None:
    documented = Path(__file__).parents[2] / "docs" / "templates" / f"{kind}.csv"
    assert shell.run("import-template", kind).stdout_bytes == documented.read_bytes()


def test_there_is_no_other_kind(shell: Shell) -> None:
    assert shell.run("import-template", "people").exit_code == 2
