"""A file as people with their charts, every resource counted: stored, or skipped for a reason."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from tracker.errors import ImportRefused
from tracker.fhir import patient
from tracker.fhir.codes import Codes
from tracker.fhir.kept import pack_resource, with_conditions, without_narrative
from tracker.fhir.readers import FUTURE_ALLOWED, NEVER_MAPPED, READ_AGAIN, READERS
from tracker.fhir.reading import Entry, read_entries
from tracker.fhir.references import Around, Known, References, tail_of, without_version
from tracker.fhir.values import (
    BEFORE_BIRTH,
    FUTURE,
    NO_ID,
    NOT_HELD,
    TAKEN_BACK,
    Coding,
    Skipped,
    is_web_address,
    read_instant,
    words,
)
from tracker.services.import_records import (
    UUID_ID,
    ChartRecord,
    Code,
    EntryRecord,
    FileContents,
    PersonFile,
    PersonRecord,
    Registered,
    Tally,
    TumorRecord,
)

HELD = ("Patient", *READERS)
LONGEST_ID = 190
UNKNOWN_PATIENT = "about a patient who is not on record"
SELF = "#self"


@dataclass
class _Chart:
    """One person's chart while it is being read."""

    person: PersonRecord | Registered
    entries: list[ChartRecord] = field(default_factory=list)
    withdrawn: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class _Reading:
    """What is needed to read the entries of one file, and what was counted."""

    references: References
    codes: Codes
    today: date
    charts: dict[int | UUID, _Chart] = field(default_factory=dict)
    tallies: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    unmapped: Counter[Code] = field(default_factory=Counter)
    # Lines of a bulk export stand by themselves: one about somebody unknown is counted, and holds up no other.
    loose: bool = False


def read_bundle(content: bytes, codes: Codes, *, today: date, around: Around | None = None) -> FileContents:
    """Everything a file holds that the tracker keeps, and a count of all else by type and reason.

    Pure: no database, no clock. ``today`` is the clinic's; what is dated later is skipped. ``around`` says who is on
    record, so that a resource by itself, or a bundle without its patient, finds whom it is about.

    Raises:
        ImportRefused: the file is broken, holds no patient, a patient that cannot be enrolled, or a reference
            that leads nowhere; the message is a sentence without the file's name.
    """
    return read_whole(read_entries(content), codes, today=today, around=around)


def read_whole(entries: list[Entry], codes: Codes, *, today: date, around: Around | None = None) -> FileContents:
    """The entries of one bundle, or a resource alone; as ``read_bundle``."""
    reading = _Reading(References(entries, around), codes, today)
    patients = [entry for entry in entries if entry.type == "Patient"]
    if not patients and not (around is not None and _is_about_somebody(entries)):
        raise ImportRefused("holds no Patient, so there is nobody to enroll")
    for entry in entries:
        if entry.type in HELD:
            reading.references.check(entry)
    return _read_all(entries, reading)


def read_lines(entries: list[Entry], codes: Codes, *, today: date, around: Around) -> FileContents:
    """Some lines of a bulk export, each by itself: what refers to nobody on record is counted, not refused."""
    return _read_all(entries, _Reading(References(entries, around), codes, today, loose=True))


def _is_about_somebody(entries: list[Entry]) -> bool:
    return len(entries) == 1 or any(entry.type in HELD for entry in entries)


def _read_all(entries: list[Entry], reading: _Reading) -> FileContents:
    for entry in entries:
        if entry.type == "Patient":
            person = patient.from_fhir(entry.resource, place=entry.place, full_url=entry.full_url)
            reading.charts[entry.number] = _Chart(person)
            reading.tallies["Patient"].stored += 1
    _refuse_shared_numbers([chart.person for chart in reading.charts.values()])
    for entry in entries:
        if entry.type != "Patient":
            _read(entry, reading)
    people = tuple(_person_file(chart) for chart in reading.charts.values())
    return FileContents(people, dict(sorted(reading.tallies.items())), reading.unmapped)


def _refuse_shared_numbers(people: list[PersonRecord | Registered]) -> None:
    holders: dict[tuple[str, str], PersonRecord] = {}
    for person in (each for each in people if isinstance(each, PersonRecord)):
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
    if not record.mapped_to and entry.type not in NEVER_MAPPED:
        reading.unmapped[(record.code_system, record.code, record.display)] += 1


