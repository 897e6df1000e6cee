"""The one state a survivor is in. What a person decided is stored; what follows from dates is worked out here,
once as SQL over many and once in Python for one (a test holds the two together)."""

from datetime import date
from enum import StrEnum

import sqlalchemy as sa

from tracker.models import Standing, Survivor


class State(StrEnum):
    """Every survivor is always in exactly one; their counts add up to everyone."""

    OVERDUE = "overdue"
    DUE = "due"
    BOOKED = "booked"
    NOT_YET_DUE = "not_yet_due"
    AWAITING_SUMMARY = "awaiting_summary"
    BEING_TRACED = "being_traced"
    DECLINED = "declined"
    ON_TREATMENT = "on_treatment"
    TRANSFERRED_UNACKNOWLEDGED = "transferred_unacknowledged"
    TRANSFERRED = "transferred"
    LOST = "lost"
    DECEASED = "deceased"


BY_STANDING = {
    Standing.ON_TREATMENT: State.ON_TREATMENT,
    Standing.BEING_TRACED: State.BEING_TRACED,
    Standing.DECLINED: State.DECLINED,
    Standing.LOST: State.LOST,
}


def state_of(survivor: Survivor, today: date) -> State:
    """The survivor's state on a day. Decided standings come before dates, a booking before being due."""
    if survivor.deceased_on is not None:
        return State.DECEASED
    if survivor.standing == Standing.TRANSFERRED:
        return State.TRANSFERRED if survivor.acknowledged_on else State.TRANSFERRED_UNACKNOWLEDGED
    if survivor.standing != Standing.ACTIVE:
        return BY_STANDING[Standing(survivor.standing)]
    return _state_by_dates(survivor, today)


def _state_by_dates(survivor: Survivor, today: date) -> State:
    if not survivor.has_plan:
        return State.AWAITING_SUMMARY
    if survivor.booked_on is not None and survivor.booked_on >= today:
        return State.BOOKED
    if survivor.next_overdue_on is not None and survivor.next_overdue_on <= today:
        return State.OVERDUE
    if survivor.next_due_on is not None and survivor.next_due_on <= today:
        return State.DUE
    return State.NOT_YET_DUE


def state_case(today: date) -> sa.ColumnElement[str]:
    """The SQL twin of ``state_of``: an expression over ``survivors``."""
    decided = [(Survivor.standing == standing, state.value) for standing, state in BY_STANDING.items()]
    moved = Survivor.standing == Standing.TRANSFERRED
    return sa.case(
        (Survivor.deceased_on.is_not(None), State.DECEASED.value),
        (sa.and_(moved, Survivor.acknowledged_on.is_not(None)), State.TRANSFERRED.value),
        (moved, State.TRANSFERRED_UNACKNOWLEDGED.value),
        *decided,
        (sa.not_(Survivor.has_plan), State.AWAITING_SUMMARY.value),
        (Survivor.booked_on >= today, State.BOOKED.value),
        (Survivor.next_overdue_on <= today, State.OVERDUE.value),
        (Survivor.next_due_on <= today, State.DUE.value),
        else_=State.NOT_YET_DUE.value,
    )
