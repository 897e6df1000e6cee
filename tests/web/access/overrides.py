"""Deciding against the guideline: clinicians only."""

from collections.abc import Mapping
from typing import Any

from tests.web.access.table import Row, World

CLINICIAN = frozenset({"clinician"})


def of_survivor(world: World) -> Mapping[str, Any]:
    return {"survivor_id": world.survivor.id}


def of_override(world: World) -> Mapping[str, Any]:
    return {"survivor_id": world.survivor.id, "override_id": world.override.id}


def filled(world: World) -> Mapping[str, Any]:
    return {
        "test_code": "echocardiogram",
        "action": "stop",
        "reason": "Agreed with cardiology",
        "expires_on-month": "6",
        "expires_on-day": "1",
        "expires_on-year": "2030",
    }


ROWS = [
    Row("overrides.new", "GET", needs="survivor", allowed=CLINICIAN, url=of_survivor),
    Row("overrides.create", "POST", needs="survivor", allowed=CLINICIAN, url=of_survivor, form=filled),
    Row("overrides.withdraw", "POST", needs="survivor", allowed=CLINICIAN, url=of_override),
]
