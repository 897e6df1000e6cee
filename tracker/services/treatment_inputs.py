"""A treatment summary as somebody enters it: what a form or a file says, before it is checked and stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from dataclasses import fields as fields_of
from datetime import date
from decimal import Decimal
from uuid import UUID

from tracker.engine.partial_dates import Day, PartialDate
from tracker.models import Certainty, DiagnosisCourse
from tracker.services.sections.entries import EntryInput

YES_NO_UNIT = "1"


@dataclass(frozen=True, kw_only=True)
class TumorDetails:
    """What is known of a tumor beyond the words that choose its schedule; named like the columns.

    Codes are those of the catalogue's lists, or other words where a list has none. ``mitotic_count`` is counted in
    ``mitotic_field`` ("10 HPF"); ``size_mm`` and ``margin_mm`` are in millimeters. Differentiation is never inferred
    from the grade.
    """

    course: str = DiagnosisCourse.PRIMARY
    icdo3_topography: str = ""
    clinic_subtype: str = ""
    tissue: str = ""
    laterality: str = ""
    bone: str = ""
    bone_segment: str = ""
    extremity_part: str = ""
    vessel_name: str = ""
    grade_system: str = ""
    graded_on: PartialDate | None = None
    differentiation: str = ""
    mitotic_count: int | None = None
    mitotic_field: str = ""
    size_mm: int | None = None
    margin_mm: Decimal | None = None
    stage_system: str = ""
    symptom_onset_on: PartialDate | None = None
    lesion: str = ""
    note: str = ""


DETAILS = tuple(each.name for each in fields_of(TumorDetails))


@dataclass(frozen=True, kw_only=True)
class DiagnosisInput:
    """A primary cancer or relapse; the first of a summary is the survivor's own entry.

    ``id``: of the row that it changes, wherever it now stands in the list; without one the row is found by name and
    date, then (where no diagnosis of the summary brings an id) by its place. ``details`` None keeps what stands: an
    import that knows nothing of them wipes nothing.
    """

    name: str
    icdo3_morphology: str = ""
    diagnosed_on: Day | None = None
    resected_on: Day | None = None
    end_of_therapy_on: Day | None = None
    tumor: Mapping[str, str] = field(default_factory=dict)
    details: TumorDetails | None = None
    id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ExposureInput:
    """One therapy by its name in the pack's vocabulary, ``value`` in the vocabulary's own unit: a recorded total.

    ``at_least``: the known part of a dose that is otherwise unknown (None: as it stands). ``confirmed``: a dose beyond
    what is usual was looked at again and is right.
    """

    name: str
    certainty: str = Certainty.KNOWN
    value: Decimal | None = None
    at_least: Decimal | None = None
    last_on: Day | None = None
    confirmed: bool = False


@dataclass(frozen=True, kw_only=True)
class PredispositionInput:
    """An inherited cancer syndrome, with the fields its rules ask about."""

    syndrome: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SummaryInput:
    """A survivor's treatment summary, with who confirmed it and when.

    ``entries``: by the key of their section ("drugs"), the operations, radiation, medicines, transplants and
    metastases. A section that is absent is left alone; entries of a present one that are not listed are removed. The
    ``diagnosis_id`` of an entry may be the place (an ``int``) of a diagnosis of this summary that is new.
    """

    diagnoses: tuple[DiagnosisInput, ...] = ()
    exposures: tuple[ExposureInput, ...] = ()
    events: Mapping[str, Day] = field(default_factory=dict)
    predispositions: tuple[PredispositionInput, ...] = ()
    ltfu_entry_on: date | None = None
    confirmed_on: date | None = None
    confirmed_by: str = ""
    entries: Mapping[str, tuple[EntryInput, ...]] = field(default_factory=dict)
