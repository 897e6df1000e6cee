"""A worklist's rows as its page and its download show them."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from markupsafe import Markup

from tracker.engine.rules import Pack
from tracker.engine.schedule import age_on
from tracker.engine.status import Status
from tracker.engine.types import Flag
from tracker.models import Contact, ContactKind, Diagnosis, Survivor, Visit, VisitStatus
from tracker.services.due_lines import DueLine
from tracker.services.places import COUNTED_UP_TO
from tracker.services.spreadsheets import neutral
from tracker.services.states import State
from tracker.services.worklist_rank import FAR, Rank
from tracker.services.worklist_rows import WorklistRow
from tracker.services.worklists import EVERYONE, NEEDS_ACT, Worklist, WorklistFilter
from tracker.web.formats import ago, number, period, us_date
from tracker.web.presenters_due import PLACES, place_words

NAMED_PER_PLACE = 2
# The word and shape of a state; those not named here are shown as a plain word.
STATE_TAGS = {
    State.NOT_YET_DUE: "not_due",
    State.BEING_TRACED: "tracing",
    State.TRANSFERRED_UNACKNOWLEDGED: "transferred",
}
STATE_WORDS = {
    State.OVERDUE: _l("Overdue"),
    State.DUE: _l("Due"),
    State.BOOKED: _l("Booked"),
    State.NOT_YET_DUE: _l("Not yet due"),
    State.AWAITING_SUMMARY: _l("Awaiting treatment summary"),
    State.BEING_TRACED: _l("Being traced"),
    State.DECLINED: _l("Declined"),
    State.ON_TREATMENT: _l("On treatment again"),
    State.TRANSFERRED_UNACKNOWLEDGED: _l("Transferred, not yet acknowledged"),
    State.TRANSFERRED: _l("Transferred"),
    State.LOST: _l("Lost after tracing"),
    State.DECEASED: _l("Deceased"),
}
FLAG_WORDS = {
    Flag.RECURRENCE: _l("Recurrence screening"),
    Flag.LATE_EFFECTS: _l("Late-effects review"),
    Flag.PREDISPOSITION: _l("Predisposition screening"),
    Flag.VISIT: _l("Yearly visit"),
}
RANK_WORDS = {
    Rank.BEING_TRACED: _l("Being traced since %(day)s"),
    Rank.AWAITING_SUMMARY: _l("Without a treatment summary since %(day)s"),
    Rank.TRANSFERRED_UNACKNOWLEDGED: _l("Transferred %(day)s, not yet acknowledged"),
    Rank.REVIEW_REACHED: _l("To be looked at again since %(day)s"),
    Rank.BOOKED: _l("Booked for %(day)s (%(ago)s)"),
    Rank.UPCOMING: _l("Next due %(day)s (%(ago)s)"),
    Rank.NOT_YET_DUE: _l("Next due %(day)s (%(ago)s)"),
    Rank.DECLINED: _l("Declined; to be asked again on %(day)s"),
    Rank.ON_TREATMENT: _l("On treatment again since %(day)s"),
    Rank.LOST: _l("Lost after tracing, since %(day)s"),
    Rank.TRANSFERRED: _l("Transferred %(day)s, acknowledged"),
    Rank.DECEASED: _l("Died %(day)s"),
}
REVIEW_WORDS = {
    State.DECLINED: _l("Declined; to be asked again since %(day)s"),
    State.ON_TREATMENT: _l("On treatment again; the treating team to be asked since %(day)s"),
    State.LOST: _l("Lost after tracing; to be searched for again since %(day)s"),
}
KIND_WORDS = {
    ContactKind.SELF: _l("survivor"),
    ContactKind.MOTHER: _l("mother"),
    ContactKind.FATHER: _l("father"),
    ContactKind.GUARDIAN: _l("guardian"),
    ContactKind.OTHER: _l("contact"),
}


@dataclass(frozen=True)
class PlaceView:
    """What is due at one kind of place: the first few by name, and how many more."""

    place: str
    label: str
    names: list[str]
    shown: str
    more: str


@dataclass(frozen=True)
class RowView:
    """One row of the page."""

    survivor: Survivor
    age: str
    diagnosis: str
    tag: str
    state: str
    why: str
    places: list[PlaceView]
    upcoming: str
    contact: str
    phone: str
    visit: str
    visit_href: str
    may_book: bool


def stats(worklist: Worklist) -> list[dict[str, Any]]:
    """The counts above the list, each a link to exactly those it counts; a state nobody is in is left out."""
    return [
        {
            "text": str(STATE_WORDS[state]),
            "count": people,
            "shown": counted(people, more=state in worklist.more),
            "href": url_for("worklists.index", state=state.value),
            "current": worklist.wanted == WorklistFilter(show=state.value),
            "kind": "warm" if state == State.OVERDUE else None,
        }
        for state, people in worklist.counts.items()
        if people
    ]


def counted(people: int, *, more: bool) -> str:
    """ "34", or "1,000+" where there are more than were counted."""
    if more:
        return str(_("%(number)s+", number=number(people // COUNTED_UP_TO * COUNTED_UP_TO)))
    return number(people)


def everyone_link() -> Markup:
    return Markup('<a class="nhsuk-link" href="{}">{}</a>').format(
        url_for("worklists.index", state=EVERYONE), _("Everyone")
    )


def filter_choices(worklist: Worklist) -> dict[str, list[tuple[str, str]]]:
    """What each filter offers, by the name it has in the address."""
    states = [(state.value, str(words)) for state, words in STATE_WORDS.items()]
    specialties = sorted({test.specialty for test in worklist.pack.tests.values() if test.specialty})
    return {
        "flag": [("", _("All flags")), *((flag.value, str(words)) for flag, words in FLAG_WORDS.items())],
        "state": [(NEEDS_ACT, _("Needs an act")), (EVERYONE, _("Everyone")), *states],
        "diagnosis": [("", _("Any diagnosis")), *((name, name) for name in worklist.diagnoses)],
        "specialty": [("", _("Any specialty")), *((name, name[:1].upper() + name[1:]) for name in specialties)],
    }


def address(wanted: WorklistFilter) -> dict[str, str]:
    """The filters as they stand in the address; what is not narrowed is left out."""
    parts = {
        "flag": wanted.flag.value if wanted.flag else "",
        "state": "" if wanted.show == NEEDS_ACT else wanted.show,
        "diagnosis": wanted.diagnosis,
        "specialty": wanted.specialty,
        "text": wanted.text,
    }
    return {name: value for name, value in parts.items() if value}


def views(rows: Iterable[WorklistRow], pack: Pack, today: date) -> list[RowView]:
    return [view(row, pack, today) for row in rows]


def view(row: WorklistRow, pack: Pack, today: date) -> RowView:
    due = [line for line in row.due if line.due_on <= today]
    return RowView(
        survivor=row.survivor,
        age=str(age_on(row.survivor.birth_date, today)),
        diagnosis=diagnosis_words(row.diagnosis),
        tag=STATE_TAGS.get(row.state, row.state.value) if row.rank != Rank.UPCOMING else "upcoming",
        state=str(STATE_WORDS[row.state]) if row.rank != Rank.UPCOMING else _("Upcoming"),
        why=why_first(row, today),
        places=by_place(due, pack),
        upcoming="" if due else upcoming_words(row.due, pack, today),
        contact=contact_words(row.contact),
        phone=(row.contact.phone or "") if row.contact else "",
        visit=visit_words(row.visit, today),
        visit_href=url_for("visits.show", visit_id=row.visit.id) if row.visit else "",
        may_book=row.may_book,
    )


def why_first(row: WorklistRow, today: date) -> str:
    """The rank in words: "Recurrence screening, 4 months overdue"."""
    if row.rank in (Rank.RECURRENCE_OVERDUE, Rank.OVERDUE):
        return str(_("%(what)s, %(span)s overdue", what=_leading(row), span=span_words(row.since, today)))
    if row.rank in (Rank.RECURRENCE_DUE, Rank.DUE):
        return str(_("%(what)s, due %(ago)s", what=_leading(row), ago=ago(row.since, today)))
    if row.since == FAR:
        return _("Nothing is planned") if row.state == State.NOT_YET_DUE else str(STATE_WORDS[row.state])
    return _settled_words(row, us_date(row.since), ago(row.since, today))


def _settled_words(row: WorklistRow, day: str, how_long: str) -> str:
    words = RANK_WORDS[row.rank]
    if row.rank == Rank.REVIEW_REACHED:
        words = REVIEW_WORDS.get(row.state, words)
    return str(words) % {"day": day, "ago": how_long}


def _leading(row: WorklistRow) -> str:
    """What kind of follow-up gave the rank: the flag of the item whose date it is."""
    if row.rank in (Rank.RECURRENCE_OVERDUE, Rank.RECURRENCE_DUE):
        return str(FLAG_WORDS[Flag.RECURRENCE])
    overdue = row.rank == Rank.OVERDUE
    line = next((line for line in row.due if (line.overdue_on if overdue else line.due_on) == row.since), None)
    if line is None:
        return str(_("Follow-up"))
    if Flag.VISIT in line.flags:
        return str(FLAG_WORDS[Flag.VISIT])
    return str(FLAG_WORDS[line.flags[0]]) if line.flags else _("Test added by a clinician")


def span_words(since: date, today: date) -> str:
    """ "4 months": days up to two weeks, weeks up to nine, then months and years. The first day counts as one."""
    days = (today - since).days + 1
    months = (today.year - since.year) * 12 + today.month - since.month - (today.day < since.day)
    if days < 14:
        return period(f"P{days}D", every=False)
    if days < 63:
        return period(f"P{days // 7}W", every=False)
    return period(f"P{months}M" if months < 24 else f"P{months // 12}Y", every=False)


def by_place(due: Iterable[DueLine], pack: Pack) -> list[PlaceView]:
    """Items grouped by where they are done, in the order given within a place."""
    found: dict[str, list[str]] = {place: [] for place in PLACES}
    for line in due:
        test = pack.tests.get(line.test_code)
        found[test.place if test else "order"].append(test.name if test else line.test_code)
    return [_place(place, names) for place, names in found.items() if names]


def _place(place: str, names: list[str]) -> PlaceView:
    # "+1 more" takes the room of the name it hides, so one more than the limit is simply named.
    kept = names if len(names) <= NAMED_PER_PLACE + 1 else names[:NAMED_PER_PLACE]
    hidden = len(names) - len(kept)
    more = ngettext("+%(num)d more", "+%(num)d more", hidden) if hidden else ""
    return PlaceView(place, place_words(place), names, " · ".join(kept), more)


def upcoming_words(lines: list[DueLine], pack: Pack, today: date) -> str:
    if not lines:
        return ""
    line = min(lines, key=lambda each: (each.due_on, each.test_code))
    test = pack.tests.get(line.test_code)
    name = test.name if test else line.test_code
    soon = line.status(today) == Status.UPCOMING
    when = f"{us_date(line.due_on)} ({ago(line.due_on, today)})" if soon else us_date(line.due_on)
    return str(_("Next: %(test)s, %(when)s", test=name, when=when))


def diagnosis_words(diagnosis: Diagnosis | None) -> str:
    if diagnosis is None:
        return ""
    year = diagnosis.diagnosed_on.year if diagnosis.diagnosed_on else None
    return f"{diagnosis.name}, {year}" if year else diagnosis.name


def contact_words(contact: Contact | None) -> str:
    if contact is None:
        return ""
    kind = str(KIND_WORDS[ContactKind(contact.kind)])
    return f"{contact.name} ({kind})" if contact.name else kind[:1].upper() + kind[1:]


def visit_words(visit: Visit | None, today: date) -> str:
    if visit is None:
        return ""
    if visit.status == VisitStatus.IN_PROGRESS:
        return str(_("Visit of %(day)s, open", day=us_date(visit.planned_on)))
    if visit.planned_on < today:
        return str(_("Visit of %(day)s, not closed", day=us_date(visit.planned_on)))
    return str(_("Visit %(day)s", day=us_date(visit.planned_on)))


def as_csv(worklist: Worklist) -> str:
    """The whole selection as a table for a spreadsheet, in the order of the page, safe to open there."""
    out = io.StringIO()
    writer = csv.writer(out)
    head = [_("Record number"), _("Survivor"), _("Age"), _("Diagnosis"), _("State"), _("Why first")]
    tail = [_("Next"), _("To call"), _("Phone"), _("Next visit")]
    writer.writerow([*head, *(place_words(place) for place in PLACES), *tail])
    for row in views(worklist.rows, worklist.pack, worklist.today):
        writer.writerow(neutral(cell) for cell in _csv_cells(row))
    # The mark at the front makes spreadsheets read accents as they are.
    return "\ufeff" + out.getvalue()


def _csv_cells(row: RowView) -> list[str]:
    named = {place.place: "; ".join(place.names) for place in row.places}
    return [
        row.survivor.mrn,
        row.survivor.display_name,
        row.age,
        row.diagnosis,
        row.state,
        row.why,
        *(named.get(place, "") for place in PLACES),
        row.upcoming,
        row.contact,
        row.phone,
        row.visit,
    ]


def download_name(today: date) -> str:
    return f"worklist-{today.isoformat()}.csv"
