"""A process that has read everything and compiled every statement, and forks one child for each fault.

Starting Python for each kill would take longer than the night that is killed. The child opens a connection of its own.
Orders come as lines of JSON and are answered the same way.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from tests.conftest import KEYS
from tests.faults import nights
from tests.shared import PROJECT
from tests.statements import compile_once
from tracker import marks
from tracker.crypto import use_keys
from tracker.db import Database
from tracker.services.leases import LeaseLost

FINE, FAILED, LEASE_LOST, DATABASE_GONE = 0, 1, 7, 8
BEGINNING = ""
AT_ONCE = (BEGINNING, 1, int(signal.SIGSTOP))


@dataclass
class Warmed:
    """The other side: gives orders, and learns how the child ended."""

    process: "subprocess.Popen[str]"

    @classmethod
    def up(cls) -> "Warmed":
        command = [sys.executable, "-m", "tests.faults.warmed"]
        return cls(
            subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        )

    def ask(self, order: str, **given: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"order": order} | given, default=str) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the warmed process is gone"
        return json.loads(answer)

    def undisturbed(self, work: str, url: str, at: datetime, folder: Path) -> Counter[str]:
        """Work in the warmed process itself, which learns all statements by it; how often each point is passed."""
        return Counter(self.ask("undisturbed", work=work, url=url, at=at, folder=folder))

    def start(
        self, work: str, url: str, at: datetime, folder: Path, holder: str, signals: tuple[str, int, int] = AT_ONCE
    ) -> int:
        """Begin work in a child: its process id. ``signals``: the point, the time it is passed, the signal then.

        Unless told otherwise the child stands still before it begins, until it is sent on its way.
        """
        return int(self.ask("child", work=work, url=url, at=at, folder=folder, holder=holder, signals=signals))

    def wait(self, pid: int) -> int:
        """How the child ended, as of ``subprocess``: minus the signal that ended or stopped it, or its exit code."""
        return int(self.ask("wait", pid=pid))

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def _undisturbed(order: dict[str, Any]) -> Counter[str]:
    passed: Counter[str] = Counter()
    with nights.listening(nights.counting(passed)):
        _work(order | {"holder": "undisturbed"})
    return passed


def _work(order: dict[str, Any]) -> None:
    database = Database(order["url"])
    nights.WORKS[order["work"]].begin(
        database, datetime.fromisoformat(order["at"]), Path(order["folder"]), order["holder"]
    )
    database.close()


def _child(order: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    code = FAILED
    try:
        point, nth, number = order["signals"]
        with nights.listening(nights.at_the(nth, point, number)):
            marks.passed(BEGINNING)
            _work(order)
        code = FINE
    except LeaseLost:
        code = LEASE_LOST
    except OperationalError:
        code = DATABASE_GONE
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _wait(order: dict[str, Any]) -> int:
    _, status = os.waitpid(order["pid"], os.WUNTRACED)
    if os.WIFSTOPPED(status):
        return -os.WSTOPSIG(status)
    return os.waitstatus_to_exitcode(status)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    use_keys(KEYS)
    obey = {"undisturbed": _undisturbed, "child": _child, "wait": _wait}
    with pytest.MonkeyPatch.context() as patched:
        compile_once(patched)
        nights.small_batches(patched)
        for line in sys.stdin:
            order = json.loads(line)
            sys.stdout.write(json.dumps(obey[order["order"]](order)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
