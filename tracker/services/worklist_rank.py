"""Who comes first: the order of a worklist as expressions over the stored dates, and a place in it.

The order is rank, then the date that gave the rank (longest first), then id: total, so that paging never skips
or repeats anyone.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from uuid import UUID

import sqlalchemy as sa

from tracker.models import Survivor
from tracker.services.states import State, state_case

FAR = date(9999, 12, 31)


class Rank(IntEnum):
    """Most at risk first."""

    RECURRENCE_OVERDUE = 0
    OVERDUE = 1
    RECURRENCE_DUE = 2
    DUE = 3
    BEING_TRACED = 4
    AWAITING_SUMMARY = 5
    TRANSFERRED_UNACKNOWLEDGED = 6
    REVIEW_REACHED = 7
    BOOKED = 8
    UPCOMING = 9
    NOT_YET_DUE = 10
    DECLINED = 11
    ON_TREATMENT = 12
    LOST = 13
    TRANSFERRED = 14
    DECEASED = 15


# States that rest until the day on which the decision is looked at again.
REVIEWED = {State.DECLINED: Rank.DECLINED, State.ON_TREATMENT: Rank.ON_TREATMENT, State.LOST: Rank.LOST}
# Ranks on which somebody at the clinic has to act; the worklist shows these unless asked for others.
LAST_TO_ACT_ON = Rank.REVIEW_REACHED


def rank_case(today: date) -> sa.ColumnElement[int]:
    """A survivor's rank on a day, as an expression over ``survivors``."""
    return sa.case(
        {
            State.OVERDUE.value: _either(
                Survivor.recurrence_overdue_on <= today, Rank.RECURRENCE_OVERDUE, Rank.OVERDUE
            ),
            State.DUE.value: _either(Survivor.recurrence_due_on <= today, Rank.RECURRENCE_DUE, Rank.DUE),
            **{
                state.value: _either(Survivor.review_on <= today, Rank.REVIEW_REACHED, rank)
                for state, rank in REVIEWED.items()
            },
            State.NOT_YET_DUE.value: _either(Survivor.next_upcoming_on <= today, Rank.UPCOMING, Rank.NOT_YET_DUE),
            State.BEING_TRACED.value: int(Rank.BEING_TRACED),
            State.AWAITING_SUMMARY.value: int(Rank.AWAITING_SUMMARY),
            State.TRANSFERRED_UNACKNOWLEDGED.value: int(Rank.TRANSFERRED_UNACKNOWLEDGED),
            State.BOOKED.value: int(Rank.BOOKED),
            State.TRANSFERRED.value: int(Rank.TRANSFERRED),
        },
        value=state_case(today),
        else_=int(Rank.DECEASED),
    )


def since_case(today: date) -> sa.ColumnElement[date]:
    """The date that gave the rank: overdue or due since, review on, booked for, next due; the far end if none."""
    overdue, due = Survivor.recurrence_overdue_on, Survivor.recurrence_due_on
    since = sa.case(
        {
            State.OVERDUE.value: sa.case((overdue <= today, overdue), else_=Survivor.next_overdue_on),
            State.DUE.value: sa.case((due <= today, due), else_=Survivor.next_due_on),
            State.NOT_YET_DUE.value: Survivor.next_due_on,
            State.AWAITING_SUMMARY.value: Survivor.enrolled_on,
            State.BOOKED.value: Survivor.booked_on,
            State.DECLINED.value: Survivor.review_on,
            **{state.value: _reviewed_since(today) for state in REVIEWED if state != State.DECLINED},
            State.DECEASED.value: Survivor.deceased_on,
        },
        value=state_case(today),
        else_=Survivor.standing_since,
    )
    return sa.func.coalesce(since, sa.literal(FAR, sa.Date))


def _reviewed_since(today: date) -> sa.ColumnElement[date]:
    return sa.case((Survivor.review_on <= today, Survivor.review_on), else_=Survivor.standing_since)


def _either(condition: sa.ColumnElement[bool], first: Rank, second: Rank) -> sa.ColumnElement[int]:
    return sa.case((condition, int(first)), else_=int(second))


@dataclass(frozen=True, slots=True)
class Place:
    """Where one survivor stands in the order; a page begins after one, or ends before one."""

    rank: int
    since: date
    id: UUID

    def token(self) -> str:
        """The place as a word for an address: opaque, and without anything personal."""
        written = f"{self.rank}.{self.since.isoformat()}.{self.id.hex}"
        return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, token: str) -> "Place | None":
        """The place a token names; None for anything that is not one (the list then starts at the top)."""
        try:
            written = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode("ascii")
            rank, since, id_ = written.split(".")
            return cls(int(rank), date.fromisoformat(since), UUID(hex=id_))
        except (ValueError, binascii.Error):
            return None


def comes_after(place: Place, today: date, *, backwards: bool = False) -> sa.ColumnElement[bool]:
    """Those who come after a place in the order (before it, going backwards)."""
    columns = [rank_case(today), since_case(today), Survivor.id]
    values = [sa.literal(place.rank), sa.literal(place.since, sa.Date), sa.literal(place.id, sa.Uuid)]
    here, there = sa.tuple_(*columns), sa.tuple_(*values)
    return here < there if backwards else here > there
