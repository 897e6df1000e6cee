"""What the resources that tell of a test have in common: status, code, day, and the result they mean."""

from tracker.fhir.codes import Codes
from tracker.fhir.quantities import NOTHING, Value
from tracker.fhir.values import IN_ERROR, NOT_DONE, Coding, Day, Json, Skipped, chosen, codings, cut, storable, words
from tracker.models import ResultStatus
from tracker.services.import_records import ChartRecord, ResultRecord

CALLED_OFF = ("not-done", "cancelled")


def read_status(resource: Json) -> str:
    """The status as written; without one it is unknown, and an unknown result counts for nothing.

    Raises:
        Skipped: entered in error, called off, or not done.
    """
    status = words(resource.get("status")) or "unknown"
    if status == "entered-in-error":
        raise Skipped(IN_ERROR)
    if status in CALLED_OFF:
        raise Skipped(NOT_DONE)
    return cut(status, 40)


def entry(
    resource: Json,
    concept: object,
    day: Day,
    *,
    external_id: str,
    codes: Codes,
    status: str,
    result_status: str | None,
    value: Value = NOTHING,
    report: str = "",
    reference_range: str = "",
    outcome: str | None = None,
) -> ChartRecord:
    """A chart entry, with a result where its code is one of the pack's tests.

    ``result_status`` is the status as a result has it; None where nothing was found, so that there is no result.
    """
    found = codings(concept)
    known = codes.test_of(found)
    coding = chosen(found, concept, mapped=[known[0]] if known else [])
    result = None
    if known is not None and result_status is not None:
        result = _result(codes, known[1], day, result_status, value, report, reference_range, outcome)
    return ChartRecord(
        resource_type=words(resource.get("resourceType")),
        external_id=external_id,
        code_system=coding.system,
        code=coding.code,
        display=coding.display,
        status=status,
        occurred_on=day.first,
        value_text=cut(value.text or report, 400),
        unit=cut(value.unit, 60),
        mapped_to=known[1] if known else "",
        result=result,
    )


def _result(
    codes: Codes,
    test_code: str,
    day: Day,
    status: str,
    value: Value,
    report: str,
    reference_range: str,
    outcome: str | None,
) -> ResultRecord:
    amount = storable(value.amount)
    # A number in another unit is never converted: it stays in the words of the report.
    fits = amount is not None and value.unit == codes.pack.tests[test_code].ucum and value.unit != ""
    dated = "" if day.is_exact else f"Dated {day.text} at its source, of which the first day stands here"
    told = "" if fits else value.sentence
    return ResultRecord(
        test_code=test_code,
        performed_on=day.first,
        status=status if status in tuple(ResultStatus) else ResultStatus.UNKNOWN,
        value=amount if fits else None,
        unit=value.unit if fits else None,
        reference_range=cut(reference_range, 80),
        outcome=outcome,
        report="\n".join(part for part in (told, report, dated) if part),
    )


def concept_of(*found: Coding) -> Json:
    """A CodeableConcept of these codes, for resources that keep theirs elsewhere."""
    coding = [{"system": each.system, "code": each.code, "display": each.display} for each in found]
    return {"coding": coding}
