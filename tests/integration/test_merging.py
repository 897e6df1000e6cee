"""Two records become one by a person's decision: what moves, what stands once, and what is refused."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import (
    make_actor,
    make_clinic,
    make_contact,
    make_diagnosis,
    make_exposure,
    make_family,
    make_result,
    make_survivor,
    make_visit,
)
from tests.integration.given_entries import give, give_drug
from tests.integration.merge_records import pair_of
from tests.integration.merging_desk import actor, clinic, gone, keep, made_one, of
from tracker.clock import FixedClock
from tracker.engine.partial_dates import PartialDate
from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.models import (
    Allergy,
    AuditEvent,
    ChartEntry,
    Clinic,
    Contact,
    Diagnosis,
    DrugCourse,
    DuplicatePair,
    Exposure,
    Grant,
    ImportedEntry,
    PairState,
    Result,
    Role,
    Survivor,
    Symptom,
    User,
    Visit,
)
from tracker.policy import Actor, load_actor, visible_survivors
from tracker.services import contacts, duplicate_pairs, duplicates, record_trail, survivors, worklists
from tracker.services.likeness import FORMER_SYSTEM
from tracker.services.merging import merge
from tracker.services.unmerging import mergings_into

__all__ = ["actor", "clinic", "gone", "keep", "made_one"]

# What moves


def test_everything_the_other_record_holds_is_now_on_the_one_that_stays(
    session: Session, keep: Survivor, gone: Survivor, made_one: Any
) -> None:
    tumor = make_diagnosis(session, gone, "Osteosarcoma", end_of_therapy_on=date(2021, 1, 1))
    give_drug(session, gone, diagnosis_id=tumor.id, started_on=PartialDate(2020))
    visit = make_visit(session, gone, date(2026, 3, 2))
    make_result(session, gone, "echocardiogram", date(2026, 3, 2), visit_id=visit.id)
    make_contact(session, gone)
    parent = make_family(session, gone)
    merged = made_one()
    assert [(row.name, row.position) for row in of(session, Diagnosis, keep)] == [
        ("Leiomyosarcoma", 0),
        ("Osteosarcoma", 1),
    ]
    assert [row.diagnosis_id for row in of(session, DrugCourse, keep)] == [tumor.id]
    assert [row.visit_id for row in of(session, Result, keep)] == [visit.id]
    for model in (Diagnosis, DrugCourse, Visit, Result, Contact, Grant, Exposure):
        assert of(session, model, gone) == []
    assert session.scalars(sa.select(Grant.survivor_id).where(Grant.user_id == parent.id)).all() == [keep.id]
    assert [row.name for row in of(session, Exposure, keep)] == ["doxorubicin_mg_m2"], "what follows is worked out"
    assert merged.moved["diagnoses"] == 1


def test_the_other_record_is_withdrawn_and_its_number_leads_to_the_one_that_stays(
    session: Session, clinic: Clinic, keep: Survivor, gone: Survivor, made_one: Any, actor: Actor, clock: FixedClock
) -> None:
    merged = made_one()
    assert (gone.withdrawn_at, gone.merged_into_id) == (clock.now(), keep.id)
    assert session.scalars(visible_survivors(actor)).all() == [keep]
    assert survivors.find_numbered(session, clinic.id, "B-200") is keep
    assert survivors.find_identified(session, clinic.id, FORMER_SYSTEM, "B-200") is keep
    found = worklists.find(session, "b-200", actor=actor, clock=clock)
    assert found.exact == keep.id
    assert record_trail.leads_to(session, gone.id, actor=actor) == keep.id
    assert record_trail.leads_to(session, keep.id, actor=actor) is None
    assert record_trail.leads_to(session, uuid4(), actor=actor) is None
    stranger = make_actor(session, make_clinic(session))
    assert record_trail.leads_to(session, gone.id, actor=stranger) is None
    assert merged.change_set.title == "B-200 into A-100"


def test_nobody_new_gets_the_number_of_a_merged_record(
    session: Session, clinic: Clinic, keep: Survivor, made_one: Any, actor: Actor, clock: FixedClock
) -> None:
    made_one()
    entered = replace(survivors.details_of(keep), mrn="B-200", family_name="Oakhurst")
    with pytest.raises(Invalid, match="Another survivor of this clinic has the record number B-200"):
        survivors.enrol(session, clinic.id, entered, actor=actor, clock=clock)
    renumbered = replace(survivors.details_of(keep), mrn="B-200")
    survivors.edit(session, keep.id, renumbered, seen_version=None, actor=actor, clock=clock)
    assert keep.mrn == "B-200"


def test_both_are_planned_anew_and_both_trails_stay(
    session: Session, keep: Survivor, gone: Survivor, made_one: Any, actor: Actor, clock: FixedClock
) -> None:
    make_exposure(session, gone, value=300)
    merged = made_one()
    assert keep.has_plan and not gone.has_plan
    assert gone.next_due_on is None
    told = {
        event.survivor_id: event
        for event in session.scalars(sa.select(AuditEvent))
        if event.action == "survivor.merged"
    }
    assert told.keys() == {keep.id, gone.id}
    assert {event.after["set_of_changes"] for event in told.values() if event.after} == {str(merged.change_set.id)}
    assert told[keep.id].reason == "One child"
    trail = record_trail.trail_of(session, keep.id)
    assert {event.survivor_id for event in trail} == {keep.id, gone.id}
    assert [(row.id, number) for row, number in mergings_into(session, keep.id)] == [(merged.change_set.id, "B-200")]


def test_a_chain_of_mergings_is_one_trail(
    session: Session, clinic: Clinic, keep: Survivor, gone: Survivor, made_one: Any, actor: Actor, clock: FixedClock
) -> None:
    made_one()
    last = make_survivor(session, clinic, diagnosis=None)
    merge(session, pair_of(session, last, keep, clock).id, last.id, choices={}, reason="x", actor=actor, clock=clock)
    assert record_trail.merged_into(session, [last.id, keep.id]) == {
        last.id: {last.id, keep.id, gone.id},
        keep.id: {keep.id, gone.id},
    }
    assert record_trail.leads_to(session, gone.id, actor=actor) == last.id


# What both hold stands once


def test_a_tumor_both_know_stands_once_and_what_is_about_it_follows(
    session: Session, keep: Survivor, gone: Survivor, made_one: Any
) -> None:
    [tumor] = of(session, Diagnosis, keep)
    theirs = make_diagnosis(session, gone, end_of_therapy_on=None)
    give(session, gone, Symptom, symptom="Pain", diagnosis_id=theirs.id)
    merged = made_one()
    assert of(session, Diagnosis, keep) == [tumor]
    assert [row.diagnosis_id for row in of(session, Symptom, keep)] == [tumor.id]
    assert merged.same["diagnoses"] == 1


@pytest.mark.parametrize("told", [{"end_of_therapy_on": date(2021, 1, 1)}, {"name": "Osteosarcoma"}, {"site": "thigh"}])
def test_a_tumor_of_which_the_other_record_says_more_or_something_else_is_kept_beside(
    session: Session, keep: Survivor, gone: Survivor, made_one: Any, told: dict[str, Any]
) -> None:
    make_diagnosis(session, gone, **told)
    made_one()
    assert sorted(row.position for row in of(session, Diagnosis, keep)) == [0, 1]


def test_the_same_entry_on_both_is_one_entry_but_courses_without_a_date_are_kept_and_told(
    session: Session, keep: Survivor, gone: Survivor, made_one: Any
) -> None:
    for each in (keep, gone):
        give(session, each, Allergy, substance="Penicillin")
        give_drug(session, each, 75, courses=2, started_on=PartialDate(2020, 3))
        give_drug(session, each, 50, courses=1)
    merged = made_one()
    assert len(of(session, Allergy, keep)) == 1
    assert sorted(row.dose for row in of(session, DrugCourse, keep)) == [50, 50, 75]
    assert merged.perhaps_twice == {"drug_courses": 1}


def test_a_total_on_both_records_is_chosen_and_the_other_stays_in_the_trail(
    session: Session, keep: Survivor, gone: Survivor, made_one: Any
) -> None:
    make_exposure(session, keep, value=300)
    make_exposure(session, gone, value=250)
    with pytest.raises(Invalid, match="Choose which is right") as refused:
        made_one()
    assert refused.value.field == "exposure:doxorubicin_mg_m2"
    made_one({"exposure:doxorubicin_mg_m2": gone.id})
    assert [row.value for row in of(session, Exposure, keep)] == [Decimal(250)]
    event = session.scalars(
        sa.select(AuditEvent).where(AuditEvent.action == "survivor.merged", AuditEvent.survivor_id == keep.id)
    ).one()
    assert event.after is not None
    [not_taken] = event.after["not_taken"]["exposure:doxorubicin_mg_m2"]
    assert Decimal(not_taken["value"]) == 300


def test_a_recorded_total_stands_before_one_that_follows_from_courses(
    session: Session, keep: Survivor, gone: Survivor, made_one: Any
) -> None:
    give_drug(session, keep, 75, courses=2, started_on=PartialDate(2020, 3))
    make_exposure(session, gone, value=250)
    made_one()
    assert [(row.value, row.source) for row in of(session, Exposure, keep)] == [(Decimal(250), "recorded")]


def test_what_came_from_the_same_source_twice_stands_once(
    session: Session, keep: Survivor, gone: Survivor, made_one: Any, clock: FixedClock
) -> None:
    for each in (keep, gone):
        make_result(session, each, "echocardiogram", date(2026, 3, 2), external_id="Observation/1")
        allergy = give(session, each, Allergy, substance="Penicillin")
        common = {"survivor_id": each.id, "external_id": "1", "imported_at": clock.now()}
        session.add(ChartEntry(resource_type="Condition", **common))
        session.add(ImportedEntry(resource_type="AllergyIntolerance", section="allergies", row_id=allergy.id, **common))
    make_result(session, gone, "echocardiogram", date(2025, 3, 2), external_id="Observation/2")
    session.add(ChartEntry(survivor_id=gone.id, resource_type="Condition", external_id="2", imported_at=clock.now()))
    made_one()
    assert sorted(row.external_id for row in of(session, Result, keep)) == ["Observation/1", "Observation/2"]
    assert sorted(row.external_id for row in of(session, ChartEntry, keep)) == ["1", "2"]
    assert len(of(session, ImportedEntry, keep)) == len(of(session, Allergy, keep)) == 1


def test_one_result_that_two_sources_tell_differently_is_kept_in_both_ways(
    session: Session, keep: Survivor, gone: Survivor, made_one: Any
) -> None:
    for each, day in ((keep, date(2026, 3, 2)), (gone, date(2026, 3, 3))):
        make_result(session, each, "echocardiogram", day, external_id="Observation/1")
    made_one()
    found = {row.performed_on: row.external_id for row in of(session, Result, keep)}
    assert found == {date(2026, 3, 2): "Observation/1", date(2026, 3, 3): None}


def test_a_contact_both_know_stands_once_and_two_bookings_stay_two(
    session: Session, keep: Survivor, gone: Survivor, made_one: Any
) -> None:
    for slot, each in enumerate((keep, gone)):
        make_contact(session, each, phone_key=contacts.phone_key("617-555-0123"))
        make_visit(session, each, date(2026, 12, 7 + slot), slot)
    made_one()
    assert len(of(session, Contact, keep)) == 1
    assert len(of(session, Visit, keep)) == 2
    assert (keep.booked_on, gone.booked_on) == (date(2026, 12, 7), None)


def test_a_parent_of_both_records_has_one_grant_and_sees_the_one_that_stays(
    session: Session, clinic: Clinic, clock: FixedClock, actor: Actor
) -> None:
    keep, gone = (make_survivor(session, clinic, birth_date=date(2015, 3, 5), diagnosis=None) for _ in range(2))
    parent = make_family(session, keep)
    session.add(
        Grant(
            user_id=parent.id,
            role=Role.PROXY,
            survivor_id=gone.id,
            starts_on=date(2010, 1, 1),
            ends_on=date(2033, 3, 5),
        )
    )
    pair = pair_of(session, keep, gone, clock)
    merge(session, pair.id, keep.id, choices={}, reason="One child", actor=actor, clock=clock)
    assert len(of(session, Grant, keep)) == 1
    family = load_actor(session, session.get_one(User, parent.id), clock=clock)
    assert record_trail.leads_to(session, gone.id, actor=family) == keep.id


# What is chosen, and what is refused


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("birth_date", {"birth_date": date(2007, 5, 3)}),
        ("sex_at_birth", {"sex_at_birth": "male"}),
        ("follow_up", {"deceased_on": date(2026, 1, 4)}),
        ("follow_up", {"standing": "transferred"}),
    ],
)
def test_what_the_plan_depends_on_must_be_chosen(
    session: Session, keep: Survivor, gone: Survivor, made_one: Any, key: str, told: dict[str, Any]
) -> None:
    for column, value in told.items():
        setattr(gone, column, value)
    with pytest.raises(Invalid) as refused:
        made_one()
    assert refused.value.field == key
    with pytest.raises(Invalid, match="one of the two"):
        made_one({key: uuid4()})
    made_one({key: gone.id})
    assert {column: getattr(keep, column) for column in told} == told


def test_what_only_one_record_says_is_taken_over(
    session: Session, keep: Survivor, gone: Survivor, made_one: Any
) -> None:
    keep.sex_at_birth, keep.given_name = "unknown", "Ana"
    gone.preferred_name, gone.given_name = "Anita", "Anna"
    made_one()
    assert (keep.sex_at_birth, keep.preferred_name, keep.given_name) == ("female", "Anita", "Ana")
    assert keep.search_name == "rivera ana anita"


def test_a_birth_date_after_the_chosen_death_is_refused(
    session: Session, keep: Survivor, gone: Survivor, made_one: Any
) -> None:
    keep.birth_date, gone.birth_date = date(2007, 3, 5), date(2007, 5, 3)
    keep.deceased_on = date(2007, 4, 1)
    with pytest.raises(Invalid, match="after the death"):
        made_one({"birth_date": gone.id, "follow_up": keep.id})


def test_a_merging_needs_a_reason_and_one_of_the_two(
    session: Session, keep: Survivor, gone: Survivor, actor: Actor, clock: FixedClock
) -> None:
    pair = pair_of(session, keep, gone, clock)
    for keep_id, reason, field in ((keep.id, " ", "reason"), (None, "x", "keep"), (uuid4(), "x", "keep")):
        with pytest.raises(Invalid) as refused:
            merge(session, pair.id, keep_id, choices={}, reason=reason, actor=actor, clock=clock)
        assert refused.value.field == field


def test_only_whoever_may_review_at_the_clinic_merges(
    session: Session, clinic: Clinic, keep: Survivor, gone: Survivor, clock: FixedClock
) -> None:
    pair = pair_of(session, keep, gone, clock)
    for asking, error in (
        (make_actor(session, make_clinic(session)), NotFound),
        (make_actor(session, clinic, Role.ADMINISTRATOR), Forbidden),
    ):
        with pytest.raises(error):
            merge(session, pair.id, keep.id, choices={}, reason="x", actor=asking, clock=clock)
    with pytest.raises(NotFound):
        merge(session, uuid4(), keep.id, choices={}, reason="x", actor=asking, clock=clock)


def test_records_of_two_clinics_are_never_one(
    session: Session, keep: Survivor, actor: Actor, clock: FixedClock
) -> None:
    other = make_survivor(session)
    first_id, second_id = sorted((keep.id, other.id))
    pair = DuplicatePair(
        clinic_id=keep.clinic_id, first_id=first_id, second_id=second_id, score=100, reasons=[], found_at=clock.now()
    )
    session.add(pair)
    session.flush()
    system = Actor.system("test")
    for who, error in ((actor, NotFound), (system, Invalid)):
        with pytest.raises(error):
            merge(session, pair.id, keep.id, choices={}, reason="x", actor=who, clock=clock)


def test_who_decides_second_or_has_not_seen_a_change_is_refused(
    session: Session, keep: Survivor, gone: Survivor, actor: Actor, clock: FixedClock
) -> None:
    pair = pair_of(session, keep, gone, clock)
    said: dict[str, Any] = {"choices": {}, "reason": "One child", "actor": actor, "clock": clock}
    with pytest.raises(Conflict):
        merge(session, pair.id, keep.id, seen={keep.id: keep.version, gone.id: gone.version + 1}, **said)
    merge(session, pair.id, keep.id, **said)
    with pytest.raises(Conflict, match="Dana Ruiz has decided that they are one person"):
        merge(session, pair.id, keep.id, **said)
    with pytest.raises(Conflict):
        duplicate_pairs.decide_apart(session, pair.id, reason="x", actor=actor, clock=clock)


def test_somebody_kept_apart_from_a_merged_record_is_not_proposed_to_the_one_that_stays(
    session: Session, clinic: Clinic, keep: Survivor, gone: Survivor, actor: Actor, clock: FixedClock, made_one: Any
) -> None:
    cousin = make_survivor(session, clinic, mrn="C-300", sex_at_birth="unknown")
    pair = pair_of(session, gone, cousin, clock)
    duplicate_pairs.decide_apart(session, pair.id, reason="Cousins", actor=actor, clock=clock)
    made_one()
    assert duplicates.look_for(session, [keep.id, cousin.id], clock=clock) == 0
    open_now = sa.select(DuplicatePair).where(DuplicatePair.state == PairState.OPEN)
    assert session.scalars(open_now).all() == []
