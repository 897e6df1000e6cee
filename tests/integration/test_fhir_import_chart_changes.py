"""What a later file says of a known chart: added, corrected, taken back, and never over a person's own entry."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import make_user
from tests.fhir.builders import (
    ANA,
    BEN,
    VERIFICATION,
    concept,
    condition,
    observation,
    patient,
    procedure,
    quantity,
)
from tests.fhir.importing import Importer
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import (
    ChartEntry,
    Diagnosis,
    Result,
    Survivor,
)

TODAY = date(2026, 11, 23)


@pytest.fixture
def importer(sqlite_url: str, clock: FixedClock, tmp_path: Path) -> Iterator[Importer]:
    """On SQLite alone: what decides here is the same on both, and the stories below that write the most run on both."""
    database = Database(sqlite_url)
    yield _importer(database, clock, tmp_path)
    database.close()


@pytest.fixture
def on_both(database: Database, clock: FixedClock, tmp_path: Path) -> Importer:
    return _importer(database, clock, tmp_path)


def _importer(database: Database, clock: FixedClock, tmp_path: Path) -> Importer:
    folder = tmp_path / "files"
    folder.mkdir()
    return Importer(database, clock, folder)


def named(family: str, *given: str) -> list[dict[str, Any]]:
    return [{"use": "official", "family": family, "given": list(given)}]


def test_new_entries_of_a_known_chart_are_added(importer: Importer) -> None:
    importer.store(patient(), observation("o1"))

    summary = importer.store(patient(), observation("o1"), observation("o2", effectiveDateTime="2025-05-14"))

    assert summary["patients"]["updated"] == 1
    assert [row.external_id for row in importer.rows(ChartEntry)] == ["o1", "o2"]
    assert [row.performed_on for row in importer.rows(Result)] == [date(2024, 5, 14), date(2025, 5, 14)]


def test_a_value_corrected_at_its_source_replaces_the_result_and_the_old_one_stays_struck_out(
    importer: Importer,
) -> None:
    importer.store(patient(), observation())
    importer.clock.advance(timedelta(hours=1))

    importer.store(patient(), observation(status="corrected", valueQuantity=quantity(22, "kg/m2")))

    found = [(row.value, row.status, row.superseded_at is None) for row in importer.rows(Result)]
    assert sorted(found, key=str) == [(Decimal("21.5000"), "final", False), (Decimal("22.0000"), "corrected", True)]
    [entry] = importer.rows(ChartEntry)
    assert (entry.value_text, entry.status) == ("22", "corrected")


def test_a_value_corrected_again_and_again_leaves_one_result_standing(on_both: Importer) -> None:
    for number, value in enumerate((21, 22, 23, 23)):
        on_both.store(patient(), observation(valueQuantity=quantity(value, "kg/m2")))
        on_both.clock.advance(timedelta(hours=number + 1))

    standing = [row.value for row in on_both.rows(Result) if row.superseded_at is None]
    assert standing == [23]
    assert len(on_both.rows(Result)) == 3


def test_a_new_display_alone_changes_the_chart_and_no_result(importer: Importer) -> None:
    importer.store(patient(), observation())

    summary = importer.store(patient(), observation(code=concept("39156-5", "BMI")))

    assert summary["patients"]["updated"] == 1
    assert importer.rows(ChartEntry)[0].display == "BMI"
    assert len(importer.rows(Result)) == 1


def test_what_was_entered_in_error_no_longer_counts(on_both: Importer) -> None:
    on_both.store(patient(), observation(), procedure())
    path = on_both.file(patient(), observation(status="entered-in-error"), procedure(status="not-done"))

    summary = on_both.summary(path)

    assert summary["resources"]["Observation"]["reasons"] == {"entered in error": 1}
    assert {row.status for row in on_both.rows(ChartEntry)} == {"entered-in-error"}
    assert {row.status for row in on_both.rows(Result) if row.superseded_at is None} == {"entered-in-error"}
    before = on_both.tables()
    assert on_both.summary(path)["patients"]["unchanged"] == 1
    assert on_both.tables() == before


def test_what_was_taken_back_by_mistake_can_come_again(importer: Importer) -> None:
    for status in ("final", "entered-in-error", "amended"):
        importer.store(patient(), observation(status=status))
        importer.clock.advance(timedelta(hours=1))

    standing = [row for row in importer.rows(Result) if row.superseded_at is None]
    assert [(row.status, row.value) for row in standing] == [("corrected", Decimal("21.5"))]


def test_a_result_that_a_person_corrected_here_is_not_touched_again(importer: Importer) -> None:
    importer.store(patient(), observation())
    with importer.database.transaction() as session:
        user = make_user(session)
        old = session.scalars(sa.select(Result)).one()
        old.superseded_at = importer.clock.now()
        words = {"survivor_id": old.survivor_id, "test_code": old.test_code, "performed_on": old.performed_on}
        words |= {"replaces_id": old.id, "recorded_by_id": user.id, "recorded_at": importer.clock.now()}
        session.add(Result(value=Decimal(20), unit="kg/m2", status="corrected", **words))

    changed = importer.store(patient(), observation(valueQuantity=quantity(25, "kg/m2")))
    withdrawn = importer.store(patient(), observation(status="entered-in-error"))

    assert [row.value for row in importer.rows(Result) if row.superseded_at is None] == [20]
    assert "a person has corrected it here" in changed["notes"][0]["note"]
    assert "a person has corrected it here" in withdrawn["notes"][0]["note"]


def test_a_preliminary_result_that_becomes_final_counts(importer: Importer) -> None:
    importer.store(patient(), observation(status="preliminary"))
    importer.clock.advance(timedelta(hours=1))

    importer.store(patient(), observation(status="final"))

    assert [row.status for row in importer.rows(Result) if row.superseded_at is None] == ["corrected"]


def test_a_suspected_cancer_becomes_a_diagnosis_when_it_is_confirmed(importer: Importer) -> None:
    importer.store(patient(), condition(verificationStatus=concept("provisional", system=VERIFICATION)))
    assert importer.rows(Diagnosis) == []

    importer.store(patient(), condition())

    assert [row.name for row in importer.rows(Diagnosis)] == ["Leiomyosarcoma"]


def test_a_diagnosis_taken_back_stays_and_somebody_is_told_to_check(importer: Importer) -> None:
    importer.store(patient(), condition())

    summary = importer.store(patient(), condition(verificationStatus=concept("refuted", system=VERIFICATION)))

    assert "Check the diagnosis made from it" in summary["notes"][0]["note"]
    assert [row.name for row in importer.rows(Diagnosis)] == ["Leiomyosarcoma"]


def test_the_same_cancer_told_at_two_encounters_is_one_diagnosis(importer: Importer) -> None:
    importer.store(patient(), condition("c1"), condition("c2"))

    assert len(importer.rows(Diagnosis)) == 1
    assert len(importer.rows(ChartEntry)) == 2


def test_the_same_cancer_on_another_day_is_another_diagnosis_oldest_first(on_both: Importer) -> None:
    on_both.store(patient(), condition("c1", onsetDateTime="2022-05-05"))
    on_both.store(patient(), condition("c2", onsetDateTime="2019-08-20"))

    found = [(row.position, row.diagnosed_on) for row in on_both.rows(Diagnosis)]
    assert found == [(0, date(2019, 8, 20)), (1, date(2022, 5, 5))]


def test_diagnoses_somebody_has_worked_on_keep_their_order(importer: Importer) -> None:
    importer.store(patient(), condition("c1", onsetDateTime="2022-05-05"))
    importer.change(sa.update(Diagnosis).values(end_of_therapy_on=date(2023, 5, 5)))

    importer.store(patient(), condition("c2", onsetDateTime="2019-08-20"))

    found = [(row.position, row.diagnosed_on) for row in importer.rows(Diagnosis)]
    assert found == [(0, date(2022, 5, 5)), (1, date(2019, 8, 20))]


def test_a_diagnosis_entered_by_a_person_is_not_entered_again(importer: Importer) -> None:
    importer.store(patient())
    with importer.database.transaction() as session:
        survivor = session.scalars(sa.select(Survivor)).one()
        ended = date(2020, 6, 1)
        session.add(Diagnosis(survivor_id=survivor.id, position=0, name="Leiomyosarcoma", end_of_therapy_on=ended))

    importer.store(patient(), condition())

    [diagnosis] = importer.rows(Diagnosis)
    assert (diagnosis.end_of_therapy_on, diagnosis.external_id) == (date(2020, 6, 1), None)


def test_an_end_of_therapy_entered_here_survives_every_later_import(importer: Importer) -> None:
    path = importer.file(patient(), condition())
    importer.summary(path)
    importer.change(sa.update(Diagnosis).values(end_of_therapy_on=date(2020, 6, 1)))

    importer.summary(path)
    importer.store(patient(), condition(), observation())

    [diagnosis] = importer.rows(Diagnosis)
    assert diagnosis.end_of_therapy_on == date(2020, 6, 1)
    assert importer.survivor().has_plan


def test_entries_of_two_people_may_share_their_ids(importer: Importer) -> None:
    ben = {"subject": {"reference": f"urn:uuid:{BEN}"}}
    importer.store(patient(), observation("1"))

    importer.store(patient(BEN), observation("1", **ben))

    assert len(importer.rows(ChartEntry)) == len(importer.rows(Result)) == 2
    assert importer.survivors()[0].mrn != ANA
