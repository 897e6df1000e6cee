"""What the plans of three whole cases must ask for, and when: read by hand from the tables of the guideline pack.

``LE`` is late-effects.csv, ``RE`` recurrence.csv; a row's name stands before the test that it asks for. Nobody has a
result on record, so that each test is due on the start of its row (README of the tables, "Due dates", 1 and 2).
"""

from collections.abc import Mapping
from datetime import date

# What is asked of everyone from entry to long-term follow-up on, two years after the end of therapy:
# LE psychosocial-history-*, mental-health-screen, fatigue-screen, pain-screen, family-history-cancer,
# risky-behaviour-counsel.
FOR_EVERYONE = "psychosocial-assessment mental-health-screen fatigue-screen pain-screen family-history-cancer health-behavior-review"


def _days(found: Mapping[date, str]) -> dict[str, date]:
    return {code: day for day, codes in found.items() for code in codes.split()}


# Born March 5, 2007, a girl; resected in September 2019, off therapy in December 2019: both known to the month, and
# the first day counts where it gives the earlier date. 450 mg/m² of doxorubicin (450 mg/m² of anthracycline), 60,000
# mg/m² of ifosfamide, 50.4 Gy to the upper abdomen until November 29, 2019, the heart measured with 6 Gy.
LEIOMYOSARCOMA = _days(
    {
        # RE lms-vascular-venous-*: site vascular, vessel vena cava, whatever the margin; 3 months after the resection
        # is December 1, and so is the end of therapy before which nothing is due.
        date(2019, 12, 1): "history-and-physical-examination abdomen-pelvis-ct chest-ct",
        # LE survivorship-visit: a year after the end of therapy; RE lms-seed-clinic: a year after the same anchor.
        date(2020, 12, 1): "survivorship-clinic-visit",
        # Two years after the end of therapy: LE echo-high (anthracycline >= 250), tmn-history (alkylator).
        date(2021, 12, 1): "echocardiogram blood-disorder-history-and-examination "
        # Entry to long-term follow-up, the same day. LE dental-exam-any-chemo: chemotherapy, nothing to the mouth.
        + FOR_EVERYONE
        + " dental-examination "
        # LE cardiac-history-exam, ecg-baseline (anthracycline > 0), blood-pressure (heart and kidneys irradiated).
        "cardiac-history-exam electrocardiogram blood-pressure "
        # LE renal-egfr, renal-proteinuria, renal-tubular, urinary-history, bladder-cancer-history: ifosfamide.
        "creatinine-egfr urine-protein-creatinine renal-tubular-panel urinary-history bladder-cancer-history "
        # LE liver-enzymes (liver), glucose-pancreas-rt (pancreas, no chest field), gi-history (abdomen, laparotomy).
        "liver-enzymes fasting-glucose gi-history "
        # LE asplenia-education, asplenia-vaccines: spleen >= 10 Gy.
        "asplenia-education asplenia-vaccines "
        # LE pulmonary-history-exam, pft-baseline, influenza-vaccine, lung-cancer-discussion: lung > 0.
        "pulmonary-history-exam lung-function influenza-vaccine lung-cancer-discussion "
        # LE poi-counsel, poi-history-postpubertal: an alkylator and 19 years old.
        "ovarian-reserve-counseling menstrual-history-and-examination "
        # LE skin-exam-rt, bone-tumor-exam, growth-rt-sitting-height (under 20).
        "skin-examination irradiated-bone-examination sitting-height-and-limb-lengths",
        # LE breast-mammogram, breast-mri, breast-clinical-exam: the upper abdominal field may reach the breasts; later
        # of age 25 (March 5, 2032) and 8 years after the end of therapy, as no breast dose has a day.
        date(2032, 3, 5): "mammogram breast-mri clinical-breast-examination",
        # LE crc-colonoscopy: colon > 0, later of age 30 and November 29, 2024.
        date(2037, 3, 5): "colonoscopy",
    }
)

