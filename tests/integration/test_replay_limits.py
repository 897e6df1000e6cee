"""Reading again where little was kept, where it is refused, and for many; whole or not at all."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_survivor
from tests.fhir.builders import (
    patient,
)
from tests.integration.replaying import (
    ACTOR,
    AGENT,
    DIAGNOSIS,
    LOCAL,
    OPERATION,
    TEST,
    VACCINE,
    bring_in,
    chart,
    clinic,
    keep,
    mapped,
    registry,
    scan,
)
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.intake import replay
from tracker.intake.replay import map_and_replay
from tracker.models import (
    Base,
    Clinic,
    CodeMapping,
    Diagnosis,
    Result,
    Role,
    Survivor,
)
from tracker.services import import_chart, unknown_codes
from tracker.services.code_mappings import Meaning

__all__ = ["clinic"]


# Entries of which only the columns were kept


@pytest.mark.parametrize(
    "given, value, report",
    [
        ({}, Decimal("61.5"), ""),
        ({"unit": "mm"}, None, "61.5 mm"),
        ({"value_text": "<40"}, None, "<40 %"),
        ({"value_text": "NaN"}, None, "NaN %"),
        ({"value_text": "normal", "unit": ""}, None, "normal"),
        ({"resource_type": "DiagnosticReport", "value_text": "", "unit": ""}, None, ""),
        ({"resource_type": "Procedure", "status": "completed", "value_text": "fine", "unit": ""}, None, "fine"),
        ({"resource_type": "ImagingStudy", "status": "available", "value_text": "", "unit": ""}, None, ""),
    ],
)
def test_a_test_s_result_is_made_from_the_columns_alone(
    session: Session, clinic: Clinic, clock: FixedClock, given: dict[str, Any], value: Decimal | None, report: str
) -> None:
    keep(session, make_survivor(session, clinic), clock, "obs-1", **given)

    [replayed] = mapped(session, clinic, clock, TEST)

    assert (replayed.results, replayed.needs_file) == (1, 0)
    [result] = session.scalars(sa.select(Result))
    assert (result.test_code, result.value, result.report) == ("echocardiogram", value, report)
    assert (result.performed_on, result.status) == (date(2026, 10, 2), "final")


@pytest.mark.parametrize(
    "given, meaning",
    [
        ({"occurred_on": None}, TEST),
        ({"value_text": ""}, TEST),
        ({"value_text": "No value: Unable to obtain"}, TEST),
        ({"resource_type": "Procedure", "status": "in-progress"}, TEST),
        ({"resource_type": "ImagingStudy", "status": "registered"}, TEST),
        ({"resource_type": "Immunization"}, replace(VACCINE, code="EF-1")),
        ({"resource_type": "MedicationRequest"}, replace(AGENT, code="EF-1")),
        ({"resource_type": "Procedure", "status": "completed"}, replace(OPERATION, code="EF-1")),
        ({"resource_type": "Condition", "status": "active, provisional"}, replace(DIAGNOSIS, code="EF-1")),
    ],
)
def test_where_the_columns_do_not_tell_enough_the_file_is_needed_again(
    session: Session, clinic: Clinic, clock: FixedClock, given: dict[str, Any], meaning: Meaning
) -> None:
    keep(session, make_survivor(session, clinic), clock, "x-1", **given)
    before = registry(session)

    [replayed] = mapped(session, clinic, clock, meaning)

    assert (replayed.people, replayed.needs_file) == (0, 1)
    after = registry(session)
    assert {name for name in after if after[name] != before[name]} == {"code_mappings"}


def test_a_diagnosis_is_made_from_the_columns_without_guessing_its_day(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    bring_in(session, clinic, clock, patient())
    keep(
        session,
        session.scalars(sa.select(Survivor)).one(),
        clock,
        "con-1",
        resource_type="Condition",
        status="active",
        code="D-99",
        value_text="",
        unit="",
    )

    mapped(session, clinic, clock, DIAGNOSIS)

    [diagnosis] = session.scalars(sa.select(Diagnosis))
    assert (diagnosis.name, diagnosis.diagnosed_on, diagnosis.external_id) == ("Leiomyosarcoma", None, "con-1")


# Refusals, and whole or nothing


@pytest.mark.parametrize(
    "wrong, error",
    [
        ({"target": "Echocardiogram"}, Invalid),
        ({"target": ""}, Invalid),
        ({"kind": "organ"}, Invalid),
        ({"kind": "nothing"}, Invalid),
        ({"kind": "agent"}, Invalid),
        ({"code": "  "}, Invalid),
        ({"code": "x" * 81}, Invalid),
        ({"system": "http://" + "x" * 200}, Invalid),
        ({"note": "x" * 2001}, Invalid),
    ],
)
def test_a_mapping_that_leads_nowhere_is_refused_and_changes_nothing(
    session: Session, clinic: Clinic, clock: FixedClock, wrong: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        mapped(session, clinic, clock, replace(TEST, **wrong))
    session.flush()
    assert session.scalars(sa.select(CodeMapping)).all() == []


@pytest.mark.parametrize(
    "meaning", [TEST, replace(TEST, target="chest-ct"), Meaning(system=LOCAL, code="EF-1", kind="nothing")]
)
def test_a_code_has_one_meaning_of_a_kind(
    session: Session, clinic: Clinic, clock: FixedClock, meaning: Meaning
) -> None:
    mapped(session, clinic, clock, TEST)
    with pytest.raises(Conflict, match="already"):
        mapped(session, clinic, clock, meaning)
    mapped(session, clinic, clock, replace(OPERATION, code="EF-1"))


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.CLINICIAN])
def test_only_an_administrator_of_the_clinic_maps(
    session: Session, clinic: Clinic, clock: FixedClock, role: Role
) -> None:
    with pytest.raises(Forbidden):
        map_and_replay(session, clinic.id, TEST, actor=make_actor(session, clinic, role), clock=clock)
    elsewhere = make_actor(session, make_clinic(session), Role.ADMINISTRATOR)
    with pytest.raises(NotFound):
        map_and_replay(session, clinic.id, TEST, actor=elsewhere, clock=clock)


def test_a_failure_in_the_middle_leaves_nothing_of_the_mapping(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        clinic = make_clinic(session, name="Harbor Clinic")
        crowd(session, clinic, clock, 3)
    before = all_rows(database)
    real, calls = import_chart.store_chart, []

    def failing(*arguments: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("the power went")
        return real(*arguments, **named)

    monkeypatch.setattr(replay, "store_chart", failing)
    with pytest.raises(RuntimeError), database.transaction() as session:
        map_and_replay(session, clinic.id, TEST, actor=ACTOR, clock=clock)
    assert len(calls) == 3
    assert all_rows(database) == before


def all_rows(database: Database) -> dict[str, list[str]]:
    with database.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(sa.select(table)))) for table in Base.metadata.sorted_tables
        }


def crowd(session: Session, clinic: Clinic, clock: FixedClock, count: int) -> None:
    """So many people with two scans each."""
    for number in range(count):
        id = f"{number:08}-1111-4111-8111-111111111111"  # noqa: A001
        about = {"subject": {"reference": f"urn:uuid:{id}"}}
        person = patient(id, name=[{"family": f"Rivera{number}", "given": ["Ana"]}])
        bring_in(session, clinic, clock, person, scan(f"a{number}", **about), scan(f"b{number}", **about))


def test_everybody_is_read_again_some_at_a_time(
    session: Session, clinic: Clinic, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unknown_codes, "AT_ONCE", 2)
    crowd(session, clinic, clock, 5)
    sizes = [len(each.rows) for each in unknown_codes.to_read_again(session, clinic.id, [LOCAL], "EF-1")]
    assert sizes == [2, 2, 1]

    [replayed] = mapped(session, clinic, clock, TEST)

    assert (replayed.people, replayed.entries, replayed.results) == (5, 10, 10)
    assert {each.mapped_to for each in chart(session)} == {"echocardiogram"}
