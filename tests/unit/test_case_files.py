"""Case files: everything they may say is read, and every mistake is refused with its key and the reason."""

import copy
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest

from tests.shared import need_shared
from tracker.engine.rules import Pack
from tracker.engine.types import Diagnosis, Override, Predisposition, Result
from tracker.errors import CaseError
from tracker.guidelines.cases import parse_case, read_cases
from tracker.guidelines.loader import load_pack

WHOLE: dict[str, object] = {
    "id": "ana",
    "as_of": "2026-11-23",
    "survivor": {
        "birth_date": "2012-02-29",
        "sex": "female",
        "diagnosis": "Leiomyosarcoma",
        "diagnosed_on": "2022-11-02",
        "resected_on": "2022-12-14",
        "end_of_therapy_on": "2023-06-15",
        "ltfu_entry_on": "2025-06-15",
        "tumor": {"grade": "high", "site": "extremity"},
        "other_diagnoses": [{"diagnosis": "A diagnosis of our own", "end_of_therapy_on": "2024-01-31"}],
    },
    "exposures": {"doxorubicin_mg_m2": Decimal("300.5"), "heart_rt_gy": None, "limb_sparing": 1},
    "exposure_dates": {"doxorubicin": "2023-05-01", "heart_rt": "2023-06-01", "hsct": "2023-06-10"},
    "events": {"pregnancy_planned": "2026-01-01"},
    "results": [
        {"test_code": "echocardiogram", "on": "2025-07-01"},
        {
            "id": "r2",
            "test_code": "chest-ct",
            "on": "2025-07-02",
            "status": "amended",
            "adequate": False,
            "claimed": True,
        },
    ],
    "overrides": [
        {
            "test_code": "chest-ct",
            "action": "add",
            "decided_on": "2026-01-01",
            "due_on": "2026-06-01",
            "interval": "P6M",
        },
        {
            "test_code": "echocardiogram",
            "action": "defer",
            "decided_on": "2026-01-01",
            "expires_on": "2027-01-01",
            "to": "2026-09-01",
        },
    ],
    "predispositions": [{"syndrome": "Li-Fraumeni", "ultrasound": "unsatisfactory"}],
}
LEAST: dict[str, object] = {
    "id": "least",
    "as_of": "2026-11-23",
    "survivor": {
        "birth_date": "2012-01-01",
        "sex": "unknown",
        "diagnosis": "Osteosarcoma",
        "end_of_therapy_on": "2020-01-01",
    },
}


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


def changed(path: str, value: object, *, of: Mapping[str, object] = WHOLE) -> dict[str, object]:
    """The whole case with one value replaced: ``results.1.on``."""
    case = copy.deepcopy(dict(of))
    *way, last = path.split(".")
    place: object = case
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]  # type: ignore[index]
    place[int(last) if isinstance(place, list) else last] = value  # type: ignore[index]
    return case


def without(path: str) -> dict[str, object]:
    case = copy.deepcopy(WHOLE)
    *way, last = path.split(".")
    place: object = case
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]  # type: ignore[index]
    del place[last]  # type: ignore[attr-defined]
    return case


def refusal(case: Mapping[str, object], pack: Pack) -> str:
    with pytest.raises(CaseError) as refused:
        parse_case(case, pack)
    return str(refused.value)


def test_everything_a_case_may_say_is_read(pack: Pack) -> None:
    case = parse_case(WHOLE, pack)
    facts = case.facts
    assert (case.id, case.as_of, case.raw) == ("ana", date(2026, 11, 23), WHOLE)
    assert (facts.birth_date, facts.sex, facts.ltfu_entry_on) == (date(2012, 2, 29), "female", date(2025, 6, 15))
    assert facts.diagnoses == (
        Diagnosis(
            "Leiomyosarcoma",
            diagnosed_on=date(2022, 11, 2),
            resected_on=date(2022, 12, 14),
            end_of_therapy_on=date(2023, 6, 15),
            tumor={"grade": "high", "site": "extremity"},
        ),
        Diagnosis("A diagnosis of our own", end_of_therapy_on=date(2024, 1, 31)),
    )
    assert facts.exposures == {"doxorubicin_mg_m2": Decimal("300.5"), "heart_rt_gy": None, "limb_sparing": Decimal(1)}
    assert facts.exposure_dates == {
        "doxorubicin": date(2023, 5, 1),
        "heart_rt": date(2023, 6, 1),
        "hsct": date(2023, 6, 10),
    }
    assert facts.events == {"pregnancy_planned": date(2026, 1, 1)}
    assert facts.predispositions == (Predisposition("Li-Fraumeni", {"ultrasound": "unsatisfactory"}),)


