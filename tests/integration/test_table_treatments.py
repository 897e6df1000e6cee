"""Lists of treatments: names that mean exactly one thing, the same course found again, and exposures that follow."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from tests.integration.table_desk import TableDesk
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.engine.partial_dates import PartialDate
from tracker.models import (
    AuditEvent,
    Diagnosis,
    DrugCourse,
    Exposure,
    RadiationCourse,
    SummaryEdition,
    Surgery,
    Survivor,
    Transplant,
)
from tracker.services.sections import editing
from tracker.services.sections.entries import EntryInput


@pytest.fixture
def desk(database: Database, clock: FixedClock) -> TableDesk:
    found = TableDesk(database, clock)
    found.ana(diagnosis="Leiomyosarcoma", end_of_therapy_on="2022-10-31")
    return found


def rows(*treatments: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Rows about Ana with whatever columns they name."""
    columns = list(dict.fromkeys(("record_number", *(name for each in treatments for name in each))))
    return [
        tuple(columns),
        *(tuple(({"record_number": "004417"} | each).get(n, "") for n in columns) for each in treatments),
    ]


DOX = {"kind": "drug", "agent": "Adriamycin", "dose": "75", "unit": "mg/m²", "courses": "4", "first_day": "2021-03"}
CHEST = {"kind": "radiotherapy", "field": "Mediastinum", "dose_gy": "21", "fractions": "14", "first_day": "2021"}
SPLEEN = {"kind": "operation", "operation": "splenectomy", "first_day": "2021-11-12", "place": "Harbor Hospital"}
AUTO = {"kind": "HSCT", "transplant_kind": "autologous", "first_day": "2022-02-20"}


def exposures(desk: TableDesk) -> dict[str, Exposure]:
    return {each.name: each for each in desk.rows(Exposure)}


def by_hand(desk: TableDesk, key: str, **values: object) -> None:
    """Somebody enters a treatment in the summary."""
    with desk.database.transaction() as session:
        ana = session.scalars(sa.select(Survivor)).one()
        actor = desk.actor.acting("By hand")
        entered = EntryInput(values)
        editing.record_entry(session, ana.id, key, entered, seen_version=None, actor=actor, clock=desk.clock)


def test_each_kind_of_treatment_becomes_an_entry_and_exposures_follow(desk: TableDesk) -> None:
    assert desk.brings_in("treatments", rows(DOX, CHEST, SPLEEN, AUTO)) == ["new"] * 4
    drug, radiation = desk.only(DrugCourse), desk.only(RadiationCourse)
    surgery, transplant = desk.only(Surgery), desk.only(Transplant)
    assert (drug.agent, drug.dose, drug.unit, drug.courses) == ("doxorubicin", Decimal(75), "mg/m2", 4)
    assert (drug.started_on, drug.ended_on, drug.timing) == (PartialDate(2021, 3), None, "unknown")
    assert (radiation.fields, radiation.dose_gy, radiation.fractions) == (["mediastinum"], Decimal(21), 14)
    assert (surgery.operation, surgery.done_on, surgery.place) == (
        *("splenectomy", PartialDate(2021, 11, 12)),
        "Harbor Hospital",
    )
    assert (transplant.kind, transplant.done_on) == ("autologous", PartialDate(2022, 2, 20))
    found = exposures(desk)
    assert found["doxorubicin_mg_m2"].value == 300 and found["splenectomy"].value == 1
    assert desk.survivor().version == 2


def test_the_same_file_twice_changes_nothing(desk: TableDesk) -> None:
    given = rows(DOX, CHEST, SPLEEN, AUTO)
    desk.brings_in("treatments", given)
    before = desk.tables()
    assert desk.brings_in("treatments", given) == ["unchanged"] * 4
    assert desk.brings_in("treatments", rows(AUTO, DOX), xlsx=True) == ["unchanged"] * 2
    assert desk.tables() == before


def test_a_dose_that_is_left_empty_is_given_dose_unknown(desk: TableDesk) -> None:
    desk.brings_in("treatments", rows({"kind": "drug", "agent": "Cisplatin"}, {"kind": "radiation", "field": "CSI"}))
    assert desk.only(DrugCourse).dose is None and desk.only(RadiationCourse).dose_gy is None
    assert exposures(desk)["cisplatin_mg_m2"].certainty == "dose_unknown"


def test_a_later_list_corrects_what_it_said_and_keeps_what_it_leaves_empty(desk: TableDesk) -> None:
    desk.brings_in("treatments", rows(DOX))
    report = desk.report(
        "treatments", rows({"kind": "drug", "agent": "doxorubicin", "first_day": "2021-03", "courses": "6"})
    )
    [line] = report.lines
    assert (line.fate, line.changes[1:]) == ("updated", ("courses: 4 → 6",))
    assert (desk.only(DrugCourse).dose, desk.only(DrugCourse).courses) == (75, 6)
    assert exposures(desk)["doxorubicin_mg_m2"].value == 450


