"""What the chart of an invented survivor says of the illness: the tumor, its work-up, the family, and side effects."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tracker.engine.partial_dates import PartialDate
from tracker.services.demo_courses import Draft, known
from tracker.services.demo_lives import Life, whole
from tracker.services.demo_regimens import Chart
from tracker.services.treatment_rows import TumorDetails

Entry = tuple[str, dict[str, Any]]
LEIOMYOSARCOMA = "Leiomyosarcoma"
# What is measured, with its LOINC code, unit, range and the usual span at diagnosis.
LABS: dict[str, tuple[str, str, str, str, tuple[float, float]]] = {
    "white-cells": ("White blood cells", "6690-2", "10*3/uL", "4.5-13.5", (2.1, 24)),
    "hemoglobin": ("Hemoglobin", "718-7", "g/dL", "11.5-15.5", (7.4, 13.8)),
    "platelets": ("Platelets", "777-3", "10*3/uL", "150-400", (38, 480)),
    "ldh": ("Lactate dehydrogenase", "2532-0", "U/L", "140-280", (180, 1400)),
    "creatinine": ("Creatinine", "2160-0", "mg/dL", "0.3-0.9", (0.3, 1.1)),
    "potassium": ("Potassium", "2823-3", "mmol/L", "3.5-5.1", (3.0, 4.6)),
    "sodium": ("Sodium", "2951-2", "mmol/L", "136-145", (131, 144)),
    "afp": ("Alpha-fetoprotein", "1834-1", "ng/mL", "0-10", (14, 88000)),
    "hcg": ("Beta-hCG", "21198-7", "IU/L", "0-5", (1, 900)),
    "esr": ("Sedimentation rate", "4537-7", "mm/h", "0-20", (18, 96)),
    "ebv-dna": ("EBV DNA in plasma", "43730-1", "copies/mL", "not detected", (400, 52000)),
    "ferritin": ("Ferritin", "2276-4", "ng/mL", "7-140", (60, 620)),
    "catecholamines": ("Homovanillic acid in urine", "11146-8", "mg/g", "0-23", (24, 180)),
    "uric-acid": ("Uric acid", "3084-1", "mg/dL", "2.0-5.5", (3.2, 9.4)),
    "alkaline-phosphatase": ("Alkaline phosphatase", "6768-6", "U/L", "130-350", (150, 980)),
    "tsh": ("Thyrotropin", "3016-3", "mIU/L", "0.5-4.5", (0.6, 4.2)),
    "thyroglobulin": ("Thyroglobulin", "3013-0", "ng/mL", "1-40", (12, 420)),
    "calcitonin": ("Calcitonin", "1992-7", "pg/mL", "0-10", (14, 900)),
}
NEURO_ITEMS = ("reflexes", "strength", "eye_movement", "mouth_movement", "coordination", "alertness")
BRAIN_TUMORS = ("Ependymoma", "Low-grade glioma", "Medulloblastoma")
VARIANTS = ("c.524G>A (p.Arg175His)", "c.817C>T (p.Arg273Cys)", "Exon 4 frameshift", "Copy loss")
SYNDROME_GENES = {
    "Li-Fraumeni": "tp53",
    "Beckwith-Wiedemann": "cdkn1c",
    "Familial adenomatous polyposis": "apc",
    "FH tumor predisposition (HLRCC)": "fh",
    "Neurofibromatosis 1": "nf1",
    "Gorlin": "sufu",
    "Hereditary retinoblastoma": "rb1",
    "Retinoblastoma, unilateral without germline variant": "rb1",
    "MEN2": "ret",
    "WT1 disorder (WAGR, Denys-Drash, Frasier)": "wt1",
}
LABORATORIES = ("Bayline Molecular Pathology", "Northgate Genetics Laboratory")
RELATIVES_CANCERS = (
    ("mother", "", "Breast cancer", 41),
    ("father", "", "Colon cancer", 52),
    ("grandmother-maternal", "maternal", "Uterine leiomyoma", 38),
    ("aunt-maternal", "maternal", "Breast cancer", 44),
    ("uncle-paternal", "paternal", "Soft tissue sarcoma", 33),
    ("grandfather-paternal", "paternal", "Prostate cancer", 68),
)
SIDE_EFFECTS = {
    "drugs": (("febrile-neutropenia", 3), ("mucositis-oral", 2), ("nausea", 2), ("platelet-count-decreased", 4)),
    "radiation": (("dermatitis-radiation", 2), ("fatigue", 1)),
    "surgeries": (("wound-infection", 2), ("wound-complication", 2), ("paresthesia", 1)),
}
SIDE_EFFECTS_OF = {
    "cisplatin": ("hearing-impaired", 2),
    "doxorubicin": ("ejection-fraction-decreased", 2),
    "vincristine": ("peripheral-sensory-neuropathy", 2),
    "ifosfamide": ("encephalopathy", 3),
    "docetaxel": ("peripheral-sensory-neuropathy", 1),
    "pegaspargase": ("pancreatitis", 3),
}
STUDIES = (
    ("Longer intervals between heart checks after anthracyclines", "observational", "Observation"),
    ("Cooperative treatment protocol of the time", "3", "Standard arm"),
    ("Mouth rinse against mucositis", "supportive", "Rinse"),
    ("Tumor bank for rare sarcomas", "not-applicable", ""),
)


@dataclass(frozen=True)
class Teller:
    """Tells one life: dates as far as a chart knows them, never before birth or after today."""

    random: Random
    life: Life
    today: date
    # Days from the first complaint to the diagnosis.
    onset: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "onset", self.random.randrange(12, 170))

    def when(self, day: date) -> PartialDate:
        """The day, of which old charts often keep the month or the year only."""
        chance = self.random.random()
        within = min(max(day, self.life.birth_date), self.today)
        return known(within, "year" if chance < 0.05 else "month" if chance < 0.17 else "day")

    def when_ahead(self, day: date) -> PartialDate:
        """A day that may still be to come."""
        return known(day, "day")

    def after(self, days: int) -> PartialDate:
        """So many days after the diagnosis; before it where negative."""
        return self.when(self.life.diagnosed + timedelta(days=days))

    def often(self, chance: float) -> bool:
        """Is it told of this one? Of a leiomyosarcoma more is told than of others."""
        return self.random.random() < (max(chance, 0.9) if self.is_leiomyosarcoma else chance)

    @property
    def is_leiomyosarcoma(self) -> bool:
        return self.life.regimen is not None and self.life.regimen.diagnosis == LEIOMYOSARCOMA

    @property
    def chart(self) -> Chart:
        return self.life.regimen.chart if self.life.regimen else Chart()

    def given(self, section: str) -> list[Draft]:
        """The entries of one part of the treatment."""
        return [each for each in self.life.treatment if each.section == section]


def details(teller: Teller) -> tuple[str, TumorDetails]:
    """The ICD-O-3 morphology, and what else is known of the tumor."""
    random, life, regimen = teller.random, teller.life, teller.life.regimen
    if regimen is None:
        return "", TumorDetails()
    words: dict[str, Any] = {name: random.choice(values) for name, values in regimen.details.items()}
    main = next((each.values for each in teller.given("surgeries") if "resection" in each.values), {})
    words["laterality"] = str(main.get("laterality") or words.get("laterality", ""))
    is_solid = life.summary.diagnoses[0].resected_on is not None
    told = TumorDetails(
        **{name: value for name, value in words.items() if name != "icdo3_morphology"},
        graded_on=teller.after(2) if life.summary.diagnoses[0].tumor.get("grade", "unknown") != "unknown" else None,
        size_mm=random.choice((None, *range(14, 110, 4))) if is_solid else None,
        margin_mm=main.get("margin_mm"),
        lesion=random.choice(regimen.lesion) if regimen.lesion else "",
        symptom_onset_on=teller.after(-teller.onset),
        **_mitoses(random) if teller.is_leiomyosarcoma else {},
    )
    return words["icdo3_morphology"], told


def _mitoses(random: Random) -> dict[str, Any]:
    return {"mitotic_count": random.randrange(2, 28), "mitotic_field": "10 HPF"} if random.random() < 0.75 else {}


def chart_entries(teller: Teller) -> Iterator[Entry]:
    """Every entry about the illness that the chart holds besides the treatment."""
    for tell in (_symptoms, _exam, _pictures, _biopsy, _labs, _variants, _germline, _immune, _relatives, _meetings):
        yield from tell(teller)
    yield from _side_effects(teller)
    yield from _trials(teller)


def _symptoms(teller: Teller) -> Iterator[Entry]:
    known_symptoms = teller.chart.symptoms
    told = teller.random.sample(known_symptoms, min(len(known_symptoms), teller.random.randint(1, 3)))
    for place, symptom in enumerate(told):
        values: dict[str, Any] = {"symptom": symptom, "phase": "at_diagnosis"}
        if symptom != "none":
            values["onset_on"] = teller.after(-teller.random.randrange(4, teller.onset) if place else -teller.onset)
        yield "symptoms", values
    if teller.random.random() < 0.1:
        day = teller.life.end_of_therapy + timedelta(days=teller.random.randrange(30, 400))
        yield "symptoms", {"symptom": "fatigue", "phase": "since", "onset_on": teller.when(day)}


def _exam(teller: Teller) -> Iterator[Entry]:
    is_of_brain = teller.life.summary.diagnoses[0].name in BRAIN_TUMORS
    if not (is_of_brain or teller.often(0.35)):
        return
    chance = 0.45 if is_of_brain else 0.06
    items = {item: "abnormal" if teller.random.random() < chance else "normal" for item in NEURO_ITEMS}
    yield (
        "workup-exams",
        {
            "examined_on": teller.after(-teller.random.randrange(1, 12)),
            "history": "Healthy until the first complaint; no earlier operation, no regular medicine.",
            "findings": "Cranial nerves and gait examined." if is_of_brain else "Mass as described; otherwise well.",
            **items,
        },
    )


def _pictures(teller: Teller) -> Iterator[Entry]:
    limit = 4 if teller.is_leiomyosarcoma else 2
    for modality, region in teller.chart.pictures[:limit]:
        if teller.often(0.75):
            is_chest = region == "chest" and modality == "ct"
            yield (
                "workup-imaging",
                {
                    "modality": modality,
                    "region": region,
                    "done_on": teller.after(-teller.random.randrange(1, 14)),
                    "impression": _impression(teller) if is_chest else "Tumor as described at diagnosis.",
                },
            )


def _impression(teller: Teller) -> str:
    spread = [each.values["organ"] for each in teller.given("metastases")]
    return "Nodules in the lung, taken for metastases." if "lung" in spread else "No metastasis in the lungs."


def _biopsy(teller: Teller) -> Iterator[Entry]:
    methods = [each for each in teller.chart.biopsies if each != "none"]
    if not methods or not teller.often(0.8):
        return
    method, own = teller.random.choice(methods), teller.life.summary.diagnoses[0]
    resected = whole(own.resected_on)
    done = (resected - teller.life.diagnosed).days if method == "at-operation" and resected else -4
    words = "Spindle cells in fascicles, desmin and smooth muscle actin positive." if teller.is_leiomyosarcoma else ""
    yield (
        "biopsies",
        {
            "method": method,
            "site": teller.life.regimen.details["icdo3_topography"][0] if teller.life.regimen else "",
            "done_on": teller.after(done),
            "specimen": f"S{teller.life.diagnosed:%y}-{teller.random.randrange(1000, 9999)}",
            "pathology": words or f"{own.name}.",
            "reported_on": teller.after(done + 4),
        },
    )


def _labs(teller: Teller) -> Iterator[Entry]:
    for code in teller.chart.labs if teller.often(0.55) else ():
        analyte, loinc, unit, usual, span = LABS[code]
        value = teller.random.uniform(*span)
        yield (
            "workup-labs",
            {
                "analyte": analyte,
                "loinc": loinc,
                "value": f"{value:.1f}" if value < 100 else f"{value:.0f}",
                "unit": unit,
                "reference_range": usual,
                "flag": _flag(round(value, 1), usual),
                "taken_on": teller.after(-2),
            },
        )


def _flag(value: float, usual: str) -> str:
    low, _, high = usual.partition("-")
    if not high:
        return "abnormal"
    return "low" if value < float(low) else "high" if value > float(high) else "normal"


def _variants(teller: Teller) -> Iterator[Entry]:
    genes = teller.chart.genes
    if not genes or not teller.often(0.35):
        return
    method = teller.random.choice(("mass-spectrometry-panel", "ngs-panel"))
    common = {"method": method, "laboratory": teller.random.choice(LABORATORIES), "reported_on": teller.after(21)}
    if teller.random.random() < 0.25:
        yield "tumor-variants", common | {"variant": "none found", "significance": "none-found"}
        return
    for gene in teller.random.sample(genes, teller.random.randint(1, min(2, len(genes)))):
        yield (
            "tumor-variants",
            common
            | {
                "gene": gene,
                "variant": teller.random.choice(VARIANTS),
                "significance": teller.random.choice(("pathogenic", "likely-pathogenic", "uncertain")),
                "allele_percent": Decimal(teller.random.randrange(8, 72)),
                "specimen": "Tumor at diagnosis",
            },
        )


def _germline(teller: Teller) -> Iterator[Entry]:
    laboratory = teller.random.choice(LABORATORIES)
    tested = {"laboratory": laboratory, "tested_on": teller.after(teller.random.randrange(40, 200))}
    syndromes = teller.life.summary.predispositions
    for each in syndromes:
        gene = each.fields.get("gene", SYNDROME_GENES.get(each.syndrome, "tp53"))
        found = each.fields.get("germline") != "negative"
        yield (
            "germline-findings",
            tested
            | {
                "gene": gene,
                "variant": teller.random.choice(VARIANTS) if found else "none found",
                "significance": "pathogenic" if found else "none-found",
            },
        )
    if not syndromes and teller.often(0.12):
        yield "germline-findings", tested | {"gene": "tp53", "variant": "none found", "significance": "none-found"}


def _immune(teller: Teller) -> Iterator[Entry]:
    immune = teller.life.regimen.immune if teller.life.regimen else {}
    if immune:
        began = teller.after(-teller.random.randrange(700, 1600))
        yield "immune-statuses", {"present": "yes", "started_on": began, **immune}
        yield "immune-statuses", {"condition": "ebv", "present": "yes", "started_on": teller.after(-60)}
    elif teller.random.random() < (0.5 if teller.is_leiomyosarcoma else 0.06):
        yield "immune-statuses", {"condition": teller.random.choice(("hiv", "ebv")), "present": "no"}


def _relatives(teller: Teller) -> Iterator[Entry]:
    if not teller.often(0.4):
        return
    inherited = bool(teller.life.summary.predispositions)
    count = teller.random.randint(2, 3) if inherited else teller.random.randint(0, 1)
    for relation, side, condition, age in teller.random.sample(RELATIVES_CANCERS, count):
        values = {"relation": relation, "side": side, "affected": "yes", "condition": condition}
        has_died = teller.random.random() < 0.2
        yield (
            "relatives",
            values
            | {
                "age_at_diagnosis": age,
                "deceased": "yes" if has_died else "unknown",
                "age_at_death": age + 4 if has_died else None,
                "gene_result": "same variant" if inherited and relation in ("mother", "father") else "",
            },
        )
    for relation in ("brother", "sister"):
        if count == 0 or teller.random.random() < 0.4:
            yield "relatives", {"relation": relation, "affected": "no", "deceased": "no"}


def _meetings(teller: Teller) -> Iterator[Entry]:
    if not teller.often(0.35):
        return
    plan = "Operate first, then decide on more" if teller.life.summary.diagnoses[0].resected_on else "Treat by protocol"
    yield (
        "conferences",
        {
            "kind": "tumor_board",
            "held_on": teller.after(4),
            "attended": "Oncology, surgery, radiation oncology, radiology, pathology",
            "decided": f"{plan}.",
        },
    )
    if teller.often(0.6):
        yield (
            "conferences",
            {
                "kind": "family_meeting",
                "held_on": teller.after(6),
                "attended": "Parents, oncologist, nurse, social worker",
                "decided": "The plan was explained; the family agreed and asked about school.",
            },
        )


def _side_effects(teller: Teller) -> Iterator[Entry]:
    agents = dict.fromkeys(str(each.values["agent"]) for each in teller.given("drugs"))
    might = [(*effect, part) for part, effects in SIDE_EFFECTS.items() if teller.given(part) for effect in effects]
    might += [(*SIDE_EFFECTS_OF[agent], "drugs") for agent in agents if agent in SIDE_EFFECTS_OF]
    wanted = teller.random.randint(1, 3) if teller.often(0.6) else 0
    happened = teller.random.sample(might, min(wanted, len(might)))
    for term, grade, part in {effect[0]: effect for effect in happened}.values():
        began = _began(teller, part)
        resolved = teller.random.choice(("yes", "yes", "no", "unknown"))
        yield (
            "adverse-events",
            {
                "term": term,
                "grade": grade,
                "began_on": teller.after(began),
                "resolved": resolved,
                "resolved_on": teller.after(began + 30) if resolved == "yes" else None,
                "expected": teller.random.choice(("yes", "no", "unknown")),
            },
        )


def _began(teller: Teller, part: str) -> int:
    """Some days after the operation, the last radiation, or a course."""
    caused_by = teller.random.choice(teller.given(part)).values
    day = next(caused_by[name] for name in ("ended_on", "done_on") if name in caused_by)
    return int(day.days) + teller.random.randrange(2, 15)


def _trials(teller: Teller) -> Iterator[Entry]:
    if teller.random.random() < (0.35 if teller.is_leiomyosarcoma else 0.16):
        title, phase, arm = teller.random.choice(STUDIES)
        yield "trials", {"title": title, "phase": phase, "arm": arm, "enrolled_on": teller.after(8)}
