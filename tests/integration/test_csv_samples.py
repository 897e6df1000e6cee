"""Tables and other files that others made: counted row by row, and what is none of ours is refused with a sentence."""

import json
from pathlib import Path

import pytest

from tests.fhir.importing import Importer
from tests.shared import need_shared
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.errors import ImportRefused
from tracker.tables.layouts import LAYOUTS
from tracker.tables.reading import kind_of, read_table
from tracker.tables.sheets import read_sheet


def samples() -> dict[str, Path]:
    return {path.name: path for path in sorted(need_shared("data", "csv-synthea").glob("*.csv"))}


def test_every_table_has_the_rows_and_columns_that_it_should_have() -> None:
    folder = need_shared("data", "csv-synthea")
    told = json.loads((folder / "EXPECTED.json").read_text(encoding="utf-8"))

    found = {name: read_sheet(path.read_bytes(), name) for name, path in samples().items()}

    assert {name: len(sheet.rows) - 1 for name, sheet in found.items()} == {
        name: each["rows"] for name, each in told.items()
    }
    for name, sheet in found.items():
        assert [cell.text for cell in sheet.rows[0].cells] == told[name]["columns"], name


def test_zeros_at_the_front_of_a_cell_are_kept() -> None:
    sheet = read_sheet(samples()["patients.csv"].read_bytes(), "patients.csv")
    place = [cell.text for cell in sheet.rows[0].cells].index("ZIP")

    zips = {row.cells[place].text for row in sheet.rows[1:]}
    assert any(each.startswith("0") for each in zips)


def test_a_table_of_another_system_is_refused_by_the_names_of_its_columns() -> None:
    for name, path in samples().items():
        sheet = read_sheet(path.read_bytes(), name)
        with pytest.raises(ImportRefused, match="not the heading of any kind of table"):
            kind_of(sheet)
        table = read_table(sheet, LAYOUTS["survivors"], file=name)
        assert any(each.is_whole and each.reason for each in table.problems), name


@pytest.mark.parametrize(
    ("folder", "pattern"), [("ical", "*.ics"), ("cds-hooks", "*.json"), ("strings", "blns.*"), ("csv-synthea", "*.csv")]
)
def test_whatever_is_no_fhir_is_refused_with_a_sentence(
    sqlite_url: str, clock: FixedClock, tmp_path: Path, folder: str, pattern: str
) -> None:
    importer = Importer(Database(sqlite_url), clock, tmp_path)
    files = sorted(need_shared("data", folder).glob(pattern))
    before = importer.tables()

    summary = importer.summary(*files)

    assert len(summary["errors"]) == len(files) == summary["files"]
    assert all(len(each["error"]) > 10 for each in summary["errors"])
    assert importer.tables() == before
