"""Procedure → a chart entry, and a result where it is a test that was completed."""

from tracker.fhir.codes import Codes
from tracker.fhir.outcomes import entry, read_status
from tracker.fhir.values import Json, concept_text, required_day
from tracker.models import ResultStatus
from tracker.services.import_records import ChartRecord


def from_fhir(resource: Json, *, external_id: str, codes: Codes) -> ChartRecord:
    """The entry, dated by its first day.

    Raises:
        Skipped: entered in error, not done, without a date or a code.
    """
    status = read_status(resource)
    return entry(
        resource,
        resource.get("code"),
        required_day(resource, "performedDateTime", "performedPeriod"),
        external_id=external_id,
        codes=codes,
        status=status,
        result_status=ResultStatus.FINAL if status == "completed" else None,
        report=concept_text(resource.get("outcome")),
    )
