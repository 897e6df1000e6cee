"""The catalogue of tests: complete, closed in its choices, plain in its words, right in its codes."""

import csv
import re
from pathlib import Path

import pytest

PACK = Path(__file__).resolve().parents[2] / "tracker/guidelines/packs/childhood-cancer/2026.1"
COLUMNS = ["test_code", "name", "plain_name", "modality", "loinc", "ucum", "place", "specialty", "confidential", "note"]
MODALITIES = {"exam", "lab", "imaging", "procedure", "questionnaire", "history", "referral", "vaccine"}
PLACES = {"visit", "order", "referral", "home", "vaccine"}
SPECIALTIES = {
    "audiology", "cardiology", "craniofacial surgery", "dentistry", "endocrinology", "gastroenterology", "genetics",
    "gynecology", "infectious disease", "laboratory", "neuropsychology", "nuclear medicine", "obstetrics", "oncology",
    "ophthalmology", "orthopedics", "primary care", "pulmonology", "radiology", "surgery", "survivorship",
}  # fmt: skip
UNITS = {
    "%", "cm", "cm/a", "kg/m2", "m[IU]/L", "m[IU]/mL", "mg/dL", "mg/g", "mL/min/{1.73_m2}", "mm[Hg]", "ms", "ng/dL",
    "ng/mL", "pg/mL", "U/L",
}  # fmt: skip
FRIGHTENING = re.compile(
    r"cancer|tumou?r|relaps|recurren|death|\bdie\b|malignan|metasta|leukemi|lymphoma|overdue|risk|danger|fatal|severe",
    re.IGNORECASE,
)
BRITISH = re.compile(
    r"haem|paed|oedema|oesoph|anaesth|gynaec|orthopaed|tumour|colour|behaviour|centre|programme|immunis|counselling"
    r"|judgement|fibre|litre|ageing|diarrhoea|foetal|leukaem|grey|ise\b|isation",
    re.IGNORECASE,
)
TABLES = {
    "late_effects.csv": ("test_code",),
    "recurrence.csv": ("test_code",),
    "predisposition.csv": ("test_code",),
    "equivalents.csv": ("result", "satisfies"),
}
MUST_BE_CONFIDENTIAL = {
    "bladder-bowel-and-sexual-function-history", "estradiol-fsh-lh", "gynecologic-examination", "hiv-antigen-antibody",
    "male-fertility-counseling", "menstrual-and-pubertal-history", "menstrual-history-and-examination",
    "mental-health-screen", "obstetric-counsel", "ovarian-reserve-counseling", "pelvic-surgery-history",
    "semen-analysis", "sex-steroid-replacement-referral", "testosterone",
}  # fmt: skip


