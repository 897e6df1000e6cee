"""Imports: one file's people and charts into the registry, the whole file or nothing, and a second time nothing."""

from dataclasses import asdict, dataclass, field
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.models import Clinic, Survivor
from tracker.policy import Action, Actor, require_clinic
from tracker.services import audit, care_plans
from tracker.services.editing import begin_edit
from tracker.services.import_chart import ChartChange, store_chart
from tracker.services.import_people import Known, enrol, find, holders, update
from tracker.services.import_records import FileContents, PersonFile, Registered
from tracker.services.import_report import Fate, Finding, Line, Report

__all__ = ["Fate", "Intake", "finish", "registered", "store_contents", "store_file"]

# A list for a person to read; the counts are of everybody.
MOST_LINES = 5_000
PLANNED_AT_ONCE = 200


@dataclass
class Intake:
    """One file on its way in: what its people became, and whose plan has to be worked out anew at its end.

    ``described``: the people whom the file itself describes, by the ids they have in it.
    """

    clinic: Clinic
    report: Report
    touched: dict[UUID, Fate] = field(default_factory=dict)
    described: dict[tuple[str, str], Registered] = field(default_factory=dict)

    def note(self, path: str, reason: str) -> None:
        """Something that somebody should look at."""
        self.report.notes.append(Finding(file=self.report.file, path=path, reason=reason))


def store_file(
    session: Session, clinic_id: UUID, contents: FileContents, *, file: str, digest: str, actor: Actor, clock: Clock
) -> Report:
    """Store everything a file holds, in the caller's transaction, and plan for whoever changed.

    A person is found again by the numbers other systems know them by, never by name or birth date. Whoever has
    no cancer with an end of therapy is enrolled and awaits the treatment summary. What is on record already is
    left alone, so that a second import changes no row. ``digest`` names the file in the audit trail.

    Raises:
        ImportRefused: a person cannot be told apart from another, or cannot be right.
    """
    clinic = require_clinic(session, actor, Action.IMPORT, clinic_id)
    intake = Intake(clinic, Report(file, "fhir"))
    store_contents(session, intake, contents, actor=actor, clock=clock)
    finish(session, intake, digest=digest, actor=actor, clock=clock)
    return intake.report


def store_contents(session: Session, intake: Intake, contents: FileContents, *, actor: Actor, clock: Clock) -> None:
    """Store a file, or a part of one, and count what became of it; ``finish`` plans."""
    for part in contents.people:
        _store_person(session, intake, part, actor=actor, clock=clock)
    for name, tally in contents.tallies.items():
        if tally.stored:
            intake.report.store(name, tally.stored)
        for reason, count in tally.reasons.items():
            intake.report.skip(name, reason, count)
    intake.report.unmapped.update(contents.unmapped)


def finish(session: Session, intake: Intake, *, digest: str, actor: Actor, clock: Clock) -> None:
    """Plan for everybody the file changed, once each, and leave a row for the whole file in the trail."""
    ids = list(intake.touched)
    for start in range(0, len(ids), PLANNED_AT_ONCE):
        chunk = sa.select(Survivor).where(Survivor.id.in_(ids[start : start + PLANNED_AT_ONCE])).order_by(Survivor.id)
        care_plans.refresh_all(session, list(session.scalars(chunk)), clock=clock)
    report = intake.report
    report.touched = list(intake.touched)
    if intake.touched:
        after = {
            "file": digest,
            "patients": dict(report.patients),
            "stored": {name: tally.stored for name, tally in sorted(report.resources.items())},
            "skipped": {name: tally.skipped for name, tally in sorted(report.resources.items())},
        }
        audit.record(
            session,
            actor,
            "import.file",
            subject=intake.clinic,
            clinic_id=intake.clinic.id,
            at=clock.now(),
            after=after,
        )


def _store_person(session: Session, intake: Intake, part: PersonFile, *, actor: Actor, clock: Clock) -> None:
    if isinstance(part.person, Registered):
        _store_registered(session, intake, part, part.person, actor=actor, clock=clock)
        return
    person = part.person
    known = find(session, intake.clinic, person, clock=clock)
    notes: list[str] = []
    if known.survivor is None:
        survivor = enrol(session, intake.clinic, person, notes, clock=clock)
        changed = ["enrolled"]
    else:
        survivor = known.survivor
        changed = update(session, survivor, person, known, actor=actor, clock=clock)
    for note in notes:
        intake.note(person.place, note.removeprefix(f"{person.place}: "))
    described = Registered(survivor.id, survivor.birth_date, survivor.deceased_on)
    intake.described.update(dict.fromkeys(person.resource_ids, described))
    chart = store_chart(session, survivor, part, actor=actor, clock=clock)
    fate = Fate.NEW if known.survivor is None else Fate.UPDATED
    if not changed and not chart.changed:
        fate = Fate.UNCHANGED
    elif known.survivor is not None:
        begin_edit(session, survivor)
    if fate != Fate.UNCHANGED:
        _record(session, survivor, known, changed, chart, actor=actor, clock=clock)
    _tell(intake, survivor, person.place, fate, [*changed, *chart.words()], chart)


def _store_registered(
    session: Session, intake: Intake, part: PersonFile, person: Registered, *, actor: Actor, clock: Clock
) -> None:
    """Entries of somebody who is on record: the person themselves is not spoken of."""
    survivor = session.get_one(Survivor, person.survivor_id)
    chart = store_chart(session, survivor, part, actor=actor, clock=clock)
    if chart.changed:
        begin_edit(session, survivor)
        counts = {key: value for key, value in asdict(chart).items() if key != "notes"}
        audit.record(
            session, actor, "chart.imported", subject=survivor, survivor_id=survivor.id, at=clock.now(), after=counts
        )
    fate = Fate.UPDATED if chart.changed else Fate.UNCHANGED
    _tell(intake, survivor, "", fate, list(chart.words()), chart, counted=False)


def _tell(
    intake: Intake,
    survivor: Survivor,
    place: str,
    fate: Fate,
    changes: list[str],
    chart: ChartChange,
    *,
    counted: bool = True,
) -> None:
    report = intake.report
    for note in chart.notes:
        intake.note(place or survivor.mrn, note)
    if counted:
        report.patients[fate] += 1
    if fate != Fate.UNCHANGED:
        intake.touched.setdefault(survivor.id, fate)
    if len(report.lines) < MOST_LINES:
        what = f"{survivor.display_name} ({survivor.mrn})"
        report.lines.append(Line(place=place, what=what, fate=fate, changes=tuple(changes), survivor_id=survivor.id))


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


def registered(session: Session, clinic: Clinic, numbers: tuple[tuple[str, str], ...]) -> Registered | None:
    """The one survivor of the clinic whom these numbers name; None where nobody is, or two people are."""
    found = list(holders(session, clinic, numbers).values())
    if len(found) != 1:
        return None
    return Registered(found[0].id, found[0].birth_date, found[0].deceased_on)
