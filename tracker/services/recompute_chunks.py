"""One chunk of a registry looked at: which plans stand, and what has to be written of the others.

Nothing is written here. A chunk is asked for in a few words, and the answer holds decisions only, so that this can
happen in another process, or on another machine that reaches the same database.
"""

import pickle
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from tracker.db import Database
from tracker.services import decision_rows, planning
from tracker.services.plan_failures import NamedError, named
from tracker.services.plan_seals import stored_content
from tracker.services.plan_terms import Asked, TermsByClinic
from tracker.services.planning import Decision
from tracker.services.raw_rows import Recorded, read_range


@dataclass(frozen=True, slots=True)
class Order:
    """The survivors with ids above ``after`` up to ``upto``, to be planned for by these terms.

    ``fresh``: evaluate everybody, whatever the seals say.
    """

    after: str
    upto: str
    terms: tuple[Asked, ...]
    fresh: bool = False


@dataclass(slots=True)
class Answer:
    """What was found. ``contents``: survivors' ids and the fingerprints of their plans as they will be stored, in the
    order of the ids. ``healed``: whose plans could not be worked out before."""

    order: Order
    contents: dict[str, bytes] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    failed: dict[str, NamedError] = field(default_factory=dict)
    healed: set[str] = field(default_factory=set)

    def take(self, recorded: Recorded, terms: TermsByClinic) -> None:
        """Decide about one survivor. One whose plan cannot be worked out steps aside, its plan as it was."""
        person = recorded.person
        try:
            self._take(recorded, terms)
        except SQLAlchemyError:
            # The database is gone: that is nobody's record.
            raise
        except Exception as error:  # whatever is wrong with one record must not hold up all the others
            self.contents[person.id] = stored_content(recorded)
            self.failed[person.id] = named(error)

    def _take(self, recorded: Recorded, terms: TermsByClinic) -> None:
        person = recorded.person
        by = terms.of(person.clinic_id)
        content = None if self.order.fresh else planning.stands(recorded, by)
        if content is None:
            decision = planning.decide(recorded, by)
            content = decision.summed.content
            if decision.is_needed:
                self.decisions.append(decision)
        self.contents[person.id] = content
        if person.has_failed:
            self.healed.add(person.id)


def look_at(rows: Iterable[Recorded], order: Order) -> Answer:
    """Decide about these survivors of a chunk."""
    found, terms = Answer(order), TermsByClinic(order.terms)
    for recorded in rows:
        found.take(recorded, terms)
    return found


def answer(connection: Connection, order: Order) -> Answer:
    """Look at a whole chunk over an open connection."""
    return look_at(read_range(connection, order.after, order.upto), order)


@dataclass(frozen=True, slots=True)
class Packed:
    """An answer that waits for the writer: as objects it would take several times the memory.

    ``survivors``: of how many it tells. ``is_needed``: whether anything of it has to be written.
    """

    content: bytes
    survivors: int
    is_needed: bool

    @classmethod
    def of(cls, found: Answer) -> "Packed":
        """Pack an answer."""
        is_needed = bool(found.decisions or found.failed or found.healed)
        told = found.order, found.contents, list(map(decision_rows.told, found.decisions)), found.failed, found.healed
        return cls(pickle.dumps(told, pickle.HIGHEST_PROTOCOL), len(found.contents), is_needed)

    def opened(self) -> Answer:
        """The answer, which came from a process of this very command."""
        order, contents, decisions, failed, healed = pickle.loads(self.content)  # noqa: S301
        return Answer(order, contents, list(map(decision_rows.read, decisions)), failed, healed)


def answer_elsewhere(url: str, order: Order) -> Packed:
    """Look at a chunk from a process that knows no more than the database's address."""
    with _database(url).reading() as session:
        return Packed.of(answer(session.connection(), order))


def get_ready() -> None:
    """Nothing: once a process has come so far, it has read all this."""


@lru_cache(maxsize=1)
def _database(url: str) -> Database:
    return Database(url)
