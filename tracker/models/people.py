"""The people and circumstances around a survivor: the care team, cover, medicines, problems, vaccines, school."""

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import EncryptedText
from tracker.engine.partial_dates import PartialDate
from tracker.models.base import YES_NO, Base, ChartRow, not_negative, one_of


class CareTeamMember(ChartRow, Base):
    """Who takes care of what: a specialist, the primary-care doctor, the referring or treating center."""

    __tablename__ = "care_team_members"

    role: Mapped[str] = mapped_column(sa.String(60))
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    organization: Mapped[str] = mapped_column(sa.String(200), default="")
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    email: Mapped[str] = mapped_column(sa.String(200), default="")
    from_on: Mapped[PartialDate | None]
    until_on: Mapped[PartialDate | None]


class Guardian(ChartRow, Base):
    """Who may decide for the survivor, on what ground and until when; contacts hold how to reach them."""

    __tablename__ = "guardians"
    __table_args__ = (one_of("may_decide", YES_NO), one_of("may_be_told", YES_NO))

    name: Mapped[str] = mapped_column(sa.String(120))
    relation: Mapped[str] = mapped_column(sa.String(60))
    ground: Mapped[str] = mapped_column(sa.String(60), default="")
    may_decide: Mapped[str] = mapped_column(sa.String(10), default="unknown")
    may_be_told: Mapped[str] = mapped_column(sa.String(10), default="unknown")
    from_on: Mapped[PartialDate | None]
    until_on: Mapped[PartialDate | None]


class Insurance(ChartRow, Base):
    """Who pays; the member's number lies encrypted."""

    __tablename__ = "insurances"

    kind: Mapped[str] = mapped_column(sa.String(60))
    insurer: Mapped[str] = mapped_column(sa.String(120), default="")
    member_number: Mapped[str | None] = mapped_column(EncryptedText)
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    from_on: Mapped[PartialDate | None]
    until_on: Mapped[PartialDate | None]


class Severity(StrEnum):
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"
    UNKNOWN = "unknown"


class Allergy(ChartRow, Base):
    """An allergy or intolerance; ``substance`` "none known" says that it was asked."""

    __tablename__ = "allergies"
    __table_args__ = (one_of("severity", Severity),)

    substance: Mapped[str] = mapped_column(sa.String(200))
    reaction: Mapped[str] = mapped_column(sa.String(200), default="")
    severity: Mapped[str] = mapped_column(sa.String(20), default=Severity.UNKNOWN)
    noted_on: Mapped[PartialDate | None]


class Medication(ChartRow, Base):
    """A medicine taken now or earlier, by its RxNorm text where there is one."""

    __tablename__ = "medications"

    name: Mapped[str] = mapped_column(sa.String(200))
    rxnorm: Mapped[str] = mapped_column(sa.String(20), default="")
    dose: Mapped[str] = mapped_column(sa.String(120), default="")
    reason: Mapped[str] = mapped_column(sa.String(200), default="")
    started_on: Mapped[PartialDate | None]
    ended_on: Mapped[PartialDate | None]


class ProblemStatus(StrEnum):
    ACTIVE = "active"
    RESOLVED = "resolved"


class HealthProblem(ChartRow, Base):
    """One line of the problem list."""

    __tablename__ = "health_problems"
    __table_args__ = (one_of("status", ProblemStatus),)

    problem: Mapped[str] = mapped_column(sa.String(200))
    icd10: Mapped[str] = mapped_column(sa.String(20), default="")
    status: Mapped[str] = mapped_column(sa.String(20), default=ProblemStatus.ACTIVE)
    began_on: Mapped[PartialDate | None]
    resolved_on: Mapped[PartialDate | None]


class Immunization(ChartRow, Base):
    """A vaccine given, or declined."""

    __tablename__ = "immunizations"
    __table_args__ = (one_of("given", YES_NO), *not_negative("dose_number"))

    vaccine: Mapped[str] = mapped_column(sa.String(60))
    given: Mapped[str] = mapped_column(sa.String(10), default="yes")
    given_on: Mapped[PartialDate | None]
    dose_number: Mapped[int | None]
    reason: Mapped[str] = mapped_column(sa.String(200), default="")


class ReproductiveEvent(ChartRow, Base):
    """Puberty, pregnancy and fertility; not for a proxy's eyes."""

    __tablename__ = "reproductive_events"

    kind: Mapped[str] = mapped_column(sa.String(60))
    happened_on: Mapped[PartialDate | None]
    outcome: Mapped[str] = mapped_column(sa.String(200), default="")
    place: Mapped[str] = mapped_column(sa.String(200), default="")


class Schooling(ChartRow, Base):
    """School or work, and the help that is given there."""

    __tablename__ = "schoolings"

    kind: Mapped[str] = mapped_column(sa.String(60))
    place: Mapped[str] = mapped_column(sa.String(200), default="")
    level: Mapped[str] = mapped_column(sa.String(120), default="")
    support: Mapped[str] = mapped_column(sa.Text, default="")
    from_on: Mapped[PartialDate | None]
    until_on: Mapped[PartialDate | None]
