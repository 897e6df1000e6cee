"""The one process that runs APScheduler: ``python -m tracker.scheduler``.

Jobs are declared here, in memory, and tick in UTC; whether a clinic's local day has had its run is decided by
our own tables. A second copy of this process does nothing: it finds the lease taken.
"""

import logging
import os
import secrets
import signal
import socket
import sys
from datetime import timedelta
from threading import Event
from types import FrameType

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from config import Config
from tracker.app import open_database
from tracker.clock import Clock, SystemClock
from tracker.db import Database
from tracker.errors import TrackerError
from tracker.jobs import check_plans, cross_boundaries, send_outbox
from tracker.mail import mailer_for
from tracker.services import jobs

log = logging.getLogger(__name__)
LATE_BY = 6 * 3600
AT_ONCE = timedelta(0)
# The weekly check waits until the night has been caught up with.
FIRST_AFTER = {"check_plans": timedelta(minutes=10)}


def holder_name() -> str:
    """Who this process is: machine, process, and a random part, so that no two are ever alike."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"


def prune(database: Database, clock: Clock) -> None:
    """Delete what is past any use."""
    with database.transaction() as session:
        jobs.prune(session, clock=clock)


def build(config: Config, database: Database, *, clock: Clock, stopping: Event) -> BackgroundScheduler:
    """The scheduler with its jobs. Each also runs once at the start: a night missed is simply picked up.

    ``stopping`` is asked between batches and messages, so that work in hand ends soon.
    """
    scheduler = BackgroundScheduler(
        timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": LATE_BY}
    )
    mailer, holder, stop = mailer_for(config), holder_name(), stopping.is_set
    declared = (
        ("cross_boundaries", 15, lambda: cross_boundaries.run(database, clock, holder=holder, stopping=stop)),
        ("send_outbox", 1, lambda: send_outbox.run(database, clock, mailer, base_url=config.base_url, stopping=stop)),
        ("check_plans", 60, lambda: check_plans.run(database, clock, holder=holder, stopping=stop)),
        ("prune", 24 * 60, lambda: prune(database, clock)),
    )
    for name, minutes, work in declared:
        trigger = IntervalTrigger(minutes=minutes, timezone="UTC")
        first = clock.now() + FIRST_AFTER.get(name, AT_ONCE)
        scheduler.add_job(work, trigger, id=name, name=name, replace_existing=True, next_run_time=first)
    scheduler.add_listener(_tell, EVENT_JOB_ERROR | EVENT_JOB_MISSED)
    return scheduler


def _tell(event: JobExecutionEvent) -> None:
    error = getattr(event, "exception", None)
    log.error("job.%s name=%s", "failed" if error else "missed", event.job_id, exc_info=error)


def main() -> int:
    """Run until told to stop; a job in hand ends with its batch."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # A signal only sets this: whatever the main thread is doing then, nothing is half done.
    stopping = Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        config = Config.from_env()
        database = open_database(config)
        scheduler = build(config, database, clock=SystemClock(), stopping=stopping)
    except TrackerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    scheduler.start()
    stopping.wait()
    scheduler.shutdown(wait=True)
    database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
