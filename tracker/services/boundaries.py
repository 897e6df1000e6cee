"""Record what has crossed into upcoming, due or overdue, and refresh the plans whose day has come."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.status import Status, crossings, next_boundary
from tracker.models import Clinic, DueItem, FailedDuring, StatusEvent, Survivor
from tracker.services import care_plans, plan_failures, reminders
from tracker.services.writing import insert_new

BATCH = 200
A_DAY = timedelta(days=1)


@dataclass
class Crossed:
    """What one batch did. ``more``: another batch may find more to do."""

    counts: Counter[str] = field(default_factory=Counter)
    failed: list[UUID] = field(default_factory=list)
    more: bool = False

    def did_anything(self) -> bool:
        return any(self.counts.values()) or bool(self.failed)


def clinics(session: Session) -> list[Clinic]:
    """Every clinic, in a fixed order."""
    return list(session.scalars(sa.select(Clinic).order_by(Clinic.name, Clinic.id)))


def refresh_batch(session: Session, clinic: Clinic, *, after: UUID | None, clock: Clock) -> tuple[Crossed, UUID | None]:
    """Refresh up to 200 survivors whose plan no longer holds today, in the order of their ids.

    A survivor whose plan cannot be worked out steps aside, named in ``failed``, and holds nobody else up. The rows
    are held until the batch ends, so that nobody edits a record between its being read and its plan being stored.
    """
    today, done = clock.today(clinic.tz), Crossed()
    query = sa.select(Survivor).where(Survivor.clinic_id == clinic.id, Survivor.plan_holds_until <= today)
    if after is not None:
        query = query.where(Survivor.id > after)
    found = list(session.scalars(query.order_by(Survivor.id).limit(BATCH).with_for_update()))
    ids = [survivor.id for survivor in found]
    for survivor in found:
        _refresh_one(session, survivor, done, clock)
    done.more = len(found) == BATCH
    return done, ids[-1] if ids else after


def _refresh_one(session: Session, survivor: Survivor, done: Crossed, clock: Clock) -> None:
    survivor_id = survivor.id
    try:
        with session.begin_nested():
            change = care_plans.refresh(session, survivor, clock=clock)
    except OperationalError:
        # The database is gone or locked: that is nobody's record, and the whole batch must be tried again.
        raise
    except Exception as error:  # whatever is wrong with one record must not stop the night of all the others
        plan_failures.note(session, survivor_id, FailedDuring.TICK, error, clock=clock)
        done.failed.append(survivor_id)
        return
    done.counts["refreshed"] += 1
    done.counts["opened"] += len(change.opened)
    done.counts["closed"] += len(change.closed)


def reached(clinic_id: UUID, today: date) -> sa.ColumnElement[bool]:
    """The open items of a clinic whose next boundary has come: what the partial index holds, and nothing else."""
    return sa.and_(DueItem.clinic_id == clinic_id, DueItem.next_boundary_on <= today, DueItem.closed_on.is_(None))


def anything_reached(session: Session, clinic: Clinic, *, clock: Clock) -> bool:
    """Has any item reached a boundary that is not yet recorded?"""
    query = sa.select(DueItem.id).where(reached(clinic.id, clock.today(clinic.tz))).limit(1)
    return session.scalar(query) is not None


def next_reached(clinic_id: UUID, today: date) -> sa.Select[UUID, UUID]:
    """The next 200 items to process, oldest boundary first."""
    return (
        sa.select(DueItem.id, DueItem.survivor_id)
        .where(reached(clinic_id, today))
        .order_by(DueItem.next_boundary_on, DueItem.id)
        .limit(BATCH)
    )


def cross_batch(session: Session, clinic: Clinic, *, clock: Clock) -> Crossed:
    """Process up to 200 open items whose next boundary has been reached, oldest boundary first.

    Each crossing is recorded once for each of the item's flags; running this again records nothing.
    """
    today, done = clock.today(clinic.tz), Crossed()
    found = session.execute(next_reached(clinic.id, today)).all()
    done.more = len(found) == BATCH
    _hold(session, {survivor_id for _, survivor_id in found})
    furthest: dict[UUID, Status] = {}
    for item in _still_reached(session, clinic, [item_id for item_id, _ in found], today):
        _cross(session, item, today, clock, done.counts, furthest)
        done.counts["items"] += 1
    done.counts["reminders"] += reminders.plan(session, clinic, furthest, clock=clock)
    return done


def _hold(session: Session, survivor_ids: Iterable[UUID]) -> None:
    """Hold the survivors' rows, as every edit does: an item is not closed by somebody while it is being crossed."""
    query = sa.select(Survivor.id).where(Survivor.id.in_(survivor_ids)).order_by(Survivor.id)
    session.execute(query.with_for_update(key_share=True))


def _still_reached(session: Session, clinic: Clinic, ids: list[UUID], today: date) -> list[DueItem]:
    query = sa.select(DueItem).where(DueItem.id.in_(ids), reached(clinic.id, today))
    return list(session.scalars(query.order_by(DueItem.next_boundary_on, DueItem.id)))


def _cross(
    session: Session, item: DueItem, today: date, clock: Clock, counts: Counter[str], furthest: dict[UUID, Status]
) -> None:
    boundary = item.next_boundary_on
    steps = crossings(item, None if boundary is None else boundary - A_DAY, today)
    for status, on in steps:
        new = insert_new(session, StatusEvent, [event(item, flag, status, on, clock) for flag in flags(item)])
        counts["events"] += new
        counts[status.value] += bool(new)
        furthest[item.survivor_id] = max_status(furthest.get(item.survivor_id), status)
    item.next_boundary_on = next_boundary(item, today)


def event(item: DueItem, flag: str, status: Status, on: date, clock: Clock) -> dict[str, Any]:
    """The row that says that an item reached a status on a day, for one of its flags."""
    return {
        "due_item_id": item.id,
        "survivor_id": item.survivor_id,
        "flag": flag,
        "status": status.value,
        "boundary_on": on,
        "recorded_at": clock.now(),
    }


def flags(item: DueItem) -> list[str]:
    """The kinds of check an item belongs to; "added" when only a clinician asked for it."""
    return [flag.value for flag in item.flags()] or ["added"]


def max_status(one: Status | None, other: Status) -> Status:
    order = list(Status)
    return other if one is None or order.index(other) > order.index(one) else one
