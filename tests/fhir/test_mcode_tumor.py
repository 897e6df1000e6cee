"""What observations and conditions say of a tumor: stage, grade, size, type, place and spread; only what is certain."""

from decimal import Decimal
from typing import Any

import pytest

from tests.fhir.builders import (
    ICD_10,
    ICD_O_3,
    LOINC,
    SNOMED,
    VERIFICATION,
    codes,
    concept,
    condition,
    quantity,
    read_record,
    reasons,
)
from tests.fhir.treatment_builders import (
    NCIT,
    Json,
    component,
    entry_of,
    extension,
    fact,
    profile,
    read_one,
    sample,
)
from tests.shared import need_shared
from tracker.engine.partial_dates import PartialDate
from tracker.fhir.condition import MORPHOLOGY, SELF
from tracker.fhir.staging import scheduled_stage
from tracker.services.import_records import EntryRecord, TumorRecord

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

SECONDARY = profile("mcode-secondary-cancer-condition")


def metastasis(code: Json, **given: Any) -> EntryRecord:
    return entry_of(condition(code=code, **given))


def test_a_metastasis_is_no_new_cancer_but_an_entry_of_the_one_it_came_from() -> None:
    primary = {
        "url": "http://hl7.org/fhir/StructureDefinition/condition-related",
        "valueReference": {"reference": "Condition/primary"},
    }

    record = read_one(
        condition(code=concept("94225005", "Secondary malignant neoplasm of brain", system=SNOMED), extension=[primary])
    )

    assert (record.diagnosis, record.tumor, record.mapped_to) == (None, None, "metastases")
    assert record.entries == (
        EntryRecord(
            section="metastases",
            diagnosis="Condition/primary",
            values={
                "organ": "brain",
                "found_on": PartialDate(2019, 8, 20),
                "note": "At its source: Secondary malignant neoplasm of brain",
            },
        ),
    )


@pytest.mark.parametrize(
    ("code", "organ"),
    [
        (concept("94391008", system=SNOMED) | {"text": "Secondary malignant neoplasm of lung"}, "lung"),
        (concept("C78.01", "Secondary malignant neoplasm of right lung", system=ICD_10), "lung"),
        (concept("C79.51", system=ICD_10), "bone"),
        (concept("C79.52", system=ICD_10), "bone-marrow"),
        (concept("C7B.02", "Secondary carcinoid tumors of liver", system=ICD_10), "unknown"),
        (concept("C79", system=ICD_10), "unknown"),
        (words("Secondary malignant neoplasm of right kidney (disorder)"), "kidney"),
        (words("Metastatic malignant neoplasm to the liver (disorder)"), "liver"),
        (words("Secondary malignant neoplasm of colon"), "colon"),
        ({"text": "Metastasis to bone marrow"}, "bone-marrow"),
        (words(f"Secondary malignant neoplasm of {'x' * 90}"), "x" * 60),
    ],
)
def test_the_organ_is_known_by_code_or_words_and_else_in_these_words(code: Json, organ: str) -> None:
    assert metastasis(code).values["organ"] == organ


def test_the_site_of_a_metastasis_comes_before_its_name() -> None:
    code = words("Secondary malignant neoplastic disease")

    assert metastasis(code, bodySite=[site("10200004")]).values["organ"] == "liver"
    assert metastasis(code, bodySite=[{"text": "Liver structure (body structure)"}]).values["organ"] == "liver"
    assert metastasis(code).values["organ"] == "unknown"


def test_the_profile_alone_makes_a_metastasis() -> None:
    assert metastasis(concept("1", "Brain tumor", system=SNOMED), meta=SECONDARY).section == "metastases"


@pytest.mark.parametrize(
    "display",
    ["Secondary acute myeloid leukemia", "Second malignant neoplasm", "Hypertension secondary to neuroblastoma"],
)
def test_a_second_cancer_and_a_consequence_are_no_metastases(display: str) -> None:
    assert read_one(condition(code=words(display))).entries == ()


def test_an_uncertain_metastasis_is_a_chart_entry_alone() -> None:
    uncertain = concept("provisional", system=VERIFICATION)

    record = read_one(condition(code=concept("C79.31", system=ICD_10), verificationStatus=uncertain))

    assert (record.entries, record.mapped_to, record.diagnosis) == ((), "", None)


def test_a_metastasis_without_a_day_or_with_a_year_is_kept_like_that() -> None:
    code = concept("C79.31", system=ICD_10)

    assert "found_on" not in metastasis(code, onsetDateTime=None).values
    assert metastasis(code, onsetDateTime="2019").values["found_on"] == PartialDate(2019)


