"""Which guideline pack a clinic uses, and its adoption."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.rules import Choices, Pack
from tracker.errors import Invalid
from tracker.guidelines.loader import load_pack
from tracker.models import Clinic, Survivor, User
from tracker.policy import Action, Actor, require_clinic
from tracker.services import audit


def pack_for(clinic: Clinic) -> Pack:
    """The clinic's pack, with the alternatives it has chosen in place of default rows or schedules."""
    return load_pack(clinic.pack, choices=choices_of(clinic))


def choices_of(clinic: Clinic) -> Choices:
    """The alternatives the clinic has taken in place of default rows and schedules."""
    return choices_from(clinic.pack_choices)


def choices_from(stored: Mapping[str, Any]) -> Choices:
    """The choices as a clinic's row keeps them."""
    return Choices(
        late_effects=tuple(stored.get("late_effects", [])),
        recurrence=tuple((diagnosis, source) for diagnosis, source in stored.get("recurrence", [])),
    )


def is_adopted(clinic: Clinic) -> bool:
    """Has this clinic made the pack its own? Until then every dated page says that it is an example."""
    return clinic.pack_adopted_on is not None


def adopter_name(session: Session, clinic: Clinic) -> str | None:
    """Who adopted the pack for the clinic; None while nobody has."""
    return session.scalar(sa.select(User.name).where(User.id == clinic.pack_adopted_by_id))


def clinic_of(session: Session, actor: Actor) -> Clinic | None:
    """The clinic a person belongs to: where they work, or where their survivor is followed."""
    for scope in actor.scopes:
        if scope.clinic_id is not None:
            return session.get(Clinic, scope.clinic_id)
        survivor = session.get(Survivor, scope.survivor_id)
        if survivor is not None:
            return session.scalar(sa.select(Clinic).where(Clinic.id == survivor.clinic_id))
    return None


def adopt(session: Session, clinic_id: UUID, *, actor: Actor, clock: Clock) -> Clinic:
    """Record that the clinic has reviewed the pack it uses and makes it its own.

    Raises:
        Invalid: it has been adopted already, or nobody signed in is there to answer for it.
    """
    clinic = require_clinic(session, actor, Action.MANAGE_CLINIC, clinic_id)
    if clinic.pack_adopted_on is not None:
        raise Invalid("This clinic has adopted the pack already")
    if actor.user_id is None:
        raise Invalid("A person must adopt the pack. Sign in as an administrator")
    clinic.pack_adopted_on, clinic.pack_adopted_by_id = clock.today(clinic.tz), actor.user_id
    after = {"pack": clinic.pack, "choices": clinic.pack_choices}
    audit.record(session, actor, "pack.adopted", subject=clinic, clinic_id=clinic.id, at=clock.now(), after=after)
    return clinic
