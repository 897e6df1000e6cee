"""The worklist: whom to call next, and finding somebody by name or record number."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.rules import Pack
from tracker.engine.types import Flag
from tracker.errors import Forbidden
from tracker.models import Clinic, Diagnosis, Survivor
from tracker.policy import Action, Actor, can, require_clinic
from tracker.services import places
from tracker.services.due_lines import has_due_item
from tracker.services.names import folded
from tracker.services.packs import pack_for
from tracker.services.places import COUNTED_UP_TO, EVERYBODY, STRETCHES, Order, Stretch
from tracker.services.search_words import likely, named, numbered
from tracker.services.states import State
from tracker.services.worklist_rank import LAST_TO_ACT_ON, Place, Rank, rank_case, since_case
from tracker.services.worklist_rows import WorklistRow, build_rows

PAGE = 25
CHUNK = 500
FOUND_AT_MOST = 50
# So many are looked up one by one and put in order; where there are more, the order is gone through.
FEW = 2_000
NEEDS_ACT = "needs_act"
EVERYONE = "everyone"


@dataclass(frozen=True)
class WorklistFilter:
    """What a worklist is narrowed to. ``show``: ``needs_act``, ``everyone`` or one state."""

    show: str = NEEDS_ACT
    flag: Flag | None = None
    diagnosis: str = ""
    specialty: str = ""
    text: str = ""


@dataclass(frozen=True)
class Worklist:
    """One page of the list with what stands around it. ``counts`` is of everyone, whatever the filters.

    ``more``: the states of which there are more than were counted. ``total``: of the selection; ``total_is_more`` where
    there are more.
    """

    clinic: Clinic
    pack: Pack
    today: date
    wanted: WorklistFilter
    counts: dict[State, int]
    more: frozenset[State]
    total: int
    total_is_more: bool
    rows: list[WorklistRow]
    diagnoses: list[str]
    has_previous: bool = False
    has_next: bool = False


@dataclass(frozen=True)
class Found:
    """Who was found. ``exact`` is the survivor whose record number this is, where there is just one.

    ``total_is_more``: there are more than ``total``, and ``rows`` are some of the first of them.
    """

    exact: UUID | None
    rows: list[WorklistRow]
    total: int
    pack: Pack
    today: date
    total_is_more: bool = False


def clinic_for(session: Session, actor: Actor) -> Clinic:
    """The clinic whose list this person works from.

    Raises:
        Forbidden: no clinic's list is theirs to see.
    """
    ids = actor.clinic_ids(Action.VIEW_WORKLIST)
    if not ids:
        raise Forbidden("Your role does not allow this. Ask your administrator")
    return require_clinic(session, actor, Action.VIEW_WORKLIST, ids[0])


def page(
    session: Session,
    wanted: WorklistFilter,
    *,
    actor: Actor,
    clock: Clock,
    after: Place | None = None,
    before: Place | None = None,
    size: int = PAGE,
) -> Worklist:
    """One page of the list, after (or before) a place in the order, in a fixed number of statements."""
    clinic = clinic_for(session, actor)
    today = clock.today(clinic.tz)
    order = ordered(session, clinic, wanted, today)
    backwards = before is not None
    found = session.execute(order.query(limit=size + 1, start=before or after, backwards=backwards)).all()
    kept = found[:size][::-1] if backwards else found[:size]
    more = len(found) > size
    counted = places.counts(session, clinic.id, today)
    total, is_more = _total(session, order, wanted, counted)
    return Worklist(
        clinic=clinic,
        pack=pack_for(clinic),
        today=today,
        wanted=wanted,
        counts=_by_state(counted),
        more=frozenset(state for (_rank, state), number in counted.items() if number > COUNTED_UP_TO),
        total=total,
        total_is_more=is_more,
        rows=_rows(session, kept, actor, today),
        diagnoses=_diagnosis_names(session, clinic),
        has_previous=more if backwards else after is not None,
        has_next=backwards or more,
    )


def everyone_selected(session: Session, wanted: WorklistFilter, *, actor: Actor, clock: Clock) -> Worklist:
    """All pages of the list at once, in the same order, for a download."""
    first = page(session, wanted, actor=actor, clock=clock, size=1)
    found = session.execute(ordered(session, first.clinic, wanted, first.today).query()).all()
    chunks = (found[start : start + CHUNK] for start in range(0, len(found), CHUNK))
    rows = [row for chunk in chunks for row in _rows(session, chunk, actor, first.today)]
    return replace(first, rows=rows, total=len(rows), total_is_more=False, has_next=False)


def find(session: Session, text: str, *, actor: Actor, clock: Clock) -> Found:
    """Survivors of this person's clinics by name (any words of it, in any order) or record number.

    Accents, case and punctuation do not matter; a word finds names that begin with it.
    """
    clinic = clinic_for(session, actor)
    today = clock.today(clinic.tz)
    number, clinic_ids = text.strip(), actor.clinic_ids(Action.VIEW_WORKLIST)
    if not number:
        return Found(None, [], 0, pack_for(clinic), today)
    exact = _visible(session, actor, session.scalars(numbered(clinic_ids, number).limit(2)).all())
    likely_ones = likely(session, clinic_ids, number, limit=COUNTED_UP_TO + 1)
    # By name; where there are too many to look through, those whose words come first.
    by_name = sorted({(row.sort_name, row.survivor_id) for row in likely_ones})
    first = [survivor_id for _name, survivor_id in by_name[:FOUND_AT_MOST]]
    rows = build_rows(session, _visible(session, actor, first, rank_case(today), since_case(today)), actor, today)
    only = exact[0][0].id if len(exact) == 1 else None
    return Found(only, rows, len(by_name), pack_for(clinic), today, len(by_name) > COUNTED_UP_TO)


def _visible(session: Session, actor: Actor, ids: Sequence[UUID], *columns: sa.ColumnElement[Any]) -> list[Any]:
    """These survivors with these columns, as far as they are this person's to see, in the order given."""
    place = {survivor_id: number for number, survivor_id in enumerate(ids)}
    # Found by id alone, and then asked whether they may be seen: asked for both, SQLite reads the whole clinic.
    found = session.execute(sa.select(Survivor, *columns).where(Survivor.id.in_(ids)))
    seen = (row for row in found if can(actor, Action.VIEW_WORKLIST, row[0]))
    return sorted(seen, key=lambda row: place[row[0].id])


