"""The weekly check: for each clinic's local week, compare every stored plan with what the engine says today."""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from uuid import UUID

from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.db import Database
from tracker.jobs.stopping import Stopped
from tracker.models import Clinic, FailedDuring
from tracker.policy import Actor
from tracker.services import audit, boundaries, jobs, leases, plan_checks, plan_failures
from tracker.services.leases import Lease
from tracker.services.plan_checks import Checked

NAME = jobs.PLAN_CHECK
ACTOR = Actor.system("check of stored plans")
log = logging.getLogger(__name__)


def run(
    database: Database,
    clock: Clock,
    *,
    holder: str,
    force: bool = False,
    stopping: Callable[[], bool] = lambda: False,
) -> Counter[str] | None:
    """Check the clinics whose week has not had it yet; None when another scheduler is at it.

    ``force`` checks every clinic now (a command by hand). ``stopping`` is asked before each batch.
    """
    counts: Counter[str] = Counter()
    waiting = _waiting(database, clock, force=force)
    if not waiting:
        return counts
    with database.transaction() as session:
        lease = leases.acquire(session, NAME, holder, now=clock.now())
    if lease is None:
        return None
    try:
        for clinic_id in waiting:
            counts.update(_one_clinic(database, clock, lease, clinic_id, stopping))
    except Stopped:
        log.warning("job.stopped name=%s", NAME)
    finally:
        with database.transaction() as session:
            leases.release(session, lease, now=clock.now())
    return counts


def every_id(database: Database, clinic_id: UUID | None = None) -> Iterator[UUID]:
    """All survivors of a clinic, or of all, by id; only some thousands of ids are in memory."""
    after: UUID | None = None
    while True:
        with database.reading() as session:
            ids = plan_checks.ids_after(session, after, limit=plan_checks.IDS_AT_ONCE, clinic_id=clinic_id)
        yield from ids
        if len(ids) < plan_checks.IDS_AT_ONCE:
            return
        after = ids[-1]


def look_at(database: Database, ids: Collection[UUID], *, clock: Clock) -> Checked:
    """One batch in a session of its own, so that memory stays flat; what is found is looked at again and noted."""
    with database.reading() as session:
        done = plan_checks.check(session, ids, clock=clock)
    if not done.findings:
        return done
    with database.transaction() as session:
        done = plan_checks.confirm(session, done, clock=clock)
        _write_down(session, done, clock)
    return done


def _waiting(database: Database, clock: Clock, *, force: bool) -> list[UUID]:
    """The clinics to check. The nightly check comes first on each day: it refreshes what no longer holds."""
    with database.reading() as session:
        return [clinic.id for clinic in boundaries.clinics(session) if force or _is_due(session, clinic, clock)]


def _is_due(session: Session, clinic: Clinic, clock: Clock) -> bool:
    today = clock.today(clinic.tz)
    return jobs.had_its_day(session, clinic, today) and not jobs.had_its_week(session, clinic, today)


def _one_clinic(
    database: Database, clock: Clock, lease: Lease, clinic_id: UUID, stopping: Callable[[], bool]
) -> Counter[str]:
    with database.transaction() as session:
        leases.renew(session, lease, now=clock.now())
        today = clock.today(session.get_one(Clinic, clinic_id).tz)
        run_id = jobs.start(session, NAME, lease.holder, clinic_id, today, clock=clock)
    counts, failed = Counter[str](), list[UUID]()
    try:
        for ids in plan_checks.batches(every_id(database, clinic_id)):
            _go_on(database, clock, lease, stopping)
            done = look_at(database, ids, clock=clock)
            counts.update(done.tally())
            failed += [finding.survivor_id for finding in done.failed]
    except Exception as error:
        with database.transaction() as session:
            jobs.fail(session, run_id, type(error).__name__, clock=clock)
        raise
    with database.transaction() as session:
        leases.renew(session, lease, now=clock.now())
        told = {name: counts[name] for name in ("survivors", "differing", "waiting")}
        jobs.finish(session, run_id, told, failed=failed, clock=clock)
    return counts


def _go_on(database: Database, clock: Clock, lease: Lease, stopping: Callable[[], bool]) -> None:
    if stopping():
        raise Stopped
    with database.transaction() as session:
        leases.renew(session, lease, now=clock.now())


def _write_down(session: Session, done: Checked, clock: Clock) -> None:
    for finding in done.failed:
        if finding.error is not None:
            plan_failures.note(session, finding.survivor_id, FailedDuring.CHECK, finding.error, clock=clock)
    for clinic_id in sorted({finding.clinic_id for finding in done.findings}):
        after = {
            "differing": [finding.survivor_id for finding in done.differing if finding.clinic_id == clinic_id],
            "failed": [finding.survivor_id for finding in done.failed if finding.clinic_id == clinic_id],
        }
        clinic = session.get_one(Clinic, clinic_id)
        audit.record(session, ACTOR, f"job.{NAME}", subject=clinic, clinic_id=clinic_id, at=clock.now(), after=after)
