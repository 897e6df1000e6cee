"""The one place that decides what to write of a survivor's plan, without writing: rows in, rows out.

A save and the refresh of a whole registry both ask here, so that both leave the same rows. Rows are as the database's
driver gives them and takes them (``raw_rows``); nothing here asks a database or a clock.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from json.encoder import encode_basestring_ascii as _quoted
from typing import NamedTuple, Protocol

from tracker.engine.chart import counts
from tracker.engine.evaluate import evaluate
from tracker.engine.rules import Pack
from tracker.engine.types import CarePlan, Facts, Flag, PlannedItem, Result
from tracker.models import ClosedBy, Standing
from tracker.services import reasons
from tracker.services.facts import facts_of
from tracker.services.plan_seals import content_of, seal_of, stored_content
from tracker.services.raw_rows import FLAG_COLUMNS, Recorded, Row
from tracker.services.reasons import iso

NO_PLAN = CarePlan(items=(), gaps=(), holds_until=None)
WORTH = {Flag(name): 2**place for place, name in enumerate(FLAG_COLUMNS) if name in set(Flag)}
ADDED = 2 ** FLAG_COLUMNS.index("added")
NEVER = date.max.isoformat()


class Followed(Protocol):
    """What says whether anything is due at all: a survivor, or the row of one."""

    @property
    def withdrawn_at(self) -> object: ...
    @property
    def deceased_on(self) -> object: ...
    @property
    def standing(self) -> str: ...
    @property
    def acknowledged_on(self) -> object: ...


@dataclass(frozen=True, slots=True)
class Terms:
    """What a clinic plans by on a day; ``fingerprint`` tells these terms (the day aside) from all others."""

    pack: Pack
    fingerprint: bytes
    today: date


class Item(NamedTuple):
    """An open due item but for its ids, as it is stored."""

    test_code: str
    flags: int
    upcoming_on: str
    due_on: str
    overdue_after: str
    stops_on: str | None
    soft_due_on: str | None
    reasons: str

    @property
    def dates(self) -> Row:
        """What makes another date another item."""
        return self[2:5]


class Gap(NamedTuple):
    """Something unknown, as it is stored."""

    gap: str
    missing: str
    consequence: str
    test_code: str | None


class Summary(NamedTuple):
    """What the survivor's own row says of the plan."""

    has_plan: int
    plan_digest: str
    next_upcoming_on: str | None
    next_due_on: str | None
    next_overdue_on: str | None
    recurrence_due_on: str | None
    recurrence_overdue_on: str | None


class Closing(NamedTuple):
    """An item to close: its id, why, and the result that did it."""

    item_id: str
    closed_by: str
    result_id: str | None


@dataclass(frozen=True, slots=True)
class Summed:
    """What the survivor's own row says of the plan once it is written.

    ``content``: the fingerprint of the plan as it is stored; ``seal``: of that and of the facts it follows from.
    """

    summary: Summary
    computed_on: str
    holds_until: str | None
    content: bytes
    seal: str


@dataclass(slots=True)
class Decision:
    """What to write of one survivor's plan; items that open soonest first.

    ``seen``: the state of the survivor's row for which this is true. ``resummed``: that row changes too. ``heals``: the
    plan could not be worked out before.
    """

    survivor_id: str
    clinic_id: str
    seen: Row
    summed: Summed
    resummed: bool
    heals: bool
    opening: list[Item] = field(default_factory=list)
    closing: list[Closing] = field(default_factory=list)
    describing: list[tuple[str, Item]] = field(default_factory=list)
    gaps_in: list[Gap] = field(default_factory=list)
    gaps_changed: list[tuple[str, Gap]] = field(default_factory=list)
    gaps_out: list[str] = field(default_factory=list)

    @property
    def written(self) -> int:
        """How many rows are added, changed or removed; those closed are counted by themselves."""
        gaps = len(self.gaps_in) + len(self.gaps_changed) + len(self.gaps_out)
        return len(self.opening) + len(self.describing) + gaps + self.resummed

    @property
    def is_quiet(self) -> bool:
        """Is nothing due today?"""
        due_on = self.summed.summary.next_due_on
        return due_on is None or due_on > self.summed.computed_on

    @property
    def is_needed(self) -> bool:
        """Does anything have to be written at all?"""
        return bool(self.written or self.closing)


def stands(recorded: Recorded, terms: Terms) -> bytes | None:
    """The content of the stored plan, if its seal says that the engine would give the same today; else None."""
    person = recorded.person
    today = terms.today.isoformat()
    if person.plan_computed_on is None or person.plan_computed_on > today:
        return None
    if person.plan_holds_until is not None and person.plan_holds_until <= today:
        return None
    content = stored_content(recorded)
    seal = seal_of(recorded, content, person.plan_holds_until, terms.fingerprint)
    return content if seal == person.plan_seal else None


