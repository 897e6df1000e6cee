"""An operation recorded on its own page gives its tumor the day from which the schedules count."""

from datetime import date
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_diagnosis, make_survivor
from tracker.clock import FixedClock
from tracker.engine.partial_dates import PartialDate
from tracker.models import AuditEvent, Diagnosis, Survivor
from tracker.services import care_plans
from tracker.services.sections import editing
from tracker.services.sections.entries import EntryInput

IN_2019 = PartialDate(2019, 9)


@pytest.fixture
def survivor(session: Session) -> Survivor:
    tumor = {"site": "vascular", "vessel": "vena-cava", "grade": "high"}
    return make_survivor(session, make_clinic(session), tumor=tumor, end_of_therapy_on=date(2019, 12, 1))


def operated(session: Session, survivor: Survivor, clock: FixedClock, **values: object) -> None:
    entered = EntryInput({"operation": "vena-cava-resection", "done_on": IN_2019} | values)
    actor = make_actor(session, survivor.clinic)
    editing.record_entry(session, survivor.id, "surgeries", entered, seen_version=None, actor=actor, clock=clock)


def removed(session: Session, survivor: Survivor) -> list[tuple[date | None, str]]:
    query = sa.select(Diagnosis).where(Diagnosis.survivor_id == survivor.id).order_by(Diagnosis.position)
    return [(row.resected_on, row.resected_precision) for row in session.scalars(query)]


def planned(session: Session, survivor_id: UUID) -> set[str]:
    return {item.test_code for item in care_plans.open_items(session, survivor_id)}


def test_a_dated_resection_starts_the_schedules_of_the_tumor(
    session: Session, survivor: Survivor, clock: FixedClock
) -> None:
    care_plans.refresh(session, survivor, clock=clock)
    assert "chest-ct" not in planned(session, survivor.id)
    operated(session, survivor, clock)
    assert removed(session, survivor) == [(date(2019, 9, 1), "month")]
    assert "chest-ct" in planned(session, survivor.id)
    [told] = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "diagnosis.removal_filled"))
    assert told.after is not None and told.after["resected_on"] == "2019-09"


@pytest.mark.parametrize("values", [{"operation": "csf-shunt"}, {"done_on": None}])
def test_what_took_no_tumor_out_or_has_no_day_fills_nothing(
    session: Session, survivor: Survivor, clock: FixedClock, values: dict[str, object]
) -> None:
    operated(session, survivor, clock, **values)
    assert removed(session, survivor) == [(None, "day")]


def test_a_day_that_was_entered_stays(session: Session, survivor: Survivor, clock: FixedClock) -> None:
    session.execute(sa.update(Diagnosis).values(resected_on=date(2019, 10, 2)))
    session.expire_all()
    operated(session, survivor, clock)
    assert removed(session, survivor) == [(date(2019, 10, 2), "day")]


def test_of_several_tumors_only_the_linked_one_is_meant(
    session: Session, survivor: Survivor, clock: FixedClock
) -> None:
    other = make_diagnosis(session, survivor, "Melanoma", position=1)
    operated(session, survivor, clock)
    assert removed(session, survivor) == [(None, "day"), (None, "day")]
    operated(session, survivor, clock, diagnosis_id=other.id)
    assert removed(session, survivor) == [(None, "day"), (date(2019, 9, 1), "month")]
