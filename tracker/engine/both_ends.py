"""A plan from partly known dates: for the first days and for the last days they can have been, merged with caution.

Bands loosen with time since their date, so that the first day alone would drop a tight schedule too soon; first dates
come with the date they count from, so that the last day alone would come too late.

Source: docs/adr/0005-a-partly-known-date-plans-for-both-ends.md.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import date
from operator import attrgetter

from tracker.engine.asks import Ask
from tracker.engine.chart import Ground, open_chart, prepare
from tracker.engine.merge import Draft, make_item
from tracker.engine.precision import PartlyKnown, partly_known, settled
from tracker.engine.rules import Pack
from tracker.engine.start_precision import note_start_precision
from tracker.engine.types import CarePlan, DataGap, Facts, PlannedItem, Reason, RuleKind
from tracker.engine.whole_dates import Drafted, draft_plan, in_order

PLANNED_FOR_BOTH_ENDS = "planned_for_both_ends"


@dataclass(slots=True)
class Ends:
    """One survivor's plans on one day, by which of the partly known dates are on their last day; each made once."""

    facts: Facts
    pack: Pack
    on: date
    dates: tuple[PartlyKnown, ...]
    ground: Ground
    plans: dict[frozenset[PartlyKnown], Drafted] = field(default_factory=dict)

    def plan(self, on_last: Iterable[PartlyKnown]) -> Drafted:
        """What is planned with these dates on their last day and all others on their first."""
        key = frozenset(on_last)
        if key not in self.plans:
            settled_facts = settled(self.facts, self.dates, key)
            self.plans[key] = draft_plan(open_chart(settled_facts, self.pack, self.on, self.ground))
        return self.plans[key]


def plan_for_both_ends(facts: Facts, pack: Pack, on: date) -> CarePlan:
    """The plans for the first and for the last possible days, as one.

    A test is asked for if either plan asks for it, on the earlier date, with the reasons of both. Where the two differ,
    each partly known date that makes a difference is a gap.
    """
    ends = Ends(facts, pack, on, partly_known(facts), prepare(facts, pack, on))
    first, last = ends.plan(()), ends.plan(ends.dates)
    gaps = [*first.gaps, *last.gaps, *(_gap(each) for each in _that_matter(ends))]
    # Every plan looked at: a date may begin to matter before either end changes.
    holds_until = _earliest(plan.chart.changes for plan in ends.plans.values())
    if first is not last:
        _leave_to_first(first, last)
    items = _merged_items(_explained(first), _explained(last))
    return CarePlan(items, _merged_gaps(gaps), holds_until)


def _leave_to_first(first: Drafted, last: Drafted) -> None:
    """Explain once what both ends ask for alike: then the first has the word, and the last nothing to add."""
    for test_code, draft in first.drafts.items():
        other = last.drafts.get(test_code)
        if other is not None and _is_alike(draft, other):
            draft.stops_on = _stops_on(draft, other)
            del last.drafts[test_code]


def _is_alike(draft: Draft, other: Draft) -> bool:
    """The same dates by the same rules and decisions, leaving aside what they are counted from."""
    if draft.due_on != other.due_on or draft.overdue_after != other.overdue_after or draft.decided or other.decided:
        return False
    return [_asking(ask) for ask in draft.asks] == [_asking(ask) for ask in other.asks]


def _asking(ask: Ask) -> object:
    """What makes an ask another reason: see ``_SAYING``."""
    return ask.rule.id, ask.due_on, ask.last, ask.gap, ask.exposures, ask.at_least, ask.context


def _stops_on(first: Draft | PlannedItem, last: Draft | PlannedItem) -> date | None:
    """It is asked for as long as either plan asks for it."""
    return max(first.stops_on, last.stops_on) if first.stops_on and last.stops_on else None


def _explained(plan: Drafted) -> list[PlannedItem]:
    """The plan's items, whose reasons say how well the day is known from which they count."""
    note_start_precision((ask for draft in plan.drafts.values() for ask in draft.asks), plan.chart)
    return plan.items()


