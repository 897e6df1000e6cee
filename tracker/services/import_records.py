"""What an import hands over: one file's people and their charts, already read and checked, without a database."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

Code = tuple[str, str, str]  # system, code, display
# An id of this form is the same resource wherever it comes from; any other is unique at its own server only.
UUID_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class ResultRecord:
    """The outcome of a test of the guideline pack. ``value`` is in ``unit``, the test's own; else in ``report``."""

    test_code: str
    performed_on: date
    status: str
    value: Decimal | None = None
    unit: str | None = None
    reference_range: str = ""
    outcome: str | None = None
    report: str = ""


@dataclass(frozen=True, kw_only=True)
class DiagnosisRecord:
    """A cancer, by the pack's name for it or, where the pack has none, its own."""

    name: str
    diagnosed_on: date | None = None
    icdo3_morphology: str = ""


@dataclass(frozen=True, kw_only=True)
class EntryRecord:
    """An entry of one part of the record ("drugs", "immunizations" …), as ``EntryInput.values`` takes it.

    ``values`` never hold ``diagnosis_id``: ``diagnosis`` is the reference to the Condition it is about, as written.
    ``part`` tells several entries of one resource apart, and stays the same from one import to the next.
    """

    section: str
    values: Mapping[str, object]
    part: str = ""
    diagnosis: str = ""


@dataclass(frozen=True, kw_only=True)
class TumorRecord:
    """What a resource says of a tumor: values by the names of the columns of a diagnosis ("stage", "size_mm",
    "icdo3_topography", "grade" …). ``diagnosis``: the reference to the Condition, as written; empty: the only one."""

    values: Mapping[str, object]
    diagnosis: str = ""


@dataclass(frozen=True, kw_only=True)
class ContactRecord:
    """Someone to reach about a survivor; ``kind`` as in ``ContactKind``. No agreement to reminders follows from it."""

    kind: str
    name: str
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, kw_only=True)
class ChartRecord:
    """One coded entry of a chart, and what it means to the tracker, if anything.

    ``entries``, ``tumor`` and ``contact`` are what it adds to the record. ``on_treatment`` says in words that cancer
    treatment goes on ("Cancer medicine under way: vincristine"); empty says nothing. ``stated_at``: when its source
    last changed it; an older version never replaces a newer one. ``source``: the whole resource, kept where its code
    means nothing here yet, so that a later mapping can read it again.
    """

    resource_type: str
    external_id: str
    code_system: str = ""
    code: str = ""
    display: str = ""
    status: str = ""
    occurred_on: date | None = None
    value_text: str = ""
    unit: str = ""
    mapped_to: str = ""
    result: ResultRecord | None = None
    diagnosis: DiagnosisRecord | None = None
    entries: tuple[EntryRecord, ...] = ()
    tumor: TumorRecord | None = None
    contact: ContactRecord | None = None
    on_treatment: str = ""
    stated_at: datetime | None = None
    source: bytes | None = None


@dataclass(frozen=True)
class Registered:
    """A survivor who is on record already, found by the reference that a loose resource names."""

    survivor_id: UUID
    birth_date: date
    deceased_on: date | None


@dataclass(frozen=True, kw_only=True)
class PersonRecord:
    """A person as the file describes them.

    ``deceased`` is what the file says: empty, ``yes`` (no date), or the date as written, which means a day from
    ``deceased_first`` to ``deceased_on`` (the same day, where the date is whole). ``record_numbers`` are tried in
    order for the clinic's record number. A person is found again by ``identifiers``; by ``resource_ids`` too, but
    these are only unique where they came from. ``language``, ``phone`` and ``email`` are empty where nothing is said.
    """

    place: str
    family_name: str
    given_name: str
    preferred_name: str
    birth_date: date
    sex_at_birth: str
    language: str
    deceased: str
    deceased_first: date | None
    deceased_on: date | None
    record_numbers: tuple[str, ...]
    identifiers: tuple[tuple[str, str], ...]
    resource_ids: tuple[tuple[str, str], ...]
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class PersonFile:
    """One person's part of a file: of somebody it describes, or of somebody who is on record already.
    ``withdrawn``: (type, id) of entries their source has taken back."""

    person: PersonRecord | Registered
    entries: tuple[ChartRecord, ...] = ()
    withdrawn: tuple[tuple[str, str], ...] = ()

    @property
    def described(self) -> PersonRecord:
        """The person as this file describes them; asked only of a file that does."""
        if isinstance(self.person, Registered):
            raise TypeError("This file does not describe the person")
        return self.person


@dataclass
class Tally:
    """How many resources of one type are held, and why the others are not."""

    stored: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def skipped(self) -> int:
        return self.reasons.total()


@dataclass(frozen=True)
class FileContents:
    """Everything one file holds. Of each type, stored and skipped add up to what is in the file."""

    people: tuple[PersonFile, ...]
    tallies: Mapping[str, Tally]
    unmapped: Counter[Code]
