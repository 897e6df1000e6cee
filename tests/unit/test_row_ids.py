"""Ids for rows by the thousand: they rise with time, are all different, and are what any UUID is."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from tracker.services.row_ids import rising

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_they_are_ids_of_version_7() -> None:
    found = [UUID(text) for text in rising(NOW, 500)]
    assert {(each.version, each.variant) for each in found} == {(7, "specified in RFC 4122")}
    assert len(set(found)) == 500


def test_each_millisecond_begins_by_chance() -> None:
    found = [UUID(rising(NOW + timedelta(milliseconds=number), 1)[0]) for number in range(500)]
    drawn = [each.int & ((1 << 62) - 1) | (each.int >> 64 & 0xFFF) << 62 for each in found]
    # Every free bit is sometimes set and sometimes not; but for one, so that there is room to rise.
    kept = 1 << 61
    assert all(0 < sum(each >> bit & 1 for each in drawn) < 500 for bit in range(74) if 1 << bit != kept)
    assert not any(each & kept for each in drawn)


def test_those_of_one_instant_rise_whoever_asks_for_them() -> None:
    found = rising(NOW, 300) + rising(NOW, 1) + rising(NOW, 300)
    assert found == sorted(found)
    assert len(set(found)) == 601


def test_nobody_can_tell_the_next_one_from_the_last() -> None:
    numbers = [UUID(text).int & ((1 << 62) - 1) for text in rising(NOW, 500)]
    assert len({after - before for before, after in pairwise(numbers)}) > 490


def test_an_instant_that_comes_again_begins_elsewhere() -> None:
    first = rising(NOW, 5)
    rising(NOW + timedelta(milliseconds=1), 1)
    assert not set(first) & set(rising(NOW, 500))


def test_several_threads_get_different_ones() -> None:
    with ThreadPoolExecutor(4) as pool:
        found = [text for texts in pool.map(lambda _: rising(NOW, 200), range(40)) for text in texts]
    assert len(set(found)) == 8_000


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
