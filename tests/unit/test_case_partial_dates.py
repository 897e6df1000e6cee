"""Case files may know a date to the month or year only, and a part of a dose; the plan then says so."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tracker.engine.evaluate import evaluate
from tracker.errors import CaseError
from tracker.guidelines.cases import parse_case
from tracker.guidelines.loader import load_pack
from tracker.services.case_export import to_case

PACK = load_pack()
SURVIVOR: dict[str, Any] = {
    "birth_date": "2012-02-29",
    "sex": "female",
    "diagnosis": "Leiomyosarcoma",
    "diagnosed_on": "2019-05",
    "end_of_therapy_on": "2020",
}


def case(**changed: Any) -> dict[str, Any]:
    return {"id": "in-part", "as_of": "2026-11-23", "survivor": SURVIVOR} | changed


def refusal(**changed: Any) -> str:
    with pytest.raises(CaseError) as refused:
        parse_case(case(**changed), PACK)
    return str(refused.value)


def test_a_date_known_in_part_is_its_first_day_with_what_is_known() -> None:
    [diagnosis] = parse_case(case(), PACK).facts.diagnoses
    assert (diagnosis.diagnosed_on, diagnosis.end_of_therapy_on) == (date(2019, 5, 1), date(2020, 1, 1))
    assert diagnosis.precision == {"diagnosed_on": "month", "end_of_therapy_on": "year"}


def test_whole_dates_carry_no_precision() -> None:
    whole = SURVIVOR | {"diagnosed_on": "2019-05-04", "end_of_therapy_on": "2020-06-30"}
    facts = parse_case(case(survivor=whole, exposure_dates={"hsct": "2020-01-02"}), PACK).facts
    assert (facts.diagnoses[0].precision, facts.exposure_precision, facts.event_precision) == ({}, {}, {})


def test_exposures_and_events_may_be_dated_in_part() -> None:
    read = parse_case(
        case(
            exposures={"chest_rt_gy": 20},
            exposure_dates={"chest_rt": "2019", "hsct": "2020-02"},
            events={"growth_complete": "2024"},
        ),
        PACK,
    )
    assert read.facts.exposure_dates == {"chest_rt": date(2019, 1, 1), "hsct": date(2020, 2, 1)}
    assert read.facts.exposure_precision == {"chest_rt": "year", "hsct": "month"}
    assert read.facts.event_precision == {"growth_complete": "year"}


def test_a_partly_known_end_of_therapy_is_planned_for_and_said() -> None:
    read = parse_case(case(), PACK)
    plan = evaluate(read.facts, PACK, on=read.as_of)
    assert "date-precision:end_of_therapy:Leiomyosarcoma" in {gap.id for gap in plan.gaps}


def test_the_known_part_of_an_unknown_dose_is_read() -> None:
    facts = parse_case(
        case(exposures={"doxorubicin_mg_m2": None}, exposures_at_least={"doxorubicin_mg_m2": 300}), PACK
    ).facts
    assert facts.exposures == {"doxorubicin_mg_m2": None}
    assert facts.at_least == {"doxorubicin_mg_m2": Decimal(300)}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"exposures_at_least": {"doxorubicin_mg_m2": 300}}, "exposures_at_least.doxorubicin_mg_m2: only a dose"),
        (
            {"exposures": {"tbi_gy": 12}, "exposures_at_least": {"tbi_gy": 10}},
            "exposures_at_least.tbi_gy: only a dose that is null",
        ),
        (
            {"exposures": {"tbi_gy": None}, "exposures_at_least": {"tbi_gy": -1}},
            "exposures_at_least.tbi_gy: a dose cannot be negative",
        ),
        ({"survivor": SURVIVOR | {"diagnosed_on": "2019-13"}}, "survivor.diagnosed_on: '2019-13' is not a month"),
        ({"survivor": SURVIVOR | {"diagnosed_on": "19"}}, "survivor.diagnosed_on: '19' is not a date"),
        ({"survivor": SURVIVOR | {"diagnosed_on": "1899"}}, "survivor.diagnosed_on: the year 1899"),
        ({"survivor": SURVIVOR | {"birth_date": "2012"}}, "survivor.birth_date: '2012' is not a date"),
        ({"results": [{"test_code": "echocardiogram", "on": "2024"}]}, "results[0].on: '2024' is not a date"),
        ({"as_of": "2026"}, "as_of: '2026' is not a date"),
    ],
)
def test_what_cannot_be_known_in_part_is_refused_with_its_key(changed: dict[str, Any], words: str) -> None:
    assert refusal(**changed).startswith(words)


def test_a_case_written_out_and_read_again_knows_no_more_and_no_less() -> None:
    facts = parse_case(
        case(
            exposures={"doxorubicin_mg_m2": None, "chest_rt_gy": 20},
            exposures_at_least={"doxorubicin_mg_m2": 300.5},
            exposure_dates={"chest_rt": "2019", "doxorubicin": "2019-11-30"},
            events={"growth_complete": "2024-06"},
        ),
        PACK,
    ).facts
    written = to_case(facts, "in-part", date(2026, 11, 23))
    assert written["survivor"]["end_of_therapy_on"] == "2020"
    assert written["exposure_dates"] == {"chest_rt": "2019", "doxorubicin": "2019-11-30"}
    assert parse_case(written, PACK).facts == facts
