"""What is due on the survivor's page: items with status and proof, grouped by where they are done."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracker.engine.explain import explain_item
from tracker.engine.explain_proof import explain_proof
from tracker.engine.status import Status, status_of
from tracker.engine.types import Flag, Reason
from tracker.models import DueItem, Override
from tracker.services.care_plans import as_planned, reasons_of
from tracker.services.survivor_page import SurvivorPage
from tracker.web.formats import ago, long_date, us_date
from tracker.web.presenters_results import outcome_words

URGENCY = {Status.OVERDUE: 0, Status.DUE: 1, Status.UPCOMING: 2, Status.PLANNED: 3}
PLACES = {
    "visit": _l("At the visit"),
    "order": _l("By order"),
    "referral": _l("By referral"),
    "home": _l("At home"),
    "vaccine": _l("Vaccines"),
}


@dataclass(frozen=True)
class ItemView:
    """One open item as the page shows it. ``why``: its reasons in sentences; ``sums``: how its date was worked out;
    ``facts``: what stands beside it."""

    id: UUID
    code: str
    name: str
    place: str
    status: Status
    since: str
    due_on: date
    soft: str
    recurrence: bool
    why: tuple[str, ...]
    sums: tuple[str, ...]
    facts: list[dict[str, str]]


@dataclass(frozen=True)
class PlaceView:
    """The items done in one place, most urgent first; ``overdue`` of them are overdue."""

    place: str
    heading: str
    items: tuple[ItemView, ...]
    overdue: int


@dataclass(frozen=True)
class YearView:
    """What is planned for later, by the year in which it is due."""

    year: int
    items: tuple[ItemView, ...]


def due_now(page: SurvivorPage) -> list[PlaceView]:
    """Everything upcoming, due or overdue, by where it is done."""
    views = [view(page, item) for item in page.items if status_of(item, page.today) != Status.PLANNED]
    return [_place(place, views) for place in PLACES if any(each.place == place for each in views)]


def planned(page: SurvivorPage) -> list[YearView]:
    """What lies further ahead, by year."""
    views = [view(page, item) for item in page.items if status_of(item, page.today) == Status.PLANNED]
    years = sorted({each.due_on.year for each in views})
    return [YearView(year, tuple(each for each in views if each.due_on.year == year)) for year in years]


def _place(place: str, views: Iterable[ItemView]) -> PlaceView:
    items = tuple(sorted((each for each in views if each.place == place), key=_urgency))
    return PlaceView(place, place_words(place), items, sum(each.status == Status.OVERDUE for each in items))


def _urgency(item: ItemView) -> tuple[int, bool, date, str]:
    return URGENCY[item.status], not item.recurrence, item.due_on, item.name


def place_words(place: str) -> str:
    return str(PLACES[place])


def place_of(page: SurvivorPage, code: str) -> str:
    """Where a test is done; one the pack no longer knows is talked about at the visit."""
    test = page.pack.tests.get(code)
    return test.place if test else "visit"


def view(page: SurvivorPage, item: DueItem) -> ItemView:
    """One item with its proof."""
    reasons = reasons_of(item)
    status, planned_item = status_of(item, page.today), as_planned(item, reasons, page.pack)
    return ItemView(
        id=item.id,
        code=item.test_code,
        name=page.test_name(item.test_code),
        place=place_of(page, item.test_code),
        status=status,
        since=since_words(item, status, page.today) + done_words(reasons),
        due_on=item.due_on,
        soft=soft_words(item),
        recurrence=Flag.RECURRENCE in item.flags(),
        why=explain_item(planned_item, page.pack, translate=_),
        sums=explain_proof(planned_item, page.pack, translate=_),
        facts=[{"key": key, "value": value} for key, value in _facts(page, item, reasons)],
    )


def since_words(item: DueItem, status: Status, today: date) -> str:
    """ "since Jul 21, 2026 (4 months ago)", or when it will be due."""
    if status == Status.OVERDUE:
        since = max(item.overdue_after + timedelta(days=1), item.due_on)
    elif status == Status.DUE:
        since = item.due_on
    else:
        return str(_("due %(day)s, %(ago)s", day=us_date(item.due_on), ago=ago(item.due_on, today)))
    return str(_("since %(day)s, %(ago)s", day=us_date(since), ago=ago(since, today)))


def done_words(reasons: tuple[Reason, ...]) -> str:
    """Said only of what was never done: for the rest the date of the last time is one press away."""
    return "" if any(reason.last_result_on for reason in reasons) else f" · {_('never done')}"


def soft_words(item: DueItem) -> str:
    """The date that would stand if what the family told were confirmed."""
    if item.soft_due_on is None:
        return ""
    return str(_("%(day)s, if what the family told is confirmed", day=us_date(item.soft_due_on)))


def _facts(page: SurvivorPage, item: DueItem, reasons: tuple[Reason, ...]) -> Iterable[tuple[str, str]]:
    yield _("Due"), long_date(item.due_on)
    yield _("Overdue after"), long_date(item.overdue_after)
    if item.stops_on:
        yield _("No longer asked for from"), long_date(item.stops_on)
    last = _last_result(page, reasons)
    if last:
        yield _("Last result that counts"), last
    for override in _decisions(page, reasons):
        yield _("Decision"), decision_words(page, override)


def _last_result(page: SurvivorPage, reasons: tuple[Reason, ...]) -> str:
    last = max((each for each in reasons if each.last_result_on), key=_last_on, default=None)
    if last is None:
        return ""
    result = next((row for row in page.results if str(row.id) == last.last_result_id), None)
    words = [us_date(last.last_result_on), page.test_name(last.last_result_code or "")]
    return ", ".join([*words, outcome_words(result.outcome) or _("no outcome recorded")] if result else words)


def _last_on(reason: Reason) -> date:
    return reason.last_result_on or date.min


def _decisions(page: SurvivorPage, reasons: tuple[Reason, ...]) -> list[Override]:
    named = {reason.override_id for reason in reasons if reason.override_id}
    return [row for row in page.overrides if str(row.id) in named]


def decision_words(page: SurvivorPage, override: Override) -> str:
    """The reason a decision was given, by whom, and until when."""
    who = page.person(override.decided_by_id) or _("no person on record")
    until = us_date(override.expires_on) if override.expires_on else _("no end")
    words = _("%(reason)s (%(who)s, until %(until)s)", reason=override.reason, who=who, until=until)
    return str(words)
