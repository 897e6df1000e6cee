"""The words of the treatment summary: groups of treatments, tumor fields and their values."""

from collections.abc import Iterable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracker.engine.rules import ExposureInfo, Pack
from tracker.models import SYNDROME_FIELDS, TUMOR_FIELDS, DiagnosisCourse, EventName
from tracker.services.treatment_checks import COMPUTED
from tracker.web.formats import unit_words

KINDS = {
    "chemo_cumulative_dose": _l("Chemotherapy and other medicines"),
    "radiation_dose": _l("Radiation"),
    "surgery": _l("Surgery and devices"),
    "transplant": _l("Transplant"),
    "transfusion": _l("Blood products"),
    "predisposition": _l("Inherited"),
    "context": _l("About the survivor and the tumor"),
}
FIELDS = {
    "grade": _l("Grade"),
    "site": _l("Site"),
    "vessel": _l("Vessel"),
    "depth": _l("Depth"),
    "resection": _l("Resection"),
    "histology": _l("Histology"),
    "stage": _l("Stage"),
    "risk": _l("Risk group"),
    "subtype": _l("Subtype"),
    "mibg": _l("MIBG scan"),
    "gene": _l("Gene"),
    "phenotype": _l("Phenotype"),
    "thyroid": _l("Thyroid"),
    "germline": _l("Germline variant"),
    "ultrasound": _l("Ultrasound"),
}
VALUES = {
    ("resection", "r0"): _l("R0: complete, clear margin"),
    ("resection", "r1"): _l("R1: tumor cells at the margin"),
    ("resection", "r2"): _l("R2: tumor left behind"),
    ("site", "gi"): _l("Stomach or bowel"),
    ("site", "head-neck"): _l("Head or neck"),
    ("subtype", "apl"): _l("Acute promyelocytic leukemia"),
    ("mibg", "positive-at-end-of-therapy"): _l("Positive at the end of therapy"),
    ("mibg", "negative-at-end-of-therapy"): _l("Negative at the end of therapy"),
    ("ultrasound", "unsatisfactory"): _l("Not satisfactory"),
}
# Values that a chart may hold although no schedule asks for them.
FURTHER: dict[str, tuple[str, ...]] = {
    "stage": ("i", "ii", "iii", "iv"),
    "histology": ("seminoma",),
    "risk": ("low", "intermediate", "high"),
    "mibg": ("negative-at-end-of-therapy",),
    "thyroid": ("removed",),
    "germline": ("positive",),
    "ultrasound": ("satisfactory",),
}
ROMAN = frozenset("ivabc")
EVENTS = {
    EventName.PREGNANCY_PLANNED: _l("Pregnancy planned"),
    EventName.GROWTH_COMPLETE: _l("Growth complete"),
    EventName.FERTILITY_REQUEST: _l("Asked about fertility"),
}
COURSES = {
    DiagnosisCourse.PRIMARY.value: _l("First cancer"),
    DiagnosisCourse.RELAPSE.value: _l("Relapse"),
    DiagnosisCourse.PROGRESSION.value: _l("Progression"),
    DiagnosisCourse.SECOND_PRIMARY.value: _l("Another cancer"),
}
ENTRY_LEGENDS = {
    "surgeries": _l("Operation %(number)s"),
    "drugs": _l("Medicine %(number)s"),
    "radiation": _l("Radiation course %(number)s"),
    "transplants": _l("Transplant %(number)s"),
    "metastases": _l("Metastasis %(number)s"),
}
Choice = tuple[str, str]


def exposure_choices(pack: Pack, present: Iterable[str] = ()) -> dict[str, list[Choice]]:
    """Every treatment that can be recorded, by kind; ``present``: what a row holds already, known or not."""
    groups: dict[str, list[Choice]] = {str(words): [] for words in KINDS.values()}
    for info in pack.exposures.values():
        if info.name not in COMPUTED:
            group = str(KINDS.get(info.kind, info.kind))
            groups.setdefault(group, []).append((info.name, exposure_words(info)))
    strangers = [(name, stranger_words(name)) for name in present if name and name not in pack.exposures]
    found = {group: sorted(choices, key=lambda choice: choice[1].casefold()) for group, choices in groups.items()}
    return {"": [("", ""), *strangers]} | {group: choices for group, choices in found.items() if choices}


def exposure_words(info: ExposureInfo) -> str:
    """ "Doxorubicin (mg/m²)": the label with the unit in which the dose is entered."""
    label = info.label[:1].upper() + info.label[1:]
    unit = dose_unit(info)
    return f"{label} ({unit})" if unit else label


def dose_unit(info: ExposureInfo) -> str:
    """What a dose of this is entered in; nothing for what is only given or not."""
    return str(_("times")) if info.unit == "{count}" else unit_words(info.unit)


def stranger_words(name: str) -> str:
    return str(_("Stem cell transplant, kind unknown")) if name == "hsct" else name


def tumor_fields_of(pack: Pack, diagnosis: str) -> tuple[str, ...]:
    """The fields that choose this diagnosis's schedule, in the order of the registry."""
    asked = pack.strata.get(("recurrence", diagnosis), {})
    return tuple(field for field in TUMOR_FIELDS if field in asked)


def syndrome_fields_of(pack: Pack, syndrome: str) -> tuple[str, ...]:
    """The fields that this syndrome's rules ask about."""
    asked = pack.strata.get(("predisposition", syndrome), {})
    return tuple(field for field in SYNDROME_FIELDS if field in asked)


def value_choices(pack: Pack, table: str, name: str, field: str, present: str) -> list[Choice]:
    """Not recorded, the values in use for this diagnosis (or, where none asks, for any), other, unknown."""
    own = pack.strata.get((table, name), {}).get(field)
    used = own or sorted({value for (kind, _name), asked in pack.strata.items() if kind == table
                          for value in asked.get(field, ())})  # fmt: skip
    values = dict.fromkeys((*used, *FURTHER.get(field, ())))
    values.pop("unknown", None)
    values.pop("other", None)
    if present not in ("", "unknown", "other"):
        values[present] = None
    told = [(value, value_words(field, value)) for value in values]
    return [("", str(_("Not recorded"))), *told, ("other", str(_("Other"))), ("unknown", str(_("Unknown")))]


def value_words(field: str, value: str) -> str:
    """A tumor value as it is read: its own words, a stage in capitals, else the word itself."""
    if (field, value) in VALUES:
        return str(VALUES[field, value])
    if field == "gene" or (field == "stage" and set(value) <= ROMAN):
        return stage_words(value) if field == "stage" else value.upper()
    words = value.replace("-", " ")
    return words[:1].upper() + words[1:]


def stage_words(value: str) -> str:
    """Roman numerals in capitals, what follows them as the staging system writes it: "IIa" for "iia"."""
    numeral = value.rstrip("abc")
    return numeral.upper() + value[len(numeral) :].upper()
