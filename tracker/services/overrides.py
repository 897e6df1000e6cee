"""A clinician's decisions on one test of one survivor: made with a reason and an end, and withdrawn."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.evaluate import evaluate
from tracker.engine.rules import Pack
from tracker.engine.schedule import parse_period
from tracker.engine.types import PlannedItem
from tracker.errors import Conflict, Invalid, NotFound
from tracker.models import Override, OverrideAction, Survivor
from tracker.policy import Action, Actor, require
from tracker.services import audit, care_plans
from tracker.services.care_plans import PlanChange
from tracker.services.editing import begin_edit, conflict_message
from tracker.services.entry import open_entry
from tracker.services.facts import load_facts
from tracker.services.packs import pack_for

NEEDED = {
    OverrideAction.ADD: ("due_on", "Enter the date on which the test should be done"),
    OverrideAction.SET_INTERVAL: ("repeat_every", "Choose how often the test should be done"),
    OverrideAction.DEFER: ("defer_to", "Enter the date to defer to"),
}
ALLOWED = {
    OverrideAction.ADD: {"due_on", "repeat_every"},
    OverrideAction.SET_INTERVAL: {"repeat_every"},
    OverrideAction.DEFER: {"defer_to"},
    OverrideAction.STOP: set[str](),
}
OF_ONE_ACTION = ("due_on", "repeat_every", "defer_to")


@dataclass(frozen=True)
class OverrideInput:
    """What somebody decided about one test: do it as well (``add``), at another interval, later, or not at all.

    In force from today until ``expires_on`` (out). ``repeat_every`` is an ISO 8601 period.
    """

    test_code: str
    action: str
    reason: str
    expires_on: date | None
    due_on: date | None = None
    repeat_every: str | None = None
    defer_to: date | None = None


@dataclass(frozen=True)
class Decided:
    """A stored (or withdrawn) decision, what it changed, and the date on which the test now stands, if any."""

    override: Override
    change: PlanChange
    test_name: str
    due_on: date | None


@dataclass(frozen=True)
class DecisionEntry:
    """What a decision starts from: the test, once chosen, and what the guideline alone asks for of it."""

    survivor: Survivor
    pack: Pack
    today: date
    code: str | None
    name: str
    by_guideline: PlannedItem | None


def open_decision(
    session: Session,
    survivor_id: UUID,
    *,
    actor: Actor,
    clock: Clock,
    item_id: UUID | None = None,
    test_code: str | None = None,
) -> DecisionEntry:
    """Begin a decision, from an item or for a test; raises as ``open_entry`` does."""
    entry = open_entry(
        session, survivor_id, Action.DECIDE, actor=actor, clock=clock, item_id=item_id, test_code=test_code
    )
    code, name = (entry.test.test_code, entry.test.name) if entry.test else (None, "")
    planned = guideline_items(session, entry.survivor, entry.today) if code else {}
    return DecisionEntry(entry.survivor, entry.pack, entry.today, code, name, planned.get(code or ""))


def guideline_items(session: Session, survivor: Survivor, on: date) -> Mapping[str, PlannedItem]:
    """What would be planned, by test, were there no clinician's decisions. Nothing is stored."""
    facts = load_facts(session, survivor)
    if care_plans.is_paused(survivor) or care_plans.awaits_summary(facts):
        return {}
    plan = evaluate(replace(facts, overrides=()), pack_for(survivor.clinic), on=on)
    return {item.test_code: item for item in plan.items}


def decide(session: Session, survivor_id: UUID, entered: OverrideInput, *, actor: Actor, clock: Clock) -> Decided:
    """Store a decision and plan anew with it. An earlier one of the same kind stays on record, no longer in force.

    Raises:
        Invalid: unknown test or action, no reason, no end after today, or a date or interval missing or wrong for
            the action; ``field`` names what is at fault.
    """
    survivor = require(session, actor, Action.DECIDE, survivor_id)
    begin_edit(session, survivor)
    today = clock.today(survivor.clinic.tz)
    check(survivor, entered, today=today)
    override = Override(
        survivor_id=survivor.id,
        decided_on=today,
        decided_by_id=actor.user_id,
        recorded_at=clock.now(),
        position=_next_position(session, survivor.id),
        **(vars(entered) | {"reason": entered.reason.strip()}),
    )
    session.add(override)
    change = care_plans.refresh(session, survivor, clock=clock)
    audit.record(
        session, actor, "override.decided", subject=override, at=clock.now(), after=override, reason=override.reason
    )
    return _decided(session, survivor, override, change)


