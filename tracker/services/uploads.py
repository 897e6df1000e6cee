"""Files that are looked at before they are brought in: kept encrypted for a day, then taken up or forgotten."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from tracker.clock import Clock
from tracker.crypto import decrypt_bytes, encrypt_bytes
from tracker.errors import Conflict, NotFound
from tracker.models import ChangedRow, ChangeKind, ChangeSet, ChangeState, Clinic, RowAct, Survivor, Upload
from tracker.policy import Action, Actor, require_clinic
from tracker.services import audit, change_sets
from tracker.services.change_sets import LONGEST_TITLE
from tracker.services.import_report import Report

KEPT_FOR = timedelta(hours=24)
PER_PAGE = 25
LONGEST_ENDING = 10
CHUNK = 400
FORGETTING = Actor.system("clean-up of previews")
TOO_OLD = "This preview is more than a day old. Choose the file again"
NO_LONGER = {
    ChangeState.APPLIED: "This file was brought in already. Nothing was done a second time",
    ChangeState.UNDONE: "This file was brought in and taken back again. Choose the file again to bring it in once more",
    ChangeState.DISCARDED: "This preview was discarded. Choose the file again",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """A preview that is now this transaction's to bring in: the file, and what was foreseen of it."""

    change_set: ChangeSet
    content: bytes
    foreseen: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One import in the list. ``patients`` and ``resources`` are those of its report, which is not loaded whole."""

    change_set: ChangeSet
    patients: Mapping[str, int]
    resources: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ImportsPage:
    """Some of a clinic's imports, newest first; ``has_more``: there are older ones."""

    rows: tuple[ImportRow, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class UndoForeseen:
    """What taking an import back would do, or in ``standing`` why it cannot be taken back.

    ``withdrawn``: people whom it enrolled; ``put_back``: others whose records it changed; ``named_ids``: of whom the
    sentences speak.
    """

    change_set: ChangeSet
    withdrawn: int
    put_back: int
    rows: int
    standing: tuple[str, ...]
    named_ids: tuple[UUID, ...]


def keep_upload(
    session: Session,
    clinic_id: UUID,
    name: str,
    content: bytes,
    options: Mapping[str, Any],
    report: Report,
    *,
    actor: Actor,
    clock: Clock,
) -> ChangeSet:
    """Keep a file, encrypted, with what it would do, until somebody decides; older previews are forgotten meanwhile.

    ``options`` is how the file was read, so that it is read alike when it is brought in.

    Raises:
        NotFound, Forbidden: as ``require_clinic``.
    """
    clinic = require_clinic(session, actor, Action.IMPORT, clinic_id)
    forget_old(session, clock=clock)
    change_set = ChangeSet(
        clinic_id=clinic.id,
        kind=ChangeKind.IMPORT,
        title=file_name(name),
        digest=hashlib.sha256(content).hexdigest(),
        state=ChangeState.PREVIEWED,
        actor=actor.name,
        actor_id=actor.user_id,
        created_at=clock.now(),
        options=dict(options),
        report=report.as_json(),
    )
    session.add(change_set)
    session.flush()
    session.add(Upload(change_set_id=change_set.id, content=encrypt_bytes(content)))
    session.flush()
    after = {
        "file": change_set.digest,
        "title": change_set.title,
        "bytes": len(content),
        "patients": dict(report.patients),
    }
    audit.record(session, actor, "import.previewed", subject=change_set, at=clock.now(), after=after)
    return change_set


def file_name(name: str) -> str:
    """A file's own name, without the folders some browsers tell and without what cannot be shown or stored.

    A long name keeps its end, which says what kind of file it is.
    """
    own = PurePosixPath(name.replace("\\", "/")).name
    shown = "".join(letter for letter in own if letter.isprintable()).strip()
    if len(shown) > LONGEST_TITLE:
        ending = PurePosixPath(shown).suffix
        ending = ending if len(ending) <= LONGEST_ENDING else ""
        shown = shown[: LONGEST_TITLE - len(ending)] + ending
    return shown or "file"


def clinic_at(session: Session, clinic_id: UUID, *, actor: Actor) -> Clinic:
    """The clinic whose records this person may bring in.

    Raises:
        NotFound, Forbidden: as ``require_clinic``.
    """
    return require_clinic(session, actor, Action.IMPORT, clinic_id)


def one(session: Session, clinic_id: UUID, change_set_id: UUID, *, actor: Actor) -> ChangeSet:
    """One import of a clinic, in whatever state.

    Raises:
        NotFound: the clinic has no such import. NotFound, Forbidden: as ``require_clinic``.
    """
    clinic = require_clinic(session, actor, Action.IMPORT, clinic_id)
    change_set = change_sets.find(session, clinic.id, change_set_id)
    if change_set.kind != ChangeKind.IMPORT:
        raise NotFound("There is no such import, or it is not yours to see")
    return change_set


def content_of(session: Session, clinic_id: UUID, change_set_id: UUID, *, actor: Actor) -> bytes:
    """The file of a preview.

    Raises:
        Conflict: it was brought in or discarded meanwhile, so that its file is gone. Else as ``one``.
    """
    change_set = one(session, clinic_id, change_set_id, actor=actor)
    kept = session.scalar(sa.select(Upload.content).where(Upload.change_set_id == change_set.id))
    if kept is None:
        raise Conflict(NO_LONGER.get(ChangeState(change_set.state), TOO_OLD))
    return decrypt_bytes(kept)


def take_up(session: Session, clinic_id: UUID, change_set_id: UUID, *, actor: Actor, clock: Clock) -> Taken:
    """Claim a preview to bring it in: of two who try, one has it. Its kept file is deleted in the same transaction.

    Raises:
        Conflict: it was brought in or discarded already, by somebody else or by a second press, or is too old.
        NotFound, Forbidden: as ``one``.
    """
    change_set = one(session, clinic_id, change_set_id, actor=actor)
    content = content_of(session, clinic_id, change_set_id, actor=actor)
    if change_set.created_at < clock.now() - KEPT_FOR:
        raise Conflict(TOO_OLD)
    _claim(session, change_set)
    # Who brings it in answers for it, whoever looked at it first.
    change_set.actor, change_set.actor_id = actor.name, actor.user_id
    return Taken(change_set, content, change_set.report)


def discard(session: Session, clinic_id: UUID, change_set_id: UUID, *, actor: Actor, clock: Clock) -> ChangeSet:
    """Do not bring a file in: it is deleted, and so is what it says of anybody; that it was looked at stays.

    Raises:
        Conflict: it was brought in or discarded already. NotFound, Forbidden: as ``one``.
    """
    change_set = one(session, clinic_id, change_set_id, actor=actor)
    _claim(session, change_set)
    _discard(session, change_set, actor=actor, clock=clock)
    return change_set


def forget_old(session: Session, *, clock: Clock) -> int:
    """Discard every clinic's previews that nobody decided on for a day; gives their number."""
    query = sa.select(ChangeSet).where(
        ChangeSet.state == ChangeState.PREVIEWED, ChangeSet.created_at < clock.now() - KEPT_FOR
    )
    count = 0
    for change_set in session.scalars(query.order_by(ChangeSet.created_at)).all():
        if _deleted(session, change_set):
            _discard(session, change_set, actor=FORGETTING, clock=clock, reason="Not decided within a day")
            count += 1
    return count


def imports_of(session: Session, clinic_id: UUID, *, actor: Actor, after: UUID | None = None) -> ImportsPage:
    """A clinic's imports, newest first; ``after``: those older than this one.

    Raises:
        NotFound, Forbidden: as ``require_clinic``.
    """
    clinic = require_clinic(session, actor, Action.IMPORT, clinic_id)
    # The lines of a report may be thousands: only its counts are read.
    counts = (ChangeSet.report["patients"], ChangeSet.report["resources"])
    query = sa.select(ChangeSet, *counts).options(defer(ChangeSet.report))
    query = query.where(ChangeSet.clinic_id == clinic.id, ChangeSet.kind == ChangeKind.IMPORT)
    last = session.get(ChangeSet, after, options=[defer(ChangeSet.report)]) if after is not None else None
    if last is not None and last.clinic_id == clinic.id:
        same_instant = sa.and_(ChangeSet.created_at == last.created_at, ChangeSet.id < last.id)
        query = query.where(sa.or_(ChangeSet.created_at < last.created_at, same_instant))
    found = session.execute(query.order_by(ChangeSet.created_at.desc(), ChangeSet.id.desc()).limit(PER_PAGE + 1)).all()
    rows = (ImportRow(each, patients or {}, resources or {}) for each, patients, resources in found[:PER_PAGE])
    return ImportsPage(tuple(rows), len(found) > PER_PAGE)


def on_record(session: Session, clinic_id: UUID, survivor_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these people are on record here, withdrawn ones among them (a preview names others, too).

    The caller has authorised for the clinic.
    """
    found: set[UUID] = set()
    for start in range(0, len(survivor_ids), CHUNK):
        wanted = Survivor.id.in_(survivor_ids[start : start + CHUNK])
        found.update(session.scalars(sa.select(Survivor.id).where(wanted, Survivor.clinic_id == clinic_id)))
    return found


def followed(session: Session, survivor_ids: set[UUID]) -> set[UUID]:
    """Those among people on record who have a page of their own: not withdrawn."""
    ids, found = sorted(survivor_ids), set[UUID]()
    for start in range(0, len(ids), CHUNK):
        wanted = Survivor.id.in_(ids[start : start + CHUNK])
        found.update(session.scalars(sa.select(Survivor.id).where(wanted, Survivor.withdrawn_at.is_(None))))
    return found


def what_undo_does(session: Session, clinic_id: UUID, change_set_id: UUID, *, actor: Actor) -> UndoForeseen:
    """What taking an import back would do to whom, or why it cannot be taken back.

    Raises:
        Conflict: it is not in force. NotFound, Forbidden: as ``one``.
    """
    change_set = one(session, clinic_id, change_set_id, actor=actor)
    if change_set.state != ChangeState.APPLIED:
        raise Conflict("This import is not in force, so there is nothing to take back")
    of_set = ChangedRow.change_set_id == change_set.id
    touched = set(session.scalars(sa.select(ChangedRow.survivor_id).where(of_set).distinct())) - {None}
    enrolled = sa.select(sa.func.count()).where(
        of_set, ChangedRow.table_name == "survivors", ChangedRow.act == RowAct.INSERTED
    )
    withdrawn = session.scalar(enrolled) or 0
    rows = session.scalar(sa.select(sa.func.count()).where(of_set)) or 0
    standing = tuple(change_sets.what_builds_on(session, change_set))
    named = _named_in(session, cast("set[UUID]", touched), standing)
    return UndoForeseen(change_set, withdrawn, len(touched) - withdrawn, rows, standing, named)


def _named_in(session: Session, survivor_ids: set[UUID], sentences: tuple[str, ...]) -> tuple[UUID, ...]:
    """Of whom the sentences speak by name."""
    ids, said = sorted(survivor_ids) if sentences else [], "\n".join(sentences)
    found = []
    for start in range(0, len(ids), CHUNK):
        wanted = Survivor.id.in_(ids[start : start + CHUNK])
        found += [each.id for each in session.scalars(sa.select(Survivor).where(wanted)) if each.display_name in said]
    return tuple(found)


def _claim(session: Session, change_set: ChangeSet) -> None:
    if not _deleted(session, change_set):
        session.refresh(change_set)
        raise Conflict(NO_LONGER.get(ChangeState(change_set.state), TOO_OLD))


def _deleted(session: Session, change_set: ChangeSet) -> bool:
    """Delete the kept file; False where somebody else did so first, who then decides on the preview."""
    gone = cast(
        "sa.CursorResult[Any]",
        session.execute(
            sa.delete(Upload).where(Upload.change_set_id == change_set.id).execution_options(synchronize_session=False)
        ),
    )
    return gone.rowcount == 1


def _discard(session: Session, change_set: ChangeSet, *, actor: Actor, clock: Clock, reason: str = "") -> None:
    change_set.state = ChangeState.DISCARDED
    # People who never came on record have no claim on being remembered by us.
    change_set.report = dict(change_set.report) | {"lines": [], "errors": [], "notes": [], "unmapped": []}
    after = {"file": change_set.digest, "title": change_set.title}
    audit.record(session, actor, "import.discarded", subject=change_set, at=clock.now(), after=after, reason=reason)
