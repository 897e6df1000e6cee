"""A pack that cannot be right is refused, and the message names file, row and column."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.unit.tiny_pack import SETTINGS, Row, band, exposure, late, predisposed, tables, tiny_pack, write_pack
from tracker.engine.rules import Choices
from tracker.errors import PackError
from tracker.guidelines.loader import load_pack


def refusal(folder: Path, **replaced: Sequence[Row]) -> str:
    with pytest.raises(PackError) as refused:
        load_pack(write_pack(folder / "pack", tables(**replaced)))
    return str(refused.value)


def test_the_pack_of_the_tests_itself_is_accepted(tmp_path: Path) -> None:
    assert sorted(tiny_pack(tmp_path).rules) == ["le-1", "ps-1", "rc-1", "rc-2"]


@pytest.mark.parametrize(
    ("cells", "column", "why"),
    [
        ({"exposure": "unheard_of"}, "exposure", "unknown exposure 'unheard_of'"),
        ({"exposure": "any_cancer and"}, "exposure", "expected a name"),
        ({"exposure": ""}, "exposure", "must not be empty"),
        ({"exposure": "surgery >= 30"}, "exposure", "yes or no"),
        ({"exposure": "drug_mg_m2 >= 10 and drug_mg_m2 < 10"}, "exposure", "can never apply"),
        ({"exposure": "surgery and not surgery"}, "exposure", "can never apply"),
        ({"exposure": "not any_cancer"}, "exposure", "can never apply"),
        ({"exposure": "any_cancer and age_y < 6 and age_y > 4 and age_y != 5"}, "exposure", "can never apply"),
        ({"exposure": "any_cancer and age_y > 18 and age_y < 19"}, "exposure", "can never apply"),
        ({"exposure": "any_cancer and age_y < 18", "start": "age 18y"}, "exposure", "can never apply"),
        ({"exposure": "any_cancer and age_y < 18", "start": "later of age 20y and ltfu_entry"}, "exposure", "never"),
        ({"exposure": "any_cancer and age_y >= 9", "until": "age 9y"}, "until", "can never apply"),
        ({"sex": "both"}, "sex", "'both' is not one of any, female, male"),
        ({"test_code": "x-ray"}, "test_code", "tests.csv has no such row"),
        ({"test_code": ""}, "test_code", "must not be empty"),
        ({"start": "someday"}, "start", "expected a start"),
        ({"start": ""}, "start", "must not be empty"),
        ({"start": "event(party)"}, "start", "unknown event 'party'"),
        ({"start": "2y after date(spleen_rt)"}, "start", "unknown exposure"),
        ({"until": "age sixty"}, "until", "expected an age"),
        ({"start": "age 20y", "until": "age 20y"}, "until", "can never apply"),
        ({"start": "later of age 30y and ltfu_entry", "until": "age 25y"}, "until", "can never apply"),
        ({"start": "5y after end_of_therapy", "until": "60m after end_of_therapy"}, "until", "can never apply"),
        ({"start": "1y after end_of_therapy", "until": "end_of_therapy"}, "until", "can never apply"),
        ({"start": "ltfu_entry", "until": "ltfu_entry"}, "until", "can never apply"),
        ({"interval": "yearly"}, "interval", "'yearly' is not a period"),
        ({"interval": ""}, "interval", "is not a period"),
        ({"interval": "P0D"}, "interval", "must be longer than nothing"),
        ({"source": ""}, "source", "must not be empty"),
        ({"confidence": "sure"}, "confidence", "'sure' is not one of"),
        ({"id": ""}, "id", "must not be empty"),
    ],
)
def test_a_bad_late_effects_row_is_refused(tmp_path: Path, cells: Row, column: str, why: str) -> None:
    rows = [late("le-0"), late("le-9", **cells)]
    message = refusal(tmp_path, late_effects=rows)
    assert message.startswith(f"late_effects.csv, row 3, column {column}: ")
    assert why in message


@pytest.mark.parametrize(
    ("cells", "column", "why"),
    [
        ({"diagnosis": "Sarkoma"}, "diagnosis", "diagnoses.csv has no such row"),
        ({"stratum": "grade = purple"}, "stratum", "unknown value 'purple'"),
        ({"stratum": "size = big"}, "stratum", "unknown stratum field 'size'"),
        ({"stratum": ""}, "stratum", "cannot read the clause"),
        ({"stratum": "grade = high and grade = low"}, "stratum", "can never apply"),
        ({"stratum": "grade = high and grade not in (high, low)"}, "stratum", "can never apply"),
        ({"stratum": "age < P1Y and age >= P2Y"}, "stratum", "can never apply"),
        ({"stratum": "age_at_diagnosis >= P2Y and age_at_diagnosis < P24M"}, "stratum", "can never apply"),
        ({"stratum": "sex = male and sex = female"}, "stratum", "can never apply"),
        ({"test_code": "x-ray"}, "test_code", "tests.csv has no such row"),
        ({"from": "0"}, "from", "is not a period"),
        ({"to": "5 years"}, "to", "is not a period"),
        ({"from": "P2Y"}, "to", "can never apply"),
        ({"from": "P3Y"}, "to", "can never apply"),
        ({"interval": "once"}, "interval", "is not a period"),
        ({"interval": "P0M"}, "interval", "must be longer than nothing"),
        ({"interval_max": "P2M"}, "interval_max", "shorter than the interval P3M"),
        ({"interval_max": "sometimes"}, "interval_max", "is not a period"),
        ({"anchor": "birthday"}, "anchor", "'birthday' is not one of"),
        ({"confidence": ""}, "confidence", "is not one of"),
        ({"source": ""}, "source", "must not be empty"),
    ],
)
def test_a_bad_recurrence_row_is_refused(tmp_path: Path, cells: Row, column: str, why: str) -> None:
    message = refusal(tmp_path, recurrence=[band("rc-9", **cells)])
    assert message.startswith(f"recurrence.csv, row 2, column {column}: ")
    assert why in message


@pytest.mark.parametrize(
    ("cells", "column", "why"),
    [
        ({"syndrome": ""}, "syndrome", "must not be empty"),
        ({"stratum": "gene = z"}, "stratum", "unknown value 'z'"),
        ({"stratum": "sex = male", "sex": "female"}, "stratum", "can never apply"),
        ({"start_age": "8"}, "start_age", "is not a period"),
        ({"until": "P8Y"}, "until", "can never apply"),
        ({"until": "P95M"}, "until", "can never apply"),
        ({"interval": "P0Y"}, "interval", "must be longer than nothing"),
        ({"interval_max": "P11M"}, "interval_max", "shorter than the interval"),
        ({"sex": ""}, "sex", "is not one of"),
        ({"test_code": "x-ray"}, "test_code", "tests.csv has no such row"),
    ],
)
def test_a_bad_predisposition_row_is_refused(tmp_path: Path, cells: Row, column: str, why: str) -> None:
    message = refusal(tmp_path, predisposition=[predisposed("ps-9", **cells)])
    assert message.startswith(f"predisposition.csv, row 2, column {column}: ")
    assert why in message


@pytest.mark.parametrize(
    ("second", "why"),
    [
        ({"from": "P1Y", "to": "P5Y"}, "row 3, column from: overlaps rc-1, which ends at P2Y"),
        ({"from": "P3Y", "to": "P5Y"}, "row 3, column from: leaves a gap after rc-1, which ends at P2Y"),
        ({"from": "P25M", "to": "P5Y"}, "row 3, column from: leaves a gap after rc-1"),
        ({"from": "P0Y", "to": "P1Y"}, "overlaps"),
        ({"from": "P2Y", "to": "P5Y", "anchor": "resection"}, "row 3, column anchor: the bands of one schedule"),
    ],
)
def test_bands_that_do_not_tile_are_refused(tmp_path: Path, second: Row, why: str) -> None:
    assert why in refusal(tmp_path, recurrence=[band("rc-1"), band("rc-2", **second)])


def test_a_band_after_one_without_end_is_refused(tmp_path: Path) -> None:
    rows = [band("rc-1", to=""), band("rc-2", **{"from": "P5Y", "to": ""})]
    assert "row 3, column from: overlaps rc-1, which has no end" in refusal(tmp_path, recurrence=rows)


def test_bands_of_an_alternative_must_tile_too(tmp_path: Path) -> None:
    rival = {"source": "a rival", "note": "alternative"}
    rows = [band("rc-1"), band("rv-1", **rival), band("rv-2", **rival, **{"from": "P3Y", "to": "P4Y"})]
    assert "row 4, column from: leaves a gap" in refusal(tmp_path, recurrence=rows)


def test_bands_that_tile_may_be_written_in_months_or_in_any_order(tmp_path: Path) -> None:
    rows = [band("rc-2", **{"from": "P24M", "to": ""}), band("rc-1")]
    pack = tiny_pack(tmp_path, recurrence=rows)
    [schedule] = pack.schedules["Sarcoma"]
    assert [each.id for each in schedule.bands] == ["rc-1", "rc-2"]
    assert schedule.first_id == "rc-2"


@pytest.mark.parametrize(
    ("name", "rows", "where"),
    [
        ("late_effects", [late("x"), late("x")], "late_effects.csv, row 3, column id: duplicate id 'x'"),
        ("recurrence", [band("le-1")], "recurrence.csv, row 2, column id: duplicate id 'le-1'"),
        ("predisposition", [predisposed("rc-2")], "predisposition.csv, row 2, column id: duplicate id 'rc-2'"),
        ("diagnoses", [{"diagnosis": "Sarcoma"}] * 2, "diagnoses.csv, row 3, column diagnosis: duplicate"),
        ("derivations", [{"name": "hsct_any", "rule": "any", "inputs": "hsct_allo"}] * 2,
         "derivations.csv, row 3, column name: duplicate"),
        ("equivalents", [{"result": "wide-scan", "satisfies": "scan"}] * 2,
         "equivalents.csv, row 3, column satisfies: duplicate"),
        ("strata", [{"table": "recurrence", "diagnosis_or_syndrome": "Sarcoma", "field": "grade",
                     "values_used": "high"}] * 2, "strata.csv, row 3, column field: duplicate"),
    ],
)  # fmt: skip
def test_a_duplicate_is_refused(tmp_path: Path, name: str, rows: list[Row], where: str) -> None:
    assert where in refusal(tmp_path, **{name: rows})


@pytest.mark.parametrize(
    ("cells", "where"),
    [
        ({"unit": "milligrams"}, "column unit: 'milligrams' is not a UCUM unit"),
        ({"unit": ""}, "column unit: must not be empty"),
        ({"unit": "Gy"}, "column unit: drug_mg_m2 promises the unit 'mg/m2', not 'Gy'"),
        ({"unit": "1"}, "promises the unit 'mg/m2', not '1'"),
        ({"name": "drug", "unit": "mg/m2"}, "column unit: drug promises the unit '1', not 'mg/m2'"),
        ({"label": ""}, "column label: must not be empty"),
        ({"plain_label": ""}, "column plain_label: must not be empty"),
    ],
)
def test_an_exposure_whose_unit_does_not_fit_is_refused(tmp_path: Path, cells: Row, where: str) -> None:
    row = exposure("drug_mg_m2", "mg/m2") | dict(cells)
    message = refusal(tmp_path, exposures=[row])
    assert message.startswith("exposures.csv, row 2, column ")
    assert where in message


@pytest.mark.parametrize(
    ("cells", "where"),
    [
        ({"name": "unheard_mg_m2"}, "column name: unknown exposure 'unheard_mg_m2'"),
        ({"inputs": "unheard_mg_m2*1"}, "column inputs: unknown exposure 'unheard_mg_m2'"),
        ({"inputs": ""}, "column inputs: must not be empty"),
        ({"rule": "mean"}, "column rule: 'mean' is not one of"),
        ({"inputs": "drug_mg_m2"}, "column inputs: 'drug_mg_m2': a sum needs name*factor"),
        ({"inputs": "drug_mg_m2*lots"}, "column inputs: 'lots' is not a number"),
        ({"inputs": "drug_mg_m2*0"}, "the factor of drug_mg_m2 must be above 0"),
        ({"inputs": "drug_mg_m2*-1"}, "must be above 0"),
        ({"inputs": "drug_mg_m2*1 chest_rt_gy*1"}, "column inputs: chest_rt_gy has the unit 'Gy', sum_mg_m2 'mg/m2'"),
        ({"rule": "max", "inputs": "drug_mg_m2*1"}, "max and any a bare name"),
        ({"rule": "any", "inputs": "drug_mg_m2"}, "column name: 'any' gives yes or no"),
        ({"rule": "max", "inputs": "predispositions"}, "unknown exposure 'predispositions'"),
    ],
)
def test_a_bad_derivation_is_refused(tmp_path: Path, cells: Row, where: str) -> None:
    row = {"name": "sum_mg_m2", "rule": "sum", "inputs": "drug_mg_m2*1"} | dict(cells)
    message = refusal(tmp_path, derivations=[row])
    assert message.startswith("derivations.csv, row 2, ")
    assert where in message


@pytest.mark.parametrize(
    ("cells", "where"),
    [
        ({"place": "somewhere"}, "column place: 'somewhere' is not one of visit, order, referral, home, vaccine"),
        ({"confidential": "maybe"}, "column confidential"),
        ({"ucum": "spoons"}, "column ucum: 'spoons' is not a UCUM unit"),
        ({"loinc": "nine"}, "column loinc: 'nine' is not a LOINC code"),
        ({"name": ""}, "column name: must not be empty"),
        ({"plain_name": ""}, "column plain_name: must not be empty"),
    ],
)
def test_a_bad_test_is_refused(tmp_path: Path, cells: Row, where: str) -> None:
    rows = tables()["tests.csv"]
    message = refusal(tmp_path, tests=[rows[0] | dict(cells), *rows[1:]])
    assert message.startswith("tests.csv, row 2, ")
    assert where in message


def test_an_equivalent_of_an_unknown_test_is_refused(tmp_path: Path) -> None:
    for row, column in (({"result": "x-ray", "satisfies": "scan"}, "result"),
                        ({"result": "scan", "satisfies": "x-ray"}, "satisfies")):  # fmt: skip
        message = refusal(tmp_path, equivalents=[row])
        assert message.startswith(f"equivalents.csv, row 2, column {column}: unknown test 'x-ray'")


def test_a_stratum_field_with_a_bad_value_is_refused(tmp_path: Path) -> None:
    row = {"table": "recurrence", "diagnosis_or_syndrome": "Sarcoma", "field": "grade"}
    assert "column values_used: a value is empty" in refusal(tmp_path, strata=[row | {"values_used": "high | "}])
    period = row | {"field": "age", "values_used": "(ISO 8601 duration) P7"}
    assert "column values_used: 'P7' is not a period" in refusal(tmp_path, strata=[period])
    assert "column table" in refusal(tmp_path, strata=[row | {"table": "late", "values_used": "high"}])


@pytest.mark.parametrize(
    ("rivals", "where"),
    [
        ([], "late_effects.csv, row 3, column id: rivals.csv does not say what it replaces"),
        ([{"id": "le-1", "replaces": "le-1"}], "rivals.csv, row 2, column id: 'le-1' is not an alternative row"),
        ([{"id": "alt", "replaces": ""}], "rivals.csv, row 2, column replaces: must not be empty"),
        ([{"id": "alt", "replaces": "le-7"}], "rivals.csv, row 2, column replaces: 'le-7' is not a default row"),
        ([{"id": "alt", "replaces": "le-2"}], "column replaces: 'le-2' is not a default row that asks for the same"),
        ([{"id": "alt", "replaces": "le-1"}] * 2, "rivals.csv, row 3, column id"),
    ],
)
def test_an_alternative_must_say_which_rows_of_the_same_test_it_replaces(
    tmp_path: Path, rivals: list[Row], where: str
) -> None:
    rows = [late("le-1"), late("alt", note="alternative; every 2 years"), late("le-2", test_code="blood")]
    assert where in refusal(tmp_path, late_effects=rows, rivals=rivals)


def test_a_row_with_a_stray_comma_is_refused(tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "pack", tables())
    path = folder / "diagnoses.csv"
    path.write_text(path.read_text(encoding="utf-8") + "Wilms tumor, left,8960/3,\n", encoding="utf-8")
    with pytest.raises(PackError, match=re.escape("diagnoses.csv, row 4, column synonyms: has 4 cells, the heading 3")):
        load_pack(folder)


def test_a_quoted_cell_of_two_lines_does_not_shift_the_row_named(tmp_path: Path) -> None:
    rows = [late("le-0", note="one\ntwo"), late("le-9", sex="both")]
    assert refusal(tmp_path, late_effects=rows).startswith("late_effects.csv, row 4, column sex")


@pytest.mark.parametrize(
    ("file", "before", "after", "where"),
    [
        ("diagnoses.csv", "synonyms", "other_names", "diagnoses.csv, row 1, column synonyms: the column is missing"),
        ("diagnoses.csv", "synonyms", "synonyms,extra", "diagnoses.csv, row 1, column extra: the column is not known"),
        ("equivalents.csv", "note", "note,note", "equivalents.csv, row 1, column note: "),
    ],
)
def test_a_heading_with_other_columns_is_refused(
    tmp_path: Path, file: str, before: str, after: str, where: str
) -> None:
    folder = write_pack(tmp_path / "pack", tables())
    path = folder / file
    path.write_text(path.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")
    with pytest.raises(PackError, match=re.escape(where)):
        load_pack(folder)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "pack", tables())
    (folder / "strata.csv").unlink()
    with pytest.raises(PackError, match=r"strata\.csv.* is missing"):
        load_pack(folder)


def test_a_table_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "pack", tables())
    (folder / "strata.csv").write_bytes(b"table,\xff\n")
    with pytest.raises(PackError, match=r"strata\.csv: cannot be read"):
        load_pack(folder)


@pytest.mark.parametrize(
    ("before", "after", "where"),
    [
        ('name = "tiny"', "", "pack.toml, key name: must be a text"),
        ('edition = "1"', "edition = 1", "pack.toml, key edition: must be a text"),
        ("effective_on = 2026-01-01", 'effective_on = "soon"', "pack.toml, key effective_on: must be a date"),
        ("upcoming_days = 60", "upcoming_days = -1", "pack.toml, key upcoming_days: must be a number of days"),
        ("overdue_days = 90", "overdue_days = true", "pack.toml, key overdue_days: must be a number of days"),
        ('sources = ["a test"]', 'sources = "a test"', "pack.toml, key sources: must be a list of texts"),
        ('visit_test = "visit"', 'visit_test = "picnic"', "pack.toml, key visit_test: unknown test 'picnic'"),
        ('_gy = "Gy"', '_gy = "rads"', "pack.toml, key units._gy: 'rads' is not a UCUM unit"),
        ("[units]", "[other]", "pack.toml, key units: must be a table"),
        ("[units]", "[units", "pack.toml: cannot be read as TOML"),
    ],
)
def test_bad_settings_are_refused(tmp_path: Path, before: str, after: str, where: str) -> None:
    assert before in SETTINGS
    folder = write_pack(tmp_path / "pack", tables(), SETTINGS.replace(before, after))
    with pytest.raises(PackError, match=re.escape(where)):
        load_pack(folder)


def test_a_folder_without_pack_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"pack\.toml: the file is missing"):
        load_pack(tmp_path)


@pytest.mark.parametrize(
    ("choices", "why"),
    [
        (Choices(late_effects=("le-1",)), "choices, late effects: 'le-1' is not an alternative"),
        (Choices(recurrence=(("Sarcoma", "nobody"),)), "choices, recurrence: 'nobody' is not the one alternative"),
        (Choices(recurrence=(("Sarcoma", "a guideline"),)), "choices, recurrence: 'a guideline' is not the one"),
    ],
)
def test_a_choice_that_the_pack_does_not_offer_is_refused(tmp_path: Path, choices: Choices, why: str) -> None:
    with pytest.raises(PackError, match=re.escape(why)):
        tiny_pack(tmp_path, choices=choices)
