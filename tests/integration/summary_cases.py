"""Two whole treatment summaries, as full as such charts are: a leiomyosarcoma, and a leukemia that came back."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from tests.factories import make_clinic, make_diagnosis, make_survivor
from tests.integration.given_entries import give, give_drug, give_radiation
from tracker.clock import FixedClock
from tracker.engine.partial_dates import PartialDate
from tracker.models import (
    AdverseEvent,
    Allergy,
    Biopsy,
    CareTeamMember,
    Clinic,
    Conference,
    GermlineFinding,
    Guardian,
    GvhdEpisode,
    HealthProblem,
    ImmuneStatus,
    Immunization,
    Insurance,
    Medication,
    Metastasis,
    Relative,
    ReproductiveEvent,
    Schooling,
    Surgery,
    Survivor,
    Symptom,
    Transfusion,
    Transplant,
    TrialEnrollment,
    TumorVariant,
    WorkupExam,
    WorkupImaging,
    WorkupLab,
)
from tracker.services import care_plans
from tracker.services.given import catalogue_for, derive_exposures
from tracker.services.packs import pack_for


def leiomyosarcoma(session: Session, clock: FixedClock, clinic: Clinic | None = None, **given: Any) -> Survivor:
    """A leiomyosarcoma of the vena cava at 14: operated with a margin that nobody knows, irradiated, doxorubicin and
    ifosfamide, one lung metastasis."""
    survivor = _survivor(session, clinic, family_name="Rivera", given_name="Ana", birth_date=date(2007, 3, 5), **given)
    diagnosis = make_diagnosis(
        session,
        survivor,
        icdo3_morphology="8890/3",
        icdo3_topography="C49.4",
        diagnosed_on=date(2021, 11, 2),
        resected_on=date(2022, 1, 14),
        end_of_therapy_on=date(2022, 10, 31),
        site="vascular",
        vessel="vena-cava",
        grade="high",
        clinic_subtype="vascular",
        tissue="smooth-muscle",
        grade_system="FNCLCC",
        graded_on=PartialDate(2021, 11, 9),
        differentiation="poorly",
        mitotic_count=14,
        mitotic_field="10 high-power fields",
        size_mm=62,
        stage="iv",
        stage_system="AJCC 8",
        symptom_onset_on=PartialDate(2021, 8),
    )
    about: dict[str, Any] = {"diagnosis_id": diagnosis.id}
    give(session, survivor, Metastasis, organ="lung", found_on=PartialDate(2021, 11), found_by="chest CT", **about)
    for symptom in ("abdominal pain", "swollen legs", "ascites"):
        give(session, survivor, Symptom, symptom=symptom, onset_on=PartialDate(2021, 8), **about)
    give(
        session,
        survivor,
        TumorVariant,
        method="mass-spectrometry panel",
        gene="TP53",
        variant="c.524G>A (p.Arg175His)",
        significance="pathogenic",
        allele_percent=Decimal(48),
        reported_on=PartialDate(2021, 12),
        **about,
    )
    give(session, survivor, GermlineFinding, gene="TP53", variant="none found", tested_on=PartialDate(2022, 2))
    give(session, survivor, ImmuneStatus, condition="HIV", present="no")
    for relation, condition, age in (("mother", "breast cancer", 44), ("maternal aunt", "sarcoma", 31)):
        give(session, survivor, Relative, relation=relation, affected="yes", condition=condition, age_at_diagnosis=age)
    give(session, survivor, Relative, relation="brother", affected="no")
    give(
        session,
        survivor,
        WorkupExam,
        examined_on=PartialDate(2021, 10, 29),
        findings="Enlarged liver, shifting dullness, both legs swollen",
        reflexes="normal",
        strength="normal",
        **about,
    )
    _pictures(session, survivor, about)
    give(
        session,
        survivor,
        Biopsy,
        method="CT-guided core needle",
        site="retroperitoneum",
        done_on=PartialDate(2021, 11, 1),
        pathology="Spindle cell sarcoma of smooth muscle, high grade, SMA and desmin positive",
        **about,
    )
    for analyte, value, unit in (("hemoglobin", "9.8", "g/dL"), ("ALT", "112", "U/L"), ("creatinine", "0.6", "mg/dL")):
        give(session, survivor, WorkupLab, analyte=analyte, value=value, unit=unit, taken_on=PartialDate(2021, 10, 29))
    give(
        session,
        survivor,
        Conference,
        kind="tumor_board",
        held_on=PartialDate(2021, 11, 12),
        attended="oncology, surgery, radiation oncology, pathology",
        decided="Chemotherapy first, then resection with replacement of the vena cava",
        **about,
    )
    give(session, survivor, Conference, kind="family_meeting", held_on=PartialDate(2021, 11, 15), **about)
    _sarcoma_treatment(session, survivor, about)
    _around(session, survivor)
    return _planned(session, survivor, clock)


def _pictures(session: Session, survivor: Survivor, about: dict[str, Any]) -> None:
    for modality, region, impression in (
        ("MRI", "abdomen", "6 cm tumor of the inferior vena cava below the liver veins, with thrombus"),
        ("CT", "chest", "One nodule of 9 mm in the right lower lobe"),
        ("bone scan", "whole body", "No lesion"),
    ):
        done = PartialDate(2021, 11)
        give(
            session,
            survivor,
            WorkupImaging,
            modality=modality,
            region=region,
            impression=impression,
            done_on=done,
            **about,
        )


def _sarcoma_treatment(session: Session, survivor: Survivor, about: dict[str, Any]) -> None:
    from_on, until_on = PartialDate(2021, 11, 20), PartialDate(2022, 10, 31)
    dates: dict[str, Any] = {"started_on": from_on, "ended_on": until_on, "route": "iv", "timing": "neoadjuvant"}
    give_drug(session, survivor, 75, courses=5, **dates, **about)
    give_drug(session, survivor, 9, agent="ifosfamide", unit="g/m2", courses=5, **dates, **about)
    give_drug(session, survivor, 10, agent="dexrazoxane", unit="mg/m2", courses=5, **dates, **about)
    give(
        session,
        survivor,
        Surgery,
        operation="wide-excision",
        site="inferior vena cava",
        done_on=PartialDate(2022, 1, 14),
        surgeon="Dr. Amara Osei",
        **about,
    )
    give_radiation(
        session,
        survivor,
        "50.4",
        "flank",
        fractions=28,
        purpose="adjuvant",
        modality="photons",
        started_on=PartialDate(2022, 3, 1),
        ended_on=PartialDate(2022, 4, 8),
        **about,
    )
    give(session, survivor, Transfusion, product="red_cells", count=6, started_on=PartialDate(2021, 12))
    give(
        session,
        survivor,
        AdverseEvent,
        term="febrile neutropenia",
        grade=3,
        began_on=PartialDate(2022, 2),
        resolved="yes",
    )
    give(session, survivor, AdverseEvent, term="mucositis", grade=2, began_on=PartialDate(2022, 2), resolved="yes")


def _around(session: Session, survivor: Survivor) -> None:
    for role, name, place in (
        ("pediatric oncologist", "Dr. Lena Okafor", "Harbor Clinic"),
        ("primary care", "Dr. Sam Whitfield", "Dorchester Health Center"),
        ("cardiologist", "Dr. Ines Prado", "Harbor Clinic"),
        ("referring center", "", "Coastal General Hospital"),
    ):
        give(session, survivor, CareTeamMember, role=role, name=name, organization=place, phone="617-555-0111")
    give(session, survivor, Guardian, name="Maria Rivera", relation="mother", ground="parent", may_decide="no")
    give(session, survivor, Insurance, kind="medicaid", insurer="MassHealth", member_number="XK-4471")
    give(session, survivor, Allergy, substance="penicillin", reaction="hives", severity="moderate")
    give(session, survivor, Medication, name="levothyroxine", dose="75 µg once a day", reason="hypothyroidism")
    give(session, survivor, HealthProblem, problem="Hypothyroidism", icd10="E03.9", began_on=PartialDate(2024))
    give(session, survivor, Immunization, vaccine="HPV", given_on=PartialDate(2023, 5, 2), dose_number=2)
    give(session, survivor, ReproductiveEvent, kind="ovarian tissue stored", happened_on=PartialDate(2021, 11))
    give(session, survivor, Schooling, kind="college", place="Bayside College", support="Extra time in examinations")


def relapsed_leukemia(session: Session, clock: FixedClock, clinic: Clinic | None = None, **given: Any) -> Survivor:
    """An acute lymphoblastic leukemia at 4 that came back at 8: two courses of chemotherapy, total body irradiation, a
    transplant from a donor and chronic graft-versus-host disease."""
    survivor = _survivor(
        session,
        clinic,
        family_name="Nakamura",
        given_name="Kenji",
        birth_date=date(2005, 6, 1),
        sex_at_birth="male",
        **given,
    )
    first = make_diagnosis(
        session,
        survivor,
        "Acute lymphoblastic leukemia",
        icdo3_morphology="9811/3",
        diagnosed_on=date(2009, 7, 10),
        end_of_therapy_on=date(2012, 8, 1),
        end_of_therapy_precision="month",
        risk="high",
    )
    relapse = make_diagnosis(
        session,
        survivor,
        "Acute lymphoblastic leukemia",
        position=1,
        course="relapse",
        diagnosed_on=date(2013, 9, 2),
        end_of_therapy_on=date(2014, 3, 20),
        site="bone marrow and CNS",
    )
    _leukemia_drugs(session, survivor, first.id, relapse.id)
    give_radiation(
        session,
        survivor,
        12,
        "tbi",
        fractions=6,
        purpose="conditioning",
        ended_on=PartialDate(2014, 3, 18),
        diagnosis_id=relapse.id,
    )
    give_radiation(
        session,
        survivor,
        6,
        "cranial",
        fractions=3,
        purpose="curative",
        ended_on=PartialDate(2014, 3),
        diagnosis_id=relapse.id,
    )
    give(
        session,
        survivor,
        Transplant,
        kind="allogeneic",
        done_on=PartialDate(2014, 3, 20),
        donor="matched unrelated",
        graft_source="bone marrow",
        conditioning="TBI, cyclophosphamide",
        sos="no",
        diagnosis_id=relapse.id,
    )
    give(
        session,
        survivor,
        GvhdEpisode,
        kind="acute",
        organ="skin",
        grade="II",
        active="no",
        started_on=PartialDate(2014, 4),
    )
    give(session, survivor, GvhdEpisode, kind="chronic", organ="mouth", grade="moderate", started_on=PartialDate(2015))
    for product, count in (("red_cells", 41), ("platelets", None)):
        give(session, survivor, Transfusion, product=product, count=count, started_on=PartialDate(2009))
    give(
        session,
        survivor,
        TrialEnrollment,
        title="Frontline treatment of high-risk leukemia",
        registry_number="NCT00000000",
        phase="3",
        enrolled_on=PartialDate(2009, 7),
    )
    for term, grade in (("osteonecrosis of the hip", 3), ("invasive aspergillosis", 4), ("pancreatitis", 3)):
        give(session, survivor, AdverseEvent, term=term, grade=grade, resolved="unknown")
    give(
        session,
        survivor,
        Metastasis,
        organ="central nervous system",
        found_on=PartialDate(2013, 9),
        diagnosis_id=relapse.id,
    )
    give(session, survivor, Relative, relation="sister", affected="no", gene_result="HLA typed, not matched")
    give(session, survivor, GermlineFinding, gene="TP53", variant="none found", tested_on=PartialDate(2014))
    for vaccine in ("pneumococcus", "influenza", "measles"):
        give(session, survivor, Immunization, vaccine=vaccine, given_on=PartialDate(2016))
    _around(session, survivor)
    return _planned(session, survivor, clock)


def _leukemia_drugs(session: Session, survivor: Survivor, first: object, relapse: object) -> None:
    until, again = PartialDate(2012, 8), PartialDate(2014, 2)
    given: tuple[tuple[str, int | None, dict[str, Any]], ...] = (
        ("vincristine", 60, {"route": "iv"}),
        ("dexamethasone", None, {"route": "po", "weeks": 4}),
        ("daunorubicin", 120, {"route": "iv"}),
        ("pegaspargase", 5000, {"unit": "[U]/m2", "route": "im"}),
        ("methotrexate", 5, {"unit": "g/m2", "courses": 4, "route": "iv", "single_dose": Decimal(5000)}),
        ("methotrexate", 180, {"unit": "mg", "route": "it"}),
        ("mercaptopurine", None, {"route": "po"}),
        ("cyclophosphamide", 3000, {"route": "iv"}),
        ("cytarabine", 1800, {"route": "iv", "single_dose": Decimal(75)}),
        ("doxorubicin", 75, {"route": "iv"}),
    )
    for agent, dose, more in given:
        give_drug(session, survivor, dose, agent=agent, ended_on=until, diagnosis_id=first, **more)
    again_given: tuple[tuple[str, int | None, dict[str, Any]], ...] = (
        ("mitoxantrone", 20, {"route": "iv"}),
        ("etoposide", 1500, {"route": "iv"}),
        ("cyclophosphamide", 2200, {"route": "iv"}),
        ("cytarabine", 3000, {"courses": 4, "route": "iv", "single_dose": Decimal(3000)}),
        ("vincristine", None, {"route": "iv"}),
        ("cyclophosphamide", 120, {"unit": "mg/kg", "route": "iv", "timing": "conditioning", "myeloablative": "yes"}),
    )
    for agent, dose, more in again_given:
        timing = {"timing": "relapse"} | more
        give_drug(session, survivor, dose, agent=agent, ended_on=again, diagnosis_id=relapse, **timing)


def _survivor(session: Session, clinic: Clinic | None, **given: Any) -> Survivor:
    values: dict[str, Any] = {"interpreter_needed": "yes", "interpreter_language": "Spanish", "diagnosis": None} | given
    confirmed: dict[str, Any] = {"summary_confirmed_on": date(2026, 3, 2), "summary_confirmed_by": "Dr. Lena Okafor"}
    return make_survivor(session, clinic or make_clinic(session), **(confirmed | values))


def _planned(session: Session, survivor: Survivor, clock: FixedClock) -> Survivor:
    derive_exposures(session, survivor, pack_for(survivor.clinic), catalogue_for(survivor))
    care_plans.refresh(session, survivor, clock=clock)
    return survivor
