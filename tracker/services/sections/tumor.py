"""The parts of the record about the tumor: its spread, symptoms and genes, what raised the risk, and who conferred."""

from decimal import Decimal

from tracker.models import (
    Conference,
    GermlineFinding,
    ImmuneStatus,
    Metastasis,
    Relative,
    Symptom,
    TumorVariant,
)
from tracker.services.sections.questions import check_relative
from tracker.services.sections.shared_fields import LONG_REPORT, NOT_SAID, NOTE, TUMOR, listed, partial, words, yes_no
from tracker.services.sections.spec import Field, Group, Kind, Section

METASTASES = Section(
    key="metastases",
    title="Metastases",
    one="metastasis",
    empty="No metastasis is recorded. Add one for each organ the tumor spread to.",
    group=Group.DIAGNOSIS,
    table=Metastasis,
    fields=(
        listed("organ", "Organ", "organ", "One entry for each organ.", required=True),
        partial("found_on", "Found"),
        words("found_by", "How it was found", 60, "For example: chest CT, PET, biopsy."),
        words("treated", "What was done about it", hint="For example: removed, irradiated, watched."),
        TUMOR,
        NOTE,
    ),
    headline=("organ", "treated"),
    on="found_on",
)

SYMPTOMS = Section(
    key="symptoms",
    title="Symptoms",
    one="symptom",
    empty="No symptom is recorded. Add what led to the diagnosis, and what has come since.",
    group=Group.DIAGNOSIS,
    table=Symptom,
    fields=(
        listed("symptom", "Symptom", "symptom", "Choose one, or describe it in your own words.", required=True),
        Field(
            name="phase",
            label="When it was noticed",
            kind=Kind.CHOICE,
            choices=(("at_diagnosis", "Before or at diagnosis"), ("since", "Since then")),
            longest=20,
        ),
        partial("onset_on", "Began"),
        partial("resolved_on", "Went away", "Leave it empty while it lasts, or if nobody knows."),
        TUMOR,
        NOTE,
    ),
    headline=("symptom", "phase"),
    on="onset_on",
    until="resolved_on",
)

TUMOR_VARIANTS = Section(
    key="tumor-variants",
    title="Tumor genotyping",
    one="tumor finding",
    empty="No genotyping of the tumor is recorded. Add a line for each variant, or one that says none was found.",
    group=Group.DIAGNOSIS,
    table=TumorVariant,
    fields=(
        listed("method", "Method", "genomic_method", "For example: mass-spectrometry mutation panel.", required=True),
        listed("gene", "Gene", "gene", "Leave it empty if the panel found no variant."),
        words("variant", "Variant", hint="As reported, for example c.524G>A (p.Arg175His), or “none found”."),
        listed("significance", "Significance", "variant_class"),
        Field(
            name="allele_percent",
            label="Variant allele fraction",
            kind=Kind.DECIMAL,
            unit="%",
            least=Decimal(0),
            most=Decimal(100),
        ),
        words("specimen", "Specimen", hint="Which tissue was tested, and from when."),
        words("laboratory", "Laboratory"),
        partial("reported_on", "Reported"),
        TUMOR,
        NOTE,
    ),
    headline=("gene", "variant", "significance", "method"),
    on="reported_on",
)

GERMLINE_FINDINGS = Section(
    key="germline-findings",
    title="Germline testing",
    one="germline result",
    empty="No germline test is recorded. A result here is inherited, and may matter to relatives.",
    group=Group.RISK,
    table=GermlineFinding,
    fields=(
        listed("gene", "Gene or panel", "gene", "For example: TP53, RB1, or the name of a panel.", required=True),
        words("variant", "Variant", hint="As reported, or “none found”."),
        listed("significance", "Significance", "variant_class"),
        words("laboratory", "Laboratory"),
        partial("tested_on", "Tested"),
        NOTE,
    ),
    headline=("gene", "variant", "significance"),
    on="tested_on",
)

IMMUNE_STATUSES = Section(
    key="immune-statuses",
    title="Immune status",
    one="immune condition",
    empty="Nothing is recorded about HIV, EBV or a suppressed immune system.",
    group=Group.RISK,
    table=ImmuneStatus,
    fields=(
        listed("condition", "Condition", "immune_condition", required=True),
        yes_no("present", "Present", "“No” says that it was looked for and not found."),
        listed("drug", "Medicine that causes or treats it", "immune_drug", longest=120),
        partial("started_on", "From"),
        partial("ended_on", "Until"),
        NOTE,
    ),
    headline=("condition", "present", "drug"),
    on="started_on",
    until="ended_on",
)

RELATIVES = Section(
    key="relatives",
    title="Family history",
    one="relative",
    empty="No relative is recorded. Add each one with cancer, and healthy ones where that is known.",
    group=Group.RISK,
    table=Relative,
    fields=(
        listed("relation", "Relation", "relation", "One entry for each person.", required=True),
        Field(
            name="side",
            label="Side of the family",
            kind=Kind.CHOICE,
            choices=(NOT_SAID, ("maternal", "Mother’s side"), ("paternal", "Father’s side"), ("both", "Both sides")),
            longest=20,
        ),
        yes_no("affected", "Has or had cancer"),
        words("condition", "Which cancer or syndrome"),
        Field(
            name="age_at_diagnosis",
            label="Age at diagnosis",
            kind=Kind.INTEGER,
            unit="years",
            least=Decimal(0),
            most=Decimal(120),
        ),
        yes_no("deceased", "Has died"),
        Field(
            name="age_at_death",
            label="Age at death",
            kind=Kind.INTEGER,
            unit="years",
            least=Decimal(0),
            most=Decimal(120),
        ),
        words("gene_result", "Gene test", hint="For example: same TP53 variant, tested negative."),
        NOTE,
    ),
    headline=("relation", "side", "affected", "condition", "age_at_diagnosis"),
    check=check_relative,
)

CONFERENCES = Section(
    key="conferences",
    title="Tumor boards and family meetings",
    one="meeting",
    empty="No tumor board or family meeting is recorded.",
    group=Group.WORK_UP,
    table=Conference,
    fields=(
        Field(
            name="kind",
            label="Kind of meeting",
            kind=Kind.CHOICE,
            choices=(("tumor_board", "Tumor board"), ("family_meeting", "Family meeting")),
            required=True,
            longest=20,
        ),
        partial("held_on", "Held"),
        Field(name="attended", label="Who was there", kind=Kind.LONG_TEXT, longest=4000),
        Field(name="decided", label="What was decided", kind=Kind.LONG_TEXT, longest=LONG_REPORT),
        TUMOR,
        NOTE,
    ),
    headline=("kind",),
    on="held_on",
)

TUMOR_SECTIONS = (
    METASTASES,
    SYMPTOMS,
    TUMOR_VARIANTS,
    GERMLINE_FINDINGS,
    IMMUNE_STATUSES,
    RELATIVES,
    CONFERENCES,
)