def _that_matter(ends: Ends) -> tuple[PartlyKnown, ...]:
    """The dates that change what is planned when they alone move, away from the first or from the last days."""
    first, last = _planned(ends.plan(())), _planned(ends.plan(ends.dates))
    if first == last:
        return ()
    if len(ends.dates) == 1:
        return ends.dates
    found = [
        each
        for each in ends.dates
        if _planned(ends.plan({each})) != first or _planned(ends.plan(set(ends.dates) - {each})) != last
    ]
    return tuple(found) or ends.dates


def _planned(plan: Drafted) -> tuple[object, object]:
    """What is asked for and what is unknown, leaving aside how it is reasoned."""
    dates = {test_code: (draft.due_on, draft.overdue_after) for test_code, draft in plan.drafts.items()}
    return dates, {gap.id for gap in plan.gaps}


def _gap(each: PartlyKnown) -> DataGap:
    return DataGap(f"date-precision:{each.kind}:{each.name}", (each.fact, str(each.known)), PLANNED_FOR_BOTH_ENDS)


def _merged_gaps(gaps: Iterable[DataGap]) -> tuple[DataGap, ...]:
    """Each gap once, with all that is missing."""
    found: dict[str, DataGap] = {}
    for gap in gaps:
        known = found.get(gap.id)
        if known is not None and known.missing != gap.missing:
            gap = replace(gap, missing=tuple(dict.fromkeys(known.missing + gap.missing)))
        found[gap.id] = gap
    return tuple(found.values())


def _earliest(days: Iterable[date | None]) -> date | None:
    return min((day for day in days if day is not None), default=None)


def _merged_items(first: Iterable[PlannedItem], last: Iterable[PlannedItem]) -> tuple[PlannedItem, ...]:
    items = {item.test_code: item for item in first}
    for item in last:
        other = items.get(item.test_code)
        items[item.test_code] = item if other is None else _merged(other, item)
    return tuple(sorted(items.values(), key=in_order))


def _merged(first: PlannedItem, last: PlannedItem) -> PlannedItem:
    winner, loser = (first, last) if _order(first) <= _order(last) else (last, first)
    return make_item(
        winner.test_code,
        first.flags | last.flags,
        winner.upcoming_on,
        winner.due_on,
        winner.overdue_after,
        winner.own_overdue,
        tuple(_merged_reasons(winner.reasons, loser.reasons)),
        _stops_on(first, last),
    )


def _order(item: PlannedItem) -> tuple[date, date]:
    """As rules are merged: earliest due first; on a tie a recurrence row's own overdue date, the earlier first."""
    return item.due_on, item.overdue_after if item.own_overdue else date.max


def _merged_reasons(winners: tuple[Reason, ...], losers: tuple[Reason, ...]) -> Iterator[Reason]:
    """The winner's reasons, each followed by what the same rule says at the other end, then what only the loser has."""
    said = [_saying(reason) for reason in winners]
    others = [replace(reason, wins=False, other_end=True) for reason in losers if _saying(reason) not in said]
    for reason in winners:
        yield reason
        yield from (other for other in others if _same_rule(other, reason))
    yield from (other for other in others if not any(_same_rule(other, reason) for reason in winners))


# What makes a reason another one: not what it counts from, if the due date is the same.
_UNSAID = ("wins", "start_on", "start_precision", "origins", "phase_from", "floor_on")
_SAYING = attrgetter(*(each.name for each in fields(Reason) if each.name not in _UNSAID))


def _saying(reason: Reason) -> object:
    """What the reason says; of a decision, which it is."""
    return reason.rule_id if reason.kind is RuleKind.OVERRIDE else _SAYING(reason)


def _same_rule(one: Reason, other: Reason) -> bool:
    return (one.rule_id, one.context) == (other.rule_id, other.context)
