"""A code gets a meaning: every entry that was kept for it is read again, as if its file came in only now."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.catalogue import Term, title_of
from tracker.errors import Conflict
from tracker.fhir.bundle import means_nothing, read_again
from tracker.fhir.codes import ALIASES, ICD_10, Codes, canonical, read_codes, targets_of
from tracker.fhir.kept import unpack_resource
from tracker.fhir.values import Skipped
from tracker.intake.columns import from_columns
from tracker.models import ChangeKind, ChangeSet, ChangeState, ChartEntry, Clinic, CodeMapping, Survivor
from tracker.policy import Action, Actor, require_clinic
from tracker.services import audit, care_plans, change_sets, code_mappings, unknown_codes
from tracker.services.code_mappings import KINDS, NOTHING, Meaning
from tracker.services.editing import begin_edit
from tracker.services.import_chart import ChartChange, store_chart
from tracker.services.import_records import ChartRecord, PersonFile, Registered
from tracker.services.packs import pack_for
from tracker.services.unknown_codes import Survivors, names_of

MOST_NOTES = 20


@dataclass
class Replayed:
    """What a mapping did to what was on record: survivors whose record changed, entries read anew, what they became.

    ``left``: entries that mean nothing even so (a diagnosis that is not certain, say). ``needs_file``: entries of which
    too little was kept; their file has to come in again. ``to_check``: remarks on what could not be kept as told, which
    stand in the trail of the record they concern.
    """

    mapping_id: UUID | None = None
    people: int = 0
    entries: int = 0
    results: int = 0
    diagnoses: int = 0
    parts: int = 0
    left: int = 0
    needs_file: int = 0
    to_check: int = 0

    def counts(self) -> dict[str, int]:
        """Everything that is counted, by name."""
        return {name: value for name, value in asdict(self).items() if isinstance(value, int)}


@dataclass(frozen=True)
class _Desk:
    """What reading again needs."""

    session: Session
    codes: Codes
    today: date
    actor: Actor
    clock: Clock


def choices_of(clinic: Clinic, kind: str) -> Mapping[str, Any]:
    """What codes of a kind may mean at this clinic, by code or name, each with a title and other names."""
    codes = read_codes(pack_for(clinic))
    return {code: _choice(code, entry) for code, entry in targets_of(kind, codes.pack, codes.catalogue).items()}


def _choice(code: str, entry: Any) -> Any:
    # The tests and diagnoses of a pack are no terms of its catalogue, but are looked up like them.
    if hasattr(entry, "code"):
        return entry
    return Term(code=code, label=getattr(entry, "name", "") or code, synonyms=tuple(getattr(entry, "synonyms", ())))


def known_as(clinic: Clinic, system: str, code: str) -> dict[str, str]:
    """What the pack itself says of a code, by kind: such entries came in before it did."""
    tables = read_codes(pack_for(clinic)).tables
    found = {kind: tables.get(kind, {}).get((canonical(system), code), "") for kind in KINDS}
    return {
        kind: title_of(choices_of(clinic, kind)[target]) for kind, target in found.items() if target and kind != NOTHING
    }


def map_and_replay(session: Session, clinic_id: UUID, meaning: Meaning, *, actor: Actor, clock: Clock) -> Replayed:
    """Say what a code means, and read again what was kept for it, in the caller's transaction.

    Afterwards the registry is as if the mapping had been there before the files came in. The entries of some hundred
    survivors are held at a time.

    Raises:
        Invalid, Conflict, NotFound, Forbidden: as ``code_mappings.map_code``.
    """
    clinic = require_clinic(session, actor, Action.MAP_CODES, clinic_id)
    meaning = replace(meaning, system=canonical(meaning.system.strip()), code=meaning.code.strip())
    known = read_codes(pack_for(clinic))
    targets = targets_of(meaning.kind, known.pack, known.catalogue)
    with change_sets.applying(
        session, clinic.id, kind=ChangeKind.MAPPING, title=_title(meaning), actor=actor, clock=clock
    ) as change_set:
        mapping = code_mappings.map_code(
            session, clinic.id, meaning, targets=targets, change_set=change_set, actor=actor, clock=clock
        )
        replayed = Replayed(mapping.id)
        if meaning.kind != NOTHING:
            codes = known.with_own(code_mappings.own_codes(session, clinic.id))
            desk = _Desk(session, codes, clock.today(clinic.tz), actor.acting("Mapping"), clock)
            _replay(desk, clinic, meaning, replayed)
        change_set.report = replayed.counts()
    return replayed


def _title(meaning: Meaning) -> str:
    called = f" ({meaning.display})" if meaning.display else ""
    return f"{meaning.code}{called}: {meaning.target or meaning.kind}"


def _replay(desk: _Desk, clinic: Clinic, meaning: Meaning, replayed: Replayed) -> None:
    systems = names_of(meaning.system, ALIASES)
    narrower = meaning.system == ICD_10
    for found in unknown_codes.to_read_again(desk.session, clinic.id, systems, meaning.code, with_narrower=narrower):
        _replay_some(desk, found, replayed)
        desk.session.flush()
        # What was read is written: holding it any longer would only fill the memory.
        for survivor in found.rows.values():
            desk.session.expire(survivor)


def _replay_some(desk: _Desk, found: Survivors, replayed: Replayed) -> None:
    for survivor_id, rows in found.entries.items():
        survivor = found.rows[survivor_id]
        records = [record for row in rows if (record := _read(desk, survivor, row, replayed)) is not None]
        if records:
            _store(desk, survivor, records, replayed)


def _read(desk: _Desk, survivor: Survivor, row: ChartEntry, replayed: Replayed) -> ChartRecord | None:
    """The entry with the codes known by now; None, counted, where it stays as it is."""
    if row.source is None:
        record = from_columns(row, desk.codes)
        replayed.needs_file += record is None
        return record
    person = Registered(survivor.id, survivor.birth_date, survivor.deceased_on)
    try:
        record = read_again(
            unpack_resource(row.source),
            external_id=row.external_id,
            codes=desk.codes,
            person=person,
            today=desk.today,
        )
    except Skipped:
        replayed.left += 1
        return None
    if not means_nothing(record):
        return record
    replayed.left += 1
    # One of its codes may mean something by now while another does not: it is kept whole for that one.
    return replace(record, source=row.source)


def _store(desk: _Desk, survivor: Survivor, records: list[ChartRecord], replayed: Replayed) -> None:
    person = Registered(survivor.id, survivor.birth_date, survivor.deceased_on)
    ordered = sorted(records, key=lambda each: (each.occurred_on or date.max, each.resource_type, each.external_id))
    part = PersonFile(person, tuple(ordered))
    chart = store_chart(desk.session, survivor, part, actor=desk.actor, clock=desk.clock)
    if not chart.changed:
        return
    begin_edit(desk.session, survivor)
    _count(replayed, chart)
    told = asdict(chart) | {"notes": chart.notes[:MOST_NOTES]}
    audit.record(
        desk.session,
        desk.actor,
        "chart.read_again",
        subject=survivor,
        survivor_id=survivor.id,
        at=desk.clock.now(),
        after=told,
    )
    care_plans.refresh(desk.session, survivor, clock=desk.clock)


def _count(replayed: Replayed, chart: ChartChange) -> None:
    replayed.people += 1
    replayed.entries += chart.altered
    replayed.results += chart.results
    replayed.diagnoses += chart.diagnoses
    replayed.parts += chart.entries
    replayed.to_check += len(chart.notes)


def what_builds_on(session: Session, clinic_id: UUID, mapping_id: UUID, *, actor: Actor) -> int:
    """How many things have changed since that a mapping's own changes cannot be taken back from under.

    Raises:
        NotFound, Forbidden: as ``code_mappings.find_mapping``.
    """
    mapping = code_mappings.find_mapping(session, clinic_id, mapping_id, actor=actor)
    change_set = _change_set(session, mapping)
    return 0 if change_set is None else len(change_sets.what_builds_on(session, change_set))


def unmap_and_take_back(session: Session, clinic_id: UUID, mapping_id: UUID, *, actor: Actor, clock: Clock) -> int:
    """Take a mapping back with all that was read by it; how many survivors' records are as before.

    Files that came in after the mapping keep what they told: they come in again, if that is wrong too.

    Raises:
        Conflict: records have changed since; the message names nobody. NotFound, Forbidden: as ``find_mapping``.
    """
    mapping = code_mappings.find_mapping(session, clinic_id, mapping_id, actor=actor)
    change_set = _change_set(session, mapping)
    if change_set is None:
        code_mappings.unmap(session, clinic_id, mapping_id, actor=actor, clock=clock)
        return 0
    standing = change_sets.what_builds_on(session, change_set)
    if standing:
        raise Conflict(
            f"This mapping can no longer be taken back with all it did: {len(standing)} of the records it changed were "
            "changed again since. It can be ended for files to come"
        )
    code_mappings.note_removal(session, mapping, actor=actor, clock=clock)
    undone = change_sets.put_back(
        session, change_set, actor=actor.acting("Mapping"), clock=clock, change="mapping.undone"
    )
    change_set.state, change_set.undone_at, change_set.undone_by = ChangeState.UNDONE, clock.now(), actor.name
    session.flush()
    return len(undone.survivor_ids)


def _change_set(session: Session, mapping: CodeMapping) -> ChangeSet | None:
    if mapping.change_set_id is None:
        return None
    return change_sets.find(session, mapping.clinic_id, mapping.change_set_id)
