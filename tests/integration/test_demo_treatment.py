"""What the demonstration's survivors were given: invented, yet as it is given, and every word one of the pack."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from tracker.engine.partial_dates import PartialDate
from tracker.guidelines.catalogue import load_catalogue
from tracker.guidelines.loader import load_pack
from tracker.models import Contact, ContactKind
from tracker.services import demo_charts
from tracker.services.demo_charts import (
    LABS,
    SIDE_EFFECTS,
    SIDE_EFFECTS_OF,
    SYNDROME_GENES,
    Entry,
    Teller,
    chart_entries,
)
from tracker.services.demo_courses import Draft, Illness, When, draw, treatment
from tracker.services.demo_exposures import follows_from, recorded_totals, standing
from tracker.services.demo_households import SPECIALISTS, WITHOUT_SPLEEN, Household, household_entries, interpreter
from tracker.services.demo_lives import Guide, invent
from tracker.services.demo_records import miscounted, rows_of
from tracker.services.demo_regimens import Regimen, regimens
from tracker.services.treatment_rows import SummaryInput

TODAY = date(2026, 11, 23)
DIAGNOSED = date(2015, 3, 14)
ALL_WAYS = [way for ways in regimens().by_diagnosis.values() for way in ways]


@pytest.fixture(scope="module")
def guide() -> Guide:
    return Guide(load_pack(), load_catalogue())


def way(diagnosis: str, **wanted: Any) -> Regimen:
    """The first regimen of the diagnosis that holds these."""
    ways = regimens().by_diagnosis[diagnosis]
    return next(each for each in ways if all(getattr(each, name) == value for name, value in wanted.items()))


def given(regimen: Regimen, guide: Guide, seed: int = 1, resected: int | None = 20, end: int = 300) -> list[Draft]:
    illness = Illness(regimen=regimen, years_old=10, resected=resected, end=end, tumor={"resection": "r1"}, side="left")
    return list(treatment(Random(seed), illness, guide.catalogue))


def of(section: str, drafts: list[Draft]) -> list[dict[str, Any]]:
    return [dict(each.values) for each in drafts if each.section == section]


# The table


@pytest.mark.parametrize("regimen", ALL_WAYS, ids=lambda each: each.diagnosis)
def test_the_table_of_regimens_uses_only_the_packs_words(regimen: Regimen, guide: Guide) -> None:
    pack, known = guide.pack, guide.catalogue
    assert regimen.diagnosis in pack.diagnoses
    assert set(regimen.facts) <= set(pack.exposures)
    assert {each.name for each in regimen.syndromes} <= set(pack.predispositions) & set(SYNDROME_GENES)
    assert set(regimen.chemo) <= set(known.regimens)
    assert {each["agent"] for each in regimen.agents} <= set(known.agents)
    assert set(regimen.operations) <= set(known.operations)
    assert {field for beam in regimen.radiation for field in beam.fields} <= set(known.fields)
    for name, list_name in (("icdo3_morphology", "morphology"), ("icdo3_topography", "topography")):
        assert set(regimen.details[name]) <= set(known.terms[list_name]), name
    for name in regimen.details.keys() - {"icdo3_morphology", "icdo3_topography", "clinic_subtype", "vessel_name"}:
        assert set(regimen.details[name]) <= set(known.terms[name]), name
    assert set(regimen.details.get("clinic_subtype", ())) <= set(known.terms["lms_subtype"])
    assert set(regimen.details.get("vessel_name", ())) <= set(known.terms["vessel"])
    assert set(regimen.tumor.get("site", ())) <= set(known.terms["site"])


@pytest.mark.parametrize("regimen", ALL_WAYS, ids=lambda each: each.diagnosis)
def test_charts_speak_in_the_catalogues_words(regimen: Regimen, guide: Guide) -> None:
    terms, chart = guide.catalogue.terms, regimen.chart
    assert chart.symptoms and set(chart.symptoms) <= set(terms["symptom"])
    assert {kind for kind, _region in chart.pictures} <= set(terms["imaging_modality"])
    assert {region for _kind, region in chart.pictures} <= set(terms["body_region"])
    assert set(chart.biopsies) <= set(terms["biopsy_method"])
    assert set(chart.labs) <= set(LABS)
    assert set(chart.genes) <= set(terms["gene"])
    assert set(chart.organs) <= set(terms["organ"])
    assert bool(chart.organs) is bool(chart.spread_percent)


def test_the_morphology_and_site_of_a_regimen_are_those_of_its_diagnosis(guide: Guide) -> None:
    terms = guide.catalogue.terms
    for regimen in ALL_WAYS:
        for code in regimen.details["icdo3_morphology"]:
            assert dict(terms["morphology"][code].follows)["diagnosis"] == regimen.diagnosis
        if regimen.diagnosis == "Leiomyosarcoma" and regimen.tumor["site"] != ("vascular",):
            for code in regimen.details["icdo3_topography"]:
                assert ("site", *regimen.tumor["site"]) in terms["topography"][code].follows


def test_lists_of_side_effects_people_and_vaccines_are_in_the_catalogue(guide: Guide) -> None:
    terms = guide.catalogue.terms
    effects = [*(effect for group in SIDE_EFFECTS.values() for effect in group), *SIDE_EFFECTS_OF.values()]
    assert {term for term, _grade in effects} <= set(terms["adverse_event"])
    assert set(SIDE_EFFECTS_OF) <= set(guide.catalogue.agents)
    assert {role for role, _name in SPECIALISTS.values()} <= set(terms["care_role"])
    assert {vaccine for vaccine, _number in WITHOUT_SPLEEN} <= set(terms["vaccine"])
    assert set(SYNDROME_GENES.values()) <= set(terms["gene"])


def test_leiomyosarcomas_of_every_kind_the_clinic_knows_are_there(guide: Guide) -> None:
    ways = regimens().by_diagnosis["Leiomyosarcoma"]
    kinds = {each for regimen in ways for each in regimen.details.get("clinic_subtype", ())}
    assert kinds == {"soft-tissue", "cutaneous", "vascular", "bone", "immunocompromised-host"}
    assert any("splenectomy" in regimen.operations for regimen in ways)
    assert {regimen.sex for regimen in ways if regimen.tumor["site"] == ("uterine",)} == {"female"}


def test_places_share_the_weight_of_their_regimen() -> None:
    ways = regimens().by_diagnosis["Leiomyosarcoma"]
    assert sum(each.weight for each in ways if each.chemo == ("lms-dox-ifos",)) == pytest.approx(3)


# Courses


def test_courses_are_those_of_the_regimen_or_a_few_less(guide: Guide) -> None:
    regimen = way("Leiomyosarcoma", chemo=("lms-dox-ifos",))
    counts = set()
    for seed in range(40):
        [doxorubicin] = [row for row in of("drugs", given(regimen, guide, seed)) if row["agent"] == "doxorubicin"]
        assert doxorubicin["dose"] in (Decimal(75), None) and doxorubicin["unit"] == "mg/m2"
        counts.add(doxorubicin["courses"])
    assert counts == {4, 5, 6}


def test_what_is_taken_daily_is_one_total(guide: Guide) -> None:
    drafts = given(way("Acute lymphoblastic leukemia", chemo=("all-sr",)), guide, resected=None, end=900)
    [mercaptopurine] = [row for row in of("drugs", drafts) if row["agent"] == "mercaptopurine"]
    assert mercaptopurine["courses"] is None
    assert mercaptopurine["dose"] in (Decimal(75 * 700), Decimal(75 * 699), Decimal(75 * 698))
    assert mercaptopurine["timing"] == "maintenance"


@pytest.mark.parametrize("regimen", ALL_WAYS, ids=lambda each: each.diagnosis)
def test_everything_happens_between_diagnosis_and_end_of_therapy(regimen: Regimen, guide: Guide) -> None:
    end = round(regimen.months[0] * 30.4)
    for seed in range(5):
        for each in given(regimen, guide, seed, resected=end // 3 if regimen.resected else None, end=end):
            days = {name: value.days for name, value in each.values.items() if isinstance(value, When)}
            assert all(0 <= day <= end for day in days.values()), each
            assert days.get("started_on", 0) <= days.get("ended_on", end), each


def test_a_transplant_comes_after_its_conditioning(guide: Guide) -> None:
    drafts = given(way("Acute lymphoblastic leukemia", months=(30, 42)), guide, resected=None, end=1000)
    [transplant] = of("transplants", drafts)
    conditioning = [row for row in of("drugs", drafts) if row["timing"] == "conditioning"]
    [tbi] = of("radiation", drafts)
    assert (transplant["kind"], tbi["fields"], tbi["purpose"]) == ("allogeneic", ["tbi"], "conditioning")
    assert conditioning and all(row["myeloablative"] == "yes" for row in conditioning)
    assert all(row["ended_on"].days <= transplant["done_on"].days for row in (*conditioning, tbi))


def test_radiation_goes_to_the_side_of_the_tumor_and_knows_its_purpose(guide: Guide) -> None:
    [course] = of("radiation", given(way("Wilms tumor", chemo=("wilms-dd-4a",)), guide))
    assert (course["fields"], course["laterality"], course["purpose"]) == (["flank-left"], "left", "residual")
    assert 1.5 < float(course["dose_gy"]) / course["fractions"] < 2.2


def test_the_tumors_operation_is_done_on_the_day_of_the_resection_with_its_margin(guide: Guide) -> None:
    main, *_rest = of("surgeries", given(way("Osteosarcoma", operations=("amputation-above-knee",)), guide))
    assert (main["operation"], main["done_on"], main["laterality"]) == ("amputation-above-knee", When(20), "left")
    assert (main["resection"], main["margin_mm"]) == ("r1", 0)
    assert main["limb_reason"]


def test_of_a_short_treatment_the_record_may_say_that_no_blood_was_given(guide: Guide) -> None:
    regimen = way("Thyroid carcinoma, medullary")
    told = [of("transfusions", given(regimen, guide, seed, end=40)) for seed in range(12)]
    assert {row["product"] for rows in told for row in rows} == {"none"}
    assert [] in told


def test_a_day_is_known_as_far_as_the_chart_knows_it() -> None:
    assert When(20).on(DIAGNOSED) == PartialDate(2015, 4, 3)
    assert When(20, "month").on(DIAGNOSED) == PartialDate(2015, 4)
    assert When(-80, "year").on(DIAGNOSED) == PartialDate(2014)
    assert Draft("x", {"a": 1, "on": When(0)}).on(DIAGNOSED) == {"a": 1, "on": PartialDate(2015, 3, 14)}


def test_doses_stay_within_their_span_and_are_rounded() -> None:
    random = Random(1)
    drawn = [draw(random, (300, 450)) for _n in range(50)]
    assert all(dose % 5 == 0 and 300 <= dose <= 450 for dose in drawn)
    assert len(set(drawn)) > 5
    assert draw(random, (1, 1)) == 1


# Exposures


def test_exposures_follow_from_the_drafts(guide: Guide) -> None:
    drafts = [
        Draft("drugs", {"agent": "doxorubicin", "dose": Decimal(75), "unit": "mg/m2", "courses": 4, "route": "iv"}),
        Draft("surgeries", {"operation": "nephrectomy", "done_on": When(10, "month")}),
    ]
    found = {each.name: each for each in follows_from(date(2010, 1, 1), DIAGNOSED, drafts, guide.catalogue, guide.pack)}
    assert found["doxorubicin_mg_m2"].value == 300
    assert found["nephrectomy"].last_on == PartialDate(2015, 3)
    totals = {each.name: each for each in recorded_totals(found.values())}
    assert totals["doxorubicin_mg_m2"].value == 300
    assert totals["nephrectomy"].last_on == PartialDate(2015, 3)


def test_a_recorded_total_stands_before_what_follows(guide: Guide) -> None:
    life = invent(Random(4), "Osteosarcoma", guide, TODAY)
    [own] = [each.value for each in life.derived if each.name == "doxorubicin_mg_m2"]
    assert own is not None
    wrong = miscounted(SummaryInput(), own)
    assert standing(life.derived, wrong.exposures)["doxorubicin_mg_m2"].value == own + 50
    assert standing(life.derived, ())["doxorubicin_mg_m2"].value == own


def test_a_chart_of_totals_tells_no_courses_but_the_same_exposures(guide: Guide) -> None:
    whole = invent(Random(9), "Wilms tumor", guide, TODAY)
    totals = invent(Random(9), "Wilms tumor", guide, TODAY, totals_only=True)
    assert totals.derived == () and whole.derived
    assert {each.name for each in totals.summary.exposures} == {each.name for each in whole.derived}
    assert totals.facts().exposures.keys() == whole.facts().exposures.keys()


# Charts


def tellers(diagnosis: str, guide: Guide, seeds: range) -> Iterator[Teller]:
    for seed in seeds:
        yield Teller(Random(seed), invent(Random(seed), diagnosis, guide, TODAY), TODAY)


def test_nothing_of_a_chart_lies_before_birth_or_ahead(guide: Guide) -> None:
    for diagnosis in ("Leiomyosarcoma", "Retinoblastoma", "Neuroblastoma"):
        for teller in tellers(diagnosis, guide, range(8)):
            for key, values in chart_entries(teller):
                for day in (value for value in values.values() if isinstance(value, PartialDate)):
                    assert day.earliest() <= TODAY and day.latest() >= teller.life.birth_date, key


def test_symptoms_begin_no_earlier_than_the_onset_that_the_tumor_tells(guide: Guide) -> None:
    for teller in tellers("Leiomyosarcoma", guide, range(8)):
        _morphology, tumor = demo_charts.details(teller)
        for key, values in chart_entries(teller):
            if key == "symptoms" and tumor.symptom_onset_on and values["phase"] == "at_diagnosis":
                assert values["onset_on"].latest() >= tumor.symptom_onset_on.earliest()


def test_a_tumor_tells_its_margin_side_and_grade_as_the_operation_does(guide: Guide) -> None:
    for teller in tellers("Leiomyosarcoma", guide, range(12)):
        _morphology, tumor = demo_charts.details(teller)
        main = teller.given("surgeries")[0].values
        own = teller.life.summary.diagnoses[0]
        assert tumor.margin_mm == main["margin_mm"]
        assert tumor.laterality == main.get("laterality", tumor.laterality)
        assert (tumor.graded_on is not None) is (own.tumor["grade"] != "unknown")


def test_without_a_spleen_come_vaccines_a_problem_and_a_medicine(guide: Guide) -> None:
    [teller] = tellers("Leiomyosarcoma", guide, range(1))
    follows = follows_from(
        teller.life.birth_date,
        teller.life.diagnosed,
        [Draft("surgeries", {"operation": "splenectomy", "done_on": When(9)})],
        guide.catalogue,
        guide.pack,
    )
    house = Household(replace(teller, life=replace(teller.life, derived=follows)), ())
    told = list(household_entries(house))
    vaccines = [
        values["vaccine"] for key, values in told if key == "immunizations" and values.get("reason") == "no spleen"
    ]
    assert vaccines == [vaccine for vaccine, _number in WITHOUT_SPLEEN]
    assert "No spleen" in [values["problem"] for key, values in told if key == "problems"]
    assert "Penicillin V" in [values["name"] for key, values in told if key == "medications"]


@pytest.mark.parametrize(("years", "guarded"), [(12, True), (30, False)])
def test_only_minors_have_guardians_until_their_18th_birthday(guide: Guide, years: int, guarded: bool) -> None:
    [teller] = tellers("Wilms tumor", guide, range(1))
    born = TODAY - timedelta(days=years * 366)
    house = Household(
        replace(teller, life=replace(teller.life, birth_date=born)),
        (Contact(kind=ContactKind.MOTHER, name="Maria Example"), Contact(kind=ContactKind.SELF, name="Ana Example")),
    )
    found = [values for key, values in household_entries(house) if key == "guardians"]
    assert [(each["name"], each["relation"]) for each in found] == ([("Maria Example", "mother")] if guarded else [])
    assert all(each["until_on"] == PartialDate(born.year + 18, born.month, born.day) for each in found)


@pytest.mark.parametrize(
    ("language", "chance", "expected"),
    [
        ("es", 0.1, {"interpreter_needed": "yes", "interpreter_language": "Spanish"}),
        ("es", 0.9, {"interpreter_needed": "no"}),
        ("en", 0.1, {"interpreter_needed": "no"}),
        ("en", 0.9, {"interpreter_needed": "unknown"}),
    ],
)
def test_who_needs_an_interpreter(language: str, chance: float, expected: dict[str, str]) -> None:
    assert interpreter(language, chance) == expected


def test_rows_belong_to_the_survivors_own_tumor_where_they_can() -> None:
    survivor_id, tumor_id, at = uuid4(), uuid4(), datetime(2026, 11, 23, tzinfo=UTC)
    entries: list[Entry] = [("symptoms", {"symptom": "fever"}), ("allergies", {"substance": "none known"})]
    symptom, allergy = rows_of(survivor_id, entries, tumor_id, at)
    assert (symptom.diagnosis_id, symptom.survivor_id, symptom.recorded_at) == (tumor_id, survivor_id, at)
    assert not hasattr(allergy, "diagnosis_id")
