"""The table of codes of treatment: each leads somewhere, none is mistyped, and all can be read back."""

import csv
import re
from pathlib import Path

import pytest

from tests.fhir.builders import ICD_10, LOINC, SNOMED, codes
from tracker.fhir.codes import ATC, HGNC, RXNORM, code_systems, targets_of
from tracker.fhir.values import Coding
from tracker.guidelines.loader import PACKS, load_pack

TABLE = PACKS / "childhood-cancer" / "2026.1" / "codes_treatment.csv"
AGENTS = PACKS / "childhood-cancer" / "2026.1" / "agents.csv"
SOURCES = {SNOMED: "SNOMED CT", LOINC: "LOINC", ATC: "ATC", HGNC: "HGNC", "http://hl7.org/fhir/sid/icd-10": "ICD-10"}
# LOINC's answer codes take the letters LA into their check digit; this is what they come to, by length.
LETTERS = {4: 5, 5: 8}
VERHOEFF = [
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
]  # fmt: skip
PERMUTED = [
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
]  # fmt: skip


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


ROWS = table(TABLE)


def of_system(system: str) -> list[str]:
    return [row["code"] for row in ROWS if row["system"] == system]


def verhoeff_holds(number: str) -> bool:
    check = 0
    for position, digit in enumerate(reversed(number)):
        check = int(VERHOEFF[check][int(PERMUTED[position % 8][int(digit)])])
    return check == 0


def loinc_digit(stem: str) -> int:
    digits = stem.removeprefix("LA")
    total = LETTERS[len(digits)] if stem.startswith("LA") else 0
    for position, digit in enumerate(reversed(digits)):
        doubled = int(digit) * 2 if position % 2 == 0 else int(digit)
        total += doubled - 9 if doubled > 9 else doubled
    return -total % 10


def test_every_row_names_its_code_and_its_source() -> None:
    for row in ROWS:
        assert row["display"].strip(), row
        assert row["source"] == SOURCES[row["system"]], row


def test_no_code_means_two_things_of_one_kind() -> None:
    keys = [(row["maps_to"], row["system"], row["code"]) for row in ROWS]

    assert len(keys) == len(set(keys)) > 450


def test_every_system_has_an_owner_and_a_licence() -> None:
    told = {row["system"] for row in code_systems(load_pack())}

    assert {row["system"] for row in ROWS} <= told


def test_every_snomed_code_has_the_right_check_digit() -> None:
    assert [code for code in of_system(SNOMED) if not verhoeff_holds(code)] == []
    assert len(of_system(SNOMED)) > 350
    assert not verhoeff_holds("116033070")


def test_every_loinc_code_has_the_right_check_digit() -> None:
    for code in of_system(LOINC):
        stem, digit = code.split("-")
        assert loinc_digit(stem) == int(digit), code
    assert loinc_digit("LA6684") == 0
    assert loinc_digit("LA6683") == 2
    assert loinc_digit("LA26398") == 0
    assert loinc_digit("LA26389") != 0


@pytest.mark.parametrize(
    ("system", "form"),
    [(ATC, r"[A-Z]\d\d[A-Z]{2}\d\d"), (HGNC, r"\d{2,5}"), ("http://hl7.org/fhir/sid/icd-10", r"[A-Z]\d\d(\.\d{1,2})?")],
)
def test_other_codes_have_their_system_s_form(system: str, form: str) -> None:
    assert of_system(system)
    assert all(re.fullmatch(form, code) for code in of_system(system))


def test_every_row_is_found_again_and_leads_to_what_it_says() -> None:
    known = codes()
    for row in ROWS:
        targets = targets_of(row["maps_to"], known.pack, known.catalogue)
        assert row["target"] in targets, row
        assert known.of(row["maps_to"], [Coding(row["system"], row["code"])]) == (
            Coding(row["system"], row["code"]),
            row["target"],
        )


def test_the_kinds_that_treatment_needs_are_there() -> None:
    kinds = {row["maps_to"] for row in ROWS}

    assert kinds == {
        *("agent", "diagnosis", "field", "operation", "topography", "laterality", "organ", "morphology"),
        *("stage", "stage_system", "grade", "grade_system", "gene", "variant_class"),
    }


def test_a_structure_is_on_the_side_that_its_name_says() -> None:
    sides = {row["code"]: row for row in ROWS if row["maps_to"] == "laterality"}
    for row in ROWS:
        side = next(
            (each for each in ("left", "right") if re.search(rf"\b{each}\b", row["display"], re.IGNORECASE)), ""
        )
        if side and row["maps_to"] in ("topography", "field") and "Right and left" not in row["display"]:
            assert sides[row["code"]]["target"] == side, row


def test_a_wider_icd_10_code_stands_for_the_ones_below_it() -> None:
    assert codes().of("organ", [Coding(ICD_10, "C78.01")]) == (Coding(ICD_10, "C78.01"), "lung")
    assert codes().of("organ", [Coding(ICD_10, "C78")]) is None


@pytest.mark.parametrize(
    ("system", "code", "agent"),
    [
        (RXNORM, "11202", "vincristine"),
        (RXNORM, "3639", "doxorubicin"),
        (RXNORM, "3100", "dactinomycin"),
        (RXNORM, "8702", "procarbazine"),
        (ATC, "L01CA02", "vincristine"),
        (ATC, "L01XE01", "imatinib"),
        (ATC, "L01EA01", "imatinib"),
    ],
)
def test_an_agent_is_known_by_its_rxnorm_or_atc_code(system: str, code: str, agent: str) -> None:
    assert codes().of("agent", [Coding(system, code)]) == (Coding(system, code), agent)


def test_most_agents_have_a_code_of_another_system() -> None:
    agents = table(AGENTS)

    assert sum(bool(row["rxnorm"]) for row in agents) > 75
    assert sum(bool(row["atc"]) for row in agents) > 170
    assert all(re.fullmatch(r"\d{2,8}", row["rxnorm"]) for row in agents if row["rxnorm"])


def test_the_old_code_of_an_agent_is_no_other_agent_s_new_one() -> None:
    own = {row["atc"]: row["code"] for row in table(AGENTS) if row["atc"]}

    assert [row for row in ROWS if row["system"] == ATC and own.get(row["code"], row["target"]) != row["target"]] == []
