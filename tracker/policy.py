"""Who may see and do what: the only place that decides. One predicate serves one survivor and many alike."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.errors import Forbidden, NotFound
from tracker.models import Clinic, Grant, Role, Survivor, User


class Action(StrEnum):
    """Everything a person can ask for, on a survivor, at a clinic, or on the portal."""

    VIEW = "view"
    ENROL = "enrol"
    EDIT_SURVIVOR = "edit_survivor"
    EDIT_TREATMENT = "edit_treatment"
    RECORD_RESULT = "record_result"
    DECIDE = "decide"
    BOOK_VISIT = "book_visit"
    CONDUCT_VISIT = "conduct_visit"
    VIEW_WORKLIST = "view_worklist"
    VIEW_PORTAL = "view_portal"
    MANAGE_USERS = "manage_users"
    MANAGE_CLINIC = "manage_clinic"
    VIEW_JOBS = "view_jobs"
    IMPORT = "import"
    REVIEW_DUPLICATES = "review_duplicates"
    MAP_CODES = "map_codes"


LONGEST_NAME = 160
CLINICAL = frozenset({Role.COORDINATOR, Role.CLINICIAN})
ROLES_FOR: dict[Action, frozenset[Role]] = {
    Action.VIEW: CLINICAL,
    Action.ENROL: CLINICAL,
    Action.EDIT_SURVIVOR: CLINICAL,
    Action.EDIT_TREATMENT: frozenset({Role.CLINICIAN}),
    Action.RECORD_RESULT: frozenset({Role.CLINICIAN}),
    Action.DECIDE: frozenset({Role.CLINICIAN}),
    Action.BOOK_VISIT: CLINICAL,
    Action.CONDUCT_VISIT: frozenset({Role.CLINICIAN}),
    Action.VIEW_WORKLIST: CLINICAL,
    Action.VIEW_PORTAL: frozenset({Role.SURVIVOR, Role.PROXY}),
    Action.MANAGE_USERS: frozenset({Role.ADMINISTRATOR}),
    Action.MANAGE_CLINIC: frozenset({Role.ADMINISTRATOR}),
    Action.VIEW_JOBS: frozenset({Role.ADMINISTRATOR}),
    Action.IMPORT: CLINICAL,
    Action.REVIEW_DUPLICATES: CLINICAL,
    Action.MAP_CODES: frozenset({Role.ADMINISTRATOR}),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """One role in force today, at one clinic or for one survivor."""

    role: Role
    clinic_id: UUID | None = None
    survivor_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a person with the roles in force today, or a named part of the system."""

    name: str
    user_id: UUID | None = None
    scopes: tuple[Scope, ...] = ()
    address: str = ""
    is_system: bool = False

    @classmethod
    def system(cls, name: str) -> "Actor":
        """A job or command; it needs no grant, and the audit trail names it."""
        return cls(name=name, is_system=True)

    def acting(self, what: str) -> "Actor":
        """The system at this person's word: a whole list that one may bring in holds entries that one may not type.

        Authorise the person first. The trail names both ("Import by Dana Ruiz").
        """
        return self if self.is_system else Actor.system(f"{what} by {self.name}"[:LONGEST_NAME])

    def roles(self) -> frozenset[Role]:
        """The roles in force today, wherever they are held."""
        return frozenset(scope.role for scope in self.scopes)

    def may(self, action: Action) -> bool:
        """May this person do this anywhere at all? Decides what is offered, never what is shown."""
        return self.is_system or any(self._scopes_for(action))

    def first_at(self, clinic_id: UUID | None) -> "Actor":
        """The same person, with the roles at this clinic before those at others: where they are working now."""
        return replace(self, scopes=tuple(sorted(self.scopes, key=lambda scope: scope.clinic_id != clinic_id)))

    def clinic_ids(self, action: Action) -> list[UUID]:
        """The clinics at which this person may do this, the one they are working at first."""
        return list(dict.fromkeys(s.clinic_id for s in self._scopes_for(action) if s.clinic_id is not None))

    def survivor_ids(self, action: Action) -> list[UUID]:
        """The survivors granted by name (family), rather than through a clinic."""
        return [s.survivor_id for s in self._scopes_for(action) if s.survivor_id is not None]

    def role_for(self, survivor: Survivor) -> Role | None:
        """The family role held for this survivor, the survivor's own before a proxy's."""
        held = [s.role for s in self.scopes if s.survivor_id == survivor.id]
        return Role.SURVIVOR if Role.SURVIVOR in held else (held[0] if held else None)

    def _scopes_for(self, action: Action) -> Iterable[Scope]:
        return (scope for scope in self.scopes if scope.role in ROLES_FOR[action])


