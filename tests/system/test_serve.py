"""What `make run` starts: two processes that live and end together."""

import sys
import time
from pathlib import Path

import pytest

from config import Config
from tracker import serve

QUICK = [sys.executable, "-c", "pass"]
FAILING = [sys.executable, "-c", "raise SystemExit(3)"]
FOR_EVER = "import time, pathlib; pathlib.Path({flag!r}).touch(); time.sleep(600)"


def for_ever(flag: Path) -> list[str]:
    return [sys.executable, "-c", FOR_EVER.format(flag=str(flag))]


@pytest.mark.parametrize(("first", "status"), [(QUICK, 0), (FAILING, 3)])
def test_when_one_process_ends_the_other_is_ended_too(first: list[str], status: int, tmp_path: Path) -> None:
    started = time.monotonic()
    assert serve.run_together([first, for_ever(tmp_path / "flag")]) == status
    assert time.monotonic() - started < 60


def test_the_web_process_never_runs_the_scheduler() -> None:
    web, scheduler = serve.commands(5000, 2)
    assert "tracker.wsgi:app" in web
    assert "127.0.0.1:5000" in web
    assert scheduler[-1] == "tracker.scheduler"


def test_unsafe_settings_end_in_a_sentence_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRACKER_ENV", "production")
    for name in ("DATABASE_URL", "TRACKER_SECRET_KEY", "TRACKER_ENCRYPTION_KEYS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(serve, "run_together", lambda argvs: pytest.fail("must not start"))
    assert serve.main([]) == 1
    assert "DATABASE_URL is not set" in capsys.readouterr().err


def test_production_never_gets_a_demo_clinic(monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> None:
    strong = "k3Jx-9fPqL0-zR8vTn2-Wb7yCd5-Ae1gHi6"
    config = Config(production=True, database_url=sqlite_url, secret_key=strong, encryption_keys=(strong,))
    monkeypatch.setattr(Config, "from_env", lambda: config)
    monkeypatch.setattr(serve, "seed_if_empty", lambda app: pytest.fail("must not be seeded"))
    serve.prepare(demo=True)
