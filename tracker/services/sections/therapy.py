"""The parts of the record about treatment: operations, radiation, medicines, and radionuclides."""

from decimal import Decimal

from tracker.models import (
    DrugCourse,
    RadiationCourse,
    RadionuclideTherapy,
    Surgery,
)
from tracker.services.sections import questions
from tracker.services.sections.shared_fields import (
    DOSE_UNITS,
    NOT_SAID,
    NOTE,
    SIDE,
    TUMOR,
    UNKNOWN,
    amount,
    count,
    listed,
    partial,
    words,
    yes_no,
)
from tracker.services.sections.spec import Field, Group, Kind, Section

PURPOSES = (
    ("curative", "To cure, as the main treatment"),
    ("residual", "For tumor left after surgery"),
    ("neoadjuvant", "Before surgery (neoadjuvant)"),
    ("adjuvant", "After complete surgery (adjuvant)"),
    ("palliative", "To relieve (palliative)"),
    ("conditioning", "Conditioning for a transplant"),
    UNKNOWN,
)
TIMINGS = (
    ("neoadjuvant", "Before surgery (neoadjuvant)"),
    ("adjuvant", "After surgery (adjuvant)"),
    ("induction", "Induction"),
    ("consolidation", "Consolidation"),
    ("maintenance", "Maintenance"),
    ("conditioning", "Conditioning for a transplant"),
    ("relapse", "For a relapse"),
    ("palliative", "To relieve (palliative)"),
    UNKNOWN,
)
ROUTES = (
    NOT_SAID,
    ("iv", "Into a vein (IV)"),
    ("po", "By mouth"),
    ("im", "Into a muscle"),
    ("sc", "Under the skin"),
    ("it", "Into the spinal fluid"),
    ("other", "Another way"),
)
BEAMS = (
    NOT_SAID,
    ("photons", "Photons"),
    ("protons", "Protons"),
    ("electrons", "Electrons"),
    ("brachytherapy", "Brachytherapy"),
    ("other", "Another kind"),
)

SURGERIES = Section(
    key="surgeries",
    title="Operations",
    one="operation",
    empty="No operation is recorded.",
    group=Group.TREATMENT,
    table=Surgery,
    fields=(
        Field(
            name="operation",
            label="Operation",
            kind=Kind.LOOKUP,
            lookup="operations",
            required=True,
            longest=60,
            otherwise="Choose the operation that comes nearest, and write what was done in the note",
        ),
        listed("site", "Site", "topography", longest=120),
        SIDE,
        partial("done_on", "Done"),
        Field(name="resection", label="Margin", kind=Kind.LOOKUP, lookup="resection", longest=20),
        amount("margin_mm", "Healthy tissue around the tumor", "mm", "The narrowest margin.", 100),
        words("limb_reason", "Why the limb was kept or removed", 400, "For example: nerves or vessels were involved."),
        words("surgeon", "Surgeon", 120),
        words("place", "Hospital", 120),
        TUMOR,
        NOTE,
    ),
    headline=("operation", "site", "laterality", "resection"),
    on="done_on",
    derives=True,
)


RADIATION = Section(
    key="radiation",
    title="Radiation",
    one="radiation course",
    empty="No radiation is recorded.",
    group=Group.TREATMENT,
    table=RadiationCourse,
    fields=(
        Field(
            name="fields",
            label="Fields",
            kind=Kind.CODES,
            lookup="fields",
            required=True,
            hint="Every place this dose was prescribed to. A boost with its own dose is a course of its own.",
            otherwise="Choose the field that comes nearest, and write the place in the note",
        ),
        SIDE,
        amount("dose_gy", "Dose", "Gy", "The prescribed total. Leave it empty if nobody knows."),
        count("fractions", "Fractions", asked_above=80),
        Field(name="purpose", label="Purpose", kind=Kind.CHOICE, choices=PURPOSES, longest=20),
        Field(name="modality", label="Kind of radiation", kind=Kind.CHOICE, choices=BEAMS, longest=60),
        partial("started_on", "First day"),
        partial("ended_on", "Last day"),
        Field(
            name="organs",
            label="Organs in the field",
            kind=Kind.ORGANS,
            hint="Proposed from the fields. Take out what the plan spared; enter a mean dose where it was measured.",
        ),
        TUMOR,
        NOTE,
    ),
    headline=("fields", "laterality", "dose_gy", "fractions", "purpose"),
    on="started_on",
    until="ended_on",
    derives=True,
    check=questions.check_radiation,
)


DRUGS = Section(
    key="drugs",
    title="Chemotherapy and other cancer medicines",
    one="cancer medicine",
    empty="No cancer medicine is recorded.",
    group=Group.TREATMENT,
    table=DrugCourse,
    fields=(
        Field(
            name="agent",
            label="Agent",
            kind=Kind.LOOKUP,
            lookup="agents",
            required=True,
            longest=60,
            otherwise="Choose it by its generic name, or record it under medicines with its name and dose",
        ),
        amount("dose", "Dose", hint="Per course if the number of courses is given, else the total. Empty: unknown."),
        Field(name="unit", label="Unit", kind=Kind.CHOICE, choices=DOSE_UNITS, longest=10),
        count("courses", "Courses"),
        Field(name="route", label="Route", kind=Kind.CHOICE, choices=ROUTES, longest=10),
        Field(name="timing", label="When in the treatment", kind=Kind.CHOICE, choices=TIMINGS, longest=20),
        partial("started_on", "First day"),
        partial("ended_on", "Last day"),
        listed("regimen", "Protocol", "regimens", "The regimen it was part of."),
        amount("single_dose", "Largest single dose", "mg/m²", "Where the dose given at once matters."),
        amount("weight_kg", "Weight then", "kg", "For doses per kilogram.", 250),
        Field(
            name="surface_m2",
            label="Body surface then",
            kind=Kind.DECIMAL,
            unit="m²",
            hint="For doses in mg or units.",
            least=Decimal(0),
            asked_above=Decimal("3.5"),
        ),
        count("weeks", "Longest time without a break", "weeks", "For corticosteroids.", 520),
        yes_no("myeloablative", "High dose before a transplant"),
        TUMOR,
        NOTE,
    ),
    headline=("agent", "dose", "unit", "courses", "route"),
    on="started_on",
    until="ended_on",
    derives=True,
    check=questions.check_drug,
)


RADIONUCLIDES = Section(
    key="radionuclides",
    title="Radioiodine and MIBG",
    one="radionuclide treatment",
    empty="No radioiodine or MIBG treatment is recorded.",
    group=Group.TREATMENT,
    table=RadionuclideTherapy,
    fields=(
        Field(
            name="kind",
            label="Kind",
            kind=Kind.CHOICE,
            choices=(("i131", "Radioiodine (I-131)"), ("mibg", "I-131 MIBG")),
            required=True,
            longest=20,
        ),
        amount("activity", "Activity", hint="The total, as reported."),
        Field(
            name="activity_unit",
            label="Unit of the activity",
            kind=Kind.CHOICE,
            choices=(("GBq", "GBq"), ("MBq", "MBq"), ("mCi", "mCi")),
            longest=10,
        ),
        count("treatments", "Treatments", asked_above=20),
        partial("given_on", "Given", "The last day, if there were several."),
        TUMOR,
        NOTE,
    ),
    headline=("kind", "activity", "activity_unit", "treatments"),
    on="given_on",
    derives=True,
    check=questions.check_radionuclide,
)


THERAPY_SECTIONS = (SURGERIES, RADIATION, DRUGS, RADIONUCLIDES)
