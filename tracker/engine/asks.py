"""What one rule asks for: the engine's small change, before asks for the same test become one item."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tracker.engine.rules import Rule
from tracker.engine.types import DataGap, Origin, Result


@dataclass(slots=True)
class Ask:
    """One rule's date for its test. ``overdue_after`` is set by recurrence rules alone."""

    rule: Rule
    due_on: date
    start_on: date | None
    last: Result | None
    overdue_after: date | None = None
    exposures: tuple[tuple[str, Decimal | None], ...] = ()
    at_least: tuple[tuple[str, Decimal], ...] = ()
    context: tuple[tuple[str, str], ...] = ()
    gap: str | None = None
    stops_on: date | None = None
    origins: tuple[Origin, ...] = ()
    phase_from: str | None = None


@dataclass(slots=True)
class Asked:
    """All that the rules of one survivor ask for, and what they could not tell."""

    asks: list[Ask]
    gaps: list[DataGap]
