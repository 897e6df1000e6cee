"""Why something was given or done: for a cancer, for something that is certainly none, or nobody knows."""

from typing import Any

import pytest

from tests.fhir.builders import ICD_10, SNOMED, codes, concept
from tests.fhir.treatment_builders import LEUKEMIA, intent, operation, order, profile, read_one
from tracker.fhir.treatment_reasons import Reason, read_reason

PROFILE = "mcode-cancer-related-medication-request"


def reason(**given: Any) -> Reason:
    return read_reason(order(**given), codes(), PROFILE)


@pytest.mark.parametrize(
    ("elements", "is_cancer", "is_other"),
    [
        ({}, False, False),
        ({"reasonCode": [LEUKEMIA]}, True, False),
        ({"reasonCode": [concept("91857003", system=SNOMED)]}, True, False),
        ({"reasonCode": [concept("C81.90", "HD", system=ICD_10)]}, True, False),
        ({"reasonCode": [{"text": "Asthma"}]}, False, True),
        ({"reasonCode": [{"text": "Asthma"}, LEUKEMIA]}, True, False),
        ({"reasonCode": [{"text": "Asthma"}, {"text": "Tumor"}]}, False, False),
        ({"reasonCode": [{"text": "Family history of leukemia"}]}, False, False),
        ({"reasonCode": [concept("J45", "Wheezing", system=ICD_10)]}, False, True),
        ({"reasonCode": [concept("D45", "Red cells", system=ICD_10)]}, False, False),
        ({"reasonCode": [{}]}, False, False),
        ({"reasonCode": 5}, False, False),
        ({"reasonReference": [{"reference": "Condition/1"}]}, False, False),
        ({"reasonReference": [{"reference": "Condition/1", "display": "Asthma"}]}, False, True),
        ({"meta": profile(PROFILE)}, True, False),
        ({"meta": profile(PROFILE), "reasonCode": [{"text": "Asthma"}]}, True, True),
        ({"meta": profile("mcode-cancer-patient")}, False, False),
        ({"meta": {"profile": "text"}}, False, False),
    ],
)
def test_a_reason_is_a_cancer_or_certainly_none_or_open(
    elements: dict[str, Any], is_cancer: bool, is_other: bool
) -> None:
    found = reason(**elements)

    assert (found.is_cancer, found.is_other) == (is_cancer, is_other)


@pytest.mark.parametrize(
    ("code", "is_cancer", "is_support", "is_palliative"),
    [
        ("373808002", True, False, False),
        ("363676003", True, False, True),
        ("399707004", False, True, False),
        ("129428001", False, True, False),
        ("360156006", False, False, False),
    ],
)
def test_an_intent_to_cure_or_to_relieve_is_about_a_cancer(
    code: str, is_cancer: bool, is_support: bool, is_palliative: bool
) -> None:
    found = reason(extension=[intent(code)])

    assert (found.is_cancer, found.is_support, found.is_palliative) == (is_cancer, is_support, is_palliative)


@pytest.mark.parametrize("code", ["399707004", "129428001"])
def test_what_mcode_lists_as_support_or_prevention_is_no_treatment_of_the_cancer(code: str) -> None:
    assert not reason(meta=profile(PROFILE), extension=[intent(code)]).is_cancer


def test_a_breast_that_was_removed_to_prevent_a_cancer_held_no_tumor() -> None:
    mastectomy = {"code": "172043006", "display": "Simple mastectomy"}

    assert read_one(operation(**mastectomy)).entries
    assert read_one(operation(**mastectomy, extension=[intent("129428001")])).entries == ()


def test_the_reasons_are_told_once_each_and_cut_to_their_column() -> None:
    assert reason(reasonCode=[{"text": "Pain"}, {"text": "Pain"}, {"text": "Fever"}]).text == "Pain; Fever"
    assert len(reason(reasonCode=[{"text": "a" * 500}]).text) == 200
