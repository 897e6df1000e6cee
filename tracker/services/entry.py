"""What a form about one test starts from: the survivor, the test, and the open item it belongs to."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.rules import Pack, TestInfo
from tracker.errors import NotFound
from tracker.models import DueItem, Result, Survivor
from tracker.policy import Action, Actor, require
from tracker.services.packs import pack_for
from tracker.services.results import result_of


@dataclass(frozen=True)
class Entry:
    """``test`` is None while it is still to be chosen; ``item`` is the test's open item, if it has one."""

    survivor: Survivor
    pack: Pack
    today: date
    test: TestInfo | None = None
    item: DueItem | None = None


def open_entry(
    session: Session,
    survivor_id: UUID,
    action: Action,
    *,
    actor: Actor,
    clock: Clock,
    item_id: UUID | None = None,
    test_code: str | None = None,
) -> Entry:
    """Begin an entry, from an item or for a test, for someone who may then save it.

    Raises:
        NotFound: no such item of this survivor, or no such test in the clinic's pack.
    """
    survivor = require(session, actor, action, survivor_id)
    pack, today = pack_for(survivor.clinic), clock.today(survivor.clinic.tz)
    code = _test_of(session, survivor, item_id) if item_id is not None else test_code
    if code is None:
        return Entry(survivor, pack, today)
    if code not in pack.tests:
        raise NotFound("There is no such test in this clinic's guideline pack")
    return Entry(survivor, pack, today, pack.tests[code], _open_item(session, survivor, code))


def _test_of(session: Session, survivor: Survivor, item_id: UUID) -> str:
    item = session.get(DueItem, item_id)
    if item is None or item.survivor_id != survivor.id:
        raise NotFound("There is no such item, or it is not yours to see")
    return item.test_code


def _open_item(session: Session, survivor: Survivor, code: str) -> DueItem | None:
    query = sa.select(DueItem).where(
        DueItem.survivor_id == survivor.id, DueItem.test_code == code, DueItem.closed_on.is_(None)
    )
    return session.scalar(query)


def open_correction(
    session: Session, survivor_id: UUID, result_id: UUID, *, actor: Actor, clock: Clock
) -> tuple[Entry, Result]:
    """Begin the correction of a result; raises ``NotFound`` for one that is not this survivor's."""
    require(session, actor, Action.RECORD_RESULT, survivor_id)
    result = result_of(session, survivor_id, result_id)
    entry = open_entry(session, survivor_id, Action.RECORD_RESULT, actor=actor, clock=clock, test_code=result.test_code)
    return entry, result
