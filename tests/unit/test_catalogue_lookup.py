"""Finding an agent, a regimen or a term by three letters; and what one typed text means."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from tracker.engine.catalogue import (
    DOSE_UNITS,
    ROUTES,
    Agent,
    FactorSet,
    Term,
    followed,
    lookup,
    resolve,
    title_of,
    with_factor_set,
)
from tracker.engine.rules import Derivation
from tracker.guidelines.catalogue import load_catalogue
from tracker.models.therapy import DRUG_UNITS
from tracker.models.therapy import ROUTES as STORED_ROUTES

CATALOGUE = load_catalogue()


def agents(*names: str, **synonyms: tuple[str, ...]) -> dict[str, Agent]:
    """Agents whose code is their name in small letters."""
    made = [Agent(code=name.lower(), name=name, synonyms=synonyms.get(name.lower(), ())) for name in names]
    return {each.code: each for each in made}


def codes(entries: Any, typed: str, limit: int = 12) -> list[str]:
    return [each.code for each in lookup(entries, typed, limit)]


def first(entries: Mapping[str, Any], typed: str) -> str:
    return codes(entries, typed)[0]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("dox", "doxorubicin"),
        ("adr", "doxorubicin"),
        ("Adriamycin", "doxorubicin"),
        ("dau", "daunorubicin"),
        ("vcr", "vincristine"),
        ("VBL", "vinblastine"),
        ("ifo", "ifosfamide"),
        ("cpm", "cyclophosphamide"),
        ("ctx", "cyclophosphamide"),
        ("act", "dactinomycin"),
        ("act-d", "dactinomycin"),
        ("mtx", "methotrexate"),
        ("6-mp", "mercaptopurine"),
        ("6mp", "mercaptopurine"),
        ("ara-c", "cytarabine"),
        ("arac", "cytarabine"),
        ("vp16", "etoposide"),
        ("VP-16", "etoposide"),
        ("cddp", "cisplatin"),
        ("cbd", "carboplatin"),
        ("ccnu", "lomustine"),
        ("bcnu", "carmustine"),
        ("peg", "pegaspargase"),
        ("ritux", "rituximab"),
        ("gleevec", "imatinib"),
        ("car-t", "car-t-other"),
        ("atra", "tretinoin"),
        ("mesna", "mesna"),
    ],
)
def test_an_agent_is_the_first_found_by_the_letters_clinics_use(typed: str, code: str) -> None:
    assert first(CATALOGUE.agents, typed) == code


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("ai", "lms-dox-ifos"),
        ("vai", "ewing-vide-vai"),
        ("vide", "ewing-vide-vai"),
        ("ivad", "rms-ivado"),
        ("vdc", "ewing-vdc-ie"),
        ("map", "osteosarcoma-map"),
        ("abvd", "hodgkin-abvd"),
        ("oepa", "hodgkin-oepa-copdac"),
        ("beacopp", "hodgkin-beacopp-escalated"),
        ("dd4a", "wilms-dd-4a"),
        ("packer", "mb-packer"),
        ("acns", "mb-acns0331"),
        ("cojec", "nb-cojec"),
        ("bumel", "cond-bu-mel"),
        ("aall0331", "all-sr"),
    ],
)
def test_a_regimen_is_the_first_found_by_its_letters(typed: str, code: str) -> None:
    assert first(CATALOGUE.regimens, typed) == code


@pytest.mark.parametrize(
    ("listed", "typed", "code"),
    [
        ("morphology", "8890/3", "8890/3"),
        ("morphology", "lms", "8890/3"),
        ("morphology", "leio", "8890/3"),
        ("morphology", "t-all", "9837/3"),
        ("morphology", "wilms", "8960/3"),
        ("topography", "c49.4", "C49.4"),
        ("topography", "inferior vena", "C49.4"),
        ("topography", "retrop", "C48.0"),
        ("vessel", "ivc", "inferior-vena-cava"),
        ("vessel", "vena cava inf", "inferior-vena-cava"),
        ("bone", "femur", "femur"),
        ("symptom", "ascites", "ascites"),
        ("gene", "tp53", "tp53"),
        ("gene", "p53", "tp53"),
        ("adverse_event", "hearing", "hearing-impaired"),
        ("vaccine", "ppsv", "33"),
        ("relation", "maternal gr", "grandmother-maternal"),
    ],
)
def test_a_term_is_the_first_found_by_code_label_or_synonym(listed: str, typed: str, code: str) -> None:
    assert first(CATALOGUE.terms[listed], typed) == code


def test_the_beginning_of_a_morphology_code_lists_every_code_that_begins_so() -> None:
    found = codes(CATALOGUE.terms["morphology"], "889", limit=20)
    assert {"8890/3", "8891/3", "8896/3"} <= set(found)
    assert found[0] == "8890/3"
    assert all(code.startswith("889") for code in found[:5])


def test_three_letters_find_every_agent_by_name_and_by_each_synonym() -> None:
    for agent in CATALOGUE.agents.values():
        for text in (agent.name, *agent.synonyms):
            assert agent in lookup(CATALOGUE.agents, text[:3], limit=300), f"{agent.code} by {text[:3]!r}"


def test_what_was_typed_exactly_comes_before_what_only_begins_so() -> None:
    found = agents("Vincristine", "Vinca", vincristine=("VI",))
    assert codes(found, "vinca") == ["vinca"]
    assert codes(found, "vi") == ["vincristine", "vinca"]


def test_the_ranks_are_exact_name_synonym_word_and_inside_and_the_table_breaks_ties() -> None:
    found = agents(
        "Betacor", "Cora", "Two corals", "Corbin", "Zed", "Exact", zed=("coral reef",), exact=("cor",)
    )  # fmt: skip
    assert codes(found, "cor") == ["exact", "cora", "corbin", "zed", "two corals", "betacor"]


def test_a_name_comes_before_a_synonym_even_further_down_the_table() -> None:
    found = agents("Alpha", "Dexa", alpha=("dexalpha",))
    assert codes(found, "dex") == ["dexa", "alpha"]


def test_words_may_be_typed_in_any_order_and_cut_short() -> None:
    found = agents("Inferior vena cava", "Superior vena cava", "Vena portae")
    assert codes(found, "cav inf") == ["inferior vena cava"]
    assert codes(found, "ven cav") == ["inferior vena cava", "superior vena cava"]


def test_letters_inside_a_word_count_from_three_on() -> None:
    found = agents("Cytarabine")
    assert codes(found, "rab") == ["cytarabine"]
    assert codes(found, "ra") == []


@pytest.mark.parametrize("typed", ["MOLLER", "möller", "Möller", "mo\u0308ller", "  moller  "])
def test_capitals_accents_and_blanks_do_not_matter(typed: str) -> None:
    assert codes(agents("Möller syndrome"), typed) == ["möller syndrome"]


@pytest.mark.parametrize("typed", ["6-mp", "6 MP", "6–mp"])
def test_a_dash_is_read_as_a_blank(typed: str) -> None:
    assert codes(agents("Mercaptopurine", mercaptopurine=("6-MP",)), typed) == ["mercaptopurine"]


@pytest.mark.parametrize("typed", ["", "   ", "-", "–"])
def test_nothing_typed_finds_nothing(typed: str) -> None:
    assert lookup(CATALOGUE.agents, typed) == ()
    assert resolve(CATALOGUE.agents, typed) is None


def test_no_more_than_the_limit_are_listed_best_first() -> None:
    assert len(lookup(CATALOGUE.agents, "mab")) == 12
    assert codes(CATALOGUE.agents, "mab", limit=3) == codes(CATALOGUE.agents, "mab")[:3]


def test_a_mapping_and_its_values_are_searched_alike() -> None:
    assert lookup(CATALOGUE.agents, "vin") == lookup(CATALOGUE.agents.values(), "vin")
    assert resolve(list(CATALOGUE.agents.values()), "vcr") == "vincristine"


@dataclass(frozen=True)
class Labelled:
    code: str
    label: str
    synonyms: tuple[str, ...] = ()


def test_whatever_has_a_code_and_a_label_can_be_searched() -> None:
    assert codes([Labelled("a", "First"), Labelled("b", "Second", ("other",))], "oth") == ["b"]
    assert title_of(Labelled("a", "First")) == "First"
    assert title_of(Agent(code="x", name="Named")) == "Named"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("doxorubicin", "doxorubicin"),
        ("DOXORUBICIN", "doxorubicin"),
        ("dox", "doxorubicin"),
        ("doxil", "liposomal-doxorubicin"),
        ("doxi", "liposomal-doxorubicin"),
        ("vincr", "vincristine"),
        ("pred", "prednisone"),
        ("prednis", None),
        ("vin", None),
        ("vi", None),
        ("zzz", None),
    ],
)
def test_a_text_means_one_agent_or_none(typed: str, code: str | None) -> None:
    assert resolve(CATALOGUE.agents, typed) == code


def test_two_letters_mean_something_only_where_they_are_a_whole_name() -> None:
    found = agents("Busulfan", busulfan=("BU",))
    assert resolve(found, "bu") == "busulfan"
    assert resolve(agents("Busulfan"), "bu") is None
    assert resolve(agents("Busulfan"), "bus") == "busulfan"


def test_a_text_that_begins_two_entries_means_neither() -> None:
    assert resolve(agents("Prednisone", "Prednisolone"), "prednis") is None
    assert resolve(agents("Prednisone", "Prednisolone"), "prednison") == "prednisone"


def test_a_name_and_a_synonym_of_the_same_entry_do_not_stand_against_each_other() -> None:
    assert resolve(agents("Imatinib", imatinib=("imatinib mesylate",)), "imat") == "imatinib"


def test_every_name_and_synonym_of_every_list_means_its_own_entry() -> None:
    lists: list[Mapping[str, Any]] = [
        CATALOGUE.agents, CATALOGUE.regimens, CATALOGUE.fields, CATALOGUE.operations, *CATALOGUE.terms.values()
    ]  # fmt: skip
    for entries in lists:
        for entry in entries.values():
            for text in (entry.code, title_of(entry), *entry.synonyms):
                assert resolve(entries, text) == entry.code, f"{text!r} does not lead to {entry.code}"


def test_the_first_value_that_the_diagnosis_knows_follows_from_a_term() -> None:
    uterus = Term(code="C55.9", label="Uterus", follows=(("site", "uterine"), ("site", "pelvic"), ("bone", "rib")))
    assert followed(uterus, "site", ("abdominal", "pelvic", "uterine")) == "uterine"
    assert followed(uterus, "site", ("abdominal", "pelvic")) == "pelvic"
    assert followed(uterus, "site", ("abdominal",)) is None
    assert followed(uterus, "vessel", ("uterine",)) is None


DERIVATIONS = (
    Derivation("sum_mg_m2", "sum", (("a_mg_m2", Decimal(1)), ("b_mg_m2", Decimal("0.6")))),
    Derivation("other", "any", (("sum_mg_m2", Decimal(1)),)),
)


def factor_set(exposure: str, **factors: str) -> FactorSet:
    return FactorSet(
        code="set", exposure=exposure, title="Set", edition="1", source="a paper", confidence="recalled",
        is_default=False, factors={name: Decimal(factor) for name, factor in factors.items()},
    )  # fmt: skip


def test_another_factor_set_takes_the_place_of_the_sums_factors_and_of_nothing_else() -> None:
    made = with_factor_set(DERIVATIONS, factor_set("sum_mg_m2", a_mg_m2="1", b_mg_m2="0.833"))
    assert made[0] == Derivation("sum_mg_m2", "sum", (("a_mg_m2", Decimal(1)), ("b_mg_m2", Decimal("0.833"))))
    assert made[1] == DERIVATIONS[1]
    assert len(made) == 2


@pytest.mark.parametrize("exposure", ["elsewhere_mg_m2", "other"])
def test_a_factor_set_for_what_no_sum_fills_is_refused(exposure: str) -> None:
    with pytest.raises(ValueError, match=f"no sum fills {exposure}"):
        with_factor_set(DERIVATIONS, factor_set(exposure, a_mg_m2="1"))


def test_the_units_and_routes_of_the_catalogue_are_those_that_can_be_stored() -> None:
    assert list(DOSE_UNITS) == DRUG_UNITS
    assert list(ROUTES) == STORED_ROUTES