# Born June 15, 2013, a girl; off therapy on June 30, 2023. 23.4 Gy to brain and spine until April 28, 2022, 32.4 Gy
# more to the posterior fossa until May 24; cisplatin 450, lomustine 450, cyclophosphamide 6,000 mg/m².
MEDULLOBLASTOMA = _days(
    {
        # LE audiology-6to11 and -12plus: cisplatin; from the end of therapy on. LE hp-endocrine-referral: hypothalamus
        # and pituitary >= 30 Gy, 6 months after May 24, 2022, but nothing before the end of therapy.
        date(2023, 6, 30): "audiogram endocrinology-referral",
        # RE mb-bmj-*: every 3 months in the first two years; what was missed there stays missed until year 5.
        date(2023, 9, 30): "history-and-physical-examination brain-mri complete-blood-count",
        date(2024, 6, 30): "survivorship-clinic-visit",
        # Two years after the end of therapy: LE echo-moderate-rt (heart 15 to 30 Gy, no anthracycline), tmn-history.
        date(2025, 6, 30): "echocardiogram blood-disorder-history-and-examination "
        + FOR_EVERYONE
        # LE cardiac-history-exam, ecg-baseline (heart >= 15), blood-pressure, carotid-exam (neck > 0).
        + " cardiac-history-exam electrocardiogram blood-pressure carotid-exam "
        # LE neurocog-*, cerebrovascular-history (cranial >= 18) and others, neuropathy-exam (cisplatin, vincristine).
        "neurocognitive-history neuropsychological-evaluation neurologic-examination peripheral-neurologic-examination "
        # LE thyroid-function-minor, thyroid-cancer-counsel (thyroid > 0), bmi-hypothalamic, glucose-pancreas-rt,
        # dxa-rt-baseline (cranial > 0).
        "thyroid-function thyroid-cancer-counsel body-mass-index fasting-glucose dxa-bone-density "
        # LE poi-counsel, poi-puberty: an alkylator, the ovaries in the spinal field, 13 years old.
        "ovarian-reserve-counseling growth-and-puberty-examination "
        # LE eye-rt-high (>= 30 Gy), cataract-history, eye-orbit-exam, eye-exam-cataract-cog.
        "ophthalmology-evaluation cataract-history external-eye-examination visual-acuity-and-funduscopy "
        # LE craniofacial-exam (head), dental-rt, oral-cancer-exam (mouth), gi-history (esophagus).
        "craniofacial-exam dental-examination oral-examination gi-history "
        # LE pulmonary-history-exam, pft-baseline, influenza-vaccine, lung-cancer-discussion: lung > 0.
        "pulmonary-history-exam lung-function influenza-vaccine lung-cancer-discussion "
        # LE renal-*: cisplatin; urinary-history, bladder-cancer-history: cyclophosphamide, bladder > 0.
        "creatinine-egfr urine-protein-creatinine renal-tubular-panel urinary-history bladder-cancer-history "
        # LE skin-exam-rt, bone-tumor-exam, scoliosis-exam (spine), growth-rt-sitting-height.
        "skin-examination irradiated-bone-examination spine-examination sitting-height-and-limb-lengths",
        # LE thyroid-palpation: 5 years after the last day to the thyroid, that of the spinal field.
        date(2027, 4, 28): "neck-palpation",
        # LE crc-colonoscopy: colon > 0, later of age 30 and April 28, 2027.
        date(2043, 6, 15): "colonoscopy",
    }
)

# Born April 12, 2010, a boy; off therapy for the relapse on July 31, 2020. 392 mg/m² of anthracycline, 12 Gy to the
# whole body until January 20, 2020, a donor's cells on January 22, chronic GVHD that is over.
LEUKEMIA = _days(
    {
        # LE hp-growth-puberty, hp-labs-prepubertal: pituitary 12 Gy, 6 months after January 20, 2020; LE male-puberty:
        # testes >= 12 Gy, from age 10 (April 12, 2020) on. None before the end of therapy.
        date(2020, 7, 31): "growth-and-puberty-examination pituitary-hormone-panel",
        # RE all-nccn-*: monthly in the first year after the newest end of therapy, that of the relapse.
        date(2020, 8, 31): "history-and-physical-examination complete-blood-count",
        # LE hsct-revaccination: 1 year after the transplant.
        date(2021, 1, 22): "hsct-revaccination",
        date(2021, 7, 31): "survivorship-clinic-visit",
        # LE hsct-live-vaccine-review: 2 years after it, as no GVHD is active.
        date(2022, 1, 22): "hsct-live-vaccine-review",
        # Two years after the end of therapy: LE echo-high (anthracycline >= 250), tmn-history.
        date(2022, 7, 31): "echocardiogram blood-disorder-history-and-examination "
        + FOR_EVERYONE
        # LE cardiac-history-exam, ecg-baseline, blood-pressure.
        + " cardiac-history-exam electrocardiogram blood-pressure "
        # LE iron-overload-ferritin (a transplant; the transfusions are not counted), osteonecrosis-history, dxa.
        "ferritin osteonecrosis-history dxa-bone-density "
        # LE cgvhd-*: any chronic GVHD, also over. cgvhd-dental, -eye, -immunoglobulin, -joint-exam, -pulmonary-exam.
        "dental-examination oral-examination ophthalmology-evaluation infection-history musculoskeletal-examination "
        "pulmonary-history-exam lung-function influenza-vaccine lung-cancer-discussion "
        # LE cataract-history, eye-orbit-exam, eye-exam-cataract-cog: total body irradiation and steroids.
        "cataract-history external-eye-examination visual-acuity-and-funduscopy "
        # LE thyroid-function-minor, thyroid-cancer-counsel, bmi-hypothalamic, glucose-pancreas-rt: 12 Gy everywhere.
        "thyroid-function thyroid-cancer-counsel body-mass-index fasting-glucose "
        # LE neurocog-*, leukoencephalopathy-exam, neuropathy-exam: intrathecal and high-dose methotrexate, vincristine.
        "neurocognitive-history neuropsychological-evaluation neurologic-examination peripheral-neurologic-examination "
        # LE male-gonadal-counsel, urinary-history, bladder-cancer-history: cyclophosphamide.
        "male-fertility-counseling urinary-history bladder-cancer-history "
        # LE renal-egfr, renal-proteinuria, liver-enzymes, gi-history, asplenia-*: irradiation and transplant.
        "creatinine-egfr urine-protein-creatinine liver-enzymes gi-history asplenia-education asplenia-vaccines "
        "skin-examination irradiated-bone-examination sitting-height-and-limb-lengths",
        # LE thyroid-palpation: 5 years after total body irradiation.
        date(2025, 1, 20): "neck-palpation",
        # LE crc-colonoscopy: age 30. LE lipids-tbi-hsct: age 40.
        date(2040, 4, 12): "colonoscopy",
        date(2050, 4, 12): "fasting-lipid-panel",
    }
)
