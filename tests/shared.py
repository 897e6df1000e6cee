"""Where the sample data that others made lies, when it is there at all (it is never part of the project)."""

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent


def shared_dir() -> Path | None:
    """The folder beside the project, or the one named by TRACKER_SHARED; None where there is none."""
    candidate = Path(os.environ.get("TRACKER_SHARED", PROJECT.parent / "shared"))
    return candidate if candidate.is_dir() else None


def need_shared(*parts: str) -> Path:
    """The path below the shared folder; skips the test, saying so, where it is absent."""
    root = shared_dir()
    if root is None or not root.joinpath(*parts).exists():
        pytest.skip(f"needs the shared sample data ({'/'.join(parts)}), which is not here")
    return root.joinpath(*parts)
