"""Lists of results: stored, found again, corrected, and never in place of what somebody else has recorded."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_result
from tests.integration.table_desk import TableDesk
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import DueItem, Result, Survivor
from tracker.services import results
from tracker.services.results import ResultInput

HEART = {"test": "Echocardiogram", "date": "2025-03-14", "value": "62", "unit": "%", "outcome": "normal"}


@pytest.fixture
def desk(database: Database, clock: FixedClock) -> TableDesk:
    found = TableDesk(database, clock)
    found.ana(diagnosis="Leiomyosarcoma", end_of_therapy_on="2022-10-31")
    return found


def rows(*told: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Rows about Ana with whatever columns they name."""
    columns = list(dict.fromkeys(("record_number", *(name for each in told for name in each))))
    return [tuple(columns), *(tuple(({"record_number": "004417"} | each).get(n, "") for n in columns) for each in told)]


def standing(desk: TableDesk) -> list[Result]:
    return [each for each in desk.rows(Result) if each.superseded_at is None]


def by_hand(desk: TableDesk, **given: Any) -> None:
    with Session(desk.database.engine) as session:
        ana = session.scalars(sa.select(Survivor)).one()
        make_result(session, ana, "echocardiogram", date(2025, 3, 14), **given)
        session.commit()


def test_a_whole_row_is_stored_and_closes_what_it_satisfies(desk: TableDesk) -> None:
    more = {"report": "Fine.\nSee you.", "reference_range": "55-70", "done_elsewhere": "Harbor Hospital"}
    ana = desk.survivor()
    assert desk.brings_in("results", rows(HEART | more)) == ["new"]
    result = desk.only(Result)
    assert (result.survivor_id, result.test_code, result.performed_on) == (ana.id, "echocardiogram", date(2025, 3, 14))
    assert (result.value, result.unit, result.outcome, result.status) == (Decimal(62), "%", "normal", "final")
    assert (result.report, result.reference_range, result.source) == ("Fine.\nSee you.", "55-70", "Harbor Hospital")
    assert result.adequate and not result.claimed
    assert desk.survivor().version == ana.version + 1


def test_the_plan_follows_once_the_result_is_there(desk: TableDesk) -> None:
    open_before = {each.test_code: each.due_on for each in desk.rows(DueItem) if each.closed_on is None}
    test = next(iter(sorted(open_before)))
    desk.brings_in("results", rows({"test": test, "date": "2026-11-20"}))
    closed = [each for each in desk.rows(DueItem) if each.closed_on is not None]
    assert [each.closing_result_id for each in closed if each.test_code == test] == [desk.only(Result).id]


@pytest.mark.parametrize("typed", ["echocardiogram", "ECHOCARDIOGRAM", "Heart ultrasound", "42148-7"])
def test_a_test_is_known_by_name_code_or_loinc(desk: TableDesk, typed: str) -> None:
    desk.brings_in("results", rows({"test": typed, "date": "2025-03-14"}))
    assert desk.only(Result).test_code == "echocardiogram"


def test_the_same_file_twice_changes_nothing(desk: TableDesk) -> None:
    given = rows(HEART, {"test": "1558-6", "date": "2025-01-02", "value": "92.50", "unit": "mg/dL", "claimed": "yes"})
    assert desk.brings_in("results", given) == ["new", "new"]
    before = desk.tables()
    assert desk.brings_in("results", given) == ["unchanged", "unchanged"]
    assert desk.tables() == before


def test_a_later_list_corrects_what_it_said_and_both_versions_stay(desk: TableDesk) -> None:
    desk.brings_in("results", rows(HEART))
    report = desk.report("results", rows({"test": "Echocardiogram", "date": "2025-03-14", "value": "26", "unit": "%"}))
    assert report.lines[0].changes == ("Echocardiogram, 2025-03-14", "value: 62.0000 → 26")
    old, new = sorted(desk.rows(Result), key=lambda each: each.replaces_id is not None)
    assert (old.value, new.value, new.outcome, new.status) == (62, 26, "normal", "corrected")
    assert new.replaces_id == old.id and old.superseded_at is not None
    assert desk.brings_in("results", rows(HEART | {"value": "26"})) == ["unchanged"]
    assert desk.brings_in("results", rows(HEART | {"value": "27"})) == ["updated"]
    assert [each.value for each in standing(desk)] == [27]