def test_results_are_read_with_what_makes_them_count(pack: Pack) -> None:
    assert parse_case(WHOLE, pack).facts.results == (
        Result("echocardiogram", date(2025, 7, 1)),
        Result("chest-ct", date(2025, 7, 2), status="amended", adequate=False, claimed=True, id="r2"),
    )


def test_overrides_are_read_with_their_dates_and_periods(pack: Pack) -> None:
    assert parse_case(WHOLE, pack).facts.overrides == (
        Override("chest-ct", "add", date(2026, 1, 1), due_on=date(2026, 6, 1), interval="P6M"),
        Override("echocardiogram", "defer", date(2026, 1, 1), expires_on=date(2027, 1, 1), to=date(2026, 9, 1)),
    )


def test_the_least_a_case_needs_is_read(pack: Pack) -> None:
    facts = parse_case(LEAST, pack).facts
    assert facts.diagnoses == (Diagnosis("Osteosarcoma", end_of_therapy_on=date(2020, 1, 1)),)
    assert not any((facts.exposures, facts.exposure_dates, facts.events, facts.results, facts.overrides))


def test_the_day_asked_about_can_be_replaced(pack: Pack) -> None:
    assert parse_case(LEAST, pack, as_of=date(2030, 1, 1)).as_of == date(2030, 1, 1)


def test_a_case_without_a_day_needs_one_from_outside(pack: Pack) -> None:
    assert refusal(without("as_of"), pack).startswith("as_of: is missing")
    assert parse_case(without("as_of"), pack, as_of=date(2030, 1, 1)).as_of == date(2030, 1, 1)


@pytest.mark.parametrize(("day", "refused"), [("2012-02-28", True), ("2012-02-29", False), ("2012-03-01", False)])
def test_nobody_is_planned_for_before_the_day_they_were_born(pack: Pack, day: str, refused: bool) -> None:
    if refused:
        assert refusal(changed("as_of", day), pack).startswith("as_of: is before survivor.birth_date")
    else:
        assert parse_case(changed("as_of", day), pack).as_of == date.fromisoformat(day)


def test_a_bad_day_is_a_mistake_even_when_it_is_replaced(pack: Pack) -> None:
    with pytest.raises(CaseError, match="as_of"):
        parse_case(changed("as_of", "2026-11-31"), pack, as_of=date(2030, 1, 1))


def test_an_unknown_dose_stays_unknown_and_zero_stays_zero(pack: Pack) -> None:
    doses = parse_case(changed("exposures", {"heart_rt_gy": None, "tbi_gy": 0}), pack).facts.exposures
    assert doses == {"heart_rt_gy": None, "tbi_gy": Decimal(0)}


def test_what_follows_from_the_dates_is_not_taken_from_the_file(pack: Pack) -> None:
    exposures = {"age_y": 3, "ltfu_entry_age_y": 3, "any_cancer": 0, "amputation": 1}
    assert parse_case(changed("exposures", exposures), pack).facts.exposures == {"amputation": Decimal(1)}


def test_a_diagnosis_or_syndrome_outside_the_pack_is_no_mistake(pack: Pack) -> None:
    facts = parse_case(changed("predispositions", [{"syndrome": "One nobody has rows for"}]), pack).facts
    assert facts.diagnoses[1].name == "A diagnosis of our own"
    assert facts.predispositions == (Predisposition("One nobody has rows for"),)


@pytest.mark.parametrize("key", ["exposures", "exposure_dates", "events", "results", "overrides", "predispositions"])
def test_null_for_a_part_is_the_same_as_leaving_it_out(key: str, pack: Pack) -> None:
    assert parse_case(changed(key, None), pack).facts == parse_case(without(key), pack).facts


@pytest.mark.parametrize("key", ["diagnosed_on", "resected_on", "ltfu_entry_on", "tumor", "other_diagnoses"])
def test_null_for_an_optional_fact_is_the_same_as_leaving_it_out(key: str, pack: Pack) -> None:
    assert (
        parse_case(changed(f"survivor.{key}", None), pack).facts == parse_case(without(f"survivor.{key}"), pack).facts
    )


@pytest.mark.parametrize("remark", ["name", "note", "comment"])
def test_remarks_are_let_through(remark: str, pack: Pack) -> None:
    assert parse_case(changed(remark, "as told"), pack).facts == parse_case(WHOLE, pack).facts
    assert parse_case(changed(f"results.0.{remark}", "as told"), pack).facts == parse_case(WHOLE, pack).facts


