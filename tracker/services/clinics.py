"""Clinics: their names, zones, clinic days, and how they change."""

from dataclasses import asdict, dataclass, replace
from datetime import date
from uuid import UUID
from zoneinfo import available_timezones

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.errors import Forbidden, Invalid, NotFound
from tracker.models import Clinic, Grant, Role, Visit, VisitStatus
from tracker.policy import Action, Actor, require_clinic
from tracker.services import audit

LONGEST = {"name": 120, "phone": 40, "address": 300}


@dataclass(frozen=True)
class ClinicInput:
    """What is entered for a clinic. ``weekday`` counts from Monday = 0; ``first_slot`` is HH:MM."""

    name: str
    tz: str = "America/New_York"
    phone: str = ""
    address: str = ""
    weekday: int = 0
    first_slot: str = "09:00"
    slot_minutes: int = 30
    slots_per_day: int = 12


def create(session: Session, entered: ClinicInput, *, actor: Actor, clock: Clock) -> Clinic:
    """Add a clinic; whoever adds it from a page becomes its administrator.

    Raises:
        Forbidden: the person administers no clinic.
        Invalid: the name is taken or empty, or the zone is not one.
    """
    if not actor.may(Action.MANAGE_CLINIC):
        raise Forbidden("Only an administrator may add a clinic")
    entered = _checked(session, entered)
    clinic = Clinic(**asdict(entered), created_at=clock.now())
    session.add(clinic)
    session.flush()
    audit.record(session, actor, "clinic.created", subject=clinic, clinic_id=clinic.id, at=clock.now(), after=clinic)
    if actor.user_id is not None:
        today = clock.today(clinic.tz)
        grant = Grant(user_id=actor.user_id, role=Role.ADMINISTRATOR, clinic_id=clinic.id, starts_on=today)
        session.add(grant)
        session.flush()
        audit.record(session, actor, "grant.given", subject=grant, at=clock.now(), after=grant)
    return clinic


def edit(session: Session, clinic_id: UUID, entered: ClinicInput, *, actor: Actor, clock: Clock) -> Clinic:
    """Change a clinic's own details.

    Raises:
        Invalid: the name is taken or empty, the zone is not one, the clinic day cannot be, or visits are booked
            whose time of day the change would move.
    """
    clinic = require_clinic(session, actor, Action.MANAGE_CLINIC, clinic_id)
    entered = _checked(session, entered, but=clinic.id)
    _check_booked(session, clinic, entered, clock.today(clinic.tz))
    before = audit.snapshot(clinic)
    for field, value in asdict(entered).items():
        setattr(clinic, field, value)
    session.flush()
    audit.record(
        session,
        actor,
        "clinic.edited",
        subject=clinic,
        clinic_id=clinic.id,
        at=clock.now(),
        before=before,
        after=clinic,
    )
    return clinic


def administered(session: Session, actor: Actor) -> list[Clinic]:
    """The clinics this person administers, by name."""
    ids = actor.clinic_ids(Action.MANAGE_CLINIC)
    return list(session.scalars(sa.select(Clinic).where(Clinic.id.in_(ids)).order_by(Clinic.name)))


def workplaces(session: Session, actor: Actor) -> list[Clinic]:
    """The clinics at which this person holds a role, by name."""
    ids = [scope.clinic_id for scope in actor.scopes if scope.clinic_id is not None]
    return list(session.scalars(sa.select(Clinic).where(Clinic.id.in_(ids)).order_by(Clinic.name)))


def one(session: Session, clinic_id: UUID, *, actor: Actor) -> Clinic:
    """A clinic this person administers; raises as ``require_clinic`` does."""
    return require_clinic(session, actor, Action.MANAGE_CLINIC, clinic_id)


def by_name(session: Session, name: str | None) -> Clinic:
    """The clinic of this name, or the only one there is.

    Raises:
        NotFound: none of that name, none at all, or several and no name given.
    """
    found = list(session.scalars(sa.select(Clinic).order_by(Clinic.created_at, Clinic.name)))
    if not found:
        raise NotFound("There is no clinic yet. Add one first: flask create-clinic NAME")
    if name is None and len(found) == 1:
        return found[0]
    if name is None:
        listed = ", ".join(clinic.name for clinic in found)
        raise NotFound(f"There are several clinics ({listed}). Say which: --clinic NAME")
    for clinic in found:
        if clinic.name == name:
            return clinic
    raise NotFound(f"There is no clinic named {name}")


def _checked(session: Session, entered: ClinicInput, *, but: UUID | None = None) -> ClinicInput:
    """What was entered with its spaces tidied, or ``Invalid``."""
    name, phone, address = (" ".join(text.split()) for text in (entered.name, entered.phone, entered.address))
    entered = replace(entered, name=name, phone=phone, address=address)
    if not name:
        raise Invalid("Enter the clinic's name", field="name")
    for key, longest in LONGEST.items():
        if len(getattr(entered, key)) > longest:
            raise Invalid(f"Enter at most {longest} characters", field=key)
    taken = sa.select(Clinic.id).where(Clinic.name == entered.name, Clinic.id != but)
    if session.scalar(taken) is not None:
        raise Invalid("Another clinic has this name", field="name")
    if entered.tz not in available_timezones():
        raise Invalid("Enter a time zone by its name, like America/New_York", field="tz")
    if not 0 <= entered.weekday <= 6:
        raise Invalid("Choose the day of the week on which the clinic is held", field="weekday")
    _check_slots(entered)
    return entered


def _check_booked(session: Session, clinic: Clinic, entered: ClinicInput, today: date) -> None:
    """A visit keeps its place in the day, so other hours would move it without anybody telling the family."""
    changed = {key for key in ("first_slot", "slot_minutes") if getattr(entered, key) != getattr(clinic, key)}
    if not changed and entered.slots_per_day >= clinic.slots_per_day:
        return
    booked = sa.select(sa.func.count()).where(
        Visit.clinic_id == clinic.id, Visit.planned_on >= today, Visit.status == VisitStatus.PLANNED
    )
    if not changed:
        booked = booked.where(Visit.slot >= entered.slots_per_day)
    if count := session.scalar(booked):
        field = "first_slot" if "first_slot" in changed else "slot_minutes" if changed else "slots_per_day"
        text = f"Visits are booked that this would move: {count}. Move or cancel them first, then change the hours"
        raise Invalid(text, field=field)


def _check_slots(entered: ClinicInput) -> None:
    hour, _, minute = entered.first_slot.partition(":")
    if not (hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60):
        raise Invalid("Enter the first visit's time, like 09:00", field="first_slot")
    if not 5 <= entered.slot_minutes <= 240:
        raise Invalid("Enter 5 to 240 minutes", field="slot_minutes")
    if not 1 <= entered.slots_per_day <= 60:
        raise Invalid("Enter 1 to 60 visits", field="slots_per_day")
    if int(hour) * 60 + int(minute) + entered.slot_minutes * entered.slots_per_day > 24 * 60:
        raise Invalid("The last visit would end after midnight. Plan fewer or shorter visits", field="slots_per_day")
