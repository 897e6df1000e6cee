"""Where a survivor stands in the order of the worklist, as columns that the database works out of the survivor's own.

A place holds from ``placed_on`` until the day before ``place_until``. Nobody writes ``place_rank``, ``place_since`` and
``place_until``: whatever changes a date or a decision changes them with it. Whoever finds ``placed_on`` after today, or
``place_until`` not after it, compares the dates with today instead (``services.places``), so that a place is never
wrong, only looked up or worked out. The job moves ``placed_on`` to today wherever a place has ended.

The texts below are the same on both databases. ``migrations/versions/0016_listed_places.py`` holds them as they were
then; the numbers are those of ``services.worklist_rank.Rank``.
"""

import sqlalchemy as sa

ENDLESS, ENDED = "'9999-12-31'", "'0001-01-01'"
# The dates of the open items that a survivor's row summarises: a place that follows from dates can change on these.
DATES = ("next_upcoming_on", "next_due_on", "next_overdue_on", "recurrence_due_on", "recurrence_overdue_on")

RANK = (
    "CASE WHEN deceased_on IS NOT NULL THEN 15"
    " WHEN standing = 'transferred' AND acknowledged_on IS NOT NULL THEN 14"
    " WHEN standing = 'transferred' THEN 6"
    " WHEN standing = 'being_traced' THEN 4"
    " WHEN standing <> 'active' AND review_on <= placed_on THEN 7"
    " WHEN standing = 'declined' THEN 11"
    " WHEN standing = 'on_treatment' THEN 12"
    " WHEN standing = 'lost' THEN 13"
    " WHEN NOT has_plan THEN 5"
    " WHEN booked_on >= placed_on THEN 8"
    " WHEN next_overdue_on <= placed_on AND recurrence_overdue_on <= placed_on THEN 0"
    " WHEN next_overdue_on <= placed_on THEN 1"
    " WHEN next_due_on <= placed_on AND recurrence_due_on <= placed_on THEN 2"
    " WHEN next_due_on <= placed_on THEN 3"
    " WHEN next_upcoming_on <= placed_on THEN 9"
    " ELSE 10 END"
)
_SINCE = (
    "CASE WHEN deceased_on IS NOT NULL THEN deceased_on"
    " WHEN standing = 'declined' THEN review_on"
    " WHEN standing IN ('on_treatment', 'lost') AND review_on <= placed_on THEN review_on"
    " WHEN standing <> 'active' THEN standing_since"
    " WHEN NOT has_plan THEN enrolled_on"
    " WHEN booked_on >= placed_on THEN booked_on"
    " WHEN next_overdue_on <= placed_on AND recurrence_overdue_on <= placed_on THEN recurrence_overdue_on"
    " WHEN next_overdue_on <= placed_on THEN next_overdue_on"
    " WHEN next_due_on <= placed_on AND recurrence_due_on <= placed_on THEN recurrence_due_on"
    " ELSE next_due_on END"
)
SINCE = f"coalesce({_SINCE}, {ENDLESS})"


def _first_after(dates: tuple[str, ...]) -> str:
    """The branches of a CASE that give the first of these dates after ``placed_on``."""

    def is_first(date: str) -> str:
        others = (other for other in dates if other != date)
        return " AND ".join(
            [f"{date} > placed_on", *(f"({o} IS NULL OR {o} <= placed_on OR {o} >= {date})" for o in others)]
        )

    return " ".join(f"WHEN {is_first(date)} THEN {date}" for date in dates)


# A booking holds through its day; giving up its place on that day already spares adding a day, which the two databases
# write differently, and leaves those of one clinic day to be worked out.
UNTIL = (
    f"CASE WHEN placed_on IS NULL THEN {ENDED}"
    f" WHEN deceased_on IS NOT NULL THEN {ENDLESS}"
    " WHEN standing IN ('declined', 'on_treatment', 'lost') AND review_on > placed_on THEN review_on"
    f" WHEN standing <> 'active' OR NOT has_plan THEN {ENDLESS}"
    " WHEN booked_on >= placed_on THEN booked_on"
    f" {_first_after(DATES)}"
    f" ELSE {ENDLESS} END"
)


def place_columns() -> list[sa.Column[object]]:
    """The columns, which no mapped class has: they are looked for, never read into an object or written from one."""
    return [
        sa.Column("place_rank", sa.Integer, sa.Computed(RANK)),
        sa.Column("place_since", sa.Date, sa.Computed(SINCE)),
        sa.Column("place_until", sa.Date, sa.Computed(UNTIL)),
    ]
