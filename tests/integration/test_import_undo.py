"""A whole import is taken back: every row as it was before, until something else builds on it."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from tests.fhir.builders import ANA, concept, condition, observation, patient, procedure
from tests.fhir.importing import Importer
from tests.fhir.people_builders import CVX
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.errors import Conflict, Invalid
from tracker.models import ChangeSet, ChangeState, Clinic, Contact, Diagnosis, Result, Survivor
from tracker.policy import Actor
from tracker.services import change_sets, contacts, results
from tracker.services.contacts import ContactInput
from tracker.services.results import ResultInput

DANA = Actor.system("Dana Ruiz")
# What a trail is, and what follows from the rest: neither is put back.
NOT_PUT_BACK = {
    *("audit_events", "access_events", "summary_editions", "change_sets", "changed_rows"),
    *("due_items", "status_events", "plan_gaps", "duplicate_pairs"),
}


@pytest.fixture
def importer(database: Database, clock: FixedClock, tmp_path: Path) -> Importer:
    folder = tmp_path / "files"
    folder.mkdir()
    return Importer(database, clock, folder)


def chart(*more: dict[str, Any]) -> list[dict[str, Any]]:
    telecom = [{"system": "phone", "value": "617-555-0142"}]
    return [patient(telecom=telecom), condition(), observation(), procedure(), shot(), *more]


def shot(**given: Any) -> dict[str, Any]:
    return {
        "resourceType": "Immunization",
        "id": "shot-1",
        "status": "completed",
        "vaccineCode": concept("140", "Influenza", system=CVX),
        "patient": {"reference": f"urn:uuid:{ANA}"},
        "occurrenceDateTime": "2023-10-02",
    } | given


def newest(importer: Importer) -> tuple[UUID, UUID]:
    """The clinic, and its newest import."""
    with importer.database.reading() as session:
        clinic_id = session.scalars(sa.select(Clinic.id)).one()
        sets = sa.select(ChangeSet).order_by(ChangeSet.applied_at.desc(), ChangeSet.title.desc())
        return clinic_id, next(iter(session.scalars(sets))).id


def undo(importer: Importer, *, reason: str = "The wrong file", which: UUID | None = None) -> change_sets.Undone:
    clinic_id, change_set_id = newest(importer)
    with importer.database.transaction() as session:
        return change_sets.undo(
            session, clinic_id, which or change_set_id, reason=reason, actor=DANA, clock=importer.clock
        )


def record(importer: Importer) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that is put back, the count of changes and the plan's own columns of a survivor aside."""
    tables = {name: rows for name, rows in importer.tables().items() if name not in NOT_PUT_BACK}
    with importer.database.reading() as session:
        people = session.scalars(sa.select(Survivor).where(Survivor.withdrawn_at.is_(None)))
        named = [(each.mrn, each.family_name, each.birth_date, each.standing, each.sex_at_birth) for each in people]
    return tables | {"survivors": sorted(named)}


def test_people_whom_an_import_enrolled_are_withdrawn_and_nothing_of_them_is_left(importer: Importer) -> None:
    before = record(importer)
    importer.store(*chart())

    undone = undo(importer)

    assert record(importer) == before
    assert len(undone.withdrawn_ids) == 1
    [ana] = importer.survivors()
    assert ana.withdrawn_at == importer.clock.now()
    assert ana.mrn.startswith("withdrawn-")


def test_a_changed_record_is_as_it_was_before(importer: Importer) -> None:
    importer.store(*chart())
    before = record(importer)
    importer.clock.advance(timedelta(hours=1))
    importer.store(
        patient(
            name=[{"family": "Rivera-Soto", "given": ["Ana"]}], telecom=[{"system": "phone", "value": "2025550100"}]
        ),
        condition("con-2", code=concept(text="Osteosarcoma"), onsetDateTime="2015-01-01"),
        observation(effectiveDateTime="2024-06-01"),
        observation("obs-2"),
        shot(occurrenceDateTime="2023-10-09"),
        procedure(status="entered-in-error"),
    )
    assert record(importer) != before

    undo(importer)

    assert record(importer) == before


def test_the_trail_says_who_took_it_back_and_why(importer: Importer) -> None:
    importer.store(*chart())
    undo(importer, reason="Meant for the other clinic")

    with importer.database.reading() as session:
        [found] = session.scalars(sa.select(ChangeSet))
        assert (found.state, found.undone_by, found.reason) == ("undone", "Dana Ruiz", "Meant for the other clinic")
    told = [row for row in importer.tables()["audit_events"] if "import.undone" in row]
    assert len(told) == 2  # the import's own, and Ana's


