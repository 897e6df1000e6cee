"""Status follows from three dates and today; the next boundary is when it changes."""

from datetime import date, timedelta

import pytest

from tracker.engine.status import ItemDates, Status, boundaries, crossings, next_boundary, status_of, status_on

UPCOMING, DUE, LAST = date(2026, 4, 2), date(2026, 6, 1), date(2026, 8, 30)
DATES = ItemDates(UPCOMING, DUE, LAST)


@pytest.mark.parametrize(
    ("today", "status"),
    [
        (date(2020, 1, 1), Status.PLANNED),
        (date(2026, 4, 1), Status.PLANNED),
        (date(2026, 4, 2), Status.UPCOMING),
        (date(2026, 4, 3), Status.UPCOMING),
        (date(2026, 5, 31), Status.UPCOMING),
        (date(2026, 6, 1), Status.DUE),
        (date(2026, 6, 2), Status.DUE),
        (date(2026, 8, 29), Status.DUE),
        (date(2026, 8, 30), Status.DUE),
        (date(2026, 8, 31), Status.OVERDUE),
        (date(2030, 1, 1), Status.OVERDUE),
    ],
)
def test_the_status_is_the_furthest_whose_date_is_reached(today: date, status: Status) -> None:
    assert status_on(UPCOMING, DUE, LAST, today) is status
    assert status_of(DATES, today) is status


@pytest.mark.parametrize(
    ("today", "boundary"),
    [
        (date(2020, 1, 1), date(2026, 4, 2)),
        (date(2026, 4, 1), date(2026, 4, 2)),
        (date(2026, 4, 2), date(2026, 6, 1)),
        (date(2026, 5, 31), date(2026, 6, 1)),
        (date(2026, 6, 1), date(2026, 8, 31)),
        (date(2026, 8, 30), date(2026, 8, 31)),
        (date(2026, 8, 31), None),
        (date(2030, 1, 1), None),
    ],
)
def test_the_next_boundary_is_the_day_the_status_changes(today: date, boundary: date | None) -> None:
    assert next_boundary(DATES, today) == boundary


def test_walking_from_boundary_to_boundary_meets_every_status_once() -> None:
    today: date | None = date(2020, 1, 1)
    met = []
    while today is not None:
        met.append(status_of(DATES, today))
        today = next_boundary(DATES, today)
    assert met == [Status.PLANNED, Status.UPCOMING, Status.DUE, Status.OVERDUE]


def test_between_two_boundaries_the_status_never_changes() -> None:
    day = date(2026, 3, 1)
    while day < date(2026, 10, 1):
        following = day + timedelta(days=1)
        changed = status_of(DATES, day) is not status_of(DATES, following)
        assert changed == (next_boundary(DATES, day) == following)
        day = following


def test_crossings_are_those_reached_by_today_and_not_yet_recorded() -> None:
    assert crossings(DATES, None, date(2026, 4, 1)) == []
    assert crossings(DATES, None, date(2026, 4, 2)) == [(Status.UPCOMING, date(2026, 4, 2))]
    assert crossings(DATES, date(2026, 4, 2), date(2026, 6, 1)) == [(Status.DUE, date(2026, 6, 1))]
    assert crossings(DATES, date(2026, 4, 2), date(2026, 4, 30)) == []
    assert crossings(DATES, None, date(2030, 1, 1)) == [
        (Status.UPCOMING, date(2026, 4, 2)),
        (Status.DUE, date(2026, 6, 1)),
        (Status.OVERDUE, date(2026, 8, 31)),
    ]


def test_a_night_missed_is_picked_up_by_the_next_run() -> None:
    in_one_go = crossings(DATES, date(2026, 4, 2), date(2026, 9, 1))
    first = crossings(DATES, date(2026, 4, 2), date(2026, 6, 1))
    second = crossings(DATES, date(2026, 6, 1), date(2026, 9, 1))
    assert in_one_go == first + second


def test_an_item_may_be_overdue_the_day_after_it_is_due() -> None:
    strict = ItemDates(date(2026, 4, 2), date(2026, 6, 1), date(2026, 6, 1))
    assert status_of(strict, date(2026, 6, 1)) is Status.DUE
    assert status_of(strict, date(2026, 6, 2)) is Status.OVERDUE
    assert next_boundary(strict, date(2026, 6, 1)) == date(2026, 6, 2)


def test_the_end_of_the_calendar_is_no_error() -> None:
    assert boundaries(ItemDates(date.max, date.max, date.max))[-1] == (Status.OVERDUE, date.max)


def test_statuses_are_stored_by_their_plain_names() -> None:
    assert [status.value for status in Status] == ["planned", "upcoming", "due", "overdue"]
