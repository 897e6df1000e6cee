"""A pack's pack.toml: name, edition, rights, and the few numbers and words that are not rows of a table."""

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NoReturn

from tracker.errors import PackError
from tracker.guidelines.ucum import is_ucum

FILE = "pack.toml"


@dataclass(frozen=True, slots=True)
class Settings:
    """The keys of pack.toml, each read with its type."""

    values: dict[str, object]

    @classmethod
    def read(cls, folder: Path) -> "Settings":
        """Read the file.

        Raises:
            PackError: it is missing or is not TOML.
        """
        try:
            return cls(tomllib.loads((folder / FILE).read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise PackError(f"{FILE}: the file is missing from {folder}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise PackError(f"{FILE}: cannot be read as TOML: {error}") from error

    def refuse(self, key: str, why: str) -> NoReturn:
        """Refuse the pack because of this key."""
        raise PackError(f"{FILE}, key {key}: {why}")

    def text(self, key: str) -> str:
        value = self.values.get(key)
        return value if isinstance(value, str) and value else self.refuse(key, "must be a text")

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key)
        if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
            self.refuse(key, "must be a list of texts")
        return tuple(value)

    def day(self, key: str) -> date:
        value = self.values.get(key)
        return value if type(value) is date else self.refuse(key, "must be a date such as 2026-01-01")

    def days(self, key: str) -> int:
        value = self.values.get(key)
        return value if type(value) is int and value >= 0 else self.refuse(key, "must be a number of days")

    def units(self) -> dict[str, str]:
        """The ending of an exposure's name → the unit it promises."""
        table = self.values.get("units")
        if not isinstance(table, dict):
            self.refuse("units", "must be a table of endings and units")
        for ending, unit in table.items():
            if not isinstance(unit, str) or not is_ucum(unit):
                self.refuse(f"units.{ending}", f"{unit!r} is not a UCUM unit")
        return dict(table)