def decide(recorded: Recorded, terms: Terms) -> Decision:
    """Evaluate a survivor today and say what has to be written so that the stored plan is the engine's.

    Raises:
        Invalid, ValueError: the record holds something the engine cannot read (see ``evaluate``).
    """
    person, facts = recorded.person, facts_of(recorded)
    plan = plan_of(person, facts, terms.pack, terms.today)
    items, gaps = _items(recorded, facts, plan, terms), _gaps(plan)
    summary = _summary(plan, has_plan=not is_paused(person) and not awaits_summary(facts))
    summed = _summed(recorded, items, gaps, summary, _told(plan.holds_until), terms)
    resummed, heals = _is_resummed(recorded, summed), bool(person.has_failed)
    decision = Decision(person.id, person.clinic_id, person.seen, summed, resummed, heals)
    _compare_items(decision, recorded, items, _Why(recorded, facts, plan, terms))
    _compare_gaps(decision, recorded, gaps)
    return decision


def _is_resummed(recorded: Recorded, summed: Summed) -> bool:
    """The day on which it was computed may stay, unless it has not come yet: the plan is the same on all days until
    ``holds_until``."""
    person = recorded.person
    if person.plan_computed_on is None or person.plan_computed_on > summed.computed_on:
        return True
    stored = person.summary, person.plan_holds_until, person.plan_seal
    return stored != (tuple(summed.summary), summed.holds_until, summed.seal)


def plan_of(person: Followed, facts: Facts, pack: Pack, on: date) -> CarePlan:
    """The plan as the engine gives it for a day; none for those of whom nothing is due at all.

    Someone without a treatment summary may still have checks for an inherited syndrome, or a clinician's own.
    """
    return NO_PLAN if is_paused(person) else evaluate(facts, pack, on=on)


def is_paused(person: Followed) -> bool:
    """Nothing is due for the dead, for those on treatment again, nor once another clinic has taken over.

    Nor is anything by a record that is followed no longer by itself."""
    return (
        person.withdrawn_at is not None
        or person.deceased_on is not None
        or person.standing == Standing.ON_TREATMENT
        or (person.standing == Standing.TRANSFERRED and person.acknowledged_on is not None)
    )


def awaits_summary(facts: Facts) -> bool:
    """Nothing can be planned before a diagnosis with an end of therapy is recorded."""
    return not any(diagnosis.end_of_therapy_on for diagnosis in facts.diagnoses)


def soft_dates(facts: Facts, pack: Pack, on: date) -> dict[str, date]:
    """Where tests reported by the family counted, the dates would be these (by test code)."""
    if not any(result.claimed for result in facts.results):
        return {}
    believed = replace(facts, results=tuple(replace(result, claimed=False) for result in facts.results))
    return {item.test_code: item.due_on for item in evaluate(believed, pack, on=on).items}


def _items(recorded: Recorded, facts: Facts, plan: CarePlan, terms: Terms) -> dict[str, Item]:
    soft = {} if is_paused(recorded.person) else soft_dates(facts, terms.pack, terms.today)
    return {item.test_code: _item(item, soft.get(item.test_code)) for item in plan.items}


def _gaps(plan: CarePlan) -> dict[str, Gap]:
    return {gap.id: Gap(gap.id, json.dumps(list(gap.missing)), gap.consequence, gap.test_code) for gap in plan.gaps}


def _summed(
    recorded: Recorded,
    items: dict[str, Item],
    gaps: dict[str, Gap],
    summary: Summary,
    holds_until: str | None,
    terms: Terms,
) -> Summed:
    content = content_of(_in_order(items), _in_order(gaps), tuple(summary))
    seal = seal_of(recorded, content, holds_until, terms.fingerprint)
    return Summed(summary, terms.today.isoformat(), holds_until, content, seal)


def _in_order(rows: Mapping[str, Row]) -> list[Row]:
    return [tuple(rows[key]) for key in sorted(rows)]


def _item(item: PlannedItem, soft_due_on: date | None) -> Item:
    # By position, in the order of the fields: this is done a dozen times for everybody.
    return Item(
        item.test_code,
        _worth(item.flags),
        iso(item.upcoming_on),
        iso(item.due_on),
        iso(item.overdue_after),
        _told(item.stops_on),
        _told(soft_due_on) if soft_due_on != item.due_on else None,
        reasons.dumps(item.reasons),
    )


@lru_cache(maxsize=64)
def _worth(flags: frozenset[Flag]) -> int:
    return sum(WORTH[flag] for flag in flags) or ADDED


def _summary(plan: CarePlan, *, has_plan: bool) -> Summary:
    return Summary(int(has_plan), digest(plan), *map(_told, earliest_days(plan.items)))


