"""Imported people: found again by the numbers other systems know them by, enrolled, or brought up to date."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.partial_dates import known_to
from tracker.errors import ImportRefused, Invalid
from tracker.models import AuditEvent, Clinic, Contact, ContactKind, Sex, Standing, Survivor, SurvivorIdentifier
from tracker.policy import Actor
from tracker.services import accounts, contacts, names, standing, survivors
from tracker.services.import_records import UUID_ID, PersonRecord
from tracker.services.likeness import FORMER_SYSTEM

DETAILS = ("family_name", "given_name", "preferred_name", "sex_at_birth", "language")
NO_DATE = "Imported as deceased without a date of death; the day of the import stands in its place"
PART_DATE = "Imported as deceased in {date}; the last day it can mean stands in its place"
DATED = "Imported as deceased"


@dataclass
class Known:
    """Who the registry has for a person, what the source says now and what it said last time.

    ``number`` counts the imports that changed something.
    """

    survivor: Survivor | None
    says: dict[str, object]
    said: dict[str, object] = field(default_factory=dict)
    number: int = 0


def find(session: Session, clinic: Clinic, person: PersonRecord, *, clock: Clock) -> Known:
    """The clinic's survivor whom these identifiers name, if there is one.

    Raises:
        ImportRefused: the identifiers name two people, or a resource id alone leads to someone else.
    """
    _check(person, clock.today(clinic.tz))
    named = holders(session, clinic, person.identifiers)
    if len(named) > 1:
        raise ImportRefused(f"{person.place}: its identifiers belong to {len(named)} different survivors here")
    survivor = next(iter(named.values()), None) or _by_resource_id(session, clinic, person)
    known = Known(survivor, _says(person))
    if survivor is not None:
        known.said, known.number = _said_last(session, survivor)
    return known


def holders(session: Session, clinic: Clinic, numbers: tuple[tuple[str, str], ...]) -> dict[object, Survivor]:
    """The clinic's survivors who are known by any of these numbers, by their ids."""
    if not numbers:
        return {}
    found = session.scalars(
        sa.select(Survivor)
        .join(SurvivorIdentifier, SurvivorIdentifier.survivor_id == Survivor.id)
        .where(
            SurvivorIdentifier.clinic_id == clinic.id,
            sa.or_(
                *(
                    sa.and_(SurvivorIdentifier.system == system, SurvivorIdentifier.value == value)
                    for system, value in numbers
                )
            ),
        )
    )
    return {survivor.id: survivor for survivor in found}


def _by_resource_id(session: Session, clinic: Clinic, person: PersonRecord) -> Survivor | None:
    """The survivor imported with this id before; an id such as "1" is unique at its own server only."""
    certain = tuple(each for each in person.resource_ids if _is_unique(each[1]))
    for survivor in holders(session, clinic, certain).values():
        return survivor
    found = list(holders(session, clinic, person.resource_ids).values())
    if not found or _numbered_apart(session, found[0], person):
        return None
    survivor = found[0]
    same_name = names.folded(survivor.family_name) == names.folded(person.family_name)
    if same_name or survivor.birth_date == person.birth_date:
        return survivor
    if person.identifiers:
        return None
    raise ImportRefused(
        f"{person.place}: another survivor here has this id, with another name and birth date. "
        "Give the patient an identifier of its own"
    )


def _is_unique(resource_id: str) -> bool:
    return UUID_ID.match(resource_id) is not None or resource_id.startswith(("http://", "https://"))


def _numbered_apart(session: Session, survivor: Survivor, person: PersonRecord) -> bool:
    """Does one system know the two by different numbers?"""
    held = session.execute(
        sa.select(SurvivorIdentifier.system, SurvivorIdentifier.value).where(
            SurvivorIdentifier.survivor_id == survivor.id
        )
    )
    theirs = {system for system, _ in person.identifiers}
    return any(system in theirs for system, _ in held)


def _check(person: PersonRecord, today: date) -> None:
    if person.birth_date > today:
        raise ImportRefused(f"{person.place}: the birth date is in the future")
    if person.birth_date < survivors.FIRST_BIRTH_DATE:
        raise ImportRefused(f"{person.place}: the birth date is before 1900")
    if person.deceased_on is None or person.deceased_first is None:
        return
    # Written in another zone, today's death may carry tomorrow's date.
    if person.deceased_first > today + timedelta(days=1):
        raise ImportRefused(f"{person.place}: the date of death is in the future")
    if person.deceased_on < person.birth_date:
        raise ImportRefused(f"{person.place}: the date of death is before the birth date")


