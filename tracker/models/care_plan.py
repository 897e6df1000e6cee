"""The stored care plan: open and closed due items, what crossed when, overrides, gaps, and plans that failed."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tracker.engine.types import Flag
from tracker.models.base import Base, HasId, one_of


class ClosedBy(StrEnum):
    RESULT = "result"
    DECLINED = "declined"
    SUPERSEDED = "superseded"
    STOPPED = "stopped"
    DECEASED = "deceased"
    TRANSFERRED = "transferred"


class DueItem(HasId, Base):
    """The next dated occurrence of one test. Status is never stored: it is these dates against today."""

    __tablename__ = "due_items"
    __table_args__ = (
        one_of("closed_by", ClosedBy, optional=True),
        sa.CheckConstraint("(closed_on IS NULL) = (closed_by IS NULL)", name="closing_whole"),
        sa.CheckConstraint("upcoming_on <= due_on AND due_on <= overdue_after", name="dates_in_order"),
        sa.CheckConstraint("recurrence OR late_effects OR predisposition OR visit OR added", name="asked_for"),
        sa.Index(
            "uq_due_items_open_test",
            "survivor_id",
            "test_code",
            unique=True,
            sqlite_where=sa.text("closed_on IS NULL"),
            postgresql_where=sa.text("closed_on IS NULL"),
        ),
        sa.Index(
            "ix_due_items_next_boundary_on",
            "clinic_id",
            "next_boundary_on",
            sqlite_where=sa.text("closed_on IS NULL AND next_boundary_on IS NOT NULL"),
            postgresql_where=sa.text("closed_on IS NULL AND next_boundary_on IS NOT NULL"),
        ),
        sa.Index("ix_due_items_survivor_id", "survivor_id"),
    )

    survivor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survivors.id"))
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    test_code: Mapped[str] = mapped_column(sa.String(80))
    recurrence: Mapped[bool] = mapped_column(default=False)
    late_effects: Mapped[bool] = mapped_column(default=False)
    predisposition: Mapped[bool] = mapped_column(default=False)
    visit: Mapped[bool] = mapped_column(default=False)
    added: Mapped[bool] = mapped_column(default=False)
    upcoming_on: Mapped[date]
    due_on: Mapped[date]
    overdue_after: Mapped[date]
    stops_on: Mapped[date | None]
    soft_due_on: Mapped[date | None]
    next_boundary_on: Mapped[date | None]
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    opened_at: Mapped[datetime]
    closed_on: Mapped[date | None]
    closed_by: Mapped[str | None] = mapped_column(sa.String(20))
    closing_result_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("results.id"))

    def flags(self) -> list[Flag]:
        """Why the test is asked for, most urgent kind first."""
        return [flag for flag in Flag if getattr(self, flag.value)]


class StatusEvent(HasId, Base):
    """An item reached a status on a day; written once however often the job runs.

    Kept by day, so that what crosses in a night lies together. The events of one item are found by its three dates.
    """

    __tablename__ = "status_events"
    __table_args__ = (
        sa.UniqueConstraint("boundary_on", "due_item_id", "flag", "status"),
        one_of("status", ["upcoming", "due", "overdue"]),
        one_of("flag", [*Flag, "added"]),
    )

    due_item_id: Mapped[UUID] = mapped_column(sa.ForeignKey("due_items.id"))
    survivor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survivors.id"))
    flag: Mapped[str] = mapped_column(sa.String(20))
    status: Mapped[str] = mapped_column(sa.String(20))
    boundary_on: Mapped[date]
    recorded_at: Mapped[datetime]


class OverrideAction(StrEnum):
    ADD = "add"
    SET_INTERVAL = "set_interval"
    DEFER = "defer"
    STOP = "stop"


class Override(HasId, Base):
    """A clinician's decision on one test of one survivor, with its reason and its end."""

    __tablename__ = "overrides"
    __table_args__ = (
        one_of("action", OverrideAction),
        sa.CheckConstraint("action <> 'add' OR due_on IS NOT NULL", name="add_has_date"),
        sa.CheckConstraint("action <> 'set_interval' OR repeat_every IS NOT NULL", name="set_interval_has_interval"),
        sa.CheckConstraint("action <> 'defer' OR defer_to IS NOT NULL", name="defer_has_date"),
        sa.CheckConstraint("length(reason) > 0", name="reason_given"),
    )

    survivor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survivors.id"), index=True)
    test_code: Mapped[str] = mapped_column(sa.String(80))
    action: Mapped[str] = mapped_column(sa.String(20))
    decided_on: Mapped[date]
    expires_on: Mapped[date | None]
    due_on: Mapped[date | None]
    repeat_every: Mapped[str | None] = mapped_column(sa.String(20))
    defer_to: Mapped[date | None]
    reason: Mapped[str] = mapped_column(sa.Text)
    decided_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id"))
    position: Mapped[int] = mapped_column(default=0)
    withdrawn_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]


class PlanGap(HasId, Base):
    """Something unknown that changes or withholds this survivor's plan."""

    __tablename__ = "plan_gaps"
    __table_args__ = (sa.UniqueConstraint("survivor_id", "gap"),)

    survivor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survivors.id"), index=True)
    gap: Mapped[str] = mapped_column(sa.String(300))
    missing: Mapped[list[Any]] = mapped_column(default=list)
    consequence: Mapped[str] = mapped_column(sa.String(40))
    test_code: Mapped[str | None] = mapped_column(sa.String(80))


class FailedDuring(StrEnum):
    TICK = "tick"
    RECOMPUTE = "recompute"
    CHECK = "check"


class PlanFailure(Base):
    """A survivor whose plan cannot be worked out: everybody else is served, and this stands until it can be.

    It names the kind of error, never its text: that may hold what the record says.
    """

    __tablename__ = "plan_failures"
    __table_args__ = (
        one_of("during", FailedDuring),
        sa.CheckConstraint("length(error) > 0", name="error_named"),
        sa.CheckConstraint("times > 0", name="times_counted"),
    )

    survivor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survivors.id"), primary_key=True)
    during: Mapped[str] = mapped_column(sa.String(20))
    error: Mapped[str] = mapped_column(sa.String(80))
    kind: Mapped[str] = mapped_column(sa.String(20))
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    times: Mapped[int] = mapped_column(default=1)
