"""How far a recompute has come, kept in its job's row: a run that was killed is continued by the next one.

It is saved in the transaction that writes a chunk, so what it says is done is done.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.models import JobRun
from tracker.services.plan_seals import code_fingerprint
from tracker.services.raw_rows import FIRST_ID

NAME = "recompute"
# Within a day most plans still hold; after that it is as quick to look at everybody again.
WORTH_CONTINUING = timedelta(days=1)
INTERRUPTED = "Interrupted"


@dataclass
class Progress:
    """``after``: the last survivor done. ``checksum`` is of everybody up to there. ``code``: what decided so far."""

    fresh: bool
    code: str
    after: str = FIRST_ID
    survivors: int = 0
    written: int = 0
    closed: int = 0
    failed: int = 0
    checksum: str = hashlib.sha256().hexdigest()

    def add(self, contents: Mapping[str, bytes]) -> None:
        """Count survivors, and take their plans into the checksum, each after all before it.

        Chained one by one, so that neither chunks nor processes show and the sum so far can be kept as text.
        """
        sum_so_far = bytes.fromhex(self.checksum)
        for survivor_id, content in contents.items():
            sum_so_far = hashlib.sha256(sum_so_far + bytes.fromhex(survivor_id.replace("-", "")) + content).digest()
        self.checksum = sum_so_far.hex()
        self.survivors += len(contents)


def begin(session: Session, *, holder: str, fresh: bool, from_start: bool, clock: Clock) -> tuple[UUID, Progress]:
    """Continue the run that was interrupted last, or start a new one; the job's row and how far it has come."""
    code = code_fingerprint().hex()
    found = None if from_start else _interrupted(session, clock)
    if found is not None:
        progress = Progress(**found.counts)
        if (progress.fresh, progress.code) == (fresh, code):
            return found.id, progress
    _close_interrupted(session, clock)
    progress = Progress(fresh, code)
    run = JobRun(id=uuid4(), name=NAME, holder=holder, started_at=clock.now(), counts=asdict(progress))
    session.add(run)
    session.flush()
    return run.id, progress


def _interrupted(session: Session, clock: Clock) -> JobRun | None:
    query = sa.select(JobRun).where(JobRun.name == NAME, JobRun.finished_at.is_(None))
    query = query.where(JobRun.started_at > clock.now() - WORTH_CONTINUING)
    return session.scalars(query.order_by(JobRun.started_at.desc(), JobRun.id).limit(1)).first()


def _close_interrupted(session: Session, clock: Clock) -> None:
    """Nobody will continue the runs that were interrupted before."""
    session.execute(
        sa.update(JobRun)
        .where(JobRun.name == NAME, JobRun.finished_at.is_(None))
        .values(finished_at=clock.now(), error=INTERRUPTED)
    )


def save(session: Session, run_id: UUID, progress: Progress, **values: Any) -> None:
    """Write down how far the run has come; ``values``: other columns of its row."""
    session.execute(sa.update(JobRun).where(JobRun.id == run_id).values(counts=asdict(progress), **values))
