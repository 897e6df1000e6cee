"""Keep a survivor's stored plan equal to what the engine says: evaluate, compare, write the difference."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.util import identity_key

from tracker.clock import Clock
from tracker.engine.rules import Pack
from tracker.engine.types import CarePlan, PlannedItem, Reason
from tracker.models import Base, DueItem, PlanGap, Survivor
from tracker.services import plan_failures, plan_writing, planning, reasons
from tracker.services.facts import load_facts
from tracker.services.packs import pack_for
from tracker.services.plan_terms import asked_by, terms_of
from tracker.services.plan_writing import OPENED
from tracker.services.planning import Decision, Summed, awaits_summary, digest, is_paused
from tracker.services.raw_rows import FLAG_COLUMNS, Row, read_these

__all__ = ["awaits_summary", "digest", "is_paused"]
# So many survivors are planned for with one round of statements.
AT_ONCE = 200


@dataclass
class PlanChange:
    """What a refresh changed: items opened, and items closed with what closed them."""

    opened: list[DueItem] = field(default_factory=list)
    closed: list[DueItem] = field(default_factory=list)

    def next_of(self, test_code: str) -> DueItem | None:
        """The item now open for this test, if this change opened one."""
        return next((item for item in self.opened if item.test_code == test_code), None)


def refresh(session: Session, survivor: Survivor, *, clock: Clock) -> PlanChange:
    """Evaluate this survivor today and store the difference; a second call changes nothing.

    Must be called in the transaction of the change that made it necessary, after its rows were added.
    """
    decisions = _decide(session, [survivor], clock)
    opened = _write(session, [survivor], decisions, clock)
    closed = [UUID(closing.item_id) for closing in decisions[0].closing]
    return PlanChange([_as_item(session, row) for row in opened], _closed(session, closed))


def refresh_all(session: Session, survivors: Sequence[Survivor], *, clock: Clock) -> None:
    """``refresh`` of each of these, with as many statements for a hundred as for one."""
    for start in range(0, len(survivors), AT_ONCE):
        some = survivors[start : start + AT_ONCE]
        _write(session, some, _decide(session, some, clock), clock)


def _decide(session: Session, survivors: Sequence[Survivor], clock: Clock) -> list[Decision]:
    session.flush()
    recorded = read_these(session.connection(), [survivor.id for survivor in survivors])
    terms = {clinic.id: terms_of(asked_by(clinic, clock)) for clinic in {survivor.clinic for survivor in survivors}}
    return [planning.decide(recorded[survivor.id], terms[survivor.clinic_id]) for survivor in survivors]


def _write(session: Session, survivors: Sequence[Survivor], decisions: Sequence[Decision], clock: Clock) -> list[Row]:
    connection = session.connection()
    opened = plan_writing.write(connection, decisions, now=clock.now())
    _forget(session, decisions)
    for survivor, decision in zip(survivors, decisions, strict=True):
        _sum_up(survivor, decision.summed)
    session.flush()
    _settle(session, decisions, clock)
    return opened


def _settle(session: Session, decisions: Sequence[Decision], clock: Clock) -> None:
    """What follows once plans are stored: no message says what is untrue, and no failure stands any more."""
    quiet = [UUID(each.survivor_id) for each in decisions if each.is_quiet]
    healed = [UUID(each.survivor_id) for each in decisions if each.heals]
    plan_writing.withdraw_messages(session.connection(), quiet, now=clock.now())
    plan_failures.clear(session, healed)


def _forget(session: Session, decisions: Sequence[Decision]) -> None:
    """What the session holds of rows that were written past it is read again when it is asked for."""
    for decision in decisions:
        changed = [*(closing.item_id for closing in decision.closing), *(item_id for item_id, _ in decision.describing)]
        for item_id in changed:
            _expire(session, DueItem, item_id)
        for gap_id in (*(gap_id for gap_id, _ in decision.gaps_changed), *decision.gaps_out):
            _expire(session, PlanGap, gap_id)


def _expire(session: Session, model: type[Base], row_id: str) -> None:
    held = session.identity_map.get(identity_key(model, UUID(row_id)))
    if held is not None:
        session.expire(held)


def _as_item(session: Session, row: Row) -> DueItem:
    """An item that was opened, as the session would have read it."""
    told = dict(zip(OPENED, row, strict=True))
    ids = {name: UUID(told[name]) for name in ("id", "survivor_id", "clinic_id")}
    days = {name: _day(told[name]) for name in OPENED if name.endswith("_on") or name == "overdue_after"}
    kinds = {name: bool(told[name]) for name in FLAG_COLUMNS}
    opened_at = datetime.fromisoformat(told["opened_at"]).replace(tzinfo=UTC)
    item = DueItem(**(told | ids | days | kinds | {"reasons": json.loads(told["reasons"]), "opened_at": opened_at}))
    make_transient_to_detached(item)
    session.add(item)
    return item


def _closed(session: Session, item_ids: Sequence[UUID]) -> list[DueItem]:
    if not item_ids:
        return []
    return list(session.scalars(sa.select(DueItem).where(DueItem.id.in_(item_ids)).order_by(DueItem.test_code)))


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


def plan_on(session: Session, survivor: Survivor, on: date) -> CarePlan:
    """The plan as the engine gives it for a day, nothing stored."""
    return planning.plan_of(survivor, load_facts(session, survivor), pack_for(survivor.clinic), on)


def _sum_up(survivor: Survivor, summed: Summed) -> None:
    summary = summed.summary
    survivor.has_plan = bool(summary.has_plan)
    survivor.plan_holds_until = _day(summed.holds_until)
    survivor.plan_computed_on = survivor.placed_on = date.fromisoformat(summed.computed_on)
    survivor.plan_digest = summary.plan_digest
    survivor.plan_seal = summed.seal
    survivor.next_upcoming_on = _day(summary.next_upcoming_on)
    survivor.next_due_on = _day(summary.next_due_on)
    survivor.next_overdue_on = _day(summary.next_overdue_on)
    survivor.recurrence_due_on = _day(summary.recurrence_due_on)
    survivor.recurrence_overdue_on = _day(summary.recurrence_overdue_on)


def _day(told: str | None) -> date | None:
    return None if told is None else date.fromisoformat(told)
