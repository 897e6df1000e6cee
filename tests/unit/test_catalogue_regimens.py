"""The published regimens come to the total doses that their trials planned."""

import re
from decimal import Decimal

import pytest

from tracker.guidelines.catalogue import load_catalogue
from tracker.guidelines.loader import load_pack

CATALOGUE, PACK = load_catalogue(), load_pack()
REGIMENS = CATALOGUE.regimens
MILLIGRAMS = {"mg/m2": 1, "g/m2": 1000}


def total(regimen: str, agent: str) -> Decimal:
    """What is planned of the agent in all courses, in mg/m²."""
    parts = [part for part in REGIMENS[regimen].parts if part.agent == agent and part.unit in MILLIGRAMS]
    return sum((part.dose * part.courses * MILLIGRAMS[part.unit] for part in parts), Decimal(0))


def test_there_are_more_than_fourteen_regimens_with_source_and_confidence() -> None:
    assert len(REGIMENS) >= 14
    for regimen in REGIMENS.values():
        assert re.search(r"\b(19|20)\d\d\b", regimen.source), regimen.code
        assert regimen.diagnoses, regimen.code


@pytest.mark.parametrize(
    ("regimen", "agent", "mg_m2"),
    [
        ("lms-dox-ifos", "doxorubicin", 450),
        ("lms-dox-ifos", "ifosfamide", 60000),
        ("lms-dox", "doxorubicin", 450),
        ("lms-gem-doc", "gemcitabine", 8100),
        ("lms-gem-doc", "docetaxel", 450),
        ("lms-dox-trabectedin", "doxorubicin", 360),
        ("nrsts-arst0332", "doxorubicin", 375),
        ("nrsts-arst0332", "ifosfamide", 54000),
        ("rms-vac", "cyclophosphamide", 16800),
        ("rms-vac-vi", "cyclophosphamide", 8400),
        ("rms-vac-d9803", "cyclophosphamide", 30800),
        ("rms-iva", "ifosfamide", 54000),
        ("rms-ivado", "doxorubicin", 240),
        ("ewing-vdc-ie", "doxorubicin", 375),
        ("ewing-vdc-ie", "cyclophosphamide", 8400),
        ("ewing-vdc-ie", "ifosfamide", 63000),
        ("ewing-vdc-ie-17", "doxorubicin", 375),
        ("ewing-vdc-ie-17", "cyclophosphamide", 10800),
        ("ewing-vdc-ie-17", "ifosfamide", 72000),
        ("ewing-vdc-ie-17", "etoposide", 4000),
        ("ewing-vide-vai", "doxorubicin", 360),
        ("ewing-vide-vai", "ifosfamide", 102000),
        ("osteosarcoma-map", "doxorubicin", 450),
        ("osteosarcoma-map", "cisplatin", 480),
        ("osteosarcoma-map", "methotrexate", 144000),
        ("hodgkin-abvd", "doxorubicin", 300),
        ("hodgkin-oepa-copdac", "doxorubicin", 160),
        ("hodgkin-oepa-copdac", "cyclophosphamide", 4000),
        ("hodgkin-oepa-copp", "procarbazine", 6000),
        ("hodgkin-abve-pc", "doxorubicin", 200),
        ("hodgkin-abve-pc", "cyclophosphamide", 3200),
        ("hodgkin-bv-ave-pc", "doxorubicin", 250),
        ("hodgkin-mopp", "mechlorethamine", 72),
        ("wilms-dd-4a", "doxorubicin", 150),
        ("wilms-i", "doxorubicin", 225),
        ("gct-peb", "cisplatin", 400),
        ("hb-cisplatin", "cisplatin", 480),
        ("hb-plado", "doxorubicin", 360),
        ("all-sr", "doxorubicin", 75),
        ("all-sr", "cyclophosphamide", 1000),
        ("all-hr", "daunorubicin", 100),
        ("all-hr", "cyclophosphamide", 3000),
        ("all-bfm", "daunorubicin", 120),
        ("all-bfm", "doxorubicin", 120),
        ("aml-ade-mace", "daunorubicin", 300),
        ("aml-ade-mace", "mitoxantrone", 50),
        ("aml-aaml0531", "mitoxantrone", 48),
        ("nhl-lmb-b", "cyclophosphamide", 3300),
        ("nhl-lmb-b", "doxorubicin", 120),
        ("mb-packer", "lomustine", 600),
        ("mb-acns0331", "cisplatin", 450),
        ("mb-acns0331", "cyclophosphamide", 6000),
        ("mb-sjmb", "cyclophosphamide", 16000),
        ("lgg-carbo-vcr", "carboplatin", 7000),
        ("nb-cojec", "cisplatin", 320),
        ("nb-cojec", "cyclophosphamide", 4200),
        ("nb-tandem", "thiotepa", 900),
        ("cond-bu-mel", "melphalan", 140),
        ("rb-vec", "carboplatin", 3360),
    ],
)
def test_a_regimen_comes_to_its_total(regimen: str, agent: str, mg_m2: int) -> None:
    assert total(regimen, agent) == mg_m2


