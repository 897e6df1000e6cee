"""Results: recorded, corrected, accepted and taken back. A result is never changed; it is replaced."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.rules import Pack, TestInfo
from tracker.errors import Conflict, Invalid, NotFound
from tracker.models import DueItem, Outcome, Result, ResultStatus, Survivor, Visit
from tracker.policy import Action, Actor, require
from tracker.services import audit, care_plans
from tracker.services.care_plans import PlanChange
from tracker.services.editing import begin_edit, conflict_message
from tracker.services.packs import pack_for

LARGEST = Decimal(10) ** 10
DECIMALS = 4
LONGEST = {"unit": 40, "reference_range": 80, "source": 120}


@dataclass(frozen=True)
class ResultInput:
    """What somebody entered about one test on one day.

    ``value`` is in ``unit`` (UCUM). ``adequate=False``: done, but it answers nothing. ``claimed``: told by the
    family, the report not seen; it moves only the date the family would expect.
    """

    test_code: str
    performed_on: date
    value: Decimal | None = None
    unit: str | None = None
    reference_range: str = ""
    outcome: str | None = None
    report: str = ""
    adequate: bool = True
    claimed: bool = False
    source: str = ""
    visit_id: UUID | None = None


@dataclass(frozen=True)
class RecordedResult:
    """A stored result, what it changed, and what is next of the tests it stands for (its own first)."""

    result: Result
    change: PlanChange
    next_items: tuple[DueItem, ...]
    pack: Pack


def record_result(
    session: Session, survivor_id: UUID, entered: ResultInput, *, actor: Actor, clock: Clock
) -> RecordedResult:
    """Store a result, close what it satisfies, and plan what comes next.

    Raises:
        Invalid: unknown test, a date in the future or outside the survivor's life, or a value that cannot be
            stored or is not in the test's unit; ``field`` names what is at fault.
    """
    survivor = require(session, actor, Action.RECORD_RESULT, survivor_id)
    begin_edit(session, survivor)
    check(session, survivor, entered, today=clock.today(survivor.clinic.tz))
    result = Result(survivor_id=survivor.id, recorded_at=clock.now(), recorded_by_id=actor.user_id, **asdict(entered))
    return _store(session, survivor, result, "result.recorded", actor=actor, clock=clock)


def correct_result(
    session: Session,
    survivor_id: UUID,
    result_id: UUID,
    entered: ResultInput,
    *,
    actor: Actor,
    clock: Clock,
    reason: str,
) -> RecordedResult:
    """Replace a result by what it should have said. The old row stays, struck out, and both are audited.

    A result's id names one version of it, so a correction of what somebody else corrected first is refused.

    Raises:
        Conflict: it has been corrected already. Invalid: as for a new result, or no reason was given.
    """
    survivor, old = _to_replace(session, survivor_id, result_id, actor, reason)
    check(session, survivor, entered, today=clock.today(survivor.clinic.tz))
    values = asdict(entered) | {"status": ResultStatus.CORRECTED}
    return _replace(session, survivor, old, values, "result.corrected", actor=actor, clock=clock, reason=reason)


def retract_result(
    session: Session, survivor_id: UUID, result_id: UUID, *, actor: Actor, clock: Clock, reason: str
) -> RecordedResult:
    """Take a result back that should never have stood here; dates become what they were without it.

    Raises:
        Conflict: it has been corrected already. Invalid: no reason was given.
    """
    survivor, old = _to_replace(session, survivor_id, result_id, actor, reason)
    values = asdict(as_input(old)) | {"status": ResultStatus.ENTERED_IN_ERROR}
    return _replace(session, survivor, old, values, "result.retracted", actor=actor, clock=clock, reason=reason)


def accept_claim(session: Session, survivor_id: UUID, result_id: UUID, *, actor: Actor, clock: Clock) -> RecordedResult:
    """The report of what the family told is here and was read: from now on the result counts.

    Raises:
        Conflict: it has been corrected already. Invalid: it was not merely told by the family.
    """
    reason = "The report was received and read"
    survivor, old = _to_replace(session, survivor_id, result_id, actor, reason)
    if not old.claimed:
        raise Invalid("The report of this result is here already")
    values = asdict(as_input(old)) | {"status": ResultStatus.CORRECTED, "claimed": False}
    return _replace(session, survivor, old, values, "result.accepted", actor=actor, clock=clock, reason=reason)


def result_of(session: Session, survivor_id: UUID, result_id: UUID) -> Result:
    """One result of one survivor; whoever asks has been authorised for the survivor.

    Raises:
        NotFound: no such result of this survivor.
    """
    result = session.get(Result, result_id)
    if result is None or result.survivor_id != survivor_id:
        raise NotFound("There is no such result, or it is not yours to see")
    return result


def as_input(result: Result) -> ResultInput:
    """What was entered, as a correction starts from it."""
    return ResultInput(**{field: getattr(result, field) for field in ResultInput.__dataclass_fields__})


def check(session: Session, survivor: Survivor, entered: ResultInput, *, today: date) -> None:
    """Refuse what cannot be: see ``record_result``."""
    pack = pack_for(survivor.clinic)
    test = pack.tests.get(entered.test_code)
    if test is None:
        raise Invalid("Choose a test from the list", field="test_code")
    _check_date(survivor, test, entered.performed_on, today)
    _check_value(test, entered)
    _check_words(entered)
    if entered.visit_id is not None:
        visit = session.get(Visit, entered.visit_id)
        if visit is None or visit.survivor_id != survivor.id:
            raise NotFound("There is no such visit, or it is not yours to see")


def _check_date(survivor: Survivor, test: TestInfo, day: date, today: date) -> None:
    if day > today:
        raise Invalid(f"The date of “{test.name}” is in the future. Check the year", field="performed_on")
    if day < survivor.birth_date:
        raise Invalid(f"The date of “{test.name}” is before the birth date. Check the year", field="performed_on")
    if survivor.deceased_on is not None and day > survivor.deceased_on:
        raise Invalid(f"The date of “{test.name}” is after the day of death. Check it", field="performed_on")


def _check_value(test: TestInfo, entered: ResultInput) -> None:
    value, unit = entered.value, entered.unit
    if value is None:
        if unit is not None:
            raise Invalid("Enter the value, or leave its unit out", field="value")
        return
    if not unit:
        raise Invalid("A value needs its unit", field="value")
    if test.ucum and unit != test.ucum:
        raise Invalid(f"“{test.name}” is recorded in {test.ucum}, not in {unit}", field="value")
    if not value.is_finite() or abs(value) >= LARGEST:
        raise Invalid("Enter a plain number, like 12.5", field="value")
    if value != round(value, DECIMALS):
        raise Invalid(f"Enter at most {DECIMALS} decimals", field="value")


def _check_words(entered: ResultInput) -> None:
    if entered.outcome is not None and entered.outcome not in list(Outcome):
        raise Invalid("Choose normal, abnormal or indeterminate", field="outcome")
    for field, longest in LONGEST.items():
        if len(getattr(entered, field) or "") > longest:
            raise Invalid(f"Use at most {longest} characters", field=field)


def _to_replace(
    session: Session, survivor_id: UUID, result_id: UUID, actor: Actor, reason: str
) -> tuple[Survivor, Result]:
    survivor = require(session, actor, Action.RECORD_RESULT, survivor_id)
    old = result_of(session, survivor_id, result_id)
    if not reason.strip():
        raise Invalid("Enter the reason for the correction", field="reason")
    begin_edit(session, survivor)
    return survivor, old


def _replace(
    session: Session,
    survivor: Survivor,
    old: Result,
    values: dict[str, Any],
    action: str,
    *,
    actor: Actor,
    clock: Clock,
    reason: str,
) -> RecordedResult:
    now = clock.now()
    before = audit.snapshot(old)
    _supersede(session, survivor, old, now)
    kept = {"survivor_id": survivor.id, "recorded_at": now, "recorded_by_id": actor.user_id, "replaces_id": old.id}
    result = Result(**(values | kept))
    return _store(session, survivor, result, action, actor=actor, clock=clock, before=before, reason=reason)


def _supersede(session: Session, survivor: Survivor, old: Result, now: datetime) -> None:
    claimed = cast(
        "sa.CursorResult[Any]",
        session.execute(
            sa.update(Result)
            .where(Result.id == old.id, Result.superseded_at.is_(None))
            .values(superseded_at=now)
            .execution_options(synchronize_session=False)
        ),
    )
    if claimed.rowcount != 1:
        raise Conflict(conflict_message(session, survivor, subject_id=_replacement_id(session, old)))
    session.refresh(old)


def _replacement_id(session: Session, old: Result) -> UUID | None:
    return session.scalar(sa.select(Result.id).where(Result.replaces_id == old.id))


def _store(
    session: Session,
    survivor: Survivor,
    result: Result,
    action: str,
    *,
    actor: Actor,
    clock: Clock,
    before: object = None,
    reason: str = "",
) -> RecordedResult:
    session.add(result)
    session.flush()
    change = care_plans.refresh(session, survivor, clock=clock)
    audit.record(session, actor, action, subject=result, at=clock.now(), before=before, after=result, reason=reason)
    pack = pack_for(survivor.clinic)
    return RecordedResult(result, change, _next_items(session, survivor, stands_for(pack, result.test_code)), pack)


def _next_items(session: Session, survivor: Survivor, codes: tuple[str, ...]) -> tuple[DueItem, ...]:
    items = {item.test_code: item for item in care_plans.open_items(session, survivor.id)}
    return tuple(items[code] for code in codes if code in items)


def stands_for(pack: Pack, test_code: str) -> tuple[str, ...]:
    """The tests a result of this test satisfies, its own first."""
    return pack.satisfied_by_result.get(test_code, (test_code,))
