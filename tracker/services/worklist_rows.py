"""The rows of a worklist: what stands beside each survivor, read for all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.models import Contact, ContactKind, Diagnosis, Survivor, Visit
from tracker.policy import Action, Actor, can
from tracker.services.accounts import majority
from tracker.services.due_lines import DueLine, due_lines
from tracker.services.states import State, state_of
from tracker.services.visits import OPEN
from tracker.services.worklist_rank import Place, Rank

# A survivor, the rank, and the date that gave it.
Listed = tuple[Survivor, int, date]


@dataclass(frozen=True)
class WorklistRow:
    """One survivor: why they stand where they stand, what is due, whom to call, and when they come next.

    ``due`` is what is due today; where nothing is, what comes next (see ``due_lines``).
    """

    survivor: Survivor
    state: State
    rank: Rank
    since: date
    due: list[DueLine]
    diagnosis: Diagnosis | None
    contact: Contact | None
    visit: Visit | None
    may_book: bool

    @property
    def place(self) -> Place:
        return Place(self.rank, self.since, self.survivor.id)


def build_rows(session: Session, found: Sequence[Listed], actor: Actor, today: date) -> list[WorklistRow]:
    """Rows for survivors with their rank and its date, in the order given: four queries, however many they are."""
    ids = [survivor.id for survivor, _, _ in found]
    due = due_lines(session, ids, today)
    diagnoses = main_diagnoses(session, ids)
    contacts = _contacts(session, ids)
    visits = _open_visits(session, ids)
    return [
        WorklistRow(
            survivor=survivor,
            state=state_of(survivor, today),
            rank=Rank(rank),
            since=since,
            due=due[survivor.id],
            diagnosis=diagnoses.get(survivor.id),
            contact=_whom_to_call(survivor, contacts.get(survivor.id, []), today),
            visit=visits.get(survivor.id),
            may_book=_may_book(actor, survivor, visits.get(survivor.id)),
        )
        for survivor, rank, since in found
    ]


def _may_book(actor: Actor, survivor: Survivor, visit: Visit | None) -> bool:
    return visit is None and survivor.deceased_on is None and can(actor, Action.BOOK_VISIT, survivor)


def main_diagnoses(session: Session, ids: list[UUID]) -> dict[UUID, Diagnosis]:
    """Each survivor's own (first) diagnosis."""
    query = sa.select(Diagnosis).where(Diagnosis.survivor_id.in_(ids)).order_by(Diagnosis.position.desc())
    return {diagnosis.survivor_id: diagnosis for diagnosis in session.scalars(query)}


def _contacts(session: Session, ids: list[UUID]) -> dict[UUID, list[Contact]]:
    query = (
        sa.select(Contact)
        .where(Contact.survivor_id.in_(ids), Contact.phone.is_not(None))
        .order_by(Contact.created_at, Contact.id)
    )
    found: dict[UUID, list[Contact]] = {}
    for contact in session.scalars(query):
        found.setdefault(contact.survivor_id, []).append(contact)
    return found


def _whom_to_call(survivor: Survivor, contacts: list[Contact], today: date) -> Contact | None:
    """An adult survivor first, or a child's family first; then whoever else can be reached."""
    adult = today >= majority(survivor.birth_date)
    return min(contacts, key=lambda contact: (contact.kind == ContactKind.SELF) != adult, default=None)


def _open_visits(session: Session, ids: list[UUID]) -> dict[UUID, Visit]:
    query = sa.select(Visit).where(Visit.survivor_id.in_(ids), Visit.status.in_(OPEN))
    return {visit.survivor_id: visit for visit in session.scalars(query.order_by(Visit.planned_on.desc()))}
