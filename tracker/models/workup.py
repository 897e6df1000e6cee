"""Tests at diagnosis: the examination, pictures, the biopsy, and blood. They close nothing that is due."""

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tracker.engine.partial_dates import PartialDate
from tracker.models.base import Base, ChartRow, OfDiagnosis, one_of


class Finding(StrEnum):
    """What an examination found; "not examined" is not "normal"."""

    NORMAL = "normal"
    ABNORMAL = "abnormal"
    NOT_EXAMINED = "not_examined"


NEURO_ITEMS = ("reflexes", "strength", "eye_movement", "mouth_movement", "coordination", "alertness")


class WorkupExam(ChartRow, OfDiagnosis, Base):
    """The history and physical examination at diagnosis, with its neurological items."""

    __tablename__ = "workup_exams"
    __table_args__ = (*(one_of(item, Finding) for item in NEURO_ITEMS),)

    examined_on: Mapped[PartialDate | None]
    history: Mapped[str] = mapped_column(sa.Text, default="")
    findings: Mapped[str] = mapped_column(sa.Text, default="")
    reflexes: Mapped[str] = mapped_column(sa.String(20), default=Finding.NOT_EXAMINED)
    strength: Mapped[str] = mapped_column(sa.String(20), default=Finding.NOT_EXAMINED)
    eye_movement: Mapped[str] = mapped_column(sa.String(20), default=Finding.NOT_EXAMINED)
    mouth_movement: Mapped[str] = mapped_column(sa.String(20), default=Finding.NOT_EXAMINED)
    coordination: Mapped[str] = mapped_column(sa.String(20), default=Finding.NOT_EXAMINED)
    alertness: Mapped[str] = mapped_column(sa.String(20), default=Finding.NOT_EXAMINED)


class WorkupImaging(ChartRow, OfDiagnosis, Base):
    """One picture at diagnosis: X-ray, MRI, CT, bone scan …"""

    __tablename__ = "workup_imaging"

    modality: Mapped[str] = mapped_column(sa.String(60))
    region: Mapped[str] = mapped_column(sa.String(60), default="")
    laterality: Mapped[str] = mapped_column(sa.String(60), default="")
    done_on: Mapped[PartialDate | None]
    report: Mapped[str] = mapped_column(sa.Text, default="")
    impression: Mapped[str] = mapped_column(sa.Text, default="")


class Biopsy(ChartRow, OfDiagnosis, Base):
    """How tissue was taken, and what the pathologist said."""

    __tablename__ = "biopsies"

    method: Mapped[str] = mapped_column(sa.String(60))
    site: Mapped[str] = mapped_column(sa.String(120), default="")
    laterality: Mapped[str] = mapped_column(sa.String(60), default="")
    done_on: Mapped[PartialDate | None]
    specimen: Mapped[str] = mapped_column(sa.String(200), default="")
    pathology: Mapped[str] = mapped_column(sa.Text, default="")
    reported_on: Mapped[PartialDate | None]


class WorkupLab(ChartRow, OfDiagnosis, Base):
    """One laboratory value at diagnosis, as reported: with its unit and the range it was reported with."""

    __tablename__ = "workup_labs"

    analyte: Mapped[str] = mapped_column(sa.String(120))
    loinc: Mapped[str] = mapped_column(sa.String(20), default="")
    value: Mapped[str] = mapped_column(sa.String(120), default="")
    unit: Mapped[str] = mapped_column(sa.String(60), default="")
    reference_range: Mapped[str] = mapped_column(sa.String(120), default="")
    flag: Mapped[str] = mapped_column(sa.String(20), default="")
    taken_on: Mapped[PartialDate | None]
