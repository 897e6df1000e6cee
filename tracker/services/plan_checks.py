"""Is every stored plan what the engine says today, and do the rows say what was stored? Looks, and changes nothing.

A plan is compared as of now while it still holds; one whose day has come waits for the nightly check, and only its
rows are compared with what was stored of it. What differs is looked at a second time with the record held, because
somebody may have saved it between two statements of the first look.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import islice
from random import Random
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.rules import Pack
from tracker.engine.types import CarePlan, DataGap
from tracker.models import DueItem, PlanGap, Survivor
from tracker.services import care_plans, planning
from tracker.services.facts import facts_of, load_recorded
from tracker.services.packs import pack_for
from tracker.services.plan_failures import NamedError, named
from tracker.services.raw_rows import Recorded

BATCH = 50
IDS_AT_ONCE = 5_000


class Differs(StrEnum):
    """What is not as it should be.

    PLAN: the engine says another plan than the stored one; ROWS: open items or gaps are not those of the stored plan;
    SUMMARY: the survivor's own row does not say what the items say; FAILED: the plan cannot be worked out.
    """

    PLAN = "plan"
    ROWS = "rows"
    SUMMARY = "summary"
    FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """One survivor whose stored plan is not as it should be. ``error``: why it could not be worked out."""

    survivor_id: UUID
    clinic_id: UUID
    differs: tuple[Differs, ...]
    error: NamedError | None = None


@dataclass
class Checked:
    """What was looked at. Of ``counts``: ``survivors`` all, ``waiting`` those whose plan no longer holds."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    @property
    def failed(self) -> list[Finding]:
        """Those whose plan could not be worked out."""
        return [finding for finding in self.findings if finding.error is not None]

    @property
    def differing(self) -> list[Finding]:
        """Those of whom something differs."""
        return [finding for finding in self.findings if finding.error is None]

    def add(self, other: "Checked") -> None:
        self.counts.update(other.counts)
        self.findings += other.findings

    def tally(self) -> Counter[str]:
        """The counts, with how many differ and how many failed: all that is kept of many batches."""
        return self.counts + Counter(differing=len(self.differing), failed=len(self.failed))


@dataclass
class _Rows:
    items: list[DueItem] = field(default_factory=list)
    gaps: list[PlanGap] = field(default_factory=list)


def ids_after(session: Session, after: UUID | None, *, limit: int, clinic_id: UUID | None = None) -> list[UUID]:
    """The next survivors by id, of one clinic or of all; withdrawn records too: nothing may be due of them."""
    query = sa.select(Survivor.id).order_by(Survivor.id).limit(limit)
    if clinic_id is not None:
        query = query.where(Survivor.clinic_id == clinic_id)
    return list(session.scalars(query if after is None else query.where(Survivor.id > after)))


def sample(ids: Iterable[UUID], size: int, seed: int) -> list[UUID]:
    """So many of these at random, in their own order: for a seed always the same, and no more are kept in memory."""
    random, kept = Random(seed), list[tuple[int, UUID]]()  # noqa: S311  (no secret depends on it)
    for number, survivor_id in enumerate(ids):
        if number < size:
            kept.append((number, survivor_id))
        elif (place := random.randrange(number + 1)) < size:
            kept[place] = (number, survivor_id)
    return [survivor_id for _, survivor_id in sorted(kept)]


def check(session: Session, ids: Collection[UUID], *, clock: Clock) -> Checked:
    """Compare the stored plans of these survivors with what the engine says; as many queries for hundreds as for one.

    Where rows cannot even be read, the survivors are looked at one by one, so that only the one at fault steps aside.
    """
    try:
        return _check(session, ids, clock)
    except OperationalError:
        # The database is gone or locked: that is nobody's record.
        raise
    except Exception as error:  # whatever is wrong with one record, all others are still looked at
        if len(ids) == 1:
            return _unreadable(session, ids, error)
    done = Checked()
    for survivor_id in sorted(ids):
        done.add(check(session, [survivor_id], clock=clock))
    return done


