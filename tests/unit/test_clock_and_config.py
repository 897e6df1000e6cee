"""The clock and the settings."""

import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from config import Config, ConfigError
from tracker.clock import FixedClock, OnDay, SystemClock

STRONG = "k3Jx-9fPqL0-zR8vTn2-Wb7yCd5-Ae1gHi6"


def test_a_clock_tells_each_clinics_own_day() -> None:
    clock = FixedClock(datetime(2026, 11, 24, 3, 30, tzinfo=UTC))
    assert clock.today("America/New_York") == date(2026, 11, 23)
    assert clock.today("Europe/London") == date(2026, 11, 24)
    assert clock.today("Australia/Sydney") == date(2026, 11, 24)


def test_a_fixed_clock_stands_still_until_it_is_set() -> None:
    clock = FixedClock.on(date(2026, 2, 28))
    assert clock.now() == clock.now() == datetime(2026, 2, 28, 12, tzinfo=UTC)
    clock.advance(timedelta(days=1))
    assert clock.today("UTC") == date(2026, 3, 1)
    clock.set(date(2028, 2, 29))
    assert clock.today("America/Los_Angeles") == date(2028, 2, 29)


def test_a_clock_refuses_an_instant_without_a_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        FixedClock(datetime(2026, 11, 23, 12))


def test_a_clock_on_another_day_still_tells_the_real_instant() -> None:
    real = FixedClock(datetime(2026, 11, 24, 3, 30, tzinfo=UTC))
    clock = OnDay(real, date(2028, 2, 29))
    assert {clock.today(tz) for tz in ("America/New_York", "Australia/Sydney")} == {date(2028, 2, 29)}
    real.advance(timedelta(hours=2))
    assert clock.now() == datetime(2026, 11, 24, 5, 30, tzinfo=UTC)


def test_the_system_clock_speaks_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_on_a_laptop_nothing_need_be_set(tmp_path: Path) -> None:
    config = Config.from_env({"TRACKER_INSTANCE": str(tmp_path / "instance")})
    config.check()
    assert config.url() == f"sqlite:///{tmp_path}/instance/tracker.db"
    assert config.base_url == "http://localhost:5000"


def test_a_laptops_secrets_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    first = Config.from_env({"TRACKER_INSTANCE": str(tmp_path)})
    second = Config.from_env({"TRACKER_INSTANCE": str(tmp_path)})
    assert first.secret() == second.secret() != first.keys()[0]
    assert len(first.secret()) >= 32
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_production_lists_everything_that_is_missing_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        Config.from_env({"TRACKER_ENV": "production"}).check()
    for name in ("DATABASE_URL", "TRACKER_SECRET_KEY", "TRACKER_ENCRYPTION_KEYS"):
        assert f"{name} is not set" in str(refused.value)


@pytest.mark.parametrize("weak", ["short", "a" * 60, "abcabcabc" * 6])
def test_production_refuses_a_weak_secret(weak: str) -> None:
    env = {
        "TRACKER_ENV": "production",
        "DATABASE_URL": "postgresql://localhost/tracker",
        "TRACKER_SECRET_KEY": weak,
        "TRACKER_ENCRYPTION_KEYS": STRONG,
    }
    with pytest.raises(ConfigError, match="TRACKER_SECRET_KEY is too weak"):
        Config.from_env(env).check()
    Config.from_env(env | {"TRACKER_SECRET_KEY": STRONG}).check()


def test_production_never_makes_a_secret_of_its_own(tmp_path: Path) -> None:
    config = Config.from_env({"TRACKER_ENV": "production", "TRACKER_INSTANCE": str(tmp_path)})
    with pytest.raises(ConfigError):
        config.secret()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("TRACKER_SMTP_PORT", "mail", "TRACKER_SMTP_PORT must be a whole number"),
        ("TRACKER_TRUSTED_PROXIES", "-1", "TRACKER_TRUSTED_PROXIES must be a whole number"),
    ],
)
def test_a_setting_that_cannot_be_says_so(name: str, value: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Config.from_env({name: value}).check()


def test_the_settings_do_not_print_their_secrets_by_accident() -> None:
    config = Config(secret_key="do-not-show", smtp_password="nor-this", encryption_keys=("nor-that",))
    assert not any(word in repr(config) for word in ("do-not-show", "nor-this", "nor-that"))
