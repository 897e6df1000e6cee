"""Condition → a chart entry, and a diagnosis only where it is a cancer that is certain."""

from datetime import date
from typing import Any

import pytest

from tests.fhir.builders import (
    CLINICAL,
    ICD_10,
    ICD_O_3,
    SNOMED,
    VERIFICATION,
    concept,
    condition,
    read_record,
    reasons,
)
from tracker.fhir.condition import MORPHOLOGY
from tracker.fhir.malignancy import is_malignant, own_name
from tracker.fhir.values import Coding
from tracker.services.import_records import DiagnosisRecord


def diagnosis(**given: Any) -> DiagnosisRecord | None:
    return read_record(condition(**given)).diagnosis


def named(display: str, code: str = "1", system: str = SNOMED) -> str | None:
    found = diagnosis(code=concept(code, display, system=system))
    return found.name if found else None


def test_a_cancer_of_the_pack_becomes_a_diagnosis_by_its_code() -> None:
    record = read_record(condition())

    assert (record.code_system, record.code, record.display) == (SNOMED, "443719001", "Leiomyosarcoma (disorder)")
    assert (record.mapped_to, record.status, record.occurred_on) == ("Leiomyosarcoma", "active", date(2019, 8, 20))
    assert record.diagnosis == DiagnosisRecord(name="Leiomyosarcoma", diagnosed_on=date(2019, 8, 20))


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("91857003", "Acute lymphoblastic leukemia"),
        ("91861009", "Acute myeloid leukemia"),
        ("118599009", "Hodgkin lymphoma"),
        ("302849000", "Wilms tumor"),
        ("432328008", "Neuroblastoma"),
        ("370967009", "Retinoblastoma"),
    ],
)
def test_snomed_codes_are_known_without_any_words(code: str, name: str) -> None:
    found = diagnosis(code=concept(code, system=SNOMED))

    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("C91.0", "Acute lymphoblastic leukemia"),
        ("C91.00", "Acute lymphoblastic leukemia"),
        ("C91.01", "Acute lymphoblastic leukemia"),
        ("C81", "Hodgkin lymphoma"),
        ("C81.90", "Hodgkin lymphoma"),
        ("C22.2", "Hepatoblastoma"),
        ("C43.59", "Melanoma"),
        ("C22.20", "Hepatoblastoma"),
    ],
)
def test_icd_10_codes_below_a_listed_one_mean_the_same(code: str, name: str) -> None:
    assert named("", code, ICD_10) == name


@pytest.mark.parametrize(
    ("code", "is_one"), [("C18.9", True), ("C97", True), ("C98", False), ("D05.1", False), ("E11", False)]
)
def test_an_icd_10_code_of_the_malignant_chapter_keeps_its_own_name(code: str, is_one: bool) -> None:
    assert named("Tumor of the colon", code, ICD_10) == ("Tumor of the colon" if is_one else None)


def test_the_parent_of_a_listed_code_is_not_the_listed_disease() -> None:
    assert named("Malignant neoplasm of liver", "C22", ICD_10) == "Malignant neoplasm of liver"


@pytest.mark.parametrize(
    ("code", "name"), [("8890/3", "Leiomyosarcoma"), ("9185/3", "Osteosarcoma"), ("9500/3", "Neuroblastoma")]
)
def test_a_morphology_beside_the_code_names_the_pack_s_diagnosis(code: str, name: str) -> None:
    extension = [{"url": MORPHOLOGY, "valueCodeableConcept": concept(code, system=ICD_O_3)}, {"url": "other"}]

    found = diagnosis(code=concept("1", "Malignant neoplasm of soft tissue", system=SNOMED), extension=extension)

    assert found == DiagnosisRecord(name=name, diagnosed_on=date(2019, 8, 20), icdo3_morphology=code)


