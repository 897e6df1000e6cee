"""The validators and our own checks together: each sees what the others miss, file by file and once each."""

import os
import signal
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fhir.builders import ANA, BEN, Json, condition, observation, patient, procedure
from tests.fhir.test_validation_own import json_values
from tests.fhir.validating import found_by, is_running, needs_node, script
from tests.shared import need_shared
from tracker.fhir.reading import Entry
from tracker.fhir.validation import ALL, JUDGED, MOST, Validators
from tracker.fhir.validation.node_validator import NodeValidator

PLACE = "entry 3 (Patient/x)"
WRONG = {
    "a month that does not exist": (patient(birthDate="2000-13-01"), {"own", "python"}),
    "a day that does not exist": (patient(birthDate="2023-02-30"), {"own", "python"}),
    "an hour that does not exist": (observation(effectiveDateTime="2023-01-01T25:00:00Z"), {"own", "python"}),
    "a time without a zone": (observation(effectiveDateTime="2023-01-01T10:00:00"), {"python"}),
    "a status that does not exist": (observation(status="done"), {"node"}),
    "a sex that does not exist": (patient(gender="woman"), {"node"}),
    "a number in quotes": (observation(valueQuantity={"value": "21.5"}), {"node"}),
    "a subject that cannot be one": (observation(subject={"reference": "Practitioner/1"}), {"node"}),
    "two values": (observation(valueString="x"), {"python"}),
    "no status": (observation(status=None), {"python", "node"}),
    "an element that FHIR does not have": (patient(shoeSize=40), {"python", "node"}),
    "one name where a list belongs": (patient(name={"family": "Rivera"}), {"python", "node"}),
    "an empty list": (patient(name=[]), {"own"}),
    "an empty object": (patient(name=[{}]), {"own"}),
    "an empty text": (patient(name=[{"family": ""}]), {"own", "python"}),
    "an id of 65 characters": (patient(id="a" * 65), {"own"}),
    "an id with an underscore": (patient(id="a_b"), {"own", "python"}),
    "a fragment that leads nowhere": (observation(partOf=[{"reference": "#x"}]), {"own"}),
    "a period that ends before it starts": (
        procedure(performedPeriod={"start": "2020-05-17", "end": "2020-05-16"}),
        {"own"},
    ),
}


def entries(*resources: Json, urls: tuple[str, ...] = ()) -> list[Entry]:
    addresses = urls or tuple(f"urn:uuid:{each.get('id')}" for each in resources)
    return [Entry(number, url, each) for number, (url, each) in enumerate(zip(addresses, resources, strict=True), 1)]


@needs_node
@pytest.mark.parametrize("name", WRONG)
def test_each_of_the_three_sees_what_others_miss(name: str) -> None:
    resource, seen_by = WRONG[name]

    assert {each for each in ALL if found_by(each, resource)} == seen_by


def test_every_one_of_the_three_is_the_only_one_to_see_something() -> None:
    assert {frozenset(seen) for _, seen in WRONG.values()} >= {frozenset({each}) for each in ALL}


@needs_node
def test_a_finding_names_file_place_reason_and_who_says_so() -> None:
    with Validators() as validators:
        found = validators.check(patient(birthDate="2000-13-01", gender="woman"), PLACE, file="clinic.json")

    assert [(each.file, each.path, each.found_by) for each in found] == [
        ("clinic.json", f"{PLACE}: birthDate", ""),
        ("clinic.json", f"{PLACE}: birthDate", "fhir.resources"),
        ("clinic.json", f"{PLACE}: gender", "npm fhir"),
    ]
    assert found[0].sentence() == (
        f"{PLACE}: birthDate: “2000-13-01” is no day that exists; correct it where the file comes from"
    )


@needs_node
def test_a_sound_resource_has_no_finding() -> None:
    with Validators() as validators:
        assert [validators.check(each, "") for each in (patient(), observation(), condition())] == [[], [], []]
        assert validators.notes == []


def test_a_place_that_is_not_told_is_left_out() -> None:
    with Validators(("own",)) as validators:
        [found] = validators.check(patient(name=[]), "")

    assert found.path == "name"


