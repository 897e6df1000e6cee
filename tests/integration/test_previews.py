"""A file in two steps, on both databases: a preview leaves the registry alone, and what is confirmed is what was seen."""

import json
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_clinic, make_staff
from tests.fhir import builders
from tests.fhir.builders import BEN, patient
from tests.web.worlds import contents
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.errors import Conflict, Forbidden, ImportRefused
from tracker.intake import previews, runs
from tracker.intake.runs import Options
from tracker.models import ChangedRow, ChangeSet, Clinic, Role, Survivor, Upload
from tracker.policy import Actor, Scope
from tracker.services import change_sets
from tracker.services.import_report import Report, read_report

ANA_ALONE = json.dumps(builders.bundle(patient())).encode()
BOTH = json.dumps(builders.bundle(patient(), patient(id=BEN, birthDate="2010-02-14"))).encode()
NOT_THE_RECORD = frozenset({"change_sets", "uploads", "audit_events"})


class Desk:
    """A clinic, and its coordinator; each act in a transaction of its own."""

    def __init__(self, database: Database, clock: FixedClock) -> None:
        self.database, self.clock = database, clock
        with database.transaction() as session:
            clinic = make_clinic(session)
            user = make_staff(session, clinic, Role.COORDINATOR)
            self.clinic_id = clinic.id
        self.actor = Actor(name=user.name, user_id=user.id, scopes=(Scope(Role.COORDINATOR, clinic_id=self.clinic_id),))

    def preview(self, content: bytes, name: str = "people.json", **options: Any) -> ChangeSet:
        with self.database.transaction() as session:
            return previews.preview(
                session, self.clinic_id, name, content, Options(**options), actor=self.actor, clock=self.clock
            )

    def confirm(self, change_set: ChangeSet) -> ChangeSet:
        with self.database.transaction() as session:
            return previews.confirm(session, self.clinic_id, change_set.id, actor=self.actor, clock=self.clock)

    def count(self, table: Any) -> int:
        with self.database.reading() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


@pytest.fixture
def desk(database: Database, clock: FixedClock) -> Desk:
    return Desk(database, clock)


def test_a_preview_leaves_every_table_of_the_record_as_it_was(desk: Desk) -> None:
    before = contents(desk.database, NOT_THE_RECORD)
    made = desk.preview(BOTH)
    assert contents(desk.database, NOT_THE_RECORD) == before
    assert read_report(made.report).patients["new"] == 2
    assert (desk.count(ChangeSet), desk.count(Upload), desk.count(ChangedRow)) == (1, 1, 0)


def test_what_is_confirmed_does_what_was_seen_and_is_one_set_of_changes(desk: Desk) -> None:
    made = desk.confirm(desk.preview(BOTH))
    assert (desk.count(Survivor), desk.count(ChangeSet), desk.count(Upload)) == (2, 1, 0)
    assert made.state == "applied" and previews.FORESEEN not in made.options
    with desk.database.transaction() as session:
        undone = change_sets.undo(
            session, desk.clinic_id, made.id, reason="Wrong file", actor=desk.actor, clock=desk.clock
        )
    assert len(undone.withdrawn_ids) == 2


def test_a_file_is_read_at_the_end_as_it_was_at_the_beginning(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def reads(session: Session, clinic_id: Any, name: str, content: bytes, options: Options, **given: Any) -> Any:
        asked.append((name, content, options))
        report = Report(name, "results")
        existing = given.get("existing")
        if existing is None:
            return report
        existing.state, existing.applied_at, existing.report = "applied", desk.clock.now(), report.as_json()
        return existing, report

    monkeypatch.setattr(runs, "look", reads)
    monkeypatch.setattr(runs, "bring_in", reads)
    options: dict[str, Any] = {"kind": "results", "date_format": "day-first", "sheet": "Labs", "skip_bad_rows": False}
    desk.confirm(desk.preview(b"mrn", "a/b/labs.xlsx", **options))
    assert asked == [("labs.xlsx", b"mrn", Options(**options))] * 2


def test_a_registry_that_changed_meanwhile_is_noticed(desk: Desk) -> None:
    made = desk.preview(BOTH)
    desk.confirm(desk.preview(ANA_ALONE))
    late = desk.confirm(made)
    assert read_report(late.report).patients == {"new": 1, "unchanged": 1, "updated": 0}
    foreseen = read_report(late.options[previews.FORESEEN])
    assert foreseen.patients["new"] == 2 and foreseen.lines == []


def test_a_refusal_leaves_nothing_behind_in_either_step(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(desk.database)
    with pytest.raises(ImportRefused):
        desk.preview(ANA_ALONE.replace(b"2007-03-05", b"2007-02-31"))
    assert contents(desk.database) == before
    made = desk.preview(ANA_ALONE)
    before = contents(desk.database)

    def refuses(session: Session, *_: Any, existing: ChangeSet, **__: Any) -> Any:
        session.add(Clinic(name="Half done", tz="America/New_York", created_at=desk.clock.now()))
        session.flush()
        raise ImportRefused("is refused now")

    with monkeypatch.context() as patched, pytest.raises(ImportRefused):
        patched.setattr(runs, "bring_in", refuses)
        desk.confirm(made)
    assert contents(desk.database) == before
    assert desk.confirm(made).state == "applied"


def test_a_second_confirmation_is_a_conflict_and_changes_nothing(desk: Desk) -> None:
    made = desk.preview(ANA_ALONE)
    desk.confirm(made)
    before = contents(desk.database)
    with pytest.raises(Conflict, match="brought in already"):
        desk.confirm(made)
    assert contents(desk.database) == before


def test_whoever_may_not_bring_records_in_sees_no_preview_either(desk: Desk) -> None:
    with desk.database.transaction() as session:
        clinic = session.get_one(Clinic, desk.clinic_id)
        user = make_staff(session, clinic, Role.ADMINISTRATOR)
    coordinator = desk.actor
    made = desk.preview(ANA_ALONE)
    desk.actor = Actor(name=user.name, user_id=user.id, scopes=(Scope(Role.ADMINISTRATOR, clinic_id=desk.clinic_id),))
    before = contents(desk.database)
    with pytest.raises(Forbidden):
        desk.preview(ANA_ALONE)
    with pytest.raises(Forbidden):
        desk.confirm(made)
    assert contents(desk.database) == before
    desk.actor = coordinator
    assert desk.confirm(made).state == "applied"
