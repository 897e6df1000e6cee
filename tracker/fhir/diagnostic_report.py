"""DiagnosticReport → a chart entry with its conclusion, and a result where its code is a test's."""

from tracker.fhir.codes import Codes
from tracker.fhir.outcomes import entry, read_status
from tracker.fhir.values import Json, required_day, words
from tracker.services.import_records import ChartRecord


def from_fhir(resource: Json, *, external_id: str, codes: Codes) -> ChartRecord:
    """The entry; the values are in the observations it groups, which stand on their own.

    Raises:
        Skipped: entered in error, cancelled, without a date or a code.
    """
    status = read_status(resource)
    return entry(
        resource,
        resource.get("code"),
        required_day(resource, "effectiveDateTime", "effectivePeriod", "issued"),
        external_id=external_id,
        codes=codes,
        status=status,
        result_status=status,
        report=words(resource.get("conclusion")),
    )
