"""Whether incoming FHIR R4 is sound, asked of two independent validators and of our own checks.

Each sees what the others miss: ``fhir.resources`` takes any status, npm's ``fhir`` any month, and both an empty list.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Self

from tracker.fhir.reading import Entry
from tracker.fhir.validation import node_validator, own, python_validator
from tracker.fhir.validation.node_validator import NodeValidator
from tracker.fhir.validation.python_validator import CannotJudge
from tracker.fhir.validation.spots import JUDGED, Part, Wrong, parts_of
from tracker.fhir.values import Json
from tracker.services.import_report import Finding

__all__ = ["ALL", "JUDGED", "OWN", "Validators"]

OWN, PYTHON, NODE = "own", "python", "node"
ALL = (OWN, PYTHON, NODE)
AHEAD = 32
MOST = 20


@dataclass(frozen=True)
class _Looked:
    """A resource that is being looked at: what was found so far, and the ticket of what is still to come."""

    place: str
    file: str
    found: list[Finding]
    ticket: int | None
    unjudged_by: list[str] = field(default_factory=list)


class Validators:
    """All checks of one import, over as many files as it has. Use as a context, or ``close`` it.

    Findings are reasons to refuse. What somebody should only know, such as a validator that is not installed, is
    gathered in ``notes``. Not for use by several threads at once.
    """

    def __init__(self, which: Collection[str] = ALL, *, node: NodeValidator | None = None) -> None:
        self._which = frozenset(which)
        self._node = node or NodeValidator()
        self._notes: list[Finding] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the Node process."""
        self._node.close()

    @property
    def notes(self) -> list[Finding]:
        """What was not checked, and why. Each note stands there once for the whole import."""
        whole = [Finding(file="", path="", reason=each, found_by=node_validator.NAME) for each in self._node.notes]
        return [*whole, *self._notes]

    def check(self, resource: Json, place: str, *, file: str = "") -> list[Finding]:
        """Everything wrong with one resource; ``place`` says where in ``file`` it stands."""
        return next(self.check_all([(place, resource)], file=file))

    def check_all(self, resources: Iterable[tuple[str, Json]], *, file: str = "") -> Iterator[list[Finding]]:
        """The findings about each resource (of place and resource) in turn; only a few are held at a time."""
        return self._in_turn((self._look(place, each, file, None) for place, each in resources))

    def check_bundle(self, entries: Iterable[Entry], *, file: str = "") -> list[Finding]:
        """Everything wrong with a bundle: its resources, and references and addresses between them."""
        entries = list(entries)
        found: list[Finding] = []
        if OWN in self._which:
            for entry, wrong in own.repeated_addresses(entries):
                found.append(_finding(file, entry.place, wrong))
        addresses = frozenset(entry.full_url for entry in entries)
        looked = (self._look(entry.place, entry.resource, file, addresses.__contains__) for entry in entries)
        for each in self._in_turn(looked):
            found.extend(each)
        return found

    def _in_turn(self, looked: Iterator[_Looked]) -> Iterator[list[Finding]]:
        waiting: deque[_Looked] = deque()
        try:
            for each in looked:
                waiting.append(each)
                if len(waiting) > AHEAD:
                    yield self._heard(waiting.popleft())
            while waiting:
                yield self._heard(waiting.popleft())
        finally:
            for each in waiting:
                self._node.forget(each.ticket or 0)

    def _look(self, place: str, resource: Json, file: str, leads: own.Leads | None) -> _Looked:
        parts = parts_of(resource)
        # Node is asked first, so that it works while Python does.
        ticket = self._node.begin(parts) if NODE in self._which else None
        looked = _Looked(place, file, [], ticket)
        if OWN in self._which:
            looked.found.extend(_finding(file, place, wrong) for wrong in own.check(resource, leads))
        if PYTHON in self._which:
            self._ask_python(looked, parts)
        return looked

    def _ask_python(self, looked: _Looked, parts: list[Part]) -> None:
        name = python_validator.NAME
        for part in parts:
            try:
                wrongs = python_validator.check(part)
            except CannotJudge:
                looked.unjudged_by.append(name)
            else:
                looked.found.extend(_finding(looked.file, looked.place, wrong, name) for wrong in wrongs)

    def _heard(self, looked: _Looked) -> list[Finding]:
        name = node_validator.NAME
        try:
            wrongs = self._node.finish(looked.ticket) if looked.ticket else []
        except CannotJudge:
            looked.unjudged_by.append(name)
        else:
            looked.found.extend(_finding(looked.file, looked.place, wrong, name) for wrong in wrongs)
        if not looked.found:
            self._note_unjudged(looked)
        return _cut(looked.found)

    def _note_unjudged(self, looked: _Looked) -> None:
        for name in dict.fromkeys(looked.unjudged_by):
            reason = "could not be judged by this validator; the other checks found nothing wrong"
            self._notes.append(Finding(file=looked.file, path=looked.place, reason=reason, found_by=name))


def _finding(file: str, place: str, wrong: Wrong, found_by: str = "") -> Finding:
    path = ": ".join(filter(None, (place, wrong.path)))
    return Finding(file=file, path=path, reason=wrong.reason, found_by=found_by)


def _cut(found: list[Finding]) -> list[Finding]:
    """At most so many of one resource; a broken program repeats itself."""
    if len(found) <= MOST:
        return found
    rest = f"There are {len(found) - MOST + 1} more findings about this resource; mend these first"
    return [*found[: MOST - 1], Finding(file=found[0].file, path=found[0].path.partition(": ")[0], reason=rest)]
