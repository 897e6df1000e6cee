"""A mapping is taken back with all it did, until somebody has changed what it brought."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_clinic
from tests.fhir.builders import (
    patient,
)
from tests.integration.replaying import (
    ACTOR,
    AGENT,
    DIAGNOSIS,
    TEST,
    VACCINE,
    bring_in,
    chart,
    clinic,
    lump,
    mapped,
    medicine,
    registry,
    scan,
    vaccination,
    with_plan,
)
from tracker.clock import FixedClock
from tracker.errors import Conflict
from tracker.intake import replay
from tracker.intake.replay import unmap_and_take_back
from tracker.models import (
    ChangeSet,
    Clinic,
    CodeMapping,
    Diagnosis,
    DrugCourse,
    Result,
)
from tracker.services import care_plans, code_mappings, results

__all__ = ["clinic"]


def test_a_mapping_is_taken_back_with_all_it_did(session: Session, clinic: Clinic, clock: FixedClock) -> None:
    survivor = with_plan(session, clinic, clock)
    bring_in(session, clinic, clock, patient(), scan(), vaccination(), lump(), medicine())
    care_plans.refresh(session, survivor, clock=clock)
    before = registry(session)
    replayed = mapped(session, clinic, clock, TEST, DIAGNOSIS, AGENT, VACCINE)
    assert registry(session) != before

    for each in reversed(replayed):
        assert each.mapping_id is not None
        people = unmap_and_take_back(session, clinic.id, each.mapping_id, actor=ACTOR, clock=clock)
        assert people == 1

    assert registry(session) == before
    assert {each.state for each in session.scalars(sa.select(ChangeSet).where(ChangeSet.kind == "mapping"))} == {
        "undone"
    }
    assert all(each.source for each in chart(session))
    mapped(session, clinic, clock, TEST)
    assert session.scalars(sa.select(Result)).one().test_code == "echocardiogram"


def test_what_somebody_changed_since_is_not_taken_away_and_the_refusal_names_nobody(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    survivor = with_plan(session, clinic, clock)
    bring_in(session, clinic, clock, patient(), scan())
    [replayed] = mapped(session, clinic, clock, TEST)
    assert replayed.mapping_id is not None
    result = session.scalars(sa.select(Result)).one()
    entered = replace(results.as_input(result), report="Read again by the cardiologist")
    results.correct_result(session, survivor.id, result.id, entered, reason="A second look", actor=ACTOR, clock=clock)

    with pytest.raises(Conflict, match="can no longer be taken back") as caught:
        unmap_and_take_back(session, clinic.id, replayed.mapping_id, actor=ACTOR, clock=clock)

    assert survivor.family_name not in str(caught.value)
    assert replay.what_builds_on(session, clinic.id, replayed.mapping_id, actor=ACTOR) > 0
    code_mappings.unmap(session, clinic.id, replayed.mapping_id, actor=ACTOR, clock=clock)
    assert session.scalars(sa.select(CodeMapping)).all() == []
    assert session.scalars(sa.select(Result).where(Result.superseded_at.is_(None))).one().report == entered.report


def test_a_later_mapping_of_the_same_records_is_taken_back_first(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    # A tumor that came by a mapping, and a medicine that was given for it.
    bring_in(session, clinic, clock, patient(), lump(), medicine())
    first, second = mapped(session, clinic, clock, DIAGNOSIS, AGENT)
    assert first.mapping_id is not None and second.mapping_id is not None
    assert session.scalars(sa.select(DrugCourse)).one().diagnosis_id is not None

    with pytest.raises(Conflict):
        unmap_and_take_back(session, clinic.id, first.mapping_id, actor=ACTOR, clock=clock)
    unmap_and_take_back(session, clinic.id, second.mapping_id, actor=ACTOR, clock=clock)
    unmap_and_take_back(session, clinic.id, first.mapping_id, actor=ACTOR, clock=clock)

    assert session.scalars(sa.select(Diagnosis)).all() == []


def test_of_two_mappings_about_one_person_the_first_can_be_taken_back_alone(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    bring_in(session, clinic, clock, patient(), scan(), vaccination())
    mapped(session, clinic, clock, VACCINE)
    wanted = registry(session)
    session.rollback()
    clinic = make_clinic(session, name="Harbor Clinic")
    bring_in(session, clinic, clock, patient(), scan(), vaccination())
    first, _second = mapped(session, clinic, clock, TEST, VACCINE)
    assert first.mapping_id is not None

    unmap_and_take_back(session, clinic.id, first.mapping_id, actor=ACTOR, clock=clock)

    assert registry(session) == wanted
