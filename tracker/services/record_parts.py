"""Every part of the record that an edition keeps: those of the main editor, then the sections, with their labels."""

from functools import cache

from tracker.errors import NotFound
from tracker.models import (
    Certainty,
    Diagnosis,
    DiagnosisCourse,
    Event,
    EventName,
    Exposure,
    ExposureSource,
    Predisposition,
)
from tracker.services.sections.spec import Field, Group, Kind, Section

COURSES = {
    DiagnosisCourse.PRIMARY: "First diagnosis",
    DiagnosisCourse.RELAPSE: "Relapse",
    DiagnosisCourse.PROGRESSION: "Progression",
    DiagnosisCourse.SECOND_PRIMARY: "Another cancer",
}
EVENTS = {
    EventName.PREGNANCY_PLANNED: "Pregnancy planned",
    EventName.GROWTH_COMPLETE: "Growth complete",
    EventName.FERTILITY_REQUEST: "Asked about fertility",
}
CERTAINTIES = {
    Certainty.KNOWN: "Known",
    Certainty.DOSE_UNKNOWN: "Given, dose unknown",
    Certainty.DATE_ONLY: "Only the date is known",
}
SOURCES = {ExposureSource.RECORDED: "Recorded as a total", ExposureSource.GIVEN: "Follows from what was given"}


def _dates(**labels: str) -> tuple[Field, ...]:
    return tuple(Field(name=name, label=label, kind=Kind.PARTIAL_DATE) for name, label in labels.items())


def _words(**labels: str) -> tuple[Field, ...]:
    return tuple(Field(name=name, label=label) for name, label in labels.items())


def _listed(**labels: tuple[str, str]) -> tuple[Field, ...]:
    return tuple(
        Field(name=name, label=label, kind=Kind.LOOKUP, lookup=lookup) for name, (label, lookup) in labels.items()
    )


DIAGNOSES = Section(
    key="diagnoses",
    title="Diagnoses",
    one="diagnosis",
    empty="No diagnosis is recorded.",
    group=Group.DIAGNOSIS,
    table=Diagnosis,
    fields=(
        *_words(name="Diagnosis"),
        Field(
            name="course",
            label="Course",
            kind=Kind.CHOICE,
            choices=tuple((course.value, words) for course, words in COURSES.items()),
        ),
        *_dates(diagnosed_on="Diagnosed"),
        *_words(icdo3_morphology="ICD-O-3 morphology"),
        *_listed(
            icdo3_topography=("ICD-O-3 topography", "topography"),
            clinic_subtype=("Subtype", "lms_subtype"),
            tissue=("Tissue of origin", "tissue"),
        ),
        *_words(site="Site (for the schedule)"),
        *_listed(laterality=("Side", "laterality")),
        *_words(vessel="Vessel (for the schedule)"),
        *_listed(
            vessel_name=("Vessel", "vessel"),
            bone=("Bone", "bone"),
            bone_segment=("Bone segment", "bone_segment"),
            extremity_part=("Part of the limb", "extremity_part"),
        ),
        *_words(depth="Depth", grade="Grade"),
        *_listed(grade_system=("Grading system", "grade_system")),
        *_dates(graded_on="Graded"),
        *_listed(differentiation=("Differentiation", "differentiation")),
        Field(name="mitotic_count", label="Mitotic count", kind=Kind.INTEGER),
        *_words(mitotic_field="Mitotic count per"),
        Field(name="size_mm", label="Size", kind=Kind.INTEGER, unit="mm"),
        *_words(resection="Resection"),
        Field(name="margin_mm", label="Margin", kind=Kind.DECIMAL, unit="mm"),
        *_dates(resected_on="Resected"),
        *_words(stage="Stage"),
        *_listed(stage_system=("Staging system", "stage_system")),
        *_words(
            histology="Histology",
            risk="Risk group",
            subtype="Subtype (for the schedule)",
            mibg="MIBG scan",
            lesion="Lesion as seen",
        ),
        *_dates(symptom_onset_on="First symptom", end_of_therapy_on="End of therapy"),
        Field(name="note", label="Note", kind=Kind.LONG_TEXT),
    ),
    headline=("name",),
    on="diagnosed_on",
)
EXPOSURES = Section(
    key="exposures",
    title="Cumulative exposures",
    one="exposure",
    empty="No exposure is recorded.",
    group=Group.TREATMENT,
    table=Exposure,
    fields=(
        *_listed(name=("Exposure", "exposures")),
        Field(
            name="certainty",
            label="What is known",
            kind=Kind.CHOICE,
            choices=tuple((known.value, words) for known, words in CERTAINTIES.items()),
        ),
        Field(name="value", label="Dose", kind=Kind.DECIMAL),
        Field(name="at_least", label="At least", kind=Kind.DECIMAL),
        *_words(unit="Unit"),
        *_dates(last_on="Last day"),
        Field(
            name="source",
            label="Where it comes from",
            kind=Kind.CHOICE,
            choices=tuple((source.value, words) for source, words in SOURCES.items()),
        ),
    ),
    headline=("name",),
    on="last_on",
)
EVENTS_PART = Section(
    key="events",
    title="Events that start or end a check",
    one="event",
    empty="No such event is recorded.",
    group=Group.HEALTH,
    table=Event,
    fields=(
        Field(
            name="name",
            label="Event",
            kind=Kind.CHOICE,
            choices=tuple((name.value, words) for name, words in EVENTS.items()),
        ),
        *_dates(happened_on="When"),
    ),
    headline=("name",),
    on="happened_on",
)
PREDISPOSITIONS = Section(
    key="predispositions",
    title="Inherited predisposition",
    one="syndrome",
    empty="No inherited syndrome is recorded.",
    group=Group.RISK,
    table=Predisposition,
    fields=_words(
        syndrome="Syndrome",
        gene="Gene",
        phenotype="Phenotype",
        risk="Risk group",
        thyroid="Thyroid",
        germline="Germline variant",
        ultrasound="Ultrasound",
    ),
    headline=("syndrome",),
)
ABOUT_LABELS = {
    "mrn": "Record number",
    "family_name": "Family name",
    "given_name": "Given name",
    "preferred_name": "Goes by",
    "birth_date": "Birth date",
    "sex_at_birth": "Sex at birth",
    "language": "Language",
    "interpreter_needed": "Interpreter needed",
    "interpreter_language": "Interpreter's language",
    "ltfu_entry_on": "Entry to long-term follow-up",
    "summary_confirmed_on": "Summary confirmed on",
    "summary_confirmed_by": "Summary confirmed by",
}


@cache
def parts() -> tuple[Section, ...]:
    """All parts, the main editor's own first; each key once."""
    from tracker.services.sections.registry import SECTIONS

    return (DIAGNOSES, PREDISPOSITIONS, *SECTIONS.values(), EXPOSURES, EVENTS_PART)


def part(key: str) -> Section:
    """The part with this key.

    Raises:
        NotFound: the record has no such part.
    """
    for each in parts():
        if each.key == key:
            return each
    raise NotFound("The record has no such part")
