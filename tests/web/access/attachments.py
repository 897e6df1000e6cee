"""Photographs: seen by clinical staff, added and removed by clinicians."""

from collections.abc import Mapping
from typing import Any

from tests.web.access.table import Row, World

CLINICIAN = frozenset({"clinician"})
STAFF = frozenset({"clinician", "coordinator"})


def of_survivor(world: World) -> Mapping[str, Any]:
    return {"survivor_id": world.survivor.id}


def of_photograph(world: World) -> Mapping[str, Any]:
    return {"survivor_id": world.survivor.id, "attachment_id": world.photograph.id}


ROWS = [
    Row("attachments.index", "GET", needs="survivor", allowed=STAFF, url=of_survivor),
    Row("attachments.new", "GET", needs="survivor", allowed=CLINICIAN, url=of_survivor),
    Row("attachments.new", "POST", needs="survivor", allowed=CLINICIAN, url=of_survivor, form={"title": "Mole"}),
    Row("attachments.download", "GET", needs="survivor", allowed=STAFF, url=of_photograph),
    Row("attachments.thumbnail", "GET", needs="survivor", allowed=STAFF, url=of_photograph),
    Row("attachments.remove", "GET", needs="survivor", allowed=CLINICIAN, url=of_photograph),
    Row(
        "attachments.remove",
        "POST",
        needs="survivor",
        allowed=CLINICIAN,
        url=of_photograph,
        form={"reason": "Shows somebody else"},
    ),
]
