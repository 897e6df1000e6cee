"""A whole entry for every section, and what a correction of it changes; plain and made up."""

from decimal import Decimal
from typing import Any

from tracker.engine.partial_dates import PartialDate
from tracker.guidelines.catalogue import load_catalogue
from tracker.services.sections.checks import lookup_list
from tracker.services.sections.spec import Field, Kind, Section

YEAR, MONTH, DAY = PartialDate(2021), PartialDate(2021, 3), PartialDate(2021, 6, 30)
LATER = PartialDate(2022, 2)
# What an entry of a section needs so that it makes sense as a whole; everything else is invented by kind.
SENSIBLE: dict[str, dict[str, object]] = {
    "surgeries": {"operation": "splenectomy"},
    "radiation": {
        "fields": ["upper-abdomen", "pelvis"],
        "dose_gy": Decimal("45.5"),
        "fractions": 25,
        "organs": {"spleen_rt_gy": Decimal("12.5"), "bladder_rt_gy": None},
    },
    "drugs": {
        "agent": "doxorubicin",
        "dose": Decimal(75),
        "unit": "mg/m2",
        "courses": 4,
        "single_dose": Decimal("37.5"),
        "weight_kg": Decimal("43.2"),
        "surface_m2": Decimal("1.35"),
        "weeks": 1,
    },
    "radionuclides": {"kind": "i131", "activity": Decimal("3.7"), "treatments": 2},
    "transplants": {"kind": "allogeneic"},
    "gvhd": {"kind": "chronic", "active": "no"},
    "transfusions": {"product": "red_cells", "count": 12},
    "adverse-events": {"grade": 3, "resolved": "yes"},
    "relatives": {"affected": "yes", "age_at_diagnosis": 41, "deceased": "yes", "age_at_death": 44},
    "problems": {"status": "resolved"},
    "immunizations": {"dose_number": 2},
    "tumor-variants": {"allele_percent": Decimal("38.5")},
}


def whole_entry(section: Section, diagnosis_id: object) -> dict[str, object]:
    """A value for every field of the section."""
    made = {field.name: _invented(field, section) for field in section.fields}
    made |= {"diagnosis_id": diagnosis_id} if "diagnosis_id" in made else {}
    return made | SENSIBLE.get(section.key, {})


def _invented(field: Field, section: Section) -> object:
    if field.kind == Kind.PARTIAL_DATE:
        return LATER if field.name in (section.until, "reported_on") else MONTH
    if field.kind == Kind.LOOKUP:
        return next(iter(lookup_list(load_catalogue(), field.lookup)), "Other words" if field.open else "")
    if field.kind == Kind.CHOICE:
        return field.choices[-1][0]
    invented: dict[Kind, Any] = {
        Kind.TEXT: f"Some {field.label.lower()}"[: field.longest],
        Kind.LONG_TEXT: "First line\nSecond line with “quotes” & <angles>",
        Kind.YES_NO: "yes",
        Kind.DECIMAL: Decimal("2.5"),
        Kind.INTEGER: 2,
    }
    return invented.get(field.kind)


def correction_of(section: Section) -> dict[str, object]:
    """One field of the entry, changed: the date that orders it, or its note."""
    return {section.on: YEAR} if section.on else {"note": "Corrected"}
