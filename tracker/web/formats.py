"""How dates, numbers, doses and intervals read on a page, in the reader's language."""

import re
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from flask_babel import format_date, get_locale, ngettext
from flask_babel import gettext as _

from tracker.engine.partial_dates import Day, PartialDate, first_day

# UCUM as it is stored → as a clinician reads it. What is not listed is shown by the rules in unit_words().
UNITS = {
    "1": "",
    "{score}": "",
    "Cel": "°C",
    "mm[Hg]": "mmHg",
    "[degF]": "°F",
    "[in_i]": "in",
    "[lb_av]": "lb",
    "mL/min/{1.73_m2}": "mL/min/1.73 m²",
}
UNSPACED = ("%", "°C", "°F")
PERIOD = re.compile(r"P(?=\d)(?:(?P<year>\d+)Y)?(?:(?P<month>\d+)M)?(?:(?P<week>\d+)W)?(?:(?P<day>\d+)D)?")
DAYS_COUNTED_SINGLY = 14
DAYS_COUNTED_IN_WEEKS = 63
MONTHS_COUNTED_SINGLY = 24


def us_date(day: Day | None) -> str:
    """ "Oct 3, 2026"; "Oct 2026" or "2026" where no more is known; nothing for None."""
    return _date_words(day, "medium", "yMMM")


def long_date(day: Day | None) -> str:
    """ "May 14, 2028"; "May 2028" or "2028" where no more is known."""
    return _date_words(day, "long", "yMMMM")


def _date_words(day: Day | None, whole: str, month_of_year: str) -> str:
    if day is None:
        return ""
    if not isinstance(day, PartialDate) or day.is_whole:
        return str(format_date(first_day(day), whole))
    skeleton = "y" if day.month is None else month_of_year
    return str(format_skeleton(skeleton, day.earliest(), locale=get_locale() or "en"))


def us_instant(at: datetime | None, tz: str) -> str:
    """ "Nov 23, 2026, 10:42 AM" in the clinic's own zone."""
    if at is None:
        return ""
    local = at.astimezone(ZoneInfo(tz))
    return f"{us_date(local.date())}, {local:%I:%M %p}".replace(", 0", ", ")


def ago(day: date | None, today: date) -> str:
    """ "7 weeks ago", "in 3 weeks", "today": days up to two weeks, weeks up to nine, then months and years."""
    if day is None:
        return ""
    if abs((day - today).days) <= 1:
        return str((_("yesterday"), _("today"), _("tomorrow"))[(day - today).days + 1])
    span = _span(min(day, today), max(day, today))
    return str(_("%(span)s ago", span=span) if day < today else _("in %(span)s", span=span))


def _span(start: date, end: date) -> str:
    days = (end - start).days
    if days < DAYS_COUNTED_SINGLY:
        return _counted("day", days)
    if days < DAYS_COUNTED_IN_WEEKS:
        return _counted("week", days // 7)
    months = (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
    return _counted("month", months) if months < MONTHS_COUNTED_SINGLY else _counted("year", months // 12)


def _counted(unit: str, count: int) -> str:
    words = {
        "day": ngettext("%(num)d day", "%(num)d days", count),
        "week": ngettext("%(num)d week", "%(num)d weeks", count),
        "month": ngettext("%(num)d month", "%(num)d months", count),
        "year": ngettext("%(num)d year", "%(num)d years", count),
    }
    return str(words[unit])


def number(value: int | Decimal | None) -> str:
    """ "1,234" and "12.5": grouped, never with an exponent, zeros at the end dropped."""
    if value is None:
        return ""
    plain = format(value, ",f") if isinstance(value, Decimal) else format(value, ",")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def dose(value: Decimal | int | None, unit: str) -> str:
    """ "300 mg/m²" from 300 and the UCUM unit ``mg/m2``; nothing for an unknown dose (say so in words)."""
    if value is None:
        return ""
    words = unit_words(unit)
    return f"{number(value)}{'' if words in UNSPACED or not words else ' '}{words}"


def unit_words(unit: str) -> str:
    """A UCUM unit as it is read: ``mg/m2`` → "mg/m²", ``10*9/L`` → "×10⁹/L", ``m[IU]/L`` → "mIU/L"."""
    if unit in UNITS:
        return UNITS[unit]
    powers = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
    shown = re.sub(r"10\*(\d+)", lambda power: "×10" + power[1].translate(powers), unit)
    shown = re.sub(r"(?<=[a-z])([23])(?![0-9])", lambda power: power[1].translate(powers), shown)
    shown = re.sub(r"\{[^}]*\}", "", shown)
    shown = re.sub(r"(^|/)u(?=[a-zA-Z])", r"\1µ", shown)
    return shown.replace("[", "").replace("]", "")


def period(written: str | None, *, to: str | None = None, every: bool = True) -> str:
    """ISO 8601 in words: ``P3M`` → "every 3 months", or "3 months" with ``every=False``.

    ``to`` is a schedule's longest step: ``P3M`` to ``P6M`` → "every 3 to 6 months".
    """
    if not written:
        return ""
    words = _range_words(written, to) if to and to != written else _period_words(written, every=every)
    return str(_("every %(span)s", span=words)) if every else words


def _range_words(shortest: str, longest: str) -> str:
    low, high = _parts(shortest), _parts(longest)
    if len(low) == 1 and low.keys() == high.keys():
        [(unit, count)] = low.items()
        return str(_("%(low)d to %(high)s", low=count, high=_counted(unit, high[unit])))
    return str(_("%(low)s to %(high)s", low=_period_words(shortest), high=_period_words(longest)))


def _period_words(written: str, *, every: bool = False) -> str:
    parts = _parts(written)
    if every and list(parts.values()) == [1]:
        words = {"day": _("day"), "week": _("week"), "month": _("month"), "year": _("year")}
        return str(words[next(iter(parts))])
    return str(_(" and ")).join(_counted(unit, count) for unit, count in parts.items())


def _parts(written: str) -> dict[str, int]:
    found = PERIOD.fullmatch(written)
    if found is None:
        raise ValueError(f"{written!r} is not an ISO 8601 period of years, months, weeks or days, like P3M")
    return {unit: int(count) for unit, count in found.groupdict().items() if count}


def page_language() -> str:
    """The language tag of the page being rendered."""
    return str(get_locale() or "en").replace("_", "-")
