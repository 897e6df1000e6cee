"""What the pages about codes show: counts and names of codes, and nobody's record."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from tracker.engine.catalogue import title_of
from tracker.engine.rules import Pack
from tracker.fhir.codes import canonical, code_systems, listed_codes, read_codes
from tracker.intake.replay import Replayed
from tracker.services.code_mappings import KINDS, NOTHING, Meaning, OwnMapping
from tracker.services.spreadsheets import neutral
from tracker.services.unknown_codes import KINDS_OF, CodeUse, UnknownCode, UnknownCodes
from tracker.web.formats import number, us_instant

TYPE_WORDS = {
    "Condition": _l("conditions"),
    "DiagnosticReport": _l("reports"),
    "FamilyMemberHistory": _l("relatives"),
    "ImagingStudy": _l("imaging studies"),
    "Immunization": _l("vaccinations"),
    "MedicationAdministration": _l("medicines given"),
    "MedicationRequest": _l("medicines ordered"),
    "MedicationStatement": _l("medicines taken"),
    "Observation": _l("observations"),
    "Procedure": _l("procedures"),
}
KIND_WORDS = {
    "test": _l("test"),
    "diagnosis": _l("diagnosis"),
    "agent": _l("medicine"),
    "vaccine": _l("vaccine"),
    "operation": _l("operation"),
    "field": _l("radiation field"),
    "relation": _l("relation"),
    NOTHING: _l("means nothing here"),
}
COLUMNS = ("system", "code", "display", "kind", "target", "source", "note")


@dataclass(frozen=True)
class CodeRow:
    """A code that means nothing yet."""

    href: str
    code: str
    system: str
    display: str
    count: int
    people: int
    kinds: str
    last_seen: str


def rows(found: UnknownCodes, systems: Mapping[str, str], tz: str) -> list[CodeRow]:
    return [_row(each, systems, tz) for each in found.rows]


def _row(found: UnknownCode, systems: Mapping[str, str], tz: str) -> CodeRow:
    return CodeRow(
        href=url_for("codes.show", system=found.system, code=found.code),
        code=found.code,
        system=systems.get(found.system, found.system),
        display=found.display or _("(not named)"),
        count=found.count,
        people=found.people,
        kinds=types_in_words(found.resource_types),
        last_seen=us_instant(found.last_seen, tz),
    )


def types_in_words(types: Mapping[str, int]) -> str:
    """ "12 observations, 2 reports", the most frequent first."""
    ordered = sorted(types.items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(f"{number(count)} {TYPE_WORDS[name]}" for name, count in ordered)


def system_names(pack: Pack) -> dict[str, str]:
    """Code systems by what people call them."""
    return {row["system"]: row["name"] for row in code_systems(pack)}


def kinds_for(use: CodeUse) -> list[str]:
    """What such entries can be: the kinds of the most frequent type first."""
    types = sorted(use.found.resource_types.items(), key=lambda each: (-each[1], each[0]))
    return list(dict.fromkeys(kind for name, _count in types for kind in KINDS_OF[name]))


@dataclass(frozen=True)
class CodePage:
    """One code: how the files use it, and what would be read again."""

    code: str
    system: str
    system_name: str
    display: str
    displays: tuple[str, ...]
    kinds: str
    seen: str
    to_read: str
    columns_only: str
    known: str


def code_page(use: CodeUse, systems: Mapping[str, str], known: Mapping[str, str], tz: str) -> CodePage:
    found = use.found
    first, last = us_instant(found.first_seen, tz), us_instant(found.last_seen, tz)
    return CodePage(
        code=found.code,
        system=found.system,
        system_name=systems.get(found.system, found.system),
        display=found.display or found.code,
        displays=tuple(
            _("%(name)s (%(count)s times)", name=name or _("(not named)"), count=number(count))
            for name, count in use.displays
        ),
        kinds=types_in_words(found.resource_types),
        seen=first if first == last else _("%(first)s to %(last)s", first=first, last=last),
        to_read=_entries_of(found),
        columns_only=_columns_only(found.count - use.whole),
        known="; ".join(f"{KIND_WORDS[kind]}: {title}" for kind, title in known.items()),
    )


def _entries_of(found: UnknownCode) -> str:
    entries = ngettext("%(num)s entry", "%(num)s entries", found.count)
    return entries + " " + ngettext("of %(num)s person", "of %(num)s people", found.people)


def _columns_only(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "%(num)s of them came in before whole entries were kept: where too little was kept, its file is needed again.",
        "%(num)s of them came in before whole entries were kept: where too little was kept, their files are needed "
        "again.",
        count,
    )


def lists(choices: Mapping[str, Mapping[str, Any]]) -> dict[str, list[dict[str, str]]]:
    """The lists behind the boxes: names, with other names to find them by."""
    return {
        kind: [{"label": title_of(each), "others": "; ".join(each.synonyms)} for each in entries.values()]
        for kind, entries in choices.items()
    }


def meaning_words(meaning: Meaning, choices: Mapping[str, Mapping[str, Any]]) -> str:
    """ "test: Echocardiogram"."""
    return _in_words(meaning.kind, meaning.target, choices)


def _in_words(kind: str, target: str, choices: Mapping[str, Mapping[str, Any]]) -> str:
    entry = choices.get(kind, {}).get(target)
    title = title_of(entry) if entry is not None else target
    return f"{KIND_WORDS.get(kind, kind)}: {title}" if title else str(KIND_WORDS.get(kind, kind))


def replayed_words(replayed: Replayed) -> str:
    """What a mapping did, in one line."""
    told = [
        (replayed.results, _l("results")),
        (replayed.diagnoses, _l("diagnoses")),
        (replayed.parts, _l("entries of the record")),
        (replayed.left, _l("mean nothing even so")),
        (replayed.needs_file, _l("need their file again")),
        (replayed.to_check, _l("remarks in the records' history")),
    ]
    people = ngettext("The record of %(num)s person changed", "The records of %(num)s people changed", replayed.people)
    counts = ", ".join(f"{number(count)} {words}" for count, words in told if count)
    return f"{people}: {counts}." if counts else f"{people}."


@dataclass(frozen=True)
class MappingRow:
    """One of the clinic's own mappings."""

    id: str
    code: str
    system: str
    display: str
    meaning: str
    who: str
    when: str
    note: str
    left: int