def test_in_a_bundle_a_metastasis_is_stored_and_what_was_taken_back_is_not() -> None:
    code = concept("C79.31", "Secondary malignant neoplasm of brain", system=ICD_10)

    assert read_record(condition(code=code)).mapped_to == "metastases"
    refuted = condition(code=code, verificationStatus=concept("refuted", system=VERIFICATION))
    assert reasons(refuted) == {"Condition": {"refuted": 1}}


# The examples of mCODE


@pytest.mark.parametrize(
    ("path", "values", "diagnosis"),
    [
        ("tnm-clinical-stage-group-3c", {"stage": "iiic", "stage_system": "ajcc"}, "primary-cancer-condition-nsclc"),
        ("figo-stage-IIIA", {"stage": "iiia", "stage_system": "figo"}, "primary-cancer-condition-nonspecific"),
        (
            "hodgkins-lymphoma-stage-IIIe",
            {"stage": "iii", "stage_system": "ann-arbor"},
            "primary-cancer-condition-nonspecific",
        ),
        (
            "neuroblastoma-inss-stage-III",
            {"stage": "iii", "stage_system": "inss"},
            "primary-cancer-condition-nonspecific",
        ),
        (
            "rhabdomyosarcoma-clinical-group-stage-IA",
            {"stage": "ia", "stage_system": "irs-group"},
            "primary-cancer-condition-nonspecific",
        ),
        (
            "wilms-tumor-stage-III",
            {"stage": "iii", "stage_system": "cog-renal"},
            "primary-cancer-condition-nonspecific",
        ),
        ("rai-stage-II", {"stage": "ii", "stage_system": "other"}, "primary-cancer-condition-nonspecific"),
        (
            "histologic-grade-intermediate",
            {"grade": "intermediate", "grade_system": "who", "graded_on": PartialDate(2019, 4, 1)},
            "primary-cancer-condition-nsclc",
        ),
    ],
)
def test_what_john_s_observations_say_of_a_tumor(path: str, values: dict[str, object], diagnosis: str) -> None:
    found = sample(need_shared("data", "fhir-mcode", "john-anyperson"), f"Observation/{path}")

    assert found.tumor == TumorRecord(values=values, diagnosis=f"Condition/{diagnosis}")


@pytest.mark.parametrize(
    "path",
    [
        "binet-stage-group-B",
        "neuroblastoma-inrgss-stage-MS",
        "histologic-behavior-and-type-non-small-cell",
        "tumor-morphology-report-non-small-cell-intermediate-grade",
        "gleason-grade-group-4",
        "cancer-disease-status-improved",
        "tnm-clinical-primary-tumor-category-cT3",
        "deauville-scale-five",
    ],
)
def test_what_is_not_certain_stays_in_the_chart(path: str) -> None:
    found = sample(need_shared("data", "fhir-mcode", "john-anyperson"), f"Observation/{path}")

    assert (found.tumor, found.entries, found.mapped_to) == (None, (), "")


def test_john_s_cancer_and_its_metastasis() -> None:
    folder = need_shared("data", "fhir-mcode", "john-anyperson")

    cancer = sample(folder, "Condition/primary-cancer-condition-nsclc")
    spread = sample(folder, "Condition/secondary-cancer-condition-brain-mets")

    assert cancer.diagnosis is not None
    assert (cancer.diagnosis.name, cancer.diagnosis.icdo3_morphology) == ("Non-small cell lung cancer", "8140/3")
    assert cancer.tumor == TumorRecord(values={"icdo3_topography": "C34.9", "laterality": "left"}, diagnosis=SELF)
    [entry] = spread.entries
    assert (entry.values["organ"], entry.diagnosis) == ("brain", "Condition/primary-cancer-condition-nsclc")
    assert entry.values["found_on"] == PartialDate(2019, 5, 1)


def test_jenny_s_cancer_its_size_and_its_grade() -> None:
    folder = need_shared("data", "fhir-mcode", "jenny-m")

    cancer = sample(folder, "Condition/primary-cancer-condition-jenny-m")

    assert cancer.diagnosis is not None
    assert cancer.diagnosis.icdo3_morphology == "8500/3"
    assert cancer.tumor == TumorRecord(values={"icdo3_topography": "C50.9", "laterality": "left"}, diagnosis=SELF)
    assert sample(folder, "Observation/tumor-size-jenny-m").tumor == TumorRecord(values={"size_mm": 25})
    stage = sample(folder, "Observation/tnm-pathologic-stage-group-jenny-m").tumor
    assert stage is not None
    assert stage.values == {"stage": "iib", "stage_system": "ajcc"}
    grade = sample(folder, "Observation/us-core-observation-lab-tumor-grade-jenny-m").tumor
    assert grade is not None
    assert grade.values["grade"] == "intermediate"
