"""The validator in Node: its findings, and that its process never holds up an import nor outlives it."""

import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fhir.builders import CLINICAL, Json, concept, condition, encounter, imaging, observation, patient, quantity
from tests.fhir.validating import LINGER, is_running, needs_node, script
from tests.shared import PROJECT
from tracker.fhir.validation.node_validator import MOST_DEATHS, NODE, SCRIPT, NodeValidator
from tracker.fhir.validation.python_validator import CannotJudge
from tracker.fhir.validation.spots import JUDGED, parts_of

WHY = {"extension": [{"url": "https://clinic.example/why", "valueString": "not told"}]}
REQUEST = {
    "resourceType": "MedicationRequest",
    "status": "active",
    "intent": "order",
    "medicationCodeableConcept": {"text": "Vincristine"},
    "subject": {"reference": "Patient/1"},
}


def ask(validator: NodeValidator, resource: Json) -> list[tuple[str, str]]:
    return [(each.path, each.reason) for each in validator.finish(validator.begin(parts_of(resource)))]


def wrongs(*resources: Json) -> list[list[tuple[str, str]]]:
    validator = NodeValidator()
    try:
        tickets = [validator.begin(parts_of(each)) for each in resources]
        found = [[(each.path, each.reason) for each in validator.finish(ticket)] for ticket in tickets]
    finally:
        validator.close()
    assert validator.notes == []
    return found


@needs_node
def test_each_finding_is_a_place_and_a_sentence() -> None:
    resources = [
        patient(),
        observation(status="done"),
        patient(gender="woman"),
        observation(status=None),
        patient(shoeSize=40),
        patient(name={"family": "A"}),
        observation(valueQuantity=quantity("21.5", "kg")),
        patient(active="true"),
        observation(subject={"reference": "Practitioner/1"}),
        condition(clinicalStatus=concept("bogus", system=CLINICAL)),
        observation(contained=[patient(id="p", gender="q")]),
        imaging(started="x"),
        observation(status="x" * 500),
    ]

    assert wrongs(*resources) == [
        [],
        [("status", "“done” is none of the codes that FHIR allows here")],
        [("gender", "“woman” is none of the codes that FHIR allows here")],
        [("status", "is missing; FHIR requires it")],
        [("shoeSize", "“40” is no element that FHIR R4 has here")],
        [("name", "must be a list")],
        [("valueQuantity.value", "“21.5” is text where FHIR has a number; write it without quotes")],
        [("active", "“true” must be true or false")],
        [("subject", "“Practitioner/1” refers to a type of resource that FHIR does not allow here")],
        [("clinicalStatus", "“bogus” is none of the codes that FHIR allows here")],
        [("contained[0].gender", "“q” is none of the codes that FHIR allows here")],
        [("started", "“x” has a form that FHIR does not allow here")],
        [("status", f"“{'x' * 60}…” is none of the codes that FHIR allows here")],
    ]


@needs_node
def test_it_misses_a_month_and_a_day_that_do_not_exist_and_an_empty_list() -> None:
    missed = [patient(birthDate="2000-13-01"), patient(birthDate="2023-02-30"), patient(name=[]), patient(id="a" * 65)]

    assert wrongs(*missed) == [[], [], [], []]


