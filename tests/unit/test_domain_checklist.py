"""Each line of what the clinic holds about disease and treatment, and the place that holds it in the tracker."""

import re

import pytest
import sqlalchemy as sa

from tests.shared import need_shared
from tracker.guidelines.catalogue import load_catalogue
from tracker.guidelines.loader import load_pack
from tracker.models import Base
from tracker.services import record_parts
from tracker.services.sections.checks import lookup_list
from tracker.services.sections.registry import SECTIONS

# A place is "part.field" of the record, "table:column" of what no part shows by itself, "list=code code" of the
# catalogue's lists, "diagnosis=name" or "syndrome=name" of the pack. No place: the line says what is not stored.
CHECKLIST: dict[str, dict[str, tuple[str, ...]]] = {
    "Diagnosis and biology": {
        "Subtype of each primary": (
            "diagnoses.clinic_subtype",
            "lms_subtype=soft-tissue cutaneous vascular immunocompromised-host bone",
        ),
        "Tissue of origin, site and side": (
            "diagnoses.tissue",
            "diagnoses.icdo3_topography",
            "diagnoses.laterality",
            "tissue=smooth-muscle-organ muscle skin",
            "laterality=left right",
        ),
        "Sites in the digestive tract": (
            "diagnoses.icdo3_topography",
            "site=gi",
            "topography=C16.9 C17.9 C18.9 C18.1 C20.9 C21.0",
        ),
        "Vessel of origin": (
            "diagnoses.vessel",
            "diagnoses.vessel_name",
            "vessel=inferior-vena-cava superior-vena-cava iliac-vein pulmonary-artery",
        ),
        "Bone and its segment, seen better by MRI": (
            "diagnoses.bone",
            "diagnoses.bone_segment",
            "bone=femur tibia humerus",
            "bone_segment=metaphysis",
            "workup-imaging.modality",
            "imaging_modality=mri",
        ),
        "Depth in the skin, and what the lesion looks like": (
            "diagnoses.depth",
            "diagnoses.lesion",
            "depth=dermal subcutaneous deep",
            "symptom=skin-lesion",
            "attachments:body_site",
            "attachments:taken_on",
        ),
        "Part of a limb": ("diagnoses.extremity_part", "extremity_part=hand finger foot toe thigh"),
        "Grade with its system and date": (
            "diagnoses.grade",
            "diagnoses.grade_system",
            "diagnoses.graded_on",
            "grade=low intermediate high",
        ),
        "Differentiation, apart from grade": ("diagnoses.differentiation", "differentiation=well poorly"),
        "Mitoses counted, and in which field": ("diagnoses.mitotic_count", "diagnoses.mitotic_field"),
        "Resection and margin": (
            "diagnoses.resection",
            "diagnoses.margin_mm",
            "surgeries.resection",
            "surgeries.margin_mm",
            "resection=r0 r1 r2",
        ),
        "Stage, and each metastasis with its day": (
            "diagnoses.stage",
            "diagnoses.stage_system",
            "metastases.organ",
            "metastases.found_on",
            "organ=lung liver bone",
        ),
        "Size, and the time until it was found": (
            "diagnoses.size_mm",
            "diagnoses.symptom_onset_on",
            "symptoms.onset_on",
        ),
        "General statements about how it behaves are no facts of a person": (),
    },
    "Symptoms and risk": {
        "Symptoms at diagnosis and since": (
            "symptoms.symptom",
            "symptoms.phase",
            "symptom=painless-mass nerve-pain muscle-pain limb-use-difficulty abdominal-discomfort weight-loss",
        ),
        "Red flags of the vena cava and the pulmonary artery": (
            "symptom=vena-cava-occlusion abdominal-pain ascites enlarged-liver jaundice budd-chiari",
            "symptom=breathlessness chest-discomfort",
        ),
        "Age at diagnosis, derived": ("diagnoses.diagnosed_on", "survivors:birth_date"),
        "HIV, EBV and immunosuppression with dates and drug": (
            "immune-statuses.condition",
            "immune-statuses.drug",
            "immune-statuses.started_on",
            "immune-statuses.ended_on",
            "immune_condition=hiv ebv transplant-immunosuppression",
        ),
        "Family history and inherited disease": (
            "relatives.relation",
            "relatives.side",
            "relatives.condition",
            "relatives.age_at_diagnosis",
            "relation=sister brother",
            "predispositions.syndrome",
            "predispositions.gene",
            "germline-findings.gene",
            "germline-findings.significance",
            "germline-findings.tested_on",
        ),
        "Earlier cancers, retinoblastoma among them": (
            "diagnoses.course",
            "diagnoses:position",
            "diagnosis=Retinoblastoma",
            "gene=rb1",
        ),
        "How often it happens, and to whom, is no fact of a person": (),
    },
    "Diagnostic work-up": {
        "History and examination with neurological items": (
            "workup-exams.history",
            "workup-exams.findings",
            "workup-exams.reflexes",
            "workup-exams.strength",
            "workup-exams.eye_movement",
            "workup-exams.mouth_movement",
            "workup-exams.coordination",
            "workup-exams.alertness",
        ),
        "Imaging by modality and region, with its report": (
            "workup-imaging.modality",
            "workup-imaging.region",
            "workup-imaging.report",
            "workup-imaging.impression",
            "imaging_modality=x-ray mri ct bone-scan",
        ),
        "Laboratory values with LOINC and unit": (
            "workup-labs.analyte",
            "workup-labs.loinc",
            "workup-labs.value",
            "workup-labs.unit",
        ),
        "Biopsy with method, specimen and pathology": (
            "biopsies.method",
            "biopsies.specimen",
            "biopsies.pathology",
            "biopsy_method=ct-guided-core incisional at-operation",
        ),
        "The tumor's genes, apart from the germline": (
            "tumor-variants.method",
            "tumor-variants.variant",
            "tumor-variants.allele_percent",
            "germline-findings.variant",
            "genomic_method=mass-spectrometry-panel",
        ),
        "Tumor board and family meeting": ("conferences.kind", "conferences.held_on", "conferences.decided"),
    },
    "Treatment": {
        "Operation with side, margin and reason": (
            "surgeries.operation",
            "surgeries.laterality",
            "surgeries.margin_mm",
            "surgeries.limb_reason",
            "operations=wide-excision limb-sparing-resection amputation-above-knee",
        ),
        "Radiation course": (
            "radiation.fields",
            "radiation.dose_gy",
            "radiation.fractions",
            "radiation.purpose",
            "radiation.started_on",
            "radiation.ended_on",
        ),
        "Chemotherapy by regimen and agent": (
            "drugs.regimen",
            "drugs.agent",
            "drugs.dose",
            "drugs.courses",
            "drugs.route",
            "drugs.timing",
            "drugs.started_on",
            "agents=doxorubicin ifosfamide dacarbazine gemcitabine docetaxel",
        ),
        "Reference text by subtype": ("diagnoses.site", "site=gi", "reference_text=lms-gi lms-bone"),
        "Side effects with grade and date": (
            "adverse-events.term",
            "adverse-events.grade",
            "adverse-events.began_on",
            "adverse-events.expected",
            "adverse_event=nausea febrile-neutropenia",
        ),
        "Studied treatment and research studies": (
            "trials.title",
            "trials.registry_number",
            "trials.phase",
            "agents=bevacizumab pazopanib interferon-alfa",
        ),
        "End of therapy of each diagnosis": ("diagnoses.end_of_therapy_on", "diagnoses:end_of_therapy_precision"),
    },
}
LINES = [
    pytest.param(places, id=f"{chapter}: {line}")
    for chapter, lines in CHECKLIST.items()
    for line, places in lines.items()
]
# What a record of one person must not have a place for.
NOT_A_FACT = re.compile(r"incidence|sex_ratio|survival|prognosis|aggressive|benign|harmless|cured")


