"""What the flag job would do now, without doing it: the same batches in one transaction that is rolled back."""

from collections import Counter

from tracker.clock import Clock
from tracker.db import Database
from tracker.services import boundaries


class _RollBack(Exception):
    pass


def run(database: Database, clock: Clock) -> Counter[str]:
    """The counts a run would give."""
    counts: Counter[str] = Counter()
    try:
        with database.transaction() as session:
            for clinic in boundaries.clinics(session):
                after, more = None, True
                while more:
                    done, after = boundaries.refresh_batch(session, clinic, after=after, clock=clock)
                    counts.update(done.counts)
                    more = done.more
                more = True
                while more:
                    done = boundaries.cross_batch(session, clinic, clock=clock)
                    counts.update(done.counts)
                    more = done.more
            raise _RollBack
    except _RollBack:
        return counts
