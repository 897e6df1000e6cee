"""Every state a treatment summary has been in, so that it can be compared with itself on an earlier day."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tracker.models.base import Base, HasId


class SummaryEdition(HasId, Base):
    """The whole summary as it stood after one change: who made it, when and why. Rows are only added."""

    __tablename__ = "summary_editions"
    __table_args__ = (
        sa.UniqueConstraint("survivor_id", "number"),
        sa.CheckConstraint("number >= 1", name="number_counted"),
        sa.CheckConstraint("length(actor) > 0", name="actor_named"),
        sa.Index("ix_summary_editions_survivor_id_recorded_at", "survivor_id", "recorded_at"),
    )

    survivor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survivors.id"))
    number: Mapped[int]
    recorded_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(sa.String(160))
    actor_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id"))
    change: Mapped[str] = mapped_column(sa.String(60))
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    content: Mapped[dict[str, Any]]
