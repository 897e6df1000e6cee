"""A catalogue that cannot be right is refused, and the message names file, row and column."""

import csv
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.tiny_pack import Row, tables, write_pack
from tracker.engine.catalogue import AgentKind, Catalogue, RegimenPart
from tracker.errors import PackError
from tracker.guidelines import catalogue_rows as rows
from tracker.guidelines.catalogue import load_catalogue

COLUMNS = {
    "agents": rows.AGENT_COLUMNS,
    "regimens": rows.REGIMEN_COLUMNS,
    "radiation_fields": rows.FIELD_COLUMNS,
    "operations": rows.OPERATION_COLUMNS,
    "terms": rows.TERM_COLUMNS,
    "factor_sets": rows.FACTOR_COLUMNS,
}


def agent(**cells: str) -> dict[str, str]:
    row = {"code": "drugamycin", "name": "Drugamycin", "kind": "cytotoxic", "dose_exposure": "drug_mg_m2",
           "dose_unit": "mg/m2", "routes": "iv"}  # fmt: skip
    return row | cells


def part(**cells: str) -> dict[str, str]:
    row = {"code": "d1", "name": "Drug alone", "diagnoses": "Sarcoma", "agent": "drugamycin", "dose": "75",
           "unit": "mg/m2", "courses": "6", "route": "iv", "myeloablative": "no", "source": "a trial",
           "confidence": "recalled"}  # fmt: skip
    return row | cells


def later_part(**cells: str) -> dict[str, str]:
    return part(name="", diagnoses="", source="", confidence="", dose="30") | cells


def field(**cells: str) -> dict[str, str]:
    row = {"code": "chest", "label": "Chest", "field_exposures": "chest_rt_gy", "organ_exposures": "heart_rt_gy"}
    return row | cells


def operation(**cells: str) -> dict[str, str]:
    return {
        "code": "amp",
        "label": "Amputation",
        "exposures": "amputation surgery",
        "sided": "yes",
        "resects": "yes",
    } | cells


def term(**cells: str) -> dict[str, str]:
    return {"list": "grade", "code": "g3", "label": "Grade 3", "follows": "grade=high"} | cells


def factors(**cells: str) -> dict[str, str]:
    row = {"code": "usual", "exposure": "sum_mg_m2", "title": "Usual", "edition": "1", "source": "a paper",
           "factors": "drug_mg_m2*1 other_mg_m2*0.6", "confidence": "confirmed", "is_default": "yes"}  # fmt: skip
    return row | cells


USUAL: dict[str, list[dict[str, str]]] = {
    "agents": [agent()],
    "regimens": [part()],
    "radiation_fields": [field()],
    "operations": [operation()],
    "terms": [term()],
    "factor_sets": [factors()],
}


