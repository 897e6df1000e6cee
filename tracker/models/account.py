"""People who sign in, what they may do, and their sessions."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tracker.models.base import Base, HasId, one_of


class Role(StrEnum):
    COORDINATOR = "coordinator"
    CLINICIAN = "clinician"
    ADMINISTRATOR = "administrator"
    SURVIVOR = "survivor"
    PROXY = "proxy"


STAFF = (Role.COORDINATOR, Role.CLINICIAN, Role.ADMINISTRATOR)
FAMILY = (Role.SURVIVOR, Role.PROXY)


class User(HasId, Base):
    """Someone who may sign in. ``email`` is stored lower-cased."""

    __tablename__ = "users"

    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    last_signed_in_at: Mapped[datetime | None]


class Grant(HasId, Base):
    """A role, at one clinic (staff) or for one survivor (family), for a time."""

    __tablename__ = "grants"
    __table_args__ = (
        one_of("role", Role),
        sa.CheckConstraint("(role IN ('survivor', 'proxy')) = (survivor_id IS NOT NULL)", name="family_has_survivor"),
        sa.CheckConstraint("(clinic_id IS NULL) <> (survivor_id IS NULL)", name="one_scope"),
        sa.CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="ends_after_start"),
        sa.Index("ix_grants_user_id", "user_id"),
    )

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id"))
    role: Mapped[str] = mapped_column(sa.String(20))
    clinic_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("clinics.id"))
    survivor_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("survivors.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


class UserSession(HasId, Base):
    """A server-side session: only the hash of its token is stored, so a copied table signs nobody in."""

    __tablename__ = "user_sessions"

    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    user_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id"), index=True)
    contents: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SignInFailure(HasId, Base):
    """A failed attempt, by a keyed hash of account and of address: what the throttle counts."""

    __tablename__ = "sign_in_failures"
    __table_args__ = (sa.Index("ix_sign_in_failures_key_at", "key", "at"),)

    key: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[datetime]
