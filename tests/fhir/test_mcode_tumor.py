"""What observations and conditions say of a tumor: stage, grade, size, type, place and spread; only what is certain."""

from decimal import Decimal
from typing import Any

import pytest

from tests.fhir.builders import (
    ICD_O_3,
    LOINC,
    SNOMED,
    VERIFICATION,
    codes,
    concept,
    condition,
    quantity,
)
from tests.fhir.treatment_builders import (
    NCIT,
    Json,
    component,
    extension,
    fact,
    profile,
    read_one,
)
from tracker.engine.partial_dates import PartialDate
from tracker.fhir.condition import MORPHOLOGY, SELF
from tracker.fhir.staging import scheduled_stage
from tracker.services.import_records import TumorRecord

CLINICAL_TNM = concept("399537006", "Clinical TNM stage grouping", system=SNOMED)
LYMPHOMA = concept("385388004", "Lymphoma stage", system=SNOMED)
ANN_ARBOR = concept("254372002", system=SNOMED)
FOCUS = [{"reference": "Condition/con-1"}]
SIZE = concept("21889-1", "Size Tumor")
GRADE = concept("C18000", system=NCIT)


def told(code: Json, value: Json | None = None, **given: Any) -> dict[str, Any]:
    """What an observation adds to a diagnosis."""
    tumor = read_one(fact(code, value, **given)).tumor
    return dict(tumor.values) if tumor else {}


def words(display: str, system: str = SNOMED) -> Json:
    return concept("1", display, system=system)


# Stage


def test_a_stage_belongs_to_the_condition_in_its_focus() -> None:
    record = read_one(fact(CLINICAL_TNM, words("American Joint Committee on Cancer stage IIIC"), focus=FOCUS))

    assert record.mapped_to == "stage, stage_system"
    assert record.tumor == TumorRecord(values={"stage": "iiic", "stage_system": "ajcc"}, diagnosis="Condition/con-1")


@pytest.mark.parametrize(
    ("focus", "related", "diagnosis"),
    [
        ([{"reference": "urn:uuid:1"}], None, "urn:uuid:1"),
        ([{"reference": "BodyStructure/1"}], "Condition/2", "Condition/2"),
        ([{"reference": "#tumor"}], None, "Condition/of-the-tumor"),
        (None, "Condition/2", "Condition/2"),
        (None, None, ""),
        ([5, {}], None, ""),
    ],
)
def test_the_condition_is_found_by_focus_extension_or_the_tumor(
    focus: list[Any] | None, related: str | None, diagnosis: str
) -> None:
    of_tumor = extension("mcode-related-condition", valueReference={"reference": "Condition/of-the-tumor"})
    tumor = {"resourceType": "BodyStructure", "id": "tumor", "extension": [of_tumor]}
    links = [extension("mcode-related-condition", valueReference={"reference": related})] if related else None

    found = read_one(fact(SIZE, valueQuantity=quantity(3, "cm"), focus=focus, extension=links, contained=[tumor]))

    assert found.tumor == TumorRecord(values={"size_mm": 30}, diagnosis=diagnosis)


@pytest.mark.parametrize(
    ("display", "stage"),
    [
        ("American Joint Committee on Cancer stage IIB (qualifier value)", "iib"),
        ("AJCC Stage IV", "iv"),
        ("Stage 2", "ii"),
        ("stage 0", "0"),
        ("Stage IIIC1", None),
        ("Stage VI", None),
        ("Stage X", None),
        ("Stage I or stage II", None),
        ("IIB", None),
        ("restaged", None),
        ("", None),
    ],
)
def test_a_stage_is_read_from_its_words_only_where_they_are_plain(display: str, stage: str | None) -> None:
    assert told(CLINICAL_TNM, words(display)).get("stage") == stage


def test_a_stage_known_by_its_code_needs_no_words() -> None:
    assert told(CLINICAL_TNM, concept("1222769001", system=SNOMED)) == {"stage": "iib", "stage_system": "ajcc"}


