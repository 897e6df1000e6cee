"""One FHIR file into the registry, in the caller's transaction: a bundle, a resource alone, or lines of an export."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.errors import ImportRefused
from tracker.fhir.bundle import read_lines, read_whole
from tracker.fhir.codes import Codes
from tracker.fhir.ndjson import read_lines as lines_of
from tracker.fhir.reading import LARGEST, Entry, read_entries
from tracker.fhir.validation import Validators
from tracker.intake.company import Company
from tracker.intake.sources import Shape, Source, shape_of
from tracker.models import Clinic
from tracker.policy import Actor
from tracker.services import imports
from tracker.services.import_report import Finding, Report

# Lines read and stored at a time: memory stays flat, whatever the length of the file.
LINES_AT_ONCE = 500
SHOWN = 50


@dataclass
class Desk:
    """What one FHIR file needs to come in. ``advance`` is told the bytes that are done."""

    session: Session
    clinic: Clinic
    codes: Codes
    company: Company
    validators: Validators
    actor: Actor
    clock: Clock
    advance: Callable[[int], None] = field(default=lambda _count: None)

    @property
    def today(self) -> date:
        """The clinic's own day."""
        return self.clock.today(self.clinic.tz)


def store(desk: Desk, source: Source) -> Report:
    """Everything a file holds, stored and planned for.

    Raises:
        ImportRefused: the file is broken or invalid; every finding is in ``findings``.
    """
    intake = imports.Intake(desk.clinic, Report(source.name, "fhir"))
    if shape_of(source) == Shape.NDJSON:
        digest = _store_lines(desk, source, intake)
    else:
        digest = _store_whole(desk, source, intake)
    imports.finish(desk.session, intake, digest=digest, actor=desk.actor, clock=desk.clock)
    return intake.report


def _store_whole(desk: Desk, source: Source, intake: imports.Intake) -> str:
    content = source.content(LARGEST)
    entries = read_entries(content)
    _check(desk, source.name, entries, whole=True)
    around = desk.company.around(desk.session, desk.clinic)
    contents = read_whole(entries, desk.codes, today=desk.today, around=around)
    imports.store_contents(desk.session, intake, contents, actor=desk.actor, clock=desk.clock)
    desk.company.add_people(intake.described)
    for entry in entries:
        desk.company.add_resource(entry)
    desk.advance(len(content))
    return hashlib.sha256(content).hexdigest()


def _store_lines(desk: Desk, source: Source, intake: imports.Intake) -> str:
    digest = hashlib.sha256()
    with source.open() as stream:
        for chunk, size in _chunks(_watched(stream, digest)):
            _check(desk, source.name, chunk, whole=False)
            for entry in chunk:
                desk.company.add_resource(entry)
            around = desk.company.around(desk.session, desk.clinic)
            contents = read_lines(chunk, desk.codes, today=desk.today, around=around)
            imports.store_contents(desk.session, intake, contents, actor=desk.actor, clock=desk.clock)
            desk.company.add_people(intake.described)
            intake.described.clear()
            desk.session.flush()
            desk.advance(size)
    return digest.hexdigest()


def _watched(stream: Iterator[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    for line in stream:
        digest.update(line)
        yield line


def _chunks(lines: Iterator[bytes]) -> Iterator[tuple[list[Entry], int]]:
    found = lines_of(lines)
    while chunk := list(islice(found, LINES_AT_ONCE)):
        yield [entry for entry, _ in chunk], sum(size for _, size in chunk)


def _check(desk: Desk, file: str, entries: list[Entry], *, whole: bool) -> None:
    """Refuse what is invalid, with every reason (the first fifty, where there are more)."""
    if whole:
        findings = desk.validators.check_bundle(entries, file=file)
    else:
        places = ((entry.place, entry.resource) for entry in entries)
        findings = [each for found in desk.validators.check_all(places, file=file) for each in found]
    if findings:
        raise ImportRefused(_refusal(findings), tuple(findings[:SHOWN]))


def _refusal(findings: list[Finding]) -> str:
    first = findings[0].sentence()
    if len(findings) == 1:
        return f"is not valid FHIR. {first}"
    return f"is not valid FHIR in {len(findings)} places. The first: {first}"