def rows_of(name: str) -> list[dict[str, str]]:
    with (PACK / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def loinc_check_digit(stem: str) -> int:
    """Mod 10 as LOINC defines it: every other digit from the right is doubled, the digits of it all are added."""
    doubled = "".join(str(int(d) * 2) if i % 2 == 0 else d for i, d in enumerate(reversed(stem)))
    return -sum(int(d) for d in doubled) % 10


CATALOGUE = rows_of("tests.csv")
BY_CODE = {row["test_code"]: row for row in CATALOGUE}


def each_test() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", CATALOGUE, ids=[row["test_code"] for row in CATALOGUE])


def test_the_columns_are_the_documented_ones() -> None:
    assert list(CATALOGUE[0]) == COLUMNS


def test_no_row_has_more_or_fewer_cells_than_the_header() -> None:
    ragged = [row["test_code"] for row in CATALOGUE if None in row or None in row.values()]
    assert ragged == []


def test_a_code_stands_once_and_the_rows_are_in_order() -> None:
    codes = [row["test_code"] for row in CATALOGUE]
    assert codes == sorted(set(codes))


@pytest.mark.parametrize("table", TABLES)
def test_every_code_of_the_tables_is_in_the_catalogue(table: str) -> None:
    asked = {row[column] for row in rows_of(table) for column in TABLES[table]}
    assert asked - BY_CODE.keys() == set()


def test_the_catalogue_has_no_code_that_no_table_uses() -> None:
    asked = {row[column] for table, columns in TABLES.items() for row in rows_of(table) for column in columns}
    assert BY_CODE.keys() - asked == set()


@each_test()
def test_choices_come_from_closed_lists(row: dict[str, str]) -> None:
    assert row["modality"] in MODALITIES
    assert row["place"] in PLACES
    assert row["specialty"] in SPECIALTIES
    assert row["confidential"] in {"yes", "no"}
    assert row["ucum"] in UNITS | {""}


@each_test()
def test_the_place_fits_the_kind_of_test(row: dict[str, str]) -> None:
    fitting = {
        "history": {"visit"},
        "questionnaire": {"visit"},
        "exam": {"visit", "referral"},
        "lab": {"order", "home"},
        "imaging": {"order", "referral"},
        "procedure": {"order", "referral"},
        "referral": {"referral", "visit"},
        "vaccine": {"vaccine"},
    }
    assert row["place"] in fitting[row["modality"]]


@each_test()
def test_the_specialty_fits_the_kind_of_test(row: dict[str, str]) -> None:
    if row["modality"] == "lab":
        assert row["specialty"] == "laboratory"
    elif row["place"] == "visit":
        assert row["specialty"] in {"survivorship", "oncology"}
    else:
        assert row["specialty"] not in {"laboratory", "survivorship"}


@each_test()
def test_names_are_written_for_their_readers(row: dict[str, str]) -> None:
    assert row["name"] == row["name"].strip() != ""
    assert row["name"][0].isupper()
    assert row["plain_name"] == row["plain_name"].strip() != ""
    assert 1 <= len(row["plain_name"].split()) <= 8


@each_test()
def test_a_plain_name_does_not_frighten(row: dict[str, str]) -> None:
    assert not FRIGHTENING.search(row["plain_name"])


@each_test()
def test_words_are_spelled_the_american_way(row: dict[str, str]) -> None:
    for column in ("name", "plain_name", "specialty", "note"):
        assert not BRITISH.search(row[column]), row[column]


@each_test()
def test_a_test_of_sexual_health_or_fertility_is_confidential(row: dict[str, str]) -> None:
    private = re.compile(r"sexual|fertil|semen|menstr|pregnan|ovar|testic|gyneco|obstetric|hiv", re.IGNORECASE)
    if private.search(row["name"]):
        assert row["confidential"] == "yes"


def test_what_a_proxy_must_not_see_is_confidential() -> None:
    assert {code for code in MUST_BE_CONFIDENTIAL if BY_CODE[code]["confidential"] != "yes"} == set()


def test_a_young_childs_ordinary_checks_are_not_hidden_from_the_parents() -> None:
    for code in ("echocardiogram", "blood-pressure", "growth-and-puberty-examination", "survivorship-clinic-visit"):
        assert BY_CODE[code]["confidential"] == "no"


@pytest.mark.parametrize("stem, digit", [("2160", 0), ("42148", 7), ("85354", 9), ("24627", 2), ("718", 7)])
def test_the_check_digit_is_computed_as_loinc_does(stem: str, digit: int) -> None:
    assert loinc_check_digit(stem) == digit


@pytest.mark.parametrize("row", [row for row in CATALOGUE if row["loinc"]], ids=lambda row: str(row["test_code"]))
def test_a_loinc_code_is_well_formed(row: dict[str, str]) -> None:
    stem, _, digit = row["loinc"].partition("-")
    assert re.fullmatch(r"[1-9]\d{1,5}", stem)
    assert digit == str(loinc_check_digit(stem))


def test_one_loinc_code_names_one_test() -> None:
    codes = [row["loinc"] for row in CATALOGUE if row["loinc"]]
    assert len(codes) == len(set(codes))


def test_a_loinc_code_agrees_with_the_rules_that_name_one() -> None:
    named = {
        (row["test_code"], row["loinc"])
        for table in ("late_effects.csv", "recurrence.csv")
        for row in rows_of(table)
        if row["loinc"]
    }
    coded = {code for code, row in BY_CODE.items() if row["loinc"]}
    disagreeing = {code for code, loinc in named if code in coded and loinc != BY_CODE[code]["loinc"]}
    assert disagreeing == set()


def test_bundles_of_several_tests_carry_no_single_code_or_unit() -> None:
    for code in ("calcitonin-and-cea", "abdominal-ultrasound-and-afp", "pituitary-hormone-panel", "chest-imaging"):
        assert (BY_CODE[code]["loinc"], BY_CODE[code]["ucum"]) == ("", "")


@pytest.mark.parametrize(
    "code, unit",
    [
        ("echocardiogram", "%"),
        ("blood-pressure", "mm[Hg]"),
        ("body-mass-index", "kg/m2"),
        ("creatinine-egfr", "mL/min/{1.73_m2}"),
        ("ferritin", "ng/mL"),
        ("thyroid-function", "m[IU]/L"),
    ],
)
def test_a_test_with_one_value_says_its_unit(code: str, unit: str) -> None:
    assert BY_CODE[code]["ucum"] == unit


def test_no_reference_range_is_invented() -> None:
    assert not any("range" in column for column in CATALOGUE[0])
    assert not any(re.search(r"\d+(\.\d+)?\s*(-|–|to)\s*\d", row["note"]) for row in CATALOGUE)


def test_the_catalogue_says_what_a_value_is_where_the_unit_does_not() -> None:
    for code in ("echocardiogram", "electrocardiogram", "creatinine-egfr", "lung-function", "liver-enzymes"):
        assert BY_CODE[code]["note"]


def test_every_kind_and_place_is_in_use() -> None:
    assert {row["modality"] for row in CATALOGUE} == MODALITIES
    assert {row["place"] for row in CATALOGUE} == PLACES
    assert {row["specialty"] for row in CATALOGUE} == SPECIALTIES
