"""Shared by the tests of the validators: whether Node and its package are here, and what a test asks for."""

import json
import os
from pathlib import Path

import pytest

from tests.fhir.builders import Json
from tests.shared import PROJECT
from tracker.fhir.validation import Validators
from tracker.fhir.validation.node_validator import NODE, NodeValidator
from tracker.fhir.validation.spots import parts_of

LINGER = 5.0
PACKAGE = PROJECT / "node_modules" / "fhir" / "package.json"

needs_node = pytest.mark.skipif(
    not (NODE.exists() and PACKAGE.exists()), reason="needs the npm package fhir in node_modules: run make setup"
)


def found_by(name: str, resource: Json) -> list[tuple[str, str]]:
    """Paths and reasons that one of the three gives."""
    with Validators((name,)) as validators:
        return [(each.path, each.reason) for each in validators.check(resource, "")]


def ask(validator: NodeValidator, resource: Json) -> list[tuple[str, str]]:
    """What it finds wrong with one resource."""
    return [(each.path, each.reason) for each in validator.finish(validator.begin(parts_of(resource)))]


def is_running(pid: int) -> bool:
    """Whether there is such a process, a zombie counted as one."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def script(folder: Path, body: str) -> Path:
    """A program for Node that says it is ready and then does what it is told with each ``line``."""
    path = folder / "program.mjs"
    ready = f"console.log({json.dumps(json.dumps({'ready': True}))})"
    path.write_text(
        "import { createInterface } from 'node:readline'\n"
        f"{ready}\n"
        "const say = (told) => console.log(JSON.stringify(told))\n"
        "for await (const line of createInterface({ input: process.stdin })) {\n"
        f"const told = JSON.parse(line)\n{body}\n}}\n"
    )
    return path
