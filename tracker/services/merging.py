"""Two records of one person made one, by a person's decision; and taken apart again (``unmerging``)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.errors import Conflict, Invalid, NotFound
from tracker.models import ChangeKind, ChangeSet, ChartEntry, DuplicatePair, ImportedEntry, PairState, Survivor
from tracker.policy import Action, Actor, require, require_clinic
from tracker.services import accounts, audit, care_plans, change_sets, duplicates, editions, given, names, stored_rows
from tracker.services.editing import begin_edit
from tracker.services.merge_choices import ABOUT, Difference, chosen, differences
from tracker.services.merge_rows import MODELS, OF_A_SURVIVOR, Moving, move_all
from tracker.services.packs import pack_for
from tracker.services.visits import open_visit_of

MERGED = "survivor.merged"
# Of these the day they came in says whether they were there; they are too many to be listed.
DATED = {"chart_entries": ChartEntry.imported_at, "imported_entries": ImportedEntry.imported_at}


@dataclass(frozen=True)
class Merged:
    """What merging did. ``moved`` and ``same``: rows by table, moved or held by both; ``perhaps_twice``: courses
    without a date that both held, which are now on record twice."""

    kept: Survivor
    gone: Survivor
    change_set: ChangeSet
    moved: Mapping[str, int]
    same: Mapping[str, int]
    perhaps_twice: Mapping[str, int]


def merge(
    session: Session,
    pair_id: UUID,
    keep_id: UUID | None,
    *,
    choices: Mapping[str, UUID],
    reason: str,
    actor: Actor,
    clock: Clock,
    seen: Mapping[UUID, int] | None = None,
) -> Merged:
    """Make one record of two: all that one holds moves to the one that stays, and the other is withdrawn.

    ``choices``: which record is right, by ``Difference.key``. ``seen``: the versions that whoever decides has seen.

    Raises:
        NotFound, Forbidden: as ``require_clinic``. Invalid: a choice or the reason is missing, or what was chosen
        cannot be right together. Conflict: decided already, or a record changed since it was seen.
    """
    pair = open_pair(session, pair_id, actor=actor)
    if keep_id not in (pair.first_id, pair.second_id) or keep_id is None:
        raise Invalid("Choose the record that stays", field="keep")
    if not reason.strip():
        raise Invalid("Enter why the two records are of one person", field="reason")
    keep, gone = held(session, pair, keep_id, actor=actor, seen=seen or {})
    found = differences(session, keep, gone)
    right = chosen(found, choices, keep.id)
    for each in (keep, gone):
        editions.begin(session, each, clock)
    title = f"{gone.mrn} into {keep.mrn}"
    with change_sets.applying(
        session, keep.clinic_id, kind=ChangeKind.MERGE, title=title, actor=actor, clock=clock
    ) as change_set:
        own = own_rows(session, keep.id)
        was = {"mrn": gone.mrn, **_said(keep, ABOUT)}
        moving = Moving(session, keep, gone, right)
        move_all(moving)
        changed = _take_details(session, moving, actor=actor, clock=clock)
        change_sets.withdraw(session, gone, clock=clock, merged_into_id=keep.id)
    change_set.options = {
        "pair": str(pair.id),
        "kept": str(keep.id),
        "gone": str(gone.id),
        "own": own,
        "set": changed,
    }
    pair.state, pair.change_set_id = PairState.MERGED, change_set.id
    decided(pair, reason, actor, clock)
    told = {"set_of_changes": str(change_set.id), "rows": dict(moving.moved), "not_taken": _not_taken(found, right)}
    settle(
        session,
        keep,
        MERGED,
        before=was,
        after=told | {"merged": str(gone.id)},
        reason=reason,
        actor=actor,
        clock=clock,
    )
    settle(
        session, gone, MERGED, before=None, after=told | {"into": str(keep.id)}, reason=reason, actor=actor, clock=clock
    )
    duplicates.look_for(session, [keep.id, gone.id], clock=clock)
    return Merged(keep, gone, change_set, moving.moved, moving.same, moving.perhaps_twice)


def open_pair(session: Session, pair_id: UUID, *, actor: Actor) -> DuplicatePair:
    """A pair that nobody has decided, held until the transaction ends.

    Raises:
        Conflict: somebody has; the message says who and what.
    """
    pair = session.get(DuplicatePair, pair_id)
    if pair is None:
        raise NotFound("There is no such pair. The two may not be alike any more")
    require_clinic(session, actor, Action.REVIEW_DUPLICATES, pair.clinic_id)
    session.refresh(pair, with_for_update=True)
    if pair.state != PairState.OPEN:
        words = "are one person" if pair.state == PairState.MERGED else "are two people"
        raise Conflict(f"{pair.decided_by} has decided that they {words}. Look at that first")
    return pair


def held(
    session: Session, pair: DuplicatePair, keep_id: UUID, *, actor: Actor, seen: Mapping[UUID, int]
) -> tuple[Survivor, Survivor]:
    """Both records, authorised and held until the transaction ends: the one that stays first.

    Raises:
        Conflict: one of them changed since it was seen. Invalid: they belong to two clinics.
    """
    both = {each: require(session, actor, Action.REVIEW_DUPLICATES, each) for each in (pair.first_id, pair.second_id)}
    if len({each.clinic_id for each in both.values()}) > 1:
        raise Invalid("Records of two clinics cannot be made one. Transfer the survivor first")
    # Always in the same order, so that two people who merge at once wait for each other instead of for ever.
    for survivor_id in sorted(both):
        begin_edit(session, both[survivor_id], seen=seen.get(survivor_id))
    gone_id = pair.second_id if keep_id == pair.first_id else pair.first_id
    return both[keep_id], both[gone_id]


def decided(pair: DuplicatePair, reason: str, actor: Actor, clock: Clock) -> None:
    """Who decided about a pair, when and why."""
    pair.decided_at, pair.decided_by, pair.decided_by_id = clock.now(), actor.name, actor.user_id
    pair.reason = reason.strip()


def settle(
    session: Session,
    survivor: Survivor,
    change: str,
    *,
    before: Any,
    after: Any,
    reason: str,
    actor: Actor,
    clock: Clock,
) -> None:
    """What follows from a record whose rows came or went: exposures, booking, plan, edition, and the trail."""
    booked = open_visit_of(session, survivor.id)
    survivor.booked_on = booked.planned_on if booked else None
    given.derive_exposures(session, survivor, pack_for(survivor.clinic), given.catalogue_for(survivor))
    care_plans.refresh(session, survivor, clock=clock)
    editions.keep_edition(session, survivor, change=change, reason=reason.strip(), actor=actor, clock=clock)
    audit.record(
        session, actor, change, subject=survivor, at=clock.now(), before=before, after=after, reason=reason.strip()
    )


def own_rows(session: Session, survivor_id: UUID) -> dict[str, list[str]]:
    """The rows a record holds by itself, by table, where nothing else tells them from those that come later."""
    found = {}
    for name in OF_A_SURVIVOR:
        if name not in DATED:
            model = MODELS[name]
            ids = session.scalars(sa.select(model.id).where(model.survivor_id == survivor_id))
            found[name] = sorted(str(each) for each in ids)
    return found


def _said(survivor: Survivor, about: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    return {column: getattr(survivor, column) for columns in about.values() for column in columns}


def _take_details(session: Session, moving: Moving, *, actor: Actor, clock: Clock) -> dict[str, Any]:
    """Put what was chosen on the record that stays; gives the columns that changed as they are now, as JSON."""
    keep, gone = moving.keep, moving.gone
    before = stored_rows.encode(Survivor.__table__, _row(keep))  # type: ignore[arg-type]
    births = {keep.id: keep.birth_date, gone.id: gone.birth_date}
    for key, columns in ABOUT.items():
        if moving.right.get(key) == gone.id:
            for column in columns:
                setattr(keep, column, getattr(gone, column))
    keep.enrolled_on = min(keep.enrolled_on, gone.enrolled_on)
    words = {"given": keep.given_name, "family": keep.family_name, "preferred": keep.preferred_name}
    keep.search_name, keep.sort_name = names.search_name(**words), names.sort_name(**words)
    if keep.deceased_on is not None and keep.deceased_on < keep.birth_date:
        raise Invalid("The chosen date of birth is after the death. Choose another", field="birth_date")
    for was in set(births.values()):
        accounts.move_majority(session, keep, was=was, actor=actor, clock=clock)
    session.flush()
    after = stored_rows.encode(Survivor.__table__, _row(keep))  # type: ignore[arg-type]
    return {column: value for column, value in after.items() if before[column] != value}


def _row(survivor: Survivor) -> dict[str, Any]:
    return {column.key: getattr(survivor, column.key) for column in sa.inspect(Survivor).columns}


def _not_taken(found: list[Difference], right: Mapping[str, UUID]) -> dict[str, Any]:
    """What the other record said where only one could stand: it stays readable in the trail."""
    return {
        each.key: [values for survivor_id, values in each.values.items() if survivor_id != right[each.key]]
        for each in found
    }
