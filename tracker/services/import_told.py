"""Values as they are remembered of an import: plain JSON in which equal values look equal."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from tracker.engine.partial_dates import PartialDate


def plain_values(values: Mapping[str, object]) -> dict[str, Any]:
    """Each value by its name, what says nothing left out."""
    found = {name: plain(value) for name, value in values.items() if name != "diagnosis_id"}
    return {name: value for name, value in found.items() if value is not None}


def plain(value: object) -> Any:
    """One value: a number as its shortest text, a date as ISO text; None for what says nothing."""
    if value is None or value in ("", [], ()):
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal):
        return f"{Decimal(value).normalize():f}"
    if isinstance(value, date | PartialDate | UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return str(value)
