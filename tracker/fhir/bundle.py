"""A bundle as people with their charts, every resource counted: stored, or skipped for a reason."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

from tracker.errors import ImportRefused
from tracker.fhir import condition, diagnostic_report, encounter, imaging_study, observation, patient, procedure
from tracker.fhir.codes import Codes
from tracker.fhir.reading import Entry, read_entries
from tracker.fhir.references import References
from tracker.fhir.values import BEFORE_BIRTH, FUTURE, NO_ID, NOT_HELD, TAKEN_BACK, Skipped
from tracker.services.import_records import ChartRecord, Code, FileContents, PersonFile, PersonRecord, Tally

Reader = Callable[..., ChartRecord]
READERS: dict[str, Reader] = {
    "Condition": condition.from_fhir,
    "Observation": observation.from_fhir,
    "Procedure": procedure.from_fhir,
    "DiagnosticReport": diagnostic_report.from_fhir,
    "ImagingStudy": imaging_study.from_fhir,
    "Encounter": encounter.from_fhir,
}
HELD = ("Patient", *READERS)
LONGEST_ID = 190


@dataclass
class _Chart:
    """One person's chart while it is being read."""

    person: PersonRecord
    entries: list[ChartRecord] = field(default_factory=list)
    withdrawn: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class _Reading:
    """What is needed to read the entries of one bundle, and what was counted."""

    references: References
    codes: Codes
    today: date
    charts: dict[int, _Chart] = field(default_factory=dict)
    tallies: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    unmapped: Counter[Code] = field(default_factory=Counter)


def read_bundle(content: bytes, codes: Codes, *, today: date) -> FileContents:
    """Everything a file holds that the tracker keeps, and a count of all else by type and reason.

    Pure: no database, no clock. ``today`` is the clinic's; what is dated later is skipped.

    Raises:
        ImportRefused: the file is broken, holds no patient, a patient that cannot be enrolled, or a reference
            that leads nowhere; the message is a sentence without the file's name.
    """
    entries = read_entries(content)
    reading = _Reading(References(entries), codes, today)
    patients = [entry for entry in entries if entry.type == "Patient"]
    if not patients:
        raise ImportRefused("holds no Patient, so there is nobody to enroll")
    for entry in entries:
        if entry.type in HELD:
            reading.references.check(entry)
    for entry in patients:
        person = patient.from_fhir(entry.resource, place=entry.place, full_url=entry.full_url)
        reading.charts[entry.number] = _Chart(person)
        reading.tallies["Patient"].stored += 1
    _refuse_shared_numbers([chart.person for chart in reading.charts.values()])
    for entry in entries:
        if entry.type != "Patient":
            _read(entry, reading)
    people = tuple(_person_file(chart) for chart in reading.charts.values())
    return FileContents(people, dict(sorted(reading.tallies.items())), reading.unmapped)


def _refuse_shared_numbers(people: list[PersonRecord]) -> None:
    holders: dict[tuple[str, str], PersonRecord] = {}
    for person in people:
        for number in person.identifiers:
            if holders.setdefault(number, person) is not person:
                raise ImportRefused(f"{holders[number].place} and {person.place} have the same identifier")


def _read(entry: Entry, reading: _Reading) -> None:
    tally = reading.tallies[entry.type]
    try:
        record = _record(entry, reading)
    except Skipped as skipped:
        tally.reasons[skipped.reason] += 1
        return
    tally.stored += 1
    if not record.mapped_to:
        reading.unmapped[(record.code_system, record.code, record.display)] += 1


def _record(entry: Entry, reading: _Reading) -> ChartRecord:
    if entry.type not in READERS:
        raise Skipped(NOT_HELD)
    chart = reading.charts[reading.references.patient_of(entry).number]
    external_id = _external_id(entry)
    try:
        record = READERS[entry.type](entry.resource, external_id=external_id, codes=reading.codes)
    except Skipped as skipped:
        if skipped.reason in TAKEN_BACK:
            chart.withdrawn.append((entry.type, external_id))
        raise
    record = _plausible(record, chart.person, reading.today)
    chart.entries.append(record)
    return record


def _external_id(entry: Entry) -> str:
    """The resource's id, with the server it comes from where that is told: ids are unique there only."""
    if not entry.id:
        raise Skipped(NO_ID)
    found = entry.full_url if entry.full_url.startswith(("http://", "https://")) else entry.id
    if len(found) > LONGEST_ID:
        raise ImportRefused(f"{entry.place}: its id has more than {LONGEST_ID} characters")
    return found


def _plausible(record: ChartRecord, person: PersonRecord, today: date) -> ChartRecord:
    day = record.occurred_on
    if day is None:
        return record
    if day > today:
        raise Skipped(FUTURE)
    if day < person.birth_date:
        raise Skipped(BEFORE_BIRTH)
    after_death = person.deceased_on is not None and day > person.deceased_on
    return replace(record, result=None) if after_death else record


def _person_file(chart: _Chart) -> PersonFile:
    entries = sorted(
        chart.entries, key=lambda each: (each.occurred_on or date.max, each.resource_type, each.external_id)
    )
    return PersonFile(chart.person, tuple(entries), tuple(sorted(chart.withdrawn)))
