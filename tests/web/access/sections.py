"""The parts of the record: read by clinical staff. What is about the disease is changed by clinicians alone.

The parts about people, which coordinators change too, are tried in ``test_sections``.
"""

from collections.abc import Mapping
from typing import Any

from tests.web.access.table import Row, World

CLINICIAN = frozenset({"clinician"})
STAFF = frozenset({"clinician", "coordinator"})


def of_survivor(world: World) -> Mapping[str, Any]:
    return {"survivor_id": world.survivor.id}


def of_part(world: World) -> Mapping[str, Any]:
    return {"survivor_id": world.survivor.id, "key": "symptoms"}


def of_entry(world: World) -> Mapping[str, Any]:
    return {"survivor_id": world.survivor.id, "key": "symptoms", "entry_id": world.symptom.id}


def filled(world: World) -> Mapping[str, Any]:
    return {"version": world.survivor.version, "symptom": "Tired all day", "reason": "Entered for somebody else"}


ROWS = [
    Row("sections.index", "GET", needs="survivor", allowed=STAFF, url=of_survivor),
    Row("sections.show", "GET", needs="survivor", allowed=STAFF, url=of_part),
    Row("sections.new", "GET", needs="survivor", allowed=CLINICIAN, url=of_part),
    Row("sections.new", "POST", needs="survivor", allowed=CLINICIAN, url=of_part, form=filled),
    Row("sections.edit", "GET", needs="survivor", allowed=CLINICIAN, url=of_entry),
    Row("sections.edit", "POST", needs="survivor", allowed=CLINICIAN, url=of_entry, form=filled),
    Row("sections.remove", "GET", needs="survivor", allowed=CLINICIAN, url=of_entry),
    Row("sections.remove", "POST", needs="survivor", allowed=CLINICIAN, url=of_entry, form=filled),
]
