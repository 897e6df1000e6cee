"""The lists of terms: complete where the clinic's record needs them, and true to the pack's strata and diagnoses."""

import re

import pytest

from tracker.engine.catalogue import Term, followed
from tracker.guidelines.catalogue import load_catalogue
from tracker.guidelines.catalogue_rows import TERM_LISTS
from tracker.guidelines.loader import load_pack
from tracker.models import TransfusionProduct
from tracker.models.workup import NEURO_ITEMS
from tracker.services.diagnosis_names import covers

TERMS, PACK = load_catalogue().terms, load_pack()
TOPOGRAPHY, MORPHOLOGY, VESSELS = TERMS["topography"], TERMS["morphology"], TERMS["vessel"]
RECURRENCE = {name: asked for (table, name), asked in PACK.strata.items() if table == "recurrence"}
NOT_CHOSEN = {"age", "age_at_diagnosis", "sex"}
STRATA = sorted(
    {(field, value) for asked in RECURRENCE.values() for field, values in asked.items() for value in values
     if field not in NOT_CHOSEN}
)  # fmt: skip
LMS, NRSTS = RECURRENCE["Leiomyosarcoma"], RECURRENCE["Soft tissue sarcoma, non-rhabdomyosarcoma"]


def diagnosis_of(term: Term) -> str | None:
    return followed(term, "diagnosis", PACK.diagnoses)


def in_group(listed: str, group: str) -> set[str]:
    return {code for code, term in TERMS[listed].items() if term.group == group}


def test_every_list_that_is_known_is_there_and_not_empty() -> None:
    assert set(TERMS) == set(TERM_LISTS)
    assert all(TERMS.values())


@pytest.mark.parametrize(("field", "value"), STRATA)
def test_every_value_the_packs_strata_ask_for_follows_from_some_term(field: str, value: str) -> None:
    assert any((field, value) in term.follows for listed in TERMS.values() for term in listed.values())


@pytest.mark.parametrize("field", sorted({field for field, _ in STRATA} - {"vessel"}))
def test_a_list_named_like_a_stratum_field_holds_its_values_as_codes(field: str) -> None:
    for value in (value for name, value in STRATA if name == field):
        if (field, value) != ("subtype", "unknown"):
            assert followed(TERMS[field][value], field, (value,)) == value


def test_what_is_not_known_is_never_turned_into_a_value() -> None:
    for name, listed in TERMS.items():
        unknown = listed.get("unknown")
        for _, value in unknown.follows if unknown else ():
            assert value in ("unknown", "bone", "extremity", "vascular"), name


@pytest.mark.parametrize("name", sorted(PACK.diagnoses))
def test_every_morphology_code_of_a_diagnosis_leads_to_it(name: str) -> None:
    listed = PACK.diagnoses[name].icdo3_morphology
    ends = set(re.findall(r"\d{4}/\d", listed))
    found = {code for code, term in MORPHOLOGY.items() if diagnosis_of(term) == name}
    assert found
    assert ends - found <= {"8790/3"}  # the end of a range, not a code
    assert all(covers(PACK.diagnoses[name], code) for code in found)


def test_a_morphology_that_no_diagnosis_of_the_pack_covers_leads_nowhere() -> None:
    outside = [term for term in MORPHOLOGY.values() if diagnosis_of(term) is None]
    assert len(outside) >= 60
    for term in outside:
        assert term.follows == ()
        assert not any(covers(info, term.code) for info in PACK.diagnoses.values()), term.code


def test_morphology_codes_have_four_digits_and_a_behavior() -> None:
    assert all(re.fullmatch(r"[89]\d{3}/[0136]", code) for code in MORPHOLOGY)


@pytest.mark.parametrize(
    ("code", "diagnosis", "field", "value"),
    [
        ("8890/3", "Leiomyosarcoma", "subtype", None),
        ("8891/3", "Leiomyosarcoma", "subtype", None),
        ("8896/3", "Leiomyosarcoma", "subtype", None),
        ("9866/3", "Acute myeloid leukemia", "subtype", "apl"),
        ("9861/3", "Acute myeloid leukemia", "subtype", None),
        ("9080/3", "Germ cell tumor, extracranial", "histology", "teratoma"),
        ("9071/3", "Germ cell tumor, extracranial", "histology", "nonseminoma"),
        ("9060/3", "Germ cell tumor, extracranial", "histology", "seminoma"),
        ("8936/3", None, "subtype", None),
        ("9061/3", None, "histology", None),
    ],
)
def test_a_morphology_leads_to_its_diagnosis_and_subtype(
    code: str, diagnosis: str | None, field: str, value: str | None
) -> None:
    assert diagnosis_of(MORPHOLOGY[code]) == diagnosis
    assert followed(MORPHOLOGY[code], field, {value} if value else {"apl", "teratoma", "nonseminoma"}) == value


