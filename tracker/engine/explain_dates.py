"""A partly known date in words: what is known of it, what was planned, and who could tell the rest."""

from tracker.engine.partial_dates import PartialDate
from tracker.engine.precision import DIAGNOSIS_DATES
from tracker.engine.types import DataGap
from tracker.engine.words import Words


def explain_partial_date(gap: DataGap, words: Words, *, for_family: bool) -> str:
    """Say which date is known to the month or year only; ``gap`` is of the kind ``planned_for_both_ends``."""
    _, kind, name = gap.id.split(":", 2)
    known = [PartialDate.parse(text) for text in gap.missing[1:]]
    to = "month" if known and all(each.month is not None for each in known) else "year"
    told = words.listed([words.partial_day(each) for each in known])
    if for_family:
        return words.say(_FAMILY[to], date=_family_date(kind, name, words), known=told)
    return " ".join((words.say(_KNOWN[to], date=_date(kind, name, words), known=told), words.say(_PLANNED)))


def _date(kind: str, name: str, words: Words) -> str:
    if kind in DIAGNOSIS_DATES:
        return words.say("{date} ({diagnosis})", date=words.basis(kind), diagnosis=name)
    return words.basis(f"event({name})" if kind == "event" else f"date({name})")


def _family_date(kind: str, name: str, words: Words) -> str:
    if kind == "exposure" and name != "hsct":
        stems = {info.stem: info.name for info in words.pack.exposures.values()}
        return words.say("the last day of {exposure}", exposure=words.plain_exposure(stems.get(name, name)))
    return words.say(_FAMILY_DATES[kind])


_KNOWN = {
    "year": "Only the year of {date} is known: {known}.",
    "month": "Only the month of {date} is known: {known}.",
}
_PLANNED = (
    "Planned both for its first and for its last day, the earlier due date counting. The treating center could tell."
)
_FAMILY = {
    "year": "We know only the year of {date}: {known}. If you know the day, please tell us.",
    "month": "We know only the month of {date}: {known}. If you know the day, please tell us.",
}
_FAMILY_DATES = {
    "diagnosis": "the first finding of your illness",
    "resection": "your operation",
    "end_of_therapy": "the end of your treatment",
    "exposure": "your last transplant",
    "event": "one date in your record",
}
