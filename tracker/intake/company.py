"""What comes in together: people whom files describe, and resources that other files refer to."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from tracker.errors import ImportRefused
from tracker.fhir.patient import ADDRESS, RESOURCE_ID
from tracker.fhir.reading import Entry
from tracker.fhir.references import SHELVED, Around, Known, tail_of
from tracker.fhir.values import Json, is_web_address, words
from tracker.models import Clinic, Survivor
from tracker.services import imports
from tracker.services.import_records import UUID_ID, Registered
from tracker.services.names import folded

# What an import keeps in memory of the resources that others refer to; the set of medicines of a hospital fits.
MOST_SHELVED = 50_000


@dataclass
class Company:
    """The files of one import, as far as one needs another.

    An id like "1" is unique at its own server only, so it names somebody only among files that came together; a UUID
    or an address names the same person always.
    """

    people: dict[str, dict[UUID, Known]] = field(default_factory=dict)
    shelf: dict[str, Json] = field(default_factory=dict)

    def add_people(self, described: dict[tuple[str, str], Registered]) -> None:
        """Remember whom a file described, by the ids they have in it."""
        bases = {
            person.survivor_id: address.removesuffix(f"Patient/{tail_of(address)}")
            for (system, address), person in described.items()
            if system == ADDRESS
        }
        for (system, value), person in described.items():
            if system == RESOURCE_ID:
                known = Known(person, bases.get(person.survivor_id, ""))
                held = self.people.setdefault(value, {})
                # The server it came from, once told, is told for every resource of this person.
                if person.survivor_id not in held or known.base:
                    held[person.survivor_id] = known

    def add_resource(self, entry: Entry) -> None:
        """Remember a resource that others may refer to."""
        if entry.type in SHELVED and entry.id and len(self.shelf) < MOST_SHELVED:
            self.shelf.setdefault(f"{entry.type}/{entry.id}", entry.resource)

    def around(self, session: Session, clinic: Clinic) -> Around:
        """What lies around a file of this import, at this clinic."""

        def who(reference: str, display: str) -> Known | None:
            known = self._who(session, clinic, reference)
            if known is not None and display:
                _check_name(session, known, reference, display)
            return known

        return Around(people=who, shelf=self.shelf)

    def _who(self, session: Session, clinic: Clinic, reference: str) -> Known | None:
        tail = tail_of(reference)
        together = self.people.get(tail, {})
        if len(together) == 1:
            return next(iter(together.values()))
        numbers = []
        if is_web_address(reference):
            numbers.append((ADDRESS, reference))
        if UUID_ID.fullmatch(tail):
            numbers.append((RESOURCE_ID, tail))
        found = imports.registered(session, clinic, tuple(numbers)) if numbers else None
        return None if found is None else Known(found)


def _check_name(session: Session, known: Known, reference: str, display: str) -> None:
    """A reference that calls the person by another name altogether is not believed.

    Raises:
        ImportRefused: no part of the two names is the same.
    """
    survivor = session.get_one(Survivor, known.person.survivor_id)
    told, stands = set(folded(display).split()), set(survivor.search_name.split())
    if told and stands and not told & stands:
        raise ImportRefused(
            f"{reference[:120]} is called {display[:80]!r} there, but is on record by another name. "
            "Check whose record it is"
        )


def named_type(beginning: bytes) -> str:
    """The type of the first resource in a file, by its first bytes; empty where they do not say."""
    mark = beginning.find(b'"resourceType"')
    told = beginning[mark + len(b'"resourceType"') :].split(b'"') if mark >= 0 else []
    return words(told[1].decode("utf-8", "replace")) if len(told) > 1 else ""
