"""What a family is shown, and what stays between a young person and the clinic."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from tests.factories import AT, make_actor, make_clinic, make_contact, make_family, make_survivor
from tracker.clock import FixedClock
from tracker.errors import Forbidden, NotFound
from tracker.models import DueItem, OutboxMessage, Role, Survivor, Visit
from tracker.policy import Actor, load_actor
from tracker.services import care_plans
from tracker.services.portal import PortalPage, portal_page, portal_survivors

TODAY = date(2026, 11, 23)
# Alkylators and pelvic radiation ask for fertility and sexual-health checks, which are confidential.
EXPOSURES = {"cyclophosphamide_mg_m2": 8000, "pelvis_rt_gy": 30, "ovary_rt_gy": 12, "doxorubicin_mg_m2": 300}


def planned(session: Session, **given: Any) -> Survivor:
    """A girl of fourteen, treated with what asks for private checks too, with her plan as of today."""
    values: dict[str, Any] = {"birth_date": date(2012, 2, 29), "exposures": EXPOSURES} | given
    survivor = make_survivor(session, **values)
    care_plans.refresh(session, survivor, clock=FixedClock.on(TODAY))
    return survivor


def seen_by(session: Session, survivor: Survivor, role: Role, clock: FixedClock) -> PortalPage:
    actor = load_actor(session, make_family(session, survivor, role), clock=clock)
    return portal_page(session, survivor.id, actor=actor, clock=clock)


def codes(page: PortalPage) -> set[str]:
    return {check.item.test_code for check in [*page.now, *page.later]}


def book(session: Session, survivor: Survivor, on: date, slot: int = 0, status: str = "planned") -> None:
    session.add(
        Visit(
            survivor_id=survivor.id,
            clinic_id=survivor.clinic_id,
            planned_on=on,
            slot=slot,
            status=status,
            created_at=AT,
            opened_at=AT if status == "completed" else None,
            completed_at=AT if status == "completed" else None,
        )
    )
    session.flush()


def item(survivor: Survivor, test_code: str, reasons: list[Mapping[str, Any]], due_on: date = TODAY) -> DueItem:
    return DueItem(
        survivor_id=survivor.id,
        clinic_id=survivor.clinic_id,
        test_code=test_code,
        late_effects=True,
        upcoming_on=due_on - timedelta(days=60),
        due_on=due_on,
        overdue_after=due_on + timedelta(days=90),
        reasons=reasons,
        opened_at=AT,
    )


def reason(name: str, *, wins: bool = True) -> Mapping[str, Any]:
    return {
        "rule_id": f"rule-{name}",
        "pack": "childhood-cancer/2026.1",
        "kind": "late_effects",
        "wins": wins,
        "interval": "P2Y",
        "start_basis": "end_of_therapy",
        "exposures": [[name, None]],
        "context": [],
        "source": "a source",
        "confidence": "confirmed",
    }


# What is confidential


def test_the_survivor_sees_every_check_and_a_parent_only_those_that_are_not_confidential(
    session: Session, clock: FixedClock
) -> None:
    survivor = planned(session)
    own, parents = (seen_by(session, survivor, role, clock) for role in (Role.SURVIVOR, Role.PROXY))
    private = {check.item.test_code for check in [*own.now, *own.later] if check.test.confidential}
    assert private, "the story needs a plan with confidential checks in it"
    assert codes(parents) == codes(own) - private
    assert own.is_own
    assert not parents.is_own


@pytest.mark.parametrize(
    "name", ["pregnant_or_planning", "fertility_assessment_wanted", "hypogonadism", "chronic_hepatitis"]
)
def test_a_check_that_only_a_private_reason_asks_for_is_not_shown_to_a_parent(
    session: Session, clock: FixedClock, name: str
) -> None:
    survivor = make_survivor(session, birth_date=date(2010, 1, 1))
    session.add(item(survivor, "echocardiogram", [reason(name)]))
    session.flush()
    assert codes(seen_by(session, survivor, Role.PROXY, clock)) == set()
    [check] = seen_by(session, survivor, Role.SURVIVOR, clock).now
    assert check.may_tell_why


def test_where_one_of_several_reasons_is_private_a_parent_is_not_told_why(session: Session, clock: FixedClock) -> None:
    survivor = make_survivor(session, birth_date=date(2010, 1, 1))
    both = [reason("pregnant_or_planning"), reason("doxorubicin_mg_m2", wins=False)]
    session.add_all([item(survivor, "echocardiogram", both), item(survivor, "lung-function", [reason("lung_rt_gy")])])
    session.flush()
    told = {check.item.test_code: check.may_tell_why for check in seen_by(session, survivor, Role.PROXY, clock).now}
    assert told == {"echocardiogram": False, "lung-function": True}
    assert all(check.may_tell_why for check in seen_by(session, survivor, Role.SURVIVOR, clock).now)


def test_a_test_that_the_pack_no_longer_knows_is_left_out(session: Session, clock: FixedClock) -> None:
    survivor = make_survivor(session, birth_date=date(2010, 1, 1))
    session.add(item(survivor, "a-test-of-last-year", [reason("doxorubicin_mg_m2")]))
    session.flush()
    assert codes(seen_by(session, survivor, Role.SURVIVOR, clock)) == set()


# Whose page


def test_a_parent_of_two_finds_both_and_nobody_elses(session: Session, clock: FixedClock) -> None:
    clinic = make_clinic(session)
    zoe = make_survivor(session, clinic, given_name="Zoe", birth_date=date(2012, 1, 1))
    ana = make_survivor(session, clinic, given_name="Ana", birth_date=date(2014, 1, 1))
    stranger = make_survivor(session, clinic, given_name="Bea", birth_date=date(2013, 1, 1))
    parent = make_family(session, zoe)
    actor = load_actor(session, parent, clock=clock)
    both = Actor(
        parent.name, parent.id, (*actor.scopes, *load_actor(session, make_family(session, ana), clock=clock).scopes)
    )
    assert portal_survivors(session, both) == [ana, zoe]
    assert portal_survivors(session, actor) == [zoe]
    with pytest.raises(NotFound):
        portal_page(session, stranger.id, actor=both, clock=clock)
    with pytest.raises(NotFound):
        portal_page(session, uuid4(), actor=both, clock=clock)


def test_the_page_is_the_familys_not_the_clinicians(session: Session, clock: FixedClock) -> None:
    survivor = planned(session)
    with pytest.raises(Forbidden):
        portal_page(session, survivor.id, actor=make_actor(session, survivor.clinic), clock=clock)
    administrator = make_actor(session, survivor.clinic, Role.ADMINISTRATOR)
    with pytest.raises(NotFound):
        portal_page(session, survivor.id, actor=administrator, clock=clock)


def test_a_parents_page_closes_on_the_eighteenth_birthday(session: Session) -> None:
    survivor = planned(session, birth_date=date(2008, 11, 23))
    parent = make_family(session, survivor, Role.PROXY)
    day_before, birthday = FixedClock.on(date(2026, 11, 22)), FixedClock.on(date(2026, 11, 23))
    assert portal_page(session, survivor.id, actor=load_actor(session, parent, clock=day_before), clock=day_before)
    with pytest.raises(NotFound):
        portal_page(session, survivor.id, actor=load_actor(session, parent, clock=birthday), clock=birthday)


# When it is quiet


def fill(session: Session, survivor: Survivor) -> None:
    book(session, survivor, date(2026, 11, 30))
    contact = make_contact(session, survivor)
    session.add(message(survivor, contact.id, datetime(2026, 11, 20, tzinfo=UTC)))
    session.flush()


def message(survivor: Survivor, contact_id: UUID, sent_at: datetime | None) -> OutboxMessage:
    return OutboxMessage(
        dedupe_key=str(uuid4()),
        channel="email",
        contact_id=contact_id,
        survivor_id=survivor.id,
        template="reminder",
        created_at=AT,
        not_before=AT,
        sent_at=sent_at,
    )


@pytest.mark.parametrize(
    "change",
    [
        {"deceased_on": date(2026, 11, 1)},
        {"standing": "on_treatment"},
        {"standing": "transferred", "acknowledged_on": date(2026, 11, 1)},
    ],
)
@pytest.mark.parametrize("role", [Role.SURVIVOR, Role.PROXY])
def test_nothing_is_announced_after_a_death_nor_while_others_look_after_the_survivor(
    session: Session, clock: FixedClock, change: dict[str, Any], role: Role
) -> None:
    survivor = planned(session)
    fill(session, survivor)
    assert not seen_by(session, survivor, role, clock).is_quiet
    for key, value in change.items():
        setattr(survivor, key, value)
    session.flush()
    page = seen_by(session, survivor, role, clock)
    assert page.is_quiet
    assert (page.booked, page.visit_due_on, page.now, page.later, page.written_at) == (None, None, [], [], None)


@pytest.mark.parametrize("standing", ["transferred", "being_traced", "lost"])
def test_a_transfer_not_yet_acknowledged_is_not_quiet(session: Session, clock: FixedClock, standing: str) -> None:
    survivor = planned(session)
    survivor.standing = standing
    assert not seen_by(session, survivor, Role.PROXY, clock).is_quiet


# What is next


@pytest.mark.parametrize(
    ("on", "shown"),
    [(date(2026, 11, 22), False), (date(2026, 11, 23), True), (date(2026, 11, 24), True), (date(2027, 6, 1), True)],
)
def test_a_booked_visit_is_shown_until_its_day_is_over(
    session: Session, clock: FixedClock, on: date, shown: bool
) -> None:
    survivor = planned(session)
    book(session, survivor, on)
    booked = seen_by(session, survivor, Role.PROXY, clock).booked
    assert (booked is not None) is shown


@pytest.mark.parametrize("status", ["cancelled", "missed", "completed"])
def test_a_visit_that_is_off_or_over_is_not_announced(session: Session, clock: FixedClock, status: str) -> None:
    survivor = planned(session)
    book(session, survivor, date(2026, 11, 30), status=status)
    assert seen_by(session, survivor, Role.PROXY, clock).booked is None


def test_of_two_visits_the_earlier_is_the_next(session: Session, clock: FixedClock) -> None:
    survivor = planned(session)
    book(session, survivor, date(2026, 12, 7), slot=1)
    book(session, survivor, date(2026, 11, 30), slot=4)
    booked = seen_by(session, survivor, Role.PROXY, clock).booked
    assert booked is not None
    assert booked.on == date(2026, 11, 30)


@pytest.mark.parametrize(
    ("first_slot", "slot_minutes", "slot", "at"),
    [
        ("09:00", 30, 0, time(9, 0)),
        ("09:00", 30, 3, time(10, 30)),
        ("08:45", 20, 10, time(12, 5)),
        ("13:30", 45, 2, time(15, 0)),
        ("09:00", 30, 11, time(14, 30)),
        ("09:00", 30, 12, None),
        ("23:00", 5, 40, None),
    ],
    ids=str,
)
def test_the_time_follows_the_clinics_hours_and_a_walk_in_has_none(
    session: Session, clock: FixedClock, first_slot: str, slot_minutes: int, slot: int, at: time | None
) -> None:
    clinic = make_clinic(session, first_slot=first_slot, slot_minutes=slot_minutes)
    survivor = planned(session, clinic=clinic)
    book(session, survivor, date(2026, 11, 30), slot)
    booked = seen_by(session, survivor, Role.PROXY, clock).booked
    assert booked is not None
    assert booked.at == at


def test_today_is_the_clinics_own(session: Session) -> None:
    clinic = make_clinic(session, tz="America/Los_Angeles")
    survivor = planned(session, clinic=clinic)
    book(session, survivor, date(2026, 11, 23))
    still_monday = FixedClock(datetime(2026, 11, 24, 7, 59, tzinfo=UTC))
    assert seen_by(session, survivor, Role.PROXY, still_monday).booked is not None
    still_monday.advance(timedelta(minutes=1))
    assert seen_by(session, survivor, Role.PROXY, still_monday).booked is None


@pytest.mark.parametrize(
    ("due_on", "where"),
    [
        (date(2025, 1, 1), "now"),
        (date(2026, 11, 23), "now"),
        (date(2027, 1, 22), "now"),
        (date(2027, 1, 23), "later"),
        (date(2029, 11, 22), "later"),
        (date(2029, 11, 23), "nowhere"),
    ],
)
def test_what_is_near_stands_on_top_and_what_is_far_is_left_for_later(
    session: Session, clock: FixedClock, due_on: date, where: str
) -> None:
    survivor = make_survivor(session, birth_date=date(2010, 1, 1))
    session.add(item(survivor, "echocardiogram", [reason("doxorubicin_mg_m2")], due_on))
    session.flush()
    page = seen_by(session, survivor, Role.PROXY, clock)
    assert (len(page.now), len(page.later)) == {"now": (1, 0), "later": (0, 1), "nowhere": (0, 0)}[where]


def test_what_falls_due_soon_after_a_booked_visit_belongs_to_it(session: Session, clock: FixedClock) -> None:
    survivor = make_survivor(session, birth_date=date(2010, 1, 1))
    session.add(item(survivor, "echocardiogram", [reason("doxorubicin_mg_m2")], date(2027, 6, 1)))
    session.flush()
    assert len(seen_by(session, survivor, Role.PROXY, clock).later) == 1
    book(session, survivor, date(2027, 4, 5))
    assert len(seen_by(session, survivor, Role.PROXY, clock).now) == 1


def test_the_yearly_visit_is_the_heading_and_not_one_of_its_own_checks(session: Session, clock: FixedClock) -> None:
    page = seen_by(session, planned(session), Role.SURVIVOR, clock)
    assert page.visit_due_on is not None
    assert page.pack.visit_test not in codes(page)


def test_when_the_clinic_last_wrote(session: Session, clock: FixedClock) -> None:
    survivor = planned(session)
    contact = make_contact(session, survivor)
    assert seen_by(session, survivor, Role.PROXY, clock).written_at is None
    sent = [datetime(2026, 10, day, tzinfo=UTC) for day in (1, 9, 4)]
    session.add_all([message(survivor, contact.id, at) for at in (*sent, None)])
    session.flush()
    assert seen_by(session, survivor, Role.PROXY, clock).written_at == datetime(2026, 10, 9, tzinfo=UTC)