@pytest.mark.parametrize("which", [("own",), ("python",), ("own", "python")])
def test_without_node_among_those_asked_no_process_is_started(which: tuple[str, ...], tmp_path: Path) -> None:
    node = NodeValidator(node=tmp_path / "no-node-here")
    with Validators(which, node=node) as validators:
        validators.check(observation(status="done"), "")

        assert node.pid is None
        assert validators.notes == []


def test_none_asked_none_objects() -> None:
    with Validators(()) as validators:
        assert validators.check(patient(name=[], birthDate="x"), "") == []
        assert validators.check_bundle(entries(patient(), patient())) == []


@needs_node
def test_findings_of_many_come_resource_by_resource_in_order() -> None:
    resources = [(f"line {number}", observation(status="done" if number % 3 else "final")) for number in range(100)]
    with Validators() as validators:
        found = list(validators.check_all(resources, file="x.ndjson"))

    assert [[each.path for each in one] for one in found] == [
        [f"line {number}: status"] if number % 3 else [] for number in range(100)
    ]


@needs_node
def test_a_run_that_is_broken_off_does_not_disturb_the_next() -> None:
    node = NodeValidator()
    with Validators(node=node) as validators:
        run = validators.check_all([("", observation(status="done")) for _ in range(100)])
        assert len(next(run)) == 1
        run.close()  # type: ignore[attr-defined]

        assert validators.check(patient(), "") == []
        assert len(validators.check(observation(status="done"), "")) == 1
        assert node.unfetched == 0


@needs_node
def test_thousands_of_resources_are_checked_in_flat_memory() -> None:
    def lines() -> Iterator[tuple[str, Json]]:
        for number in range(3000):
            yield f"line {number}", patient(id=f"p-{number}", text={"status": "generated", "div": "x" * 5000})

    with Validators(("own", "node")) as validators:
        tracemalloc.start()
        assert not any(validators.check_all(lines()))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert most < 3_000_000


def test_a_reference_that_leads_nowhere_in_its_bundle_is_refused() -> None:
    with Validators(("own",)) as validators:
        sound = validators.check_bundle(entries(patient(), observation()))
        [found] = validators.check_bundle(entries(patient(), observation(subject={"reference": f"urn:uuid:{BEN}"})))

    assert sound == []
    assert found.path == "entry 2 (Observation/obs-1): subject.reference"
    assert found.reason == f"“urn:uuid:{BEN}” leads to nothing; no entry of this file has that address"


def test_a_reference_to_a_resource_that_is_not_in_the_file_is_only_unknown() -> None:
    with Validators(("own",)) as validators:
        assert validators.check_bundle(entries(observation(subject={"reference": f"Patient/{BEN}"}))) == []
        assert validators.check(observation(subject={"reference": f"urn:uuid:{ANA}"}), "") == []


def test_an_address_that_two_entries_have_is_refused() -> None:
    twice = entries(patient(), patient(BEN), urls=(f"urn:uuid:{ANA}", f"urn:uuid:{ANA}"))
    with Validators(("own",)) as validators:
        [found] = validators.check_bundle(iter(twice), file="clinic.json")

    assert (found.file, found.path) == ("clinic.json", f"entry 2 (Patient/{BEN}): fullUrl")


def test_types_that_are_skipped_meet_our_own_checks_alone() -> None:
    with Validators() as validators:
        found = validators.check({"resourceType": "Claim", "nonsense": [], "created": "2020-13-01"}, "")

    assert [(each.path, each.found_by) for each in found] == [("nonsense", ""), ("created", "")]


@pytest.mark.parametrize(("count", "told"), [(MOST - 1, MOST - 1), (MOST, MOST), (MOST + 1, MOST), (500, MOST)])
def test_one_resource_cannot_fill_a_report(count: int, told: int) -> None:
    with Validators(("own",)) as validators:
        found = validators.check(patient(name=[{"family": ""}] * count), PLACE)

    assert len(found) == told
    if count > told:
        assert found[-1].path == PLACE
        assert found[-1].reason == f"There are {count - MOST + 1} more findings about this resource; mend these first"