def test_topography_codes_are_of_the_fourth_character_and_reach_from_lip_to_unknown() -> None:
    assert all(re.fullmatch(r"C\d{2}\.\d", code) for code in TOPOGRAPHY)
    assert len(TOPOGRAPHY) >= 200
    whole = {"C49": 9, "C40": 6, "C41": 7, "C44": 10, "C48": 4, "C71": 10, "C77": 8}
    for start, count in whole.items():
        assert len([code for code in TOPOGRAPHY if code.startswith(start)]) == count, start


@pytest.mark.parametrize(
    ("code", "lms", "other_sarcoma"),
    [
        ("C49.0", "head-neck", "head-neck"),
        ("C49.1", "extremity", "extremity"),
        ("C49.2", "extremity", "extremity"),
        ("C49.3", "trunk", "trunk"),
        ("C49.4", "abdominal", "abdominal"),
        ("C49.5", "pelvic", "pelvic"),
        ("C49.9", "unknown", "unknown"),
        ("C48.0", "retroperitoneal", "retroperitoneal"),
        ("C44.6", "cutaneous", "cutaneous"),
        ("C16.9", "gi", "abdominal"),
        ("C17.9", "gi", "abdominal"),
        ("C18.1", "gi", "abdominal"),
        ("C20.9", "gi", "pelvic"),
        ("C21.0", "gi", "pelvic"),
        ("C54.2", "uterine", "pelvic"),
        ("C55.9", "uterine", "pelvic"),
        ("C40.2", "bone", "extremity"),
        ("C41.4", "bone", "pelvic"),
        ("C64.9", "retroperitoneal", "retroperitoneal"),
        ("C71.6", None, None),
        ("C77.0", None, None),
    ],
)
def test_a_topography_leads_to_the_site_that_the_diagnosis_knows(
    code: str, lms: str | None, other_sarcoma: str | None
) -> None:
    assert followed(TOPOGRAPHY[code], "site", LMS["site"]) == lms
    assert followed(TOPOGRAPHY[code], "site", NRSTS["site"]) == other_sarcoma


def test_the_testis_is_a_site_of_germ_cell_tumors_only() -> None:
    known = RECURRENCE["Germ cell tumor, extracranial"]["site"]
    assert followed(TOPOGRAPHY["C62.9"], "site", known) == "testis"
    assert followed(TOPOGRAPHY["C62.9"], "site", LMS["site"]) is None


def test_the_digestive_sites_of_the_clinics_page_are_topographies() -> None:
    for code, label in {
        "C16.9": "Stomach", "C17.9": "Small intestine", "C18.9": "Colon", "C18.1": "Appendix", "C20.9": "Rectum",
        "C21.0": "Anus",
    }.items():  # fmt: skip
        assert TOPOGRAPHY[code].label == label
        assert followed(TOPOGRAPHY[code], "site", LMS["site"]) == "gi"


def test_every_vessel_is_a_vascular_site_and_leads_to_a_vessel_of_the_strata() -> None:
    for vessel in VESSELS.values():
        assert followed(vessel, "site", LMS["site"]) == "vascular"
        assert followed(vessel, "vessel", LMS["vessel"]) is not None, vessel.code
        assert vessel.group in ("venous", "arterial") or vessel.code == "unknown"


@pytest.mark.parametrize(
    ("code", "stratum"),
    [
        ("inferior-vena-cava", "vena-cava"),
        ("superior-vena-cava", "vena-cava"),
        ("pulmonary-artery", "pulmonary-artery"),
        ("pulmonary-vein", "peripheral"),
        ("saphenous-vein", "peripheral"),
        ("iliac-vein", "peripheral"),
        ("renal-vein", "peripheral"),
        ("unknown", "unknown"),
    ],
)
def test_a_vessel_leads_to_its_stratum(code: str, stratum: str) -> None:
    assert followed(VESSELS[code], "vessel", LMS["vessel"]) == stratum


def test_the_five_subtypes_of_leiomyosarcoma_are_there() -> None:
    kinds = {"soft-tissue", "cutaneous", "vascular", "immunocompromised-host", "bone"}
    assert set(TERMS["lms_subtype"]) == kinds | {"unknown"}
    for code in ("cutaneous", "vascular", "bone"):
        assert followed(TERMS["lms_subtype"][code], "site", LMS["site"]) == code
    assert TERMS["lms_subtype"]["soft-tissue"].follows == ()


def test_the_symptoms_and_red_flags_of_the_clinics_page_are_there() -> None:
    general = {"painless-mass", "nerve-pain", "muscle-pain", "limb-use-difficulty", "abdominal-discomfort",
               "weight-loss"}  # fmt: skip
    assert general <= in_group("symptom", "general")
    assert {
        "vena-cava-occlusion",
        "abdominal-pain",
        "ascites",
        "enlarged-liver",
        "jaundice",
        "budd-chiari",
    } <= in_group("symptom", "red_flag_vena_cava")
    assert in_group("symptom", "red_flag_pulmonary_artery") == {"breathlessness", "chest-discomfort"}


