"""What one rule asks for: the engine's small change, before asks for the same test become one item."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tracker.engine.rules import Rule
from tracker.engine.types import DataGap, Origin, Result


@dataclass(slots=True)
class Ask:
    """One rule's date for its test. ``overdue_after`` is set by recurrence rules alone.

    ``start_precision``: ``month`` or ``year`` where the date counted from is known no better.
    """

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
    start_precision: str | None = None


@dataclass(slots=True)
class Asked:
    """All that the rules of one survivor ask for, by test, and what they could not tell."""

    tests: dict[str, list[Ask]] = field(default_factory=dict)
    gaps: list[DataGap] = field(default_factory=list)

    def add(self, ask: Ask) -> None:
        """One more reason for its test."""
        self.tests.setdefault(ask.rule.test_code, []).append(ask)
