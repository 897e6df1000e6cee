"""People who may be one: found by what they share, put on a list, and decided by a person. Nothing is merged here."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.models import Contact, DuplicatePair, PairState, Survivor, SurvivorIdentifier
from tracker.services.likeness import OWN_SYSTEM, Likeness, Person, alike, may_be_one, near_dates, number_key
from tracker.services.record_trail import merged_into
from tracker.services.writing import insert_new

# So many people are compared with everybody in one round of statements; each has some forty dates to look up.
AT_ONCE = 500
IDS_AT_ONCE = 5_000
Ids = tuple[UUID, UUID]
COLUMNS = (
    Survivor.id,
    Survivor.clinic_id,
    Survivor.mrn,
    Survivor.family_name,
    Survivor.given_name,
    Survivor.preferred_name,
    Survivor.birth_date,
    Survivor.sex_at_birth,
)


@dataclass
class _Numbers:
    """What is known of a batch beside names and birth dates, by survivor."""

    numbers: dict[UUID, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    phones: dict[UUID, set[str]] = field(default_factory=lambda: defaultdict(set))
    emails: dict[UUID, set[str]] = field(default_factory=lambda: defaultdict(set))

    def complete(self, survivor_id: UUID, person: Person) -> Person:
        return replace(
            person,
            numbers=person.numbers | self.numbers[survivor_id],
            phones=frozenset(self.phones[survivor_id]),
            emails=frozenset(self.emails[survivor_id]),
        )


def look_for(session: Session, survivor_ids: Iterable[UUID], *, clock: Clock) -> int:
    """Compare these survivors with everybody of their clinic, and bring the list up to date; how many pairs are new.

    Call it in the transaction of whatever changed who they are. The number of statements does not grow with the
    registry. A pair that somebody has decided is left alone; an open one that is alike no longer is taken off.
    """
    session.flush()
    wanted = list(dict.fromkeys(survivor_ids))
    return sum(_look_for(session, wanted[start : start + AT_ONCE], clock) for start in range(0, len(wanted), AT_ONCE))


def _look_for(session: Session, ids: list[UUID], clock: Clock) -> int:
    by_clinic: dict[UUID, dict[UUID, Person]] = defaultdict(dict)
    for clinic_id, survivor_id, person in _people(session, Survivor.id.in_(ids)):
        by_clinic[clinic_id][survivor_id] = person
    known = _pairs_of(session, ids)
    found: dict[Ids, Likeness] = {}
    clinics: dict[Ids, UUID] = {}
    for clinic_id, people in by_clinic.items():
        for pair, likeness in _alike_in(session, clinic_id, people):
            found[pair], clinics[pair] = likeness, clinic_id
    for pair in _apart_already(session, found):
        del found[pair]
    _take_off(session, known, found)
    new = found.keys() - known.keys()
    return insert_new(session, DuplicatePair, [_row(pair, clinics[pair], found[pair], clock) for pair in sorted(new)])


def _people(session: Session, *where: sa.ColumnElement[bool]) -> Iterator[tuple[UUID, UUID, Person]]:
    query = sa.select(*COLUMNS).where(Survivor.withdrawn_at.is_(None), *where)
    for row in session.execute(query):
        yield (
            row.clinic_id,
            row.id,
            Person(
                family_name=row.family_name,
                given_name=row.given_name,
                preferred_name=row.preferred_name,
                birth_date=row.birth_date,
                sex=row.sex_at_birth,
                numbers=frozenset({(OWN_SYSTEM, row.mrn)}),
            ),
        )


def _alike_in(session: Session, clinic_id: UUID, people: dict[UUID, Person]) -> Iterator[tuple[Ids, Likeness]]:
    """The pairs of these people with anybody of the clinic that are alike enough, each once."""
    own = _beside(session, people)
    whole = {survivor_id: own.complete(survivor_id, person) for survivor_id, person in people.items()}
    born, others = _born_alike(session, clinic_id, people)
    shared = _who_share(session, clinic_id, whole, own)
    missing = {other for _, other in shared} - others.keys()
    others |= {survivor_id: person for _, survivor_id, person in _by_ids(session, missing)}
    likely = shared | {pair for pair in born if may_be_one(people[pair[0]], others[pair[1]])}
    beside = _beside(session, {other for _, other in likely})
    seen = set[Ids]()
    for one, other in likely:
        pair = _pair(one, other)
        if other in others and pair not in seen:
            seen.add(pair)
            likeness = alike(*_in_order(pair, {one: whole[one], other: beside.complete(other, others[other])}))
            if likeness.is_proposed:
                yield pair, likeness


def _pair(one: UUID, other: UUID) -> Ids:
    return (one, other) if one < other else (other, one)


def _in_order(pair: Ids, people: dict[UUID, Person]) -> tuple[Person, Person]:
    return people[pair[0]], people[pair[1]]


def _by_ids(session: Session, ids: Iterable[UUID]) -> Iterator[tuple[UUID, UUID, Person]]:
    for chunk in _chunks(list(ids)):
        yield from _people(session, Survivor.id.in_(chunk))


def _chunks(ids: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (ids[start : start + IDS_AT_ONCE] for start in range(0, len(ids), IDS_AT_ONCE))


def _born_alike(session: Session, clinic_id: UUID, people: dict[UUID, Person]) -> tuple[set[Ids], dict[UUID, Person]]:
    """Pairs whose birth dates may be one mistyped.

    Nobody born on a day that is no slip of the other's reaches the list by names alone: they share a number or a way
    to be reached, and are found by that.
    """
    by_day: dict[date, list[UUID]] = defaultdict(list)
    for survivor_id, person in people.items():
        for day in near_dates(person.birth_date):
            by_day[day].append(survivor_id)
    pairs, others = set[Ids](), dict[UUID, Person]()
    for days in _chunks(list(by_day)):
        for _, other, person in _people(session, Survivor.clinic_id == clinic_id, Survivor.birth_date.in_(days)):
            others[other] = person
            # Of two who are both looked at, each would find the other: the likeness of names has no direction.
            near = (one for one in by_day[person.birth_date] if one != other)
            pairs |= {(one, other) for one in near if other not in people or one < other}
    return pairs, others


def _beside(session: Session, ids: Iterable[UUID]) -> _Numbers:
    """Numbers of other systems, and how these survivors are reached."""
    found = _Numbers()
    for chunk in _chunks(list(ids)):
        held = sa.select(SurvivorIdentifier.survivor_id, SurvivorIdentifier.system, SurvivorIdentifier.value)
        for survivor_id, system, value in session.execute(held.where(SurvivorIdentifier.survivor_id.in_(chunk))):
            found.numbers[survivor_id].add((system, value))
        reached = sa.select(Contact.survivor_id, Contact.phone_key, Contact.email_key)
        for survivor_id, phone, email in session.execute(reached.where(Contact.survivor_id.in_(chunk))):
            if phone:
                found.phones[survivor_id].add(phone)
            if email:
                found.emails[survivor_id].add(email)
    return found


def _who_share(session: Session, clinic_id: UUID, whole: dict[UUID, Person], own: _Numbers) -> set[Ids]:
    """Pairs with a number, a telephone number or an email address in common."""
    by_number, by_key = defaultdict[str, set[UUID]](set), defaultdict[str, set[UUID]](set)
    written = set[str]()
    for survivor_id, person in whole.items():
        for _, value in person.numbers:
            by_number[number_key(value)].add(survivor_id)
            written |= {value, value.upper(), value.lower(), number_key(value), number_key(value).lower()}
        for key in own.phones[survivor_id] | own.emails[survivor_id]:
            by_key[key].add(survivor_id)
    by_number.pop("", None)
    found = set[Ids]()
    for other, key in _holding(session, clinic_id, sorted(written), sorted(by_key)):
        found |= {(one, other) for one in by_number.get(key, set()) | by_key.get(key, set()) if one != other}
    return found


def _holding(session: Session, clinic_id: UUID, written: list[str], keys: list[str]) -> Iterator[tuple[UUID, str]]:
    """Who of the clinic has one of these numbers, or is reached in one of these ways.

    Numbers are looked up as they may have been written, which an index answers; working each out would not.
    """
    of_clinic = (Survivor.clinic_id == clinic_id, Survivor.withdrawn_at.is_(None))
    for chunk in _chunks(written):
        own = sa.select(Survivor.id, Survivor.mrn).where(*of_clinic, Survivor.mrn.in_(chunk))
        held = sa.select(SurvivorIdentifier.survivor_id, SurvivorIdentifier.value).where(
            SurvivorIdentifier.clinic_id == clinic_id, SurvivorIdentifier.value.in_(chunk)
        )
        for query in (own, held):
            yield from ((found, number_key(value)) for found, value in session.execute(query))
    for chunk in _chunks(keys):
        for column in (Contact.phone_key, Contact.email_key):
            reached = sa.select(Survivor.id, column).join(Contact, Contact.survivor_id == Survivor.id)
            yield from (
                (found, str(key)) for found, key in session.execute(reached.where(*of_clinic, column.in_(chunk)))
            )


def _pairs_of(session: Session, ids: list[UUID]) -> dict[Ids, DuplicatePair]:
    query = sa.select(DuplicatePair).where(sa.or_(DuplicatePair.first_id.in_(ids), DuplicatePair.second_id.in_(ids)))
    return {(row.first_id, row.second_id): row for row in session.scalars(query)}


def _take_off(session: Session, known: dict[Ids, DuplicatePair], found: dict[Ids, Likeness]) -> None:
    """Refresh the open pairs, and take off those that are alike no longer."""
    for pair, row in known.items():
        if row.state != PairState.OPEN:
            continue
        likeness = found.get(pair)
        if likeness is None:
            session.delete(row)
        elif (row.score, row.reasons) != (likeness.score, _reasons(likeness)):
            row.score, row.reasons = likeness.score, _reasons(likeness)
    session.flush()


def _apart_already(session: Session, pairs: Iterable[Ids]) -> set[Ids]:
    """Pairs of which a part was said to be two people before it was merged: that stays said."""
    wanted = list(pairs)
    parts = merged_into(session, {survivor_id for pair in wanted for survivor_id in pair})
    if all(len(each) == 1 for each in parts.values()):
        return set()
    everybody = set().union(*parts.values())
    query = sa.select(DuplicatePair.first_id, DuplicatePair.second_id).where(
        DuplicatePair.state == PairState.APART,
        sa.or_(DuplicatePair.first_id.in_(everybody), DuplicatePair.second_id.in_(everybody)),
    )
    apart = {(first, second) for first, second in session.execute(query)}
    return {
        (one, other) for one, other in wanted if any(_pair(a, b) in apart for a in parts[one] for b in parts[other])
    }


def _row(pair: Ids, clinic_id: UUID, likeness: Likeness, clock: Clock) -> dict[str, Any]:
    return {
        "clinic_id": clinic_id,
        "first_id": pair[0],
        "second_id": pair[1],
        "score": likeness.score,
        "reasons": _reasons(likeness),
        "state": PairState.OPEN,
        "found_at": clock.now(),
        "decided_by": "",
        "reason": "",
    }


def _reasons(likeness: Likeness) -> list[list[str]]:
    return [list(reason) for reason in likeness.reasons]


def everyone_at(session: Session, clinic_id: UUID) -> list[UUID]:
    """Everybody whom a clinic has on record, to be looked through in portions; the caller has authorised."""
    query = sa.select(Survivor.id).where(Survivor.clinic_id == clinic_id, Survivor.withdrawn_at.is_(None))
    return list(session.scalars(query.order_by(Survivor.birth_date, Survivor.id)))
