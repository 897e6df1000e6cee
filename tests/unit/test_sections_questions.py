"""What is improbable is asked about once; what cannot be true together is refused."""

from decimal import Decimal

import pytest

from tests.unit.section_problems import AROUND, DRUG, asked, refused
from tracker.engine.partial_dates import PartialDate
from tracker.guidelines.catalogue import load_catalogue


@pytest.mark.parametrize(("dose", "is_asked"), [("80", False), ("80.1", True), ("2340", True)])
def test_a_radiation_dose_beyond_any_is_perhaps_one_in_cgy(dose: str, is_asked: bool) -> None:
    questions = asked("radiation", fields=["pelvis"], dose_gy=Decimal(dose))
    assert bool(questions) == is_asked
    if dose == "2340":
        assert "Did you mean cGy? 2,340 cGy is 23.4 Gy" in questions["dose_gy"]


def test_a_field_that_fills_no_dose_of_its_own_is_asked_about_at_the_same_dose() -> None:
    plain = next(each.code for each in AROUND.catalogue.fields.values() if not each.field_exposures)
    assert asked("radiation", fields=[plain], dose_gy=Decimal(80)) == {}
    assert set(asked("radiation", fields=[plain], dose_gy=Decimal(81))) == {"dose_gy"}


def test_total_body_irradiation_is_asked_about_earlier() -> None:
    assert asked("radiation", fields=["tbi"], dose_gy=Decimal(16)) == {}
    assert "17 Gy is more than is usual" in asked("radiation", fields=["tbi"], dose_gy=Decimal(17))["dose_gy"]


@pytest.mark.parametrize(
    ("dose", "fractions", "is_asked"),
    [("45", 25, False), ("8", 1, False), ("8.1", 1, True), ("16", 32, False), ("15.9", 33, True), ("0", 0, False)],
)
def test_a_dose_per_fraction_nobody_gives_is_asked_about(dose: str, fractions: int, is_asked: bool) -> None:
    questions = asked("radiation", fields=["pelvis"], dose_gy=Decimal(dose), fractions=fractions)
    assert set(questions) == ({"fractions"} if is_asked else set())


def test_an_organ_with_more_than_was_prescribed_is_asked_about() -> None:
    organs = {"colon_rt_gy": Decimal(46), "bladder_rt_gy": Decimal(45)}
    questions = asked("radiation", fields=["pelvis"], dose_gy=Decimal(45), organs=organs)
    assert "46 Gy" in questions["organs"] and "45 Gy prescribed" in questions["organs"]
    assert asked("radiation", fields=["pelvis"], organs=organs) == {}
    assert set(asked("radiation", fields=["pelvis"], organs={"colon_rt_gy": Decimal(81)})) == {"organs"}


@pytest.mark.parametrize(
    ("values", "is_asked"),
    [
        ({"dose": Decimal(75), "courses": 6}, False),
        ({"dose": Decimal(700)}, False),
        ({"dose": Decimal(701)}, True),
        ({"dose": Decimal(75), "courses": 10}, True),
        ({"dose": Decimal("0.7"), "unit": "g/m2"}, False),
        ({"dose": Decimal("0.75"), "unit": "g/m2"}, True),
        ({"dose": Decimal(60), "courses": 6, "unit": "mg", "surface_m2": Decimal("0.6")}, False),
        ({"dose": Decimal(800), "unit": "mg"}, False),
        ({"dose": Decimal(800), "unit": "mg", "surface_m2": Decimal(1)}, True),
    ],
)
def test_a_cumulative_dose_is_measured_in_the_unit_of_its_exposure(values: dict[str, object], is_asked: bool) -> None:
    questions = asked("drugs", **DRUG, **values)
    assert set(questions) == ({"dose"} if is_asked else set())


def test_the_question_about_a_cumulative_dose_shows_its_arithmetic() -> None:
    question = asked("drugs", **DRUG, dose=Decimal(75), courses=10)["dose"]
    assert question.startswith("750 mg/m² of Doxorubicin (75 × 10) is more than is usual")


def test_a_unit_that_does_not_fit_the_agent_is_asked_about() -> None:
    assert "units/m²" in asked("drugs", agent="bleomycin", unit="mg")["unit"]
    assert asked("drugs", agent="bleomycin", unit="[U]") == {}
    assert set(asked("drugs", agent="vincristine", unit="[U]/m2")) == {"unit"}
    assert set(asked("drugs", agent="vincristine", unit="AUC")) == {"unit"}
    assert asked("drugs", agent="carboplatin", unit="AUC", dose=Decimal(20)) == {}
    assert "AUC of 21" in asked("drugs", agent="carboplatin", unit="AUC", dose=Decimal(21))["dose"]


def test_a_single_dose_above_that_of_its_course_is_asked_about() -> None:
    course: dict[str, object] = {"agent": "methotrexate", "dose": Decimal(12), "unit": "g/m2", "courses": 4}
    assert asked("drugs", **course, single_dose=Decimal(12_000)) == {}
    assert "12,000 mg/m² of a course" in asked("drugs", **course, single_dose=Decimal(12_001))["single_dose"]
    assert asked("drugs", agent="methotrexate", single_dose=Decimal(12_001)) == {}


