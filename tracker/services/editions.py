"""Every state a treatment summary has been in: kept with each change, found by day, compared with another.

A service that changes the record calls ``begin`` before it writes, and ``keep_edition`` after. What changed the record
without them (an import, the first entry) is kept by the next ``begin``, under whoever made that change.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from tracker.clock import Clock
from tracker.models import AuditEvent, SummaryEdition, Survivor
from tracker.policy import Actor
from tracker.services import whole_record
from tracker.services.record_parts import ABOUT_LABELS, parts
from tracker.services.sections.spec import Field, Section
from tracker.services.whole_record import ABOUT_KEY, Content

AS_IT_STOOD = "as it stood"
NOBODY = Actor.system("no person on record")
# Changes that leave the summary alone: the state that is found was not their doing.
NOT_OF_THE_SUMMARY = ("result.", "override.", "visit.", "contact.", "message.", "user.", "grant.")
ADDED, REMOVED, CHANGED = "added", "removed", "changed"


@dataclass(frozen=True)
class FieldDifference:
    """One field before and after, as an edition keeps it. ``field`` is None for what belongs to the person."""

    name: str
    label: str
    before: Any
    after: Any
    field: Field | None = None


@dataclass(frozen=True)
class Difference:
    """One entry that is not as it was. ``entry``: as it is now, or as it was last if it is gone.

    ``part`` is None for what belongs to the person. ``fields``: what changed; for an entry added or removed, all that
    it says.
    """

    kind: str
    part: Section | None
    entry: Mapping[str, Any]
    fields: tuple[FieldDifference, ...]


def content_of(session: Session, survivor: Survivor) -> Content:
    """The whole summary as it stands, as an edition keeps it; the caller has authorised."""
    return whole_record.content_of(whole_record.read_record(session, survivor))


def begin(session: Session, survivor: Survivor, clock: Clock) -> SummaryEdition | None:
    """Keep the state before a change, if no edition holds it yet: the first one, or what came in another way.

    Call it right after ``begin_edit``, before anything is written. An empty record is not kept.
    """
    record = whole_record.read_record(session, survivor)
    content, last = whole_record.content_of(record), _last(session, survivor.id)
    if (record.is_empty and last is None) or (last is not None and last.content == content):
        return None
    made = session.scalar(
        sa.select(AuditEvent)
        .where(
            AuditEvent.survivor_id == survivor.id, *(~AuditEvent.action.startswith(word) for word in NOT_OF_THE_SUMMARY)
        )
        .order_by(AuditEvent.at.desc(), AuditEvent.id)
        .limit(1)
    )
    if made is None or (last is not None and made.at <= last.recorded_at):
        # Whoever it was left no trace; the change before the last edition is not theirs.
        actor, at, reason = NOBODY, clock.now(), ""
    else:
        actor, at, reason = Actor(name=made.actor, user_id=made.actor_id), made.at, made.reason
    return _add(session, survivor.id, last, content, change=AS_IT_STOOD, reason=reason, actor=actor, at=at)


def keep_edition(
    session: Session, survivor: Survivor, *, change: str, reason: str, actor: Actor, clock: Clock
) -> SummaryEdition | None:
    """Keep the state after a change, as the next number; nothing is added where nothing changed.

    ``change`` is a short code ("treatment.recorded"). Must be called in the transaction of the change, which holds the
    survivor's row, so that no number is given twice.
    """
    record = whole_record.read_record(session, survivor)
    content, last = whole_record.content_of(record), _last(session, survivor.id)
    if (record.is_empty and last is None) or (last is not None and last.content == content):
        return None
    return _add(session, survivor.id, last, content, change=change, reason=reason, actor=actor, at=clock.now())


def editions_of(session: Session, survivor_id: UUID) -> list[SummaryEdition]:
    """All editions, newest first, their contents left unread; the caller has authorised."""
    query = sa.select(SummaryEdition).where(SummaryEdition.survivor_id == survivor_id)
    query = query.order_by(SummaryEdition.number.desc()).options(defer(SummaryEdition.content))
    return list(session.scalars(query))


def as_of(session: Session, survivor_id: UUID, day: date, tz: str) -> SummaryEdition | None:
    """The summary as it stood at the end of a day in this zone; None before the first edition. The caller has
    authorised."""
    over = _end_of(day, tz)
    query = sa.select(SummaryEdition).where(SummaryEdition.survivor_id == survivor_id)
    if over is not None:
        query = query.where(SummaryEdition.recorded_at < over)
    return session.scalar(query.order_by(SummaryEdition.number.desc()).limit(1))


def compare(earlier: Content, later: Content) -> list[Difference]:
    """What is different, part by part in the order of the record; entries are matched by their id.

    Something said about the person comes first. The order of entries, and when they were written down, do not count.
    """
    return [*_about(earlier, later), *(found for each in parts() for found in _part(each, earlier, later))]


def _about(earlier: Content, later: Content) -> Iterator[Difference]:
    before, after = earlier.get(ABOUT_KEY, {}), later.get(ABOUT_KEY, {})
    fields = tuple(
        FieldDifference(name, label, before.get(name), after.get(name))
        for name, label in ABOUT_LABELS.items()
        if before.get(name) != after.get(name)
    )
    if fields:
        yield Difference(CHANGED, None, after or before, fields)


def _part(section: Section, earlier: Content, later: Content) -> Iterator[Difference]:
    before = {entry["id"]: entry for entry in earlier.get(section.key, ())}
    after = {entry["id"]: entry for entry in later.get(section.key, ())}
    for entry_id in dict.fromkeys((*after, *before)):
        was, now = before.get(entry_id), after.get(entry_id)
        fields = _fields(section, was or {}, now or {})
        kind = ADDED if was is None else REMOVED if now is None else CHANGED
        if fields or kind != CHANGED:
            yield Difference(kind, section, now or was or {}, fields)


def _fields(section: Section, was: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[FieldDifference, ...]:
    return tuple(
        FieldDifference(field.name, field.label, was.get(field.name), now.get(field.name), field)
        for field in section.fields
        if _said(was.get(field.name)) != _said(now.get(field.name))
    )


def _said(value: Any) -> Any:
    # An empty text and nothing at all say the same; a count of 0 says something.
    return None if value == "" else value


def _last(session: Session, survivor_id: UUID) -> SummaryEdition | None:
    query = sa.select(SummaryEdition).where(SummaryEdition.survivor_id == survivor_id)
    return session.scalar(query.order_by(SummaryEdition.number.desc()).limit(1))


def _add(
    session: Session,
    survivor_id: UUID,
    last: SummaryEdition | None,
    content: Content,
    *,
    change: str,
    reason: str,
    actor: Actor,
    at: datetime,
) -> SummaryEdition:
    edition = SummaryEdition(
        survivor_id=survivor_id,
        number=1 if last is None else last.number + 1,
        # Editions follow one another in time as they do by number, whatever a clock says.
        recorded_at=at if last is None else max(at, last.recorded_at),
        actor=actor.name,
        actor_id=actor.user_id,
        change=change,
        reason=reason,
        content=content,
    )
    session.add(edition)
    session.flush()
    return edition


def _end_of(day: date, tz: str) -> datetime | None:
    """The first instant after the day; None after the last day there is."""
    if day == date.max:
        return None
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(tz))
