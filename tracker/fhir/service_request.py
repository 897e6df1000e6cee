"""ServiceRequest → a chart entry: what was ordered, and never that it was done."""

from tracker.fhir.codes import Codes
from tracker.fhir.told import chart, first_of, in_order, notes_of, status_of, texts_of
from tracker.fhir.values import Day, Json, codings, first_day, read_day, words
from tracker.services.import_records import ChartRecord

ORDERS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")


def from_fhir(resource: Json, *, external_id: str, codes: Codes) -> ChartRecord:
    """The entry, dated when it was ordered or else for when; a result it is not, even where it was carried out.

    Raises:
        Skipped: entered in error, revoked, or without a code.
    """
    status = status_of(resource, "revoked")
    if resource.get("doNotPerform") is True:
        status = f"{status}, not to be done".removeprefix(", ")
    concept = first_of(resource.get("code"), resource.get("orderDetail"), resource.get("category"))
    known = codes.test_of(codings(concept))
    return chart(
        resource,
        concept,
        external_id=external_id,
        status=status,
        day=read_day(resource.get("authoredOn")) or _wanted(resource),
        value="; ".join(_told(resource)),
        known=known[0] if known else None,
        mapped_to=known[1] if known else "",
    )


def _wanted(resource: Json) -> Day | None:
    return first_day(resource, "occurrenceDateTime", "occurrencePeriod", "occurrenceTiming")


def _told(resource: Json) -> list[str]:
    intent, wanted = words(resource.get("intent")), _wanted(resource)
    return in_order(
        intent if intent not in ORDERS else "",
        f"for {wanted.text[:10]}" if wanted and read_day(resource.get("authoredOn")) else "",
        *texts_of(resource.get("reasonCode")),
        *notes_of(resource),
        words(resource.get("patientInstruction")),
    )
