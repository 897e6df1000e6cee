"""Refresh the plans of a whole registry: read in the order of ids, decide, and write only what changed.

Any ``concurrent.futures.Executor`` may do the reading and deciding, in chunks; one process writes, a few chunks in each
transaction under the job's lease. A record that changed meanwhile is looked at again before it is written.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from tracker import marks
from tracker.clock import Clock
from tracker.db import Database, need_not_last
from tracker.models import FailedDuring, JobRun
from tracker.policy import Actor
from tracker.services import audit, leases, plan_failures, plan_writing, recompute_progress
from tracker.services.leases import Lease
from tracker.services.plan_seals import stored_content
from tracker.services.plan_terms import Asked, asked_by_all
from tracker.services.raw_rows import LAST_ID, hold, how_many, last_of_chunk, read_range, read_some
from tracker.services.recompute_chunks import Answer, Order, Packed, look_at
from tracker.services.recompute_lanes import AHEAD, Lanes, answers
from tracker.services.recompute_progress import NAME, Progress

ACTOR = Actor.system("recompute")
# Statements cost little beside so many survivors, and what a first fill writes of them is 1.5 MB.
CHUNK = 100
# So many chunks go into one transaction: a page of an index that several of them touch is written once. Whoever waits
# for the writer's lock meanwhile waits a quarter of a second.
WRITTEN_AT_ONCE = 5
# When no more survivors are left than wait to be written with two processes, each chunk is written by itself.
TOWARDS_THE_END = CHUNK * (AHEAD + 2)
# Where nothing has to be written, only so often is it written down how far the run has come.
SAVED_EVERY = 20
HERE = Lanes()


@dataclass(frozen=True)
class Outcome:
    """What a whole run did, those parts included that an interrupted one had done before."""

    survivors: int
    written: int
    closed: int
    failed: int
    checksum: str
    seconds: float


@dataclass
class Written:
    """What one transaction wrote. ``quiet``: survivors of whom nothing is due now."""

    survivors: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    quiet: list[UUID] = field(default_factory=list)
    written: int = 0
    closed: int = 0

    def add(self, found: Answer) -> None:
        """One chunk more."""
        self.failed += found.failed
        for each in found.decisions:
            self.survivors.append(each.survivor_id)
            self.written += each.written
            self.closed += len(each.closing)
            if each.is_quiet:
                self.quiet.append(UUID(each.survivor_id))

    def told(self) -> dict[str, Any]:
        """For the trail."""
        return {
            "survivors": self.survivors,
            "written": self.written,
            "closed": self.closed,
            "failed": self.failed,
        }


@dataclass
class Work:
    """One run: whose lease it holds, and how far it has come."""

    database: Database
    clock: Clock
    lease: Lease
    run_id: UUID
    progress: Progress
    total: int
    unsaved: int = field(default=0)

    def left(self) -> int:
        """How many survivors are still to come, as far as was known at the start."""
        return max(self.total - self.progress.survivors, 0)

    def orders(self) -> Iterator[Order]:
        """The chunks that are left, each by what the clinics plan by when it is asked for."""
        after = self.progress.after
        while after != LAST_ID:
            with self.database.reading() as session:
                terms = asked_by_all(session, self.clock)
                upto = last_of_chunk(session.connection(), after, CHUNK)
            yield Order(after, upto, terms, self.progress.fresh)
            after = upto

    def settle(self, found: Sequence[Packed]) -> None:
        """Write what some chunks need, and how far the run has come: all of it or nothing."""
        marks.passed("recompute.chunk_decided")
        if any(each.is_needed for each in found):
            with self._batch() as session:
                self._write_all(session, found)
                self._save(session)
                marks.passed("recompute.written_down")
            marks.passed("recompute.chunk_committed")
            return
        for each in found:
            self._count(each.opened())
        self.unsaved += len(found)
        if self.unsaved >= SAVED_EVERY:
            with self._batch() as session:
                self._save(session)
                marks.passed("recompute.progress_saved")
            marks.passed("recompute.progress_committed")

    def finish(self) -> None:
        """Write down that the run came to its end."""
        with self._batch() as session:
            recompute_progress.save(session, self.run_id, self.progress, finished_at=self.clock.now(), error=None)
            marks.passed("recompute.finish_written")
        marks.passed("recompute.finished")

    @contextmanager
    def _batch(self) -> Iterator[Session]:
        """A transaction that can only commit while the lease is still ours.

        All of it follows from the records, how far the run has come included.
        """
        with self.database.transaction() as session:
            need_not_last(session)
            leases.renew(session, self.lease, now=self.clock.now())
            yield session

    def _write_all(self, session: Session, found: Sequence[Packed]) -> None:
        terms, written = asked_by_all(session, self.clock), Written()
        # Opened one after another: all at once they would take several times the memory.
        for each in found:
            written.add(self._write(session, each.opened(), terms))
        self.progress.written += written.written
        self.progress.closed += written.closed
        self.progress.failed += len(written.failed)
        plan_writing.withdraw_messages(session.connection(), written.quiet, now=self.clock.now())
        audit.record(
            session,
            ACTOR,
            "plans.recomputed",
            subject=JobRun(id=self.run_id),
            at=self.clock.now(),
            after=written.told(),
        )

    def _write(self, session: Session, found: Answer, terms: tuple[Asked, ...]) -> Answer:
        connection, now = session.connection(), self.clock.now()
        found = self._as_of_now(connection, found, terms)
        decisions = found.decisions
        marks.passed("recompute.held")
        plan_writing.write(connection, decisions, now=now)
        marks.passed("recompute.plans_written")
        plan_writing.write_sums(connection, decisions)
        marks.passed("recompute.sums_written")
        for survivor_id, error in found.failed.items():
            plan_failures.note(session, UUID(survivor_id), FailedDuring.RECOMPUTE, error, clock=self.clock)
        plan_failures.clear(session, {UUID(survivor_id) for survivor_id in found.healed - found.failed.keys()})
        self._count(found)
        return found

    def _as_of_now(self, connection: Connection, found: Answer, terms: tuple[Asked, ...]) -> Answer:
        """The same chunk, looked at again where somebody was quicker: a clinic's choices, or a survivor's record."""
        if terms != found.order.terms:
            order = replace(found.order, terms=terms)
            found = look_at(read_range(connection, order.after, order.upto), order)
        seen = hold(connection, [each.survivor_id for each in found.decisions])
        stale = {each.survivor_id for each in found.decisions if seen.get(each.survivor_id) != each.seen}
        if stale:
            again = look_at(read_some(connection, sorted(stale)), found.order)
            kept = [each for each in found.decisions if each.survivor_id not in stale]
            found.decisions = kept + again.decisions
            found.contents.update(again.contents)
            found.failed.update(again.failed)
            found.healed.update(again.healed)
        return found

    def _count(self, found: Answer) -> None:
        self.progress.add(found.contents)
        self.progress.after = found.order.upto

    def _save(self, session: Session) -> None:
        recompute_progress.save(session, self.run_id, self.progress)
        self.unsaved = 0


def run(
    database: Database,
    clock: Clock,
    *,
    holder: str,
    lanes: Lanes = HERE,
    fresh: bool = False,
    from_start: bool = False,
    advance: Callable[[int], None] = lambda _: None,
) -> Outcome | None:
    """Refresh everybody; None when another process is at it. A run that was interrupted is continued.

    ``lanes``: who looks at the chunks. ``fresh``: evaluate everybody, whatever the seals say. ``from_start``: do not
    continue. ``advance`` is told how many more survivors are done.

    Raises:
        LeaseLost: this process stood still for so long that another took over; nothing of it was written since.
    """
    started_at = clock.now()
    with database.transaction() as session:
        lease = leases.acquire(session, NAME, holder, now=started_at)
        if lease is None:
            return None
        begun = recompute_progress.begin(session, holder=holder, fresh=fresh, from_start=from_start, clock=clock)
        work = Work(database, clock, lease, *begun, how_many(session.connection()))
        marks.passed("recompute.begin_written")
    marks.passed("recompute.begun")
    try:
        advance(work.progress.survivors)
        _each_chunk(work, lanes, advance)
    finally:
        with database.transaction() as session:
            leases.release(session, lease, now=clock.now())
            marks.passed("recompute.lease_given_back")
    done = work.progress
    seconds = (clock.now() - started_at).total_seconds()
    return Outcome(done.survivors, done.written, done.closed, done.failed, done.checksum, seconds)


def _each_chunk(work: Work, lanes: Lanes, advance: Callable[[int], None]) -> None:
    for found in _some(answers(work.database, work.orders(), lanes, left=work.left), left=work.left):
        work.settle(found)
        advance(sum(each.survivors for each in found))
    work.finish()


def _some(found: Iterable[Packed], *, left: Callable[[], int]) -> Iterator[list[Packed]]:
    """So many at a time as are written at once, in their order; towards the end one by one.

    Otherwise, of few survivors, all who look at chunks would be done and wait for the last lot to be written.
    """
    each = iter(found)
    while some := list(islice(each, WRITTEN_AT_ONCE if left() > TOWARDS_THE_END else 1)):
        yield some


def checksum(session: Session) -> str:
    """The checksum of all plans as they are stored now: what a run that writes nothing would give."""
    progress = Progress(fresh=False, code="")
    found = read_range(session.connection(), progress.after, LAST_ID)
    for recorded in found:
        progress.add({recorded.person.id: stored_content(recorded)})
    return progress.checksum
