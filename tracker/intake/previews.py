"""A file comes in by two steps: looked at, with the preview kept; and later brought in, read as it was then."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.errors import ImportRefused
from tracker.intake import runs
from tracker.intake.runs import FHIR, Options
from tracker.intake.sources import Shape, Source, shape_of
from tracker.models import ChangeSet
from tracker.policy import Actor
from tracker.services import uploads
from tracker.services.import_report import Fate, Report

FORESEEN = "foreseen"
FATES = frozenset(fate.value for fate in Fate)


def preview(
    session: Session, clinic_id: UUID, name: str, content: bytes, options: Options, *, actor: Actor, clock: Clock
) -> ChangeSet:
    """Look at a file and keep it with what it would do; nothing of it is in the registry afterwards.

    A table with rows that cannot be read is previewed without them: the report's ``errors`` name them, and the rest
    can be brought in.

    Raises:
        ImportRefused: nothing of the file can come in; ``findings`` has every reason. It is not kept.
        NotFound, Forbidden: as ``require_clinic``.
    """
    name = uploads.file_name(name)
    try:
        report = _look(session, clinic_id, name, content, options, actor=actor, clock=clock)
    except ImportRefused as refused:
        if not _is_table(name, content, options):
            raise
        options = replace(options, skip_bad_rows=True)
        report = _good_rows(session, clinic_id, name, content, options, refused, actor=actor, clock=clock)
    return uploads.keep_upload(session, clinic_id, name, content, asdict(options), report, actor=actor, clock=clock)


def confirm(session: Session, clinic_id: UUID, change_set_id: UUID, *, actor: Actor, clock: Clock) -> ChangeSet:
    """Bring in what was previewed. Its report says what was really done; ``foreseen`` tells where that differs.

    Raises:
        ImportRefused: the registry has changed so that the file cannot come in any more. The caller rolls back, and
            the preview is as before.
        Conflict, NotFound, Forbidden: as ``uploads.take_up``.
    """
    taken = uploads.take_up(session, clinic_id, change_set_id, actor=actor, clock=clock)
    change_set, report = runs.bring_in(
        session,
        clinic_id,
        taken.change_set.title,
        taken.content,
        options_of(taken.change_set),
        actor=actor,
        clock=clock,
        existing=taken.change_set,
    )
    if _outcome(report.as_json()) != _outcome(taken.foreseen):
        # Its counts are enough to say how; the names are in the report of what was done.
        kept = {key: taken.foreseen[key] for key in ("file", "kind", "patients", "resources")}
        kept |= {"lines": [], "errors": taken.foreseen["errors"], "notes": [], "unmapped": []}
        change_set.options = dict(change_set.options) | {FORESEEN: kept}
    return change_set


def options_of(change_set: ChangeSet) -> Options:
    """How the file of a preview was read."""
    told = change_set.options
    return Options(told["kind"], told["date_format"], told["sheet"], told["skip_bad_rows"])


def _look(
    session: Session, clinic_id: UUID, name: str, content: bytes, options: Options, *, actor: Actor, clock: Clock
) -> Report:
    """What the file would do: it is really done, and taken back before anybody else can see it."""
    place = session.begin_nested()
    try:
        return runs.look(session, clinic_id, name, content, options, actor=actor, clock=clock)
    finally:
        place.rollback()
        session.expire_all()


def _good_rows(
    session: Session,
    clinic_id: UUID,
    name: str,
    content: bytes,
    options: Options,
    refused: ImportRefused,
    *,
    actor: Actor,
    clock: Clock,
) -> Report:
    """The table without the rows that cannot be read; refused as at first where none is left."""
    try:
        report = _look(session, clinic_id, name, content, options, actor=actor, clock=clock)
    except ImportRefused:
        raise refused from None
    if not any(line.fate in FATES for line in report.lines):
        raise refused
    return report


def _is_table(name: str, content: bytes, options: Options) -> bool:
    if options.kind:
        return options.kind != FHIR
    return shape_of(Source.of_bytes(name, content)) == Shape.TABLE


def _outcome(report: Mapping[str, Any]) -> Any:
    """What an import does, without ids and numbers that are given anew each time."""
    lines = [[line["place"], line["fate"], line["changes"]] for line in report["lines"]]
    told = [report["patients"], report["resources"], lines, len(report["errors"])]
    return json.loads(json.dumps(told))
