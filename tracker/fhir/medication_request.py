"""MedicationRequest → a chart entry, and what was given on it: an order that was carried out, or is being."""

from collections.abc import Iterator

from tracker.engine.partial_dates import PartialDate
from tracker.fhir.codes import Codes
from tracker.fhir.medication import Giving, medication_record, notes_of
from tracker.fhir.medication_doses import dosage_words, read_route
from tracker.fhir.outcomes import read_status
from tracker.fhir.periods import Period, partial_date, read_period
from tracker.fhir.values import NOT_DONE, Json, Skipped, concept_text, first_day, listed, mapping, read_day, words
from tracker.services.import_records import ChartRecord

ORDERS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")
OVER, GOING = ("completed", "stopped"), ("active", "on-hold")


def from_fhir(resource: Json, *, external_id: str, codes: Codes) -> ChartRecord:
    """The entry, dated by the day it was ordered. A dose that was ordered is not a dose that was given.

    A draft, a plan, or an order of which nobody knows what became of it, stays a chart entry alone.

    Raises:
        Skipped: entered in error, called off before anything was given, an order not to give it, or no medicine.
    """
    status = read_status(resource)
    if resource.get("doNotPerform") is True:
        raise Skipped(NOT_DONE)
    ordered = words(resource.get("intent")) in ORDERS
    dosages = listed(resource.get("dosageInstruction"))
    period = _period(dosages)
    ordered_on = partial_date(resource.get("authoredOn"))
    giving = Giving(
        status=status,
        is_given=ordered and status in (*OVER, *GOING),
        is_going=ordered and status in GOING,
        day=first_day(resource, "authoredOn") or (read_day(str(period.started_on)) if period.started_on else None),
        period=_given_in(period, ordered_on, status),
        dose_text=dosage_words(dosages),
        planned=True,
        route=read_route(dosages),
        told=tuple(_told(resource, status, period, ordered_on)),
    )
    return medication_record(resource, giving, external_id=external_id, codes=codes)


def _period(dosages: list[Json]) -> Period:
    """From the first to the last day that the instructions tell."""
    timings = [mapping(each.get("timing")) for each in dosages]
    bounds = [read_period(mapping(each.get("repeat")).get("boundsPeriod")) for each in timings]
    events = [day for each in timings for told in _events(each) if (day := partial_date(told)) is not None]
    started = [each.started_on for each in bounds if each.started_on is not None] or events
    ended = [each.ended_on for each in bounds if each.ended_on is not None]
    return Period(min(started, default=None), max(ended, default=None) if len(ended) == len(bounds) else None)


def _events(timing: Json) -> list[object]:
    told = timing.get("event")
    return told if isinstance(told, list) else []


def _given_in(period: Period, ordered_on: PartialDate | None, status: str) -> Period:
    """Of an order that was stopped, or goes on, the end that was planned is not the end."""
    started = period.started_on or ordered_on
    ended = period.ended_on if status == "completed" else None
    if started is not None and ended is not None and ended.latest() < started.earliest():
        ended = None
    return Period(started, ended)


def _told(resource: Json, status: str, period: Period, ordered_on: PartialDate | None) -> Iterator[str]:
    if period.started_on is None and ordered_on is not None:
        yield f"The first day is the day of the order, {ordered_on}"
    reason = concept_text(resource.get("statusReason"))
    if reason:
        yield f"{status[:1].upper()}{status[1:]}: {reason}"
    yield from notes_of(resource)
