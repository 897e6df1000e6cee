"""One item per test: the earliest date wins, and every rule behind it is a reason.

Source: "Due dates", rules 4, 5 and 7, of the clinical tables' description.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tracker.engine.asks import Ask, Asked
from tracker.engine.making import quickly
from tracker.engine.rules import FLAGS, Pack
from tracker.engine.schedule import moved_by
from tracker.engine.types import Flag, PlannedItem, Reason, RuleKind

make_reason, make_item = quickly(Reason), quickly(PlannedItem)


@dataclass(slots=True)
class Draft:
    """An item in the making: what the rules ask for, then what was decided.

    ``winner`` is the ask that set the date, None once a decision has. ``overdue_after`` is set while the date is a
    recurrence row's own. ``decided`` are the decisions' reasons.
    """

    test_code: str
    due_on: date
    overdue_after: date | None
    stops_on: date | None = None
    asks: Sequence[Ask] = ()
    winner: Ask | None = None
    decided: tuple[Reason, ...] = ()

    def won_by(self, reason: Reason) -> None:
        """Add a decision that set the date; no earlier reason has won then."""
        self.winner = None
        lost = [replace(each, wins=False) if each.wins else each for each in self.decided]
        self.decided = (*lost, replace(reason, wins=True))


def draft_items(asked: Asked, not_before: date | None) -> dict[str, Draft]:
    """Merge the asks for each test; nothing is due or overdue before the end of therapy (``not_before``)."""
    earliest = not_before or date.min
    drafts = {}
    for test_code, asks in asked.tests.items():
        if asks:
            winner = asks[0] if len(asks) == 1 else min(asks, key=_order)
            due_on, overdue_after = winner.due_on, winner.overdue_after
            if due_on < earliest:
                due_on = earliest
            if overdue_after is not None and overdue_after < earliest:
                overdue_after = earliest
            drafts[test_code] = Draft(test_code, due_on, overdue_after, winner.stops_on, asks, winner)
    return drafts


def _order(ask: Ask) -> tuple[date, date]:
    """Earliest due first; on a tie a recurrence row (it alone has an overdue date), then the earlier overdue date."""
    return ask.due_on, ask.overdue_after or date.max


def finish(drafts: Iterable[Draft], pack: Pack, not_before: date | None) -> list[PlannedItem]:
    """Say why each item stands; add the days on which it becomes upcoming, and overdue if no recurrence row says."""
    key, visit_test = pack.key, pack.visit_test
    before, after = timedelta(-pack.upcoming_days), timedelta(pack.overdue_days)
    items = []
    for draft in drafts:
        due_on, own, asks = draft.due_on, draft.overdue_after, draft.asks
        reasons = [_ask_reason(ask, key, not_before, ask is draft.winner) for ask in asks]
        items.append(
            make_item(
                draft.test_code,
                flags_for(draft, visit_test),
                moved_by(due_on, before),
                due_on,
                moved_by(due_on, after) if own is None else own,
                own is not None,
                (*reasons, *draft.decided),
                draft.stops_on,
            )
        )
    return items


def flags_for(draft: Draft, visit_test: str) -> frozenset[Flag]:
    """Why the test is asked for. The yearly attendance is flagged as a visit instead of late-effects review.

    A test that only a clinician asked for counts as late-effects review.
    """
    flags = draft.asks[0].rule.flags if draft.asks else FLAGS[RuleKind.LATE_EFFECTS]
    for ask in draft.asks:
        if ask.rule.flags is not flags:
            flags |= ask.rule.flags
    if draft.test_code == visit_test:
        flags = flags - {Flag.LATE_EFFECTS} | {Flag.VISIT}
    return flags


def _ask_reason(ask: Ask, pack: str, not_before: date | None, wins: bool) -> Reason:
    rule, last = ask.rule, ask.last
    return make_reason(
        rule.id,
        rule.kind,
        pack,
        ask.due_on,
        rule.start_text,
        ask.start_on,
        rule.interval_text,
        rule.at_most_text,
        ask.exposures,
        ask.context,
        last.id if last else None,
        last.test_code if last else None,
        last.on if last else None,
        None,  # no decision, nor its action
        None,
        ask.gap,
        rule.source,
        rule.confidence,
        wins,
        ask.at_least,
        ask.start_precision,
        ask.origins,
        ask.phase_from,
        None if not_before is None or ask.due_on >= not_before else not_before,
    )
