"""Imports as pages show them: in one line first, then line by line, and as a table to download."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from tracker.errors import ImportRefused
from tracker.intake.previews import FORESEEN
from tracker.models import ChangeSet, ChangeState
from tracker.services.import_report import Fate, Finding, Line, Report, read_report, table_of
from tracker.services.uploads import ImportRow
from tracker.tables.layouts import LAYOUTS
from tracker.tables.templates import template
from tracker.web.formats import number, us_instant
from tracker.web.presenters_imports_words import Counts, counts_from, counts_of, headline, state_word

# Of each list; the report to download has everything.
SHOWN = 200
SKIPPED = "skipped"
STATE_LOOKS = {
    ChangeState.PREVIEWED: ("half", "plain"),
    ChangeState.APPLIED: ("check", "accent"),
    ChangeState.UNDONE: ("arrow", "quiet"),
    ChangeState.DISCARDED: ("bar", "quiet"),
}


@dataclass(frozen=True)
class LineView:
    """One person or row; ``href`` leads to the record where there is one to see."""

    place: str
    what: str
    changes: str
    href: str | None


@dataclass(frozen=True)
class Group:
    """The lines of one fate: those that are shown, and how many there are in all."""

    fate: str
    heading: str
    lines: tuple[LineView, ...]
    total: int
    open: bool


@dataclass(frozen=True)
class Part:
    """Findings, of which the first are shown; ``total`` in all."""

    findings: tuple[Finding, ...]
    total: int


@dataclass(frozen=True)
class ImportView:
    """One import, whatever its state."""

    id: UUID
    title: str
    state: str
    state_word: str
    shape: str
    tag_kind: str
    headline: str
    facts: tuple[str, ...]
    differs: str
    counts: Counts
    groups: tuple[Group, ...]
    skips: tuple[tuple[str, str, str], ...]
    stored: tuple[tuple[str, str], ...]
    errors: Part
    notes: Part
    unmapped: tuple[tuple[str, str, str, str], ...]
    unmapped_total: int

    @property
    def changes_nothing(self) -> bool:
        """Neither anybody new, nor anything to change in what is on record."""
        news = any(each.fate in (Fate.NEW, Fate.UPDATED) for each in self.groups)
        return not (news or self.counts.new or self.counts.changed)

    @property
    def leave_out(self) -> str:
        """What the button says that brings in a table without its bad rows."""
        return str(
            ngettext(
                "Bring in the good rows and leave out this one",
                "Bring in the good rows and leave out these %(num)s",
                self.counts.bad,
            )
        )


@dataclass(frozen=True)
class RowView:
    """One import in the list."""

    id: UUID
    title: str
    state_word: str
    shape: str
    tag_kind: str
    when: str
    who: str
    what: str


def import_view(change_set: ChangeSet, report: Report, people: set[UUID], tz: str) -> ImportView:
    """An import with what its report says; ``people``: those whose records can be opened."""
    state = ChangeState(change_set.state)
    counts = counts_of(report)
    shape, kind = STATE_LOOKS[state]
    foreseen = change_set.options.get(FORESEEN)
    return ImportView(
        id=change_set.id,
        title=change_set.title,
        state=state,
        state_word=state_word(state),
        shape=shape,
        tag_kind=kind,
        headline=headline(counts, is_preview=state == ChangeState.PREVIEWED),
        facts=tuple(facts(change_set, tz)),
        differs=headline(counts_of(read_report(foreseen)), is_preview=True) if foreseen else "",
        counts=counts,
        groups=tuple(groups(report, counts, people)),
        skips=tuple(skips(report)),
        stored=tuple((name, number(tally.stored)) for name, tally in sorted(report.resources.items()) if tally.stored),
        errors=part(report.errors),
        notes=part(report.notes),
        unmapped=tuple(
            (code, display, system, number(count))
            for (system, code, display), count in report.unmapped.most_common(SHOWN)
        ),
        unmapped_total=len(report.unmapped),
    )


def groups(report: Report, counts: Counts, people: set[UUID]) -> Iterable[Group]:
    """What is new and changed, open; what stays as it is and what is skipped, folded."""
    headings = (
        (Fate.NEW, _("New"), counts.new, True),
        (Fate.UPDATED, _("Changed"), counts.changed, True),
        (Fate.UNCHANGED, _("As before"), counts.same, False),
        (SKIPPED, _("Left out"), 0, False),
    )
    for fate, heading, total, is_open in headings:
        lines = [line for line in report.lines if line.fate == fate]
        if lines:
            shown = tuple(line_view(line, people) for line in lines[:SHOWN])
            yield Group(str(fate), str(heading), shown, max(total, len(lines)), is_open)


def shown_lines(report: Report) -> list[Line]:
    """The lines that a page shows, for the note of whom it showed."""
    seen: Counter[str] = Counter()
    found = []
    for line in report.lines:
        seen[line.fate] += 1
        if seen[line.fate] <= SHOWN:
            found.append(line)
    return found


def line_view(line: Line, people: set[UUID]) -> LineView:
    href = None
    if line.survivor_id in people:
        href = url_for("survivors.show", survivor_id=line.survivor_id)
    return LineView(line.place, line.what, "; ".join(line.changes), href)


def skips(report: Report) -> Iterable[tuple[str, str, str]]:
    for name, tally in sorted(report.resources.items()):
        for reason, count in sorted(tally.reasons.items()):
            yield name, reason, number(count)


def part(findings: Sequence[Finding]) -> Part:
    return Part(tuple(findings[:SHOWN]), len(findings))


def refusal(error: ImportRefused, name: str) -> Part:
    """Why a file is refused, reason by reason."""
    said = str(error)
    whole = Finding(file=name, path="", reason=_("The file %(what)s", what=said) if said[:1].islower() else said)
    return part(error.findings or (whole,))


def facts(change_set: ChangeSet, tz: str) -> Iterable[str]:
    """Who did what when, a sentence each."""
    if change_set.applied_at is None:
        yield _("Looked at by %(who)s on %(when)s.", who=change_set.actor, when=us_instant(change_set.created_at, tz))
    else:
        yield _("Brought in by %(who)s on %(when)s.", who=change_set.actor, when=us_instant(change_set.applied_at, tz))
    if change_set.undone_at is not None:
        when = us_instant(change_set.undone_at, tz)
        yield _(
            "Taken back by %(who)s on %(when)s: %(why)s", who=change_set.undone_by, when=when, why=change_set.reason
        )


def row_views(rows: Iterable[ImportRow], tz: str) -> list[RowView]:
    return [_row_view(row, tz) for row in rows]


def _row_view(row: ImportRow, tz: str) -> RowView:
    change_set = row.change_set
    shape, kind = STATE_LOOKS[ChangeState(change_set.state)]
    return RowView(
        id=change_set.id,
        title=change_set.title,
        state_word=state_word(change_set.state),
        shape=shape,
        tag_kind=kind,
        when=us_instant(change_set.undone_at or change_set.applied_at or change_set.created_at, tz),
        who=change_set.undone_by or change_set.actor,
        what=_in_short(row),
    )


def _in_short(row: ImportRow) -> str:
    if any(row.patients.values()):
        return headline(counts_from(row.patients, "fhir", 0), is_preview=False)
    stored = sum(int(tally["stored"]) for tally in row.resources.values())
    return str(ngettext("%(shown)s entry", "%(shown)s entries", stored, shown=number(stored)))


def as_csv(report: Report) -> str:
    """The whole report for a spreadsheet, safe to open there."""
    out = io.StringIO()
    csv.writer(out).writerows(table_of([report]))
    # The mark at the front makes spreadsheets read accents as they are.
    return "\ufeff" + out.getvalue()


def template_links() -> list[tuple[str, str]]:
    """The tables to fill in: where each is, and what it is for."""
    words = {
        "survivors": _("People: name, birth date, record number"),
        "treatments": _("Treatments: what was given, when and how much"),
        "results": _("Results: which test, when, and what it found"),
        "contacts": _("Contacts: whom to call"),
    }
    return [(url_for("imports.template", kind=kind), str(text)) for kind, text in words.items()]


def template_of(kind: str) -> str | None:
    """A table with its headings and examples; None where there is none of this kind."""
    layout = LAYOUTS.get(kind)
    return None if layout is None else template(layout)


def download_name(today: date) -> str:
    return f"import-report-{today.isoformat()}.csv"
