"""What a clinic has said that codes of imported charts mean, beside the pack's own tables."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.errors import Conflict, Invalid, NotFound
from tracker.models import ChangeSet, Clinic, CodeMapping
from tracker.policy import Action, Actor, require_clinic
from tracker.services import audit
from tracker.services.unknown_codes import KINDS_OF, NO_ALIASES, left_of_mapped

# Somebody has looked at the code, and it means nothing to the follow-up: it is not listed again.
NOTHING = "nothing"
KINDS = (*dict.fromkeys(kind for kinds in KINDS_OF.values() for kind in kinds), NOTHING)
LONGEST_SYSTEM, LONGEST_CODE, LONGEST_DISPLAY, LONGEST_NOTE = 200, 80, 400, 2000

Key = tuple[str, str, str]  # kind, system, code


@dataclass(frozen=True)
class OwnMapping:
    """A mapping of the clinic's, with how many entries with this code still mean nothing."""

    mapping: CodeMapping
    left: int


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What somebody says that a code means: ``target`` by its code or name; empty for "nothing"."""

    system: str
    code: str
    kind: str
    target: str = ""
    display: str = ""
    note: str = ""


def mappings_of(
    session: Session, clinic_id: UUID, *, actor: Actor, aliases: Mapping[str, str] = NO_ALIASES
) -> list[OwnMapping]:
    """The clinic's own mappings, the newest first, each with the entries that it could not give a meaning to."""
    clinic = require_clinic(session, actor, Action.MAP_CODES, clinic_id)
    rows = session.scalars(
        sa.select(CodeMapping)
        .where(CodeMapping.clinic_id == clinic.id)
        .order_by(CodeMapping.mapped_at.desc(), CodeMapping.system, CodeMapping.code, CodeMapping.kind)
    ).all()
    left = left_of_mapped(session, clinic.id, aliases) if rows else {}
    return [OwnMapping(row, left.get((row.system, row.code), 0)) for row in rows]


def own_codes(session: Session, clinic_id: UUID) -> dict[Key, str]:
    """What the clinic's own mappings say, for ``Codes.with_own``."""
    rows = session.scalars(sa.select(CodeMapping).where(CodeMapping.clinic_id == clinic_id))
    return {(row.kind, row.system, row.code): row.target for row in rows}


def find_mapping(session: Session, clinic_id: UUID, mapping_id: UUID, *, actor: Actor) -> CodeMapping:
    """One of the clinic's own mappings.

    Raises:
        NotFound: the clinic has no such mapping. Forbidden: as ``require_clinic``.
    """
    clinic = require_clinic(session, actor, Action.MAP_CODES, clinic_id)
    found = session.get(CodeMapping, mapping_id)
    if found is None or found.clinic_id != clinic.id:
        raise NotFound("There is no such mapping, or it is not yours to see")
    return found


def map_code(
    session: Session,
    clinic_id: UUID,
    meaning: Meaning,
    *,
    targets: Collection[str],
    change_set: ChangeSet | None = None,
    actor: Actor,
    clock: Clock,
) -> CodeMapping:
    """Say what a code means at this clinic, from now on; reading again what came before is ``intake.replay``.

    ``targets``: what a code of this kind may mean. A code that was said to mean nothing is taken at its new meaning.

    Raises:
        Invalid: there is no such code, kind or target. Conflict: the code has a meaning of this kind already.
        NotFound, Forbidden: as ``require_clinic``.
    """
    clinic = require_clinic(session, actor, Action.MAP_CODES, clinic_id)
    _check(meaning, targets)
    # Two administrators at once take turns; whoever only refers to the clinic does not wait.
    session.refresh(clinic, with_for_update={"key_share": True})
    _make_room(session, clinic, meaning)
    mapping = CodeMapping(
        clinic_id=clinic.id,
        system=meaning.system,
        code=meaning.code,
        display=meaning.display[:LONGEST_DISPLAY],
        kind=meaning.kind,
        target=meaning.target,
        note=meaning.note.strip(),
        mapped_by=actor.name,
        mapped_by_id=actor.user_id,
        mapped_at=clock.now(),
        change_set_id=None if change_set is None else change_set.id,
    )
    session.add(mapping)
    session.flush()
    audit.record(session, actor, "code.mapped", subject=mapping, at=clock.now(), after=mapping, reason=mapping.note)
    return mapping


def unmap(session: Session, clinic_id: UUID, mapping_id: UUID, *, actor: Actor, clock: Clock) -> None:
    """The code means nothing from now on; what was read by the mapping stays on record.

    Raises:
        NotFound, Forbidden: as ``find_mapping``.
    """
    mapping = find_mapping(session, clinic_id, mapping_id, actor=actor)
    note_removal(session, mapping, actor=actor, clock=clock)
    session.delete(mapping)
    session.flush()


def note_removal(session: Session, mapping: CodeMapping, *, actor: Actor, clock: Clock) -> None:
    """The row in the trail of a mapping that goes."""
    audit.record(session, actor, "code.unmapped", subject=mapping, at=clock.now(), before=mapping)


def _check(meaning: Meaning, targets: Collection[str]) -> None:
    if not meaning.code or len(meaning.code) > LONGEST_CODE or len(meaning.system) > LONGEST_SYSTEM:
        raise Invalid("Enter a code of at most 80 characters, with its code system", field="code")
    if meaning.kind not in KINDS:
        raise Invalid(f"Choose what kind of thing the code means: {', '.join(KINDS)}", field="kind")
    if meaning.kind == NOTHING and meaning.target:
        raise Invalid("A code that means nothing has no target", field="target")
    if meaning.kind != NOTHING and meaning.target not in targets:
        raise Invalid(f"There is no {meaning.kind} {meaning.target!r} here. Choose one of the list", field="target")
    if len(meaning.note) > LONGEST_NOTE:
        raise Invalid(f"Use at most {LONGEST_NOTE} characters", field="note")


def _make_room(session: Session, clinic: Clinic, meaning: Meaning) -> None:
    """A code means nothing, or something of each kind."""
    query = sa.select(CodeMapping).where(
        CodeMapping.clinic_id == clinic.id, CodeMapping.system == meaning.system, CodeMapping.code == meaning.code
    )
    for row in session.scalars(query).all():
        if meaning.kind == row.kind:
            raise Conflict("This code has such a meaning already. Take that back first")
        if meaning.kind == NOTHING:
            raise Conflict("This code means something already. Take that back first")
        if row.kind == NOTHING:
            session.delete(row)
    session.flush()
