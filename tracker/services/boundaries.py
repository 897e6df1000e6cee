"""Record what has crossed into upcoming, due or overdue, and refresh the plans whose day has come."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import compress
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tracker import marks
from tracker.clock import Clock
from tracker.engine.status import Status, crossings, next_boundary
from tracker.engine.types import Flag
from tracker.models import Clinic, DueItem, FailedDuring, StatusEvent, Survivor
from tracker.services import as_stored, care_plans, many_rows, plan_failures, reminders, row_ids
from tracker.services.raw_rows import table_of
from tracker.services.writing import insert_new_telling

BATCH = 200
# A crossing is a row or two; the larger the batch, the fewer pages are written twice. It holds the lock for a fraction
# of a second.
CROSSED_AT_ONCE = 1000
A_DAY = timedelta(days=1)
ASKED_BY_HAND = "added"
FLAGS = tuple(flag.value for flag in Flag)
# Of an item the dates, and which kinds of check it belongs to: no reasons, which are most of the row.
READ = tuple(
    as_stored.column(getattr(DueItem, name))
    for name in ("id", "survivor_id", "next_boundary_on", "upcoming_on", "due_on", "overdue_after", *FLAGS)
)


class Reached(NamedTuple):
    """An open item whose next boundary has come. ``flags`` are the kinds of check it belongs to.

    Its ids are as the driver gives them: there are many, and all they are for is to be written back.
    """

    id: Any
    survivor_id: Any
    next_boundary_on: date
    upcoming_on: date
    due_on: date
    overdue_after: date
    flags: tuple[str, ...]


Step = tuple[Reached, Status, date]


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
    found = [_read(row) for row in session.execute(next_reached(clinic.id, today, *READ))]
    # What was reached only after the survivors were held is left to the next batch, and so is the rest.
    items = [item for item in found if item.survivor_id in held]
    done.more = len(found) == CROSSED_AT_ONCE or len(items) < len(found)
    steps = [step for item in items for step in _steps(item, today)]
    done.counts["items"] += len(items)
    _record(session, steps, clock, done.counts)
    marks.passed("cross.events_written")
    _move_on(session, items, today)
    marks.passed("cross.moved_on")
    done.counts["reminders"] += reminders.plan(session, clinic, _furthest(steps), clock=clock)
    marks.passed("cross.reminders_written")
    return done


def _hold(session: Session, clinic: Clinic, today: date) -> set[Any]:
    """Hold the survivors of the next items, as every edit does: nobody closes an item while it is being crossed."""
    theirs = next_reached(clinic.id, today, DueItem.survivor_id)
    query = sa.select(as_stored.column(Survivor.id)).where(Survivor.id.in_(theirs)).order_by(Survivor.id)
    return set(session.scalars(query.with_for_update(key_share=True)))


def _read(row: sa.Row[Any]) -> Reached:
    item_id, survivor_id, boundary, upcoming, due, overdue, *flags = tuple(row)
    day = as_stored.day
    return Reached(item_id, survivor_id, day(boundary), day(upcoming), day(due), day(overdue), _flags(flags))


def _flags(asked: Sequence[bool]) -> tuple[str, ...]:
    """The kinds of check by name; "added" when only a clinician asked for it."""
    return tuple(compress(FLAGS, asked)) or (ASKED_BY_HAND,)


def _steps(item: Reached, today: date) -> list[Step]:
    """What an item crosses by today, in order."""
    return [(item, status, on) for status, on in crossings(item, item.next_boundary_on - A_DAY, today)]


def _record(session: Session, steps: Sequence[Step], clock: Clock, counts: Counter[str]) -> None:
    """Write the events that are not there yet; an item that took a step counts once, whatever its flags."""
    at = as_stored.instant(clock.now())
    flagged = [(item, flag, status, on) for item, status, on in steps for flag in item.flags]
    ids = row_ids.rising(clock.now(), len(flagged))
    rows = [_event(event_id, *each, at) for event_id, each in zip(ids, flagged, strict=True)]
    new = insert_new_telling(session, as_stored.table(StatusEvent), rows, "due_item_id", "status")
    counts["events"] += len(new)
    counts.update(status for _, status in {tuple(row) for row in new})


def _event(event_id: str, item: Reached, flag: str, status: Status, on: date, at: str) -> dict[str, Any]:
    """The row that says that an item reached a status on a day, for one of its flags."""
    return {
        "id": event_id,
        "due_item_id": item.id,
        "survivor_id": item.survivor_id,
        "flag": flag,
        "status": status.value,
        "boundary_on": str(on),
        "recorded_at": at,
    }


def _move_on(session: Session, items: Iterable[Reached], today: date) -> None:
    """Each item to its own next boundary."""
    following = ((next_boundary(item, today), item.id) for item in items)
    moved = [(on and str(on), str(item_id)) for on, item_id in following]
    many_rows.update(session.connection(), table_of(DueItem), ("next_boundary_on",), moved)


def _furthest(steps: Iterable[Step]) -> dict[UUID, Status]:
    """The furthest status that any of a survivor's items came to."""
    order = list(Status)
    furthest: dict[Any, Status] = {}
    for item, status, _ in steps:
        furthest[item.survivor_id] = max(status, furthest.get(item.survivor_id, status), key=order.index)
    return {UUID(str(survivor_id)): status for survivor_id, status in furthest.items()}