@pytest.mark.parametrize(
    ("key", "field", "usual", "unusual"),
    [
        ("drugs", "courses", 150, 151),
        ("drugs", "weight_kg", Decimal(250), Decimal("250.1")),
        ("drugs", "surface_m2", Decimal("3.5"), Decimal("3.51")),
        ("drugs", "weeks", 520, 521),
        ("radiation", "fractions", 80, 81),
        ("transfusions", "count", 300, 301),
        ("radionuclides", "treatments", 20, 21),
        ("surgeries", "margin_mm", Decimal(100), Decimal(101)),
        ("immunizations", "dose_number", 20, 21),
    ],
)
def test_a_number_beyond_the_usual_is_asked_about(key: str, field: str, usual: object, unusual: object) -> None:
    least: dict[str, dict[str, object]] = {
        "drugs": DRUG,
        "radiation": {"fields": ["pelvis"]},
        "transfusions": {"product": "platelets"},
        "radionuclides": {"kind": "mibg"},
        "surgeries": {"operation": "splenectomy"},
        "immunizations": {"vaccine": "influenza"},
    }
    assert asked(key, **least[key], **{field: usual}) == {}
    assert "more than is usual" in asked(key, **least[key], **{field: unusual})[field]


@pytest.mark.parametrize(
    ("kind", "activity", "unit", "treatments", "is_asked"),
    [
        ("i131", "3.7", "GBq", None, False),
        ("i131", "100", "mCi", None, False),
        ("i131", "100", "GBq", None, True),
        ("i131", "3700", "MBq", None, False),
        ("i131", "60", "GBq", 2, False),
        ("mibg", "444", "mCi", None, False),
        ("mibg", "444", "GBq", None, True),
    ],
)
def test_an_activity_in_the_wrong_unit_is_asked_about(
    kind: str, activity: str, unit: str, treatments: int | None, is_asked: bool
) -> None:
    entered = {"kind": kind, "activity": Decimal(activity), "activity_unit": unit, "treatments": treatments}
    assert set(asked("radionuclides", **entered)) == ({"activity"} if is_asked else set())


def test_answers_that_contradict_each_other_are_asked_about() -> None:
    day = PartialDate(2024)
    assert set(asked("adverse-events", term="Sepsis", grade=5, resolved="yes")) == {"resolved"}
    assert asked("adverse-events", term="Sepsis", grade=4, resolved="yes", resolved_on=day) == {}
    assert asked("adverse-events", term="Sepsis", grade=5, resolved="no") == {}
    assert set(asked("adverse-events", term="Sepsis", resolved="no", resolved_on=day)) == {"resolved"}
    assert set(asked("gvhd", kind="chronic", active="yes", ended_on=day)) == {"active"}
    assert asked("gvhd", kind="chronic", active="no", ended_on=day) == {}
    assert set(asked("problems", problem="Asthma", status="active", resolved_on=day)) == {"status"}
    assert asked("problems", problem="Asthma", status="resolved", resolved_on=day) == {}
    assert set(asked("relatives", relation="sister", affected="no", age_at_diagnosis=30)) == {"affected"}
    assert set(asked("relatives", relation="sister", deceased="no", age_at_death=30)) == {"deceased"}


def test_what_cannot_be_true_together_is_refused() -> None:
    assert "none was given" in refused("transfusions", product="none", count=3)["count"]
    assert refused("transfusions", product="none", count=0) == {}
    assert set(refused("relatives", relation="sister", age_at_diagnosis=31, age_at_death=30)) == {"age_at_death"}
    assert refused("relatives", relation="sister", age_at_diagnosis=30, age_at_death=30) == {}
    biopsy: dict[str, object] = {"method": "core needle", "done_on": PartialDate(2021, 3)}
    assert set(refused("biopsies", **biopsy, reported_on=PartialDate(2021, 2))) == {"reported_on"}
    assert refused("biopsies", **biopsy, reported_on=PartialDate(2021)) == {}
    assert set(refused("workup-exams", strength="not_examined")) == {"findings"}
    assert refused("workup-exams", strength="normal") == {}


def test_what_is_taken_by_mouth_may_be_counted_by_the_day() -> None:
    tablets: dict[str, object] = {"agent": "mercaptopurine", "dose": Decimal(50), "route": "po"}
    assert asked("drugs", **tablets, courses=700) == {}
    assert "1101 courses are more than is usual" in asked("drugs", **tablets, courses=1101)["courses"]


def test_no_protocol_of_the_pack_is_questioned() -> None:
    for regimen in load_catalogue().regimens.values():
        for part in regimen.parts:
            planned = {"agent": part.agent, "dose": part.dose, "unit": part.unit, "courses": part.courses}
            more = {} if part.single_dose is None else {"single_dose": part.single_dose}
            assert asked("drugs", **planned, route=part.route, **more) == {}, (regimen.code, part.agent)
