"""What one row asks for, and what all rows of one kind say together."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Asked:
    """One row (or decision) asks for a test. Only recurrence rows bring an ``overdue`` of their own."""

    test_code: str
    due: date
    overdue: date | None = None


@dataclass
class Said:
    asked: list[Asked] = field(default_factory=list)
    gaps: set[str] = field(default_factory=set)