def _check(session: Session, ids: Collection[UUID], clock: Clock) -> Checked:
    done = Checked()
    survivors = list(session.scalars(sa.select(Survivor).where(Survivor.id.in_(ids)).order_by(Survivor.id)))
    found = [survivor.id for survivor in survivors]
    rows, recorded = _rows(session, found), load_recorded(session, found)
    for survivor in survivors:
        done.counts["survivors"] += 1
        try:
            differs = _differences(survivor, recorded[survivor.id], rows[survivor.id], clock, done.counts)
        except OperationalError:
            raise
        except Exception as error:  # as above
            done.findings.append(_failed(survivor.id, survivor.clinic_id, error))
            continue
        done.findings += [Finding(survivor.id, survivor.clinic_id, differs)] if differs else []
    return done


def _unreadable(session: Session, ids: Collection[UUID], error: Exception) -> Checked:
    found = session.execute(sa.select(Survivor.id, Survivor.clinic_id).where(Survivor.id.in_(ids)))
    findings = [_failed(survivor_id, clinic_id, error) for survivor_id, clinic_id in found]
    return Checked(Counter(survivors=len(findings)), findings)


def _failed(survivor_id: UUID, clinic_id: UUID, error: Exception) -> Finding:
    return Finding(survivor_id, clinic_id, (Differs.FAILED,), named(error))


def confirm(session: Session, first: Checked, *, clock: Clock) -> Checked:
    """The same, but of what was found only what is still so while nobody can save these records."""
    ids = [finding.survivor_id for finding in first.findings]
    if not ids:
        return first
    session.execute(sa.select(Survivor.id).where(Survivor.id.in_(ids)).order_by(Survivor.id).with_for_update())
    return Checked(first.counts, check(session, ids, clock=clock).findings)


def batches(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    """The ids, some hundreds at a time."""
    left = iter(ids)
    while some := list(islice(left, BATCH)):
        yield some


def _differences(
    survivor: Survivor, recorded: Recorded, rows: _Rows, clock: Clock, counts: Counter[str]
) -> tuple[Differs, ...]:
    stored, today, differs = survivor.plan_digest, clock.today(survivor.clinic.tz), list[Differs]()
    pack = pack_for(survivor.clinic)
    if survivor.plan_holds_until is not None and survivor.plan_holds_until <= today:
        counts["waiting"] += 1
    elif planning.digest(planning.plan_of(survivor, facts_of(recorded), pack, today)) != stored:
        differs.append(Differs.PLAN)
    if _digest_of(rows, pack) != stored:
        differs.append(Differs.ROWS)
    if _earliest_days(rows, pack) != _told(survivor):
        differs.append(Differs.SUMMARY)
    return tuple(differs)


def _digest_of(rows: _Rows, pack: Pack) -> str:
    """The fingerprint of what stands in the tables, which must be that of the plan it was stored from."""
    items = []
    for row in sorted(rows.items, key=lambda row: (row.due_on, row.test_code)):
        try:
            reasons = care_plans.reasons_of(row)
        except (LookupError, TypeError, ValueError, ArithmeticError):
            return "unreadable"
        items.append(care_plans.as_planned(row, reasons, pack))
    gaps = tuple(DataGap(row.gap, tuple(row.missing), row.consequence, row.test_code) for row in rows.gaps)
    return planning.digest(CarePlan(tuple(items), gaps, None))


def _earliest_days(rows: _Rows, pack: Pack) -> tuple[date | None, ...]:
    """What the survivor's own row has to repeat of the items; of no matter which reasons."""
    return planning.earliest_days([care_plans.as_planned(row, (), pack) for row in rows.items])


def _told(survivor: Survivor) -> tuple[date | None, ...]:
    return (
        survivor.next_upcoming_on,
        survivor.next_due_on,
        survivor.next_overdue_on,
        survivor.recurrence_due_on,
        survivor.recurrence_overdue_on,
    )


def _rows(session: Session, ids: Collection[UUID]) -> Mapping[UUID, _Rows]:
    found = {survivor_id: _Rows() for survivor_id in ids}
    for item in session.scalars(sa.select(DueItem).where(DueItem.survivor_id.in_(ids), DueItem.closed_on.is_(None))):
        found[item.survivor_id].items.append(item)
    for gap in session.scalars(sa.select(PlanGap).where(PlanGap.survivor_id.in_(ids)).order_by(PlanGap.gap)):
        found[gap.survivor_id].gaps.append(gap)
    return found
