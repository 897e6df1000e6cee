"""Booking and holding visits: coordinators and clinicians book, only clinicians open and complete."""

from collections.abc import Mapping
from typing import Any

from tests.web.access.table import Row, World

CLINICAL = frozenset({"coordinator", "clinician"})
CLINICIAN = frozenset({"clinician"})


def of_survivor(world: World) -> Mapping[str, Any]:
    return {"survivor_id": world.survivor.id}


def of_visit(world: World) -> Mapping[str, Any]:
    return {"visit_id": world.visit.id}


def next_slot(world: World) -> Mapping[str, Any]:
    return {"planned_on": world.visit.planned_on.isoformat(), "slot": 3}


ROWS = [
    Row("visits.day", "GET", needs="clinic", allowed=CLINICAL),
    Row("visits.new", "GET", needs="survivor", allowed=CLINICAL, url=of_survivor),
    Row("visits.create", "POST", needs="survivor", allowed=CLINICAL, url=of_survivor, form=next_slot),
    Row("visits.walk_in", "POST", needs="survivor", allowed=CLINICIAN, url=of_survivor),
    Row("visits.show", "GET", needs="survivor", allowed=CLINICAL, url=of_visit),
    Row("visits.open", "POST", needs="survivor", allowed=CLINICIAN, url=of_visit),
    Row("visits.complete", "POST", needs="survivor", allowed=CLINICIAN, url=of_visit, form={"note": "Well"}),
    Row("visits.move", "GET", needs="survivor", allowed=CLINICAL, url=of_visit),
    Row("visits.move", "POST", needs="survivor", allowed=CLINICAL, url=of_visit, form=next_slot),
    Row("visits.cancel", "GET", needs="survivor", allowed=CLINICAL, url=of_visit),
    Row("visits.cancel", "POST", needs="survivor", allowed=CLINICAL, url=of_visit, form={"reason": "Exams"}),
    Row("visits.missed", "GET", needs="survivor", allowed=CLINICAL, url=of_visit),
    Row("visits.missed", "POST", needs="survivor", allowed=CLINICAL, url=of_visit, form={"note": ""}),
]
