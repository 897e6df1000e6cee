"""What mCODE tells of metastases, and all that the sample people's tumors are told of."""

from typing import Any

import pytest

from tests.fhir.builders import (
    ICD_10,
    SNOMED,
    VERIFICATION,
    concept,
    condition,
    read_record,
    reasons,
)
from tests.fhir.treatment_builders import (
    Json,
    entry_of,
    extension,
    profile,
    read_one,
    sample,
)
from tests.shared import need_shared
from tracker.engine.partial_dates import PartialDate
from tracker.fhir.condition import SELF
from tracker.services.import_records import EntryRecord, TumorRecord

SECONDARY = profile("mcode-secondary-cancer-condition")


def words(display: str, system: str = SNOMED) -> Json:
    return concept("1", display, system=system)


def site(code: str, side: str = "", system: str = SNOMED) -> Json:
    laterality = extension("mcode-laterality-qualifier", valueCodeableConcept=concept(side, system=SNOMED))
    return concept(code, system=system) | ({"extension": [laterality]} if side else {})


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
