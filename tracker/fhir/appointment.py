"""Appointment → a chart entry: a visit that is booked, took place, or was missed."""

from tracker.fhir.codes import Codes
from tracker.fhir.named import key_of, kind_of, name_of
from tracker.fhir.told import chart, first_of, in_order, status_of, texts_of
from tracker.fhir.values import NO_DATE, Day, Json, Skipped, first_day, listed, words
from tracker.services.import_records import ChartRecord

VISIT = "Appointment"


def from_fhir(resource: Json, *, external_id: str, codes: Codes) -> ChartRecord:  # noqa: ARG001 (every reader is called alike)
    """The entry, dated by its beginning, which may lie ahead. It is never a result, whatever it was for.

    Raises:
        Skipped: entered in error, cancelled, or without a date.
    """
    status = status_of(resource, "cancelled")
    description = {"text": words(resource.get("description"))}
    kinds = (resource.get(name) for name in ("serviceType", "appointmentType", "specialty", "serviceCategory"))
    return chart(
        resource,
        first_of(*kinds, description, resource.get("reasonCode")) or {"text": VISIT},
        external_id=external_id,
        status=status,
        day=_day(resource),
        value="; ".join(_told(resource)),
    )


def _day(resource: Json) -> Day:
    asked = (first_day(each, "start") for each in listed(resource.get("requestedPeriod")))
    day = first_day(resource, "start") or next(filter(None, asked), None)
    if day is None:
        raise Skipped(NO_DATE)
    return day


def _told(resource: Json) -> list[str]:
    actors = [each.get("actor") for each in listed(resource.get("participant"))]
    others = in_order(*(name_of(resource, each) for each in actors if _is_other(resource, each)))
    return in_order(
        words(resource.get("description")),
        *texts_of(resource.get("reasonCode")),
        f"with {', '.join(others)}" if others else "",
        words(resource.get("comment")),
    )


def _is_other(resource: Json, actor: object) -> bool:
    """Is it certainly not the survivor? A reference may not tell the type of what it means."""
    return kind_of(resource, actor) not in ("", "Patient") or not key_of(actor)