@pytest.mark.parametrize(
    ("code", "display", "values"),
    [
        (
            concept("409720004", system=SNOMED),
            "International neuroblastoma staging system stage 3",
            {"stage": "iii", "stage_system": "inss"},
        ),
        (concept("409720004", system=SNOMED), "International neuroblastoma staging system stage 4S", {}),
        (
            concept("405931009", system=SNOMED),
            "National Wilms Tumor Study Group Stage V",
            {"stage": "v", "stage_system": "cog-renal"},
        ),
        (
            concept("405916000", system=SNOMED),
            "Intergroup rhabdomyosarcoma study post-surgical clinical group IIA: localized",
            {"stage": "iia", "stage_system": "irs-group"},
        ),
        (concept("385361009", system=SNOMED), "FIGO Stage IIIA", {"stage": "iiia", "stage_system": "figo"}),
        (concept("C133427", system=NCIT), "INRG Stage MS", {}),
        (concept("C141212", system=NCIT), "Binet Stage B", {}),
        (
            concept("C141207", system=NCIT),
            "Stage II Chronic Lymphocytic Leukemia",
            {"stage": "ii", "stage_system": "other"},
        ),
        (concept("C139007", system=NCIT), "ISS Stage II Plasma Cell Myeloma", {"stage": "ii", "stage_system": "other"}),
        (concept("21908-9"), "Stage IA", {"stage": "ia", "stage_system": "ajcc"}),
        (concept("C133427", system=SNOMED), "Stage II", {}),
        (concept("385377005", system=SNOMED), "ISUP grade group 4", {}),
        (concept("106243009", system=SNOMED), "Breslow measurement stage 2", {}),
        (concept("97509-4"), "Stage II", {}),
    ],
)
def test_each_staging_system_is_known_by_its_code(code: Json, display: str, values: dict[str, str]) -> None:
    assert told(code, words(display)) == values


@pytest.mark.parametrize("display", ["Lymphoma stage IIIE", "Lymphoma stage IIIe (finding)", "Ann Arbor Stage IIIX"])
def test_a_mark_beside_a_lymphoma_s_stage_leaves_the_stage_as_it_is(display: str) -> None:
    assert told(LYMPHOMA, words(display), method=ANN_ARBOR, meta=profile("mcode-lymphoma-stage")) == {
        "stage": "iii",
        "stage_system": "ann-arbor",
    }


def test_outside_ann_arbor_the_same_mark_is_not_understood() -> None:
    assert told(CLINICAL_TNM, words("Stage IIIE")) == {}


def test_systems_that_contradict_each_other_are_left_out_and_the_stage_stays() -> None:
    found = told(CLINICAL_TNM, words("Stage III"), method=concept("254386003", system=SNOMED))

    assert found == {"stage": "iii"}


@pytest.mark.parametrize(
    "elements",
    [
        {"status": "preliminary"},
        {"status": "registered"},
        {"status": None},
        {"dataAbsentReason": concept("unknown")},
    ],
)
def test_a_fact_that_is_not_final_says_nothing_of_a_tumor(elements: Json) -> None:
    assert told(CLINICAL_TNM, words("Stage III"), **elements) == {}


def test_a_single_category_is_no_stage() -> None:
    category = concept("399504009", "cT category", system=SNOMED)

    assert told(category, words("American Joint Committee on Cancer cT3")) == {}


# Grade, size and type


@pytest.mark.parametrize(
    ("code", "value", "values"),
    [
        (GRADE, concept("1155708003", system=SNOMED), {"grade": "low"}),
        (GRADE, concept("1286893008", system=SNOMED), {"grade": "intermediate"}),
        (GRADE, concept("1155707008", system=SNOMED), {"grade": "high"}),
        (concept("33732-9"), concept("61026006", system=SNOMED), {"grade": "high"}),
        (concept("371469007", system=SNOMED), words("Grade 2"), {"grade": "intermediate"}),
        (concept("33732-9"), words("FNCLCC 1"), {"grade": "low"}),
        (concept("33732-9"), words("Moderately differentiated"), {}),
        (concept("44648-4"), words("Nottingham grade 1", LOINC), {"grade": "low", "grade_system": "other"}),
        (concept("44648-4"), words("Nottingham score 7", LOINC), {}),
        (concept("1-1"), concept("1155707008", system=SNOMED), {}),
    ],
)
def test_a_grade_is_one_of_the_catalogue_s(code: Json, value: Json, values: dict[str, str]) -> None:
    found = told(code, value)

    assert {name: word for name, word in found.items() if name != "graded_on"} == values
    assert found.get("graded_on") == (PartialDate(2016, 1, 20) if values else None)


