"""What was typed into a field with a list, as the code it means: "adriamycin" is doxorubicin."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tracker.engine.catalogue import Catalogue, resolve, title_of
from tracker.services.sections.checks import lookup_list
from tracker.services.sections.entries import EntryInput
from tracker.services.sections.spec import Field, Kind, Section


def as_coded(section: Section, entered: EntryInput, catalogue: Catalogue) -> EntryInput:
    """The entry with codes in place of names and synonyms; what means nothing, or two things, stays as typed.

    Into a field that takes other words too, only a whole name is read as a code: "bone pain" is not cut to "bone".
    """
    coded = {
        each.name: _coded(each, entered.values[each.name], catalogue)
        for each in section.fields
        if each.name in entered.values and each.kind in (Kind.LOOKUP, Kind.CODES)
    }
    return replace(entered, values={**entered.values, **coded})


def _coded(field: Field, value: object, catalogue: Catalogue) -> object:
    entries = lookup_list(catalogue, field.lookup)
    if isinstance(value, str):
        return code_of(field, value, entries)
    if isinstance(value, list | tuple):
        return [code_of(field, each, entries) if isinstance(each, str) else each for each in value]
    return value


def code_of(field: Field, typed: str, entries: Mapping[str, Any]) -> str:
    """The code a text means, or the text itself."""
    if typed in entries:
        return typed
    found = resolve(entries, typed)
    if found is None or (field.open and not _names(entries[found], typed)):
        return typed
    return found


def _names(entry: Any, typed: str) -> bool:
    wanted = _plain(typed)
    return any(_plain(text) == wanted for text in (entry.code, title_of(entry), *entry.synonyms))


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
