"""The worklist: who is on it, in what order, page by page."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.factories import (
    make_actor,
    make_clinic,
    make_contact,
    make_diagnosis,
    make_due_item,
    make_family,
    make_survivor,
    make_visit,
)
from tracker.clock import FixedClock
from tracker.engine.types import Flag
from tracker.errors import Forbidden
from tracker.models import Clinic, DueItem, Role, Survivor
from tracker.policy import Actor, Scope
from tracker.services import worklists
from tracker.services.due_lines import COLUMNS
from tracker.services.states import State
from tracker.services.worklist_rank import Place, Rank
from tracker.services.worklists import EVERYONE, Worklist, WorklistFilter

TODAY = date(2026, 11, 23)


@pytest.fixture
def clinic(session: Session) -> Clinic:
    return make_clinic(session)


@pytest.fixture
def coordinator(session: Session, clinic: Clinic) -> Actor:
    return make_actor(session, clinic, Role.COORDINATOR)


def planned(session: Session, clinic: Clinic, **given: Any) -> Survivor:
    """A survivor with a plan whose dates are given; nothing due unless said."""
    return make_survivor(session, clinic, **({"has_plan": True} | given))


def overdue(session: Session, clinic: Clinic, since: date, **given: Any) -> Survivor:
    dates = {"next_due_on": since - timedelta(days=91), "next_overdue_on": since}
    return planned(session, clinic, **(dates | given))


def listed(session: Session, actor: Actor, clock: FixedClock, **narrowed: Any) -> Worklist:
    return worklists.page(session, WorklistFilter(**narrowed), actor=actor, clock=clock)


def ids(found: Worklist) -> list[UUID]:
    return [row.survivor.id for row in found.rows]


def one_of_each(session: Session, clinic: Clinic) -> dict[Rank, Survivor]:
    """A survivor for every rank, made in an order that is not the list's."""
    given: dict[Rank, dict[str, Any]] = {
        Rank.DECEASED: {"deceased_on": date(2026, 1, 4)},
        Rank.NOT_YET_DUE: {"next_due_on": date(2027, 6, 1), "next_upcoming_on": date(2027, 4, 2)},
        Rank.DUE: {"next_due_on": date(2026, 11, 1), "next_overdue_on": date(2027, 2, 1)},
        Rank.BOOKED: {"next_overdue_on": date(2026, 2, 1), "booked_on": date(2026, 11, 30)},
        Rank.TRANSFERRED: {"standing": "transferred", "acknowledged_on": date(2026, 5, 1)},
        Rank.OVERDUE: {"next_overdue_on": date(2019, 2, 1), "recurrence_due_on": date(2026, 11, 1)},
        Rank.LOST: {"standing": "lost"},
        Rank.AWAITING_SUMMARY: {"has_plan": False},
        Rank.RECURRENCE_DUE: {"next_due_on": date(2026, 11, 20), "recurrence_due_on": date(2026, 11, 20)},
        Rank.DECLINED: {"standing": "declined", "review_on": date(2026, 11, 24)},
        Rank.REVIEW_REACHED: {"standing": "declined", "review_on": date(2026, 11, 23)},
        Rank.ON_TREATMENT: {"standing": "on_treatment"},
        Rank.UPCOMING: {"next_due_on": date(2027, 1, 1), "next_upcoming_on": date(2026, 11, 23)},
        Rank.TRANSFERRED_UNACKNOWLEDGED: {"standing": "transferred"},
        Rank.BEING_TRACED: {"standing": "being_traced"},
        Rank.RECURRENCE_OVERDUE: {"next_overdue_on": date(2026, 11, 23), "recurrence_overdue_on": date(2026, 11, 23)},
    }
    return {rank: planned(session, clinic, **values) for rank, values in given.items()}


def test_most_at_risk_come_first_whatever_their_order_in_the_table(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock
) -> None:
    made = one_of_each(session, clinic)
    found = listed(session, coordinator, clock, show=EVERYONE)
    assert [row.rank for row in found.rows] == sorted(Rank)
    assert ids(found) == [made[rank].id for rank in sorted(Rank)]


def test_the_list_shows_those_who_need_an_act_unless_asked_for_others(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock
) -> None:
    made = one_of_each(session, clinic)
    needing = [rank for rank in sorted(Rank) if rank <= Rank.REVIEW_REACHED]
    assert ids(listed(session, coordinator, clock)) == [made[rank].id for rank in needing]


@pytest.mark.parametrize("standing", ["declined", "on_treatment", "lost"])
def test_a_decision_whose_review_has_come_needs_an_act_again(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock, standing: str
) -> None:
    since = date(2026, 5, 4)
    reached = planned(session, clinic, standing=standing, standing_since=since, review_on=date(2026, 11, 23))
    planned(session, clinic, standing=standing, standing_since=since, review_on=date(2026, 11, 24))
    [row] = listed(session, coordinator, clock).rows
    assert (row.survivor.id, row.rank, row.since) == (reached.id, Rank.REVIEW_REACHED, date(2026, 11, 23))


