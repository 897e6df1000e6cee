"""What is known of one survivor on one day, prepared once for all rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tracker.engine.conditions import ZERO, Doses
from tracker.engine.rules import Derivation, Pack
from tracker.engine.schedule import add_months, age_on
from tracker.engine.starts import Anchors
from tracker.engine.types import Diagnosis, Facts, Origin, Result

KnownParts = tuple[tuple[str, Decimal], ...]
COUNTING_STATUSES = frozenset({"final", "amended", "corrected"})
# What follows from the birth date and from being here: a recorded value changes nothing.
COMPUTED = frozenset({"any_cancer", "age_y", "ltfu_entry_age_y"})
# The input of a derivation that stands for having an inherited syndrome.
PREDISPOSITIONS = "predispositions"
_LTFU_ENTRY_MONTHS = 24
_ONE = Decimal(1)


@dataclass(slots=True)
class Chart:
    """Facts on a day, with doses filled in, anchors found and the newest result of every test.

    ``anchors`` is None while no end of therapy is known. ``changes_on`` collects the days on which
    another answer is possible; the earliest of them is the plan's ``holds_until``. What several rules ask for is
    worked out once: ``starts`` and ``origins`` by the text of the start, ``birthdays`` by age.
    """

    facts: Facts
    pack: Pack
    on: date
    age: int
    doses: Doses
    anchors: Anchors | None
    newest: dict[str, Result]
    changes: date | None = None
    starts: dict[str, date | None] = field(default_factory=dict)
    origins: dict[str, tuple[Origin, ...]] = field(default_factory=dict)
    birthdays: dict[int, date] = field(default_factory=dict)

    @property
    def end_of_therapy(self) -> date | None:
        """The newest of all diagnoses, if one is known."""
        return None if self.anchors is None else self.anchors.end_of_therapy

    def changes_on(self, day: date) -> None:
        """Note that the plan may be another from this day on."""
        if day > self.on and (self.changes is None or day < self.changes) and day != date.max:
            self.changes = day


@dataclass(slots=True)
class Ground:
    """What of a survivor's facts does not change with the dates of treatment and of events.

    ``newest``: of each test the newest counting result by the day asked about; ``ahead``: the first later day on which
    another counts.
    """

    doses: Doses
    newest: dict[str, Result]
    ahead: date

    def copy(self) -> "Ground":
        """The same, with doses to which more can be added."""
        return Ground(self.doses.copy(), self.newest, self.ahead)


def open_chart(facts: Facts, pack: Pack, on: date, ground: Ground | None = None) -> Chart:
    """Prepare a survivor's facts: derived doses, dates counted from, events and results that count by the day.

    ``ground`` may be handed on where the same survivor is looked at with other dates.
    """
    ground = prepare(facts, pack, on) if ground is None else ground.copy()
    anchors = _anchors(facts, ground.doses, on)
    if anchors is not None:
        ground.doses.record("ltfu_entry_age_y", Decimal(age_on(facts.birth_date, anchors.ltfu_entry)))
    chart = Chart(facts, pack, on, age_on(facts.birth_date, on), ground.doses, anchors, ground.newest)
    chart.changes_on(ground.ahead)
    for happened_on in facts.events.values():
        chart.changes_on(happened_on)
    return chart


def prepare(facts: Facts, pack: Pack, on: date) -> Ground:
    """Derived doses, and the results that count by the day."""
    doses = total_doses(facts.exposures, pack.derivations, bool(facts.predispositions), at_least=facts.at_least)
    by_code, ahead = _newest_by_code(facts.results, on)
    return Ground(doses, _newest_by_test(by_code, pack), ahead)


def end_of_therapy(diagnoses: Iterable[Diagnosis]) -> date | None:
    """The newest end of therapy of all diagnoses."""
    return max((each.end_of_therapy_on for each in diagnoses if each.end_of_therapy_on), default=None)


def _anchors(facts: Facts, doses: Doses, on: date) -> Anchors | None:
    ended_on = end_of_therapy(facts.diagnoses)
    if ended_on is None:
        return None
    return Anchors(
        birth_date=facts.birth_date,
        end_of_therapy=ended_on,
        ltfu_entry=facts.ltfu_entry_on or add_months(ended_on, _LTFU_ENTRY_MONTHS),
        exposure_dates=facts.exposure_dates,
        events={name: day for name, day in facts.events.items() if day <= on},
        tbi_on=facts.exposure_dates.get("tbi") if "tbi_gy" in doses.given else None,
    )


def counts(result: Result) -> bool:
    """Whether a result closes anything: final, adequate and not merely claimed (its date aside)."""
    return result.status in COUNTING_STATUSES and result.adequate and not result.claimed


def _newest_by_code(results: Sequence[Result], on: date) -> tuple[Iterable[Result], date]:
    """Of each code as recorded the newest counting result, in the order listed; and the first later day one counts.

    Somebody may have hundreds of results, mostly listed from old to new. So they are read from the end, and one that is
    older than the newest of its code known so far is passed over at once.
    """
    ahead = date.max
    found: dict[str, Result] = {}
    for result in reversed(results):
        code = result.test_code
        known = found.get(code)
        if (known is not None and result.on < known.on) or not counts(result):
            continue
        if result.on > on:
            ahead = min(ahead, result.on)
            continue
        # Of one day the result listed first counts; it is put where it is listed.
        if known is not None:
            del found[code]
        found[code] = result
    return reversed(found.values()), ahead


def _newest_by_test(results: Iterable[Result], pack: Pack) -> dict[str, Result]:
    """Of each test the newest result, its own or one that stands in for it."""
    newest: dict[str, Result] = {}
    satisfies = pack.satisfied_by_result
    for result in results:
        for test_code in satisfies.get(result.test_code, (result.test_code,)):
            last = newest.get(test_code)
            if last is None or _is_newer(result, last, test_code):
                newest[test_code] = result
    return newest


def _is_newer(result: Result, last: Result, test_code: str) -> bool:
    """Later wins; on one day the test itself is named rather than one that stands in for it."""
    if result.on != last.on:
        return result.on > last.on
    return result.test_code == test_code != last.test_code


def total_doses(
    recorded: Mapping[str, Decimal | None],
    derivations: tuple[Derivation, ...],
    has_predisposition: bool,
    *,
    at_least: Mapping[str, Decimal] | None = None,
) -> Doses:
    """Recorded doses, and those that follow from them in the derivations' order; what is recorded always wins.

    ``at_least``: the certain part of a dose recorded as unknown. Sums and maxima carry it on.
    """
    doses, known_parts = Doses(), at_least or {}
    for name, value in recorded.items():
        if name not in COMPUTED:
            certain = known_parts.get(name, ZERO) if value is None else value
            doses.record(name, certain, unknown=value is None)
    doses.record("any_cancer", _ONE)
    for derivation in derivations:
        # Few of them follow from anything given: the others are passed over at once.
        if not derivation.names.isdisjoint(doses.given) and derivation.name not in recorded:
            _derive(doses, derivation)
        elif has_predisposition and PREDISPOSITIONS in derivation.names and derivation.name not in recorded:
            doses.record(derivation.name, _ONE)
    return doses


def _derive(doses: Doses, derivation: Derivation) -> None:
    if derivation.rule == "any":
        doses.record(derivation.name, _ONE)
        return
    given = [(name, factor) for name, factor in derivation.inputs if name in doses.given]
    parts = [doses.certain[name] * factor for name, factor in given]
    total = sum(parts, ZERO) if derivation.rule == "sum" else max(parts)
    unknown = not doses.unknown.isdisjoint(name for name, _ in given)
    doses.record(derivation.name, total, unknown=unknown)


def unknown_roots(name: str, chart: Chart) -> Iterable[str]:
    """The names as recorded that leave a dose unknown: the dose itself, or the inputs it was derived from."""
    if name in chart.facts.exposures:
        return [name] if name in chart.doses.unknown else []
    inputs = [d.inputs for d in chart.pack.derivations if d.name == name]
    return [root for each in inputs for part, _ in each for root in unknown_roots(part, chart)]
