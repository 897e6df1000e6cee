"""The project speaks of itself alone, brings nothing of others', and keeps its own rules."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.shared import PROJECT

LONGEST = 400
WORDS_OF_ELSEWHERE = re.compile(r"/work/|registry\.npmjs|files\.pythonhosted|pypi\.org|\bTODO\b|\bFIXME\b")


def tracked() -> list[Path]:
    """The files of the project, without what set-up makes."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=PROJECT, capture_output=True, text=True
    )
    if listed.returncode != 0:
        pytest.skip("needs a git work tree")
    return [PROJECT / name for name in listed.stdout.splitlines() if (PROJECT / name).is_file()]


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def test_no_file_names_this_machine_or_a_registry() -> None:
    found = [path for path in tracked() if path.name != "test_project.py" and WORDS_OF_ELSEWHERE.search(text_of(path))]
    assert found == []


def test_no_python_file_grows_past_reading() -> None:
    long = {path.name: len(text_of(path).splitlines()) for path in tracked() if path.suffix == ".py"}
    assert {name: lines for name, lines in long.items() if lines > LONGEST} == {}


def test_what_the_lock_file_names_is_checked_by_its_hash_not_by_where_it_lies() -> None:
    lock = text_of(PROJECT / "package-lock.json")
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') > 3


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_and_explained(name: str) -> None:
    lines = [line for line in text_of(PROJECT / name).splitlines() if line and not line.startswith(("#", "-r"))]
    readme = text_of(PROJECT / "README.md").lower()
    for line in lines:
        package, pin, _ = line.partition("==")
        assert pin == "==", f"{line} is not pinned"
        assert package.partition("[")[0].lower() in readme, f"{package} is not in the README's table"


def test_nothing_of_the_sample_data_is_part_of_the_project() -> None:
    names = {path.name for path in tracked()}
    assert not any(name.endswith((".ndjson", ".ics")) or name.startswith("blns") for name in names)
    assert "EXPECTED.json" not in names


def test_the_tools_settings_can_be_read() -> None:
    settings = tomllib.loads(text_of(PROJECT / "pyproject.toml"))["tool"]
    assert settings["mypy"]["strict"] is True
    assert "ignore_errors" not in str(settings["mypy"])