def test_what_somebody_has_corrected_stays_while_the_list_repeats_itself(desk: TableDesk) -> None:
    desk.brings_in("treatments", rows(DOX))
    by_hand(desk, "drugs", agent="cisplatin", dose=Decimal(100), unit="mg/m2")
    with desk.database.transaction() as session:
        course = session.scalars(sa.select(DrugCourse).where(DrugCourse.agent == "doxorubicin")).one()
        actor, entered = desk.actor.acting("By hand"), EntryInput({"courses": 5}, id=course.id)
        editing.record_entry(
            session, course.survivor_id, "drugs", entered, seen_version=None, actor=actor, clock=desk.clock
        )
    assert desk.brings_in("treatments", rows(DOX)) == ["unchanged"]
    assert sorted(each.courses or 0 for each in desk.rows(DrugCourse)) == [0, 5]


def test_what_somebody_has_taken_out_is_not_entered_again(desk: TableDesk) -> None:
    desk.brings_in("treatments", rows(DOX))
    with desk.database.transaction() as session:
        course = session.scalars(sa.select(DrugCourse)).one()
        editing.remove_entry(
            session,
            course.survivor_id,
            "drugs",
            course.id,
            seen_version=None,
            actor=desk.actor.acting("By hand"),
            clock=desk.clock,
        )
    report = desk.report("treatments", rows(DOX))
    assert [each.fate for each in report.lines] == ["unchanged"] and desk.rows(DrugCourse) == []
    assert "was taken out of the record" in report.notes[0].reason


def test_an_entry_by_hand_is_filled_up_but_never_contradicted(desk: TableDesk) -> None:
    by_hand(desk, "drugs", agent="doxorubicin", dose=Decimal(75), unit="mg/m2", started_on=PartialDate(2021, 3))
    [why] = desk.refusal("treatments", rows(DOX | {"dose": "60"}))
    assert why.startswith("row 2, column dose: The record says 75 here, which no table has said")
    assert desk.brings_in("treatments", rows(DOX | {"route": "iv"})) == ["updated"]
    assert (desk.only(DrugCourse).courses, desk.only(DrugCourse).route) == (4, "iv")
    assert [each.change for each in sorted(desk.rows(SummaryEdition), key=lambda each: each.number)] == [
        *("as it stood", "drugs.recorded"),
        "table.imported",
    ]
    [again] = desk.refusal("treatments", rows(DOX | {"route": "iv", "courses": "5"}))
    assert again.startswith("row 2, column courses: The record says 4 here")


def test_the_same_agent_by_two_routes_is_two_courses(desk: TableDesk) -> None:
    mtx = {"kind": "drug", "agent": "Methotrexate", "first_day": "2021"}
    two = rows(mtx | {"route": "iv"}, mtx | {"route": "intrathecal"})
    assert desk.brings_in("treatments", two) == ["new", "new"]
    assert sorted(each.route for each in desk.rows(DrugCourse)) == ["it", "iv"]


def test_the_same_once_more_with_other_dates_is_noted(desk: TableDesk) -> None:
    desk.brings_in("treatments", rows(DOX))
    report = desk.report("treatments", rows(DOX | {"first_day": "2022"}))
    assert "The record already has “Doxorubicin" in report.notes[0].reason


