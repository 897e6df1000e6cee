"""What was decided about a survivor's follow-up, since when, why, who follows instead, and when to look again."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.partial_dates import Day, first_day, known_to, last_day, precision_of
from tracker.errors import Invalid
from tracker.models import OutboxMessage, Standing, Survivor, Visit, VisitStatus
from tracker.policy import Action, Actor, require
from tracker.services import care_plans
from tracker.services.editing import begin_edit
from tracker.services.survivors import record_change

LONGEST_NAME = 200


class Decision(StrEnum):
    """What can be decided about a survivor's follow-up: the stored standings, and death."""

    ACTIVE = "active"
    ON_TREATMENT = "on_treatment"
    BEING_TRACED = "being_traced"
    DECLINED = "declined"
    TRANSFERRED = "transferred"
    LOST = "lost"
    DECEASED = "deceased"


# Decisions that are looked at again on a day, and those that leave the follow-up to somebody else.
REVIEWED = frozenset(
    {Decision.ON_TREATMENT, Decision.BEING_TRACED, Decision.DECLINED, Decision.TRANSFERRED, Decision.LOST}
)
FOLLOWED_ELSEWHERE = frozenset({Decision.ON_TREATMENT, Decision.TRANSFERRED})


@dataclass(frozen=True, kw_only=True)
class StandingInput:
    """A decision about the follow-up, since when and why.

    ``followed_by``: the treating team, or the clinic that takes over. ``review_on``: when the decision is looked at
    again (someone who declined is asked, the treating team is called). ``acknowledged_on``: when the receiving clinic
    confirmed a transfer. ``deceased_on``: the day of death, perhaps known in part only.
    """

    standing: str
    since: date
    reason: str
    followed_by: str = ""
    review_on: date | None = None
    acknowledged_on: date | None = None
    deceased_on: Day | None = None


def set_standing(
    session: Session,
    survivor_id: UUID,
    entered: StandingInput,
    *,
    seen_version: int | None,
    actor: Actor,
    clock: Clock,
) -> Survivor:
    """Store what was decided about the follow-up, and bring plan, visits and messages in line with it.

    A death withdraws everything planned and quiets the family's page; so do a treatment begun again, which hands the
    follow-up to the treating team until the day of review, and a transfer once the other clinic acknowledged it.

    Raises:
        Conflict: somebody else saved first.
        Invalid: no reason, a date in the future, a date or name the decision needs is missing, or somebody given up
            as lost who was never traced.
    """
    survivor = require(session, actor, Action.EDIT_SURVIVOR, survivor_id)
    today = clock.today(survivor.clinic.tz)
    _check_standing(entered, survivor, today)
    begin_edit(session, survivor, seen=seen_version)
    wanted = _standing_columns(entered, today)
    before = {key: getattr(survivor, key) for key in wanted}
    for key, value in wanted.items():
        setattr(survivor, key, value)
    if care_plans.is_paused(survivor):
        _call_off_visits(session, survivor, today)
    if entered.standing != Decision.ACTIVE:
        _withdraw_messages(session, survivor, clock)
    record_change(session, survivor, "survivor.standing_set", before, wanted, actor=actor, clock=clock)
    care_plans.refresh(session, survivor, clock=clock)
    return survivor


def standing_of(survivor: Survivor) -> Decision:
    """What was last decided about a survivor."""
    return Decision.DECEASED if survivor.deceased_on is not None else Decision(survivor.standing)


def died_on(survivor: Survivor) -> Day | None:
    """The day of death, to the precision that is known."""
    return known_to(survivor.deceased_on, survivor.deceased_precision)


