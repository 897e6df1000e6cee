"""The parts of the record about the tests at diagnosis: examination, pictures, biopsy and laboratory."""

from tracker.models import Biopsy, WorkupExam, WorkupImaging, WorkupLab
from tracker.services.sections.questions import check_biopsy, check_exam
from tracker.services.sections.shared_fields import LONG_REPORT, NOT_SAID, NOTE, SIDE, TUMOR, listed, partial, words
from tracker.services.sections.spec import Field, Group, Kind, Section

FINDINGS = (("not_examined", "Not examined"), ("normal", "Normal"), ("abnormal", "Abnormal"))


def _item(name: str, label: str) -> Field:
    return Field(name=name, label=label, kind=Kind.CHOICE, choices=FINDINGS, longest=20)


def _report(name: str, label: str, hint: str = "") -> Field:
    return Field(name=name, label=label, kind=Kind.LONG_TEXT, longest=LONG_REPORT, hint=hint)


WORKUP_EXAMS = Section(
    key="workup-exams",
    title="History and examination",
    one="examination",
    empty="No examination at diagnosis is recorded.",
    group=Group.WORK_UP,
    table=WorkupExam,
    fields=(
        partial("examined_on", "Examined"),
        _report("history", "Medical history"),
        _report("findings", "Physical examination"),
        _item("reflexes", "Reflexes"),
        _item("strength", "Strength"),
        _item("eye_movement", "Eye movement"),
        _item("mouth_movement", "Mouth movement"),
        _item("coordination", "Coordination"),
        _item("alertness", "Alertness"),
        TUMOR,
        NOTE,
    ),
    headline=("findings",),
    on="examined_on",
    check=check_exam,
)

WORKUP_IMAGING = Section(
    key="workup-imaging",
    title="Imaging at diagnosis",
    one="picture",
    empty="No X-ray, MRI, CT or scan from the time of diagnosis is recorded.",
    group=Group.WORK_UP,
    table=WorkupImaging,
    fields=(
        listed(
            "modality",
            "Kind of picture",
            "imaging_modality",
            "A bone tumor near the growth plate is hard to see on an X-ray; an MRI shows it better.",
            required=True,
        ),
        listed("region", "Part of the body", "body_region"),
        SIDE,
        partial("done_on", "Done"),
        _report("report", "Report"),
        _report("impression", "Impression", "The radiologist’s conclusion, in a sentence or two."),
        TUMOR,
        NOTE,
    ),
    headline=("modality", "region", "laterality", "impression"),
    on="done_on",
)

BIOPSIES = Section(
    key="biopsies",
    title="Biopsies",
    one="biopsy",
    empty="No biopsy is recorded.",
    group=Group.WORK_UP,
    table=Biopsy,
    fields=(
        listed("method", "Method", "biopsy_method", required=True),
        listed("site", "Site", "topography", "Where the tissue was taken from.", longest=120),
        SIDE,
        partial("done_on", "Done"),
        words("specimen", "Specimen", hint="What was sent, and its number if known."),
        _report("pathology", "What the pathologist found"),
        partial("reported_on", "Reported"),
        TUMOR,
        NOTE,
    ),
    headline=("method", "site", "laterality"),
    on="done_on",
    check=check_biopsy,
)

WORKUP_LABS = Section(
    key="workup-labs",
    title="Laboratory at diagnosis",
    one="laboratory value",
    empty="No blood count, chemistry or other value from the time of diagnosis is recorded.",
    group=Group.WORK_UP,
    table=WorkupLab,
    fields=(
        words("analyte", "What was measured", 120, "For example: hemoglobin, creatinine.", required=True),
        words("loinc", "LOINC code", 20, "For example: 718-7."),
        words("value", "Value", 120, "As reported; words such as “not detected” are fine."),
        words("unit", "Unit", 60, "As reported. It is never converted."),
        words("reference_range", "Reference range", 120, "As reported."),
        Field(
            name="flag",
            label="Marked as",
            kind=Kind.CHOICE,
            choices=(
                NOT_SAID,
                ("normal", "Normal"),
                ("low", "Low"),
                ("high", "High"),
                ("abnormal", "Abnormal"),
                ("critical", "Critical"),
            ),
            longest=20,
        ),
        partial("taken_on", "Taken"),
        TUMOR,
        NOTE,
    ),
    headline=("analyte", "value", "unit", "flag"),
    on="taken_on",
)

WORKUP_SECTIONS = (WORKUP_EXAMS, WORKUP_IMAGING, BIOPSIES, WORKUP_LABS)
