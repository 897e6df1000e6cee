"""What the shipped catalogue says of agents, operations and factors, held against the pack's own tables."""

import re
from decimal import Decimal

import pytest

from tracker.engine.catalogue import AgentKind, with_factor_set
from tracker.guidelines.catalogue import load_catalogue
from tracker.guidelines.loader import load_pack

CATALOGUE, PACK = load_catalogue(), load_pack()
AGENTS, OPERATIONS, FACTOR_SETS = CATALOGUE.agents, CATALOGUE.operations, CATALOGUE.factor_sets
CHEMOTHERAPY = {name for name, info in PACK.exposures.items() if info.kind == "chemo_cumulative_dose"}
# These follow from the route, the single dose, the weeks, the regimen or the age, or from other exposures.
FROM_THE_COURSE = {
    "anthracycline_mg_m2", "alkylator_ced_mg_m2", "methotrexate_iv_hd", "cytarabine_iv_hd", "it_chemo",
    "corticosteroid_prolonged", "carboplatin_myeloablative", "carboplatin_under1y",
}  # fmt: skip
ANY_CHEMO = next({name for name, _ in each.inputs} for each in PACK.derivations if each.name == "any_chemo")


def exposures_of(code: str) -> set[str]:
    return {name for name in (AGENTS[code].dose_exposure, *AGENTS[code].given_exposures) if name}


def test_there_are_at_least_ninety_agents() -> None:
    assert len(AGENTS) >= 90


def test_every_column_for_a_medicine_is_filled_by_some_agent() -> None:
    filled = set().union(*(exposures_of(code) for code in AGENTS))
    assert CHEMOTHERAPY - filled == FROM_THE_COURSE
    assert filled <= CHEMOTHERAPY


@pytest.mark.parametrize(
    ("code", "exposures"),
    [
        ("doxorubicin", {"doxorubicin_mg_m2"}),
        ("liposomal-doxorubicin", {"doxorubicin_mg_m2"}),
        ("daunorubicin", {"daunorubicin_mg_m2"}),
        ("mitoxantrone", {"mitoxantrone_mg_m2"}),
        ("ifosfamide", {"ifosfamide_mg_m2"}),
        ("busulfan", {"busulfan_mg_m2"}),
        ("cisplatin", {"cisplatin_mg_m2"}),
        ("carboplatin", {"carboplatin_mg_m2"}),
        ("bleomycin", {"bleomycin_u_m2"}),
        ("etoposide", {"epipodophyllotoxin"}),
        ("teniposide", {"epipodophyllotoxin"}),
        ("vincristine", {"vinca_alkaloid"}),
        ("vinblastine", {"vinca_alkaloid"}),
        ("vinorelbine", {"vinca_alkaloid"}),
        ("dactinomycin", {"dactinomycin"}),
        ("methotrexate", {"methotrexate_any"}),
        ("cytarabine", {"any_chemo"}),
        ("mercaptopurine", {"mercaptopurine_thioguanine"}),
        ("thioguanine", {"mercaptopurine_thioguanine"}),
        ("temozolomide", {"alkylator_any", "any_chemo"}),
        ("dacarbazine", {"alkylator_any", "any_chemo"}),
        ("treosulfan", {"alkylator_any", "any_chemo"}),
        ("trofosfamide", {"alkylator_any", "any_chemo"}),
        ("gemcitabine", {"any_chemo"}),
        ("docetaxel", {"any_chemo"}),
        ("trabectedin", {"any_chemo"}),
        ("pazopanib", {"tki"}),
        ("imatinib", {"tki"}),
        ("rituximab", {"anti_b_antibody"}),
        ("blinatumomab", {"anti_b_antibody"}),
        ("nivolumab", {"checkpoint_inhibitor"}),
        ("ipilimumab", {"checkpoint_inhibitor"}),
        ("tisagenlecleucel", {"car_t"}),
        ("prednisone", set()),
        ("bevacizumab", set()),
        ("dabrafenib", set()),
        ("mesna", set()),
        ("dexrazoxane", set()),
    ],
)
def test_an_agent_fills_what_the_vocabulary_says(code: str, exposures: set[str]) -> None:
    assert exposures_of(code) == exposures


def test_every_cytotoxic_agent_counts_as_chemotherapy_and_no_other_does() -> None:
    for code, agent in AGENTS.items():
        counts = bool(exposures_of(code) & (ANY_CHEMO | {"any_chemo"}))
        assert counts is (agent.kind is AgentKind.CYTOTOXIC), code