def write_catalogue(folder: Path, **replaced: Sequence[Row]) -> Path:
    """The tiny pack with its catalogue; a keyword replaces a table."""
    pack = write_pack(folder / "pack", tables())
    for name, columns in COLUMNS.items():
        with (pack / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(replaced.get(name, USUAL[name]))
    return pack


def tiny(folder: Path, **replaced: Sequence[Row]) -> Catalogue:
    return load_catalogue(write_catalogue(folder, **replaced))


def refusal(folder: Path, **replaced: Sequence[Row]) -> str:
    with pytest.raises(PackError) as refused:
        tiny(folder, **replaced)
    return str(refused.value)


def test_the_catalogue_of_the_tests_itself_is_accepted(tmp_path: Path) -> None:
    found = tiny(tmp_path)
    assert found.agents["drugamycin"].kind is AgentKind.CYTOTOXIC
    assert found.regimens["d1"].parts == (RegimenPart(agent="drugamycin", dose=Decimal(75), unit="mg/m2", courses=6),)
    assert found.fields["chest"].organ_exposures == ("heart_rt_gy",)
    assert found.operations["amp"].exposures == ("amputation", "surgery")
    assert found.operations["amp"].sided
    assert found.terms["grade"]["g3"].follows == (("grade", "high"),)
    assert found.factor_sets["usual"].factors == {"drug_mg_m2": Decimal(1), "other_mg_m2": Decimal("0.6")}


@pytest.mark.parametrize(
    ("cells", "column", "why"),
    [
        ({"code": ""}, "code", "must not be empty"),
        ({"code": "two words"}, "code", "is not a code"),
        ({"code": "x" * 61}, "code", "is not a code"),
        ({"name": ""}, "name", "must not be empty"),
        ({"kind": "strong"}, "kind", "'strong' is not one of cytotoxic, steroid"),
        ({"dose_exposure": "unheard_mg_m2"}, "dose_exposure", "unknown exposure 'unheard_mg_m2'"),
        ({"dose_exposure": "chest_rt_gy"}, "dose_exposure", "has the unit 'Gy', which 'mg/m2' does not lead to"),
        ({"dose_exposure": "surgery"}, "dose_exposure", "has the unit '1'"),
        ({"dose_unit": "[U]/m2"}, "dose_exposure", "has the unit 'mg/m2', which '[U]/m2' does not lead to"),
        ({"dose_unit": "cGy"}, "dose_unit", "'cGy' is not one of mg/m2"),
        ({"dose_unit": ""}, "dose_unit", "'' is not one of mg/m2"),
        ({"given_exposures": "unheard_of"}, "given_exposures", "unknown exposure 'unheard_of'"),
        ({"given_exposures": "surgery other_mg_m2"}, "given_exposures", "other_mg_m2 has the unit 'mg/m2', not '1'"),
        ({"given_exposures": "surgery surgery"}, "given_exposures", "'surgery' stands there twice"),
        ({"routes": ""}, "routes", "must not be empty"),
        ({"routes": "iv nasal"}, "routes", "'nasal' is not one of iv, po"),
        ({"rxnorm": "RX1"}, "rxnorm", "is not an RxNorm identifier"),
        ({"atc": "L01DB1"}, "atc", "is not an ATC code"),
    ],
)
def test_an_agent_that_cannot_be_right_is_refused(tmp_path: Path, cells: Row, column: str, why: str) -> None:
    message = refusal(tmp_path, agents=[agent(**cells)])
    assert message.startswith(f"agents.csv, row 2, column {column}: ")
    assert why in message


@pytest.mark.parametrize("unit", ["mg/m2", "g/m2", "mg/kg", "mg", "g", "AUC"])
def test_a_dose_in_grams_by_weight_or_auc_leads_to_a_dose_by_surface(tmp_path: Path, unit: str) -> None:
    assert tiny(tmp_path, agents=[agent(dose_unit=unit)]).agents["drugamycin"].dose_unit == unit


@pytest.mark.parametrize(
    ("cells", "column", "why"),
    [
        ({"agent": "unheard"}, "agent", "unknown agent 'unheard': agents.csv has no such row"),
        ({"agent": ""}, "agent", "must not be empty"),
        ({"dose": "much"}, "dose", "'much' is not a number"),
        ({"dose": "-75"}, "dose", "is not a number above 0"),
        ({"dose": "0"}, "dose", "is not a number above 0"),
        ({"dose": "NaN"}, "dose", "is not a number above 0"),
        ({"dose": ""}, "dose", "'' is not a number"),
        ({"unit": "mg"}, "", ""),
        ({"unit": "mL"}, "unit", "'mL' is not one of"),
        ({"unit": "[U]"}, "unit", "has the unit 'mg/m2', which '[U]' does not lead to"),
        ({"courses": "6.5"}, "courses", "'6.5' is not a whole number above 0"),
        ({"courses": "0"}, "courses", "'0' is not a whole number above 0"),
        ({"route": ""}, "route", "'' is not one of iv, po"),
        ({"route": "skin"}, "route", "'skin' is not one of iv, po"),
        ({"single_dose": "high"}, "single_dose", "'high' is not a number"),
        ({"weeks": "four"}, "weeks", "'four' is not a whole number"),
        ({"myeloablative": ""}, "myeloablative", "'' is not one of yes, no"),
        ({"diagnoses": "Sarcoma; Gout"}, "diagnoses", "unknown diagnosis 'Gout': diagnoses.csv has no such row"),
        ({"name": ""}, "name", "must not be empty"),
        ({"source": ""}, "source", "must not be empty"),
        ({"confidence": "sure"}, "confidence", "'sure' is not one of confirmed"),
    ],
)
def test_a_regimen_that_cannot_be_right_is_refused(tmp_path: Path, cells: Row, column: str, why: str) -> None:
    if not column:
        assert tiny(tmp_path, regimens=[part(**cells)]).regimens["d1"].parts[0].unit == "mg"
        return
    message = refusal(tmp_path, regimens=[part(**cells)])
    assert message.startswith(f"regimens.csv, row 2, column {column}: ")
    assert why in message


def test_a_regimen_is_read_from_all_its_rows_and_described_by_the_first(tmp_path: Path) -> None:
    table = [part(synonyms="DA; drug one"), later_part(single_dose="15", weeks="4", route="po", myeloablative="yes")]
    found = tiny(tmp_path, regimens=table).regimens["d1"]
    assert (found.name, found.synonyms, found.diagnoses) == ("Drug alone", ("DA", "drug one"), ("Sarcoma",))
    assert found.parts[1] == RegimenPart(
        agent="drugamycin", dose=Decimal(30), unit="mg/m2", courses=6, route="po", single_dose=Decimal(15), weeks=4,
        myeloablative=True,
    )  # fmt: skip


def test_a_later_row_of_a_regimen_may_not_say_otherwise(tmp_path: Path) -> None:
    message = refusal(tmp_path, regimens=[part(), later_part(source="another trial")])
    assert message == "regimens.csv, row 3, column source: differs from row 2, the first of d1"


def test_the_same_agent_twice_with_the_same_dose_is_a_duplicate(tmp_path: Path) -> None:
    message = refusal(tmp_path, regimens=[part(), later_part(dose="75")])
    assert message.startswith("regimens.csv, row 3, column agent: duplicate: drugamycin stands in d1 twice")


@pytest.mark.parametrize(
    ("cells", "column", "why"),
    [
        ({"label": ""}, "label", "must not be empty"),
        ({"field_exposures": "unheard_gy"}, "field_exposures", "unknown exposure 'unheard_gy'"),
        ({"field_exposures": "surgery"}, "field_exposures", "surgery has the unit '1', not 'Gy'"),
        ({"organ_exposures": "drug_mg_m2"}, "organ_exposures", "drug_mg_m2 has the unit 'mg/m2', not 'Gy'"),
        ({"organ_exposures": "heart_rt_gy heart_rt_gy"}, "organ_exposures", "stands there twice"),
    ],
)
def test_a_radiation_field_that_cannot_be_right_is_refused(tmp_path: Path, cells: Row, column: str, why: str) -> None:
    message = refusal(tmp_path, radiation_fields=[field(**cells)])
    assert message.startswith(f"radiation_fields.csv, row 2, column {column}: ")
    assert why in message


@pytest.mark.parametrize(
    ("cells", "column", "why"),
    [
        ({"exposures": "unheard_of"}, "exposures", "unknown exposure 'unheard_of'"),
        ({"exposures": "chest_rt_gy"}, "exposures", "chest_rt_gy has the unit 'Gy', not '1'"),
        ({"sided": "maybe"}, "sided", "'maybe' is not one of yes, no"),
        ({"limb": "arm"}, "limb", "'arm' is not one of"),
        ({"resects": ""}, "resects", "'' is not one of yes, no"),
    ],
)
def test_an_operation_that_cannot_be_right_is_refused(tmp_path: Path, cells: Row, column: str, why: str) -> None:
    message = refusal(tmp_path, operations=[operation(**cells)])
    assert message.startswith(f"operations.csv, row 2, column {column}: ")
    assert why in message


@pytest.mark.parametrize(
    ("cells", "column", "why"),
    [
        ({"list": "shoe_size"}, "list", "'shoe_size' is not one of topography"),
        ({"code": ""}, "code", "must not be empty"),
        ({"label": ""}, "label", "must not be empty"),
        ({"follows": "grade"}, "follows", "'grade' is not written name=value"),
        ({"follows": "=high"}, "follows", "is not written name=value"),
        ({"follows": "grade=steep"}, "follows", "neither strata.csv nor a list of this table has that value"),
        ({"follows": "color=red"}, "follows", "color=red: neither strata.csv nor a list"),
        ({"follows": "diagnosis=Gout"}, "follows", "unknown diagnosis 'Gout': diagnoses.csv has no such row"),
    ],
)
def test_a_term_that_cannot_be_right_is_refused(tmp_path: Path, cells: Row, column: str, why: str) -> None:
    message = refusal(tmp_path, terms=[term(**cells)])
    assert message.startswith(f"terms.csv, row 2, column {column}: ")
    assert why in message


def test_a_term_may_lead_to_a_value_that_another_list_has(tmp_path: Path) -> None:
    table = [term(follows="depth=deep; diagnosis=Sarcoma"), term(list="depth", code="deep", label="Deep", follows="")]
    found = tiny(tmp_path, terms=table).terms["grade"]["g3"]
    assert found.follows == (("depth", "deep"), ("diagnosis", "Sarcoma"))


def test_the_same_code_may_stand_in_two_lists(tmp_path: Path) -> None:
    table = [term(), term(list="stage", follows="")]
    assert set(tiny(tmp_path, terms=table).terms) == {"grade", "stage"}


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("agents", agent()),
        ("radiation_fields", field()),
        ("operations", operation()),
        ("terms", term()),
        ("factor_sets", factors()),
    ],
)
def test_a_code_that_stands_there_twice_is_refused(tmp_path: Path, name: str, made: Row) -> None:
    message = refusal(tmp_path, **{name: [made, made]})
    assert message == f"{name}.csv, row 3, column code: duplicate code {made['code']!r}"


