"""A treatment summary on two days, side by side: who changed what, when and why, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracker.engine.partial_dates import PartialDate
from tracker.models import SummaryEdition
from tracker.services.editions import ADDED, AS_IT_STOOD, REMOVED, Difference, FieldDifference
from tracker.services.record_parts import DIAGNOSES, EVENTS_PART, EXPOSURES, PREDISPOSITIONS
from tracker.services.sections.registry import SECTIONS
from tracker.services.sections.spec import Section
from tracker.services.whole_record import row_from, typed_value
from tracker.services.whole_summary import Comparison, day_of
from tracker.web.formats import us_date, us_instant
from tracker.web.presenters_summary import own_line
from tracker.web.presenters_summary_words import SEXES, YES_NO, SummaryReader, capital
from tracker.web.section_words import Reader

KINDS = {ADDED: _l("Added"), REMOVED: _l("Removed")}
CHANGES = {
    AS_IT_STOOD: _l("As it stood before"),
    "treatment.recorded": _l("Treatment summary saved"),
    "exposure.taken_from_given": _l("Recorded total replaced by what was given"),
}
DONE = {"recorded": _l("added"), "corrected": _l("corrected"), "removed": _l("removed")}
DAYS = frozenset({"birth_date", "ltfu_entry_on", "summary_confirmed_on"})
NOTHING = "–"


@dataclass(frozen=True)
class DifferenceView:
    """One entry that is not as it was: what happened to it, and each field with its words before and after."""

    title: str
    kind: str
    entry: str
    rows: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class EditionView:
    """One edition in the list: who, when, what and why. ``day``: as an address names it."""

    number: int
    when: str
    who: str
    what: str
    reason: str
    day: str
    shown: str = ""


def edition_views(found: Comparison) -> list[EditionView]:
    """All editions, newest first; which two are compared is said."""
    return [_edition(each, found) for each in found.editions]


def _edition(each: SummaryEdition, found: Comparison) -> EditionView:
    roles = [
        str(words)
        for edition, words in ((found.earlier, _("earlier")), (found.later, _("later")))
        if edition is not None and edition.id == each.id
    ]
    return EditionView(
        number=each.number,
        when=us_instant(each.recorded_at, found.clinic.tz),
        who=each.actor,
        what=change_words(each.change),
        reason=each.reason,
        day=day_of(each, found.clinic.tz).isoformat(),
        shown=", ".join(roles),
    )


def change_words(code: str) -> str:
    """What kind of change an edition was kept for."""
    if code in CHANGES:
        return str(CHANGES[code])
    key, _dot, done = code.rpartition(".")
    if key in SECTIONS and done in DONE:
        return str(_("%(part)s: %(done)s", part=capital(str(_(SECTIONS[key].one))), done=DONE[done]))
    return code.replace(".", " ").replace("_", " ").capitalize()


def side_words(edition: SummaryEdition | None, found: Comparison) -> str:
    """Which state one side of the comparison is."""
    if edition is None:
        return str(_("nothing was recorded yet"))
    at = us_instant(edition.recorded_at, found.clinic.tz)
    return str(_("edition %(number)s of %(at)s", number=edition.number, at=at))


def difference_views(found: Comparison) -> list[DifferenceView]:
    """Every difference in words, in the order of the record."""
    diagnoses = {UUID(each): name for each, name in found.diagnosis_names.items()}
    labels = {name: info.label for name, info in found.pack.exposures.items()}
    reader = SummaryReader(found.pack, Reader(found.catalogue, labels, diagnoses))
    return [_difference(each, reader) for each in found.differences]


def _difference(each: Difference, reader: SummaryReader) -> DifferenceView:
    if each.part is None:
        rows = tuple((str(_(one.label)), _about(one, one.before), _about(one, one.after)) for one in each.fields)
        return DifferenceView(str(_("About the survivor")), str(_("Changed")), "", rows)
    part = each.part
    rows = tuple((str(_(one.label)), _said(part, one, one.before, reader), _said(part, one, one.after, reader))
                 for one in each.fields)  # fmt: skip
    kind = str(KINDS.get(each.kind, _("Changed")))
    return DifferenceView(str(_(part.title)), kind, entry_name(part, each.entry, reader), rows)


def _about(one: FieldDifference, value: Any) -> str:
    if value in (None, ""):
        return NOTHING
    if one.name in DAYS:
        return us_date(PartialDate.parse(value))
    return str(SEXES[value]) if one.name == "sex_at_birth" else str(YES_NO.get(value, value))


def _said(part: Section, one: FieldDifference, value: Any, reader: SummaryReader) -> str:
    if one.field is None:
        return str(value)
    return reader.value(part, one.field, typed_value(part, one.name, value)) or NOTHING


def entry_name(part: Section, entry: Mapping[str, Any], reader: SummaryReader) -> str:
    """What an entry is called, from the content of an edition."""
    if part is EXPOSURES:
        return reader.exposure(entry["name"])
    row = row_from(part, entry)
    if part in (PREDISPOSITIONS, EVENTS_PART):
        return own_line(part, row, reader)
    return str(row.name) if part is DIAGNOSES else reader.line(part, row)
