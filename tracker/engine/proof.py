"""A date proves itself: from an item's reasons alone, every step of its arithmetic, and the same dates again.

It asks for neither the survivor's facts nor the guideline: only for what was stored with the item, and for the pack's
days before upcoming and overdue. What cannot be worked out again from that is said to be so, never guessed.

Source: docs/adr/0012-a-date-proves-itself.md.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tracker.engine.proof_sums import Sum, base_sum, decision_sum, phase_sum, start_sums
from tracker.engine.schedule import add_days
from tracker.engine.types import PlannedItem, Reason, RuleKind


class Unproven(Exception):
    """The reasons do not give the date: something was not stored with them, or does not fit. ``args`` says what."""


@dataclass(frozen=True, slots=True)
class RuleProof:
    """What one rule asks for: the latest of its sums. ``own_overdue``: its own last day in time, of recurrence rows."""

    reason: Reason
    sums: tuple[Sum, ...]
    due_on: date
    overdue: Sum | None = None

    @property
    def own_overdue(self) -> date | None:
        return None if self.overdue is None else max(self.due_on, self.overdue.gives)

    @property
    def floored(self) -> date:
        """Not before the end of therapy."""
        return max(self.due_on, self.reason.floor_on or date.min)


@dataclass(frozen=True, slots=True)
class DecisionProof:
    """What a decision gives: a sum, or the date it names (``sum`` is None). ``moved``: it set the item's date."""

    reason: Reason
    sum: Sum | None
    gives: date
    moved: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """An item's dates worked out again. ``winner`` gave the date before any decision; None: only a decision asks.

    ``others`` are the other rules, ``other_ends`` what rules say for the other day of a partly known date.
    """

    winner: RuleProof | None
    others: tuple[RuleProof, ...]
    other_ends: tuple[RuleProof, ...]
    decisions: tuple[DecisionProof, ...]
    upcoming_on: date
    due_on: date
    overdue_after: date
    own_overdue: bool

    def proves(self, item: PlannedItem) -> bool:
        """Are these the dates of this item?"""
        mine = self.upcoming_on, self.due_on, self.overdue_after
        return mine == (item.upcoming_on, item.due_on, item.overdue_after)


@dataclass(slots=True)
class _Dates:
    """The dates so far, while decisions are applied one after the other."""

    due_on: date | None = None
    own_overdue: date | None = None


def prove(reasons: Sequence[Reason], *, upcoming_days: int, overdue_days: int) -> Proof:
    """Work an item's dates out again from its reasons, as they were stored with it.

    ``upcoming_days`` and ``overdue_days`` are the pack's: before due, and after it where no recurrence row says more.

    Raises:
        Unproven: a reason lacks something (rows stored before it was kept do), or contradicts itself.
    """
    proofs = [_rule(reason) for reason in reasons if reason.kind is not RuleKind.OVERRIDE]
    own = [proof for proof in proofs if not proof.reason.other_end]
    winner = min(own, key=_order, default=None)
    dates = _first_dates(winner)
    decisions = tuple(_decided(reasons, dates))
    if dates.due_on is None:
        raise Unproven("reasons")
    usual = add_days(dates.due_on, overdue_days)
    return Proof(
        winner=winner,
        others=tuple(proof for proof in own if proof is not winner),
        other_ends=tuple(proof for proof in proofs if proof.reason.other_end),
        decisions=decisions,
        upcoming_on=add_days(dates.due_on, -upcoming_days),
        due_on=dates.due_on,
        overdue_after=usual if dates.own_overdue is None else dates.own_overdue,
        own_overdue=dates.own_overdue is not None,
    )


