"""The row of an access table, and the two-sided world it is tried in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from tests import factories, mapped, pictures, uploaded
from tracker.clock import FixedClock
from tracker.models import (
    Attachment,
    ChangeSet,
    Clinic,
    CodeMapping,
    Contact,
    DueItem,
    DuplicatePair,
    JobRun,
    Override,
    Result,
    Role,
    Survivor,
    Symptom,
    User,
    Visit,
)
from tracker.policy import Actor
from tracker.services import care_plans, jobs, merging

ROLES = ("coordinator", "clinician", "administrator", "survivor", "proxy")
NEEDS = ("survivor", "clinic", "portal", "signed_in", "public")


@dataclass
class World:
    """One clinic with one of everything; the test builds two, so that each can try the other's."""

    clinic: Clinic
    survivor: Survivor
    result: Result
    item: DueItem
    visit: Visit
    override: Override
    contact: Contact
    symptom: Symptom
    photograph: Attachment
    pair: DuplicatePair
    twin: Survivor
    merging: ChangeSet
    preview: ChangeSet
    brought_in: ChangeSet
    mapping: CodeMapping
    users: dict[str, User] = field(default_factory=dict)

    @property
    def user(self) -> User:
        """A member of staff an administrator may act on."""
        return self.users["clinician"]


@dataclass(frozen=True)
class Row:
    """One route: what it needs, and which roles may use it on their own side."""

    endpoint: str
    method: str
    needs: str
    allowed: frozenset[str] | set[str]
    url: Callable[[World], Mapping[str, Any]] = lambda world: {}
    form: Callable[[World], Mapping[str, Any]] | Mapping[str, Any] | None = None

    def data(self, world: World) -> Mapping[str, Any] | None:
        return self.form(world) if callable(self.form) else self.form

    def denied(self, role: str) -> int:
        """What a role that is not allowed here is told on its own side.

        "Not yours to do" (403) to whoever may see the survivor, or where the address names no record at all;
        otherwise "no such record" (404).
        """
        return 404 if self.needs == "survivor" and role == "administrator" else 403

    def check(self) -> None:
        assert self.needs in NEEDS, f"{self.endpoint}: needs {self.needs!r}"
        assert set(self.allowed) <= set(ROLES), f"{self.endpoint}: unknown role in {set(self.allowed)}"


def make_world(session: Session, today: date, *, given_name: str = "Ana", family_name: str = "Rivera") -> World:
    """A clinic as it is on a working day: a survivor with a plan, a result, a booking and a decision."""
    clock = FixedClock.on(today)
    clinic = factories.make_clinic(session, address="12 Harbor Street, Boston")
    survivor = factories.make_survivor(
        session,
        clinic,
        given_name=given_name,
        family_name=family_name,
        birth_date=date(2012, 2, 29),
        exposures={"doxorubicin_mg_m2": 300},
    )
    result = factories.make_result(session, survivor, "echocardiogram", today - timedelta(days=400))
    monday = today - timedelta(days=today.weekday())
    visit = Visit(
        survivor_id=survivor.id,
        clinic_id=clinic.id,
        planned_on=monday + timedelta(days=7),
        slot=0,
        created_at=clock.now(),
    )
    override = Override(
        survivor_id=survivor.id,
        test_code="mental-health-screen",
        action="defer",
        decided_on=today,
        expires_on=today + timedelta(days=300),
        defer_to=today + timedelta(days=200),
        reason="Seen by the local team",
        recorded_at=clock.now(),
    )
    run = JobRun(
        name=jobs.FLAG_JOB,
        clinic_id=clinic.id,
        local_day=today,
        holder="night",
        started_at=clock.now(),
        finished_at=clock.now(),
    )
    symptom = Symptom(survivor_id=survivor.id, symptom="Headache in the morning", recorded_at=clock.now())
    session.add_all([visit, override, run, symptom])
    care_plans.refresh(session, survivor, clock=clock)
    item = next(item for item in care_plans.open_items(session, survivor.id) if item.test_code == "echocardiogram")
    photograph = pictures.make_photograph(session, survivor, clock)
    contact = factories.make_contact(session, survivor)
    preview, brought_in = (
        uploaded.make_preview(session, survivor, clock),
        uploaded.make_import(session, survivor, clock),
    )
    pair, twin = _twice_on_record(session, survivor, clock)
    merged = _merged(session, survivor, clock)
    world = World(
        clinic=clinic,
        survivor=survivor,
        result=result,
        item=item,
        visit=visit,
        override=override,
        contact=contact,
        symptom=symptom,
        photograph=photograph,
        pair=pair,
        twin=twin,
        merging=merged,
        preview=preview,
        mapping=mapped.make_mapping(session, survivor, clock),
        brought_in=brought_in,
    )
    for role in (Role.COORDINATOR, Role.CLINICIAN, Role.ADMINISTRATOR):
        world.users[role.value] = factories.make_staff(session, clinic, role)
    for role in (Role.SURVIVOR, Role.PROXY):
        world.users[role.value] = factories.make_family(session, survivor, role)
    return world


def _twice_on_record(session: Session, survivor: Survivor, clock: FixedClock) -> tuple[DuplicatePair, Survivor]:
    """A second record of the same person, on which a death was entered by mistake: it is on no list of calls."""
    twin = _like(session, survivor, deceased_on=date(2026, 1, 4))
    care_plans.refresh(session, twin, clock=clock)
    return _pair(session, survivor, twin, clock), twin


def _merged(session: Session, survivor: Survivor, clock: FixedClock) -> ChangeSet:
    """A third record, empty, that was made part of the survivor's."""
    third = _like(session, survivor)
    pair, system = _pair(session, survivor, third, clock), Actor.system("test")
    done = merging.merge(session, pair.id, survivor.id, choices={}, reason="Same child", actor=system, clock=clock)
    return done.change_set


def _like(session: Session, survivor: Survivor, **given: Any) -> Survivor:
    named = {each: getattr(survivor, each) for each in ("given_name", "family_name", "birth_date", "sex_at_birth")}
    return factories.make_survivor(session, survivor.clinic, diagnosis=None, **(named | given))


def _pair(session: Session, one: Survivor, other: Survivor, clock: FixedClock) -> DuplicatePair:
    first_id, second_id = sorted((one.id, other.id))
    pair = DuplicatePair(
        clinic_id=one.clinic_id,
        first_id=first_id,
        second_id=second_id,
        score=100,
        reasons=[["birth_date_equal"], ["family_name_equal", one.family_name], ["given_name_equal", one.given_name]],
        found_at=clock.now(),
    )
    session.add(pair)
    session.flush()
    return pair
