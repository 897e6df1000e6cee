"""The pages of the record: what each part holds, its entries in a table, and what a save changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from tracker.services.record_contents import Part, RecordContents
from tracker.services.sections.editing import SavedEntry, SectionSheet
from tracker.services.sections.spec import Field, Group, Kind, Section
from tracker.web.section_words import Reader, sentence

GROUPS = {
    Group.DIAGNOSIS: _l("Diagnosis"),
    Group.RISK: _l("Risk"),
    Group.WORK_UP: _l("Work-up"),
    Group.TREATMENT: _l("Treatment"),
    Group.PEOPLE: _l("People"),
    Group.HEALTH: _l("Health"),
}
NEWEST = 3
NUMBERS = (Kind.DECIMAL, Kind.INTEGER)
MOST_COLUMNS = 6
# What would make a table hard to read.
QUIET = (Kind.LONG_TEXT, Kind.ORGANS, Kind.DIAGNOSIS)


# The contents of the record


@dataclass(frozen=True)
class PartView:
    """One part on the contents page."""

    section: Section
    title: str
    count: int
    newest: list[str]
    may_edit: bool


def contents_groups(contents: RecordContents) -> list[tuple[str, str, list[PartView]]]:
    """Every group that has a part, with its heading and its parts in order."""
    reader = Reader.of(contents.catalogue, contents.pack, contents.diagnoses)
    return [
        (group.value, str(words), [_part(each, reader) for each in contents.parts if each.section.group == group])
        for group, words in GROUPS.items()
    ]


def _part(part: Part, reader: Reader) -> PartView:
    newest = [reader.headline(part.section, row) for row in newest_first(part.section, part.rows)[:NEWEST]]
    return PartView(part.section, str(_(part.section.title)), len(part.rows), newest, part.may_edit)


def newest_first(section: Section, rows: Iterable[Any]) -> list[Any]:
    """By date, the newest first; those without a date last, the one last recorded before the others."""

    def order(row: Any) -> tuple[bool, str, Any]:
        on = getattr(row, section.on) if section.on else None
        return (on is not None, str(on or ""), row.recorded_at)

    return sorted(rows, key=order, reverse=True)


# The entries of one part


@dataclass(frozen=True)
class EntriesTable:
    """The entries of a part: what its columns are called, and for each entry its cells, id and name."""

    columns: list[Any]
    rows: list[tuple[UUID, str, list[str]]]


def entries_table(sheet: SectionSheet) -> EntriesTable:
    """The headline fields, then others while there is room; the newest entry first."""
    section, reader = sheet.section, reader_of(sheet)
    fields = _columns(section)
    dated = bool(section.on)
    columns: list[Any] = [str(_("When"))] if dated else []
    columns += [{"text": str(_(each.label)), "numeric": each.kind in NUMBERS} for each in fields]
    rows = []
    for row in newest_first(section, sheet.rows):
        cells = [reader.when(section, row) or str(_("date not recorded"))] if dated else []
        cells += [reader.value(each, getattr(row, each.name)) for each in fields]
        rows.append((row.id, reader.headline(section, row), cells))
    return EntriesTable(columns, rows)


def reader_of(sheet: SectionSheet) -> Reader:
    return Reader.of(sheet.catalogue, sheet.pack, sheet.diagnoses)


def _columns(section: Section) -> list[Field]:
    named = [section.field(name) for name in section.headline]
    elsewhere = {*section.headline, section.on, section.until}
    others = [each for each in section.fields if each.name not in elsewhere and each.kind not in QUIET]
    return (named + others)[: max(MOST_COLUMNS, len(named))]


def entry_facts(sheet: SectionSheet, row: Any) -> list[dict[str, str]]:
    """All that an entry says, for a page that asks whether it shall go."""
    reader, section = reader_of(sheet), sheet.section
    said = ((each, reader.value(each, getattr(row, each.name))) for each in section.fields)
    return [{"key": str(_(spec.label)), "value": words} for spec, words in said if words]


# After saving


def saved_words(saved: SavedEntry, section: Section) -> str:
    """ "Radiation course recorded. 3 checks are now planned that were not before." """
    return _and_plan(_("%(one)s recorded.", one=sentence(section.one)), saved, section)


def changed_words(saved: SavedEntry, section: Section) -> str:
    return _and_plan(_("%(one)s changed.", one=sentence(section.one)), saved, section)


def removed_words(saved: SavedEntry, section: Section) -> str:
    return _and_plan(_("%(one)s removed.", one=sentence(section.one)), saved, section)


def _and_plan(done: str, saved: SavedEntry, section: Section) -> str:
    parts = [str(done)]
    if saved.opened:
        parts.append(
            ngettext(
                "%(num)d check is now planned that was not before.",
                "%(num)d checks are now planned that were not before.",
                len(saved.opened),
            )
        )
    if saved.closed:
        parts.append(
            ngettext(
                "%(num)d check is no longer planned as it was.",
                "%(num)d checks are no longer planned as they were.",
                len(saved.closed),
            )
        )
    if section.derives and len(parts) == 1:
        parts.append(str(_("The plan stays as it was.")))
    return " ".join(parts)