@pytest.mark.parametrize(
    ("name", "first", "second", "message"),
    [
        ("agents", agent(synonyms="ADR"), agent(code="b", name="B", synonyms="x; adr"),
         "agents.csv, row 3, column synonyms: 'adr' already names drugamycin"),
        ("agents", agent(synonyms="6-MP"), agent(code="b", name="B", synonyms="6 mp"),
         "agents.csv, row 3, column synonyms: '6 mp' already names drugamycin"),
        ("agents", agent(), agent(code="b", name="drugamycin"),
         "agents.csv, row 3, column name: 'drugamycin' already names drugamycin"),
        ("agents", agent(synonyms="b"), agent(code="b", name="Other"),
         "agents.csv, row 3, column name: 'b' already names drugamycin"),
        ("regimens", part(synonyms="VAC"), part(code="d2", name="D2", synonyms="vac"),
         "regimens.csv, row 3, column synonyms: 'vac' already names d1"),
        ("radiation_fields", field(synonyms="thorax"), field(code="t", label="Thorax"),
         "radiation_fields.csv, row 3, column label: 'Thorax' already names chest"),
        ("operations", operation(synonyms="AKA"), operation(code="b", label="B", synonyms="aka"),
         "operations.csv, row 3, column synonyms: 'aka' already names amp"),
        ("terms", term(synonyms="three"), term(code="b", label="B", synonyms="Three"),
         "terms.csv, row 3, column synonyms: 'Three' already names g3"),
    ],
)  # fmt: skip
def test_a_text_that_names_two_codes_is_refused(
    tmp_path: Path, name: str, first: Row, second: Row, message: str
) -> None:
    assert refusal(tmp_path, **{name: [first, second]}) == message


