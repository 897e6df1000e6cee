"""One change at a time: a record that somebody else changed is not overwritten unseen."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_survivor
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.errors import Conflict
from tracker.models import Survivor
from tracker.services import audit
from tracker.services.editing import begin_edit, conflict_message


def test_an_edit_of_what_was_seen_counts_one_up(session: Session) -> None:
    survivor = make_survivor(session)
    begin_edit(session, survivor, seen=1)
    begin_edit(session, survivor, seen=2)
    session.flush()
    assert session.scalar(sa.select(Survivor.version).where(Survivor.id == survivor.id)) == 3


@pytest.mark.parametrize("seen", [0, 2])
def test_an_edit_of_another_version_is_a_conflict_and_counts_nothing(session: Session, seen: int) -> None:
    survivor = make_survivor(session)
    with pytest.raises(Conflict, match="Somebody changed this record"):
        begin_edit(session, survivor, seen=seen)
    assert survivor.version == 1


def test_the_conflict_names_who_changed_the_record_last_in_the_clinics_own_time(
    session: Session, clock: FixedClock
) -> None:
    survivor = make_survivor(session)
    for name in ("Dana Ruiz", "Lee Park"):
        actor = make_actor(session, survivor.clinic, name=name)
        clock.advance(timedelta(hours=1))
        audit.record(session, actor, "survivor.edited", subject=survivor, survivor_id=survivor.id, at=clock.now())
    session.flush()
    # 14:00 UTC in November is 9 in the morning in New York.
    assert conflict_message(session, survivor).startswith(
        "Lee Park changed this record on Nov 23, 2026, at 9:00 AM. Your entry is kept below"
    )


def test_the_conflict_over_one_row_names_who_changed_that_row(session: Session, clock: FixedClock) -> None:
    survivor = make_survivor(session)
    first, second = (make_actor(session, survivor.clinic, name=name) for name in ("Dana Ruiz", "Lee Park"))
    event = audit.record(
        session, first, "result.recorded", subject=survivor.clinic, survivor_id=survivor.id, at=clock.now()
    )
    clock.advance(timedelta(hours=1))
    audit.record(session, second, "survivor.edited", subject=survivor, survivor_id=survivor.id, at=clock.now())
    session.flush()
    assert "Dana Ruiz" in conflict_message(session, survivor, subject_id=event.subject_id)


def test_another_survivors_changes_are_never_named(session: Session, clock: FixedClock) -> None:
    survivor = make_survivor(session)
    other = make_survivor(session, survivor.clinic)
    actor = make_actor(session, survivor.clinic)
    audit.record(session, actor, "survivor.edited", subject=other, survivor_id=other.id, at=clock.now())
    session.flush()
    assert conflict_message(session, survivor).startswith("Somebody changed this record.")


def test_what_was_changed_before_the_edit_began_is_kept(session: Session) -> None:
    survivor = make_survivor(session)
    survivor.deceased_on = date(2026, 5, 1)
    begin_edit(session, survivor)
    assert survivor.deceased_on == date(2026, 5, 1)


def test_the_second_of_two_edits_reads_what_the_first_wrote(database: Database) -> None:
    with database.transaction() as session:
        survivor = make_survivor(session)
    with database.transaction() as first:
        begin_edit(first, first.get_one(Survivor, survivor.id))
    with database.transaction() as second, pytest.raises(Conflict):
        begin_edit(second, second.get_one(Survivor, survivor.id), seen=1)
