"""The worklist: whom to call next, and finding somebody by name or record number."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.rules import Pack
from tracker.engine.types import Flag
from tracker.errors import Forbidden
from tracker.models import Clinic, Diagnosis, Survivor, SurvivorIdentifier
from tracker.policy import Action, Actor, require_clinic, visible_survivors
from tracker.services import places
from tracker.services.due_lines import has_due_item
from tracker.services.likeness import FORMER_SYSTEM
from tracker.services.names import folded
from tracker.services.packs import pack_for
from tracker.services.places import COUNTED_UP_TO, EVERYBODY, STRETCHES, Order, Stretch
from tracker.services.states import State
from tracker.services.worklist_rank import LAST_TO_ACT_ON, Place, Rank, rank_case, since_case
from tracker.services.worklist_rows import WorklistRow, build_rows

PAGE = 25
CHUNK = 500
FOUND_AT_MOST = 50
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
    """Who was found. ``exact`` is the survivor whose record number this is, where there is just one."""

    exact: UUID | None
    rows: list[WorklistRow]
    total: int
    pack: Pack
    today: date


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
    order = ordered(clinic, wanted, today)
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
    found = session.execute(ordered(first.clinic, wanted, first.today).query()).all()
    chunks = (found[start : start + CHUNK] for start in range(0, len(found), CHUNK))
    rows = [row for chunk in chunks for row in _rows(session, chunk, actor, first.today)]
    return replace(first, rows=rows, total=len(rows), total_is_more=False, has_next=False)


def find(session: Session, text: str, *, actor: Actor, clock: Clock) -> Found:
    """Survivors of this person's clinics by name (any words of it, in any order) or record number.

    Accents, case and punctuation do not matter; a word finds names that begin with it.
    """
    clinic = clinic_for(session, actor)
    today = clock.today(clinic.tz)
    number = text.strip()
    visible = visible_survivors(actor, Action.VIEW_WORKLIST)
    if not number:
        return Found(None, [], 0, pack_for(clinic), today)
    exact = list(session.scalars(visible.where(_numbered(number)).limit(2)))
    query = visible.where(_named(number))
    columns = query.add_columns(rank_case(today), since_case(today))
    found = session.execute(columns.order_by(Survivor.sort_name, Survivor.id).limit(FOUND_AT_MOST)).all()
    rows = build_rows(session, found, actor, today)
    only = exact[0].id if len(exact) == 1 else None
    return Found(only, rows, _count(session, query), pack_for(clinic), today)


def ordered(clinic: Clinic, wanted: WorklistFilter, today: date) -> Order:
    """The part of the clinic's order that the filters leave."""
    return Order(clinic.id, today, _stretches(wanted.show), tuple(narrowed(clinic, wanted, today)))


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
        named = sa.and_(Diagnosis.survivor_id == Survivor.id, Diagnosis.name == wanted.diagnosis)
        yield sa.exists().where(named).correlate(Survivor)
    if wanted.text.strip():
        yield _named(wanted.text.strip())


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
    visible = visible_survivors(actor, Action.VIEW_WORKLIST).where(Survivor.id.in_([row.id for row in found]))
    survivors = {survivor.id: survivor for survivor in session.scalars(visible)}
    return build_rows(
        session, [(survivors[row.id], row.rank, row.since) for row in found if row.id in survivors], actor, today
    )


def _named(text: str) -> sa.ColumnElement[bool]:
    words = folded(text).split()
    # A space in front of the stored name makes every word of it one that follows a space.
    name = sa.literal(" ") + Survivor.search_name
    number = Survivor.mrn.istartswith(text, autoescape=True)
    return sa.or_(number, sa.and_(*(name.contains(f" {word}") for word in words))) if words else number


def _numbered(number: str) -> sa.ColumnElement[bool]:
    """Whose record number this is, or was before their records were merged."""
    former = sa.select(SurvivorIdentifier.survivor_id).where(
        SurvivorIdentifier.system == FORMER_SYSTEM, sa.func.lower(SurvivorIdentifier.value) == number.lower()
    )
    return sa.or_(sa.func.lower(Survivor.mrn) == number.lower(), Survivor.id.in_(former))


def _count(session: Session, query: "sa.Select[Survivor]") -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(query.with_only_columns(Survivor.id).subquery())) or 0


def _diagnosis_names(session: Session, clinic: Clinic) -> list[str]:
    """The diagnoses of a clinic's survivors: from name to name along the index, and of each somebody who has it."""
    first = sa.select(sa.func.min(Diagnosis.name).label("name")).cte("names", recursive=True)
    following = sa.select(sa.func.min(Diagnosis.name)).where(Diagnosis.name > first.c.name).scalar_subquery()
    names = first.union_all(sa.select(following).where(first.c.name.is_not(None)))
    somebody = (
        sa.select(Survivor.id)
        .join(Diagnosis, Diagnosis.survivor_id == Survivor.id)
        .where(Diagnosis.name == names.c.name, *places.followed(clinic.id))
        .limit(1)
        .correlate(names)
        .scalar_subquery()
    )
    return sorted(session.scalars(sa.select(names.c.name).where(somebody.is_not(None))), key=folded)