@pytest.mark.parametrize(
    "path, key",
    [
        ("id", "id"),
        ("survivor", "survivor"),
        ("survivor.birth_date", "survivor.birth_date"),
        ("survivor.sex", "survivor.sex"),
        ("survivor.diagnosis", "survivor.diagnosis"),
        ("survivor.end_of_therapy_on", "survivor.end_of_therapy_on"),
        ("results.0.test_code", "results[0].test_code"),
        ("results.1.on", "results[1].on"),
        ("overrides.0.action", "overrides[0].action"),
        ("overrides.0.test_code", "overrides[0].test_code"),
        ("overrides.0.decided_on", "overrides[0].decided_on"),
        ("overrides.0.due_on", "overrides[0].due_on"),
        ("overrides.1.to", "overrides[1].to"),
        ("predispositions.0.syndrome", "predispositions[0].syndrome"),
    ],
)
def test_a_missing_key_is_named(path: str, key: str, pack: Pack) -> None:
    assert refusal(without(path), pack).startswith(f"{key}: is missing")


def test_a_further_diagnosis_needs_its_name_but_not_its_dates(pack: Pack) -> None:
    assert refusal(without("survivor.other_diagnoses.0.diagnosis"), pack).startswith(
        "survivor.other_diagnoses[0].diagnosis:"
    )
    later = parse_case(without("survivor.other_diagnoses.0.end_of_therapy_on"), pack).facts.diagnoses[1]
    assert later == Diagnosis("A diagnosis of our own")


@pytest.mark.parametrize(
    "path, value, key, why",
    [
        ("results.0.test_code", "echocardiogramm", "results[0].test_code", "no test has the code"),
        ("overrides.1.test_code", "echo", "overrides[1].test_code", "no test has the code"),
        ("exposures.doxorubicin", 300, "exposures.doxorubicin", "no exposure has this name"),
        ("exposure_dates.chest_rt_gy", "2020-01-01", "exposure_dates.chest_rt_gy", "Leave out the unit: chest_rt"),
        ("exposure_dates.chest", "2020-01-01", "exposure_dates.chest", "no exposure's date has this name"),
        ("events.pregnant", "2020-01-01", "events.pregnant", "no event has this name"),
        ("overrides.0.action", "delay", "overrides[0].action", "'delay' is not one of add, set_interval, defer, stop"),
        ("results.0.status", "done", "results[0].status", "'done' is not one of"),
        ("survivor.sex", "F", "survivor.sex", "'F' is not one of female, male, unknown"),
    ],
)
def test_an_unknown_name_is_refused(path: str, value: object, key: str, why: str, pack: Pack) -> None:
    message = refusal(changed(path, value), pack)
    assert message.startswith(f"{key}: ")
    assert why in message


def test_a_near_miss_gets_a_hint(pack: Pack) -> None:
    assert "Perhaps echocardiogram?" in refusal(changed("results.0.test_code", "echocardiograms"), pack)
    assert "Perhaps doxorubicin_mg_m2?" in refusal(changed("exposures.doxorubicin_mg_m", 300), pack)
    assert "Perhaps exposures?" in refusal(changed("exposure", {}), pack)


@pytest.mark.parametrize(
    "path, key",
    [
        ("exposres", "exposres"),
        ("survivor.dob", "survivor.dob"),
        ("survivor.other_diagnoses.0.birth_date", "survivor.other_diagnoses[0].birth_date"),
        ("results.0.date", "results[0].date"),
        ("overrides.0.reason", "overrides[0].reason"),
    ],
)
def test_an_unknown_key_is_refused(path: str, key: str, pack: Pack) -> None:
    assert refusal(changed(path, "2020-01-01"), pack).startswith(f"{key}: is not a key of a case file")


