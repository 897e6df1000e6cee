"""What a treatment summary must satisfy: every problem at its field, every edge accepted."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_diagnosis, make_survivor
from tracker.clock import FixedClock
from tracker.guidelines.loader import load_pack
from tracker.models import Clinic, Diagnosis, Survivor
from tracker.policy import Actor
from tracker.services import treatment
from tracker.services.facts import load_facts
from tracker.services.treatment import (
    DiagnosisInput,
    ExposureInput,
    PredispositionInput,
    RecordedSummary,
    SummaryInput,
    SummaryRefused,
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


def problems(session: Session, survivor: Survivor, actor: Actor, clock: FixedClock, **changed: Any) -> dict[str, str]:
    with pytest.raises(SummaryRefused) as refused:
        record(session, survivor, actor, clock, **changed)
    return {problem.field: problem.message for problem in refused.value.problems}


# What cannot be right


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"diagnosed_on": date(2026, 11, 24)}, "diagnosed_on", "in the future"),
        ({"diagnosed_on": date(2007, 3, 4)}, "diagnosed_on", "before the date of birth"),
        ({"resected_on": date(2026, 11, 24)}, "resected_on", "in the future"),
        ({"end_of_therapy_on": date(2026, 11, 24)}, "end_of_therapy_on", "in the future"),
        ({"end_of_therapy_on": date(2021, 11, 1)}, "end_of_therapy_on", "before the diagnosis"),
        ({"name": " "}, "name", "Enter the diagnosis"),
        ({"name": "x" * 201}, "name", "at most 200"),
        ({"icdo3_morphology": "8890"}, "icdo3_morphology", "8890/3"),
        ({"tumor": {"grade": "Grade III!"}}, "grade", "lower case"),
        ({"tumor": {"grade": "g" * 61}}, "grade", "lower case"),
        ({"tumor": {"color": "red"}}, "color", "no field"),
    ],
)
def test_a_diagnosis_that_cannot_be_right_is_refused_at_its_field(
    session: Session,
    survivor: Survivor,
    actor: Actor,
    clock: FixedClock,
    changed: dict[str, Any],
    field: str,
    words: str,
) -> None:
    found = problems(session, survivor, actor, clock, diagnoses=(LMS, replace(LMS, **changed)))
    assert words in found[f"diagnoses-1-{field}"]
    assert session.scalar(sa.select(sa.func.count()).select_from(Diagnosis)) == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"diagnosed_on": date(2007, 3, 5)},
        {"end_of_therapy_on": TODAY},
        {"end_of_therapy_on": date(2021, 11, 2)},
        {"end_of_therapy_on": None},
        {"diagnosed_on": None, "resected_on": None},
        {"tumor": {"grade": "unknown", "site": "other", "stage": "iib", "mibg": "negative-at-end-of-therapy"}},
        {"icdo3_morphology": "8890/3"},
    ],
)
def test_the_edges_of_what_can_be_right_are_accepted(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock, changed: dict[str, Any]
) -> None:
    record(session, survivor, actor, clock, diagnoses=(replace(LMS, **changed),))
    assert session.scalar(sa.select(sa.func.count()).select_from(Diagnosis)) == 1


@pytest.mark.parametrize(
    ("exposure", "field", "words"),
    [
        ({"name": "doxorubicin"}, "name", "from the list"),
        ({"name": "age_y", "value": Decimal(4)}, "name", "from the list"),
        ({"name": ""}, "name", "from the list"),
        ({"value": None}, "value", "Enter the dose of doxorubicin"),
        ({"value": Decimal(-1)}, "value", "0 or more"),
        ({"value": Decimal("Infinity")}, "value", "must be a number"),
        ({"value": Decimal("NaN")}, "value", "must be a number"),
        ({"value": Decimal("0.00001")}, "value", "4 decimal places"),
        ({"value": Decimal("701")}, "value", "more doxorubicin than is usual"),
        ({"certainty": "guessed"}, "certainty", "how much is known"),
        ({"certainty": "date_only", "last_on": None}, "last_on", "last day of doxorubicin"),
        ({"last_on": date(2026, 11, 24)}, "last_on", "in the future"),
        ({"last_on": date(2007, 3, 4)}, "last_on", "before the date of birth"),
        ({"name": "splenectomy", "value": Decimal(2)}, "value", "no amount"),
        ({"name": "chest_rt_gy", "value": Decimal("80.1")}, "value", "than is usual"),
        ({"name": "tbi_gy", "value": Decimal(1200)}, "value", "than is usual"),
    ],
)
def test_an_exposure_that_cannot_be_right_is_refused_at_its_field(
    session: Session,
    survivor: Survivor,
    actor: Actor,
    clock: FixedClock,
    exposure: dict[str, Any],
    field: str,
    words: str,
) -> None:
    found = problems(session, survivor, actor, clock, exposures=(replace(DOXORUBICIN, **exposure),))
    assert list(found) == [f"exposures-0-{field}"]
    assert words in found[f"exposures-0-{field}"]


def test_an_unusual_dose_is_a_question_and_yes_settles_it(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    unusual = replace(DOXORUBICIN, value=Decimal(701))
    with pytest.raises(SummaryRefused) as refused:
        record(session, survivor, actor, clock, exposures=(unusual,))
    assert [problem.question for problem in refused.value.problems] == [True]
    record(session, survivor, actor, clock, exposures=(replace(unusual, confirmed=True),))
    assert load_facts(session, survivor).exposures == {"doxorubicin_mg_m2": 701}
    assert treatment.read_summary(session, survivor).exposures[0].confirmed


@pytest.mark.parametrize("value", [Decimal(700), Decimal("0"), Decimal("299.9999")])
def test_usual_doses_are_stored_without_a_question(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock, value: Decimal
) -> None:
    record(session, survivor, actor, clock, exposures=(replace(DOXORUBICIN, value=value),))
    assert load_facts(session, survivor).exposures == {"doxorubicin_mg_m2": value}


def test_every_dose_of_the_vocabulary_has_a_limit_at_which_it_is_questioned() -> None:
    for info in load_pack().exposures.values():
        limit = treatment.questioned_above(info)
        assert (limit < 200_000) is (info.unit not in ("1", "a")), info.name


def test_one_treatment_stands_on_one_line(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    found = problems(session, survivor, actor, clock, exposures=(DOXORUBICIN, DOXORUBICIN))
    assert list(found) == ["exposures-1-name"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"events": {"married": date(2024, 1, 1)}}, "events-married"),
        ({"events": {"growth_complete": date(2026, 11, 24)}}, "events-growth_complete"),
        ({"events": {"growth_complete": date(2007, 3, 4)}}, "events-growth_complete"),
        ({"predispositions": (PredispositionInput(syndrome=" "),)}, "predispositions-0-syndrome"),
        (
            {"predispositions": (PredispositionInput(syndrome="MEN2", fields={"risk": "Very High"}),)},
            "predispositions-0-risk",
        ),
        (
            {"predispositions": (PredispositionInput(syndrome="MEN2", fields={"color": "red"}),)},
            "predispositions-0-color",
        ),
        ({"ltfu_entry_on": date(2007, 3, 4)}, "ltfu_entry_on"),
        ({"confirmed_on": TODAY}, "confirmed_by"),
        ({"confirmed_by": "Lena Okafor"}, "confirmed_on"),
        ({"confirmed_by": "L" * 121, "confirmed_on": TODAY}, "confirmed_by"),
        ({"confirmed_by": "Lena Okafor", "confirmed_on": date(2026, 11, 24)}, "confirmed_on"),
    ],
)
def test_the_rest_of_a_summary_is_checked_too(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock, changed: dict[str, Any], field: str
) -> None:
    assert list(problems(session, survivor, actor, clock, **changed)) == [field]


def test_an_entry_to_long_term_follow_up_may_be_planned_ahead_and_a_summary_confirmed_today(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    record(
        session,
        survivor,
        actor,
        clock,
        ltfu_entry_on=date(2027, 1, 1),
        confirmed_on=TODAY,
        confirmed_by="Lena Okafor",
    )
    assert (survivor.ltfu_entry_on, survivor.summary_confirmed_by) == (date(2027, 1, 1), "Lena Okafor")
    assert survivor.summary_confirmed_on == TODAY


def test_all_problems_are_told_at_once(session: Session, survivor: Survivor, actor: Actor, clock: FixedClock) -> None:
    found = problems(
        session,
        survivor,
        actor,
        clock,
        diagnoses=(replace(LMS, diagnosed_on=date(2030, 1, 1), resected_on=date(2030, 1, 1)),),
        exposures=(replace(DOXORUBICIN, value=Decimal(-1)),),
    )
    assert set(found) >= {"diagnoses-0-diagnosed_on", "diagnoses-0-resected_on", "exposures-0-value"}


def test_words_a_file_brought_in_may_stay_but_not_be_entered(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    make_diagnosis(session, survivor, "Leiomyosarcoma", site="Left Thigh (deep)")
    stood = replace(LMS, tumor={"site": "Left Thigh (deep)"})
    record(session, survivor, actor, clock, diagnoses=(stood,))
    fresh = replace(LMS, tumor={"site": "Right Thigh"})
    assert list(problems(session, survivor, actor, clock, diagnoses=(fresh,))) == ["diagnoses-0-site"]


def test_a_treatment_known_only_by_its_date_may_have_no_name_in_the_vocabulary(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    transplant = ExposureInput(name="hsct", certainty="date_only", last_on=date(2022, 4, 1))
    record(session, survivor, actor, clock, exposures=(transplant,))
    assert load_facts(session, survivor).exposure_dates == {"hsct": date(2022, 4, 1)}