def test_the_counts_add_up_to_everyone_and_each_opens_exactly_those_it_counts(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock
) -> None:
    made = one_of_each(session, clinic)
    make_survivor(session, make_clinic(session))
    found = listed(session, coordinator, clock)
    assert set(found.counts) == set(State)
    assert sum(found.counts.values()) == len(made)
    for state, number in found.counts.items():
        shown = listed(session, coordinator, clock, show=state.value)
        assert shown.total == len(shown.rows) == number
        assert {row.state for row in shown.rows} <= {state}


def test_within_a_rank_the_longest_overdue_come_first(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock
) -> None:
    late = overdue(session, clinic, date(2026, 11, 2))
    latest = overdue(session, clinic, date(2026, 11, 1))
    later = overdue(session, clinic, date(2026, 11, 3))
    assert ids(listed(session, coordinator, clock)) == [latest.id, late.id, later.id]


@pytest.mark.parametrize(
    ("today", "rank"),
    [(date(2026, 11, 22), Rank.DUE), (date(2026, 11, 23), Rank.OVERDUE), (date(2026, 11, 24), Rank.OVERDUE)],
)
def test_somebody_is_overdue_from_the_stored_day_on(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock, today: date, rank: Rank
) -> None:
    overdue(session, clinic, date(2026, 11, 23))
    clock.set(today)
    [row] = listed(session, coordinator, clock).rows
    assert row.rank == rank


def test_nobody_is_dropped_for_being_too_late(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock
) -> None:
    forgotten = [overdue(session, clinic, date(2026 - years, 11, 23)) for years in (20, 5, 2, 1)]
    recent = overdue(session, clinic, date(2026, 11, 20))
    assert ids(listed(session, coordinator, clock)) == [*(each.id for each in forgotten), recent.id]


def test_a_booking_that_nobody_closed_brings_the_survivor_back(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock
) -> None:
    survivor = overdue(session, clinic, date(2026, 5, 1))
    visit = make_visit(session, survivor, date(2026, 11, 23))
    assert ids(listed(session, coordinator, clock)) == []
    clock.set(date(2026, 11, 24))
    [row] = listed(session, coordinator, clock).rows
    assert (row.survivor.id, row.visit, row.may_book) == (survivor.id, visit, False)


def walk(session: Session, actor: Actor, clock: FixedClock, size: int) -> list[list[UUID]]:
    pages, after = [], None
    while True:
        found = worklists.page(session, WorklistFilter(show=EVERYONE), actor=actor, clock=clock, after=after, size=size)
        pages.append(ids(found))
        if not found.has_next:
            return pages
        after = found.rows[-1].place


def test_paging_shows_everyone_once_also_where_dates_are_equal(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock
) -> None:
    same_day = [overdue(session, clinic, date(2026, 3, 2)) for _ in range(6)]
    undated = [planned(session, clinic) for _ in range(6)]
    for size in (1, 2, 3, 7, 12, 13):
        pages = walk(session, coordinator, clock, size)
        seen = [survivor_id for page in pages for survivor_id in page]
        assert sorted(seen[:6]) == sorted(survivor.id for survivor in same_day)
        assert sorted(seen[6:]) == sorted(survivor.id for survivor in undated)
        assert [len(page) for page in pages[:-1]] == [size] * (len(pages) - 1)


def test_going_back_shows_the_page_before(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock
) -> None:
    for _ in range(7):
        overdue(session, clinic, date(2026, 3, 2))
    wanted = WorklistFilter()
    first = worklists.page(session, wanted, actor=coordinator, clock=clock, size=3)
    second = worklists.page(session, wanted, actor=coordinator, clock=clock, size=3, after=first.rows[-1].place)
    third = worklists.page(session, wanted, actor=coordinator, clock=clock, size=3, after=second.rows[-1].place)
    again = worklists.page(session, wanted, actor=coordinator, clock=clock, size=3, before=third.rows[0].place)
    top = worklists.page(session, wanted, actor=coordinator, clock=clock, size=3, before=again.rows[0].place)
    assert [(page.has_previous, page.has_next) for page in (first, second, third)] == [
        (False, True),
        (True, True),
        (True, False),
    ]
    assert (ids(again), again.has_previous, again.has_next) == (ids(second), True, True)
    assert (ids(top), top.has_previous) == (ids(first), False)


