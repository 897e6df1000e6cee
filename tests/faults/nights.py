"""The work that is killed: a tick of the flag job and a round of the sender, or a recompute; in small batches."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.faults.world import REFUSED
from tracker import marks
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.jobs import cross_boundaries, send_outbox
from tracker.messaging.base import Outgoing, Refused
from tracker.services import boundaries, leases, outbox, recompute

BASE = "https://tracker.example"


@dataclass(frozen=True)
class Ledger:
    """A mail server that writes down each message it takes, before it says so; some addresses it refuses."""

    folder: Path

    def send(self, message: Outgoing) -> None:
        if message.to == REFUSED:
            raise Refused("no such address")
        line = f"{message.key}\n".encode()
        descriptor = os.open(self.folder / "sent.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(descriptor, line)
        os.close(descriptor)


def small_batches(patched: pytest.MonkeyPatch) -> None:
    """So that each kind of batch comes several times in a night."""
    patched.setattr(boundaries, "BATCH", 2)
    patched.setattr(boundaries, "CROSSED_AT_ONCE", 20)
    patched.setattr(recompute, "CHUNK", 1)
    patched.setattr(recompute, "WRITTEN_AT_ONCE", 1)
    patched.setattr(recompute, "SAVED_EVERY", 1)


def night(database: Database, at: datetime, folder: Path, holder: str) -> None:
    """A tick and a round of the sender. LeaseLost comes out; a lease that somebody else has is left to them."""
    clock = FixedClock(at)
    cross_boundaries.run(database, clock, holder=holder)
    send_outbox.run(database, clock, Ledger(folder), base_url=BASE, jitter=lambda: 1.0)


def whole_recompute(database: Database, at: datetime, _folder: Path, holder: str) -> None:
    """Everybody's plan."""
    recompute.run(database, FixedClock(at), holder=holder)


def recompute_after(database: Database, at: datetime, folder: Path) -> None:
    """Somebody asks for it again once the lease of the dead has run out."""
    whole_recompute(database, at + leases.TTL, folder, "living")


def night_after(database: Database, at: datetime, folder: Path) -> None:
    """What the schedulers that live on do: the lease of the dead runs out, then its claim on a message."""
    night(database, at + leases.TTL, folder, "living")
    night(database, at + outbox.CLAIM_FOR + timedelta(minutes=1), folder, "living")


def counting(passed: Counter[str]) -> Callable[[str], None]:
    def note(point: str) -> None:
        passed[point] += 1

    return note


def at_the(nth: int, point: str, signal_number: int) -> Callable[[str], None]:
    """Send this process a signal when it passes the point for the nth time."""
    passed: Counter[str] = Counter()

    def note(name: str) -> None:
        passed[name] += 1
        if name == point and passed[name] == nth:
            os.kill(os.getpid(), signal_number)

    return note


@contextmanager
def listening(listener: Callable[[str], None]) -> Iterator[None]:
    """Every point that is passed meanwhile is told."""
    marks.listener = listener
    try:
        yield
    finally:
        marks.listener = None


@dataclass(frozen=True)
class Work:
    """What is begun, and what is done by those who live on when it was killed."""

    begin: Callable[[Database, datetime, Path, str], None]
    after: Callable[[Database, datetime, Path], None]


WORKS = {"night": Work(night, night_after), "recompute": Work(whole_recompute, recompute_after)}