@pytest.mark.parametrize(
    ("regimen", "units"), [("hodgkin-abvd", 120), ("hodgkin-abve-pc", 60), ("gct-peb", 60), ("hodgkin-copp-abv", 60)]
)
def test_bleomycin_is_planned_in_units(regimen: str, units: int) -> None:
    [part] = [part for part in REGIMENS[regimen].parts if part.agent == "bleomycin"]
    assert (part.unit, part.dose * part.courses) == ("[U]/m2", Decimal(units))


@pytest.mark.parametrize(
    ("regimen", "agent", "high"),
    [
        ("osteosarcoma-map", "methotrexate", True),
        ("all-hr", "methotrexate", True),
        ("all-sr", "methotrexate", False),
        ("nhl-lmb-b", "methotrexate", True),
        ("nhl-lmb-b", "cytarabine", False),
        ("aml-aaml0531", "cytarabine", True),
        ("aml-ade-mace", "cytarabine", True),
        ("all-hr", "cytarabine", False),
        ("cond-beam", "cytarabine", False),
    ],
)
def test_a_single_dose_of_a_gram_or_more_into_the_vein_is_told(regimen: str, agent: str, high: bool) -> None:
    parts = [part for part in REGIMENS[regimen].parts if part.agent == agent and part.route == "iv"]
    assert any(part.single_dose is not None and part.single_dose >= 1000 for part in parts) is high


def test_a_course_of_a_gram_or_more_into_the_vein_tells_its_single_dose() -> None:
    for regimen in REGIMENS.values():
        for part in regimen.parts:
            large = part.dose * MILLIGRAMS.get(part.unit, 0) >= 1000
            if part.agent in ("methotrexate", "cytarabine") and part.route == "iv" and large:
                assert part.single_dose is not None, regimen.code


def test_the_steroid_of_leukemia_induction_lasts_four_weeks_and_that_of_lymphoma_less() -> None:
    def weeks(regimen: str) -> int:
        return max(part.weeks or 0 for part in REGIMENS[regimen].parts)

    assert [weeks(code) for code in ("all-sr", "all-hr", "all-bfm")] == [4, 4, 4]
    assert all(weeks(code) < 4 for code in REGIMENS if code.startswith(("hodgkin", "nhl")))


def test_only_what_is_given_before_a_transplant_is_myeloablative() -> None:
    marked = {code for code, each in REGIMENS.items() if any(part.myeloablative for part in each.parts)}
    assert marked == {code for code in REGIMENS if code.startswith("cond-")} | {"nb-tandem", "mb-sjmb"}


def test_intrathecal_doses_are_in_milligrams_and_by_that_route() -> None:
    for regimen in REGIMENS.values():
        for part in regimen.parts:
            assert part.route != "it" or part.unit == "mg", regimen.code
            assert part.route in CATALOGUE.agents[part.agent].routes, f"{regimen.code}: {part.agent} {part.route}"


def test_leiomyosarcoma_and_every_diagnosis_treated_with_medicines_has_a_regimen() -> None:
    offered = {name for regimen in REGIMENS.values() for name in regimen.diagnoses}
    without = {"Ependymoma", "Melanoma", "Thyroid carcinoma, differentiated", "Thyroid carcinoma, medullary"}
    assert set(PACK.diagnoses) - offered == without
    assert sum("Leiomyosarcoma" in regimen.diagnoses for regimen in REGIMENS.values()) >= 4


def test_doses_that_were_read_say_where_and_the_others_are_recalled() -> None:
    for regimen in REGIMENS.values():
        assert (regimen.confidence != "recalled") is ("read at" in regimen.source), regimen.code
