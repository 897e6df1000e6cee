"""``flask import-fhir`` on both databases: what is stored, what is refused, and that a second time changes nothing."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.fhir.builders import (
    condition,
    encounter,
    identifier,
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
    AuditEvent,
    ChartEntry,
    Contact,
    Diagnosis,
    DueItem,
    Result,
    Survivor,
)
from tracker.services import care_plans
from tracker.services.states import State, state_of

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


def test_a_person_is_enrolled_with_the_whole_chart(importer: Importer) -> None:
    summary = importer.store(*whole_chart())

    assert summary["files"] == 1
    assert summary["patients"] == {"new": 1, "updated": 0, "unchanged": 0}
    assert summary["resources"]["Goal"] == {"stored": 0, "skipped": 1, "reasons": {"type not held": 1}}
    survivor = importer.survivor()
    assert (survivor.family_name, survivor.given_name, survivor.mrn) == ("Rivera", "Ana", "MR-11111111")
    assert (survivor.birth_date, survivor.sex_at_birth, survivor.language) == (date(2007, 3, 5), "female", "en")
    assert (survivor.enrolled_on, survivor.version, survivor.sort_name) == (TODAY, 1, "rivera ana")
    entries = [(row.resource_type, row.external_id, row.code, row.mapped_to) for row in importer.rows(ChartEntry)]
    assert entries == [
        ("Condition", "con-1", "443719001", "Leiomyosarcoma"),
        ("DiagnosticReport", "rep-1", "57698-3", "fasting-lipid-panel"),
        ("Encounter", "enc-1", "185349003", ""),
        ("ImagingStudy", "img-1", "24627-2", "chest-ct"),
        ("Observation", "obs-1", "39156-5", "body-mass-index"),
        ("Procedure", "pro-1", "73761001", "colonoscopy"),
    ]


def test_results_and_diagnoses_are_made_of_what_is_understood(importer: Importer) -> None:
    importer.store(*whole_chart())

    found = [(row.test_code, row.performed_on, row.status, row.value, row.unit) for row in importer.rows(Result)]
    assert found == [
        ("chest-ct", date(2022, 9, 30), "final", None, None),
        ("colonoscopy", date(2023, 2, 1), "final", None, None),
        ("body-mass-index", date(2024, 5, 14), "final", Decimal("21.5"), "kg/m2"),
        ("fasting-lipid-panel", date(2024, 5, 14), "final", None, None),
    ]
    [diagnosis] = importer.rows(Diagnosis)
    assert (diagnosis.name, diagnosis.diagnosed_on, diagnosis.position) == ("Leiomyosarcoma", date(2019, 8, 20), 0)
    assert diagnosis.end_of_therapy_on is None
    assert {row.source for row in importer.rows(Result)} == {"Imported from FHIR"}


def test_a_second_import_changes_no_row_of_any_table(importer: Importer) -> None:
    path = importer.file(*whole_chart())
    importer.summary(path)
    before = importer.tables()
    importer.clock.advance(timedelta(days=30))

    again = importer.summary(path)

    assert again["patients"] == {"new": 0, "updated": 0, "unchanged": 1}
    assert again["resources"]["Observation"]["stored"] == 1
    assert importer.tables() == before


@pytest.mark.parametrize("with_cancer", [True, False])
def test_without_an_end_of_therapy_a_person_awaits_the_treatment_summary(importer: Importer, with_cancer: bool) -> None:
    importer.store(patient(), observation(), *([condition()] if with_cancer else []))

    survivor = importer.survivor()
    assert state_of(survivor, TODAY) == State.AWAITING_SUMMARY
    assert not survivor.has_plan
    assert importer.tables()["due_items"] == []


def test_once_therapy_has_ended_imported_results_count_in_the_plan(importer: Importer) -> None:
    importer.store(patient(), condition(), imaging(started="2026-11-01T10:00:00Z"))
    with importer.database.transaction() as session:
        survivor = session.scalars(sa.select(Survivor)).one()
        session.execute(sa.update(Diagnosis).values(end_of_therapy_on=date(2024, 1, 31)))
        care_plans.refresh(session, survivor, clock=importer.clock)
        items = {item.test_code: item for item in session.scalars(sa.select(DueItem))}

        assert survivor.has_plan
        result = session.scalars(sa.select(Result)).one()
        reasons = [reason for item in items.values() for reason in care_plans.reasons_of(item)]
        assert str(result.id) in {reason.last_result_id for reason in reasons}


@pytest.mark.parametrize(
    ("elements", "day", "reason"),
    [
        ({"deceasedDateTime": "2024-06-01T23:30:00-11:00"}, date(2024, 6, 1), "Imported as deceased"),
        ({"deceasedBoolean": True}, TODAY, "the day of the import stands in its place"),
        ({"deceasedDateTime": "2024"}, date(2024, 12, 31), "Imported as deceased in 2024"),
        ({"deceasedDateTime": "2026"}, TODAY, "Imported as deceased in 2026"),
        ({"deceasedDateTime": "2026-11-24T01:00:00+13:00"}, TODAY, "Imported as deceased"),
    ],
)
def test_the_dead_are_never_due(importer: Importer, elements: dict[str, Any], day: date, reason: str) -> None:
    importer.store(patient(**elements), condition())
    with importer.database.transaction() as session:
        survivor = session.scalars(sa.select(Survivor)).one()
        session.execute(sa.update(Diagnosis).values(end_of_therapy_on=date(2022, 1, 31)))
        care_plans.refresh(session, survivor, clock=importer.clock)

    survivor = importer.survivor()
    assert survivor.deceased_on == day
    assert reason in survivor.standing_reason
    assert state_of(survivor, TODAY) == State.DECEASED
    assert importer.tables()["due_items"] == []


def test_a_death_without_a_date_keeps_the_day_it_was_first_told(importer: Importer) -> None:
    path = importer.file(patient(deceasedBoolean=True))
    summary = importer.summary(path)
    importer.clock.set(date(2027, 1, 5))
    before = importer.tables()

    importer.summary(path)

    assert "without a date of death" in summary["notes"][0]["note"]
    assert importer.tables() == before
    assert importer.survivor().deceased_on == TODAY


def test_what_the_state_knows_somebody_by_is_nowhere_in_the_database(importer: Importer) -> None:
    secrets = [
        identifier("000-11-2222", system="http://hl7.org/fhir/sid/us-ssn", kind="SS"),
        identifier("S99941714", system="urn:oid:2.16.840.1.113883.4.3.25", kind="DL"),
        identifier("X71227772X", system="http://passport.example", kind="PPN"),
    ]

    importer.store(patient(identifier=[*secrets, identifier("MR-1")]))

    everything = repr(importer.tables())
    assert "MR-1" in everything
    for secret in secrets:
        assert secret["value"] not in everything


def test_a_telephone_number_lies_encrypted_and_nobody_is_agreed_to_be_reminded(importer: Importer) -> None:
    importer.store(*whole_chart())

    with importer.database.engine.connect() as connection:
        [lying] = connection.exec_driver_sql("SELECT phone FROM contacts").all()
        trail = repr(connection.exec_driver_sql("SELECT * FROM audit_events").all())
    assert "0142" not in repr(lying)
    assert "555-0142" not in trail
    with Session(importer.database.engine) as session:
        contact = session.scalars(sa.select(Contact)).one()
        assert (contact.kind, contact.phone, contact.reminders_agreed_on) == ("self", "617-555-0142", None)


def test_the_audit_trail_tells_of_file_and_person_without_what_was_in_it(importer: Importer) -> None:
    importer.store(*whole_chart())

    with Session(importer.database.engine) as session:
        events = {event.action: event for event in session.scalars(sa.select(AuditEvent))}
    assert set(events) == {"import.file", "survivor.imported"}
    assert {event.actor for event in events.values()} == {"FHIR import"}
    told = events["import.file"].after
    assert told is not None
    assert told["patients"] == {"new": 1}
    assert (told["stored"]["Observation"], told["skipped"]["Goal"], len(told["file"])) == (1, 1, 64)
    assert "Rivera" not in repr(told)


def test_each_of_several_people_in_a_file_is_enrolled(importer: Importer) -> None:
    summary = importer.summary(BUNDLES / "collection.json")

    assert summary["patients"] == {"new": 2, "updated": 0, "unchanged": 0}
    assert [(each.given_name, each.deceased_on) for each in importer.survivors()] == [("Ada", None), ("Obi", TODAY)]
    [diagnosis] = importer.rows(Diagnosis)
    assert (diagnosis.name, diagnosis.diagnosed_on) == ("Hepatoblastoma", None)
