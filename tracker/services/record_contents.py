"""What the record holds, part by part: the page from which each part is read and added to."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.engine.catalogue import Catalogue
from tracker.engine.rules import Pack
from tracker.models import Attachment, Diagnosis, Survivor
from tracker.policy import Action, Actor, can, require
from tracker.services.given import catalogue_for
from tracker.services.packs import pack_for
from tracker.services.sections.registry import SECTIONS
from tracker.services.sections.spec import Section
from tracker.services.whole_record import read_record


@dataclass(frozen=True, slots=True)
class Part:
    """One section of the record with its entries; ``may_edit``: this person may add to it."""

    section: Section
    rows: tuple[Any, ...]
    may_edit: bool


@dataclass(frozen=True, slots=True)
class RecordContents:
    """The whole record of a survivor, and the vocabulary it is written in."""

    survivor: Survivor
    parts: tuple[Part, ...]
    diagnoses: tuple[Diagnosis, ...]
    photographs: int
    may_edit_treatment: bool
    pack: Pack
    catalogue: Catalogue


def contents_of(session: Session, survivor_id: UUID, *, actor: Actor) -> RecordContents:
    """Every section of the record with its entries, in the order in which a chart is read.

    Raises:
        NotFound, Forbidden: as ``require`` does for reading.
    """
    survivor = require(session, actor, Action.VIEW, survivor_id)
    record = read_record(session, survivor)
    parts = (Part(each, record.of(each.key), can(actor, each.edit, survivor)) for each in SECTIONS.values())
    diagnoses = session.scalars(
        sa.select(Diagnosis).where(Diagnosis.survivor_id == survivor.id).order_by(Diagnosis.position, Diagnosis.id)
    )
    kept = sa.select(sa.func.count()).where(Attachment.survivor_id == survivor.id, Attachment.removed_at.is_(None))
    return RecordContents(
        survivor=survivor,
        parts=tuple(parts),
        diagnoses=tuple(diagnoses),
        photographs=session.scalar(kept) or 0,
        may_edit_treatment=can(actor, Action.EDIT_TREATMENT, survivor),
        pack=pack_for(survivor.clinic),
        catalogue=catalogue_for(survivor),
    )