def load_actor(session: Session, user: User, *, clock: Clock, address: str = "") -> Actor:
    """The person with the roles in force today, today being the clinic's own for each of them."""
    rows = session.execute(
        sa.select(Grant, Clinic.tz)
        .outerjoin(Survivor, Survivor.id == Grant.survivor_id)
        .join(Clinic, Clinic.id == sa.func.coalesce(Grant.clinic_id, Survivor.clinic_id))
        .where(Grant.user_id == user.id)
        .order_by(Grant.starts_on, Grant.id)
    ).all()
    scopes = tuple(
        Scope(Role(grant.role), grant.clinic_id, grant.survivor_id)
        for grant, tz in rows
        if in_force(grant, clock.today(tz))
    )
    return Actor(name=user.name, user_id=user.id, scopes=scopes, address=address)


def in_force(grant: Grant, today: date) -> bool:
    """From its first day until the day before its last: ``ends_on`` itself is the first day without it."""
    return grant.starts_on <= today and (grant.ends_on is None or today < grant.ends_on)


def can(actor: Actor, action: Action, survivor: Survivor) -> bool:
    """May this person do this to this survivor? The twin of ``visible_survivors``."""
    if survivor.withdrawn_at is not None:
        return False
    return (
        actor.is_system or survivor.clinic_id in actor.clinic_ids(action) or survivor.id in actor.survivor_ids(action)
    )


def can_at(actor: Actor, action: Action, clinic_id: UUID) -> bool:
    """May this person do this at this clinic?"""
    return actor.is_system or clinic_id in actor.clinic_ids(action)


def visible_survivors(actor: Actor, action: Action = Action.VIEW) -> sa.Select[Survivor]:
    """A query over exactly the survivors for whom ``can`` says yes."""
    query = sa.select(Survivor).where(Survivor.withdrawn_at.is_(None))
    if actor.is_system:
        return query
    # Only what is held is asked for: a database would look for nobody in every way there is.
    columns = (Survivor.clinic_id, actor.clinic_ids(action)), (Survivor.id, actor.survivor_ids(action))
    return query.where(sa.or_(sa.false(), *(column.in_(ids) for column, ids in columns if ids)))


def _sees(actor: Actor, survivor: Survivor) -> bool:
    return any(can(actor, action, survivor) for action in (Action.VIEW, Action.VIEW_PORTAL))


def require(session: Session, actor: Actor, action: Action, survivor_id: UUID) -> Survivor:
    """Load a survivor and authorise in one step, so that an unauthorised one is never in hand.

    Raises:
        NotFound: outside this person's sight, or not there at all (never told apart).
        Forbidden: within sight, but this is not theirs to do.
    """
    survivor = session.get(Survivor, survivor_id)
    if survivor is None or not _sees(actor, survivor):
        raise NotFound("There is no such record, or it is not yours to see")
    if not can(actor, action, survivor):
        raise Forbidden("Your role does not allow this. Ask a clinician or your administrator")
    return survivor


def require_clinic(session: Session, actor: Actor, action: Action, clinic_id: UUID) -> Clinic:
    """Load a clinic and authorise in one step; raises as ``require`` does."""
    clinic = session.get(Clinic, clinic_id)
    if clinic is None or not (actor.is_system or any(s.clinic_id == clinic_id for s in actor.scopes)):
        raise NotFound("There is no such clinic, or it is not yours to see")
    if not can_at(actor, action, clinic_id):
        raise Forbidden("Your role does not allow this. Ask your administrator")
    return clinic
