"""Which agent a medicine is by what it is called: every word of it must be understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fhir.builders import codes
from tracker.engine.catalogue import Agent
from tracker.fhir.medication_names import agents_named, is_local


def named(text: str) -> tuple[str, ...]:
    return agents_named(codes().catalogue.agents, text)


@pytest.mark.parametrize(
    ("text", "agent"),
    [
        ("Vincristine", "vincristine"),
        ("PACLitaxel", "paclitaxel"),
        ("vinCRIStine sulfate 1 MG/ML Injectable Solution", "vincristine"),
        ("10 ML doxorubicin hydrochloride 2 MG/ML Injection", "doxorubicin"),
        ("cisplatin 1 MG/ML Injectable Solution", "cisplatin"),
        ("gefitinib 250 MG Oral Tablet", "gefitinib"),
        ("1 ML DOCEtaxel 20 MG/ML Injection", "docetaxel"),
        ("imatinib mesylate 400 MG Oral Tablet", "imatinib"),
        ("Levothyroxine Sodium 75micrograms tablet", "levothyroxine"),
        ("Product containing vincristine", "vincristine"),
        ("Adriamycin", "doxorubicin"),
        ("VP-16", "etoposide"),
        ("6-mercaptopurine", "mercaptopurine"),
        ("5-FU", "fluorouracil"),
        ("actinomycin D", "dactinomycin"),
        ("carmustine 7.7 MG Drug Implant [Gliadel]", "carmustine"),
    ],
)
def test_a_medicine_is_known_by_its_name_whatever_salt_strength_and_form_stand_beside_it(text: str, agent: str) -> None:
    assert named(text) == (agent,)


@pytest.mark.parametrize(
    ("text", "agent"),
    [
        ("doxorubicin hydrochloride liposome 2 MG/ML Injectable Suspension [Doxil]", "liposomal-doxorubicin"),
        ("doxorubicin hydrochloride liposome 2 MG/ML Injectable Suspension", "liposomal-doxorubicin"),
        ("daunorubicin liposomal 2 MG/ML Injection", "liposomal-daunorubicin"),
        ("cytarabine liposome 100 MG / daunorubicin liposomal 44 MG Injection", "cpx-351"),
        ("PACLitaxel protein-bound 100 MG Injection", "nab-paclitaxel"),
        ("PACLitaxel 100 MG Injection [Abraxane]", "nab-paclitaxel"),
        ("irinotecan liposome 4.3 MG/ML Injection", "irinotecan"),
    ],
)
def test_in_a_carrier_it_is_a_medicine_of_its_own_where_the_catalogue_has_one(text: str, agent: str) -> None:
    assert named(text) == (agent,)


@pytest.mark.parametrize(
    "text",
    [
        "ado-trastuzumab emtansine 100 MG Injection",
        "fam-trastuzumab deruxtecan-nxki 100 MG Injection",
        "docetaxel protein-bound 10 MG",
        "asparaginase Erwinia chrysanthemi 10000 UNT",
        "not vincristine",
        "Vincristine intolerance",
        "vincristine level",
        "Aspirin 81 MG Oral Tablet",
        "hyaluronidase 150 UNT/ML Injection",
        "lidocaine / methylprednisolone",
        "interferon alfa-2b 10000000 UNT",
        "",
        " ",
        "/ /",
        "[]",
        "100 MG Injection",
    ],
)
def test_a_word_that_is_not_understood_makes_it_another_medicine(text: str) -> None:
    assert named(text) == ()


@pytest.mark.parametrize("text", ["AC", "RA", "IM", "CP", "MP", "GO", "TT", "PRED", "VEN", "MTX"])
def test_an_abbreviation_alone_may_mean_anything(text: str) -> None:
    assert named(text) == ()


@pytest.mark.parametrize(
    ("text", "agents"),
    [
        ("Vincristine / Dactinomycin", ("vincristine", "dactinomycin")),
        ("vincristine and dactinomycin", ("vincristine", "dactinomycin")),
        ("cytarabine 100 MG / DAUNOrubicin 44 MG", ("cytarabine", "daunorubicin")),
        ("hyaluronidase, human recombinant 2000 UNT/ML / rituximab 120 MG/ML Injection", ("rituximab",)),
    ],
)
def test_a_combination_is_several_agents_if_each_of_them_is_certain(text: str, agents: tuple[str, ...]) -> None:
    assert named(text) == agents


def test_a_combination_with_one_part_unknown_is_nothing() -> None:
    assert named("vincristine / wonderdrug") == ()


@pytest.mark.parametrize("text", ["rituximab-abbs 10 MG/ML Injection [Truxima]", "trastuzumab-dkst 150 MG Injection"])
def test_a_biosimilar_is_its_antibody(text: str) -> None:
    assert named(text) == (text.split("-")[0],)


def test_a_name_of_two_agents_is_none_of_them() -> None:
    two = {code: Agent(code=code, name=code.title(), synonyms=("Samename",)) for code in ("first", "second")}

    assert agents_named(two, "Samename") == ()
    assert agents_named(two, "First") == ("first",)


def test_each_catalogue_has_names_of_its_own() -> None:
    for number in range(12):
        one = {"a": Agent(code="a", name=f"Medicine {'abcdefghijkl'[number]}only")}
        assert agents_named(one, f"medicine {'abcdefghijkl'[number]}only") == ("a",)
        assert agents_named(one, "medicine other") == ()
    assert named("Vincristine") == ("vincristine",)


@pytest.mark.parametrize(
    "text",
    ["Hydrocortisone 10 MG/ML Topical Cream", "Fluorouracil cream", "eye drops", "120 ACTUAT Metered Dose Inhaler"],
)
def test_what_is_put_on_a_place_acts_there(text: str) -> None:
    assert is_local(text)
    assert not is_local("vincristine sulfate 1 MG/ML Injection")


def test_every_agent_is_found_by_its_own_name() -> None:
    for agent in codes().catalogue.agents.values():
        assert named(agent.name) == (agent.code,), agent.name


@given(st.text(max_size=60))
def test_no_text_whatever_is_too_strange(text: str) -> None:
    known = codes().catalogue.agents

    assert all(each in known for each in named(text))


@given(st.text(alphabet="abcdefghij", min_size=3, max_size=9))
def test_a_strange_word_beside_a_name_takes_the_certainty_away(word: str) -> None:
    assert named(f"vincristine {word}") in ((), ("vincristine",))
    assert named(f"vincristine x{word}q") == ()