def mapping_rows(
    found: Sequence[OwnMapping],
    systems: Mapping[str, str],
    choices: Mapping[str, Mapping[str, Any]],
    tz: str,
) -> list[MappingRow]:
    return [
        MappingRow(
            id=str(each.mapping.id),
            code=each.mapping.code,
            system=systems.get(each.mapping.system, each.mapping.system),
            display=each.mapping.display,
            meaning=_in_words(each.mapping.kind, each.mapping.target, choices),
            who=each.mapping.mapped_by,
            when=us_instant(each.mapping.mapped_at, tz),
            note=each.mapping.note,
            left=each.left if each.mapping.kind != NOTHING else 0,
        )
        for each in found
    ]


@dataclass(frozen=True)
class SystemRow:
    """A code system of the pack's tables: whose it is, and how many of its codes mean something."""

    name: str
    system: str
    owner: str
    licence: str
    source: str
    counts: str
    total: int


def system_rows(pack: Pack) -> list[SystemRow]:
    counts = _counts(pack)
    return [
        SystemRow(
            name=row["name"],
            system=row["system"],
            owner=row["owner"],
            licence=row["licence"],
            source=row["source"],
            counts=_kinds_in_words(counts[row["system"]]),
            total=counts[row["system"]].total(),
        )
        for row in code_systems(pack)
    ]


def _counts(pack: Pack) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {row["system"]: Counter() for row in code_systems(pack)}
    for kind, table in read_codes(pack).tables.items():
        for system, _code in table:
            found.setdefault(system, Counter())[kind] += 1
    return found


def _kinds_in_words(counts: Counter[str]) -> str:
    """How many codes of each kind; what a tumor is described by, together."""
    told = [(count, str(KIND_WORDS[kind])) for kind, count in counts.most_common() if kind in KINDS]
    other = sum(count for kind, count in counts.items() if kind not in KINDS)
    if other:
        told.append((other, _("other")))
    return ", ".join(f"{words} {number(count)}" for count, words in told)


def tables_csv(pack: Pack) -> str:
    """Every code that the pack knows, for a spreadsheet."""
    told = {(row["system"], row["code"], row["maps_to"]): row for row in listed_codes(pack)}
    body = io.StringIO()
    writer = csv.writer(body)
    writer.writerow(COLUMNS)
    for kind, table in sorted(read_codes(pack).tables.items()):
        for (system, code), target in sorted(table.items()):
            row = told.get((system, code, kind))
            named = (row["display"], row["source"], row["note"]) if row else ("", "", "")
            cells = (canonical(system), code, named[0], kind, target, named[1], named[2])
            writer.writerow([neutral(cell) for cell in cells])
    return body.getvalue()