@pytest.mark.parametrize(
    "row, column, said",
    [
        ({"kind": "drug", "agent": "Adriamyc"}, "agent", "is not known here. Is it “Doxorubicin”"),
        ({"kind": "drug", "agent": "zzzz"}, "agent", "Write its usual name"),
        ({"kind": "drug"}, "agent", "a drug cannot be kept without it"),
        ({"kind": "radiation"}, "field", "a radiation cannot be kept without it"),
        ({"kind": "surgery"}, "operation", "a surgery cannot be kept without it"),
        ({"kind": "surgery", "operation": "spleen"}, "operation", "is not known here"),
        ({"kind": "radiation", "field": "Mediastinum; moon"}, "field", "“moon” is not known here"),
        ({"kind": "radiation", "field": "CSI", "side": "up"}, "side", "is not known here"),
        ({"kind": "drug", "agent": "Cisplatin", "dose": "5"}, "unit", "Fill the unit of the dose"),
        ({"kind": "drug", "agent": "Cisplatin", "dose": "-5", "unit": "mg/m2"}, "dose", "cannot be less than 0"),
        ({"kind": "drug", "agent": "Cisplatin", "dose": "1.23456", "unit": "mg/m2"}, "dose", "4 decimal places"),
        ({"kind": "drug", "agent": "Cisplatin", "dose_gy": "5"}, "dose_gy", "A drug has no dose_gy"),
        ({"kind": "surgery", "operation": "splenectomy", "last_day": "2021"}, "last_day", "A surgery has no last_day"),
        ({"kind": "drug", "agent": "Cisplatin", "first_day": "2006"}, "first_day", "before the date of birth"),
        ({"kind": "drug", "agent": "Cisplatin", "first_day": "2027"}, "first_day", "in the future"),
        ({"kind": "drug", "agent": "Cisplatin", "first_day": "2021", "last_day": "2020"}, "last_day", "is before"),
        ({"kind": "drug", "agent": "Cisplatin", "diagnosis": "Neuroblastoma"}, "diagnosis", "is not on record"),
        ({"kind": "drug", "agent": "Cisplatin", "record_number": "99"}, "record_number", "Nobody here has this"),
        ({"kind": "drug", "agent": "Cisplatin", "record_number": "4417"}, "record_number", "somebody has 004417"),
        ({"kind": "drug", "agent": "Cisplatin", "family_name": "Lind"}, "family_name", "with another family name"),
        ({"kind": "drug", "agent": "Cisplatin", "birth_date": "2007-03-06"}, "birth_date", "another date of birth"),
        ({"kind": "potion", "agent": "Cisplatin"}, "kind", "Write one of: drug, radiation, surgery, transplant"),
        ({"kind": "", "agent": "Cisplatin"}, "kind", "must be filled"),
    ],
)
def test_what_cannot_be_is_refused_by_row_and_column(
    desk: TableDesk, row: dict[str, str], column: str, said: str
) -> None:
    [why] = desk.refusal("treatments", rows(row))
    assert why.startswith(f"row 2, column {column}: ") and said in why


def test_a_name_that_means_two_things_is_refused_with_both(desk: TableDesk) -> None:
    [why] = desk.refusal("treatments", rows({"kind": "drug", "agent": "ADM"}, {"kind": "drug", "agent": "ACT"}))[:1]
    assert "column agent" in why


def test_an_unusual_number_needs_somebody_who_has_checked_it(desk: TableDesk) -> None:
    cgy = {"kind": "radiation", "field": "Mediastinum", "dose_gy": "2100"}
    [why] = desk.refusal("treatments", rows(cgy))
    assert "Did you mean cGy?" in why and "write yes in the column checked" in why
    assert desk.brings_in("treatments", rows(cgy | {"checked": "yes"})) == ["new"]


def test_several_fields_are_one_course_whatever_their_order(desk: TableDesk) -> None:
    one = {"kind": "radiation", "field": "Mediastinum; Neck", "dose_gy": "21"}
    assert desk.brings_in("treatments", rows(one)) == ["new"]
    assert desk.only(RadiationCourse).fields == ["mediastinum", "neck"]
    assert desk.brings_in("treatments", rows(one | {"field": "neck;mediastinum"})) == ["unchanged"]


def test_a_treatment_belongs_to_the_diagnosis_that_is_named(desk: TableDesk) -> None:
    desk.brings_in("treatments", rows(DOX | {"diagnosis": "LMS"}, CHEST))
    assert desk.only(DrugCourse).diagnosis_id == desk.only(Diagnosis).id
    assert desk.only(RadiationCourse).diagnosis_id is None


def test_an_operation_that_took_the_tumor_out_gives_its_day(desk: TableDesk) -> None:
    desk.brings_in("treatments", rows({"kind": "surgery", "operation": "WLE", "first_day": "2021-04-01"}))
    assert desk.only(Diagnosis).resected_on == date(2021, 4, 1)


def test_rows_that_contradict_each_other_are_both_refused(desk: TableDesk) -> None:
    both = desk.refusal("treatments", rows(DOX, DOX | {"dose": "60"}))
    assert [each.split(":")[0] for each in both] == ["row 2, column dose", "row 3, column dose"]
    assert "Tell the two apart by their dates" in both[0]
    assert desk.brings_in("treatments", rows(DOX, DOX)) == ["new", "unchanged"]
    assert len(desk.rows(DrugCourse)) == 1


def test_the_trail_says_who_brought_in_what(desk: TableDesk) -> None:
    desk.brings_in("treatments", rows(DOX))
    desk.brings_in("treatments", rows(DOX | {"courses": "6"}))
    events = {each.action: each for each in desk.rows(AuditEvent)}
    assert events["drugs.imported"].after["agent"] == "doxorubicin"
    assert (events["drugs.corrected"].before["courses"], events["drugs.corrected"].after["courses"]) == (4, 6)
    assert events["drugs.corrected"].actor == "Import by Dana Ruiz"
    assert "list.csv" in events["drugs.corrected"].reason
