"""Entries of unknown codes that come in, codes that get a meaning, and the registry as it then is."""

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_clinic, make_diagnosis, make_exposure
from tests.fhir.builders import (
    as_bytes,
    bundle,
    concept,
    condition,
    observation,
    patient,
    procedure,
)
from tracker.clock import FixedClock
from tracker.intake import runs
from tracker.intake.replay import Replayed, map_and_replay
from tracker.intake.runs import Options
from tracker.intake.sources import Source
from tracker.models import (
    Base,
    ChartEntry,
    Clinic,
    DueItem,
    Survivor,
)
from tracker.policy import Actor
from tracker.services.code_mappings import Meaning

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOCAL = "http://hospital.example/codes"
ACTOR = Actor.system("Dana Ruiz")
Tables = dict[str, list[dict[str, Any]]]
# Trails, and what a change of the record leaves of itself.
TRAILS = frozenset(
    {"audit_events", "changed_rows", "change_sets", "uploads", "access_events", "clinics", "summary_editions"}
)
OPEN_ITEMS = "due_items"


def medicine(id: str = "med-1", **given: Any) -> dict[str, Any]:  # noqa: A002
    """A dose of a medicine with a local code, given to Ana."""
    found = {
        "resourceType": "MedicationAdministration",
        "id": id,
        "status": "completed",
        "medicationCodeableConcept": concept("M-12", "Cytovex", system=LOCAL),
        "subject": {"reference": observation()["subject"]["reference"]},
        "effectiveDateTime": "2020-02-03",
        "reasonReference": [{"reference": "urn:uuid:con-1"}],
    }
    return found | given


def vaccination(id: str = "vac-1", **given: Any) -> dict[str, Any]:  # noqa: A002
    """A vaccine with a local code, given to Ana."""
    found = {
        "resourceType": "Immunization",
        "id": id,
        "status": "completed",
        "vaccineCode": concept("V-7", "House vaccine", system=LOCAL),
        "patient": {"reference": observation()["subject"]["reference"]},
        "occurrenceDateTime": "2024-10-01",
    }
    return found | given


def scan(id: str = "obs-1", **given: Any) -> dict[str, Any]:  # noqa: A002
    """An ejection fraction with a local code."""
    quantity = {"value": 61.5, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}
    told = {"code": concept("EF-1", "Ejection fraction", system=LOCAL), "valueQuantity": quantity}
    return observation(id, **(told | {"effectiveDateTime": "2026-10-02"} | given))


def lump(id: str = "con-1", **given: Any) -> dict[str, Any]:  # noqa: A002
    """A diagnosis with a local code, which the file calls something that the pack does not know."""
    return condition(id, **({"code": concept("D-99", "Lump", system=LOCAL)} | given))


def course(**given: Any) -> dict[str, Any]:
    """An operation with a local code."""
    return procedure("pro-9", **({"code": concept("P-5", "Removal of the spleen", system=LOCAL)} | given))


TEST = Meaning(system=LOCAL, code="EF-1", kind="test", target="echocardiogram", note="Our ultrasound")
DIAGNOSIS = Meaning(system=LOCAL, code="D-99", kind="diagnosis", target="Leiomyosarcoma")
AGENT = Meaning(system=LOCAL, code="M-12", kind="agent", target="doxorubicin")
VACCINE = Meaning(system=LOCAL, code="V-7", kind="vaccine", target="133")
OPERATION = Meaning(system=LOCAL, code="P-5", kind="operation", target="splenectomy")


def bring_in(session: Session, clinic: Clinic, clock: FixedClock, *resources: dict[str, Any], **given: Any) -> None:
    """A bundle comes in. What validators say is of no interest here."""
    content = as_bytes(bundle(*resources, **given))
    with runs.running(()) as run:
        source = Source.of_bytes("from the hospital.json", content)
        runs.store(session, clinic.id, source, Options(kind="fhir"), run, actor=ACTOR, clock=clock)
    session.flush()


def mapped(session: Session, clinic: Clinic, clock: FixedClock, *meanings: Meaning) -> list[Replayed]:
    """Each code gets its meaning, a minute after the one before."""
    found = []
    for each in meanings:
        clock.advance(timedelta(minutes=1))
        found.append(map_and_replay(session, clinic.id, each, actor=ACTOR, clock=clock))
    return found


def registry(session: Session) -> Tables:
    """Every row of every table, without ids, instants, trails and counts of changes."""
    session.flush()
    found: Tables = {}
    for table in Base.metadata.sorted_tables:
        if table.name in TRAILS:
            continue
        columns = [each for each in table.columns if not _is_of_the_moment(each)]
        query = sa.select(*columns) if columns else sa.select(sa.literal(1).label("row")).select_from(table)
        if table.name == OPEN_ITEMS:
            query = query.where(table.c.closed_on.is_(None))
        rows = [dict(row) for row in session.connection().execute(query).mappings()]
        found[table.name] = sorted(rows, key=repr)
    return found


def _is_of_the_moment(column: sa.Column[Any]) -> bool:
    name = column.name
    return (
        isinstance(column.type, sa.Uuid)
        or name.endswith("_at")
        or name in ("version", "plan_digest", "plan_seal", "reasons")
    )


@pytest.fixture
def clinic(session: Session) -> Clinic:
    return make_clinic(session, name="Harbor Clinic")


def with_plan(session: Session, clinic: Clinic, clock: FixedClock) -> Survivor:
    """Ana, on record with a plan in which an echocardiogram is due."""
    bring_in(session, clinic, clock, patient())
    survivor = session.scalars(sa.select(Survivor)).one()
    make_diagnosis(session, survivor, "Osteosarcoma", end_of_therapy_on=date(2021, 6, 30))
    make_exposure(session, survivor, "doxorubicin_mg_m2", 300)
    return survivor


def chart(session: Session) -> list[ChartEntry]:
    session.expire_all()
    return list(session.scalars(sa.select(ChartEntry).order_by(ChartEntry.external_id)))


def due(session: Session, test_code: str) -> DueItem:
    query = sa.select(DueItem).where(DueItem.test_code == test_code, DueItem.closed_on.is_(None))
    return session.scalars(query).one()


def keep(session: Session, survivor: Survivor, clock: FixedClock, external_id: str, **given: Any) -> ChartEntry:
    """An entry that came in before whole resources were kept."""
    told: dict[str, Any] = {
        "resource_type": "Observation",
        "code_system": LOCAL,
        "code": "EF-1",
        "display": "Ejection fraction",
        "status": "final",
        "occurred_on": date(2026, 10, 2),
        "value_text": "61.5",
        "unit": "%",
    }
    row = ChartEntry(survivor_id=survivor.id, external_id=external_id, imported_at=clock.now(), **(told | given))
    session.add(row)
    session.flush()
    return row
