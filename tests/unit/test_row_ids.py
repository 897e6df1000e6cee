"""Ids for rows by the thousand: they rise with time, are all different, and are what any UUID is."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tracker.services.row_ids import rising

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_they_are_ids_of_version_7() -> None:
    found = [UUID(text) for text in rising(NOW, 500)]
    assert {(each.version, each.variant) for each in found} == {(7, "specified in RFC 4122")}
    assert len(set(found)) == 500
    # Every free bit is sometimes set and sometimes not.
    drawn = [each.int & ((1 << 62) - 1) | (each.int >> 64 & 0xFFF) << 62 for each in found]
    assert all(0 < sum(each >> bit & 1 for each in drawn) < 500 for bit in range(74))


def test_they_begin_with_the_instant() -> None:
    [text] = rising(NOW, 1)
    assert int(text[:12], 16) == int(NOW.timestamp() * 1000)


def test_later_ones_sort_after_earlier_ones() -> None:
    earlier = rising(NOW, 50)
    later = rising(NOW + timedelta(milliseconds=1), 50)
    assert max(earlier) < min(later)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_as_many_as_were_asked_for(count: int) -> None:
    assert len(rising(NOW, count)) == count
