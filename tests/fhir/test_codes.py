"""The pack's table of codes: every row leads somewhere, and a wrong one is refused."""

import csv
import dataclasses
from pathlib import Path

import pytest

from tests.fhir.builders import ICD_10, LOINC, SNOMED, codes
from tracker.engine.rules import Pack
from tracker.errors import PackError
from tracker.fhir import codes as module
from tracker.fhir.codes import COLUMNS, FILE, read_codes
from tracker.fhir.values import Coding
from tracker.guidelines.loader import PACKS, load_pack

TABLE = PACKS / "childhood-cancer" / "2026.1" / FILE


def rows() -> list[dict[str, str]]:
    with TABLE.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_the_table_says_of_every_code_what_it_is_called_and_where_it_comes_from() -> None:
    for row in rows():
        assert row["display"], row
        assert row["source"] in ("LOINC", "SNOMED CT", "ICD-10"), row


def test_no_code_stands_in_the_table_twice_and_none_repeats_a_test_s_own() -> None:
    listed = [(row["system"], row["code"]) for row in rows()]
    own = {(LOINC, test.loinc) for test in load_pack().tests.values()}

    assert len(set(listed)) == len(listed)
    assert not own & set(listed)


def _check_digit(digits: str) -> int:
    """LOINC's check digit (mod 10, every second digit doubled from the right)."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        doubled = int(digit) * 2 if position % 2 == 0 else int(digit)
        total += doubled - 9 if doubled > 9 else doubled
    return -total % 10


def test_every_loinc_code_has_the_right_check_digit() -> None:
    for row in rows():
        if row["system"] == LOINC:
            stem, digit = row["code"].split("-")
            assert _check_digit(stem) == int(digit), row


VERHOEFF_D = [
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
]  # fmt: skip
VERHOEFF_P = [
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
]  # fmt: skip


def _verhoeff_holds(number: str) -> bool:
    check = 0
    for position, digit in enumerate(reversed(number)):
        check = int(VERHOEFF_D[check][int(VERHOEFF_P[position % 8][int(digit)])])
    return check == 0


def test_every_snomed_code_has_the_right_check_digit() -> None:
    for row in rows():
        if row["system"] == SNOMED:
            assert _verhoeff_holds(row["code"]), row


def test_a_code_with_two_digits_swapped_would_be_noticed() -> None:
    assert not _verhoeff_holds("443791001")
    assert _check_digit("5748") != int("57698-3"[-1])


def test_every_test_is_found_by_its_own_loinc_code() -> None:
    for test in load_pack().tests.values():
        if test.loinc:
            assert codes().tables["test"][LOINC, test.loinc] == test.test_code


def test_the_first_code_that_means_something_is_taken() -> None:
    found = codes().test_of([Coding(SNOMED, "1"), Coding(LOINC, "39156-5"), Coding(SNOMED, "73761001")])

    assert found == (Coding(LOINC, "39156-5"), "body-mass-index")


def test_a_code_that_means_nothing_gives_nothing() -> None:
    assert codes().test_of([Coding(LOINC, "0000-0"), Coding("", "")]) is None
    assert codes().diagnosis_of([Coding(SNOMED, "44465007")]) is None
    assert codes().diagnosis_of([]) is None


@pytest.mark.parametrize("code", ["C", "C9", "C91", "C91.", "C91.1", "", "C91.0x" * 30])
def test_icd_codes_beside_or_above_a_listed_one_mean_nothing(code: str) -> None:
    found = codes().diagnosis_of([Coding(ICD_10, code)])

    assert found is None or code.startswith("C91.0")


@pytest.fixture
def other_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pack:
    """The shipped pack under another name, whose folder a test fills."""
    monkeypatch.setattr(module, "PACKS", tmp_path)
    pack = dataclasses.replace(load_pack(), name="other", edition=tmp_path.name)
    (tmp_path / pack.key).mkdir(parents=True)
    return pack


def _write(folder: Path, pack: Pack, *lines: str) -> None:
    (folder / pack.key / FILE).write_text("\n".join([",".join(COLUMNS), *lines]), encoding="utf-8")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("http://x.example,1,One,test,colonoscopy,,", "row 2, column system"),
        (f"{LOINC},,One,test,colonoscopy,,", "row 2, column code"),
        (f"{LOINC},1-1,One,exam,colonoscopy,,", "row 2, column maps_to"),
        (f"{LOINC},1-1,One,test,colonoscopies,,", "row 2, column target: 'colonoscopies' is not in this pack"),
        (f"{SNOMED},1,One,diagnosis,Flu,,", "row 2, column target: 'Flu' is not in this pack"),
        (f"{LOINC},39156-5,One,test,colonoscopy,,", "39156-5 stands there twice"),
        (f"{LOINC},1-1,One,test", "row 2"),
    ],
)
def test_a_row_that_leads_nowhere_is_refused_with_its_place(
    other_pack: Pack, tmp_path: Path, line: str, message: str
) -> None:
    _write(tmp_path, other_pack, line)

    with pytest.raises(PackError) as caught:
        read_codes(other_pack)

    assert FILE in str(caught.value)
    assert message in str(caught.value)


def test_a_pack_without_the_table_knows_its_tests_own_codes(other_pack: Pack) -> None:
    found = read_codes(other_pack)

    assert found.tables["test"][LOINC, "39156-5"] == "body-mass-index"
    assert "diagnosis" not in found.tables
    assert found.diagnosis_named("LMS") == "Leiomyosarcoma"