def test_what_somebody_has_corrected_stays(desk: TableDesk) -> None:
    desk.brings_in("results", rows(HEART))
    with desk.database.transaction() as session:
        ana, result = session.scalars(sa.select(Survivor)).one(), session.scalars(sa.select(Result)).one()
        entered = ResultInput("echocardiogram", date(2025, 3, 14), Decimal(60), "%")
        clinician = desk.clinician(session)
        results.correct_result(
            session, ana.id, result.id, entered, actor=clinician, clock=desk.clock, reason="Read again"
        )
    assert desk.brings_in("results", rows(HEART)) == ["unchanged"]
    report = desk.report("results", rows(HEART | {"value": "61"}))
    assert [each.fate for each in report.lines] == ["unchanged"]
    assert "Somebody has corrected this result here" in report.notes[0].reason
    assert desk.brings_in("results", rows(HEART | {"value": "59"})) == ["unchanged"]
    assert [each.value for each in standing(desk)] == [60]


def test_a_result_that_came_in_another_way_is_known_and_filled_up_but_never_contradicted(desk: TableDesk) -> None:
    by_hand(desk, value=Decimal(62), unit="%")
    [why] = desk.refusal("results", rows(HEART | {"value": "50"}))
    assert why.startswith("row 2, column value: Of this test and day the record says 62")
    assert desk.brings_in("results", rows(HEART | {"outcome": ""})) == ["unchanged"]
    assert desk.brings_in("results", rows(HEART)) == ["updated"]
    [result] = standing(desk)
    assert (result.value, result.outcome) == (Decimal(62), "normal")
    [why] = desk.refusal("results", rows(HEART | {"value": "50"}))
    assert "the record says 62" in why


def test_a_test_done_twice_on_one_day_needs_a_number_of_its_own(desk: TableDesk) -> None:
    two = rows(HEART, HEART | {"value": "58"})
    both = desk.refusal("results", two)
    assert len(both) == 2 and "source_id" in both[0]
    told = rows(HEART | {"source_id": "A1"}, HEART | {"value": "58", "source_id": "A2"})
    assert desk.brings_in("results", told) == ["new", "new"]
    assert desk.brings_in("results", told) == ["unchanged", "unchanged"]
    assert desk.brings_in("results", rows(HEART | {"value": "59", "source_id": "A2"})) == ["updated"]
    assert {each.value for each in standing(desk)} == {59, 62}


@pytest.mark.parametrize(
    "row, column, said",
    [
        ({"test": "heart"}, "test", "is not known here. Is it"),
        ({"test": "99999-9"}, "test", "is not known here"),
        ({"test": ""}, "test", "must be filled"),
        ({"date": ""}, "date", "must be filled"),
        ({"date": "2026-11-24"}, "date", "in the future"),
        ({"date": "2007-03-04"}, "date", "before the birth date"),
        ({"date": "2025-03"}, "date", "the day must be known"),
        ({"unit": ""}, "value", "A value needs its unit"),
        ({"unit": "mm"}, "value", "is recorded in %, not in mm"),
        ({"value": ""}, "value", "or leave its unit out"),
        ({"value": "62.12345"}, "value", "at most 4 decimals"),
        ({"value": "62,5"}, "value", "Write a point before decimals"),
        ({"value": "about 62"}, "value", "is no plain number"),
        ({"outcome": "good"}, "outcome", "Write one of: normal, abnormal, indeterminate"),
        ({"status": "entered-in-error"}, "status", "Write one of: final"),
        ({"claimed": "perhaps"}, "claimed", "neither yes nor no"),
        ({"record_number": "5"}, "record_number", "Nobody here has this record number"),
        ({"birth_date": "2008-03-05"}, "birth_date", "another date of birth"),
    ],
)
def test_what_cannot_be_is_refused_by_row_and_column(
    desk: TableDesk, row: dict[str, str], column: str, said: str
) -> None:
    [why] = desk.refusal("results", rows(HEART | row))
    assert why.startswith(f"row 2, column {column}: ") and said in why


def test_what_is_preliminary_or_answers_nothing_is_kept_as_such(desk: TableDesk) -> None:
    desk.brings_in("results", rows({"test": "Echocardiogram", "date": "2025-03-14", "status": "preliminary"}))
    desk.brings_in("results", rows({"test": "Chest X-ray", "date": "2025-03-14", "adequate": "no"}))
    found = {each.test_code: each for each in desk.rows(Result)}
    assert found["echocardiogram"].status == "preliminary" and not found["chest-x-ray"].adequate
