"""Two records side by side, and why they may be of one person, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracker.engine.partial_dates import known_to
from tracker.models import ChangeSet, Contact, DueItem, Event, EventName, Exposure, Sex, Standing
from tracker.services.duplicate_pairs import Listed, PairView, Side
from tracker.services.merge_choices import Difference
from tracker.web.formats import us_date, us_instant
from tracker.web.forms_enrollment import KINDS, SEXES
from tracker.web.presenters_attachments import diagnosis_words
from tracker.web.presenters_survivor import exposure_dose
from tracker.web.treatment_words import EVENTS

SHOWN_DUE = 6
REASONS = {
    "birth_date_equal": _l("same date of birth"),
    "birth_date_swapped": _l("day and month of birth swapped: %(first)s, %(second)s"),
    "birth_date_digit": _l("dates of birth one digit apart: %(first)s, %(second)s"),
    "birth_date_year": _l("same day and month of birth, another year: %(first)s, %(second)s"),
    "birth_date_differs": _l("different dates of birth: %(first)s, %(second)s"),
    "family_name_equal": _l("same family name"),
    "family_name_alike": _l("family names alike: %(first)s, %(second)s"),
    "family_name_differs": _l("different family names: %(first)s, %(second)s"),
    "given_name_equal": _l("same given name"),
    "given_name_alike": _l("given names alike: %(first)s, %(second)s"),
    "given_name_differs": _l("different given names: %(first)s, %(second)s"),
    "names_swapped": _l("given name and family name in each other's place"),
    "sex_equal": _l("same sex"),
    "sex_differs": _l("different sex on record"),
    "number_shared": _l("same number in another system: %(second)s"),
    "number_elsewhere": _l("the same number in two places: %(first)s"),
    "numbers_differ": _l("different numbers in the same other system"),
    "phone_shared": _l("same telephone number"),
    "email_shared": _l("same email address"),
}
AGAINST = frozenset(
    {"birth_date_differs", "family_name_differs", "given_name_differs", "sex_differs", "numbers_differ"}
)
DATES = frozenset({"birth_date_swapped", "birth_date_digit", "birth_date_year", "birth_date_differs"})
QUESTIONS = {
    "family_name": _l("Family name"),
    "given_name": _l("Given name"),
    "preferred_name": _l("Name used"),
    "birth_date": _l("Date of birth"),
    "sex_at_birth": _l("Sex recorded at birth"),
    "follow_up": _l("Follow-up and death"),
    "pronouns": _l("Pronouns"),
    "language": _l("Language"),
    "interpreter": _l("Interpreter"),
    "ltfu_entry_on": _l("Entered long-term follow-up"),
    "summary_confirmed": _l("Treatment summary confirmed"),
}
STANDINGS = {
    Standing.ACTIVE: _l("Followed here"),
    Standing.ON_TREATMENT: _l("On treatment"),
    Standing.BEING_TRACED: _l("Being traced"),
    Standing.DECLINED: _l("Declined follow-up"),
    Standing.TRANSFERRED: _l("Transferred"),
    Standing.LOST: _l("Lost to follow-up"),
}


@dataclass(frozen=True)
class PairRow:
    """One line of the list: both people by name and record number."""

    id: UUID
    people: tuple[tuple[str, str], ...]
    about: str
    speaks_for: str
    speaks_against: str
    since: date


@dataclass(frozen=True)
class MergingView:
    """One merging into a record, as its history tells it."""

    id: UUID
    number: str
    when: str
    who: str


def pair_rows(rows: Sequence[Listed]) -> list[PairRow]:
    return [
        PairRow(
            id=row.pair.id,
            people=tuple((each.display_name, each.mrn) for each in (row.first, row.second)),
            about=_("%(one)s and %(other)s", one=row.first.display_name, other=row.second.display_name),
            speaks_for=reasons_words(row.pair.reasons, against=False),
            speaks_against=reasons_words(row.pair.reasons, against=True),
            since=row.pair.found_at.date(),
        )
        for row in rows
    ]


def reasons_words(reasons: Sequence[Sequence[str]], *, against: bool) -> str:
    """What speaks for two being one, or against it, as one line."""
    return "; ".join(reason_words(reason) for reason in reasons if (reason[0] in AGAINST) == against)


def reason_words(reason: Sequence[str]) -> str:
    """One reason in words; a reason of a later edition by its bare name."""
    kind, *values = reason
    if kind in DATES:
        values = [us_date(date.fromisoformat(value)) for value in values]
    words = REASONS.get(kind, kind.replace("_", " "))
    return str(words) % dict(zip(("first", "second"), values, strict=False))


def comparison(view: PairView) -> list[list[str]]:
    """Both records line by line: what, the first, the second, and whether they agree."""
    first, second = (_lines(side, view) for side in view.sides)
    return [[what, first[what] or "–", second[what] or "–", _agree(first[what], second[what])] for what in first]


def _agree(one: str, other: str) -> str:
    if one == other:
        return str(_("Same") if one else _("Neither says it"))
    if not one or not other:
        return str(_("Only one says it"))
    return str(_("Different"))


def _lines(side: Side, view: PairView) -> dict[str, str]:
    survivor = side.survivor
    return {
        str(_("Family name")): survivor.family_name,
        str(_("Given name")): survivor.given_name,
        str(_("Name used")): survivor.preferred_name,
        str(_("Date of birth")): us_date(survivor.birth_date),
        str(_("Sex recorded at birth")): _sex(survivor.sex_at_birth),
        str(_("Numbers elsewhere")): "; ".join(f"{each.value} ({each.system})" for each in side.identifiers),
        str(_("Contacts")): "; ".join(_contact(each) for each in side.contacts),
        str(_("Diagnoses")): "; ".join(diagnosis_words(each) for each in side.diagnoses),
        str(_("Recorded totals")): "; ".join(_exposure(each, view) for each in side.exposures),
        str(_("Results")): str(side.results),
        str(_("Entries in the record")): str(side.entries),
        str(_("Visits")): str(side.visits),
        str(_("Last visit")): us_date(side.last_visit_on),
        str(_("Follow-up")): follow_up_words(survivor),
        str(_("Open tests")): due_words(side.due, view),
    }


def _sex(sex: str) -> str:
    return str(dict(SEXES)[Sex(sex)])


def _contact(contact: Contact) -> str:
    kinds = {kind.value: str(words) for kind, words in KINDS}
    reached = ", ".join(part for part in (contact.phone, contact.email) if part)
    return ": ".join(part for part in (contact.name or kinds[contact.kind], reached) if part)


def _exposure(row: Exposure, view: PairView) -> str:
    return f"{view.exposure_names.get(row.name, row.name)}: {exposure_dose(row)}"


def due_words(items: Sequence[DueItem], view: PairView) -> str:
    shown = [
        f"{view.test_names.get(item.test_code, item.test_code)} ({us_date(item.due_on)})" for item in items[:SHOWN_DUE]
    ]
    more = len(items) - len(shown)
    return "; ".join([*shown, _("and %(count)s more", count=more)] if more > 0 else shown)


def follow_up_words(survivor: Any) -> str:
    """ "Died Jan 4, 2026", "Followed here", "Transferred"."""
    if survivor.deceased_on is not None:
        return str(_("Died %(day)s", day=us_date(known_to(survivor.deceased_on, survivor.deceased_precision))))
    return str(STANDINGS[Standing(survivor.standing)])


def questions(view: PairView) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """Each difference as a question with its two answers, the record's number behind each."""
    return {each.key: (_question(each, view), _answers(each, view)) for each in view.differences}


