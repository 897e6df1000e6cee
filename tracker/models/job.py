"""The lease that keeps two schedulers apart, what each run did, and messages waiting to go out."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tracker.models.base import Base, HasId, one_of


class JobLease(Base):
    """Who may work on a job now; ``fence`` rises with every new holder."""

    __tablename__ = "job_leases"

    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    holder: Mapped[str] = mapped_column(sa.String(80))
    fence: Mapped[int]
    expires_at: Mapped[datetime]


class JobRun(HasId, Base):
    """One run of a job for one clinic's local day, or one attempt of it."""

    __tablename__ = "job_runs"
    __table_args__ = (
        sa.Index("ix_job_runs_name_finished_at", "name", "finished_at"),
        sa.Index("ix_job_runs_name_clinic_id_local_day", "name", "clinic_id", "local_day"),
    )

    name: Mapped[str] = mapped_column(sa.String(60))
    clinic_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("clinics.id"))
    local_day: Mapped[date | None]
    holder: Mapped[str] = mapped_column(sa.String(80))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[str | None] = mapped_column(sa.Text)


class Channel(StrEnum):
    EMAIL = "email"


class OutboxMessage(HasId, Base):
    """A message to send, written with the change that causes it. It carries no clinical content."""

    __tablename__ = "outbox_messages"
    __table_args__ = (
        one_of("channel", Channel),
        sa.Index(
            "ix_outbox_messages_waiting",
            "not_before",
            sqlite_where=sa.text("sent_at IS NULL AND failed_at IS NULL AND withdrawn_at IS NULL"),
            postgresql_where=sa.text("sent_at IS NULL AND failed_at IS NULL AND withdrawn_at IS NULL"),
        ),
    )

    dedupe_key: Mapped[str] = mapped_column(sa.String(200), unique=True)
    channel: Mapped[str] = mapped_column(sa.String(10))
    contact_id: Mapped[UUID] = mapped_column(sa.ForeignKey("contacts.id"), index=True)
    survivor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survivors.id"), index=True)
    template: Mapped[str] = mapped_column(sa.String(60))
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    failure: Mapped[str] = mapped_column(sa.String(200), default="")
    withdrawn_at: Mapped[datetime | None]