def _says(person: PersonRecord) -> dict[str, object]:
    """What the source says, contacts as keyed hashes: the audit trail holds no telephone number."""
    return {
        **{key: getattr(person, key) for key in DETAILS},
        "birth_date": person.birth_date.isoformat(),
        "deceased": person.deceased,
        "phone": contacts.phone_key(person.phone) if person.phone else "",
        "email": contacts.email_key(person.email) if person.email else "",
    }


def _said_last(session: Session, survivor: Survivor) -> tuple[dict[str, object], int]:
    events = session.scalars(
        sa.select(AuditEvent.after).where(
            AuditEvent.survivor_id == survivor.id, AuditEvent.action == "survivor.imported"
        )
    )
    last = max((after for after in events if after), key=lambda after: int(after["number"]), default=None)
    return ({}, 0) if last is None else (dict(last["said"]), int(last["number"]))


def enrol(session: Session, clinic: Clinic, person: PersonRecord, notes: list[str], *, clock: Clock) -> Survivor:
    """Add a person; without cancer facts the plan's refresh leaves them awaiting the treatment summary."""
    today = clock.today(clinic.tz)
    survivor = Survivor(
        clinic=clinic,
        clinic_id=clinic.id,
        mrn=_record_number(session, clinic, person, notes),
        birth_date=person.birth_date,
        enrolled_on=today,
        created_at=clock.now(),
        standing=Standing.ACTIVE,
        version=1,
        **{key: getattr(person, key) for key in DETAILS if key != "language"},
        language=person.language or "en",
    )
    _rename(survivor)
    if person.deceased:
        survivor.deceased_on = _day_of_death(person, today)
        survivor.deceased_precision = _precision_of_death(person)
        survivor.standing_since, survivor.standing_reason = today, _words_of_death(person)
        if survivor.standing_reason != DATED:
            notes.append(f"{person.place}: {survivor.standing_reason}")
    session.add(survivor)
    session.flush()
    _add_numbers(session, survivor, person)
    _reach(session, survivor, person, clock=clock)
    return survivor


def _record_number(session: Session, clinic: Clinic, person: PersonRecord, notes: list[str]) -> str:
    wanted = [number for number in person.record_numbers if len(number) <= survivors.LENGTHS["mrn"]]
    taken = set(
        session.scalars(sa.select(Survivor.mrn).where(Survivor.clinic_id == clinic.id, Survivor.mrn.in_(wanted)))
    )
    # The number of a record that was merged into another still leads there: it is nobody else's.
    taken |= {value for system, value in _held(session, clinic, wanted) if system == FORMER_SYSTEM}
    free = [number for number in wanted if number not in taken]
    if not free:
        raise ImportRefused(f"{person.place}: another survivor of this clinic has its record number")
    if free[0] != wanted[0]:
        notes.append(
            f"{person.place}: another survivor has the record number {wanted[0]}, so {free[0]} stands in its place. "
            "Check whether they are the same person"
        )
    return free[0]


def _held(session: Session, clinic: Clinic, values: list[str]) -> list[tuple[str, str]]:
    """The numbers of other systems, of these values, that somebody of the clinic is known by."""
    query = sa.select(SurvivorIdentifier.system, SurvivorIdentifier.value).where(
        SurvivorIdentifier.clinic_id == clinic.id, SurvivorIdentifier.value.in_(values)
    )
    return [(system, value) for system, value in session.execute(query)]


def _rename(survivor: Survivor) -> None:
    words = {"given": survivor.given_name, "family": survivor.family_name, "preferred": survivor.preferred_name}
    survivor.search_name, survivor.sort_name = names.search_name(**words), names.sort_name(**words)


def _day_of_death(person: PersonRecord, today: date) -> date:
    return max(person.birth_date, min(person.deceased_on or today, today))


def _precision_of_death(person: PersonRecord) -> str:
    """A source may tell the year or the month alone; a death without any date is kept as of the day it was told."""
    if person.deceased_on is None:
        return "day"
    return {4: "year", 7: "month"}.get(len(person.deceased), "day")


def _words_of_death(person: PersonRecord) -> str:
    if person.deceased_on is None:
        return NO_DATE
    return DATED if len(person.deceased) >= len("2001-05-14") else PART_DATE.format(date=person.deceased)