def test_an_alkylator_without_a_factor_says_so_and_one_with_a_factor_has_a_dose() -> None:
    with_factors = set(FACTOR_SETS["alkylator-ced"].factors)
    for agent in AGENTS.values():
        if "alkylator_any" in agent.given_exposures:
            assert agent.dose_exposure not in with_factors
            assert "factor" in agent.note, agent.code
    assert with_factors <= {agent.dose_exposure for agent in AGENTS.values()}


def test_the_liposomal_forms_and_anthracyclines_without_a_factor_say_how_they_count() -> None:
    for code in ("liposomal-doxorubicin", "liposomal-daunorubicin", "aclarubicin", "pirarubicin"):
        assert "count" in AGENTS[code].note or "does not add" in AGENTS[code].note


def test_steroids_need_their_weeks_and_are_marked_as_steroids() -> None:
    steroids = {code for code, agent in AGENTS.items() if agent.kind is AgentKind.STEROID}
    assert steroids == {"prednisone", "prednisolone", "dexamethasone", "methylprednisolone", "hydrocortisone"}


def test_what_can_be_given_into_the_spinal_fluid_has_that_route() -> None:
    for code in ("methotrexate", "cytarabine", "hydrocortisone", "thiotepa"):
        assert "it" in AGENTS[code].routes
    assert "it" not in AGENTS["vincristine"].routes


def test_bleomycin_and_asparaginase_are_given_in_units() -> None:
    assert {AGENTS[code].dose_unit for code in ("bleomycin", "asparaginase", "pegaspargase")} == {"[U]/m2"}


@pytest.mark.parametrize("system", ["atc", "rxnorm"])
def test_a_code_of_another_system_stands_for_one_agent_only(system: str) -> None:
    codes = [getattr(agent, system) for agent in AGENTS.values() if getattr(agent, system)]
    assert len(codes) == len(set(codes)) > 15


def test_every_operation_of_the_vocabulary_can_be_chosen() -> None:
    surgical = {name for name, info in PACK.exposures.items() if info.kind == "surgery"}
    assert set().union(*(each.exposures for each in OPERATIONS.values())) == surgical


@pytest.mark.parametrize(
    ("code", "exposures"),
    [
        ("wide-excision", set()),
        ("amputation-below-knee", {"amputation"}),
        ("amputation-digit", {"amputation"}),
        ("hemipelvectomy-external", {"amputation", "pelvic_surgery"}),
        ("limb-sparing-endoprosthesis", {"limb_sparing"}),
        ("rotationplasty", {"limb_sparing"}),
        ("nephrectomy", {"nephrectomy", "laparotomy"}),
        ("nephrectomy-partial", {"laparotomy"}),
        ("splenectomy", {"splenectomy", "laparotomy"}),
        ("vena-cava-resection", {"laparotomy"}),
        ("vena-cava-resection-graft", {"laparotomy"}),
        ("pulmonary-lobectomy", {"pulmonary_resection", "thoracic_surgery"}),
        ("lung-metastasectomy", {"pulmonary_resection", "thoracic_surgery"}),
        ("lung-wedge-resection", {"pulmonary_resection", "thoracic_surgery"}),
        ("thoracotomy", {"thoracic_surgery"}),
        ("colectomy-partial", {"laparotomy"}),
        ("colectomy-total", {"colectomy_total", "laparotomy"}),
        ("oophorectomy-unilateral", {"oophorectomy_unilateral", "pelvic_surgery"}),
        ("oophorectomy-bilateral", {"oophorectomy_bilateral", "pelvic_surgery"}),
        ("orchiectomy-unilateral", {"orchiectomy_unilateral"}),
        ("thyroidectomy-partial", set()),
        ("thyroidectomy-total", {"thyroidectomy_total"}),
        ("mastectomy-unilateral", set()),
        ("hypothalamic-pituitary-surgery", {"neurosurgery_brain", "hp_surgery"}),
        ("csf-shunt", {"hydrocephalus_or_shunt", "neurosurgery_brain"}),
        ("spine-stabilization", {"spine_surgery"}),
        ("central-line", set()),
        ("central-line-thrombosis", {"cvc_thrombosis"}),
        ("enucleation", {"enucleation"}),
    ],
)
def test_an_operation_sets_what_the_vocabulary_says(code: str, exposures: set[str]) -> None:
    assert set(OPERATIONS[code].exposures) == exposures


