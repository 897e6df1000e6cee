"""One item per test: the earliest date wins, and every rule behind it is a reason.

Source: "Due dates", rules 4, 5 and 7, of the clinical tables' description.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from tracker.engine.asks import Ask
from tracker.engine.rules import Pack
from tracker.engine.schedule import add_days
from tracker.engine.types import Flag, PlannedItem, Reason, RuleKind

FLAGS = {
    RuleKind.LATE_EFFECTS: Flag.LATE_EFFECTS,
    RuleKind.RECURRENCE: Flag.RECURRENCE,
    RuleKind.PREDISPOSITION: Flag.PREDISPOSITION,
}


@dataclass(slots=True)
class Draft:
    """An item in the making. ``overdue_after`` is set while the date is a recurrence row's own."""

    test_code: str
    due_on: date
    overdue_after: date | None
    reasons: list[Reason]
    flags: frozenset[Flag]
    stops_on: date | None = None

    def won_by(self, reason: Reason) -> None:
        """Add a reason that set the date; no earlier reason has won then."""
        self.reasons = [replace(each, wins=False) if each.wins else each for each in self.reasons]
        self.reasons.append(replace(reason, wins=True))


def draft_items(asks: Iterable[Ask], pack: Pack, not_before: date | None) -> dict[str, Draft]:
    """Merge all asks by test; nothing is due or overdue before the end of therapy (``not_before``)."""
    tests: dict[str, list[Ask]] = {}
    for ask in asks:
        tests.setdefault(ask.rule.test_code, []).append(ask)
    return {test_code: _draft(test_code, group, pack, not_before) for test_code, group in tests.items()}


def finish(draft: Draft, pack: Pack) -> PlannedItem:
    """Add the days on which the item becomes upcoming, and overdue if no recurrence row says so."""
    own = draft.overdue_after
    return PlannedItem(
        test_code=draft.test_code,
        flags=draft.flags,
        upcoming_on=add_days(draft.due_on, -pack.upcoming_days),
        due_on=draft.due_on,
        overdue_after=add_days(draft.due_on, pack.overdue_days) if own is None else own,
        own_overdue=own is not None,
        reasons=tuple(draft.reasons),
        stops_on=draft.stops_on,
    )


@lru_cache(maxsize=256)
def flags_for(kinds: frozenset[RuleKind], test_code: str, visit_test: str) -> frozenset[Flag]:
    """Why the test is asked for. The yearly attendance is flagged as a visit instead of late-effects review.

    A test that only a clinician asked for counts as late-effects review.
    """
    flags = {FLAGS[kind] for kind in kinds if kind in FLAGS} or {Flag.LATE_EFFECTS}
    if test_code == visit_test:
        flags = flags - {Flag.LATE_EFFECTS} | {Flag.VISIT}
    return frozenset(flags)


def _order(ask: Ask) -> tuple[date, date]:
    """Earliest due first; on a tie a recurrence row (it alone has an overdue date), then the earlier overdue date."""
    return ask.due_on, ask.overdue_after or date.max


def _draft(test_code: str, asks: list[Ask], pack: Pack, not_before: date | None) -> Draft:
    winner = min(asks, key=_order)
    due_on, overdue_after = winner.due_on, winner.overdue_after
    if not_before is not None:
        due_on = max(due_on, not_before)
        overdue_after = overdue_after and max(overdue_after, not_before)
    reasons = [_reason(ask, pack, not_before, wins=ask is winner) for ask in asks]
    flags = flags_for(frozenset({ask.rule.kind for ask in asks}), test_code, pack.visit_test)
    return Draft(test_code, due_on, overdue_after, reasons, flags, winner.stops_on)


def _reason(ask: Ask, pack: Pack, not_before: date | None, *, wins: bool) -> Reason:
    rule, last = ask.rule, ask.last
    return Reason(
        rule_id=rule.id,
        kind=rule.kind,
        pack=pack.key,
        due_on=ask.due_on,
        start_basis=rule.start_text,
        start_on=ask.start_on,
        interval=rule.interval_text,
        interval_max=rule.at_most.text if rule.at_most else None,
        exposures=ask.exposures,
        context=ask.context,
        last_result_id=last.id if last else None,
        last_result_code=last.test_code if last else None,
        last_result_on=last.on if last else None,
        gap=ask.gap,
        source=rule.source,
        confidence=rule.confidence,
        wins=wins,
        at_least=ask.at_least,
        origins=ask.origins,
        phase_from=ask.phase_from,
        floor_on=not_before if not_before is not None and ask.due_on < not_before else None,
    )