def ordered(session: Session, clinic: Clinic, wanted: WorklistFilter, today: date) -> Order:
    """The part of the clinic's order that the filters leave."""
    among = _few(session, clinic, wanted)
    return Order(clinic.id, today, _stretches(wanted.show), tuple(narrowed(clinic, wanted, today)), among)


def _few(session: Session, clinic: Clinic, wanted: WorklistFilter) -> tuple[UUID, ...] | None:
    """Everybody whom a name, a number or a diagnosis leaves, where that are few; None where they are many."""
    asked: list[Callable[[], Sequence[UUID]]] = []
    if wanted.text.strip():
        asked.append(lambda: [row[0] for row in likely(session, [clinic.id], wanted.text.strip(), limit=FEW + 1)])
    if wanted.diagnosis:
        theirs = sa.select(Diagnosis.survivor_id).where(Diagnosis.name == wanted.diagnosis).limit(FEW + 1)
        asked.append(lambda: session.scalars(theirs).all())
    for found in asked:
        ids = found()
        if len(ids) <= FEW:
            return tuple(dict.fromkeys(ids))
    return None


def _stretches(show: str) -> tuple[Stretch, ...]:
    if show == NEEDS_ACT:
        return (Stretch(Rank.RECURRENCE_OVERDUE, LAST_TO_ACT_ON),)
    return EVERYBODY if show == EVERYONE else STRETCHES[State(show)]


def narrowed(clinic: Clinic, wanted: WorklistFilter, today: date) -> Iterator[sa.ColumnElement[bool]]:
    """What the filters ask beside the state, as conditions on survivors."""
    if wanted.flag is not None or wanted.specialty:
        tests = pack_for(clinic).tests.values()
        codes = [test.test_code for test in tests if test.specialty == wanted.specialty] if wanted.specialty else None
        overdue_only = wanted.show == State.OVERDUE
        yield has_due_item(today, flag=wanted.flag, test_codes=codes, overdue_only=overdue_only)
    if wanted.diagnosis:
        theirs = Diagnosis.survivor_id == Survivor.id
        yield sa.exists().where(theirs, Diagnosis.name == wanted.diagnosis).correlate(Survivor)
    if wanted.text.strip():
        yield named(wanted.text.strip())


def _by_state(counted: Mapping[tuple[Rank, State], int]) -> dict[State, int]:
    found = dict.fromkeys(State, 0)
    for (_rank, state), number in counted.items():
        found[state] += number
    return found


def _total(
    session: Session, order: Order, wanted: WorklistFilter, counted: Mapping[tuple[Rank, State], int]
) -> tuple[int, bool]:
    """How many are selected, and whether there are more than that."""
    if order.narrowed:
        found = session.scalar(order.count()) or 0
        return found, found > COUNTED_UP_TO
    last = LAST_TO_ACT_ON if wanted.show == NEEDS_ACT else Rank.DECEASED
    anybody = wanted.show in (NEEDS_ACT, EVERYONE)
    numbers = [
        number for (rank, state), number in counted.items() if rank <= last and (anybody or state == wanted.show)
    ]
    return sum(numbers), any(number > COUNTED_UP_TO for number in numbers)


def _rows(session: Session, found: "Sequence[sa.Row[UUID, int, date]]", actor: Actor, today: date) -> list[WorklistRow]:
    """The survivors of these places with what stands beside them, in the same order."""
    place = {row.id: (row.rank, row.since) for row in found}
    survivors = (row[0] for row in _visible(session, actor, list(place)))
    return build_rows(session, [(survivor, *place[survivor.id]) for survivor in survivors], actor, today)


def _diagnosis_names(session: Session, clinic: Clinic) -> list[str]:
    """The diagnoses of a clinic's survivors: from name to name along the index, and of each somebody who has it."""
    first = sa.select(sa.func.min(Diagnosis.name).label("name")).cte("names", recursive=True)
    following = sa.select(sa.func.min(Diagnosis.name)).where(Diagnosis.name > first.c.name).scalar_subquery()
    names = first.union_all(sa.select(following).where(first.c.name.is_not(None)))
    # A value, not a join: PostgreSQL would walk through all survivors beside the index until it meets somebody.
    is_followed = sa.select(1).where(Survivor.id == Diagnosis.survivor_id, *places.followed(clinic.id))
    somebody = (
        sa.select(Diagnosis.id)
        .where(Diagnosis.name == names.c.name, is_followed.correlate(Diagnosis).scalar_subquery().is_not(None))
        .limit(1)
        .correlate(names)
        .scalar_subquery()
    )
    return sorted(session.scalars(sa.select(names.c.name).where(somebody.is_not(None))), key=folded)