def test_a_benign_morphology_is_no_diagnosis_of_the_pack() -> None:
    extension = [{"url": MORPHOLOGY, "valueCodeableConcept": concept("8890/0", system=ICD_O_3)}]

    assert diagnosis(code=concept("1", "Fibroid", system=SNOMED), extension=extension) is None


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Wilms tumour", "Wilms tumor"),
        ("Nephroblastoma (disorder)", "Wilms tumor"),
        ("ACUTE LYMPHOBLASTIC LEUKEMIA", "Acute lymphoblastic leukemia"),
        ("Osteogenic sarcoma", "Osteosarcoma"),
    ],
)
def test_the_exact_name_or_another_name_of_the_pack_is_enough(words: str, name: str) -> None:
    assert named(words) == name
    found = diagnosis(code={"text": words})
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    ("display", "name"),
    [
        ("Primary malignant neoplasm of colon", "Primary malignant neoplasm of colon"),
        ("Overlapping malignant neoplasm of colon", "Overlapping malignant neoplasm of colon"),
        ("Non-small cell lung cancer (disorder)", "Non-small cell lung cancer"),
        ("Non-small cell carcinoma of lung, TNM stage 1 (disorder)", "Non-small cell carcinoma of lung, TNM stage 1"),
        ("Malignant tumor of breast", "Malignant tumor of breast"),
        ("Malignant tumour of breast", "Malignant tumour of breast"),
        ("Chronic myeloid leukaemia", "Chronic myeloid leukaemia"),
        ("Diffuse intrinsic pontine glioma", "Diffuse intrinsic pontine glioma"),
        ("Burkitt's lymphoma of the jaw", "Burkitt's lymphoma of the jaw"),
        ("Pleuropulmonary blastoma", "Pleuropulmonary blastoma"),
    ],
)
def test_a_cancer_the_pack_does_not_know_keeps_its_own_name(display: str, name: str) -> None:
    assert named(display) == name


@pytest.mark.parametrize(
    "display",
    [
        "Suspected lung cancer (situation)",
        "Carcinoma in situ of prostate (disorder)",
        "Ductal carcinoma in-situ",
        "Neoplasm of prostate",
        "Benign neoplasm of colon",
        "Polyp of colon",
        "Neoplasm of uncertain behavior, carcinoma possible",
        "Family history of breast cancer",
        "History of malignant neoplasm",
        "Anemia due to malignant neoplasm",
        "Cancer-related fatigue",
        "Pain associated with cancer",
        "At risk of cancer",
        "Cancer screening",
        "Cancer care plan",
        "Hereditary cancer syndrome",
        "Neutropenia following chemotherapy for leukemia",
        "No evidence of melanoma",
        "Malignant hypertension",
        "Osteoblastoma",
        "Chondroblastoma of femur",
        "Cancerophobia",
        "Viral sinusitis (disorder)",
        "Sarcoidosis",
    ],
)
def test_what_is_not_surely_a_cancer_stays_in_the_chart_alone(display: str) -> None:
    record = read_record(condition(code=concept("1", display, system=SNOMED)))

    assert (record.diagnosis, record.mapped_to, record.display) == (None, "", display)


def test_a_metastasis_is_no_cancer_of_its_own() -> None:
    record = read_record(condition(code=concept("94260004", "Secondary malignant neoplasm of colon", system=SNOMED)))

    assert (record.diagnosis, record.mapped_to) == (None, "metastases")
    assert [(each.section, each.values["organ"]) for each in record.entries] == [("metastases", "colon")]


@pytest.mark.parametrize("verification", ["provisional", "differential", "unconfirmed"])
def test_an_uncertain_cancer_is_no_diagnosis_yet(verification: str) -> None:
    record = read_record(condition(verificationStatus=concept(verification, system=VERIFICATION)))

    assert (record.diagnosis, record.mapped_to) == (None, "")
    assert record.status == f"active, {verification}"


def test_a_cancer_without_a_verification_is_one() -> None:
    assert diagnosis(verificationStatus=None) is not None