def earliest_days(items: Sequence[PlannedItem]) -> tuple[date | None, ...]:
    """The first days on which any item is upcoming, due and overdue; then due and overdue of those for recurrence."""
    recurrence = [item for item in items if Flag.RECURRENCE in item.flags]
    return (
        min((item.upcoming_on for item in items), default=None),
        *_due_and_overdue(items),
        *_due_and_overdue(recurrence),
    )


def _due_and_overdue(items: Sequence[PlannedItem]) -> tuple[date | None, date | None]:
    due_on = min((item.due_on for item in items), default=None)
    last_good_day = min((item.overdue_after for item in items), default=None)
    return due_on, None if last_good_day is None else last_good_day + timedelta(days=1)


def _told(day: date | None) -> str | None:
    return None if day is None else iso(day)


def digest(plan: CarePlan) -> str:
    """A fingerprint of a plan's dates, flags, rules and gaps: equal plans, equal digests."""
    # As json.dumps would write it without spaces, in a quarter of the time: this is done for everybody.
    items = ",".join(map(_item_text, plan.items))
    gaps = ",".join(_quoted(key) for key in sorted(gap.id for gap in plan.gaps))
    return hashlib.sha256(f"[[{items}],[{gaps}]]".encode()).hexdigest()


def _item_text(item: PlannedItem) -> str:
    because = ",".join(
        f'[{_quoted(each.rule_id)},{_quoted(each.pack)},"{_told(each.due_on)}"]' for each in item.reasons
    )
    dates = f'"{iso(item.upcoming_on)}","{iso(item.due_on)}","{iso(item.overdue_after)}"'
    return f"[{_quoted(item.test_code)},{dates},{_kinds_text(item.flags)},[{because}]]"


@lru_cache(maxsize=64)
def _kinds_text(flags: frozenset[Flag]) -> str:
    return f"[{','.join(_quoted(flag.value) for flag in sorted(flags))}]"


def _compare_items(decision: Decision, recorded: Recorded, items: dict[str, Item], why: "_Why") -> None:
    wanted = dict(items)
    for row in recorded.items:
        stored, item_id = Item._make(row[1:-1]), row[-1]
        planned = wanted.get(stored.test_code)
        if planned is None or planned.dates != stored.dates:
            decision.closing.append(Closing(item_id, *why.closed(stored)))
            continue
        del wanted[stored.test_code]
        if planned != stored:
            decision.describing.append((item_id, planned))
    decision.opening.extend(wanted.values())


def _compare_gaps(decision: Decision, recorded: Recorded, gaps: dict[str, Gap]) -> None:
    wanted = dict(gaps)
    for row in recorded.gaps:
        stored, gap_id = Gap._make(row[1:-1]), row[-1]
        planned = wanted.pop(stored.gap, None)
        if planned is None:
            decision.gaps_out.append(gap_id)
        elif planned != stored:
            decision.gaps_changed.append((gap_id, planned))
    decision.gaps_in.extend(wanted.values())


@dataclass(slots=True)
class _Why:
    """Why items close: worked out only where one does."""

    recorded: Recorded
    facts: Facts
    plan: CarePlan
    terms: Terms
    newest: dict[str, Result] | None = None

    def closed(self, item: Item) -> tuple[str, str | None]:
        """What closes the item, and the result that does."""
        person = self.recorded.person
        if person.deceased_on is not None:
            return ClosedBy.DECEASED.value, None
        if person.standing == Standing.TRANSFERRED and person.acknowledged_on is not None:
            return ClosedBy.TRANSFERRED.value, None
        result_id = self._result_closing(item)
        if result_id is not None:
            return ClosedBy.RESULT.value, result_id
        return (ClosedBy.STOPPED if self._stopped(item.test_code) else ClosedBy.SUPERSEDED).value, None

    def _result_closing(self, item: Item) -> str | None:
        """The result that moved the item's date on or finished it, if one did: it was no reason before."""
        newest = self._newest().get(item.test_code)
        moved = next((each.due_on.isoformat() for each in self.plan.items if each.test_code == item.test_code), NEVER)
        if newest is None or newest.id is None or moved <= item.due_on:
            return None
        known = {reason.last_result_id for reason in reasons.loads(item.reasons)}
        return None if newest.id in known else newest.id

    def _stopped(self, test_code: str) -> bool:
        stops = any(each.action == "stop" and each.test_code == test_code for each in self.facts.overrides)
        return stops and all(item.test_code != test_code for item in self.plan.items)

    def _newest(self) -> dict[str, Result]:
        """The newest counting result of every test, equivalents included."""
        if self.newest is None:
            satisfies = self.terms.pack.satisfied_by_result
            self.newest = {
                code: result
                for result in sorted(self.facts.results, key=lambda result: result.on)
                if counts(result) and result.on <= self.terms.today
                for code in satisfies.get(result.test_code, (result.test_code,))
            }
        return self.newest
