"""The order of a clinic's worklist as it is kept: read page by page from an index, counted up to a number, moved on.

A kept place counts from the day it is kept for until the day it ends. Places outside those days are few, as the job
moves them on; they are found by two more indexes and worked out from the dates. So a list is right on every day,
whether or not the job has run, and quick whenever it has.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.models import PLACES, Clinic, Survivor
from tracker.services.states import State, state_case
from tracker.services.worklist_rank import Place, Rank, comes_after, rank_case, since_case

# Numbers of people are exact up to this many; beyond it a list says "more than".
COUNTED_UP_TO = 1_000
BATCH = 500
Conditions = Sequence[sa.ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighboring ranks of the order; of one standing alone, where a rank is shared by several."""

    first: Rank
    last: Rank
    standing: str | None = None


def _reviewed(state: State, resting: Rank) -> tuple[Stretch, ...]:
    return Stretch(Rank.REVIEW_REACHED, Rank.REVIEW_REACHED, state.value), Stretch(resting, resting)


# Where those of each state stand in the order.
STRETCHES: dict[State, tuple[Stretch, ...]] = {
    State.OVERDUE: (Stretch(Rank.RECURRENCE_OVERDUE, Rank.OVERDUE),),
    State.DUE: (Stretch(Rank.RECURRENCE_DUE, Rank.DUE),),
    State.BOOKED: (Stretch(Rank.BOOKED, Rank.BOOKED),),
    State.NOT_YET_DUE: (Stretch(Rank.UPCOMING, Rank.NOT_YET_DUE),),
    State.AWAITING_SUMMARY: (Stretch(Rank.AWAITING_SUMMARY, Rank.AWAITING_SUMMARY),),
    State.BEING_TRACED: (Stretch(Rank.BEING_TRACED, Rank.BEING_TRACED),),
    State.DECLINED: _reviewed(State.DECLINED, Rank.DECLINED),
    State.ON_TREATMENT: _reviewed(State.ON_TREATMENT, Rank.ON_TREATMENT),
    State.TRANSFERRED_UNACKNOWLEDGED: (Stretch(Rank.TRANSFERRED_UNACKNOWLEDGED, Rank.TRANSFERRED_UNACKNOWLEDGED),),
    State.TRANSFERRED: (Stretch(Rank.TRANSFERRED, Rank.TRANSFERRED),),
    State.LOST: _reviewed(State.LOST, Rank.LOST),
    State.DECEASED: (Stretch(Rank.DECEASED, Rank.DECEASED),),
}
EVERYBODY = (Stretch(Rank.RECURRENCE_OVERDUE, Rank.DECEASED),)


@dataclass(frozen=True)
class Order:
    """A part of a clinic's order on a day, narrowed by conditions on the survivors.

    ``among``: the few who may be in it, where they are known; they are looked up, and the order worked out.
    """

    clinic_id: UUID
    today: date
    stretches: tuple[Stretch, ...] = EVERYBODY
    narrowed: tuple[sa.ColumnElement[bool], ...] = ()
    among: tuple[UUID, ...] | None = None

    def query(
        self, *, limit: int | None = None, start: Place | None = None, backwards: bool = False
    ) -> sa.Select[UUID, int, date]:
        """Ids with rank and date, most at risk first; after ``start``, or backwards from it."""
        parts = [self._kept(each, start, backwards) for each in self._looked_up()]
        parts += [self._worked_out(each, start, backwards) for each in self._to_work_out()]
        found = sa.union_all(*(_first(part, limit) for part in parts)).subquery("places")
        keys = [found.c.rank, found.c.since, found.c.id]
        ordered = sa.select(found.c.id, found.c.rank, found.c.since).order_by(*_directed(keys, backwards))
        return cast("sa.Select[UUID, int, date]", ordered.limit(limit))

    def count(self) -> sa.Select[int]:
        """How many there are; where there are more than ``COUNTED_UP_TO``, that and one."""
        parts = [sa.select(PLACES.id).where(*self._kept_where(each)) for each in self._looked_up()]
        parts += [sa.select(PLACES.id).where(*self._worked_out_where(each)) for each in self._to_work_out()]
        # Each part is cut short by itself: a union would be made whole before it is.
        cut = [sa.select(part.limit(COUNTED_UP_TO + 1).subquery().c.id) for part in parts]
        return sa.select(sa.func.count()).select_from(sa.union_all(*cut).subquery())

    def _looked_up(self) -> tuple[Stretch, ...]:
        return self.stretches if self.among is None else ()

    def _to_work_out(self) -> list[Conditions]:
        if self.among is not None:
            # Said as what is not the case, so that nobody is looked for but by id.
            others = sa.not_(sa.or_(PLACES.clinic_id != self.clinic_id, PLACES.withdrawn_at.is_not(None)))
            return [[PLACES.id.in_(self.among), others]]
        return [[*followed(self.clinic_id), whose] for whose in ended(self.today)]

    def _kept(self, part: Stretch, start: Place | None, backwards: bool) -> sa.Select[Any]:
        keys = [PLACES.place_rank, PLACES.place_since, PLACES.id]
        query = sa.select(PLACES.id, PLACES.place_rank.label("rank"), PLACES.place_since.label("since"))
        query = query.where(*self._kept_where(part, start, backwards))
        return query.order_by(*_directed(keys, backwards))

    def _kept_where(self, part: Stretch, start: Place | None = None, backwards: bool = False) -> Conditions:
        found = [*followed(self.clinic_id), *kept(self.today), *_between(part, start, backwards), *self.narrowed]
        return found if part.standing is None else [*found, PLACES.standing == part.standing]

    def _worked_out(self, whose: Conditions, start: Place | None, backwards: bool) -> sa.Select[Any]:
        rank, since = rank_case(self.today).label("rank"), since_case(self.today).label("since")
        query = sa.select(PLACES.id, rank, since).where(*self._worked_out_where(whose))
        if start is not None:
            query = query.where(comes_after(start, self.today, backwards=backwards))
        return query.order_by(*_directed([rank, since, PLACES.id], backwards))

    def _worked_out_where(self, whose: Conditions) -> Conditions:
        rank = rank_case(self.today)
        where = [sa.and_(rank.between(int(part.first), int(part.last)), _standing_is(part)) for part in self.stretches]
        wanted = [] if self.stretches == EVERYBODY else [sa.or_(*where)]
        return [*whose, *wanted, *self.narrowed]


