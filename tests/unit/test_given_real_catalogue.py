"""Whole treatments with the catalogue that comes with the tracker, and every entry of it."""

from datetime import date
from decimal import Decimal

import pytest

from tests.unit.given_tables import UNITS, as_follows
from tracker.engine.catalogue import AgentKind, RegimenPart
from tracker.engine.given import (
    DrugGiven,
    Given,
    GvhdFound,
    OperationDone,
    RadiationGiven,
    TransfusionGiven,
    TransplantDone,
)
from tracker.engine.given_derived import derivation_terms
from tracker.engine.given_exposures import exposures_from
from tracker.engine.given_questions import open_questions
from tracker.engine.given_words import derivation_in_words, exposure_in_words
from tracker.engine.partial_dates import PartialDate
from tracker.guidelines.catalogue import load_catalogue
from tracker.guidelines.loader import load_pack

CATALOGUE, PACK = load_catalogue(), load_pack()
BORN = date(2000, 2, 29)
UPPER_ABDOMINAL = (
    "upper-abdomen", "left-upper-abdomen", "right-upper-abdomen", "whole-abdomen", "whole-abdomen-pelvis", "flank-left",
    "flank-right", "flank", "hepatic", "splenic",
)  # fmt: skip


def told(given: Given) -> dict[str, str]:
    return {each.name: exposure_in_words(each) for each in exposures_from(given, CATALOGUE, UNITS)}


def drug(agent: str, dose: str | None, unit: str = "mg/m2", courses: int | None = None, **more: object) -> DrugGiven:
    amount = None if dose is None else Decimal(dose)
    return DrugGiven(id=agent, agent=agent, dose=amount, unit=unit, courses=courses, **{"route": "iv", **more})  # type: ignore[arg-type]


def test_a_leiomyosarcoma_of_the_vena_cava() -> None:
    given = Given(
        birth_date=BORN,
        drugs=(
            drug("doxorubicin", "75", courses=6, started_on=PartialDate(2016, 1), ended_on=PartialDate(2016, 6)),
            drug("ifosfamide", "9", "g/m2", 6, started_on=PartialDate(2016, 1)),
            drug("dacarbazine", None),
        ),
        operations=(OperationDone(id="op", operation="vena-cava-resection-graft", done_on=PartialDate(2016, 7)),),
        treated_from=PartialDate(2016, 1),
    )
    assert told(given) == {
        "doxorubicin_mg_m2": "75 mg/m² × 6 courses = 450 mg/m²",
        "ifosfamide_mg_m2": "9 g/m² × 6 courses = 54 g/m² = 54,000 mg/m²",
        "alkylator_any": "given: Dacarbazine",
        "any_chemo": "given: Dacarbazine",
        "laparotomy": "given: Resection of the inferior vena cava with a graft or patch",
    }
    assert open_questions(given, CATALOGUE, UNITS) == ()


def test_a_medulloblastoma_with_craniospinal_radiation() -> None:
    given = Given(
        birth_date=BORN,
        radiation=(
            RadiationGiven(
                id="csi", fields=("craniospinal",), dose_gy=Decimal("23.4"), ended_on=PartialDate(2008, 3, 1)
            ),
            RadiationGiven(
                id="boost", fields=("posterior-fossa",), dose_gy=Decimal("30.6"), ended_on=PartialDate(2008, 4, 2)
            ),
        ),
        operations=(OperationDone(id="op", operation="csf-shunt"),),
        treated_from=PartialDate(2008),
    )
    words = told(given)
    assert words["cranial_rt_gy"] == "23.4 (Craniospinal axis) + 30.6 (Posterior fossa) = 54 Gy"
    assert words["spine_rt_gy"] == words["thyroid_rt_gy"] == words["heart_rt_gy"] == "23.4 Gy"
    assert words["hp_rt_gy"].endswith("= 54 Gy")
    assert words["hydrocephalus_or_shunt"] == words["neurosurgery_brain"] == "given: Shunt for hydrocephalus"
    assert "any_rt_gy" not in words
    found = {each.name: each.value for each in exposures_from(given, CATALOGUE, UNITS)}
    largest = derivation_terms("any_rt_gy", found, PACK.derivations)
    assert largest is not None and derivation_in_words(largest, "Gy").startswith("54 Gy (")


