"""The day on which a tumor was removed, filled in when the operation that took it out is recorded by itself."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.catalogue import Catalogue
from tracker.engine.partial_dates import as_day, precision_of
from tracker.models import Diagnosis, Surgery
from tracker.policy import Actor
from tracker.services import audit


def fill_removal(session: Session, row: Any, catalogue: Catalogue, *, actor: Actor, clock: Clock) -> None:
    """Take the tumor's day of removal from its operation, where nobody entered one: schedules are counted from it.

    The tumor is the one the operation is linked to, or the survivor's only one. What was entered stays.
    """
    operation = catalogue.operations.get(row.operation) if isinstance(row, Surgery) else None
    if operation is None or not operation.resects or row.done_on is None:
        return
    tumors = list(session.scalars(sa.select(Diagnosis).where(Diagnosis.survivor_id == row.survivor_id)))
    meant = [each for each in tumors if len(tumors) == 1 or each.id == row.diagnosis_id]
    for tumor in meant:
        if tumor.resected_on is None:
            tumor.resected_on = row.done_on.earliest()
            tumor.resected_precision = precision_of(as_day(row.done_on))
            told = {"resected_on": str(row.done_on), "from": operation.label}
            audit.record(session, actor, "diagnosis.removal_filled", subject=tumor, at=clock.now(), after=told)
            session.flush()