@needs_node
def test_sound_r4_that_looks_strange_is_let_pass() -> None:
    strange = [
        patient(birthDate=None, _birthDate=WHY),
        patient(name=[{"given": ["Ana", None], "_given": [None, WHY]}]),
        patient(deceasedBoolean=False, multipleBirthInteger=0),
        observation(status=None, _status=WHY),
        {"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/1"}, "category": [None, "food"], "_category": [WHY, None]},
        observation(valueQuantity=quantity(Decimal("1E-9"), "g")),
        observation(valueQuantity=quantity(Decimal("1E+400"), "g")),
        observation(valueQuantity=quantity(10**400, "g")),
        observation(subject={"reference": "Patient/1/_history/2"}),
        observation(subject={"reference": "https://clinic.example/people/5"}),
        observation(subject={"reference": "urn:uuid:a/b"}),
        REQUEST | {"substitution": {"allowedBoolean": False}},
        REQUEST | {"substitution": {"_allowedBoolean": WHY}},
        patient(extension=[{"url": "https://clinic.example/x", "valueUuid": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}]),
        condition(clinicalStatus={"coding": [{"system": "https://clinic.example", "code": "A"}, {"system": CLINICAL, "code": "active"}]}),
    ]  # fmt: skip

    assert wrongs(*strange) == [[] for _ in strange]


@needs_node
def test_a_concept_without_any_of_the_codes_that_fhir_allows_is_refused() -> None:
    local = {"coding": [{"system": "https://clinic.example", "code": "A"}, {"system": CLINICAL, "code": "bogus"}]}

    [found] = wrongs(condition(clinicalStatus=local))
    assert {path for path, _ in found} == {"clinicalStatus"}


@needs_node
def test_a_type_the_tracker_does_not_keep_is_not_judged_alone_nor_contained() -> None:
    odd = {"resourceType": "Claim", "nonsense": True}

    assert wrongs(odd, observation(contained=[odd | {"id": "c"}])) == [[], []]


@needs_node
def test_every_type_the_tracker_keeps_is_judged() -> None:
    found = wrongs(*({"resourceType": kind, "nonsense": True} for kind in sorted(JUDGED)))

    assert all(("nonsense", "“true” is no element that FHIR R4 has here") in each for each in found)


@needs_node
def test_a_shape_it_stumbles_over_is_not_judged_and_the_next_one_is() -> None:
    validator = NodeValidator()
    with pytest.raises(CannotJudge):
        ask(validator, observation(subject={"reference": 5}))

    assert ask(validator, observation(status="done")) != []
    validator.close()


@needs_node
def test_what_cannot_be_written_as_json_is_not_judged() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    validator = NodeValidator()

    for value in (float("nan"), {1, 2}, deep):
        with pytest.raises(CannotJudge):
            ask(validator, patient(active=value))
    assert ask(validator, patient()) == []
    validator.close()


@needs_node
@pytest.mark.parametrize(
    "text", ["\u2028", "\u2029\r\n", "\ud800", "\x00", "😀" * 10, "</script>", '"}\n{"', "x" * 3_000_000]
)
def test_hostile_and_very_long_text_comes_through_as_one_line(text: str) -> None:
    sound, odd = wrongs(patient(name=[{"family": text}]), patient(name=[{"family": text}], gender=text))

    assert sound == []
    assert {path for path, _ in odd} == {"gender"}


@needs_node
def test_answers_belong_to_their_tickets_in_whatever_order_they_are_fetched() -> None:
    validator = NodeValidator()
    tickets = [validator.begin(parts_of(observation(status=f"wrong-{number}"))) for number in range(300)]
    for number in (299, 0, 150):
        [wrong] = validator.finish(tickets[number])
        assert f"“wrong-{number}”" in wrong.reason
    validator.close()


@needs_node
def test_much_is_sent_ahead_without_either_side_waiting_for_the_other() -> None:
    large = patient(name=[{"family": "x" * 1_000_000}], nonsense=True)
    validator = NodeValidator()
    tickets = [validator.begin(parts_of(large)) for _ in range(30)]

    assert [len(validator.finish(ticket)) for ticket in tickets] == [1] * 30
    validator.close()


@needs_node
def test_an_answer_that_has_come_already_can_be_forgotten_too() -> None:
    validator = NodeValidator()
    first, second = (validator.begin(parts_of(observation(status="done"))) for _ in range(2))
    validator.finish(second)
    assert validator.unfetched == 1

    validator.forget(first)

    assert validator.unfetched == 0
    validator.close()


