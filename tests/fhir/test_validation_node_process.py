"""The process of the validator in Node never holds up an import, loses none of its findings, and does not outlive it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fhir.builders import encounter, observation, patient
from tests.fhir.validating import LINGER, ask, is_running, needs_node, script
from tests.shared import PROJECT
from tracker.fhir.validation.node_validator import MOST_DEATHS, NODE, SCRIPT, NodeValidator
from tracker.fhir.validation.python_validator import CannotJudge
from tracker.fhir.validation.spots import parts_of


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