@pytest.mark.parametrize("places", LINES)
def test_the_line_has_its_place(places: tuple[str, ...]) -> None:
    assert [place for place in places if not stands(place)] == []


def stands(place: str) -> bool:
    """Is there such a field, column, code, diagnosis or syndrome?"""
    if "=" in place:
        return all(is_listed(place.partition("=")[0], code) for code in codes_of(place))
    if ":" in place:
        table, _, column = place.partition(":")
        return table in Base.metadata.tables and column in Base.metadata.tables[table].columns
    key, _, name = place.partition(".")
    parts = {part.key: part for part in record_parts.parts()}
    return key in parts and name in {field.name for field in parts[key].fields} & columns_of(parts[key].table)


def codes_of(place: str) -> list[str]:
    of, _, codes = place.partition("=")
    return [codes] if of in ("diagnosis", "syndrome") else codes.split()


def is_listed(lookup: str, code: str) -> bool:
    if lookup == "diagnosis":
        return code in load_pack().diagnoses
    listed = lookup_list(load_catalogue(), lookup)
    return code in listed or code.upper() in listed


def columns_of(table: type[Base]) -> set[str]:
    return {column.key for column in sa.inspect(table).columns}


def test_a_place_that_is_not_there_would_be_seen() -> None:
    for place in ("metastases.mood", "horoscopes.sign", "survivors:sign", "symptom=levitation", "diagnosis=Melancholy"):
        assert not stands(place)


def test_what_is_true_of_a_disease_in_general_has_no_column_in_a_record() -> None:
    names = {f"{table}.{column.name}" for table, of in Base.metadata.tables.items() for column in of.columns}
    assert [name for name in names if NOT_A_FACT.search(name)] == []


def test_differentiation_never_follows_from_grade_nor_grade_from_it() -> None:
    for of, other in (("grade", "differentiation"), ("differentiation", "grade")):
        for term in lookup_list(load_catalogue(), of).values():
            assert other not in dict(term.follows)


def test_the_genes_of_the_tumor_and_of_the_family_share_no_table() -> None:
    assert SECTIONS["tumor-variants"].table is not SECTIONS["germline-findings"].table


def test_both_red_flag_sets_can_be_told_apart_by_their_vessel() -> None:
    groups: dict[str, set[str]] = {}
    for term in lookup_list(load_catalogue(), "symptom").values():
        groups.setdefault(term.group, set()).add(term.code)
    assert {"ascites", "jaundice", "budd-chiari", "enlarged-liver"} <= groups["red_flag_vena_cava"]
    assert {"breathlessness", "chest-discomfort"} <= groups["red_flag_pulmonary_artery"]


def test_the_domains_own_list_has_no_line_that_is_missing_here() -> None:
    text = need_shared("design", "domain.md").read_text(encoding="utf-8")
    chapters = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE))
    found = {title: len(re.findall(r"^- ", chapters[title], re.MULTILINE)) for title in CHECKLIST}
    assert found == {title: len(lines) for title, lines in CHECKLIST.items()}
