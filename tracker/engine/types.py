"""Facts that go into the engine and the plan that comes out: plain, frozen, standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Flag(StrEnum):
    """Why a test is asked for; an item may carry several."""

    RECURRENCE = "recurrence"
    LATE_EFFECTS = "late_effects"
    PREDISPOSITION = "predisposition"
    VISIT = "visit"


class RuleKind(StrEnum):
    """Which table a rule comes from; OVERRIDE stands for a clinician's own decision."""

    LATE_EFFECTS = "late_effects"
    RECURRENCE = "recurrence"
    PREDISPOSITION = "predisposition"
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One primary or relapse, with the fields that choose its schedule.

    ``precision``: of its dates that are known to the ``month`` or ``year`` only, by field (``end_of_therapy_on``);
    such a date is any day of that month or year. A date that is absent here is known to the day.
    """

    name: str
    diagnosed_on: date | None = None
    resected_on: date | None = None
    end_of_therapy_on: date | None = None
    tumor: Mapping[str, str] = field(default_factory=dict)
    precision: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Predisposition:
    """An inherited cancer syndrome, with the fields its rules ask about."""

    syndrome: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one test on one day. ``status`` is FHIR's; only what counts closes."""

    test_code: str
    on: date
    status: str = "final"
    adequate: bool = True
    claimed: bool = False
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """A clinician's decision on one test: ``add``, ``set_interval``, ``defer`` or ``stop``."""

    test_code: str
    action: str
    decided_on: date
    expires_on: date | None = None
    due_on: date | None = None
    interval: str | None = None
    to: date | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one survivor. The first diagnosis is the survivor's own entry.

    ``exposures``: name → dose in the vocabulary's unit, 1 for "given", ``None`` for "given, dose unknown";
    a name that is absent was not recorded. ``at_least``: the known part of a dose that is otherwise unknown.
    ``exposure_dates`` is keyed without the unit ending. ``exposure_precision`` and ``event_precision`` name the dates
    known to the ``month`` or ``year`` only, as ``Diagnosis.precision`` does.
    """

    birth_date: date
    sex: str
    diagnoses: tuple[Diagnosis, ...]
    ltfu_entry_on: date | None = None
    exposures: Mapping[str, Decimal | None] = field(default_factory=dict)
    exposure_dates: Mapping[str, date] = field(default_factory=dict)
    events: Mapping[str, date] = field(default_factory=dict)
    predispositions: tuple[Predisposition, ...] = ()
    results: tuple[Result, ...] = ()
    overrides: tuple[Override, ...] = ()
    at_least: Mapping[str, Decimal] = field(default_factory=dict)
    exposure_precision: Mapping[str, str] = field(default_factory=dict)
    event_precision: Mapping[str, str] = field(default_factory=dict)


# A recorded date by the name a start gives it: ``end_of_therapy``, ``birth``, ``date(chest_rt)`` …
Origin = tuple[str, date]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an item stands, as data: one per rule (or override) that asks for the test.

    ``exposures`` are the names that decided, with the value each had (``None``: given, dose unknown; ``at_least``
    then has its known part). For a recurrence rule ``context`` holds diagnosis and stratum, for predisposition the
    syndrome. ``start_basis`` names where counting began (``end_of_therapy``, ``ltfu_entry``, ``resection``,
    ``age 25y``, ``date(chest_rt)`` …) and ``start_on`` its date; ``start_precision`` is ``month`` or ``year`` where no
    more is known of the date it follows from. ``due_on`` is the date this rule alone gives.

    With these the date can be worked out again from the reason alone (``proof``): ``origins`` are the recorded dates
    that the start follows from (empty: it is one itself), ``phase_from`` is how long after the start (late effects:
    after birth) the phase begins that gives the date, ``floor_on`` the end of therapy where that is later than
    ``due_on``. ``other_end``: what the rule says for the other day that a partly known date can have been.
    """

    rule_id: str
    kind: RuleKind
    pack: str
    due_on: date | None
    start_basis: str
    start_on: date | None = None
    interval: str | None = None
    interval_max: str | None = None
    exposures: tuple[tuple[str, Decimal | None], ...] = ()
    context: tuple[tuple[str, str], ...] = ()
    last_result_id: str | None = None
    last_result_code: str | None = None
    last_result_on: date | None = None
    override_id: str | None = None
    override_action: str | None = None
    gap: str | None = None
    source: str = ""
    confidence: str = ""
    wins: bool = False
    at_least: tuple[tuple[str, Decimal], ...] = ()
    start_precision: str | None = None
    origins: tuple[Origin, ...] = ()
    phase_from: str | None = None
    floor_on: date | None = None
    other_end: bool = False


@dataclass(frozen=True, slots=True)
class DataGap:
    """Something unknown that changes or withholds a plan. ``id`` is a rule id or ``history:…``,
    ``no-schedule:…``, ``diagnosis-not-in-pack:…``, ``date-precision:…``; ``missing`` names the unknown fact,
    ``consequence`` is a code: ``treated_as_met``, ``not_scheduled``, ``no_anchor_date``, ``history_missing``,
    ``not_in_pack``, ``planned_for_both_ends``: then ``missing`` is the date's name and what is known of it (2019-03).
    """

    id: str
    missing: tuple[str, ...]
    consequence: str
    test_code: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """The next dated occurrence of one test. Overdue on every day **after** ``overdue_after``.

    ``own_overdue``: the date came from a recurrence row (not re-timed), rather than the pack's default days.
    """

    test_code: str
    flags: frozenset[Flag]
    upcoming_on: date
    due_on: date
    overdue_after: date
    own_overdue: bool
    reasons: tuple[Reason, ...]
    stops_on: date | None = None


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """A rule that asks for nothing, and why, as a code with the facts that decided.

    ``why``: ``not_exposed``, ``other_sex``, ``outside_window``, ``not_started``, ``finished``, ``done``,
    ``other_stratum``, ``event_not_happened``, ``stopped`` …
    """

    rule_id: str
    kind: RuleKind
    test_code: str
    why: str
    detail: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CarePlan:
    """Every test this survivor should have next. Items are sorted by due date, then test code.

    ``holds_until``: the first later day on which the same facts may give another plan (None: never).
    """

    items: tuple[PlannedItem, ...]
    gaps: tuple[DataGap, ...]
    holds_until: date | None
