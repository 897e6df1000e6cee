"""Strings that break programs go through every text column of every table, as CSV and XLSX, and come back unchanged."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from tests.integration.table_desk import PEOPLE, TableDesk
from tests.shared import need_shared
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import Contact, Diagnosis, DrugCourse, Result, Surgery, Survivor, SurvivorIdentifier, Transplant

OWN = [
    "<script>alert(1)</script>",
    "Robert'); DROP TABLE survivors;--",
    "{{ 7 * 7 }} %s %(x)s {0}",
    "e\u0301 \u202eright to left\u202c 𝔘𝔫𝔦 👩‍👩‍👧‍👦",
    "null",
    '"quoted", and; all',
    "=1+1",
    "@SUM(1+1)*cmd|' /C calc'!A0",
]


def strings(longest: int) -> list[str]:
    """All that have something to say and can be stored."""
    path = need_shared("data", "strings", "blns.json")
    found = [*OWN, *json.loads(path.read_text(encoding="utf-8"))]
    # U+FFFE is no character of XML, so that no workbook can hold it.
    kept = (each for each in dict.fromkeys(found) if each.strip() and not {"\0", "\ufffe"} & set(each))
    return [each for each in kept if len(each) <= longest]


def born(number: int) -> str:
    """A birthday for each, so that nobody looks like anybody else."""
    return (date(1950, 1, 1) + timedelta(days=50 * number)).isoformat()


def even(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def desk(database: Database, clock: FixedClock) -> TableDesk:
    return TableDesk(database, clock)


as_both = pytest.mark.parametrize("xlsx", [False, True], ids=["csv", "xlsx"])
STEP = 4


@as_both
def test_names_and_numbers_of_survivors(desk: TableDesk, xlsx: bool) -> None:
    texts = strings(40)
    heading = (*PEOPLE, "preferred_name", "other_number", "other_system")
    rows = [(f"{n}", text, text, born(n), text, f"{n} {text}", text) for n, text in enumerate(texts)]
    assert set(desk.brings_in("survivors", [heading, *rows], xlsx=xlsx)) == {"new"}
    found = {each.mrn: (each.family_name, each.given_name, each.preferred_name) for each in desk.rows(Survivor)}
    assert found == {f"{n}": (even(text),) * 3 for n, text in enumerate(texts)}
    numbers = {(each.system, each.value) for each in desk.rows(SurvivorIdentifier)}
    assert numbers == {(even(text), even(f"{n} {text}")) for n, text in enumerate(texts)}
    assert set(desk.brings_in("survivors", [heading, *rows], xlsx=not xlsx)) == {"unchanged"}


@as_both
def test_record_numbers(desk: TableDesk, xlsx: bool) -> None:
    texts = {even(each) for each in strings(40)}
    rows = [(text, f"Lind{n}", "Ben", born(n)) for n, text in enumerate(sorted(texts))]
    report = desk.report("survivors", [PEOPLE, *rows], skip=True, xlsx=xlsx)
    stored = {each.mrn for each in desk.rows(Survivor)}
    assert stored <= texts and len(stored) > 250
    assert [each.reason for each in report.errors if "shortened this number" not in each.reason] == []
    assert len(report.errors) < 5


@as_both
def test_diagnoses(desk: TableDesk, xlsx: bool) -> None:
    texts = strings(200)[::STEP]
    rows = [(f"{n}", f"Lind{n}", "Ben", born(n), text) for n, text in enumerate(texts)]
    report = desk.report("survivors", [(*PEOPLE, "diagnosis"), *rows], skip=True, xlsx=xlsx)
    # A few are the first letters of several diagnoses: these are asked about.
    assert [each.reason for each in report.errors if "begins several names" not in each.reason] == []
    stored = {each.name for each in desk.rows(Diagnosis)}
    assert stored <= {even(text) for text in texts} and len(stored) >= len(texts) - 4


@as_both
def test_reports_and_other_texts_of_results(desk: TableDesk, xlsx: bool) -> None:
    desk.ana()
    texts = strings(80)[::STEP]
    heading = ("record_number", "test", "date", "report", "done_elsewhere", "reference_range", "source_id")
    rows = [("004417", "Chest X-ray", "2025-01-01", text, text, text, f"{n} {text}") for n, text in enumerate(texts)]
    assert set(desk.brings_in("results", [heading, *rows], xlsx=xlsx)) == {"new"}
    found = sorted((each.report, each.source, each.reference_range) for each in desk.rows(Result))
    assert found == sorted((text, even(text), even(text)) for text in texts)
    assert set(desk.brings_in("results", [heading, *rows], xlsx=not xlsx)) == {"unchanged"}


@as_both
@pytest.mark.parametrize(
    "kind, table, columns",
    [
        ({"kind": "drug", "agent": "Cisplatin"}, DrugCourse, {"note": str}),
        ({"kind": "surgery", "operation": "Splenectomy"}, Surgery, {"note": str, "site": str.strip, "place": even}),
        ({"kind": "transplant"}, Transplant, {"note": str, "graft_source": str.strip, "conditioning": str.strip}),
    ],
    ids=["drug", "surgery", "transplant"],
)
def test_notes_and_other_texts_of_treatments(
    desk: TableDesk, xlsx: bool, kind: dict[str, str], table: Any, columns: dict[str, Callable[[str], str]]
) -> None:
    desk.ana()
    texts = [each for each in strings(60)[::STEP] if each.casefold() not in ("none", "unknown")]
    days = [f"20{10 + n // 336}-{1 + n // 28 % 12:02d}-{1 + n % 28:02d}" for n in range(len(texts))]
    heading = ("record_number", "first_day", *kind, *columns)
    rows = [("004417", day, *kind.values(), *[text] * len(columns)) for day, text in zip(days, texts, strict=True)]
    assert set(desk.brings_in("treatments", [heading, *rows], xlsx=xlsx)) == {"new"}
    for name, kept in columns.items():
        assert sorted(getattr(each, name) for each in desk.rows(table)) == sorted(kept(text) for text in texts)
    assert set(desk.brings_in("treatments", [heading, *rows], xlsx=not xlsx)) == {"unchanged"}


@as_both
def test_names_of_contacts(desk: TableDesk, xlsx: bool) -> None:
    texts = strings(120)[::STEP]
    people = [(f"{n}", f"Lind{n}", "Ben", born(n)) for n in range(len(texts))]
    desk.brings_in("survivors", [PEOPLE, *people])
    rows = [(f"{n}", "other", text, "617-555-0123") for n, text in enumerate(texts)]
    heading = ("record_number", "kind", "name", "phone")
    assert set(desk.brings_in("contacts", [heading, *rows], xlsx=xlsx)) == {"new"}
    assert sorted(each.name for each in desk.rows(Contact)) == sorted(even(text) for text in texts)


@as_both
@pytest.mark.parametrize(
    "kind, column, needed",
    [
        ("treatments", "agent", {"kind": "drug"}),
        ("treatments", "field", {"kind": "radiation"}),
        ("treatments", "operation", {"kind": "surgery"}),
        ("treatments", "side", {"kind": "surgery", "operation": "Splenectomy"}),
        ("treatments", "diagnosis", {"kind": "drug", "agent": "Cisplatin"}),
        ("results", "test", {"date": "2025-01-01"}),
        ("results", "unit", {"date": "2025-01-01", "test": "Echocardiogram", "value": "60"}),
        ("contacts", "phone", {"kind": "mother"}),
        ("contacts", "email", {"kind": "mother"}),
        ("contacts", "kind", {"phone": "617-555-0123"}),
        ("survivors", "birth_date", {"family_name": "Lind"}),
        ("survivors", "language", {"family_name": "Lind", "birth_date": "2010-02-14"}),
    ],
)
def test_what_only_certain_words_may_fill_takes_none_of_them_and_never_breaks(
    desk: TableDesk, xlsx: bool, kind: str, column: str, needed: dict[str, str]
) -> None:
    desk.ana()
    texts = strings(200)[::STEP]
    rows = [("004417" if kind != "survivors" else f"n{n}", *needed.values(), text) for n, text in enumerate(texts)]
    report = desk.report(kind, [("record_number", *needed, column), *rows], skip=True, xlsx=xlsx)
    assert len(report.lines) == len(texts)
    assert sum(each.fate == "skipped" for each in report.lines) > len(texts) * 0.9