def test_the_neurological_items_are_those_of_the_examination_form() -> None:
    assert tuple(TERMS["neuro_item"]) == NEURO_ITEMS


def test_the_blood_products_are_those_that_can_be_stored() -> None:
    assert list(TERMS["transfusion_product"]) == [product.value for product in TransfusionProduct]


@pytest.mark.parametrize(
    ("listed", "codes"),
    [
        ("resection", "r0 r1 r2 unknown"),
        ("depth", "dermal subcutaneous deep unknown"),
        ("grade", "low intermediate high unknown"),
        ("grade_system", "fnclcc nci pog who"),
        ("differentiation", "well moderately poorly undifferentiated unknown"),
        ("bone_segment", "metaphysis diaphysis epiphysis"),
        ("extremity_part", "upper-arm forearm hand finger thigh lower-leg foot toe"),
        ("laterality", "left right bilateral midline unknown"),
        ("imaging_modality", "x-ray mri ct bone-scan pet-ct ultrasound"),
        ("biopsy_method", "ct-guided-core incisional excisional at-operation fine-needle core-needle"),
        ("genomic_method", "mass-spectrometry-panel ngs-panel"),
        ("variant_class", "pathogenic likely-pathogenic uncertain likely-benign benign none-found"),
        ("immune_condition", "hiv ebv transplant-immunosuppression primary-immunodeficiency"),
        ("immune_drug", "tacrolimus cyclosporine mycophenolate sirolimus azathioprine"),
        ("gene", "tp53 rb1 fh apc dicer1 ptch1 sufu sdhb ret mlh1 med12 atrx pten"),
        ("care_role", "pediatric-oncologist endocrinologist cardiologist neurologist neuropsychologist "
         "complementary-therapist primary-care-doctor referring-doctor"),
        ("service", "family-education psychosocial-assessment genetic-counseling fertility-evaluation "
         "fertility-counseling meeting-survivors"),
        ("organ", "lung liver bone brain bone-marrow lymph-nodes-regional"),
        ("reproductive_event", "menarche pregnancy live-birth stillbirth miscarriage termination fp-oocytes "
         "fp-ovarian-tissue fp-sperm infertility poi menopause"),
        ("conditioning", "tbi-cy bu-cy bu-mel beam treo-flu"),
        ("donor", "self sibling-matched unrelated-matched parent-haploidentical cord-unrelated"),
        ("graft_source", "bone-marrow peripheral-blood cord-blood"),
        ("gvhd_organ", "skin liver gut-lower lung eye mouth"),
        ("trial_phase", "1 2 3"),
        ("coverage", "employer medicaid none"),
        ("relation", "mother father sister brother aunt-maternal cousin-paternal"),
    ],
)  # fmt: skip
def test_a_list_has_what_the_clinic_records(listed: str, codes: str) -> None:
    assert set(codes.split()) <= set(TERMS[listed])


def test_relatives_are_grouped_by_side_and_degree() -> None:
    assert TERMS["relation"]["mother"].group == "maternal, first degree"
    assert TERMS["relation"]["uncle-paternal"].group == "paternal, second degree"
    assert all(term.group for term in TERMS["relation"].values())


def test_adverse_events_are_many_and_each_belongs_to_an_organ_class() -> None:
    events = TERMS["adverse_event"]
    assert len(events) >= 60
    assert all(term.group for term in events.values())
    assert len({term.group for term in events.values()}) >= 20
    assert events["hearing-impaired"].group == "Ear and labyrinth disorders"


def test_the_vaccines_that_matter_without_a_spleen_are_marked() -> None:
    asplenia = in_group("vaccine", "asplenia")
    assert {"133", "216", "33", "108", "164", "17", "88", "213"} <= asplenia
    assert "165" not in asplenia
    assert all(re.fullmatch(r"\d{2,3}|rsv|other", code) for code in TERMS["vaccine"])


def test_genes_are_written_as_their_symbol_and_say_where_changes_are_found() -> None:
    for gene in TERMS["gene"].values():
        assert gene.label.lower() == gene.code
        assert gene.group in ("somatic", "germline", "somatic and germline")
    assert TERMS["gene"]["rb1"].group == "somatic and germline"
    assert len(TERMS["gene"]) >= 80


def test_no_code_is_longer_than_the_columns_that_hold_it() -> None:
    limits = {"topography": 10, "morphology": 10, "resection": 20, "trial_phase": 20, "transfusion_product": 20}
    for name, listed in TERMS.items():
        assert all(len(code) <= limits.get(name, 60) for code in listed), name
