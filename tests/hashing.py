"""Hashing with the least work there is: the real settings would take most of a test's time."""

import pytest
from argon2 import PasswordHasher

from tests.factories import PASSWORD_HASH
from tracker.services import passwords


@pytest.fixture
def light_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    light = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: light)
    monkeypatch.setattr(passwords, "_nobodys_hash", lambda: PASSWORD_HASH)
