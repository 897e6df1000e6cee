"""The family's page in words: plain, calm, one thing to do."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from flask_babel import format_date
from flask_babel import gettext as _

from tracker.engine.explain import FAMILY, explain_item
from tracker.services.care_plans import as_planned, reasons_of
from tracker.services.portal import Booked, Check, PortalPage
from tracker.web.formats import long_date

PLACES = ("visit", "order", "referral", "vaccine", "home")
HEADINGS = {
    "visit": "At the visit",
    "order": "Tests to book",
    "referral": "Other doctors to see",
    "vaccine": "Vaccines",
    "home": "At home",
}


@dataclass(frozen=True)
class CheckView:
    """One check: what it is, why in a sentence, and around when."""

    name: str
    why: str
    around: str


@dataclass(frozen=True)
class GroupView:
    """The checks done in one place."""

    heading: str
    checks: list[CheckView]


@dataclass(frozen=True)
class CareView:
    """Everything the screen says."""

    name: str
    is_own: bool
    next_words: str
    when: str
    where: str
    call_words: str
    phone: str
    groups: list[GroupView]
    later: list[CheckView]
    written: str


def care_view(page: PortalPage) -> CareView:
    booked = page.booked
    return CareView(
        name=page.survivor.preferred_name or page.survivor.given_name or page.survivor.family_name,
        is_own=page.is_own,
        next_words=_next_words(page),
        when=_when(booked) if booked else "",
        where=page.clinic.address,
        call_words=_("If you would like to talk with us, call:") if page.is_quiet else _("Call us to plan or to ask:"),
        phone=page.clinic.phone,
        groups=_groups(page),
        later=_views(page.later, page),
        written=_written(page),
    )


def _written(page: PortalPage) -> str:
    if page.written_at is None:
        return ""
    return long_date(page.written_at.astimezone(ZoneInfo(page.clinic.tz)).date())


def _next_words(page: PortalPage) -> str:
    if page.is_quiet:
        return _("There is nothing you need to do.")
    if page.booked is not None:
        return _("Your visit is booked.")
    if page.visit_due_on is None and not page.now:
        return _("Nothing is due now. We will tell you when it is time.")
    if page.visit_due_on is not None and page.visit_due_on > page.today and not page.now:
        return _("The next check-up is around %(month)s. Nothing to do until then.", month=_month(page.visit_due_on))
    return _("It is time to plan the yearly check-up.")


def _when(booked: Booked) -> str:
    weekdays = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
    weekday, day = weekdays[booked.on.weekday()], long_date(booked.on)
    if booked.at is None:
        return _("%(weekday)s, %(day)s", weekday=weekday, day=day)
    hour, minute = booked.at.hour, booked.at.minute
    clock_time = f"{(hour - 1) % 12 + 1}:{minute:02d}\u00a0{'a.m.' if hour < 12 else 'p.m.'}"
    return _("%(weekday)s, %(day)s at %(time)s", weekday=weekday, day=day, time=clock_time)


def _groups(page: PortalPage) -> list[GroupView]:
    found = [
        GroupView(_(HEADINGS[place]), _views([check for check in page.now if check.test.place == place], page))
        for place in PLACES
    ]
    return [group for group in found if group.checks]


def _views(checks: list[Check], page: PortalPage) -> list[CheckView]:
    """One line for each name: two tests that a family knows by one name are one thing to come for."""
    found: dict[str, CheckView] = {}
    for check in checks:
        view = _check(check, page)
        found.setdefault(view.name, view)
    return list(found.values())


def _check(check: Check, page: PortalPage) -> CheckView:
    name = check.test.plain_name
    around = _month(check.item.due_on) if check.item.due_on > page.today else ""
    return CheckView(name[:1].upper() + name[1:], _why(check, page), around)


def _why(check: Check, page: PortalPage) -> str:
    """One sentence; where the reason is not this reader's to know, the one that many other checks have too."""
    if not check.may_tell_why:
        return _("This check is part of the plan your clinic made for you.")
    planned = as_planned(check.item, reasons_of(check.item), page.pack)
    return explain_item(planned, page.pack, audience=FAMILY, translate=_)[0]


def _month(day: date) -> str:
    return str(format_date(day, "MMMM y"))
