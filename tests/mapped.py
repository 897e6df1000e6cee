"""Makes entries of imported charts whose codes nobody knows, and a mapping of one, for tests."""

from datetime import date
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from tracker.clock import FixedClock
from tracker.intake.replay import map_and_replay
from tracker.models import ChartEntry, CodeMapping, Survivor
from tracker.policy import Actor
from tracker.services.code_mappings import Meaning

LOCAL = "http://hospital.example/codes"
ACTOR = Actor.system("Dana Ruiz")


def make_entry(session: Session, survivor: Survivor, clock: FixedClock, **given: Any) -> ChartEntry:
    """An entry that means nothing here."""
    told: dict[str, Any] = {
        "resource_type": "Observation",
        "external_id": uuid4().hex,
        "code_system": LOCAL,
        "code": "EF-1",
        "display": "Ejection fraction",
        "status": "final",
        "occurred_on": date(2024, 5, 14),
        "value_text": "61",
        "unit": "%",
        "imported_at": clock.now(),
    }
    row = ChartEntry(survivor_id=survivor.id, **(told | given))
    session.add(row)
    session.flush()
    return row


def make_mapping(session: Session, survivor: Survivor, clock: FixedClock) -> CodeMapping:
    """A code that was mapped to a test, two entries of which nobody knows, and one in words alone."""
    for _ in range(2):
        make_entry(session, survivor, clock)
    make_entry(session, survivor, clock, code="", code_system="", display="Called about her brother")
    meaning = Meaning(
        system=LOCAL, code="T-1", kind="test", target="thyroid-function", display="Thyroid", note="From our laboratory"
    )
    replayed = map_and_replay(session, survivor.clinic_id, meaning, actor=ACTOR, clock=clock)
    assert replayed.mapping_id is not None
    return session.get_one(CodeMapping, replayed.mapping_id)
