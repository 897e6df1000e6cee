"""A person followed after childhood cancer, and how to reach the family."""

from datetime import date, datetime
from enum import StrEnum
from typing import cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.db import EncryptedText
from tracker.models.base import PRECISIONS, YES_NO, Base, HasId, one_of
from tracker.models.clinic import Clinic
from tracker.models.places import place_columns


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"
    UNKNOWN = "unknown"


class Standing(StrEnum):
    """What a person decided about the follow-up. The rest of a survivor's state follows from dates."""

    ACTIVE = "active"
    ON_TREATMENT = "on_treatment"
    BEING_TRACED = "being_traced"
    DECLINED = "declined"
    TRANSFERRED = "transferred"
    LOST = "lost"


class Survivor(HasId, Base):
    """One survivor. The dates from ``next_upcoming_on`` down summarise the open due items, so that a
    worklist compares stored dates with today and never adds up the items of everyone."""

    __tablename__ = "survivors"
    __table_args__ = (
        one_of("sex_at_birth", Sex),
        one_of("standing", Standing),
        one_of("interpreter_needed", YES_NO),
        one_of("deceased_precision", PRECISIONS),
        sa.CheckConstraint("standing <> 'declined' OR review_on IS NOT NULL", name="declined_reviewed"),
        sa.CheckConstraint("deceased_on IS NULL OR deceased_on >= birth_date", name="death_after_birth"),
        sa.CheckConstraint("acknowledged_on IS NULL OR standing = 'transferred'", name="acknowledged_transfer"),
        sa.CheckConstraint("merged_into_id IS NULL OR withdrawn_at IS NOT NULL", name="merged_is_withdrawn"),
        sa.UniqueConstraint("clinic_id", "mrn"),
        sa.Index("ix_survivors_clinic_id_sort_name", "clinic_id", "sort_name", "id"),
        sa.Index("ix_survivors_clinic_id_plan_holds_until", "clinic_id", "plan_holds_until"),
    )

    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    mrn: Mapped[str] = mapped_column(sa.String(40))
    family_name: Mapped[str] = mapped_column(sa.String(120))
    given_name: Mapped[str] = mapped_column(sa.String(120), default="")
    preferred_name: Mapped[str] = mapped_column(sa.String(120), default="")
    pronouns: Mapped[str] = mapped_column(sa.String(40), default="")
    search_name: Mapped[str] = mapped_column(sa.String(400))
    sort_name: Mapped[str] = mapped_column(sa.String(400))
    birth_date: Mapped[date]
    sex_at_birth: Mapped[str] = mapped_column(sa.String(10))
    language: Mapped[str] = mapped_column(sa.String(10), default="en")
    interpreter_needed: Mapped[str] = mapped_column(sa.String(10), default="unknown", server_default="unknown")
    interpreter_language: Mapped[str] = mapped_column(sa.String(60), default="", server_default="")
    enrolled_on: Mapped[date]
    ltfu_entry_on: Mapped[date | None]
    summary_confirmed_on: Mapped[date | None]
    summary_confirmed_by: Mapped[str] = mapped_column(sa.String(120), default="")
    # The last possible day, where the death is known to the month or year only.
    deceased_on: Mapped[date | None]
    deceased_precision: Mapped[str] = mapped_column(sa.String(5), default="day", server_default="day")
    standing: Mapped[str] = mapped_column(sa.String(20), default=Standing.ACTIVE)
    standing_since: Mapped[date | None]
    standing_reason: Mapped[str] = mapped_column(sa.Text, default="")
    followed_by: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    review_on: Mapped[date | None]
    acknowledged_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    has_plan: Mapped[bool] = mapped_column(default=False)
    plan_holds_until: Mapped[date | None]
    plan_computed_on: Mapped[date | None]
    plan_digest: Mapped[str] = mapped_column(sa.String(64), default="")
    # Of the facts the plan follows from and of the plan as it is stored: while it matches, both stand as they were.
    plan_seal: Mapped[str] = mapped_column(sa.String(64), default="", server_default="")
    next_upcoming_on: Mapped[date | None]
    next_due_on: Mapped[date | None]
    next_overdue_on: Mapped[date | None]
    recurrence_due_on: Mapped[date | None]
    recurrence_overdue_on: Mapped[date | None]
    booked_on: Mapped[date | None]
    # The day whose place in the worklist is kept (see ``models.places``).
    placed_on: Mapped[date | None]
    # A record that is no longer followed by itself: merged into another, or from an import that was undone. Its
    # trail stays; no list, job or message knows it any more.
    withdrawn_at: Mapped[datetime | None]
    merged_into_id: Mapped[UUID | None] = mapped_column(index=True)

    clinic: Mapped[Clinic] = relationship()

    @property
    def display_name(self) -> str:
        """The name the survivor goes by, then the family name."""
        return " ".join(part for part in (self.preferred_name or self.given_name, self.family_name) if part)


# Columns of the table alone: the database works them out, and no object carries them.
for _column in place_columns():
    cast("sa.Table", Survivor.__table__).append_column(_column)
PLACES = cast("sa.Table", Survivor.__table__).c
_FOLLOWED = sa.text("withdrawn_at IS NULL")
sa.Index(
    "ix_survivors_places",
    PLACES.clinic_id,
    PLACES.place_rank,
    PLACES.place_since,
    PLACES.id,
    PLACES.place_until,
    PLACES.placed_on,
    PLACES.standing,
    sqlite_where=_FOLLOWED,
    postgresql_where=_FOLLOWED,
)
sa.Index("ix_survivors_clinic_id_place_until", PLACES.clinic_id, PLACES.place_until)
sa.Index("ix_survivors_clinic_id_placed_on", PLACES.clinic_id, PLACES.placed_on)


class SurvivorIdentifier(HasId, Base):
    """A number another system knows the survivor by; importing the same person twice finds it."""

    __tablename__ = "survivor_identifiers"
    __table_args__ = (sa.UniqueConstraint("clinic_id", "system", "value"),)

    survivor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survivors.id"), index=True)
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    system: Mapped[str] = mapped_column(sa.String(200))
    value: Mapped[str] = mapped_column(sa.String(200))


class ContactKind(StrEnum):
    SELF = "self"
    MOTHER = "mother"
    FATHER = "father"
    GUARDIAN = "guardian"
    OTHER = "other"


class Contact(HasId, Base):
    """Someone to reach about a survivor, and whether reminders were agreed to."""

    __tablename__ = "contacts"
    __table_args__ = (
        one_of("kind", ContactKind),
        sa.Index("uq_contacts_external_id", "survivor_id", "external_id", unique=True),
    )

    survivor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survivors.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    phone: Mapped[str | None] = mapped_column(EncryptedText)
    phone_key: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    email: Mapped[str | None] = mapped_column(EncryptedText)
    email_key: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    reminders_agreed_on: Mapped[date | None]
    reminders_stopped_on: Mapped[date | None]
    created_at: Mapped[datetime]
    external_id: Mapped[str | None] = mapped_column(sa.String(200))
