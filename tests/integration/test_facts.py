"""What the database knows of a survivor, as the engine's facts: precision, known parts, reasons kept and read again."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.factories import make_diagnosis, make_exposure, make_survivor
from tests.integration.test_survivor_page import statements
from tracker.clock import FixedClock
from tracker.engine.precision import is_whole
from tracker.engine.types import Facts, Reason, RuleKind
from tracker.models import Certainty, Event, Survivor
from tracker.services import care_plans, reasons
from tracker.services.facts import load_facts


def bare(session: Session) -> Survivor:
    return make_survivor(session, diagnosis=None)


def facts_with_diagnosis(session: Session, **dates: Any) -> Facts:
    survivor = bare(session)
    make_diagnosis(session, survivor, **dates)
    return load_facts(session, survivor)


def test_dates_known_to_the_day_leave_the_facts_whole(session: Session) -> None:
    survivor = bare(session)
    make_diagnosis(session, survivor, diagnosed_on=date(2021, 1, 1), end_of_therapy_on=date(2022, 1, 1))
    make_exposure(session, survivor, last_on=date(2021, 6, 1))
    session.add(Event(survivor_id=survivor.id, name="growth_complete", happened_on=date(2024, 1, 1)))
    facts = load_facts(session, survivor)
    assert is_whole(facts)
    assert (facts.diagnoses[0].precision, facts.exposure_precision, facts.event_precision) == ({}, {}, {})


@pytest.mark.parametrize("precision", ["month", "year"])
@pytest.mark.parametrize("name", ["diagnosed", "resected", "end_of_therapy"])
def test_a_diagnosis_says_which_of_its_dates_are_partly_known(session: Session, name: str, precision: str) -> None:
    dates = {f"{each}_on": date(2021, 1, 1) for each in ("diagnosed", "resected", "end_of_therapy")}
    facts = facts_with_diagnosis(session, **dates, **{f"{name}_precision": precision})
    assert facts.diagnoses[0].precision == {f"{name}_on": precision}


def test_the_precision_of_a_date_that_is_not_recorded_says_nothing(session: Session) -> None:
    facts = facts_with_diagnosis(session, resected_on=None, resected_precision="year")
    assert is_whole(facts)


def test_an_exposure_and_an_event_say_how_well_their_dates_are_known(session: Session) -> None:
    survivor = bare(session)
    make_exposure(session, survivor, "doxorubicin_mg_m2", last_on=date(2021, 1, 1), last_precision="year")
    make_exposure(session, survivor, "cisplatin_mg_m2", last_on=date(2021, 3, 14))
    make_exposure(session, survivor, "chest_rt_gy", last_on=None, last_precision="month")
    known_to = {"happened_on": date(2024, 5, 1), "happened_precision": "month"}
    session.add(Event(survivor_id=survivor.id, name="growth_complete", **known_to))
    facts = load_facts(session, survivor)
    assert facts.exposure_precision == {"doxorubicin": "year"}
    assert facts.event_precision == {"growth_complete": "month"}


def test_the_known_part_of_an_unknown_dose_is_loaded_and_no_other(session: Session) -> None:
    survivor = bare(session)
    make_exposure(session, survivor, "doxorubicin_mg_m2", None, at_least=Decimal("300.5"))
    make_exposure(session, survivor, "cisplatin_mg_m2", 400, at_least=Decimal(100))
    make_exposure(session, survivor, "bleomycin_u_m2", None)
    dated = make_exposure(session, survivor, "chest_rt_gy", None, at_least=Decimal(10), last_on=date(2021, 1, 1))
    dated.certainty = Certainty.DATE_ONLY
    facts = load_facts(session, survivor)
    assert facts.at_least == {"doxorubicin_mg_m2": Decimal("300.5")}
    assert facts.exposures == {"doxorubicin_mg_m2": None, "cisplatin_mg_m2": Decimal(400), "bleomycin_u_m2": None}


def test_partly_known_facts_take_no_more_statements(session: Session) -> None:
    whole, blurred = bare(session), bare(session)
    make_diagnosis(session, whole)
    make_diagnosis(session, blurred, end_of_therapy_precision="year")
    make_exposure(session, blurred, "doxorubicin_mg_m2", None, at_least=Decimal(300))
    assert statements(session, lambda: load_facts(session, blurred)) == statements(
        session, lambda: load_facts(session, whole)
    )


# Reasons are stored and read again


def reason(**given: Any) -> Reason:
    return Reason("echo-high", RuleKind.LATE_EFFECTS, "pack/1", date(2026, 1, 1), "end_of_therapy", **given)


@pytest.mark.parametrize(
    "kept",
    [
        reason(),
        reason(start_on=date(2024, 1, 1), start_precision="year"),
        reason(exposures=(("doxorubicin_mg_m2", None),), at_least=(("doxorubicin_mg_m2", Decimal("300.5")),)),
    ],
)
def test_a_reason_is_read_as_it_was_stored(kept: Reason) -> None:
    assert reasons.from_json(reasons.to_json(kept)) == kept


def test_a_reason_of_whole_dates_and_known_doses_is_stored_as_before() -> None:
    stored = reasons.to_json(reason(exposures=(("doxorubicin_mg_m2", Decimal(300)),), start_on=date(2024, 3, 14)))
    assert not {"at_least", "start_precision"} & stored.keys()


def test_a_reason_stored_by_an_earlier_version_is_still_read() -> None:
    stored = {
        "rule_id": "echo-high", "kind": "late_effects", "pack": "pack/1", "due_on": "2026-01-01",
        "start_basis": "end_of_therapy", "exposures": [["doxorubicin_mg_m2", None]], "context": [], "wins": True,
    }  # fmt: skip
    read = reasons.from_json(stored)
    assert read == reason(exposures=(("doxorubicin_mg_m2", None),), wins=True)
    assert (read.at_least, read.start_precision) == ((), None)


def test_a_plan_from_partly_known_facts_is_stored_and_stays(session: Session, clock: FixedClock) -> None:
    survivor = bare(session)
    make_diagnosis(session, survivor, end_of_therapy_on=date(2023, 1, 1), end_of_therapy_precision="year")
    make_exposure(session, survivor, "doxorubicin_mg_m2", None, at_least=Decimal(300))
    care_plans.refresh(session, survivor, clock=clock)
    [gap] = [row for row in care_plans.gaps_of(session, survivor.id) if row.consequence == "planned_for_both_ends"]
    assert (gap.gap, gap.missing) == ("date-precision:end_of_therapy:Leiomyosarcoma", ["end_of_therapy_on", "2023"])
    items = {item.test_code: item for item in care_plans.open_items(session, survivor.id)}
    kept = care_plans.reasons_of(items["echocardiogram"])
    assert [(each.start_on, each.start_precision) for each in kept] == [
        (date(2025, 1, 1), "year"),
        (date(2025, 12, 31), "year"),
    ]
    assert all(each.at_least == (("anthracycline_mg_m2", Decimal(300)),) for each in kept)
    again = care_plans.refresh(session, survivor, clock=clock)
    assert (again.opened, again.closed) == ([], [])
