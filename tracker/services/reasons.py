"""An item's reasons as JSON and back: they are stored with the item as they stood."""

import json
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from tracker.engine.types import Reason, RuleKind

NAMES = tuple(field.name for field in fields(Reason))
DATES = ("due_on", "start_on", "last_result_on", "floor_on")


def to_json(reason: Reason) -> dict[str, Any]:
    """The reason's fields that say something; an unknown dose stays ``null``, its known part beside it."""
    told = ((name, getattr(reason, name)) for name in NAMES)
    stored = {key: value for key, value in told if value not in (None, (), "")}
    for key in DATES:
        if key in stored:
            stored[key] = stored[key].isoformat()
    stored["exposures"] = [[name, None if value is None else str(value)] for name, value in reason.exposures]
    stored["context"] = [list(pair) for pair in reason.context]
    if reason.origins:
        stored["origins"] = [[name, day.isoformat()] for name, day in reason.origins]
    if not reason.other_end:
        del stored["other_end"]
    if reason.at_least:
        stored["at_least"] = [[name, str(part)] for name, part in reason.at_least]
    stored["kind"] = reason.kind.value
    return stored


def from_json(stored: dict[str, Any]) -> Reason:
    """The reason as the engine gave it. Keys that this version does not know are left alone."""
    values = {key: value for key, value in stored.items() if key in NAMES}
    for key in DATES:
        if key in values:
            values[key] = date.fromisoformat(values[key])
    values["kind"] = RuleKind(values["kind"])
    values["exposures"] = tuple(
        (name, None if value is None else Decimal(value)) for name, value in values.get("exposures", [])
    )
    values["context"] = tuple((name, value) for name, value in values.get("context", []))
    values["at_least"] = tuple((name, Decimal(part)) for name, part in values.get("at_least", []))
    values["origins"] = tuple((name, date.fromisoformat(day)) for name, day in values.get("origins", []))
    values.setdefault("due_on", None)
    values.setdefault("start_basis", "")
    return Reason(**values)


def dumps(reasons: tuple[Reason, ...]) -> str:
    """Reasons as the text that is stored."""
    return json.dumps([to_json(reason) for reason in reasons])


def loads(text: str) -> tuple[Reason, ...]:
    """The reasons that a stored text says."""
    return tuple(from_json(stored) for stored in json.loads(text))
