"""Keep a survivor's stored plan equal to what the engine says: evaluate, compare, write the difference."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.chart import counts
from tracker.engine.evaluate import evaluate
from tracker.engine.rules import Pack
from tracker.engine.types import CarePlan, Facts, Flag, PlannedItem, Reason, Result
from tracker.models import ClosedBy, DueItem, OutboxMessage, PlanGap, Standing, Survivor
from tracker.services import plan_failures, reasons
from tracker.services.facts import facts_of, load_facts, load_recorded
from tracker.services.packs import pack_for

# So many survivors are planned for with one round of statements.
AT_ONCE = 200
# The columns of a due item, by name.
Row = dict[str, Any]
NO_PLAN = CarePlan(items=(), gaps=(), holds_until=None)


@dataclass(frozen=True)
class Planned:
    """A plan about to be stored: with the dates that claims would give, the newest results, the tests stopped."""

    plan: CarePlan
    soft: dict[str, date]
    newest: dict[str, Result]
    stops: frozenset[str] = frozenset()

    def result_closing(self, item: DueItem) -> UUID | None:
        """The result that moved the item's date on or finished it, if one did: it was no reason before."""
        newest = self.newest.get(item.test_code)
        moved = next((each.due_on for each in self.plan.items if each.test_code == item.test_code), date.max)
        known = {reason.last_result_id for reason in reasons_of(item)}
        if newest is None or newest.id is None or newest.id in known or moved <= item.due_on:
            return None
        return UUID(newest.id)

    def stopped(self, test_code: str) -> bool:
        return test_code in self.stops and all(item.test_code != test_code for item in self.plan.items)


@dataclass
class PlanChange:
    """What a refresh changed: items opened, and items closed with what closed them."""

    opened: list[DueItem] = field(default_factory=list)
    closed: list[DueItem] = field(default_factory=list)

    def next_of(self, test_code: str) -> DueItem | None:
        """The item now open for this test, if this change opened one."""
        return next((item for item in self.opened if item.test_code == test_code), None)


@dataclass
class Replanned:
    """One survivor planned for anew: the rows of the items that open, still to be written, and the items closed."""

    opening: list[Row] = field(default_factory=list)
    closed: list[DueItem] = field(default_factory=list)


@dataclass
class Stored:
    """What stands of one survivor's plan: the open items by test, and what is unknown."""

    items: dict[str, DueItem] = field(default_factory=dict)
    gaps: dict[str, PlanGap] = field(default_factory=dict)


def refresh(session: Session, survivor: Survivor, *, clock: Clock) -> PlanChange:
    """Evaluate this survivor today and store the difference; a second call changes nothing.

    Must be called in the transaction of the change that made it necessary, after its rows were added.
    """
    (done,) = _replan_all(session, [survivor], clock)
    change = PlanChange([DueItem(**row) for row in done.opening], done.closed)
    session.add_all(change.opened)
    session.flush()
    _settle(session, [survivor], clock)
    return change


def refresh_all(session: Session, survivors: Sequence[Survivor], *, clock: Clock) -> None:
    """``refresh`` of each of these, with as many statements for a hundred as for one."""
    for start in range(0, len(survivors), AT_ONCE):
        some = survivors[start : start + AT_ONCE]
        rows = [row for done in _replan_all(session, some, clock) for row in done.opening]
        session.flush()
        if rows:
            # Nobody is handed these items, so none is made into an object: a list has ten thousand of them. As what is
            # empty is told too, one statement takes them all.
            session.execute(sa.insert(DueItem), rows, execution_options={"render_nulls": True})
        _settle(session, some, clock)


def _settle(session: Session, planned: Sequence[Survivor], clock: Clock) -> None:
    """What follows once plans are stored: no message says what is untrue, and no failure stands any more."""
    _withdraw_messages(session, planned, clock)
    plan_failures.clear(session, [survivor.id for survivor in planned])


def _replan_all(session: Session, survivors: Sequence[Survivor], clock: Clock) -> list[Replanned]:
    """Everything but the rows of the items that open."""
    session.flush()
    ids = [survivor.id for survivor in survivors]
    recorded, standing = load_recorded(session, ids), _standing(session, ids)
    done = []
    with session.no_autoflush:
        for survivor in survivors:
            facts = facts_of(survivor, recorded[survivor.id])
            done.append(_replan(session, survivor, facts, standing[survivor.id], clock=clock))
    return done


def _standing(session: Session, ids: Sequence[UUID]) -> dict[UUID, Stored]:
    found = {survivor_id: Stored() for survivor_id in ids}
    for item in session.scalars(sa.select(DueItem).where(DueItem.survivor_id.in_(ids), DueItem.closed_on.is_(None))):
        found[item.survivor_id].items[item.test_code] = item
    for gap in session.scalars(sa.select(PlanGap).where(PlanGap.survivor_id.in_(ids))):
        found[gap.survivor_id].gaps[gap.gap] = gap
    return found


