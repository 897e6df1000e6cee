"""What follows from what was given, row by row against tables worked by hand."""

from decimal import Decimal

import pytest

from tests.unit.given_tables import CATALOGUE, UNITS, as_follows, read_given, read_rows, worked
from tracker.engine.chart import total_doses
from tracker.engine.given_derived import derivation_terms
from tracker.engine.given_exposures import exposures_from
from tracker.engine.given_words import derivation_in_words, exposure_in_words
from tracker.guidelines.loader import load_pack

PACK = load_pack()
WORKED = list(worked("drugs.csv", "radiation.csv", "procedures.csv", "blood.csv"))
DERIVED = list(worked("derivations.csv"))
NAMES = {
    name: name.removesuffix("_mg_m2").removesuffix("_gy").replace("_", " ").capitalize() for name in PACK.exposures
}
TOTAL_ROWS = 150


def listed(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


def test_the_tables_are_there() -> None:
    assert len(WORKED) + len(DERIVED) >= TOTAL_ROWS
    assert len({name for name, _ in (*WORKED, *DERIVED)}) == len(WORKED) + len(DERIVED)


@pytest.mark.parametrize("row", [row for _, row in WORKED], ids=[name for name, _ in WORKED])
def test_what_was_given_leads_to_exactly_these_exposures(row: dict[str, str]) -> None:
    found = exposures_from(read_given(row["given"]), CATALOGUE, UNITS)
    assert as_follows(found) == set(listed(row["follows"]))
    assert {code for each in found for code in each.missing} == set(row["missing"].split())
    if row["words"]:
        assert exposure_in_words(found[0]) == row["words"]


def test_every_exposure_that_treatment_can_bring_is_in_a_table() -> None:
    """All names of the vocabulary but those the pack derives, a person's own facts, and what only an organ brings."""
    worked_names = {name for _, row in WORKED for part in listed(row["follows"]) for name in [part.split("=")[0]]}
    worked_names = {name.rstrip("?>") for name in worked_names}
    derived = {derivation.name for derivation in PACK.derivations}
    left = {
        name
        for name, info in PACK.exposures.items()
        if info.kind in ("chemo_cumulative_dose", "transplant", "transfusion") and name not in worked_names | derived
    }
    alike = {
        "epirubicin_mg_m2", "idarubicin_mg_m2", "mitoxantrone_mg_m2", "procarbazine_mg_m2", "chlorambucil_mg_m2",
        "carmustine_mg_m2", "lomustine_mg_m2", "melphalan_mg_m2", "mechlorethamine_mg_m2",
    }  # fmt: skip
    assert left == alike


@pytest.mark.parametrize("name", [each for each in UNITS if each.endswith("_mg_m2")])
def test_every_agent_with_a_column_fills_it(name: str) -> None:
    agents = [each.code for each in CATALOGUE.agents.values() if each.dose_exposure == name]
    if not agents:
        assert name in ("anthracycline_mg_m2", "alkylator_ced_mg_m2")
        return
    found = exposures_from(read_given(f"treated=2010; {agents[0]} 12.5 mg/m2 ×4 from=2010"), CATALOGUE, UNITS)
    assert as_follows(found) == {f"{name}=50"}


def doses(cell: str) -> tuple[dict[str, Decimal | None], dict[str, Decimal]]:
    recorded: dict[str, Decimal | None] = {}
    at_least: dict[str, Decimal] = {}
    for part in cell.split():
        name, _, value = part.partition("=")
        recorded[name] = None if value.startswith("?") else Decimal(value)
        if value.startswith("?") and value != "?":
            at_least[name] = Decimal(value[1:])
    return recorded, at_least


@pytest.mark.parametrize("row", [row for _, row in DERIVED], ids=[name for name, _ in DERIVED])
def test_the_packs_own_arithmetic_is_told_input_by_input(row: dict[str, str]) -> None:
    recorded, at_least = doses(row["recorded"])
    terms = derivation_terms(row["name"], recorded, PACK.derivations, at_least=at_least)
    if not row["total"]:
        assert terms is None
        return
    assert terms is not None
    assert (terms.total, terms.at_least) == (Decimal(row["total"].removeprefix(">=")), row["total"].startswith(">="))
    assert all(each.product == each.certain * each.factor for each in terms.inputs)
    if row["words"]:
        assert derivation_in_words(terms, PACK.exposures[row["name"]].unit, names=NAMES) == row["words"]


@pytest.mark.parametrize("row", [row for _, row in DERIVED], ids=[name for name, _ in DERIVED])
def test_the_told_arithmetic_is_what_the_engine_computes(row: dict[str, str]) -> None:
    recorded, at_least = doses(row["recorded"])
    computed = total_doses(recorded, PACK.derivations, has_predisposition=False, at_least=at_least)
    for name in PACK.exposures:
        terms = derivation_terms(name, recorded, PACK.derivations, at_least=at_least)
        if terms is None:
            assert name in recorded or name not in {d.name for d in PACK.derivations} or name not in computed.given
        else:
            assert computed.certain[name] == terms.total
            assert (name in computed.unknown) == terms.at_least


@pytest.mark.parametrize("derivation", [each for each in PACK.derivations if each.rule == "sum"], ids=lambda d: d.name)
def test_every_factor_of_a_sum_stands_in_a_row_of_its_own(derivation: object) -> None:
    rows = {row["recorded"].partition("=")[0] for _, row in DERIVED if " " not in row["recorded"] and row["total"]}
    assert {name for name, _ in derivation.inputs} <= rows  # type: ignore[attr-defined]


def test_a_predisposition_alone_makes_a_known_syndrome() -> None:
    terms = derivation_terms("hereditary_cancer_syndrome", {}, PACK.derivations, has_predisposition=True)
    assert terms is not None and terms.inputs == ()
    assert derivation_in_words(terms, "1") == "given: inherited predisposition"
    assert derivation_terms("hereditary_cancer_syndrome", {}, PACK.derivations) is None


def test_what_the_pack_does_not_derive_has_no_terms() -> None:
    assert derivation_terms("cisplatin_mg_m2", {}, PACK.derivations) is None
    assert derivation_terms("no_such_name", {"doxorubicin_mg_m2": Decimal(1)}, PACK.derivations) is None


def test_a_table_row_can_fail() -> None:
    row = read_rows("drugs.csv")[1]
    wrong = exposures_from(read_given(row["given"].replace("×6", "×5")), CATALOGUE, UNITS)
    assert as_follows(wrong) != set(listed(row["follows"]))