def followed(clinic_id: UUID) -> Conditions:
    """Everybody of a clinic who is followed by a record of their own."""
    return [PLACES.clinic_id == clinic_id, PLACES.withdrawn_at.is_(None)]


def kept(today: date) -> Conditions:
    """Whose kept place holds on a day.

    Said as what is not the case: SQLite would otherwise read the clinic's places by one of these two dates, which
    are nearly all of them, than by the rank and date that a page is in the order of.
    """
    return [sa.not_(sa.or_(PLACES.place_until <= today, PLACES.placed_on > today))]


def ended(today: date) -> list[sa.ColumnElement[bool]]:
    """Whose kept place does not hold on a day: it has ended, or (a clock set back) is one of a later day."""
    return [PLACES.place_until <= today, sa.and_(PLACES.placed_on > today, PLACES.place_until > today)]


def counts(session: Session, clinic_id: UUID, today: date) -> Counter[tuple[Rank, State]]:
    """How many stand at each rank in each state, each counted up to ``COUNTED_UP_TO`` and one: one statement."""
    found: Counter[tuple[Rank, State]] = Counter()
    parts = [_counted_kept(clinic_id, today, *each) for each in _ranks_and_states()]
    parts += [_counted_worked_out(clinic_id, today, whose) for whose in ended(today)]
    for rank, state, number in session.execute(sa.union_all(*parts)):
        found[Rank(rank), State(state)] += number
    return found


def _ranks_and_states() -> list[tuple[Rank, State]]:
    return [
        (Rank(rank), state)
        for state, parts in STRETCHES.items()
        for part in parts
        for rank in range(part.first, part.last + 1)
    ]


def _counted_kept(clinic_id: UUID, today: date, rank: Rank, state: State) -> sa.Select[Any, Any, Any]:
    where = [*followed(clinic_id), *kept(today), PLACES.place_rank == int(rank)]
    if rank == Rank.REVIEW_REACHED:
        where.append(PLACES.standing == state.value)
    some = sa.select(PLACES.id).where(*where).limit(COUNTED_UP_TO + 1).subquery()
    named = sa.literal_column(str(int(rank)), sa.Integer), sa.literal_column(f"'{state.value}'", sa.String)
    return sa.select(*named, sa.func.count()).select_from(some)


def _counted_worked_out(clinic_id: UUID, today: date, whose: sa.ColumnElement[bool]) -> sa.Select[Any, Any, Any]:
    rank, state = rank_case(today).label("rank"), state_case(today).label("state")
    told = sa.select(rank, state).where(*followed(clinic_id), whose).subquery()
    return sa.select(told.c.rank, told.c.state, sa.func.count()).group_by(told.c.rank, told.c.state)


def anything_ended(session: Session, clinic: Clinic, *, clock: Clock) -> bool:
    """Is there a place to move on?"""
    return session.scalar(_to_move(clinic.id, clock.today(clinic.tz)).limit(1)) is not None


def move_on(session: Session, clinic: Clinic, *, clock: Clock) -> int:
    """Keep today's place of up to 500 survivors whose kept one has ended; how many. Running it again adds nothing.

    No version of a record and no plan changes: what is kept follows from what is stored already.
    """
    today = clock.today(clinic.tz)
    ids = list(session.scalars(_to_move(clinic.id, today).limit(BATCH)))
    if ids:
        moved = sa.update(Survivor).where(Survivor.id.in_(ids)).values(placed_on=today)
        session.execute(moved, execution_options={"synchronize_session": False})
    return len(ids)


def _to_move(clinic_id: UUID, today: date) -> sa.Select[UUID]:
    # A place kept for today that ends today is that of somebody booked for today.
    earlier = sa.or_(PLACES.placed_on < today, PLACES.placed_on.is_(None))
    return sa.select(PLACES.id).where(PLACES.clinic_id == clinic_id, PLACES.place_until <= today, earlier)


def _first(part: sa.Select[Any], limit: int | None) -> sa.Select[Any]:
    cut = part.limit(limit).subquery()
    return sa.select(cut.c.id, cut.c.rank, cut.c.since)


def _directed(keys: Iterable[Any], backwards: bool) -> list[Any]:
    return [key.desc() if backwards else key for key in keys]


def _between(part: Stretch, start: Place | None, backwards: bool) -> Conditions:
    """The stretch, from a place on.

    One bound at each end: of two at one end a database takes the first it sees, and reads from there.
    """
    first, last = PLACES.place_rank >= int(part.first), PLACES.place_rank <= int(part.last)
    if start is None:
        return [first, last]
    here = sa.tuple_(PLACES.place_rank, PLACES.place_since, PLACES.id)
    there = sa.tuple_(sa.literal(start.rank), sa.literal(start.since, sa.Date), sa.literal(start.id, sa.Uuid))
    if backwards:
        return [first, here < there if start.rank <= part.last else last]
    return [here > there if start.rank >= part.first else first, last]


def _standing_is(part: Stretch) -> sa.ColumnElement[bool]:
    return sa.true() if part.standing is None else PLACES.standing == part.standing