def _replan(session: Session, survivor: Survivor, facts: Facts, stored: Stored, *, clock: Clock) -> Replanned:
    today = clock.today(survivor.clinic.tz)
    plan = _plan(survivor, facts, today)
    planned = Planned(plan, _soft_dates(survivor, facts, today), _newest_results(survivor, facts, today), _stops(facts))
    change = _store(session, survivor, planned, stored, today=today, now=clock.now())
    _summarise(survivor, plan, today, has_plan=not is_paused(survivor) and not awaits_summary(facts))
    return change


def open_items(session: Session, survivor_id: UUID) -> list[DueItem]:
    """The survivor's open due items, soonest first."""
    query = sa.select(DueItem).where(DueItem.survivor_id == survivor_id, DueItem.closed_on.is_(None))
    return list(session.scalars(query.order_by(DueItem.due_on, DueItem.test_code)))


def gaps_of(session: Session, survivor_id: UUID) -> list[PlanGap]:
    """What is unknown of this survivor and matters to the plan."""
    return list(session.scalars(sa.select(PlanGap).where(PlanGap.survivor_id == survivor_id).order_by(PlanGap.gap)))


def reasons_of(item: DueItem) -> tuple[Reason, ...]:
    """The item's reasons as they stood when it was planned."""
    return tuple(reasons.from_json(stored) for stored in item.reasons)


def as_planned(item: DueItem, reasons: tuple[Reason, ...], pack: Pack) -> PlannedItem:
    """A stored item as the engine gave it, for wording."""
    usual = item.due_on + timedelta(days=pack.overdue_days)
    return PlannedItem(
        test_code=item.test_code,
        flags=frozenset(item.flags()),
        upcoming_on=item.upcoming_on,
        due_on=item.due_on,
        overdue_after=item.overdue_after,
        own_overdue=item.overdue_after != usual,
        reasons=reasons,
        stops_on=item.stops_on,
    )


def awaits_summary(facts: Facts) -> bool:
    """Nothing can be planned before a diagnosis with an end of therapy is recorded."""
    return not any(diagnosis.end_of_therapy_on for diagnosis in facts.diagnoses)


def plan_on(session: Session, survivor: Survivor, on: date) -> CarePlan:
    """The plan as the engine gives it for a day, nothing stored."""
    return _plan(survivor, load_facts(session, survivor), on)


def is_paused(survivor: Survivor) -> bool:
    """Nothing is due for the dead, for those on treatment again, nor once another clinic has taken over.

    Nor is anything by a record that is followed no longer by itself."""
    return (
        survivor.withdrawn_at is not None
        or survivor.deceased_on is not None
        or survivor.standing == Standing.ON_TREATMENT
        or (survivor.standing == Standing.TRANSFERRED and survivor.acknowledged_on is not None)
    )


def _plan(survivor: Survivor, facts: Facts, on: date) -> CarePlan:
    # Someone without a treatment summary may still have checks for an inherited syndrome, or a clinician's own.
    if is_paused(survivor):
        return NO_PLAN
    return evaluate(facts, pack_for(survivor.clinic), on=on)


def _soft_dates(survivor: Survivor, facts: Facts, on: date) -> dict[str, date]:
    """Where tests reported by the family counted, the dates would be these (by test code)."""
    if not any(result.claimed for result in facts.results):
        return {}
    believed = replace(facts, results=tuple(replace(result, claimed=False) for result in facts.results))
    return {item.test_code: item.due_on for item in _plan(survivor, believed, on).items}


def _stops(facts: Facts) -> frozenset[str]:
    return frozenset(override.test_code for override in facts.overrides if override.action == "stop")


def _newest_results(survivor: Survivor, facts: Facts, on: date) -> dict[str, Result]:
    """The newest counting result of every test, equivalents included."""
    satisfies = pack_for(survivor.clinic).satisfied_by_result
    newest: dict[str, Result] = {}
    for result in sorted(facts.results, key=lambda result: result.on):
        if counts(result) and result.on <= on:
            for code in satisfies.get(result.test_code, (result.test_code,)):
                newest[code] = result
    return newest


def _store(
    session: Session, survivor: Survivor, wanted_plan: Planned, stored: Stored, *, today: date, now: datetime
) -> Replanned:
    change = Replanned()
    plan, soft, standing = wanted_plan.plan, wanted_plan.soft, stored.items
    planned = {item.test_code: item for item in plan.items}
    for code, item in standing.items():
        if code not in planned or not _same_dates(item, planned[code]):
            _close(item, survivor, wanted_plan, today)
            change.closed.append(item)
    if change.closed:
        # Of each test one item may be open: the old one must be closed before the next is there.
        session.flush()
    for code, wanted in planned.items():
        kept, told = standing.get(code), _description(wanted, soft.get(code))
        if kept is None or kept.closed_on is not None:
            change.opening.append({**_opening(survivor, wanted, now), **told})
        else:
            _describe(kept, told)
    _store_gaps(session, survivor, plan, stored.gaps)
    return change


