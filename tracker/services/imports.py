"""Imports: one file's people and charts into the registry, the whole file or nothing, and a second time nothing."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.models import Clinic, Survivor
from tracker.policy import Action, Actor, require_clinic
from tracker.services import audit, care_plans
from tracker.services.editing import begin_edit
from tracker.services.import_chart import ChartChange, store_chart
from tracker.services.import_people import Known, enrol, find, update
from tracker.services.import_records import FileContents, PersonFile


class Fate(StrEnum):
    """What an import did to one person's record."""

    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass
class FileOutcome:
    """What one file changed, and what somebody should look at."""

    patients: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


def store_file(
    session: Session, clinic_id: UUID, contents: FileContents, *, digest: str, actor: Actor, clock: Clock
) -> FileOutcome:
    """Store everything a file holds, in the caller's transaction, and plan for whoever changed.

    A person is found again by the numbers other systems know them by, never by name or birth date. Whoever has
    no cancer with an end of therapy is enrolled and awaits the treatment summary. What is on record already is
    left alone, so that a second import changes no row. ``digest`` names the file in the audit trail.

    Raises:
        ImportRefused: a person cannot be told apart from another, or cannot be right.
    """
    clinic = require_clinic(session, actor, Action.ENROL, clinic_id)
    outcome = FileOutcome()
    for part in contents.people:
        outcome.patients[_store_person(session, clinic, part, outcome, actor=actor, clock=clock)] += 1
    if outcome.patients[Fate.NEW] or outcome.patients[Fate.UPDATED]:
        after = {
            "file": digest,
            "patients": dict(outcome.patients),
            "stored": {name: tally.stored for name, tally in sorted(contents.tallies.items())},
            "skipped": {name: tally.skipped for name, tally in sorted(contents.tallies.items())},
        }
        audit.record(session, actor, "import.file", subject=clinic, clinic_id=clinic.id, at=clock.now(), after=after)
    return outcome


def _store_person(
    session: Session, clinic: Clinic, part: PersonFile, outcome: FileOutcome, *, actor: Actor, clock: Clock
) -> Fate:
    known = find(session, clinic, part.person, clock=clock)
    if known.survivor is None:
        survivor = enrol(session, clinic, part.person, outcome.notes, clock=clock)
        changed = ["enrolled"]
    else:
        survivor = known.survivor
        changed = update(session, survivor, part.person, known, actor=actor, clock=clock)
    chart = store_chart(session, survivor, part, actor=actor, clock=clock)
    outcome.notes.extend(f"{part.person.place}: {note}" for note in chart.notes)
    if not changed and not chart.changed:
        return Fate.UNCHANGED
    if known.survivor is not None:
        begin_edit(session, survivor)
    care_plans.refresh(session, survivor, clock=clock)
    _record(session, survivor, known, changed, chart, actor=actor, clock=clock)
    return Fate.NEW if known.survivor is None else Fate.UPDATED


def _record(
    session: Session,
    survivor: Survivor,
    known: Known,
    changed: list[str],
    chart: ChartChange,
    *,
    actor: Actor,
    clock: Clock,
) -> None:
    # What the source said last is kept here, so that only what it changes since then is applied to the record.
    counts = {key: value for key, value in asdict(chart).items() if key != "notes"}
    after = {"said": known.says, "number": known.number + 1, "changed": changed, "chart": counts}
    audit.record(
        session,
        actor,
        "survivor.imported",
        subject=survivor,
        survivor_id=survivor.id,
        at=clock.now(),
        before={"said": known.said} if known.said else None,
        after=after,
    )