def test_a_grade_has_its_system_where_the_method_tells_it() -> None:
    who = concept("1149430001", system=SNOMED)

    assert told(GRADE, concept("1155707008", system=SNOMED), method=who)["grade_system"] == "who"


@pytest.mark.parametrize(
    ("told_quantity", "millimeters"),
    [
        (quantity(Decimal("2.5"), "cm"), 25),
        (quantity(18, "mm"), 18),
        (quantity(Decimal("12.0"), "cm"), 120),
        (quantity(Decimal("2.34"), "cm"), None),
        (quantity(Decimal("18.5"), "mm"), None),
        (quantity(3, "[in_i]"), None),
        (quantity(0, "mm"), None),
        (quantity(-3, "mm"), None),
        (quantity(1001, "mm"), None),
        (quantity(3, "cm") | {"comparator": ">"}, None),
        (quantity("3", "cm"), None),
        (5, None),
    ],
)
def test_a_size_is_kept_in_whole_millimeters_or_not_at_all(told_quantity: Any, millimeters: int | None) -> None:
    values = {} if millimeters is None else {"size_mm": millimeters}

    assert told(SIZE, valueQuantity=told_quantity) == values
    assert told(SIZE, component=[component("33728-7", valueQuantity=told_quantity)]) == values


def test_of_several_dimensions_the_largest_is_the_one_that_is_called_so() -> None:
    others = [
        component("33729-5", valueQuantity=quantity(9, "cm")),
        component("33728-7", valueQuantity=quantity(4, "cm")),
    ]

    assert told(SIZE, component=others) == {"size_mm": 40}
    assert told(SIZE, component=others[:1]) == {}


def test_two_largest_dimensions_are_none() -> None:
    two = [component("33728-7", valueQuantity=quantity(each, "cm")) for each in (4, 5)]

    assert told(SIZE, component=two) == {}


@pytest.mark.parametrize(
    ("value", "morphology"),
    [
        (concept("8890/3", system=ICD_O_3), "8890/3"),
        (concept("51549004", system=SNOMED), "8890/3"),
        (concept("80463/3", system=ICD_O_3), None),
        (concept("8890/6", system=ICD_O_3), None),
        (concept("8890/9", system=ICD_O_3), None),
        (concept("8890/3", system=SNOMED), None),
        (words("Leiomyosarcoma"), None),
    ],
)
def test_a_histologic_type_is_a_morphology(value: Json, morphology: str | None) -> None:
    assert told(concept("31206-6"), value).get("icdo3_morphology") == morphology


# The condition itself


def tumor_of(**given: Any) -> dict[str, Any] | None:
    tumor = read_one(condition(**given)).tumor
    assert tumor is None or tumor.diagnosis == SELF
    return dict(tumor.values) if tumor else None


def site(code: str, side: str = "", system: str = SNOMED) -> Json:
    laterality = extension("mcode-laterality-qualifier", valueCodeableConcept=concept(side, system=SNOMED))
    return concept(code, system=system) | ({"extension": [laterality]} if side else {})


@pytest.mark.parametrize(
    ("elements", "values"),
    [
        ({}, None),
        ({"bodySite": [site("39607008", "7771000")]}, {"icdo3_topography": "C34.9", "laterality": "left"}),
        ({"bodySite": [site("80248007")]}, {"icdo3_topography": "C50.9", "laterality": "left"}),
        ({"bodySite": [site("C49.2", "24028007", ICD_O_3)]}, {"icdo3_topography": "C49.2", "laterality": "right"}),
        ({"bodySite": [site("C49", system=ICD_O_3)]}, None),
        ({"bodySite": [site("39607008"), site("10200004")]}, None),
        ({"bodySite": [site("39607008", "7771000"), site("39607008", "24028007")]}, {"icdo3_topography": "C34.9"}),
        ({"bodySite": [site("999")]}, None),
        ({"bodySite": 5}, None),
    ],
)
def test_a_cancer_tells_where_it_is(elements: Json, values: dict[str, str] | None) -> None:
    assert tumor_of(**elements) == values


