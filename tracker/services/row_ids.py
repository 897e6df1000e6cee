"""Ids that rise with time, for rows of which many are written at once and nobody is shown the id."""

import os
from array import array
from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from threading import Lock
from uuid import UUID

import sqlalchemy as sa

# The second half begins with the bits 10, which is its variant.
VARIANT = 1 << 63


class _Last:
    """The last id that this process made: its millisecond, the three digits after it, and its second half."""

    def __init__(self) -> None:
        self.lock, self.instant, self.middle, self.half = Lock(), -1, "", 0

    def go_on(self, instant: int, steps: Sequence[int]) -> tuple[str, list[int]]:
        """The digits, and the halves that follow, so many steps further each; of another millisecond by chance."""
        with self.lock:
            if instant != self.instant:
                chance = os.urandom(10)
                self.instant, self.middle = instant, chance.hex()[:3]
                # One bit less than there are: room for half a thousand million ids.
                self.half = VARIANT | int.from_bytes(chance[2:]) >> 3
            halves = list(accumulate(steps, initial=self.half))
            self.half = halves[-1]
            return self.middle, halves[1:]


_last = _Last()


def rising(now: datetime, count: int) -> list[str]:
    """So many ids of rows written now, as text: UUIDs of version 7, which begin with the instant (RFC 9562, 5.7).

    Wholly random ids send each new row to another page of the index; these all go to its end. Within a millisecond they
    rise by steps of chance from a beginning of chance (6.2, method 2): many rows are written at one instant, and nobody
    can foresee their ids.
    """
    instant = int(now.timestamp() * 1000)
    # A step of nothing would be the same id again.
    steps = [step + 1 for step in array("I", os.urandom(4 * count))]
    middle, halves = _last.go_on(instant, steps)
    begins = f"{instant:012x}7{middle}"
    return [f"{begins}{half:x}" for half in halves]


def rising_in_sql(now: datetime, dialect: str) -> sa.ColumnElement[UUID]:
    """``rising``, for rows that a statement writes: another one for each row."""
    begins = sa.literal(f"{int(now.timestamp() * 1000):012x}7")
    if dialect == "sqlite":
        parts = (_random_hex(2, 3), "8", _random_hex(8, 15))
        return sa.type_coerce(begins + parts[0] + parts[1] + parts[2], sa.Uuid)
    drawn = sa.func.replace(sa.cast(sa.func.gen_random_uuid(), sa.Text), "-", "")
    # The second half of a random UUID of version 4 begins with the same variant.
    return sa.cast(begins + sa.func.substr(drawn, 14), sa.Uuid)


def _random_hex(size: int, digits: int) -> sa.Function[str]:
    return sa.func.substr(sa.func.lower(sa.func.hex(sa.func.randomblob(size))), 1, digits, type_=sa.Text)
