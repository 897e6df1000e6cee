"""The table of codes for vaccines, relatives and roles: every row is sure, and leads where it should."""

import csv

import pytest

from tests.fhir.builders import SNOMED, codes
from tests.fhir.people_builders import CVX, ROLE_CODE
from tests.fhir.test_codes import _verhoeff_holds
from tracker.fhir.codes import code_systems
from tracker.fhir.values import Coding
from tracker.guidelines.loader import PACKS, load_pack

TABLE = PACKS / "childhood-cancer" / "2026.1" / "codes_health.csv"
SOURCES = {CVX: "CVX", SNOMED: "SNOMED CT", ROLE_CODE: "HL7 RoleCode"}


def rows() -> list[dict[str, str]]:
    with TABLE.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def known(kind: str, system: str, code: str) -> str | None:
    found = codes().of(kind, [Coding(system, code)])
    return found[1] if found else None


def test_the_table_says_of_every_code_what_it_is_called_and_where_it_comes_from() -> None:
    for row in rows():
        assert row["display"], row
        assert row["source"] == SOURCES[row["system"]], row


def test_every_snomed_code_has_the_right_check_digit() -> None:
    assert [row for row in rows() if row["system"] == SNOMED and not _verhoeff_holds(row["code"])] == []


def test_every_cvx_code_is_written_as_its_owner_writes_it() -> None:
    found = [row["code"] for row in rows() if row["system"] == CVX]

    assert all(code.isdecimal() and len(code) in (2, 3) and not (len(code) == 3 and code[0] == "0") for code in found)


def test_every_system_has_its_licence() -> None:
    assert {row["system"] for row in rows()} <= {row["system"] for row in code_systems(load_pack())}


def test_every_vaccine_of_the_catalogue_is_found_by_its_own_code() -> None:
    for code in codes().catalogue.terms["vaccine"]:
        if code.isdecimal():
            assert known("vaccine", CVX, code) == code
    assert known("vaccine", CVX, "305") == "rsv"


def test_no_code_is_mapped_to_another_kind_of_the_catalogue_s_rest() -> None:
    assert not [row for row in rows() if row["target"] == "other"]


@pytest.mark.parametrize(
    "code", ["121", "01", "02", "110", "120", "146", "100", "118", "125", "306", "307", "998", "999"]
)
def test_a_product_the_catalogue_lacks_is_taken_for_no_other(code: str) -> None:
    assert known("vaccine", CVX, code) is None


@pytest.mark.parametrize(
    "code",
    [
        "AUNT",
        "UNCLE",
        "COUSN",
        "GRMTH",
        "GRFTH",
        "HSIS",
        "HBRO",
        "TWIN",
        "ADOPTM",
        "STPMTH",
        "MTHINLAW",
        "GUARD",
        "WIFE",
    ],
)
def test_a_relation_without_a_side_or_without_blood_is_taken_for_no_other(code: str) -> None:
    assert known("relation", ROLE_CODE, code) is None


@pytest.mark.parametrize(
    ("maternal", "paternal"),
    [("MGRMTH", "PGRMTH"), ("MGRFTH", "PGRFTH"), ("MAUNT", "PAUNT"), ("MUNCLE", "PUNCLE"), ("MCOUSN", "PCOUSN")],
)
def test_the_sides_of_the_family_are_not_mixed_up(maternal: str, paternal: str) -> None:
    terms = codes().catalogue.terms["relation"]

    assert terms[known("relation", ROLE_CODE, maternal) or ""].group.startswith("maternal")
    assert terms[known("relation", ROLE_CODE, paternal) or ""].group.startswith("paternal")


def test_snomed_and_rolecode_agree_on_the_side() -> None:
    told = {row["display"].lower(): row["target"] for row in rows() if row["system"] == ROLE_CODE}
    same = [row for row in rows() if row["system"] == SNOMED and row["display"].lower() in told]

    assert len(same) >= 20
    assert [row for row in same if told[row["display"].lower()] != row["target"]] == []
