"""What the scheduled jobs did, and whether the last good run is too old to trust a list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.models import Clinic, JobRun, SignInFailure, UserSession
from tracker.services import uploads

STALE_AFTER = timedelta(hours=26)
FLAG_JOB = "cross_boundaries"
PLAN_CHECK = "check_plans"
CHECK_STALE_AFTER = timedelta(days=8)
OLD_SESSIONS = timedelta(days=2)
OLD_FAILURES = timedelta(days=1)
AT_A_TIME = 10


@dataclass(frozen=True)
class JobState:
    """One job's last good run, as ``jobs status`` and ``/health/jobs`` tell it."""

    name: str
    finished_at: datetime | None
    stale: bool


@dataclass(frozen=True)
class CheckState:
    """The last weekly check of stored plans: when, whether that is too long ago, and what it found."""

    finished_at: datetime | None
    stale: bool
    differing: int
    failed: int


def start(session: Session, name: str, holder: str, clinic_id: UUID, local_day: date, *, clock: Clock) -> UUID:
    """Write down that a job has begun for a clinic's local day."""
    run = JobRun(id=uuid4(), name=name, clinic_id=clinic_id, local_day=local_day, holder=holder, started_at=clock.now())
    session.add(run)
    session.flush()
    return run.id


def finish(
    session: Session, run_id: UUID, counts: Mapping[str, int], *, failed: Sequence[UUID] = (), clock: Clock
) -> None:
    """Write down that a run came to its end, what it did, and which survivors it had to leave out."""
    run = session.get_one(JobRun, run_id)
    run.finished_at = clock.now()
    run.counts = dict(counts) | ({"failed": [str(survivor_id) for survivor_id in failed]} if failed else {})


def fail(session: Session, run_id: UUID, error: str, *, clock: Clock) -> None:
    """Write down that a run ended with an error; what its finished batches wrote stays."""
    run = session.get_one(JobRun, run_id)
    run.finished_at, run.error = clock.now(), error


def had_its_day(session: Session, clinic: Clinic, local_day: date, *, name: str = FLAG_JOB) -> bool:
    """Has this job finished without an error for this clinic's local day?

    A run by hand "as of" a day still to come does not count: on that day there will be more to find.
    """
    query = _good(name, clinic).where(
        JobRun.local_day == local_day, JobRun.started_at >= _day_begins(local_day, clinic.tz)
    )
    return session.execute(query.limit(1)).first() is not None


def had_its_week(session: Session, clinic: Clinic, local_day: date, *, name: str = PLAN_CHECK) -> bool:
    """Has this job finished without an error in the week of this clinic's local day? Weeks begin on Monday."""
    monday = local_day - timedelta(days=local_day.weekday())
    query = _good(name, clinic).where(
        JobRun.local_day.between(monday, local_day), JobRun.started_at >= _day_begins(monday, clinic.tz)
    )
    return session.execute(query.limit(1)).first() is not None


def check_state(session: Session, *, now: datetime, clinic_id: UUID | None = None) -> CheckState:
    """The last check of stored plans at one clinic, or at all of them: the oldest of the last ones, what all found.

    A clinic that is new may wait for its first check as long as between two.
    """
    query = sa.select(Clinic) if clinic_id is None else sa.select(Clinic).where(Clinic.id == clinic_id)
    last = [(clinic, _last_check(session, clinic, now)) for clinic in session.scalars(query)]
    runs = [run for _, run in last if run is not None]
    ended = [run.finished_at for run in runs if run.finished_at is not None]
    never = any(run is None and now - clinic.created_at > CHECK_STALE_AFTER for clinic, run in last)
    return CheckState(
        finished_at=min(ended, default=None),
        stale=never or any(now - at > CHECK_STALE_AFTER for at in ended),
        differing=sum(int(run.counts.get("differing", 0)) for run in runs),
        failed=sum(len(run.counts.get("failed", [])) for run in runs),
    )


def _last_check(session: Session, clinic: Clinic, now: datetime) -> JobRun | None:
    query = sa.select(JobRun).where(
        JobRun.name == PLAN_CHECK, JobRun.clinic_id == clinic.id, JobRun.finished_at <= now, JobRun.error.is_(None)
    )
    return session.scalars(query.order_by(JobRun.finished_at.desc(), JobRun.id).limit(1)).first()


def last_good_run(session: Session, clinic: Clinic, *, now: datetime, name: str = FLAG_JOB) -> datetime | None:
    """When the job last finished without an error for the day it then was at the clinic; None if it never has.

    A run by hand "as of" another day says nothing about today's lists, nor does an instant still to come.
    """
    zone = ZoneInfo(clinic.tz)
    query = _good(name, clinic).where(JobRun.finished_at <= now).order_by(JobRun.finished_at.desc(), JobRun.id)
    # Nearly always the first row is the one; a few at a time, because every page asks this.
    for offset in count(0, AT_A_TIME):
        rows = session.execute(query.offset(offset).limit(AT_A_TIME)).all()
        for started_at, finished_at, local_day in rows:
            if started_at.astimezone(zone).date() == local_day:
                return finished_at
        if len(rows) < AT_A_TIME:
            break
    return None


def _good(name: str, clinic: Clinic) -> sa.Select[datetime, datetime | None, date | None]:
    return sa.select(JobRun.started_at, JobRun.finished_at, JobRun.local_day).where(
        JobRun.name == name, JobRun.clinic_id == clinic.id, JobRun.finished_at.is_not(None), JobRun.error.is_(None)
    )


def _day_begins(day: date, tz: str) -> datetime:
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(tz)).astimezone(UTC)


def state_of(session: Session, *, now: datetime, name: str = FLAG_JOB, clinic_id: UUID | None = None) -> JobState:
    """The job's last good run and whether it is more than 26 hours ago, at one clinic or at any.

    Of several clinics the one left alone the longest speaks for all. One that is new may wait for its first run
    as long; where no clinic ever had one, the job has never run and nothing can be trusted.
    """
    query = sa.select(Clinic) if clinic_id is None else sa.select(Clinic).where(Clinic.id == clinic_id)
    found = [(clinic, last_good_run(session, clinic, now=now, name=name)) for clinic in session.scalars(query)]
    runs = [at for clinic, at in found if at is not None or now - clinic.created_at > STALE_AFTER]
    oldest = None if None in runs else min((at for at in runs if at is not None), default=None)
    return JobState(name, oldest, oldest is None or now - oldest > STALE_AFTER)


def is_stale(session: Session, *, now: datetime, clinic_id: UUID | None = None) -> bool:
    """Must a page warn that what it lists may be out of date? For one clinic's pages name the clinic."""
    return state_of(session, now=now, clinic_id=clinic_id).stale


def recent_runs(session: Session, *, clinic_ids: Sequence[UUID], limit: int = 50) -> list[JobRun]:
    """The newest runs for these clinics, newest first."""
    query = sa.select(JobRun).where(JobRun.clinic_id.in_(clinic_ids))
    return list(session.scalars(query.order_by(JobRun.started_at.desc(), JobRun.id).limit(limit)))


def prune(session: Session, *, clock: Clock) -> None:
    """Delete sessions, counted sign-in failures and previews of imports that are past any use."""
    now = clock.now()
    session.execute(sa.delete(UserSession).where(UserSession.last_seen_at < now - OLD_SESSIONS))
    session.execute(sa.delete(SignInFailure).where(SignInFailure.at < now - OLD_FAILURES))
    uploads.forget_old(session, clock=clock)