def _question(each: Difference, view: PairView) -> str:
    kind, _colon, name = each.key.partition(":")
    if kind == "exposure":
        label = view.exposure_names.get(name, name)
        return label[:1].upper() + label[1:]
    if kind == "event":
        return str(EVENTS[EventName(name)])
    return str(QUESTIONS[each.key])


def _answers(each: Difference, view: PairView) -> list[tuple[str, str]]:
    return [
        (str(side.survivor.id), _("%(what)s (record %(number)s)", what=said, number=side.survivor.mrn))
        for side in view.sides
        for said in [_said(each, side)]
    ]


def _said(each: Difference, side: Side) -> str:
    values = each.values[side.survivor.id]
    kind = each.key.partition(":")[0]
    if kind == "exposure":
        row = Exposure(**values)
        last = us_date(known_to(row.last_on, row.last_precision))
        return exposure_dose(row) + (f", {last}" if last else "")
    if kind == "event":
        row_of_event = Event(**values)
        return us_date(known_to(row_of_event.happened_on, row_of_event.happened_precision))
    return _detail(each.key, values, side) or str(_("nothing recorded"))


def _detail(key: str, values: Mapping[str, Any], side: Side) -> str:
    if key == "follow_up":
        return follow_up_words(side.survivor)
    if key == "sex_at_birth":
        return _sex(values[key])
    return ", ".join(us_date(value) if isinstance(value, date) else str(value) for value in values.values() if value)


def keep_choices(view: PairView) -> list[tuple[str, str]]:
    """The two records to choose from: number, name, and how much each holds."""
    return [
        (
            str(side.survivor.id),
            _(
                "Record %(number)s, %(name)s: %(results)s results, %(entries)s entries, %(visits)s visits",
                number=side.survivor.mrn,
                name=side.survivor.display_name,
                results=side.results,
                entries=side.entries,
                visits=side.visits,
            ),
        )
        for side in view.sides
    ]


def summary_rows(form: Any, view: PairView) -> list[dict[str, str]]:
    """What was chosen, to be confirmed."""
    records = {str(side.survivor.id): side.survivor for side in view.sides}
    stays = records[form["keep"].data]
    goes = next(each for each in records.values() if each is not stays)
    rows = [
        {"key": str(_("Stays")), "value": f"{stays.mrn}, {stays.display_name}"},
        {"key": str(_("Becomes part of it")), "value": f"{goes.mrn}, {goes.display_name}"},
    ]
    return rows + [
        {"key": str(each.label.text), "value": str(dict(each.choices)[each.data])} for each in form.questions()
    ]


def merged_numbers(mergings: Sequence[tuple[ChangeSet, str]]) -> dict[UUID | None, str]:
    """The numbers of the records that were merged, by the record that went."""
    return {UUID(row.options["gone"]): number for row, number in mergings}


def merging_views(mergings: Sequence[tuple[ChangeSet, str]], tz: str) -> list[MergingView]:
    return [MergingView(row.id, number, us_instant(row.applied_at, tz), row.actor) for row, number in mergings]
