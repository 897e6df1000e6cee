"""The treatment summary: diagnoses, exposures, events, predispositions, and the imported chart."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tracker.engine.partial_dates import PartialDate
from tracker.models.base import PRECISIONS, Base, HasId, not_negative, one_of

TUMOR_FIELDS = ("grade", "site", "vessel", "depth", "resection", "histology", "stage", "risk", "subtype", "mibg")
SYNDROME_FIELDS = ("gene", "phenotype", "risk", "thyroid", "germline", "ultrasound")


def _not_blank(column: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} IS NULL OR length({column}) > 0", name=f"{column}_not_blank")


class DiagnosisCourse(StrEnum):
    """What an entry is: a first cancer, its return, or another cancer."""

    PRIMARY = "primary"
    RELAPSE = "relapse"
    PROGRESSION = "progression"
    SECOND_PRIMARY = "second_primary"


class Diagnosis(HasId, Base):
    """A primary cancer or relapse; ``position`` 0 is the survivor's own entry. Stratum fields choose the schedule."""

    __tablename__ = "diagnoses"
    __table_args__ = (
        sa.UniqueConstraint("survivor_id", "position"),
        sa.Index("ix_diagnoses_name", "name", "survivor_id"),
        sa.CheckConstraint("position >= 0", name="position_counted"),
        *(_not_blank(field) for field in TUMOR_FIELDS),
        *(one_of(f"{each}_precision", PRECISIONS) for each in ("diagnosed", "resected", "end_of_therapy")),
        one_of("course", DiagnosisCourse),
        *not_negative("mitotic_count", "size_mm", "margin_mm"),
    )

    survivor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survivors.id"), index=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(sa.String(200))
    icdo3_morphology: Mapped[str] = mapped_column(sa.String(10), default="")
    diagnosed_on: Mapped[date | None]
    resected_on: Mapped[date | None]
    end_of_therapy_on: Mapped[date | None]
    grade: Mapped[str | None] = mapped_column(sa.String(60))
    site: Mapped[str | None] = mapped_column(sa.String(60))
    vessel: Mapped[str | None] = mapped_column(sa.String(60))
    depth: Mapped[str | None] = mapped_column(sa.String(60))
    resection: Mapped[str | None] = mapped_column(sa.String(60))
    histology: Mapped[str | None] = mapped_column(sa.String(60))
    stage: Mapped[str | None] = mapped_column(sa.String(60))
    risk: Mapped[str | None] = mapped_column(sa.String(60))
    subtype: Mapped[str | None] = mapped_column(sa.String(60))
    mibg: Mapped[str | None] = mapped_column(sa.String(60))
    external_id: Mapped[str | None] = mapped_column(sa.String(200))
    # Of a date known to the year or month only, the column holds the first possible day.
    diagnosed_precision: Mapped[str] = mapped_column(sa.String(5), default="day", server_default="day")
    resected_precision: Mapped[str] = mapped_column(sa.String(5), default="day", server_default="day")
    end_of_therapy_precision: Mapped[str] = mapped_column(sa.String(5), default="day", server_default="day")
    course: Mapped[str] = mapped_column(sa.String(20), default="primary", server_default="primary")
    icdo3_topography: Mapped[str] = mapped_column(sa.String(10), default="", server_default="")
    clinic_subtype: Mapped[str] = mapped_column(sa.String(60), default="", server_default="")
    tissue: Mapped[str] = mapped_column(sa.String(60), default="", server_default="")
    laterality: Mapped[str] = mapped_column(sa.String(60), default="", server_default="")
    bone: Mapped[str] = mapped_column(sa.String(60), default="", server_default="")
    bone_segment: Mapped[str] = mapped_column(sa.String(60), default="", server_default="")
    extremity_part: Mapped[str] = mapped_column(sa.String(60), default="", server_default="")
    vessel_name: Mapped[str] = mapped_column(sa.String(60), default="", server_default="")
    grade_system: Mapped[str] = mapped_column(sa.String(60), default="", server_default="")
    graded_on: Mapped[PartialDate | None]
    differentiation: Mapped[str] = mapped_column(sa.String(60), default="", server_default="")
    mitotic_count: Mapped[int | None]
    mitotic_field: Mapped[str] = mapped_column(sa.String(60), default="", server_default="")
    size_mm: Mapped[int | None]
    margin_mm: Mapped[Decimal | None]
    stage_system: Mapped[str] = mapped_column(sa.String(60), default="", server_default="")
    symptom_onset_on: Mapped[PartialDate | None]
    lesion: Mapped[str] = mapped_column(sa.String(400), default="", server_default="")
    note: Mapped[str] = mapped_column(sa.Text, default="", server_default="")

    def tumor(self) -> dict[str, str]:
        """The stratum fields that are recorded, as the guideline's tables name them."""
        return {field: value for field in TUMOR_FIELDS if (value := getattr(self, field)) is not None}