def test_a_relapsed_leukemia_with_a_transplant() -> None:
    given = Given(
        birth_date=BORN,
        drugs=(
            drug("daunorubicin", "30", courses=4),
            drug("doxorubicin", "25", courses=3),
            drug("methotrexate", "5", "g/m2", 4, single_dose=Decimal(5000)),
            DrugGiven(id="it", agent="methotrexate", dose=Decimal(12), unit="mg", courses=18, route="it"),
            drug("dexamethasone", "10", route="po"),
            drug("busulfan", "16", "mg/kg", weight_kg=Decimal(20), surface_m2=Decimal("0.8")),
        ),
        radiation=(
            RadiationGiven(id="tbi", fields=("tbi",), dose_gy=Decimal(12), ended_on=PartialDate(2010)),
            RadiationGiven(id="testes", fields=("testicular",), dose_gy=Decimal(4), ended_on=PartialDate(2010)),
        ),
        transplants=(TransplantDone(id="hsct", kind="allogeneic", done_on=PartialDate(2010, 5), sos="no"),),
        gvhd=(GvhdFound(id="gvhd", kind="chronic", active="no"),),
        transfusions=(TransfusionGiven(id="blood", product="red_cells", count=22, started_on=PartialDate(2009)),),
        treated_from=PartialDate(2007),
    )
    words = told(given)
    assert words["busulfan_mg_m2"] == "16 mg/kg × 20 kg ÷ 0.8 m² = 400 mg/m²"
    assert words["testis_rt_gy"] == "4 (Testes) + 12 (Total body) = 16 Gy"
    assert words["methotrexate_iv_hd"] == "given: Methotrexate, 1,000 mg/m² or more at once"
    assert words["it_chemo"] == "given: Methotrexate into the spinal fluid"
    assert words["corticosteroid_prolonged"] == "possible: Dexamethasone, length without a break unknown"
    assert words["rbc_transfusions_n"] == "22"
    assert {"hsct_allo", "cgvhd", "tbi_gy"} <= set(words)
    assert "cgvhd_active" not in words and "heart_rt_gy" not in words
    found = {each.name: each.value for each in exposures_from(given, CATALOGUE, UNITS)}
    sum_of = derivation_terms("anthracycline_mg_m2", found, PACK.derivations)
    assert sum_of is not None and derivation_in_words(sum_of, "mg/m2") == "75 + 0.6 × 120 = 147 mg/m²"
    heart = derivation_terms("heart_rt_gy", found, PACK.derivations)
    assert heart is not None and heart.total == 12
    assert [question.code for question in open_questions(given, CATALOGUE, UNITS)] == ["steroid_weeks"]


@pytest.mark.parametrize("code", list(CATALOGUE.agents))
def test_every_cytotoxic_agent_is_chemotherapy_and_fills_its_column(code: str) -> None:
    agent = CATALOGUE.agents[code]
    entry = DrugGiven(id="a", agent=code, dose=Decimal(100), unit="mg/m2", route=agent.routes[0], weeks=1,
                      started_on=PartialDate(2012), single_dose=Decimal(1))  # fmt: skip
    found = exposures_from(Given(birth_date=BORN, drugs=(entry,)), CATALOGUE, UNITS)
    names = {each.name for each in found}
    if agent.dose_exposure and "it" not in agent.routes[:1]:
        assert agent.dose_exposure in names
    assert set(agent.given_exposures) <= names
    recorded = {each.name: each.value for each in found}
    chemotherapy = "any_chemo" in recorded or derivation_terms("any_chemo", recorded, PACK.derivations) is not None
    assert chemotherapy == (agent.kind is AgentKind.CYTOTOXIC)


@pytest.mark.parametrize("code", list(CATALOGUE.fields))
def test_every_field_fills_a_dose_and_reaches_some_site(code: str) -> None:
    course = RadiationGiven(id="r", fields=(code,), dose_gy=Decimal(20), started_on=PartialDate(2012))
    found = exposures_from(Given(birth_date=BORN, radiation=(course,)), CATALOGUE, UNITS)
    field = CATALOGUE.fields[code]
    if code != "tbi":
        assert {*field.field_exposures, *field.organ_exposures} <= {each.name for each in found}
    assert all(each.value == 20 for each in found if each.unit == "Gy")
    recorded = {each.name: each.value for each in found}
    largest = derivation_terms("any_rt_gy", recorded, PACK.derivations)
    assert recorded.get("any_rt_gy", largest and largest.total) == 20
    asked = open_questions(Given(birth_date=BORN, radiation=(course,)), CATALOGUE, UNITS)
    assert [each.code for each in asked] == (["reaches_breasts"] if code in UPPER_ABDOMINAL else [])
    assert ("upper_abdomen_rt_breast" in recorded) is (code in UPPER_ABDOMINAL)


@pytest.mark.parametrize("code", list(CATALOGUE.operations))
def test_every_operation_sets_its_exposures(code: str) -> None:
    given = Given(birth_date=BORN, operations=(OperationDone(id="o", operation=code, side="left"),))
    found = exposures_from(given, CATALOGUE, UNITS)
    assert as_follows(found) == set(CATALOGUE.operations[code].exposures)


def test_two_operations_on_two_sides_take_both() -> None:
    for code, both in (("orchiectomy-unilateral", "orchiectomy_bilateral"),
                       ("oophorectomy-unilateral", "oophorectomy_bilateral"),
                       ("mastectomy-unilateral", "mastectomy_bilateral")):  # fmt: skip
        sides = tuple(OperationDone(id=side, operation=code, side=side) for side in ("left", "right"))
        assert both in as_follows(exposures_from(Given(birth_date=BORN, operations=sides), CATALOGUE, UNITS))
        assert both not in as_follows(exposures_from(Given(birth_date=BORN, operations=sides[:1]), CATALOGUE, UNITS))


@pytest.mark.parametrize("code", list(CATALOGUE.regimens))
def test_a_regimen_given_as_planned_leaves_no_dose_open(code: str) -> None:
    given = Given(
        birth_date=BORN,
        drugs=tuple(as_planned(place, part) for place, part in enumerate(CATALOGUE.regimens[code].parts)),
    )
    for each in exposures_from(given, CATALOGUE, UNITS):
        if each.unit != "1" and each.value is None:
            assert {code for term in each.terms for code in term.missing} <= {"weight_kg", "surface_m2", "total_mg"}


def as_planned(place: int, part: RegimenPart) -> DrugGiven:
    return DrugGiven(
        id=str(place), agent=part.agent, dose=part.dose, unit=part.unit, courses=part.courses, route=part.route,
        single_dose=part.single_dose, started_on=PartialDate(2012),
    )  # fmt: skip