@pytest.mark.parametrize(("status", "reason"), [("entered-in-error", "entered in error"), ("refuted", "refuted")])
def test_what_was_taken_back_is_counted_and_not_stored(status: str, reason: str) -> None:
    found = reasons(condition(verificationStatus=concept(status, system=VERIFICATION)))

    assert found == {"Condition": {reason: 1}}


@pytest.mark.parametrize(
    ("elements", "diagnosed", "occurred"),
    [
        ({}, date(2019, 8, 20), date(2019, 8, 20)),
        ({"onsetDateTime": "2019-08-20T23:59:00-10:00"}, date(2019, 8, 20), date(2019, 8, 20)),
        ({"onsetDateTime": "2019-08"}, None, date(2019, 8, 1)),
        ({"onsetDateTime": "2019"}, None, date(2019, 1, 1)),
        ({"onsetDateTime": None, "onsetPeriod": {"start": "2019-07-01"}}, date(2019, 7, 1), date(2019, 7, 1)),
        ({"onsetDateTime": None, "recordedDate": "2021-01-05"}, None, date(2021, 1, 5)),
        ({"onsetDateTime": None, "onsetAge": {"value": 12}}, None, None),
        ({"onsetDateTime": None}, None, None),
    ],
)
def test_only_a_whole_onset_is_the_day_of_diagnosis(
    elements: dict[str, Any], diagnosed: date | None, occurred: date | None
) -> None:
    record = read_record(condition(**elements))

    assert record.diagnosis is not None
    assert record.diagnosis.diagnosed_on == diagnosed
    assert record.occurred_on == occurred


def test_the_end_of_therapy_is_never_guessed_from_an_abatement() -> None:
    record = read_record(
        condition(abatementDateTime="2020-06-01", clinicalStatus=concept("remission", system=CLINICAL))
    )

    assert record.status == "remission"
    assert record.diagnosis == DiagnosisRecord(name="Leiomyosarcoma", diagnosed_on=date(2019, 8, 20))


@pytest.mark.parametrize(
    ("elements", "status"),
    [
        ({"clinicalStatus": None}, ""),
        ({"clinicalStatus": None, "abatementDateTime": "2020-06-01"}, "resolved"),
        ({"clinicalStatus": "active"}, "active"),
        ({"clinicalStatus": concept("x" * 60, system=CLINICAL)}, "x" * 40),
        ({"clinicalStatus": 5}, ""),
    ],
)
def test_the_clinical_status_is_kept(elements: dict[str, Any], status: str) -> None:
    assert read_record(condition(**elements)).status == status


def test_of_two_codes_the_one_that_was_understood_is_kept() -> None:
    both = {"coding": [{"system": ICD_10, "code": "C49.9"}, {"system": SNOMED, "code": "443719001"}], "text": "LMS"}

    record = read_record(condition(code=both))

    assert (record.code_system, record.code, record.mapped_to) == (SNOMED, "443719001", "Leiomyosarcoma")


def test_a_very_long_name_is_cut_to_its_column() -> None:
    display = "Malignant neoplasm of " + "a" * 300

    found = diagnosis(code=concept("1", display, system=SNOMED))

    assert found is not None
    assert found.name == display[:200]


def test_a_condition_that_only_says_nothing_is_known_is_skipped() -> None:
    none_known = concept("no-known-problems", system="http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips")

    assert reasons(condition(code=none_known)) == {"Condition": {"says only that nothing is known": 1}}


def test_a_condition_without_a_code_is_skipped() -> None:
    assert reasons(condition(code=None)) == {"Condition": {"no code": 1}}


def test_the_kind_behind_a_name_is_left_off_and_nothing_else() -> None:
    assert own_name("Melanoma (disorder)") == "Melanoma"
    assert own_name("Melanoma (of the eye)") == "Melanoma (of the eye)"


def test_words_decide_unless_they_doubt() -> None:
    assert is_malignant("Tumor", [Coding(ICD_10, "C49")])
    assert not is_malignant("Suspected tumor", [Coding(ICD_10, "C49")])
    assert not is_malignant("Tumor", [Coding("http://other.example", "C49")])
