"""What every table shares: naming convention, ids, and checks for closed lists."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from tracker.db import PartialDateText, UTCDateTime
from tracker.engine.partial_dates import PartialDate

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map = {
        datetime: UTCDateTime,
        date: sa.Date,
        UUID: sa.Uuid,
        Decimal: sa.Numeric(14, 4),
        PartialDate: PartialDateText,
        dict[str, Any]: sa.JSON(none_as_null=True),
        list[Any]: sa.JSON,
    }


class HasId:
    """A random id: nothing in an address can be counted."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)


class ChartRow(HasId):
    """One entry of a survivor's record, in the order in which it was recorded; ``note`` holds what no field asks."""

    @declared_attr
    def survivor_id(cls) -> Mapped[UUID]:  # noqa: N805 (SQLAlchemy hands over the class)
        return mapped_column(sa.ForeignKey("survivors.id"), index=True)

    note: Mapped[str] = mapped_column(sa.Text, default="")
    recorded_at: Mapped[datetime]


class OfDiagnosis:
    """Which of the survivor's tumors an entry is about, where that is known."""

    @declared_attr
    def diagnosis_id(cls) -> Mapped[UUID | None]:  # noqa: N805 (SQLAlchemy hands over the class)
        return mapped_column(sa.ForeignKey("diagnoses.id", ondelete="SET NULL"), index=True)


def one_of(column: str, values: type[StrEnum] | list[str], *, optional: bool = False) -> sa.CheckConstraint:
    """A check that a column holds one of a closed list, on both databases alike."""
    listed = ", ".join(f"'{value}'" for value in values)
    text = f"{column} IN ({listed})"
    return sa.CheckConstraint(f"{column} IS NULL OR {text}" if optional else text, name=f"{column}_known")


def slug(length: int = 80) -> sa.String:
    return sa.String(length)


PRECISIONS = ["day", "month", "year"]
YES_NO = ["yes", "no", "unknown"]


def not_negative(*columns: str) -> list[sa.CheckConstraint]:
    """Checks that numbers which may be unknown are 0 or more."""
    return [sa.CheckConstraint(f"{each} IS NULL OR {each} >= 0", name=f"{each}_not_negative") for each in columns]
