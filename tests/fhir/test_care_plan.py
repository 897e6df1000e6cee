"""CarePlan → a chart entry; that treatment goes on is said only where the plan leaves no doubt."""

from datetime import date
from typing import Any

import pytest

from tests.fhir.builders import SNOMED, concept
from tests.fhir.people_builders import Json, activity, all_shared, plan, read, reason

US_CORE = "http://hl7.org/fhir/us/core/CodeSystem/careplan-category"


def on_treatment(*activities: Json, **given: Any) -> str:
    return read(plan(*activities, **given)).on_treatment


def test_a_plan_is_kept_with_its_category_activities_and_end() -> None:
    record = read(
        plan(
            activity("Healthy diet"),
            {"reference": {"display": "Prenatal vitamin"}},
            {"detail": {"description": "See the dietitian"}},
            title="Late effects",
            addresses=[{"display": "obesity"}, {}],
            period={"start": "2013-01-01", "end": "2013-10-01T00:00:00Z"},
        )
    )

    assert (record.code_system, record.code, record.display) == (SNOMED, "395082007", "Cancer care plan")
    assert (record.status, record.occurred_on, record.mapped_to) == ("active", date(2013, 1, 1), "")
    assert record.value_text == (
        "Late effects; for obesity; Healthy diet; Prenatal vitamin; See the dietitian; until 2013-10-01"
    )
    assert (record.entries, record.result, record.contact) == ((), None, None)


@pytest.mark.parametrize(
    ("elements", "display"),
    [
        ({"category": [concept("assess-plan", system=US_CORE), {"text": "Self care"}]}, "Self care"),
        ({"category": [concept("assess-plan", "Assessment", system=US_CORE)], "title": "Weight"}, "Weight"),
        ({"category": [concept("assess-plan", "Assessment", system=US_CORE)]}, "Assessment"),
        ({"category": None, "description": "Weight management plan"}, "Weight management plan"),
        ({"category": "x"}, "Care plan"),
    ],
)
def test_a_plan_is_called_by_what_it_is_about(elements: dict[str, Any], display: str) -> None:
    assert read(plan(**elements)).display == display


@pytest.mark.parametrize(
    ("elements", "why"), [({"status": "entered-in-error"}, "entered in error"), ({"status": "revoked"}, "not done")]
)
def test_what_was_taken_back_is_skipped(elements: dict[str, Any], why: str) -> None:
    assert reason(plan(**elements)) == why


@pytest.mark.parametrize(
    "text", ["Chemotherapy", "Radiation therapy", "Polychemotherapy, cycle 3", "Proton therapy to the brain"]
)
def test_treatment_in_progress_goes_on(text: str) -> None:
    assert on_treatment(activity(text)) == f"Care plan with treatment in progress: {text}"


@pytest.mark.parametrize("code", ["367336001", "1287742003", "108290001", "33195004", "152198000", "703423002"])
def test_treatment_is_known_by_its_code_too(code: str) -> None:
    told = {"detail": {"status": "in-progress", "code": concept(code, "Tratamiento", system=SNOMED)}}

    assert on_treatment(told) == "Care plan with treatment in progress: Tratamiento"


@pytest.mark.parametrize(
    "about",
    [
        {"category": [concept("736252007", "Cancer care plan", system=SNOMED)]},
        {"category": [{"text": "Oncology treatment plan"}]},
        {"category": None, "title": "Osteosarcoma: plan of care"},
        {"intent": "plan"},
    ],
)
def test_the_plan_must_be_about_cancer(about: dict[str, Any]) -> None:
    assert on_treatment(activity("Chemotherapy"), **about)


@pytest.mark.parametrize(
    "about",
    [
        {"category": [{"text": "Terminal care"}]},
        {"category": [{"text": "Cancer survivorship care plan"}]},
        {"category": [{"text": "Cancer prevention"}]},
        {"status": "completed"},
        {"status": "on-hold"},
        {"status": "draft"},
        {"status": None},
        {"intent": "proposal"},
        {"intent": "option"},
        {"intent": None},
        {"period": {"start": "2020", "end": "2021"}},
    ],
)
def test_a_plan_that_may_be_over_or_is_about_something_else_says_nothing(about: dict[str, Any]) -> None:
    assert on_treatment(activity("Chemotherapy"), **about) == ""


@pytest.mark.parametrize(
    "status", ["completed", "not-started", "scheduled", "on-hold", "cancelled", "stopped", "unknown", None]
)
def test_only_what_is_in_progress_counts(status: Any) -> None:
    assert on_treatment(activity("Chemotherapy", status)) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Cancer education",
        "Chemotherapy education",
        "Follow-up after chemotherapy",
        "Monitoring of late effects of radiotherapy",
        "No chemotherapy",
        "Chemotherapy declined",
        "Consider radiotherapy",
        "Radiation therapy care",
        "Colonoscopy planned",
        "Inhaled steroid therapy",
        "Physical therapy",
    ],
)
def test_what_surrounds_a_treatment_is_not_the_treatment(text: str) -> None:
    assert on_treatment(activity(text)) == ""


def test_what_must_not_be_done_is_not_done() -> None:
    assert on_treatment(activity("Chemotherapy", doNotPerform=True)) == ""


def test_an_active_plan_alone_proves_nothing() -> None:
    assert on_treatment() == ""
    assert on_treatment(activity("Healthy diet"), {}, {"detail": "x"}) == ""


def test_no_plan_of_the_sample_data_says_that_treatment_goes_on() -> None:
    found = [read(resource) for _, resource in all_shared("CarePlan")]

    assert len(found) == 46
    assert {each.on_treatment for each in found} == {""}
    assert sum(each.display == "Cancer care plan" for each in found) == 5
