"""What was given: operations, radiation, medicines, transplants, blood, trials, and what it did. Exposures follow."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tracker.engine.partial_dates import PartialDate
from tracker.models.base import YES_NO, Base, ChartRow, OfDiagnosis, not_negative, one_of


class Surgery(ChartRow, OfDiagnosis, Base):
    """One operation. ``limb_reason``: why a limb could be kept, or had to go."""

    __tablename__ = "surgeries"
    __table_args__ = (*not_negative("margin_mm"),)

    operation: Mapped[str] = mapped_column(sa.String(60))
    site: Mapped[str] = mapped_column(sa.String(120), default="")
    laterality: Mapped[str] = mapped_column(sa.String(60), default="")
    done_on: Mapped[PartialDate | None]
    resection: Mapped[str] = mapped_column(sa.String(20), default="")
    margin_mm: Mapped[Decimal | None]
    limb_reason: Mapped[str] = mapped_column(sa.String(400), default="")
    surgeon: Mapped[str] = mapped_column(sa.String(120), default="")
    place: Mapped[str] = mapped_column(sa.String(120), default="")


class RadiationPurpose(StrEnum):
    CURATIVE = "curative"
    RESIDUAL = "residual"
    NEOADJUVANT = "neoadjuvant"
    ADJUVANT = "adjuvant"
    PALLIATIVE = "palliative"
    CONDITIONING = "conditioning"
    UNKNOWN = "unknown"


class RadiationCourse(ChartRow, OfDiagnosis, Base):
    """One radiation course: prescribed dose to its fields.

    ``organs``: organ exposure → measured mean dose in Gy as text, or null (in the field, prescribed dose counts); the
    whole column is null where the organs are those the fields propose.
    """

    __tablename__ = "radiation_courses"
    __table_args__ = (one_of("purpose", RadiationPurpose), *not_negative("dose_gy", "fractions"))

    fields: Mapped[list[Any]]
    laterality: Mapped[str] = mapped_column(sa.String(60), default="")
    dose_gy: Mapped[Decimal | None]
    fractions: Mapped[int | None]
    purpose: Mapped[str] = mapped_column(sa.String(20), default=RadiationPurpose.UNKNOWN)
    modality: Mapped[str] = mapped_column(sa.String(60), default="")
    started_on: Mapped[PartialDate | None]
    ended_on: Mapped[PartialDate | None]
    organs: Mapped[dict[str, Any] | None]


class DrugTiming(StrEnum):
    NEOADJUVANT = "neoadjuvant"
    ADJUVANT = "adjuvant"
    INDUCTION = "induction"
    CONSOLIDATION = "consolidation"
    MAINTENANCE = "maintenance"
    CONDITIONING = "conditioning"
    RELAPSE = "relapse"
    PALLIATIVE = "palliative"
    UNKNOWN = "unknown"


DRUG_UNITS = ["mg/m2", "g/m2", "mg/kg", "mg", "g", "[U]/m2", "[U]", "AUC"]
ROUTES = ["", "iv", "po", "im", "sc", "it", "other"]


class DrugCourse(ChartRow, OfDiagnosis, Base):
    """Courses of one agent: ``dose`` per course where ``courses`` is known, else the total; null is "dose unknown"."""

    __tablename__ = "drug_courses"
    __table_args__ = (
        one_of("unit", DRUG_UNITS),
        one_of("route", ROUTES),
        one_of("timing", DrugTiming),
        one_of("myeloablative", YES_NO),
        *not_negative("dose", "courses", "single_dose", "weight_kg", "surface_m2", "weeks"),
    )

    regimen: Mapped[str] = mapped_column(sa.String(60), default="")
    agent: Mapped[str] = mapped_column(sa.String(60))
    dose: Mapped[Decimal | None]
    unit: Mapped[str] = mapped_column(sa.String(10), default="mg/m2")
    courses: Mapped[int | None]
    route: Mapped[str] = mapped_column(sa.String(10), default="")
    timing: Mapped[str] = mapped_column(sa.String(20), default=DrugTiming.UNKNOWN)
    single_dose: Mapped[Decimal | None]
    weight_kg: Mapped[Decimal | None]
    surface_m2: Mapped[Decimal | None]
    weeks: Mapped[int | None]
    myeloablative: Mapped[str] = mapped_column(sa.String(10), default="unknown")
    started_on: Mapped[PartialDate | None]
    ended_on: Mapped[PartialDate | None]


class TransplantKind(StrEnum):
    ALLOGENEIC = "allogeneic"
    AUTOLOGOUS = "autologous"
    UNKNOWN = "unknown"


class Transplant(ChartRow, OfDiagnosis, Base):
    """A stem cell transplant. ``sos``: sinusoidal obstruction syndrome afterwards."""

    __tablename__ = "transplants"
    __table_args__ = (one_of("kind", TransplantKind), one_of("sos", YES_NO))

    kind: Mapped[str] = mapped_column(sa.String(20), default=TransplantKind.UNKNOWN)
    done_on: Mapped[PartialDate | None]
    donor: Mapped[str] = mapped_column(sa.String(60), default="")
    graft_source: Mapped[str] = mapped_column(sa.String(60), default="")
    conditioning: Mapped[str] = mapped_column(sa.String(60), default="")
    sos: Mapped[str] = mapped_column(sa.String(10), default="unknown")
    place: Mapped[str] = mapped_column(sa.String(120), default="")


class GvhdKind(StrEnum):
    ACUTE = "acute"
    CHRONIC = "chronic"


class GvhdEpisode(ChartRow, Base):
    """Graft-versus-host disease; ``active``: now active or on immunosuppression."""

    __tablename__ = "gvhd_episodes"
    __table_args__ = (one_of("kind", GvhdKind), one_of("active", YES_NO))

    kind: Mapped[str] = mapped_column(sa.String(20))
    organ: Mapped[str] = mapped_column(sa.String(60), default="")
    grade: Mapped[str] = mapped_column(sa.String(20), default="")
    active: Mapped[str] = mapped_column(sa.String(10), default="unknown")
    started_on: Mapped[PartialDate | None]
    ended_on: Mapped[PartialDate | None]


class TransfusionProduct(StrEnum):
    RED_CELLS = "red_cells"
    PLATELETS = "platelets"
    PLASMA = "plasma"
    OTHER = "other"
    NONE = "none"


class Transfusion(ChartRow, Base):
    """Blood products given from a day to another; NONE: the record says that no blood was given."""

    __tablename__ = "transfusions"
    __table_args__ = (one_of("product", TransfusionProduct), *not_negative("count"))

    product: Mapped[str] = mapped_column(sa.String(20))
    count: Mapped[int | None]
    started_on: Mapped[PartialDate | None]
    ended_on: Mapped[PartialDate | None]
    country: Mapped[str] = mapped_column(sa.String(60), default="")


class RadionuclideKind(StrEnum):
    I131 = "i131"
    MIBG = "mibg"


class RadionuclideTherapy(ChartRow, OfDiagnosis, Base):
    """Radioiodine for the thyroid, or MIBG; activity as it is reported."""

    __tablename__ = "radionuclide_therapies"
    __table_args__ = (one_of("kind", RadionuclideKind), *not_negative("activity", "treatments"))

    kind: Mapped[str] = mapped_column(sa.String(20))
    activity: Mapped[Decimal | None]
    activity_unit: Mapped[str] = mapped_column(sa.String(10), default="GBq")
    treatments: Mapped[int | None]
    given_on: Mapped[PartialDate | None]


class TrialEnrollment(ChartRow, OfDiagnosis, Base):
    """A research study the survivor took part in."""

    __tablename__ = "trial_enrollments"

    title: Mapped[str] = mapped_column(sa.String(200))
    registry_number: Mapped[str] = mapped_column(sa.String(40), default="")
    phase: Mapped[str] = mapped_column(sa.String(20), default="")
    arm: Mapped[str] = mapped_column(sa.String(200), default="")
    enrolled_on: Mapped[PartialDate | None]
    left_on: Mapped[PartialDate | None]


class AdverseEvent(ChartRow, Base):
    """A side effect by its CTCAE term and grade; ``expected``: prevented or foreseen."""

    __tablename__ = "adverse_events"
    __table_args__ = (
        sa.CheckConstraint("grade IS NULL OR grade BETWEEN 1 AND 5", name="grade_known"),
        one_of("resolved", YES_NO),
        one_of("expected", YES_NO),
    )

    term: Mapped[str] = mapped_column(sa.String(120))
    grade: Mapped[int | None]
    began_on: Mapped[PartialDate | None]
    resolved: Mapped[str] = mapped_column(sa.String(10), default="unknown")
    resolved_on: Mapped[PartialDate | None]
    expected: Mapped[str] = mapped_column(sa.String(10), default="unknown")
    cause: Mapped[str] = mapped_column(sa.String(200), default="")
