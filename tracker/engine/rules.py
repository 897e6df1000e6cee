"""A guideline pack as the engine uses it: typed rules, vocabulary and settings, read once by the loader.

Plain frozen data without functions of its own beyond lookups, so that it can be sent to another process.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tracker.engine.conditions import Condition, Stratum
from tracker.engine.phases import Phase, phases_of
from tracker.engine.schedule import Period
from tracker.engine.starts import Start
from tracker.engine.types import Flag, RuleKind

# Why a test is asked for, by the table whose row asks.
FLAGS = {
    RuleKind.LATE_EFFECTS: frozenset({Flag.LATE_EFFECTS}),
    RuleKind.RECURRENCE: frozenset({Flag.RECURRENCE}),
    RuleKind.PREDISPOSITION: frozenset({Flag.PREDISPOSITION}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What every row of the tables has: lasting id, test, interval and where it was read.

    ``every`` is None for a test asked for once. ``start_text`` names the date counting begins from.
    ``line`` is the row's line in its table. ``interval_text`` is as the table writes it, an ISO 8601 period or
    ``once``; ``at_most_text`` likewise, if it says how long at most. ``flags``: why its test is asked for, the yearly
    visit aside.
    """

    id: str
    kind: RuleKind
    test_code: str
    test: str
    modality: str
    sex: str
    start_text: str
    every: Period | None
    at_most: Period | None
    source: str
    confidence: str
    evidence: str
    note: str
    line: int
    interval_text: str = field(init=False)
    at_most_text: str | None = field(init=False)
    flags: frozenset[Flag] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "flags", FLAGS[self.kind])
        object.__setattr__(self, "interval_text", self.every.text if self.every else "once")
        object.__setattr__(self, "at_most_text", self.at_most.text if self.at_most else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LateEffectRule(Rule):
    """One row of late_effects.csv.

    ``ages`` are the first ages of the stretches in which the condition cannot change with age;
    ``triggers`` are names of which one must have been given, or the row cannot apply (None: it may always);
    ``phases`` are the stretches in which it may, with what is left of the condition. ``is_lifelong``: neither age nor
    ``until`` limits it. ``names_twice``: an exposure stands in the condition more than once.
    """

    organ_system: str
    late_effect: str
    specialist: str
    condition: Condition
    condition_text: str
    start: Start
    until: Start | None
    until_text: str
    ages: tuple[int, ...]
    triggers: frozenset[str] | None
    phases: tuple[Phase, ...] = field(init=False)
    is_lifelong: bool = field(init=False)
    names_twice: bool = field(init=False)

    def __post_init__(self) -> None:
        Rule.__post_init__(self)
        object.__setattr__(self, "phases", phases_of(self.condition, self.ages))
        object.__setattr__(self, "is_lifelong", len(self.ages) == 1 and self.until is None)
        names = [leaf.name for leaf in self.condition.leaves()]
        object.__setattr__(self, "names_twice", len(names) > len(set(names)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Band(Rule):
    """One row of recurrence.csv: a stretch of time after the anchor, from ``begins`` (in) to ``ends`` (out)."""

    diagnosis: str
    stratum: Stratum
    begins: Period
    ends: Period | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """The bands for one diagnosis, stratum, test and source, in order of time; they tile.

    ``first_id`` is the band that comes first in the table: it names the gap when the history is missing.
    """

    diagnosis: str
    stratum: Stratum
    test_code: str
    source: str
    anchor: str
    bands: tuple[Band, ...]
    first_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PredispositionRule(Rule):
    """One row of predisposition.csv, from one age to another (out); ``every`` is None for P0D, asked for once."""

    syndrome: str
    gene: str
    stratum: Stratum
    begins: Period
    ends: Period | None


@dataclass(frozen=True, slots=True)
class ExposureInfo:
    """One word of the predicates' vocabulary. ``stem`` is the name without its unit ending: the key of its date."""

    name: str
    kind: str
    unit: str
    description: str
    derivation: str
    label: str
    plain_label: str
    stem: str


@dataclass(frozen=True, slots=True)
class TestInfo:
    """One test: names for clinicians and families, codes, where it is done. ``confidential``: not for a proxy."""

    __test__ = False

    test_code: str
    name: str
    plain_name: str
    modality: str
    loinc: str
    ucum: str
    place: str
    specialty: str
    confidential: bool
    note: str


@dataclass(frozen=True, slots=True)
class DiagnosisInfo:
    """One diagnosis with schedules: its morphology codes and other names."""

    name: str
    icdo3_morphology: str
    synonyms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Derivation:
    """How an exposure not recorded itself follows from others: ``sum`` of dose × factor, ``max`` or ``any``."""

    name: str
    rule: str
    inputs: tuple[tuple[str, Decimal], ...]
    names: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", frozenset(name for name, _ in self.inputs))


@dataclass(frozen=True, slots=True)
class Choices:
    """What a clinic has taken in place of the default.

    ``late_effects``: ids of alternative rows, each replacing the rows it rivals.
    ``recurrence``: (diagnosis, source) pairs, that source's schedules replacing the default ones.
    """

    late_effects: tuple[str, ...] = ()
    recurrence: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Pack:
    """One edition of a guideline pack, with a clinic's choices made.

    ``rules``: every row in force, by id. ``alternatives``: rows not in force (rivals, or rows replaced).
    ``satisfied_by_result``: result code → test codes it satisfies, its own first.
    ``strata``: (table, diagnosis or syndrome) → field → values used.
    ``late_effects_always`` may apply to anyone; the others, by trigger and line, only if one of theirs was given.
    """

    name: str
    title: str
    edition: str
    effective_on: date
    sources: tuple[str, ...]
    rights: str
    upcoming_days: int
    overdue_days: int
    visit_test: str
    units: Mapping[str, str]
    events: frozenset[str]
    exposures: Mapping[str, ExposureInfo]
    derivations: tuple[Derivation, ...]
    tests: Mapping[str, TestInfo]
    diagnoses: Mapping[str, DiagnosisInfo]
    strata: Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]]
    satisfied_by_result: Mapping[str, tuple[str, ...]]
    late_effects: tuple[LateEffectRule, ...]
    late_effects_always: tuple[LateEffectRule, ...]
    late_effects_by_trigger: Mapping[str, Mapping[int, LateEffectRule]]
    schedules: Mapping[str, tuple[Schedule, ...]]
    predispositions: Mapping[str, tuple[PredispositionRule, ...]]
    rules: Mapping[str, Rule]
    alternatives: Mapping[str, Rule]
    rivals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    choices: Choices = field(default_factory=Choices)

    @property
    def key(self) -> str:
        """Name and edition, as stored with every reason."""
        return f"{self.name}/{self.edition}"