def test_what_is_no_diagnosis_has_no_tumor() -> None:
    assert tumor_of(code=concept("1", "Asthma", system=SNOMED), bodySite=[site("39607008")]) is None
    uncertain = concept("provisional", system=VERIFICATION)
    assert tumor_of(verificationStatus=uncertain, bodySite=[site("39607008")]) is None


def test_a_stage_that_the_condition_states_by_itself_is_kept() -> None:
    stage = {"summary": words("FIGO Stage IIIA"), "type": concept("106250008", system=SNOMED)}

    assert tumor_of(stage=[stage]) == {"stage": "iiia", "stage_system": "figo"}
    assert tumor_of(stage=[stage, stage]) == {"stage": "iiia", "stage_system": "figo"}


@pytest.mark.parametrize(
    ("diagnosis", "stage", "scheduled"),
    [
        ("Melanoma", "iiia", "iii"),
        ("Melanoma", "iia", "iia"),
        ("Melanoma", "ivb", "iv"),
        ("Germ cell tumor, extracranial", "iiic", "iii"),
        ("Germ cell tumor, extracranial", "i", "i"),
        ("Neuroblastoma", "iiia", "iiia"),
        ("Some cancer", "iiia", "iiia"),
        ("Melanoma", "word", "word"),
    ],
)
def test_a_stage_is_told_in_the_words_of_the_schedule(diagnosis: str, stage: str, scheduled: str) -> None:
    assert scheduled_stage(diagnosis, stage, codes()) == scheduled


def test_the_condition_s_own_stage_is_told_in_the_words_of_its_schedule() -> None:
    melanoma = concept("372244006", "Malignant melanoma", system=SNOMED)

    assert tumor_of(code=melanoma, stage=[{"summary": words("AJCC stage IIIB")}]) == {
        "stage": "iii",
        "stage_system": "ajcc",
    }


def test_a_stage_that_cites_its_assessment_is_told_there() -> None:
    stage = {"summary": words("AJCC stage IIIC"), "assessment": [{"reference": "Observation/1"}]}

    assert tumor_of(stage=[stage]) is None


def test_two_different_stages_are_none() -> None:
    assert tumor_of(stage=[{"summary": words("AJCC stage I")}, {"summary": words("AJCC stage II")}]) is None


def test_a_morphology_in_snomed_names_the_diagnosis_and_its_code() -> None:
    morphology = [{"url": MORPHOLOGY, "valueCodeableConcept": concept("76909002", system=SNOMED)}]

    found = read_one(condition(code=concept("1", "Malignant neoplasm of bone", system=SNOMED), extension=morphology))

    assert found.diagnosis is not None
    assert (found.diagnosis.name, found.diagnosis.icdo3_morphology) == ("Ewing sarcoma", "9260/3")


@pytest.mark.parametrize(
    ("display", "name"),
    [
        ("Craniopharyngioma (disorder)", "Craniopharyngioma"),
        ("Atypical teratoid rhabdoid tumor", "Atypical teratoid rhabdoid tumor"),
        ("Carcinoma in situ of cervix", None),
        ("Suspected craniopharyngioma", None),
    ],
)
def test_what_mcode_calls_a_primary_cancer_is_one_unless_a_word_doubts_it(display: str, name: str | None) -> None:
    code = concept("1", display, system=SNOMED)
    found = read_one(condition(code=code, meta=profile("mcode-primary-cancer-condition"))).diagnosis

    assert (found.name if found else None) == name
    assert read_one(condition(code=concept("1", "Craniopharyngioma", system=SNOMED))).diagnosis is None


# Metastases
