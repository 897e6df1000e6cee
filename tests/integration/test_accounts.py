"""Accounts: checked at the door, slowed down, made, given roles, switched off."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import PASSWORD, make_user
from tests.hashing import light_hashing
from tracker.clock import FixedClock
from tracker.models import AuditEvent, Role, SignInFailure, User
from tracker.services import accounts
from tracker.services.accounts import NewUser, TooManyAttempts

__all__ = ["light_hashing"]
pytestmark = pytest.mark.usefixtures("light_hashing")
SOMEBODY = NewUser("New.Nurse@Clinic.example ", "  Noor  Haddad ", PASSWORD, (Role.COORDINATOR,))
MINUTE = timedelta(minutes=1)


def enter(
    session: Session, clock: FixedClock, user: User | str, password: str, address: str = "10.0.0.1"
) -> User | None:
    email = user if isinstance(user, str) else user.email
    return accounts.sign_in(session, email, password, address=address, clock=clock)


def trail(session: Session, action: str) -> list[AuditEvent]:
    session.flush()
    return list(session.scalars(sa.select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.at)))


# At the door


def test_the_right_password_opens_and_is_written_down(session: Session, clock: FixedClock) -> None:
    user = make_user(session, email="dana@clinic.example")
    assert enter(session, clock, "  Dana@Clinic.Example ", PASSWORD) is user
    assert user.last_signed_in_at == clock.now()
    [row] = trail(session, "user.signed_in")
    assert (row.actor, row.actor_id, row.subject_id) == ("Dana Ruiz", user.id, user.id)
    assert row.after == {"address": "10.0.0.1"}


def test_a_hash_made_with_less_work_is_renewed_at_the_door(
    session: Session, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    user = make_user(session)
    cheap = user.password_hash
    assert enter(session, clock, user, PASSWORD) is user
    assert user.password_hash != cheap
    assert enter(session, clock, user, PASSWORD) is user


def test_unknown_wrong_and_switched_off_get_the_same_answer_and_all_are_counted(
    session: Session, clock: FixedClock
) -> None:
    known, gone = make_user(session), make_user(session, active=False)
    for email, password in ((known.email, "wrong"), ("nobody@clinic.example", PASSWORD), (gone.email, PASSWORD)):
        assert enter(session, clock, email, password) is None
    session.flush()
    assert session.scalar(sa.select(sa.func.count()).select_from(SignInFailure)) == 6
    assert trail(session, "user.signed_in") == []


def test_what_is_counted_names_neither_account_nor_address(session: Session, clock: FixedClock) -> None:
    enter(session, clock, "dana@clinic.example", "wrong", address="192.0.2.77")
    session.flush()
    stored = " ".join(session.scalars(sa.select(SignInFailure.key)))
    assert "dana" not in stored
    assert "192.0.2" not in stored


def fail_ten_times(session: Session, clock: FixedClock, email: str, address: str = "10.0.0.1") -> None:
    for _ in range(10):
        assert enter(session, clock, email, "wrong", address) is None
        session.flush()


def test_ten_failures_close_the_account_for_fifteen_minutes_and_it_opens_by_itself(
    session: Session, clock: FixedClock
) -> None:
    user = make_user(session)
    fail_ten_times(session, clock, user.email)
    for address in ("10.0.0.1", "10.0.0.2"):
        with pytest.raises(TooManyAttempts, match="15 minutes"):
            enter(session, clock, user, PASSWORD, address)
    clock.advance(15 * MINUTE - timedelta(seconds=1))
    with pytest.raises(TooManyAttempts):
        enter(session, clock, user, PASSWORD, "10.0.0.2")
    clock.advance(timedelta(seconds=1))
    assert enter(session, clock, user, PASSWORD, "10.0.0.2") is user


def test_knocking_while_it_is_closed_does_not_keep_it_closed(session: Session, clock: FixedClock) -> None:
    user = make_user(session)
    fail_ten_times(session, clock, user.email)
    for _ in range(14):
        clock.advance(MINUTE)
        with pytest.raises(TooManyAttempts):
            enter(session, clock, user, "wrong")
    clock.advance(MINUTE)
    assert enter(session, clock, user, PASSWORD) is user


def test_ten_failures_from_one_address_close_it_for_every_account_and_no_other_address(
    session: Session, clock: FixedClock
) -> None:
    user = make_user(session)
    for number in range(10):
        enter(session, clock, f"guess{number}@clinic.example", "wrong", "198.51.100.9")
        session.flush()
    with pytest.raises(TooManyAttempts):
        enter(session, clock, user, PASSWORD, "198.51.100.9")
    assert enter(session, clock, user, PASSWORD, "198.51.100.10") is user


def test_nine_failures_then_the_right_password_begin_the_count_anew(session: Session, clock: FixedClock) -> None:
    user = make_user(session)
    for round_ in range(2):
        for number in range(9):
            enter(session, clock, user, "wrong", f"10.0.{round_}.{number}")
            session.flush()
        assert enter(session, clock, user, PASSWORD) is user


def test_an_unknown_account_is_closed_just_as_a_known_one(session: Session, clock: FixedClock) -> None:
    fail_ten_times(session, clock, "nobody@clinic.example")
    with pytest.raises(TooManyAttempts):
        enter(session, clock, "nobody@clinic.example", PASSWORD, "10.0.0.2")


# Making accounts
