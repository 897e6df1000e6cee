"""What a later file changes: names, deaths, values; what a person changed here meanwhile stays."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_survivor
from tests.fhir.builders import (
    BEN,
    HOSPITAL,
    concept,
    identifier,
    observation,
    patient,
)
from tests.fhir.importing import Importer
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import (
    ChartEntry,
    Clinic,
    Contact,
    OutboxMessage,
    Survivor,
    SurvivorIdentifier,
    Visit,
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


def test_a_new_name_is_taken_over_and_found_by_search(on_both: Importer) -> None:
    on_both.store(patient())

    summary = on_both.store(patient(name=named("Peña", "Ana", "Lucía")))

    assert summary["patients"] == {"new": 0, "updated": 1, "unchanged": 0}
    survivor = on_both.survivor()
    assert (survivor.family_name, survivor.given_name) == ("Peña", "Ana Lucía")
    assert (survivor.sort_name, survivor.search_name) == ("pena ana lucia", "pena ana lucia")
    assert survivor.version == 2


@pytest.mark.parametrize(
    ("elements", "column", "value"),
    [
        ({"birthDate": "2007-03-06"}, "birth_date", date(2007, 3, 6)),
        ({"gender": "male"}, "sex_at_birth", "male"),
        ({"communication": [{"language": concept("es")}]}, "language", "es"),
    ],
)
def test_a_detail_that_its_source_changed_is_changed(
    importer: Importer, elements: dict[str, Any], column: str, value: object
) -> None:
    importer.store(patient())

    summary = importer.store(patient(**elements))

    assert summary["patients"]["updated"] == 1
    assert getattr(importer.survivor(), column) == value


@pytest.mark.parametrize(
    "elements", [{"gender": "unknown"}, {"gender": None}, {"communication": None}, {"telecom": None}]
)
def test_what_its_source_no_longer_says_is_not_forgotten(importer: Importer, elements: dict[str, Any]) -> None:
    spanish = [{"language": concept("es")}]
    importer.store(patient(communication=spanish, telecom=[{"system": "phone", "value": "617-555-0142"}]))
    before = importer.tables()

    told: dict[str, Any] = {"communication": spanish, "telecom": [{"system": "phone", "value": "617-555-0142"}]}
    summary = importer.store(patient(**(told | elements)))

    assert summary["patients"]["unchanged"] == 1
    assert importer.tables() == before


def test_a_name_corrected_here_is_not_overwritten_by_the_same_file(importer: Importer) -> None:
    path = importer.file(patient())
    importer.summary(path)
    importer.change(sa.update(Survivor).values(family_name="Rivera Soto", version=2))

    summary = importer.summary(path)

    assert summary["patients"]["unchanged"] == 1
    assert importer.survivor().family_name == "Rivera Soto"


def test_only_what_the_source_says_anew_is_applied_over_a_correction(importer: Importer) -> None:
    importer.store(patient())
    importer.change(sa.update(Survivor).values(family_name="Rivera Soto"))

    importer.store(patient(gender="male"))

    survivor = importer.survivor()
    assert (survivor.family_name, survivor.sex_at_birth) == ("Rivera Soto", "male")


def test_three_changes_one_after_the_other_each_count_once(importer: Importer) -> None:
    families = ["Rivera", "Peña", "Rivera", "Rivera"]

    fates = [importer.store(patient(name=named(family, "Ana")))["patients"] for family in families]

    assert [next(fate for fate, count in each.items() if count) for each in fates] == [
        "new",
        "updated",
        "updated",
        "unchanged",
    ]
    assert importer.survivor().family_name == "Rivera"


def test_a_survivor_enrolled_by_hand_is_found_by_an_identifier(importer: Importer) -> None:
    with importer.database.transaction() as session:
        clinic = session.scalars(sa.select(Clinic)).one()
        survivor = make_survivor(session, clinic, diagnosis=None, mrn="77", birth_date=date(2007, 3, 5))
        number = SurvivorIdentifier(survivor_id=survivor.id, clinic_id=clinic.id, system=HOSPITAL, value="MR-11111111")
        session.add(number)

    summary = importer.store(patient(), observation())

    assert summary["patients"] == {"new": 0, "updated": 1, "unchanged": 0}
    assert importer.survivor().mrn == "77"
    assert len(importer.rows(ChartEntry)) == 1


def test_the_same_name_and_birth_date_alone_never_join_two_people(importer: Importer) -> None:
    with importer.database.transaction() as session:
        make_survivor(session, session.scalars(sa.select(Clinic)).one(), mrn="77", birth_date=date(2007, 3, 5))

    assert importer.store(patient())["patients"]["new"] == 1
    assert len(importer.survivors()) == 2


def test_an_identifier_joins_two_files_whatever_the_resource_is_called(importer: Importer) -> None:
    number = [identifier("MR-1")]

    importer.store(patient(identifier=number))
    summary = importer.store(patient(BEN, identifier=number, name=named("Peña", "Ana")))

    assert summary["patients"]["updated"] == 1
    assert importer.survivor().family_name == "Peña"


def test_identifiers_of_two_people_on_one_patient_refuse_the_file(importer: Importer) -> None:
    importer.store(patient(identifier=[identifier("MR-1")]))
    importer.store(patient(BEN, identifier=[identifier("MR-2")]))
    both = patient("c" * 10, identifier=[identifier("MR-1"), identifier("MR-2")])

    said = importer.refusal(importer.file(both))

    assert said == "entry 1 (Patient/cccccccccc): its identifiers belong to 2 different survivors here"


def test_a_short_id_from_two_hospitals_is_two_people_told_apart_by_their_numbers(on_both: Importer) -> None:
    on_both.store(patient("1", identifier=[identifier("MR-1")]))

    summary = on_both.store(patient("1", identifier=[identifier("MR-2")]))

    assert summary["patients"]["new"] == 1
    assert sorted(each.mrn for each in on_both.survivors()) == ["MR-1", "MR-2"]
    again = on_both.store(patient("1", identifier=[identifier("MR-2")]))
    assert again["patients"] == {"new": 0, "updated": 0, "unchanged": 1}


def test_a_short_id_with_another_name_and_birth_date_and_no_number_is_refused(importer: Importer) -> None:
    importer.store(patient("1", identifier=None))
    stranger = patient("1", identifier=None, name=named("Baker", "Bo"), birthDate="2001-01-01")

    said = importer.refusal(importer.file(stranger))

    assert "another survivor here has this id" in said
    assert "Baker" not in said


@pytest.mark.parametrize("elements", [{"name": named("Baker", "Ana")}, {"birthDate": "2007-03-06"}, {}])
def test_a_short_id_with_the_name_or_birth_date_it_had_is_the_same_person(
    importer: Importer, elements: dict[str, Any]
) -> None:
    importer.store(patient("1", identifier=None))

    summary = importer.store(patient("1", identifier=None, **elements))

    assert summary["patients"]["new"] == 0
    assert len(importer.survivors()) == 1


def test_a_world_wide_id_is_the_same_person_even_when_all_else_changed(importer: Importer) -> None:
    importer.store(patient(identifier=None))

    importer.store(patient(identifier=None, name=named("Baker", "Bo"), birthDate="2001-01-01"))

    assert importer.survivor().family_name == "Baker"


def test_a_new_number_is_remembered_and_an_old_one_not_forgotten(importer: Importer) -> None:
    importer.store(patient(identifier=[identifier("MR-1")]))

    summary = importer.store(patient(identifier=[identifier("N-9", system="https://nation.example", kind="")]))

    assert summary["patients"]["updated"] == 1
    assert {"MR-1", "N-9"} <= {row[4] for row in importer.tables()["survivor_identifiers"]} | {
        row[3] for row in importer.tables()["survivor_identifiers"]
    }


def test_a_new_telephone_number_takes_the_place_of_the_old(importer: Importer) -> None:
    for number in ("617-555-0142", "617-555-0143"):
        importer.store(patient(telecom=[{"system": "phone", "value": number}]))

    with Session(importer.database.engine) as session:
        contact = session.scalars(sa.select(Contact)).one()
        assert contact.phone == "617-555-0143"


def test_a_number_written_another_way_changes_nothing(importer: Importer) -> None:
    importer.store(patient(telecom=[{"system": "phone", "value": "617-555-0142"}]))
    before = importer.tables()

    importer.store(patient(telecom=[{"system": "phone", "value": "(617) 555 0142"}]))

    assert importer.tables() == before


def test_a_death_told_later_stops_the_plan_calls_off_visits_and_withdraws_messages(on_both: Importer) -> None:
    on_both.store(patient())
    with on_both.database.transaction() as session:
        survivor = session.scalars(sa.select(Survivor)).one()
        at = on_both.clock.now()
        words = {"survivor_id": survivor.id, "clinic_id": survivor.clinic_id, "created_at": at}
        session.add(Visit(planned_on=TODAY + timedelta(days=7), slot=1, **words))
        contact = Contact(survivor_id=survivor.id, kind="mother", created_at=at)
        session.add(contact)
        session.flush()
        message = {"survivor_id": survivor.id, "contact_id": contact.id, "template": "due", "channel": "email"}
        session.add(OutboxMessage(dedupe_key="one", created_at=at, not_before=at, **message))

    summary = on_both.store(patient(deceasedDateTime="2026-11-20"))

    assert summary["patients"]["updated"] == 1
    assert on_both.survivor().deceased_on == date(2026, 11, 20)
    with Session(on_both.database.engine) as session:
        assert session.scalars(sa.select(Visit.status)).one() == "cancelled"
        assert session.scalars(sa.select(OutboxMessage.withdrawn_at)).one() is not None


def test_a_death_without_a_date_gets_its_date_when_it_is_told(importer: Importer) -> None:
    importer.store(patient(deceasedBoolean=True))

    importer.store(patient(deceasedDateTime="2026-11-01"))

    assert importer.survivor().deceased_on == date(2026, 11, 1)


def test_a_death_with_a_date_keeps_it_when_only_yes_is_told(importer: Importer) -> None:
    importer.store(patient(deceasedDateTime="2026-11-01"))

    importer.store(patient(deceasedBoolean=True))

    assert importer.survivor().deceased_on == date(2026, 11, 1)


def test_a_death_told_by_mistake_is_taken_back_by_its_source(importer: Importer) -> None:
    importer.store(patient(deceasedDateTime="2026-11-01"))

    importer.store(patient())

    survivor = importer.survivor()
    assert survivor.deceased_on is None
    assert survivor.standing_reason == "Imported as living, the death taken back"


def test_a_death_recorded_here_is_not_undone_by_a_file_that_does_not_know_it(importer: Importer) -> None:
    path = importer.file(patient())
    importer.summary(path)
    importer.change(sa.update(Survivor).values(deceased_on=date(2026, 10, 1), standing_reason="Told by the family"))

    importer.summary(path)

    assert importer.survivor().deceased_on == date(2026, 10, 1)


def test_a_birth_date_after_the_death_on_record_refuses_the_file(importer: Importer) -> None:
    importer.store(patient(deceasedDateTime="2020-11-01"))

    said = importer.refusal(importer.file(patient(birthDate="2021-01-01", deceasedBoolean=True)))

    assert "the birth date is after the death on record" in said
