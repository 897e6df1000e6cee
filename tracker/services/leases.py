"""One worker at a time: a lease with a fencing number that rises with every holder.

The holder proves in every batch's own transaction that the lease is still its own. One that was frozen past
its time finds that it is not, and its batch is rolled back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from tracker.db import need_not_last
from tracker.errors import TrackerError
from tracker.models import JobLease
from tracker.services.writing import insert_new

TTL = timedelta(minutes=2)
# No lease is taken for longer than TTL. One that seems to run for much longer was taken by a clock that has been
# set back since, and nobody must wait for that time to come again.
TOO_LONG = 2 * TTL
NEVER_HELD = 0


class LeaseLost(TrackerError):
    """Another worker has taken over; what this one was about to write must not be written."""


@dataclass(frozen=True)
class Lease:
    """A lease as its holder knows it."""

    name: str
    holder: str
    fence: int


def acquire(session: Session, name: str, holder: str, *, now: datetime) -> Lease | None:
    """Take the lease if nobody holds it now; None when somebody does.

    The fence rises each time, so that an earlier holder, however late it wakes up, no longer matches. That also
    makes it safe to take a lease whose end lies impossibly far ahead. A transaction that takes a lease need not last:
    it holds a job's own bookkeeping, and nothing else.
    """
    need_not_last(session)
    insert_new(session, JobLease, [{"name": name, "holder": "", "fence": NEVER_HELD, "expires_at": now}])
    taken = _update(
        session,
        sa.update(JobLease)
        .where(JobLease.name == name, sa.or_(JobLease.expires_at <= now, JobLease.expires_at > now + TOO_LONG))
        .values(holder=holder, fence=JobLease.fence + 1, expires_at=now + TTL),
    )
    if taken != 1:
        return None
    fence = session.scalars(sa.select(JobLease.fence).where(JobLease.name == name)).one()
    return Lease(name, holder, fence)


def renew(session: Session, lease: Lease, *, now: datetime) -> None:
    """Prove, in the batch's own transaction, that the lease is still held, and hold it a little longer.

    Raises:
        LeaseLost: it ran out or somebody else has it; the transaction must be rolled back.
    """
    renewed = _update(session, _mine(lease).where(JobLease.expires_at > now).values(expires_at=now + TTL))
    if renewed != 1:
        raise LeaseLost(f"The lease for {lease.name} is no longer ours")


def release(session: Session, lease: Lease, *, now: datetime) -> None:
    """Give the lease back, if it is still ours, in a transaction of its own, which need not last."""
    need_not_last(session)
    _update(session, _mine(lease).values(expires_at=now))


def _mine(lease: Lease) -> sa.Update:
    return sa.update(JobLease).where(
        JobLease.name == lease.name, JobLease.holder == lease.holder, JobLease.fence == lease.fence
    )


def _update(session: Session, statement: sa.Update) -> int:
    return cast("CursorResult[Any]", session.execute(statement)).rowcount
