"""The day on which a tumor was removed, filled in when the operation that took it out is recorded by itself."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.catalogue import Catalogue
from tracker.engine.partial_dates import Day, as_day, first_day, precision_of
from tracker.models import Diagnosis, Surgery
from tracker.policy import Actor
from tracker.services import audit
from tracker.services.sections.entries import as_partial_date


def resection_day(operation: object, done_on: object, catalogue: Catalogue) -> Day | None:
    """The day on which an operation took a tumor out; None where it takes none out, or its day is not known."""
    known = catalogue.operations.get(str(operation))
    return as_day(as_partial_date(done_on)) if known is not None and known.resects else None


def fill_removal(session: Session, row: Any, catalogue: Catalogue, *, actor: Actor, clock: Clock) -> None:
    """Take the tumor's day of removal from its operation, where nobody entered one: schedules are counted from it.

    The tumor is the one the operation is linked to, or the survivor's only one. What was entered stays.
    """
    day = resection_day(row.operation, row.done_on, catalogue) if isinstance(row, Surgery) else None
    if day is None:
        return
    tumors = list(session.scalars(sa.select(Diagnosis).where(Diagnosis.survivor_id == row.survivor_id)))
    meant = [each for each in tumors if len(tumors) == 1 or each.id == row.diagnosis_id]
    for tumor in meant:
        if tumor.resected_on is None:
            tumor.resected_on, tumor.resected_precision = first_day(day), precision_of(day)
            told = {"resected_on": str(day), "from": catalogue.operations[row.operation].label}
            audit.record(session, actor, "diagnosis.removal_filled", subject=tumor, at=clock.now(), after=told)
            session.flush()
