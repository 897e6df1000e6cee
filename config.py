"""Settings, read once from the environment, with safe defaults for a laptop.

In production (``TRACKER_ENV=production``) nothing secret has a default: ``Config.check()`` lists everything
that is missing at once, and refuses a weak secret. On a laptop the secrets are made on first use and kept
beside the database, readable by their owner only.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tracker.errors import TrackerError

PROJECT = Path(__file__).resolve().parent
MIN_SECRET = 32


class ConfigError(TrackerError):
    """The settings cannot be used; the message lists each one and what to do."""


@dataclass(frozen=True)
class Config:
    """What the application needs to know of its surroundings."""

    production: bool = False
    instance: Path = PROJECT / "instance"
    database_url: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    encryption_keys: tuple[str, ...] = field(default=(), repr=False)
    base_url: str = "http://localhost:5000"
    smtp_host: str = ""
    smtp_port: int = 25
    smtp_sender: str = ""
    smtp_starttls: bool = False
    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    trusted_proxies: int = 0
    testing: bool = False
    _made: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Config":
        """Read the settings; never fails for a missing one (``check`` does), so that ``plan`` needs none."""
        env = os.environ if env is None else env
        return cls(
            production=env.get("TRACKER_ENV", "") == "production",
            instance=Path(env.get("TRACKER_INSTANCE", str(PROJECT / "instance"))),
            database_url=env.get("DATABASE_URL", ""),
            secret_key=env.get("TRACKER_SECRET_KEY", ""),
            encryption_keys=tuple(key for key in env.get("TRACKER_ENCRYPTION_KEYS", "").split(",") if key),
            base_url=env.get("TRACKER_BASE_URL", "http://localhost:5000"),
            smtp_host=env.get("TRACKER_SMTP_HOST", ""),
            smtp_port=_number(env, "TRACKER_SMTP_PORT", 25),
            smtp_sender=env.get("TRACKER_SMTP_SENDER", ""),
            smtp_starttls=env.get("TRACKER_SMTP_STARTTLS", "") == "1",
            smtp_user=env.get("TRACKER_SMTP_USER", ""),
            smtp_password=env.get("TRACKER_SMTP_PASSWORD", ""),
            trusted_proxies=_number(env, "TRACKER_TRUSTED_PROXIES", 0),
        )

    def check(self) -> None:
        """Refuse to serve with settings that are missing or weak, naming all of them at once."""
        problems = self._missing() + self._weak() if self.production else []
        if problems:
            raise ConfigError("The tracker cannot start with these settings: " + "; ".join(problems))

    def _missing(self) -> list[str]:
        needed = {
            "DATABASE_URL": self.database_url,
            "TRACKER_SECRET_KEY": self.secret_key,
            "TRACKER_ENCRYPTION_KEYS": "".join(self.encryption_keys),
        }
        return [f"{name} is not set" for name, value in needed.items() if not value]

    def _weak(self) -> list[str]:
        named = [("TRACKER_SECRET_KEY", self.secret_key)]
        named += [("TRACKER_ENCRYPTION_KEYS", key) for key in self.encryption_keys]
        return [
            f"{name} is too weak: give at least {MIN_SECRET} random characters"
            for name, value in named
            if value and (len(value) < MIN_SECRET or len(set(value)) < 10)
        ]

    def url(self) -> str:
        """The database's address: ``DATABASE_URL``, or a SQLite file in the instance folder."""
        if self.database_url:
            return self.database_url
        self.instance.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{self.instance / 'tracker.db'}"

    def secret(self) -> str:
        """The secret that signs cookies and forms; on a laptop made on first use."""
        return self.secret_key or self._laptop_secret("secret-key")

    def keys(self) -> list[str]:
        """The secrets that encrypt columns, newest first; on a laptop one, made on first use."""
        return list(self.encryption_keys) or [self._laptop_secret("encryption-key")]

    def _laptop_secret(self, name: str) -> str:
        if self.production:
            self.check()
        if name not in self._made:
            self._made[name] = _kept_secret(self.instance / name)
        return self._made[name]


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, str(default))
    if not text.isdigit():
        raise ConfigError(f"{name} must be a whole number, not {text!r}")
    return int(text)


def _kept_secret(path: Path) -> str:
    """The secret in this file, made if it is not there. Two processes starting at once agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_when_written(path)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text()


def _read_when_written(path: Path) -> str:
    for _ in range(1000):
        text = path.read_text()
        if text:
            return text
    raise ConfigError(f"{path} is empty. Delete it and start again")
