"""Who looks at the chunks of a registry: this process, or others beside it; their answers come in the chunks' order."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass
from time import perf_counter

from tracker.db import Database
from tracker.services.recompute_chunks import Order, Packed, answer, answer_elsewhere, get_ready

# Chunks that wait beside those looked at: while one lot is written the next is found out, so that nobody waits for the
# writer; few enough for the memory.
AHEAD = 6
# Seconds.
ANSWERS_WITHIN = 0.005


@dataclass(frozen=True)
class Lanes:
    """An executor, and how many chunks it looks at side by side. Without one it is done here.

    ``worth_seconds``: what would be done here sooner than that is done here, and while the executor starts, too.
    """

    executor: Executor | None = None
    count: int = 1
    worth_seconds: float = 0


def answers(database: Database, orders: Iterator[Order], lanes: Lanes, *, left: Callable[[], int]) -> Iterator[Packed]:
    """Look at the chunks. ``left`` tells how many survivors are still to come."""
    if lanes.executor is None or lanes.worth_seconds:
        yield from _here(database, orders, lanes, left)
    if lanes.executor is not None:
        yield from _elsewhere(database, orders, lanes.executor, lanes.count)


def _here(database: Database, orders: Iterator[Order], lanes: Lanes, left: Callable[[], int]) -> Iterator[Packed]:
    """Until another place is ready."""
    ready: Future[None] | None = None
    is_first = True
    for order in orders:
        began = perf_counter()
        with database.reading() as session:
            found = Packed.of(answer(session.connection(), order))
        each = (perf_counter() - began) / max(found.survivors, 1)
        yield found
        # The first chunk has read the guideline, too, and tells nothing.
        if ready is None and lanes.executor is not None and not is_first and each * left() > lanes.worth_seconds:
            ready = lanes.executor.submit(get_ready)
            # One that has started already answers at once.
            wait([ready], ANSWERS_WITHIN)
        if ready is not None and ready.done():
            return
        is_first = False


def _elsewhere(database: Database, orders: Iterator[Order], executor: Executor, count: int) -> Iterator[Packed]:
    url = database.engine.url.render_as_string(hide_password=False)
    waiting: deque[Future[Packed]] = deque()
    try:
        for order in orders:
            waiting.append(executor.submit(answer_elsewhere, url, order))
            if len(waiting) >= count + AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for each in waiting:
            each.cancel()
