"""What a family sees: one survivor, the next visit, and what belongs to it. A proxy never sees what is confidential."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.rules import Pack, TestInfo
from tracker.engine.types import Reason
from tracker.models import Clinic, DueItem, OutboxMessage, Role, Survivor, Visit, VisitStatus
from tracker.policy import Action, Actor, require, visible_survivors
from tracker.services import care_plans
from tracker.services.packs import pack_for
from tracker.services.visit_days import slot_of

SOON = timedelta(days=60)
# A visit that has begun is still the one the family came for.
AHEAD = (VisitStatus.PLANNED, VisitStatus.IN_PROGRESS)
LATER = timedelta(days=3 * 365)
# Reasons that tell something a young person may not have told at home, whatever test they lead to.
PRIVATE_EXPOSURES = frozenset(
    {"pregnant_or_planning", "fertility_assessment_wanted", "hypogonadism", "chronic_hepatitis"}
)


@dataclass(frozen=True)
class Check:
    """One check as a family sees it: the test, when, and whether why may be told to this reader."""

    test: TestInfo
    item: DueItem
    may_tell_why: bool


@dataclass(frozen=True)
class Booked:
    """The visit that is booked: its day, and the time of day at which it begins (None for a walk-in)."""

    on: date
    at: time | None


@dataclass(frozen=True)
class PortalPage:
    """Everything on the family's screen. While it is quiet nothing is announced, and nothing is counted up."""

    survivor: Survivor
    clinic: Clinic
    pack: Pack
    today: date
    is_own: bool
    is_quiet: bool
    booked: Booked | None
    visit_due_on: date | None
    now: list[Check]
    later: list[Check]
    written_at: datetime | None


def portal_survivors(session: Session, actor: Actor) -> list[Survivor]:
    """The survivors whose page this person may open, by name."""
    query = visible_survivors(actor, Action.VIEW_PORTAL).order_by(Survivor.sort_name, Survivor.id)
    return list(session.scalars(query))


def portal_page(session: Session, survivor_id: UUID, *, actor: Actor, clock: Clock) -> PortalPage:
    """One survivor's page for the survivor or a proxy; raises as ``require`` does.

    After a death, and while another team looks after the survivor, nothing is announced (``is_quiet``).
    """
    survivor = require(session, actor, Action.VIEW_PORTAL, survivor_id)
    clinic, pack = survivor.clinic, pack_for(survivor.clinic)
    today = clock.today(clinic.tz)
    is_own = actor.role_for(survivor) == Role.SURVIVOR
    is_quiet = care_plans.is_paused(survivor)
    booked = None if is_quiet else _booked(session, survivor, clinic, today)
    checks = [] if is_quiet else _checks(session, survivor, pack, is_own=is_own)
    horizon = max(today, booked.on if booked else today) + SOON
    visit = next((check for check in checks if check.item.test_code == pack.visit_test), None)
    others = [check for check in checks if check is not visit]
    return PortalPage(
        survivor=survivor,
        clinic=clinic,
        pack=pack,
        today=today,
        is_own=is_own,
        is_quiet=is_quiet,
        booked=booked,
        visit_due_on=visit.item.due_on if visit else None,
        now=[check for check in others if check.item.due_on <= horizon],
        later=[check for check in others if horizon < check.item.due_on <= today + LATER],
        written_at=None if is_quiet else _written_at(session, survivor),
    )


def _checks(session: Session, survivor: Survivor, pack: Pack, *, is_own: bool) -> list[Check]:
    found = []
    for item in care_plans.open_items(session, survivor.id):
        test = pack.tests.get(item.test_code)  # none: planned under an edition that knew the test, not yet renewed
        private = [_is_private(reason) for reason in care_plans.reasons_of(item)]
        if test is None or (not is_own and (test.confidential or (private and all(private)))):
            continue
        found.append(Check(test, item, may_tell_why=is_own or not any(private)))
    return found


def _is_private(reason: Reason) -> bool:
    return any(name in PRIVATE_EXPOSURES for name, _ in reason.exposures)


def _booked(session: Session, survivor: Survivor, clinic: Clinic, today: date) -> Booked | None:
    visit = session.scalar(
        sa.select(Visit)
        .where(Visit.survivor_id == survivor.id, Visit.status.in_(AHEAD), Visit.planned_on >= today)
        .order_by(Visit.planned_on, Visit.slot)
        .limit(1)
    )
    if visit is None:
        return None
    return Booked(visit.planned_on, slot_of(clinic, visit.slot).at)


def _written_at(session: Session, survivor: Survivor) -> datetime | None:
    """When the clinic last wrote to the family."""
    return session.scalar(sa.select(sa.func.max(OutboxMessage.sent_at)).where(OutboxMessage.survivor_id == survivor.id))
