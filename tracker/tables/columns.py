"""What a table that comes in is made of: its columns, their names and limits, declared once.

Reading, checking, templates and documentation all come from these declarations.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

LIKENESS = 0.6


class Value(StrEnum):
    """What a column holds. NAME: a line of text with its spaces evened out; LONG_TEXT: kept as it is. IDENTIFIER: a
    number that is none, like 00417. PART_DAY: a date of which the year may be all that is known."""

    TEXT = "text"
    NAME = "name"
    LONG_TEXT = "long text"
    IDENTIFIER = "identifier"
    LANGUAGE = "language"
    DAY = "date"
    PART_DAY = "date, or year, or year and month"
    NUMBER = "number"
    COUNT = "whole number"
    CHOICE = "one of"
    YES_NO = "yes or no"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column. ``aliases``: other names a heading may have. ``choices``: code → other words for it. ``only_of``:
    in a table of several kinds of rows, the kinds that have it (empty: all). ``examples``: of the template's rows."""

    name: str
    meaning: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    value: Value = Value.TEXT
    longest: int = 200
    choices: Mapping[str, tuple[str, ...]] | None = None
    only_of: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()

    @property
    def example(self) -> str:
        """A value as the documentation shows it."""
        return next((each for each in self.examples if each), "")

    def choice(self, text: str) -> str | None:
        """The code that a word means."""
        wanted = even(text)
        for code, words in (self.choices or {}).items():
            if wanted in {even(code), *(even(each) for each in words)}:
                return code
        return None


@dataclass(frozen=True)
class Layout:
    """One kind of table: ``kind`` as the command names it, what it is for, and its columns in order."""

    kind: str
    purpose: str
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """The column of this name."""
        return next(each for each in self.columns if each.name == name)

    def find(self, heading: str) -> Column | None:
        """The column that a heading means, by its name or another one for it."""
        wanted = squeezed(heading)
        return next((each for each in self.columns if wanted in _names(each)), None)

    def nearest(self, heading: str) -> str | None:
        """The name of the column whose name is most like a heading that means none."""
        names = {name: each.name for each in self.columns for name in _names(each)}
        found = get_close_matches(squeezed(heading), names, n=1, cutoff=LIKENESS)
        return names[found[0]] if found else None


def squeezed(heading: str) -> str:
    """A heading as it is compared: small letters and digits alone."""
    return "".join(each for each in heading.casefold() if each.isalnum())


def even(text: str) -> str:
    """A word of a list as it is compared."""
    return " ".join(re.sub(r"[_\-]", " ", text.casefold()).split())


def _names(column: Column) -> tuple[str, ...]:
    return tuple(squeezed(each) for each in (column.name, *column.aliases))