def test_a_limb_is_lost_where_an_amputation_is_set_and_kept_where_it_was_spared() -> None:
    for operation in OPERATIONS.values():
        assert (operation.limb == "amputation") is ("amputation" in operation.exposures), operation.code
        assert (operation.limb == "salvage") is ("limb_sparing" in operation.exposures), operation.code
        assert operation.sided or not operation.limb, operation.code


@pytest.mark.parametrize(
    ("code", "resects"),
    [
        ("vena-cava-resection", True),
        ("vena-cava-resection-graft", True),
        ("wide-excision", True),
        ("limb-sparing-endoprosthesis", True),
        ("amputation-digit", True),
        ("brain-tumor-resection", True),
        ("nephrectomy", True),
        ("csf-shunt", False),
        ("central-line", False),
        ("ostomy", False),
        ("sentinel-node-biopsy", False),
        ("laparotomy", False),
        ("skin-graft", False),
        ("lung-metastasectomy", False),
        ("mastectomy-bilateral", False),
    ],
)
def test_an_operation_that_takes_out_a_tumor_where_it_began_is_known_as_such(code: str, resects: bool) -> None:
    assert OPERATIONS[code].resects is resects


def test_an_operation_that_takes_a_limb_or_spares_it_takes_out_its_tumor() -> None:
    assert [each.code for each in OPERATIONS.values() if each.limb and not each.resects] == []


def test_a_lung_resection_is_always_an_operation_on_the_chest() -> None:
    for operation in OPERATIONS.values():
        assert "pulmonary_resection" not in operation.exposures or "thoracic_surgery" in operation.exposures


def test_what_was_taken_from_one_side_asks_for_the_side_and_from_both_does_not() -> None:
    sided = {code: each.sided for code, each in OPERATIONS.items()}
    assert all(sided[code] for code in OPERATIONS if code.endswith("unilateral"))
    assert not any(sided[code] for code in OPERATIONS if code.endswith("bilateral"))
    assert sided["nephrectomy"]
    assert not sided["splenectomy"]


def test_the_default_factors_are_those_of_the_packs_own_derivations() -> None:
    defaults = [each for each in FACTOR_SETS.values() if each.is_default]
    assert {each.exposure for each in defaults} == {"anthracycline_mg_m2", "alkylator_ced_mg_m2"}
    for each in defaults:
        own = next(derivation for derivation in PACK.derivations if derivation.name == each.exposure)
        assert dict(own.inputs) == each.factors
        assert with_factor_set(PACK.derivations, each) == PACK.derivations


@pytest.mark.parametrize(
    ("code", "factors"),
    [
        ("anthracycline-pancare", "1 0.6 0.8 5 10"),
        ("anthracycline-cog-v4", "1 0.833 0.67 5 4"),
        ("anthracycline-cog-v5", "1 0.5 0.67 5 10"),
        ("anthracycline-cog-v6", "1 0.6 0.8 5 10"),
        ("anthracycline-ighg", "1 0.6 0.8 5 10.5"),
    ],
)
def test_the_anthracycline_sets_are_those_that_exposures_csv_names(code: str, factors: str) -> None:
    order = ("doxorubicin", "daunorubicin", "epirubicin", "idarubicin", "mitoxantrone")
    expected = {f"{name}_mg_m2": Decimal(factor) for name, factor in zip(order, factors.split(), strict=True)}
    assert FACTOR_SETS[code].factors == expected
    assert FACTOR_SETS[code].confidence == ("confirmed" if FACTOR_SETS[code].is_default else "recalled")
    told = PACK.exposures["anthracycline_mg_m2"].derivation
    for factor in factors.split():
        assert re.search(rf"\b{re.escape(factor)}\b", told), f"{factor} is not named in exposures.csv"


@pytest.mark.parametrize(
    ("code", "total"),
    [("anthracycline-pancare", 390), ("anthracycline-cog-v4", Decimal("424.95")), ("anthracycline-cog-v5", 375)],
)
def test_the_same_doses_come_to_another_total_with_another_set(code: str, total: Decimal) -> None:
    """Doxorubicin 300 mg/m2 and daunorubicin 150 mg/m2."""
    derivations = with_factor_set(PACK.derivations, FACTOR_SETS[code])
    factors = dict(next(each.inputs for each in derivations if each.name == "anthracycline_mg_m2"))
    assert 300 * factors["doxorubicin_mg_m2"] + 150 * factors["daunorubicin_mg_m2"] == total
    assert [each.name for each in derivations] == [each.name for each in PACK.derivations]
