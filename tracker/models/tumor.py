"""The tumor beyond its name: where it spread, what it did, its genes and the family's, and who conferred about it."""

from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tracker.engine.partial_dates import PartialDate
from tracker.models.base import YES_NO, Base, ChartRow, OfDiagnosis, not_negative, one_of


class Metastasis(ChartRow, OfDiagnosis, Base):
    """Spread to one organ, found on a day."""

    __tablename__ = "metastases"

    organ: Mapped[str] = mapped_column(sa.String(60))
    found_on: Mapped[PartialDate | None]
    found_by: Mapped[str] = mapped_column(sa.String(60), default="")
    treated: Mapped[str] = mapped_column(sa.String(200), default="")


class SymptomPhase(StrEnum):
    AT_DIAGNOSIS = "at_diagnosis"
    SINCE = "since"


class Symptom(ChartRow, OfDiagnosis, Base):
    """A symptom of the tumor, from its onset."""

    __tablename__ = "symptoms"
    __table_args__ = (one_of("phase", SymptomPhase),)

    symptom: Mapped[str] = mapped_column(sa.String(60))
    phase: Mapped[str] = mapped_column(sa.String(20), default=SymptomPhase.AT_DIAGNOSIS)
    onset_on: Mapped[PartialDate | None]
    resolved_on: Mapped[PartialDate | None]


class TumorVariant(ChartRow, OfDiagnosis, Base):
    """One finding of a tumor genotyping report (somatic); "none found" is a finding."""

    __tablename__ = "tumor_variants"
    __table_args__ = (*not_negative("allele_percent"),)

    method: Mapped[str] = mapped_column(sa.String(60))
    gene: Mapped[str] = mapped_column(sa.String(60), default="")
    variant: Mapped[str] = mapped_column(sa.String(200), default="")
    significance: Mapped[str] = mapped_column(sa.String(60), default="")
    allele_percent: Mapped[Decimal | None]
    specimen: Mapped[str] = mapped_column(sa.String(200), default="")
    laboratory: Mapped[str] = mapped_column(sa.String(200), default="")
    reported_on: Mapped[PartialDate | None]


class GermlineFinding(ChartRow, Base):
    """One result of germline testing, kept apart from the tumor's genes."""

    __tablename__ = "germline_findings"

    gene: Mapped[str] = mapped_column(sa.String(60))
    variant: Mapped[str] = mapped_column(sa.String(200), default="")
    significance: Mapped[str] = mapped_column(sa.String(60), default="")
    laboratory: Mapped[str] = mapped_column(sa.String(200), default="")
    tested_on: Mapped[PartialDate | None]


class ImmuneStatus(ChartRow, Base):
    """A condition of the immune system that bears on cancer: HIV, EBV, immunosuppression and its drug."""

    __tablename__ = "immune_statuses"
    __table_args__ = (one_of("present", YES_NO),)

    condition: Mapped[str] = mapped_column(sa.String(60))
    present: Mapped[str] = mapped_column(sa.String(10), default="yes")
    drug: Mapped[str] = mapped_column(sa.String(120), default="")
    started_on: Mapped[PartialDate | None]
    ended_on: Mapped[PartialDate | None]


class Relative(ChartRow, Base):
    """One relative in the pedigree; several rows of one relation are several people."""

    __tablename__ = "relatives"
    __table_args__ = (
        one_of("affected", YES_NO),
        one_of("deceased", YES_NO),
        *not_negative("age_at_diagnosis", "age_at_death"),
    )

    relation: Mapped[str] = mapped_column(sa.String(60))
    side: Mapped[str] = mapped_column(sa.String(20), default="")
    affected: Mapped[str] = mapped_column(sa.String(10), default="unknown")
    condition: Mapped[str] = mapped_column(sa.String(200), default="")
    age_at_diagnosis: Mapped[int | None]
    deceased: Mapped[str] = mapped_column(sa.String(10), default="unknown")
    age_at_death: Mapped[int | None]
    gene_result: Mapped[str] = mapped_column(sa.String(200), default="")


class ConferenceKind(StrEnum):
    TUMOR_BOARD = "tumor_board"
    FAMILY_MEETING = "family_meeting"


class Conference(ChartRow, OfDiagnosis, Base):
    """A case conference or a meeting with the family: who was there and what was decided."""

    __tablename__ = "conferences"
    __table_args__ = (one_of("kind", ConferenceKind),)

    kind: Mapped[str] = mapped_column(sa.String(20))
    held_on: Mapped[PartialDate | None]
    attended: Mapped[str] = mapped_column(sa.Text, default="")
    decided: Mapped[str] = mapped_column(sa.Text, default="")