@pytest.mark.parametrize(
    "path, value, key",
    [
        ("id", 7, "id"),
        ("survivor", [], "survivor"),
        ("survivor.diagnosis", 7, "survivor.diagnosis"),
        ("survivor.diagnosis", "  ", "survivor.diagnosis"),
        ("survivor.diagnosis", "Wilms\ntumor", "survivor.diagnosis"),
        ("id", "\ud800", "id"),
        ("survivor.tumor", "high", "survivor.tumor"),
        ("survivor.tumor.grade", 3, "survivor.tumor.grade"),
        ("survivor.other_diagnoses", {}, "survivor.other_diagnoses"),
        ("survivor.other_diagnoses.0", "Melanoma", "survivor.other_diagnoses[0]"),
        ("exposures", [], "exposures"),
        ("exposures", False, "exposures"),
        ("exposure_dates", "none", "exposure_dates"),
        ("events", [], "events"),
        ("events.growth_complete", None, "events.growth_complete"),
        ("results", {}, "results"),
        ("results.1", "chest-ct", "results[1]"),
        ("results.1.adequate", "yes", "results[1].adequate"),
        ("results.1.claimed", 1, "results[1].claimed"),
        ("results.1.status", True, "results[1].status"),
        ("overrides", "none", "overrides"),
        ("predispositions.0.ultrasound", True, "predispositions[0].ultrasound"),
        ("overrides.0.interval", 6, "overrides[0].interval"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(path: str, value: object, key: str, pack: Pack) -> None:
    assert refusal(changed(path, value), pack).startswith(f"{key}: ")


@pytest.mark.parametrize(
    "value",
    ["2026-02-29", "2026-13-01", "26-01-01", "20260101", "2026-W01-1", "2026-01", "01/02/2026", "", "2026-01-01T00:00", 2026,
     "1899-12-31", "2201-01-01", "٢٠٢٦-٠١-٠١"],
)  # fmt: skip
@pytest.mark.parametrize(
    "path, key", [("survivor.birth_date", "survivor.birth_date"), ("results.0.on", "results[0].on")]
)
def test_a_date_that_is_none_is_refused(path: str, key: str, value: object, pack: Pack) -> None:
    assert refusal(changed(path, value), pack).startswith(f"{key}: ")


@pytest.mark.parametrize("value", ["1900-01-01", "2024-02-29", "2200-12-31"])
def test_the_first_and_last_day_and_a_leap_day_are_dates(value: str, pack: Pack) -> None:
    assert parse_case(changed("results.0.on", value), pack).facts.results[0].on == date.fromisoformat(value)


@pytest.mark.parametrize(
    "value, why",
    [
        (True, "not true or false"),
        ("300", "not text"),
        (Decimal("-0.1"), "cannot be negative"),
        (Decimal("NaN"), "not a dose"),
        (Decimal("Infinity"), "not a dose"),
        (Decimal("-Infinity"), "not a dose"),
        (float("nan"), "not a dose"),
        (Decimal("1000000001"), "not a dose"),
    ],
)
def test_a_dose_that_is_none_is_refused(value: object, why: str, pack: Pack) -> None:
    message = refusal(changed("exposures.doxorubicin_mg_m2", value), pack)
    assert message.startswith("exposures.doxorubicin_mg_m2: ")
    assert why in message


@pytest.mark.parametrize("value", [0, 300, 1.5, Decimal("0.001"), Decimal("1000000000")])
def test_any_amount_from_nothing_up_is_a_dose(value: float | Decimal, pack: Pack) -> None:
    doses = parse_case(changed("exposures.doxorubicin_mg_m2", value), pack).facts.exposures
    assert doses["doxorubicin_mg_m2"] == Decimal(str(value))


@pytest.mark.parametrize("value", ["6 months", "P", "P0D", "PT6H", "once", "P-1Y", "P151Y", "P1.5Y", "p1y"])
def test_an_interval_that_is_no_period_is_refused(value: str, pack: Pack) -> None:
    message = refusal(changed("overrides.0.interval", value), pack)
    assert message.startswith("overrides[0].interval: ")
    assert "is not a period like P6M" in message


@pytest.mark.parametrize("value", ["P1D", "P2W", "P18M", "P1Y6M", "P150Y"])
def test_periods_of_days_weeks_months_and_years_are_intervals(value: str, pack: Pack) -> None:
    assert parse_case(changed("overrides.0.interval", value), pack).facts.overrides[0].interval == value


@pytest.mark.parametrize(
    "action, needed", [("add", "due_on"), ("set_interval", "interval"), ("defer", "to"), ("stop", None)]
)
def test_each_action_says_what_it_needs(action: str, needed: str | None, pack: Pack) -> None:
    bare = {"test_code": "chest-ct", "action": action, "decided_on": "2026-01-01"}
    case = changed("overrides", [bare])
    if needed is None:
        assert parse_case(case, pack).facts.overrides == (Override("chest-ct", "stop", date(2026, 1, 1)),)
    else:
        assert refusal(case, pack).startswith(f"overrides[0].{needed}: is missing. The action {action} needs it")


def test_every_exposure_may_have_a_date_under_its_name_without_the_unit(pack: Pack) -> None:
    dates = {info.stem: "2020-01-01" for info in pack.exposures.values()} | {"hsct": "2020-01-01"}
    assert parse_case(changed("exposure_dates", dates), pack).facts.exposure_dates.keys() == dates.keys()
    assert {"chest_rt", "doxorubicin", "tbi", "hsct_allo", "rbc_transfusions", "bleomycin"} <= dates.keys()


def test_a_date_that_is_null_is_not_recorded(pack: Pack) -> None:
    assert parse_case(changed("exposure_dates", {"tbi": None}), pack).facts.exposure_dates == {}


def test_every_sample_case_is_read(pack: Pack) -> None:
    paths = sorted(need_shared("cases").glob("*.case.json"))
    assert paths
    for path in paths:
        with path.open("rb") as stream:
            [(_, raw)] = list(read_cases(stream, path.name))
        assert not isinstance(raw, CaseError)
        assert parse_case(raw, pack).id == path.name.removesuffix(".case.json")
