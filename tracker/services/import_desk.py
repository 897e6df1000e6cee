"""One survivor's record while an import writes to it, and what imports have made of it so far."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.models import Base, ImportedEntry, Survivor
from tracker.policy import Actor
from tracker.services import audit
from tracker.services.import_tumors import ABOUT, OF_TUMORS, Tumors
from tracker.services.sections.checks import Surroundings
from tracker.services.sections.editing import surroundings_of

Key = tuple[str, str, str, str]  # resource type, external id, section, part
OF_CONTACTS, OF_TREATMENT = "contacts", "on_treatment"

__all__ = ["ABOUT", "OF_CONTACTS", "OF_TREATMENT", "OF_TUMORS", "Desk", "Key", "Told", "open_desk"]


@dataclass
class Told:
    """What the entries of an import changed, and what somebody should look at."""

    changed: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass
class Desk:
    """One survivor's record while an import writes to it."""

    session: Session
    survivor: Survivor
    actor: Actor
    clock: Clock
    owned: dict[Key, ImportedEntry]
    told: Told = field(default_factory=Told)
    derives: bool = False

    @cached_property
    def surroundings(self) -> Surroundings:
        today = self.clock.today(self.survivor.clinic.tz)
        return surroundings_of(self.session, self.survivor, today=today)

    @cached_property
    def tumors(self) -> Tumors:
        return Tumors(self.session, self.survivor)

    def remember(self, key: Key, told: dict[str, Any], row_id: UUID | None, *, waits_for: str = "") -> None:
        """Which row an entry of a resource became, and what was told."""
        known = self.owned.get(key)
        if known is None:
            kind, external_id, section, part = key
            known = ImportedEntry(
                survivor_id=self.survivor.id,
                resource_type=kind,
                external_id=external_id,
                section=section,
                part=part,
                row_id=row_id,
                told=told,
                imported_at=self.clock.now(),
            )
            self.session.add(known)
            self.owned[key] = known
        known.told, known.row_id, known.diagnosis_ref = told, row_id, waits_for
        known.imported_at = self.clock.now()

    def forget(self, key: Key) -> None:
        """The entry is gone, and with it what was remembered of it."""
        self.session.delete(self.owned.pop(key))

    def trail(self, action: str, row: Base, **what: object) -> None:
        """The row in the audit trail that every change has."""
        self.told.changed += 1
        audit.record(self.session, self.actor, action, subject=row, at=self.clock.now(), **what)  # type: ignore[arg-type]


def open_desk(session: Session, survivor: Survivor, *, actor: Actor, clock: Clock) -> Desk:
    """The record of a survivor, with what imports have made of it so far."""
    rows = session.scalars(sa.select(ImportedEntry).where(ImportedEntry.survivor_id == survivor.id))
    owned = {(row.resource_type, row.external_id, row.section, row.part): row for row in rows}
    return Desk(session, survivor, actor, clock, owned)
