"""Recording and correcting results: clinicians only."""

from collections.abc import Mapping
from typing import Any

from tests.web.access.table import Row, World

CLINICIAN = frozenset({"clinician"})


def of_survivor(world: World) -> Mapping[str, Any]:
    return {"survivor_id": world.survivor.id}


def of_result(world: World) -> Mapping[str, Any]:
    return {"survivor_id": world.survivor.id, "result_id": world.result.id}


def filled(world: World) -> Mapping[str, Any]:
    done = world.result.performed_on
    return {
        "test_code": "echocardiogram",
        "performed_on-month": done.month,
        "performed_on-day": done.day,
        "performed_on-year": done.year,
        "outcome": "normal",
        "where": "here",
        "reason": "The date was typed wrong",
    }


ROWS = [
    Row("results.new", "GET", needs="survivor", allowed=CLINICIAN, url=of_survivor),
    Row("results.create", "POST", needs="survivor", allowed=CLINICIAN, url=of_survivor, form=filled),
    Row("results.edit", "GET", needs="survivor", allowed=CLINICIAN, url=of_result),
    Row("results.correct", "POST", needs="survivor", allowed=CLINICIAN, url=of_result, form=filled),
    Row("results.retract", "POST", needs="survivor", allowed=CLINICIAN, url=of_result),
    Row("results.accept", "POST", needs="survivor", allowed=CLINICIAN, url=of_result),
]
