"""The treatment summary: checked as a whole, stored as a whole, and the plan follows in the same breath."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_diagnosis, make_survivor
from tracker.clock import FixedClock
from tracker.errors import Conflict, Forbidden, NotFound
from tracker.guidelines.loader import load_pack
from tracker.models import AuditEvent, Clinic, Diagnosis, Exposure, Predisposition, Role, Survivor
from tracker.policy import Actor
from tracker.services import care_plans, diagnosis_names, treatment
from tracker.services.facts import load_facts
from tracker.services.treatment import (
    DiagnosisInput,
    ExposureInput,
    PredispositionInput,
    RecordedSummary,
    SummaryInput,
)

TODAY = date(2026, 11, 23)
LMS = DiagnosisInput(
    name="Leiomyosarcoma",
    diagnosed_on=date(2021, 11, 2),
    resected_on=date(2022, 1, 14),
    end_of_therapy_on=date(2022, 10, 31),
    tumor={"site": "retroperitoneal", "grade": "high", "resection": "r0"},
)
DOXORUBICIN = ExposureInput(name="doxorubicin_mg_m2", value=Decimal(300), last_on=date(2022, 6, 30))
SUMMARY = SummaryInput(diagnoses=(LMS,), exposures=(DOXORUBICIN,))


@pytest.fixture
def clinic(session: Session) -> Clinic:
    return make_clinic(session)


@pytest.fixture
def actor(session: Session, clinic: Clinic) -> Actor:
    return make_actor(session, clinic, name="Lena Okafor")


@pytest.fixture
def survivor(session: Session, clinic: Clinic) -> Survivor:
    return make_survivor(session, clinic, diagnosis=None, birth_date=date(2007, 3, 5))


def record(
    session: Session,
    survivor: Survivor,
    actor: Actor,
    clock: FixedClock,
    summary: SummaryInput = SUMMARY,
    **changed: Any,
) -> RecordedSummary:
    entered = replace(summary, **changed)
    return treatment.record_summary(
        session, survivor.id, entered, seen_version=survivor.version, actor=actor, clock=clock
    )


# Storing


def test_a_summary_makes_the_plan_in_the_same_breath(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    recorded = record(session, survivor, actor, clock)
    echo = recorded.next_of("echocardiogram")
    assert echo is not None
    [[name, dose]] = echo.reasons[0]["exposures"]
    assert (echo.due_on, name) == (date(2024, 10, 31), "anthracycline_mg_m2")
    assert Decimal(dose) == 300
    assert recorded.items == care_plans.open_items(session, survivor.id) != []
    assert recorded.closed == [] and recorded.not_in_pack == ()
    assert survivor.has_plan and survivor.version == 2


def test_what_was_entered_is_what_the_engine_is_asked_about(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    relapse = replace(LMS, diagnosed_on=date(2023, 5, 1), end_of_therapy_on=date(2024, 1, 15), tumor={"site": "trunk"})
    record(
        session,
        survivor,
        actor,
        clock,
        diagnoses=(LMS, relapse),
        exposures=(
            DOXORUBICIN,
            ExposureInput(name="cisplatin_mg_m2", certainty="dose_unknown"),
            ExposureInput(name="splenectomy", value=Decimal(0)),
            ExposureInput(name="chest_rt_gy", certainty="date_only", last_on=date(2022, 5, 1)),
        ),
        events={"growth_complete": date(2023, 6, 1)},
        predispositions=(PredispositionInput(syndrome="Li-Fraumeni", fields={"gene": "tp53"}),),
        ltfu_entry_on=date(2024, 10, 31),
    )
    facts = load_facts(session, survivor)
    assert [each.end_of_therapy_on for each in facts.diagnoses] == [date(2022, 10, 31), date(2024, 1, 15)]
    assert facts.diagnoses[0].tumor == {"site": "retroperitoneal", "grade": "high", "resection": "r0"}
    assert facts.exposures == {"doxorubicin_mg_m2": 300, "cisplatin_mg_m2": None, "splenectomy": 0}
    assert facts.exposure_dates == {"doxorubicin": date(2022, 6, 30), "chest_rt": date(2022, 5, 1)}
    assert facts.events == {"growth_complete": date(2023, 6, 1)}
    assert facts.predispositions[0].fields == {"gene": "tp53"}
    assert facts.ltfu_entry_on == date(2024, 10, 31)


def test_recording_the_same_again_changes_no_row(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    record(session, survivor, actor, clock)
    ids = set(session.scalars(sa.select(Exposure.id))) | set(session.scalars(sa.select(Diagnosis.id)))
    items = [item.id for item in care_plans.open_items(session, survivor.id)]
    again = record(session, survivor, actor, clock)
    assert set(session.scalars(sa.select(Exposure.id))) | set(session.scalars(sa.select(Diagnosis.id))) == ids
    assert [item.id for item in care_plans.open_items(session, survivor.id)] == items
    assert again.opened == [] and again.closed == []


def test_what_is_left_out_is_gone_and_its_checks_are_closed(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    syndrome = PredispositionInput(syndrome="Li-Fraumeni")
    record(session, survivor, actor, clock, diagnoses=(LMS, LMS), predispositions=(syndrome,))
    recorded = record(session, survivor, actor, clock, exposures=(), events={})
    assert "echocardiogram" in {item.test_code for item in recorded.closed}
    assert session.scalars(sa.select(Exposure)).all() == []
    assert session.scalars(sa.select(Predisposition)).all() == []
    assert [row.position for row in session.scalars(sa.select(Diagnosis))] == [0]


def test_the_trail_keeps_the_summary_before_and_after(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    record(session, survivor, actor, clock)
    clock.set(date(2026, 11, 24))
    record(session, survivor, actor, clock, exposures=(replace(DOXORUBICIN, value=Decimal(450)),))
    first, second = session.scalars(
        sa.select(AuditEvent).where(AuditEvent.action == "treatment.recorded").order_by(AuditEvent.at)
    )
    assert first.before is not None and first.before["diagnoses"] == []
    assert second.before is not None and Decimal(second.before["exposures"][0]["value"]) == 300
    assert second.after is not None and second.after["exposures"][0]["value"] == "450"
    assert (second.actor, second.survivor_id) == ("Lena Okafor", survivor.id)


def test_the_number_of_an_import_moves_with_its_diagnosis(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    make_diagnosis(session, survivor, "Wilms tumor", diagnosed_on=date(2009, 1, 1), external_id="a")
    make_diagnosis(session, survivor, "Leiomyosarcoma", diagnosed_on=LMS.diagnosed_on, position=1, external_id="b")
    wilms = DiagnosisInput(name="Wilms tumor", diagnosed_on=date(2009, 1, 1))
    melanoma = DiagnosisInput(name="Melanoma", diagnosed_on=date(2024, 1, 1))

    def numbers(*diagnoses: DiagnosisInput) -> list[tuple[str, str | None]]:
        record(session, survivor, actor, clock, diagnoses=diagnoses)
        rows = session.scalars(sa.select(Diagnosis).order_by(Diagnosis.position))
        return [(row.name, row.external_id) for row in rows]

    assert numbers(LMS, wilms) == [("Leiomyosarcoma", "b"), ("Wilms tumor", "a")]
    assert numbers(melanoma, LMS, wilms) == [("Melanoma", None), ("Leiomyosarcoma", "b"), ("Wilms tumor", "a")]
    assert numbers(LMS) == [("Leiomyosarcoma", "b")]
    redated = replace(LMS, diagnosed_on=date(2021, 11, 3))
    assert numbers(redated) == [("Leiomyosarcoma", "b")]


def test_only_a_clinician_of_the_clinic_records_a_summary(
    session: Session, survivor: Survivor, clinic: Clinic, clock: FixedClock
) -> None:
    coordinator = make_actor(session, clinic, Role.COORDINATOR)
    with pytest.raises(Forbidden):
        record(session, survivor, coordinator, clock)
    with pytest.raises(Forbidden):
        treatment.sheet_for_editing(session, survivor.id, actor=coordinator)
    with pytest.raises(NotFound):
        record(session, survivor, make_actor(session, make_clinic(session)), clock)


def test_whoever_saves_second_is_told_and_nothing_is_overwritten(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    record(session, survivor, actor, clock)
    with pytest.raises(Conflict, match="Lena Okafor changed this record"):
        treatment.record_summary(session, survivor.id, SummaryInput(), seen_version=1, actor=actor, clock=clock)
    assert session.scalar(sa.select(sa.func.count()).select_from(Exposure)) == 1


# Names of diagnoses


@pytest.mark.parametrize(
    ("typed", "code", "stored"),
    [
        ("Leiomyosarcoma", "", "Leiomyosarcoma"),
        (" leiomyosarcoma ", "", "Leiomyosarcoma"),
        ("LMS", "", "Leiomyosarcoma"),
        ("Hodgkin  disease", "", "Hodgkin lymphoma"),
        ("ALL", "", "Acute lymphoblastic leukemia"),
        ("8890/3", "", "Leiomyosarcoma"),
        ("", "8890/3", "Leiomyosarcoma"),
        ("", "9837/3", "Acute lymphoblastic leukemia"),
        ("9815/3", "", "Acute lymphoblastic leukemia"),
        ("9819/3", "", "9819/3"),
        ("9815/1", "", "9815/1"),
        ("Leiomyosarcoma of the orbit", "", "Leiomyosarcoma of the orbit"),
        ("Leiomyosarcoma of the orbit", "8890/3", "Leiomyosarcoma of the orbit"),
    ],
)
def test_a_synonym_or_code_is_stored_under_the_packs_name_and_free_text_as_it_is(
    typed: str, code: str, stored: str
) -> None:
    assert diagnosis_names.normalised(load_pack(), typed, code) == stored


def test_a_name_of_ones_own_gets_the_codes_diagnosis_suggested_never_put_in_its_place() -> None:
    pack = load_pack()
    assert diagnosis_names.suggestion(pack, "Sarcoma of the orbit", "8890/3") == "Leiomyosarcoma"
    assert diagnosis_names.suggestion(pack, "Leiomyosarcoma", "8890/3") is None
    assert diagnosis_names.suggestion(pack, "Sarcoma of the orbit", "1234/5") is None
    assert diagnosis_names.suggestion(pack, "Sarcoma of the orbit", "") is None


def test_a_diagnosis_the_pack_does_not_know_is_kept_and_said_aloud(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    recorded = record(session, survivor, actor, clock, diagnoses=(replace(LMS, name="Chordoma", tumor={}),))
    assert recorded.not_in_pack == ("Chordoma",)
    assert "diagnosis-not-in-pack:Chordoma" in {gap.gap for gap in recorded.gaps}
