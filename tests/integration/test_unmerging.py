"""What was merged is taken apart: rows go back with their edits, and what cannot be told is refused."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import (
    make_actor,
    make_clinic,
    make_diagnosis,
    make_exposure,
    make_result,
    make_survivor,
)
from tests.integration.given_entries import give, give_drug
from tests.integration.merge_records import contents, pair_of
from tests.integration.merging_desk import actor, clinic, gone, keep, made_one, of, take_apart
from tracker.clock import FixedClock
from tracker.engine.partial_dates import PartialDate
from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.models import (
    Allergy,
    AuditEvent,
    ChangeState,
    ChartEntry,
    Clinic,
    Diagnosis,
    DrugCourse,
    DuplicatePair,
    Event,
    Exposure,
    PairState,
    Result,
    Role,
    Survivor,
    SurvivorIdentifier,
    Symptom,
)
from tracker.policy import Actor
from tracker.services import record_trail, survivors
from tracker.services.merging import merge
from tracker.services.unmerging import mergings_into, unmerge

__all__ = ["actor", "clinic", "gone", "keep", "made_one"]

LATER = datetime(2026, 11, 24, 9, tzinfo=UTC)


# Taking apart


def test_a_row_that_went_back_keeps_what_was_changed_on_it_since(
    session: Session, keep: Survivor, gone: Survivor, made_one: Any, actor: Actor, clock: FixedClock
) -> None:
    course = give_drug(session, gone, 75, courses=2, started_on=PartialDate(2020, 3))
    merged = made_one()
    course.courses = 4
    session.flush()
    undone = take_apart(session, merged, actor, clock)
    [back] = of(session, DrugCourse, gone)
    assert (back.id, back.courses) == (course.id, 4)
    assert [row.value for row in of(session, Exposure, gone)] == [Decimal(300)]
    assert undone.revived is gone and gone.mrn == "B-200"
    assert of(session, SurvivorIdentifier, keep) == []


def test_what_was_recorded_since_stays_unless_it_is_about_what_goes_back(
    session: Session, keep: Survivor, gone: Survivor, made_one: Any, actor: Actor, clock: FixedClock
) -> None:
    tumor = make_diagnosis(session, gone, "Osteosarcoma")
    result = make_result(session, gone, "echocardiogram", date(2026, 3, 2))
    merged = made_one()
    clock.set(date(2026, 11, 24))
    give(session, keep, Allergy, substance="Latex", recorded_at=LATER)
    give(session, keep, Symptom, symptom="Pain", diagnosis_id=tumor.id, recorded_at=LATER)
    result.superseded_at = LATER
    make_result(session, keep, "echocardiogram", date(2026, 3, 1), replaces_id=result.id)
    session.add(ChartEntry(survivor_id=keep.id, resource_type="Condition", external_id="9", imported_at=LATER))
    undone = take_apart(session, merged, actor, clock)
    assert sorted(each.about for each in undone.stayed) == ["Latex", "chart entries"]
    assert sorted(each.about for each in undone.went_along) == ["echocardiogram", "symptoms"]
    assert [row.substance for row in of(session, Allergy, keep)] == ["Latex"]
    assert len(of(session, Result, gone)) == 2
    assert [row.symptom for row in of(session, Symptom, gone)] == ["Pain"]


def test_what_hangs_on_both_people_is_refused_with_a_sentence(
    session: Session, keep: Survivor, gone: Survivor, made_one: Any, actor: Actor, clock: FixedClock
) -> None:
    tumor = make_diagnosis(session, gone, "Osteosarcoma")
    symptom = give(session, keep, Symptom, symptom="Pain")
    merged = made_one()
    symptom.diagnosis_id = tumor.id
    session.flush()
    with pytest.raises(Conflict, match=r"“symptoms” .* belongs to “Osteosarcoma”"):
        take_apart(session, merged, actor, clock)


def test_a_detail_corrected_since_is_left_and_told(
    session: Session, keep: Survivor, gone: Survivor, made_one: Any, actor: Actor, clock: FixedClock
) -> None:
    gone.birth_date, gone.preferred_name = date(2007, 5, 3), "Anita"
    merged = made_one({"birth_date": gone.id})
    corrected = replace(survivors.details_of(keep), birth_date=date(2007, 5, 4))
    survivors.edit(session, keep.id, corrected, seen_version=None, actor=actor, clock=clock)
    undone = take_apart(session, merged, actor, clock)
    assert (keep.birth_date, keep.preferred_name) == (date(2007, 5, 4), "")
    assert undone.kept_edits == ["birth_date"]
    assert gone.birth_date == date(2007, 5, 3)


def test_a_total_changed_since_is_left_and_told(
    session: Session, keep: Survivor, gone: Survivor, made_one: Any, actor: Actor, clock: FixedClock
) -> None:
    total = make_exposure(session, keep, value=300)
    make_exposure(session, gone, value=250)
    merged = made_one({"exposure:doxorubicin_mg_m2": gone.id})
    total.value = Decimal(275)
    session.flush()
    undone = take_apart(session, merged, actor, clock)
    assert undone.kept_edits == ["doxorubicin_mg_m2"]
    assert [row.value for row in of(session, Exposure, keep)] == [Decimal(275)]
    assert [row.value for row in of(session, Exposure, gone)] == [Decimal(250)]


def test_the_first_tumor_has_the_first_place_again(
    session: Session, keep: Survivor, gone: Survivor, made_one: Any, actor: Actor, clock: FixedClock
) -> None:
    theirs = make_diagnosis(session, gone, "Osteosarcoma")
    [own] = of(session, Diagnosis, keep)
    merged = made_one()
    own.position = 7
    session.flush()
    theirs.position = 0
    session.flush()
    own.position = 1
    session.flush()
    take_apart(session, merged, actor, clock)
    assert [row.position for row in of(session, Diagnosis, keep)] == [0]
    assert [row.position for row in of(session, Diagnosis, gone)] == [0]


def test_the_last_merging_is_taken_apart_first(
    session: Session, clinic: Clinic, keep: Survivor, gone: Survivor, made_one: Any, actor: Actor, clock: FixedClock
) -> None:
    first = made_one()
    clock.set(date(2026, 11, 24))
    third = make_survivor(session, clinic, diagnosis=None)
    said: dict[str, Any] = {"choices": {}, "reason": "One child", "actor": actor, "clock": clock}
    second = merge(session, pair_of(session, keep, third, clock).id, keep.id, **said)
    with pytest.raises(Conflict, match="merged into that of Ana Rivera later"):
        take_apart(session, first, actor, clock)
    take_apart(session, second, actor, clock, apart=True)
    take_apart(session, first, actor, clock)
    assert (gone.withdrawn_at, third.withdrawn_at) == (None, None)


def test_a_record_that_was_merged_itself_is_taken_apart_from_the_outside(
    session: Session, clinic: Clinic, keep: Survivor, gone: Survivor, made_one: Any, actor: Actor, clock: FixedClock
) -> None:
    inner = made_one()
    last = make_survivor(session, clinic, diagnosis=None)
    pair = pair_of(session, last, keep, clock)
    outer = merge(session, pair.id, last.id, choices={}, reason="One child", actor=actor, clock=clock)
    with pytest.raises(Conflict, match="was itself merged later"):
        take_apart(session, inner, actor, clock)
    take_apart(session, outer, actor, clock)
    take_apart(session, inner, actor, clock)
    assert {keep.merged_into_id, gone.merged_into_id} == {None}


def test_a_number_that_somebody_else_has_meanwhile_is_refused(
    session: Session, clinic: Clinic, keep: Survivor, gone: Survivor, made_one: Any, actor: Actor, clock: FixedClock
) -> None:
    merged = made_one()
    make_survivor(session, clinic, mrn="B-200", family_name="Oakhurst")
    with pytest.raises(Conflict, match="B-200 belongs to Ana Oakhurst now"):
        take_apart(session, merged, actor, clock)


def test_taking_apart_is_told_once_in_both_trails_and_decides_the_pair(
    session: Session, keep: Survivor, gone: Survivor, made_one: Any, actor: Actor, clock: FixedClock
) -> None:
    merged = made_one()
    before = contents(session, keep, gone)
    with pytest.raises(Invalid, match="not of one person"):
        unmerge(session, merged.change_set.id, apart=True, reason=" ", actor=actor, clock=clock)
    assert contents(session, keep, gone) == before
    take_apart(session, merged, actor, clock, apart=True)
    assert merged.change_set.state == ChangeState.UNDONE
    pair = session.scalars(sa.select(DuplicatePair)).one()
    assert (pair.state, pair.decided_by) == (PairState.APART, "Dana Ruiz")
    told = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "survivor.unmerged")).all()
    assert {event.survivor_id for event in told} == {keep.id, gone.id}
    assert mergings_into(session, keep.id) == []
    assert {event.survivor_id for event in record_trail.trail_of(session, keep.id)} == {keep.id}
    with pytest.raises(Conflict, match="Dana Ruiz has taken these records apart already"):
        take_apart(session, merged, actor, clock)


def test_only_whoever_may_review_at_the_clinic_takes_apart(
    session: Session, clinic: Clinic, made_one: Any, clock: FixedClock
) -> None:
    merged = made_one()
    for asking, error in (
        (make_actor(session, make_clinic(session)), NotFound),
        (make_actor(session, clinic, Role.ADMINISTRATOR), Forbidden),
    ):
        with pytest.raises(error):
            take_apart(session, merged, asking, clock)
    with pytest.raises(NotFound):
        unmerge(session, uuid4(), apart=True, reason="x", actor=asking, clock=clock)


def test_an_event_both_know_on_two_days_is_chosen(
    session: Session, keep: Survivor, gone: Survivor, made_one: Any, actor: Actor, clock: FixedClock
) -> None:
    for each, day in ((keep, date(2024, 1, 1)), (gone, date(2024, 2, 1))):
        session.add(Event(survivor_id=each.id, name="growth_complete", happened_on=day))
    merged = made_one({"event:growth_complete": gone.id})
    assert [row.happened_on for row in of(session, Event, keep)] == [date(2024, 2, 1)]
    take_apart(session, merged, actor, clock)
    assert [row.happened_on for row in of(session, Event, keep)] == [date(2024, 1, 1)]
