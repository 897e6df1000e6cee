"""The kept order of a worklist is the order worked out from dates, on every day and after every kind of write."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import product
from random import Random
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_survivor
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.jobs import cross_boundaries
from tracker.models import PLACES, Clinic, Role, Standing, Survivor
from tracker.models.places import RANK, SINCE, UNTIL
from tracker.services import care_plans, places, visits, worklists
from tracker.services.places import EVERYBODY, STRETCHES, Order
from tracker.services.standing import StandingInput, set_standing
from tracker.services.states import State, state_of
from tracker.services.worklist_rank import Place, Rank, rank_case, since_case
from tracker.services.worklists import EVERYONE, NEEDS_ACT, WorklistFilter

TODAY = date(2026, 11, 23)
UPCOMING, DUE, OVERDUE, BOOKED, REVIEW = (TODAY + timedelta(days=step) for step in (-3, 0, 4, 2, 1))
BOUNDARIES = (UPCOMING, DUE, OVERDUE, BOOKED, REVIEW)
DAYS = sorted({boundary + timedelta(days=step) for boundary in BOUNDARIES for step in (-1, 0, 1)})


def everyone_imaginable(session: Session, clinic: Clinic) -> list[Survivor]:
    """Every standing with every mixture of dates, each kept for a day before, between or after them, or for none."""
    kept = [None, *DAYS[::3]]
    made = []
    for number, values in enumerate((*_with_a_plan(), *_decided())):
        made.append(make_survivor(session, clinic, diagnosis=None, placed_on=kept[number % len(kept)], **values))
    return made


def _with_a_plan() -> Iterator[dict[str, Any]]:
    dates = product((None, UPCOMING), (None, DUE), (None, OVERDUE), (None, DUE), (None, OVERDUE), (None, BOOKED))
    names = (
        "next_upcoming_on",
        "next_due_on",
        "next_overdue_on",
        "recurrence_due_on",
        "recurrence_overdue_on",
        "booked_on",
    )
    for mixture in dates:
        yield {"has_plan": True, **dict(zip(names, mixture, strict=True))}
    # Not as plans are, yet no mixture may put anybody in a wrong place.
    yield {"has_plan": True, "next_due_on": OVERDUE, "next_overdue_on": DUE, "next_upcoming_on": BOOKED}


def _decided() -> Iterator[dict[str, Any]]:
    for standing, review, since in product(Standing, (None, REVIEW), (None, UPCOMING)):
        if standing not in (Standing.ACTIVE, Standing.DECLINED) or review:
            yield {"standing": standing, "review_on": review, "standing_since": since, "next_due_on": DUE}
    yield {"standing": Standing.TRANSFERRED, "acknowledged_on": DUE, "review_on": REVIEW}
    yield {"standing": Standing.TRANSFERRED, "review_on": REVIEW, "has_plan": True}
    yield {"has_plan": False, "booked_on": BOOKED, "next_due_on": DUE}
    for standing in Standing:
        yield {"deceased_on": date(2026, 1, 1), "standing": standing, "review_on": REVIEW}


def worked_out(session: Session, clinic: Clinic, today: date) -> list[tuple[UUID, int, date]]:
    """The slow definition: ranks and dates of everybody, compared with the day."""
    rank, since = rank_case(today), since_case(today)
    query = sa.select(Survivor.id, rank, since).where(Survivor.clinic_id == clinic.id, Survivor.withdrawn_at.is_(None))
    return [tuple(row) for row in session.execute(query.order_by(rank, since, Survivor.id))]  # type: ignore[misc]


def kept(session: Session, clinic: Clinic, today: date) -> list[tuple[UUID, int, date]]:
    return [tuple(row) for row in session.execute(Order(clinic.id, today).query())]  # type: ignore[misc]


def agree(session: Session, clinic: Clinic, *days: date) -> None:
    session.flush()
    for today in days or DAYS:
        assert kept(session, clinic, today) == worked_out(session, clinic, today), today


@pytest.fixture
def clinic(session: Session) -> Clinic:
    return make_clinic(session)


def test_kept_and_worked_out_agree_for_everyone_on_every_day_around_each_boundary(
    session: Session, clinic: Clinic
) -> None:
    made = everyone_imaginable(session, clinic)
    make_survivor(session, clinic, withdrawn_at=made[0].created_at)
    for placed_on in (None, *DAYS[1::3]):
        session.execute(sa.update(Survivor).values(placed_on=placed_on))
        agree(session, clinic)
        assert len(kept(session, clinic, TODAY)) == len(made)


def test_in_whatever_place_they_are_kept_each_state_lists_and_counts_its_own(session: Session, clinic: Clinic) -> None:
    made = everyone_imaginable(session, clinic)
    for today in DAYS:
        ranks = {survivor_id: rank for survivor_id, rank, _since in worked_out(session, clinic, today)}
        expected = Counter((Rank(ranks[survivor.id]), state_of(survivor, today)) for survivor in made)
        assert places.counts(session, clinic.id, today) == expected
        for state, stretches in STRETCHES.items():
            order = Order(clinic.id, today, stretches)
            found = {row.id for row in session.execute(order.query())}
            assert found == {survivor.id for survivor in made if state_of(survivor, today) is state}, (state, today)
            assert session.scalar(order.count()) == len(found)


@pytest.mark.parametrize("backwards", [False, True])
def test_pages_of_every_stretch_follow_on_from_any_place(session: Session, clinic: Clinic, backwards: bool) -> None:
    everyone_imaginable(session, clinic)
    whole = worked_out(session, clinic, TODAY)
    random = Random(4)
    for stretches in (EVERYBODY, *STRETCHES.values()):
        order = Order(clinic.id, TODAY, stretches)
        own = [tuple(row) for row in session.execute(order.query())]
        for survivor_id, rank, since in random.sample(whole, 4):
            start = (rank, since, survivor_id)
            told = session.execute(order.query(limit=5, start=Place(rank, since, survivor_id), backwards=backwards))
            key = [(row[1], row[2], row[0]) for row in own]
            after = [each for each in key if each > start]
            before = [each for each in reversed(key) if each < start]
            assert [(row.rank, row.since, row.id) for row in told] == (before if backwards else after)[:5]


def test_a_place_says_until_when_it_holds(session: Session, clinic: Clinic) -> None:
    """On every day before it the dates say the same; the texts are compared on both databases."""
    made = everyone_imaginable(session, clinic)
    for placed_on in DAYS:
        session.execute(sa.update(Survivor).values(placed_on=placed_on))
        rows = session.execute(sa.select(PLACES.id, PLACES.place_rank, PLACES.place_since, PLACES.place_until)).all()
        assert len(rows) == len(made)
        for today in (day for day in DAYS if day >= placed_on):
            said = {each[0]: each[1:] for each in worked_out(session, clinic, today)}
            for survivor_id, rank, since, until in rows:
                assert today >= until or said[survivor_id] == (rank, since)


def test_the_texts_of_the_models_are_those_of_the_database(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    found = {column["name"]: column.get("computed") for column in sa.inspect(database.engine).get_columns("survivors")}
    database.close()
    texts = {"place_rank": RANK, "place_since": SINCE, "place_until": UNTIL}
    assert {name: dict(found[name] or ())["sqltext"] for name in texts} == texts


# Every kind of write


def test_a_decision_moves_the_place_with_it(session: Session, clinic: Clinic, clock: FixedClock) -> None:
    actor = make_actor(session, clinic, Role.COORDINATOR)
    survivor = make_survivor(session, clinic, exposures={"doxorubicin_mg_m2": 300})
    care_plans.refresh(session, survivor, clock=clock)
    agree(session, clinic, TODAY)
    decisions: list[dict[str, Any]] = [
        {"standing": "being_traced"},
        {"standing": "lost", "review_on": TODAY + timedelta(days=9)},
        {"standing": "declined", "review_on": TODAY + timedelta(days=9)},
        {"standing": "on_treatment", "review_on": TODAY + timedelta(days=9), "followed_by": "Oncology"},
        {"standing": "transferred", "followed_by": "Elsewhere"},
        {"standing": "transferred", "followed_by": "Elsewhere", "acknowledged_on": TODAY},
        {"standing": "active"},
        {"standing": "deceased", "deceased_on": TODAY},
    ]
    seen = []
    for decided in decisions:
        entered = StandingInput(since=TODAY, reason="As told", **decided)
        set_standing(session, survivor.id, entered, seen_version=None, actor=actor, clock=clock)
        agree(session, clinic, TODAY, TODAY + timedelta(days=9), TODAY + timedelta(days=800))
        seen.append(kept(session, clinic, TODAY)[0][1])
    assert len(set(seen)) == len(decisions)


def test_a_booking_and_its_end_move_the_place(session: Session, clinic: Clinic, clock: FixedClock) -> None:
    actor = make_actor(session, clinic, Role.COORDINATOR)
    survivor = make_survivor(session, clinic, exposures={"doxorubicin_mg_m2": 300})
    care_plans.refresh(session, survivor, clock=clock)
    before = kept(session, clinic, TODAY)
    day = TODAY + timedelta(days=7)
    visit = visits.book_visit(session, survivor.id, visits.VisitInput(day, 0), actor=actor, clock=clock)
    agree(session, clinic, TODAY, day, day + timedelta(days=1))
    assert kept(session, clinic, TODAY)[0][1] == Rank.BOOKED
    visits.cancel_visit(session, visit.id, "The family asked", actor=actor, clock=clock)
    agree(session, clinic, TODAY, day)
    assert kept(session, clinic, TODAY) == before


def test_rows_written_past_the_objects_are_in_their_place_too(session: Session, clinic: Clinic) -> None:
    survivor = make_survivor(session, clinic, has_plan=True, next_due_on=DUE)
    for values in ({"next_overdue_on": TODAY}, {"standing": "lost"}, {"deceased_on": TODAY}, {"next_due_on": None}):
        session.execute(sa.update(Survivor).where(Survivor.id == survivor.id).values(**values))
        agree(session, clinic)


def test_somebody_withdrawn_is_in_no_place(session: Session, clinic: Clinic) -> None:
    survivor = make_survivor(session, clinic)
    assert len(kept(session, clinic, TODAY)) == 1
    survivor.withdrawn_at = survivor.created_at
    agree(session, clinic)
    assert kept(session, clinic, TODAY) == []


# The job


def test_moving_on_changes_no_list_and_leaves_nothing_ended_but_todays_bookings(
    session: Session, clinic: Clinic, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "BATCH", 40)
    made = everyone_imaginable(session, clinic)
    elsewhere = make_survivor(session, placed_on=None)
    versions = {survivor.id: survivor.version for survivor in made}
    for today in DAYS:
        clock.set(today)
        lists = [kept(session, clinic, day) for day in DAYS]
        while places.move_on(session, clinic, clock=clock):
            pass
        assert not places.anything_ended(session, clinic, clock=clock)
        session.expire_all()
        assert [kept(session, clinic, day) for day in DAYS] == lists
        left = session.scalars(sa.select(PLACES.id).where(PLACES.clinic_id == clinic.id, PLACES.place_until <= today))
        assert {session.get_one(Survivor, each).booked_on for each in left} <= {today}
    assert {survivor.id: survivor.version for survivor in made} == versions
    assert elsewhere.placed_on is None


def test_the_nightly_job_moves_places_on_and_a_second_tick_has_nothing_to_move(
    database: Database, clock: FixedClock
) -> None:
    with database.transaction() as session:
        clinic = make_clinic(session)
        survivor_id = make_survivor(session, clinic, has_plan=True, next_due_on=DUE, placed_on=date(2026, 1, 5)).id
    for _tick in range(2):
        cross_boundaries.run(database, clock, holder="one")
        with database.reading() as session:
            row = session.execute(sa.select(PLACES.placed_on, PLACES.place_rank).where(PLACES.id == survivor_id)).one()
            assert tuple(row) == (TODAY, Rank.DUE)
            assert not places.anything_ended(session, session.get_one(Clinic, clinic.id), clock=clock)


# What a page tells of numbers


@contextmanager
def counted_up_to(number: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(places, "COUNTED_UP_TO", number)
        patched.setattr(worklists, "COUNTED_UP_TO", number)
        yield


def test_people_are_counted_up_to_a_number_and_beyond_it_there_are_more(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    actor = make_actor(session, clinic, Role.COORDINATOR)
    for _ in range(4):
        make_survivor(session, clinic, standing="being_traced")
    for _ in range(3):
        make_survivor(session, clinic, has_plan=True, next_due_on=DUE)

    def told(show: str, **filters: Any) -> tuple[int, bool]:
        found = worklists.page(session, WorklistFilter(show=show, **filters), actor=actor, clock=clock)
        assert found.more == {State.BEING_TRACED}
        return found.total, found.total_is_more

    with counted_up_to(3):
        assert told(State.BEING_TRACED) == (4, True)
        assert told(State.DUE) == (3, False)
        assert told(State.LOST) == (0, False)
        assert told(EVERYONE) == told(NEEDS_ACT) == (7, True)
        assert told(NEEDS_ACT, text="Rivera") == (4, True)
        assert told(State.DUE, text="Rivera") == (3, False)
    for _ in range(3):
        make_survivor(session, clinic, standing="being_traced")
    with counted_up_to(3):
        assert told(State.BEING_TRACED) == (4, True)


def test_a_download_has_everybody_however_many(session: Session, clinic: Clinic, clock: FixedClock) -> None:
    actor = make_actor(session, clinic, Role.COORDINATOR)
    for _ in range(5):
        make_survivor(session, clinic, standing="being_traced")
    with counted_up_to(3):
        found = worklists.everyone_selected(session, WorklistFilter(), actor=actor, clock=clock)
    assert (len(found.rows), found.total, found.total_is_more) == (5, 5, False)
