"""How often Python looks for garbage while a long command runs."""

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