def test_a_node_that_is_absent_is_noted_once_and_the_others_go_on(tmp_path: Path) -> None:
    with Validators(node=NodeValidator(node=tmp_path / "no-node-here")) as validators:
        found = [validators.check(patient(birthDate="2000-13-01"), PLACE) for _ in range(3)]

        assert [[each.found_by for each in one] for one in found] == [["", "fhir.resources"]] * 3
        [note] = validators.notes
    assert (note.path, note.found_by) == ("", "npm fhir")
    assert note.reason.startswith("The validator npm fhir did not take part: Node could not be started.")


@needs_node
def test_a_resource_that_one_could_not_judge_and_nobody_objects_to_is_noted(tmp_path: Path) -> None:
    program = script(tmp_path, "say({ ticket: told.ticket, judged: [{ failed: 'TypeError' }] })")
    with Validators(node=NodeValidator(script=program)) as validators:
        assert validators.check(patient(), PLACE, file="clinic.json") == []
        assert validators.check(patient(name=[]), PLACE) != []

        [note] = validators.notes
    assert (note.file, note.path, note.found_by) == ("clinic.json", PLACE, "npm fhir")
    assert "could not be judged by this validator" in note.reason


def test_nesting_too_deep_for_a_validator_is_noted() -> None:
    deep: Json = {"url": "https://clinic.example/x", "valueString": "x"}
    for _ in range(3000):
        deep = {"url": "https://clinic.example/x", "extension": [deep]}
    with Validators(("own", "python")) as validators:
        assert validators.check(patient(extension=[deep]), PLACE) == []

        assert [each.found_by for each in validators.notes] == ["fhir.resources"]


@needs_node
def test_the_process_dying_in_the_middle_of_a_bundle_loses_no_finding() -> None:
    node = NodeValidator()

    def lines() -> Iterator[tuple[str, Json]]:
        for number in range(200):
            if number == 100 and node.pid:
                os.kill(node.pid, signal.SIGKILL)
            yield "", observation(status="done")

    with Validators(("node",), node=node) as validators:
        assert [len(each) for each in validators.check_all(lines())] == [1] * 200


@needs_node
def test_leaving_the_context_leaves_no_process_even_after_an_error() -> None:
    node = NodeValidator()
    with pytest.raises(ZeroDivisionError), Validators(node=node) as validators:
        validators.check(patient(), "")
        pid = node.pid
        raise ZeroDivisionError

    assert pid is not None
    assert not is_running(pid)


@pytest.fixture(scope="module")
def all_three() -> Iterator[Validators]:
    with Validators() as validators:
        yield validators


@needs_node
@given(kind=st.sampled_from(sorted(JUDGED)) | json_values, resource=st.dictionaries(st.text(), json_values, max_size=6))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_arbitrary_json_never_raises(all_three: Validators, kind: Any, resource: Json) -> None:
    for each in all_three.check(resource | {"resourceType": kind}, PLACE):
        assert each.reason and each.path.startswith(PLACE)


@needs_node
def test_hostile_strings_in_every_text_never_raise(all_three: Validators) -> None:
    strings = need_shared("data", "strings", "blns.txt").read_text("utf-8").splitlines()
    for text in (each for each in strings if each and not each.startswith("#")):
        everywhere = patient(
            id=text, name=[{"family": text, "given": [text]}], birthDate=text, gender=text, telecom=[{"value": text}]
        )
        found = all_three.check(everywhere | {text: text}, text[:50])
        assert len(found) > 1
        assert all(len(each.reason) < 400 and each.reason.isprintable() for each in found)


@needs_node
def test_the_largest_file_is_judged_by_all_three_in_seconds() -> None:
    from time import monotonic

    from tests.fhir.test_validation_disregarded import read

    [path] = [each for each in need_shared("data", "fhir-synthea").glob("*.json") if each.stat().st_size > 2_500_000]
    found = read(path)
    began = monotonic()
    with Validators() as validators:
        assert validators.check_bundle(found) == []

    assert len(found) == 705
    assert monotonic() - began < 20
