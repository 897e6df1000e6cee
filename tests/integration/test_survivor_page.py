"""The read model of the survivor's page: everything on it, for those who may see it, in few statements."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.factories import (
    make_actor,
    make_clinic,
    make_diagnosis,
    make_exposure,
    make_result,
    make_survivor,
    make_visit,
)
from tracker.clock import FixedClock
from tracker.errors import Forbidden, NotFound
from tracker.models import Certainty, DueItem, Exposure, Override, Role, Survivor
from tracker.policy import Action, Actor, Scope
from tracker.services import care_plans
from tracker.services.course import Course, CourseFact, Lane, Mark, course_of
from tracker.services.overrides import OverrideInput, decide
from tracker.services.states import State
from tracker.services.survivor_page import SurvivorPage, history, load_page, not_needed

TODAY = date(2026, 11, 23)


@pytest.fixture
def survivor(session: Session, clock: FixedClock) -> Survivor:
    found = make_survivor(
        session,
        diagnosis=None,
        exposures={"doxorubicin_mg_m2": 300, "heart_rt_gy": None},
        exposure_dates={"doxorubicin_mg_m2": date(2023, 6, 1)},
    )
    make_diagnosis(
        session,
        found,
        grade="high",
        diagnosed_on=date(2023, 2, 1),
        resected_on=date(2023, 8, 3),
        end_of_therapy_on=date(2024, 3, 14),
    )
    care_plans.refresh(session, found, clock=clock)
    return found


@pytest.fixture
def clinician(session: Session, survivor: Survivor) -> Actor:
    return make_actor(session, survivor.clinic)


def load(session: Session, survivor: Survivor, actor: Actor, clock: FixedClock) -> SurvivorPage:
    return load_page(session, survivor.id, actor=actor, clock=clock)


def statements(session: Session, act: Callable[[], object]) -> int:
    seen: list[str] = []
    connection = session.connection()

    def note(*args: Any) -> None:
        seen.append(args[2])

    event.listen(connection, "before_cursor_execute", note)
    act()
    event.remove(connection, "before_cursor_execute", note)
    return len(seen)


def test_everything_known_of_the_survivor_is_on_the_page(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    visit = make_visit(session, survivor, date(2026, 12, 7))
    result = make_result(session, survivor, "chest-ct", date(2026, 11, 2), recorded_by_id=clinician.user_id)
    care_plans.refresh(session, survivor, clock=clock)

    page = load(session, survivor, clinician, clock)

    assert (page.survivor, page.clinic, page.today) == (survivor, survivor.clinic, TODAY)
    assert [row.name for row in page.diagnoses] == ["Leiomyosarcoma"]
    assert [row.name for row in page.exposures] == ["doxorubicin_mg_m2", "heart_rt_gy"]
    assert (page.results, page.visits) == ((result,), (visit,))
    assert page.items == tuple(care_plans.open_items(session, survivor.id))
    assert all(row.closed_on is None for row in page.items)
    assert page.closed and all(row.closed_on for row in page.closed)
    assert {"heart_rt_gy"} <= {name for gap in page.gaps for name in gap.missing}
    assert page.state == State.BOOKED
    assert page.person(result.recorded_by_id) == "Dana Ruiz"
    assert page.person(None) == ""


def test_names_come_from_the_pack_and_fall_back_to_the_code(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    page = load(session, survivor, clinician, clock)
    assert (page.test_name("chest-ct"), page.test_name("gone")) == ("CT chest", "gone")
    assert (page.exposure_name("doxorubicin_mg_m2"), page.exposure_name("gone")) == ("doxorubicin", "gone")


def test_the_newest_end_of_therapy_of_all_diagnoses_is_the_one_shown(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    make_diagnosis(session, survivor, "Melanoma", position=1, end_of_therapy_on=date(2025, 6, 1))
    make_diagnosis(session, survivor, "Osteosarcoma", position=2, end_of_therapy_on=None)
    assert load(session, survivor, clinician, clock).end_of_therapy_on == date(2025, 6, 1)


def test_doses_are_added_up_and_what_is_unknown_stays_unknown(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    make_exposure(session, survivor, "epirubicin_mg_m2", 100)
    make_exposure(session, survivor, "mitoxantrone_mg_m2", None)
    doses = load(session, survivor, clinician, clock).doses()
    assert doses.certain["anthracycline_mg_m2"] == Decimal("380")
    assert "anthracycline_mg_m2" in doses.unknown


def test_an_exposure_known_only_by_its_date_adds_nothing(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    session.add(Exposure(survivor_id=survivor.id, name="cisplatin_mg_m2", certainty=Certainty.DATE_ONLY, unit="mg/m2"))
    session.flush()
    assert "cisplatin_mg_m2" not in load(session, survivor, clinician, clock).doses().certain


def test_the_guidelines_own_dates_are_read_only_beside_a_decision(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    assert load(session, survivor, clinician, clock).by_guideline == {}
    entered = OverrideInput("chest-ct", "stop", "Declined", date(2027, 6, 1))
    decide(session, survivor.id, entered, actor=clinician, clock=clock)
    page = load(session, survivor, clinician, clock)
    assert page.by_guideline["chest-ct"].due_on == date(2024, 6, 14)
    assert "chest-ct" not in {row.test_code for row in page.items}


def test_what_a_reader_may_do_follows_the_role(session: Session, survivor: Survivor, clock: FixedClock) -> None:
    coordinator = make_actor(session, survivor.clinic, Role.COORDINATOR)
    clinician = make_actor(session, survivor.clinic, Role.CLINICIAN)
    assert Action.RECORD_RESULT in load(session, survivor, clinician, clock).allowed
    allowed = load(session, survivor, coordinator, clock).allowed
    assert Action.BOOK_VISIT in allowed and Action.RECORD_RESULT not in allowed and Action.DECIDE not in allowed


def test_others_do_not_see_the_page(session: Session, survivor: Survivor, clock: FixedClock) -> None:
    stranger = make_actor(session, make_clinic(session))
    administrator = make_actor(session, survivor.clinic, Role.ADMINISTRATOR)
    mother = Actor("Maria", scopes=(Scope(Role.PROXY, survivor_id=survivor.id),))
    for actor, error in ((stranger, NotFound), (administrator, NotFound), (mother, Forbidden)):
        with pytest.raises(error):
            load(session, survivor, actor, clock)
        with pytest.raises(error):
            not_needed(session, survivor.id, actor=actor, clock=clock)
        with pytest.raises(error):
            history(session, survivor.id, actor=actor)


def test_the_page_takes_the_same_number_of_statements_however_long_the_history(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    entered = OverrideInput("chest-ct", "defer", "Braces", date(2028, 6, 1), defer_to=date(2027, 1, 1))
    decide(session, survivor.id, entered, actor=clinician, clock=clock)
    session.expire_all()
    few = statements(session, lambda: load(session, survivor, clinician, clock))
    _long_history(session, survivor, clinician)
    session.expire_all()
    assert statements(session, lambda: load(session, survivor, clinician, clock)) == few
    assert few <= 22


def _long_history(session: Session, survivor: Survivor, clinician: Actor) -> None:
    for month in range(120):
        day = date(2016, 1, 5) + timedelta(days=30 * month)
        make_result(session, survivor, "blood-pressure", day, recorded_by_id=clinician.user_id)
        make_visit(session, survivor, day, slot=month % 12, status="cancelled")
        session.add(_closed(survivor, day))
        session.add(_decision(survivor, clinician.user_id, day))
    for name in ("cisplatin_mg_m2", "carboplatin_mg_m2", "cranial_rt_gy"):
        make_exposure(session, survivor, name, 10)


def _closed(survivor: Survivor, day: date) -> DueItem:
    dates = {"upcoming_on": day, "due_on": day, "overdue_after": day, "closed_on": day, "closed_by": "superseded"}
    return DueItem(
        survivor_id=survivor.id,
        clinic_id=survivor.clinic_id,
        test_code="blood-pressure",
        late_effects=True,
        opened_at=datetime(2016, 1, 1, tzinfo=UTC),
        **dates,
    )


def _decision(survivor: Survivor, user_id: UUID | None, day: date) -> Override:
    return Override(
        survivor_id=survivor.id,
        test_code="blood-pressure",
        action="stop",
        decided_on=day,
        expires_on=day + timedelta(days=10),
        reason="Too ill",
        decided_by_id=user_id,
        recorded_at=datetime(day.year, day.month, day.day, tzinfo=UTC),
    )


def test_of_what_is_finished_only_the_newest_are_read(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    _long_history(session, survivor, clinician)
    closed = load(session, survivor, clinician, clock).closed
    assert len(closed) == 40
    assert [row.closed_on for row in closed] == sorted((row.closed_on for row in closed if row.closed_on), reverse=True)


def test_what_is_not_needed_says_why(session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock) -> None:
    entries = not_needed(session, survivor.id, actor=clinician, clock=clock).entries
    asked = {
        reason.rule_id for item in care_plans.open_items(session, survivor.id) for reason in care_plans.reasons_of(item)
    }
    assert {"other_diagnosis", "not_exposed"} <= {entry.why for entry in entries}
    assert not asked & {entry.rule_id for entry in entries}


def test_the_history_names_who_did_what_newest_first(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    for number, code in enumerate(("chest-ct", "blood-pressure")):
        clock.advance(timedelta(minutes=number))
        decide(session, survivor.id, OverrideInput(code, "stop", code, date(2027, 6, 1)), actor=clinician, clock=clock)
    found, events = history(session, survivor.id, actor=clinician)
    assert found is survivor
    assert [(row.actor, row.action, row.reason) for row in events] == [
        ("Dana Ruiz", "override.decided", "blood-pressure"),
        ("Dana Ruiz", "override.decided", "chest-ct"),
    ]


def drawn(session: Session, survivor: Survivor, actor: Actor, clock: FixedClock) -> Course:
    return course_of(load(session, survivor, actor, clock))


def test_the_course_holds_diagnosis_therapy_results_visits_and_what_lies_ahead(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    make_result(session, survivor, "chest-ct", date(2026, 11, 2), outcome="normal")
    make_visit(session, survivor, date(2026, 12, 7))
    care_plans.refresh(session, survivor, clock=clock)
    facts = set(drawn(session, survivor, clinician, clock).facts)

    assert {
        CourseFact(Lane.DISEASE, Mark.DIAGNOSIS, date(2023, 2, 1), "Leiomyosarcoma"),
        CourseFact(Lane.DISEASE, Mark.RESECTION, date(2023, 8, 3), "Leiomyosarcoma"),
        CourseFact(Lane.DISEASE, Mark.END_OF_THERAPY, date(2024, 3, 14), "Leiomyosarcoma"),
        CourseFact(Lane.THERAPY, Mark.TREATMENT, date(2023, 2, 1), "Leiomyosarcoma", until=date(2024, 3, 14)),
        CourseFact(Lane.THERAPY, Mark.EXPOSURE, date(2023, 6, 1), "doxorubicin"),
        CourseFact(Lane.RESULTS, Mark.NORMAL, date(2026, 11, 2), "CT chest"),
        CourseFact(Lane.VISITS, Mark.VISIT_PLANNED, date(2026, 12, 7), ""),
        CourseFact(Lane.RECURRENCE, Mark.PLANNED, date(2027, 2, 2), "CT chest"),
    } <= facts


@pytest.mark.parametrize(
    "given, mark",
    [
        ({"outcome": "normal"}, Mark.NORMAL),
        ({"outcome": "abnormal"}, Mark.ABNORMAL),
        ({"outcome": "indeterminate"}, Mark.ABNORMAL),
        ({}, Mark.NO_OUTCOME),
        ({"outcome": "normal", "claimed": True}, Mark.NOT_COUNTED),
        ({"outcome": "normal", "adequate": False}, Mark.NOT_COUNTED),
        ({"status": "entered-in-error"}, None),
        ({"superseded_at": datetime(2026, 11, 5, tzinfo=UTC)}, None),
    ],
)
def test_a_result_is_marked_by_what_it_says_and_whether_it_counts(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock, given: dict[str, Any], mark: Mark | None
) -> None:
    make_result(session, survivor, "chest-ct", date(2026, 11, 2), **given)
    marks = [fact.mark for fact in drawn(session, survivor, clinician, clock).facts if fact.lane == Lane.RESULTS]
    assert marks == ([mark] if mark else [])


def test_what_lies_more_than_ten_years_ahead_stands_at_the_end_with_its_year(
    session: Session, survivor: Survivor, clinician: Actor, clock: FixedClock
) -> None:
    item = care_plans.open_items(session, survivor.id)[0]
    name = load(session, survivor, clinician, clock).test_name(item.test_code)
    for due_on, wanted in (
        (date(2036, 11, 23), (Mark.PLANNED, date(2036, 11, 23), name)),
        (date(2036, 11, 24), (Mark.BEYOND, date(2036, 11, 23), f"{name} (2036)")),
        (date(2061, 5, 1), (Mark.BEYOND, date(2036, 11, 23), f"{name} (2061)")),
    ):
        item.upcoming_on, item.due_on, item.overdue_after = due_on, due_on, due_on
        session.flush()
        course = drawn(session, survivor, clinician, clock)
        assert wanted in {(fact.mark, fact.on, fact.about) for fact in course.facts}
        assert course.ends_on <= date(2036, 11, 23)


def test_a_course_without_any_fact_is_today_alone(session: Session, clock: FixedClock) -> None:
    bare = make_survivor(session, diagnosis=None)
    course = drawn(session, bare, make_actor(session, bare.clinic), clock)
    assert (course.facts, course.starts_on, course.ends_on) == ((), TODAY, TODAY)
