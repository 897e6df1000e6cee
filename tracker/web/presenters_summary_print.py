"""The treatment summary on two sides of paper: the print page and the plain text are both made of these blocks."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from flask_babel import gettext as _

from tracker.services.record_parts import EVENTS_PART, EXPOSURES, PREDISPOSITIONS
from tracker.services.sections.registry import SECTIONS
from tracker.services.sections.spec import Group, Section
from tracker.services.whole_summary import WholeSummary, day_of
from tracker.web.formats import us_date
from tracker.web.presenters_summary import (
    PartView,
    TotalView,
    diagnosis_views,
    disagreement_views,
    head_facts,
    part_view,
    total_views,
    unknown_views,
)
from tracker.web.presenters_summary_words import Fact, SummaryReader, in_a_row, lower

LONGEST_VALUE = 160
GIVEN_UNIT = "1"
ORDER = (Group.DIAGNOSIS, Group.RISK, Group.WORK_UP, Group.TREATMENT, Group.HEALTH, Group.PEOPLE)


@dataclass(frozen=True)
class PrintLine:
    """One line: its words, and beneath it in smaller type what belongs to it."""

    text: str
    more: str = ""
    is_heading: bool = False


@dataclass(frozen=True)
class PrintBlock:
    """Lines under one heading. ``warm``: something to be settled."""

    heading: str
    lines: tuple[PrintLine, ...]
    warm: bool = False


@dataclass(frozen=True)
class Printed:
    """A whole summary for paper. ``stands``: of which day it is; ``closing``: what is not printed, and
    why. ``foot``: whose it is, for every side."""

    title: str
    stands: str
    head: tuple[Fact, ...]
    blocks: tuple[PrintBlock, ...]
    closing: tuple[str, ...]
    foot: str


def printed(summary: WholeSummary, *, confidential: bool = False) -> Printed:
    """The summary for paper; parts marked confidential are left out unless they are asked for, and that is said."""
    return Printed(
        title=str(_("Treatment summary")),
        stands=stands_words(summary),
        head=tuple(head_facts(summary)),
        blocks=tuple(block for block in _blocks(summary, confidential) if block.lines),
        closing=tuple(_closing(summary, confidential)),
        foot=_foot(summary),
    )


def _foot(summary: WholeSummary) -> str:
    """On every side, so that a sheet that goes astray can be put back."""
    about = summary.about
    name = f"{about['family_name']}, {about['given_name']}".strip(", ")
    return " · ".join((name, us_date(about["birth_date"]), str(_("MRN %(mrn)s", mrn=about["mrn"]))))


def stands_words(summary: WholeSummary) -> str:
    """Of which day the summary is, and where it comes from."""
    day = summary.today if summary.edition is None else day_of(summary.edition, summary.clinic.tz)
    said = (
        _("As of %(day)s", day=us_date(day))
        if summary.edition is None
        else _("As it stood on %(day)s", day=us_date(day))
    )
    return f"{said} · {summary.clinic.name}"


def _blocks(summary: WholeSummary, confidential: bool) -> Iterator[PrintBlock]:
    yield PrintBlock(str(_("Not known")), tuple(_unknowns(summary)), warm=True)
    yield PrintBlock(str(_("To be settled")), tuple(_disagreements(summary)), warm=True)
    yield PrintBlock(str(_("Diagnosis")), tuple(_diagnoses(summary)))
    reader = SummaryReader.of(summary)
    for group in ORDER:
        yield from (_part(each, summary, reader) for each in _sections(group) if confidential or not each.confidential)
        if group == Group.TREATMENT:
            yield PrintBlock(str(_(EXPOSURES.title)), tuple(_totals(summary)))


def _sections(group: Group) -> tuple[Section, ...]:
    own = {Group.RISK: (PREDISPOSITIONS,), Group.HEALTH: (EVENTS_PART,)}.get(group, ())
    return (*own, *(each for each in SECTIONS.values() if each.group == group))


def _part(section: Section, summary: WholeSummary, reader: SummaryReader) -> PrintBlock:
    view = part_view(section, summary, reader)
    return PrintBlock(view.title, tuple(_entries(view)))


def _entries(view: PartView) -> Iterator[PrintLine]:
    """The entries, those about one of several tumors under its name."""
    for tumor, entries in groupby(view.entries, key=lambda entry: entry.tumor):
        if tumor:
            yield PrintLine(tumor, is_heading=True)
        yield from (PrintLine(each.text, in_short(each.facts)) for each in entries)


def in_short(facts: tuple[Fact, ...]) -> str:
    """Facts in a row; a long report is cut, the record has all of it."""
    return "; ".join(f"{label}: {_cut(words)}" for label, words in facts)


def _cut(words: str) -> str:
    plain = " ".join(words.split())
    return plain if len(plain) <= LONGEST_VALUE else f"{plain[: LONGEST_VALUE - 1].rstrip()}…"


def _unknowns(summary: WholeSummary) -> Iterator[PrintLine]:
    for each in unknown_views(summary):
        yield PrintLine(" ".join(part for part in (each.text, each.who) if part), each.meanwhile)


def _disagreements(summary: WholeSummary) -> Iterator[PrintLine]:
    for each in disagreement_views(summary):
        words = _("recorded: %(recorded)s; what was given: %(given)s", recorded=each.recorded, given=each.given)
        yield PrintLine(f"{each.label}: {words}")


def _diagnoses(summary: WholeSummary) -> Iterator[PrintLine]:
    for each in diagnosis_views(summary):
        unknown = [_("Not known: %(fields)s", fields=", ".join(each.unknown))] if each.unknown else []
        more = "; ".join([*(f"{label}: {_cut(words)}" for label, words in each.facts), *unknown])
        yield PrintLine(f"{each.heading} ({each.caption.lower()})", more)


def _totals(summary: WholeSummary) -> Iterator[PrintLine]:
    """Doses with their arithmetic; then what was given or not, in one line."""
    answers: dict[str, list[str]] = {}
    for each in total_views(summary):
        if _is_answer(each, summary):
            answers.setdefault(each.dose, []).append(each.label)
        else:
            yield PrintLine(
                f"{each.label}: {_dose(each)}", "; ".join(part for part in (each.day, each.factors) if part)
            )
    for answer, labels in answers.items():
        yield PrintLine(f"{in_a_row(labels)}: {answer}")


def _is_answer(view: TotalView, summary: WholeSummary) -> bool:
    info = summary.pack.exposures.get(view.name)
    return info is None or info.unit == GIVEN_UNIT


def _dose(view: TotalView) -> str:
    """The arithmetic where it ends in the dose; else the dose, and where it comes from."""
    if view.amount and view.amount in view.how:
        return view.how if view.how[:1].isdigit() else lower(view.how)
    return f"{view.dose} ({view.how})"


def _closing(summary: WholeSummary, confidential: bool) -> Iterator[str]:
    empty = [
        str(_(each.title))
        for each in SECTIONS.values()
        if not summary.record.of(each.key) and (confidential or not each.confidential)
    ]
    if empty:
        yield str(_("Nothing is recorded of: %(parts)s.", parts=", ".join([empty[0], *map(lower, empty[1:])])))
    left_out = [each for each in SECTIONS.values() if each.confidential and summary.record.of(each.key)]
    if left_out and not confidential:
        yield str(
            _("Not printed because it is confidential: %(parts)s.", parts=", ".join(_(e.title) for e in left_out))
        )
    yield str(_("Not known does not mean no. Long reports are shortened here; the record has all of them."))
