"""Imports in words: how many are new, changed and as before, and what taking one back does."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext

from tracker.models import ChangeState
from tracker.services.change_sets import Undone
from tracker.services.import_report import Fate, Finding, Report
from tracker.services.uploads import UndoForeseen
from tracker.web.formats import number

SENTENCES = 20
ABOUT_PEOPLE = ("fhir", "survivors")


@dataclass(frozen=True)
class Counts:
    """How many people (or rows, where a table is not about people) are new, changed and as they were.

    ``bad``: rows of a table that cannot be read.
    """

    new: int
    changed: int
    same: int
    bad: int
    of_people: bool

    @property
    def any(self) -> bool:
        return bool(self.new or self.changed or self.same)


@dataclass(frozen=True)
class UndoView:
    """What taking an import back does, in sentences; or in ``standing`` why it cannot be, with ``more`` unsaid."""

    id: UUID
    title: str
    words: tuple[str, ...]
    standing: tuple[str, ...]
    more: int


def counts_of(report: Report) -> Counts:
    told = Counter(line.fate for line in report.lines)
    return counts_from(
        report.patients if any(report.patients.values()) else told, report.kind, _bad_rows(report.errors)
    )


def _told(report: Report) -> Mapping[str, int]:
    """Of a file that describes nobody: rows, or the people who are on record and whom its entries are about."""
    if report.kind not in ABOUT_PEOPLE:
        return Counter(line.fate for line in report.lines)
    fates: dict[object, str] = {}
    for line in report.lines:
        whom = line.survivor_id or line.place
        if fates.get(whom, Fate.UNCHANGED) == Fate.UNCHANGED:
            fates[whom] = line.fate
    return Counter(fates.values())


def counts_from(told: Mapping[str, int], kind: str, bad: int) -> Counts:
    new, changed, same = (told.get(fate, 0) for fate in (Fate.NEW, Fate.UPDATED, Fate.UNCHANGED))
    return Counts(new, changed, same, bad, kind in ABOUT_PEOPLE)


def _bad_rows(errors: Iterable[Finding]) -> int:
    """Rows, not findings: one row may be wrong in several columns."""
    return len({each.path.split(",", 1)[0] for each in errors})


def headline(counts: Counts, *, is_preview: bool) -> str:
    """ "3 new people, 12 changed, 85 as they were; 2 rows cannot be read": the answer in one line."""
    said = ", ".join(_fates(counts)) or str(_("nobody") if counts.of_people else _("no row"))
    line = said[:1].upper() + said[1:]
    if not counts.bad:
        return line
    bad = (
        ngettext("%(num)s row cannot be read", "%(num)s rows cannot be read", counts.bad)
        if is_preview
        else ngettext("%(num)s row was left out", "%(num)s rows were left out", counts.bad)
    )
    return f"{line}; {bad}"


def _fates(counts: Counts) -> Iterable[str]:
    """Each count in words; the first says of what."""
    named = False
    for fate, count in (("new", counts.new), ("changed", counts.changed), ("same", counts.same)):
        if count:
            yield _words(fate, count, counts.of_people) if not named else _short(fate, count)
            named = True


def _words(fate: str, count: int, of_people: bool) -> str:
    shown = number(count)
    if of_people:
        words = {
            "new": ngettext("%(shown)s new person", "%(shown)s new people", count, shown=shown),
            "changed": ngettext("%(shown)s person changed", "%(shown)s people changed", count, shown=shown),
            "same": ngettext("%(shown)s person as before", "%(shown)s people as before", count, shown=shown),
        }
    else:
        words = {
            "new": ngettext("%(shown)s new row", "%(shown)s new rows", count, shown=shown),
            "changed": ngettext(
                "%(shown)s row changes something", "%(shown)s rows change something", count, shown=shown
            ),
            "same": ngettext("%(shown)s row changes nothing", "%(shown)s rows change nothing", count, shown=shown),
        }
    return str(words[fate])


def _short(fate: str, count: int) -> str:
    shown = number(count)
    return str(_("%(shown)s changed", shown=shown) if fate == "changed" else _("%(shown)s as before", shown=shown))


def state_word(state: str) -> str:
    words = {
        ChangeState.PREVIEWED: _("Preview"),
        ChangeState.APPLIED: _("Brought in"),
        ChangeState.UNDONE: _("Taken back"),
        ChangeState.DISCARDED: _("Not brought in"),
    }
    return str(words[ChangeState(state)])


def undo_view(found: UndoForeseen) -> UndoView:
    standing = found.standing[:SENTENCES]
    return UndoView(
        found.change_set.id,
        found.change_set.title,
        tuple(_undo_words(found)),
        standing,
        len(found.standing) - len(standing),
    )


def _undo_words(found: UndoForeseen) -> Iterable[str]:
    if found.withdrawn:
        yield ngettext(
            "%(shown)s person whom it enrolled is withdrawn: no list, page or message has them any more.",
            "%(shown)s people whom it enrolled are withdrawn: no list, page or message has them any more.",
            found.withdrawn,
            shown=number(found.withdrawn),
        )
    if found.put_back:
        yield ngettext(
            "The record of %(shown)s person who was here already is as it was before.",
            "The records of %(shown)s people who were here already are as they were before.",
            found.put_back,
            shown=number(found.put_back),
        )
    yield ngettext(
        "In all %(shown)s entry is taken out or put back.",
        "In all %(shown)s entries are taken out or put back.",
        found.rows,
        shown=number(found.rows),
    )


def undone_words(undone: Undone) -> str:
    """What taking it back did, once it is done."""
    withdrawn = len(undone.withdrawn_ids)
    others = len(undone.survivor_ids) - withdrawn
    parts = [_("The import is taken back.")]
    if withdrawn:
        parts.append(
            ngettext(
                "%(shown)s person is withdrawn.", "%(shown)s people are withdrawn.", withdrawn, shown=number(withdrawn)
            )
        )
    if others:
        parts.append(
            ngettext(
                "The record of %(shown)s person who was here already is as it was before.",
                "The records of %(shown)s people who were here already are as they were before.",
                others,
                shown=number(others),
            )
        )
    return " ".join(str(each) for each in parts)