def withdraw(session: Session, survivor_id: UUID, override_id: UUID, *, actor: Actor, clock: Clock) -> Decided:
    """Take a decision back: from now on the plan is what it would be without it.

    Raises:
        Conflict: somebody withdrew it first.
    """
    survivor = require(session, actor, Action.DECIDE, survivor_id)
    override = override_of(session, survivor_id, override_id)
    begin_edit(session, survivor)
    before = audit.snapshot(override)
    _claim(session, survivor, override, clock)
    change = care_plans.refresh(session, survivor, clock=clock)
    audit.record(session, actor, "override.withdrawn", subject=override, at=clock.now(), before=before, after=override)
    return _decided(session, survivor, override, change)


def _decided(session: Session, survivor: Survivor, override: Override, change: PlanChange) -> Decided:
    test = pack_for(survivor.clinic).tests.get(override.test_code)
    due_on = next(
        (item.due_on for item in care_plans.open_items(session, survivor.id) if item.test_code == override.test_code),
        None,
    )
    return Decided(override, change, test.name if test else override.test_code, due_on)


def override_of(session: Session, survivor_id: UUID, override_id: UUID) -> Override:
    """One decision on one survivor; whoever asks has been authorised for the survivor.

    Raises:
        NotFound: no such decision on this survivor.
    """
    override = session.get(Override, override_id)
    if override is None or override.survivor_id != survivor_id:
        raise NotFound("There is no such decision, or it is not yours to see")
    return override


def check(survivor: Survivor, entered: OverrideInput, *, today: date) -> None:
    """Refuse what cannot be: see ``decide``."""
    if entered.test_code not in pack_for(survivor.clinic).tests:
        raise Invalid("Choose a test from the list", field="test_code")
    if entered.action not in list(OverrideAction):
        raise Invalid("Choose what you decided", field="action")
    if not entered.reason.strip():
        raise Invalid("Enter the reason for this decision", field="reason")
    if entered.expires_on is None or entered.expires_on <= today:
        raise Invalid("Enter the day on which this decision ends, after today", field="expires_on")
    _check_terms(OverrideAction(entered.action), entered, today)


def _check_terms(action: OverrideAction, entered: OverrideInput, today: date) -> None:
    if action in NEEDED:
        field, sentence = NEEDED[action]
        if getattr(entered, field) is None:
            raise Invalid(sentence, field=field)
    for field in OF_ONE_ACTION:
        if getattr(entered, field) is not None and field not in ALLOWED[action]:
            raise Invalid("This does not belong to what you decided. Leave it out", field=field)
    if entered.defer_to is not None and entered.defer_to <= today:
        raise Invalid("Defer to a day after today", field="defer_to")
    if entered.defer_to is not None and entered.expires_on is not None and entered.expires_on < entered.defer_to:
        raise Invalid("End the decision on the day you defer to, or later", field="expires_on")
    if entered.due_on is not None and entered.due_on < today:
        raise Invalid("Enter today or a later day", field="due_on")
    if entered.repeat_every is not None:
        _check_interval(entered.repeat_every)


def _check_interval(text: str) -> None:
    try:
        period = parse_period(text)
    except ValueError:
        raise Invalid("Choose an interval from the list", field="repeat_every") from None
    # An interval of nothing would make the test due again on the day it was done, for ever.
    if period.months == 0 and period.days == 0:
        raise Invalid("Choose an interval from the list", field="repeat_every")


def _next_position(session: Session, survivor_id: UUID) -> int:
    highest = session.scalar(sa.select(sa.func.max(Override.position)).where(Override.survivor_id == survivor_id))
    return 0 if highest is None else highest + 1


def _claim(session: Session, survivor: Survivor, override: Override, clock: Clock) -> None:
    claimed = cast(
        "sa.CursorResult[Any]",
        session.execute(
            sa.update(Override)
            .where(Override.id == override.id, Override.withdrawn_at.is_(None))
            .values(withdrawn_at=clock.now())
            .execution_options(synchronize_session=False)
        ),
    )
    if claimed.rowcount != 1:
        raise Conflict(conflict_message(session, survivor, subject_id=override.id))
    session.refresh(override)
