"""The records that became one: which were merged into which, where an old one leads, and the trail of them all."""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.models import AuditEvent, Survivor
from tracker.policy import Action, Actor, can

TRAIL_SHOWN = 200


def merged_into(session: Session, survivor_ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """For each record, itself and all that were merged into it, however many times over. One statement."""
    wanted = set(survivor_ids)
    found = {survivor_id: {survivor_id} for survivor_id in wanted}
    if not wanted:
        return found
    chain = (
        sa.select(Survivor.id.label("id"), Survivor.merged_into_id.label("stays_id"))
        .where(Survivor.merged_into_id.in_(wanted))
        .cte("merged_records", recursive=True)
    )
    earlier = sa.alias(Survivor.__table__)
    chain = chain.union(sa.select(earlier.c.id, chain.c.stays_id).join(chain, earlier.c.merged_into_id == chain.c.id))
    for survivor_id, stays_id in session.execute(sa.select(chain.c.id, chain.c.stays_id)):
        found[stays_id].add(survivor_id)
    return found


def leads_to(session: Session, survivor_id: UUID, *, actor: Actor) -> UUID | None:
    """The record that a merged one is part of now, for whoever may see that; None for everybody else."""
    survivor = session.get(Survivor, survivor_id)
    seen = set[UUID]()
    while survivor is not None and survivor.merged_into_id is not None and survivor.id not in seen:
        seen.add(survivor.id)
        survivor = session.get(Survivor, survivor.merged_into_id)
    if survivor is None or survivor.id == survivor_id:
        return None
    visible = any(can(actor, action, survivor) for action in (Action.VIEW, Action.VIEW_PORTAL))
    return survivor.id if visible else None


def trail_of(session: Session, survivor_id: UUID, *, limit: int = TRAIL_SHOWN) -> list[AuditEvent]:
    """Who changed this record and those that were merged into it, newest first; the caller has authorised."""
    query = sa.select(AuditEvent).where(AuditEvent.survivor_id.in_(merged_into(session, [survivor_id])[survivor_id]))
    return list(session.scalars(query.order_by(AuditEvent.at.desc(), AuditEvent.id).limit(limit)))
