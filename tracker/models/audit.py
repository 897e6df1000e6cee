"""Who did what, and who looked. Rows are only ever added: a trigger on both databases refuses the rest."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tracker.models.base import Base, HasId


class AuditEvent(HasId, Base):
    """One write, in the same transaction as what it tells of. A job acts under its own name, without a user."""

    __tablename__ = "audit_events"
    __table_args__ = (
        sa.CheckConstraint("length(actor) > 0", name="actor_named"),
        sa.Index("ix_audit_events_survivor_id_at", "survivor_id", "at"),
        sa.Index("ix_audit_events_at", "at"),
    )

    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(sa.String(160))
    actor_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id"))
    action: Mapped[str] = mapped_column(sa.String(60))
    subject_type: Mapped[str] = mapped_column(sa.String(40))
    subject_id: Mapped[UUID | None]
    survivor_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("survivors.id"))
    clinic_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("clinics.id"))
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    reason: Mapped[str] = mapped_column(sa.Text, default="")


class AccessEvent(HasId, Base):
    """One reading of a survivor's record (or of a list that shows survivors)."""

    __tablename__ = "access_events"
    __table_args__ = (
        sa.Index("ix_access_events_survivor_id_at", "survivor_id", "at"),
        sa.CheckConstraint("length(actor) > 0", name="actor_named"),
    )

    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(sa.String(160))
    actor_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id"))
    survivor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survivors.id"))
    purpose: Mapped[str] = mapped_column(sa.String(60))
    address: Mapped[str] = mapped_column(sa.String(60), default="")
