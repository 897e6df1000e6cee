"""The trail: who did what, before and after; nothing secret in it; nothing ever taken back."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_contact, make_result, make_survivor, make_user
from tracker.db import Database
from tracker.models import AccessEvent, AuditEvent, Role, UserSession
from tracker.policy import Actor
from tracker.services import audit

AT = datetime(2026, 11, 23, 15, 42, tzinfo=UTC)
JOB = Actor.system("cross_boundaries")


@dataclass(frozen=True)
class Entered:
    """Stands for what a form hands to a service."""

    on: date
    dose: Decimal
    role: Role
    parts: tuple[str, ...] = ()


def events(session: Session) -> list[AuditEvent]:
    session.flush()
    return list(session.scalars(sa.select(AuditEvent)))


def test_a_change_is_told_with_who_when_what_before_after_and_why(session: Session) -> None:
    clinic = make_clinic(session)
    actor, survivor = make_actor(session, clinic), make_survivor(session, clinic)
    result = make_result(session, survivor, "echocardiogram", date(2026, 3, 1))
    before = audit.snapshot(result)
    result.outcome = "abnormal"
    audit.record(session, actor, "result.corrected", subject=result, at=AT, before=before, after=result, reason="Typo")
    [row] = events(session)
    assert (row.at, row.actor, row.actor_id, row.action, row.reason) == (
        AT,
        actor.name,
        actor.user_id,
        "result.corrected",
        "Typo",
    )
    assert (row.subject_type, row.subject_id, row.survivor_id) == ("Result", result.id, survivor.id)
    assert row.before is not None
    assert row.after is not None
    assert (row.before["outcome"], row.after["outcome"]) == (None, "abnormal")
    assert row.after["performed_on"] == "2026-03-01"


def test_a_survivors_and_a_clinics_own_rows_are_found_under_them(session: Session) -> None:
    clinic = make_clinic(session)
    survivor = make_survivor(session, clinic)
    audit.record(session, JOB, "survivor.edited", subject=survivor, at=AT)
    audit.record(session, JOB, "clinic.edited", subject=clinic, at=AT)
    found = {row.action: (row.survivor_id, row.clinic_id) for row in events(session)}
    assert found == {"survivor.edited": (survivor.id, clinic.id), "clinic.edited": (None, clinic.id)}


def test_a_row_not_yet_stored_gets_its_id_first(session: Session) -> None:
    survivor = make_survivor(session)
    contact = make_contact(session, survivor)
    fresh = type(contact)(survivor_id=survivor.id, kind="self", created_at=AT)
    session.add(fresh)
    event = audit.record(session, JOB, "contact.added", subject=fresh, at=AT)
    assert event.subject_id == fresh.id is not None


def test_what_the_table_keeps_encrypted_the_trail_does_not_hold_in_the_clear(database: Database) -> None:
    with database.transaction() as session:
        contact = make_contact(session, make_survivor(session), phone="617-555-0199", email="maria@family.example")
        before = audit.snapshot(contact)
        contact.phone = "617-555-0188"
        audit.record(session, JOB, "contact.edited", subject=contact, at=AT, before=before, after=contact)
    with database.engine.connect() as connection:
        stored = " ".join(map(str, connection.execute(sa.text("SELECT * FROM audit_events")).all()))
    for secret in ("555-0199", "555-0188", "maria@family.example"):
        assert secret not in stored


def test_that_a_hidden_value_changed_can_still_be_seen(session: Session) -> None:
    contact = make_contact(session, make_survivor(session), phone="617-555-0199", email=None)
    first = audit.snapshot(contact)
    contact.phone = "617-555-0188"
    second = audit.snapshot(contact)
    contact.phone = "617-555-0199"
    assert first is not None
    assert second is not None
    assert first["phone"] != second["phone"]
    assert first == audit.snapshot(contact)
    assert first["email"] is None


def test_no_hash_of_a_password_or_a_session_reaches_the_trail(session: Session) -> None:
    user = make_user(session)
    kept = audit.snapshot(user)
    assert kept is not None
    assert user.password_hash not in json.dumps(kept)
    row = UserSession(id=uuid4(), token_hash="a" * 64, user_id=user.id, contents={}, created_at=AT, last_seen_at=AT)
    assert "a" * 64 not in json.dumps(audit.snapshot(row))


def test_everything_recorded_is_plain_json() -> None:
    entered = Entered(date(2026, 2, 28), Decimal("37.50"), Role.CLINICIAN, ("a", "b"))
    assert audit.snapshot(entered) == {"on": "2026-02-28", "dose": "37.50", "role": "clinician", "parts": ["a", "b"]}
    nested = {"at": AT, "ids": {uuid4()}, "inner": {"of": Decimal("1")}, "none": None, "yes": True}
    assert json.dumps(audit.snapshot(nested))
    assert audit.snapshot(None) is None


def test_something_that_is_no_record_is_refused() -> None:
    with pytest.raises(TypeError, match="Cannot record str"):
        audit.snapshot("a sentence")


def test_a_job_is_named_and_has_no_user(session: Session) -> None:
    audit.record(session, JOB, "survivor.refreshed", subject=make_survivor(session), at=AT)
    [row] = events(session)
    assert (row.actor, row.actor_id) == ("cross_boundaries", None)


def test_nothing_is_written_without_naming_who(session: Session) -> None:
    audit.record(session, Actor(name=""), "survivor.edited", subject=make_survivor(session), at=AT)
    with pytest.raises(IntegrityError, match="actor_named"):
        session.flush()


def test_nobody_looks_without_being_named(session: Session) -> None:
    audit.record_access(session, Actor(name=""), [make_survivor(session).id], purpose="survivor page", at=AT)
    with pytest.raises(IntegrityError, match="actor_named"):
        session.flush()


def test_looking_leaves_a_row_for_each_survivor_shown(session: Session) -> None:
    clinic = make_clinic(session)
    user = make_user(session, name="Sam Okafor")
    shown = [make_survivor(session, clinic).id for _ in range(3)]
    audit.record_access(session, Actor("Sam Okafor", user.id, address="10.0.0.7"), shown, purpose="worklist", at=AT)
    session.flush()
    rows = list(session.scalars(sa.select(AccessEvent)))
    assert {row.survivor_id for row in rows} == set(shown)
    assert {(row.actor, row.actor_id, row.purpose, row.address, row.at) for row in rows} == {
        ("Sam Okafor", user.id, "worklist", "10.0.0.7", AT)
    }


def test_the_row_and_the_change_stand_or_fall_together(database: Database) -> None:
    def change_and_fail() -> None:
        with database.transaction() as session:
            survivor = make_survivor(session)
            audit.record(session, JOB, "survivor.enrolled", subject=survivor, at=AT)
            session.flush()
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        change_and_fail()
    with database.reading() as session:
        assert events(session) == []


@pytest.mark.parametrize("table", ["audit_events", "access_events"])
@pytest.mark.parametrize("change", ["UPDATE {table} SET actor = 'somebody else'", "DELETE FROM {table}"])
def test_no_row_can_be_changed_or_taken_away(database: Database, table: str, change: str) -> None:
    with database.transaction() as session:
        survivor = make_survivor(session)
        audit.record(session, JOB, "survivor.enrolled", subject=survivor, at=AT)
        audit.record_access(session, JOB, [survivor.id], purpose="survivor page", at=AT)
    with pytest.raises(DatabaseError, match="insert-only"), database.transaction() as session:
        session.execute(sa.text(change.format(table=table)))
    with database.reading() as session:
        assert session.execute(sa.text(f"SELECT actor FROM {table}")).scalars().all() == ["cross_boundaries"]
