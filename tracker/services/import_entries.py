"""Entries of the record that an imported resource tells of: made, corrected and taken back, each remembered with its
source. What a person has changed here is never touched again."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.models import ImportedEntry, Survivor
from tracker.policy import Actor
from tracker.services import audit, given, import_contacts, import_treatment
from tracker.services.import_desk import ABOUT, OF_CONTACTS, OF_TREATMENT, OF_TUMORS, Desk, Key, Told, open_desk
from tracker.services.import_records import ChartRecord, EntryRecord
from tracker.services.import_told import plain, plain_values
from tracker.services.packs import pack_for
from tracker.services.sections import registry
from tracker.services.sections.checks import Surroundings, check_entry
from tracker.services.sections.coding import as_coded
from tracker.services.sections.editing import surroundings_of
from tracker.services.sections.entries import EntryInput, delete_entry, entries_of, values_of, write_entry
from tracker.services.sections.spec import Section

DIAGNOSIS, MADE = "diagnosis_id", "made"
# Told twice by two resources on one day, it happened once. Not so a medicine: it may be given twice in a day.
ONCE = frozenset({"radiation", "surgeries", "transplants", "radionuclides", "immunizations", "allergies"})


def store_entries(
    session: Session,
    survivor: Survivor,
    records: Iterable[ChartRecord],
    withdrawn: Iterable[tuple[str, str]],
    *,
    actor: Actor,
    clock: Clock,
) -> Told:
    """Bring the record in line with what these resources tell now.

    An entry that cannot be kept as told (a date before birth, a word no list has) is not kept, with a note that says
    why. An entry that somebody entered by hand already is not entered again. Exposures follow; the caller plans.
    """
    desk = open_desk(session, survivor, actor=actor, clock=clock)
    for record in records:
        _take_back(desk, record.resource_type, record.external_id, keep=set(_keys(record)))
        for entry in record.entries:
            _store(desk, record, entry)
        _tell_of_tumor(desk, record)
        import_contacts.store_contact(desk, record)
        import_treatment.note_treatment(desk, record)
    for kind, external_id in withdrawn:
        _take_back(desk, kind, external_id, keep=set())
    _name_tumors(desk)
    desk.told.changed += desk.tumors.settle(desk.owned.values()) if desk.owned else 0
    import_treatment.settle(desk)
    if desk.derives:
        session.flush()
        given.derive_exposures(session, survivor, pack_for(survivor.clinic), given.catalogue_for(survivor))
    return desk.told


def _keys(record: ChartRecord) -> Iterator[Key]:
    source = (record.resource_type, record.external_id)
    yield from ((*source, each.section, each.part) for each in record.entries)
    if record.tumor is not None:
        yield (*source, OF_TUMORS, "")
    if record.contact is not None:
        yield (*source, OF_CONTACTS, "")
    if record.on_treatment:
        yield (*source, OF_TREATMENT, "")


def _store(desk: Desk, record: ChartRecord, entry: EntryRecord) -> None:
    section = registry.section(entry.section)
    key: Key = (record.resource_type, record.external_id, entry.section, entry.part)
    entered = as_coded(section, EntryInput(dict(entry.values)), desk.surroundings.catalogue)
    told = plain_values(entered.values) | {ABOUT: entry.diagnosis}
    known = desk.owned.get(key)
    if known is not None and _said(known) == told and not known.diagnosis_ref:
        return
    values, waits_for = _with_diagnosis(desk, section, entered.values, entry.diagnosis)
    if known is not None and _said(known) == told and waits_for:
        return
    wanted = EntryInput(values, id=None if known is None else known.row_id)
    if not _can_be_kept(desk, section, record, wanted):
        if known is None or known.row_id is None:
            desk.remember(key, told, None)
        return
    row_id = _write(desk, section, record, wanted, known)
    made = _made(desk, section, row_id, known)
    desk.remember(key, told | {MADE: made}, row_id, waits_for=waits_for if row_id is not None else "")


def _said(known: ImportedEntry) -> dict[str, Any]:
    """What was told of an entry, without how it looked when it was made of it."""
    return {name: value for name, value in known.told.items() if name != MADE}


def _made(desk: Desk, section: Section, row_id: UUID | None, known: ImportedEntry | None) -> dict[str, Any]:
    """How the entry looks now that it says what was told; without what a person has added to it since."""
    row = None if row_id is None else desk.session.get(section.table, row_id)
    was: dict[str, Any] = {} if known is None else known.told.get(MADE, {})
    if row is None:
        return was
    now = plain_values(values_of(row, section))
    return now if not was else {name: value for name, value in now.items() if name in was}


def _with_diagnosis(
    desk: Desk, section: Section, values: Mapping[str, object], reference: str
) -> tuple[dict[str, object], str]:
    """The values with the tumor they are about, and what is waited for where that is not on record."""
    if not reference or all(each.name != DIAGNOSIS for each in section.fields):
        return dict(values), ""
    found = desk.tumors.meant(reference)
    return (dict(values), reference) if found is None else ({**values, DIAGNOSIS: found.id}, "")


def _name_tumors(desk: Desk) -> None:
    """Entries whose tumor has come on record since, with the file of another resource or by a mapping."""
    for key, known in desk.owned.items():
        if not known.diagnosis_ref or known.row_id is None or key[2] not in registry.SECTIONS:
            continue
        section, found = registry.section(key[2]), desk.tumors.meant(known.diagnosis_ref)
        row: Any = desk.session.get(section.table, known.row_id)
        if found is None or row is None or not as_told(row, section, known.told):
            continue
        before = audit.snapshot(row)
        row.diagnosis_id, known.diagnosis_ref = found.id, ""
        desk.session.flush()
        source = f"{key[0]}/{key[1]}"
        desk.trail(f"{section.key}.imported", row, before=before, after=row, reason=f"As {source} tells it"[:400])


def _can_be_kept(desk: Desk, section: Section, record: ChartRecord, wanted: EntryInput) -> bool:
    surroundings = _knowing(desk, wanted)
    problems = check_entry(section, EntryInput(wanted.values), surroundings)
    refused = [each.message for each in problems if not each.question]
    for message in refused or [each.message for each in problems]:
        kept = "is not in the record" if refused else "is in the record as told"
        desk.told.notes.append(f"{record.resource_type}/{record.external_id}: this {section.one} {kept}. {message}")
    return not refused


def _knowing(desk: Desk, wanted: EntryInput) -> Surroundings:
    # A tumor that came with the same file is as good as one that was there before.
    known = desk.surroundings
    found = wanted.values.get(DIAGNOSIS)
    if not isinstance(found, UUID) or found in known.diagnosis_ids:
        return known
    desk.__dict__["surroundings"] = surroundings_of(desk.session, desk.survivor, today=known.today)
    return desk.surroundings


def _write(
    desk: Desk, section: Section, record: ChartRecord, wanted: EntryInput, known: ImportedEntry | None
) -> UUID | None:
    source = f"{record.resource_type}/{record.external_id}"
    if known is not None and known.row_id is not None:
        row = desk.session.get(section.table, known.row_id)
        if row is None or not as_told(row, section, known.told):
            desk.told.notes.append(f"{source} changed at its source, but a person has changed the {section.one} here")
            return known.row_id
        before = audit.snapshot(row)
    else:
        twin = _twin(desk, section, wanted.values)
        if twin is not None:
            return twin if twin in _own(desk) else None
        before = None
    row = write_entry(desk.session, desk.survivor, section, wanted, at=desk.clock.now())
    desk.derives = desk.derives or section.derives
    desk.trail(f"{section.key}.imported", row, before=before, after=row, reason=f"As {source} tells it"[:400])
    found: UUID = row.id
    return found


def _own(desk: Desk) -> set[UUID]:
    """The entries that imports have made."""
    return {entry.row_id for entry in desk.owned.values() if entry.row_id is not None}


def _twin(desk: Desk, section: Section, values: Mapping[str, object]) -> UUID | None:
    """An entry that says this already: by hand, or of another resource about what can happen only once on a day.

    A medicine without a dose says nothing more than any course of the same medicine that a person entered.
    """
    names = [name for name in (*section.headline, section.on) if name]
    is_dated = bool(section.on) and plain(values.get(section.on)) is not None
    if section.key == "drugs" and values.get("dose") is None:
        names = ["agent"]
    told, own = {name: plain(values.get(name)) for name in names}, _own(desk)
    for row in entries_of(desk.session, desk.survivor.id, section):
        may_be = row.id not in own or (section.key in ONCE and is_dated)
        if may_be and {name: plain(values_of(row, section).get(name)) for name in names} == told:
            found: UUID = row.id
            return found
    return None


def as_told(row: Any, section: Section, told: Mapping[str, Any]) -> bool:
    """Is an entry as it was told last, so that nobody has changed it here?"""
    standing = plain_values(values_of(row, section))
    return all(standing.get(name) == value for name, value in told.items() if name not in (ABOUT, MADE))


def _take_back(desk: Desk, kind: str, external_id: str, *, keep: set[Key]) -> None:
    """What a resource told before and tells no longer."""
    gone = [key for key in desk.owned if key[:2] == (kind, external_id) and key not in keep]
    for key in gone:
        known = desk.owned[key]
        if key[2] in registry.SECTIONS and known.row_id is not None:
            _remove(desk, registry.section(key[2]), known)
        elif key[2] == OF_CONTACTS and known.row_id is not None:
            desk.told.notes.append(f"{kind}/{external_id} no longer names somebody to reach. Check the contacts")
        desk.forget(key)


def _remove(desk: Desk, section: Section, known: ImportedEntry) -> None:
    if sum(each.row_id == known.row_id for each in desk.owned.values()) > 1:
        # Another resource tells of the same.
        return
    row = desk.session.get(section.table, known.row_id)
    source = f"{known.resource_type}/{known.external_id}"
    if row is None:
        return
    if plain_values(values_of(row, section)) != known.told.get(MADE):
        desk.told.notes.append(
            f"{source} was taken back by its source, but a person has changed the {section.one} here"
        )
        return
    row_id = known.row_id
    desk.trail(f"{section.key}.removed", row, before=row, reason=f"{source} was taken back by its source"[:400])
    if row_id is not None:
        delete_entry(desk.session, desk.survivor.id, section, row_id)
    desk.derives = desk.derives or section.derives


def _tell_of_tumor(desk: Desk, record: ChartRecord) -> None:
    if record.tumor is None:
        return
    key: Key = (record.resource_type, record.external_id, OF_TUMORS, "")
    told = plain_values(record.tumor.values) | {ABOUT: record.tumor.diagnosis}
    known = desk.owned.get(key)
    if known is None or known.told != told:
        desk.remember(key, told, known.row_id if known else None, waits_for=record.tumor.diagnosis)
        desk.told.changed += 1
