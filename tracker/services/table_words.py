"""Names typed into a table as the codes they mean: exactly one, or a problem that lists what may be meant."""

from collections.abc import Mapping
from typing import Any

from tracker.engine.catalogue import folded, lookup, title_of

OFFERED = 5


class NotOne(ValueError):
    """A name that means nothing, or more than one thing; the message lists what may be meant."""


def exactly(entries: Mapping[str, Any], typed: str) -> str:
    """The code of the one entry with this code, name or synonym; capitals, accents and punctuation aside.

    Raises:
        NotOne: there is none, or there are several. What merely begins a name is never taken for it.
    """
    found = named(entries, typed)
    if len(found) == 1:
        return found[0]
    if found:
        raise NotOne(f"“{typed[:80]}” can mean {_listed(entries[code] for code in found)}. Write which")
    offered = _listed(lookup(entries, typed, OFFERED))
    raise NotOne(f"“{typed[:80]}” is not known here. " + (f"Is it {offered}?" if offered else "Write its usual name"))


def or_as_typed(entries: Mapping[str, Any], typed: str) -> str:
    """The code where the text is exactly one entry's, else the text: for fields that take other words too."""
    found = named(entries, typed)
    return found[0] if len(found) == 1 else typed


def named(entries: Mapping[str, Any], typed: str) -> list[str]:
    """The codes of all entries with this code, name or synonym."""
    if typed in entries:
        return [typed]
    wanted = folded(typed)
    return [code for code, each in entries.items() if wanted and wanted in _names(each)]


def _names(entry: Any) -> set[str]:
    return {folded(text) for text in (title_of(entry), entry.code, *entry.synonyms)}


def _listed(entries: Any) -> str:
    return " or ".join(f"“{title_of(each)}”" for each in entries)
