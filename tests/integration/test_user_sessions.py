"""Sessions in their table, on both databases: found by token, over in time, ended for good."""

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_clinic, make_family, make_staff, make_survivor
from tracker.clock import FixedClock
from tracker.models import Role, UserSession
from tracker.services import user_sessions

MINUTE = timedelta(minutes=1)


def begin(session: Session, clock: FixedClock, user_id: UUID | None = None, token: str = "token") -> UserSession:
    user_sessions.begin(session, token, {"_user_id": str(user_id)}, user_id, clock=clock)
    session.flush()
    found = user_sessions.find(session, token)
    assert found is not None
    return found


def test_a_session_is_found_by_its_own_token_only(session: Session, clock: FixedClock) -> None:
    row = begin(session, clock)
    assert row.token_hash != "token"
    assert len(row.token_hash) == 64
    assert user_sessions.find(session, "Token") is None
    assert user_sessions.find(session, row.token_hash) is None, "the hash itself opens nothing"


@pytest.mark.parametrize("who", ["staff", "family", "visitor"])
def test_it_is_over_after_its_idle_time(session: Session, clock: FixedClock, who: str) -> None:
    clinic = make_clinic(session)
    user_id = None
    if who == "staff":
        user_id = make_staff(session, clinic, Role.ADMINISTRATOR).id
    elif who == "family":
        user_id = make_family(session, make_survivor(session, clinic)).id
    row = begin(session, clock, user_id)
    idle = 15 if who == "staff" else 60
    clock.advance(idle * MINUTE - timedelta(seconds=1))
    assert not user_sessions.is_over(session, row, clock=clock)
    clock.advance(timedelta(seconds=1))
    assert user_sessions.is_over(session, row, clock=clock)


def test_twelve_hours_are_the_end_however_busy(session: Session, clock: FixedClock) -> None:
    row = begin(session, clock)
    for _ in range(71):
        clock.advance(10 * MINUTE)
        user_sessions.update(session, "token", {"seen": True}, clock=clock)
        assert not user_sessions.is_over(session, row, clock=clock)
    clock.advance(10 * MINUTE)
    assert user_sessions.is_over(session, row, clock=clock)


def test_a_use_stores_what_changed_and_when(session: Session, clock: FixedClock) -> None:
    row = begin(session, clock)
    clock.advance(5 * MINUTE)
    user_sessions.update(session, "token", {"next": "/worklist"}, clock=clock)
    session.flush()
    session.expire(row)
    assert (row.contents, row.last_seen_at) == ({"next": "/worklist"}, clock.now())


def test_an_ended_session_holds_nothing_and_is_not_revived(session: Session, clock: FixedClock) -> None:
    begin(session, clock)
    user_sessions.end(session, "token", clock=clock)
    user_sessions.update(session, "token", {"next": "/worklist"}, clock=clock)
    session.flush()
    session.expire_all()
    row = session.scalars(sa.select(UserSession)).one()
    assert user_sessions.find(session, "token") is None
    assert (row.contents, row.revoked_at) == ({}, clock.now())


def test_ending_all_of_one_person_leaves_everybody_else(session: Session, clock: FixedClock) -> None:
    clinic = make_clinic(session)
    one, other = make_staff(session, clinic).id, make_staff(session, clinic).id
    for token, user_id in (("a", one), ("b", one), ("c", other), ("d", None)):
        begin(session, clock, user_id, token)
    user_sessions.end_all(session, one, clock=clock)
    session.expire_all()
    assert [user_sessions.find(session, token) is not None for token in "abcd"] == [False, False, True, True]


def test_the_first_end_is_the_one_remembered(session: Session, clock: FixedClock) -> None:
    begin(session, clock)
    first = clock.now()
    user_sessions.end(session, "token", clock=clock)
    clock.advance(MINUTE)
    user_sessions.end(session, "token", clock=clock)
    assert session.scalars(sa.select(UserSession.revoked_at)).one() == first
