"""The summary: numbers for a machine, a short table for a person."""

import json
from collections import Counter

from tests.fhir.builders import Json, concept, observation, patient, read
from tracker.fhir.summary import Summary
from tracker.services.import_report import Fate, Finding, Report


def told(file: str, fate: Fate, *resources: Json, note: str = "") -> Report:
    contents = read(*resources)
    report = Report(file, "fhir", Counter({fate: 1}), dict(contents.tallies), unmapped=contents.unmapped)
    report.notes = [Finding(file=file, path="", reason=note)] if note else []
    return report


def filled() -> Summary:
    summary = Summary()
    claim = {"resourceType": "Claim", "id": "c"}
    weight = [observation(f"w{number}", code=concept("29463-7", "Weight")) for number in range(2)]
    in_error = observation("e", status="entered-in-error")
    summary.add(
        "a.json", told("a.json", Fate.NEW, patient(), observation(), in_error, claim, *weight, note="look here")
    )
    body_weight = observation("w", code=concept("29463-7", "Body weight"))
    mood = observation("t", code=concept(text="Mood"))
    summary.add("b.json", told("b.json", Fate.UNCHANGED, patient(), body_weight, mood))
    summary.fail(
        "c.json", "holds no Patient", [Finding(file="c.json", path="entry 1", reason="is empty", found_by="x")]
    )
    summary.pass_over("d.json", "holds JSON, but no FHIR resource")
    return summary


def test_the_machine_s_summary_adds_up_over_all_files() -> None:
    found = json.loads(json.dumps(filled().as_json()))

    assert found["files"] == 3
    assert found["patients"] == {"new": 1, "updated": 0, "unchanged": 1}
    assert found["resources"] == {
        "Claim": {"stored": 0, "skipped": 1, "reasons": {"type not held": 1}},
        "Observation": {"stored": 5, "skipped": 1, "reasons": {"entered in error": 1}},
        "Patient": {"stored": 2, "skipped": 0, "reasons": {}},
    }
    assert found["errors"] == [{"file": "c.json", "error": "holds no Patient"}]
    assert found["findings"] == [{"file": "c.json", "path": "entry 1", "reason": "is empty", "found_by": "x"}]
    assert found["passed_over"] == [{"file": "d.json", "reason": "holds JSON, but no FHIR resource"}]
    assert found["notes"] == [{"file": "a.json", "note": "look here"}]


def test_codes_without_a_meaning_come_most_frequent_first_each_once() -> None:
    assert filled().as_json()["unmapped"] == [
        {"system": "http://loinc.org", "code": "29463-7", "display": "Weight", "count": 3},
        {"system": "", "code": "", "display": "Mood", "count": 1},
    ]


def test_an_empty_summary_has_every_key() -> None:
    assert Summary().as_json() == {
        "files": 0,
        "patients": {"new": 0, "updated": 0, "unchanged": 0},
        "resources": {},
        "errors": [],
        "findings": [],
        "passed_over": [],
        "notes": [],
        "unmapped": [],
    }
    assert list(Summary().lines()) == ["0 of 0 files imported", "Patients: 0 new, 0 updated, 0 unchanged"]


def test_the_person_s_summary_is_a_table() -> None:
    assert list(filled().lines()) == [
        "2 of 3 files imported",
        "Patients: 1 new, 0 updated, 1 unchanged",
        "             stored  skipped",
        "Claim             0        1  type not held: 1",
        "Observation       5        1  entered in error: 1",
        "Patient           2        0",
        "Kept in the chart, but neither a test nor a diagnosis here: 2 codes, such as",
        "     3  29463-7 Weight",
        "     1  Mood",
        "Passed over: d.json holds JSON, but no FHIR resource",
        "Look at: a.json: look here",
    ]
