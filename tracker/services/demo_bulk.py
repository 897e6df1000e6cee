"""A registry of any size: the demonstration, some patterns, and copies of them until there are enough.

The plans of copies are true: everything a plan is made of is the pattern's, whose plan the engine made. What crossed
before today is recorded as the nightly check records it, since the patterns went through that check before they were
copied. Reminders are not copied: nobody is written to about what was long over. There is one audit row for each
transaction of copies, which says how many survivors it added, and none for each of them.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.models import Clinic, Visit, VisitStatus
from tracker.services import audit, boundaries, clinics, demo
from tracker.services.demo import ACTOR, HARBOR, SeededDemo
from tracker.services.demo_copies import Copier
from tracker.services.demo_lives import clinic_day
from tracker.services.demo_patterns import Pattern, invent_patterns

# More survivors than this are copied; so many or fewer are each invented.
INVENTED_UP_TO = 1_000
SIZES = {"whole": 60, "patterns": 240}
ROUNDS_A_TRANSACTION = 20
# Visits are booked for this share of everybody, as far as the slots of so many weeks go.
BOOKED_SHARE, BOOKED_WEEKS = 0.13, 104


@dataclass(frozen=True)
class Invented:
    """The part that was invented person by person, and what the rest is copied from."""

    made: SeededDemo
    whole: int
    clinic_ids: tuple[UUID, ...]
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True)
class Round:
    """One round of copies: its number, the clinic it is for, and how many survivors of it."""

    number: int
    clinic_id: UUID
    survivors: int


def invent(
    session: Session, *, whole: int, patterns: int, sites: int, seed: int, clock: Clock, password: str
) -> Invented:
    """Fill an empty database with a small demonstration and with patterns, and let the nightly check see them.

    ``whole``: how many have a whole chart. ``patterns``: how many are there to be copied. ``sites``: how many clinics.

    Raises:
        Conflict: the database holds a clinic, a survivor or an account already.
    """
    made = demo.seed_demo(session, survivors=whole, seed=seed, clock=clock, password=password)
    harbor = session.scalars(sa.select(Clinic).where(Clinic.name == HARBOR.name)).one()
    others = [
        clinics.create(session, replace(HARBOR, name=f"{HARBOR.name}, site {number}"), actor=ACTOR, clock=clock)
        for number in range(2, sites + 1)
    ]
    made_up = invent_patterns(session, harbor, patterns, seed=seed, clock=clock)
    record_copies(session, harbor.id, patterns, clock=clock)
    while boundaries.cross_batch(session, harbor, clock=clock).more:
        session.expire_all()
    return Invented(made, whole, (harbor.id, *(clinic.id for clinic in others)), tuple(made_up))


def rounds(invented: Invented, survivors: int) -> Iterator[Round]:
    """The rounds that bring the registry to so many survivors, the clinics taking turns."""
    size = len(invented.patterns)
    missing, number = survivors - invented.whole - size, 0
    while missing > 0:
        number += 1
        wanted = min(missing, size)
        yield Round(number, invented.clinic_ids[(number - 1) % len(invented.clinic_ids)], wanted)
        missing -= wanted


def copy(session: Session, copier: Copier, some: Sequence[Round], *, clock: Clock) -> None:
    """These rounds, and one audit row for each clinic that they add to."""
    added: Counter[UUID] = Counter()
    for each in some:
        copier.copy(each.number, each.clinic_id, survivors=each.survivors)
        added[each.clinic_id] += each.survivors
    for clinic_id, number in added.items():
        record_copies(session, clinic_id, number, clock=clock)


def totals(invented: Invented, survivors: int) -> SeededDemo:
    """What there is in the end; of each pattern's results every copy has as many."""
    made = invented.made
    in_rounds = sum(each.survivors for each in rounds(invented, survivors))
    full, rest = divmod(in_rounds, len(invented.patterns))
    of_patterns = [pattern.results for pattern in invented.patterns]
    results = made.results + sum(of_patterns) * (full + 1) + sum(of_patterns[:rest])
    return replace(made, survivors=made.survivors + len(of_patterns) + in_rounds, results=results)


def record_copies(session: Session, clinic_id: UUID, number: int, *, clock: Clock) -> None:
    """Tell the trail that so many survivors were added to a clinic."""
    clinic = session.get_one(Clinic, clinic_id)
    after = {"survivors": number, "invented": True}
    audit.record(session, ACTOR, "demo.copied", subject=clinic, clinic_id=clinic_id, at=clock.now(), after=after)


def book(session: Session, copier: Copier, invented: Invented, made: Sequence[Round], *, clock: Clock) -> int:
    """Book visits for some of the copies, evenly among the rounds, as long as there are free slots; how many."""
    booked = 0
    bookable = [pattern.survivor_id for pattern in invented.patterns if pattern.bookable]
    size = len(invented.patterns)
    full = [each for each in made if each.survivors == size]
    for clinic_id in invented.clinic_ids:
        clinic = session.get_one(Clinic, clinic_id)
        own = [each.number for each in full if each.clinic_id == clinic_id]
        slots = list(_free_slots(session, clinic, int(len(own) * size * BOOKED_SHARE), clock))
        # Each round takes its turn, and in each the next pattern.
        chosen = [(own[turn % len(own)], bookable[turn // len(own)]) for turn in range(len(slots))] if own else []
        ids = [copier.copy_of(survivor_id, number) for number, survivor_id in chosen]
        _write(session, clinic, list(zip(ids, slots, strict=False)), clock)
        booked += len(ids)
    return booked


def _free_slots(session: Session, clinic: Clinic, wanted: int, clock: Clock) -> Iterator[tuple[Any, int]]:
    last = session.scalar(sa.select(sa.func.max(Visit.planned_on)).where(Visit.clinic_id == clinic.id))
    today = clock.today(clinic.tz)
    day = clinic_day(max(today, last or today) + timedelta(days=1), clinic.weekday)
    for number in range(min(wanted, BOOKED_WEEKS * clinic.slots_per_day)):
        weeks, slot = divmod(number, clinic.slots_per_day)
        yield day + timedelta(weeks=weeks), slot


def _write(session: Session, clinic: Clinic, booked: list[tuple[UUID, tuple[Any, int]]], clock: Clock) -> None:
    if not booked:
        return
    common = {"clinic_id": clinic.id, "status": VisitStatus.PLANNED, "note": "", "created_at": clock.now()}
    rows = [
        {"id": uuid4(), "survivor_id": survivor_id, "planned_on": day, "slot": slot, **common}
        for survivor_id, (day, slot) in booked
    ]
    session.execute(sa.insert(Visit), rows)
    survivors = sa.table("survivors", sa.column("id", sa.Uuid), sa.column("booked_on", sa.Date))
    statement = sa.update(survivors).where(survivors.c.id == sa.bindparam("whose"))
    session.connection().execute(
        statement.values(booked_on=sa.bindparam("day")),
        [{"whose": row["survivor_id"], "day": row["planned_on"]} for row in rows],
    )