def test_the_same_file_can_come_in_again(importer: Importer) -> None:
    path = importer.file(*chart())
    importer.summary(path)
    undo(importer)

    assert importer.summary(path)["patients"]["new"] == 1
    [ana] = [each for each in importer.survivors() if each.withdrawn_at is None]
    assert ana.mrn == "MR-11111111"


def test_an_import_that_changed_nothing_leaves_nothing_to_take_back(importer: Importer) -> None:
    path = importer.file(*chart())
    importer.summary(path)
    before = importer.tables()

    importer.summary(path)

    assert importer.tables() == before


def test_an_import_is_taken_back_once(importer: Importer) -> None:
    importer.store(*chart())
    undo(importer)

    with pytest.raises(Conflict, match="not in force"):
        undo(importer)


def test_a_reason_must_be_given(importer: Importer) -> None:
    importer.store(*chart())

    with pytest.raises(Invalid, match="Enter the reason"):
        undo(importer, reason=" ")


def build(importer: Importer, how: str) -> None:
    """Something that a person does on top of an import."""
    with importer.database.transaction() as session:
        survivor = session.scalars(sa.select(Survivor)).one()
        words: dict[str, Any] = {"actor": DANA, "clock": importer.clock}
        if how == "result":
            entered = ResultInput(test_code="echocardiogram", performed_on=date(2026, 1, 5))
            results.record_result(session, survivor.id, entered, **words)
        elif how == "contact":
            phone = ContactInput(kind="mother", name="Rosa", phone="617-555-0199")
            contacts.add_contact(session, survivor.id, phone, **words)
        elif how == "diagnosis":
            session.execute(sa.update(Diagnosis).values(end_of_therapy_on=date(2020, 1, 1)))
        elif how == "correction":
            result = session.scalars(sa.select(Result).where(Result.test_code == "colonoscopy")).one()
            corrected = ResultInput(test_code="colonoscopy", performed_on=date(2023, 2, 2))
            results.correct_result(session, survivor.id, result.id, corrected, reason="Wrong day", **words)
        elif how == "telephone":
            contact = session.scalars(sa.select(Contact)).one()
            phone = ContactInput(kind="self", name="", phone="617-555-0198")
            contacts.edit_contact(session, survivor.id, contact.id, phone, **words)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("result", "The results of Ana Rivera changed since."),
        ("contact", "The contacts of Ana Rivera changed since."),
        ("diagnosis", "The diagnoses of Ana Rivera changed since."),
        ("correction", "The results of Ana Rivera changed since."),
        ("telephone", "The contacts of Ana Rivera changed since."),
    ],
)
def test_what_a_person_has_done_since_keeps_an_import_and_is_named(importer: Importer, how: str, said: str) -> None:
    importer.store(*chart())
    build(importer, how)
    before = importer.tables()

    with pytest.raises(Conflict) as caught:
        undo(importer)

    assert said in str(caught.value)
    assert importer.tables() == before


def test_a_later_import_of_the_same_rows_is_taken_back_first(importer: Importer) -> None:
    importer.store(*chart(), name="first.json")
    _, first = newest(importer)
    importer.clock.advance(timedelta(hours=1))
    importer.store(patient(), observation(effectiveDateTime="2024-06-01"), name="second.json")

    with pytest.raises(Conflict, match=r"second\.json.* changed the same records later"):
        undo(importer, which=first)
    undo(importer)
    undo(importer, which=first)

    assert record(importer)["survivors"] == []


def test_another_clinic_s_import_is_not_there(importer: Importer) -> None:
    importer.store(*chart())
    _, change_set_id = newest(importer)
    with importer.database.transaction() as session:
        other = Clinic(name="Far Clinic", tz="America/Chicago", created_at=importer.clock.now())
        session.add(other)
        session.flush()
        with pytest.raises(Exception, match="no such import"):
            change_sets.undo(session, other.id, change_set_id, reason="x", actor=DANA, clock=importer.clock)


def sets(importer: Importer) -> Iterator[ChangeSet]:
    with importer.database.reading() as session:
        yield from session.scalars(sa.select(ChangeSet))


def test_a_file_that_is_refused_leaves_no_set(importer: Importer) -> None:
    importer.refusal(importer.file(patient(), observation(subject={"reference": "urn:uuid:nobody"})))

    assert list(sets(importer)) == []


def test_an_import_keeps_what_it_did(importer: Importer) -> None:
    importer.store(*chart(), name="a.json")

    [found] = sets(importer)
    assert (found.state, Path(found.title).name) == (ChangeState.APPLIED, "a.json")
    assert found.report["patients"] == {"new": 1, "updated": 0, "unchanged": 0}
    assert len(found.digest) == 64