def _same_dates(item: DueItem, wanted: PlannedItem) -> bool:
    return (item.upcoming_on, item.due_on, item.overdue_after) == (
        wanted.upcoming_on,
        wanted.due_on,
        wanted.overdue_after,
    )


def _close(item: DueItem, survivor: Survivor, planned: Planned, today: date) -> None:
    item.closed_on, item.next_boundary_on = today, None
    result_id = planned.result_closing(item)
    if survivor.deceased_on is not None:
        item.closed_by = ClosedBy.DECEASED
    elif survivor.standing == Standing.TRANSFERRED and survivor.acknowledged_on is not None:
        item.closed_by = ClosedBy.TRANSFERRED
    elif result_id is not None:
        item.closed_by, item.closing_result_id = ClosedBy.RESULT, result_id
    elif planned.stopped(item.test_code):
        item.closed_by = ClosedBy.STOPPED
    else:
        item.closed_by = ClosedBy.SUPERSEDED


def _opening(survivor: Survivor, wanted: PlannedItem, now: datetime) -> Row:
    # The first boundary is the item's own, even when it has passed: the job records what was crossed.
    return {
        "survivor_id": survivor.id,
        "clinic_id": survivor.clinic_id,
        "test_code": wanted.test_code,
        "upcoming_on": wanted.upcoming_on,
        "due_on": wanted.due_on,
        "overdue_after": wanted.overdue_after,
        "next_boundary_on": wanted.upcoming_on,
        "opened_at": now,
    }


def _description(wanted: PlannedItem, soft_due_on: date | None) -> Row:
    """What may change of an item while its dates stand."""
    return {
        **{flag.value: flag in wanted.flags for flag in Flag},
        "added": not wanted.flags,
        "stops_on": wanted.stops_on,
        "soft_due_on": soft_due_on if soft_due_on != wanted.due_on else None,
        "reasons": [reasons.to_json(reason) for reason in wanted.reasons],
    }


def _describe(item: DueItem, told: Row) -> None:
    for name, value in told.items():
        if getattr(item, name) != value:
            setattr(item, name, value)


def _store_gaps(session: Session, survivor: Survivor, plan: CarePlan, standing: dict[str, PlanGap]) -> None:
    wanted = {gap.id: gap for gap in plan.gaps}
    for key in standing.keys() - wanted.keys():
        session.delete(standing[key])
    for key, gap in wanted.items():
        row = standing.get(key) or PlanGap(survivor_id=survivor.id, gap=key)
        row.missing, row.consequence, row.test_code = list(gap.missing), gap.consequence, gap.test_code
        session.add(row)


def _withdraw_messages(session: Session, survivors: Iterable[Survivor], clock: Clock) -> None:
    """A message that says "something is waiting for you" is untrue once nothing is due any more."""
    quiet = [
        survivor.id
        for survivor in survivors
        if survivor.next_due_on is None or survivor.next_due_on > clock.today(survivor.clinic.tz)
    ]
    if not quiet:
        return
    session.execute(
        sa.update(OutboxMessage)
        .where(
            OutboxMessage.survivor_id.in_(quiet),
            OutboxMessage.sent_at.is_(None),
            OutboxMessage.failed_at.is_(None),
            OutboxMessage.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=clock.now())
    )


def _summarise(survivor: Survivor, plan: CarePlan, today: date, *, has_plan: bool) -> None:
    recurrence = [item for item in plan.items if Flag.RECURRENCE in item.flags]
    survivor.has_plan = has_plan
    survivor.plan_holds_until = plan.holds_until
    survivor.plan_computed_on = today
    survivor.plan_digest = digest(plan)
    survivor.next_upcoming_on = _first(item.upcoming_on for item in plan.items)
    survivor.next_due_on = _first(item.due_on for item in plan.items)
    survivor.next_overdue_on = _first(_overdue_on(item) for item in plan.items)
    survivor.recurrence_due_on = _first(item.due_on for item in recurrence)
    survivor.recurrence_overdue_on = _first(_overdue_on(item) for item in recurrence)


def _overdue_on(item: PlannedItem) -> date:
    return item.overdue_after + timedelta(days=1)


def _first(dates: Iterable[date]) -> date | None:
    return min(dates, default=None)


def digest(plan: CarePlan) -> str:
    """A fingerprint of a plan's dates, flags, rules and gaps: equal plans, equal digests."""
    items = [
        [
            item.test_code,
            item.upcoming_on.isoformat(),
            item.due_on.isoformat(),
            item.overdue_after.isoformat(),
            sorted(item.flags),
            [[reason.rule_id, reason.pack, str(reason.due_on)] for reason in item.reasons],
        ]
        for item in plan.items
    ]
    text = json.dumps([items, sorted(gap.id for gap in plan.gaps)], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
