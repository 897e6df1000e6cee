"""Photographs of a skin lesion: checked, freed of what the camera wrote, kept encrypted, shown to those who may see."""

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.crypto import decrypt_bytes, encrypt_bytes
from tracker.engine.partial_dates import Day, as_partial, first_day, last_day
from tracker.errors import Invalid, NotFound
from tracker.models import Attachment, AttachmentContent, Diagnosis, Survivor
from tracker.policy import Action, Actor, can, require
from tracker.services import audit, images

LONGEST = {"title": 200, "body_site": 120, "note": 2000}
NOT_THERE = "There is no such photograph, or it is not yours to see"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotographInput:
    """What is entered about a photograph. ``taken_on`` may be known in part, or not at all."""

    title: str
    body_site: str = ""
    taken_on: Day | None = None
    diagnosis_id: UUID | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Photographs:
    """A survivor's photographs, newest first; ``may_edit``: this person may add and remove them."""

    survivor: Survivor
    rows: tuple[Attachment, ...]
    diagnoses: tuple[Diagnosis, ...]
    may_edit: bool


@dataclass(frozen=True, slots=True)
class Content:
    """A photograph's bytes and their type."""

    attachment: Attachment
    content: bytes
    content_type: str


def photographs_of(session: Session, survivor_id: UUID, *, actor: Actor, to: Action = Action.VIEW) -> Photographs:
    """The photographs that were not removed, those last recorded first; their contents are not loaded.

    Raises:
        NotFound, Forbidden: as ``require`` does, for the action ``to``.
    """
    survivor = require(session, actor, to, survivor_id)
    query = sa.select(Attachment).where(Attachment.survivor_id == survivor.id, Attachment.removed_at.is_(None))
    rows = session.scalars(query.order_by(Attachment.recorded_at.desc(), Attachment.id)).all()
    return Photographs(
        survivor, tuple(rows), tuple(_diagnoses(session, survivor)), can(actor, Action.EDIT_TREATMENT, survivor)
    )


def photograph(
    session: Session, survivor_id: UUID, attachment_id: UUID, *, actor: Actor, to: Action = Action.VIEW
) -> tuple[Survivor, Attachment]:
    """One photograph that was not removed, with whom it is of.

    Raises:
        NotFound: no such photograph of this survivor, or it was removed. Forbidden: as ``require``.
    """
    survivor = require(session, actor, to, survivor_id)
    row = session.get(Attachment, attachment_id)
    if row is None or row.survivor_id != survivor.id or row.removed_at is not None:
        raise NotFound(NOT_THERE)
    return survivor, row


def add_photograph(
    session: Session, survivor_id: UUID, entered: PhotographInput, content: bytes, *, actor: Actor, clock: Clock
) -> Attachment:
    """Keep a photograph: upright, without place, device or comment, and encrypted.

    Raises:
        Invalid: the bytes are no JPEG or PNG, are damaged or too large, the title is missing, a text is too long, the
            date is in the future or before birth, or the diagnosis is not this survivor's; ``field`` says which.
    """
    survivor = require(session, actor, Action.EDIT_TREATMENT, survivor_id)
    _check(session, survivor, entered, today=clock.today(survivor.clinic.tz))
    clean = images.cleaned(content)
    row = Attachment(
        survivor_id=survivor.id,
        title=entered.title.strip(),
        body_site=entered.body_site.strip(),
        taken_on=as_partial(entered.taken_on),
        diagnosis_id=entered.diagnosis_id,
        note=entered.note.strip(),
        content_type=clean.content_type,
        byte_count=len(clean.content),
        width_px=clean.width_px,
        height_px=clean.height_px,
        sha256=hashlib.sha256(clean.content).hexdigest(),
        recorded_at=clock.now(),
    )
    session.add(row)
    session.flush()
    session.add(AttachmentContent(attachment_id=row.id, content=encrypt_bytes(clean.content)))
    audit.record(session, actor, "photograph.added", subject=row, at=clock.now(), after=row)
    return row


def photograph_content(session: Session, survivor_id: UUID, attachment_id: UUID, *, actor: Actor) -> Content:
    """The photograph itself, for those who may see the survivor's record.

    Raises:
        NotFound: as ``photograph``.
    """
    _survivor, row = photograph(session, survivor_id, attachment_id, actor=actor)
    kept = session.get(AttachmentContent, row.id)
    if kept is None:
        raise NotFound(NOT_THERE)
    return Content(row, decrypt_bytes(kept.content), row.content_type)


def photograph_thumbnail(session: Session, survivor_id: UUID, attachment_id: UUID, *, actor: Actor) -> Content:
    """A small JPEG of it, made anew each time: nothing of it is kept unencrypted."""
    found = photograph_content(session, survivor_id, attachment_id, actor=actor)
    return Content(found.attachment, images.thumbnail(found.content), "image/jpeg")


def remove_photograph(
    session: Session, survivor_id: UUID, attachment_id: UUID, *, reason: str, actor: Actor, clock: Clock
) -> Attachment:
    """Delete a photograph's content; that it was here, and why it went, stays.

    Raises:
        NotFound: no such photograph, or it was removed already. Invalid: no reason was given.
    """
    _survivor, row = photograph(session, survivor_id, attachment_id, actor=actor, to=Action.EDIT_TREATMENT)
    if not reason.strip():
        raise Invalid("Enter why the photograph is removed", field="reason")
    before = audit.snapshot(row)
    _claim_removal(session, row, clock)
    session.execute(sa.delete(AttachmentContent).where(AttachmentContent.attachment_id == row.id))
    audit.record(
        session,
        actor,
        "photograph.removed",
        subject=row,
        at=clock.now(),
        before=before,
        after=row,
        reason=reason.strip(),
    )
    return row


def _claim_removal(session: Session, row: Attachment, clock: Clock) -> None:
    claimed = cast(
        "sa.CursorResult[Any]",
        session.execute(
            sa.update(Attachment)
            .where(Attachment.id == row.id, Attachment.removed_at.is_(None))
            .values(removed_at=clock.now())
            .execution_options(synchronize_session=False)
        ),
    )
    if claimed.rowcount != 1:
        raise NotFound(NOT_THERE)  # somebody else was first
    session.refresh(row)


def _diagnoses(session: Session, survivor: Survivor) -> list[Diagnosis]:
    query = sa.select(Diagnosis).where(Diagnosis.survivor_id == survivor.id)
    return list(session.scalars(query.order_by(Diagnosis.position, Diagnosis.id)))


def _check(session: Session, survivor: Survivor, entered: PhotographInput, *, today: date) -> None:
    if not entered.title.strip():
        raise Invalid("Enter what the photograph shows", field="title")
    for field, longest in LONGEST.items():
        if len(getattr(entered, field).strip()) > longest:
            raise Invalid(f"Use at most {longest} characters", field=field)
    if entered.taken_on is not None and first_day(entered.taken_on) > today:
        raise Invalid("The date of the photograph is in the future. Check the year", field="taken_on")
    if entered.taken_on is not None and last_day(entered.taken_on) < survivor.birth_date:
        raise Invalid("The date of the photograph is before the date of birth. Check the year", field="taken_on")
    known = {diagnosis.id for diagnosis in _diagnoses(session, survivor)}
    if entered.diagnosis_id is not None and entered.diagnosis_id not in known:
        raise Invalid("Choose the diagnosis from the list", field="diagnosis_id")
