"""The list of people who may be one: read, looked at side by side, and decided to be two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from tracker.clock import Clock
from tracker.errors import Invalid, NotFound
from tracker.models import (
    Contact,
    Diagnosis,
    DueItem,
    DuplicatePair,
    Exposure,
    ExposureSource,
    PairState,
    Result,
    Survivor,
    SurvivorIdentifier,
    Visit,
)
from tracker.models.base import ChartRow
from tracker.policy import Action, Actor, require, require_clinic
from tracker.services import audit, care_plans
from tracker.services.contacts import contacts_of
from tracker.services.merge_choices import Difference, differences
from tracker.services.merge_rows import MODELS
from tracker.services.merging import decided, open_pair
from tracker.services.packs import pack_for

PAGE = 25
PARTS = tuple(model for model in MODELS.values() if issubclass(model, ChartRow))


@dataclass(frozen=True)
class Listed:
    """One pair of the list, with both people."""

    pair: DuplicatePair
    first: Survivor
    second: Survivor


@dataclass(frozen=True)
class Page:
    """One page of the list. ``after``: the pair after which the next page begins; None on the last one."""

    rows: tuple[Listed, ...]
    total: int
    after: UUID | None
    tz: str


@dataclass(frozen=True)
class Side:
    """One of the two records. ``results``, ``entries``, ``visits``: how many; ``due``: what is open, soonest first."""

    survivor: Survivor
    identifiers: tuple[SurvivorIdentifier, ...]
    contacts: tuple[Contact, ...]
    diagnoses: tuple[Diagnosis, ...]
    exposures: tuple[Exposure, ...]
    results: int
    entries: int
    visits: int
    last_visit_on: date | None
    due: tuple[DueItem, ...]

    @property
    def held(self) -> int:
        """How much is on record."""
        return self.results + self.entries + self.visits + len(self.diagnoses)


@dataclass(frozen=True)
class PairView:
    """Both records side by side, and where they say two things of which one must be chosen."""

    pair: DuplicatePair
    sides: tuple[Side, Side]
    differences: tuple[Difference, ...]
    test_names: Mapping[str, str]
    exposure_names: Mapping[str, str]
    tz: str
    today: date

    @property
    def fuller(self) -> Side:
        """The record that holds more, and so is proposed to stay; of two that hold as much, the older one."""
        return min(self.sides, key=lambda side: (-side.held, side.survivor.created_at, side.survivor.mrn))


def open_pairs(session: Session, actor: Actor, clinic_id: UUID, *, after: UUID | None = None) -> Page:
    """The pairs of a clinic that nobody has decided, most alike first, then the newest.

    Raises:
        NotFound, Forbidden: as ``require_clinic``.
    """
    clinic = require_clinic(session, actor, Action.REVIEW_DUPLICATES, clinic_id)
    first, second = aliased(Survivor), aliased(Survivor)
    query = (
        sa.select(DuplicatePair, first, second)
        .join(first, first.id == DuplicatePair.first_id)
        .join(second, second.id == DuplicatePair.second_id)
        .where(*_open_at(clinic.id))
    )
    start = session.get(DuplicatePair, after) if after else None
    if start is not None:
        query = query.where(_comes_after(start))
    ordered = query.order_by(DuplicatePair.score.desc(), DuplicatePair.found_at.desc(), DuplicatePair.id)
    rows = [Listed(*row) for row in session.execute(ordered.limit(PAGE + 1))]
    last = rows[PAGE - 1].pair.id if len(rows) > PAGE else None
    return Page(tuple(rows[:PAGE]), count_open(session, clinic.id), last, clinic.tz)


def count_open(session: Session, clinic_id: UUID) -> int:
    """How many pairs of a clinic wait for somebody to decide; the caller has authorised."""
    query = sa.select(sa.func.count()).select_from(DuplicatePair).where(*_open_at(clinic_id))
    return session.scalar(query) or 0


def _open_at(clinic_id: UUID) -> tuple[sa.ColumnElement[bool], ...]:
    return DuplicatePair.clinic_id == clinic_id, DuplicatePair.state == PairState.OPEN


def _comes_after(start: DuplicatePair) -> sa.ColumnElement[bool]:
    same_score = DuplicatePair.score == start.score
    return sa.or_(
        DuplicatePair.score < start.score,
        sa.and_(same_score, DuplicatePair.found_at < start.found_at),
        sa.and_(same_score, DuplicatePair.found_at == start.found_at, DuplicatePair.id > start.id),
    )


def pair_view(session: Session, pair_id: UUID, actor: Actor, *, clock: Clock) -> PairView:
    """Both records of an open pair, side by side.

    Raises:
        NotFound: there is no such open pair at a clinic of theirs. Forbidden: not theirs to do.
    """
    pair = session.get(DuplicatePair, pair_id)
    if pair is None or pair.state != PairState.OPEN:
        raise NotFound("There is no such pair to decide. Somebody may have decided it")
    require_clinic(session, actor, Action.REVIEW_DUPLICATES, pair.clinic_id)
    both = [require(session, actor, Action.REVIEW_DUPLICATES, each) for each in (pair.first_id, pair.second_id)]
    clinic = both[0].clinic
    sides = (_side(session, both[0]), _side(session, both[1]))
    pack = pack_for(clinic)
    return PairView(
        pair=pair,
        sides=sides,
        differences=tuple(differences(session, *both)),
        test_names={code: test.name for code, test in pack.tests.items()},
        exposure_names={name: info.label for name, info in pack.exposures.items()},
        tz=clinic.tz,
        today=clock.today(clinic.tz),
    )


def _side(session: Session, survivor: Survivor) -> Side:
    visited = sa.select(sa.func.count(), sa.func.max(Visit.planned_on).filter(Visit.status == "completed"))
    visits, last = session.execute(visited.where(Visit.survivor_id == survivor.id)).one()
    recorded = sa.select(Exposure).where(
        Exposure.survivor_id == survivor.id, Exposure.source == ExposureSource.RECORDED
    )
    return Side(
        survivor=survivor,
        identifiers=_rows(session, SurvivorIdentifier, survivor.id, SurvivorIdentifier.system),
        contacts=tuple(contacts_of(session, survivor.id)),
        diagnoses=_rows(session, Diagnosis, survivor.id, Diagnosis.position),
        exposures=tuple(session.scalars(recorded.order_by(Exposure.name))),
        results=_count(session, [Result], survivor.id),
        entries=_count(session, PARTS, survivor.id),
        visits=visits,
        last_visit_on=last,
        due=tuple(care_plans.open_items(session, survivor.id)),
    )


def _rows(session: Session, model: type[Any], survivor_id: UUID, order: Any) -> tuple[Any, ...]:
    return tuple(session.scalars(sa.select(model).where(model.survivor_id == survivor_id).order_by(order, model.id)))


def _count(session: Session, models: Sequence[type[Any]], survivor_id: UUID) -> int:
    """The rows of several tables, counted in one statement."""
    each = [
        sa.select(sa.func.count()).select_from(model).where(model.survivor_id == survivor_id).scalar_subquery()
        for model in models
    ]
    return sum(session.execute(sa.select(*each)).one())


def decide_apart(session: Session, pair_id: UUID, *, reason: str, actor: Actor, clock: Clock) -> DuplicatePair:
    """Say that the two are two people. They are never proposed again.

    Raises:
        Invalid: no reason was given. Conflict: decided already. NotFound, Forbidden: as ``require_clinic``.
    """
    pair = open_pair(session, pair_id, actor=actor)
    if not reason.strip():
        raise Invalid("Enter how you know that they are two people", field="reason")
    pair.state = PairState.APART
    decided(pair, reason, actor, clock)
    for survivor_id, other_id in ((pair.first_id, pair.second_id), (pair.second_id, pair.first_id)):
        survivor = require(session, actor, Action.REVIEW_DUPLICATES, survivor_id)
        audit.record(
            session,
            actor,
            "survivor.kept_apart",
            subject=survivor,
            at=clock.now(),
            after={"pair": pair.id, "other": other_id},
            reason=reason.strip(),
        )
    return pair
