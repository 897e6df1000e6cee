"""Reading a survivor's record: those who care for the survivor, at their own clinic."""

from collections.abc import Mapping
from typing import Any

from tests.web.access.table import Row, World

CLINICAL = frozenset({"coordinator", "clinician"})


def of_survivor(world: World) -> Mapping[str, Any]:
    return {"survivor_id": world.survivor.id}


ROWS = [
    Row("survivors.show", "GET", needs="survivor", allowed=CLINICAL, url=of_survivor),
    Row("survivors.not_needed", "GET", needs="survivor", allowed=CLINICAL, url=of_survivor),
    Row("survivors.history", "GET", needs="survivor", allowed=CLINICAL, url=of_survivor),
]