def missing_links(reason: Reason) -> tuple[str, ...]:
    """Which of the links that a reason must show are not there: by the names of its fields."""
    wanted = ["rule_id", "pack", "start_basis", "start_on", "due_on"]
    if reason.kind is RuleKind.OVERRIDE:
        wanted += ["override_action", "override_id"]
    else:
        wanted += ["interval", "source", "confidence"]
        wanted.append("exposures" if reason.kind is RuleKind.LATE_EFFECTS else "context")
    if reason.last_result_on or reason.last_result_id or reason.last_result_code:
        wanted += ["last_result_id", "last_result_on", "last_result_code"]
    return tuple(name for name in wanted if not getattr(reason, name))


def _order(proof: RuleProof) -> tuple[date, date]:
    """As rules are merged: earliest due first; on a tie a recurrence row, the earlier overdue date first."""
    return proof.due_on, proof.own_overdue or date.max


def _rule(reason: Reason) -> RuleProof:
    if reason.start_on is None or reason.interval is None:
        raise Unproven(reason.rule_id)
    try:
        sums = tuple(_sums(reason, reason.start_on, reason.interval))
        overdue = None
        if reason.kind is RuleKind.RECURRENCE:
            overdue = base_sum(reason, reason.start_on, reason.interval_max or reason.interval)
    except ValueError as error:
        raise Unproven(reason.rule_id) from error
    due_on = max(each.gives for each in sums)
    # What was stored may be less than what the date came from: then the sums give another one.
    if due_on != reason.due_on:
        raise Unproven(reason.rule_id)
    return RuleProof(reason, sums, due_on, overdue)


def _sums(reason: Reason, start_on: date, interval: str) -> Iterable[Sum]:
    """The sums of which the latest is what the rule asks for."""
    is_recurrence = reason.kind is RuleKind.RECURRENCE
    if not is_recurrence:
        starts = start_sums(reason, start_on)
        if max(each.gives for each in starts) != start_on:
            raise Unproven(reason.rule_id)
        yield from starts
    if is_recurrence or (reason.last_result_on is not None and interval != "once"):
        yield base_sum(reason, start_on, interval)
        if reason.phase_from is not None:
            yield phase_sum(reason, start_on, reason.phase_from)


def _first_dates(winner: RuleProof | None) -> _Dates:
    if winner is None:
        return _Dates()
    own, floor = winner.own_overdue, winner.reason.floor_on or date.min
    return _Dates(winner.floored, None if own is None else max(own, floor))


def _decided(reasons: Iterable[Reason], dates: _Dates) -> Iterable[DecisionProof]:
    """The decisions in the order in which they are taken; each changes ``dates``."""
    found = {reason.override_action: reason for reason in reasons if _is_own_decision(reason)}
    for action, apply in _APPLY.items():
        reason = found.pop(action, None)
        if reason is not None:
            yield _decide(reason, apply, dates)
    if found:
        raise Unproven(next(iter(found.values())).rule_id)


def _is_own_decision(reason: Reason) -> bool:
    return reason.kind is RuleKind.OVERRIDE and not reason.other_end


def _decide(reason: Reason, apply: Callable[[_Dates, date], None], dates: _Dates) -> DecisionProof:
    if reason.due_on is None:
        raise Unproven(reason.rule_id)
    try:
        told = decision_sum(reason)
    except ValueError as error:
        raise Unproven(reason.rule_id) from error
    if told is not None and told.gives != reason.due_on:
        raise Unproven(reason.rule_id)
    before = dates.due_on
    apply(dates, reason.due_on)
    return DecisionProof(reason, told, reason.due_on, dates.due_on != before)


def _add(dates: _Dates, on: date) -> None:
    if dates.due_on is None or on < dates.due_on:
        dates.due_on, dates.own_overdue = on, None


def _retime(dates: _Dates, on: date) -> None:
    dates.due_on, dates.own_overdue = on, None


def _defer(dates: _Dates, to: date) -> None:
    dates.due_on = max(dates.due_on or date.min, to)
    dates.own_overdue = dates.own_overdue and max(dates.own_overdue, to)


_APPLY: Mapping[str, Callable[[_Dates, date], None]] = {"add": _add, "set_interval": _retime, "defer": _defer}
