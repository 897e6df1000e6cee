"""Makes previews and imports for tests, with a report of what they would do or did to one survivor."""

import json
from collections import Counter
from typing import Any

from sqlalchemy.orm import Session

from tests.fhir import builders
from tracker.clock import FixedClock
from tracker.models import ChangeKind, ChangeSet, Survivor
from tracker.policy import Actor
from tracker.services import change_sets, uploads
from tracker.services.import_report import Fate, Finding, Line, Report

ACTOR = Actor.system("Dana Ruiz")
OPTIONS = {"kind": "fhir", "date_format": "iso", "sheet": "", "skip_bad_rows": False}


def person_file(**given: Any) -> bytes:
    """A FHIR file of one person."""
    return json.dumps(builders.bundle(builders.patient(**given))).encode()


def report_of(survivor: Survivor, **given: Any) -> Report:
    """A report that names the survivor, and has something of everything."""
    report = Report("from the hospital.json", "fhir", Counter({Fate.UPDATED: 1, Fate.NEW: 1}))
    known = f"{survivor.display_name} ({survivor.mrn})"
    report.lines = [
        Line(
            place="entry 1 (Patient/1)",
            what=known,
            fate=Fate.UPDATED,
            changes=("2 results", "preferred name"),
            survivor_id=survivor.id,
        ),
        Line(place="entry 9 (Patient/2)", what="Somebody New", fate=Fate.NEW, changes=("enrolled",)),
    ]
    report.notes = [Finding(file="from the hospital.json", path="entry 4", reason="The unit is not known here")]
    report.store("Observation", 2)
    report.skip("Encounter", "No part of the record", 3)
    report.unmapped[("http://loinc.org", "55284-4", "Blood pressure")] = 12
    for name, value in given.items():
        setattr(report, name, value)
    return report


def make_preview(session: Session, survivor: Survivor, clock: FixedClock, **given: Any) -> ChangeSet:
    """A file that waits for somebody to decide on it."""
    told: dict[str, Any] = {"name": "from the hospital.json", "options": OPTIONS, "report": report_of(survivor)}
    told |= {"content": person_file()} | given
    return uploads.keep_upload(session, survivor.clinic_id, **told, actor=ACTOR, clock=clock)


def make_import(session: Session, survivor: Survivor, clock: FixedClock) -> ChangeSet:
    """An import that changed the survivor's pronouns, and can be taken back."""
    with change_sets.applying(
        session,
        survivor.clinic_id,
        kind=ChangeKind.IMPORT,
        title="from the hospital.json",
        actor=ACTOR,
        clock=clock,
    ) as change_set:
        survivor.pronouns = "she/her"
        change_set.report = report_of(survivor).as_json()
    return change_set