@needs_node
def test_an_answer_nobody_wants_any_more_is_not_kept() -> None:
    validator = NodeValidator()
    forgotten, wanted = (validator.begin(parts_of(observation(status="done"))) for _ in range(2))
    validator.forget(forgotten)

    assert len(validator.finish(wanted)) == 1
    assert validator.unfetched == 0
    assert validator.finish(forgotten) == []
    validator.close()


def test_nothing_is_started_before_the_first_resource() -> None:
    validator = NodeValidator()

    assert validator.pid is None
    assert ask(validator, {"resourceType": "Claim"}) == []
    assert validator.pid is None
    validator.close()


@needs_node
def test_nothing_is_left_running_after_the_end() -> None:
    validator = NodeValidator()
    ask(validator, patient())
    pid = validator.pid
    assert pid is not None and is_running(pid)

    validator.close()

    assert not is_running(pid)
    assert validator.pid is None
    validator.close()


@needs_node
def test_it_ends_at_once_with_work_still_unsent() -> None:
    validator = NodeValidator()
    ask(validator, patient())
    pid = validator.pid
    for _ in range(20):
        validator.begin(parts_of(patient(name=[{"family": "x" * 2_000_000}])))

    began = time.monotonic()
    validator.close()
    assert time.monotonic() - began < LINGER
    assert pid is not None and not is_running(pid)


@needs_node
def test_it_can_be_used_again_after_the_end() -> None:
    validator = NodeValidator()
    assert len(ask(validator, observation(status="done"))) == 1
    validator.close()

    assert len(ask(validator, observation(status="done"))) == 1
    validator.close()


