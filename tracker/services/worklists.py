"""The worklist: whom to call next, and finding somebody by name or record number."""

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
from tracker.models import Clinic, Diagnosis, Survivor, SurvivorIdentifier
from tracker.policy import Action, Actor, require_clinic, visible_survivors
from tracker.services.due_lines import has_due_item
from tracker.services.likeness import FORMER_SYSTEM
from tracker.services.names import folded
from tracker.services.packs import pack_for
from tracker.services.states import State, state_case
from tracker.services.worklist_rank import LAST_TO_ACT_ON, Place, comes_after, rank_case, since_case
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
    """One page of the list with what stands around it. ``counts`` is of everyone, whatever the filters."""

    clinic: Clinic
    pack: Pack
    today: date
    wanted: WorklistFilter
    counts: dict[State, int]
    total: int
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
    pack = pack_for(clinic)
    backwards = before is not None
    start = before or after
    query = ordered(selected(actor, clinic, pack, wanted, today), today, start=start, backwards=backwards)
    found = session.execute(query.limit(size + 1)).all()
    kept = found[:size][::-1] if backwards else found[:size]
    more = len(found) > size
    return Worklist(
        clinic=clinic,
        pack=pack,
        today=today,
        wanted=wanted,
        counts=counts(session, clinic, today),
        total=_count(session, selected(actor, clinic, pack, wanted, today)),
        rows=build_rows(session, kept, actor, today),
        diagnoses=_diagnosis_names(session, clinic),
        has_previous=more if backwards else after is not None,
        has_next=backwards or more,
    )


def everyone_selected(session: Session, wanted: WorklistFilter, *, actor: Actor, clock: Clock) -> Worklist:
    """All pages of the list at once, in the same order, for a download."""
    first = page(session, wanted, actor=actor, clock=clock, size=1)
    query = ordered(selected(actor, first.clinic, first.pack, wanted, first.today), first.today)
    found = session.execute(query).all()
    chunks = (found[start : start + CHUNK] for start in range(0, len(found), CHUNK))
    rows = [row for chunk in chunks for row in build_rows(session, chunk, actor, first.today)]
    return replace(first, rows=rows, total=len(rows), has_next=False)


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


def counts(session: Session, clinic: Clinic, today: date) -> dict[State, int]:
    """How many survivors are in each state; together they are everyone of the clinic."""
    state = state_case(today).label("state")
    followed = sa.and_(Survivor.clinic_id == clinic.id, Survivor.withdrawn_at.is_(None))
    query = sa.select(state, sa.func.count()).where(followed).group_by(state)
    found = {State(name): number for name, number in session.execute(query)}
    return {each: found.get(each, 0) for each in State}


def selected(actor: Actor, clinic: Clinic, pack: Pack, wanted: WorklistFilter, today: date) -> "sa.Select[Survivor]":
    """Everybody the filters leave, in no order."""
    query = visible_survivors(actor, Action.VIEW_WORKLIST).where(Survivor.clinic_id == clinic.id)
    if wanted.show == NEEDS_ACT:
        query = query.where(rank_case(today) <= int(LAST_TO_ACT_ON))
    elif wanted.show != EVERYONE:
        query = query.where(state_case(today) == State(wanted.show).value)
    if wanted.flag is not None or wanted.specialty:
        codes = [test.test_code for test in pack.tests.values() if test.specialty == wanted.specialty]
        overdue_only = wanted.show == State.OVERDUE
        query = query.where(
            has_due_item(
                today, flag=wanted.flag, test_codes=codes if wanted.specialty else None, overdue_only=overdue_only
            )
        )
    if wanted.diagnosis:
        named = sa.and_(Diagnosis.survivor_id == Survivor.id, Diagnosis.name == wanted.diagnosis)
        query = query.where(sa.exists().where(named).correlate(Survivor))
    if wanted.text.strip():
        query = query.where(_named(wanted.text.strip()))
    return query


def ordered(
    query: "sa.Select[Survivor]", today: date, *, start: Place | None = None, backwards: bool = False
) -> sa.Select[Any]:
    """Most at risk first, then longest; from a place on, or backwards from it."""
    if start is not None:
        query = query.where(comes_after(start, today, backwards=backwards))
    rank, since = rank_case(today).label("rank"), since_case(today).label("since")
    keys: list[sa.SQLColumnExpression[Any]] = [rank, since, Survivor.id]
    return query.add_columns(rank, since).order_by(*(key.desc() if backwards else key for key in keys))


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
    query = (
        sa.select(Diagnosis.name)
        .join(Survivor, Survivor.id == Diagnosis.survivor_id)
        .where(Survivor.clinic_id == clinic.id, Survivor.withdrawn_at.is_(None))
        .distinct()
    )
    return sorted(session.scalars(query), key=folded)
