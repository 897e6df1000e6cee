"""Entries of the record that resources tell of: made once, corrected, taken back, and never over a person's own."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.fhir.builders import ANA, SNOMED, concept, condition, observation, patient, procedure
from tests.fhir.importing import Importer
from tests.fhir.people_builders import CVX, ROLE_CODE
from tests.fhir.treatment_builders import administration, order
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.engine.partial_dates import PartialDate
from tracker.models import (
    Contact,
    Diagnosis,
    DrugCourse,
    Exposure,
    Immunization,
    ImportedEntry,
    Standing,
    Surgery,
    Survivor,
)

WHOM = {"subject": {"reference": f"urn:uuid:{ANA}"}}
FOR_CANCER: dict[str, Any] = {"reasonReference": [{"reference": "Condition/con-1"}]}


@pytest.fixture
def importer(sqlite_url: str, clock: FixedClock, tmp_path: Path) -> Iterator[Importer]:
    """On SQLite alone: what decides here is the same on both; the stories of undoing run on both."""
    database = Database(sqlite_url)
    folder = tmp_path / "files"
    folder.mkdir()
    yield Importer(database, clock, folder)
    database.close()


def rows(importer: Importer, table: Any) -> list[Any]:
    with Session(importer.database.engine) as session:
        found = list(session.scalars(sa.select(table)))
        session.expunge_all()
        return found


def shot(**given: Any) -> dict[str, Any]:
    return {
        "resourceType": "Immunization",
        "id": "shot-1",
        "status": "completed",
        "vaccineCode": concept("140", "Influenza", system=CVX),
        "patient": {"reference": f"urn:uuid:{ANA}"},
        "occurrenceDateTime": "2023-10-02",
    } | given


def mother(**given: Any) -> dict[str, Any]:
    return {
        "resourceType": "RelatedPerson",
        "id": "rosa",
        "patient": {"reference": f"urn:uuid:{ANA}"},
        "relationship": [concept("MTH", "mother", system=ROLE_CODE)],
        "name": [{"family": "Rivera", "given": ["Rosa"]}],
        "telecom": [{"system": "phone", "value": "617-555-0199"}],
    } | given


def drug(**given: Any) -> dict[str, Any]:
    dose = {"dose": {"value": 1.5, "unit": "mg/m2", "system": "http://unitsofmeasure.org", "code": "mg/m2"}}
    return administration(**(WHOM | {"dosage": dose} | given))


def test_a_medicine_given_without_a_dose_is_given_dose_unknown(importer: Importer) -> None:
    importer.store(patient(), condition(), drug(dosage=None))

    [course] = rows(importer, DrugCourse)
    assert (course.agent, course.dose) == ("vincristine", None)
    exposures = {row.name: (row.certainty, row.value) for row in rows(importer, Exposure)}
    assert exposures["vinca_alkaloid"] == ("known", Decimal(1))


def test_a_medicine_that_was_given_belongs_to_the_cancer_it_was_given_for(importer: Importer) -> None:
    importer.store(patient(), condition(), drug(**FOR_CANCER))

    [course], [diagnosis] = rows(importer, DrugCourse), rows(importer, Diagnosis)
    assert course.diagnosis_id == diagnosis.id


def test_an_entry_that_comes_before_its_cancer_finds_it_later(importer: Importer) -> None:
    importer.store(patient(), drug(reasonReference=[{"reference": "Condition/con-1"}]))
    [course] = rows(importer, DrugCourse)
    assert course.diagnosis_id is None

    importer.store(patient(), condition(), drug(reasonReference=[{"reference": "Condition/con-1"}]))

    [course], [diagnosis] = rows(importer, DrugCourse), rows(importer, Diagnosis)
    assert course.diagnosis_id == diagnosis.id


def test_a_second_import_adds_no_entry(importer: Importer) -> None:
    path = importer.file(patient(), condition(), shot(), mother(), drug())
    importer.summary(path)
    before = importer.tables()

    assert importer.summary(path)["patients"]["unchanged"] == 1
    assert importer.tables() == before


def test_what_its_source_corrected_is_corrected(importer: Importer) -> None:
    importer.store(patient(), shot())
    importer.store(patient(), shot(occurrenceDateTime="2023-10-09"))

    [given] = rows(importer, Immunization)
    assert str(given.given_on) == "2023-10-09"


def test_what_its_source_took_back_is_taken_out(importer: Importer) -> None:
    importer.store(patient(), shot())
    importer.store(patient(), shot(status="entered-in-error"))

    assert rows(importer, Immunization) == []
    assert rows(importer, ImportedEntry) == []


@pytest.mark.parametrize("later", [{"occurrenceDateTime": "2023-10-09"}, {"status": "entered-in-error"}])
def test_what_a_person_corrected_here_is_left_and_said(importer: Importer, later: dict[str, Any]) -> None:
    importer.store(patient(), shot())
    importer.change(sa.update(Immunization).values(given_on=PartialDate.parse("2023-10-03")))

    summary = importer.store(patient(), shot(**later))

    [given] = rows(importer, Immunization)
    assert str(given.given_on) == "2023-10-03"
    assert any("a person has changed the" in each["note"] for each in summary["notes"])


def test_what_a_person_added_to_an_entry_stays_when_the_rest_is_corrected(importer: Importer) -> None:
    importer.store(patient(), shot())
    importer.change(sa.update(Immunization).values(reason="Seen in the booklet"))

    importer.store(patient(), shot(occurrenceDateTime="2023-10-09"))
    [given] = rows(importer, Immunization)
    assert (given.reason, str(given.given_on)) == ("Seen in the booklet", "2023-10-09")

    summary = importer.store(patient(), shot(status="entered-in-error"))
    assert len(rows(importer, Immunization)) == 1
    assert any("a person has changed the" in each["note"] for each in summary["notes"])


def test_an_entry_that_a_person_removed_does_not_come_back(importer: Importer) -> None:
    importer.store(patient(), shot())
    importer.change(sa.delete(Immunization))

    importer.store(patient(), shot())

    assert rows(importer, Immunization) == []


def test_what_a_person_entered_by_hand_is_not_entered_again(importer: Importer) -> None:
    importer.store(patient(), shot())
    importer.change(sa.delete(ImportedEntry))

    importer.store(patient(), shot(), shot(id="shot-2"))

    assert len(rows(importer, Immunization)) == 1


def test_an_operation_told_by_two_resources_happened_once(importer: Importer) -> None:
    done = procedure(code=concept("27010001", "Lobectomy of lung", system=SNOMED), bodySite=None, **FOR_CANCER)
    found = importer.store(patient(), condition(), done, done | {"id": "pro-2"})
    before = rows(importer, Surgery)
    importer.store(patient(), condition(), done, done | {"id": "pro-2", "status": "entered-in-error"})

    assert found["resources"]["Procedure"]["stored"] == 2
    assert len(before) <= 1
    assert len(rows(importer, Surgery)) == len(before)


def test_two_doses_of_a_medicine_on_one_day_are_two(importer: Importer) -> None:
    importer.store(patient(), condition(), drug(), drug(id="given-2"))

    assert [course.dose for course in rows(importer, DrugCourse)] == [Decimal("1.5"), Decimal("1.5")]


def test_an_entry_that_cannot_be_right_is_not_kept_and_the_note_says_why(importer: Importer) -> None:
    summary = importer.store(patient(), shot(occurrenceDateTime="2023-10-02", id="shot-2"), shot())
    assert summary["notes"] == []

    summary = importer.store(
        patient(birthDate="2024-01-01"), mother(), shot(id="shot-3", occurrenceDateTime="2024-02-02")
    )

    assert len(rows(importer, Immunization)) == 2


def test_whom_a_file_names_can_be_reached_and_has_agreed_to_nothing(importer: Importer) -> None:
    importer.store(patient(), mother())

    [rosa] = rows(importer, Contact)
    assert (rosa.kind, rosa.name, rosa.phone, rosa.reminders_agreed_on) == (
        "mother",
        "Rosa Rivera",
        "617-555-0199",
        None,
    )


def test_a_new_number_of_a_parent_takes_the_place_of_the_old(importer: Importer) -> None:
    importer.store(patient(), mother())
    importer.store(patient(), mother(telecom=[{"system": "phone", "value": "617-555-0188"}]))

    assert [rosa.phone for rosa in rows(importer, Contact)] == ["617-555-0188"]


def test_a_number_that_a_person_corrected_stays(importer: Importer) -> None:
    importer.store(patient(), mother())
    importer.change(sa.update(Contact).values(name="Rosa Rivera (evenings)"))
    summary = importer.store(patient(), mother(telecom=[{"system": "phone", "value": "617-555-0188"}]))

    [rosa] = rows(importer, Contact)
    assert (rosa.name, rosa.phone) == ("Rosa Rivera (evenings)", "617-555-0199")
    assert "the contact was changed here" in summary["notes"][0]["note"]


def standing(importer: Importer) -> Survivor:
    return importer.survivor()


def test_whose_treatment_goes_on_is_not_off_therapy(importer: Importer) -> None:
    importer.store(patient(), condition(), order(status="active", authoredOn="2026-10-01", **WHOM))

    assert standing(importer).standing == Standing.ON_TREATMENT
    assert "vincristine" in standing(importer).standing_reason.lower()
    assert [row.end_of_therapy_on for row in rows(importer, Diagnosis)] == [None]


def test_when_the_source_says_so_no_longer_the_follow_up_is_ours_again(importer: Importer) -> None:
    importer.store(patient(), condition(), order(status="active", authoredOn="2026-10-01", **WHOM))
    importer.store(patient(), condition(), order(status="completed", authoredOn="2026-10-01", **WHOM))

    assert standing(importer).standing == Standing.ACTIVE


@pytest.mark.parametrize(("ordered_on", "is_on_treatment"), [("2025-11-23", True), ("2025-11-22", False)])
def test_an_order_nobody_closed_for_a_year_is_only_said(
    importer: Importer, ordered_on: str, is_on_treatment: bool
) -> None:
    summary = importer.store(patient(), condition(), order(status="active", authoredOn=ordered_on, **WHOM))

    assert (standing(importer).standing == Standing.ON_TREATMENT) is is_on_treatment
    assert any("never closed" in each["note"] for each in summary["notes"]) is not is_on_treatment


def test_an_end_of_therapy_entered_here_stands_against_an_open_order(importer: Importer) -> None:
    importer.store(patient(), condition())
    importer.change(sa.update(Diagnosis).values(end_of_therapy_on=date(2026, 6, 1)))
    summary = importer.store(patient(), condition(), order(status="active", authoredOn="2026-05-01", **WHOM))

    assert standing(importer).standing == Standing.ACTIVE
    assert any("though an end of therapy is on record" in each["note"] for each in summary["notes"])


def test_a_decision_of_a_person_is_never_taken_back_by_a_file(importer: Importer) -> None:
    importer.store(patient(), condition())
    decided = {"standing": "on_treatment", "standing_reason": "Relapse, treated in Boston"}
    importer.change(sa.update(Survivor).values(**decided))

    importer.store(patient(), condition(), order(status="completed", **WHOM))

    assert standing(importer).standing_reason == "Relapse, treated in Boston"


def test_an_older_version_never_replaces_a_newer_one(importer: Importer) -> None:
    newer: dict[str, Any] = {"meta": {"lastUpdated": "2024-06-01T08:00:00Z"}, "effectiveDateTime": "2024-05-20"}
    older: dict[str, Any] = {"meta": {"lastUpdated": "2024-06-01T07:59:59Z"}, "effectiveDateTime": "2024-05-14"}
    importer.store(patient(), observation(**newer))
    before = importer.tables()

    importer.store(patient(), observation(**older))

    assert importer.tables() == before