@pytest.mark.parametrize(
    ("cells", "column", "why"),
    [
        ({"exposure": "drug_mg_m2"}, "exposure", "no sum in derivations.csv fills 'drug_mg_m2'"),
        ({"exposure": "heart_rt_gy"}, "exposure", "no sum in derivations.csv fills 'heart_rt_gy'"),
        ({"factors": ""}, "factors", "needs name*factor for each agent"),
        ({"factors": "drug_mg_m2"}, "factors", "is not written name*value"),
        ({"factors": "drug_mg_m2*x other_mg_m2*1"}, "factors", "'x' is not a number"),
        ({"factors": "drug_mg_m2*0 other_mg_m2*1"}, "factors", "is not a number above 0"),
        ({"factors": "drug_mg_m2*1 drug_mg_m2*1"}, "factors", "needs name*factor for each agent, once"),
        ({"factors": "drug_mg_m2*1"}, "factors", "leaves out other_mg_m2, whose dose would count for nothing"),
        ({"factors": "drug_mg_m2*1 other_mg_m2*0.6 surgery*1"}, "factors", "'surgery' is not part of sum_mg_m2"),
        ({"factors": "drug_mg_m2*1 other_mg_m2*0.5"}, "factors", "the default set differs from sum_mg_m2"),
        ({"is_default": "perhaps"}, "is_default", "'perhaps' is not one of yes, no"),
        ({"is_default": "no"}, "is_default", "sum_mg_m2 needs exactly one default set"),
        ({"edition": ""}, "edition", "must not be empty"),
        ({"confidence": ""}, "confidence", "'' is not one of confirmed"),
    ],
)
def test_a_factor_set_that_cannot_be_right_is_refused(tmp_path: Path, cells: Row, column: str, why: str) -> None:
    message = refusal(tmp_path, factor_sets=[factors(**cells)])
    assert message.startswith(f"factor_sets.csv, row 2, column {column}: ")
    assert why in message