@needs_node
def test_the_process_ends_when_the_import_is_killed() -> None:
    program = (
        "import time\nfrom tracker.fhir.validation.node_validator import NodeValidator\n"
        "from tracker.fhir.validation.spots import parts_of\nvalidator = NodeValidator()\n"
        "validator.finish(validator.begin(parts_of({'resourceType': 'Patient'})))\n"
        "print(validator.pid, flush=True)\ntime.sleep(60)\n"
    )
    running = subprocess.Popen([sys.executable, "-c", program], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    pid = int(running.stdout.readline())

    running.kill()
    running.wait()
    running.stdout.close()

    deadline = time.monotonic() + LINGER
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(pid)


def is_alive(pid: int) -> bool:
    """Running and no zombie; an orphan's own parent may be slow to bury it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@needs_node
def test_a_process_that_is_killed_between_two_resources_is_started_again_and_nothing_is_lost() -> None:
    validator = NodeValidator()
    assert len(ask(validator, observation(status="done"))) == 1
    killed = validator.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)

    assert len(ask(validator, observation(status="done"))) == 1
    assert validator.pid not in (None, killed)
    assert not is_running(killed)
    assert validator.notes == []
    validator.close()


@needs_node
def test_a_process_that_is_killed_in_the_middle_is_asked_again_for_what_it_had() -> None:
    validator = NodeValidator()
    tickets = [validator.begin(parts_of(observation(status="done"))) for _ in range(200)]
    assert len(validator.finish(tickets[0])) == 1
    assert validator.pid is not None
    os.kill(validator.pid, signal.SIGKILL)

    assert [len(validator.finish(ticket)) for ticket in tickets[1:]] == [1] * 199
    validator.close()


def answers(*bodies: str) -> str:
    return "\n".join(bodies) + "\nsay({ ticket: told.ticket, judged: told.resources.map(() => ({ found: [] })) })"


@needs_node
def test_a_resource_at_which_it_dies_twice_is_left_out_in_a_sentence(tmp_path: Path) -> None:
    program = script(tmp_path, answers("if (line.includes('poison')) process.exit(1)"))
    validator = NodeValidator(script=program)
    poisoned, sound = (validator.begin(parts_of(patient(id=name))) for name in ("poison", "sound"))

    with pytest.raises(CannotJudge):
        validator.finish(poisoned)

    assert validator.finish(sound) == []
    assert validator.notes == [
        "The validator npm fhir stopped twice at one resource and left it out; the other checks were made."
    ]
    validator.close()


@needs_node
def test_a_resource_that_takes_too_long_is_left_out_in_a_sentence(tmp_path: Path) -> None:
    program = script(tmp_path, answers("if (line.includes('slow')) while (true) {}"))
    validator = NodeValidator(script=program, limit=0.5)
    slow, sound = (validator.begin(parts_of(patient(id=name))) for name in ("slow", "sound"))

    began = time.monotonic()
    with pytest.raises(CannotJudge):
        validator.finish(slow)
    assert validator.finish(sound) == []

    assert time.monotonic() - began < LINGER
    assert "took longer than 0.5 seconds for one resource and left it out" in validator.notes[0]
    validator.close()


@needs_node
def test_a_process_that_reads_nothing_does_not_hold_up_what_is_sent(tmp_path: Path) -> None:
    program = tmp_path / "deaf.mjs"
    program.write_text("console.log('{\"ready\": true}')\nsetInterval(() => {}, 1000)\n")
    validator = NodeValidator(script=program, limit=0.2)
    began = time.monotonic()
    tickets = [validator.begin(parts_of(patient(name=[{"family": "x" * 500_000}]))) for _ in range(10)]
    for ticket in tickets[:MOST_DEATHS]:
        with pytest.raises(CannotJudge):
            validator.finish(ticket)

    assert time.monotonic() - began < 2 * LINGER
    validator.close()


@needs_node
def test_one_that_keeps_dying_is_given_up_once_and_for_all(tmp_path: Path) -> None:
    validator = NodeValidator(script=script(tmp_path, "process.exit(1)"))
    for _ in range(10):
        try:
            assert ask(validator, patient()) == []
        except CannotJudge:
            continue

    assert validator.pid is None
    assert sum("did not take part" in note for note in validator.notes) == 1
    assert len(validator.notes) <= MOST_DEATHS + 1
    validator.close()


@needs_node
@pytest.mark.parametrize("said", ["nonsense", "[]", "5", '{"ticket": "x"}', "{}"])
def test_one_that_talks_nonsense_is_given_up(tmp_path: Path, said: str) -> None:
    validator = NodeValidator(script=script(tmp_path, f"console.log({said!r})"))
    for _ in range(10):
        try:
            assert ask(validator, patient()) == []
        except CannotJudge:
            continue

    assert "did not take part" in validator.notes[-1]
    validator.close()


def test_without_node_it_says_so_once_and_objects_to_nothing(tmp_path: Path) -> None:
    validator = NodeValidator(node=tmp_path / "no-node-here")

    for _ in range(3):
        assert ask(validator, observation(status="done")) == []
    assert validator.notes == [
        "The validator npm fhir did not take part: Node could not be started. The other checks were made; run “make "
        "setup” and import again to have all of them."
    ]
    validator.close()


@pytest.mark.skipif(not NODE.exists(), reason="needs the Node of the environment")
def test_without_its_package_it_says_so_once_and_objects_to_nothing(tmp_path: Path) -> None:
    copied = tmp_path / SCRIPT.name
    copied.write_bytes(SCRIPT.read_bytes())
    validator = NodeValidator(script=copied)

    for _ in range(3):
        assert ask(validator, observation(status="done")) == []
    assert ["its package is not installed" in note for note in validator.notes] == [True]
    assert validator.pid is None
    validator.close()


@needs_node
def test_the_process_is_given_none_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_SECRET_KEY", "never to be seen")
    leak = answers("if (process.env.TRACKER_SECRET_KEY) process.exit(1)")
    validator = NodeValidator(script=script(tmp_path, leak))

    assert ask(validator, encounter()) == []
    assert validator.notes == []
    validator.close()
