"""Send what waits in the outbox. Each message is claimed, sent and settled on its own."""

import logging
import random
from collections.abc import Callable

from tracker import marks
from tracker.clock import Clock
from tracker.db import Database
from tracker.messaging.base import Mailer, Refused, Unreachable
from tracker.messaging.compose import compose
from tracker.services import outbox

log = logging.getLogger(__name__)


def ten_percent() -> float:
    """A factor between 0.9 and 1.1: messages that failed together do not come back together."""
    return random.uniform(0.9, 1.1)  # noqa: S311  (no secret depends on it)


def run(
    database: Database,
    clock: Clock,
    mailer: Mailer,
    *,
    base_url: str,
    jitter: Callable[[], float] = ten_percent,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """How many messages went out. One that fails waits for its next try and holds no other up."""
    with database.reading() as session:
        waiting = outbox.waiting(session, clock=clock)
    count = 0
    for message_id in waiting:
        if stopping():
            break
        with database.transaction() as session:
            claimed = outbox.claim(session, message_id, clock=clock)
            marks.passed("send.claim_written")
        marks.passed("send.claimed")
        if claimed is not None:
            count += _send(database, clock, mailer, claimed, base_url, jitter)
    return count


def _send(
    database: Database,
    clock: Clock,
    mailer: Mailer,
    claimed: outbox.Claimed,
    base_url: str,
    jitter: Callable[[], float],
) -> int:
    try:
        mailer.send(compose(claimed.template, claimed, base_url=base_url))
    except Exception as error:  # whatever is wrong with one message must not hold up the others
        log.warning("outbox.failed message=%s why=%s", claimed.id, type(error).__name__)
        why = str(error) if isinstance(error, Refused | Unreachable) else type(error).__name__
        with database.transaction() as session:
            outbox.failed(session, claimed, why, for_good=isinstance(error, Refused), clock=clock, jitter=jitter)
            marks.passed("send.failure_written")
        marks.passed("send.failure_settled")
        return 0
    marks.passed("send.handed_over")
    with database.transaction() as session:
        outbox.sent(session, claimed, clock=clock)
        marks.passed("send.settling_written")
    marks.passed("send.settled")
    return 1