class Certainty(StrEnum):
    """How much is known of an exposure: its dose, only that it was given, or only when."""

    KNOWN = "known"
    DOSE_UNKNOWN = "dose_unknown"
    DATE_ONLY = "date_only"


class ExposureSource(StrEnum):
    """Whether an exposure was recorded as a total, or follows from the courses that were given."""

    RECORDED = "recorded"
    GIVEN = "given"


UNITS = ["1", "Gy", "mg/m2", "[U]/m2", "{count}", "a"]


class Exposure(HasId, Base):
    """One therapy that carries risk, by its name in the pack's vocabulary."""

    __tablename__ = "exposures"
    __table_args__ = (
        sa.UniqueConstraint("survivor_id", "name"),
        one_of("certainty", Certainty),
        one_of("unit", UNITS),
        sa.CheckConstraint("(certainty = 'known') = (value IS NOT NULL)", name="value_when_known"),
        sa.CheckConstraint("value IS NULL OR value >= 0", name="value_not_negative"),
        one_of("source", ExposureSource),
        one_of("last_precision", PRECISIONS),
        *not_negative("at_least"),
    )

    survivor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survivors.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    certainty: Mapped[str] = mapped_column(sa.String(20), default=Certainty.KNOWN)
    value: Mapped[Decimal | None]
    unit: Mapped[str] = mapped_column(sa.String(20))
    last_on: Mapped[date | None]
    last_precision: Mapped[str] = mapped_column(sa.String(5), default="day", server_default="day")
    at_least: Mapped[Decimal | None]
    source: Mapped[str] = mapped_column(
        sa.String(10), default=ExposureSource.RECORDED, server_default=ExposureSource.RECORDED
    )


class EventName(StrEnum):
    PREGNANCY_PLANNED = "pregnancy_planned"
    GROWTH_COMPLETE = "growth_complete"
    FERTILITY_REQUEST = "fertility_request"


class Event(HasId, Base):
    """Something that happened to the survivor and starts or ends a check."""

    __tablename__ = "events"
    __table_args__ = (
        one_of("name", EventName),
        sa.UniqueConstraint("survivor_id", "name"),
        one_of("happened_precision", PRECISIONS),
    )

    survivor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survivors.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(40))
    happened_on: Mapped[date]
    happened_precision: Mapped[str] = mapped_column(sa.String(5), default="day", server_default="day")


class Predisposition(HasId, Base):
    """An inherited cancer syndrome, with the fields its rules ask about."""

    __tablename__ = "predispositions"
    __table_args__ = (
        sa.UniqueConstraint("survivor_id", "position"),
        *(_not_blank(field) for field in SYNDROME_FIELDS),
    )

    survivor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survivors.id"), index=True)
    position: Mapped[int]
    syndrome: Mapped[str] = mapped_column(sa.String(200))
    gene: Mapped[str | None] = mapped_column(sa.String(60))
    phenotype: Mapped[str | None] = mapped_column(sa.String(60))
    risk: Mapped[str | None] = mapped_column(sa.String(60))
    thyroid: Mapped[str | None] = mapped_column(sa.String(60))
    germline: Mapped[str | None] = mapped_column(sa.String(60))
    ultrasound: Mapped[str | None] = mapped_column(sa.String(60))

    def fields(self) -> dict[str, str]:
        """The stratum fields that are recorded, as the guideline's tables name them."""
        return {field: value for field in SYNDROME_FIELDS if (value := getattr(self, field)) is not None}


class ChartEntry(HasId, Base):
    """One coded entry of an imported chart, kept with its code whether or not it maps to a test or diagnosis."""

    __tablename__ = "chart_entries"
    __table_args__ = (
        sa.UniqueConstraint("survivor_id", "resource_type", "external_id"),
        sa.Index(
            "ix_chart_entries_unmapped",
            "code_system",
            "code",
            sqlite_where=sa.text("mapped_to = ''"),
            postgresql_where=sa.text("mapped_to = ''"),
        ),
    )

    survivor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survivors.id"), index=True)
    resource_type: Mapped[str] = mapped_column(sa.String(40))
    external_id: Mapped[str] = mapped_column(sa.String(200))
    code_system: Mapped[str] = mapped_column(sa.String(200), default="")
    code: Mapped[str] = mapped_column(sa.String(80), default="")
    display: Mapped[str] = mapped_column(sa.String(400), default="")
    status: Mapped[str] = mapped_column(sa.String(40), default="")
    occurred_on: Mapped[date | None]
    value_text: Mapped[str] = mapped_column(sa.String(400), default="")
    unit: Mapped[str] = mapped_column(sa.String(60), default="")
    mapped_to: Mapped[str] = mapped_column(sa.String(200), default="")
    imported_at: Mapped[datetime]
    # When its source last changed it, where that is told: an older version never replaces a newer one.
    stated_at: Mapped[datetime | None]
    # The whole resource, compressed, while its code means nothing here: a later mapping reads it again.
    source: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True)
