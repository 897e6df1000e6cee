"""Partly known dates in a survivor's facts: which they are, and the facts with each of them on one day.

Source: docs/adr/0005-a-partly-known-date-plans-for-both-ends.md.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from tracker.engine.partial_dates import PartialDate
from tracker.engine.types import Diagnosis, Facts

MONTH, YEAR = "month", "year"
DIAGNOSIS_DATES = {
    "diagnosis": "diagnosed_on",
    "resection": "resected_on",
    "end_of_therapy": "end_of_therapy_on",
}


@dataclass(frozen=True, slots=True)
class PartlyKnown:
    """One date of which the day is unknown. ``kind``: ``end_of_therapy``, ``resection``, ``diagnosis``, ``exposure``
    or ``event``; ``name``: the diagnosis, exposure or event; ``place``: where in the facts a diagnosis stands."""

    kind: str
    name: str
    known: PartialDate
    place: int = 0

    @property
    def fact(self) -> str:
        """The date's name in the facts."""
        return DIAGNOSIS_DATES.get(self.kind, self.name)


def is_whole(facts: Facts) -> bool:
    """Is every date known to the day? Asked at every evaluation, so that whole dates cost nothing more."""
    if facts.exposure_precision or facts.event_precision:
        return False
    for diagnosis in facts.diagnoses:  # noqa: SIM110 (a generator would cost three times as much)
        if diagnosis.precision:
            return False
    return True


def as_partial(day: date, precision: str | None) -> PartialDate:
    """What is known of a date: ``precision`` is ``year`` or ``month``, anything else the day."""
    if precision == YEAR:
        return PartialDate(day.year)
    return PartialDate(day.year, day.month) if precision == MONTH else PartialDate.of(day)


def partly_known(facts: Facts) -> tuple[PartlyKnown, ...]:
    """Every date of the facts of which the day is unknown."""
    found = [each for place, diagnosis in enumerate(facts.diagnoses) for each in _of_diagnosis(diagnosis, place)]
    found += _of_days("exposure", facts.exposure_dates, facts.exposure_precision)
    found += _of_days("event", facts.events, facts.event_precision)
    return tuple(each for each in found if not each.known.is_whole)


def _of_diagnosis(diagnosis: Diagnosis, place: int) -> Iterator[PartlyKnown]:
    for kind, field in DIAGNOSIS_DATES.items():
        day: date | None = getattr(diagnosis, field)
        if day is not None:
            yield PartlyKnown(kind, diagnosis.name, as_partial(day, diagnosis.precision.get(field)), place)


def _of_days(kind: str, days: Mapping[str, date], precision: Mapping[str, str]) -> Iterator[PartlyKnown]:
    for name in precision:
        if name in days:
            yield PartlyKnown(kind, name, as_partial(days[name], precision[name]))


def settled(facts: Facts, dates: Collection[PartlyKnown], on_last: Collection[PartlyKnown]) -> Facts:
    """The facts with the dates ``on_last`` on the last day they can have been, the other ``dates`` on the first.

    Nothing happened before birth. What is known of each date stays said beside it.
    """
    days = {each: _last_day(each) if each in on_last else _first_day(each, facts.birth_date) for each in dates}
    return replace(
        facts,
        diagnoses=tuple(_diagnosis_on(diagnosis, place, days) for place, diagnosis in enumerate(facts.diagnoses)),
        exposure_dates={**facts.exposure_dates, **_days_of("exposure", days)},
        events={**facts.events, **_days_of("event", days)},
    )


def _first_day(each: PartlyKnown, birth_date: date) -> date:
    return max(each.known.earliest(), min(birth_date, each.known.latest()))


def _last_day(each: PartlyKnown) -> date:
    return each.known.latest()


def _diagnosis_on(diagnosis: Diagnosis, place: int, days: Mapping[PartlyKnown, date]) -> Diagnosis:
    moved = {each.fact: day for each, day in days.items() if each.kind in DIAGNOSIS_DATES and each.place == place}
    return replace(
        diagnosis,
        diagnosed_on=moved.get("diagnosed_on", diagnosis.diagnosed_on),
        resected_on=moved.get("resected_on", diagnosis.resected_on),
        end_of_therapy_on=moved.get("end_of_therapy_on", diagnosis.end_of_therapy_on),
    )


def _days_of(kind: str, days: Mapping[PartlyKnown, date]) -> dict[str, date]:
    return {each.name: day for each, day in days.items() if each.kind == kind}