def test_two_default_sets_for_one_sum_are_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, factor_sets=[factors(), factors(code="other")])
    assert message == "factor_sets.csv, row 2, column is_default: sum_mg_m2 needs exactly one default set"


def test_a_set_that_is_not_the_default_may_have_other_factors(tmp_path: Path) -> None:
    other = factors(code="other", factors="drug_mg_m2*1 other_mg_m2*0.833", is_default="no")
    found = tiny(tmp_path, factor_sets=[factors(), other]).factor_sets
    assert found["other"].factors["other_mg_m2"] == Decimal("0.833")
    assert [each.code for each in found.values() if each.is_default] == ["usual"]


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_a_missing_table_or_column_is_named(tmp_path: Path, name: str) -> None:
    pack = write_catalogue(tmp_path)
    file = pack / f"{name}.csv"
    heading, _, rest = file.read_text(encoding="utf-8").partition("\n")
    file.write_text(heading.replace("synonyms", "names").replace("edition", "year") + "\n" + rest, encoding="utf-8")
    with pytest.raises(PackError, match=rf"{name}\.csv, row 1, column (synonyms|edition): the column is missing"):
        load_catalogue(pack)
    file.unlink()
    with pytest.raises(PackError, match=rf"{name}\.csv, row 1, column .*: the table is missing from"):
        load_catalogue(pack)


def test_a_catalogue_of_a_pack_that_is_refused_is_refused_too(tmp_path: Path) -> None:
    pack = write_catalogue(tmp_path)
    (pack / "exposures.csv").unlink()
    with pytest.raises(PackError, match=r"exposures\.csv"):
        load_catalogue(pack)


def test_the_shipped_catalogue_is_read_once_and_a_folder_each_time(tmp_path: Path) -> None:
    assert load_catalogue() is load_catalogue("childhood-cancer/2026.1") is load_catalogue("childhood-cancer")
    pack = write_catalogue(tmp_path)
    assert load_catalogue(pack) == load_catalogue(pack)
    assert load_catalogue(pack) is not load_catalogue(pack)
