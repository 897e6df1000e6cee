"""Tables as a whole: all or nothing, bad rows left out on demand, who may bring them in, and taking them back."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic
from tests.integration.table_desk import ANA, PEOPLE, TableDesk
from tests.tables.making import Formula, as_csv
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.errors import Forbidden, ImportRefused, NotFound
from tracker.intake import runs
from tracker.intake.runs import Options
from tracker.models import Base, ChangeSet, Clinic, Contact, Role, Survivor
from tracker.services import change_sets, table_imports
from tracker.services.import_report import read_report, table_of
from tracker.services.table_imports import TableRefused, store_table
from tracker.tables.layouts import LAYOUTS, SURVIVORS
from tracker.tables.reading import read_table
from tracker.tables.sheets import read_sheet

TEMPLATES = Path(__file__).parents[2] / "docs" / "templates"
BEN, CHIDI = ("005120", "Lind", "Ben", "2010-02-14"), ("000087", "Okafor", "Chidi", "1998-11-30")
BAD = ("9", "", "Dot", "14.2.2010")


@pytest.fixture
def desk(database: Database, clock: FixedClock) -> TableDesk:
    return TableDesk(database, clock)


def template(kind: str) -> bytes:
    return (TEMPLATES / f"{kind}.csv").read_bytes()


def look(desk: TableDesk, name: str, content: bytes, options: Options) -> list[str]:
    with Session(desk.database.engine) as session:
        report = runs.look(session, desk.clinic_id, name, content, options, actor=desk.actor, clock=desk.clock)
        session.rollback()
    return [each.fate for each in report.lines]


def test_one_bad_row_keeps_everything_out_and_every_problem_is_named(desk: TableDesk) -> None:
    why = desk.refusal("survivors", [PEOPLE, ANA, BAD, ("", *BEN[1:]), CHIDI])
    assert [each.split(":")[0] for each in why] == [
        "row 3, column birth_date",
        "row 3, column family_name",
        "row 4, column record_number",
    ]


def test_a_refusal_counts_its_problems_and_says_the_first(desk: TableDesk) -> None:
    with pytest.raises(ImportRefused) as refused:
        desk.report("survivors", [PEOPLE, ANA, BAD])
    assert isinstance(refused.value, TableRefused) and len(refused.value.problems) == 2
    assert str(refused.value).startswith("was refused, and nothing of it was stored. 2 problems. The first: row 3,")


def test_bad_rows_are_left_out_on_demand_and_listed(desk: TableDesk) -> None:
    report = desk.report("survivors", [PEOPLE, ANA, BAD, BEN], skip=True)
    assert [each.fate for each in report.lines] == ["new", "skipped", "new"]
    assert {each.path for each in report.errors} == {"row 3, column birth_date", "row 3, column family_name"}
    assert report.resources["survivors"].stored == 2
    assert dict(report.resources["survivors"].reasons) == {"cannot be read": 1}
    assert sorted(each.mrn for each in desk.rows(Survivor)) == ["004417", "005120"]
    assert desk.report("survivors", [PEOPLE, BAD], skip=True).patients == {}


@pytest.mark.parametrize("skip", [True, False])
def test_a_wrong_heading_is_refused_even_where_bad_rows_may_be_left_out(desk: TableDesk, skip: bool) -> None:
    [why] = desk.refusal("survivors", [(*PEOPLE, "shoes"), (*ANA, "38")], skip=skip)
    assert why.startswith("row 1, column shoes: A table of survivors has no such column")


def test_the_templates_come_in_as_they_are_and_a_second_time_change_nothing(desk: TableDesk) -> None:
    for kind in LAYOUTS:
        with desk.database.transaction() as session:
            _, report = runs.bring_in(
                session, desk.clinic_id, f"{kind}.csv", template(kind), Options(), actor=desk.actor, clock=desk.clock
            )
        assert report.kind == kind and report.errors == [] and report.notes == []
    before = desk.tables()
    for kind in LAYOUTS:
        assert set(look(desk, f"{kind}.csv", template(kind), Options())) == {"unchanged"}
    assert desk.tables() == before


def test_looking_says_what_would_happen_and_keeps_nothing(desk: TableDesk) -> None:
    before = desk.tables()
    assert look(desk, "list.csv", as_csv([PEOPLE, ANA]), Options()) == ["new"]
    assert desk.tables() == before


def test_a_kind_or_sheet_that_is_not_there_is_refused(desk: TableDesk) -> None:
    with pytest.raises(ImportRefused, match="The kinds of tables are survivors"):
        desk.report("people", [PEOPLE, ANA])
    with pytest.raises(ImportRefused, match="no sheet named “Labs”"):
        look(desk, "list.csv", as_csv([PEOPLE, ANA]), Options(sheet="Labs"))


def test_workbooks_come_in_like_csv_with_true_dates_and_formulas_as_what_they_gave(desk: TableDesk) -> None:
    row = (Formula('="00"&"4417"', "004417"), "=1+1", "=cmd|' /C calc'!A0", date(2007, 3, 5))
    assert desk.brings_in("survivors", [PEOPLE, row], name="list.xlsx", xlsx=True) == ["new"]
    assert (desk.survivor().family_name, desk.survivor().given_name) == ("=1+1", "=cmd|' /C calc'!A0")
    assert desk.brings_in("survivors", [PEOPLE, ("004417", *row[1:3], "2007-03-05")]) == ["unchanged"]
    [why] = desk.refusal("survivors", [PEOPLE, (*ANA[:3], Formula("=1/0", "#DIV/0!"))], xlsx=True)
    assert "column birth_date: The spreadsheet holds the error #DIV/0!" in why


def test_the_report_to_download_has_no_cell_that_acts_as_a_formula(desk: TableDesk) -> None:
    report = desk.report("survivors", [PEOPLE, ("=1+1", "+Lind", "@Ben", "2010-02-14"), ("-9", "", "", "")], skip=True)
    cells = [cell for row in table_of([report]) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert read_report(report.as_json()).as_json() == report.as_json()


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.CLINICIAN, Role.ADMINISTRATOR])
def test_coordinators_and_clinicians_bring_in_lists_and_nobody_else(
    database: Database, clock: FixedClock, role: Role
) -> None:
    desk = TableDesk(database, clock, role)
    if role != Role.ADMINISTRATOR:
        assert desk.brings_in("survivors", [PEOPLE, ANA]) == ["new"]
        return
    table = read_table(read_sheet(as_csv([PEOPLE, ANA]), "list.csv"), SURVIVORS)
    with database.transaction() as session, pytest.raises((Forbidden, NotFound)):
        store_table(session, desk.clinic_id, table, skip_bad_rows=False, actor=desk.actor, clock=clock)


def test_another_clinics_people_are_neither_found_nor_touched(desk: TableDesk, clock: FixedClock) -> None:
    desk.ana()
    with desk.database.transaction() as session:
        other = make_clinic(session)
        away = replace(desk.actor, scopes=make_actor(session, other, Role.COORDINATOR).scopes)
        other_id = other.id
    contact = as_csv([("record_number", "kind", "phone"), ("004417", "mother", "617-555-0123")])
    with desk.database.transaction() as session, pytest.raises(ImportRefused, match="Nobody here has this"):
        runs.bring_in(session, other_id, "c.csv", contact, Options("contacts"), actor=away, clock=clock)
    with desk.database.transaction() as session:
        runs.bring_in(session, other_id, "p.csv", as_csv([PEOPLE, ANA]), Options(), actor=away, clock=clock)
    assert len({each.clinic_id for each in desk.rows(Survivor)}) == 2


def test_a_whole_import_is_taken_back(desk: TableDesk) -> None:
    desk.ana(diagnosis="Leiomyosarcoma", end_of_therapy_on="2022-10-31")
    followed = (
        "change_sets",
        "changed_rows",
        "audit_events",
        "summary_editions",
        "due_items",
        "plan_gaps",
        "survivors",
    )
    before, due = desk.tables(*followed), desk.survivor().next_due_on
    given: dict[str, list[tuple[str, ...]]] = {
        "treatments": [("record_number", "kind", "agent", "dose", "unit"), ("004417", "drug", "DOX", "300", "mg/m2")],
        "results": [("record_number", "test", "date"), ("004417", "Echocardiogram", "2025-03-14")],
        "contacts": [("record_number", "kind", "phone"), ("004417", "mother", "617-555-0123")],
        "survivors": [(*PEOPLE, "phone"), ("004417", "Lind", "Anna", "2007-03-05", "617-555-0188")],
    }
    for kind, rows in given.items():
        desk.clock.advance(timedelta(minutes=1))
        assert desk.report(kind, rows, name=f"{kind}.csv").lines[0].fate in ("new", "updated")
        [newest] = [each for each in desk.rows(ChangeSet) if each.title == f"{kind}.csv"]
        with desk.database.transaction() as session:
            change_sets.undo(
                session, desk.clinic_id, newest.id, reason="Wrong file", actor=desk.actor, clock=desk.clock
            )
        assert desk.tables(*followed) == before
        assert desk.survivor().next_due_on == due
    assert (desk.survivor().family_name, desk.survivor().given_name) == ("Rivera", "Ana")


def test_what_came_first_makes_no_difference_to_what_is_on_record(database: Database, clock: FixedClock) -> None:
    desk = TableDesk(database, clock)
    desk.brings_in("survivors", [(*PEOPLE, "language"), (*ANA, "es"), (*BEN, "")])
    desk.brings_in("survivors", [(*PEOPLE, "language"), (*BEN, "de"), (*ANA, "")])
    assert {each.mrn: each.language for each in desk.rows(Survivor)} == {"004417": "es", "005120": "de"}


def people(count: int) -> list[tuple[Any, ...]]:
    born = (date(1990, 1, 1) + timedelta(days=9 * each) for each in range(count))
    more = ("phone", "diagnosis", "end_of_therapy_on")
    return [
        (*PEOPLE, *more),
        *(
            (f"{n:06d}", f"Name{n}", "Kim", day, f"617555{n:04d}", "Neuroblastoma", "2019-05-01")
            for n, day in enumerate(born)
        ),
    ]


def statements(desk: TableDesk, count: int) -> int:
    """How many statements it takes to store so many people, the look-out for duplicates aside."""
    table = read_table(read_sheet(as_csv(people(count)), "list.csv"), SURVIVORS)
    found: list[str] = []
    with Session(desk.database.engine) as session:
        session.get_one(Clinic, desk.clinic_id)
        sa.event.listen(desk.database.engine, "before_cursor_execute", lambda *told: found.append(told[2]))
        report = store_table(session, desk.clinic_id, table, skip_bad_rows=False, actor=desk.actor, clock=desk.clock)
        session.rollback()
    assert report.patients == {"new": count}
    return len(found)


def test_statements_do_not_grow_with_the_rows(desk: TableDesk) -> None:
    assert statements(desk, 150) <= statements(desk, 10) + 20


def test_a_thousand_rows_come_in(database: Database, clock: FixedClock) -> None:
    desk = TableDesk(database, clock)
    given = people(1000)
    report = desk.report("survivors", given)
    assert report.patients == {"new": 1000} and len(desk.rows(Contact)) == 1000
    assert all(each.has_plan for each in desk.rows(Survivor))
    assert set(desk.brings_in("survivors", given)) == {"unchanged"}


def test_every_kind_of_table_has_somebody_to_store_it() -> None:
    assert table_imports.KINDS.keys() == LAYOUTS.keys()
    assert {"imported_entries", "survivors"} <= set(Base.metadata.tables)