def _check_standing(entered: StandingInput, survivor: Survivor, today: date) -> None:
    if entered.standing not in tuple(Decision):
        raise Invalid("Choose what was decided", field="standing")
    if not entered.reason.strip():
        raise Invalid("Write the reason in a few words", field="reason")
    if entered.standing == Decision.LOST and survivor.standing not in (Standing.BEING_TRACED, Standing.LOST):
        raise Invalid("Nobody is given up as lost before being traced. Choose “Being traced” first", field="standing")
    _check_follower(entered)
    _check_review(entered, today)
    _check_days(entered, survivor, today)


def _check_follower(entered: StandingInput) -> None:
    words = {
        Decision.ON_TREATMENT: "Enter the treating team, which is in charge meanwhile",
        Decision.TRANSFERRED: "Enter the clinic that takes over",
    }
    missing = next((text for decision, text in words.items() if entered.standing == decision), "")
    if missing and not entered.followed_by.strip():
        raise Invalid(missing, field="followed_by")
    if len(entered.followed_by) > LONGEST_NAME:
        raise Invalid(f"The name may have at most {LONGEST_NAME} characters", field="followed_by")


def _check_review(entered: StandingInput, today: date) -> None:
    words = {
        Decision.DECLINED: "Enter the day to ask again. It must be in the future",
        Decision.ON_TREATMENT: "Enter the day to ask the treating team again. It must be in the future",
    }
    needed = next((text for decision, text in words.items() if entered.standing == decision), "")
    if needed and entered.review_on is None:
        raise Invalid(needed, field="review_on")
    if entered.review_on is not None and entered.standing in REVIEWED and entered.review_on <= today:
        raise Invalid(needed or "The day to look again must be in the future", field="review_on")


def _check_days(entered: StandingInput, survivor: Survivor, today: date) -> None:
    if entered.standing == Decision.DECEASED and entered.deceased_on is None:
        raise Invalid("Enter the date of death, or the year alone", field="deceased_on")
    spoken = {
        "since": ("The date of the decision", entered.since),
        "acknowledged_on": ("The date of the acknowledgment", entered.acknowledged_on),
        "deceased_on": ("The date of death", entered.deceased_on),
    }
    for field, (words, day) in spoken.items():
        if day is not None and first_day(day) > today:
            raise Invalid(f"{words} is in the future. Check the year", field=field)
        if day is not None and last_day(day) < survivor.birth_date:
            raise Invalid(f"{words} is before the date of birth. Check the year", field=field)
    if entered.acknowledged_on is not None and entered.acknowledged_on < entered.since:
        raise Invalid("The other clinic cannot acknowledge before the transfer", field="acknowledged_on")


def _standing_columns(entered: StandingInput, today: date) -> dict[str, object]:
    death = entered.deceased_on if entered.standing == Decision.DECEASED else None
    return {
        "standing": Standing.ACTIVE.value if death else str(entered.standing),
        "standing_since": entered.since,
        "standing_reason": entered.reason.strip(),
        "followed_by": " ".join(entered.followed_by.split()) if entered.standing in FOLLOWED_ELSEWHERE else "",
        "review_on": entered.review_on if entered.standing in REVIEWED else None,
        "acknowledged_on": entered.acknowledged_on if entered.standing == Decision.TRANSFERRED else None,
        # What is recorded in the year of a death known to the year alone may have been before it.
        "deceased_on": None if death is None else min(last_day(death), today),
        "deceased_precision": precision_of(death),
    }


def _call_off_visits(session: Session, survivor: Survivor, today: date) -> None:
    planned = sa.select(Visit).where(
        Visit.survivor_id == survivor.id, Visit.planned_on >= today, Visit.status == VisitStatus.PLANNED
    )
    for visit in session.scalars(planned):
        visit.status = VisitStatus.CANCELLED
    survivor.booked_on = None


def _withdraw_messages(session: Session, survivor: Survivor, clock: Clock) -> None:
    session.execute(
        sa.update(OutboxMessage)
        .where(
            OutboxMessage.survivor_id == survivor.id,
            OutboxMessage.sent_at.is_(None),
            OutboxMessage.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=clock.now())
    )