def test_somebody_who_left_the_list_does_not_make_the_next_page_skip_anyone(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock
) -> None:
    made = [overdue(session, clinic, date(2026, 3, day)) for day in (1, 2, 3, 4)]
    first = worklists.page(session, WorklistFilter(), actor=coordinator, clock=clock, size=2)
    made[1].booked_on = date(2026, 12, 7)
    session.flush()
    second = worklists.page(
        session, WorklistFilter(), actor=coordinator, clock=clock, size=2, after=first.rows[-1].place
    )
    assert ids(second) == [made[2].id, made[3].id]


def test_a_place_survives_the_way_through_an_address() -> None:
    place = Place(3, date(2026, 2, 28), UUID("12345678-1234-5678-1234-567812345678"))
    assert Place.read(place.token()) == place
    assert place.token().replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("token", ["", "x", "!!!", "MS4yMDI2", "MS4yMDI2LTEzLTAxLmFi", "é", "A" * 500])
def test_a_token_that_is_none_starts_at_the_top(token: str) -> None:
    assert Place.read(token) is None


def test_only_the_own_clinics_survivors_are_listed(session: Session, coordinator: Actor, clock: FixedClock) -> None:
    overdue(session, make_clinic(session), date(2026, 3, 2))
    found = listed(session, coordinator, clock, show=EVERYONE)
    assert (found.rows, found.total, sum(found.counts.values()), found.diagnoses) == ([], 0, 0, [])


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.PROXY, Role.SURVIVOR])
def test_the_list_is_for_coordinators_and_clinicians(
    session: Session, clinic: Clinic, clock: FixedClock, role: Role
) -> None:
    if role == Role.ADMINISTRATOR:
        actor = make_actor(session, clinic, role)
    else:
        survivor = make_survivor(session, clinic)
        user = make_family(session, survivor, role)
        actor = Actor(name=user.name, user_id=user.id, scopes=(Scope(role, survivor_id=survivor.id),))
    with pytest.raises(Forbidden):
        listed(session, actor, clock)


def full_row(session: Session, clinic: Clinic) -> Survivor:
    survivor = overdue(session, clinic, date(2026, 3, 2))
    for code in ("echocardiogram", "chest-ct", "skin-examination"):
        make_due_item(session, survivor, code, date(2025, 12, 1))
    make_contact(session, survivor)
    return survivor


def statements(session: Session, actor: Actor, clock: FixedClock) -> int:
    session.expire_all()
    run: list[str] = []

    def count(*call: Any) -> None:
        run.append(call[2])

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", count)
    try:
        listed(session, actor, clock, show=EVERYONE)
    finally:
        event.remove(engine, "before_cursor_execute", count)
    return len(run)


def test_a_page_takes_the_same_number_of_statements_whatever_stands_on_it(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock
) -> None:
    full_row(session, clinic)
    with_one = statements(session, coordinator, clock)
    for _ in range(30):
        full_row(session, clinic)
    assert statements(session, coordinator, clock) == with_one
    assert with_one <= 9


def plan_of(session: Session, query: Any) -> str:
    sqlite = session.get_bind().dialect.name == "sqlite"
    if not sqlite:
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
    # The values are written in: a plan is asked for without parameters.
    written = str(query.compile(session.get_bind(), compile_kwargs={"literal_binds": True})).replace(":", "\\:")
    explain = sa.text(f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{written}")
    return "\n".join(str(row[-1]) for row in session.execute(explain))


@pytest.mark.parametrize("narrowed", [{}, {"flag": Flag.RECURRENCE}, {"specialty": "cardiology"}])
def test_no_list_scans_all_due_items(
    session: Session, clinic: Clinic, coordinator: Actor, narrowed: dict[str, Any]
) -> None:
    full_row(session, clinic)
    query = worklists.ordered(session, clinic, WorklistFilter(**narrowed), TODAY).query(limit=26)
    plan = plan_of(session, query)
    assert "SCAN due_items" not in plan
    assert "Seq Scan on due_items" not in plan
    if narrowed and session.get_bind().dialect.name == "sqlite":
        assert "SEARCH due_items USING INDEX" in plan


def test_the_items_of_a_page_are_read_by_index(session: Session, clinic: Clinic) -> None:
    survivor = full_row(session, clinic)
    plan = plan_of(
        session, sa.select(*COLUMNS).where(DueItem.survivor_id.in_([survivor.id]), DueItem.closed_on.is_(None))
    )
    assert "SCAN due_items" not in plan
    assert "Seq Scan" not in plan


def test_diagnoses_offered_are_those_of_the_clinic_once_each_in_order(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock
) -> None:
    first = planned(session, clinic, diagnosis="Wilms tumor")
    planned(session, clinic, diagnosis="Wilms tumor")
    make_diagnosis(session, first, "Ewing sarcoma", position=1)
    assert listed(session, coordinator, clock).diagnoses == ["Ewing sarcoma", "Wilms tumor"]
