"""The flag job: for each clinic's local day, refresh the plans that no longer hold and record what crossed."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from tracker import marks
from tracker.clock import Clock, OnDay
from tracker.db import Database, need_not_last
from tracker.jobs.stopping import Stopped
from tracker.models import Clinic
from tracker.policy import Actor
from tracker.services import audit, boundaries, jobs, leases, places
from tracker.services.boundaries import Crossed
from tracker.services.leases import Lease, LeaseLost

NAME = jobs.FLAG_JOB
ACTOR = Actor.system("nightly check")
log = logging.getLogger(__name__)


@dataclass
class Work:
    """One run: whose lease it holds, and what it did so far."""

    database: Database
    clock: Clock
    lease: Lease
    stopping: Callable[[], bool]
    counts: Counter[str] = field(default_factory=Counter)
    failed: list[UUID] = field(default_factory=list)

    @contextmanager
    def batch(self) -> Iterator[Session]:
        """One batch's transaction; it can only commit while the lease is still ours.

        Renewing comes first and holds the lease's row until the commit, so nobody can take it in between.
        """
        if self.stopping():
            raise Stopped
        with self.database.transaction() as session:
            leases.renew(session, self.lease, now=self.clock.now())
            yield session

    def add(self, done: Crossed) -> None:
        self.counts.update(done.counts)
        self.failed += done.failed


def run(
    database: Database,
    clock: Clock,
    *,
    holder: str,
    force: bool = False,
    stopping: Callable[[], bool] = lambda: False,
) -> Counter[str] | None:
    """Do what each clinic's day has not had yet; None when another scheduler is at it.

    ``force`` does a clinic's day again (a command by hand); the second time nothing is left to record. An error at
    one clinic does not keep the others waiting; it is raised at the end. ``stopping`` is asked before each batch.
    """
    with database.transaction() as session:
        lease = leases.acquire(session, NAME, holder, now=clock.now())
        marks.passed("tick.lease_written")
    if lease is None:
        return None
    marks.passed("tick.lease_taken")
    work = Work(database, clock, lease, stopping)
    try:
        _each_clinic(work, force=force)
    except Stopped:
        log.warning("job.stopped name=%s", NAME)
    finally:
        with database.transaction() as session:
            leases.release(session, lease, now=clock.now())
            marks.passed("tick.lease_given_back")
    marks.passed("tick.ended")
    return work.counts


def _each_clinic(work: Work, *, force: bool) -> None:
    with work.database.reading() as session:
        ids = [clinic.id for clinic in boundaries.clinics(session)]
    errors: list[Exception] = []
    for clinic_id in ids:
        try:
            _one_clinic(work, clinic_id, force=force)
            _keep_places(work, clinic_id)
        except (LeaseLost, Stopped):
            raise
        except Exception as error:  # raised below, after the other clinics had their turn
            log.error("job.clinic_failed name=%s clinic=%s why=%s", NAME, clinic_id, type(error).__name__)
            errors.append(error)
    if errors:
        raise errors[0]


def _one_clinic(work: Work, clinic_id: UUID, *, force: bool) -> None:
    with work.database.reading() as session:
        clinic = session.get_one(Clinic, clinic_id)
        local_day = work.clock.today(clinic.tz)
        had = not force and jobs.had_its_day(session, clinic, local_day)
        if had and not boundaries.anything_reached(session, clinic, clock=work.clock):
            return
    with work.batch() as session:
        need_not_last(session)
        run_id = jobs.start(session, NAME, work.lease.holder, clinic_id, local_day, clock=work.clock)
        marks.passed("clinic.start_written")
    marks.passed("clinic.started")
    # The day of the run is the day of all its batches: a clock set back over midnight meanwhile must not make it leave
    # out the second half of a day that then counts as done.
    on_that_day = OnDay(work.clock, local_day)
    did_before, failed_before = Counter(work.counts), len(work.failed)
    try:
        if not had:
            _refresh(work, clinic_id, on_that_day)
        _cross(work, clinic_id, on_that_day)
    except Exception as error:
        with work.database.transaction() as session:
            jobs.fail(session, run_id, type(error).__name__, clock=work.clock)
        raise
    did, failed = work.counts - did_before, work.failed[failed_before:]
    with work.batch() as session:
        jobs.finish(session, run_id, did, failed=failed, clock=work.clock)
        marks.passed("clinic.finish_written")
    marks.passed("clinic.finished")


def _refresh(work: Work, clinic_id: UUID, clock: Clock) -> None:
    after: UUID | None = None
    more = True
    while more:
        with work.batch() as session:
            marks.passed("refresh.lease_renewed")
            clinic = session.get_one(Clinic, clinic_id)
            done, after = boundaries.refresh_batch(session, clinic, after=after, clock=clock)
            marks.passed("refresh.written")
            _write_down(session, clinic, done, work)
            marks.passed("refresh.written_down")
        marks.passed("refresh.committed")
        work.add(done)
        more = done.more


def _cross(work: Work, clinic_id: UUID, clock: Clock) -> None:
    more = True
    while more:
        with work.batch() as session:
            marks.passed("cross.lease_renewed")
            clinic = session.get_one(Clinic, clinic_id)
            done = boundaries.cross_batch(session, clinic, clock=clock)
            _write_down(session, clinic, done, work)
            marks.passed("cross.written_down")
        marks.passed("cross.committed")
        work.add(done)
        more = done.more


def _keep_places(work: Work, clinic_id: UUID) -> None:
    """Keep today's places in the worklist. It is right without that, and quick with it; nothing is said of anybody."""
    with work.database.reading() as session:
        more = places.anything_ended(session, session.get_one(Clinic, clinic_id), clock=work.clock)
    while more:
        with work.batch() as session:
            more = places.move_on(session, session.get_one(Clinic, clinic_id), clock=work.clock) == places.BATCH


def _write_down(session: Session, clinic: Clinic, done: Crossed, work: Work) -> None:
    if not done.did_anything():
        need_not_last(session)
        return
    after = dict(done.counts) | {"failed": done.failed}
    audit.record(session, ACTOR, f"job.{NAME}", subject=clinic, clinic_id=clinic.id, at=work.clock.now(), after=after)
