"""Where the parts of a long command are done: in processes of this machine, or on a Dask cluster."""

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from tracker.errors import TrackerError
from tracker.services.recompute_lanes import Lanes

DASK = "dask://"
MISSING = "Dask is not installed here. Install the packages dask and distributed, or use --workers instead"
SECONDS_TO_ANSWER = 10
# To start two processes takes about this long.
WORTH_SECONDS = 2.0
# One process writes what all others found: more of them would wait for it.
MOST = 4
# How far they stand back (``nice``): were all equal, the one that writes, whom the others wait for once they are some
# chunks ahead, would get an equal share only.
POLITE = 10


class NoExecutor(TrackerError):
    """The work cannot be done there; the message says what to do."""


def processors() -> int:
    """As many processes as are worth starting here: one for each processor this process may use, ``MOST`` at most."""
    # Within a container, or where a service was given some of them, the machine may have more than may be used.
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, MOST)


@contextmanager
def opened(workers: int, address: str | None) -> Iterator[Lanes]:
    """So many processes, or the cluster whose scheduler is at ``dask://HOST:PORT``.

    Raises:
        NoExecutor: there is no cluster at the address, or Dask is not installed.
    """
    if address is not None:
        with _cluster(address) as lanes:
            yield lanes
    elif workers == 1:
        yield Lanes()
    else:
        # Spawned, not forked: a child must not share the parent's connections.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context, initializer=give_way) as pool:
            yield Lanes(pool, workers, WORTH_SECONDS)


def give_way() -> None:
    """Let the process that writes, and whoever else uses this machine, have a processor first."""
    if hasattr(os, "nice"):
        os.nice(POLITE)


@contextmanager
def _cluster(address: str) -> Iterator[Lanes]:
    if not address.startswith(DASK) or ":" not in address.removeprefix(DASK):
        raise NoExecutor(f"{address} is no address of a cluster. Write it like {DASK}scheduler.example:8786")
    try:
        from distributed import Client
    except ImportError as error:
        raise NoExecutor(MISSING) from error
    try:
        client = Client(f"tcp://{address.removeprefix(DASK)}", timeout=SECONDS_TO_ANSWER)
    except (OSError, ValueError) as error:
        raise NoExecutor(f"No cluster answers at {address}. Start a scheduler there, or use --workers") from error
    with client:
        lanes = sum(client.nthreads().values())
        if not lanes:
            raise NoExecutor(f"The cluster at {address} has no workers. Start some, then try again")
        # pure=False: an order is done when it is asked for, not answered from an earlier run.
        with client.get_executor(pure=False) as executor:
            yield Lanes(executor, lanes)