def _add_numbers(session: Session, survivor: Survivor, person: PersonRecord) -> bool:
    """Remember the numbers that nobody here is known by yet."""
    wanted = {*person.identifiers, *person.resource_ids}
    held = session.execute(
        sa.select(SurvivorIdentifier.system, SurvivorIdentifier.value).where(
            SurvivorIdentifier.clinic_id == survivor.clinic_id,
            SurvivorIdentifier.value.in_([value for _, value in wanted]),
        )
    )
    new = sorted(wanted - {(system, value) for system, value in held})
    for system, value in new:
        session.add(
            SurvivorIdentifier(survivor_id=survivor.id, clinic_id=survivor.clinic_id, system=system, value=value)
        )
    session.flush()
    return bool(new)


def update(
    session: Session, survivor: Survivor, person: PersonRecord, known: Known, *, actor: Actor, clock: Clock
) -> list[str]:
    """Apply what the source says anew since its last import; what was corrected here meanwhile stays.

    Returns the names of what changed, for the audit trail.

    Raises:
        ImportRefused: a new birth or death date cannot be right for this survivor.
    """
    news = {key for key, value in known.says.items() if value and known.said.get(key) != value}
    changed = [key for key in DETAILS if key in news and _set(survivor, key, getattr(person, key))]
    if "birth_date" in news and survivor.deceased_on is not None and survivor.deceased_on < person.birth_date:
        raise ImportRefused(f"{person.place}: the birth date is after the death on record")
    was = survivor.birth_date
    if "birth_date" in news and _set(survivor, "birth_date", person.birth_date):
        changed.append("birth_date")
        accounts.move_majority(session, survivor, was=was, actor=actor, clock=clock)
    if changed:
        _rename(survivor)
    if _add_numbers(session, survivor, person):
        changed.append("identifiers")
    if news & {"phone", "email"} and _reach(session, survivor, person, clock=clock):
        changed.append("contact")
    if _death(session, survivor, person, known, actor=actor, clock=clock):
        changed.append("deceased")
    return changed


def _set(survivor: Survivor, key: str, value: object) -> bool:
    unknown = key == "sex_at_birth" and value == Sex.UNKNOWN
    if unknown or getattr(survivor, key) == value:
        return False
    setattr(survivor, key, value)
    return True


def _death(
    session: Session, survivor: Survivor, person: PersonRecord, known: Known, *, actor: Actor, clock: Clock
) -> bool:
    if known.said.get("deceased", "") == person.deceased:
        return False
    today = clock.today(survivor.clinic.tz)
    if not person.deceased:
        # The source takes back a death it told of; one recorded here by a person stays.
        return _back_to_life(survivor)
    if survivor.deceased_on is not None and person.deceased_on in (None, survivor.deceased_on):
        return False
    decision = standing.StandingInput(
        standing=standing.Decision.DECEASED,
        since=today,
        reason=_words_of_death(person),
        deceased_on=known_to(_day_of_death(person, today), _precision_of_death(person)),
    )
    try:
        standing.set_standing(session, survivor.id, decision, seen_version=None, actor=actor, clock=clock)
    except Invalid as error:
        raise ImportRefused(f"{person.place}: {error}") from error
    return True


def _back_to_life(survivor: Survivor) -> bool:
    if survivor.deceased_on is None or not survivor.standing_reason.startswith(DATED):
        return False
    survivor.deceased_on, survivor.standing_reason = None, "Imported as living, the death taken back"
    survivor.deceased_precision = "day"
    return True


def _reach(session: Session, survivor: Survivor, person: PersonRecord, *, clock: Clock) -> bool:
    """Keep how to reach the survivor; nobody has agreed to reminders by standing in a file."""
    if not person.phone and not person.email:
        return False
    rows = session.scalars(
        sa.select(Contact)
        .where(Contact.survivor_id == survivor.id, Contact.kind == ContactKind.SELF)
        .order_by(Contact.created_at, Contact.id)
    )
    contact = next(iter(rows), None)
    if contact is None:
        contact = Contact(survivor_id=survivor.id, kind=ContactKind.SELF, name="", created_at=clock.now())
        session.add(contact)
    before = (contact.phone_key, contact.email_key)
    if person.phone:
        contact.phone, contact.phone_key = person.phone, contacts.phone_key(person.phone)
    if person.email:
        contact.email, contact.email_key = person.email, contacts.email_key(person.email)
    session.flush()
    return before != (contact.phone_key, contact.email_key)