def _record(entry: Entry, reading: _Reading) -> ChartRecord:
    if entry.type not in READERS:
        raise Skipped(NOT_HELD)
    chart, base = _chart(entry, reading)
    external_id = external_id_of(entry, base)
    resource = reading.references.whole(entry)
    try:
        record = READERS[entry.type](resource, external_id=external_id, codes=reading.codes)
    except Skipped as skipped:
        if skipped.reason in TAKEN_BACK:
            chart.withdrawn.append((entry.type, external_id))
        raise
    record = _plausible(record, chart.person, reading.today)
    record = _of_tumors(record, entry, reading, base)
    record = replace(record, stated_at=read_instant(entry.resource.get("meta")))
    if means_nothing(record) and not reading.codes.is_dismissed(_coding(record)):
        named = with_conditions(resource, lambda reference: _condition_id(reference, entry, reading, base))
        record = replace(record, source=pack_resource(without_narrative(named)))
    chart.entries.append(record)
    return record


def _chart(entry: Entry, reading: _Reading) -> tuple[_Chart, str]:
    """Whose chart an entry belongs to, and the server it comes from, where only that of its patient is told."""
    try:
        found = reading.references.subject_of(entry)
    except ImportRefused:
        if reading.loose:
            raise Skipped(UNKNOWN_PATIENT) from None
        raise
    if isinstance(found, Known):
        own: _Chart = _Chart(found.person)
        return reading.charts.setdefault(found.person.survivor_id, own), found.base
    return reading.charts[found.number], ""


def external_id_of(entry: Entry, base: str = "") -> str:
    """The resource's id, with the server it comes from where that is told: most ids are unique there only.

    Raises:
        Skipped: the resource has no id. ImportRefused: it is too long to be kept.
    """
    if not entry.id:
        raise Skipped(NO_ID)
    if UUID_ID.fullmatch(entry.id):
        found = entry.id
    elif is_web_address(entry.full_url):
        found = entry.full_url
    else:
        found = f"{base}{entry.type}/{entry.id}" if base else entry.id
    if len(found) > LONGEST_ID:
        raise ImportRefused(f"{entry.place}: its id has more than {LONGEST_ID} characters")
    return found


def means_nothing(record: ChartRecord) -> bool:
    """Is it kept for its code alone, of a type that a mapping could give a meaning to?"""
    return record.resource_type in READ_AGAIN and bool(record.code) and not record.mapped_to


def _coding(record: ChartRecord) -> Coding:
    return Coding(record.code_system, record.code)


def _of_tumors(record: ChartRecord, entry: Entry, reading: _Reading, base: str) -> ChartRecord:
    """References to a Condition as the ids under which conditions are kept."""
    return _about_tumors(record, lambda reference: _condition_id(reference, entry, reading, base))


def _condition_id(reference: str, entry: Entry, reading: _Reading, base: str) -> str:
    held = reading.references.resolve(reference, entry) if reference else None
    if held is not None and held.id:
        return external_id_of(held, base)
    tail = tail_of(reference)
    if not tail or UUID_ID.fullmatch(tail):
        return tail
    if is_web_address(reference):
        return without_version(reference)
    # A relative reference is meant from where its own resource comes from, whether or not that condition is here too.
    server = entry.base if is_web_address(entry.base) else base
    return f"{server}Condition/{tail}" if server else tail


def _about_tumors(record: ChartRecord, id_of: Callable[[str], str]) -> ChartRecord:
    def found(reference: str) -> str:
        return record.external_id if reference == SELF else id_of(reference)

    entries = tuple(_about(each, found(each.diagnosis)) for each in record.entries)
    tumor = TumorRecord(values=record.tumor.values, diagnosis=found(record.tumor.diagnosis)) if record.tumor else None
    return replace(record, entries=entries, tumor=tumor)


def _about(each: EntryRecord, diagnosis: str) -> EntryRecord:
    return replace(each, diagnosis=diagnosis)


def _plausible(record: ChartRecord, person: PersonRecord | Registered, today: date) -> ChartRecord:
    day = record.occurred_on
    if day is None:
        return record
    if day > today and record.resource_type not in FUTURE_ALLOWED:
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


def read_again(
    resource: dict[str, object], *, external_id: str, codes: Codes, person: Registered, today: date
) -> ChartRecord:
    """One kept resource with the codes known by now; ``external_id`` as it was kept under.

    It names the conditions it is about by the ids they are kept under (``kept.with_conditions``).

    Raises:
        Skipped: it is of a type that is not read, or its reader skips it.
    """
    reader: Callable[..., ChartRecord] | None = READERS.get(words(resource.get("resourceType")))
    if reader is None:
        raise Skipped(NOT_HELD)
    record = _plausible(reader(resource, external_id=external_id, codes=codes), person, today)
    return replace(_about_tumors(record, lambda name: name), stated_at=read_instant(resource.get("meta")))
