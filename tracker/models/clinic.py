"""The clinic, its visits, results and decisions about what happened there."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tracker.models.base import Base, HasId, one_of


class Clinic(HasId, Base):
    """A survivorship clinic: its zone, its weekday, and the guideline pack it uses."""

    __tablename__ = "clinics"
    __table_args__ = (
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday_known"),
        sa.CheckConstraint("slots_per_day BETWEEN 1 AND 60", name="slots_sensible"),
        sa.CheckConstraint("(pack_adopted_on IS NULL) = (pack_adopted_by_id IS NULL)", name="adoption_whole"),
    )

    name: Mapped[str] = mapped_column(sa.String(120), unique=True)
    tz: Mapped[str] = mapped_column(sa.String(60))
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    address: Mapped[str] = mapped_column(sa.String(300), default="")
    weekday: Mapped[int] = mapped_column(default=0)
    first_slot: Mapped[str] = mapped_column(sa.String(5), default="09:00")
    slot_minutes: Mapped[int] = mapped_column(default=30)
    slots_per_day: Mapped[int] = mapped_column(default=12)
    pack: Mapped[str] = mapped_column(sa.String(80), default="childhood-cancer/2026.1")
    pack_choices: Mapped[dict[str, Any]] = mapped_column(default=dict)
    pack_adopted_on: Mapped[date | None]
    pack_adopted_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id"))
    created_at: Mapped[datetime]


class VisitStatus(StrEnum):
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    MISSED = "missed"


class Visit(HasId, Base):
    """One attendance at the clinic, booked into a slot of a clinic day."""

    __tablename__ = "visits"
    __table_args__ = (
        one_of("status", VisitStatus),
        sa.CheckConstraint("slot >= 0", name="slot_counted"),
        sa.CheckConstraint("(status = 'completed') = (completed_at IS NOT NULL)", name="completion_whole"),
        sa.CheckConstraint("status NOT IN ('in_progress', 'completed') OR opened_at IS NOT NULL", name="opened_first"),
        # One survivor a slot, unless the booking was called off: two people booking at once cannot both win.
        sa.Index(
            "uq_visits_slot",
            "clinic_id",
            "planned_on",
            "slot",
            unique=True,
            sqlite_where=sa.text("status NOT IN ('cancelled', 'missed')"),
            postgresql_where=sa.text("status NOT IN ('cancelled', 'missed')"),
        ),
        sa.Index("ix_visits_survivor_id_planned_on", "survivor_id", "planned_on"),
    )

    survivor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survivors.id"))
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    planned_on: Mapped[date]
    slot: Mapped[int]
    status: Mapped[str] = mapped_column(sa.String(20), default=VisitStatus.PLANNED)
    opened_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(sa.Text, default="")
    booked_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id"))
    created_at: Mapped[datetime]


class ResultStatus(StrEnum):
    """FHIR R4 observation status; final, amended and corrected ones count."""

    REGISTERED = "registered"
    PARTIAL = "partial"
    PRELIMINARY = "preliminary"
    FINAL = "final"
    AMENDED = "amended"
    CORRECTED = "corrected"
    APPENDED = "appended"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    NORMAL = "normal"
    ABNORMAL = "abnormal"
    INDETERMINATE = "indeterminate"


class Result(HasId, Base):
    """The outcome of a test, whoever ordered it. A correction is a new row; the old one stays, superseded."""

    __tablename__ = "results"
    __table_args__ = (
        one_of("status", ResultStatus),
        one_of("outcome", Outcome, optional=True),
        sa.CheckConstraint("value IS NULL OR unit IS NOT NULL", name="value_has_unit"),
        sa.Index("ix_results_survivor_id_test_code", "survivor_id", "test_code"),
        sa.UniqueConstraint("survivor_id", "external_id"),
    )

    survivor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survivors.id"))
    test_code: Mapped[str] = mapped_column(sa.String(80))
    performed_on: Mapped[date]
    status: Mapped[str] = mapped_column(sa.String(20), default=ResultStatus.FINAL)
    adequate: Mapped[bool] = mapped_column(default=True)
    claimed: Mapped[bool] = mapped_column(default=False)
    value: Mapped[Decimal | None]
    unit: Mapped[str | None] = mapped_column(sa.String(40))
    reference_range: Mapped[str] = mapped_column(sa.String(80), default="")
    outcome: Mapped[str | None] = mapped_column(sa.String(20))
    report: Mapped[str] = mapped_column(sa.Text, default="")
    source: Mapped[str] = mapped_column(sa.String(120), default="")
    external_id: Mapped[str | None] = mapped_column(sa.String(200))
    visit_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("visits.id"))
    replaces_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("results.id"), unique=True)
    superseded_at: Mapped[datetime | None]
    recorded_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id"))
    recorded_at: Mapped[datetime]
