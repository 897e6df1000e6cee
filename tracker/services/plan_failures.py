"""Survivors whose plan cannot be worked out: each steps aside under a named error, and stands here until it can be.

Only the kind of error is kept. What an error says may repeat what the record says, and that belongs in no log.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.errors import PackError
from tracker.models import FailedDuring, PlanFailure, Survivor
from tracker.policy import Action, Actor

MOST_SHOWN = 100
LONGEST_NAME = 80
# The first that fits names the kind; each kind has a sentence of its own in ``SENTENCES``.
KINDS: tuple[tuple[type[Exception], str], ...] = (
    (PackError, "pack"),
    (SQLAlchemyError, "not_stored"),
    (LookupError, "not_found"),
    (ValueError, "unexpected_value"),
    (TypeError, "unexpected_value"),
    (ArithmeticError, "unexpected_value"),
)
OTHER = "unexpected"
SENTENCES = {
    "pack": "The guideline pack cannot be read.",
    "not_stored": "The plan was worked out but could not be stored.",
    "not_found": "Something that the plan needs was not found.",
    "unexpected_value": "A value is not of the kind that was expected.",
    OTHER: "The plan could not be worked out.",
}


@dataclass(frozen=True)
class NamedError:
    """What may be told of an error: its class and its kind. It can be sent from one process to another."""

    error: str
    kind: str

    @property
    def sentence(self) -> str:
        """What went wrong, in words that repeat nothing of the record."""
        return SENTENCES[self.kind]


@dataclass(frozen=True)
class Failure:
    """One survivor who stepped aside, as an administrator may know it: a record number, never a name or a finding."""

    survivor_id: UUID
    record_number: str
    clinic_id: UUID
    during: FailedDuring
    named: NamedError
    first_at: datetime
    last_at: datetime
    times: int


def named(error: BaseException) -> NamedError:
    """The error without its text."""
    kind = next((kind for type_, kind in KINDS if isinstance(error, type_)), OTHER)
    return NamedError(type(error).__name__[:LONGEST_NAME], kind)


def note(
    session: Session, survivor_id: UUID, where: FailedDuring, error: BaseException | NamedError, *, clock: Clock
) -> None:
    """Write down that this survivor's plan failed, in the caller's transaction (not in one that is rolled back).

    A second failure counts up and tells the newest error; since when it stands does not change.
    """
    told = error if isinstance(error, NamedError) else named(error)
    newest: dict[str, Any] = {"during": where, "error": told.error, "kind": told.kind, "last_at": clock.now()}
    insert: Any = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = insert(PlanFailure).values(survivor_id=survivor_id, first_at=clock.now(), times=1, **newest)
    session.execute(
        row.on_conflict_do_update(index_elements=["survivor_id"], set_=newest | {"times": PlanFailure.times + 1})
    )


def clear(session: Session, survivor_ids: Collection[UUID]) -> None:
    """The plans of these survivors are stored again: nothing stands against them any more."""
    if not survivor_ids:
        return
    found = session.scalars(sa.select(PlanFailure.survivor_id).where(PlanFailure.survivor_id.in_(survivor_ids))).all()
    # Nearly always there is none, and a refresh that changes nothing must write nothing.
    if found:
        gone = sa.delete(PlanFailure).where(PlanFailure.survivor_id.in_(found))
        session.execute(gone, execution_options={"synchronize_session": False})


def standing(session: Session, *, actor: Actor) -> tuple[Sequence[Failure], int]:
    """The failures that stand at the clinics whose jobs this person may see, newest first; and how many there are.

    At most a hundred are listed.
    """
    query = (
        sa.select(PlanFailure, Survivor.mrn, Survivor.clinic_id)
        .join(Survivor, Survivor.id == PlanFailure.survivor_id)
        .where(Survivor.withdrawn_at.is_(None))
    )
    if not actor.is_system:
        query = query.where(Survivor.clinic_id.in_(actor.clinic_ids(Action.VIEW_JOBS)))
    count = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    newest_first = query.order_by(PlanFailure.last_at.desc(), PlanFailure.survivor_id).limit(MOST_SHOWN)
    return [_failure(row, mrn, clinic_id) for row, mrn, clinic_id in session.execute(newest_first)], count


def _failure(row: PlanFailure, record_number: str, clinic_id: UUID) -> Failure:
    return Failure(
        survivor_id=row.survivor_id,
        record_number=record_number,
        clinic_id=clinic_id,
        during=FailedDuring(row.during),
        named=NamedError(row.error, row.kind if row.kind in SENTENCES else OTHER),
        first_at=row.first_at,
        last_at=row.last_at,
        times=row.times,
    )
