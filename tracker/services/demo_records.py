"""The chart of an invented survivor as rows: the summary, the entries of its sections, and what follows from them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.engine.partial_dates import as_day
from tracker.engine.rules import Pack
from tracker.models import Contact, Diagnosis, DiagnosisCourse, Exposure, ExposureSource, Survivor
from tracker.services.demo_charts import Entry, Teller, chart_entries, details
from tracker.services.demo_courses import known
from tracker.services.demo_households import Household, household_entries
from tracker.services.given import exposure_columns
from tracker.services.sections.registry import section
from tracker.services.treatment_rows import ExposureInput, SummaryInput, TumorDetails, write_summary

# By so much a total somebody wrote down long ago is not what the courses add up to.
MISCOUNTED = Decimal(50)
DISAGREES_ON = "doxorubicin_mg_m2"


def record(session: Session, survivor: Survivor, teller: Teller, contacts: Iterable[Contact], pack: Pack) -> list[Any]:
    """Write the summary, and return the rows of everything else, which the caller adds."""
    life = teller.life
    if life.regimen is None:
        write_summary(session, survivor, life.summary, pack)
        return []
    write_summary(session, survivor, life.summary if life.totals_only else _told(teller), pack)
    query = sa.select(Diagnosis.id).where(Diagnosis.survivor_id == survivor.id).order_by(Diagnosis.position)
    own = session.scalars(query).first()
    entries = _entries(teller, Household(teller, tuple(contacts)))
    return [*rows_of(survivor.id, entries, own, survivor.created_at), *_exposures(survivor.id, teller)]


def _told(teller: Teller) -> SummaryInput:
    """The summary with all that is known of the tumors; of a relapse only that it is one."""
    summary, random = teller.life.summary, teller.random
    own, *later = summary.diagnoses
    morphology, tumor = details(teller)
    known_to = "month" if random.random() < 0.08 else "day"
    first = replace(
        own,
        icdo3_morphology=morphology,
        details=tumor,
        diagnosed_on=as_day(known(teller.life.diagnosed, known_to)),
    )
    again = TumorDetails(course=DiagnosisCourse.RELAPSE, icdo3_topography=tumor.icdo3_topography, tissue=tumor.tissue)
    return replace(summary, diagnoses=(first, *(replace(each, details=again) for each in later)))


def _entries(teller: Teller, house: Household) -> Iterator[Entry]:
    if not teller.life.totals_only:
        yield from ((each.section, each.on(teller.life.diagnosed)) for each in teller.life.treatment)
        yield from chart_entries(teller)
    yield from household_entries(house)


def rows_of(survivor_id: UUID, entries: Iterable[Entry], own: UUID | None, at: datetime) -> Iterator[Any]:
    """The rows of entries; what may belong to a tumor belongs to the survivor's own."""
    for key, values in entries:
        table: Any = section(key).table
        linked = {"diagnosis_id": own} if hasattr(table, "diagnosis_id") else {}
        yield table(survivor_id=survivor_id, recorded_at=at, **linked, **values)


def _exposures(survivor_id: UUID, teller: Teller) -> Iterator[Exposure]:
    """What follows from the treatment, where no total is recorded in its place."""
    recorded = {each.name for each in teller.life.summary.exposures}
    for each in teller.life.derived:
        if each.name not in recorded:
            columns = exposure_columns(each)
            yield Exposure(survivor_id=survivor_id, name=each.name, source=ExposureSource.GIVEN, **columns)


def miscounted(summary: SummaryInput, total: Decimal) -> SummaryInput:
    """The same with a recorded total that the courses do not add up to."""
    wrong = ExposureInput(name=DISAGREES_ON, value=total + MISCOUNTED)
    return replace(summary, exposures=(*summary.exposures, wrong))
