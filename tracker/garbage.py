"""How often Python looks for garbage: while a long command runs, and in a server."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Look seldom: of the thousands of rows that come and go, or stay until the end, none refers to another in a ring.

    To look among the rows of a table that comes in took a fifth of the time.
    """
    usual = gc.get_threshold()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def keep_what_is_here() -> None:
    """Never again look among what a server holds once it has started: its libraries, which stay until it ends.

    To look through them took as long as two pages, and one page in twenty waited for it. What comes later is looked
    through as before, though less often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
