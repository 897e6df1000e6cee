"""Record what has crossed into upcoming, due or overdue, and refresh the plans whose day has come."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tracker import marks
from tracker.clock import Clock
from tracker.models import Clinic, DueItem, FailedDuring, Survivor
from tracker.services import as_stored, care_plans, crossing_rows, plan_failures, reminders

BATCH = 200
# A crossing is a row or two; the larger the batch, the fewer pages are written twice. It holds the lock for a fraction
# of a second.
CROSSED_AT_ONCE = 1000


class Reached(NamedTuple):
    """An open item whose next boundary has come, by ids as the driver gives them; and is that worth a message?"""

    item_id: Any
    survivor_id: Any
    worth_telling: bool


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
    marks.passed("refresh.held")
    for survivor in found:
        _refresh_one(session, survivor, done, clock)
    done.more = len(found) == BATCH
    return done, ids[-1] if ids else after


def _refresh_one(session: Session, survivor: Survivor, done: Crossed, clock: Clock) -> None:
    survivor_id = survivor.id
    try:
        with session.begin_nested():
            change = care_plans.refresh(session, survivor, clock=clock)
            marks.passed("refresh.one_written")
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


def next_reached(clinic_id: UUID, today: date, *columns: Any) -> sa.Select[Any]:
    """These columns of the next items to process, oldest boundary first.

    In the order of the index and no other: to sort a day's items further would read all of them for each batch.
    """
    query = sa.select(*columns).where(reached(clinic_id, today))
    return query.order_by(DueItem.next_boundary_on).limit(CROSSED_AT_ONCE)


def cross_batch(session: Session, clinic: Clinic, *, clock: Clock) -> Crossed:
    """Process the next open items whose next boundary has been reached, oldest boundary first.

    Each crossing is recorded once for each of the item's flags; running this again records nothing. However many
    items there are, the batch is the same few statements.
    """
    today, done = clock.today(clinic.tz), Crossed()
    held = _hold(session, clinic, today)
    marks.passed("cross.held")
    columns = as_stored.column(DueItem.id), as_stored.column(DueItem.survivor_id)
    worth = crossing_rows.crosses_any(reminders.WORTH_A_MESSAGE, today)
    found = [Reached._make(row) for row in session.execute(next_reached(clinic.id, today, *columns, worth))]
    # What was reached only after the survivors were held is left to the next batch, and so is the rest.
    items = [each for each in found if each.survivor_id in held]
    done.more = len(found) == CROSSED_AT_ONCE or len(items) < len(found)
    if items:
        _cross(session, clinic, items, done.counts, clock)
    return done


def _cross(session: Session, clinic: Clinic, items: Sequence[Reached], counts: Counter[str], clock: Clock) -> None:
    today, ids = clock.today(clinic.tz), [each.item_id for each in items]
    new = crossing_rows.record(session, ids, today, clock.now())
    marks.passed("cross.events_written")
    crossing_rows.move_on(session, ids, today)
    marks.passed("cross.moved_on")
    whose = {each.survivor_id for each in items if each.worth_telling}
    counts["reminders"] += reminders.plan(session, clinic, [UUID(str(each)) for each in whose], clock=clock)
    marks.passed("cross.reminders_written")
    counts["items"] += len(ids)
    counts["events"] += len(new)
    # An item that took a step counts once, whatever its flags.
    counts.update(status for _, status in {tuple(row) for row in new})


def _hold(session: Session, clinic: Clinic, today: date) -> set[Any]:
    """Hold the survivors of the next items, as every edit does: nobody closes an item while it is being crossed."""
    theirs = next_reached(clinic.id, today, DueItem.survivor_id)
    query = sa.select(as_stored.column(Survivor.id)).where(Survivor.id.in_(theirs)).order_by(Survivor.id)
    return set(session.scalars(query.with_for_update(key_share=True)))
