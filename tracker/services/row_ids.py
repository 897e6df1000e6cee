"""Ids that rise with time, for rows of which many are written at once and nobody is shown the id."""

import os
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

# The first digit of the second half holds two bits of the version's variant, and two by chance.
VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def rising(now: datetime, count: int) -> list[str]:
    """So many ids of rows written now, as text: UUIDs of version 7, which begin with the instant (RFC 9562, 5.7).

    Wholly random ids send each new row to another page of the index; these all go to its end. Two of one millisecond
    still differ in 74 random bits.
    """
    begins = f"{int(now.timestamp() * 1000):012x}7"
    drawn = os.urandom(10 * count).hex()
    each = (drawn[at : at + 19] for at in range(0, 20 * count, 20))
    return [f"{begins}{some[:3]}{VARIANT[some[3]]}{some[4:]}" for some in each]


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
