"""What a part of the record is made of: its table, its fields and their limits, declared once.

Checks, storing, the history, the pages and the printed summary all read these declarations.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tracker.models import Base
from tracker.policy import Action


class Kind(StrEnum):
    """How a field is asked for and stored. YES_NO holds "yes", "no" or "unknown"; PARTIAL_DATE a ``PartialDate``."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    CODES = "codes"
    YES_NO = "yes_no"
    DATE = "date"
    PARTIAL_DATE = "partial_date"
    DECIMAL = "decimal"
    INTEGER = "integer"
    LOOKUP = "lookup"
    DIAGNOSIS = "diagnosis"
    ORGANS = "organs"


class Group(StrEnum):
    """The parts of the record, in the order in which they are shown."""

    DIAGNOSIS = "diagnosis"
    RISK = "risk"
    WORK_UP = "work_up"
    TREATMENT = "treatment"
    PEOPLE = "people"
    HEALTH = "health"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: ``name`` is its column, ``label`` what a person reads (an English msgid).

    ``choices``: (code, label) pairs of a CHOICE. ``lookup``: the catalogue's list for LOOKUP and CODES ("agents",
    "fields", "operations", "regimens", or a list of ``Catalogue.terms``); ``open``: words that the list does not have
    may be recorded too; where not, ``otherwise`` says how they are recorded. ``unit`` is shown behind the box;
    ``least`` and ``most`` bound a number; ``asked_above`` questions one. ``future``: the date may lie ahead.
    """

    name: str
    label: str
    kind: Kind = Kind.TEXT
    choices: tuple[tuple[str, str], ...] = ()
    lookup: str = ""
    open: bool = False
    otherwise: str = ""
    required: bool = False
    hint: str = ""
    unit: str = ""
    longest: int = 200
    least: Decimal | None = None
    most: Decimal | None = None
    asked_above: Decimal | None = None
    future: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of the record: a list of entries of one kind.

    ``key`` stands in addresses. ``one`` names an entry ("metastasis"), ``empty`` says that none is recorded.
    ``headline``: the fields that name an entry in a list, ``on`` the field with its date (orders the list), ``until``
    the field with the end of what began then. ``edit``: the action that allows changing it. ``derives``: exposures
    follow from it. ``check``: more problems, given the values and the surroundings (see ``sections.checks``).
    """

    key: str
    title: str
    one: str
    empty: str
    group: Group
    table: type[Base]
    fields: tuple[Field, ...]
    headline: tuple[str, ...]
    on: str = ""
    until: str = ""
    edit: Action = Action.EDIT_TREATMENT
    derives: bool = False
    confidential: bool = False
    check: Callable[..., Any] | None = None

    def field(self, name: str) -> Field:
        """The field of this name."""
        return next(each for each in self.fields if each.name == name)
